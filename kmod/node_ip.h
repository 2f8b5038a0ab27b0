/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the IPv4 and IPv6 nodes share.
 */
#ifndef _VR_NODE_IP_H
#define _VR_NODE_IP_H

#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#ifdef VR_HAVE_NET_GSO_H
#include <net/gso.h>
#endif
#include <net/dst.h>
#include <net/neighbour.h>
#include <net/xfrm.h>

#include "datapath.h"
#include "fib.h"
#include "frame.h"

/* What lookup says of one packet. */
enum vr_verdict {
	VR_VERDICT_FORWARD,	/* cb->adj and cb->nhg set */
	VR_VERDICT_DROP,	/* cb->reason is an enum vr_drop */
	VR_VERDICT_PUNT,	/* cb->reason is an enum vr_punt */
};

static inline enum vr_verdict vr_verdict_drop(struct vr_cb *cb,
					      enum vr_drop reason)
{
	cb->reason = reason;
	return VR_VERDICT_DROP;
}

static inline enum vr_verdict vr_verdict_punt(struct vr_cb *cb,
					      enum vr_punt reason)
{
	cb->reason = reason;
	return VR_VERDICT_PUNT;
}

/* The rest of a node table where the next node goes by enum vr_verdict. */
#define VR_NEXT_BY_VERDICT(_on)				\
	.next		= {				\
		[VR_VERDICT_FORWARD]	= (_on),	\
		[VR_VERDICT_DROP]	= "drop",	\
		[VR_VERDICT_PUNT]	= "punt",	\
	},						\
	.n_next		= 3

/*
 * Of a packet that is known to be a frame, or not to be one, the compiler shall
 * know it, too: what follows has no branches for the other kind then.
 */
#define vr_as_frame(pkt)	((pkt) | VR_PKT_FRAME)
#define vr_as_skb(pkt)		((pkt) & ~VR_PKT_FRAME)

/*
 * A node that asks @step what to do with each packet; @ctx is what it keeps from
 * one to the next.  Always inlined, and @step with it: no indirect call.
 */
static __always_inline void
vr_ip_judge(struct vr_run *run, const struct vr_inst *inst, struct vr_vec *vec,
	    enum vr_verdict (*step)(struct vr_run *run, vr_pkt_t pkt,
				    void *ctx),
	    void *ctx)
{
	struct vr_vec *on = &run->vec[inst->next[VR_VERDICT_FORWARD]];
	unsigned int i, n = on->n;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		enum vr_verdict verdict;

		if (vr_pkt_is_frame(pkt)) {
			pkt = vr_as_frame(pkt);
			verdict = step(run, pkt, ctx);
		} else {
			pkt = vr_as_skb(pkt);
			verdict = step(run, pkt, ctx);
		}
		if (likely(verdict == VR_VERDICT_FORWARD))
			on->pkt[n++] = pkt;
		else
			vr_run_next(run, inst, verdict, pkt);
	}
	on->n = n;
}

/* Where rewrite sends a packet. */
enum {
	VR_REWRITE_ON,
	VR_REWRITE_DROP,
};

/* The rest of a node table of rewrite. */
#define VR_NEXT_OF_REWRITE				\
	.next		= {				\
		[VR_REWRITE_ON]		= "egress",	\
		[VR_REWRITE_DROP]	= "drop",	\
	},						\
	.n_next		= 2

/*
 * Get room for a link-layer header and a private one below.  The network header may
 * move, and a frame become an sk_buff; false if memory is short.
 */
static __always_inline bool vr_pkt_make_room(vr_pkt_t *pkt,
					     const struct vr_adj *adj)
{
	if (vr_pkt_is_frame(*pkt)) {
		if (likely(adj->hlen == ETH_HLEN))
			return true;
		if (!vr_frame_to_skb(pkt))
			return false;
	}
	return !skb_cow(vr_pkt_skb(*pkt), LL_RESERVED_SPACE(adj->port->dev));
}

/* Copy the header in words, as far as alignment rounds it up. */
static __always_inline void vr_adj_copy_header(void *to, struct vr_adj *adj)
{
	unsigned int len = HH_DATA_ALIGN(adj->hlen);
	unsigned int seq;

	do {
		seq = read_seqbegin(&adj->hh_lock);
		if (likely(len == HH_DATA_MOD))
			memcpy(to - HH_DATA_MOD, adj->hh, HH_DATA_MOD);
		else
			memcpy(to - len, adj->hh, len);
	} while (read_seqretry(&adj->hh_lock, seq));
}

/*
 * Put the link-layer header in front, for which there is room.  Also leaves the
 * packet as ip_forward() would: no timestamp, no dst, no checksum over what has
 * changed.
 */
