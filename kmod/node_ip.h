/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the IPv4 and IPv6 nodes share.
 */
#ifndef _VR_NODE_IP_H
#define _VR_NODE_IP_H

#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#ifdef VR_HAVE_NET_GSO_H
#include <net/gso.h>
#endif
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
 * A node that asks @step what to do with each packet.  Always inlined, and @step
 * with it: no indirect call.
 */
static __always_inline void
vr_ip_judge(struct vr_run *run, const struct vr_inst *inst, struct vr_vec *vec,
	    enum vr_verdict (*step)(struct vr_run *run, vr_pkt_t *pkt))
{
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		enum vr_verdict verdict = step(run, &pkt);

		vr_run_next(run, inst, verdict, pkt);
	}
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

/* As vr_ip_judge(); @step changes the network header. */
static __always_inline void
vr_ip_rewrite(struct vr_run *run, const struct vr_inst *inst,
	      struct vr_vec *vec, void (*step)(vr_pkt_t pkt))
{
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_adj *adj = vr_pkt_cb(pkt)->adj;

		if (unlikely(!vr_pkt_make_room(&pkt, adj))) {
			vr_run_reason(run, inst, VR_REWRITE_DROP, pkt,
				      VR_DROP_NO_MEMORY);
			continue;
		}
		step(pkt);
		vr_pkt_push_header(pkt, adj);
		vr_run_next(run, inst, VR_REWRITE_ON, pkt);
	}
}

/*
 * Follow a route to an adjacency; softirq, RCU.  A frame may become an sk_buff:
 * its headers move no more than vr_pkt_net() knows.
 */
static inline enum vr_verdict vr_follow(const struct vr_fib *fib,
					vr_pkt_t *pkt, const struct vr_nhg *nhg,
					const void *daddr, int family)
{
	struct vr_cb *cb = vr_pkt_cb(*pkt);
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
		/* The hash needs what only an sk_buff has. */
		if (vr_pkt_is_frame(*pkt)) {
			if (!vr_frame_to_skb(pkt))
				return vr_verdict_drop(cb, VR_DROP_NO_MEMORY);
			cb = vr_pkt_cb(*pkt);
		}
		nh = vr_nhg_select(fib, nhg, vr_pkt_skb(*pkt), family);
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
