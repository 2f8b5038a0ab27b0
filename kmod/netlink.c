// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: bodies of the operations that
 * Documentation/netlink/specs/vrouter.yaml describes.  Policies and table are
 * generated; the rows of the objects are filled by netlink_fill.c.
 *
 * The core does not serialise the operations of this family.  All objects
 * change under rtnl, which every body takes.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat_genl.h"
#include "incident.h"
#include "frame.h"
#include "lane.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "tracer.h"
#include "vrouter.h"

/**
 * struct dump_ctx - how far a dump has come
 * @started: the filter has been looked at
 * @only: ifindex of the one VR to show, 0 for all
 * @vr: ifindex of the VR that was shown in part, or where to go on from
 * @sub: within this VR: ifindex of its last port or number of rows shown
 * @per_cpu: statistics of every CPU, too
 * @id: incident that was shown last
 * @at: the VR shown last in this part, whose rtnl keeps it, or NULL
 *
 * Objects are shown by rising ifindex, so that those that live throughout a
 * dump are shown exactly once whatever comes and goes between its parts.
 */
struct dump_ctx {
	bool	started;
	bool	per_cpu;
	u32	only;
	u32	vr;
	u32	sub;
	u64	id;
	struct vr_router *at;
};

static struct dump_ctx *dump_ctx(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump_ctx) > sizeof(cb->ctx));

	return (struct dump_ctx *)cb->ctx;
}

static struct vr_msg dump_msg(struct sk_buff *skb, struct netlink_callback *cb,
			      u8 cmd)
{
	const struct vr_net *vrn = vr_net_get(sock_net(skb->sk));

	ASSERT_RTNL();
	cb->seq = vrn->gen + 1;
	dump_ctx(cb)->at = NULL;

	return (struct vr_msg){
		.skb	= skb,
		.portid	= NETLINK_CB(cb->skb).portid,
		.seq	= cb->nlh->nlmsg_seq,
		.cb	= cb,
		.flags	= NLM_F_MULTI,
		.cmd	= cmd,
	};
}

/* What a dump callback returns after @err of the last row. */
static int dump_end(const struct sk_buff *skb, int err)
{
	return err == -EMSGSIZE && skb->len ? skb->len : err;
}

/* The VR of @net with ifindex @from, or the next; looked for from @at on. */
static struct vr_router *router_from(struct net *net, struct vr_router *at,
				     u32 from)
{
	struct list_head *routers = &vr_net_get(net)->routers;
	struct vr_router *vr = at ?: list_first_entry(routers, typeof(*vr), node);

	list_for_each_entry_from(vr, routers, node)
		if (vr->dev->ifindex >= from)
			return vr;
	return NULL;
}

static struct vr_port *port_next(struct vr_router *vr, u32 after)
{
	struct vr_port *port, *next = NULL;

	list_for_each_entry(port, &vr->ports, node)
		if (port->dev->ifindex > after &&
		    (!next || port->dev->ifindex < next->dev->ifindex))
			next = port;
	return next;
}

/* The device that the attributes @index and @name name, one or both. */
static struct net_device *find_dev(struct net *net, struct nlattr **attrs,
				   int index, int name,
				   struct netlink_ext_ack *extack)
{
	struct net_device *dev = NULL, *named;

	if (!attrs[index] && !attrs[name]) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, index);
		NL_SET_ERR_MSG(extack, "Neither ifindex nor ifname given");
		return ERR_PTR(-EINVAL);
	}
	if (attrs[index]) {
		dev = __dev_get_by_index(net, nla_get_u32(attrs[index]));
		if (!dev) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[index],
					    "No device with this ifindex");
			return ERR_PTR(-ENODEV);
		}
	}
	if (attrs[name]) {
		named = __dev_get_by_name(net, nla_data(attrs[name]));
		if (!named) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[name],
					    "No device of this name");
			return ERR_PTR(-ENODEV);
		}
		if (dev && dev != named) {
			NL_SET_ERR_MSG_ATTR(extack, attrs[name],
					    "ifindex and ifname are of different devices");
			return ERR_PTR(-EINVAL);
		}
		dev = named;
	}
	return dev;
}

