// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program of a port: plain unicast IP for the port's own address goes to
 * the VR as a frame; all else passes to the stack, which knows better.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/vrouter_xdp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/*
 * Some kernels require what is aligned, and nothing in a packet is to four bytes then;
 * the header's structure is packed, to bytes.
 */
typedef __u16 half_t __attribute__((may_alias));
typedef __u32 word_t __attribute__((aligned(2)));

/* One in so many drops has its time measured; a power of two. */
#define COST_SAMPLE 64

/* Attached in generic mode: there are only sk_buffs, which the port takes itself. */
const volatile __u8 generic = 0;

/* Written by the module, found by its name. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vrouter_xdp_port);
} vrouter_port SEC(".maps");

/* The VR; the kernel empties it when the VR is deleted. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} vrouter_vr SEC(".maps");

static __always_inline int is_for_port(const struct ethhdr *eth,
				       const struct vrouter_xdp_port *port)
{
	const half_t *proto = (const void *)&eth->h_proto;
	const half_t *dst = (const void *)eth->h_dest;
	const half_t *mac = (const void *)port->mac;

	if (*proto != bpf_htons(ETH_P_IP) && *proto != bpf_htons(ETH_P_IPV6))
		return 0;
	return !((dst[0] ^ mac[0]) | (dst[1] ^ mac[1]) | (dst[2] ^ mac[2]));
}

SEC("xdp")
int vrouter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct vrouter_xdp_port *port;
	__u64 start = 0;
	word_t *meta;
	__u32 key = 0;

	port = bpf_map_lookup_elem(&vrouter_port, &key);
	if (!port || !port->open)
		return XDP_PASS;
	if (port->full && !(port->drops % COST_SAMPLE))
		start = bpf_ktime_get_ns();
	if (data + sizeof(struct ethhdr) + sizeof(struct iphdr) > end || !is_for_port(data, port))
		return XDP_PASS;
	if (port->full) {
		port->drops++;
		if (start)
			port->drop_ns += (bpf_ktime_get_ns() - start) * COST_SAMPLE;
		return XDP_DROP;
	}
	if (generic || bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_PASS;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_PASS;
	*meta = ctx->ingress_ifindex;
	return bpf_redirect_map(&vrouter_vr, key, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
