// SPDX-License-Identifier: GPL-2.0
/*
 * Which VR belongs on which CPU: the decisions only, nothing of the system.
 *
 * What is wrong with a placement is counted in CPUs.  It is the sum of
 * - what each VR lacks of the time that it would have if all CPUs were one, by
 *   its weight and no more than it asks for;
 * - the load of the busiest of the CPUs that a move is about, up to what it has;
 * - a tenth of the load that runs on another NUMA node than the VR's ports.
 * A move is the better the more it takes off this.  Moves are of one VR to one
 * CPU; of a VR that asks for more than a CPU, to one CPU more; or of two VRs
 * that swap CPUs.  The best one is taken, until none reaches the threshold.
 *
 * Not a goal: the best of all placements, which may be many moves away.  Each
 * move costs caches and, for a moment, latency, so few that help are better.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define REMOTE	 0.1 /* what work on the wrong node costs more */
#define LARGE	 0.9 /* of a CPU; more than that calls for another one */
#define SWAPS	 16  /* VRs of a CPU that are tried in swaps */
#define TRIES	 4   /* CPUs that are tried for a VR */
#define MIN_LOAD 0.001

bool plan_alloc(struct plan *plan, size_t n_cpus, size_t n_vrs)
{
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->cpus = calloc(n_cpus + 1, sizeof(*plan->cpus));
	plan->vrs = calloc(n_vrs + 1, sizeof(*plan->vrs));
	plan->ideal = calloc(n_vrs + 1, sizeof(*plan->ideal));
	plan->total = calloc(n_vrs + 1, sizeof(*plan->total));
	plan->asks = calloc(n_vrs + 1, sizeof(*plan->asks));
	plan->given = calloc(n_vrs * n_cpus + 1, sizeof(*plan->given));
	plan->open = calloc(n_vrs + 1, sizeof(*plan->open));
	if (!plan->cpus || !plan->vrs || !plan->ideal || !plan->total || !plan->asks ||
	    !plan->given || !plan->open)
		return false;
	plan->n_cpus = n_cpus;
	for (i = 0; i < n_vrs; i++) {
		plan->vrs[i].mask = calloc(n_cpus + 1, sizeof(*plan->vrs[i].mask));
		plan->vrs[i].load = calloc(n_cpus + 1, sizeof(*plan->vrs[i].load));
		plan->n_vrs = i + 1;
		if (!plan->vrs[i].mask || !plan->vrs[i].load)
			return false;
	}
	return true;
}

void plan_free(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_vrs; i++) {
		free(plan->vrs[i].mask);
		free(plan->vrs[i].load);
	}
	free(plan->cpus);
	free(plan->vrs);
	free(plan->ideal);
	free(plan->total);
	free(plan->asks);
	free(plan->given);
	free(plan->open);
	memset(plan, 0, sizeof(*plan));
}

void plan_move_free(struct plan_move *move)
{
	size_t i;

	for (i = 0; i < PLAN_STEPS; i++)
		free(move->mask[i]);
	memset(move, 0, sizeof(*move));
}

const char *plan_mask_text(const struct plan *plan, const bool *mask, char *buf, size_t len)
{
	size_t i, last, used = 0;

	buf[0] = '\0';
	for (i = 0; i < plan->n_cpus && used < len; i++) {
		if (!mask[i])
			continue;
		for (last = i; last + 1 < plan->n_cpus && mask[last + 1] &&
			       plan->cpus[last + 1].cpu == plan->cpus[last].cpu + 1;)
			last++;
		used += snprintf(buf + used, len - used, "%s%u", used ? "," : "",
				 plan->cpus[i].cpu);
		if (last > i && used < len)
			used += snprintf(buf + used, len - used, "-%u", plan->cpus[last].cpu);
		i = last;
	}
	return buf;
}

/* What a placement gives to whom */