static struct vr_router *find_router(struct net *net, struct nlattr **attrs,
				     int index, int name,
				     struct netlink_ext_ack *extack)
{
	struct net_device *dev = find_dev(net, attrs, index, name, extack);
	struct vr_router *vr;

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	vr = vr_router_by_dev(dev);
	if (!vr || !vr->attached) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[index] ?: attrs[name],
				    "Device is not a virtual router");
		return ERR_PTR(-EINVAL);
	}
	return vr;
}

/**
 * vr_netlink_router - the VR that a request is about
 * @info: the request
 * @index: which of its attributes is the ifindex
 * @name: which of them is the ifname
 *
 * Context: process, rtnl.
 * Return: the VR or ERR_PTR.
 */
struct vr_router *vr_netlink_router(struct genl_info *info, int index, int name)
{
	ASSERT_RTNL();
	return find_router(genl_info_net(info), info->attrs, index, name,
			   info->extack);
}

static struct vr_port *find_port(struct net *net, struct nlattr **attrs,
				 struct netlink_ext_ack *extack)
{
	struct vr_port *port;
	struct net_device *dev;

	dev = find_dev(net, attrs, VROUTER_A_PORT_IFINDEX,
		       VROUTER_A_PORT_IFNAME, extack);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	port = vr_port_get_rtnl(dev);
	if (!port) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[VROUTER_A_PORT_IFINDEX] ?:
				    attrs[VROUTER_A_PORT_IFNAME],
				    "Device is not a port of a virtual router");
		return ERR_PTR(-EINVAL);
	}
	return port;
}

/* On the first call of a dump: remember which VR it is to be limited to. */
static int dump_start(struct netlink_callback *cb, struct net *net, int index,
		      int name)
{
	struct nlattr **attrs = vr_genl_dump_attrs(cb);
	struct dump_ctx *ctx = dump_ctx(cb);
	struct vr_router *vr;

	if (ctx->started)
		return 0;
	ctx->started = true;
	if (!attrs || (!attrs[index] && !attrs[name]))
		return 0;
	vr = find_router(net, attrs, index, name, cb->extack);
	if (IS_ERR(vr))
		return PTR_ERR(vr);
	ctx->only = vr->dev->ifindex;
	return 0;
}

/*
 * The VR that a dump is at: the one shown in part if it still exists, else the
 * next one.  NULL at the end.
 */
static struct vr_router *dump_router(struct dump_ctx *ctx, struct net *net)
{
	struct vr_router *vr;

	if (ctx->only && ctx->vr < ctx->only)
		ctx->vr = ctx->only;
	vr = router_from(net, ctx->at, ctx->vr);
	if (!vr || (ctx->only && vr->dev->ifindex != ctx->only))
		return NULL;
	ctx->at = vr;
	if (vr->dev->ifindex != ctx->vr) {
		ctx->vr = vr->dev->ifindex;
		ctx->sub = 0;
	}
	return vr;
}

static void dump_router_done(struct dump_ctx *ctx)
{
	ctx->vr++;
	ctx->sub = 0;
}

/* Answer a do request with one row, filled by @fill under rtnl. */
static struct sk_buff *reply_new(const struct genl_info *info,
				 struct vr_msg *ctx)
{
	*ctx = (struct vr_msg){
		.skb	= genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL),
		.portid	= info->snd_portid,
		.seq	= info->snd_seq,
		.cmd	= info->genlhdr->cmd,
	};
	return ctx->skb;
}

static int reply_send(struct vr_msg *ctx, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(ctx->skb);
		return err;
	}
	return genlmsg_reply(ctx->skb, info);
}

/* Virtual routers */

