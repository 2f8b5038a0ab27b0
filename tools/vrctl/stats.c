// SPDX-License-Identifier: GPL-2.0
/* vrctl stats: what became of packets and CPU time. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "out.h"
#include "sample.h"
#include "vrctl.h"

/* clang-format off */
/* Counters of a row by attribute, with their JSON names. */
static const struct {
	uint16_t	attr;
	const char	*key;
} counters[] = {
	{ VROUTER_A_STATS_RX_PACKETS,	"rx_packets" },
	{ VROUTER_A_STATS_RX_BYTES,	"rx_bytes" },
	{ VROUTER_A_STATS_TX_PACKETS,	"tx_packets" },
	{ VROUTER_A_STATS_TX_BYTES,	"tx_bytes" },
	{ VROUTER_A_STATS_PASSED,	"passed" },
	{ VROUTER_A_STATS_PULLED,	"pulled" },
	{ VROUTER_A_STATS_FRAMES,	"frames" },
	{ VROUTER_A_STATS_VECTORS,	"vectors" },
	{ VROUTER_A_STATS_POLLS,	"polls" },
};
/* clang-format on */

struct row {
	const struct nl_attrs *row;
	struct nl_attrs sched;
	struct nl_attrs mirror;
	const struct hist *latency;
};

/* Latencies come by a request of their own, in rows of the same order. */
static struct latency {
	int ifindex;
	int cpu; /* -1 for all */
	struct hist hist;
} * latencies;

static size_t n_latencies;

static int row_cpu(const struct nlattr *attr)
{
	return attr ? (int)nl_u32(attr) : -1;
}

static void latency_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct latency *bigger, *row;

	(void)cmd;
	(void)data;
	bigger = reallocarray(latencies, n_latencies + 1, sizeof(*bigger));
	if (!bigger)
		err(EXIT_LOCAL, "latency");
	latencies = bigger;
	row = &latencies[n_latencies++];
	row->ifindex = nl_u32(attrs->tb[VROUTER_A_LATENCY_IFINDEX]);
	row->cpu = row_cpu(attrs->tb[VROUTER_A_LATENCY_CPU]);
	hist_read(attrs, &row->hist);
}

static const struct hist *find_latency(int ifindex, int cpu)
{
	static const struct hist none;
	static size_t next;
	size_t i, at;

	for (i = 0; i < n_latencies; i++) {
		at = (next + i) % n_latencies;
		if (latencies[at].ifindex == ifindex && latencies[at].cpu == cpu) {
			next = at + 1;
			return &latencies[at].hist;
		}
	}
	return &none;
}

static double per(uint64_t part, uint64_t of)
{
	return of ? (double)part / of : 0;
}

static double packets_per_poll(const struct row *r)
{
	return per(nl_u64(r->row->tb[VROUTER_A_STATS_RX_PACKETS]),
		   nl_u64(r->row->tb[VROUTER_A_STATS_VECTORS]));
}

static uint64_t wait_avg(const struct row *r)
{
	return per(nl_u64(r->sched.tb[VROUTER_A_SCHED_WAIT_NS]),
		   nl_u64(r->sched.tb[VROUTER_A_SCHED_WAITS]));
}

/* Call for each drop or punt, which are the same attribute many times. */
typedef void (*counter_cb)(const char *name, const char *text, uint64_t packets, void *data);

/*
 * The rows of a reason: nl_attrs keeps the last of many alike, so walk from
 * the first attribute of the message on.
 */
static void for_each_counter(const struct nl_attrs *row, uint16_t type, counter_cb cb, void *data)
{
	const struct nlattr *attr;
	struct nl_attrs one;

	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		nl_parse_nest(attr, &one);
		cb(nl_str(one.tb[VROUTER_A_COUNTER_NAME]), nl_str(one.tb[VROUTER_A_COUNTER_TEXT]),
		   nl_u64(one.tb[VROUTER_A_COUNTER_PACKETS]), data);
	}
}

static void json_counter(const char *name, const char *text, uint64_t packets, void *data)
{
	(void)text;
	(void)data;
	json_uint(name, packets);
}

