/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the mirror share with each other: fib.c (tables and their
 * life), fib_event.c (notifiers, the queue and its worker), route.c (routes of
 * one table), nh.c and neigh.c.
 *
 * Locking.  rtnl > vr_fib_net.mutex > vr_fib_net.lock.  All that is not read by
 * the data path changes under the mutex, most of it in the worker, which
 * never waits for rtnl while it holds the mutex.  Notifiers run in atomic
 * context, take references and append to the queue under the spinlock.
 */
#ifndef _VR_FIB_PRIV_H
#define _VR_FIB_PRIV_H

#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>

#include "fib.h"
#include "lpm.h"
#include "vrouter.h"

enum vr_family {
	VR_V4,
	VR_V6,
	VR_FAMILIES,
};

static inline int vr_family_index(int family)
{
	return family == AF_INET6 ? VR_V6 : VR_V4;
}

/* What the data path may do with a family; read once per vector. */
enum vr_fib_state {
	VR_FIB_SYNCING,		/* not in step: punt everything */
	VR_FIB_READY,
	VR_FIB_POLICY,		/* rules decide more than the table: punt */
};

/* Where a table stands between creation and service. */
enum vr_fib_phase {
	VR_FIB_WAITING,		/* for a dump to start */
	VR_FIB_DUMPING,		/* replayed routes are welcome */
	VR_FIB_LIVE,
};

/*
 * Values of the tries: 0 none, then one per action without paths, then the
 * groups of the VR.
 */
#define VR_NHG_STATIC(action)	((u32)(action) + 1)
#define VR_NHG_FIRST		((u32)VR_NH_THROW + 2)

/**
 * struct vr_nhg_table - groups by index; RCU
 * @rcu: frees the table
 * @size: length of @slot
 * @slot: the groups
 */
struct vr_nhg_table {
	struct rcu_head			rcu;
	u32				size;
	const struct vr_nhg __rcu	*slot[];
};

/**
 * struct vr_route_key - key of a route in the control plane's store
 * @addr: prefix
 * @len: its length
 */
struct vr_route_key {
	struct vr_lpm_key	addr;
	u32			len;
} __packed;

/**
 * struct vr_route - one mirrored prefix; mutex of the namespace
 * @node: in vr_fib.routes
 * @key: prefix
 * @nhg: its value in the trie; 0 for a tombstone
 * @gen: vr_fib.gen when a live event last touched it
 * @dscp: of an IPv4 route
 * @type: RTN_* of an IPv4 route
 * @failed: punted because it could not be held
 * @own: counted in vr_fib.own
 * @fi: the IPv4 route's fib_info, referenced
 * @rt: the lone IPv6 route, referenced; a multipath route's are in the group
 */
struct vr_route {
	struct rhash_head	node;
	struct vr_route_key	key;
	u32			nhg;
	u32			gen;
	u8			dscp;
	u8			type;
	bool			failed;
	bool			own;
	union {
		struct fib_info		*fi;
		struct fib6_info	*rt;
	};
};

/**
 * struct vr_fib_port - a port as the mirror knows it; mutex
 * @node: in vr_fib_net.ports, by ifindex
 * @fib: the mirror of its VR
 * @port: the port, referenced
 * @ifindex: of its device
 * @scan: its device's neighbours have not been looked through yet
 */
struct vr_fib_port {
	struct hlist_node	node;
	struct vr_fib		*fib;
	struct vr_port		*port;
	int			ifindex;
	bool			scan;
};

