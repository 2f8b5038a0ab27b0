// SPDX-License-Identifier: GPL-2.0
/* vrctl top: what the VRs do now. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "top.h"
#include "vr.h"
#include "vrctl.h"

/* clang-format off */
const struct top_key top_keys[SORT_MAX] = {
	[SORT_USED]	= { "used",	'u' },
	[SORT_NAME]	= { "name",	'n' },
	[SORT_PPS]	= { "pps",	'p' },
	[SORT_DROPS]	= { "drops",	'd' },
	[SORT_LAG]	= { "lag",	'l' },
	[SORT_LATENCY]	= { "latency",	't' },
};
/* clang-format on */

/* From two samples to rows */

static int falling(double a, double b)
{
	return (a < b) - (a > b);
}

static const struct top *sorting;

static int compare(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int order = 0;

	switch (sorting->sort) {
	case SORT_USED:
		order = falling(x->used, y->used);
		break;
	case SORT_PPS:
		order = falling(x->rx, y->rx);
		break;
	case SORT_DROPS:
		order = falling(x->drops, y->drops);
		break;
	case SORT_LAG:
		order = falling(x->vr->lag, y->vr->lag);
		break;
	case SORT_LATENCY:
		order = falling(x->p99, y->p99);
		break;
	case SORT_NAME:
	case SORT_MAX:
		break;
	}
	if (!order)
		order = strcmp(x->vr->name, y->vr->name);
	return sorting->reverse ? -order : order;
}

void top_sort(struct top *top)
{
	sorting = top;
	qsort(top->rows, top->n_rows, sizeof(*top->rows), compare);
}

static double since(uint64_t now, uint64_t then)
{
	return now >= then ? now - then : now;
}

static void fill_row(struct top *top, struct top_row *row, const struct vr_sample *vr)
{
	const struct vr_sample *then = sample_vr(&top->old, vr->ifindex);
	static const struct vr_sample nothing;
	double span = top->now.vr_time - top->old.vr_time, sec = span / NS_PER_SEC;
	struct hist latency = *vr->latency;

	if (then)
		hist_since(&latency, then->latency);
	else
		then = &nothing;
	row->vr = vr;
	row->then = then;
	row->used = since(vr->used, then->used) / span;
	row->entitled = since(vr->entitled, then->entitled) / span;
	row->rx = since(vr->rx, then->rx) / sec;
	row->tx = since(vr->tx, then->tx) / sec;
	row->drops = since(vr->dropped, then->dropped) / sec;
	row->p50 = hist_quantile(&latency, 0.5);
	row->p99 = hist_quantile(&latency, 0.99);
}

static void fill_cpu(struct top *top, struct top_cpu *cpu, const struct core_sample *core)
{
	double span = top->now.time - top->old.time;
	struct core_time time;

	core_since(&top->old, core, &time);
	cpu->cpu = core->cpu;
	cpu->queues = core->queues;
	cpu->billed = time.billed / span;
	cpu->overhead = core_overhead(&time) / span;
	cpu->outside = core_elsewhere(&time) / span;
	cpu->idle = 1 - cpu->billed - cpu->overhead - cpu->outside;
	if (cpu->idle < 0)
		cpu->idle = 0;
}

int top_update(struct top *top)
{
	size_t i;
	int ret;

	sample_free(&top->old);
	top->old = top->now;
	memset(&top->now, 0, sizeof(top->now));
	top->n_rows = 0;
	top->n_cpus = 0;
	ret = sample_take(&top->now, false);
	if (ret || !top->old.time)
		return ret;
	top->rows = reallocarray(top->rows, top->now.n_vrs + 1, sizeof(*top->rows));
	top->cpus = reallocarray(top->cpus, top->now.n_cores + 1, sizeof(*top->cpus));
	if (!top->rows || !top->cpus)
		err(EXIT_LOCAL, "top");
	for (i = 0; i < top->now.n_cores; i++)
		fill_cpu(top, &top->cpus[top->n_cpus++], &top->now.cores[i]);
	for (i = 0; i < top->now.n_vrs; i++)
		if (!top->only || !strcmp(top->only, top->now.vrs[i].name))
			fill_row(top, &top->rows[top->n_rows++], &top->now.vrs[i]);
	top_sort(top);
	return EXIT_OK;
}

