// SPDX-License-Identifier: GPL-2.0
/* vrctl why: what would happen to a packet, by the VR and by the kernel's own routing. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vrouter.h>

#include "flow.h"
#include "nl.h"
#include "out.h"
#include "site.h"
#include "verdict.h"
#include "vf.h"
#include "vr.h"
#include "vrctl.h"

static const char *const actions[] = {
	[VROUTER_ROUTE_ACTION_NONE] = "none",
	[VROUTER_ROUTE_ACTION_OTHER] = "other",
	[VROUTER_ROUTE_ACTION_FORWARD] = "forward",
	[VROUTER_ROUTE_ACTION_LOCAL] = "local",
	[VROUTER_ROUTE_ACTION_BLACKHOLE] = "blackhole",
	[VROUTER_ROUTE_ACTION_UNREACHABLE] = "unreachable",
	[VROUTER_ROUTE_ACTION_PROHIBIT] = "prohibit",
	[VROUTER_ROUTE_ACTION_THROW] = "throw",
};

static const char *const neighbours[] = {
	[VROUTER_NEIGHBOUR_UNKNOWN] = "unknown",
	[VROUTER_NEIGHBOUR_UNRESOLVED] = "unresolved",
	[VROUTER_NEIGHBOUR_RESOLVED] = "resolved",
};

static const char *const types[] = {
	[RTN_UNICAST] = "unicast",     [RTN_LOCAL] = "local",
	[RTN_BROADCAST] = "broadcast", [RTN_ANYCAST] = "anycast",
	[RTN_MULTICAST] = "multicast", [RTN_BLACKHOLE] = "blackhole",
	[RTN_PROHIBIT] = "prohibit",   [RTN_UNREACHABLE] = "unreachable",
	[RTN_THROW] = "throw",
};

#define NAME_OF(names, num) ((num) < ARRAY_SIZE(names) && (names)[num] ? (names)[num] : "?")

/* What the kernel's own routing says. */
struct kernel {
	char *error;
	const char *type;
	uint32_t table;
	char prefix[INET6_ADDRSTRLEN + 4];
	char via[INET6_ADDRSTRLEN];
	char dev[IF_NAMESIZE];
};

/* The answer, of which the attributes last only as long as the call. */
struct why {
	const struct value *val;
	struct kernel kernel;
	int ret;
};

static void addr_text(int family, const struct nlattr *attr, char *text)
{
	if (attr && mnl_attr_get_payload_len(attr) >= site_addr_bytes(family))
		inet_ntop(family, mnl_attr_get_payload(attr), text, INET6_ADDRSTRLEN);
}

/* The way that the packet takes. */
static void chosen_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct rtmsg *rtm = (const struct rtmsg *)attrs->link;
	struct kernel *k = data;

	(void)cmd;
	k->type = NAME_OF(types, rtm->rtm_type);
	addr_text(rtm->rtm_family, attrs->tb[RTA_GATEWAY], k->via);
	if (attrs->tb[RTA_VIA] && mnl_attr_get_payload_len(attrs->tb[RTA_VIA]) == 18)
		inet_ntop(AF_INET6, (const char *)mnl_attr_get_payload(attrs->tb[RTA_VIA]) + 2,
			  k->via, sizeof(k->via));
	if (nl_u32(attrs->tb[RTA_OIF]))
		if_indextoname(nl_u32(attrs->tb[RTA_OIF]), k->dev);
}

/* The route that it goes by. */
static void route_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct rtmsg *rtm = (const struct rtmsg *)attrs->link;
	char addr[INET6_ADDRSTRLEN] = "";
	struct kernel *k = data;

	(void)cmd;
	strcpy(addr, rtm->rtm_family == AF_INET ? "0.0.0.0" : "::");
	addr_text(rtm->rtm_family, attrs->tb[RTA_DST], addr);
	snprintf(k->prefix, sizeof(k->prefix), "%s/%u", addr, rtm->rtm_dst_len);
	k->table = nl_u32(attrs->tb[RTA_TABLE]);
}

static int ask_kernel_once(const struct value *val, unsigned int flags, uint32_t iif, nl_row_cb cb,
			   struct kernel *k)
{
	int family = strchr(val[FLOW_DST].str, ':') ? AF_INET6 : AF_INET;
	size_t size = site_addr_bytes(family);
	const struct rtmsg rtm = {
		.rtm_family = family,
		.rtm_dst_len = 8 * size,
		.rtm_src_len = 8 * size,
		.rtm_flags = RTM_F_LOOKUP_TABLE | flags,
	};
	uint8_t src[16], dst[16], proto;
	uint16_t port;
	struct nl_req req;
	int ret;

