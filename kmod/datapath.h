/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stages of the data path and what they promise each other, in the order
 * in which a packet meets them.
 */
#ifndef _VR_DATAPATH_H
#define _VR_DATAPATH_H

#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>

#include "latency.h"
#include "packet.h"
#include "sched.h"
#include "stats.h"
#include "vrouter.h"

struct vr_core;
struct vr_run;

/* ingress.c: rx_handler of every port; softirq, RCU */
rx_handler_result_t vr_ingress(struct sk_buff **pskb);
/* make the next pass of @skb through the port's rx_handler go to the stack */
void vr_ingress_reinject(struct sk_buff *skb);

/* packets that ingress on this CPU has had so far; BH disabled */
u32 vr_ingress_seen(void);
/* @n more have come in; whether somebody is to pay for it */
bool vr_ingress_saw(u32 n);
/* whether somebody pays for ingress on this CPU as part of a turn */
void vr_ingress_unbilled(bool on);

/* Receive queues of NICs that a queue can claim. */
#define VR_PULL_MAX	8

/**
 * struct vr_source - a receive queue of a NIC
 * @napi_id: number of its NAPI
 * @port: the NIC
 */
struct vr_source {
	u32		napi_id;
	struct vr_port	*port;
};

/**
 * struct vr_pull - the NICs that a queue polls itself
 * @lock: guards @n and @source
 * @n: how many it has claimed
 * @next: the one that was polled last; the turn
 * @last_id: the NAPI that vr_pull_claim() has looked at last
 * @hint: the NAPI that brought frames lately; ingress
 * @patience: pulls for which a NIC may be in the hands of others; the turn
 * @wait: one is: the turn should end for it; the turn
 * @dry: it brought none, and the NICs have their interrupts back; the turn
 * @sated: it brought all there was; the turn
 * @rests: how often it brought none, before a rest each; the turn
 * @owed: what is to be polled however full the queue is, in quarters of a packet;
 *	the turn
 * @source: the NICs
 */
struct vr_pull {
	spinlock_t		lock;	/* see @lock */
	u32			n;
	u32			next;
	u32			last_id;
	u32			hint;
	u32			patience;
	bool			wait;
	bool			dry;
	bool			sated;
	u8			rests;
	s32			owed;
	struct vr_source	source[VR_PULL_MAX];
};

/* The time of one in so many packets is measured. */
#define VR_STAMP_EVERY	16

/**
 * struct vr_stamp - when a packet was put into its slot of the ring
 * @time: in cycles
 * @ahead: packets that waited before it
 */
struct vr_stamp {
	u64	time;
	u32	ahead;
};

/* vr_queue.steered; 0 on the common path */
#define VR_STEER_AWAY	BIT(0)	/* packets from here go elsewhere, or moved */
#define VR_STEER_SHARED	BIT(1)	/* other CPUs put packets in */

/**
 * struct vr_steer - where packets go that arrive on the CPU of a queue
 * @lock: guards @want, changes of @now, and vr_queue.steered
 * @now: CPU in whose queue they are put; written by ingress on this CPU
 * @want: CPU in whose queue they should be put
 * @pos: head of that queue after the last one put there; ingress on this CPU
 * @since: when they last began to move, in cycles; 0 if they do not; the same
 */
struct vr_steer {
	spinlock_t	lock;	/* see @lock */
	int		now;
	int		want;
	u32		pos;
	u64		since;
};

