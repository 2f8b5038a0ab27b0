// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 0: take packets from a NIC with credit.
 *
 * A NIC that is polled by interrupt hands over 64 packets whenever softirqs run,
 * however little of the CPU its VR is entitled to, and what its driver spends is
 * on nobody's bill.  So the turn that serves a VR polls the receive queues of the
 * VR's own NICs itself, for as many packets as the vector has room for.  The VR
 * pays for it.  While it has no turn its NICs are not polled: what is too much for
 * it ends in their rings, at no cost.
 *
 * claim:  a vector was large (vr_pull_worth()), and its last packet came straight
 *         from a NIC: from now on the queue pulls.  If softirqs are polling the
 *         NIC, the turn ends for them to let go.
 * pull:   before each vector.  The queue does not sleep while it has claimed a NIC,
 *         whose interrupt would not wake it.
 * rest:   the NICs had no more.  While others wait the queue rests, see core.c.
 * let go: nothing came and nothing waits, after rests neither.  The NIC gets its
 *         interrupt back.
 *
 * The protocol
 *
 * napi_busy_loop() does what busy-polling sockets do: it makes NAPI_STATE_SCHED its
 * own, polls, and polls a second time to let go of it.  If somebody else has it,
 * it does nothing but ask for it: after at most 64 packets more it is free.
 * Without a loop_end it is done after one round and neither sleeps nor
 * reschedules, so a softirq may call it.  Its driver runs as always: BH disabled
 * and alone with its NAPI.
 *
 * As long as the device has a napi_defer_hard_irqs and a gro_flush_timeout, and
 * busy polling is preferred, the interrupt stays masked in between and a timer
 * takes its place, which polls by softirq if nobody has done so for HOLD_NS.  So a
 * queue that forgets its NIC cannot stop it.  Both settings belong to the device;
 * they are changed while any of its receive queues is claimed and set back then.
 * Letting go is a round without preference: it polls, gives GRO's packets out and
 * unmasks the interrupt.
 *
 * napi_busy_loop() in a thread was the other way.  It would compete with softirqs
 * under the process scheduler, and so be unable to follow the VR's entitlement
 * to less than a tick.
 *
 * What may be pulled
 *
 * A device of its own with a NAPI on which it can be busy-polled: not a VLAN or a
 * bond, whose packets carry the NAPI of the device below, nor a veth, which has
 * no ring worth it.  The NAPI is found by the mark that it leaves in packets, so
 * queues that a driver makes anew are found again.  Packets of other VRs that come
 * out of the same NIC (VLANs on it) are paid for by the VR that has the NIC.
 *
 * Lifetimes
 *
 * A source is known by its NAPI's number.  If that has gone, napi_busy_loop() finds
 * nothing.  Its port is taken out of all queues before the grace period after which
 * it may go, and vr_pull() is within such a period.  Only the turn adds sources;
 * pull->lock is for those who remove them.
 */
#include "datapath.h"
#include "lane.h"

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <net/busy_poll.h>

/* Longer than any VR waits for its turn. */
#define HOLD_NS		200000007UL

/* Packets for which a NIC is worth to be claimed while others wait for the CPU. */
#define WORTH_WANTED	4U

/* While others wait for the CPU a NIC is kept for so many rests without a packet. */
#define RESTS		4

/* Packets of one poll when letting go: only there to find out. */
#define LET_GO_BUDGET	8

/* Pulls for which others may keep what has been claimed. */
#define PATIENCE	8

#ifdef VR_HAVE_DEFER

/* The device's interrupt is deferred from now on. */
static void hold(struct vr_port *port)
{
	struct net_device *dev = port->dev;
	struct vr_hold *hold = &port->hold;

	spin_lock_bh(&hold->lock);
	if (!hold->claims++) {
		hold->set = true;
		hold->timeout = READ_ONCE(dev->gro_flush_timeout);
		hold->defer = READ_ONCE(dev->napi_defer_hard_irqs);
		WRITE_ONCE(dev->napi_defer_hard_irqs, max(hold->defer, 1));
		WRITE_ONCE(dev->gro_flush_timeout, HOLD_NS);
	}
	spin_unlock_bh(&hold->lock);
}