/* Shares by weight of what is asked; what one does not ask for goes to others. */
static void share(const struct plan *plan, double capacity, double *gets)
{
	double left = capacity, level = 0, weight;
	size_t *open = plan->open, n = 0, i, v;
	bool again = true;

	for (v = 0; v < plan->n_vrs; v++) {
		gets[v] = 0;
		if (plan->asks[v] > 0)
			open[n++] = v;
	}
	while (again) {
		again = false;
		weight = 0;
		for (i = 0; i < n; i++)
			weight += plan->vrs[open[i]].weight;
		level = weight > 0 && left > 0 ? left / weight : 0;
		for (i = 0; i < n; i++) {
			v = open[i];
			if (plan->asks[v] > level * plan->vrs[v].weight)
				continue;
			gets[v] = plan->asks[v];
			left -= gets[v];
			open[i--] = open[--n];
			again = true;
		}
	}
	for (i = 0; i < n; i++)
		gets[open[i]] = level * plan->vrs[open[i]].weight;
}

static void share_cpu(struct plan *plan, size_t c)
{
	double *gets = plan->given + c * plan->n_vrs;
	size_t v;

	for (v = 0; v < plan->n_vrs; v++) {
		plan->total[v] -= gets[v];
		plan->asks[v] = plan->vrs[v].load[c];
	}
	share(plan, plan->cpus[c].capacity, gets);
	for (v = 0; v < plan->n_vrs; v++)
		plan->total[v] += gets[v];
}

static double wanted(const struct plan *plan, size_t v)
{
	double sum = 0;
	size_t c;

	for (c = 0; c < plan->n_cpus; c++)
		sum += plan->vrs[v].load[c];
	return sum;
}

static void get_ready(struct plan *plan)
{
	double capacity = 0;
	size_t c, v;

	if (plan->ready)
		return;
	plan->ready = true;
	for (c = 0; c < plan->n_cpus; c++) {
		share_cpu(plan, c);
		capacity += plan->cpus[c].capacity;
	}
	for (v = 0; v < plan->n_vrs; v++)
		plan->asks[v] = wanted(plan, v);
	share(plan, capacity, plan->ideal);
}

static double cpu_load(const struct plan *plan, size_t c)
{
	double sum = 0;
	size_t v;

	for (v = 0; v < plan->n_vrs; v++)
		sum += plan->vrs[v].load[c];
	return sum;
}

static bool is_remote(const struct plan *plan, size_t v, size_t c)
{
	return plan->vrs[v].node >= 0 && plan->cpus[c].node >= 0 &&
	       plan->vrs[v].node != plan->cpus[c].node;
}

/* What is wrong, as far as these CPUs have to do with it. */
struct wrong {
	double lack;
	double busiest;
	double remote;
};

static struct wrong look(const struct plan *plan, const bool *cpus)
{
	struct wrong wrong = {};
	double load;
	size_t c, v;

	for (v = 0; v < plan->n_vrs; v++)
		if (plan->ideal[v] > plan->total[v])
			wrong.lack += plan->ideal[v] - plan->total[v];
	for (c = 0; c < plan->n_cpus; c++) {
		if (!cpus[c])
			continue;
		load = cpu_load(plan, c);
		if (load > plan->cpus[c].capacity)
			load = plan->cpus[c].capacity;
		if (load > wrong.busiest)
			wrong.busiest = load;
		for (v = 0; v < plan->n_vrs; v++)
			if (is_remote(plan, v, c))
				wrong.remote += plan->vrs[v].load[c];
	}
	return wrong;
}

static double weigh(const struct wrong *wrong)
{
	return wrong->lack + wrong->busiest + REMOTE * wrong->remote;
}

/* Moves */

/* A move that is tried: who, where to, and what else is to know of it. */
struct trial {
	size_t n;
	size_t vr[PLAN_STEPS];
	bool *mask[PLAN_STEPS];
	double *old[PLAN_STEPS];
	bool *cpus;
	struct wrong before;
	struct wrong after;
};

