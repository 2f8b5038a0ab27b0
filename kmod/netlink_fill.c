// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of the generic netlink family: what an object looks like in a message.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "datapath.h"
#include "fib.h"
#include "incident.h"
#include "frame.h"
#include "lane.h"
#include "latency.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "stats.h"
#include "vrouter.h"

static void *row_begin(const struct vr_msg *msg)
{
	void *hdr;

	hdr = genlmsg_put(msg->skb, msg->portid, msg->seq, &vrouter_nl_family,
			  msg->flags, msg->cmd);
	if (hdr && msg->cb)
		genl_dump_check_consistent(msg->cb, hdr);
	return hdr;
}

static int fill_settings(struct sk_buff *skb, const struct vr_settings *set)
{
	if (nla_put_u32(skb, VROUTER_A_VR_QUEUE_PACKETS, set->queue_packets) ||
	    nla_put_u32(skb, VROUTER_A_VR_QUEUE_TIME_US, set->queue_time_us) ||
	    nla_put_u32(skb, VROUTER_A_VR_VECTOR_LIMIT_US,
			set->vector_limit_us) ||
	    nla_put_u32(skb, VROUTER_A_VR_STRIKES, set->strikes) ||
	    nla_put_u32(skb, VROUTER_A_VR_STRIKE_WINDOW_MS,
			set->strike_window_ms) ||
	    nla_put_u8(skb, VROUTER_A_VR_QUARANTINE,
		       READ_ONCE(set->quarantine)) ||
	    nla_put_u32(skb, VROUTER_A_VR_BURN, set->burn))
		return -EMSGSIZE;
	return 0;
}

static int put_cpus(struct sk_buff *skb, int attr, const struct cpumask *cpus)
{
	int len = snprintf(NULL, 0, "%*pbl", cpumask_pr_args(cpus));
	struct nlattr *nla = nla_reserve(skb, attr, len + 1);

	if (!nla)
		return -EMSGSIZE;
	snprintf(nla_data(nla), len + 1, "%*pbl", cpumask_pr_args(cpus));
	return 0;
}

int vr_fill_router(const struct vr_msg *msg, const struct vr_router *vr)
{
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_VR_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_VR_IFNAME, vr->dev->name) ||
	    nla_put_u32(skb, VROUTER_A_VR_TABLE, vr->table) ||
	    nla_put_u32(skb, VROUTER_A_VR_WEIGHT, vr->weight) ||
	    nla_put_u32(skb, VROUTER_A_VR_PORTS, vr->n_ports) ||
	    put_cpus(skb, VROUTER_A_VR_CPUS, vr->cpus) ||
	    put_cpus(skb, VROUTER_A_VR_CPUS_ACTIVE, vr->cpus_active) ||
	    fill_settings(skb, &vr->settings)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int fill_port_stats(struct sk_buff *skb, const struct vr_port *port)
{
	struct vr_port_stats stats;
	struct nlattr *nest;

	vr_port_stats(port, &stats);
	nest = nla_nest_start(skb, VROUTER_A_PORT_STATS);
	if (!nest)
		return -EMSGSIZE;
#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_PORT_STATS_##attr, value,	\
			  VROUTER_A_PORT_STATS_PAD)
	if (PUT(RX_PACKETS, stats.rx_packets) ||
	    PUT(RX_BYTES, stats.rx_bytes) ||
	    PUT(RX_DROPPED, stats.rx_dropped) ||
	    PUT(TX_PACKETS, stats.tx_packets) ||
	    PUT(TX_BYTES, stats.tx_bytes) ||
	    PUT(TX_DROPPED, stats.tx_dropped))
		return -EMSGSIZE;
#undef PUT
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_lane(struct sk_buff *skb, const struct vr_port *port)
{
	const struct vr_port *standby = rtnl_dereference(port->standby);
	const struct vr_lane *lane = rtnl_dereference(port->lane);
	const struct vr_port *via;

	if (standby &&
	    (nla_put_u32(skb, VROUTER_A_PORT_STANDBY, standby->dev->ifindex) ||
	     nla_put_string(skb, VROUTER_A_PORT_STANDBY_IFNAME,
			    standby->dev->name)))
		return -EMSGSIZE;
	if (!lane)
		return 0;
	via = rtnl_dereference(lane->via);
	if (via &&
	    (nla_put_u32(skb, VROUTER_A_PORT_LANE, via->dev->ifindex) ||
	     nla_put_string(skb, VROUTER_A_PORT_LANE_IFNAME, via->dev->name)))
		return -EMSGSIZE;
	if (*lane->parent &&
	    nla_put_string(skb, VROUTER_A_PORT_LANE_PARENT, lane->parent))
		return -EMSGSIZE;
	return nla_put_u32(skb, VROUTER_A_PORT_LANE_STATE, lane->state);
}