int vrouter_nl_vr_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vr_router *vr;
	struct vr_msg ctx;
	int err;

	if (!reply_new(info, &ctx))
		return -ENOMEM;

	rtnl_lock();
	vr = find_router(genl_info_net(info), info->attrs, VROUTER_A_VR_IFINDEX,
			 VROUTER_A_VR_IFNAME, info->extack);
	err = IS_ERR(vr) ? PTR_ERR(vr) : vr_fill_router(&ctx, vr);
	rtnl_unlock();

	return reply_send(&ctx, info, err);
}

int vrouter_nl_vr_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_ctx *ctx = dump_ctx(cb);
	struct net *net = sock_net(skb->sk);
	struct vr_router *vr;
	struct vr_msg msg;
	int err = 0;

	rtnl_lock();
	msg = dump_msg(skb, cb, VROUTER_CMD_VR_GET);
	while ((vr = dump_router(ctx, net))) {
		err = vr_fill_router(&msg, vr);
		if (err)
			break;
		dump_router_done(ctx);
	}
	rtnl_unlock();

	return dump_end(skb, err);
}

static void get_u32(u32 *to, const struct nlattr *attr)
{
	if (attr)
		*to = nla_get_u32(attr);
}

/* Changes nothing yet. */
static int parse_cpus(struct cpumask *cpus, const struct nlattr *list,
		      struct netlink_ext_ack *extack)
{
	int err;

	if (!list)
		return 0;
	err = vr_steer_parse(cpus, nla_data(list), extack);
	if (err)
		NL_SET_BAD_ATTR(extack, list);
	return err;
}

/* Policies have checked most ranges. */
static int set_router(struct vr_router *vr, struct nlattr **attrs,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *weight = attrs[VROUTER_A_VR_WEIGHT];
	const struct nlattr *list = attrs[VROUTER_A_VR_CPUS];
	struct vr_settings set = vr->settings;
	cpumask_var_t cpus;
	int err;

	get_u32(&set.queue_packets, attrs[VROUTER_A_VR_QUEUE_PACKETS]);
	get_u32(&set.queue_time_us, attrs[VROUTER_A_VR_QUEUE_TIME_US]);
	get_u32(&set.vector_limit_us, attrs[VROUTER_A_VR_VECTOR_LIMIT_US]);
	get_u32(&set.strikes, attrs[VROUTER_A_VR_STRIKES]);
	get_u32(&set.strike_window_ms, attrs[VROUTER_A_VR_STRIKE_WINDOW_MS]);
	get_u32(&set.burn, attrs[VROUTER_A_VR_BURN]);
	if (set.burn > VROUTER_BURN_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[VROUTER_A_VR_BURN],
				    "burn must be at most 10000000 cycles");
		return -ERANGE;
	}
	if (attrs[VROUTER_A_VR_QUARANTINE])
		set.quarantine = nla_get_u8(attrs[VROUTER_A_VR_QUARANTINE]);

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	err = parse_cpus(cpus, list, extack);
	if (!err)
		err = vr_router_configure(vr, &set, extack);
	if (!err && weight)
		err = vr_router_set_weight(vr, nla_get_u32(weight), extack);
	if (!err && list)
		vr_steer_set(vr, cpus);
	free_cpumask_var(cpus);
	return err;
}

static bool nothing_to_set(const struct genl_info *info, int first, int last)
{
	for (; first <= last; first++)
		if (info->attrs[first])
			return false;
	return true;
}

int vrouter_nl_vr_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vr_router *vr;
	int err;

	if (!info->attrs[VROUTER_A_VR_WEIGHT] &&
	    nothing_to_set(info, VROUTER_A_VR_CPUS, VROUTER_A_VR_BURN)) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VROUTER_A_VR_WEIGHT);
		GENL_SET_ERR_MSG(info, "Nothing to set given");
		return -EINVAL;
	}

	rtnl_lock();
	vr = find_router(genl_info_net(info), info->attrs, VROUTER_A_VR_IFINDEX,
			 VROUTER_A_VR_IFNAME, info->extack);
	err = IS_ERR(vr) ? PTR_ERR(vr) :
			   set_router(vr, info->attrs, info->extack);
	rtnl_unlock();

	return err;
}

