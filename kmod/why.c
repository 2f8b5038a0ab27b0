// SPDX-License-Identifier: GPL-2.0
/*
 * What would happen to a packet, and why.
 *
 * A packet is made as its words say, and the nodes that decide, check and lookup, are
 * run with it by themselves: what they say is what they say to any packet.  The
 * other nodes change packets, count or send, so these are only named.  What input
 * and egress look at besides the packet is looked at here too.
 */
#include "why.h"

#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/sctp.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "fib.h"
#include "flow.h"
#include "gate.h"

#define TTL	64

static unsigned int l4_len(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
		return sizeof(struct sctphdr);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return sizeof(struct icmphdr);
	default:
		return 0;
	}
}

static void make_headers(struct sk_buff *skb, const struct vr_flow *flow,
			 u8 proto)
{
	unsigned int len = skb->len;
	struct ipv6hdr *hdr6;
	struct iphdr *hdr4;
	__be16 *l4;

	if (flow->family == AF_INET) {
		hdr4 = (struct iphdr *)skb->data;
		hdr4->version = 4;
		hdr4->ihl = sizeof(*hdr4) / 4;
		hdr4->tot_len = htons(len);
		hdr4->ttl = TTL;
		hdr4->protocol = proto;
		hdr4->saddr = flow->src.s6_addr32[0];
		hdr4->daddr = flow->dst.s6_addr32[0];
		hdr4->check = ip_fast_csum(hdr4, hdr4->ihl);
		l4 = (__be16 *)(hdr4 + 1);
	} else {
		hdr6 = (struct ipv6hdr *)skb->data;
		hdr6->version = 6;
		hdr6->payload_len = htons(len - sizeof(*hdr6));
		hdr6->nexthdr = proto;
		hdr6->hop_limit = TTL;
		hdr6->saddr = flow->src;
		hdr6->daddr = flow->dst;
		l4 = (__be16 *)(hdr6 + 1);
	}
	if (vr_flow_has_ports(proto)) {
		l4[0] = flow->sport;
		l4[1] = flow->dport;
	}
	if (proto == IPPROTO_TCP)
		((struct tcphdr *)l4)->doff = sizeof(struct tcphdr) / 4;
}

/* As a port's driver would bring it. */
static struct sk_buff *make_packet(const struct vr_flow *flow, u32 length,
				   struct netlink_ext_ack *extack)
{
	u8 proto = flow->given & VR_FLOW_PROTO ? flow->proto : IPPROTO_UDP;
	unsigned int least = l4_len(proto);
	struct sk_buff *skb;