static int fill_xdp(struct sk_buff *skb, const struct vr_port *port)
{
	u32 id = vr_xdp_id(port);

	return id ? nla_put_u32(skb, VROUTER_A_PORT_XDP_ID, id) : 0;
}

int vr_fill_port(const struct vr_msg *msg, const struct vr_port *port)
{
	bool direct = port->flags & VR_PORT_DIRECT;
	bool credit = !(port->flags & VR_PORT_BY_IRQ);
	const struct vr_router *vr = port->vr;
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_PORT_IFINDEX, port->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_PORT_IFNAME, port->dev->name) ||
	    nla_put_u32(skb, VROUTER_A_PORT_VR_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_PORT_VR_IFNAME, vr->dev->name) ||
	    nla_put_u8(skb, VROUTER_A_PORT_DIRECT, direct) ||
	    nla_put_u8(skb, VROUTER_A_PORT_CREDIT, credit) ||
	    fill_port_stats(skb, port) ||
	    fill_lane(skb, port) || fill_xdp(skb, port)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int vr_fill_core(const struct vr_msg *msg, unsigned int cpu)
{
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);
	struct vr_core_info core;

	if (!hdr)
		return -EMSGSIZE;
	vr_core_info_get(cpu, &core);
#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_CORE_##attr, value,		\
			  VROUTER_A_CORE_PAD)
	if (nla_put_u32(skb, VROUTER_A_CORE_CPU, cpu) ||
	    nla_put_u32(skb, VROUTER_A_CORE_QUEUES, core.queues) ||
	    PUT(BUSY_NS, core.busy_ns) ||
	    PUT(BILLED_NS, core.billed_ns) ||
	    PUT(POLLS, core.polls) ||
	    PUT(SWITCHES, core.switches) ||
	    PUT(OUTSIDE_NS, core.outside_ns) ||
	    PUT(INGRESS_NS, core.ingress_ns) ||
	    PUT(LAG_MAX_NS, core.lag_max_ns) ||
	    PUT(BOUND_NS, core.bound_ns) ||
	    PUT(TIME_NS, core.time_ns) ||
	    nla_put_u32(skb, VROUTER_A_CORE_SLICE_US, core.slice_us) ||
	    nla_put_u32(skb, VROUTER_A_CORE_CLOCK_KHZ, vr_cycles_khz())) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
#undef PUT
	genlmsg_end(skb, hdr);
	return 0;
}

static int fill_counter(struct sk_buff *skb, int attr, const char *name,
			const char *text, u64 packets)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_string(skb, VROUTER_A_COUNTER_NAME, name) ||
	    nla_put_u64_64bit(skb, VROUTER_A_COUNTER_PACKETS, packets,
			      VROUTER_A_COUNTER_PAD) ||
	    (text && nla_put_string(skb, VROUTER_A_COUNTER_TEXT, text)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_reasons(const struct vr_msg *msg, int attr,
			const struct vr_reason *reasons, const u64 *packets,
			int n, bool texts)
{
	int i;

	for (i = 0; i < n; i++)
		if ((packets[i] || !msg->brief) &&
		    fill_counter(msg->skb, attr, reasons[i].name,
				 texts ? reasons[i].text : NULL, packets[i]))
			return -EMSGSIZE;
	return 0;
}

static int fill_counters(const struct vr_msg *msg, const struct vr_router *vr,
			 int cpu)
{
	bool texts = cpu < 0 && !msg->brief;
	struct sk_buff *skb = msg->skb;
	struct vr_stats stats;

	vr_router_stats(vr, cpu, &stats);
#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_STATS_##attr, value,		\
			  VROUTER_A_STATS_PAD)
	if (PUT(RX_PACKETS, stats.rx_packets) ||
	    PUT(RX_BYTES, stats.rx_bytes) ||
	    PUT(TX_PACKETS, stats.tx_packets) ||
	    PUT(TX_BYTES, stats.tx_bytes) ||
	    PUT(PASSED, stats.passed) ||
	    PUT(PULLED, stats.pulled) ||
	    PUT(FRAMES, stats.frames) ||
	    PUT(VECTORS, stats.vectors) ||
	    PUT(POLLS, stats.polls))
		return -EMSGSIZE;
#undef PUT
	if (fill_reasons(msg, VROUTER_A_STATS_DROP, vr_drops, stats.drop,
			 VR_DROP_N, texts) ||
	    fill_reasons(msg, VROUTER_A_STATS_PUNT, vr_punts, stats.punt,
			 VR_PUNT_N, texts))
		return -EMSGSIZE;
	return 0;
}

