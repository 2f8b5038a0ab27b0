/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loads, capacities and gains are parts of a CPU: 1.0 is all of its time. */

/**
 * struct plan_cpu - a CPU that VRs may be put on
 * @cpu: its number
 * @node: its NUMA node, -1 if that is not known
 * @capacity: what is left of its time for VRs
 * @usable: VRs may be put there; those that are there may stay in any case
 * @load: of plan.c: what is asked of it
 * @weight: of plan.c: of all who ask
 */
struct plan_cpu {
	unsigned int cpu;
	int node;
	double capacity;
	bool usable;
	double load;
	double weight;
};

/**
 * struct plan_vr - a VR to place
 * @name: for reasons
 * @weight: its weight
 * @node: NUMA node of its ports, -1 if not known or not one
 * @held: it must stay, as it was moved not long ago
 * @mask: for each CPU, whether it may work for the VR
 * @load: for each CPU, what the VR asks of it
 */
struct plan_vr {
	const char *name;
	uint32_t weight;
	int node;
	bool held;
	bool *mask;
	double *load;
};

/**
 * struct plan - VRs, CPUs and what a move must gain
 * @cpus: the CPUs
 * @n_cpus: how many
 * @vrs: the VRs
 * @n_vrs: how many
 * @threshold: least gain of a move
 * @ideal: of plan.c: what each VR would have if the CPUs were one
 * @given: of plan.c: what each VR has of each CPU
 * @total: of plan.c: what each VR has of all CPUs
 * @asks: of plan.c: what each VR asks for
 * @open: of plan.c: VRs that may still get something
 * @ready: of plan.c: whether these are filled in
 */
struct plan {
	struct plan_cpu *cpus;
	size_t n_cpus;
	struct plan_vr *vrs;
	size_t n_vrs;
	double threshold;
	double *ideal;
	double *given;
	double *total;
	double *asks;
	size_t *open;
	bool ready;
};

#define PLAN_STEPS  2
#define PLAN_REASON 256

/**
 * struct plan_move - a move of one VR, or of two that swap places
 * @vr: which VRs
 * @mask: their new masks, by CPU
 * @n: how many
 * @gain: what it gains
 * @reason: why, for people
 */
struct plan_move {
	size_t vr[PLAN_STEPS];
	bool *mask[PLAN_STEPS];
	size_t n;
	double gain;
	char reason[PLAN_REASON];
};

/* Room for n_cpus and n_vrs; false if there is no memory. */
bool plan_alloc(struct plan *plan, size_t n_cpus, size_t n_vrs);
void plan_free(struct plan *plan);
/*
 * The best move, which is taken as done in the plan: its VRs are held and their
 * loads lie where they will be.  False if none gains enough.
 */
bool plan_next(struct plan *plan, struct plan_move *move);
void plan_move_free(struct plan_move *move);
/* A mask as a list such as 0-3,8. */
const char *plan_mask_text(const struct plan *plan, const bool *mask, char *buf, size_t len);

#endif /* PLAN_H */
