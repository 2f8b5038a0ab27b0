/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet handle and the vector.
 *
 * A handle is an sk_buff or an xdp_frame behind one tagged pointer.  Nodes of
 * a graph read headers and per-packet state through the helpers here and need
 * not care which of the two it is.
 */
#ifndef _VR_PACKET_H
#define _VR_PACKET_H

#include <linux/build_bug.h>
#include <linux/if_ether.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include "lpm.h"

struct vr_adj;
struct vr_nhg;
struct vr_port;

/* Packets that travel through a graph together; NAPI's own weight. */
#define VR_VECTOR_SIZE	64

/* Bit 0 of a handle: set for an xdp_frame, clear for an sk_buff. */
#define VR_PKT_FRAME	1UL

/**
 * typedef vr_pkt_t - opaque handle of one packet; 0 is no packet
 */
typedef unsigned long vr_pkt_t;

static inline bool vr_pkt_is_frame(vr_pkt_t pkt)
{
	return pkt & VR_PKT_FRAME;
}

static inline struct sk_buff *vr_pkt_skb(vr_pkt_t pkt)
{
	return (struct sk_buff *)pkt;
}

static inline struct xdp_frame *vr_pkt_frame(vr_pkt_t pkt)
{
	return (struct xdp_frame *)(pkt & ~VR_PKT_FRAME);
}

static inline vr_pkt_t vr_pkt_from_skb(struct sk_buff *skb)
{
	return (unsigned long)skb;
}

static inline vr_pkt_t vr_pkt_from_frame(struct xdp_frame *frame)
{
	return (unsigned long)frame | VR_PKT_FRAME;
}

/**
 * struct vr_cb - what the nodes of a graph know about one packet
 * @port: ingress port; valid from ingress to the end of the vector (RCU)
 * @nhg: result of the route lookup (RCU)
 * @adj: adjacency chosen by the lookup node (RCU)
 * @reason: enum vr_drop of a packet that is on its way to the drop node
 * @trace: place of its record, from 1 on, or 0; only in a run with VR_LOOK_TRACE
 * @proto: ethertype of the network header, network byte order
 *
 * Lives in skb->cb of an sk_buff and in the headroom behind the frame
 * descriptor of an xdp_frame.
 */
struct vr_cb {
	struct vr_port		*port;
	const struct vr_nhg	*nhg;
	struct vr_adj		*adj;
	u8			reason;
	u8			trace;
	__be16			proto;
};

static inline struct vr_cb *vr_pkt_cb(vr_pkt_t pkt)
{
	BUILD_BUG_ON(sizeof(struct vr_cb) > sizeof_field(struct sk_buff, cb));

	if (vr_pkt_is_frame(pkt))
		return (struct vr_cb *)(vr_pkt_frame(pkt) + 1);
	return (struct vr_cb *)vr_pkt_skb(pkt)->cb;
}

/* First byte of the network header, which is also the first byte of data. */
static inline void *vr_pkt_net(vr_pkt_t pkt)
{
	return vr_pkt_is_frame(pkt) ? vr_pkt_frame(pkt)->data + ETH_HLEN :
				      vr_pkt_skb(pkt)->data;
}

/* Length from the network header to the end of the packet. */
static inline unsigned int vr_pkt_len(vr_pkt_t pkt)
{
	return vr_pkt_is_frame(pkt) ? vr_pkt_frame(pkt)->len - ETH_HLEN :
				      vr_pkt_skb(pkt)->len;
}

/**
 * vr_pkt_pull - make the first @len bytes of the network layer readable
 * @pkt: the packet
 * @len: bytes counted from the network header
 *
 * Context: softirq.  May move the header: read vr_pkt_net() afterwards.
 * Return: false if the packet is shorter or memory is short.
 */
static inline bool vr_pkt_pull(vr_pkt_t pkt, unsigned int len)
{
	if (vr_pkt_is_frame(pkt))
		return vr_pkt_len(pkt) >= len;
	return pskb_may_pull(vr_pkt_skb(pkt), len);
}

/**
 * vr_pkt_peek - find bytes of a packet, wherever they are
 * @pkt: the packet
 * @off: their place, from the network header on
 * @len: how many
 * @buf: room for them
 *
 * Context: softirq.
 * Return: where they are, in the packet or in @buf; NULL if it is shorter.
 */
static inline const void *vr_pkt_peek(vr_pkt_t pkt, unsigned int off,
				      unsigned int len, void *buf)
{
	if (!vr_pkt_is_frame(pkt))
		return skb_header_pointer(vr_pkt_skb(pkt), off, len, buf);
	return vr_pkt_len(pkt) >= off + len ? vr_pkt_net(pkt) + off : NULL;
}

/* Copy its first bytes, at most @room; how many. */
static inline unsigned int vr_pkt_copy(vr_pkt_t pkt, void *to,
				       unsigned int room)
{
	unsigned int len = min(vr_pkt_len(pkt), room);

	if (vr_pkt_is_frame(pkt))
		memcpy(to, vr_pkt_net(pkt), len);
	else if (skb_copy_bits(vr_pkt_skb(pkt), 0, to, len))
		return 0;
	return len;
}

/* Cut padding behind the network layer; false if memory is short. */
static inline bool vr_pkt_trim(vr_pkt_t pkt, unsigned int len)
{
	if (vr_pkt_is_frame(pkt)) {
		vr_pkt_frame(pkt)->len = ETH_HLEN + len;
		return true;
	}
	return !pskb_trim_rcsum(vr_pkt_skb(pkt), len);
}

/* Note where the transport header is, @off bytes behind the network header. */
static inline void vr_pkt_set_l4(vr_pkt_t pkt, unsigned int off)
{
	if (!vr_pkt_is_frame(pkt))
		skb_set_transport_header(vr_pkt_skb(pkt), off);
}

/* Note the priority by which a qdisc may sort. */
static inline void vr_pkt_set_priority(vr_pkt_t pkt, u32 priority)
{
	if (!vr_pkt_is_frame(pkt))
		vr_pkt_skb(pkt)->priority = priority;
}

/**
 * struct vr_vec - a vector: packets that travel through the graph together
 * @n: packets in it
 * @pkt: their handles, in order of arrival
 */
struct vr_vec {
	unsigned int	n;
	vr_pkt_t	pkt[VR_VECTOR_SIZE];
};

/**
 * struct vr_routes - the routes of a vector, of one family
 * @addr: IPv4 destinations in host byte order
 * @addr6: or IPv6 ones
 * @value: what the table has for them
 * @nhg: next hop groups; NULL where there is no route
 */
struct vr_routes {
	union {
		u32			addr[VR_VECTOR_SIZE];
		struct vr_lpm_key	addr6[VR_VECTOR_SIZE];
	};
	u32			value[VR_VECTOR_SIZE];
	const struct vr_nhg	*nhg[VR_VECTOR_SIZE];
};

#endif /* _VR_PACKET_H */