/**
 * struct vr_queue - input ring of one VR on one CPU, with its NAPI instance
 * @head: packets ever put in; written by the producer
 * @steered: VR_STEER_*
 * @active: the core knows that there is work; set and cleared under core.lock
 * @ingress_cost: cycles spent on packets for this queue since the last charge;
 *	written by the producer, taken by the poll with xchg
 * @max: largest number of packets ever waiting
 * @limit: packets that may wait; under @lock, read by the producer
 * @stamp: of every VR_STAMP_EVERY-th slot, by the producer, before @head
 * @shut: ports' programs drop by themselves, see xdp.c
 * @put_lock: makes producers exclusive if there are several
 * @steer: where packets go that arrive on @cpu
 * @lock: makes taking packets out and vr_queue_flush exclusive
 * @tail: packets ever taken out; under @lock
 * @done: packets that have left the VR for good, in whatever way; written by the
 *	turn that serves it, after the vector
 * @waits: packets whose wait was measured; under @lock, as the next two
 * @wait_sum: their waits, in cycles
 * @wait_max: the longest
 * @ent: the queue in its core's run queue; under core.lock
 * @turn: number of the core's turn that served it last; under core.lock
 * @served: packets served in that turn; under core.lock
 * @cost: cycles per packet of the last full sample; under core.lock
 * @cost_cycles: cycles of the sample that is being taken
 * @cost_packets: its packets
 * @strikes: vectors that took longer than the VR's limit
 * @pull: NICs that are polled when it is served
 * @rest: in its core's list of those that rest, else empty; under core.lock
 * @rest_until: the end of its rest, in cycles; under core.lock
 * @latency: histogram of the time from ingress to the graph's end
 * @core: scheduler of this CPU
 * @vr: the VR
 * @cpu: the CPU
 * @dead: going away: not to be woken any more; under core.lock
 * @rcu: frees it
 * @napi: scheduled only while the core has picked this queue
 * @ring: VR_QUEUE_LEN packets, 0 where vr_queue_flush took one
 *
 * One producer (ingress on @cpu, BH disabled; or ingress anywhere, under
 * @put_lock, if @steered says that it is shared), one consumer (the turn in
 * which the queue is core->cur).  Producer and consumer never wait for each
 * other.
 */
struct vr_queue {
	/* producer */
	u32			head ____cacheline_aligned_in_smp;
	bool			active;
	u8			steered;
	bool			shut;
	atomic_long_t		ingress_cost;
	u32			max;
	u32			limit;
	spinlock_t		put_lock;	/* see @put_lock */
	struct vr_steer		steer;

	/* consumer */
	spinlock_t		lock ____cacheline_aligned_in_smp;
	u32			tail;
	u32			done;
	u64			waits;
	u64			wait_sum;
	u64			wait_max;

	/* Read mostly, and the core's */
	struct vr_ent		ent ____cacheline_aligned_in_smp;
	u64			turn;
	u32			served;
	u32			cost;
	u32			cost_packets;
	u64			cost_cycles;
	u32			strikes;
	struct vr_core		*core;
	struct vr_router	*vr;
	int			cpu;
	bool			dead;
	struct rcu_head		rcu;
	struct napi_struct	napi;
	vr_pkt_t		*ring;
	struct vr_pull		pull;
	struct list_head	rest;
	u64			rest_until;
	struct vr_latency	latency;
	struct vr_stamp		stamp[VR_QUEUE_LEN / VR_STAMP_EVERY];
};

/**
 * struct vr_waits - what pulling a vector found out about its packets
 * @now: time of the pull, in cycles
 * @n: entries in @stamp
 * @stamp: times of ingress of the packets that have a stamp
 */
struct vr_waits {
	u64		now;
	unsigned int	n;
	u64		stamp[VR_VECTOR_SIZE / VR_STAMP_EVERY + 1];
};

/* queue.c */
struct vr_queue *vr_queue_create(struct vr_router *vr, int cpu);
/* after vr_core_forget() and a grace period */
void vr_queue_destroy(struct vr_queue *q);
/**
 * vr_queue_full - whether there is no room for one more packet
 * @q: the queue
 *
 * Context: BH disabled.
 * Return: true if full; true stays so, false does only for the one producer.
 */
static inline bool vr_queue_full(const struct vr_queue *q)
{
	/* Pairs with the release of tail in vr_queue_pull(): a slot is free
	 * only after its packet has been read.  Tail first: on another CPU it
	 * must not overtake the head.
	 */
	u32 tail = smp_load_acquire(&q->tail);

	return READ_ONCE(q->head) - tail >= READ_ONCE(q->limit);
}