static int fill_sched(struct sk_buff *skb, const struct vr_router *vr, int cpu)
{
	struct vr_sched_info sched;
	struct nlattr *nest;

	vr_router_sched_info(vr, cpu, &sched);
	nest = nla_nest_start(skb, VROUTER_A_STATS_SCHED);
#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_SCHED_##attr, value,		\
			  VROUTER_A_SCHED_PAD)
	if (!nest ||
	    PUT(ENTITLED_NS, sched.entitled_ns) ||
	    PUT(USED_NS, sched.used_ns) ||
	    nla_put_s64(skb, VROUTER_A_SCHED_LAG_NS, sched.lag_ns,
			VROUTER_A_SCHED_PAD) ||
	    nla_put_u32(skb, VROUTER_A_SCHED_QLEN, sched.qlen) ||
	    nla_put_u32(skb, VROUTER_A_SCHED_QLEN_MAX, sched.qlen_max) ||
	    nla_put_u32(skb, VROUTER_A_SCHED_QLEN_LIMIT, sched.qlen_limit) ||
	    PUT(LAG_MAX_NS, sched.lag_max_ns) ||
	    PUT(WAITS, sched.waits) ||
	    PUT(WAIT_NS, sched.wait_ns) ||
	    PUT(WAIT_MAX_NS, sched.wait_max_ns) ||
	    nla_put_u32(skb, VROUTER_A_SCHED_COST, sched.cost) ||
	    nla_put_u32(skb, VROUTER_A_SCHED_STRIKES, sched.strikes))
		return -EMSGSIZE;