static __always_inline void vr_pkt_push_header(vr_pkt_t pkt, struct vr_adj *adj)
{
	struct sk_buff *skb = vr_pkt_skb(pkt);

	vr_adj_touch(adj);

	if (vr_pkt_is_frame(pkt)) {
		struct xdp_frame *frame = vr_pkt_frame(pkt);

		vr_adj_copy_header(frame->data + ETH_HLEN, adj);
		return;
	}

	skb_dst_drop(skb);
	skb_forward_csum(skb);
	skb_clear_tstamp(skb);
	skb->dev = adj->port->dev;
	if (adj->hlen) {
		vr_adj_copy_header(skb->data, adj);
		__skb_push(skb, adj->hlen);
	}
	skb_reset_mac_header(skb);
}

static __always_inline bool
vr_ip_rewrite_one(vr_pkt_t *pkt, void (*step)(vr_pkt_t pkt))
{
	struct vr_adj *adj = vr_pkt_cb(*pkt)->adj;

	if (unlikely(!vr_pkt_make_room(pkt, adj)))
		return false;
	step(*pkt);
	vr_pkt_push_header(*pkt, adj);
	return true;
}

/* As vr_ip_judge(); @step changes the network header. */
static __always_inline void
vr_ip_rewrite(struct vr_run *run, const struct vr_inst *inst,
	      struct vr_vec *vec, void (*step)(vr_pkt_t pkt))
{
	struct vr_vec *on = &run->vec[inst->next[VR_REWRITE_ON]];
	unsigned int i, n = on->n;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		bool ok;

		if (vr_pkt_is_frame(pkt)) {
			pkt = vr_as_frame(pkt);
			ok = vr_ip_rewrite_one(&pkt, step);
		} else {
			pkt = vr_as_skb(pkt);
			ok = vr_ip_rewrite_one(&pkt, step);
		}
		if (likely(ok))
			on->pkt[n++] = pkt;
		else
			vr_run_reason(run, inst, VR_REWRITE_DROP, pkt,
				      VR_DROP_NO_MEMORY);
	}
	on->n = n;
}

/* Follow a route to an adjacency; softirq, RCU. */
static __always_inline enum vr_verdict
vr_follow(const struct vr_fib *fib, vr_pkt_t pkt, const struct vr_nhg *nhg,
	  const void *daddr, int family)
{
	struct vr_cb *cb = vr_pkt_cb(pkt);
	const struct vr_nexthop *nh;
	struct vr_adj *adj;

	if (unlikely(!nhg))
		return vr_verdict_punt(cb, VR_PUNT_NO_ROUTE);
	if (unlikely(nhg->action != VR_NH_FORWARD)) {
		if (nhg->action == VR_NH_LOCAL)
			return vr_verdict_punt(cb, VR_PUNT_LOCAL);
		if (nhg->action == VR_NH_BLACKHOLE)
			return vr_verdict_drop(cb, VR_DROP_BLACKHOLE);
		return vr_verdict_punt(cb, VR_PUNT_ROUTE);
	}

	if (likely(nhg->n == 1)) {
		nh = &nhg->nh[0];
	} else {
		nh = vr_nhg_select(fib, nhg, pkt, family);
		if (!nh)
			return vr_verdict_punt(cb, VR_PUNT_ROUTE);
	}
	/* A port that is not dead yet keeps its device for this vector. */
	if (unlikely(!nh->port || READ_ONCE(nh->port->dead)))
		return vr_verdict_punt(cb, VR_PUNT_ROUTE);

	adj = nh->glean ? vr_adj_glean(fib, nh, daddr, family) :
			  rcu_dereference(nh->adj);
	if (unlikely(!adj || (READ_ONCE(adj->flags) &
			      (VR_ADJ_RESOLVED | VR_ADJ_DEAD)) !=
			     VR_ADJ_RESOLVED))
		return vr_verdict_punt(cb, VR_PUNT_UNRESOLVED);

	cb->nhg = nhg;
	cb->adj = adj;
	return VR_VERDICT_FORWARD;
}

/* Whether @pkt may leave in packets of at most @mtu network-layer bytes. */
static inline bool vr_pkt_fits(vr_pkt_t pkt, unsigned int mtu)
{
	struct sk_buff *skb = vr_pkt_skb(pkt);

	if (likely(vr_pkt_len(pkt) <= mtu))
		return true;
	return !vr_pkt_is_frame(pkt) && skb_is_gso(skb) &&
	       skb_gso_validate_network_len(skb, mtu);
}

/* Decrypted by IPsec or received with LRO: the stack's business. */
static inline bool vr_pkt_odd(vr_pkt_t pkt)
{
	struct sk_buff *skb = vr_pkt_skb(pkt);

	return !vr_pkt_is_frame(pkt) &&
	       (secpath_exists(skb) ||
		(skb_is_gso(skb) && !skb_shinfo(skb)->gso_type));
}

#endif /* _VR_NODE_IP_H */
