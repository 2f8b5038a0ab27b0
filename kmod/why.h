/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What would happen to a packet, and why.
 */
#ifndef _VR_WHY_H
#define _VR_WHY_H

#include <linux/etherdevice.h>
#include <linux/if.h>

#include "datapath.h"

struct netlink_ext_ack;
struct vr_flow;
struct vr_router;

/**
 * struct vr_why - the answer
 * @port: by which the packet comes in
 * @length: its bytes, from the network header on
 * @n: entries in @hop
 * @hop: names of the nodes that it would go through
 * @verdict: enum vrouter_verdict
 * @reason: why it would be dropped or punted, or NULL
 * @text: what that means
 * @ready: the mirror is, so the rest is known
 * @source: enum vrouter_route_action of the route to the source
 * @source_out: device that this leads to, or empty
 * @route: enum vrouter_route_action of the route to the destination
 * @paths: how many it has
 * @route_mtu: MTU that it gives, or 0
 * @out: device of the path that is taken, or empty
 * @mtu: of this device
 * @neighbour: enum vrouter_neighbour
 * @lladdr_len: bytes in @lladdr
 * @lladdr: of the next hop
 */
struct vr_why {
	char		port[IFNAMSIZ];
	u32		length;
	u32		n;
	const char	*hop[VR_GRAPH_MAX];
	u32		verdict;
	const char	*reason;
	const char	*text;
	bool		ready;
	u32		source;
	char		source_out[IFNAMSIZ];
	u32		route;
	u32		paths;
	u32		route_mtu;
	char		out[IFNAMSIZ];
	u32		mtu;
	u32		neighbour;
	u8		lladdr_len;
	u8		lladdr[ETH_ALEN];
};

/* process, rtnl; 0 or a negative error if the packet is not one */
int vr_why(struct vr_router *vr, const struct vr_flow *flow, u32 length,
	   struct vr_why *why, struct netlink_ext_ack *extack);

#endif /* _VR_WHY_H */