#undef PUT
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_mirror(struct sk_buff *skb, const struct vr_router *vr)
{
	struct vr_fib_info fib;
	struct nlattr *nest;

	vr_fib_info_get(vr->fib, &fib);
	nest = nla_nest_start(skb, VROUTER_A_STATS_MIRROR);
	if (!nest ||
	    nla_put_u8(skb, VROUTER_A_MIRROR_READY, fib.ready) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_ROUTES_IPV4, fib.routes[0]) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_ROUTES_IPV6, fib.routes[1]) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_FAILED, fib.failed) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_NEXTHOP_GROUPS, fib.nhgs) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_ADJACENCIES, fib.adjs) ||
	    nla_put_u64_64bit(skb, VROUTER_A_MIRROR_BYTES, fib.bytes,
			      VROUTER_A_MIRROR_PAD) ||
	    nla_put_u64_64bit(skb, VROUTER_A_MIRROR_EVENTS, fib.events,
			      VROUTER_A_MIRROR_PAD) ||
	    nla_put_u32(skb, VROUTER_A_MIRROR_RESYNCS, fib.resyncs))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int vr_fill_stats(const struct vr_msg *msg, const struct vr_router *vr,
		  int cpu)
{
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_STATS_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_STATS_IFNAME, vr->dev->name) ||
	    (cpu >= 0 && nla_put_u32(skb, VROUTER_A_STATS_CPU, cpu)) ||
	    fill_counters(msg, vr, cpu) ||
	    fill_sched(skb, vr, cpu) ||
	    (cpu < 0 && fill_mirror(skb, vr))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int fill_buckets(struct sk_buff *skb, const struct vr_router *vr,
			int cpu)
{
	u64 bucket[VR_LATENCY_N];
	struct nlattr *nest;
	int i;

	if (!vr_router_latency(vr, cpu, bucket))
		return 0;
	for (i = 0; i < VR_LATENCY_N; i++) {
		u64 end = vr_latency_end(i);

		if (!bucket[i])
			continue;
		nest = nla_nest_start(skb, VROUTER_A_LATENCY_BUCKET);
		if (!nest ||
		    (end && nla_put_u64_64bit(skb, VROUTER_A_BUCKET_BELOW_NS,
					      end, VROUTER_A_BUCKET_PAD)) ||
		    nla_put_u64_64bit(skb, VROUTER_A_BUCKET_PACKETS, bucket[i],
				      VROUTER_A_BUCKET_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

int vr_fill_latency(const struct vr_msg *msg, const struct vr_router *vr,
		    int cpu)
{
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_LATENCY_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_LATENCY_IFNAME, vr->dev->name) ||
	    (cpu >= 0 && nla_put_u32(skb, VROUTER_A_LATENCY_CPU, cpu)) ||
	    fill_buckets(skb, vr, cpu)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int fill_node(struct sk_buff *skb, const struct vr_node *node,
		     const struct vr_node_count *count)
{
	struct nlattr *nest = nla_nest_start(skb, VROUTER_A_RUNTIME_NODE);

#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_RUNTIME_NODE_##attr, value,	\
			  VROUTER_A_RUNTIME_NODE_PAD)
	if (!nest ||
	    nla_put_string(skb, VROUTER_A_RUNTIME_NODE_NAME, node->name) ||
	    PUT(CALLS, count->calls) ||
	    PUT(PACKETS, count->packets) ||
	    PUT(CYCLES, count->cycles))
		return -EMSGSIZE;
#undef PUT
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_nodes(struct sk_buff *skb, const struct vr_graph *graph,
		      int cpu)
{
	struct vr_node_count count[VR_GRAPH_MAX];
	u32 i;

	vr_look_counts(graph, cpu, count);
	for (i = 0; i < graph->n; i++)
		if (fill_node(skb, graph->inst[i].node, &count[i]))
			return -EMSGSIZE;
	return 0;
}

int vr_fill_runtime(const struct vr_msg *msg, const struct vr_router *vr,
		    int cpu)
{
	const struct vr_graph *graph = rtnl_dereference(vr->graph);
	struct sk_buff *skb = msg->skb;
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VROUTER_A_RUNTIME_IFINDEX, vr->dev->ifindex) ||
	    nla_put_string(skb, VROUTER_A_RUNTIME_IFNAME, vr->dev->name) ||
	    (cpu >= 0 && nla_put_u32(skb, VROUTER_A_RUNTIME_CPU, cpu)) ||
	    nla_put_u8(skb, VROUTER_A_RUNTIME_COUNTING, !!graph->counts) ||
	    nla_put_u32(skb, VROUTER_A_RUNTIME_CLOCK_KHZ, vr_cycles_khz()) ||
	    (graph->counts && fill_nodes(skb, graph, cpu))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int fill_incident(struct sk_buff *skb,
			 const struct vr_incident *incident)
{
#define PUT(attr, value)						\
	nla_put_u64_64bit(skb, VROUTER_A_INCIDENT_##attr, value,	\
			  VROUTER_A_INCIDENT_PAD)
	if (PUT(ID, incident->id) ||
	    PUT(TIME_NS, incident->time_ns) ||
	    nla_put_u32(skb, VROUTER_A_INCIDENT_KIND, incident->kind) ||
	    nla_put_u32(skb, VROUTER_A_INCIDENT_IFINDEX, incident->ifindex) ||
	    nla_put_string(skb, VROUTER_A_INCIDENT_IFNAME, incident->ifname))
		return -EMSGSIZE;
	/* An administrator's doing has no more to say. */
	if (incident->cpu < 0)
		return 0;
	if (nla_put_u32(skb, VROUTER_A_INCIDENT_CPU, incident->cpu) ||
	    nla_put_u32(skb, VROUTER_A_INCIDENT_PACKETS, incident->packets) ||
	    PUT(SPENT_NS, incident->spent_ns) ||
	    PUT(LIMIT_NS, incident->limit_ns))
		return -EMSGSIZE;
	if (!incident->element)
		return 0;
	if (nla_put_string(skb, VROUTER_A_INCIDENT_ELEMENT,
			   incident->element) ||
	    PUT(ELEMENT_NS, incident->element_ns) ||
	    nla_put_string(skb, VROUTER_A_INCIDENT_PORT, incident->port) ||
	    nla_put(skb, VROUTER_A_INCIDENT_HEADER, incident->header_len,
		    incident->header))
		return -EMSGSIZE;
#undef PUT
	return 0;
}

int vr_fill_incident(const struct vr_msg *msg,
		     const struct vr_incident *incident)
{
	void *hdr = row_begin(msg);

	if (!hdr)
		return -EMSGSIZE;
	if (fill_incident(msg->skb, incident)) {
		genlmsg_cancel(msg->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg->skb, hdr);
	return 0;
}