void top_free(struct top *top)
{
	sample_free(&top->old);
	sample_free(&top->now);
	free(top->rows);
	free(top->cpus);
}

/* Text and JSON */

/* clang-format off */
static const struct column cpu_columns[] = {
	{ NULL,	"CPU",		ROLE_NAME,	true	},
	{ NULL,	"QUEUES",	ROLE_NONE,	true	},
	{ NULL,	"BILLED",	ROLE_NONE,	true	},
	{ NULL,	"OVERHEAD",	ROLE_NONE,	true	},
	{ NULL,	"OUTSIDE",	ROLE_NONE,	true	},
	{ NULL,	"IDLE",		ROLE_NONE,	true	},
};

static const struct column columns[] = {
	{ NULL,	"VR",		ROLE_NAME,	false	},
	{ NULL,	"WEIGHT",	ROLE_NONE,	true	},
	{ NULL,	"USED",		ROLE_NONE,	true	},
	{ NULL,	"ENTITLED",	ROLE_NONE,	true	},
	{ NULL,	"RX/S",		ROLE_NONE,	true	},
	{ NULL,	"TX/S",		ROLE_NONE,	true	},
	{ NULL,	"DROPS/S",	ROLE_NONE,	true	},
	{ NULL,	"LAG",		ROLE_NONE,	true	},
	{ NULL,	"COST",		ROLE_NONE,	true	},
	{ NULL,	"QLEN",		ROLE_NONE,	true	},
	{ NULL,	"P50",		ROLE_NONE,	true	},
	{ NULL,	"P99",		ROLE_NONE,	true	},
	{ NULL,	"STATE",	ROLE_BAD,	false	},
};
/* clang-format on */

static void round_cell(uint64_t ns)
{
	char buf[32];

	tbl_str(ns_round(ns, buf, sizeof(buf)));
}

static void print_text(const struct top *top)
{
	const struct top_row *row;
	const struct top_cpu *cpu;
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s\n", stamp);
	tbl_begin(cpu_columns, ARRAY_SIZE(cpu_columns));
	for (cpu = top->cpus; cpu < top->cpus + top->n_cpus; cpu++) {
		tbl_uint(cpu->cpu);
		tbl_uint(cpu->queues);
		tbl_share(cpu->billed, 1);
		tbl_share(cpu->overhead, 1);
		tbl_share(cpu->outside, 1);
		tbl_share(cpu->idle, 1);
	}
	tbl_end();
	tbl_begin(columns, ARRAY_SIZE(columns));
	for (row = top->rows; row < top->rows + top->n_rows; row++) {
		tbl_str(row->vr->name);
		tbl_uint(row->vr->weight);
		tbl_share(row->used, 1);
		tbl_share(row->entitled, 1);
		tbl_uint(row->rx + 0.5);
		tbl_uint(row->tx + 0.5);
		tbl_uint(row->drops + 0.5);
		tbl_ns(row->vr->lag);
		tbl_uint(row->vr->cost);
		tbl_uint(row->vr->qlen);
		round_cell(row->p50);
		round_cell(row->p99);
		tbl_str(row->vr->quarantine ? "quarantine" : "");
	}
	tbl_end();
	putchar('\n');
}

void top_json_times(const struct top *top)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_uint("time_ns", (uint64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec);
	json_uint("interval_ns", top->now.time - top->old.time);
}

void top_json_row(const struct top_row *row)
{
	json_str("name", row->vr->name);
	json_uint("weight", row->vr->weight);
	json_bool("quarantine", row->vr->quarantine);
	json_real("used", row->used);
	json_real("entitled", row->entitled);
	json_real("rx_pps", row->rx);
	json_real("tx_pps", row->tx);
	json_real("drop_pps", row->drops);
	json_int("lag_ns", row->vr->lag);
	json_uint("cost", row->vr->cost);
	json_uint("qlen", row->vr->qlen);
	json_uint("p50_ns", row->p50);
	json_uint("p99_ns", row->p99);
}

