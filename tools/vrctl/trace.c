// SPDX-License-Identifier: GPL-2.0
/* vrctl trace: packets with all nodes that they went through. */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>

#include <linux/vrouter.h>

#include "flow.h"
#include "incident.h"
#include "nl.h"
#include "out.h"
#include "verdict.h"
#include "vr.h"
#include "vrctl.h"

/* A trace under way. */
struct trace {
	const char *vr;
	int ifindex;
	uint32_t count; /* 0 for no end */
	uint32_t shown;
	bool gone;
};

static void json_packet(const struct nl_attrs *p)
{
	const struct nlattr *const *tb = p->tb;

	json_obj(NULL);
	json_uint("ifindex", nl_u32(tb[VROUTER_A_TRACE_IFINDEX]));
	json_str("vr", nl_str(tb[VROUTER_A_TRACE_IFNAME]));
	json_uint("time_ns", nl_u64(tb[VROUTER_A_TRACE_TIME_NS]));
	json_uint("cpu", nl_u32(tb[VROUTER_A_TRACE_CPU]));
	json_str("port", nl_str(tb[VROUTER_A_TRACE_PORT]));
	json_uint("length", nl_u32(tb[VROUTER_A_TRACE_LENGTH]));
	json_bool("frame", tb[VROUTER_A_TRACE_FRAME]);
	if (tb[VROUTER_A_TRACE_HEADER])
		header_json(tb[VROUTER_A_TRACE_HEADER]);
	hops_json(p, VROUTER_A_TRACE_HOP, true);
	verdict_json(tb[VROUTER_A_TRACE_VERDICT], tb[VROUTER_A_TRACE_REASON]);
	if (tb[VROUTER_A_TRACE_OUT])
		json_str("out", nl_str(tb[VROUTER_A_TRACE_OUT]));
	json_uint("missed", nl_u64(tb[VROUTER_A_TRACE_MISSED]));
	json_obj_end();
	json_done();
}

static void text_packet(const struct nl_attrs *p)
{
	const struct nlattr *const *tb = p->tb;
	char text[256];

	realtime_put(nl_u64(tb[VROUTER_A_TRACE_TIME_NS]));
	printf(" cpu %u from %s%s%s%s: %s\n", nl_u32(tb[VROUTER_A_TRACE_CPU]), color_on(ROLE_NAME),
	       nl_str(tb[VROUTER_A_TRACE_PORT]), color_off(ROLE_NAME),
	       tb[VROUTER_A_TRACE_FRAME] ? " as a frame" : "",
	       tb[VROUTER_A_TRACE_HEADER]
		       ? header_text(tb[VROUTER_A_TRACE_HEADER], text, sizeof(text))
		       : "");
	hops_text(p, VROUTER_A_TRACE_HOP);
	printf("    ");
	verdict_text(tb[VROUTER_A_TRACE_VERDICT], tb[VROUTER_A_TRACE_REASON]);
	if (tb[VROUTER_A_TRACE_OUT])
		printf(" by %s%s%s", color_on(ROLE_NAME), nl_str(tb[VROUTER_A_TRACE_OUT]),
		       color_off(ROLE_NAME));
	if (nl_u64(tb[VROUTER_A_TRACE_MISSED]))
		printf("; %" PRIu64 " more not recorded so far",
		       nl_u64(tb[VROUTER_A_TRACE_MISSED]));
	putchar('\n');
}

static void show_packet(uint8_t cmd, const struct nl_attrs *p, void *data)
{
	struct trace *trace = data;

	if (cmd != VROUTER_CMD_TRACE_NTF)
		return;
	trace->shown++;
	if (opt.json)
		json_packet(p);
	else
		text_packet(p);
}

/* The VR may go, or the kernel's message that it did be lost. */
static bool go_on(bool quiet, void *data)
{
	struct trace *trace = data;
	char name[IF_NAMESIZE];

	if (quiet && !if_indextoname(trace->ifindex, name))
		trace->gone = true;
	return !trace->gone && (!trace->count || trace->shown < trace->count);
}

static int run(const struct value *val)
{
	const struct value *count = &val[1 + FLOW_N];
	struct trace trace = { .vr = val[0].str, .count = count->given ? count->num : 0 };
	struct nl_req req;
	int ret;

	ret = vr_ifindex(trace.vr, &trace.ifindex);
	if (!ret)
		ret = nl_genl_start(&req, VROUTER_CMD_TRACE_START, 0);
	if (ret)
		return ret;
	req.subject = trace.vr;
	nl_put_u32(&req, VROUTER_A_TRACE_IFINDEX, trace.ifindex, trace.vr);
	ret = flow_put(&req, VROUTER_A_TRACE_FLOW, val + 1, true);
	if (ret)
		return ret;
	if (trace.count)
		nl_put_u32(&req, VROUTER_A_TRACE_COUNT, trace.count, NULL);
	ret = nl_do(&req, show_packet, &trace);
	if (!ret)
		ret = nl_listen(&req, show_packet, go_on, &trace);
	/* If it has not ended by itself it ends with the socket. */
	nl_close_all();
	if (!ret && trace.gone) {
		fprintf(stderr, "Error: %s: the VR is gone.\n", trace.vr);
		ret = EXIT_LOCAL;
	}
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "run",
		.help	= "show packets and the nodes that they go through",
		.run	= run,
		.params	= {
			VR_NAME(true),
			FLOW_PARAMS("PREFIX", .required = false),
			{ .word = "count", .value = "N", .type = P_U32,
			  .min = 1, .max = INT32_MAX },
		},
	},
	{}
};
/* clang-format on */

const struct object trace_object = {
	.name = "trace",
	.help = "packets on their way through the graph",
	.cmds = commands,
	.sole = true,
	.split = true,
};
