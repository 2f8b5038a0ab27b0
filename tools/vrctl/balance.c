// SPDX-License-Identifier: GPL-2.0
/* vrctl balance: put VRs on CPUs by what they were measured to need. */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "numa.h"
#include "out.h"
#include "plan.h"
#include "sample.h"
#include "vr.h"
#include "vrctl.h"

#define LEAST_CAPACITY 0.05
#define NODES_DIFFER   -2

enum {
	INTERVAL,
	THRESHOLD,
	CPUS,
	HOLD,
	COUNT,
};

/* VRs that were moved, by ifindex. */
static struct {
	int ifindex;
	uint64_t time;
} * moved;

static size_t n_moved;

static bool is_held(int ifindex, uint64_t now, uint64_t hold)
{
	size_t i;

	for (i = 0; i < n_moved; i++)
		if (moved[i].ifindex == ifindex)
			return now - moved[i].time < hold;
	return false;
}

static void remember(int ifindex, uint64_t now)
{
	void *bigger;
	size_t i;

	for (i = 0; i < n_moved && moved[i].ifindex != ifindex; i++)
		;
	if (i == n_moved) {
		bigger = reallocarray(moved, n_moved + 1, sizeof(*moved));
		if (!bigger)
			return;
		moved = bigger;
		n_moved++;
	}
	moved[i].ifindex = ifindex;
	moved[i].time = now;
}

/* What the plan is made of */

static void mark_usable(unsigned int cpu, void *data)
{
	struct plan *plan = data;
	size_t i;

	for (i = 0; i < plan->n_cpus; i++)
		if (plan->cpus[i].cpu == cpu)
			plan->cpus[i].usable = true;
}

static void mark_online(unsigned int cpu, void *data)
{
	bool *online = data;

	if (cpu < 65536)
		online[cpu] = true;
}

static void limit_to_online(struct plan *plan)
{
	static bool online[65536];
	char list[1024] = "";
	size_t i;
	FILE *file;

	file = fopen("/sys/devices/system/cpu/online", "r");
	if (!file)
		return;
	if (fgets(list, sizeof(list), file)) {
		list[strcspn(list, "\n")] = '\0';
		memset(online, 0, sizeof(online));
		if (cpus_parse(list, mark_online, online))
			for (i = 0; i < plan->n_cpus; i++)
				plan->cpus[i].usable &= online[plan->cpus[i].cpu];
	}
	fclose(file);
}

static void fill_cpus(struct plan *plan, const struct sample *old, const struct sample *now,
		      const char *list)
{
	double span = now->time - old->time;
	struct plan_cpu *cpu;
	struct core_time time;
	size_t i;

	for (i = 0; i < plan->n_cpus; i++) {
		cpu = &plan->cpus[i];
		cpu->cpu = now->cores[i].cpu;
		cpu->node = numa_of_cpu(cpu->cpu);
		cpu->usable = !list || !strcmp(list, "all");
		core_since(old, &now->cores[i], &time);
		cpu->capacity = 1 - (core_overhead(&time) + core_elsewhere(&time)) / span;
		if (cpu->capacity < LEAST_CAPACITY)
			cpu->capacity = LEAST_CAPACITY;
	}
	if (list && strcmp(list, "all"))
		cpus_parse(list, mark_usable, plan);
	limit_to_online(plan);
}

struct mask_ctx {
	const struct plan *plan;
	bool *mask;
};

static void set_cpu(unsigned int cpu, void *data)
{
	const struct mask_ctx *ctx = data;
	size_t i;

	for (i = 0; i < ctx->plan->n_cpus; i++)
		if (ctx->plan->cpus[i].cpu == cpu)
			ctx->mask[i] = true;
}

static void fill_mask(const struct plan *plan, const char *list, bool *mask)
{
	struct mask_ctx ctx = { .plan = plan, .mask = mask };
	size_t i;

	if (list && strcmp(list, "all") && cpus_parse(list, set_cpu, &ctx))
		return;
	for (i = 0; i < plan->n_cpus; i++)
		mask[i] = true;
}

/*
 * What a VR asks for: what it used, and as much again for each packet that was
 * dropped since too many waited as it used for one that was not.
 */
