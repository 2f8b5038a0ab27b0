// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler on the mistakes that other schedulers have made, and on those
 * that this one could make after years.  What it guarantees in general is the
 * business of sched_random.c.
 */
#include <stdio.h>

#include "shim.h"
#include "../../kmod/sched.h"

#define N_MAX	4096
#define CREDIT	10000ULL
#define YEAR	(365 * 86400 * 2300000000ULL)	/* of cycles */

typedef unsigned __int128 u128;

struct box {
	struct vr_runq	rq;
	struct vr_slot	heap[N_MAX + VR_SCHED_HEAP_ROOT];
	struct vr_ent	ent[N_MAX];
	u64		served[N_MAX];
	u64		total;
};

/* Nobody awake yet. */
static void box_init(struct box *b, int n, const u32 *weight)
{
	int i;

	memset(b, 0, sizeof(*b));
	vr_runq_init(&b->rq, CREDIT);
	vr_runq_set_heap(&b->rq, b->heap, N_MAX + VR_SCHED_HEAP_ROOT);
	for (i = 0; i < n; i++)
		vr_ent_init(&b->ent[i], weight[i]);
}

static void box_start(struct box *b, int n, const u32 *weight)
{
	int i;

	box_init(b, n, weight);
	for (i = 0; i < n; i++)
		vr_runq_wake(&b->rq, &b->ent[i]);
}

static void box_forget(struct box *b)
{
	memset(b->served, 0, sizeof(b->served));
	b->total = 0;
}

/* Who would be next. */
static int next_of(struct box *b)
{
	return b->heap[VR_SCHED_HEAP_ROOT].ent - b->ent;
}

/* One poll of whoever is next; @sleeper's queue is empty after it. */
static int serve_but(struct box *b, u64 cost, int sleeper)
{
	struct vr_ent *ent = vr_runq_pick(&b->rq);
	int i;

	if (!ent)
		return -1;
	i = ent - b->ent;
	vr_runq_charge(&b->rq, ent, cost);
	b->served[i] += cost;
	b->total += cost;
	if (i == sleeper)
		vr_runq_sleep(&b->rq, ent);
	else
		vr_runq_put_back(&b->rq, ent);
	return i;
}

static int serve(struct box *b, u64 cost)
{
	return serve_but(b, cost, -1);
}

static double share(struct box *b, int i)
{
	return (double)b->served[i] / b->total;
}

static bool near(double a, double b, double eps)
{
	return a > b - eps && a < b + eps;
}

/* Too large for the stack. */
static struct box box, other;

/*
 * Of @n that were awake from the start of a count on, none owing or owed
 * anything: is each within a poll of its share, as theorem 3 puts it?
 */
static int unfair(struct box *b, int n, u64 cost)
{
	u64 weights = 0;
	int i;

	for (i = 0; i < n; i++)
		weights += b->ent[i].weight;
	for (i = 0; i < n; i++) {
		u64 w = b->ent[i].weight;
		double due = (double)b->total * w / weights;
		u64 behind = w * (n - 1) * cost / weights + 1;
		u64 ahead = (weights - w) * cost / weights + 1;

		if (b->served[i] < due - behind || b->served[i] > due + ahead)
			return printf("# weight %llu: %llu cycles, due %.0f -%llu +%llu\n",
				      (unsigned long long)w,
				      (unsigned long long)b->served[i], due,
				      (unsigned long long)behind,
				      (unsigned long long)ahead);
	}
	return 0;
}

static int equal_cpu_unequal_cost(void)
{
	static const u32 w[] = { 100, 100, 100 };
	struct box *b = &box;
	int i;

	box_start(b, 3, w);
	for (i = 0; i < 300000; i++)
		serve(b, next_of(b) == 0 ? 20000 : 200);
	return unfair(b, 3, 20000);
}

static int weights_to_the_letter(void)
{
	static const u32 w[] = { 1, 10, 100, 1000, 10000 };
	struct box *b = &box;
	int i;

	box_start(b, 5, w);
	for (i = 0; i < 20000000; i++)
		serve(b, 1000 + i % 7);
	return unfair(b, 5, 1006);
}

