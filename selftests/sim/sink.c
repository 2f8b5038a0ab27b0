// SPDX-License-Identifier: GPL-2.0
/*
 * The transmit side: count, compare with what was generated, free.
 */
#include "compat.h"
#include "vrsim.h"

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>

/* The mark of a generated frame, or NULL if it is none. */
static const struct vrsim_mark *find_mark(const u8 *data, u32 headlen)
{
	const struct ethhdr *eth = (const struct ethhdr *)data;
	const struct vrsim_mark *mark;

	if (headlen >= VRSIM_MIN_SIZE4 && eth->h_proto == htons(ETH_P_IP)) {
		const struct iphdr *iph = (const struct iphdr *)(eth + 1);

		if (iph->ihl != 5 || iph->protocol != IPPROTO_UDP)
			return NULL;
		mark = (const void *)(data + ETH_HLEN + sizeof(*iph) +
				      sizeof(struct udphdr));
	} else if (headlen >= VRSIM_MIN_SIZE6 &&
		   eth->h_proto == htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)(eth + 1);

		if (ip6h->nexthdr != IPPROTO_UDP)
			return NULL;
		mark = (const void *)(data + ETH_HLEN + sizeof(*ip6h) +
				      sizeof(struct udphdr));
	} else {
		return NULL;
	}
	return mark->magic == VRSIM_MAGIC ? mark : NULL;
}

static bool same_data(const struct vrsim_load *load,
		      const struct vrsim_flow *flow, const u8 *data, u32 len)
{
	const struct udphdr *uh;

	if (len != load->size)
		return false;
	if (load->ipv6) {
		const struct ipv6hdr *ip6h = (const void *)(data + ETH_HLEN);

		uh = (const struct udphdr *)(ip6h + 1);
		if (ip6h->saddr.s6_addr32[3] != flow->src ||
		    ip6h->daddr.s6_addr32[3] != flow->dst ||
		    ip6h->payload_len != uh->len)
			return false;
	} else {
		const struct iphdr *iph = (const void *)(data + ETH_HLEN);

		uh = (const struct udphdr *)(iph + 1);
		if (iph->saddr != flow->src || iph->daddr != flow->dst ||
		    iph->tot_len != htons(load->size - ETH_HLEN))
			return false;
	}
	return uh->source == flow->sport && uh->dest == flow->dport;
}

static void check_frame(const struct vrsim *sim, struct vrsim_tx_stats *st,
			struct vrsim_load *load, const struct vrsim_mark *mark,
			const u8 *data, u32 len)
{
	const struct ethhdr *eth = (const struct ethhdr *)data;
	struct vrsim_flow *flow = &load->flow[mark->flow];
	u8 ttl = load->ttl - sim->cfg.hops;
	s32 ahead;

	if (!ether_addr_equal(eth->h_source, sim->dev->dev_addr) ||
	    (!is_zero_ether_addr(sim->cfg.peer) &&
	     !ether_addr_equal(eth->h_dest, sim->cfg.peer)))
		st->wrong_mac++;

	if (load->ipv6) {
		const struct ipv6hdr *ip6h = (const void *)(data + ETH_HLEN);

		if (ip6h->hop_limit != ttl)
			st->bad_ttl++;
	} else {
		const struct iphdr *iph = (const void *)(data + ETH_HLEN);

		if (iph->ttl != ttl)
			st->bad_ttl++;
		if (ip_fast_csum(iph, 5))
			st->bad_csum++;
	}
	if (!same_data(load, flow, data, len))
		st->bad_data++;

	ahead = mark->seq - READ_ONCE(flow->seen);
	if (ahead <= 0) {
		st->reordered++;
		return;
	}
	st->skipped += ahead - 1;
	WRITE_ONCE(flow->seen, mark->seq);
}

/*
 * Bucket of a latency: 2^VRSIM_HIST_SUB equal parts of every power of two. The
 * first takes all that is shorter, the last all that is longer.
 */
static u32 hist_bucket(u64 ns)
{
	u32 exp = fls64(ns >> VRSIM_HIST_MIN), part;

	if (!exp)
		return 0;
	part = (ns >> (exp - 1 + VRSIM_HIST_MIN - VRSIM_HIST_SUB)) &
	       ((1U << VRSIM_HIST_SUB) - 1);
	return min_t(u32, ((exp - 1) << VRSIM_HIST_SUB) + part, VRSIM_HIST - 1);
}