	ret = nl_route_start(&req, RTM_GETROUTE, 0, &rtm);
	if (ret)
		return ret;
	inet_pton(family, val[FLOW_SRC].str, src);
	inet_pton(family, val[FLOW_DST].str, dst);
	nl_put(&req, RTA_DST, dst, size);
	nl_put(&req, RTA_SRC, src, size);
	nl_put(&req, RTA_IIF, &iif, sizeof(iif));
	if (flow_proto(val, &proto) && flow_has_ports(proto)) {
		nl_put(&req, RTA_IP_PROTO, &proto, sizeof(proto));
		port = htons(val[FLOW_SPORT].num);
		if (val[FLOW_SPORT].given)
			nl_put(&req, RTA_SPORT, &port, sizeof(port));
		port = htons(val[FLOW_DPORT].num);
		if (val[FLOW_DPORT].given)
			nl_put(&req, RTA_DPORT, &port, sizeof(port));
	}
	return nl_do(&req, cb, k);
}

/* What the kernel says instead of an answer, without what stands around it. */
static void keep_error(struct kernel *k, char *text)
{
	static const char before[] = "Error: ";

	if (!strncmp(text, before, sizeof(before) - 1))
		memmove(text, text + sizeof(before) - 1, strlen(text) - sizeof(before) + 2);
	text[strcspn(text, "\n")] = '\0';
	if (*text && text[strlen(text) - 1] == '.')
		text[strlen(text) - 1] = '\0';
	k->error = text;
}

static int ask_kernel(const struct value *val, const char *port, struct kernel *k)
{
	uint32_t iif = if_nametoindex(port);
	char *text = NULL;
	size_t len;
	FILE *file;
	int ret;

	file = open_memstream(&text, &len);
	if (!file)
		return EXIT_LOCAL;
	nl_messages(file);
	ret = ask_kernel_once(val, 0, iif, chosen_row, k);
	if (!ret)
		ret = ask_kernel_once(val, RTM_F_FIB_MATCH, iif, route_row, k);
	nl_messages(NULL);
	fclose(file);
	if (ret == EXIT_KERNEL)
		keep_error(k, text);
	else
		free(text);
	return ret == EXIT_KERNEL ? EXIT_OK : ret;
}

/* They must not lead it by different ports. */
static bool differs(const struct nlattr *const *tb, const struct kernel *k)
{
	return nl_u32(tb[VROUTER_A_WHY_VERDICT]) == VROUTER_VERDICT_FORWARD &&
	       strcmp(nl_str(tb[VROUTER_A_WHY_OUT]), k->dev) != 0;
}

static void json_str_if(const char *key, const char *val)
{
	if (*val)
		json_str(key, val);
}

static void json_kernel(const struct kernel *k)
{
	json_obj("kernel");
	if (k->error) {
		json_str("error", k->error);
	} else {
		json_str("type", k->type);
		json_str("prefix", k->prefix);
		json_uint("table", k->table);
		json_str_if("via", k->via);
		json_str_if("dev", k->dev);
	}
	json_obj_end();
}

static void json_answer(const struct nl_attrs *a, const struct kernel *k)
{
	const struct nlattr *const *tb = a->tb;
	char mac[MAC_TEXT_LEN];

	json_obj(NULL);
	json_str("vr", nl_str(tb[VROUTER_A_WHY_IFNAME]));
	json_str("port", nl_str(tb[VROUTER_A_WHY_PORT]));
	json_uint("length", nl_u32(tb[VROUTER_A_WHY_LENGTH]));
	if (tb[VROUTER_A_WHY_SOURCE]) {
		json_str("source", NAME_OF(actions, nl_u32(tb[VROUTER_A_WHY_SOURCE])));
		json_str_if("source_out", nl_str(tb[VROUTER_A_WHY_SOURCE_OUT]));
		json_str("route", NAME_OF(actions, nl_u32(tb[VROUTER_A_WHY_ROUTE])));
	}
	if (tb[VROUTER_A_WHY_PATHS])
		json_uint("paths", nl_u32(tb[VROUTER_A_WHY_PATHS]));
	if (tb[VROUTER_A_WHY_OUT]) {
		json_str("out", nl_str(tb[VROUTER_A_WHY_OUT]));
		json_str("neighbour", NAME_OF(neighbours, nl_u32(tb[VROUTER_A_WHY_NEIGHBOUR])));
		if (tb[VROUTER_A_WHY_LLADDR])
			json_str("lladdr",
				 mac_text(mnl_attr_get_payload(tb[VROUTER_A_WHY_LLADDR]), mac));
		json_uint("mtu", nl_u32(tb[VROUTER_A_WHY_MTU]));
	}
	if (tb[VROUTER_A_WHY_ROUTE_MTU])
		json_uint("route_mtu", nl_u32(tb[VROUTER_A_WHY_ROUTE_MTU]));
	json_kernel(k);
	json_bool("differs", differs(tb, k));
	hops_json(a, VROUTER_A_WHY_HOP, false);
	verdict_json(tb[VROUTER_A_WHY_VERDICT], tb[VROUTER_A_WHY_REASON]);
	if (tb[VROUTER_A_WHY_TEXT])
		json_str("text", nl_str(tb[VROUTER_A_WHY_TEXT]));
	json_obj_end();
	json_done();
}