/**
 * struct vr_fib - the mirror of one table for one VR
 * @state: enum vr_fib_state per family, read by the data path
 * @lpm: tries per family
 * @own: what tells most packets that theirs are not own addresses, per family
 * @nhgs: next hop groups by value of the tries
 * @adj_ht: adjacencies by key
 * @fn: namespace
 * @vr: the VR; NULL for the mirror of the namespace's local table
 * @table: number of the table
 * @node: in vr_fib_net.fibs or .dying
 * @hnode: in vr_fib_net.by_table, RCU
 * @phase: enum vr_fib_phase
 * @lost: an event was lost or a route can't be held: dump again
 * @ports_dirty: ports came or went
 * @reflag: tell the kernel about all routes again
 * @join: events up to this number are older than the table
 * @gen: number of the dump, for vr_route.gen
 * @routes: struct vr_route per family
 * @n_routes: without tombstones
 * @nhg_ht: groups that may be shared, by what they are made of
 * @nhg_list: all groups
 * @nhg_ida: values of @nhgs
 * @adj_list: all adjacencies
 * @src_routes: IPv6 routes with a source prefix; while there are any, the
 *	family is left to the stack
 * @failed: routes that could not be held
 * @backoff: seconds until the next attempt to hold what failed
 * @retry: that attempt
 * @n_nhgs: groups
 * @n_adjs: adjacencies
 * @nhg_bytes: memory of the groups
 * @events: events applied
 * @resyncs: dumps taken
 */
struct vr_fib {
	/* Needed in fast-path */
	u8			state[VR_FAMILIES];
	struct vr_lpm		lpm[VR_FAMILIES];
	struct vr_own		own[VR_FAMILIES];
	struct vr_nhg_table __rcu *nhgs;
	struct rhashtable	adj_ht;
	struct vr_fib_net	*fn;

	/* Needed in slow-path */
	struct vr_router	*vr;
	u32			table;
	struct list_head	node;
	struct hlist_node	hnode;
	u8			phase;
	bool			lost;
	bool			ports_dirty;
	bool			reflag;
	u64			join;
	u32			gen;
	struct rhashtable	routes[VR_FAMILIES];
	u32			n_routes[VR_FAMILIES];
	struct rhashtable	nhg_ht;
	struct list_head	nhg_list;
	struct ida		nhg_ida;
	struct list_head	adj_list;
	struct list_head	src_routes;
	u32			failed;
	u32			backoff;
	struct delayed_work	retry;
	u32			n_nhgs;
	u32			n_adjs;
	u64			nhg_bytes;
	u64			events;
	u32			resyncs;
};

#define VR_FIB_HASH_BITS	6

/**
 * struct vr_fib_net - the mirror's part of one network namespace
 * @local_on: per family: rules ask the local table before the VR's, and it
 *	has entries; read by the data path
 * @local: mirror of the local table, made with the first VR
 * @net: the namespace
 * @fib_nb: live FIB events
 * @replay_nb: registered for the time of a dump
 * @nh_nb: nexthop object events
 * @lock: guards @queue and @seq
 * @queue: struct vr_fib_event in order
 * @seq: number of the last event queued
 * @work: the worker
 * @dump_work: takes dumps
 * @mutex: guards everything below and the mirrors
 * @fibs: mirrors of VRs and the local one
 * @dying: mirrors that the worker is to free
 * @by_table: mirrors by table number; RCU
 * @ports: struct vr_fib_port by ifindex
 * @rules: struct vr_fib_rule per family
 * @rules_ok: @rules is in step; while not, replayed rules are welcome
 * @rules_seq: counts live rule events
 * @rules_lost: a rule event was lost
 * @local_first: a rule for the local table precedes the VR's
 * @policy: rules other than that one precede it
 * @neigh_lost: a neighbour event was lost
 * @nh_changed: a nexthop object changed
 */
struct vr_fib_net {
	bool			local_on[VR_FAMILIES];
	struct vr_fib		*local;

