/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic and order of the fair scheduler; pure code, no kernel objects.
 * See sched.c for the algorithm, Documentation/scheduler.rst for what it
 * promises and why, and core.c for its life in softirq.
 */
#ifndef _VR_SCHED_H
#define _VR_SCHED_H

#include <linux/types.h>

enum vr_sched_limits {
	VR_SCHED_QUANTUM_MAX	= 64,	/* packets of one poll: NAPI's weight */
	VR_SCHED_COST_MAX	= 1 << 30,	/* cycles one charge can carry */
	VR_SCHED_FRAC		= 16,	/* bits of a pass below the point */
	VR_SCHED_HEAP_ROOT	= 3,	/* slots before the root, for alignment */
};

/**
 * struct vr_ent - one schedulable queue: a VR on a CPU
 * @pass: virtual time up to which it has been served, 2^-16 cycles / weight;
 *	wraps
 * @inv: 2^64 / weight, rounded down
 * @rem: cycles charged that are not in @pass yet, 2^-16 cycles, below @weight
 * @weight: the VR's weight
 * @used: cycles charged since creation
 * @lag_max: largest |lag| seen when it was charged, cycles
 * @lag_bound: vr_runq_bound() when @lag_max was seen
 * @era: what is above @pass, while not backlogged; 0 if it never was
 * @quantum: packets of the next poll, adapted to the measured cost
 * @backlogged: waiting or running
 */
struct vr_ent {
	u64	pass;
	u64	inv;
	u32	rem;
	u32	weight;
	u64	used;
	u64	lag_max;
	u64	lag_bound;
	u32	era;
	u32	quantum;
	bool	backlogged;
};

/**
 * struct vr_slot - one place in a heap
 * @pass: of @ent, here so that ordering the heap does not touch the entities
 * @ent: who waits
 */
struct vr_slot {
	u64		pass;
	struct vr_ent	*ent;
};

/**
 * struct vr_runq - what is backlogged on one CPU
 * @heap: a 4-ary heap by pass with its root in slot VR_SCHED_HEAP_ROOT; the
 *	root is next, or running
 * @n: entities in the heap, including the one that runs
 * @cap: room for entities in @heap
 * @running: picked and neither put back nor gone to sleep
 * @weights: sum of the weights of all backlogged entities
 * @inv_weights: the sum that @weights_inv was computed for
 * @weights_inv: 2^64 / @inv_weights, rounded down
 * @credit: cycles that an entity may be owed when it wakes
 * @credit_busy: largest @credit since the CPU was last without work
 * @vtime: virtual time: the largest pass that was ever picked; wraps
 * @era: what is above @vtime
 * @sum: of all backlogged entities' distances from @vtime, 2^-16 cycles
 * @pass_max: the largest pass ever reached
 * @cost_busy: largest charge since the CPU was last without work, cycles
 * @cost_max: largest charge ever, cycles
 */
struct vr_runq {
	struct vr_slot	*heap;
	u32		n;
	u32		cap;
	struct vr_ent	*running;
	u32		weights;
	u32		inv_weights;
	u64		weights_inv;
	u64		credit;
	u64		credit_busy;
	u64		vtime;
	u64		sum;
	u64		pass_max;
	u64		cost_busy;
	u64		cost_max;
	u32		era;
};

void vr_ent_init(struct vr_ent *ent, u32 weight);
void vr_ent_set_weight(struct vr_runq *rq, struct vr_ent *ent, u32 weight);

void vr_runq_init(struct vr_runq *rq, u64 credit);
void vr_runq_set_credit(struct vr_runq *rq, u64 credit);
struct vr_slot *vr_runq_set_heap(struct vr_runq *rq, struct vr_slot *heap,
				 u32 slots);
void vr_runq_wake(struct vr_runq *rq, struct vr_ent *ent);
struct vr_ent *vr_runq_first(const struct vr_runq *rq);
struct vr_ent *vr_runq_pick(struct vr_runq *rq);
void vr_runq_put_back(struct vr_runq *rq, struct vr_ent *ent);
void vr_runq_sleep(struct vr_runq *rq, struct vr_ent *ent);
void vr_runq_charge(struct vr_runq *rq, struct vr_ent *ent, u64 cycles);
void vr_ent_adapt(struct vr_ent *ent, u32 packets, u64 cycles, u64 slice);

u64 vr_ent_entitled(const struct vr_runq *rq, const struct vr_ent *ent);
s64 vr_ent_lag(const struct vr_runq *rq, const struct vr_ent *ent);
u64 vr_runq_bound(const struct vr_runq *rq, const struct vr_ent *ent);

#endif /* _VR_SCHED_H */
