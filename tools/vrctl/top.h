/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TOP_H
#define TOP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"
#include "sample.h"

/* What the rows are sorted by, and the key that asks for it. */
enum top_sort {
	SORT_USED,
	SORT_NAME,
	SORT_PPS,
	SORT_DROPS,
	SORT_LAG,
	SORT_LATENCY,
	SORT_MAX,
};

extern const struct top_key {
	const char *word;
	char key;
} top_keys[SORT_MAX];

/**
 * struct top_cpu - where the time of a CPU went, as parts of it
 * @cpu: its number
 * @queues: VRs with work at the end
 * @billed: for VRs
 * @overhead: of the scheduler
 * @outside: of others while VRs had work
 * @idle: the rest
 */
struct top_cpu {
	unsigned int cpu;
	unsigned int queues;
	double billed;
	double overhead;
	double outside;
	double idle;
};

/**
 * struct top_row - what a VR did
 * @vr: its counters now
 * @then: before, all 0 if it is new
 * @used: part of a CPU
 * @entitled: part of a CPU that it should have had
 * @rx: packets per second
 * @tx: packets per second
 * @drops: packets per second
 * @p50: latency of half of the packets, in ns
 * @p99: latency of 99 of 100
 */
struct top_row {
	const struct vr_sample *vr;
	const struct vr_sample *then;
	double used;
	double entitled;
	double rx;
	double tx;
	double drops;
	uint64_t p50;
	uint64_t p99;
};

/**
 * struct top - what is shown
 * @only: name of the only VR to show, or NULL
 * @ms: interval
 * @sort: order of the rows
 * @reverse: the other way round
 * @old: one sample
 * @now: the next one
 * @cpus: by number
 * @n_cpus: how many
 * @rows: sorted
 * @n_rows: how many
 */
struct top {
	const char *only;
	uint32_t ms;
	enum top_sort sort;
	bool reverse;
	struct sample old;
	struct sample now;
	struct top_cpu *cpus;
	size_t n_cpus;
	struct top_row *rows;
	size_t n_rows;
};

/* top.c: a new sample and what became of things since; an exit code. */
int top_update(struct top *top);
void top_sort(struct top *top);

/* Members that tell when, a member "cpus", and members of the object of a VR. */
void top_json_times(const struct top *top);
void top_json_cpus(const struct top *top);
void top_json_row(const struct top_row *row);
void top_free(struct top *top);

/* Columns beside the name and the bar, in the order they give way. */
enum top_col {
	COL_WEIGHT,
	COL_USED,
	COL_ENTITLED,
	COL_BAR,
	COL_RX,
	COL_TX,
	COL_DROPS,
	COL_LAG,
	COL_P50,
	COL_P99,
	COL_COST,
	COL_QLEN,
	COL_MAX,
};

/* top_text.c */
bool top_is_short(const struct top_row *row);
/* At most five characters. */
const char *top_number(double val, char *buf, size_t len);
const char *top_cell(const struct top_row *row, enum top_col col, char *buf, size_t len);
/* The part of a CPU that is to fill a bar if this is the most there is. */
double top_scale(double most);
/* A bar of this width in buf; the colour it should have. */
enum role top_bar(const struct top_row *row, double scale, int width, char *buf, size_t len);

/*
 * top_screen.c: until the user quits, or @left updates were shown if it is not 0.
 * *done is false if the terminal can not do that.
 */
int top_screen(struct top *top, uint32_t left, bool *done);

#endif /* TOP_H */
