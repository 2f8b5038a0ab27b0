/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control objects: virtual router, port, per-namespace list.  All of them
 * change under rtnl and are read under RCU.
 */
#ifndef _VR_VROUTER_H
#define _VR_VROUTER_H

#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/vrouter.h>

#include "stats.h"

struct fib6_table;
struct netlink_ext_ack;
struct vr_fib;
struct vr_fib_net;
struct vr_graph;
struct vr_lane;
struct vr_queue;
struct vr_tracer;
struct vr_xdp;

enum vr_limits {
	VR_WEIGHT_MIN		= 1,
	VR_WEIGHT_DEFAULT	= 100,
	VR_WEIGHT_MAX		= 10000,
	VR_QUEUE_LEN		= 512,	/* packets per VR and CPU; power of 2 */
};

/**
 * struct vr_settings - what can be changed of a VR besides its weight
 * @queue_packets: most packets that may wait on one CPU
 * @queue_time_us: longest time a packet should wait, 0 for any
 * @vector_limit_us: a vector that takes longer is a strike, 0 for none
 * @strikes: so many within @strike_window_ms put the VR in quarantine
 * @strike_window_ms: after that a strike is forgotten
 * @burn: cycles that the element "burn" wastes per packet, 0 for no element
 * @quarantine: shut off; also set by the watchdog, in softirq
 */
struct vr_settings {
	u32	queue_packets;
	u32	queue_time_us;
	u32	vector_limit_us;
	u32	strikes;
	u32	strike_window_ms;
	u32	burn;
	bool	quarantine;
};

/**
 * struct vr_watch - the watchdog's memory of a VR
 * @lock: guards @count and @since; taken for a strike only
 * @count: strikes in the present window
 * @since: when the window began, in ns of the monotonic clock
 */
struct vr_watch {
	spinlock_t	lock;	/* see @lock */
	u32		count;
	u64		since;
};

/* Bits of vr_router.looks: why its vectors run with each node measured. */
enum vr_look {
	VR_LOOK_WATCH,	/* for evidence of what takes too long */
	VR_LOOK_COUNT,	/* for vr_graph.counts */
	VR_LOOK_TRACE,	/* for vr_router.tracer */
};

/**
 * struct vr_router - one virtual router; private part of its netdevice
 * @queue: input queue of each possible CPU, NULL until ndo_init
 * @graph: compiled program of the forwarding path
 * @fib: mirror of the VR's table
 * @stats: per-CPU counters
 * @dev: the netdevice
 * @wait_max: settings.queue_time_us in cycles
 * @vector_limit: settings.vector_limit_us in cycles, ~0 for none
 * @looks: who looks at its vectors, enum vr_look; bits change atomically
 * @tracer: who traces packets, or NULL; the lock of tracer.c
 * @watch: the watchdog's
 * @settings: as configured; rtnl, but for settings.quarantine
 * @table: kernel routing table
 * @weight: entitlement, VR_WEIGHT_MIN…VR_WEIGHT_MAX; read by the scheduler
 * @fib6_table: the IPv6 table of that number, for link-scope lookups
 * @ports: struct vr_port.node; rtnl for writers, RCU for readers
 * @n_ports: length of @ports
 * @cpus: CPUs that may work for it; rtnl and the lock of steer.c
 * @cpus_active: those that do, as told to user space; rtnl
 * @steer_node: in the list of all VRs of steer.c
 * @attached: part of its namespace: listed there, mirror running; rtnl
 * @node: in vr_net.routers; rtnl for writers, RCU for readers
 */
struct vr_router {
	/* Needed in fast-path */
	struct vr_queue		**queue;
	struct vr_graph __rcu	*graph;
	struct vr_fib		*fib;
	struct vr_stats __percpu *stats;
	struct net_device	*dev;
	u64			wait_max;
	u64			vector_limit;
	unsigned long		looks;
	struct vr_tracer __rcu	*tracer;
	struct vr_watch		watch;

