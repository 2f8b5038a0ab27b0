// SPDX-License-Identifier: GPL-2.0
/*
 * Traces: packets of a VR, with all nodes that they went through.
 *
 * Before the first node of a vector up to VR_TRACE_MAX of its packets that match are
 * marked in their notes and get a record each.  Before each node those that are
 * there note it, and at the last one what becomes of them; what a node took is told
 * to them when it is through.  So there is nothing of it in the nodes themselves.
 *
 * At the end of the vector the records are sent to the socket of the only reader,
 * whose receive buffer is the buffer of the trace: when it is full packets are
 * missed, and counted.  All this is on the VR's bill.
 *
 * A trace ends when all its packets were sent; when the socket is closed, of which
 * a notifier tells; and when its VR goes away.  It is unlinked under the lock, and
 * freed after the grace period of the vectors that may use it.
 */
#include "tracer.h"

#include <linux/ktime.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "fib.h"
#include "flow.h"
#include "netlink.h"

/**
 * struct vr_tracer - a trace of a VR
 * @vr: the VR
 * @flow: which packets
 * @count: how many, 0 for no end
 * @left: how many more may be recorded, of @count
 * @sent: how many the reader has got
 * @missed: packets that were not recorded
 * @portid: the reader's
 * @seq: of its request
 * @cpu: what each CPU is at
 * @node: in the list of all
 * @rcu: frees it
 */
struct vr_tracer {
	struct vr_router		*vr;
	struct vr_flow			flow;
	u32				count;
	atomic_t			left;
	atomic_t			sent;
	atomic64_t			missed;
	u32				portid;
	u32				seq;
	struct vr_trace_cpu __percpu	*cpu;
	struct list_head		node;
	struct rcu_head			rcu;
};

static DEFINE_SPINLOCK(lock);	/* guards the list, and vr->tracer and its bit */
static LIST_HEAD(tracers);

static bool claim(struct vr_tracer *tracer)
{
	return !tracer->count || atomic_dec_if_positive(&tracer->left) >= 0;
}

static bool is_over(struct vr_tracer *tracer)
{
	return tracer->count && atomic_read(&tracer->sent) >= tracer->count;
}

static void record(struct vr_trace_rec *rec, vr_pkt_t pkt)
{
	rec->time_ns = ktime_get_real_ns();
	rec->cpu = smp_processor_id();
	strscpy(rec->port, vr_pkt_cb(pkt)->port->dev->name, sizeof(rec->port));
	*rec->out = '\0';
	rec->reason = NULL;
	rec->length = vr_pkt_len(pkt);
	rec->frame = vr_pkt_is_frame(pkt);
	rec->header_len = vr_pkt_copy(pkt, rec->header, sizeof(rec->header));
	rec->n = 0;
}

/**
 * vr_trace_begin - mark the packets of a vector that are traced
 * @tracer: the trace
 * @run: the vector before its first node
 *
 * Context: softirq, RCU.
 * Return: what the other functions want, or NULL if there are none.
 */
struct vr_trace_cpu *vr_trace_begin(struct vr_tracer *tracer,
				    struct vr_run *run)
{
	struct vr_trace_cpu *c = this_cpu_ptr(tracer->cpu);
	const struct vr_vec *vec = &run->vec[0];
	unsigned int i, missed = 0;

	c->n = 0;
	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_cb *cb = vr_pkt_cb(pkt);

		cb->trace = 0;
		if (!vr_flow_match(&tracer->flow, pkt))
			continue;
		if (c->n == VR_TRACE_MAX) {
			missed++;
		} else if (claim(tracer)) {
			record(&c->rec[c->n], pkt);
			cb->trace = ++c->n;
		}
	}
	if (missed)
		atomic64_add(missed, &tracer->missed);
	return c->n ? c : NULL;
}

/* The last node that a packet gets to says what becomes of it. */
static void note_end(struct vr_trace_rec *rec, const struct vr_node *node,
		     const struct vr_cb *cb)
{
	if (node == &vr_node_egress) {
		rec->verdict = VROUTER_VERDICT_FORWARD;
		strscpy(rec->out, cb->adj->port->dev->name, sizeof(rec->out));
	} else if (node == &vr_node_drop) {
		rec->verdict = VROUTER_VERDICT_DROP;
		rec->reason = vr_drops[cb->reason].name;
		*rec->out = '\0';
	} else if (node == &vr_node_punt) {
		rec->verdict = VROUTER_VERDICT_PUNT;
		rec->reason = vr_punts[cb->reason].name;
	}
}

/**
 * vr_trace_node - a node is about to run
 * @c: of vr_trace_begin()
 * @inst: the node
 * @vec: the packets that have got there
 *
 * Context: softirq, RCU.
 */
void vr_trace_node(struct vr_trace_cpu *c, const struct vr_inst *inst,
		   const struct vr_vec *vec)
{
	unsigned int i;

	c->here = 0;
	for (i = 0; i < vec->n; i++) {
		const struct vr_cb *cb = vr_pkt_cb(vec->pkt[i]);
		struct vr_trace_rec *rec;
		struct vr_hop *hop;

		if (!cb->trace)
			continue;
		__set_bit(cb->trace - 1, &c->here);
		rec = &c->rec[cb->trace - 1];
		hop = &rec->hop[rec->n++];
		hop->node = inst->node->name;
		hop->packets = vec->n;
		note_end(rec, inst->node, cb);
	}
}

/**
 * vr_trace_took - the node is through
 * @c: of vr_trace_begin()
 * @cycles: what it took
 *
 * Context: softirq, RCU.
 */
