// SPDX-License-Identifier: GPL-2.0
/*
 * Weighted fair scheduling of virtual routers over measured CPU cost.
 *
 * Description
 * -----------
 *
 * Each CPU has one run queue.  What waits there are entities: a VR's input
 * queue on that CPU.  Every entity has a pass, the virtual time up to which it
 * has been served; serving it for c cycles moves the pass by c / weight.
 *
 * Algorithm, in the order in which a packet meets it
 * --------------------------------------------------
 *
 * wake:   the first packet of an empty queue makes the entity backlogged.  Its
 *         pass stays if it is ahead of the run queue's virtual time: what was
 *         used too much is not forgiven.  If it is behind, it is moved up to
 *         one slice behind at most: idling is not saved up, but a queue that
 *         runs empty for a moment between two bursts of its NIC does not lose
 *         what it is owed.  A new one is owed nothing.
 * pick:   the entity with the smallest pass runs; the virtual time becomes
 *         that pass, but never goes back.
 * charge: after the poll, all cycles spent because of the entity are added to
 *         its pass, a single dear packet in full.
 * adapt:  a poll that took longer than a slice halves the number of packets of
 *         the next one (or worse, in proportion); one that stayed far below
 *         doubles it.  So a slice is a time, not a count of packets.
 * sleep:  a queue that has run empty leaves.  When it was the last, the virtual
 *         time catches up with all that was served: no debt outlives the moment
 *         in which nobody wants the CPU.
 *
 * This is start-time fair queueing with the length of a packet replaced by its
 * measured cost, which is known only after the fact; that suits it as only
 * start times decide.
 *
 * The ideal that lag is measured against is the mean of the passes of all
 * backlogged entities by weight: the virtual time at which they all would be
 * had every cycle been split among them by weight.  It decides nothing.  The
 * sum it needs is kept up to date by an addition per charge.
 *
 * A change of weight keeps the distance from the virtual time in cycles, so a
 * debt made at weight 1 does not weigh 10000 times as much at weight 10000.
 *
 * Numbers: a pass counts 2^-16 cycles / weight.  What a charge leaves below
 * that is carried to the next as an exact remainder, so nothing drifts.  A pass
 * wraps, but the backlogged ones are never further from the virtual time than
 * the dearest charge, 2^46, and those of sleepers are widened by the era.
 * Divisions happen when a weight or the set of the backlogged changes, not per
 * packet.
 *
 * The heap keeps the passes beside the pointers and four children in one cache
 * line.  The one that runs stays at the root as a hole: what goes back replaces
 * it.  No entity knows its slot; whoever leaves while waiting (its VR goes away)
 * is looked for.
 *
 * What follows from this, with proofs, is in Documentation/scheduler.rst.
 *
 * Not a goal: shares over several CPUs (placement is decided elsewhere), rates
 * in bits or packets, latency targets.
 */
#include "sched.h"

#include <linux/math64.h>
#include <linux/minmax.h>

#define ROOT		VR_SCHED_HEAP_ROOT
#define COST_MAX	((u64)VR_SCHED_COST_MAX)

static u64 inverse(u32 weight)
{
	return div_u64(~0ULL, weight);
}

/* x / weight, or one less, by the inverse of weight. */
static u64 divide(u64 x, u64 inv)
{
	return mul_u64_u64_shr(x, inv, 64);
}

static bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static u32 parent(u32 slot)
{
	return slot / 4 + ROOT - 1;
}

static u32 first_child(u32 slot)
{
	return 4 * (slot - ROOT + 1);
}

/* Never to the root if that is the hole of the one that runs. */
static void sift_up(struct vr_runq *rq, struct vr_slot new, u32 slot)
{
	u32 top = rq->running ? first_child(ROOT) + 3 : ROOT;

	while (slot > top && before(new.pass, rq->heap[parent(slot)].pass)) {
		rq->heap[slot] = rq->heap[parent(slot)];
		slot = parent(slot);
	}
	rq->heap[slot] = new;
}

static void sift_down(struct vr_runq *rq, struct vr_slot new, u32 slot)
{
	struct vr_slot *heap = rq->heap;
	u32 end = ROOT + rq->n;

	for (;;) {
		u32 child = first_child(slot), least = child, i;

		if (child + 4 <= end) {
			/* Which one it is cannot be guessed, so no branches. */
			least += before(heap[child + 1].pass, heap[child].pass);
			i = child + 2 + before(heap[child + 3].pass,
					       heap[child + 2].pass);
			least += (i - least) *
				 before(heap[i].pass, heap[least].pass);
		} else {
			if (child >= end)
				break;
			for (i = child + 1; i < end; i++)
				if (before(heap[i].pass, heap[least].pass))
					least = i;
		}
		if (!before(heap[least].pass, new.pass))
			break;
		heap[slot] = heap[least];
		slot = least;
	}
	heap[slot] = new;
}

