/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of the generic netlink family, netlink_fill.c: one function per object,
 * for the answer to a request, a dump and a notification alike.
 */
#ifndef _VR_NETLINK_H
#define _VR_NETLINK_H

#include <linux/types.h>

struct genl_info;
struct net;
struct netlink_callback;
struct sk_buff;
struct vr_incident;
struct vr_port;
struct vr_router;

/**
 * struct vr_msg - where a row goes
 * @skb: the message buffer
 * @portid: receiver, 0 for a notification
 * @seq: sequence number of the request
 * @cb: the dump it is part of, or NULL
 * @flags: NLM_F_*
 * @cmd: VROUTER_CMD_*
 * @brief: without reasons that never were, and without texts
 */
struct vr_msg {
	struct sk_buff		*skb;
	u32			portid;
	u32			seq;
	struct netlink_callback	*cb;
	int			flags;
	u8			cmd;
	bool			brief;
};

/*
 * rtnl held, but for a core's row; 0, or -EMSGSIZE if the row does not fit, of
 * which then nothing is left in the message.
 */
int vr_fill_router(const struct vr_msg *msg, const struct vr_router *vr);
int vr_fill_port(const struct vr_msg *msg, const struct vr_port *port);
int vr_fill_core(const struct vr_msg *msg, unsigned int cpu);
/* cpu = -1 sums over all CPUs */
int vr_fill_stats(const struct vr_msg *msg, const struct vr_router *vr,
		  int cpu);
int vr_fill_latency(const struct vr_msg *msg, const struct vr_router *vr,
		    int cpu);
int vr_fill_runtime(const struct vr_msg *msg, const struct vr_router *vr,
		    int cpu);
/* any context */
int vr_fill_incident(const struct vr_msg *msg,
		     const struct vr_incident *incident);

/* netlink.c: rtnl; the VR that the attributes @index and @name are about */
struct vr_router *vr_netlink_router(struct genl_info *info, int index, int name);

/* softirq, or process with rtnl held */
void vr_netlink_notify_incident(struct net *net,
				const struct vr_incident *incident);

#endif /* _VR_NETLINK_H */