/* Ports */

int vrouter_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vr_port *port;
	struct vr_msg ctx;
	int err;

	if (!reply_new(info, &ctx))
		return -ENOMEM;

	rtnl_lock();
	port = find_port(genl_info_net(info), info->attrs, info->extack);
	err = IS_ERR(port) ? PTR_ERR(port) : vr_fill_port(&ctx, port);
	rtnl_unlock();

	return reply_send(&ctx, info, err);
}

int vrouter_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_ctx *ctx = dump_ctx(cb);
	struct net *net = sock_net(skb->sk);
	struct vr_router *vr;
	struct vr_port *port;
	struct vr_msg msg;
	int err;

	rtnl_lock();
	msg = dump_msg(skb, cb, VROUTER_CMD_PORT_GET);
	err = dump_start(cb, net, VROUTER_A_PORT_VR_IFINDEX,
			 VROUTER_A_PORT_VR_IFNAME);
	while (!err && (vr = dump_router(ctx, net))) {
		while ((port = port_next(vr, ctx->sub))) {
			err = vr_fill_port(&msg, port);
			if (err)
				goto out;
			ctx->sub = port->dev->ifindex;
		}
		dump_router_done(ctx);
	}
out:
	rtnl_unlock();

	return dump_end(skb, err);
}

static int set_standby(struct vr_port *port, const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	u32 ifindex = nla_get_u32(attr);
	struct net_device *dev;
	struct vr_port *standby;
	int err;

	if (!ifindex) {
		vr_lane_clear(port);
		return 0;
	}
	dev = __dev_get_by_index(dev_net(port->dev), ifindex);
	standby = dev ? vr_port_get_rtnl(dev) : NULL;
	if (!standby) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the standby is not a port of a VR");
		return -EINVAL;
	}
	err = vr_lane_set(port, standby, extack);
	if (err)
		NL_SET_BAD_ATTR(extack, attr);
	return err;
}

static int set_xdp(struct vr_port *port, const struct nlattr *attr,
		   struct netlink_ext_ack *extack)
{
	int err = vr_xdp_set(port, nla_get_s32(attr), extack);

	if (err)
		NL_SET_BAD_ATTR(extack, attr);
	return err;
}

int vrouter_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *direct = info->attrs[VROUTER_A_PORT_DIRECT];
	struct nlattr *credit = info->attrs[VROUTER_A_PORT_CREDIT];
	struct nlattr *standby = info->attrs[VROUTER_A_PORT_STANDBY];
	struct nlattr *xdp = info->attrs[VROUTER_A_PORT_XDP_FD];
	unsigned long mask = 0, flags = 0;
	struct vr_port *port;
	int err;

	if (!direct && !credit && !standby && !xdp) {
		GENL_SET_ERR_MSG(info, "Nothing to set given");
		return -EINVAL;
	}
	if (direct) {
		mask |= VR_PORT_DIRECT;
		flags |= nla_get_u8(direct) ? VR_PORT_DIRECT : 0;
	}
	if (credit) {
		mask |= VR_PORT_BY_IRQ;
		flags |= nla_get_u8(credit) ? 0 : VR_PORT_BY_IRQ;
	}

	rtnl_lock();
	port = find_port(genl_info_net(info), info->attrs, info->extack);
	err = PTR_ERR_OR_ZERO(port);
	/* First what may be refused. */
	if (!err && xdp)
		err = set_xdp(port, xdp, info->extack);
	if (!err && standby)
		err = set_standby(port, standby, info->extack);
	if (!err)
		err = vr_port_set_flags(port, mask, flags, info->extack);
	rtnl_unlock();

	return err;
}

/* Cores */

