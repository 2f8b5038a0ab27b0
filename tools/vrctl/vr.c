// SPDX-License-Identifier: GPL-2.0
/* vrctl vr: virtual routers. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "out.h"
#include "vr.h"
#include "vrctl.h"

/* clang-format off */
#define WEIGHT(req) {							\
	.word = "weight", .value = "WEIGHT", .type = P_U32,		\
	.required = (req), .min = VROUTER_WEIGHT_MIN,			\
	.max = VROUTER_WEIGHT_MAX,					\
}
/* clang-format on */

/* clang-format off */
static const struct column columns[] = {
	{ "name",	"NAME",		ROLE_NAME,	false	},
	{ "table",	"TABLE",	ROLE_NONE,	true	},
	{ "weight",	"WEIGHT",	ROLE_NONE,	true	},
	{ "ports",	"PORTS",	ROLE_NONE,	true	},
	{ NULL,		"OPTIONS",	ROLE_NONE,	false	},
};
/* clang-format on */

#define KNOBS_LEN 2048

/* Knobs after the first one, the weight, which has a column of its own. */
static const char *options(const struct nl_attrs *vr, bool all, char *buf)
{
	const char *text = knobs_text(vr, 1, all, buf, KNOBS_LEN);

	return *text ? text + 1 : text;
}

/* Members of a JSON object. */
void vr_json(const struct nl_attrs *vr)
{
	json_uint("ifindex", nl_u32(vr->tb[VROUTER_A_VR_IFINDEX]));
	json_str("name", nl_str(vr->tb[VROUTER_A_VR_IFNAME]));
	json_uint("table", nl_u32(vr->tb[VROUTER_A_VR_TABLE]));
	json_uint("ports", nl_u32(vr->tb[VROUTER_A_VR_PORTS]));
	knobs_json(vr);
}

static void json_row(const struct nl_attrs *vr)
{
	json_list();
	json_obj(NULL);
	vr_json(vr);
	json_obj_end();
}

static void details(const struct nl_attrs *vr)
{
	const char *active = nl_str(vr->tb[VROUTER_A_VR_CPUS_ACTIVE]);
	uint32_t table = nl_u32(vr->tb[VROUTER_A_VR_TABLE]);
	const char *name = table_name(table);
	char buf[KNOBS_LEN];

	printf("%s%s%s: table ", color_on(ROLE_NAME), nl_str(vr->tb[VROUTER_A_VR_IFNAME]),
	       color_off(ROLE_NAME));
	if (name)
		printf("%s", name);
	else
		printf("%u", table);
	printf(" weight %u ports %u\n", nl_u32(vr->tb[VROUTER_A_VR_WEIGHT]),
	       nl_u32(vr->tb[VROUTER_A_VR_PORTS]));
	if (*options(vr, true, buf))
		printf("    %s\n", options(vr, true, buf));
	if (*active)
		printf("    works on cpus %s\n", active);
}

static void show_row(uint8_t cmd, const struct nl_attrs *vr, void *data)
{
	uint32_t table = nl_u32(vr->tb[VROUTER_A_VR_TABLE]);
	char buf[KNOBS_LEN];

	(void)cmd;
	(void)data;
	if (opt.json || opt.details) {
		(opt.json ? json_row : details)(vr);
		return;
	}
	tbl_str(nl_str(vr->tb[VROUTER_A_VR_IFNAME]));
	tbl_named(table, table_name(table));
	tbl_uint(nl_u32(vr->tb[VROUTER_A_VR_WEIGHT]));
	tbl_uint(nl_u32(vr->tb[VROUTER_A_VR_PORTS]));
	tbl_str(options(vr, false, buf));
}

static int show(const struct value *val)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_VR_GET, 0);
	if (ret)
		return ret;
	tbl_begin(columns, ARRAY_SIZE(columns));
	if (val[0].given) {
		nl_put_str(&req, VROUTER_A_VR_IFNAME, val[0].str);
		ret = nl_do(&req, show_row, NULL);
	} else {
		ret = nl_dump(&req, show_row, NULL);
	}
	if (!ret)
		tbl_end();
	return ret;
}

static void ifindex_row(uint8_t cmd, const struct nl_attrs *vr, void *data)
{
	(void)cmd;
	*(int *)data = nl_u32(vr->tb[VROUTER_A_VR_IFINDEX]);
}

int vr_ifindex(const char *name, int *ifindex)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_VR_GET, 0);
	if (ret)
		return ret;
	nl_put_str(&req, VROUTER_A_VR_IFNAME, name);
	return nl_do(&req, ifindex_row, ifindex);
}

