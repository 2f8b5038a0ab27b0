// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler against Documentation/scheduler.rst, on random steps.
 *
 * Two run queues, an entity of every VR on each, as in the module.  A step is a
 * wake-up, a sleep, a move of a VR's work from one CPU to the other, a change of
 * weight, a VR that leaves and comes back, a pick, or a charge; wake-ups, sleeps
 * and weights also hit while somebody runs.  Once in a while all passes are
 * shifted to just below the wrap, which must make no difference.
 *
 * Beside it runs a reference in 128 bits with 2^-60 cycles of resolution that
 * knows no heap and no sums.  It repeats the picks of the scheduler and finds
 * fault with
 *
 * - a pick that is not the smallest pass, but for what is rounded off;
 * - a pass, or a lag, that is not what the rules make of the exact numbers;
 * - a distance from the virtual time outside the limits (theorem 1);
 * - two entities whose services, divided by the weights, differ by more than
 *   theorem 2 allows in any interval in which both were backlogged;
 * - a lag beyond theorem 3, or beyond vr_runq_bound();
 * - a service below theorem 4;
 * - a wait after a wake-up beyond theorem 5.
 *
 * Theorems 2, 4 and 5 are checked on nothing but sums of cycles; with
 * ONLY one of them is all that is checked.  That each can fail is seen by
 * sched_mutants.sh, which breaks the scheduler on purpose.
 *
 * Usage: sched_random [STEPS [SEED [ONLY]]]
 */
#include <stdio.h>

#include "shim.h"
#include "../../kmod/sched.h"

typedef __int128 s128;

#ifndef STEPS
#define STEPS	300000
#endif

#define N	24
#define CREDIT	150000LL	/* or less */
#define POINT	60
#define ONE	((s128)1 << POINT)
#define UNIT	((s128)1 << (POINT - VR_SCHED_FRAC))	/* of a pass */
#define ROUNDING	(10000 * UNIT)	/* of a distance, in cycles */
#define EPS	((s128)1 << 24)	/* what the reference itself may be off */

#define ROOT	VR_SCHED_HEAP_ROOT

static u64 seed = 1;
static long step;
static int only;	/* this theorem, of 2, 4 and 5 */

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

#define FAIL(...)						\
	do {							\
		printf("# step %ld: ", step);			\
		printf(__VA_ARGS__);				\
		printf("\n");					\
		return 1;					\
	} while (0)

/* About a single step: not if only sums of cycles count. */
#define SLIP(...)						\
	do {							\
		if (!only)					\
			FAIL(__VA_ARGS__);			\
	} while (0)

/*
 * What the reference knows of an entity.
 * pass: exact; cost: the last charge; credit: what it may be behind
 * norm: sum of charges / weight, for theorem 2
 * since_*: the interval of theorem 4: what was charged in all and to this one
 *	when it began, how far this one was ahead then, and weights since then
 * waiting, waited, wait_mask: for theorem 5, who was charged since the wake-up
 */
struct ref {
	s128	pass;
	s128	norm;
	u32	weight;
	bool	backlogged;
	bool	fresh;
	u64	credit;
	u64	cost;
	u64	lag_max;		/* as vr_ent.lag_max */

	u64	since_total;
	u64	since_used;
	u64	since_debt;
	u32	since_min;
	u32	since_max[N];	/* largest weight of whoever was active */

	bool	waiting;
	u64	waited;
	u32	wait_mask;
};

/* The interval of theorem 2, and how norm differed in it. */
struct pair {
	s128	min, max;
	u64	cost_a, cost_b;
	u64	credit_a, credit_b;
};

struct cpu {
	struct vr_runq	rq;
	struct vr_ent	ent[N];
	struct vr_slot	*heap;
	struct ref	ref[N];
	struct pair	pair[N][N];	/* a < b */
	s128		vtime;		/* a multiple of UNIT */
	s128		pass_max;
	u64		total;
	int		running;
};

static struct cpu cpus[2];

/* The largest parts of their bounds that were seen. */
static double lag_part, pair_part, service_part, wait_part;
static long picks, wakes;

static s128 magnitude(s128 x)
{
	return x < 0 ? -x : x;
}

static s128 floor_unit(s128 x)
{
	x += EPS;
	return x & ~(UNIT - 1);
}

