// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: what happens to packets.  Bodies of the operations,
 * and the rows that they answer with.
 */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "flow.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "tracer.h"
#include "vrouter.h"
#include "why.h"

static int fill_hop(struct sk_buff *skb, int attr, const struct vr_hop *hop)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_string(skb, VROUTER_A_HOP_NAME, hop->node) ||
	    nla_put_u32(skb, VROUTER_A_HOP_PACKETS, hop->packets) ||
	    nla_put_u64_64bit(skb, VROUTER_A_HOP_CYCLES, hop->cycles,
			      VROUTER_A_HOP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_name(struct sk_buff *skb, int attr, const char *name)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || nla_put_string(skb, VROUTER_A_HOP_NAME, name))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_trace(struct sk_buff *skb, const struct vr_router *vr,
		      const struct vr_trace_rec *rec)
{
	unsigned int i;

	if (nla_put_u32(skb, VROUTER_A_TRACE_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_TRACE_IFNAME, vr->dev->name) ||
	    nla_put_u64_64bit(skb, VROUTER_A_TRACE_TIME_NS, rec->time_ns,
			      VROUTER_A_TRACE_PAD) ||
	    nla_put_u32(skb, VROUTER_A_TRACE_CPU, rec->cpu) ||
	    nla_put_string(skb, VROUTER_A_TRACE_PORT, rec->port) ||
	    nla_put_u32(skb, VROUTER_A_TRACE_LENGTH, rec->length) ||
	    (rec->frame && nla_put_flag(skb, VROUTER_A_TRACE_FRAME)) ||
	    nla_put(skb, VROUTER_A_TRACE_HEADER, rec->header_len, rec->header))
		return -EMSGSIZE;
	for (i = 0; i < rec->n; i++)
		if (fill_hop(skb, VROUTER_A_TRACE_HOP, &rec->hop[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_TRACE_VERDICT, rec->verdict) ||
	    (rec->reason &&
	     nla_put_string(skb, VROUTER_A_TRACE_REASON, rec->reason)) ||
	    (*rec->out && nla_put_string(skb, VROUTER_A_TRACE_OUT, rec->out)))
		return -EMSGSIZE;
	return nla_put_u64_64bit(skb, VROUTER_A_TRACE_MISSED, rec->missed,
				 VROUTER_A_TRACE_PAD);
}

int vr_fill_trace(const struct vr_msg *msg, const struct vr_router *vr,
		  const struct vr_trace_rec *rec)
{
	void *hdr = genlmsg_put(msg->skb, msg->portid, msg->seq,
				&vrouter_nl_family, msg->flags, msg->cmd);

	if (!hdr || fill_trace(msg->skb, vr, rec))
		return -EMSGSIZE;
	genlmsg_end(msg->skb, hdr);
	return 0;
}

/* The port that a flow comes in by, if that is given, must be one of the VR's. */
static int check_port(const struct vr_router *vr, const struct vr_flow *flow,
		      const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	struct vr_port *port;

	if (!flow->ifindex)
		return 0;
	dev = __dev_get_by_index(dev_net(vr->dev), flow->ifindex);
	port = dev ? vr_port_get_rtnl(dev) : NULL;
	if (port && port->vr == vr)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack,
			    nla_find_nested(nest, VROUTER_A_FLOW_IFINDEX),
			    "the device is no port of this VR");
	return -EINVAL;
}

int vrouter_nl_trace_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[VROUTER_A_TRACE_FLOW];
	const struct nlattr *count = info->attrs[VROUTER_A_TRACE_COUNT];
	struct vr_router *vr;
	struct vr_flow flow;
	int err;

	if (count && nla_get_u32(count) > INT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, count,
				    "count is not from 1 to 2147483647");
		return -ERANGE;
	}
	err = vr_flow_parse(&flow, nest, info->extack);
	if (err)
		return err;

	rtnl_lock();
	vr = vr_netlink_router(info, VROUTER_A_TRACE_IFINDEX,
			       VROUTER_A_TRACE_IFNAME);
	err = IS_ERR(vr) ? PTR_ERR(vr) :
			   check_port(vr, &flow, nest, info->extack);
	if (!err)
		err = vr_trace_start(vr, &flow, count ? nla_get_u32(count) : 0,
				     info->snd_portid, info->snd_seq,
				     info->extack);
	rtnl_unlock();

	return err;
}

