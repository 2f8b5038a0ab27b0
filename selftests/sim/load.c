// SPDX-License-Identifier: GPL-2.0
/*
 * Frames: built once per run as a template and a table of flows, then written
 * per packet. A sink finds the table again through the mark in the frame.
 */
#include "vrsim.h"

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

struct vrsim_load __rcu *vrsim_sources[VRSIM_SOURCES];

static void build_ipv4(struct vrsim_load *load, const struct vrsim_config *cfg)
{
	struct iphdr *iph = (struct iphdr *)(load->template + ETH_HLEN);
	struct udphdr *uh = (struct udphdr *)(iph + 1);

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(cfg->size - ETH_HLEN);
	iph->ttl = cfg->ttl;
	iph->protocol = IPPROTO_UDP;
	uh->len = htons(cfg->size - ETH_HLEN - sizeof(*iph));
}

static void build_ipv6(struct vrsim_load *load, const struct vrsim_config *cfg)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)(load->template + ETH_HLEN);
	struct udphdr *uh = (struct udphdr *)(ip6h + 1);
	u32 len = cfg->size - ETH_HLEN - sizeof(*ip6h);

	ip6h->version = 6;
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = cfg->ttl;
	ip6h->saddr = cfg->src;
	ip6h->daddr = cfg->dst;
	uh->len = htons(len);
}

/* The checksum of the IPv4 header does not change from packet to packet. */
static u16 flow_sum_ipv4(const struct vrsim_load *load,
			 const struct vrsim_flow *flow)
{
	struct iphdr iph;

	memcpy(&iph, load->template + ETH_HLEN, sizeof(iph));
	iph.saddr = flow->src;
	iph.daddr = flow->dst;
	return (__force u16)ip_fast_csum(&iph, iph.ihl);
}

static u16 flow_sum_ipv6(const struct vrsim_load *load,
			 const struct vrsim_flow *flow)
{
	const struct ipv6hdr *ip6h = (void *)(load->template + ETH_HLEN);
	struct in6_addr saddr = ip6h->saddr, daddr = ip6h->daddr;
	struct udphdr uh = {
		.source = flow->sport,
		.dest = flow->dport,
		.len = ip6h->payload_len,
	};

	saddr.s6_addr32[3] = flow->src;
	daddr.s6_addr32[3] = flow->dst;
	return (__force u16)~csum_ipv6_magic(&saddr, &daddr, ntohs(uh.len),
					     IPPROTO_UDP,
					     csum_partial(&uh, sizeof(uh), 0));
}

/**
 * vrsim_load_build - the frames that a device is configured to generate
 * @sim: the device, its lock held
 *
 * Return: the load, or NULL when there is no memory for it.
 */
struct vrsim_load *vrsim_load_build(const struct vrsim *sim)
{
	const struct vrsim_config *cfg = &sim->cfg;
	u32 src = ntohl(cfg->src.s6_addr32[3]);
	u32 dst = ntohl(cfg->dst.s6_addr32[3]);
	struct vrsim_load *load;
	struct ethhdr *eth;
	u32 i;

	load = kvzalloc(struct_size(load, flow, cfg->flows), GFP_KERNEL);
	if (!load)
		return NULL;
	load->ipv6 = cfg->ipv6;
	load->ttl = cfg->ttl;
	load->source = sim->source;
	load->size = cfg->size;
	load->flows = cfg->flows;
	load->first = sim->next_first;
	load->mark = ETH_HLEN + sizeof(struct udphdr) +
		     (cfg->ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	eth = (struct ethhdr *)load->template;
	ether_addr_copy(eth->h_dest, is_zero_ether_addr(cfg->dmac) ?
				     sim->dev->dev_addr : cfg->dmac);
	eth->h_source[0] = 2;
	eth->h_source[4] = sim->source >> 8;
	eth->h_source[5] = sim->source;
	eth->h_proto = htons(cfg->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	if (cfg->ipv6)
		build_ipv6(load, cfg);
	else
		build_ipv4(load, cfg);

	for (i = 0; i < cfg->flows; i++) {
		struct vrsim_flow *flow = &load->flow[i];

		flow->src = htonl(src + i % cfg->srcs);
		flow->dst = htonl(dst + i % cfg->dsts * cfg->dst_step);
		flow->sport = htons(cfg->sport + i);
		flow->dport = htons(cfg->dport);
		flow->hash = jhash_2words(sim->source, i, 0);
		flow->seq = load->first;
		flow->seen = load->first - 1;
		flow->sum = cfg->ipv6 ? flow_sum_ipv6(load, flow) :
					flow_sum_ipv4(load, flow);
	}
	return load;
}

/**
 * vrsim_load_write - write the next frame of a flow
 * @load: what is generated
 * @index: the flow
 * @data: at least max(load->size, VRSIM_TEMPLATE) bytes
 * @stamp: arrival time
 *
 * IPv4 frames go without a UDP checksum, and with whatever the buffer held
 * behind the mark.
 *
 * Return: the flow's hash.
 */
u32 vrsim_load_write(struct vrsim_load *load, u32 index, u8 *data, u64 stamp)
{
	struct vrsim_flow *flow = &load->flow[index];
	struct vrsim_mark *mark = (struct vrsim_mark *)(data + load->mark);
	struct udphdr *uh = (struct udphdr *)mark - 1;

	memcpy(data, load->template, VRSIM_TEMPLATE);
	uh->source = flow->sport;
	uh->dest = flow->dport;
	mark->magic = VRSIM_MAGIC;
	mark->source = load->source;
	mark->flow = index;
	mark->seq = flow->seq++;
	mark->stamp = stamp;
	if (load->ipv6) {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)(data + ETH_HLEN);
		__wsum sum = (__force __wsum)(u32)flow->sum;

		ip6h->saddr.s6_addr32[3] = flow->src;
		ip6h->daddr.s6_addr32[3] = flow->dst;
		memset(mark + 1, 0, load->size - load->mark - sizeof(*mark));
		uh->check = csum_fold(csum_partial(mark, sizeof(*mark), sum));
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	} else {
		struct iphdr *iph = (struct iphdr *)(data + ETH_HLEN);

		iph->saddr = flow->src;
		iph->daddr = flow->dst;
		iph->check = (__force __sum16)flow->sum;
	}
	return flow->hash;
}
