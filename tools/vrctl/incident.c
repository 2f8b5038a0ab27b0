// SPDX-License-Identifier: GPL-2.0
/* vrctl incident: what went wrong with VRs. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <linux/vrouter.h>

#include "incident.h"
#include "out.h"
#include "packet.h"
#include "vrctl.h"

const char *incident_kind(const struct nl_attrs *in)
{
	switch (nl_u32(in->tb[VROUTER_A_INCIDENT_KIND])) {
	case VROUTER_INCIDENT_KIND_STRIKE:
		return "strike";
	case VROUTER_INCIDENT_KIND_QUARANTINE:
		return "quarantine";
	case VROUTER_INCIDENT_KIND_RELEASE:
		return "release";
	default:
		return "unknown";
	}
}

const char *header_text(const struct nlattr *attr, char *buf, size_t len)
{
	return packet_text(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr), buf, len);
}

void header_json(const struct nlattr *attr)
{
	const uint8_t *data = mnl_attr_get_payload(attr);
	size_t i, len = mnl_attr_get_payload_len(attr);
	char hex[2 * 64 + 1] = "", text[256];

	for (i = 0; i < len && i < 64; i++)
		sprintf(hex + 2 * i, "%02x", data[i]);
	json_str("header", hex);
	json_str("packet", header_text(attr, text, sizeof(text)));
}

void incident_json(const struct nl_attrs *in)
{
	const struct nlattr *const *tb = in->tb;

	json_uint("id", nl_u64(tb[VROUTER_A_INCIDENT_ID]));
	json_uint("time_ns", nl_u64(tb[VROUTER_A_INCIDENT_TIME_NS]));
	json_str("kind", incident_kind(in));
	json_uint("ifindex", nl_u32(tb[VROUTER_A_INCIDENT_IFINDEX]));
	json_str("vr", nl_str(tb[VROUTER_A_INCIDENT_IFNAME]));
	if (tb[VROUTER_A_INCIDENT_CPU])
		json_uint("cpu", nl_u32(tb[VROUTER_A_INCIDENT_CPU]));
	if (tb[VROUTER_A_INCIDENT_SPENT_NS]) {
		json_uint("packets", nl_u32(tb[VROUTER_A_INCIDENT_PACKETS]));
		json_uint("spent_ns", nl_u64(tb[VROUTER_A_INCIDENT_SPENT_NS]));
		json_uint("limit_ns", nl_u64(tb[VROUTER_A_INCIDENT_LIMIT_NS]));
	}
	if (tb[VROUTER_A_INCIDENT_ELEMENT]) {
		json_str("element", nl_str(tb[VROUTER_A_INCIDENT_ELEMENT]));
		json_uint("element_ns", nl_u64(tb[VROUTER_A_INCIDENT_ELEMENT_NS]));
	}
	if (tb[VROUTER_A_INCIDENT_PORT])
		json_str("port", nl_str(tb[VROUTER_A_INCIDENT_PORT]));
	if (tb[VROUTER_A_INCIDENT_HEADER])
		header_json(tb[VROUTER_A_INCIDENT_HEADER]);
}

void realtime_put(uint64_t ns)
{
	time_t sec = ns / NS_PER_SEC;
	char stamp[32];
	struct tm tm;

	localtime_r(&sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%06u", stamp, (unsigned int)(ns % NS_PER_SEC / NS_PER_US));
}

void incident_text(const struct nl_attrs *in)
{
	const struct nlattr *const *tb = in->tb;
	uint32_t kind = nl_u32(tb[VROUTER_A_INCIDENT_KIND]);
	enum role role = kind == VROUTER_INCIDENT_KIND_RELEASE ? ROLE_GOOD : ROLE_BAD;
	char spent[32], limit[32], text[256];

	printf("#%" PRIu64 " ", nl_u64(tb[VROUTER_A_INCIDENT_ID]));
	realtime_put(nl_u64(tb[VROUTER_A_INCIDENT_TIME_NS]));
	printf(" %s%s%s %s%s%s", color_on(ROLE_NAME), nl_str(tb[VROUTER_A_INCIDENT_IFNAME]),
	       color_off(ROLE_NAME), color_on(role), incident_kind(in), color_off(role));
	if (nl_u64(tb[VROUTER_A_INCIDENT_SPENT_NS])) {
		printf(" cpu %u: %u packets took %s", nl_u32(tb[VROUTER_A_INCIDENT_CPU]),
		       nl_u32(tb[VROUTER_A_INCIDENT_PACKETS]),
		       ns_text(nl_u64(tb[VROUTER_A_INCIDENT_SPENT_NS]), spent, sizeof(spent)));
		if (nl_u64(tb[VROUTER_A_INCIDENT_LIMIT_NS]))
			printf(" of %s", ns_round(nl_u64(tb[VROUTER_A_INCIDENT_LIMIT_NS]), limit,
						  sizeof(limit)));
	}
	if (*nl_str(tb[VROUTER_A_INCIDENT_ELEMENT]))
		printf(", %s of it in element %s",
		       ns_text(nl_u64(tb[VROUTER_A_INCIDENT_ELEMENT_NS]), spent, sizeof(spent)),
		       nl_str(tb[VROUTER_A_INCIDENT_ELEMENT]));
	putchar('\n');
	if (!tb[VROUTER_A_INCIDENT_HEADER] ||
	    !mnl_attr_get_payload_len(tb[VROUTER_A_INCIDENT_HEADER]))
		return;
	if (*nl_str(tb[VROUTER_A_INCIDENT_PORT]))
		printf("    from port %s%s%s:", color_on(ROLE_NAME),
		       nl_str(tb[VROUTER_A_INCIDENT_PORT]), color_off(ROLE_NAME));
	else
		printf("   ");
	printf(" %s\n", header_text(tb[VROUTER_A_INCIDENT_HEADER], text, sizeof(text)));
}

static void show_row(uint8_t cmd, const struct nl_attrs *in, void *data)
{
	(void)cmd;
	(void)data;
	if (!opt.json) {
		incident_text(in);
		return;
	}
	json_list();
	json_obj(NULL);
	incident_json(in);
	json_obj_end();
}

static int show(const struct value *val)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_INCIDENT_GET, 0);
	if (ret)
		return ret;
	/* Not every kernel points at the attribute if a dump is refused. */
	req.subject = val[0].str;
	if (val[0].given)
		nl_put_str(&req, VROUTER_A_INCIDENT_IFNAME, val[0].str);
	ret = nl_dump(&req, show_row, NULL);
	if (!ret && opt.json)
		json_list_end();
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show vectors that took too long, and quarantines, oldest first",
		.run	= show,
		.params	= {
			{ .word = "vr", .value = "NAME", .type = P_DEV },
		},
	},
	{}
};
/* clang-format on */

const struct object incident_object = {
	.name = "incident",
	.help = "what went wrong with VRs",
	.cmds = commands,
};