static int fill_why(struct sk_buff *skb, const struct vr_router *vr,
		    const struct vr_why *why)
{
	unsigned int i;

	if (nla_put_u32(skb, VROUTER_A_WHY_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_WHY_IFNAME, vr->dev->name) ||
	    nla_put_u32(skb, VROUTER_A_WHY_LENGTH, why->length) ||
	    nla_put_string(skb, VROUTER_A_WHY_PORT, why->port))
		return -EMSGSIZE;
	for (i = 0; i < why->n; i++)
		if (fill_name(skb, VROUTER_A_WHY_HOP, why->hop[i]))
			return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_WHY_VERDICT, why->verdict) ||
	    (why->reason &&
	     (nla_put_string(skb, VROUTER_A_WHY_REASON, why->reason) ||
	      nla_put_string(skb, VROUTER_A_WHY_TEXT, why->text))))
		return -EMSGSIZE;
	if (!why->ready)
		return 0;
	if (nla_put_u32(skb, VROUTER_A_WHY_SOURCE, why->source) ||
	    (*why->source_out &&
	     nla_put_string(skb, VROUTER_A_WHY_SOURCE_OUT, why->source_out)) ||
	    nla_put_u32(skb, VROUTER_A_WHY_ROUTE, why->route))
		return -EMSGSIZE;
	if (why->route != VROUTER_ROUTE_ACTION_FORWARD)
		return 0;
	if (nla_put_u32(skb, VROUTER_A_WHY_PATHS, why->paths) ||
	    (why->route_mtu &&
	     nla_put_u32(skb, VROUTER_A_WHY_ROUTE_MTU, why->route_mtu)))
		return -EMSGSIZE;
	if (!*why->out)
		return 0;
	if (nla_put_string(skb, VROUTER_A_WHY_OUT, why->out) ||
	    nla_put_u32(skb, VROUTER_A_WHY_MTU, why->mtu) ||
	    nla_put_u32(skb, VROUTER_A_WHY_NEIGHBOUR, why->neighbour) ||
	    (why->lladdr_len &&
	     nla_put(skb, VROUTER_A_WHY_LLADDR, why->lladdr_len, why->lladdr)))
		return -EMSGSIZE;
	return 0;
}

int vrouter_nl_why_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[VROUTER_A_WHY_FLOW];
	const struct nlattr *length = info->attrs[VROUTER_A_WHY_LENGTH];
	struct vr_router *vr;
	struct vr_flow flow;
	struct sk_buff *msg;
	struct vr_why why;
	void *hdr;
	int err;

	err = vr_flow_parse(&flow, nest, info->extack);
	if (err)
		return err;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;

	rtnl_lock();
	vr = vr_netlink_router(info, VROUTER_A_WHY_IFINDEX,
			       VROUTER_A_WHY_IFNAME);
	err = IS_ERR(vr) ? PTR_ERR(vr) :
			   check_port(vr, &flow, nest, info->extack);
	if (!err)
		err = vr_why(vr, &flow, length ? nla_get_u32(length) : 0, &why,
			     info->extack);
	if (!err) {
		hdr = genlmsg_put_reply(msg, info, &vrouter_nl_family, 0,
					VROUTER_CMD_WHY_GET);
		if (!hdr || fill_why(msg, vr, &why))
			err = -EMSGSIZE;
		else
			genlmsg_end(msg, hdr);
	}
	rtnl_unlock();

	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}