/* 171:100 must not be served in other bursts than 170:100. */
static int odd_weights_no_bursts(void)
{
	static const u32 w[][2] = {
		{ 170, 100 }, { 171, 100 }, { 9999, 9998 }, { 10000, 9999 }
	};
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(w); t++) {
		int i, run = 0, last = -1;
		struct box *b = &box;

		box_start(b, 2, w[t]);
		for (i = 0; i < 1000000; i++) {
			int who = serve(b, 1000);

			run = who == last ? run + 1 : 1;
			last = who;
			if (run > 2)
				return printf("# %u:%u burst of %d\n",
					      w[t][0], w[t][1], run);
		}
		if (unfair(b, 2, 1000))
			return 1;
	}
	return 0;
}

/* Deficit round robin favours who sends in bursts that fit the quantum. */
static int poll_sizes_do_not_matter(void)
{
	static const u32 w[] = { 50, 50, 50, 50 };
	static const u32 cost[4][3] = {
		{ 10000, 10000, 10000 }, { 10001, 1, 1 },
		{ 6000, 6000, 9000 }, { 333, 333, 334 },
	};
	u32 polls[4] = { };
	struct box *b = &box;
	int i;

	box_start(b, 4, w);
	for (i = 0; i < 3000000; i++) {
		int who = next_of(b);

		serve(b, cost[who][polls[who]++ % 3]);
	}
	return unfair(b, 4, 10001);
}

/*
 * The pass of who unblocks must not be reset, or it runs alone until it has
 * caught up with all that the others ever had.
 */
static int unblocking_resets_no_pass(void)
{
	static const u32 w[] = { 100, 100, 100, 100 };
	struct box *b = &box;
	int i, k;

	box_start(b, 4, w);
	for (k = 0; k < 100; k++) {
		/* 3 has one packet, and nothing for long. */
		for (i = 0; i < 10000; i++)
			serve_but(b, 1000, 3);
		vr_runq_wake(&b->rq, &b->ent[3]);
		box_forget(b);
		for (i = 0; i < 50; i++)
			serve(b, 1000);
		/* 10 polls of credit, of the other 40 each has 10. */
		if (b->served[3] != 20000 || b->served[0] != 10000 ||
		    b->served[1] != 10000 || b->served[2] != 10000)
			return printf("# %llu for the one, %llu %llu %llu for the others\n",
				      (unsigned long long)b->served[3],
				      (unsigned long long)b->served[0],
				      (unsigned long long)b->served[1],
				      (unsigned long long)b->served[2]);
	}
	return 0;
}

/*
 * Who blocks in mid-slice loses nothing and wins nothing, not even below the
 * resolution: at weight 10000 a cycle is less than seven units of the pass.
 */
static int blocking_keeps_the_remainder(void)
{
	static const u32 w[] = { 10000, 9999 };
	struct box *b = &box;
	int i, k;

	box_start(b, 2, w);
	for (i = 0; i < 2000000; i++) {
		k = serve_but(b, 1 + i % 3, i % 2);
		if (!b->ent[k].backlogged)
			vr_runq_wake(&b->rq, &b->ent[k]);
	}
	for (k = 0; k < 2; k++) {
		struct vr_ent *ent = &b->ent[k];

		if (ent->pass * w[k] + ent->rem != ent->used << VR_SCHED_FRAC)
			return printf("# weight %u is off\n", w[k]);
	}
	return unfair(b, 2, 3);
}

/* Who was idle for long neither starves the others nor is starved. */
static int idling_earns_nothing(void)
{
	static const u32 w[] = { 100, 100 };
	struct box *b = &box;
	int i;

	box_init(b, 2, w);
	vr_runq_wake(&b->rq, &b->ent[0]);
	for (i = 0; i < 1000000; i++)
		serve(b, 5000);
	vr_runq_wake(&b->rq, &b->ent[1]);
	box_forget(b);
	/* The first time it is owed nothing. */
	for (i = 0; i < 20; i++)
		serve(b, 5000);
	if (unfair(b, 2, 5000))
		return 1;
	vr_runq_sleep(&b->rq, &b->ent[1]);
	for (i = 0; i < 1000000; i++)
		serve(b, 5000);
	vr_runq_wake(&b->rq, &b->ent[1]);
	box_forget(b);
	/* Later the credit, which is two polls. */
	for (i = 0; i < 22; i++)
		serve(b, 5000);
	if (b->served[0] != 50000 || b->served[1] != 60000)
		return printf("# after the wake-up: %llu, %llu\n",
			      (unsigned long long)b->served[0],
			      (unsigned long long)b->served[1]);
	return 0;
}