static bool trial_alloc(const struct plan *plan, struct trial *t)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	t->cpus = calloc(plan->n_cpus, sizeof(*t->cpus));
	for (i = 0; i < PLAN_STEPS; i++) {
		t->mask[i] = calloc(plan->n_cpus, sizeof(*t->mask[i]));
		t->old[i] = calloc(plan->n_cpus, sizeof(*t->old[i]));
		if (!t->mask[i] || !t->old[i])
			return false;
	}
	return t->cpus;
}

static void trial_free(struct trial *t)
{
	size_t i;

	for (i = 0; i < PLAN_STEPS; i++) {
		free(t->mask[i]);
		free(t->old[i]);
	}
	free(t->cpus);
}

static void share_cpus(struct plan *plan, const bool *cpus)
{
	size_t c;

	for (c = 0; c < plan->n_cpus; c++)
		if (cpus[c])
			share_cpu(plan, c);
}

/* The load of a VR is taken to spread over its CPUs as these have capacity. */
static void put_load(struct plan *plan, const struct trial *t)
{
	double capacity, sum;
	size_t i, c;

	for (i = 0; i < t->n; i++) {
		capacity = 0;
		sum = wanted(plan, t->vr[i]);
		for (c = 0; c < plan->n_cpus; c++) {
			t->old[i][c] = plan->vrs[t->vr[i]].load[c];
			capacity += t->mask[i][c] ? plan->cpus[c].capacity : 0;
		}
		for (c = 0; c < plan->n_cpus; c++)
			plan->vrs[t->vr[i]].load[c] =
				t->mask[i][c] ? sum * plan->cpus[c].capacity / capacity : 0;
	}
}

/* The gain of a move, which is then undone. */
static double try_move(struct plan *plan, struct trial *t)
{
	size_t i, c;

	for (c = 0; c < plan->n_cpus; c++)
		for (i = 0, t->cpus[c] = false; i < t->n; i++)
			if (t->mask[i][c] || plan->vrs[t->vr[i]].load[c] > 0)
				t->cpus[c] = true;
	t->before = look(plan, t->cpus);
	put_load(plan, t);
	share_cpus(plan, t->cpus);
	t->after = look(plan, t->cpus);
	for (i = 0; i < t->n; i++)
		memcpy(plan->vrs[t->vr[i]].load, t->old[i], plan->n_cpus * sizeof(*t->old[i]));
	share_cpus(plan, t->cpus);
	return weigh(&t->before) - weigh(&t->after);
}

static void explain(const struct plan *plan, const struct trial *t, struct plan_move *move)
{
	double lack = t->before.lack - t->after.lack;
	const struct plan_vr *vr = &plan->vrs[t->vr[0]];
	size_t used = 0, room = sizeof(move->reason);
	const char *sep = "";

	move->reason[0] = '\0';
	if (wanted(plan, t->vr[0]) > 1) {
		used += snprintf(move->reason, room, "it asks for %.0f%% of a CPU",
				 100 * wanted(plan, t->vr[0]));
		sep = ", ";
	}
	if (lack >= 0.005) {
		used += snprintf(move->reason + used, room - used,
				 "%sVRs get %.0f%% of a CPU more of what they are entitled to", sep,
				 100 * lack);
		sep = ", ";
	}
	if (lround(100 * t->before.busiest) > lround(100 * t->after.busiest)) {
		used += snprintf(move->reason + used, room - used,
				 "%sthe busiest CPU falls from %.0f%% to %.0f%%", sep,
				 100 * t->before.busiest, 100 * t->after.busiest);
		sep = ", ";
	}
	if (t->before.remote - t->after.remote >= 0.005)
		snprintf(move->reason + used, room - used, "%sits ports are on NUMA node %d", sep,
			 vr->node);
}

static bool keep(const struct plan *plan, const struct trial *t, double gain,
		 struct plan_move *move)
{
	size_t i;