static s128 dist(const struct cpu *c, int i)
{
	return (c->ref[i].pass - c->vtime) * c->ref[i].weight;
}

/* The scheduler's idea of pass - vtime. */
static s128 dist_seen(const struct cpu *c, int i)
{
	const struct vr_ent *ent = &c->ent[i];

	return (s128)(s64)(ent->pass - c->rq.vtime) * UNIT +
	       (s128)ent->rem * UNIT / ent->weight;
}

static void restart_pair(struct cpu *c, int i, int k)
{
	int a = i < k ? i : k, b = i < k ? k : i;

	c->pair[a][b] = (struct pair) {
		.min = c->ref[a].norm - c->ref[b].norm,
		.max = c->ref[a].norm - c->ref[b].norm,
		.cost_a = c->ref[a].cost,
		.cost_b = c->ref[b].cost,
		.credit_a = c->ref[a].credit,
		.credit_b = c->ref[b].credit,
	};
}

static void restart_pairs(struct cpu *c, int i)
{
	int k;

	for (k = 0; k < N; k++)
		if (k != i && c->ref[k].backlogged)
			restart_pair(c, i, k);
}

static void restart_service(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	int k;

	r->since_total = c->total;
	r->since_used = c->ent[i].used;
	r->since_debt = r->cost;
	r->since_min = r->weight;
	for (k = 0; k < N; k++)
		r->since_max[k] = c->ref[k].backlogged ? c->ref[k].weight : 0;
}

/* Something happened that is no part of what theorems 4 and 5 speak of. */
static void restart_services(struct cpu *c)
{
	int k;

	for (k = 0; k < N; k++) {
		c->ref[k].waiting = false;
		if (c->ref[k].backlogged)
			restart_service(c, k);
	}
}

/* @i became active or changed its weight: the others' intervals go on. */
static void joined_services(struct cpu *c, int i)
{
	u32 weight = c->ref[i].weight;
	int k;

	for (k = 0; k < N; k++)
		if (c->ref[k].backlogged && c->ref[k].since_max[i] < weight)
			c->ref[k].since_max[i] = weight;
	if (c->ref[i].since_min > weight)
		c->ref[i].since_min = weight;
}

static void ref_advance(struct cpu *c, s128 pass)
{
	int i;

	if (pass <= c->vtime)
		return;
	c->vtime = pass;
	/* Who waits is not behind any more, so credits are spent. */
	for (i = 0; i < N; i++) {
		if (!c->ref[i].credit)
			continue;
		c->ref[i].credit = 0;
		if (c->ref[i].backlogged)
			restart_pairs(c, i);
	}
}

static int check_pass(struct cpu *c, int i)
{
	s128 is = dist_seen(c, i), ought = c->ref[i].pass - c->vtime;

	if (c->ent[i].rem >= c->ent[i].weight)
		SLIP("remainder %u at weight %u", c->ent[i].rem,
		     c->ent[i].weight);
	if (magnitude(is - ought) > EPS)
		SLIP("pass of %d is %Lg ahead, not %Lg", i,
		     (long double)is / ONE, (long double)ought / ONE);
	return 0;
}

/* Theorem 1: -credit <= distance <= last charge. */
static int check_dist(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	s128 d = dist(c, i);

	if (d > r->cost * ONE + ROUNDING)
		SLIP("%d is %Lg cycles ahead after a charge of %llu", i,
		     (long double)d / ONE, (unsigned long long)r->cost);
	if (d < -(s128)r->credit * ONE - EPS * r->weight)
		SLIP("%d is %Lg cycles behind", i, (long double)-d / ONE);
	return 0;
}