	/* Needed in slow-path */
	struct vr_settings	settings;
	u32			table;
	u32			weight;
	struct fib6_table	*fib6_table;
	struct list_head	ports;
	u32			n_ports;
	cpumask_var_t		cpus;
	cpumask_var_t		cpus_active;
	struct list_head	steer_node;
	bool			attached;
	struct list_head	node;
};

/* port->flags */
#define VR_PORT_DIRECT	BIT(0)	/* transmit past the qdisc */
#define VR_PORT_BY_IRQ	BIT(1)	/* never polled with credit, see pull.c */

/**
 * struct vr_hold - interrupts of a port's device are deferred, see pull.c
 * @lock: guards all of it
 * @claims: receive queues that are polled with credit
 * @set: the device's settings are ours
 * @timeout: the device's gro_flush_timeout before
 * @defer: its napi_defer_hard_irqs before
 */
struct vr_hold {
	spinlock_t	lock;	/* see @lock */
	u32		claims;
	bool		set;
	unsigned long	timeout;
	int		defer;
};

/**
 * struct vr_port - a netdevice enslaved to a VR; its rx_handler_data
 * @dev: the device; valid until the grace period after vr_port_del
 * @vr: the VR it belongs to; lives longer than the port
 * @flags: VR_PORT_*
 * @dead: set when the port starts to go; nothing new may refer to it
 * @standby: the port whose lane it is, or NULL; see lane.c
 * @lane: what it knows of its lane, if it is a standby
 * @xdp: the XDP program that brings frames, or NULL; rtnl for writers, RCU
 * @stats: per-CPU counters
 * @hold: whether and how its interrupts are deferred
 * @dev_tracker: of the reference on @dev
 * @node: in vr_router.ports
 * @refs: one of the port itself and one of each adjacency; the last one
 *	frees the structure after a grace period
 * @rcu: frees the structure
 */
struct vr_port {
	/* Needed in fast-path */
	struct net_device	*dev;
	struct vr_router	*vr;
	unsigned long		flags;
	bool			dead;
	struct vr_port __rcu	*standby;
	struct vr_lane __rcu	*lane;
	struct vr_xdp __rcu	*xdp;
	struct vr_port_stats __percpu *stats;

	/* Needed in slow-path */
	struct vr_hold		hold;
	netdevice_tracker	dev_tracker;
	struct list_head	node;
	refcount_t		refs;
	struct rcu_head		rcu;
};

/**
 * struct vr_net - what the module knows about one network namespace
 * @routers: struct vr_router.node by rising ifindex; rtnl for writers, RCU for
 *	readers
 * @n_routers: length of @routers
 * @rules: the l3mdev rules have been added here
 * @gen: counts notifications, for dumps to tell that something changed; rtnl
 * @fib: the mirror's part, set by vr_fib_net_init()
 */
struct vr_net {
	struct list_head	routers;
	u32			n_routers;
	bool			rules;
	u32			gen;
	struct vr_fib_net	*fib;
};

extern unsigned int vr_net_id;

struct vr_net *vr_net_get(const struct net *net);

/* device.c */
extern struct rtnl_link_ops vr_link_ops;

bool vr_dev_is_router(const struct net_device *dev);
void vr_dev_tx_dropped(struct net_device *dev);
struct vr_router *vr_router_by_dev(struct net_device *dev);

/* router.c; rtnl held unless said otherwise */
int vr_router_init(struct vr_router *vr, struct netlink_ext_ack *extack);
void vr_router_uninit(struct vr_router *vr);
int vr_router_attach(struct vr_router *vr, struct netlink_ext_ack *extack);
void vr_router_detach(struct vr_router *vr);
void vr_router_forget(struct vr_router *vr);
int vr_router_set_weight(struct vr_router *vr, u32 weight,
			 struct netlink_ext_ack *extack);
int vr_router_configure(struct vr_router *vr, const struct vr_settings *set,
			struct netlink_ext_ack *extack);
int vr_router_set_counting(struct vr_router *vr, bool on,
			   struct netlink_ext_ack *extack);