/* The lightest one wakes among many heavy ones: one poll of each at most. */
static int waking_starves_nobody(void)
{
	enum { OTHERS = 63, TRIALS = 10000 };
	u32 w[OTHERS + 1];
	struct box *b = &box;
	int i, k;

	for (i = 0; i < OTHERS; i++)
		w[i] = 10000 - i;
	w[OTHERS] = 1;
	box_start(b, OTHERS, w);
	for (k = 0; k < TRIALS; k++) {
		vr_ent_init(&b->ent[OTHERS], 1);
		for (i = 0; i < k % 200; i++)
			serve(b, 1000 + i);
		vr_runq_wake(&b->rq, &b->ent[OTHERS]);
		for (i = 0; serve_but(b, 1000 + i, OTHERS) != OTHERS; i++)
			if (i == OTHERS)
				return printf("# not served\n");
	}
	return 0;
}

static int heaviest_leaves(void)
{
	static const u32 w[] = { 10000, 10, 30 };
	struct box *b = &box;
	int i;

	box_start(b, 3, w);
	for (i = 0; i < 1000000; i++)
		serve(b, 1000);
	vr_runq_sleep(&b->rq, &b->ent[0]);
	box_forget(b);
	for (i = 0; i < 4000; i++)
		serve(b, 1000);
	if (!near(share(b, 1), 0.25, 0.001))
		return printf("# the light one got %g\n", share(b, 1));

	/* And comes back. */
	vr_runq_wake(&b->rq, &b->ent[0]);
	box_forget(b);
	for (i = 0; i < 1004000; i++)
		serve(b, 1000);
	if (!near(share(b, 0), 10000 / 10040., 0.00002))
		return printf("# the heavy one got %g\n", share(b, 0));
	return 0;
}

/* Emptying the queue, for however long, must not forgive what was used. */
static int alternating_wins_nothing(void)
{
	static const u32 w[] = { 100, 100 };
	struct box *b = &box;
	int i, off, on;

	for (off = 0; off <= 5; off++) {
		for (on = 1; on <= 5; on++) {
			int polls = 0, asleep = 0;

			box_start(b, 2, w);
			for (i = 0; i < 20000; i++) {
				if (!b->ent[1].backlogged && asleep++ >= off) {
					vr_runq_wake(&b->rq, &b->ent[1]);
					polls = 0;
				}
				if (serve_but(b, 3000, polls + 1 < on ? -1 : 1) == 1) {
					polls++;
					asleep = 0;
				}
			}
			if (share(b, 1) > 0.5001)
				return printf("# %d on, %d off: got %g\n", on,
					      off, share(b, 1));
			if (!off && share(b, 1) < 0.4999)
				return printf("# %d on: got %g only\n", on,
					      share(b, 1));
		}
	}
	return 0;
}

/*
 * Nor does it lose anything: at 90 % of its entitlement, in packets one by one,
 * beside a flood of dear ones its queue stays as short as theorem 4 says.
 */
static int alternating_loses_nothing(void)
{
	enum { PACKET = 1000, FLOOD = 10000 };
	static const u32 w[] = { 100, 100 };
	u64 came = 0, gone = 0, longest = 0;
	struct box *b = &box;
	int i;

	box_start(b, 1, w);
	vr_ent_init(&b->ent[1], w[1]);
	for (i = 0; i < 1000000; i++) {
		came = b->total * 45 / 100 / PACKET;
		if (came > gone && !b->ent[1].backlogged)
			vr_runq_wake(&b->rq, &b->ent[1]);
		if (came - gone > longest)
			longest = came - gone;
		if (next_of(b) == 1)
			serve_but(b, PACKET, ++gone == came ? 1 : -1);
		else
			serve(b, FLOOD);
	}
	printf("# its queue was %llu long at most\n",
	       (unsigned long long)longest);
	/* (its weight's part of all vectors and credits + its own) / PACKET */
	return longest > ((FLOOD + PACKET + 2 * CREDIT) / 2 + PACKET + CREDIT) /
			 PACKET;
}