static void text_routes(const struct nlattr *const *tb)
{
	char mac[MAC_TEXT_LEN];

	printf("  source     %s", NAME_OF(actions, nl_u32(tb[VROUTER_A_WHY_SOURCE])));
	if (tb[VROUTER_A_WHY_SOURCE_OUT])
		printf(" by %s", nl_str(tb[VROUTER_A_WHY_SOURCE_OUT]));
	printf("\n  route      %s", NAME_OF(actions, nl_u32(tb[VROUTER_A_WHY_ROUTE])));
	if (tb[VROUTER_A_WHY_OUT])
		printf(" by %s", nl_str(tb[VROUTER_A_WHY_OUT]));
	if (nl_u32(tb[VROUTER_A_WHY_PATHS]) > 1)
		printf(", one of %u paths", nl_u32(tb[VROUTER_A_WHY_PATHS]));
	putchar('\n');
	if (!tb[VROUTER_A_WHY_OUT])
		return;
	printf("  neighbour  %s%s%s\n", NAME_OF(neighbours, nl_u32(tb[VROUTER_A_WHY_NEIGHBOUR])),
	       tb[VROUTER_A_WHY_LLADDR] ? " " : "",
	       tb[VROUTER_A_WHY_LLADDR]
		       ? mac_text(mnl_attr_get_payload(tb[VROUTER_A_WHY_LLADDR]), mac)
		       : "");
	printf("  mtu        %u", nl_u32(tb[VROUTER_A_WHY_MTU]));
	if (tb[VROUTER_A_WHY_ROUTE_MTU])
		printf(", %u by the route", nl_u32(tb[VROUTER_A_WHY_ROUTE_MTU]));
	putchar('\n');
}

static void text_kernel(const struct kernel *k)
{
	printf("  kernel     ");
	if (k->error) {
		printf("%s\n", k->error);
		return;
	}
	printf("%s %s table %u", k->type, k->prefix, k->table);
	if (*k->via)
		printf(" via %s", k->via);
	if (*k->dev)
		printf(" dev %s", k->dev);
	putchar('\n');
}

static void text_answer(const struct nl_attrs *a, const struct why *why)
{
	const struct nlattr *const *tb = a->tb;

	printf("%s%s%s: %s > %s, %u bytes, in by %s%s%s\n", color_on(ROLE_NAME),
	       nl_str(tb[VROUTER_A_WHY_IFNAME]), color_off(ROLE_NAME), why->val[FLOW_SRC].str,
	       why->val[FLOW_DST].str, nl_u32(tb[VROUTER_A_WHY_LENGTH]), color_on(ROLE_NAME),
	       nl_str(tb[VROUTER_A_WHY_PORT]), color_off(ROLE_NAME));
	if (tb[VROUTER_A_WHY_SOURCE])
		text_routes(tb);
	text_kernel(&why->kernel);
	if (differs(tb, &why->kernel))
		printf("  %sthe kernel would not send it by %s%s\n", color_on(ROLE_BAD),
		       nl_str(tb[VROUTER_A_WHY_OUT]), color_off(ROLE_BAD));
	printf("  nodes      ");
	hops_line(a, VROUTER_A_WHY_HOP);
	printf("\n  ");
	verdict_text(tb[VROUTER_A_WHY_VERDICT], tb[VROUTER_A_WHY_REASON]);
	if (tb[VROUTER_A_WHY_TEXT])
		printf(", %s", nl_str(tb[VROUTER_A_WHY_TEXT]));
	else if (tb[VROUTER_A_WHY_OUT])
		printf(" by %s", nl_str(tb[VROUTER_A_WHY_OUT]));
	putchar('\n');
}

static void show_answer(uint8_t cmd, const struct nl_attrs *a, void *data)
{
	struct why *why = data;

	(void)cmd;
	why->ret = ask_kernel(why->val, nl_str(a->tb[VROUTER_A_WHY_PORT]), &why->kernel);
	if (why->ret)
		return;
	if (opt.json)
		json_answer(a, &why->kernel);
	else
		text_answer(a, why);
}

static int run(const struct value *val)
{
	struct why why = { .val = val + 1 };
	const struct value *length = &val[1 + FLOW_N];
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_WHY_GET, 0);
	if (ret)
		return ret;
	req.subject = val[0].str;
	nl_put_str(&req, VROUTER_A_WHY_IFNAME, val[0].str);
	ret = flow_put(&req, VROUTER_A_WHY_FLOW, val + 1, false);
	if (ret)
		return ret;
	if (length->given)
		nl_put_u32(&req, VROUTER_A_WHY_LENGTH, length->num, NULL);
	ret = nl_do(&req, show_answer, &why);
	free(why.kernel.error);
	return ret ? ret : why.ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "ask",
		.help	= "tell what would happen to a packet, and why",
		.run	= run,
		.params	= {
			VR_NAME(true),
			FLOW_PARAMS("ADDR", .required = true),
			{ .word = "length", .value = "N", .type = P_U32,
			  .min = 1, .max = 65535 },
		},
	},
	{}
};
/* clang-format on */

const struct object why_object = {
	.name = "why",
	.help = "what would happen to a packet, and why",
	.cmds = commands,
	.sole = true,
	.split = true,
};