static void json_mirror(const struct nl_attrs *mirror)
{
	json_obj("mirror");
	json_bool("ready", nl_u8(mirror->tb[VROUTER_A_MIRROR_READY]));
	json_uint("routes_ipv4", nl_u32(mirror->tb[VROUTER_A_MIRROR_ROUTES_IPV4]));
	json_uint("routes_ipv6", nl_u32(mirror->tb[VROUTER_A_MIRROR_ROUTES_IPV6]));
	json_uint("failed", nl_u32(mirror->tb[VROUTER_A_MIRROR_FAILED]));
	json_uint("nexthop_groups", nl_u32(mirror->tb[VROUTER_A_MIRROR_NEXTHOP_GROUPS]));
	json_uint("adjacencies", nl_u32(mirror->tb[VROUTER_A_MIRROR_ADJACENCIES]));
	json_uint("bytes", nl_u64(mirror->tb[VROUTER_A_MIRROR_BYTES]));
	json_uint("events", nl_u64(mirror->tb[VROUTER_A_MIRROR_EVENTS]));
	json_uint("resyncs", nl_u32(mirror->tb[VROUTER_A_MIRROR_RESYNCS]));
	json_obj_end();
}

static void json_latency(const struct hist *h)
{
	unsigned int i;

	json_obj("latency");
	json_uint("packets", h->total);
	json_uint("p50_ns", hist_quantile(h, 0.5));
	json_uint("p90_ns", hist_quantile(h, 0.9));
	json_uint("p99_ns", hist_quantile(h, 0.99));
	json_uint("max_ns", hist_max(h));
	json_arr("buckets");
	for (i = 0; i < h->n; i++) {
		json_obj(NULL);
		json_uint("above_ns", hist_above(h, i));
		if (h->below[i] != UINT64_MAX)
			json_uint("below_ns", h->below[i]);
		json_uint("packets", h->packets[i]);
		json_obj_end();
	}
	json_arr_end();
	json_obj_end();
}

static void json_row(const struct row *r)
{
	const struct nlattr *const *sched = r->sched.tb;
	const struct nl_attrs *row = r->row;
	unsigned int i;

	json_list();
	json_obj(NULL);
	json_uint("ifindex", nl_u32(row->tb[VROUTER_A_STATS_IFINDEX]));
	json_str("name", nl_str(row->tb[VROUTER_A_STATS_IFNAME]));
	if (row->tb[VROUTER_A_STATS_CPU])
		json_uint("cpu", nl_u32(row->tb[VROUTER_A_STATS_CPU]));
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		json_uint(counters[i].key, nl_u64(row->tb[counters[i].attr]));
	json_uint("dropped", counters_sum(row, VROUTER_A_STATS_DROP, NULL));
	json_uint("punted", counters_sum(row, VROUTER_A_STATS_PUNT, NULL));
	json_uint("used_ns", nl_u64(sched[VROUTER_A_SCHED_USED_NS]));
	json_uint("entitled_ns", nl_u64(sched[VROUTER_A_SCHED_ENTITLED_NS]));
	json_int("lag_ns", nl_u64(sched[VROUTER_A_SCHED_LAG_NS]));
	json_uint("qlen", nl_u32(sched[VROUTER_A_SCHED_QLEN]));
	json_uint("qlen_max", nl_u32(sched[VROUTER_A_SCHED_QLEN_MAX]));
	json_uint("qlen_limit", nl_u32(sched[VROUTER_A_SCHED_QLEN_LIMIT]));
	json_uint("lag_max_ns", nl_u64(sched[VROUTER_A_SCHED_LAG_MAX_NS]));
	json_uint("cost", nl_u32(sched[VROUTER_A_SCHED_COST]));
	json_real("packets_per_poll", packets_per_poll(r));
	json_uint("waits", nl_u64(sched[VROUTER_A_SCHED_WAITS]));
	json_uint("wait_avg_ns", wait_avg(r));
	json_uint("wait_max_ns", nl_u64(sched[VROUTER_A_SCHED_WAIT_MAX_NS]));
	json_uint("strikes", nl_u32(sched[VROUTER_A_SCHED_STRIKES]));
	json_latency(r->latency);
	json_obj("drops");
	for_each_counter(row, VROUTER_A_STATS_DROP, json_counter, NULL);
	json_obj_end();
	json_obj("punts");
	for_each_counter(row, VROUTER_A_STATS_PUNT, json_counter, NULL);
	json_obj_end();
	if (row->tb[VROUTER_A_STATS_MIRROR])
		json_mirror(&r->mirror);
	json_obj_end();
}