/* BH disabled on q->cpu; not if full */
void vr_queue_put(struct vr_queue *q, vr_pkt_t pkt);
/* the same for several, also if full; how many there was room for */
unsigned int vr_queue_put_batch(struct vr_queue *q, const vr_pkt_t *pkt,
				unsigned int n);
/* BH disabled, any CPU, if VR_STEER_SHARED: false if full, else *pos = head */
bool vr_queue_put_shared(struct vr_queue *q, vr_pkt_t pkt, u32 *pos);
/* why a full queue takes no more */
enum vr_drop vr_queue_refuses(const struct vr_queue *q);
/* whose turn it is, @q being current; takes up to @max packets in order */
void vr_queue_pull(struct vr_queue *q, struct vr_vec *vec, unsigned int max,
		   struct vr_waits *waits);
/* the same turn: what was pulled is gone */
void vr_queue_done(struct vr_queue *q);
/* process or softirq: the VR's settings have changed */
void vr_queue_set_limit(struct vr_queue *q);
void vr_queue_waits(struct vr_queue *q, u64 *n, u64 *sum, u64 *max);
bool vr_queue_empty(const struct vr_queue *q);
u32 vr_queue_len(const struct vr_queue *q);
/* process or softirq: drop what came in through @dev, or all if NULL */
void vr_queue_flush(struct vr_queue *q, const struct net_device *dev,
		    enum vr_drop reason);

/* pull.c; the turn that serves @q: before a vector, after taking a full one */
void vr_pull(struct vr_queue *q);
unsigned int vr_pull_worth(const struct vr_queue *q);
void vr_pull_claim(struct vr_queue *q, vr_pkt_t pkt);
/* ingress of frames on the CPU of @q, RCU: @port's device is being polled */
void vr_pull_hint(struct vr_queue *q, const struct vr_port *port);
/* process context, rtnl: @port is marked; then a grace period; then unmask */
void vr_pull_forget(struct vr_port *port);
void vr_pull_unmask(struct net_device *dev);

/* steer.c; ingress on the CPU of @q, which is marked as steered */
struct vr_queue *vr_steer(struct vr_queue *q);
bool vr_steer_put(struct vr_queue *q, struct vr_queue *to, vr_pkt_t pkt);

/* kick.c: make another CPU call vr_core_kick() for its core; BH disabled */
void vr_kick(unsigned int cpu);
int vr_kick_init(void);
/* no queue exists any more */
void vr_kick_exit(void);

/* core.c */
int vr_core_init(void);
void vr_core_exit(void);
struct vr_core *vr_core_of(int cpu);
/* room for one more queue on this core; process context, rtnl */
int vr_core_join(struct vr_core *core);
void vr_core_leave(struct vr_core *core);
/* BH disabled: the queue got its first packet */
void vr_core_wake(struct vr_queue *q);

/**
 * struct vr_turn - one call of NAPI's poll, in cycles
 * @start: when it began
 * @min: it may last this long in any case
 * @max: and this long while no queue runs empty
 * @spent: on the vectors served so far
 * @over: no more vector is to be served
 */
struct vr_turn {
	u64	start;
	u64	min;
	u64	max;
	u64	spent;
	bool	over;
};

/* softirq: a turn, see core.c */
struct vr_queue *vr_core_begin(struct vr_turn *turn, struct vr_queue *q, u64 now);
struct vr_queue *vr_core_done(struct vr_turn *turn, struct vr_queue *q,
			      unsigned int packets, u64 cycles, u64 now);
/* true if the core pauses; it starts by itself again */
bool vr_core_end(const struct vr_turn *turn, struct vr_core *core, u64 now);
/* any context, a snapshot: queues wait besides the current one */
bool vr_core_is_wanted(const struct vr_core *core);
/* is @q the one that may be polled now? */
bool vr_core_may_run(const struct vr_queue *q);
/* softirq: pick a queue if none is current */
void vr_core_kick(struct vr_core *core);
/* process context, rtnl: never run @q again; then synchronize_net() */
void vr_core_forget(struct vr_queue *q);
void vr_core_set_weight(struct vr_queue *q, u32 weight);