static int get_cpu_attr(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	u32 cpu = nla_get_u32(attr);

	if (cpu < nr_cpu_ids && cpu_possible(cpu))
		return cpu;
	NL_SET_ERR_MSG_ATTR(extack, attr, "No such CPU");
	return -EINVAL;
}

int vrouter_nl_core_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vr_msg ctx;
	int cpu;

	if (GENL_REQ_ATTR_CHECK(info, VROUTER_A_CORE_CPU))
		return -EINVAL;
	cpu = get_cpu_attr(info->attrs[VROUTER_A_CORE_CPU], info->extack);
	if (cpu < 0)
		return cpu;
	if (!reply_new(info, &ctx))
		return -ENOMEM;

	return reply_send(&ctx, info, vr_fill_core(&ctx, cpu));
}

int vrouter_nl_core_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_ctx *ctx = dump_ctx(cb);
	struct vr_msg msg;
	int err = 0;

	rtnl_lock();
	msg = dump_msg(skb, cb, VROUTER_CMD_CORE_GET);
	for (; ctx->sub < nr_cpu_ids; ctx->sub++) {
		if (!cpu_possible(ctx->sub))
			continue;
		err = vr_fill_core(&msg, ctx->sub);
		if (err)
			break;
	}
	rtnl_unlock();

	return dump_end(skb, err);
}

int vrouter_nl_core_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *which = info->attrs[VROUTER_A_CORE_CPU];
	int cpu = -1, i;
	u32 us;

	if (GENL_REQ_ATTR_CHECK(info, VROUTER_A_CORE_SLICE_US)) {
		GENL_SET_ERR_MSG(info, "Nothing to set given");
		return -EINVAL;
	}
	us = nla_get_u32(info->attrs[VROUTER_A_CORE_SLICE_US]);
	if (which) {
		cpu = get_cpu_attr(which, info->extack);
		if (cpu < 0)
			return cpu;
	}

	rtnl_lock();
	for_each_possible_cpu(i)
		if (cpu < 0 || i == cpu)
			vr_core_set_slice(i, us);
	rtnl_unlock();

	return 0;
}

/* Statistics */

/**
 * struct cpu_rows - answers that are about a VR on one CPU, or on all together
 * @cmd: of the answers
 * @index: attribute with the VR's interface index
 * @name: attribute with its name
 * @cpu: attribute with the CPU that is asked for
 * @per_cpu: attribute that asks a dump for a row of each CPU
 * @brief: attribute that asks a dump to be brief, or 0
 * @fill: writes one; cpu = -1 for the sum
 */
struct cpu_rows {
	u8	cmd;
	int	index;
	int	name;
	int	cpu;
	int	per_cpu;
	int	brief;
	int	(*fill)(const struct vr_msg *msg, const struct vr_router *vr,
			int cpu);
};

#define CPU_ROWS(what, fill_fn, brief_attr) {				\
	.cmd		= VROUTER_CMD_##what##_GET,			\
	.index		= VROUTER_A_##what##_IFINDEX,			\
	.name		= VROUTER_A_##what##_IFNAME,			\
	.cpu		= VROUTER_A_##what##_CPU,			\
	.per_cpu	= VROUTER_A_##what##_PER_CPU,			\
	.brief		= brief_attr,					\
	.fill		= fill_fn,					\
}

static const struct cpu_rows stats_rows = CPU_ROWS(STATS, vr_fill_stats,
						    VROUTER_A_STATS_BRIEF);
static const struct cpu_rows latency_rows = CPU_ROWS(LATENCY, vr_fill_latency,
						     0);
static const struct cpu_rows runtime_rows = CPU_ROWS(RUNTIME, vr_fill_runtime,
						     0);