static int weights_change_under_load(void)
{
	static const u32 w[] = { 100, 100, 100 };
	static const u32 to[] = { 300, 1, 10000, 7, 100 };
	struct box *b = &box;
	unsigned int t;
	int i;

	box_start(b, 3, w);
	for (t = 0; t < ARRAY_SIZE(to); t++) {
		double due;

		for (i = 0; i < 30001; i++)
			serve(b, 1000);
		/* Now who waits, now who runs. */
		if (t % 2) {
			struct vr_ent *ent = vr_runq_pick(&b->rq);

			vr_ent_set_weight(&b->rq, &b->ent[0], to[t]);
			vr_runq_charge(&b->rq, ent, 1000);
			vr_runq_put_back(&b->rq, ent);
		} else {
			vr_ent_set_weight(&b->rq, &b->ent[0], to[t]);
		}
		box_forget(b);
		for (i = 0; i < 3000; i++)
			serve(b, 1000);
		/* What was owed before may be paid now: twice theorem 3. */
		due = b->total * (to[t] / (to[t] + 200.));
		if (!near(b->served[0], due, 2 * 2001))
			return printf("# weight %u: %llu cycles, due %.0f\n",
				      to[t], (unsigned long long)b->served[0],
				      due);
	}
	return 0;
}

/* What was used at a low weight must not be worth more at a high one. */
static int weights_change_in_debt(void)
{
	static const u32 w[] = { 1, 10000 };
	struct box *b = &box;
	int i, asleep;

	for (asleep = 0; asleep < 2; asleep++) {
		box_start(b, 2, w);
		if (next_of(b) == 1)
			serve(b, 1000);
		serve_but(b, 1000000, asleep ? 0 : -1);
		vr_ent_set_weight(&b->rq, &b->ent[0], 10000);
		if (asleep)
			vr_runq_wake(&b->rq, &b->ent[0]);
		for (i = 0; serve(b, 1000) == 1; i++)
			;
		if (!near(i, 1000, 3))
			return printf("# back after %d polls, not 1000\n", i);
	}
	return 0;
}

/* One packet as dear as a hundred thousand others is paid in full. */
static int dear_packet(void)
{
	static const u32 w[] = { 100, 100 };
	struct box *b = &box;
	int i;

	box_start(b, 2, w);
	i = serve(b, 100000000);
	box_forget(b);
	while (serve(b, 1000) != i)
		;
	if (!near(b->total, 100000000, 3000))
		return printf("# back after %llu cycles\n",
			      (unsigned long long)b->total);
	return 0;
}

/*
 * A VR that moves between two CPUs all the time, with a heavier neighbour on
 * each: it must not leave its debts behind and be new again on the other.
 */
static int moving_wins_nothing(void)
{
	static const u32 w[] = { 300, 100 };
	struct box *cpu[] = { &box, &other };
	int every, i, k, at;

	for (every = 1; every < 40; every++) {
		for (k = 0; k < 2; k++) {
			box_start(cpu[k], 1, w);
			vr_ent_init(&cpu[k]->ent[1], w[1]);
		}
		at = 0;
		vr_runq_wake(&cpu[0]->rq, &cpu[0]->ent[1]);
		for (i = 0; i < 20000; i++) {
			for (k = 0; k < 2; k++)
				serve(cpu[k], 3000);
			if (i % every)
				continue;
			vr_runq_sleep(&cpu[at]->rq, &cpu[at]->ent[1]);
			at = !at;
			vr_runq_wake(&cpu[at]->rq, &cpu[at]->ent[1]);
		}
		for (k = 0; k < 2; k++)
			if (cpu[k]->served[1] >
			    cpu[k]->total / 4 + 3000 + CREDIT)
				return printf("# moving every %d polls: %g\n",
					      every, share(cpu[k], 1));
	}
	return 0;
}

