// SPDX-License-Identifier: GPL-2.0
/* vrctl bill: the CPU time that each VR used. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bill.h"
#include "out.h"
#include "vrctl.h"

static const char *stamp_text(uint64_t ns, char *buf, size_t len)
{
	time_t sec = ns / NS_PER_SEC;
	struct tm tm;

	localtime_r(&sec, &tm);
	strftime(buf, len, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

/* JSON */

static void json_bill(const struct bill *bill)
{
	const struct bill_row *row;
	size_t i;

	json_obj(NULL);
	if (bill->since)
		json_uint("since_ns", bill->since);
	json_uint("until_ns", bill->until);
	json_uint("restarts", bill->restarts);
	json_arr("vrs");
	for (i = 0; i < bill->n_rows; i++) {
		row = &bill->rows[i];
		json_obj(NULL);
		json_str("name", row->name);
		json_uint("weight", row->weight);
		json_uint("used_ns", row->used);
		json_real("share", bill->time.busy ? (double)row->used / bill->time.busy : 0);
		json_uint("packets", row->packets);
		json_uint("bytes", row->bytes);
		json_uint("recreated", row->again);
		json_bool("gone", row->gone);
		json_obj_end();
	}
	json_arr_end();
	json_uint("others_ns", bill_others(bill));
	json_uint("overhead_ns", core_overhead(&bill->time));
	json_uint("busy_ns", bill->time.busy);
	json_uint("ingress_ns", bill->time.ingress);
	json_uint("outside_ns", core_elsewhere(&bill->time));
	json_obj_end();
	json_done();
}

/* Text */

/* clang-format off */
static const struct column columns[] = {
	{ NULL,	"BILLED TO",	ROLE_NAME,	false	},
	{ NULL,	"WEIGHT",	ROLE_NONE,	true	},
	{ NULL,	"CPU-SECONDS",	ROLE_NONE,	true	},
	{ NULL,	"SHARE",	ROLE_NONE,	true	},
	{ NULL,	"PACKETS",	ROLE_NONE,	true	},
	{ NULL,	"BYTES",	ROLE_NONE,	true	},
};
/* clang-format on */

static void text_time(const char *name, uint64_t ns, const struct bill *bill)
{
	char buf[32];

	tbl_str(name);
	tbl_str("");
	snprintf(buf, sizeof(buf), "%.3f", ns / 1e9);
	tbl_str(buf);
	tbl_share(ns, bill->time.busy);
	tbl_str("");
	tbl_str("");
}

static void text_row(const struct bill_row *row, const struct bill *bill)
{
	char buf[32];

	tbl_str(row->name);
	tbl_uint(row->weight);
	snprintf(buf, sizeof(buf), "%.3f", row->used / 1e9);
	tbl_str(buf);
	tbl_share(row->used, bill->time.busy);
	tbl_uint(row->packets);
	tbl_uint(row->bytes);
}

static const char *times(unsigned int n, char *buf)
{
	buf[0] = '\0';
	if (n > 1)
		sprintf(buf, " %u times", n);
	return buf;
}

static void text_bill(const struct bill *bill)
{
	char since[32], until[32];
	size_t i;

	if (bill->since)
		printf("From %s to %s\n", stamp_text(bill->since, since, sizeof(since)),
		       stamp_text(bill->until, until, sizeof(until)));
	tbl_begin(columns, ARRAY_SIZE(columns));
	for (i = 0; i < bill->n_rows; i++)
		text_row(&bill->rows[i], bill);
	if (bill_others(bill) >= NS_PER_MS)
		text_time("(others)", bill_others(bill), bill);
	text_time("(overhead)", core_overhead(&bill->time), bill);
	text_time("total", bill->time.busy, bill);
	tbl_end();
	printf("Of the total, taking packets in: %.3f s.\n", bill->time.ingress / 1e9);
	printf("Besides, VRs with work waited %.3f s for drivers and other programs.\n",
	       core_elsewhere(&bill->time) / 1e9);

	for (i = 0; i < bill->n_rows; i++) {
		if (bill->rows[i].gone)
			printf("Note: %s is gone; what it used after it was last saved is with "
			       "(others).\n",
			       bill->rows[i].name);
		if (bill->rows[i].again)
			printf("Note: %s was made anew%s; what it used between the last save and "
			       "its end is with (others).\n",
			       bill->rows[i].name, times(bill->rows[i].again, since));
	}
	if (bill->restarts)
		printf("Note: counters began anew%s, with the machine or the module; what was "
		       "used between the last save and that is not known.\n",
		       times(bill->restarts, since));
}