/* As an administrator has set it, or sets it in the meantime. */
static void lift(struct vr_port *port)
{
	struct net_device *dev = port->dev;
	struct vr_hold *hold = &port->hold;

	lockdep_assert_held(&hold->lock);
	if (!hold->set)
		return;
	hold->set = false;
	if (READ_ONCE(dev->gro_flush_timeout) == HOLD_NS)
		WRITE_ONCE(dev->gro_flush_timeout, hold->timeout);
	if (READ_ONCE(dev->napi_defer_hard_irqs) == max(hold->defer, 1))
		WRITE_ONCE(dev->napi_defer_hard_irqs, hold->defer);
}

/*
 * One claim less.  The last one lifts the deferral, and so does one that is given
 * up under load (@now): those that are left are polled by interrupt as well until
 * they have all been let go of.  Returns whether it is lifted.
 */
static bool unhold(struct vr_port *port, bool now)
{
	struct vr_hold *hold = &port->hold;
	bool lifted;

	spin_lock_bh(&hold->lock);
	if (!--hold->claims || now)
		lift(port);
	lifted = !hold->set;
	spin_unlock_bh(&hold->lock);
	return lifted;
}

/* The source after the last one; false if there is none. */
static bool next_source(struct vr_pull *pull, struct vr_source *src)
{
	bool any;

	spin_lock_bh(&pull->lock);
	any = pull->n;
	if (any) {
		if (++pull->next >= pull->n)
			pull->next = 0;
		*src = pull->source[pull->next];
	}
	spin_unlock_bh(&pull->lock);
	return any;
}

/* Whether this took it out: somebody else may have. */
static bool remove(struct vr_pull *pull, const struct vr_source *src)
{
	bool found = false;
	u32 i;

	spin_lock_bh(&pull->lock);
	for (i = 0; i < pull->n && !found; i++) {
		found = pull->source[i].napi_id == src->napi_id &&
			pull->source[i].port == src->port;
		if (found)
			pull->source[i] = pull->source[pull->n - 1];
	}
	if (found)
		WRITE_ONCE(pull->n, pull->n - 1);
	pull->last_id = 0;
	spin_unlock_bh(&pull->lock);
	return found;
}

static bool add(struct vr_pull *pull, const struct vr_source *src)
{
	bool room;

	spin_lock_bh(&pull->lock);
	/* vr_pull_forget() looks for it after the port is marked. */
	room = pull->n < VR_PULL_MAX && !READ_ONCE(src->port->dead) &&
	       !(READ_ONCE(src->port->flags) & VR_PORT_BY_IRQ);
	if (room) {
		pull->source[pull->n] = *src;
		WRITE_ONCE(pull->n, pull->n + 1);
	}
	spin_unlock_bh(&pull->lock);
	return room;
}

static void take(struct vr_pull *pull, const struct vr_source *src)
{
	hold(src->port);
	if (!add(pull, src))
		unhold(src->port, false);
}

/*
 * Give all sources their interrupts back, or (@idle) until one turns out to have
 * packets after all.  The first round may only use up what is left of the deferral
 * by its device, if that holds for others.
 */
static void let_go(struct vr_queue *q, bool idle)
{
	struct vr_pull *pull = &q->pull;
	struct vr_source src;
	unsigned int rounds;
	u32 before;

	while (next_source(pull, &src)) {
		if (!remove(pull, &src))
			continue;
		rounds = unhold(src.port, !idle) ? 1 : 2;
		before = vr_ingress_seen();
		while (rounds--)
			napi_busy_loop(src.napi_id, NULL, NULL, false,
				       LET_GO_BUDGET);
		if (idle && vr_ingress_seen() != before) {
			take(pull, &src);
			return;
		}
	}
}

static const struct napi_struct *napi_of(const struct vr_source *src)
{
	const struct napi_struct *napi;

	list_for_each_entry_rcu(napi, &src->port->dev->napi_list, dev_list)
		if (napi->napi_id == src->napi_id)
			return napi;
	return NULL;
}