/* The sum of the weights is 4096 * 10000: no rounding may show. */
static int many_heavy_ones(void)
{
	static u32 w[N_MAX];
	struct box *b = &box;
	s64 sum = 0;
	int i;

	for (i = 0; i < N_MAX; i++)
		w[i] = 10000 - i % 2;
	box_start(b, N_MAX, w);
	for (i = 0; i < 1000 * N_MAX; i++)
		serve(b, 40000 + i % 1000);
	for (i = 0; i < N_MAX; i++) {
		struct vr_ent *ent = &b->ent[i];
		u64 bound = vr_runq_bound(&b->rq, ent);
		double due = (double)b->total * w[i] / b->rq.weights;

		sum += vr_ent_lag(&b->rq, ent);
		if (!near(vr_ent_entitled(&b->rq, ent), due, 2))
			return printf("# entitled %llu of %.1f due\n",
				      (unsigned long long)vr_ent_entitled(&b->rq, ent),
				      due);
		if (ent->lag_max > ent->lag_bound || ent->lag_max > bound)
			return printf("# lag %llu of %llu\n",
				      (unsigned long long)ent->lag_max,
				      (unsigned long long)bound);
	}
	if (sum > 0 || sum < -N_MAX)
		return printf("# lags add up to %lld\n", (long long)sum);
	return unfair(b, N_MAX, 40999);
}

/* A deep heap in which anybody may leave, come or get another weight. */
static int many_come_and_go(void)
{
	static u32 w[N_MAX];
	struct box *b = &box;
	u32 i, most = 0;
	u64 state = 1;
	int k;

	for (i = 0; i < N_MAX; i++)
		w[i] = 1 + i % 10000;
	box_init(b, N_MAX, w);
	for (i = 0; i < 400000; i++) {
		u64 r = state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		struct vr_ent *ent = &b->ent[r >> 52];
		u32 what = r >> 40 & 15;

		/* Full at first, and ever less. */
		if (!ent->backlogged && what > i / 40000)
			vr_runq_wake(&b->rq, ent);
		else if (ent->backlogged && what < 3)
			vr_runq_sleep(&b->rq, ent);
		else if (what == 3)
			vr_ent_set_weight(&b->rq, ent, 1 + (r >> 20) % 10000);
		most = max(most, b->rq.n);
		if (i % 128 == 0 && b->rq.n) {
			struct vr_ent *first = vr_runq_first(&b->rq);

			for (k = 0; k < N_MAX; k++)
				if (b->ent[k].backlogged &&
				    (s64)(b->ent[k].pass - first->pass) < 0)
					return printf("# step %u: not the first of %u\n",
						      i, b->rq.n);
		}
		serve_but(b, 1 + (r >> 20) % 100000, what < 2 ? next_of(b) : -1);
	}
	for (k = 0; serve_but(b, 1000, next_of(b)) >= 0; k++)
		;
	printf("# %u at most, %d at the end\n", most, k);
	return b->rq.n || b->rq.weights || b->rq.sum;
}

/* Is @ent's pass what it used, divided by the weight to the last bit? */
static bool exact(struct box *b, struct vr_ent *ent)
{
	s64 ahead = ent->pass - b->rq.vtime;
	u128 pass;

	pass = ((u128)(b->rq.era - 2) << 64 | b->rq.vtime) + ahead;
	return pass * ent->weight + ent->rem ==
	       (u128)ent->used << VR_SCHED_FRAC;
}