	least += flow->family == AF_INET ? sizeof(struct iphdr) :
					   sizeof(struct ipv6hdr);
	if (!length)
		length = least;
	if (length > U16_MAX) {
		NL_SET_ERR_MSG(extack, "longer than a packet can be");
		return ERR_PTR(-EINVAL);
	}
	if (length < least) {
		NL_SET_ERR_MSG(extack, "shorter than the packet's headers");
		return ERR_PTR(-EINVAL);
	}
	skb = alloc_skb(LL_MAX_HEADER + length, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_put_zero(skb, length);
	skb->protocol = flow->family == AF_INET ? htons(ETH_P_IP) :
						  htons(ETH_P_IPV6);
	make_headers(skb, flow, proto);
	return skb;
}

static const struct vr_nhg *look_up(const struct vr_fib *fib, u8 family,
				    const struct in6_addr *addr)
{
	return family == AF_INET ? vr_fib4_lookup(fib, addr->s6_addr32[0]) :
				   vr_fib6_lookup(fib, addr);
}

static u32 action_of(const struct vr_nhg *nhg)
{
	static const u8 actions[] = {
		[VR_NH_PUNT]		= VROUTER_ROUTE_ACTION_OTHER,
		[VR_NH_FORWARD]		= VROUTER_ROUTE_ACTION_FORWARD,
		[VR_NH_LOCAL]		= VROUTER_ROUTE_ACTION_LOCAL,
		[VR_NH_BLACKHOLE]	= VROUTER_ROUTE_ACTION_BLACKHOLE,
		[VR_NH_UNREACHABLE]	= VROUTER_ROUTE_ACTION_UNREACHABLE,
		[VR_NH_PROHIBIT]	= VROUTER_ROUTE_ACTION_PROHIBIT,
		[VR_NH_THROW]		= VROUTER_ROUTE_ACTION_THROW,
	};

	return nhg ? actions[nhg->action] : VROUTER_ROUTE_ACTION_NONE;
}

static void name_device(char *name, struct net *net, u32 ifindex)
{
	const struct net_device *dev = dev_get_by_index_rcu(net, ifindex);

	if (dev)
		strscpy(name, dev->name, IFNAMSIZ);
}

static void say_neighbour(struct vr_why *why, struct vr_adj *adj)
{
	unsigned int seq;

	if (!adj)
		return;
	why->neighbour = VROUTER_NEIGHBOUR_UNRESOLVED;
	if ((READ_ONCE(adj->flags) & (VR_ADJ_RESOLVED | VR_ADJ_DEAD)) !=
	    VR_ADJ_RESOLVED)
		return;
	why->neighbour = VROUTER_NEIGHBOUR_RESOLVED;
	if (adj->hlen != ETH_HLEN)
		return;
	why->lladdr_len = ETH_ALEN;
	do {
		seq = read_seqbegin(&adj->hh_lock);
		memcpy(why->lladdr,
		       (u8 *)adj->hh + HH_DATA_ALIGN(ETH_HLEN) - ETH_HLEN,
		       ETH_ALEN);
	} while (read_seqretry(&adj->hh_lock, seq));
}

/* What the mirror holds for both addresses. */
static void say_routes(struct vr_why *why, struct vr_router *vr,
		       const struct vr_flow *flow, vr_pkt_t pkt)
{
	struct net *net = dev_net(vr->dev);
	const struct vr_nexthop *nh;
	const struct vr_nhg *nhg;

	why->ready = vr_fib_ready(vr->fib, flow->family);
	if (!why->ready)
		return;
	nhg = look_up(vr->fib, flow->family, &flow->src);
	why->source = action_of(nhg);
	if (nhg && nhg->n)
		name_device(why->source_out, net, nhg->nh[0].ifindex);

	nhg = look_up(vr->fib, flow->family, &flow->dst);
	why->route = action_of(nhg);
	if (why->route != VROUTER_ROUTE_ACTION_FORWARD)
		return;
	why->paths = nhg->n;
	why->route_mtu = nhg->mtu;
	nh = nhg->n == 1 ? &nhg->nh[0] :
			   vr_nhg_select(vr->fib, nhg, pkt, flow->family);
	if (!nh)
		return;
	name_device(why->out, net, nh->ifindex);
	if (!nh->port || READ_ONCE(nh->port->dead))
		return;
	why->mtu = READ_ONCE(nh->port->dev->mtu);
	say_neighbour(why, nh->glean ?
		      vr_adj_glean(vr->fib, nh, &flow->dst, flow->family) :
		      rcu_dereference(nh->adj));
}

static void say_end(struct vr_why *why, u32 verdict,
		    const struct vr_reason *reason)
{
	why->verdict = verdict;
	why->reason = reason ? reason->name : NULL;
	why->text = reason ? reason->text : NULL;
}

/* Nodes that say where a packet goes and do nothing else. */
static bool only_decides(const struct vr_node *node)
{
	return node == &vr_node_ip4_check || node == &vr_node_ip4_lookup ||
	       node == &vr_node_ip6_check || node == &vr_node_ip6_lookup;
}

static u32 index_of(const struct vr_graph *graph, const struct vr_node *node)
{
	u32 i = 0;

	while (graph->inst[i].node != node)
		i++;
	return i;
}

/* Run node @at with the packet; to which it hands it. */
static u32 run_node(struct vr_run *run, u32 at, vr_pkt_t *pkt)
{
	const struct vr_inst *inst = &run->graph->inst[at];
	u32 i;

	for (i = 0; i < run->graph->n; i++)
		run->vec[i].n = 0;
	run->vec[at].n = 1;
	run->vec[at].pkt[0] = *pkt;
	inst->node->process(run, inst, &run->vec[at]);
	for (i = at + 1; i < run->graph->n; i++)
		if (run->vec[i].n) {
			*pkt = run->vec[i].pkt[0];
			return i;
		}
	return 0;
}

/* From the first node behind input on. */
static void walk(struct vr_why *why, struct vr_run *run, u32 at, vr_pkt_t *pkt)
{
	const struct vr_cb *cb = vr_pkt_cb(*pkt);
	const struct vr_node *node;

	for (;;) {
		node = run->graph->inst[at].node;
		why->hop[why->n++] = node->name;
		if (node == &vr_node_drop) {
			say_end(why, VROUTER_VERDICT_DROP, &vr_drops[cb->reason]);
			return;
		}
		if (node == &vr_node_punt) {
			say_end(why, VROUTER_VERDICT_PUNT, &vr_punts[cb->reason]);
			return;
		}
		if (node == &vr_node_egress) {
			if (netif_running(cb->adj->port->dev))
				say_end(why, VROUTER_VERDICT_FORWARD, NULL);
			else
				say_end(why, VROUTER_VERDICT_DROP,
					&vr_drops[VR_DROP_EGRESS_GONE]);
			return;
		}
		/* The first way out of the others is the way on. */
		at = only_decides(node) ? run_node(run, at, pkt) :
					  run->graph->inst[at].next[0];
		if (WARN_ON_ONCE(!at))
			return;
		cb = vr_pkt_cb(*pkt);
	}
}

/* RCU, BH disabled */
static void ask(struct vr_why *why, struct vr_run *run,
		const struct vr_flow *flow, vr_pkt_t *pkt)
{
	static const struct vr_reason down = {
		.name	= "passed",
		.text	= "left to the stack on arrival: the VR is down",
	};
	bool v4 = flow->family == AF_INET;
	struct vr_router *vr = run->vr;
	u8 gate;

	if (!netif_running(vr->dev)) {
		say_end(why, VROUTER_VERDICT_PUNT, &down);
		return;
	}
	if (READ_ONCE(vr->settings.quarantine)) {
		say_end(why, VROUTER_VERDICT_DROP,
			&vr_drops[VR_DROP_QUARANTINE]);
		return;
	}
	run->graph = rcu_dereference(vr->graph);
	why->hop[why->n++] = vr_node_input.name;
	gate = v4 ? vr_gate4(dev_net(vr->dev), vr->fib) :
		    vr_gate6(dev_net(vr->dev), vr->fib);
	if (gate) {
		why->hop[why->n++] = vr_node_punt.name;
		say_end(why, VROUTER_VERDICT_PUNT, &vr_punts[gate - 1]);
		return;
	}
	walk(why, run, index_of(run->graph, v4 ? &vr_node_ip4_check :
						 &vr_node_ip6_check), pkt);
}

/* The port that the words name, or to which the route to the source leads. */
static struct vr_port *find_port(struct vr_router *vr,
				 const struct vr_flow *flow,
				 struct netlink_ext_ack *extack)
{
	const struct vr_nhg *nhg;
	struct vr_port *port;