/* Theorem 3, and that the scheduler knows its lag. */
static int check_lag(struct cpu *c, int i, bool charged)
{
	struct ref *r = &c->ref[i];
	s128 sum = 0, behind = 0, ahead = 0, lag, rest;
	u64 bound;
	u32 weights = 0;
	double part;
	int k;

	for (k = 0; k < N; k++) {
		if (!c->ref[k].backlogged)
			continue;
		sum += dist(c, k);
		weights += c->ref[k].weight;
		if (k == i)
			continue;
		behind += c->ref[k].cost;
		ahead += c->ref[k].credit;
	}
	rest = weights - r->weight;
	lag = r->weight * (sum / weights) - dist(c, i);

	behind = r->weight * behind + rest * r->credit;
	ahead = rest * (s128)r->cost + r->weight * ahead;
	/* Rounding: less than a cycle in all. */
	behind += weights;
	ahead += weights;
	if (lag / ONE * weights > behind || -lag / ONE * weights > ahead)
		SLIP("lag of %d is %Lg, bounds %Lg and %Lg", i,
		     (long double)lag / ONE, (long double)behind / weights,
		     (long double)-ahead / weights);
	part = (long double)magnitude(lag) / ONE * weights /
	       (lag < 0 ? ahead : behind);
	if (rest && magnitude(lag) > 1000 * ONE && part > lag_part)
		lag_part = part;

	if (magnitude(vr_ent_lag(&c->rq, &c->ent[i]) * ONE - lag) > 2 * ONE)
		SLIP("lag of %d is %lld, not %Lg", i,
		     (long long)vr_ent_lag(&c->rq, &c->ent[i]),
		     (long double)lag / ONE);
	bound = vr_runq_bound(&c->rq, &c->ent[i]);
	if (magnitude(lag) > bound * ONE)
		SLIP("lag of %d is %Lg, bound %llu", i,
		     (long double)lag / ONE, (unsigned long long)bound);
	if (charged && magnitude(lag) / ONE > r->lag_max)
		r->lag_max = magnitude(lag) / ONE;
	return 0;
}

/* Theorem 2, for a charged entity and all others; the extremes of an interval. */
static int check_pairs(struct cpu *c, int i)
{
	int k;

	if (only && only != 2)
		return 0;

	for (k = 0; k < N; k++) {
		int a = i < k ? i : k, b = i < k ? k : i;
		struct pair *p = &c->pair[a][b];
		s128 x, bound, range;

		if (k == i || !c->ref[k].backlogged)
			continue;
		x = c->ref[a].norm - c->ref[b].norm;
		if (x < p->min)
			p->min = x;
		if (x > p->max)
			p->max = x;
		if (c->ref[a].cost > p->cost_a)
			p->cost_a = c->ref[a].cost;
		if (c->ref[b].cost > p->cost_b)
			p->cost_b = c->ref[b].cost;
		range = p->max - p->min;
		bound = (p->cost_a + p->credit_a) * ONE /
				c->ref[a].weight +
			(p->cost_b + p->credit_b) * ONE /
				c->ref[b].weight;
		if (range > bound + 4 * UNIT)
			FAIL("services of %d and %d differ by %Lg, bound %Lg",
			     a, b, (long double)range / ONE,
			     (long double)bound / ONE);
		if ((double)range / bound > pair_part)
			pair_part = (double)range / bound;
	}
	return 0;
}

/* Theorem 4. */
static int check_service(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	u64 had = c->ent[i].used - r->since_used + r->since_debt + CREDIT + 1;
	s128 total = c->total - r->since_total, due;
	u32 weights = 0;
	int k;

	if (only && only != 4)
		return 0;
	for (k = 0; k < N; k++) {
		if (!r->since_max[k])
			continue;
		weights += r->since_max[k];
		total -= c->ref[k].cost + CREDIT;
	}
	due = r->since_min * total;
	if ((s128)had * weights < due)
		FAIL("%d had %llu cycles of %Lg due", i, (unsigned long long)had,
		     (long double)due / weights);
	if (due > 0 && (double)due / weights / had > service_part)
		service_part = (double)due / weights / had;
	return 0;
}

/* Theorem 5. */
static int check_wait(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	u64 bound = 0;
	int k;

	if (!r->waiting || (only && only != 5))
		return 0;
	r->waiting = false;
	for (k = 0; k < N; k++)
		if (r->wait_mask >> k & 1)
			bound += c->ref[k].cost + CREDIT;
	if (r->waited > bound)
		FAIL("%d waited %llu cycles, bound %llu", i,
		     (unsigned long long)r->waited, (unsigned long long)bound);
	if (bound && (double)r->waited / bound > wait_part)
		wait_part = (double)r->waited / bound;
	return 0;
}