	move->n = t->n;
	move->gain = gain;
	for (i = 0; i < t->n; i++) {
		move->vr[i] = t->vr[i];
		if (!move->mask[i])
			move->mask[i] = calloc(plan->n_cpus, sizeof(*move->mask[i]));
		if (!move->mask[i])
			return false;
		memcpy(move->mask[i], t->mask[i], plan->n_cpus * sizeof(*t->mask[i]));
	}
	explain(plan, t, move);
	return true;
}

static void consider(struct plan *plan, struct trial *t, struct plan_move *move)
{
	double gain = try_move(plan, t);

	/* Of equal moves the first one, whatever the last digits say. */
	if (gain > move->gain + 1e-6)
		keep(plan, t, gain, move);
}

static bool may_move(const struct plan *plan, size_t v)
{
	/* Whoever asks for little can not gain much by going, nor can others. */
	return !plan->vrs[v].held && wanted(plan, v) > plan->threshold / 4 &&
	       wanted(plan, v) > MIN_LOAD;
}

/* How good a CPU looks as a place for a VR, whatever it has there now. */
static double attraction(const struct plan *plan, size_t c, size_t v)
{
	double load = plan->vrs[v].load[c], free = plan->cpus[c].capacity;
	double weight = 1 + plan->cpus[c].weight - (load > 0 ? plan->vrs[v].weight : 0);

	free -= plan->cpus[c].load - load;
	return (free > 0 ? free : 0) + plan->cpus[c].capacity / weight -
	       (is_remote(plan, v, c) ? REMOTE : 0);
}

/* What there is on each CPU, for attraction(). */
static void sum_up(struct plan *plan)
{
	struct plan_cpu *cpu;
	size_t c, v;

	for (c = 0; c < plan->n_cpus; c++) {
		cpu = &plan->cpus[c];
		cpu->load = cpu_load(plan, c);
		cpu->weight = 0;
		for (v = 0; v < plan->n_vrs; v++)
			if (plan->vrs[v].load[c] > 0)
				cpu->weight += plan->vrs[v].weight;
	}
}

/* The CPUs by attraction, best first, as many as are worth a try; how many. */
static size_t best_cpus(const struct plan *plan, size_t v, size_t *best)
{
	double value[TRIES], one;
	size_t c, i, n = 0;

	for (c = 0; c < plan->n_cpus; c++) {
		if (!plan->cpus[c].usable || plan->cpus[c].capacity <= 0)
			continue;
		one = attraction(plan, c, v);
		for (i = n; i && value[i - 1] < one; i--)
			if (i < TRIES) {
				value[i] = value[i - 1];
				best[i] = best[i - 1];
			}
		if (i < TRIES) {
			value[i] = one;
			best[i] = c;
			n += n < TRIES;
		}
	}
	return n;
}

/* Alone on a CPU where it is not alone already. */
static bool is_at(const struct plan *plan, size_t v, size_t c)
{
	size_t i;

	for (i = 0; i < plan->n_cpus; i++)
		if (plan->vrs[v].mask[i] != (i == c))
			return false;
	return true;
}

static void try_single(struct plan *plan, struct trial *t, size_t v, struct plan_move *move)
{
	size_t best[TRIES], i, n = best_cpus(plan, v, best);

	t->n = 1;
	t->vr[0] = v;
	for (i = 0; i < n; i++) {
		if (is_at(plan, v, best[i]))
			continue;
		memset(t->mask[0], 0, plan->n_cpus * sizeof(*t->mask[0]));
		t->mask[0][best[i]] = true;
		consider(plan, t, move);
	}
}

/* One CPU more than it runs on for a VR that fills those it has. */
static void try_spread(struct plan *plan, struct trial *t, size_t v, struct plan_move *move)
{
	size_t best[TRIES], i, c, n;
	double capacity = 0;

	t->n = 1;
	t->vr[0] = v;
	for (c = 0; c < plan->n_cpus; c++) {
		t->mask[0][c] = plan->vrs[v].mask[c] && plan->vrs[v].load[c] > MIN_LOAD;
		capacity += t->mask[0][c] ? plan->cpus[c].capacity : 0;
	}
	if (wanted(plan, v) <= LARGE * capacity)
		return;
	n = best_cpus(plan, v, best);
	for (i = 0; i < n; i++) {
		/* A CPU that it may use and does not will not be used for asking. */
		if (plan->vrs[v].mask[best[i]])
			continue;
		t->mask[0][best[i]] = true;
		consider(plan, t, move);
		t->mask[0][best[i]] = false;
	}
}