/* watch.c: softirq; a vector took longer than its VR's limit */
struct vr_evidence;
void vr_watch_strike(struct vr_queue *q, const struct vr_evidence *evidence,
		     unsigned int packets, u64 cycles);
/* softirq, in a run with VR_LOOK_WATCH: what it does next is evidence */
void vr_watch_begin(struct vr_run *run);
void vr_watch_node(struct vr_run *run, const char *name, u64 took);

/* poll.c */
int vr_poll(struct napi_struct *napi, int budget);
int vr_poll_init(void);
void vr_poll_exit(void);

/*
 * The graph.  A node takes a vector and moves each packet to one of its next
 * slots; a program is the list of nodes of one VR in an order in which every
 * packet only moves forward, so each node runs once per vector.
 */
enum {
	VR_NODE_NEXT_MAX	= 4,
	VR_GRAPH_MAX		= 16,	/* nodes of a program */
};

struct vr_inst;

/**
 * struct vr_node - a kind of node
 * @name: as shown to the user
 * @process: take all packets of @vec and move each on with vr_run_next();
 *	softirq, RCU; must not sleep, spin or keep a packet
 * @next: names of the next slots, in the order of the node's own enum
 * @n_next: how many
 */
struct vr_node {
	const char	*name;
	void		(*process)(struct vr_run *run,
				   const struct vr_inst *inst,
				   struct vr_vec *vec);
	const char	*next[VR_NODE_NEXT_MAX];
	u8		n_next;
};

/**
 * struct vr_inst - a node in a program
 * @node: its kind
 * @arg: what the node is configured with
 * @next: index into the program of each next slot; all larger than its own
 */
struct vr_inst {
	const struct vr_node	*node;
	u32			arg;
	u8			next[VR_NODE_NEXT_MAX];
};

/**
 * struct vr_node_count - what a node of a program has done on one CPU
 * @calls: how often it ran
 * @packets: packets that it was given
 * @cycles: what it took
 */
struct vr_node_count {
	u64	calls;
	u64	packets;
	u64	cycles;
};

/**
 * struct vr_node_counts - the same of all nodes, by their place
 * @node: each node
 * @syncp: for 32-bit readers
 */
struct vr_node_counts {
	struct vr_node_count	node[VR_GRAPH_MAX];
	struct u64_stats_sync	syncp;
};

/**
 * struct vr_graph - compiled program of a VR; immutable, replaced under RCU
 * @n: nodes in @inst; the last two are drop and punt for every program
 * @counts: what they have done so far, or NULL if that is not counted
 * @rcu: frees it
 * @inst: the nodes, sources first
 */
struct vr_graph {
	u32				n;
	struct vr_node_counts __percpu	*counts;
	struct rcu_head			rcu;
	struct vr_inst			inst[];
};

/* Bytes of a packet that are kept as evidence. */
#define VR_EVIDENCE_LEN	64

/**
 * struct vr_evidence - what the watchdog has seen of a run of the graph
 * @most: cycles of the dearest node, @node
 * @node: its name, or NULL
 * @port: by which the first packet came in
 * @len: bytes in @header
 * @header: of the first packet, from its network header on
 */
struct vr_evidence {
	u64		most;
	const char	*node;
	char		port[IFNAMSIZ];
	u8		len;
	u8		header[VR_EVIDENCE_LEN];
};

/* Frames that are handed over together, as many as the kernel's devmap does. */
#define VR_FRAME_BATCH	16

/* Ports that one vector commonly leaves by; more are sent in several rounds. */
#define VR_EGRESS_GROUPS	8

