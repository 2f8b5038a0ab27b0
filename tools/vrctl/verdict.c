// SPDX-License-Identifier: GPL-2.0
/* Where a packet went in the graph and what became of it, for trace and why. */
#include <inttypes.h>
#include <stdio.h>

#include <linux/vrouter.h>

#include "out.h"
#include "verdict.h"

static const struct {
	const char *name;
	enum role role;
} verdicts[] = {
	[VROUTER_VERDICT_FORWARD] = { "forward", ROLE_GOOD },
	[VROUTER_VERDICT_DROP] = { "drop", ROLE_BAD },
	[VROUTER_VERDICT_PUNT] = { "punt", ROLE_WARN },
};

static unsigned int get_verdict(const struct nlattr *attr)
{
	uint32_t num = nl_u32(attr);

	return attr && num <= VROUTER_VERDICT_PUNT ? num : VROUTER_VERDICT_DROP;
}

void hops_json(const struct nl_attrs *row, uint16_t type, bool costs)
{
	const struct nlattr *attr;
	struct nl_attrs hop;

	json_arr("nodes");
	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		nl_parse_nest(attr, &hop);
		if (!costs) {
			json_str(NULL, nl_str(hop.tb[VROUTER_A_HOP_NAME]));
			continue;
		}
		json_obj(NULL);
		json_str("node", nl_str(hop.tb[VROUTER_A_HOP_NAME]));
		json_uint("packets", nl_u32(hop.tb[VROUTER_A_HOP_PACKETS]));
		json_uint("cycles", nl_u64(hop.tb[VROUTER_A_HOP_CYCLES]));
		json_obj_end();
	}
	json_arr_end();
}

void hops_text(const struct nl_attrs *row, uint16_t type)
{
	const struct nlattr *attr;
	struct nl_attrs hop;
	uint32_t packets;

	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		nl_parse_nest(attr, &hop);
		packets = nl_u32(hop.tb[VROUTER_A_HOP_PACKETS]);
		printf("    %-12s %8" PRIu64 " cycles for %u packet%s\n",
		       nl_str(hop.tb[VROUTER_A_HOP_NAME]), nl_u64(hop.tb[VROUTER_A_HOP_CYCLES]),
		       packets, packets == 1 ? "" : "s");
	}
}

void hops_line(const struct nl_attrs *row, uint16_t type)
{
	const struct nlattr *attr;
	const char *before = "";
	struct nl_attrs hop;

	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		nl_parse_nest(attr, &hop);
		printf("%s%s", before, nl_str(hop.tb[VROUTER_A_HOP_NAME]));
		before = " > ";
	}
}

void verdict_json(const struct nlattr *verdict, const struct nlattr *reason)
{
	json_str("verdict", verdicts[get_verdict(verdict)].name);
	if (reason)
		json_str("reason", nl_str(reason));
}

void verdict_text(const struct nlattr *verdict, const struct nlattr *reason)
{
	unsigned int num = get_verdict(verdict);

	printf("%s%s%s", color_on(verdicts[num].role), verdicts[num].name,
	       color_off(verdicts[num].role));
	if (reason)
		printf(": %s", nl_str(reason));
}