/* A year of polls of nearly half a second. */
static int a_year_without_drift(void)
{
	static const u32 w[] = { 1, 10000, 100, 9999 };
	struct box *b = &box;
	u64 polls = 0;
	int i;

	box_start(b, 3, w);
	vr_ent_init(&b->ent[3], w[3]);
	/* 2 runs up a debt and goes to sleep. */
	while (serve_but(b, 1000000, 2) != 2)
		;
	while (b->total < YEAR)
		serve(b, VR_SCHED_COST_MAX - 1 - polls++ % 10000);
	for (i = 0; i < 2; i++) {
		struct vr_ent *ent = &b->ent[i];
		double due = (double)(b->total - 1000000) * w[i] / 10001;

		if (!exact(b, ent))
			return printf("# weight %u: the pass is off\n", w[i]);
		if (!near(b->served[i], due, VR_SCHED_COST_MAX + 1000000.))
			return printf("# weight %u: %llu of %.0f cycles\n", w[i],
				      (unsigned long long)b->served[i], due);
		if (ent->lag_max > ent->lag_bound)
			return printf("# weight %u: lag %llu\n", w[i],
				      (unsigned long long)ent->lag_max);
	}
	/* The debt is forgotten, the credit no more than it ever was. */
	vr_runq_wake(&b->rq, &b->ent[2]);
	vr_runq_wake(&b->rq, &b->ent[3]);
	if (!near((s64)(b->rq.vtime - b->ent[2].pass),
		  (CREDIT << VR_SCHED_FRAC) / 100., 2) ||
	    b->ent[3].pass != b->rq.vtime)
		return printf("# who slept for a year, or is new, is off\n");
	return 0;
}

/* The same alone, at which speed passes wrap every half hour. */
static int a_year_alone(void)
{
	static const u32 w[] = { 1, 10000 };
	struct box *b = &box;
	int i;

	for (i = 0; i < 2; i++) {
		box_start(b, 1, w + i);
		while (b->total < YEAR + 2ULL * VR_SCHED_COST_MAX)
			serve(b, VR_SCHED_COST_MAX - 1 - b->total % 3);
		if (!exact(b, b->ent))
			return printf("# weight %u: the pass is off\n", w[i]);
		if (b->rq.era - 2 != (i ? 0 : YEAR >> (64 - VR_SCHED_FRAC)))
			return printf("# weight %u: wrapped %u times\n", w[i],
				      b->rq.era - 2);
		if (b->ent->lag_max > b->ent->lag_bound)
			return printf("# lag %llu\n",
				      (unsigned long long)b->ent->lag_max);
	}
	return 0;
}

/* Neither a sleeper nor a new one may mistake where the virtual time is. */
static int sleepers_of_any_age(void)
{
	static const u32 w[] = { 1, 100, 100 };
	struct box *b = &box;
	int i;

	for (i = 0; i < 64 * 8; i++) {
		u64 years = (u64)i << 58;	/* alone, a day wraps once */
		s64 credit;

		box_start(b, 2, w);
		while (serve_but(b, 1000, 1) != 1)
			;
		b->rq.vtime += years;
		b->rq.era += i >> 6;
		b->rq.pass_max = b->rq.vtime;
		b->ent[0].pass = b->rq.vtime;
		b->heap[VR_SCHED_HEAP_ROOT].pass = b->rq.vtime;
		vr_ent_init(&b->ent[2], w[2]);
		vr_runq_wake(&b->rq, &b->ent[1]);
		vr_runq_wake(&b->rq, &b->ent[2]);
		credit = b->rq.vtime - b->ent[1].pass;
		/* Only at once it has its debt still. */
		if ((i ? !near(credit, (CREDIT << VR_SCHED_FRAC) / 100., 2) :
			 credit > 0) ||
		    b->ent[2].pass != b->rq.vtime)
			return printf("# after %d times 2^58: %lld\n", i,
				      (long long)credit);
	}
	return 0;
}

static u64 script(struct box *b, u64 *state)
{
	u64 r = *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	struct vr_ent *ent = &b->ent[r >> 60];
	int who;

	if (r >> 56 & 1 && !ent->backlogged)
		vr_runq_wake(&b->rq, ent);
	if ((r >> 48 & 255) == 0)
		vr_ent_set_weight(&b->rq, ent, 1 + (r >> 32) % 10000);
	who = serve_but(b, 1 + (r >> 20) % 100000, r >> 57 & 1 ? ent - b->ent : -1);
	return who < 0 ? 0 : (u64)who << 48 ^ vr_ent_lag(&b->rq, &b->ent[who]);
}

