// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 2: the input ring of one VR on one CPU.
 *
 * put:   if there is room the packet is stored, the head published, and the
 *        core woken unless it knows already.  Every sixteenth is stamped.
 * pull:  the poll takes a vector's worth, in order.  The stamps tell how long
 *        packets wait; the limit follows, so that it is a time, too.
 * flush: before a port goes away, its packets are taken out from under the
 *        consumer's lock; the slots stay behind as holes and pull skips them.
 */
#include "datapath.h"

#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/topology.h>

#define RING_MASK	(VR_QUEUE_LEN - 1)

/**
 * vr_queue_create - allocate a queue on the node of its CPU and join its core
 * @vr: the VR, whose netdevice is registered far enough to own NAPIs
 * @cpu: the CPU
 *
 * Context: process, rtnl.
 * Return: the queue or NULL.
 */
struct vr_queue *vr_queue_create(struct vr_router *vr, int cpu)
{
	struct vr_queue *q;

	BUILD_BUG_ON(VR_QUEUE_LEN & RING_MASK);

	q = kzalloc_node(sizeof(*q), GFP_KERNEL, cpu_to_node(cpu));
	if (!q)
		return NULL;
	/* Apart, so that neither wastes most of a larger slab. */
	q->ring = kvzalloc_node(array_size(VR_QUEUE_LEN, sizeof(*q->ring)),
				GFP_KERNEL, cpu_to_node(cpu));
	if (!q->ring)
		goto free;

	q->vr = vr;
	q->cpu = cpu;
	q->core = vr_core_of(cpu);
	spin_lock_init(&q->lock);
	spin_lock_init(&q->put_lock);
	spin_lock_init(&q->pull.lock);
	INIT_LIST_HEAD(&q->rest);
	spin_lock_init(&q->steer.lock);
	q->steer.now = cpu;
	q->steer.want = cpu;
	vr_queue_set_limit(q);
	u64_stats_init(&q->latency.syncp);
	vr_ent_init(&q->ent, vr->weight);
	if (vr_core_join(q->core))
		goto free;

	/* A queue is polled when the core says so, not when a socket likes. */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &q->napi.state);
	netif_napi_add(vr->dev, &q->napi, vr_poll);
	napi_enable(&q->napi);
	return q;

free:
	kvfree(q->ring);
	kfree(q);
	return NULL;
}

/**
 * vr_queue_destroy - free a queue that nothing puts packets into any more
 * @q: the queue, or NULL; the caller has called vr_core_forget() and then
 *	waited for a grace period
 *
 * Without that grace period a core that picked @q just before it was forgotten
 * might schedule the NAPI only after napi_disable() here: that would be
 * refused, and nobody would go on to the next queue.  With it, the NAPI may
 * still sit in a poll list (a thread's, a dead CPU's), and napi_disable()
 * waits until that poll has let go.
 *
 * The structure stays for one more grace period, for readers of its NAPI.
 *
 * Context: process, rtnl.
 */
void vr_queue_destroy(struct vr_queue *q)
{
	if (!q)
		return;
	napi_disable(&q->napi);
	__netif_napi_del(&q->napi);
	vr_queue_flush(q, NULL, VR_DROP_PORT_GONE);
	vr_core_leave(q->core);
	kvfree(q->ring);
	kfree_rcu(q, rcu);
}

/**
 * vr_queue_refuses - why a full queue takes no more
 * @q: the queue
 *
 * Context: any.
 * Return: the name for the drop.
 */
enum vr_drop vr_queue_refuses(const struct vr_queue *q)
{
	u32 limit = READ_ONCE(q->limit);

	if (!limit)
		return VR_DROP_QUARANTINE;
	return limit < READ_ONCE(q->vr->settings.queue_packets) ?
	       VR_DROP_QUEUE_TIME : VR_DROP_QUEUE_FULL;
}

static struct vr_stamp *stamp_of(struct vr_queue *q, u32 pos)
{
	return &q->stamp[(pos & RING_MASK) / VR_STAMP_EVERY];
}

/* The producer: store and publish. */
static __always_inline void store(struct vr_queue *q, const vr_pkt_t *pkt,
				  unsigned int n)
{
	u32 head = q->head;
	u32 used = head - READ_ONCE(q->tail);
	unsigned int i;

	for (i = 0; i < n; i++, head++, used++) {
		WRITE_ONCE(q->ring[head & RING_MASK], pkt[i]);
		if (!(head % VR_STAMP_EVERY))
			*stamp_of(q, head) =
				(struct vr_stamp) { vr_cycles(), used };
	}
	/* The packets are there; pairs with the acquire in vr_queue_pull(). */
	smp_store_release(&q->head, head);
	if (unlikely(used > q->max))
		q->max = used;
}