/* VRs that are on this CPU only, the largest first; how many. */
static size_t tenants(const struct plan *plan, size_t c, size_t *vrs)
{
	size_t v, i, n = 0;

	for (v = 0; v < plan->n_vrs; v++) {
		if (!may_move(plan, v) || !is_at(plan, v, c))
			continue;
		for (i = n; i && plan->vrs[vrs[i - 1]].load[c] < plan->vrs[v].load[c]; i--)
			if (i < SWAPS)
				vrs[i] = vrs[i - 1];
		if (i < SWAPS) {
			vrs[i] = v;
			n += n < SWAPS;
		}
	}
	return n;
}

static void try_swaps(struct plan *plan, struct trial *t, size_t a, size_t b,
		      struct plan_move *move)
{
	size_t va[SWAPS], vb[SWAPS], i, j, na, nb;

	na = tenants(plan, a, va);
	nb = tenants(plan, b, vb);
	t->n = 2;
	memset(t->mask[0], 0, plan->n_cpus * sizeof(*t->mask[0]));
	memset(t->mask[1], 0, plan->n_cpus * sizeof(*t->mask[1]));
	t->mask[0][b] = true;
	t->mask[1][a] = true;
	for (i = 0; i < na; i++)
		for (j = 0; j < nb; j++) {
			t->vr[0] = va[i];
			t->vr[1] = vb[j];
			consider(plan, t, move);
		}
}

/* The busiest CPU, by what is asked of it. */
static size_t busiest(const struct plan *plan)
{
	double most = -1, load;
	size_t c, at = 0;

	for (c = 0; c < plan->n_cpus; c++) {
		load = plan->cpus[c].capacity > 0 ? cpu_load(plan, c) / plan->cpus[c].capacity : 0;
		if (plan->cpus[c].usable && load > most) {
			most = load;
			at = c;
		}
	}
	return at;
}

static void apply(struct plan *plan, const struct plan_move *move, struct trial *t)
{
	struct plan_vr *vr;
	size_t i;

	t->n = move->n;
	for (i = 0; i < move->n; i++) {
		vr = &plan->vrs[move->vr[i]];
		t->vr[i] = move->vr[i];
		memcpy(t->mask[i], move->mask[i], plan->n_cpus * sizeof(*vr->mask));
		memcpy(vr->mask, move->mask[i], plan->n_cpus * sizeof(*vr->mask));
		vr->held = true;
	}
	put_load(plan, t);
	for (i = 0; i < plan->n_cpus; i++)
		share_cpu(plan, i);
}

bool plan_next(struct plan *plan, struct plan_move *move)
{
	struct trial t;
	size_t v, c, a;

	memset(move, 0, sizeof(*move));
	get_ready(plan);
	if (plan->n_cpus < 2 || !trial_alloc(plan, &t)) {
		if (plan->n_cpus >= 2)
			trial_free(&t);
		return false;
	}
	sum_up(plan);
	for (v = 0; v < plan->n_vrs; v++) {
		if (!may_move(plan, v))
			continue;
		try_single(plan, &t, v, move);
		try_spread(plan, &t, v, move);
	}
	if (move->gain < plan->threshold) {
		/* Two moves have to gain twice as much. */
		plan_move_free(move);
		move->gain = 2 * plan->threshold - 1e-6;
		a = busiest(plan);
		for (c = 0; c < plan->n_cpus; c++)
			if (c != a && plan->cpus[c].usable && plan->cpus[a].usable)
				try_swaps(plan, &t, a, c, move);
	}
	if (move->n)
		apply(plan, move, &t);
	trial_free(&t);
	return move->n;
}