/* Answer with the row of a VR that is about one CPU, or the sum of all. */
static int do_cpu_row(struct genl_info *info, const struct cpu_rows *rows)
{
	const struct nlattr *attr = info->attrs[rows->cpu];
	struct vr_router *vr;
	struct vr_msg ctx;
	int cpu = -1;
	int err;

	if (attr) {
		cpu = get_cpu_attr(attr, info->extack);
		if (cpu < 0)
			return cpu;
	}
	if (!reply_new(info, &ctx))
		return -ENOMEM;

	rtnl_lock();
	vr = find_router(genl_info_net(info), info->attrs, rows->index,
			 rows->name, info->extack);
	err = IS_ERR(vr) ? PTR_ERR(vr) : rows->fill(&ctx, vr, cpu);
	rtnl_unlock();

	return reply_send(&ctx, info, err);
}

/* The rows of a VR are its sum, then its CPUs; ctx->sub counts them. */
static int dump_cpu_rows_router(const struct vr_msg *msg, struct dump_ctx *ctx,
				const struct vr_router *vr,
				const struct cpu_rows *rows)
{
	u32 n = ctx->per_cpu ? nr_cpu_ids + 1 : 1;
	int err;

	for (; ctx->sub < n; ctx->sub++) {
		if (ctx->sub && !cpu_possible(ctx->sub - 1))
			continue;
		err = rows->fill(msg, vr, (int)ctx->sub - 1);
		if (err)
			return err;
	}
	return 0;
}

static int dump_cpu_rows(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct cpu_rows *rows)
{
	struct nlattr **attrs = vr_genl_dump_attrs(cb);
	struct dump_ctx *ctx = dump_ctx(cb);
	struct net *net = sock_net(skb->sk);
	struct vr_router *vr;
	struct vr_msg msg;
	int err;

	rtnl_lock();
	msg = dump_msg(skb, cb, rows->cmd);
	ctx->per_cpu = attrs && attrs[rows->per_cpu];
	msg.brief = attrs && rows->brief && attrs[rows->brief];
	err = dump_start(cb, net, rows->index, rows->name);
	while (!err && (vr = dump_router(ctx, net))) {
		err = dump_cpu_rows_router(&msg, ctx, vr, rows);
		if (!err)
			dump_router_done(ctx);
	}
	rtnl_unlock();

	return dump_end(skb, err);
}

int vrouter_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return do_cpu_row(info, &stats_rows);
}

int vrouter_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dump_cpu_rows(skb, cb, &stats_rows);
}

int vrouter_nl_latency_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return do_cpu_row(info, &latency_rows);
}

int vrouter_nl_latency_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	return dump_cpu_rows(skb, cb, &latency_rows);
}

int vrouter_nl_runtime_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return do_cpu_row(info, &runtime_rows);
}

int vrouter_nl_runtime_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	return dump_cpu_rows(skb, cb, &runtime_rows);
}

int vrouter_nl_runtime_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vr_router *vr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VROUTER_A_RUNTIME_COUNTING)) {
		GENL_SET_ERR_MSG(info, "Nothing to set given");
		return -EINVAL;
	}

	rtnl_lock();
	vr = find_router(genl_info_net(info), info->attrs,
			 VROUTER_A_RUNTIME_IFINDEX, VROUTER_A_RUNTIME_IFNAME,
			 info->extack);
	err = IS_ERR(vr) ? PTR_ERR(vr) :
	      vr_router_set_counting(vr,
				     nla_get_u8(info->attrs[VROUTER_A_RUNTIME_COUNTING]),
				     info->extack);
	rtnl_unlock();

	return err;
}

/* Incidents */

int vrouter_nl_incident_get_dumpit(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct dump_ctx *ctx = dump_ctx(cb);
	struct net *net = sock_net(skb->sk);
	struct vr_incident incident;
	struct vr_msg msg;
	int err;

	rtnl_lock();
	msg = dump_msg(skb, cb, VROUTER_CMD_INCIDENT_GET);
	/* New ones come at the end and old ones fall off at the front: no
	 * change here makes what has been shown inconsistent.
	 */
	msg.cb = NULL;
	err = dump_start(cb, net, VROUTER_A_INCIDENT_IFINDEX,
			 VROUTER_A_INCIDENT_IFNAME);
	while (!err && vr_incident_next(net, ctx->id, ctx->only, &incident)) {
		err = vr_fill_incident(&msg, &incident);
		if (!err)
			ctx->id = incident.id;
	}
	rtnl_unlock();

	return dump_end(skb, err);
}