static void heap_insert(struct vr_runq *rq, struct vr_ent *ent)
{
	struct vr_slot new = { .pass = ent->pass, .ent = ent };

	sift_up(rq, new, ROOT + rq->n++);
}

static u32 heap_find(const struct vr_runq *rq, const struct vr_ent *ent)
{
	u32 slot = ROOT;

	while (rq->heap[slot].ent != ent)
		slot++;
	return slot;
}

/* Put @new, which may go either way, into a slot below a hole at the root. */
static void heap_replace(struct vr_runq *rq, struct vr_slot new, u32 slot)
{
	sift_up(rq, new, slot);
	if (rq->heap[slot].ent == new.ent)
		sift_down(rq, new, slot);
}

static void heap_remove(struct vr_runq *rq, u32 slot)
{
	u32 last = ROOT + --rq->n;

	if (slot == last)
		return;
	if (slot == ROOT)
		sift_down(rq, rq->heap[last], slot);
	else
		heap_replace(rq, rq->heap[last], slot);
}

/* How far ahead of the virtual time, in 2^-16 cycles. */
static s64 ahead(const struct vr_runq *rq, const struct vr_ent *ent)
{
	return (ent->pass - rq->vtime) * ent->weight + ent->rem;
}

static void advance(struct vr_runq *rq, u64 pass)
{
	if (!before(rq->vtime, pass))
		return;
	rq->sum -= (pass - rq->vtime) * rq->weights;
	rq->era += pass < rq->vtime;
	rq->vtime = pass;
}

/* Note the pass in full width, to find out later how long ago it was. */
static void widen(const struct vr_runq *rq, struct vr_ent *ent)
{
	ent->era = rq->era;
	if (before(ent->pass, rq->vtime))
		ent->era -= ent->pass > rq->vtime;
	else
		ent->era += ent->pass < rq->vtime;
}

/* Idling is not saved up: a sleeper is owed no more than the credit, and who
 * has never been backlogged nothing.
 */
static void limit_credit(const struct vr_runq *rq, struct vr_ent *ent)
{
	u64 credit = ent->era ? divide(rq->credit << VR_SCHED_FRAC, ent->inv) : 0;
	u64 behind = rq->vtime - ent->pass;
	s32 eras = rq->era - ent->era - (rq->vtime < ent->pass);

	if (eras > 0 || (!eras && behind > credit)) {
		ent->pass = rq->vtime - credit;
		ent->rem = 0;
	}
}

/**
 * vr_ent_init - make an entity that waits nowhere
 * @ent: the entity
 * @weight: its weight, at least 1
 */
void vr_ent_init(struct vr_ent *ent, u32 weight)
{
	*ent = (struct vr_ent) {
		.weight = weight,
		.inv = inverse(weight),
		.quantum = VR_SCHED_QUANTUM_MAX,
	};
}

/**
 * vr_ent_set_weight - change the weight, also of an entity that waits or runs
 * @rq: its run queue
 * @ent: the entity
 * @weight: new weight, at least 1
 *
 * What it owes or is owed stays the same number of cycles.
 */
void vr_ent_set_weight(struct vr_runq *rq, struct vr_ent *ent, u32 weight)
{
	s64 dist;
	u64 pass;

	if (!ent->backlogged)
		limit_credit(rq, ent);
	dist = ahead(rq, ent);
	pass = dist < 0 ? -div_u64(-dist + weight - 1, weight) :
			  div_u64(dist, weight);
	ent->rem = dist - pass * weight;
	ent->pass = rq->vtime + pass;
	if (before(rq->pass_max, ent->pass))
		rq->pass_max = ent->pass;
	if (ent->backlogged)
		rq->weights += weight - ent->weight;
	else
		widen(rq, ent);
	ent->weight = weight;
	ent->inv = inverse(weight);

	if (ent->backlogged && ent != rq->running) {
		struct vr_slot new = { .pass = ent->pass, .ent = ent };

		heap_replace(rq, new, heap_find(rq, ent));
	}
}

/**
 * vr_runq_init - make an empty run queue without a heap
 * @rq: the run queue
 * @credit: cycles that an entity may be owed when it wakes: one slice
 */