void vr_trace_took(struct vr_trace_cpu *c, u64 cycles)
{
	unsigned int i;

	for_each_set_bit(i, &c->here, VR_TRACE_MAX)
		c->rec[i].hop[c->rec[i].n - 1].cycles = cycles;
}

static void free_rcu(struct rcu_head *rcu)
{
	struct vr_tracer *tracer = container_of(rcu, struct vr_tracer, rcu);

	free_percpu(tracer->cpu);
	kfree(tracer);
}

/* lock held; it is freed when no vector uses it any more */
static void unlink(struct vr_tracer *tracer)
{
	lockdep_assert_held(&lock);
	clear_bit(VR_LOOK_TRACE, &tracer->vr->looks);
	RCU_INIT_POINTER(tracer->vr->tracer, NULL);
	list_del_init(&tracer->node);
	call_rcu(&tracer->rcu, free_rcu);
}

/* All are sent, unless somebody has been faster to end it. */
static void end(struct vr_tracer *tracer)
{
	spin_lock_bh(&lock);
	if (!list_empty(&tracer->node))
		unlink(tracer);
	spin_unlock_bh(&lock);
}

static int send(const struct vr_tracer *tracer, const struct vr_trace_rec *rec)
{
	struct vr_msg msg = {
		.skb	= genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC),
		.portid	= tracer->portid,
		.seq	= tracer->seq,
		.cmd	= VROUTER_CMD_TRACE_NTF,
	};
	int err;

	if (!msg.skb)
		return -ENOMEM;
	err = vr_fill_trace(&msg, tracer->vr, rec);
	if (err) {
		nlmsg_free(msg.skb);
		return err;
	}
	return genlmsg_unicast(dev_net(tracer->vr->dev), msg.skb,
			       tracer->portid);
}

/**
 * vr_trace_end - tell the reader what became of the packets of a vector
 * @tracer: the trace
 * @c: of vr_trace_begin()
 *
 * Context: softirq, RCU.
 */
void vr_trace_end(struct vr_tracer *tracer, struct vr_trace_cpu *c)
{
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		c->rec[i].missed = atomic64_read(&tracer->missed);
		if (send(tracer, &c->rec[i])) {
			atomic64_inc(&tracer->missed);
			if (tracer->count)
				atomic_inc(&tracer->left);
		} else if (atomic_inc_return(&tracer->sent) == tracer->count) {
			end(tracer);
		}
	}
}

/**
 * vr_trace_start - trace packets of a VR
 * @vr: the VR
 * @flow: which packets
 * @count: how many, 0 for no end
 * @portid: socket that they are sent to
 * @seq: of the request that asked for it
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: 0, -EBUSY if the VR is traced already by another socket, or -ENOMEM.
 */
int vr_trace_start(struct vr_router *vr, const struct vr_flow *flow, u32 count,
		   u32 portid, u32 seq, struct netlink_ext_ack *extack)
{
	struct vr_tracer *tracer, *old;
	bool busy;

	ASSERT_RTNL();
	tracer = kzalloc(sizeof(*tracer), GFP_KERNEL);
	if (!tracer)
		return -ENOMEM;
	tracer->cpu = alloc_percpu(struct vr_trace_cpu);
	if (!tracer->cpu) {
		kfree(tracer);
		return -ENOMEM;
	}
	tracer->vr = vr;
	tracer->flow = *flow;
	tracer->count = count;
	atomic_set(&tracer->left, count);
	tracer->portid = portid;
	tracer->seq = seq;

	spin_lock_bh(&lock);
	old = rcu_dereference_protected(vr->tracer, lockdep_is_held(&lock));
	busy = old && old->portid != portid && !is_over(old);
	if (!busy) {
		if (old)
			unlink(old);
		list_add(&tracer->node, &tracers);
		rcu_assign_pointer(vr->tracer, tracer);
		set_bit(VR_LOOK_TRACE, &vr->looks);
	}
	spin_unlock_bh(&lock);

	if (busy) {
		free_rcu(&tracer->rcu);
		NL_SET_ERR_MSG(extack, "the VR is being traced already");
		return -EBUSY;
	}
	return 0;
}

/**
 * vr_trace_stop - end the trace of a VR, if there is one
 * @vr: the VR
 *
 * Context: process, rtnl.
 */
void vr_trace_stop(struct vr_router *vr)
{
	struct vr_tracer *tracer;

	ASSERT_RTNL();
	spin_lock_bh(&lock);
	tracer = rcu_dereference_protected(vr->tracer, lockdep_is_held(&lock));
	if (tracer)
		unlink(tracer);
	spin_unlock_bh(&lock);
}

/* A socket is closed: its traces end. */
static int socket_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	const struct netlink_notify *notify = ptr;
	struct vr_tracer *tracer, *next;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	spin_lock_bh(&lock);
	list_for_each_entry_safe(tracer, next, &tracers, node) {
		if (tracer->portid != notify->portid ||
		    !net_eq(dev_net(tracer->vr->dev), notify->net))
			continue;
		unlink(tracer);
	}
	spin_unlock_bh(&lock);
	return NOTIFY_DONE;
}

static struct notifier_block socket_nb = {
	.notifier_call = socket_event,
};

/**
 * vr_trace_init - hear of sockets that are closed
 *
 * Return: 0 or a negative error.
 */
int __init vr_trace_init(void)
{
	return netlink_register_notifier(&socket_nb);
}

/**
 * vr_trace_exit - no VR exists any more
 */
void vr_trace_exit(void)
{
	netlink_unregister_notifier(&socket_nb);
}