/* Notifications */

static bool notify_begin(struct net *net, struct vr_msg *ctx, u32 cmd)
{
	vr_net_get(net)->gen++;
	if (!genl_has_listeners(&vrouter_nl_family, net, VROUTER_NLGRP_EVENTS))
		return false;
	*ctx = (struct vr_msg){
		.skb	= genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL),
		.cmd	= cmd,
	};
	if (ctx->skb)
		return true;
	genl_set_err(&vrouter_nl_family, net, 0, VROUTER_NLGRP_EVENTS,
		     -ENOBUFS);
	return false;
}

static void notify_send(struct net *net, struct vr_msg *ctx, int err)
{
	if (err) {
		nlmsg_free(ctx->skb);
		genl_set_err(&vrouter_nl_family, net, 0, VROUTER_NLGRP_EVENTS,
			     err);
		return;
	}
	genlmsg_multicast_netns(&vrouter_nl_family, net, ctx->skb, 0,
				VROUTER_NLGRP_EVENTS, GFP_KERNEL);
}

/**
 * vr_netlink_notify_router - tell listeners of a VR's namespace about it
 * @vr: the VR
 * @cmd: VROUTER_CMD_VR_*_NTF
 *
 * Context: process context, rtnl held.
 */
void vr_netlink_notify_router(struct vr_router *vr, u32 cmd)
{
	struct net *net = dev_net(vr->dev);
	struct vr_msg ctx;

	if (notify_begin(net, &ctx, cmd))
		notify_send(net, &ctx, vr_fill_router(&ctx, vr));
}

/**
 * vr_netlink_notify_port - tell listeners of a port's namespace about it
 * @port: the port
 * @cmd: VROUTER_CMD_PORT_*_NTF
 *
 * Context: process context, rtnl held.
 */
void vr_netlink_notify_port(struct vr_port *port, u32 cmd)
{
	struct net *net = dev_net(port->dev);
	struct vr_msg ctx;

	if (notify_begin(net, &ctx, cmd))
		notify_send(net, &ctx, vr_fill_port(&ctx, port));
}

/**
 * vr_netlink_notify_incident - tell listeners of a namespace about an incident
 * @net: the namespace
 * @incident: what happened
 *
 * Context: softirq, or process with rtnl held.
 */
void vr_netlink_notify_incident(struct net *net,
				const struct vr_incident *incident)
{
	struct vr_msg msg = { .cmd = VROUTER_CMD_INCIDENT_NTF };
	int err = -ENOBUFS;

	if (!genl_has_listeners(&vrouter_nl_family, net, VROUTER_NLGRP_EVENTS))
		return;
	msg.skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (msg.skb)
		err = vr_fill_incident(&msg, incident);
	if (err) {
		nlmsg_free(msg.skb);
		genl_set_err(&vrouter_nl_family, net, 0, VROUTER_NLGRP_EVENTS,
			     err);
		return;
	}
	genlmsg_multicast_netns(&vrouter_nl_family, net, msg.skb, 0,
				VROUTER_NLGRP_EVENTS, GFP_ATOMIC);
}

/**
 * vr_netlink_init - register the family
 *
 * Return: 0 or a negative error.
 */
int __init vr_netlink_init(void)
{
	int err = vr_trace_init();

	if (err)
		return err;
	err = vr_genl_register(&vrouter_nl_family);
	if (err)
		vr_trace_exit();
	return err;
}

/**
 * vr_netlink_exit - unregister the family; no operation runs afterwards
 */
void vr_netlink_exit(void)
{
	vr_genl_unregister(&vrouter_nl_family);
	vr_trace_exit();
}