void vr_runq_init(struct vr_runq *rq, u64 credit)
{
	*rq = (struct vr_runq) {
		.era = 2,	/* below it is 1, and 0 a new entity */
	};
	vr_runq_set_credit(rq, credit);
}

/**
 * vr_runq_set_credit - change what the next to wake may be owed
 * @rq: the run queue
 * @credit: in cycles
 */
void vr_runq_set_credit(struct vr_runq *rq, u64 credit)
{
	rq->credit = min(credit, COST_MAX);
	if (!rq->n || rq->credit > rq->credit_busy)
		rq->credit_busy = rq->credit;
}

/**
 * vr_runq_set_heap - move to a heap of another size
 * @rq: the run queue
 * @heap: where to; best aligned to a cache line
 * @slots: room in @heap, for VR_SCHED_HEAP_ROOT less entities; must hold all
 *	that can ever be backlogged
 *
 * Return: the old heap, for the caller to free.
 */
struct vr_slot *vr_runq_set_heap(struct vr_runq *rq, struct vr_slot *heap,
				 u32 slots)
{
	struct vr_slot *old = rq->heap;
	u32 i;

	for (i = ROOT; i < ROOT + rq->n; i++)
		heap[i] = old[i];
	rq->heap = heap;
	rq->cap = slots - ROOT;
	return old;
}

/**
 * vr_runq_wake - an idle entity has work
 * @rq: the run queue
 * @ent: the entity; not backlogged
 */
void vr_runq_wake(struct vr_runq *rq, struct vr_ent *ent)
{
	limit_credit(rq, ent);
	ent->backlogged = true;
	rq->weights += ent->weight;
	rq->sum += ahead(rq, ent);
	heap_insert(rq, ent);
}

/**
 * vr_runq_first - who would be picked now
 * @rq: the run queue; none of its entities runs
 *
 * Return: the entity, still waiting, or NULL.
 */
struct vr_ent *vr_runq_first(const struct vr_runq *rq)
{
	return rq->n ? rq->heap[ROOT].ent : NULL;
}

/**
 * vr_runq_pick - take the entity that runs next
 * @rq: the run queue; none of its entities runs
 *
 * Return: the entity, now running until it is put back or goes to sleep, or
 * NULL.
 */
struct vr_ent *vr_runq_pick(struct vr_runq *rq)
{
	if (!rq->n)
		return NULL;
	rq->running = rq->heap[ROOT].ent;
	advance(rq, rq->heap[ROOT].pass);
	return rq->running;
}

/**
 * vr_runq_put_back - the running entity still has work
 * @rq: the run queue
 * @ent: the entity picked before
 */
void vr_runq_put_back(struct vr_runq *rq, struct vr_ent *ent)
{
	struct vr_slot new = { .pass = ent->pass, .ent = ent };

	rq->running = NULL;
	sift_down(rq, new, ROOT);
}

/**
 * vr_runq_sleep - an entity has no more work, or goes away
 * @rq: the run queue
 * @ent: a backlogged entity, waiting or running
 */
void vr_runq_sleep(struct vr_runq *rq, struct vr_ent *ent)
{
	u32 slot = ROOT;

	if (ent == rq->running)
		rq->running = NULL;
	else
		slot = heap_find(rq, ent);
	heap_remove(rq, slot);
	ent->backlogged = false;
	rq->sum -= ahead(rq, ent);
	rq->weights -= ent->weight;
	if (!rq->n) {
		advance(rq, rq->pass_max);
		rq->cost_busy = 0;
		rq->credit_busy = rq->credit;
	}
	widen(rq, ent);
}

/* Cycles from the ideal, negative if ahead of it; W's inverse is up to date. */
static s64 lag_of(const struct vr_runq *rq, const struct vr_ent *ent)
{
	s64 sum = rq->sum, mean;

	mean = sum < 0 ? -divide(-sum, rq->weights_inv) :
			 divide(sum, rq->weights_inv);
	return (s64)(mean * ent->weight - ahead(rq, ent)) >> VR_SCHED_FRAC;
}

static void note_lag(const struct vr_runq *rq, struct vr_ent *ent)
{
	s64 lag;

	if (rq->n == 1)
		return;
	lag = lag_of(rq, ent);
	if (lag < 0)
		lag = -lag;
	if ((u64)lag > ent->lag_max) {
		ent->lag_max = lag;
		ent->lag_bound = vr_runq_bound(rq, ent);
	}
}

static void note_cost(struct vr_runq *rq, u64 cycles)
{
	rq->cost_busy = cycles;
	if (cycles > rq->cost_max)
		rq->cost_max = cycles;
}

