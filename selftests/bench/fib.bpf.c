// SPDX-License-Identifier: GPL-2.0
/*
 * What a user would write with BPF: look the packet up in the kernel's FIB, take the
 * TTL down, write the link-layer header, and redirect. Once for XDP with a devmap, once
 * for tc. What is out of the ordinary goes to the stack.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET		2
#define AF_INET6	10

/* By interface index; the loader sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

static __always_inline void ip_decrease_ttl(struct iphdr *iph)
{
	__u32 check = iph->check;

	check += bpf_htons(0x0100);
	iph->check = (__u16)(check + (check >= 0xffff));
	iph->ttl--;
}

/* Return: the way out, its headers written, or 0. */
static __always_inline __u32 forward(void *ctx, void *data, void *end, __u32 ifindex)
{
	struct bpf_fib_lookup fib = { .ifindex = ifindex };
	struct ethhdr *eth = data;
	struct ipv6hdr *ip6h;
	struct iphdr *iph;

	if (data + sizeof(*eth) + sizeof(*iph) > end)
		return 0;
	iph = data + sizeof(*eth);
	ip6h = data + sizeof(*eth);
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		if (iph->ttl <= 1 || iph->ihl != 5)
			return 0;
		fib.family = AF_INET;
		fib.tos = iph->tos;
		fib.l4_protocol = iph->protocol;
		fib.tot_len = bpf_ntohs(iph->tot_len);
		fib.ipv4_src = iph->saddr;
		fib.ipv4_dst = iph->daddr;
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(ip6h + 1) > end || ip6h->hop_limit <= 1)
			return 0;
		fib.family = AF_INET6;
		fib.flowinfo = *(__be32 *)ip6h & bpf_htonl(0x0fffffff);
		fib.l4_protocol = ip6h->nexthdr;
		fib.tot_len = bpf_ntohs(ip6h->payload_len);
		__builtin_memcpy(fib.ipv6_src, &ip6h->saddr, sizeof(fib.ipv6_src));
		__builtin_memcpy(fib.ipv6_dst, &ip6h->daddr, sizeof(fib.ipv6_dst));
	} else {
		return 0;
	}
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return 0;
	if (fib.family == AF_INET)
		ip_decrease_ttl(iph);
	else
		ip6h->hop_limit--;
	__builtin_memcpy(eth->h_dest, fib.dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, fib.smac, ETH_ALEN);
	return fib.ifindex;
}

SEC("xdp")
int xdp_fib(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 out = forward(ctx, data, end, ctx->ingress_ifindex);

	return out ? bpf_redirect_map(&ports, out, XDP_PASS) : XDP_PASS;
}

SEC("tc")
int tc_fib(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 out = forward(skb, data, end, skb->ingress_ifindex);

	return out ? bpf_redirect(out, 0) : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
