// SPDX-License-Identifier: GPL-2.0
/* vrctl core: the scheduler of each CPU. */
#include <linux/vrouter.h>

#include "nl.h"
#include "out.h"
#include "sample.h"
#include "vr.h"
#include "vrctl.h"

/* The first of these only with -s. */
#define FIRST_STATS 7

/* clang-format off */
static struct column columns[] = {
	{ "cpu",	"CPU",		ROLE_NAME,	true	},
	{ "queues",	"QUEUES",	ROLE_NONE,	true	},
	{ "busy_ns",	"BUSY",		ROLE_NONE,	true	},
	{ "billed_ns",	"BILLED",	ROLE_NONE,	true	},
	{ "overhead_ns", "OVERHEAD",	ROLE_NONE,	true	},
	{ "polls",	"POLLS",	ROLE_NONE,	true	},
	{ "switches",	"SWITCHES",	ROLE_NONE,	true	},
	{ "ingress_ns",	"INGRESS",	ROLE_NONE,	true	},
	{ "outside_ns",	"OUTSIDE",	ROLE_NONE,	true	},
	{ "billed_share", "BILLED%",	ROLE_NONE,	true	},
	{ "overhead_share", "OVERHEAD%", ROLE_NONE,	true	},
	{ "outside_share", "OUTSIDE%",	ROLE_NONE,	true	},
	{ "lag_max_ns",	"LAG-MAX",	ROLE_NONE,	true	},
	{ "bound_ns",	"BOUND",	ROLE_NONE,	true	},
	{ "slice_us",	"SLICE",	ROLE_NONE,	true	},
	{ "clock_khz",	NULL,		ROLE_NONE,	true	},
	{ "time_ns",	NULL,		ROLE_NONE,	true	},
};
/* clang-format on */

static void show_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct nlattr *const *tb = attrs->tb;
	struct core_time time;
	char buf[24];

	(void)cmd;
	(void)data;
	core_time(attrs, &time);
	tbl_uint(nl_u32(tb[VROUTER_A_CORE_CPU]));
	tbl_uint(nl_u32(tb[VROUTER_A_CORE_QUEUES]));
	tbl_ns(time.busy);
	tbl_ns(time.billed);
	tbl_ns(core_overhead(&time));
	tbl_uint(nl_u64(tb[VROUTER_A_CORE_POLLS]));
	tbl_uint(nl_u64(tb[VROUTER_A_CORE_SWITCHES]));
	tbl_ns(time.ingress);
	tbl_ns(time.outside);
	tbl_share(time.billed, time.busy + core_elsewhere(&time));
	tbl_share(core_overhead(&time), time.busy + core_elsewhere(&time));
	tbl_share(core_elsewhere(&time), time.busy + core_elsewhere(&time));
	tbl_ns(nl_u64(tb[VROUTER_A_CORE_LAG_MAX_NS]));
	tbl_ns(nl_u64(tb[VROUTER_A_CORE_BOUND_NS]));
	if (opt.json)
		tbl_uint(nl_u32(tb[VROUTER_A_CORE_SLICE_US]));
	else
		tbl_str(time_text((uint64_t)nl_u32(tb[VROUTER_A_CORE_SLICE_US]) * NS_PER_US, buf,
				  sizeof(buf)));
	tbl_uint(nl_u32(tb[VROUTER_A_CORE_CLOCK_KHZ]));
	tbl_uint(nl_u64(tb[VROUTER_A_CORE_TIME_NS]));
}

static int show(const struct value *val)
{
	struct nl_req req;
	unsigned int i;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_CORE_GET, 0);
	if (ret)
		return ret;
	for (i = FIRST_STATS; !opt.stats && i < ARRAY_SIZE(columns); i++)
		columns[i].title = NULL;
	tbl_begin(columns, ARRAY_SIZE(columns));
	if (val[0].given) {
		nl_put_u32(&req, VROUTER_A_CORE_CPU, val[0].num, val[0].str);
		ret = nl_do(&req, show_row, NULL);
	} else {
		ret = nl_dump(&req, show_row, NULL);
	}
	if (!ret)
		tbl_end();
	return ret;
}

int core_set(const struct value *val)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_CORE_SET, 0);
	if (ret)
		return ret;
	req.subject = "core";
	req.perm = "CPUs are of the host, its root sets their slices";
	if (val[0].given) {
		nl_name(&req, "cpu");
		nl_put_u32(&req, VROUTER_A_CORE_CPU, val[0].num, val[0].str);
	}
	nl_name(&req, "slice");
	nl_put_u32(&req, VROUTER_A_CORE_SLICE_US, val[1].num, val[1].str);
	return nl_do(&req, NULL, NULL);
}

/* clang-format off */
#define CPU {								\
	.word = "cpu", .value = "CPU", .type = P_U32, .first = true,	\
	.max = 65535,							\
}

static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show the time of each CPU and whom it was billed to, more with -s",
		.run	= show,
		.params	= { CPU },
	}, {
		.name	= "set",
		.help	= "set the slice of a CPU, or of all",
		.run	= core_set,
		.params	= {
			CPU,
			{ .word = "slice", .value = "TIME", .type = P_TIME,
			  .required = true, .min = 1, .max = 10000,
			  .unit = NS_PER_US, .bare = NS_PER_US },
		},
	},
	{}
};
/* clang-format on */

const struct object core_object = {
	.name = "core",
	.help = "schedulers of the CPUs",
	.cmds = commands,
};