/* After one or more are stored: the core must know. */
static void announce(struct vr_queue *q)
{
	/* Write head before reading active; pairs with the barrier between
	 * writing active and reading head in vr_core_done().
	 */
	smp_mb();
	if (!READ_ONCE(q->active))
		vr_core_wake(q);
}

/**
 * vr_queue_put - put a packet into the ring
 * @q: a queue that is not full
 * @pkt: the packet
 *
 * Context: BH disabled on q->cpu.
 */
void vr_queue_put(struct vr_queue *q, vr_pkt_t pkt)
{
	store(q, &pkt, 1);
	announce(q);
}

/**
 * vr_queue_put_batch - put packets into the ring
 * @q: the queue
 * @pkt: the packets, in order
 * @n: how many
 *
 * Context: BH disabled on q->cpu.
 * Return: how many there was room for: the first ones.
 */
unsigned int vr_queue_put_batch(struct vr_queue *q, const vr_pkt_t *pkt,
				unsigned int n)
{
	/* Pairs with the release of tail in vr_queue_pull(). */
	u32 used = q->head - smp_load_acquire(&q->tail);
	u32 limit = READ_ONCE(q->limit);

	n = used < limit ? min(n, limit - used) : 0;
	if (n) {
		store(q, pkt, n);
		announce(q);
	}
	return n;
}

/**
 * vr_queue_put_shared - put a packet into the ring of a shared queue
 * @q: the queue
 * @pkt: the packet
 * @pos: set to the head behind the packet
 *
 * Context: BH disabled, any CPU.
 * Return: false if the queue is full; then nothing has changed.
 */
bool vr_queue_put_shared(struct vr_queue *q, vr_pkt_t pkt, u32 *pos)
{
	bool room;

	spin_lock(&q->put_lock);
	room = !vr_queue_full(q);
	if (room) {
		store(q, &pkt, 1);
		*pos = q->head;
	}
	spin_unlock(&q->put_lock);
	if (room)
		announce(q);
	return room;
}

/*
 * How many may wait follows from how long one waited that found so many before
 * it.  Less than a vector would cost throughput and not save time.
 */
static void fit_limit(struct vr_queue *q, u64 wait, u32 ahead)
{
	u32 most = READ_ONCE(q->vr->settings.queue_packets);
	u64 max = READ_ONCE(q->vr->wait_max);
	u32 least = min(q->ent.quantum, most);
	u32 limit = q->limit;

	lockdep_assert_held(&q->lock);
	if (!limit)
		return;
	if (max && wait > max)
		limit = clamp_t(u64, div64_u64(ahead * max, wait), least,
				limit);
	else if (limit < most && (!max || wait < max - max / 4))
		limit = min(limit + limit / 8 + 1, most);
	else
		return;
	WRITE_ONCE(q->limit, limit);
}