static int by_used(const void *a, const void *b)
{
	const struct bill_row *x = a, *y = b;

	if (x->used != y->used)
		return x->used < y->used ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void print_bill(struct bill *bill)
{
	qsort(bill->rows, bill->n_rows, sizeof(*bill->rows), by_used);
	if (opt.json)
		json_bill(bill);
	else
		text_bill(bill);
	bill_free(bill);
}

/* Commands */

static int show(const struct value *val)
{
	struct bill bill = {};
	struct snapshot now;
	int ret;

	(void)val;
	ret = snapshot_take(&now);
	if (ret)
		return ret;
	bill.until = now.time;
	bill_add(&bill, NULL, &now);
	print_bill(&bill);
	snapshot_free(&now);
	return EXIT_OK;
}

static int save(const struct value *val)
{
	struct snapshot now;
	int ret;

	ret = snapshot_take(&now);
	if (ret)
		return ret;
	ret = snapshot_write(&now, val[0].given ? val[0].str : BILL_DIR);
	snapshot_free(&now);
	return ret;
}

/* A date, with or without a time of day, or how long ago. */
static bool parse_when(const char *str, uint64_t now, uint64_t *when)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S" };
	uint64_t ago;
	struct tm tm;
	char *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		memset(&tm, 0, sizeof(tm));
		tm.tm_isdst = -1;
		end = strptime(str, formats[i], &tm);
		if (end && !*end && mktime(&tm) > 0) {
			*when = (uint64_t)mktime(&tm) * NS_PER_SEC;
			return true;
		}
	}
	if (!time_parse(str, NS_PER_SEC, &ago) || ago >= now)
		return false;
	*when = now - ago;
	return true;
}

static int check_place(const struct snapshot *a, const struct snapshot *b)
{
	if (strcmp(a->boot, b->boot) || !strcmp(a->netns, b->netns))
		return EXIT_OK;
	fputs("Error: the bill that was saved is of another network namespace.\n", stderr);
	return EXIT_LOCAL;
}

/* From snapshot to snapshot, and from the last one to now if there is no end. */
static int add_up(struct bill *bill, const struct snapshot *snaps, size_t n, uint64_t until,
		  const struct snapshot *last)
{
	size_t i;
	int ret;

	bill->since = snaps[0].time;
	bill->until = snaps[0].time;
	for (i = 1; i < n && snaps[i].time <= until; i++) {
		ret = check_place(&snaps[i - 1], &snaps[i]);
		if (ret)
			return ret;
		bill_add(bill, &snaps[i - 1], &snaps[i]);
		bill->until = snaps[i].time;
	}
	if (!last)
		return EXIT_OK;
	ret = check_place(&snaps[n - 1], last);
	if (ret)
		return ret;
	bill_add(bill, &snaps[n - 1], last);
	bill->until = last->time;
	return EXIT_OK;
}

static bool is_file(const char *str)
{
	struct stat st;

	return strchr(str, '/') || !stat(str, &st);
}

enum {
	SINCE,
	UNTIL,
	DIR_IN,
};

/* Both ends: a saved file each, or a time, for which the directory is asked. */
static int read_ends(const struct value *val, struct snapshot **snaps, size_t *n,
		     struct snapshot *last, uint64_t *until)
{
	struct timespec ts;
	uint64_t since, now;
	char buf[32];
	int ret;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
	*until = UINT64_MAX;
	if (is_file(val[SINCE].str)) {
		*snaps = calloc(1, sizeof(**snaps));
		ret = *snaps ? snapshot_read(*snaps, val[SINCE].str) : EXIT_LOCAL;
		*n = !ret;
	} else if (parse_when(val[SINCE].str, now, &since)) {
		ret = snapshots_since(val[DIR_IN].given ? val[DIR_IN].str : BILL_DIR, since, snaps,
				      n);
		if (!ret && (*snaps)[0].time > since)
			fprintf(stderr, "Warning: the first bill that was saved is of %s.\n",
				stamp_text((*snaps)[0].time, buf, sizeof(buf)));
	} else {
		fprintf(stderr, "Error: \"%s\" is neither a file nor a time.\n", val[SINCE].str);
		return EXIT_SYNTAX;
	}
	if (ret)
		return ret;
	if (!val[UNTIL].given)
		return snapshot_take(last);
	if (is_file(val[UNTIL].str))
		return snapshot_read(last, val[UNTIL].str);
	if (parse_when(val[UNTIL].str, now, until))
		return EXIT_OK;
	fprintf(stderr, "Error: \"%s\" is neither a file nor a time.\n", val[UNTIL].str);
	return EXIT_SYNTAX;
}

static int since(const struct value *val)
{
	struct snapshot *snaps = NULL, last = {};
	struct bill bill = {};
	uint64_t until;
	size_t n = 0;
	int ret;

	ret = read_ends(val, &snaps, &n, &last, &until);
	if (!ret && last.time && last.time < snaps[0].time) {
		fputs("Error: the end is before the beginning.\n", stderr);
		ret = EXIT_LOCAL;
	}
	if (!ret)
		ret = add_up(&bill, snaps, n, last.time ? last.time : until,
			     last.time ? &last : NULL);
	if (!ret)
		print_bill(&bill);
	bill_free(&bill);
	while (n)
		snapshot_free(&snaps[--n]);
	free(snaps);
	snapshot_free(&last);
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show the CPU time that each VR used since it was made",
		.run	= show,
	}, {
		.name	= "save",
		.help	= "keep what was used until now, in a file or a directory",
		.run	= save,
		.params	= {
			{ .word = "file", .value = "FILE", .type = P_WORD, .first = true },
		},
	}, {
		.name	= "since",
		.help	= "show what was used since a saved file or a time",
		.run	= since,
		.params	= {
			{ .word = "file", .value = "FILE|TIME", .type = P_WORD,
			  .first = true, .required = true },
			{ .word = "until", .value = "FILE|TIME", .type = P_WORD },
			{ .word = "in", .value = "DIR", .type = P_WORD },
		},
	},
	{}
};
/* clang-format on */

const struct object bill_object = {
	.name = "bill",
	.help = "CPU time that VRs are to pay for",
	.cmds = commands,
};
