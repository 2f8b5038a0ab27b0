// SPDX-License-Identifier: GPL-2.0
/* vrctl port: netdevices enslaved to virtual routers. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "out.h"
#include "vr.h"
#include "vrctl.h"
#include "xdp.h"

/* clang-format off */
#define DEV(req) {							\
	.word = "dev", .value = "DEV", .type = P_DEV, .first = true,	\
	.required = (req),						\
}

#define VR(req) {							\
	.word = "vr", .value = "NAME", .type = P_DEV, .required = (req),\
}
/* clang-format on */

/* clang-format off */
static const struct column columns[] = {
	{ "ifindex",	NULL,		ROLE_NONE,	true	},
	{ "name",	"PORT",		ROLE_NAME,	false	},
	{ "vr_ifindex",	NULL,		ROLE_NONE,	true	},
	{ "vr",		"VR",		ROLE_NAME,	false	},
	{ "direct",	"DIRECT",	ROLE_NONE,	false	},
	{ "credit",	"CREDIT",	ROLE_NONE,	false	},
	{ "xdp",	"XDP",		ROLE_NONE,	false	},
	{ "standby",	"STANDBY",	ROLE_NAME,	false	},
	{ "lane",	"LANE",		ROLE_NAME,	false	},
	{ "lane_parent", NULL,		ROLE_NONE,	false	},
	{ "lane_state",	"LANE-STATE",	ROLE_NONE,	false	},
	{ "rx_packets",	"RX-PACKETS",	ROLE_NONE,	true	},
	{ "rx_bytes",	"RX-BYTES",	ROLE_NONE,	true	},
	{ "rx_dropped",	"RX-DROPPED",	ROLE_NONE,	true	},
	{ "tx_packets",	"TX-PACKETS",	ROLE_NONE,	true	},
	{ "tx_bytes",	"TX-BYTES",	ROLE_NONE,	true	},
	{ "tx_dropped",	"TX-DROPPED",	ROLE_NONE,	true	},
};
/* clang-format on */

const char *lane_state(const struct nl_attrs *port)
{
	static const char *const states[] = {
		[VROUTER_LANE_STATE_ACTIVE] = "active",
		[VROUTER_LANE_STATE_SETTLING] = "settling",
		[VROUTER_LANE_STATE_DOWN] = "down",
		[VROUTER_LANE_STATE_NO_CARRIER] = "no-carrier",
		[VROUTER_LANE_STATE_RESET] = "reset",
		[VROUTER_LANE_STATE_MTU] = "mtu",
		[VROUTER_LANE_STATE_ADDRESS] = "address",
		[VROUTER_LANE_STATE_GONE] = "gone",
		[VROUTER_LANE_STATE_REFUSED] = "refused",
		[VROUTER_LANE_STATE_RELEASED] = "released",
		[VROUTER_LANE_STATE_PF_DOWN] = "pf-down",
	};
	uint32_t state = nl_u32(port->tb[VROUTER_A_PORT_LANE_STATE]);

	if (!port->tb[VROUTER_A_PORT_LANE_STATE])
		return "";
	return state < ARRAY_SIZE(states) ? states[state] : "?";
}

static void show_row(uint8_t cmd, const struct nl_attrs *port, void *data)
{
	struct nl_attrs stats;

	(void)cmd;
	(void)data;
	nl_parse_nest(port->tb[VROUTER_A_PORT_STATS], &stats);
	tbl_uint(nl_u32(port->tb[VROUTER_A_PORT_IFINDEX]));
	tbl_str(nl_str(port->tb[VROUTER_A_PORT_IFNAME]));
	tbl_uint(nl_u32(port->tb[VROUTER_A_PORT_VR_IFINDEX]));
	tbl_str(nl_str(port->tb[VROUTER_A_PORT_VR_IFNAME]));
	tbl_bool(nl_u8(port->tb[VROUTER_A_PORT_DIRECT]), "on", "off");
	tbl_bool(nl_u8(port->tb[VROUTER_A_PORT_CREDIT]), "on", "off");
	tbl_bool(nl_u32(port->tb[VROUTER_A_PORT_XDP_ID]), "on", "off");
	tbl_str(nl_str(port->tb[VROUTER_A_PORT_STANDBY_IFNAME]));
	tbl_str(nl_str(port->tb[VROUTER_A_PORT_LANE_IFNAME]));
	tbl_str(nl_str(port->tb[VROUTER_A_PORT_LANE_PARENT]));
	tbl_str(lane_state(port));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_PACKETS]));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_BYTES]));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_DROPPED]));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_PACKETS]));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_BYTES]));
	tbl_uint(nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_DROPPED]));
}

static int show(const struct value *val)
{
	struct nl_req req;
	int ret;

	if (val[0].given && val[1].given) {
		fputs("Error: \"vr\" beside a port: a port has one VR.\n", stderr);
		return EXIT_SYNTAX;
	}
	ret = nl_genl_start(&req, VROUTER_CMD_PORT_GET, 0);
	if (ret)
		return ret;
	tbl_begin(columns, ARRAY_SIZE(columns));
	if (val[0].given) {
		nl_put_str(&req, VROUTER_A_PORT_IFNAME, val[0].str);
		ret = nl_do(&req, show_row, NULL);
	} else {
		/* Not every kernel points at the attribute if a dump is refused. */
		req.subject = val[1].str;
		if (val[1].given)
			nl_put_str(&req, VROUTER_A_PORT_VR_IFNAME, val[1].str);
		ret = nl_dump(&req, show_row, NULL);
	}
	if (!ret)
		tbl_end();
	return ret;
}