/* What all latencies of a bucket are below, in ns. */
u64 vrsim_hist_bound(u32 bucket)
{
	u32 exp = bucket >> VRSIM_HIST_SUB;
	u64 part = bucket & ((1U << VRSIM_HIST_SUB) - 1);

	part += (1U << VRSIM_HIST_SUB) + 1;
	return part << (exp + VRSIM_HIST_MIN - VRSIM_HIST_SUB);
}

static void note_latency(const struct vrsim *sim, struct vrsim_tx_pcpu *pcpu,
			 u64 stamp)
{
	struct vrsim_tx_stats *st = &pcpu->stats;
	u64 ns = ktime_get_ns() - stamp;
	u32 epoch = READ_ONCE(sim->lat_epoch);

	if (unlikely(pcpu->lat_epoch != epoch)) {
		pcpu->lat_epoch = epoch;
		st->lat_count = 0;
		st->lat_sum = 0;
		st->lat_max = 0;
		memset(st->lat_hist, 0, sizeof(st->lat_hist));
	}
	if (!st->lat_count || ns < st->lat_min)
		st->lat_min = ns;
	if (ns > st->lat_max)
		st->lat_max = ns;
	st->lat_count++;
	st->lat_sum += ns;
	st->lat_hist[hist_bucket(ns)]++;
}

/* A frame of a run that is over, its sequence restarted, counts as foreign. */
static void inspect(struct vrsim *sim, struct vrsim_tx_pcpu *pcpu,
		    const u8 *data, u32 headlen, u32 len)
{
	const struct vrsim_mark *mark = find_mark(data, headlen);
	struct vrsim_tx_stats *st = &pcpu->stats;
	struct vrsim_load *load;

	if (!mark || mark->source >= VRSIM_SOURCES) {
		st->foreign++;
		return;
	}
	rcu_read_lock();
	load = rcu_dereference(vrsim_sources[mark->source]);
	if (load && mark->flow < load->flows &&
	    (s32)(mark->seq - load->first) >= 0) {
		st->own++;
		if (sim->cfg.check)
			check_frame(sim, st, load, mark, data, len);
		if (sim->cfg.latency)
			note_latency(sim, pcpu, mark->stamp);
	} else {
		st->foreign++;
	}
	rcu_read_unlock();
}

void vrsim_sink(struct vrsim *sim, const u8 *data, u32 headlen, u32 len)
{
	struct vrsim_tx_pcpu *pcpu = this_cpu_ptr(sim->tx);

	u64_stats_update_begin(&pcpu->sync);
	pcpu->stats.packets++;
	pcpu->stats.bytes += len;
	if (sim->cfg.check || sim->cfg.latency)
		inspect(sim, pcpu, data, headlen, len);
	u64_stats_update_end(&pcpu->sync);
}

netdev_tx_t vrsim_xmit(struct sk_buff *skb, struct net_device *dev)
{
	vrsim_sink(netdev_priv(dev), skb->data, skb_headlen(skb), skb->len);
	/* Bottom halves are off, netpoll is refused: as good as a NAPI poll. */
	napi_consume_skb(skb, 1);
	return NETDEV_TX_OK;
}

int vrsim_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		   u32 flags)
{
	struct vrsim *sim = netdev_priv(dev);
	struct vrsim_tx_pcpu *pcpu = this_cpu_ptr(sim->tx);
	struct xdp_frame_bulk bulk;
	int i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!netif_running(dev)))
		return -ENETDOWN;

	xdp_frame_bulk_init(&bulk);
	rcu_read_lock();
	for (i = 0; i < n; i++) {
		struct xdp_frame *frame = frames[i];

		vrsim_sink(sim, frame->data, frame->len,
			   xdp_get_frame_len(frame));
		xdp_return_frame_bulk(frame, &bulk);
	}
	xdp_flush_frame_bulk(&bulk);
	rcu_read_unlock();
	u64_stats_update_begin(&pcpu->sync);
	pcpu->stats.frames += n;
	u64_stats_update_end(&pcpu->sync);
	return n;
}