/* One VR as a paragraph */

struct text_ctx {
	bool all;
	const char *what;
};

static void text_counter(const char *name, const char *text, uint64_t packets, void *data)
{
	const struct text_ctx *ctx = data;

	if (packets || ctx->all)
		printf("  %-6s  %14" PRIu64 "  %-12s  %s\n", ctx->what, packets, name, text);
}

#define BAR 40

static void text_latency(const struct hist *h, bool bars)
{
	static const char bar[BAR + 1] = "########################################";
	char p50[32], p90[32], p99[32], max[32];
	uint64_t most = 0;
	unsigned int i;

	if (!h->total)
		return;
	printf("  latency %14s  p50  %s p90  %s p99  %s max  of %" PRIu64 " packets\n",
	       ns_text(hist_quantile(h, 0.5), p50, sizeof(p50)),
	       ns_text(hist_quantile(h, 0.9), p90, sizeof(p90)),
	       ns_text(hist_quantile(h, 0.99), p99, sizeof(p99)),
	       ns_text(hist_max(h), max, sizeof(max)), h->total);
	if (!bars)
		return;
	for (i = 0; i < h->n; i++)
		if (h->packets[i] > most)
			most = h->packets[i];
	for (i = 0; i < h->n; i++) {
		if (h->below[i] == UINT64_MAX)
			printf("  %9s", "");
		else
			printf("  < %7s", ns_round(h->below[i], max, sizeof(max)));
		printf("%12" PRIu64 " %5.1f%%  %.*s\n", h->packets[i],
		       100.0 * h->packets[i] / h->total,
		       (int)((h->packets[i] * BAR + most - 1) / most), bar);
	}
}

static void text_sched(const struct row *r, bool bars)
{
	const struct nlattr *const *sched = r->sched.tb;
	char used[32], entitled[32], lag[32], lag_max[32];

	printf("  cpu     %14s  used     %14s  entitled  %s lag  %s lag-max\n",
	       ns_text(nl_u64(sched[VROUTER_A_SCHED_USED_NS]), used, sizeof(used)),
	       ns_text(nl_u64(sched[VROUTER_A_SCHED_ENTITLED_NS]), entitled, sizeof(entitled)),
	       ns_text(nl_u64(sched[VROUTER_A_SCHED_LAG_NS]), lag, sizeof(lag)),
	       ns_text(nl_u64(sched[VROUTER_A_SCHED_LAG_MAX_NS]), lag_max, sizeof(lag_max)));
	printf("  cost    %14u  cycles per packet  %.1f packets per poll  %u strikes\n",
	       nl_u32(sched[VROUTER_A_SCHED_COST]), packets_per_poll(r),
	       nl_u32(sched[VROUTER_A_SCHED_STRIKES]));
	printf("  queue   %14u  packets  %14u  at most   %u limit\n",
	       nl_u32(sched[VROUTER_A_SCHED_QLEN]), nl_u32(sched[VROUTER_A_SCHED_QLEN_MAX]),
	       nl_u32(sched[VROUTER_A_SCHED_QLEN_LIMIT]));
	if (nl_u64(sched[VROUTER_A_SCHED_WAITS]))
		printf("  waits   %14s  average  %14s  longest\n",
		       ns_text(wait_avg(r), used, sizeof(used)),
		       ns_text(nl_u64(sched[VROUTER_A_SCHED_WAIT_MAX_NS]), lag, sizeof(lag)));
	text_latency(r->latency, bars);
}

