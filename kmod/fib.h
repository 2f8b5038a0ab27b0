/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mirror: what the kernel's FIB and neighbour tables say, in the form that
 * the data path reads.  fib.c (events, per-VR tables), nh.c (next hop groups
 * and their choice), neigh.c (adjacencies), lpm.c (longest prefix match).
 */
#ifndef _VR_FIB_H
#define _VR_FIB_H

#include <linux/hash.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <net/neighbour.h>

#include "packet.h"

struct netlink_ext_ack;
struct nexthop;
struct vr_fib;
struct vr_port;
struct vr_router;

/**
 * enum vr_nh_action - what a route says must happen to a packet
 * @VR_NH_PUNT: the stack decides (also: local, throw, anything not mirrored)
 * @VR_NH_FORWARD: rewrite with an adjacency and transmit
 * @VR_NH_LOCAL: an own, broadcast or anycast address; as PUNT
 * @VR_NH_BLACKHOLE: drop without a word
 * @VR_NH_UNREACHABLE: punt; the stack answers with an ICMP error
 * @VR_NH_PROHIBIT: as UNREACHABLE
 * @VR_NH_THROW: punt; the stack goes on with the next rule
 */
enum vr_nh_action {
	VR_NH_PUNT,
	VR_NH_FORWARD,
	VR_NH_LOCAL,
	VR_NH_BLACKHOLE,
	VR_NH_UNREACHABLE,
	VR_NH_PROHIBIT,
	VR_NH_THROW,
};

/* adj->flags */
#define VR_ADJ_RESOLVED	BIT(0)	/* header valid: packets may leave */
#define VR_ADJ_DEAD	BIT(1)	/* port or neighbour is going away */

/**
 * struct vr_adj - adjacency: egress port and link-layer header of a next hop
 * @port: egress port; stays allocated while the adjacency is reachable (RCU)
 * @flags: VR_ADJ_*, read with READ_ONCE
 * @hlen: length of the link-layer header, 0 for devices that have none
 * @stale: the neighbour wants to be confirmed when it is used next
 * @used: jiffies of the last use, see vr_adj_touch()
 * @hh_lock: guards @hh against a change of the neighbour's address
 * @hh: link-layer header, laid out as in struct hh_cache
 */
struct vr_adj {
	struct vr_port	*port;
	u8		flags;
	u8		hlen;
	bool		stale;
	unsigned long	used;
	seqlock_t	hh_lock;
	unsigned long	hh[HH_DATA_ALIGN(LL_MAX_HEADER) / sizeof(long)];
};

/**
 * struct vr_nexthop - one way out of a next hop group
 * @upper: the kernel's own bound: the path is taken for a hash up to it.
 *	Read live, so a path that dies loses its share at once.  NULL for a
 *	lone path and for a member of a nexthop object's group
 * @object: the nexthop object that the path belongs to, to be compared only
 * @ifindex: egress device, also of paths that are not forwarded here
 * @glean: on-link: the packet's own destination is the next hop
 * @port: egress port, NULL if the device is not a port of the VR (then punt)
 * @adj: adjacency of the gateway, also while it is not resolved; NULL if
 *	@glean or if memory was short
 */
struct vr_nexthop {
	const atomic_t		*upper;
	const struct nexthop	*object;
	u32			ifindex;
	bool			glean;
	struct vr_port		*port;
	struct vr_adj __rcu	*adj;
};

/**
 * struct vr_nhg - next hop group: where the packets of a route go
 * @action: enum vr_nh_action
 * @n: number of paths, at least 1 if @action is VR_NH_FORWARD
 * @mtu: the route's own MTU metric, 0 if it has none
 * @group: nexthop object that chooses between the paths, NULL if @nh[].upper do
 * @nh: the paths
 *
 * Immutable once published; a change publishes another one at the same place.
 * Shared by routes; freed after a grace period.
 */
struct vr_nhg {
	u8			action;
	u8			n;
	u16			mtu;
	struct nexthop		*group;
	struct vr_nexthop	nh[];
};

#define VR_OWN_BITS	8

/**
 * struct vr_own - which addresses are not, for sure, own or broadcast ones
 * @wide: routes to such that are not to a single address, and unknown ones
 * @slot: routes to a single one, in two places by its hash; U8_MAX stands for any
 *	number from there on, and stays
 *
 * Counts routes with an action other than to forward or to refuse.  Asked for
 * unicast addresses only: routes to others are not counted.  By two places few
 * addresses are suspected that are none: all packets of a host would pay for it.
 */
struct vr_own {
	u32			wide;
	u8			slot[1 << VR_OWN_BITS];
};

/* The number of a place: the upper bits, and that of the other one: the lower. */
static inline u32 vr_own_hash(u64 hi, u64 lo)
{
	return hash_64(hi ^ lo, 2 * VR_OWN_BITS);
}