static void drop_late(struct vr_queue *q, vr_pkt_t pkt)
{
	struct vr_port_stats *stats = this_cpu_ptr(vr_pkt_cb(pkt)->port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->rx_dropped++;
	u64_stats_update_end(&stats->syncp);
	vr_pkt_drop(q->vr, pkt, VR_DROP_LATE);
}

/*
 * The limit comes too late for packets that wait already when the CPU gets
 * busier.  What stands before a packet that has waited too long has waited
 * longer: such are dropped from @tail on, as far as stamps tell.  But leave a
 * vector, or a VR that is served seldom would never get a packet through.
 */
static u32 skip_late(struct vr_queue *q, u32 tail, u32 head, u64 now)
{
	u64 max = READ_ONCE(q->vr->wait_max);
	u32 next;

	lockdep_assert_held(&q->lock);
	if (!max)
		return tail;
	for (;;) {
		next = (tail | (VR_STAMP_EVERY - 1)) + 1;
		if ((s32)(head - next) < (s32)q->ent.quantum ||
		    (s64)(now - stamp_of(q, next)->time) <= (s64)(max + max / 2))
			return tail;
		for (; tail != next; tail++)
			if (q->ring[tail & RING_MASK])
				drop_late(q, q->ring[tail & RING_MASK]);
	}
}

/* A stamped packet leaves the queue. */
static void take_stamp(struct vr_queue *q, struct vr_waits *waits,
		       const struct vr_stamp *stamp)
{
	s64 wait = waits->now - stamp->time;

	lockdep_assert_held(&q->lock);
	/* The counters of two CPUs may differ by a little. */
	if (wait < 0)
		wait = 0;
	WRITE_ONCE(q->waits, q->waits + 1);
	q->wait_sum += wait;
	if (wait > q->wait_max)
		q->wait_max = wait;
	fit_limit(q, wait, stamp->ahead);
	/* Where flushing left holes a vector spans more slots than packets. */
	if (waits->n < ARRAY_SIZE(waits->stamp))
		waits->stamp[waits->n++] = stamp->time;
}

/**
 * vr_queue_pull - take packets out of the ring, oldest first
 * @q: the queue
 * @vec: empty vector
 * @max: how many at most
 * @waits: filled in, but for waits->now, which is set
 *
 * Context: softirq, the turn that serves @q.
 */
void vr_queue_pull(struct vr_queue *q, struct vr_vec *vec, unsigned int max,
		   struct vr_waits *waits)
{
	u32 head, tail;

	waits->n = 0;
	spin_lock(&q->lock);
	tail = q->tail;
	/* Pairs with the release of head in vr_queue_put(). */
	head = smp_load_acquire(&q->head);
	tail = skip_late(q, tail, head, waits->now);
	while (tail != head && vec->n < max) {
		u32 pos = tail++;
		vr_pkt_t pkt = q->ring[pos & RING_MASK];

		if (unlikely(!pkt))
			continue;
		vec->pkt[vec->n++] = pkt;
		if (!(pos % VR_STAMP_EVERY))
			take_stamp(q, waits, stamp_of(q, pos));
	}
	/* The slots are read; pairs with the acquire in vr_queue_full(). */
	smp_store_release(&q->tail, tail);
	spin_unlock(&q->lock);
}

/**
 * vr_queue_done - note that all packets taken out have left the VR
 * @q: the queue
 *
 * Context: softirq, the turn that serves @q, after the vector.
 */
void vr_queue_done(struct vr_queue *q)
{
	/* They are with the next device; pairs with the acquire in passed() of
	 * steer.c, after which later ones may take another way.
	 */
	smp_store_release(&q->done, READ_ONCE(q->tail));
}

/**
 * vr_queue_empty - whether no packet waits
 * @q: the queue
 *
 * Context: any; exact only for the turn that serves @q.
 * Return: true if empty.
 */
bool vr_queue_empty(const struct vr_queue *q)
{
	return READ_ONCE(q->head) == READ_ONCE(q->tail);
}

/**
 * vr_queue_len - packets waiting
 * @q: the queue
 *
 * Context: any; a snapshot.
 * Return: number of packets, holes included.
 */
u32 vr_queue_len(const struct vr_queue *q)
{
	/* Tail first, lest it overtake the head. */
	u32 tail = smp_load_acquire(&q->tail);

	return READ_ONCE(q->head) - tail;
}

/**
 * vr_queue_set_limit - begin anew with the limit that the VR's settings say
 * @q: the queue
 *
 * Of an administrator and the watchdog, who both change settings and then call
 * this, the later one sees what both have written.
 *
 * Context: process or softirq.
 */
void vr_queue_set_limit(struct vr_queue *q)
{
	const struct vr_settings *set = &q->vr->settings;

	spin_lock_bh(&q->lock);
	WRITE_ONCE(q->limit, READ_ONCE(set->quarantine) ?
		   0 : READ_ONCE(set->queue_packets));
	spin_unlock_bh(&q->lock);
}

/**
 * vr_queue_waits - how long packets waited, of those that were measured
 * @q: the queue
 * @n: how many were
 * @sum: sum of their times, in cycles
 * @max: the longest
 *
 * Context: process or softirq.
 */
void vr_queue_waits(struct vr_queue *q, u64 *n, u64 *sum, u64 *max)
{
	spin_lock_bh(&q->lock);
	*n = q->waits;
	*sum = q->wait_sum;
	*max = q->wait_max;
	spin_unlock_bh(&q->lock);
}

/**
 * vr_queue_flush - drop waiting packets that came in through a device
 * @q: the queue
 * @dev: the device, which can no longer put packets in; NULL for all packets
 * @reason: the name of the drop
 *
 * Packets that the poll has taken already are not seen here: the caller waits
 * for a grace period for those.
 *
 * Context: process or BH disabled.
 */
void vr_queue_flush(struct vr_queue *q, const struct net_device *dev,
		    enum vr_drop reason)
{
	u32 head, i;

	spin_lock_bh(&q->lock);
	/* Pairs with the release of head in vr_queue_put(). */
	head = smp_load_acquire(&q->head);
	for (i = q->tail; i != head; i++) {
		vr_pkt_t *slot = &q->ring[i & RING_MASK];

		if (!*slot || (dev && vr_pkt_cb(*slot)->port->dev != dev))
			continue;
		vr_pkt_drop(q->vr, *slot, reason);
		*slot = 0;
	}
	if (!dev)
		WRITE_ONCE(q->tail, head);
	spin_unlock_bh(&q->lock);
}