/* softirq */
void vr_router_quarantine(struct vr_router *vr);
/* cpu = -1 sums over all CPUs; any context; @bucket has VR_LATENCY_N */
bool vr_router_latency(const struct vr_router *vr, int cpu, u64 *bucket);
/* the same */
void vr_router_stats(const struct vr_router *vr, int cpu, struct vr_stats *sum);

/* steer.c; rtnl held */
int vr_steer_add(struct vr_router *vr);
void vr_steer_del(struct vr_router *vr);
int vr_steer_parse(struct cpumask *cpus, const char *list,
		   struct netlink_ext_ack *extack);
void vr_steer_set(struct vr_router *vr, const struct cpumask *cpus);
/* module init and exit; rtnl not held */
int vr_steer_init(void);
void vr_steer_exit(void);

/* port.c; rtnl held unless said otherwise */
int vr_port_add(struct vr_router *vr, struct net_device *dev,
		struct netlink_ext_ack *extack);
int vr_port_del(struct vr_router *vr, struct net_device *dev);
struct vr_port *vr_port_get_rtnl(const struct net_device *dev);
/* RCU or rtnl; NULL if @dev is not a port */
struct vr_port *vr_port_get_rcu(const struct net_device *dev);
void vr_port_hold(struct vr_port *port);
/* any context; frees after a grace period */
void vr_port_put(struct vr_port *port);
int vr_port_set_flags(struct vr_port *port, unsigned long mask,
		      unsigned long flags, struct netlink_ext_ack *extack);
/* down and up, if it is up: the stack looks at it anew */
void vr_port_cycle(struct net_device *dev, struct netlink_ext_ack *extack);
void vr_port_stats(const struct vr_port *port, struct vr_port_stats *sum);

/* core.c: one row of the core table; any context */
struct vr_core_info {
	u32	cpu;
	u32	queues;		/* runnable now, the running one included */
	u64	busy_ns;	/* spent in polls of this core and in ingress */
	u64	billed_ns;	/* of which charged to VRs */
	u64	polls;
	u64	switches;	/* picks that changed the VR */
	u64	outside_ns;	/* with work, but not in a poll of this core */
	u64	ingress_ns;	/* of busy_ns, outside of polls */
	u64	lag_max_ns;	/* largest |lag| of any VR */
	u64	bound_ns;	/* what that could be at most then */
	u32	slice_us;
	u64	time_ns;	/* when all this was so */
};

void vr_core_info_get(unsigned int cpu, struct vr_core_info *info);
void vr_core_set_slice(unsigned int cpu, u32 us);

/**
 * struct vr_sched_info - the scheduler's view of one VR on one CPU
 * @entitled_ns: CPU time it should have had while backlogged
 * @used_ns: CPU time charged to it
 * @lag_ns: @entitled_ns - @used_ns of the present backlog period
 * @lag_max_ns: largest |@lag_ns| ever
 * @waits: packets whose time in the queue was measured
 * @wait_ns: sum of these times
 * @wait_max_ns: longest of them
 * @qlen: packets waiting
 * @qlen_max: most that ever waited
 * @qlen_limit: how many may wait now
 * @cost: cycles per packet, lately
 * @strikes: vectors that took too long
 */
struct vr_sched_info {
	u64	entitled_ns;
	u64	used_ns;
	s64	lag_ns;
	u64	lag_max_ns;
	u64	waits;
	u64	wait_ns;
	u64	wait_max_ns;
	u32	qlen;
	u32	qlen_max;
	u32	qlen_limit;
	u32	cost;
	u32	strikes;
};

/* cpu = -1 sums over all CPUs; RCU or rtnl */
void vr_router_sched_info(const struct vr_router *vr, int cpu,
			  struct vr_sched_info *info);

/* netlink.c; all notifications: rtnl held, may sleep */
int vr_netlink_init(void);
void vr_netlink_exit(void);
void vr_netlink_notify_router(struct vr_router *vr, u32 cmd);
void vr_netlink_notify_port(struct vr_port *port, u32 cmd);

#endif /* _VR_VROUTER_H */
