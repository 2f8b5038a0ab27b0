// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vrouter.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/vrouter.h>

/* Common nested types */
const struct nla_policy vrouter_flow_nl_policy[VROUTER_A_FLOW_IFINDEX + 1] = {
	[VROUTER_A_FLOW_SRC] = { .type = NLA_BINARY, },
	[VROUTER_A_FLOW_SRC_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[VROUTER_A_FLOW_DST] = { .type = NLA_BINARY, },
	[VROUTER_A_FLOW_DST_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[VROUTER_A_FLOW_PROTO] = { .type = NLA_U8, },
	[VROUTER_A_FLOW_SPORT] = { .type = NLA_U16, },
	[VROUTER_A_FLOW_DPORT] = { .type = NLA_U16, },
	[VROUTER_A_FLOW_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VROUTER_CMD_VR_GET - do */
static const struct nla_policy vrouter_vr_get_nl_policy[VROUTER_A_VR_IFNAME + 1] = {
	[VROUTER_A_VR_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_VR_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* VROUTER_CMD_VR_SET - do */
static const struct nla_policy vrouter_vr_set_nl_policy[VROUTER_A_VR_BURN + 1] = {
	[VROUTER_A_VR_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_VR_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_VR_WEIGHT] = NLA_POLICY_RANGE(NLA_U32, 1, 10000),
	[VROUTER_A_VR_CPUS] = { .type = NLA_NUL_STRING, .len = 1023, },
	[VROUTER_A_VR_QUEUE_PACKETS] = NLA_POLICY_RANGE(NLA_U32, 1, 512),
	[VROUTER_A_VR_QUEUE_TIME_US] = { .type = NLA_U32, },
	[VROUTER_A_VR_VECTOR_LIMIT_US] = { .type = NLA_U32, },
	[VROUTER_A_VR_STRIKES] = NLA_POLICY_RANGE(NLA_U32, 1, 1000),
	[VROUTER_A_VR_STRIKE_WINDOW_MS] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_VR_QUARANTINE] = NLA_POLICY_MAX(NLA_U8, 1),
	[VROUTER_A_VR_BURN] = { .type = NLA_U32, },
};

/* VROUTER_CMD_PORT_GET - do */
static const struct nla_policy vrouter_port_get_do_nl_policy[VROUTER_A_PORT_IFNAME + 1] = {
	[VROUTER_A_PORT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_PORT_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* VROUTER_CMD_PORT_GET - dump */
static const struct nla_policy vrouter_port_get_dump_nl_policy[VROUTER_A_PORT_VR_IFNAME + 1] = {
	[VROUTER_A_PORT_VR_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_PORT_VR_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* VROUTER_CMD_PORT_SET - do */
static const struct nla_policy vrouter_port_set_nl_policy[VROUTER_A_PORT_XDP_FD + 1] = {
	[VROUTER_A_PORT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_PORT_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_PORT_DIRECT] = NLA_POLICY_MAX(NLA_U8, 1),
	[VROUTER_A_PORT_CREDIT] = NLA_POLICY_MAX(NLA_U8, 1),
	[VROUTER_A_PORT_STANDBY] = { .type = NLA_U32, },
	[VROUTER_A_PORT_XDP_FD] = { .type = NLA_S32, },
};

/* VROUTER_CMD_CORE_GET - do */
static const struct nla_policy vrouter_core_get_nl_policy[VROUTER_A_CORE_CPU + 1] = {
	[VROUTER_A_CORE_CPU] = { .type = NLA_U32, },
};

/* VROUTER_CMD_CORE_SET - do */
static const struct nla_policy vrouter_core_set_nl_policy[VROUTER_A_CORE_SLICE_US + 1] = {
	[VROUTER_A_CORE_CPU] = { .type = NLA_U32, },
	[VROUTER_A_CORE_SLICE_US] = NLA_POLICY_RANGE(NLA_U32, 1, 10000),
};

/* VROUTER_CMD_STATS_GET - do */
static const struct nla_policy vrouter_stats_get_do_nl_policy[VROUTER_A_STATS_CPU + 1] = {
	[VROUTER_A_STATS_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_STATS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_STATS_CPU] = { .type = NLA_U32, },
};

/* VROUTER_CMD_STATS_GET - dump */
static const struct nla_policy vrouter_stats_get_dump_nl_policy[VROUTER_A_STATS_BRIEF + 1] = {
	[VROUTER_A_STATS_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_STATS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_STATS_PER_CPU] = { .type = NLA_FLAG, },
	[VROUTER_A_STATS_BRIEF] = { .type = NLA_FLAG, },
};

/* VROUTER_CMD_LATENCY_GET - do */
static const struct nla_policy vrouter_latency_get_do_nl_policy[VROUTER_A_LATENCY_CPU + 1] = {
	[VROUTER_A_LATENCY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_LATENCY_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_LATENCY_CPU] = { .type = NLA_U32, },
};

/* VROUTER_CMD_LATENCY_GET - dump */
static const struct nla_policy vrouter_latency_get_dump_nl_policy[VROUTER_A_LATENCY_PER_CPU + 1] = {
	[VROUTER_A_LATENCY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_LATENCY_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_LATENCY_PER_CPU] = { .type = NLA_FLAG, },
};

/* VROUTER_CMD_INCIDENT_GET - dump */
static const struct nla_policy vrouter_incident_get_nl_policy[VROUTER_A_INCIDENT_IFNAME + 1] = {
	[VROUTER_A_INCIDENT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_INCIDENT_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* VROUTER_CMD_RUNTIME_GET - do */
static const struct nla_policy vrouter_runtime_get_do_nl_policy[VROUTER_A_RUNTIME_CPU + 1] = {
	[VROUTER_A_RUNTIME_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_RUNTIME_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_RUNTIME_CPU] = { .type = NLA_U32, },
};

/* VROUTER_CMD_RUNTIME_GET - dump */
static const struct nla_policy vrouter_runtime_get_dump_nl_policy[VROUTER_A_RUNTIME_PER_CPU + 1] = {
	[VROUTER_A_RUNTIME_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_RUNTIME_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_RUNTIME_PER_CPU] = { .type = NLA_FLAG, },
};

/* VROUTER_CMD_RUNTIME_SET - do */
static const struct nla_policy vrouter_runtime_set_nl_policy[VROUTER_A_RUNTIME_COUNTING + 1] = {
	[VROUTER_A_RUNTIME_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_RUNTIME_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_RUNTIME_COUNTING] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* VROUTER_CMD_TRACE_START - do */
static const struct nla_policy vrouter_trace_start_nl_policy[VROUTER_A_TRACE_COUNT + 1] = {
	[VROUTER_A_TRACE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_TRACE_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_TRACE_FLOW] = NLA_POLICY_NESTED(vrouter_flow_nl_policy),
	[VROUTER_A_TRACE_COUNT] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VROUTER_CMD_WHY_GET - do */
static const struct nla_policy vrouter_why_get_nl_policy[VROUTER_A_WHY_LENGTH + 1] = {
	[VROUTER_A_WHY_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VROUTER_A_WHY_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VROUTER_A_WHY_FLOW] = NLA_POLICY_NESTED(vrouter_flow_nl_policy),
	[VROUTER_A_WHY_LENGTH] = { .type = NLA_U32, },
};

/* Ops table for vrouter */
static const struct genl_split_ops vrouter_nl_ops[] = {
	{
		.cmd		= VROUTER_CMD_VR_GET,
		.doit		= vrouter_nl_vr_get_doit,
		.policy		= vrouter_vr_get_nl_policy,
		.maxattr	= VROUTER_A_VR_IFNAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VROUTER_CMD_VR_GET,
		.dumpit	= vrouter_nl_vr_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_VR_SET,
		.doit		= vrouter_nl_vr_set_doit,
		.policy		= vrouter_vr_set_nl_policy,
		.maxattr	= VROUTER_A_VR_BURN,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_PORT_GET,
		.doit		= vrouter_nl_port_get_doit,
		.policy		= vrouter_port_get_do_nl_policy,
		.maxattr	= VROUTER_A_PORT_IFNAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_PORT_GET,
		.dumpit		= vrouter_nl_port_get_dumpit,
		.policy		= vrouter_port_get_dump_nl_policy,
		.maxattr	= VROUTER_A_PORT_VR_IFNAME,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_PORT_SET,
		.doit		= vrouter_nl_port_set_doit,
		.policy		= vrouter_port_set_nl_policy,
		.maxattr	= VROUTER_A_PORT_XDP_FD,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_CORE_GET,
		.doit		= vrouter_nl_core_get_doit,
		.policy		= vrouter_core_get_nl_policy,
		.maxattr	= VROUTER_A_CORE_CPU,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VROUTER_CMD_CORE_GET,
		.dumpit	= vrouter_nl_core_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_CORE_SET,
		.doit		= vrouter_nl_core_set_doit,
		.policy		= vrouter_core_set_nl_policy,
		.maxattr	= VROUTER_A_CORE_SLICE_US,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_STATS_GET,
		.doit		= vrouter_nl_stats_get_doit,
		.policy		= vrouter_stats_get_do_nl_policy,
		.maxattr	= VROUTER_A_STATS_CPU,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_STATS_GET,
		.dumpit		= vrouter_nl_stats_get_dumpit,
		.policy		= vrouter_stats_get_dump_nl_policy,
		.maxattr	= VROUTER_A_STATS_BRIEF,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_LATENCY_GET,
		.doit		= vrouter_nl_latency_get_doit,
		.policy		= vrouter_latency_get_do_nl_policy,
		.maxattr	= VROUTER_A_LATENCY_CPU,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_LATENCY_GET,
		.dumpit		= vrouter_nl_latency_get_dumpit,
		.policy		= vrouter_latency_get_dump_nl_policy,
		.maxattr	= VROUTER_A_LATENCY_PER_CPU,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_INCIDENT_GET,
		.dumpit		= vrouter_nl_incident_get_dumpit,
		.policy		= vrouter_incident_get_nl_policy,
		.maxattr	= VROUTER_A_INCIDENT_IFNAME,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_RUNTIME_GET,
		.doit		= vrouter_nl_runtime_get_doit,
		.policy		= vrouter_runtime_get_do_nl_policy,
		.maxattr	= VROUTER_A_RUNTIME_CPU,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_RUNTIME_GET,
		.dumpit		= vrouter_nl_runtime_get_dumpit,
		.policy		= vrouter_runtime_get_dump_nl_policy,
		.maxattr	= VROUTER_A_RUNTIME_PER_CPU,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VROUTER_CMD_RUNTIME_SET,
		.doit		= vrouter_nl_runtime_set_doit,
		.policy		= vrouter_runtime_set_nl_policy,
		.maxattr	= VROUTER_A_RUNTIME_COUNTING,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_TRACE_START,
		.doit		= vrouter_nl_trace_start_doit,
		.policy		= vrouter_trace_start_nl_policy,
		.maxattr	= VROUTER_A_TRACE_COUNT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VROUTER_CMD_WHY_GET,
		.doit		= vrouter_nl_why_get_doit,
		.policy		= vrouter_why_get_nl_policy,
		.maxattr	= VROUTER_A_WHY_LENGTH,
		.flags		= GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group vrouter_nl_mcgrps[] = {
	[VROUTER_NLGRP_EVENTS] = { "events", },
};

struct genl_family vrouter_nl_family __ro_after_init = {
	.name		= VROUTER_FAMILY_NAME,
	.version	= VROUTER_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= vrouter_nl_ops,
	.n_split_ops	= ARRAY_SIZE(vrouter_nl_ops),
	.mcgrps		= vrouter_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(vrouter_nl_mcgrps),
};