static void fill_load(struct plan_vr *p, const struct vr_sample *vr, const struct vr_sample *then,
		      const struct plan *plan, double span)
{
	uint64_t rx = vr->rx - then->rx, excess = vr->excess - then->excess;
	double more = rx ? 1 + (double)excess / rx : 1, sum = 0;
	size_t c;

	for (c = 0; c < plan->n_cpus; c++) {
		p->load[c] = vr->share && then->share && vr->share[c].used > then->share[c].used
				     ? (vr->share[c].used - then->share[c].used) / span * more
				     : 0;
		sum += p->load[c];
	}
	for (c = 0; sum > plan->n_cpus && c < plan->n_cpus; c++)
		p->load[c] *= plan->n_cpus / sum;
}

struct ports_ctx {
	struct plan *plan;
	const struct sample *sample;
};

static void port_row(uint8_t cmd, const struct nl_attrs *port, void *data)
{
	const struct ports_ctx *ctx = data;
	const struct vr_sample *vr;
	struct plan_vr *p;
	int node;

	(void)cmd;
	vr = sample_vr(ctx->sample, nl_u32(port->tb[VROUTER_A_PORT_VR_IFINDEX]));
	node = numa_of_dev(nl_str(port->tb[VROUTER_A_PORT_IFNAME]),
			   nl_u32(port->tb[VROUTER_A_PORT_IFINDEX]));
	if (!vr || node < 0)
		return;
	p = &ctx->plan->vrs[vr - ctx->sample->vrs];
	if (p->node == -1)
		p->node = node;
	else if (p->node != node)
		p->node = NODES_DIFFER;
}

static int fill_nodes(struct plan *plan, const struct sample *now)
{
	struct ports_ctx ctx = { .plan = plan, .sample = now };

	return nl_genl_dump(VROUTER_CMD_PORT_GET, port_row, &ctx);
}

static int fill_plan(struct plan *plan, const struct sample *old, const struct sample *now,
		     const struct value *val)
{
	uint64_t hold = val[HOLD].given ? (uint64_t)val[HOLD].num * NS_PER_MS : 30ULL * NS_PER_SEC;
	const struct vr_sample *then;
	struct plan_vr *p;
	size_t i;

	if (!plan_alloc(plan, now->n_cores, now->n_vrs)) {
		perror("Error: balance");
		return EXIT_LOCAL;
	}
	plan->threshold = (val[THRESHOLD].given ? val[THRESHOLD].num : 5) / 100.0;
	fill_cpus(plan, old, now, val[CPUS].given ? val[CPUS].str : NULL);
	for (i = 0; i < now->n_vrs; i++) {
		p = &plan->vrs[i];
		then = sample_vr(old, now->vrs[i].ifindex);
		p->name = now->vrs[i].name;
		p->weight = now->vrs[i].weight;
		p->node = -1;
		/* One that is shut off, or is new, says nothing of what it needs. */
		p->held = now->vrs[i].quarantine || !then ||
			  is_held(now->vrs[i].ifindex, now->time, hold);
		fill_mask(plan, now->vrs[i].cpus, p->mask);
		if (then)
			fill_load(p, &now->vrs[i], then, plan, now->vr_time - old->vr_time);
	}
	return fill_nodes(plan, now);
}

/* What comes of it */

static void print_loads(const struct plan *plan)
{
	size_t c, v;

	for (c = 0; c < plan->n_cpus; c++) {
		printf("CPU %u: %.0f%% for VRs%s:", plan->cpus[c].cpu, 100 * plan->cpus[c].capacity,
		       plan->cpus[c].usable ? "" : ", not to be used");
		for (v = 0; v < plan->n_vrs; v++)
			if (plan->vrs[v].load[c] >= 0.0005)
				printf(" %s%s%s %.1f%%", color_on(ROLE_NAME), plan->vrs[v].name,
				       color_off(ROLE_NAME), 100 * plan->vrs[v].load[c]);
		putchar('\n');
	}
}

static void print_step(const struct vr_sample *vr, const char *to, const struct plan_move *move,
		       bool dry, bool alone)
{
	const char *from = vr->cpus ? vr->cpus : "all";

	if (!opt.json) {
		printf("%s%s%s: cpus %s -> %s: %s (gains %.0f%% of a CPU)\n", color_on(ROLE_NAME),
		       vr->name, color_off(ROLE_NAME), from, to, move->reason, 100 * move->gain);
		return;
	}
	if (!alone)
		json_list();
	json_obj(NULL);
	json_str("vr", vr->name);
	json_str("from", from);
	json_str("to", to);
	json_real("gain", move->gain);
	json_str("reason", move->reason);
	json_bool("applied", !dry);
	json_obj_end();
	if (alone)
		json_done();
}