int port_set_master(const char *name, int ifindex, int master)
{
	struct nl_req req;
	int ret;

	ret = nl_link_start(&req, RTM_SETLINK, 0, ifindex, 0);
	if (ret)
		return ret;
	req.subject = name;
	nl_put_u32(&req, IFLA_MASTER, master, NULL);
	return nl_do(&req, NULL, NULL);
}

int port_set_standby(const char *what, int ifindex, int standby)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_PORT_SET, 0);
	if (ret)
		return ret;
	req.subject = what;
	nl_put_u32(&req, VROUTER_A_PORT_IFINDEX, ifindex, NULL);
	nl_put_u32(&req, VROUTER_A_PORT_STANDBY, standby, NULL);
	return nl_do(&req, NULL, NULL);
}

struct link {
	int ifindex;
	int master;
};

static void link_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct link *link = data;

	(void)cmd;
	link->master = nl_u32(attrs->tb[IFLA_MASTER]);
}

/* The kernel would take the device away from another master without a word. */
static int add(const struct value *val)
{
	struct link link = {};
	char master[IFNAMSIZ];
	struct nl_req req;
	int ret, vr = 0;

	ret = vr_ifindex(val[1].str, &vr);
	if (ret)
		return ret;
	link.ifindex = if_nametoindex(val[0].str);
	if (!link.ifindex) {
		fprintf(stderr, "Error: %s: %s.\n", val[0].str, strerror(errno));
		return EXIT_KERNEL;
	}
	ret = nl_link_start(&req, RTM_GETLINK, 0, link.ifindex, 0);
	if (ret)
		return ret;
	req.subject = val[0].str;
	ret = nl_do(&req, link_row, &link);
	if (ret)
		return ret;
	if (link.master) {
		fprintf(stderr, "Error: %s: Has a master already: %s.\n", val[0].str,
			if_indextoname(link.master, master) ? master : "?");
		return EXIT_KERNEL;
	}
	return port_set_master(val[0].str, link.ifindex, vr);
}

static void ifindex_row(uint8_t cmd, const struct nl_attrs *port, void *data)
{
	(void)cmd;
	*(int *)data = nl_u32(port->tb[VROUTER_A_PORT_IFINDEX]);
}

/* Only a port of a VR, never a device that has another kind of master. */
static int del(const struct value *val)
{
	struct nl_req req;
	int ret, ifindex = 0;

	ret = nl_genl_start(&req, VROUTER_CMD_PORT_GET, 0);
	if (ret)
		return ret;
	nl_put_str(&req, VROUTER_A_PORT_IFNAME, val[0].str);
	ret = nl_do(&req, ifindex_row, &ifindex);
	return ret ? ret : port_set_master(val[0].str, ifindex, 0);
}

int port_set(const struct value *val)
{
	bool others = val[1].given || val[2].given || val[3].given;
	enum xdp_mode was = XDP_MODE_OFF, mode;
	unsigned int standby = 0;
	struct nl_req req;
	int ret;

	if (!others && !val[4].given) {
		fputs("Error: nothing to set, try \"vrctl port help\".\n", stderr);
		return EXIT_SYNTAX;
	}
	if (val[4].given && !xdp_mode_parse(val[4].str, &mode)) {
		fprintf(stderr, "Error: xdp \"%s\": must be on, off or auto.\n", val[4].str);
		return EXIT_SYNTAX;
	}
	if (val[3].given && strcmp(val[3].str, "none")) {
		standby = if_nametoindex(val[3].str);
		if (!standby) {
			fprintf(stderr, "Error: standby \"%s\": %s.\n", val[3].str,
				strerror(errno));
			return EXIT_KERNEL;
		}
	}
	/* What can be refused for more reasons comes first. */
	if (val[4].given) {
		ret = xdp_set(val[0].str, mode, &was);
		if (ret || !others)
			return ret;
	}
	ret = nl_genl_start(&req, VROUTER_CMD_PORT_SET, 0);
	if (ret)
		return ret;
	req.subject = val[0].str;
	nl_put_str(&req, VROUTER_A_PORT_IFNAME, val[0].str);
	if (val[1].given)
		nl_put_u8(&req, VROUTER_A_PORT_DIRECT, val[1].num, val[1].str);
	if (val[2].given)
		nl_put_u8(&req, VROUTER_A_PORT_CREDIT, val[2].num, val[2].str);
	if (val[3].given)
		nl_put_u32(&req, VROUTER_A_PORT_STANDBY, standby, val[3].str);
	ret = nl_do(&req, NULL, NULL);
	if (ret && val[4].given)
		xdp_set(val[0].str, was, NULL);
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show the ports of all VRs, of one, or one port",
		.run	= show,
		.params	= { DEV(false), VR(false) },
	}, {
		.name	= "add",
		.help	= "make a netdevice a port of a VR",
		.run	= add,
		.params	= { DEV(true), VR(true) },
	}, {
		.name	= "set",
		.help	= "change a port; direct: transmit past its qdisc; credit: under load "
			  "poll it as the VR's share allows; standby: the port to fall back to; "
			  "xdp: take packets as frames",
		.run	= port_set,
		.params	= {
			DEV(true),
			{ .word = "direct", .value = "{ on | off }",
			  .type = P_ONOFF },
			{ .word = "credit", .value = "{ on | off }",
			  .type = P_ONOFF },
			{ .word = "standby", .value = "{ DEV | none }",
			  .type = P_DEV },
			{ .word = "xdp", .value = "{ on | off | auto }",
			  .type = P_WORD },
		},
	}, {
		.name	= "del",
		.help	= "release a netdevice from its VR",
		.run	= del,
		.params	= { DEV(true) },
	},
	{}
};
/* clang-format on */

const struct object port_object = {
	.name = "port",
	.help = "netdevices enslaved to VRs",
	.cmds = commands,
};