/* The heap is a heap of all that are backlogged, its keys their passes. */
static int check_heap(struct cpu *c)
{
	u32 i, n = 0;

	if (only)
		return 0;

	for (i = 0; i < N; i++) {
		if (c->ent[i].backlogged != c->ref[i].backlogged)
			FAIL("%u is confused", i);
		n += c->ref[i].backlogged;
	}
	if (c->rq.n != n)
		FAIL("%u in the heap of %u", c->rq.n, n);
	for (i = ROOT + (c->running >= 0); i < ROOT + n; i++) {
		u32 parent = i / 4 + ROOT - 1;

		if (c->heap[i].pass != c->heap[i].ent->pass)
			FAIL("stale key");
		if (i > ROOT && (parent > ROOT || c->running < 0) &&
		    (s64)(c->heap[i].pass - c->heap[parent].pass) < 0)
			FAIL("no heap");
	}
	return 0;
}

static int resize(struct cpu *c, u32 slots)
{
	struct vr_slot *heap = malloc(slots * sizeof(*heap));

	free(vr_runq_set_heap(&c->rq, heap, slots));
	c->heap = heap;
	return 0;
}

static u32 some_weight(void)
{
	static const u32 decade[] = { 1, 10, 100, 1000, 10000 };
	u32 w = decade[rnd() % 5];

	return rnd() % 4 ? 1 + rnd() % w : w;
}

/* Half a slice or so, dear ones, and a very dear one now and then. */
static u64 some_cost(void)
{
	u64 r = rnd() % 4096;

	if (!r)
		return 1 + rnd() % VR_SCHED_COST_MAX;
	if (r < 64)
		return 1 + rnd() % (100 * CREDIT);
	return r < 1024 ? rnd() % 1000 : 1 + rnd() % CREDIT;
}

static int do_wake(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	u64 may = r->fresh ? 0 : c->rq.credit;
	s128 is, ought, credit = may * ONE / r->weight;

	wakes++;
	vr_runq_wake(&c->rq, &c->ent[i]);
	is = dist_seen(c, i);
	ought = r->pass - c->vtime;
	if (r->fresh || ought < -credit)
		ought = -credit;
	if (magnitude(is - ought) > 2 * UNIT || is < -credit)
		SLIP("%d wakes %Lg ahead, not %Lg", i, (long double)is / ONE,
		     (long double)ought / ONE);
	/* Take over what was rounded, which must not pile up. */
	if (magnitude(is - ought) > 2 * UNIT)
		is = ought;
	r->pass = c->vtime + is;
	r->fresh = false;
	r->backlogged = true;
	r->credit = is < 0 ? may : 0;
	if (dist(c, i) <= 0)
		r->cost = 0;
	r->waiting = is <= 0;
	r->waited = 0;
	r->wait_mask = 0;
	restart_pairs(c, i);
	restart_service(c, i);
	joined_services(c, i);
	return check_dist(c, i) || check_lag(c, i, false);
}

static int do_sleep(struct cpu *c, int i)
{
	int k;

	vr_runq_sleep(&c->rq, &c->ent[i]);
	c->ref[i].backlogged = false;
	if (c->running == i)
		c->running = -1;
	for (k = 0; k < N; k++)
		if (c->ref[k].backlogged)
			break;
	if (k == N)
		ref_advance(c, floor_unit(c->pass_max));
	return check_pass(c, i);
}

static int do_weight(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	u32 weight = some_weight();
	s128 d = dist(c, i), may = c->rq.credit;

	if (r->fresh || (!r->backlogged && d < -may * ONE))
		d = r->fresh ? 0 : -may * ONE;
	vr_ent_set_weight(&c->rq, &c->ent[i], weight);
	/* The floor of a sleeper is rounded, by a unit of its old weight. */
	if (!r->backlogged &&
	    magnitude(dist_seen(c, i) * weight - d) <= 2 * UNIT * r->weight)
		d = dist_seen(c, i) * weight;
	r->weight = weight;
	r->pass = c->vtime + d / weight;
	r->fresh = false;
	if (r->pass > c->pass_max)
		c->pass_max = r->pass;
	if (r->backlogged) {
		restart_pairs(c, i);
		joined_services(c, i);
	}
	return check_pass(c, i) ||
	       (r->backlogged && (check_dist(c, i) || check_lag(c, i, false)));
}