	struct net		*net;
	struct notifier_block	fib_nb;
	struct notifier_block	replay_nb;
	struct notifier_block	nh_nb;
	spinlock_t		lock;	/* see @lock */
	struct list_head	queue;
	u64			seq;
	struct work_struct	work;
	struct delayed_work	dump_work;
	struct mutex		mutex;	/* see @mutex */
	struct list_head	fibs;
	struct list_head	dying;
	DECLARE_HASHTABLE(by_table, VR_FIB_HASH_BITS);
	DECLARE_HASHTABLE(ports, VR_FIB_HASH_BITS);
	struct list_head	rules[VR_FAMILIES];
	bool			rules_ok;
	u32			rules_seq;
	bool			rules_lost;
	bool			local_first[VR_FAMILIES];
	bool			policy[VR_FAMILIES];
	bool			neigh_lost;
	bool			nh_changed;
};

struct vr_fib_net *vr_fib_net_get(const struct net *net);

/* fault injection, /sys/kernel/debug/vrouter */
extern bool vr_fib_fail_event;
extern bool vr_fib_fail_route;
extern bool vr_fib_fail_nhg;

extern struct workqueue_struct *vr_fib_wq;

/* fib.c; mutex */
void vr_fib_update_states(struct vr_fib_net *fn);
void vr_fib_resync(struct vr_fib *fib);
void vr_fib_bury(struct list_head *dying);
struct vr_fib_port *vr_fib_port_find(struct vr_fib *fib, int ifindex);

/* fib_event.c */
int vr_fib_event_init(struct vr_fib_net *fn);
void vr_fib_event_exit(struct vr_fib_net *fn);
u64 vr_fib_event_seq(struct vr_fib_net *fn);
void vr_fib_dump(struct vr_fib_net *fn);
void vr_fib_event_neigh(struct vr_fib_net *fn, struct neighbour *n);

/* route.c; mutex, may sleep */
int vr_route_init(struct vr_fib *fib);
void vr_route_exit(struct vr_fib *fib);
void vr_route_flush(struct vr_fib *fib);
void vr_route_sweep(struct vr_fib *fib);
void vr_route_reflag(struct vr_fib *fib);
void vr_route4_set(struct vr_fib *fib, u32 dst, u8 len, struct fib_info *fi,
		   u8 dscp, u8 type, bool replay);
void vr_route4_del(struct vr_fib *fib, u32 dst, u8 len);
void vr_route6_set(struct vr_fib *fib, struct fib6_info **rt, unsigned int n,
		   bool replay);
void vr_route6_del(struct vr_fib *fib, struct fib6_info *rt, bool whole);

/* nh.c; mutex, may sleep; a value for the trie or VR_NHG_STATIC(PUNT) */
int vr_nhg_init(struct vr_fib *fib);
void vr_nhg_exit(struct vr_fib *fib);
u32 vr_nhg4_get(struct vr_fib *fib, struct fib_info *fi);
u32 vr_nhg6_get(struct vr_fib *fib, struct fib6_info **rt, unsigned int n);
void vr_nhg_put(struct vr_fib *fib, u32 value);
bool vr_nhg_offloaded(struct vr_fib *fib, u32 value);
struct fib6_info **vr_nhg_rts(struct vr_fib *fib, u32 value, unsigned int *n);
const struct vr_nhg *vr_nhg_static(enum vr_nh_action action);
bool vr_nhg_refresh(struct vr_fib *fib, bool objects);

/* neigh.c; mutex, may sleep */
int vr_neigh_init(void);
void vr_neigh_exit(void);
int vr_adj_init(struct vr_fib *fib);
void vr_adj_exit(struct vr_fib *fib);
struct vr_adj *vr_adj_get(struct vr_fib *fib, struct vr_port *port,
			  int family, int nh_family, const void *addr);
void vr_adj_put(struct vr_fib *fib, struct vr_adj *adj);
void vr_adj_neigh(struct vr_fib_net *fn, struct neighbour *n);
void vr_adj_rescan(struct vr_fib_net *fn);
void vr_adj_scan_ports(struct vr_fib *fib);
void vr_adj_refresh(struct vr_fib *fib);
u64 vr_adj_bytes(const struct vr_fib *fib);

#endif /* _VR_FIB_PRIV_H */