/**
 * vr_runq_charge - bill cycles to the entity that runs
 * @rq: the run queue
 * @ent: the entity picked before
 * @cycles: what it cost since it was picked; all of it in one call, as what it
 *	may be ahead is bounded by the largest charge
 */
void vr_runq_charge(struct vr_runq *rq, struct vr_ent *ent, u64 cycles)
{
	u64 sum, moved;

	/* A third of a second in one poll: the clock jumped or the machine slept. */
	if (cycles > COST_MAX)
		cycles = COST_MAX;
	if (cycles > rq->cost_busy)
		note_cost(rq, cycles);
	if (rq->weights != rq->inv_weights) {
		rq->inv_weights = rq->weights;
		rq->weights_inv = inverse(rq->weights);
	}

	/* The lag is largest before the charge, the lead after it. */
	note_lag(rq, ent);

	ent->used += cycles;
	rq->sum += cycles << VR_SCHED_FRAC;
	sum = (cycles << VR_SCHED_FRAC) + ent->rem;
	moved = divide(sum, ent->inv);
	sum -= moved * ent->weight;
	if (sum >= ent->weight) {
		sum -= ent->weight;
		moved++;
	}
	ent->pass += moved;
	ent->rem = sum;
	if (before(rq->pass_max, ent->pass))
		rq->pass_max = ent->pass;

	note_lag(rq, ent);
}

/**
 * vr_ent_adapt - fit the number of packets of a poll to a slice of time
 * @ent: the entity
 * @packets: packets of the last poll
 * @cycles: what they cost
 * @slice: cycles a poll should stay below
 */
void vr_ent_adapt(struct vr_ent *ent, u32 packets, u64 cycles, u64 slice)
{
	u32 fit;

	if (!packets)
		return;
	if (cycles > slice) {
		/* Far over the mark one division finds the right number. */
		fit = cycles > 2 * slice ? div64_u64(packets * slice, cycles) :
					   packets / 2;
		ent->quantum = fit ? fit : 1;
	} else if (packets == ent->quantum && 2 * cycles < slice &&
		   ent->quantum < VR_SCHED_QUANTUM_MAX) {
		ent->quantum *= 2;
		if (ent->quantum > VR_SCHED_QUANTUM_MAX)
			ent->quantum = VR_SCHED_QUANTUM_MAX;
	}
}

/**
 * vr_ent_entitled - cycles the entity should have had since it exists
 * @rq: its run queue
 * @ent: the entity
 *
 * One that is not backlogged got all it asked for.
 *
 * Return: what it used and what it is behind.
 */
u64 vr_ent_entitled(const struct vr_runq *rq, const struct vr_ent *ent)
{
	s64 entitled = ent->used + vr_ent_lag(rq, ent);

	return entitled < 0 ? 0 : entitled;
}

/**
 * vr_ent_lag - how far an entity is behind its entitlement
 * @rq: its run queue
 * @ent: the entity
 *
 * Return: cycles entitled to less cycles used, negative if it is ahead, 0 if it
 * is not backlogged.
 */
s64 vr_ent_lag(const struct vr_runq *rq, const struct vr_ent *ent)
{
	s64 mean;

	if (!ent->backlogged)
		return 0;
	mean = div_s64(rq->sum, rq->weights);
	return (s64)(mean * ent->weight - ahead(rq, ent)) >> VR_SCHED_FRAC;
}

/**
 * vr_runq_bound - how large |vr_ent_lag()| can be at most
 * @rq: the run queue
 * @ent: one of its entities
 *
 * With n entities backlogged, weights that add up to W, no charge above C, no
 * credit above K, and @ent's weight w:
 *
 *   lag <= (w * (n - 1) * C + (W - w) * K) / W
 *  -lag <= ((W - w) * C + w * (n - 1) * K) / W
 *
 * Return: the larger of the two in cycles for those backlogged now, C and K
 * being the largest since the CPU was last without work; 0 if @ent is not
 * backlogged.
 */
u64 vr_runq_bound(const struct vr_runq *rq, const struct vr_ent *ent)
{
	u64 share, rest, cost = rq->cost_busy, credit = rq->credit_busy;

	if (!ent->backlogged)
		return 0;
	share = (u64)ent->weight * (rq->n - 1);
	rest = rq->weights - ent->weight;
	/* The terms add up to less than 2^63; 2 for what was rounded down. */
	return div_u64(max(share * cost + rest * credit,
			   rest * cost + share * credit), rq->weights) + 2;
}
