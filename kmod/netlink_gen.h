/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vrouter.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_VROUTER_GEN_H
#define _LINUX_VROUTER_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/vrouter.h>

/* Common nested types */
extern const struct nla_policy vrouter_flow_nl_policy[VROUTER_A_FLOW_IFINDEX + 1];

int vrouter_nl_vr_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_vr_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vrouter_nl_vr_set_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_port_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int vrouter_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_core_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_core_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int vrouter_nl_core_set_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int vrouter_nl_latency_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_latency_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int vrouter_nl_incident_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb);
int vrouter_nl_runtime_get_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_runtime_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);
int vrouter_nl_runtime_set_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_trace_start_doit(struct sk_buff *skb, struct genl_info *info);
int vrouter_nl_why_get_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	VROUTER_NLGRP_EVENTS,
};

extern struct genl_family vrouter_nl_family;

#endif /* _LINUX_VROUTER_GEN_H */