/* Started shortly before any wrap the same happens, pick by pick. */
static int wraps_make_no_difference(void)
{
	static const u64 start[] = {
		-(1ULL << 20), -(1ULL << 33), (1ULL << 63) - (1ULL << 20),
		(1ULL << 63) - (1ULL << 33), 1ULL << 62, ~0ULL, 1,
	};
	static const u32 w[16] = {
		1, 10000, 9999, 2, 3, 100, 100, 100, 7, 1000, 5000, 1, 1, 10000,
		333, 42
	};
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(start); t++) {
		u64 a = t, b = t;

		box_start(&box, 16, w);
		box_start(&other, 16, w);
		other.rq.vtime += start[t];
		other.rq.pass_max += start[t];
		for (i = 0; i < 16; i++) {
			other.ent[i].pass += start[t];
			other.heap[VR_SCHED_HEAP_ROOT + i].pass += start[t];
		}
		for (i = 0; i < 300000; i++)
			if (script(&box, &a) != script(&other, &b))
				return printf("# from %llx: another pick after %u\n",
					      (unsigned long long)start[t], i);
		if (other.rq.vtime - box.rq.vtime != start[t] || a != b)
			return printf("# from %llx: elsewhere\n",
				      (unsigned long long)start[t]);
	}
	return 0;
}

static int slice_is_time(void)
{
	struct vr_ent ent;
	int i;

	vr_ent_init(&ent, 100);
	for (i = 0; i < 10; i++)
		vr_ent_adapt(&ent, ent.quantum, ent.quantum * 20000ULL, 100000);
	if (ent.quantum < 4 || ent.quantum > 6)
		return printf("# dear packets: %u per poll\n", ent.quantum);
	for (i = 0; i < 10; i++)
		vr_ent_adapt(&ent, ent.quantum, ent.quantum * 100ULL, 100000);
	if (ent.quantum != VR_SCHED_QUANTUM_MAX)
		return printf("# cheap packets: %u per poll\n", ent.quantum);
	vr_ent_adapt(&ent, 1, 100000000, 100000);
	if (ent.quantum != 1)
		return printf("# one dear packet: %u per poll\n", ent.quantum);
	return 0;
}

int main(void)
{
	static const struct {
		int		(*run)(void);
		const char	*name;
	} tests[] = {
		{ equal_cpu_unequal_cost, "equal CPU at 100 times the cost" },
		{ weights_to_the_letter, "weights 1 to 10000 to a single poll" },
		{ odd_weights_no_bursts, "stride rounding: no bursts at odd weights" },
		{ poll_sizes_do_not_matter, "deficit: equal ones are equal in polls of any size" },
		{ unblocking_resets_no_pass, "unblocking resets no pass" },
		{ blocking_keeps_the_remainder, "blocking in mid-slice keeps the remainder" },
		{ idling_earns_nothing, "idling earns nothing, waking costs nothing" },
		{ waking_starves_nobody, "who wakes waits for a poll of each other at most" },
		{ heaviest_leaves, "no starvation when the heaviest leaves or comes" },
		{ alternating_wins_nothing, "alternating between empty and full wins nothing" },
		{ alternating_loses_nothing, "nor does it lose anything" },
		{ weights_change_under_load, "a change of weight counts from then on" },
		{ weights_change_in_debt, "and does not blow up a debt" },
		{ dear_packet, "a dear packet is paid in full" },
		{ moving_wins_nothing, "moving between CPUs wins nothing" },
		{ many_heavy_ones, "4096 of weight 10000 are exact" },
		{ many_come_and_go, "the smallest pass of thousands that come and go" },
		{ a_year_without_drift, "no drift in a year at weights 1 and 10000" },
		{ a_year_alone, "nor alone, while passes wrap 257 times" },
		{ sleepers_of_any_age, "sleepers and new ones after days and centuries" },
		{ wraps_make_no_difference, "a wrap makes no difference" },
		{ slice_is_time, "a slice is a time, not a count" },
	};
	int bad = 0;
	size_t i;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		int err = tests[i].run();

		printf("%sok %zu sched: %s\n", err ? "not " : "", i + 1,
		       tests[i].name);
		bad |= err;
	}
	return !!bad;
}