/**
 * struct vr_run - one vector on its way through a program; one per CPU
 * @vr: the VR
 * @graph: its program, for this vector
 * @inst: node that runs now
 * @cycles: time at the start, in the module's cycles
 * @gate4: 1 + enum vr_punt if all IPv4 must go to the stack, else 0
 * @gate6: same for IPv6
 * @looks: who looks at it, bits of enum vr_look
 * @stats: counts of this vector, published at its end
 * @waits: of the packets of this vector
 * @evidence: of this vector, with VR_LOOK_WATCH
 * @frames: what egress collects for each port
 * @routes: of this vector
 * @vec: packets waiting at each node of the program
 */
struct vr_run {
	struct vr_router	*vr;
	const struct vr_graph	*graph;
	const struct vr_inst	*inst;
	u64			cycles;
	u8			gate4;
	u8			gate6;
	u8			looks;
	struct vr_stats		stats;
	struct vr_waits		waits;
	struct vr_evidence	evidence;
	struct xdp_frame	*frames[VR_EGRESS_GROUPS][VR_FRAME_BATCH];
	struct vr_routes	routes;
	struct vr_vec		vec[VR_GRAPH_MAX];
};

/* Move @pkt to slot @slot of the node @inst. */
static inline void vr_run_next(struct vr_run *run, const struct vr_inst *inst,
			       unsigned int slot, vr_pkt_t pkt)
{
	struct vr_vec *to = &run->vec[inst->next[slot]];

	to->pkt[to->n++] = pkt;
}

/* Mark @pkt with the reason for which it goes to a drop or punt slot. */
static inline void vr_run_reason(struct vr_run *run,
				 const struct vr_inst *inst, unsigned int slot,
				 vr_pkt_t pkt, u8 reason)
{
	vr_pkt_cb(pkt)->reason = reason;
	vr_run_next(run, inst, slot, pkt);
}

/* graph.c; rtnl for writers */
struct vr_graph *vr_graph_compile(u32 burn, bool counting,
				  struct netlink_ext_ack *extack);
/* frees it after a grace period */
void vr_graph_put(struct vr_graph *graph);
/* the same at once: nobody can be running it */
void vr_graph_free(struct vr_graph *graph);
void vr_graph_run(struct vr_run *run);

/* look.c: the rest of vr_graph_run() for whom run->looks names */
void vr_look_run(struct vr_run *run);
/* what each node of @graph has done; cpu = -1 sums over all CPUs; rtnl */
void vr_look_counts(const struct vr_graph *graph, int cpu,
		    struct vr_node_count *sum);

/* the nodes, in the order of the default program */
extern const struct vr_node vr_node_input;	/* node_input.c */
extern const struct vr_node vr_node_ip4_check;	/* node_ip4.c */
extern const struct vr_node vr_node_ip4_lookup;
extern const struct vr_node vr_node_ip4_rewrite;
extern const struct vr_node vr_node_ip6_check;	/* node_ip6.c */
extern const struct vr_node vr_node_ip6_lookup;
extern const struct vr_node vr_node_ip6_rewrite;
extern const struct vr_node vr_node_burn;	/* node_burn.c */
extern const struct vr_node vr_node_egress;	/* egress.c */
extern const struct vr_node vr_node_drop;	/* node_end.c */
extern const struct vr_node vr_node_punt;

/* node_end.c: for ingress and flush, outside a vector; any context */
void vr_pkt_drop(struct vr_router *vr, vr_pkt_t pkt, enum vr_drop reason);

/*
 * Time as the scheduler counts it: the cycle counter where there is one that
 * the kernel trusts as much, else the scheduler's clock in ns; UML's counts ticks.
 */
u64 vr_cycles_to_ns(u64 cycles);
u64 vr_cycles_from_ns(u64 ns);

static inline u64 vr_cycles(void)
{
#ifdef VR_HAVE_TSC
	return get_cycles();
#elif defined(CONFIG_UML)
	return ktime_get_mono_fast_ns();
#else
	return local_clock();
#endif
}

#endif /* _VR_DATAPATH_H */