static void text_row(const struct row *r, bool all, bool bars)
{
	const struct nlattr *const *mirror = r->mirror.tb;
	const struct nlattr *const *tb = r->row->tb;
	bool ready = nl_u8(mirror[VROUTER_A_MIRROR_READY]);

	printf("%s%s%s\n", color_on(ROLE_NAME), nl_str(tb[VROUTER_A_STATS_IFNAME]),
	       color_off(ROLE_NAME));
	printf("  rx      %14" PRIu64 "  packets  %14" PRIu64 "  bytes\n",
	       nl_u64(tb[VROUTER_A_STATS_RX_PACKETS]), nl_u64(tb[VROUTER_A_STATS_RX_BYTES]));
	printf("  tx      %14" PRIu64 "  packets  %14" PRIu64 "  bytes\n",
	       nl_u64(tb[VROUTER_A_STATS_TX_PACKETS]), nl_u64(tb[VROUTER_A_STATS_TX_BYTES]));
	printf("  passed  %14" PRIu64 "  packets left to the stack on arrival\n",
	       nl_u64(tb[VROUTER_A_STATS_PASSED]));
	printf("  polls   %14" PRIu64 "  vectors  %14" PRIu64 "\n",
	       nl_u64(tb[VROUTER_A_STATS_POLLS]), nl_u64(tb[VROUTER_A_STATS_VECTORS]));
	text_sched(r, bars);
	printf("  mirror  %s%14s%s  %u IPv4 and %u IPv6 routes, %u failed\n",
	       color_on(ready ? ROLE_GOOD : ROLE_BAD), ready ? "ready" : "syncing",
	       color_off(ready ? ROLE_GOOD : ROLE_BAD),
	       nl_u32(mirror[VROUTER_A_MIRROR_ROUTES_IPV4]),
	       nl_u32(mirror[VROUTER_A_MIRROR_ROUTES_IPV6]),
	       nl_u32(mirror[VROUTER_A_MIRROR_FAILED]));
	if (all)
		printf("  mirror  %14" PRIu64 "  bytes, %u nexthop groups, %u adjacencies, %" PRIu64
		       " events, %u resyncs\n",
		       nl_u64(mirror[VROUTER_A_MIRROR_BYTES]),
		       nl_u32(mirror[VROUTER_A_MIRROR_NEXTHOP_GROUPS]),
		       nl_u32(mirror[VROUTER_A_MIRROR_ADJACENCIES]),
		       nl_u64(mirror[VROUTER_A_MIRROR_EVENTS]),
		       nl_u32(mirror[VROUTER_A_MIRROR_RESYNCS]));
	for_each_counter(r->row, VROUTER_A_STATS_DROP, text_counter,
			 &(struct text_ctx){ .all = all, .what = "drop" });
	for_each_counter(r->row, VROUTER_A_STATS_PUNT, text_counter,
			 &(struct text_ctx){ .all = all, .what = "punt" });
}

/* Rows of CPUs as a table */

/* clang-format off */
static const struct column cpu_columns[] = {
	{ "name",	"VR",		ROLE_NAME,	false	},
	{ "cpu",	"CPU",		ROLE_NONE,	true	},
	{ "rx",		"RX-PACKETS",	ROLE_NONE,	true	},
	{ "tx",		"TX-PACKETS",	ROLE_NONE,	true	},
	{ "dropped",	"DROPPED",	ROLE_NONE,	true	},
	{ "punted",	"PUNTED",	ROLE_NONE,	true	},
	{ "used",	"USED",		ROLE_NONE,	true	},
	{ "entitled",	"ENTITLED",	ROLE_NONE,	true	},
	{ "lag",	"LAG",		ROLE_NONE,	true	},
	{ "lag_max",	"LAG-MAX",	ROLE_NONE,	true	},
	{ "cost",	"COST",		ROLE_NONE,	true	},
	{ "qlen",	"QLEN",		ROLE_NONE,	true	},
	{ "qlen_limit",	"QLIMIT",	ROLE_NONE,	true	},
};
/* clang-format on */