/* Whether an address may match what is counted; sure if not. */
static inline bool vr_own_may_match(const struct vr_own *own, u64 hi, u64 lo)
{
	u32 hash = vr_own_hash(hi, lo);
	u32 wide = READ_ONCE(own->wide);

	if (likely(!(wide | READ_ONCE(own->slot[hash >> VR_OWN_BITS]))))
		return false;
	return wide || READ_ONCE(own->slot[hash % (1 << VR_OWN_BITS)]);
}

/* module and namespace: process context, rtnl not held */
int vr_fib_init(void);
void vr_fib_exit(void);
int vr_fib_net_init(struct net *net);
void vr_fib_net_exit(struct net *net);

/* fib.c: one mirror per VR; rtnl held */
struct vr_fib *vr_fib_create(struct vr_router *vr,
			     struct netlink_ext_ack *extack);
void vr_fib_destroy(struct vr_fib *fib);
int vr_fib_port_add(struct vr_fib *fib, struct vr_port *port);
void vr_fib_port_del(struct vr_fib *fib, struct vr_port *port);

static inline struct vr_lpm_key vr_lpm_key6(const struct in6_addr *a)
{
	struct vr_lpm_key key = {
		.hi = (u64)ntohl(a->s6_addr32[0]) << 32 |
		      ntohl(a->s6_addr32[1]),
		.lo = (u64)ntohl(a->s6_addr32[2]) << 32 |
		      ntohl(a->s6_addr32[3]),
	};

	return key;
}

/* fib.c, lpm.c: data path, softirq under RCU */
/*
 * Once per vector and family.  Not ready means punt everything, and the reason
 * is policy if vr_fib_policy(), else that the mirror is not in step.
 *
 * The lookups know unicast routes only: loopback and multicast destinations,
 * and IPv6 link-local ones, are to be punted without asking them.  They return
 * NULL if nothing matches; then the next rule decides, so punt.
 */
bool vr_fib_ready(const struct vr_fib *fib, int family);
bool vr_fib_policy(const struct vr_fib *fib, int family);
const struct vr_nhg *vr_fib4_lookup(const struct vr_fib *fib, __be32 daddr);
void vr_fib4_lookup_vec(const struct vr_fib *fib, struct vr_routes *r,
			unsigned int n);
const struct vr_nhg *vr_fib6_lookup(const struct vr_fib *fib,
				    const struct in6_addr *daddr);
void vr_fib6_lookup_vec(const struct vr_fib *fib, struct vr_routes *r,
			unsigned int n);
/*
 * Once per vector.  An address that neither of them may match has no route, or
 * none that is an own or broadcast address, or one that only the stack knows.
 */
void vr_fib_own(const struct vr_fib *fib, int family,
		const struct vr_own *own[2]);

/*
 * select.c, neigh.c: data path, softirq under RCU.  vr_nhg_select() returns a path
 * whose port is alive and up, or NULL: punt.  An adjacency may be used if it
 * is VR_ADJ_RESOLVED; tell of each use by vr_adj_touch().
 */
const struct vr_nexthop *vr_nhg_select(const struct vr_fib *fib,
				       const struct vr_nhg *nhg,
				       vr_pkt_t pkt, int family);
struct vr_adj *vr_adj_glean(const struct vr_fib *fib,
			    const struct vr_nexthop *nh,
			    const void *daddr, int family);
void vr_adj_confirm(struct vr_adj *adj);

/**
 * vr_adj_touch - a packet is about to leave by an adjacency
 * @adj: the adjacency
 *
 * The first use after the neighbour has become stale makes the stack verify
 * it, as its own use would.  Costs a load and a compare within a tick.
 *
 * Context: softirq, RCU.
 */
static inline void vr_adj_touch(struct vr_adj *adj)
{
	unsigned long now = jiffies;

	if (READ_ONCE(adj->used) == now)
		return;
	WRITE_ONCE(adj->used, now);
	if (unlikely(READ_ONCE(adj->stale)))
		vr_adj_confirm(adj);
}

/**
 * struct vr_fib_info - what a mirror holds, for netlink and statistics
 * @routes: IPv4 and IPv6 routes held
 * @failed: routes that could not be held and are punted
 * @nhgs: next hop groups
 * @adjs: adjacencies, resolved or not
 * @bytes: memory of tables, groups and adjacencies
 * @events: FIB events applied
 * @resyncs: full dumps taken, the first included
 * @ready: whether the table is in step with the kernel's
 */
struct vr_fib_info {
	u32	routes[2];
	u32	failed;
	u32	nhgs;
	u32	adjs;
	u64	bytes;
	u64	events;
	u32	resyncs;
	bool	ready;
};

void vr_fib_info_get(struct vr_fib *fib, struct vr_fib_info *info);

#endif /* _VR_FIB_H */
