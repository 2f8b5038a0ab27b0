/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lanes: a port that carries what another port, its standby, sends and receives,
 * while it can; see lane.c.
 */
#ifndef _VR_LANE_H
#define _VR_LANE_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>

#include "vf.h"
#include "vrouter.h"

/* Of the device that a lane's netdevice belongs to, such as 0000:01:10.0. */
#define VR_PARENT_LEN	32

/**
 * struct vr_lane - a standby port's knowledge of its lane
 * @via: the lane, NULL while it is gone
 * @port: the standby port
 * @up: packets go by @via, if it is fit; set by the announcer
 * @kicked: the data path has called for the announcer
 * @closing: the device of @via is being set down; rtnl for writers
 * @doubted: its PF has been set down, and its driver may not know yet
 * @state: as announced; rtnl for writers
 * @since: when @state last changed, in jiffies; rtnl for writers
 * @doubt_until: when @doubted ends, in jiffies; rtnl
 * @hook: takes what the stack sends by @port
 * @parent: name of the device that @via belongs to; "" if there is none
 * @dev_port: which of the ports of @parent it is
 * @returning: a netdevice of @parent has been registered; rtnl
 * @vf: if @via is a VF: it, and what its PF was told of it; rtnl
 * @groups: multicast addresses that @via receives for @port; rtnl
 * @n_groups: how many
 * @groups_hash: sum of their hashes, to tell when they change
 * @node: in the list of all; rtnl for writers, RCU for readers
 * @rcu: frees it
 */
struct vr_lane {
	/* Needed in fast-path */
	struct vr_port __rcu	*via;
	struct vr_port		*port;
	bool			up;
	bool			kicked;
	bool			closing;
	bool			doubted;

	/* Needed in slow-path */
	u32			state;
	unsigned long		since;
	unsigned long		doubt_until;
	struct nf_hook_ops	hook;
	char			parent[VR_PARENT_LEN];
	u16			dev_port;
	bool			returning;
	struct vr_vf		vf;
	u8			(*groups)[ETH_ALEN];
	unsigned int		n_groups;
	u32			groups_hash;
	struct list_head	node;
	struct rcu_head		rcu;
};

/* rtnl */
int vr_lane_set(struct vr_port *port, struct vr_port *standby,
		struct netlink_ext_ack *extack);
void vr_lane_clear(struct vr_port *port);
/* phase one of the end of a port, which may be a lane, a standby or neither */
void vr_lane_port_del(struct vr_port *port);
void vr_lane_event(struct vr_port *port, unsigned long event);
void vr_lane_dev_registered(const struct net_device *dev);
void vr_lane_dev_changed(const struct net_device *dev);
void vr_lane_dev_going_down(const struct net_device *dev);
/* module exit; no port exists any more */
void vr_lane_exit(void);

/* softirq, RCU */
struct vr_port *vr_lane_via(struct vr_lane *lane);
rx_handler_result_t vr_lane_receive(struct vr_port *port,
				    struct sk_buff **pskb);
bool vr_lane_unwanted(struct vr_port *port, struct sk_buff *skb);

/* The port by which to send what leaves by @port; NULL: by itself; softirq, RCU */
static inline struct vr_port *vr_lane_of(const struct vr_port *port)
{
	struct vr_lane *lane = rcu_dereference_bh(port->lane);

	return unlikely(lane) ? vr_lane_via(lane) : NULL;
}

/* The port whose device may have received a packet of @port; softirq, RCU */
static inline struct vr_port *vr_lane_source(struct vr_port *port)
{
	struct vr_lane *lane = rcu_dereference_bh(port->lane);
	struct vr_port *via;

	if (likely(!lane))
		return port;
	via = rcu_dereference_bh(lane->via);
	return via ? : port;
}

#endif /* _VR_LANE_H */