/* The VR goes away and another takes its place. */
static int do_replace(struct cpu *c, int i)
{
	struct ref *r = &c->ref[i];
	u32 weight = some_weight();

	if (r->backlogged && do_sleep(c, i))
		return 1;
	vr_ent_init(&c->ent[i], weight);
	*r = (struct ref) { .weight = weight, .fresh = true };
	restart_services(c);
	return 0;
}

/* Or if there is nobody, wake @idle. */
static int do_pick(struct cpu *c, int idle)
{
	struct vr_ent *first = vr_runq_first(&c->rq);
	struct vr_ent *ent = vr_runq_pick(&c->rq);
	s128 pass;
	int i, k;

	if (ent != first)
		FAIL("another was picked than the first");
	if (!ent) {
		for (k = 0; k < N; k++)
			if (c->ref[k].backlogged)
				FAIL("%d was not picked", k);
		return do_wake(c, idle);
	}
	i = ent - c->ent;
	if (!c->ref[i].backlogged)
		FAIL("%d was picked asleep", i);
	pass = c->ref[i].pass;
	for (k = 0; k < N; k++)
		if (c->ref[k].backlogged && c->ref[k].pass + UNIT + EPS < pass)
			SLIP("%d was picked, not %d", i, k);
	picks++;
	c->running = i;
	ref_advance(c, floor_unit(pass));
	if (check_pass(c, i) || check_dist(c, i) || check_service(c, i) ||
	    check_wait(c, i))
		return 1;
	c->ref[i].cost = 0;
	return 0;
}

static int do_charge(struct cpu *c)
{
	int i = c->running, k;
	struct vr_ent *ent = &c->ent[i];
	struct ref *r = &c->ref[i];
	u64 cost = some_cost();

	if (check_lag(c, i, true))
		return 1;
	vr_runq_charge(&c->rq, ent, cost);
	r->pass += cost * ONE / r->weight;
	r->norm += cost * ONE / r->weight;
	r->cost = cost;
	c->total += cost;
	if (r->pass > c->pass_max)
		c->pass_max = r->pass;
	for (k = 0; k < N; k++) {
		c->ref[k].waited += cost;
		c->ref[k].wait_mask |= 1U << i;
	}
	if (check_lag(c, i, true))
		return 1;
	if (ent->lag_max > ent->lag_bound)
		SLIP("lag_max %llu, its bound %llu",
		     (unsigned long long)ent->lag_max,
		     (unsigned long long)ent->lag_bound);
	if (ent->lag_max > r->lag_max + 2 || ent->lag_max + 2 < r->lag_max)
		SLIP("lag_max %llu, not %llu", (unsigned long long)ent->lag_max,
		     (unsigned long long)r->lag_max);
	return check_pass(c, i) || check_dist(c, i) || check_pairs(c, i);
}

static int do_charge_and_go(struct cpu *c, bool empty)
{
	int i = c->running;

	if (do_charge(c))
		return 1;
	if (empty)
		return do_sleep(c, i);
	vr_runq_put_back(&c->rq, &c->ent[i]);
	c->running = -1;
	return 0;
}

static void shift_pass(u64 *pass, u32 *era, u64 by, u32 eras)
{
	*pass += by;
	if (era)
		*era += eras + (*pass < by);
}

/*
 * As if all had got far more service, to shortly before or after a wrap.  For
 * who sleeps either did too, or it has slept for that long.
 */
static int do_shift(struct cpu *c)
{
	u64 by = (rnd() % 4 << 62) - c->rq.vtime + (rnd() % (1ULL << 42)) -
		 (1ULL << 41);
	bool all = rnd() % 2;
	u32 eras = rnd() % 2, i;

	shift_pass(&c->rq.pass_max, NULL, by, eras);
	shift_pass(&c->rq.vtime, &c->rq.era, by, eras);
	for (i = ROOT; i < ROOT + c->rq.n; i++)
		c->heap[i].pass += by;
	for (i = 0; i < N; i++) {
		struct ref *r = &c->ref[i];

		if (r->fresh)
			continue;
		if (all || r->backlogged) {
			shift_pass(&c->ent[i].pass,
				   r->backlogged ? NULL : &c->ent[i].era, by,
				   eras);
		} else {
			r->pass -= ((s128)eras << 64 | by) * UNIT;
			/* As good as this, and it must not overflow. */
			if (r->pass < c->vtime - ((s128)1 << 120))
				r->pass = c->vtime - ((s128)1 << 120);
		}
	}
	if (!all)
		restart_services(c);
	return 0;
}