	if (flow->ifindex)
		return vr_port_get_rtnl(__dev_get_by_index(dev_net(vr->dev),
							   flow->ifindex));
	nhg = look_up(vr->fib, flow->family, &flow->src);
	port = nhg && nhg->n ? nhg->nh[0].port : NULL;
	if (!port)
		NL_SET_ERR_MSG(extack,
			       "no route leads to the source: name the port");
	return port;
}

static int check_flow(const struct vr_flow *flow,
		      struct netlink_ext_ack *extack)
{
	u8 len = flow->family == AF_INET ? 32 : 128;

	if (!(flow->given & VR_FLOW_SRC) || !(flow->given & VR_FLOW_DST)) {
		NL_SET_ERR_MSG(extack, "source and destination are needed");
		return -EINVAL;
	}
	if (flow->src_len != len || flow->dst_len != len) {
		NL_SET_ERR_MSG(extack, "a packet has whole addresses");
		return -EINVAL;
	}
	return 0;
}

/**
 * vr_why - tell what would happen to a packet
 * @vr: the VR
 * @flow: the packet; the port, if given, is one of the VR's
 * @length: its bytes, 0 for the headers alone
 * @why: filled in
 * @extack: where to say what is wrong with the packet
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_why(struct vr_router *vr, const struct vr_flow *flow, u32 length,
	   struct vr_why *why, struct netlink_ext_ack *extack)
{
	struct vr_port *port;
	struct sk_buff *skb;
	struct vr_run *run;
	struct vr_cb *cb;
	vr_pkt_t pkt;
	int err;

	ASSERT_RTNL();
	err = check_flow(flow, extack);
	if (err)
		return err;
	skb = make_packet(flow, length, extack);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	run = kvzalloc(sizeof(*run), GFP_KERNEL);
	if (!run) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	memset(why, 0, sizeof(*why));
	why->length = skb->len;
	run->vr = vr;
	pkt = vr_pkt_from_skb(skb);
	cb = vr_pkt_cb(pkt);

	local_bh_disable();
	rcu_read_lock();
	port = find_port(vr, flow, extack);
	if (port) {
		strscpy(why->port, port->dev->name, IFNAMSIZ);
		skb->dev = port->dev;
		cb->port = port;
		cb->proto = skb->protocol;
		say_routes(why, vr, flow, pkt);
		ask(why, run, flow, &pkt);
	}
	rcu_read_unlock();
	local_bh_enable();

	consume_skb(vr_pkt_skb(pkt));
	kvfree(run);
	return port ? 0 : -EINVAL;
}