int vr_add(const struct value *val)
{
	struct nlattr *info, *data;
	struct nl_req req;
	int ret;

	/* Loads the module, or tells that there is none. */
	ret = nl_genl_open();
	if (ret)
		return ret;
	ret = nl_link_start(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, IFF_UP);
	if (ret)
		return ret;
	req.subject = val[0].str;
	nl_put_str(&req, IFLA_IFNAME, val[0].str);
	info = nl_nest(&req, IFLA_LINKINFO);
	nl_put_str(&req, IFLA_INFO_KIND, "vrouter");
	data = nl_nest(&req, IFLA_INFO_DATA);
	nl_put_u32(&req, IFLA_VROUTER_TABLE, val[1].num, val[1].str);
	if (val[2].given)
		nl_put_u32(&req, IFLA_VROUTER_WEIGHT, val[2].num, val[2].str);
	nl_nest_end(&req, data);
	nl_nest_end(&req, info);
	return nl_do(&req, NULL, NULL);
}

int vr_set(const struct value *val)
{
	struct nl_req req;
	int ret;

	if (!knobs_given(val + 1)) {
		fputs("Error: nothing to set, try \"vrctl vr help\".\n", stderr);
		return EXIT_SYNTAX;
	}
	ret = nl_genl_start(&req, VROUTER_CMD_VR_SET, 0);
	if (ret)
		return ret;
	req.subject = val[0].str;
	req.perm = "shares of CPU time are of the host, its root sets them";
	nl_put_str(&req, VROUTER_A_VR_IFNAME, val[0].str);
	knobs_put(&req, val + 1);
	return nl_do(&req, NULL, NULL);
}

int vr_set_cpus(const char *name, const char *cpus)
{
	struct value val[1 + VR_KNOBS] = {
		[0] = { .given = true, .str = name },
		[2] = { .given = true, .str = cpus },
	};

	return vr_set(val);
}

int vr_del(const struct value *val)
{
	struct nl_req req;
	int ret, ifindex = 0;

	ret = vr_ifindex(val[0].str, &ifindex);
	if (ret)
		return ret;
	ret = nl_link_start(&req, RTM_DELLINK, 0, ifindex, 0);
	if (ret)
		return ret;
	req.subject = val[0].str;
	return nl_do(&req, NULL, NULL);
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show the VRs of the network namespace, or one",
		.run	= show,
		.params	= { VR_NAME(false) },
	}, {
		.name	= "add",
		.help	= "create a VR and set it up",
		.run	= vr_add,
		.params	= {
			VR_NAME(true),
			{ .word = "table", .value = "TABLE", .type = P_TABLE,
			  .required = true },
			WEIGHT(false),
		},
	}, {
		.name	= "set",
		.help	= "change a VR; see vrctl(8) for what its words mean",
		.run	= vr_set,
		.params	= {
			/* After the name in the order of knobs.c. */
			VR_NAME(true),
			WEIGHT(false),
			{ .word = "cpus", .value = "LIST", .type = P_CPUS },
			{ .word = "queue-packets", .value = "N", .type = P_U32,
			  .min = 1, .max = VROUTER_QUEUE_PACKETS_MAX },
			{ .word = "queue-time", .value = "TIME", .type = P_TIME,
			  .off = true, .max = 1000000,
			  .unit = NS_PER_US, .bare = NS_PER_US },
			{ .word = "vector-limit", .value = "TIME", .type = P_TIME,
			  .off = true, .max = 1000000,
			  .unit = NS_PER_US, .bare = NS_PER_US },
			{ .word = "strikes", .value = "N", .type = P_U32,
			  .min = 1, .max = 1000 },
			{ .word = "strike-window", .value = "TIME", .type = P_TIME,
			  .min = 1, .max = 3600000,
			  .unit = NS_PER_MS, .bare = NS_PER_US },
			{ .word = "quarantine", .value = "{ on | off }", .type = P_ONOFF },
			{ .word = "burn", .value = "CYCLES", .type = P_U32,
			  .off = true, .max = VROUTER_BURN_MAX },
		},
	}, {
		.name	= "del",
		.help	= "release the ports of a VR and remove it",
		.run	= vr_del,
		.params	= { VR_NAME(true) },
	},
	{}
};
/* clang-format on */

const struct object vr_object = {
	.name = "vr",
	.help = "virtual routers",
	.cmds = commands,
};