/* Keep the reference's numbers small. */
static void normalise(struct cpu *c)
{
	int i;

	for (i = 0; i < N; i++)
		c->ref[i].pass -= c->vtime;
	c->pass_max -= c->vtime;
	c->vtime = 0;
}

/* The VR's packets go to the other CPU from now on. */
static int do_move(struct cpu *c, int i)
{
	struct cpu *to = c == cpus ? cpus + 1 : cpus;

	if (do_sleep(c, i))
		return 1;
	return to->ref[i].backlogged ? 0 : do_wake(to, i);
}

static int check_all(struct cpu *c)
{
	s64 sum = 0;
	int i;

	for (i = 0; i < N; i++) {
		if (!c->ref[i].backlogged)
			continue;
		if (check_pass(c, i) || check_dist(c, i) || check_lag(c, i, false))
			return 1;
		sum += vr_ent_lag(&c->rq, &c->ent[i]);
	}
	if (sum > N || sum < -N)
		SLIP("the lags add up to %lld", (long long)sum);
	return check_heap(c);
}

/* @busy: how many of 16 polls leave packets behind
 * @calm: nobody but packets comes and goes
 */
static int random_step(struct cpu *c, u32 busy, bool calm)
{
	int i = rnd() % N;
	struct ref *r = &c->ref[i];
	u32 what = rnd() % 32;

	if (what < 4 && !r->backlogged)
		return do_wake(c, i);
	if (what == 4 && r->backlogged && i != c->running && rnd() % 16 >= busy)
		return do_sleep(c, i);
	if (what == 5 && r->backlogged && i != c->running && rnd() % 4 == 0)
		return do_move(c, i);
	if (what == 6 && !calm && rnd() % 8 == 0)
		return do_weight(c, i);
	if (what == 7 && !calm && rnd() % 64 == 0)
		return do_replace(c, i);
	if (what == 8 && !calm && rnd() % 64 == 0)
		return do_shift(c);
	if (what == 9 && rnd() % 64 == 0)
		return resize(c, N + ROOT + rnd() % N);
	if (what == 10 && !calm && rnd() % 64 == 0) {
		vr_runq_set_credit(&c->rq, CREDIT >> rnd() % 6);
		return 0;
	}
	if (c->running < 0)
		return do_pick(c, i);
	/* Taken away while it runs, before anybody knows what it cost. */
	if (rnd() % 256 == 0)
		return do_sleep(c, c->running);
	return do_charge_and_go(c, rnd() % 16 >= busy);
}

static int random_steps(long steps)
{
	bool calm = false;
	u32 busy = 16, i;
	struct cpu *c;

	for (c = cpus; c < cpus + 2; c++) {
		vr_runq_init(&c->rq, CREDIT);
		resize(c, N + ROOT);
		c->running = -1;
		for (i = 0; i < N; i++)
			if (do_replace(c, i))
				return 1;
	}
	for (step = 0; step < steps; step++) {
		if (step % 4096 == 0)
			busy = rnd() % 17;
		if (step % 65536 == 0)
			calm = rnd() % 2;
		c = &cpus[rnd() % 2];
		if (random_step(c, busy, calm))
			return 1;
		if (step % 64 == 0 && check_all(c))
			return 1;
		if (step % 1024 == 0)
			normalise(c);
	}
	free(cpus[0].heap);
	free(cpus[1].heap);
	return 0;
}

int main(int argc, char **argv)
{
	long steps = argc > 1 ? atol(argv[1]) : STEPS;
	int err;

	if (argc > 2)
		seed = atol(argv[2]);
	only = argc > 3 ? atoi(argv[3]) : 0;
	printf("TAP version 13\n1..1\n");
	err = random_steps(steps);
	printf("# seed %s: %ld picks, %ld wake-ups\n",
	       argc > 2 ? argv[2] : "1", picks, wakes);
	printf("# up to %.3f of the bound on lag, %.3f on services, %.3f on shares, ",
	       lag_part, pair_part, service_part);
	printf("%.3f on waits\n", wait_part);
	printf("%sok 1 sched: %ld random steps as an exact reference does them\n",
	       err ? "not " : "", steps);
	return err;
}