static int do_move(const struct plan *plan, const struct sample *now, const struct plan_move *move,
		   bool dry, bool alone)
{
	const struct vr_sample *vr;
	char to[1024];
	size_t i;
	int ret;

	for (i = 0; i < move->n; i++) {
		vr = &now->vrs[move->vr[i]];
		plan_mask_text(plan, move->mask[i], to, sizeof(to));
		ret = dry ? EXIT_OK : vr_set_cpus(vr->name, to);
		/* One that went away meanwhile needs no CPU. */
		if (ret && if_nametoindex(vr->name))
			return ret;
		if (ret)
			continue;
		remember(vr->ifindex, now->time);
		print_step(vr, to, move, dry, alone);
	}
	return EXIT_OK;
}

/* Moves by what happened from one sample to the other; how many, in *moves. */
static int decide(const struct sample *old, const struct sample *now, const struct value *val,
		  bool dry, bool alone, unsigned int *moves)
{
	struct plan_move move;
	struct plan plan;
	int ret;

	*moves = 0;
	ret = fill_plan(&plan, old, now, val);
	if (!ret && opt.details && !opt.json)
		print_loads(&plan);
	while (!ret && plan_next(&plan, &move)) {
		ret = do_move(&plan, now, &move, dry, alone);
		plan_move_free(&move);
		++*moves;
	}
	plan_free(&plan);
	return ret;
}

static void wait_for(const struct value *val, uint32_t def_ms)
{
	uint32_t ms = val[INTERVAL].given ? val[INTERVAL].num : def_ms;
	struct timespec ts = { .tv_sec = ms / MSEC_PER_SEC,
			       .tv_nsec = ms % MSEC_PER_SEC * (long)NS_PER_MS };

	while (nanosleep(&ts, &ts))
		;
}

static int once(const struct value *val, bool dry)
{
	struct sample old, now = {};
	unsigned int moves;
	int ret;

	ret = sample_take(&old, true);
	if (!ret) {
		wait_for(val, 1000);
		ret = sample_take(&now, true);
	}
	if (!ret)
		ret = decide(&old, &now, val, dry, false, &moves);
	if (!ret && opt.json)
		json_list_end();
	else if (!ret && !moves)
		printf("Nothing to move: no move gains %u%% of a CPU.\n",
		       val[THRESHOLD].given ? val[THRESHOLD].num : 5);
	sample_free(&old);
	sample_free(&now);
	return ret;
}

static int apply(const struct value *val)
{
	return once(val, false);
}

static int dry_run(const struct value *val)
{
	return once(val, true);
}

static int watch(const struct value *val)
{
	uint32_t left = val[COUNT].given ? val[COUNT].num : 0;
	struct sample old, now;
	unsigned int moves;
	int ret;

	ret = sample_take(&old, true);
	while (!ret && !ferror(stdout)) {
		wait_for(val, 5000);
		ret = sample_take(&now, true);
		if (!ret)
			ret = decide(&old, &now, val, false, true, &moves);
		fflush(stdout);
		sample_free(&old);
		old = now;
		if (left && !--left)
			break;
	}
	sample_free(&old);
	return ret;
}

/* clang-format off */
#define COMMON								\
	{ .word = "interval", .value = "TIME", .type = P_TIME,		\
	  .brief = 'i', .min = 100, .max = 3600000,			\
	  .unit = NS_PER_MS, .bare = NS_PER_SEC },			\
	{ .word = "threshold", .value = "PERCENT", .type = P_U32,	\
	  .min = 1, .max = 100 },					\
	{ .word = "cpus", .value = "LIST", .type = P_CPUS }

static const struct command commands[] = {
	{
		.name	= "apply",
		.help	= "measure, and move VRs to other CPUs where that gains something",
		.run	= apply,
		.params	= { COMMON },
	}, {
		.name	= "dry-run",
		.help	= "only say what would be moved, and why",
		.run	= dry_run,
		.params	= { COMMON },
	}, {
		.name	= "watch",
		.help	= "go on measuring and moving, no VR twice within hold",
		.run	= watch,
		.params	= {
			COMMON,
			{ .word = "hold", .value = "TIME", .type = P_TIME,
			  .max = 86400000, .unit = NS_PER_MS, .bare = NS_PER_SEC },
			{ .word = "count", .value = "N", .type = P_U32,
			  .min = 1, .max = UINT32_MAX },
		},
	},
	{}
};
/* clang-format on */

const struct object balance_object = {
	.name = "balance",
	.help = "placement of VRs on CPUs",
	.cmds = commands,
	.bare = true,
};