static void cpu_row(const struct row *r, bool all)
{
	const struct nlattr *const *sched = r->sched.tb;
	const struct nlattr *const *tb = r->row->tb;
	uint64_t rx = nl_u64(tb[VROUTER_A_STATS_RX_PACKETS]);
	uint64_t used = nl_u64(sched[VROUTER_A_SCHED_USED_NS]);
	uint64_t dropped = counters_sum(r->row, VROUTER_A_STATS_DROP, NULL);

	if (tb[VROUTER_A_STATS_CPU] && !all && !rx && !used && !dropped)
		return;
	tbl_str(nl_str(tb[VROUTER_A_STATS_IFNAME]));
	if (tb[VROUTER_A_STATS_CPU])
		tbl_uint(nl_u32(tb[VROUTER_A_STATS_CPU]));
	else
		tbl_str("all");
	tbl_uint(rx);
	tbl_uint(nl_u64(tb[VROUTER_A_STATS_TX_PACKETS]));
	tbl_uint(dropped);
	tbl_uint(counters_sum(r->row, VROUTER_A_STATS_PUNT, NULL));
	tbl_ns(used);
	tbl_ns(nl_u64(sched[VROUTER_A_SCHED_ENTITLED_NS]));
	tbl_ns(nl_u64(sched[VROUTER_A_SCHED_LAG_NS]));
	tbl_ns(nl_u64(sched[VROUTER_A_SCHED_LAG_MAX_NS]));
	tbl_uint(nl_u32(sched[VROUTER_A_SCHED_COST]));
	tbl_uint(nl_u32(sched[VROUTER_A_SCHED_QLEN]));
	tbl_uint(nl_u32(sched[VROUTER_A_SCHED_QLEN_LIMIT]));
}

struct show_ctx {
	bool cpu;
	bool all;
	bool bars;
};

static void show_row(uint8_t cmd, const struct nl_attrs *row, void *data)
{
	const struct show_ctx *ctx = data;
	struct row r = { .row = row };

	(void)cmd;
	nl_parse_nest(row->tb[VROUTER_A_STATS_SCHED], &r.sched);
	nl_parse_nest(row->tb[VROUTER_A_STATS_MIRROR], &r.mirror);
	r.latency = find_latency(nl_u32(row->tb[VROUTER_A_STATS_IFINDEX]),
				 row_cpu(row->tb[VROUTER_A_STATS_CPU]));
	if (opt.json)
		json_row(&r);
	else if (ctx->cpu)
		cpu_row(&r, ctx->all);
	else
		text_row(&r, ctx->all, ctx->bars);
}

static int dump(uint8_t cmd, uint16_t name_attr, uint16_t cpu_attr, const struct value *val,
		nl_row_cb cb, void *data)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, cmd, 0);
	if (ret)
		return ret;
	/* Not every kernel points at the attribute if a dump is refused. */
	req.subject = val[0].str;
	if (val[0].given)
		nl_put_str(&req, name_attr, val[0].str);
	if (val[1].given)
		nl_put_flag(&req, cpu_attr);
	return nl_dump(&req, cb, data);
}

static int show(const struct value *val)
{
	struct show_ctx ctx = {
		.cpu = val[1].given,
		.all = val[2].given,
		.bars = val[0].given || val[2].given,
	};
	int ret;

	ret = dump(VROUTER_CMD_LATENCY_GET, VROUTER_A_LATENCY_IFNAME, VROUTER_A_LATENCY_PER_CPU,
		   val, latency_row, NULL);
	if (ret)
		return ret;
	tbl_begin(cpu_columns, ARRAY_SIZE(cpu_columns));
	ret = dump(VROUTER_CMD_STATS_GET, VROUTER_A_STATS_IFNAME, VROUTER_A_STATS_PER_CPU, val,
		   show_row, &ctx);
	if (!ret && opt.json)
		json_list_end();
	else if (!ret && ctx.cpu)
		tbl_end();
	free(latencies);
	latencies = NULL;
	n_latencies = 0;
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show counters, of each CPU with cpu, zeros with all",
		.run	= show,
		.params	= {
			{ .word = "name", .value = "NAME", .type = P_DEV,
			  .first = true },
			{ .word = "cpu", .type = P_FLAG },
			{ .word = "all", .type = P_FLAG },
		},
	},
	{}
};
/* clang-format on */

const struct object stats_object = {
	.name = "stats",
	.help = "packets and CPU time of VRs",
	.cmds = commands,
};
