// SPDX-License-Identifier: GPL-2.0
/* vrctl runtime: what the nodes of a VR's graph cost. */
#include <stdio.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "out.h"
#include "vr.h"

/* clang-format off */
static const struct column columns[] = {
	{ "vr",		"VR",			ROLE_NAME,	false	},
	{ "cpu",	"CPU",			ROLE_NONE,	true	},
	{ "node",	"NODE",			ROLE_NONE,	false	},
	{ "calls",	"CALLS",		ROLE_NONE,	true	},
	{ "packets",	"PACKETS",		ROLE_NONE,	true	},
	{ "per_call",	"PACKETS/CALL",		ROLE_NONE,	true	},
	{ "cycles",	"CYCLES/PACKET",	ROLE_NONE,	true	},
};
/* clang-format on */

static bool counted;

static double per(uint64_t part, uint64_t of)
{
	return of ? (double)part / of : 0;
}

/* Call for each node, which are the same attribute many times. */
static void for_each_node(const struct nl_attrs *row,
			  void (*cb)(const struct nl_attrs *row, const struct nl_attrs *node))
{
	const struct nlattr *attr;
	struct nl_attrs node;

	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != VROUTER_A_RUNTIME_NODE)
			continue;
		nl_parse_nest(attr, &node);
		cb(row, &node);
	}
}

static void json_node(const struct nl_attrs *row, const struct nl_attrs *node)
{
	uint64_t packets = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_PACKETS]);
	uint64_t cycles = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_CYCLES]);
	uint64_t calls = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_CALLS]);

	(void)row;
	json_obj(NULL);
	json_str("node", nl_str(node->tb[VROUTER_A_RUNTIME_NODE_NAME]));
	json_uint("calls", calls);
	json_uint("packets", packets);
	json_uint("cycles", cycles);
	json_real("packets_per_call", per(packets, calls));
	json_real("cycles_per_packet", per(cycles, packets));
	json_obj_end();
}

static void json_row(const struct nl_attrs *row)
{
	json_list();
	json_obj(NULL);
	json_uint("ifindex", nl_u32(row->tb[VROUTER_A_RUNTIME_IFINDEX]));
	json_str("name", nl_str(row->tb[VROUTER_A_RUNTIME_IFNAME]));
	if (row->tb[VROUTER_A_RUNTIME_CPU])
		json_uint("cpu", nl_u32(row->tb[VROUTER_A_RUNTIME_CPU]));
	json_bool("counting", nl_u8(row->tb[VROUTER_A_RUNTIME_COUNTING]));
	json_uint("clock_khz", nl_u32(row->tb[VROUTER_A_RUNTIME_CLOCK_KHZ]));
	json_arr("nodes");
	for_each_node(row, json_node);
	json_arr_end();
	json_obj_end();
}

static void text_node(const struct nl_attrs *row, const struct nl_attrs *node)
{
	uint64_t packets = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_PACKETS]);
	uint64_t cycles = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_CYCLES]);
	uint64_t calls = nl_u64(node->tb[VROUTER_A_RUNTIME_NODE_CALLS]);
	char per_call[32];

	tbl_str(nl_str(row->tb[VROUTER_A_RUNTIME_IFNAME]));
	if (row->tb[VROUTER_A_RUNTIME_CPU])
		tbl_uint(nl_u32(row->tb[VROUTER_A_RUNTIME_CPU]));
	else
		tbl_str("all");
	tbl_str(nl_str(node->tb[VROUTER_A_RUNTIME_NODE_NAME]));
	tbl_uint(calls);
	tbl_uint(packets);
	snprintf(per_call, sizeof(per_call), "%.1f", per(packets, calls));
	tbl_str(per_call);
	tbl_uint(per(cycles, packets));
}

static void show_row(uint8_t cmd, const struct nl_attrs *row, void *data)
{
	(void)cmd;
	(void)data;
	counted |= nl_u8(row->tb[VROUTER_A_RUNTIME_COUNTING]);
	if (opt.json)
		json_row(row);
	else
		for_each_node(row, text_node);
}

static int start_request(struct nl_req *req, uint8_t cmd, const struct value *name)
{
	int ret = nl_genl_start(req, cmd, 0);

	if (ret)
		return ret;
	/* Not every kernel points at the attribute if a dump is refused. */
	req->subject = name->str;
	if (name->given)
		nl_put_str(req, VROUTER_A_RUNTIME_IFNAME, name->str);
	return EXIT_OK;
}

static int show(const struct value *name, bool cpu)
{
	struct nl_req req;
	int ret = start_request(&req, VROUTER_CMD_RUNTIME_GET, name);

	if (ret)
		return ret;
	if (cpu)
		nl_put_flag(&req, VROUTER_A_RUNTIME_PER_CPU);
	counted = false;
	tbl_begin(columns, ARRAY_SIZE(columns));
	ret = nl_dump(&req, show_row, NULL);
	if (ret)
		return ret;
	if (opt.json)
		json_list_end();
	else if (counted)
		tbl_end();
	else
		printf("Nothing is counted; to start: vrctl runtime %s start\n",
		       name->given ? name->str : "NAME");
	return EXIT_OK;
}

static int set(const struct value *name, bool on)
{
	struct nl_req req;
	int ret = start_request(&req, VROUTER_CMD_RUNTIME_SET, name);

	if (ret)
		return ret;
	nl_put_u8(&req, VROUTER_A_RUNTIME_COUNTING, on, NULL);
	return nl_do(&req, NULL, NULL);
}

static int runtime(const struct value *val)
{
	const struct value *name = &val[0], *start = &val[1], *stop = &val[2], *cpu = &val[3];

	if (!start->given && !stop->given)
		return show(name, cpu->given);
	if (start->given && stop->given) {
		fputs("Error: \"stop\" beside \"start\": one or the other.\n", stderr);
		return EXIT_SYNTAX;
	}
	if (cpu->given) {
		fprintf(stderr, "Error: \"cpu\" beside \"%s\", which is for all CPUs.\n",
			start->given ? "start" : "stop");
		return EXIT_SYNTAX;
	}
	if (!name->given) {
		fprintf(stderr, "Error: \"%s\" without the name of a VR.\n",
			start->given ? "start" : "stop");
		return EXIT_SYNTAX;
	}
	return set(name, start->given);
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show what each node costs; start counts from zero",
		.run	= runtime,
		.params	= {
			VR_NAME(false),
			{ .word = "start", .type = P_FLAG },
			{ .word = "stop", .type = P_FLAG },
			{ .word = "cpu", .type = P_FLAG },
		},
	},
	{}
};
/* clang-format on */

const struct object runtime_object = {
	.name = "runtime",
	.help = "packets and cycles of each node of the graph",
	.cmds = commands,
	.sole = true,
};
