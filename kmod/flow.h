/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets in words, as a user names them: to be found, or to be made.
 */
#ifndef _VR_FLOW_H
#define _VR_FLOW_H

#include <linux/in6.h>
#include <linux/types.h>

#include "packet.h"

struct netlink_ext_ack;
struct nlattr;

/* vr_flow.given */
#define VR_FLOW_SRC	BIT(0)
#define VR_FLOW_DST	BIT(1)
#define VR_FLOW_PROTO	BIT(2)
#define VR_FLOW_SPORT	BIT(3)
#define VR_FLOW_DPORT	BIT(4)

/**
 * struct vr_flow - packets in words
 * @given: VR_FLOW_*; the rest is any
 * @family: AF_INET, AF_INET6, or 0 for any if there is no address
 * @proto: protocol above IP
 * @src_len: bits of @src that count
 * @dst_len: bits of @dst that count
 * @sport: source port, network byte order
 * @dport: destination port, network byte order
 * @ifindex: port by which they come in, 0 for any
 * @src: source address, of IPv4 in the first word
 * @dst: destination address, the same
 */
struct vr_flow {
	u8		given;
	u8		family;
	u8		proto;
	u8		src_len;
	u8		dst_len;
	__be16		sport;
	__be16		dport;
	u32		ifindex;
	struct in6_addr	src;
	struct in6_addr	dst;
};

/* process; @nest may be NULL: any packet.  0 or a negative error */
int vr_flow_parse(struct vr_flow *flow, const struct nlattr *nest,
		  struct netlink_ext_ack *extack);
bool vr_flow_has_ports(u8 proto);
/* softirq, RCU: a packet as ingress has left it */
bool vr_flow_match(const struct vr_flow *flow, vr_pkt_t pkt);

#endif /* _VR_FLOW_H */