/* Whether somebody else is polling it. */
static bool is_busy(const struct vr_source *src)
{
	const struct napi_struct *napi = napi_of(src);

	return napi && test_bit(NAPI_STATE_SCHED, &napi->state);
}

/* A NAPI of the port's own device, not of one below. */
static bool is_own(const struct vr_source *src)
{
	const struct net_device *dev = src->port->dev;

	return dev_get_iflink(dev) == dev->ifindex && napi_of(src);
}

static void count(struct vr_router *vr, u32 packets)
{
	struct vr_stats *stats = this_cpu_ptr(vr->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->pulled += packets;
	u64_stats_update_end(&stats->syncp);
}

/* What the vector has room for beside the packets that wait. */
static u32 room_for(const struct vr_queue *q, u32 want)
{
	return want - min(vr_queue_len(q), want);
}

/**
 * vr_pull - get packets from the NICs that the queue has claimed
 * @q: the queue
 *
 * Context: softirq, the turn that serves @q, before the vector.
 */
void vr_pull(struct vr_queue *q)
{
	struct vr_pull *pull = &q->pull;
	u32 want = min_t(u32, q->ent.quantum, VR_VECTOR_SIZE);
	u32 i, n = READ_ONCE(pull->n), before, asked = 0, got, least, room;
	struct vr_source src;

	pull->dry = false;
	pull->wait = false;
	pull->sated = false;
	if (likely(!n))
		return;
	/* What is polled here arrives here: that must be where @q is filled. */
	if (q->cpu != smp_processor_id() ||
	    READ_ONCE(q->steer.want) != q->cpu) {
		vr_ingress_unbilled(true);
		let_go(q, false);
		pull->rests = 0;
		vr_ingress_unbilled(false);
		return;
	}

	/*
	 * A quarter of the vector in any case, as others may keep the queue full.
	 * Where a vector is a packet or two that is none in most turns.
	 */
	pull->owed += want;
	least = max(pull->owed, 0) / 4;
	if (!least && !room_for(q, want))
		return;

	vr_ingress_unbilled(true);
	before = vr_ingress_seen();
	next_source(pull, &src);	/* who is first changes */
	for (i = 0; i < n && next_source(pull, &src); i++) {
		pull->wait |= pull->patience && is_busy(&src);
		room = max3(room_for(q, want), least, 1U);
		/* Equal parts for those that are left; each is polled twice. */
		room = DIV_ROUND_UP(room, 2 * (n - i));
		napi_busy_loop(src.napi_id, NULL, NULL, true, room);
		asked += 2 * room;
	}
	pull->owed = max_t(s32, pull->owed - 4 * asked, -8 * (s32)n);
	got = vr_ingress_seen() - before;
	count(q->vr, got);
	pull->patience = pull->wait ? pull->patience - 1 : 0;
	pull->sated = got < asked && !pull->wait;
	if (!got && !pull->wait && vr_queue_empty(q)) {
		/* After a rest there may be more. */
		if (pull->rests < RESTS && vr_core_is_wanted(q->core)) {
			pull->rests++;
			goto out;
		}
		let_go(q, true);
		pull->sated = false;
		pull->dry = !READ_ONCE(pull->n);
	}
	pull->rests = 0;
out:
	vr_ingress_unbilled(false);
}

/**
 * vr_pull_worth - from how large a vector on it is worth to claim a NIC
 * @q: the queue that the vector came from
 *
 * A few packets come cheaper and sooner by interrupt.  But while others wait for
 * the CPU they shall be paid for, too.
 *
 * Context: softirq, the turn that serves @q.
 * Return: packets.
 */
unsigned int vr_pull_worth(const struct vr_queue *q)
{
	unsigned int n = min_t(u32, q->ent.quantum, VR_VECTOR_SIZE / 2);

	return vr_core_is_wanted(q->core) ? min(n, WORTH_WANTED) : n;
}

/**
 * vr_pull_claim - pull from now on what came with the packets of a vector
 * @q: the queue
 * @pkt: the last packet of a full vector
 *
 * Context: softirq, RCU, the turn that serves @q.
 */
void vr_pull_claim(struct vr_queue *q, vr_pkt_t pkt)
{
	struct vr_pull *pull = &q->pull;
	struct vr_port *port;
	struct vr_source src;
	u32 i;

	port = vr_pkt_cb(pkt)->port;
	src.napi_id = vr_pkt_is_frame(pkt) ? READ_ONCE(pull->hint) :
					     vr_pkt_skb(pkt)->napi_id;
	if (likely(src.napi_id == READ_ONCE(pull->last_id)))
		return;
	if (q->cpu != smp_processor_id() ||
	    READ_ONCE(q->steer.want) != q->cpu)
		return;
	WRITE_ONCE(pull->last_id, src.napi_id);
	for (i = 0; i < READ_ONCE(pull->n); i++)
		if (pull->source[i].napi_id == src.napi_id)
			return;
	if (src.napi_id < MIN_NAPI_ID)
		return;
	src.port = vr_lane_source(port);
	if (!is_own(&src)) {
		/* It did not come by the lane: the standby may be a NIC, too. */
		src.port = port;
		if (!is_own(&src))
			return;
	}

	take(pull, &src);
	pull->patience = PATIENCE;
}

/**
 * vr_pull_hint - note by which NAPI frames come, as they do not know it
 * @q: the queue of this CPU
 * @port: a port whose device is being polled here
 *
 * With several receive queues of one device on this CPU it may be another of
 * them, whose turn comes later.
 *
 * Context: softirq, RCU.
 */
void vr_pull_hint(struct vr_queue *q, const struct vr_port *port)
{
	const struct napi_struct *napi;

	list_for_each_entry_rcu(napi, &port->dev->napi_list, dev_list)
		if (test_bit(NAPI_STATE_SCHED, &napi->state) &&
		    vr_napi_is_here(napi)) {
			WRITE_ONCE(q->pull.hint, napi->napi_id);
			return;
		}
}

/**
 * vr_pull_forget - begin anew with a port
 * @port: the port; if marked as dead or VR_PORT_BY_IRQ it is not pulled from again
 *
 * A turn may be pulling still: call vr_pull_unmask() after a grace period.
 *
 * Context: process, rtnl.
 */
void vr_pull_forget(struct vr_port *port)
{
	int cpu;

	ASSERT_RTNL();
	for_each_possible_cpu(cpu) {
		struct vr_pull *pull = &port->vr->queue[cpu]->pull;
		u32 i, gone = 0;

		spin_lock_bh(&pull->lock);
		for (i = 0; i < pull->n;) {
			if (pull->source[i].port != port) {
				i++;
				continue;
			}
			pull->source[i] = pull->source[pull->n - 1];
			WRITE_ONCE(pull->n, pull->n - 1);
			gone++;
		}
		pull->last_id = 0;
		spin_unlock_bh(&pull->lock);
		while (gone--)
			unhold(port, false);
	}
}

/**
 * vr_pull_unmask - see to it that a device's interrupts are on
 * @dev: the device of the port that vr_pull_forget() was called for
 *
 * Context: process, rtnl, after a grace period.
 */
void vr_pull_unmask(struct net_device *dev)
{
	struct napi_struct *napi;

	ASSERT_RTNL();
	if (!netif_running(dev))
		return;
	/* Drivers may change the list without rtnl.  Without a loop_end
	 * napi_busy_loop() never leaves its caller's RCU section.
	 */
	rcu_read_lock();
	list_for_each_entry_rcu(napi, &dev->napi_list, dev_list)
		if (napi->napi_id >= MIN_NAPI_ID)
			napi_busy_loop(napi->napi_id, NULL, NULL, false,
				       LET_GO_BUDGET);
	rcu_read_unlock();
}

#else /* !VR_HAVE_DEFER */

void vr_pull(struct vr_queue *q)
{
}

unsigned int vr_pull_worth(const struct vr_queue *q)
{
	return UINT_MAX;
}

void vr_pull_claim(struct vr_queue *q, vr_pkt_t pkt)
{
}

void vr_pull_hint(struct vr_queue *q, const struct vr_port *port)
{
}

void vr_pull_forget(struct vr_port *port)
{
}

void vr_pull_unmask(struct net_device *dev)
{
}

#endif