void top_json_cpus(const struct top *top)
{
	const struct top_cpu *cpu;

	json_arr("cpus");
	for (cpu = top->cpus; cpu < top->cpus + top->n_cpus; cpu++) {
		json_obj(NULL);
		json_uint("cpu", cpu->cpu);
		json_uint("queues", cpu->queues);
		json_real("billed", cpu->billed);
		json_real("overhead", cpu->overhead);
		json_real("outside", cpu->outside);
		json_real("idle", cpu->idle);
		json_obj_end();
	}
	json_arr_end();
}

static void print_json(const struct top *top)
{
	const struct top_row *row;

	json_obj(NULL);
	top_json_times(top);
	top_json_cpus(top);
	json_arr("vrs");
	for (row = top->rows; row < top->rows + top->n_rows; row++) {
		json_obj(NULL);
		top_json_row(row);
		json_obj_end();
	}
	json_arr_end();
	json_obj_end();
	json_done();
}

static int print_ticks(struct top *top, uint32_t left)
{
	struct timespec tick, step = { .tv_sec = top->ms / MSEC_PER_SEC,
				       .tv_nsec = top->ms % MSEC_PER_SEC * (long)NS_PER_MS };
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &tick);
	ret = top_update(top);
	while (!ret && !ferror(stdout)) {
		tick.tv_sec += step.tv_sec;
		tick.tv_nsec += step.tv_nsec;
		if (tick.tv_nsec >= (long)NS_PER_SEC) {
			tick.tv_nsec -= NS_PER_SEC;
			tick.tv_sec++;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &tick, NULL))
			;
		ret = top_update(top);
		if (ret)
			break;
		(opt.json ? print_json : print_text)(top);
		fflush(stdout);
		if (left && !--left)
			break;
	}
	return ret;
}

/* The command */

enum {
	VR,
	INTERVAL,
	SORT,
	COUNT,
};

static bool is_screen(void)
{
	const char *term = getenv("TERM");

	return !opt.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb");
}

static int show(const struct value *val)
{
	uint32_t left = val[COUNT].given ? val[COUNT].num : 0;
	struct top top = { .ms = val[INTERVAL].given ? val[INTERVAL].num : 1000 };
	int ret = EXIT_OK, ifindex;
	bool done = false;
	size_t i;

	for (i = 0; val[SORT].given && i < SORT_MAX; i++)
		if (!strcmp(val[SORT].str, top_keys[i].word))
			break;
	if (i == SORT_MAX) {
		fprintf(stderr,
			"Error: \"%s\" is not a sort: used, name, pps, drops, lag or latency.\n",
			val[SORT].str);
		return EXIT_SYNTAX;
	}
	top.sort = i;
	if (val[VR].given) {
		top.only = val[VR].str;
		ret = vr_ifindex(top.only, &ifindex);
	}
	if (!ret && is_screen())
		ret = top_screen(&top, left, &done);
	if (!ret && !done)
		ret = print_ticks(&top, left);
	top_free(&top);
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show what the VRs do now, sorted and always anew; h for help, q to quit",
		.run	= show,
		.params	= {
			{ .word = "vr", .value = "NAME", .type = P_DEV },
			{ .word = "interval", .value = "TIME", .type = P_TIME,
			  .brief = 'i', .min = 100, .max = 3600000,
			  .unit = NS_PER_MS, .bare = NS_PER_SEC },
			{ .word = "sort", .value = "KEY", .type = P_WORD },
			{ .word = "count", .value = "N", .type = P_U32,
			  .min = 1, .max = UINT32_MAX },
		},
	},
	{}
};
/* clang-format on */

const struct object top_object = {
	.name = "top",
	.help = "what VRs do now",
	.cmds = commands,
	.bare = true,
};
