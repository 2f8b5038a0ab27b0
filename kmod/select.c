// SPDX-License-Identifier: GPL-2.0
/*
 * Which path of a next hop group a packet takes; data path.
 *
 * The choice is the kernel's own: the same hash over the same fields, then the
 * kernel's upper bounds, read live from the structures that the group holds a
 * reference to, or the kernel's function for nexthop objects (resilient groups
 * too).  So a path that dies, or comes back, needs no event.  Left to the stack:
 * groups under fib_multipath_use_neigh, whose choice depends on the neighbours,
 * paths whose port is down or has no carrier, and more than 255 paths.
 *
 * With hash policy 1 the kernel prefers the NIC's own hash.  A frame has none, and
 * nor has the sk_buff that the stack gets if a frame is left to it.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <net/flow_dissector.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/nexthop.h>

#include "fib_priv.h"

/* What skb_flow_dissect_flow_keys() finds. */
static void dissect(const struct net *net, vr_pkt_t pkt, struct flow_keys *flow,
		    unsigned int flags)
{
	if (!vr_pkt_is_frame(pkt)) {
		skb_flow_dissect_flow_keys(vr_pkt_skb(pkt), flow, flags);
		return;
	}
	memset(flow, 0, sizeof(*flow));
	__skb_flow_dissect(net, NULL, &flow_keys_dissector, flow,
			   vr_pkt_net(pkt), vr_pkt_cb(pkt)->proto, 0,
			   vr_pkt_len(pkt), flags);
}

/* Addresses that the layer 3 hash goes by: of ICMP errors, the inner ones. */
static void l3_keys4(vr_pkt_t pkt, struct flow_keys *keys)
{
	const struct iphdr *iph = vr_pkt_net(pkt), *inner;
	unsigned int at = iph->ihl * 4;
	const struct icmphdr *icmph;
	struct icmphdr _icmph;
	struct iphdr _inner;

	keys->control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	if (unlikely(iph->protocol == IPPROTO_ICMP) &&
	    !(iph->frag_off & htons(IP_OFFSET))) {
		icmph = vr_pkt_peek(pkt, at, sizeof(_icmph), &_icmph);
		if (icmph && icmp_is_err(icmph->type)) {
			inner = vr_pkt_peek(pkt, at + sizeof(_icmph),
					    sizeof(_inner), &_inner);
			if (inner)
				iph = inner;
		}
	}
	keys->addrs.v4addrs.src = iph->saddr;
	keys->addrs.v4addrs.dst = iph->daddr;
}

static void l3_keys6(vr_pkt_t pkt, struct flow_keys *keys)
{
	const struct ipv6hdr *iph = vr_pkt_net(pkt), *inner;
	unsigned int at = sizeof(*iph);
	const struct icmp6hdr *icmph;
	struct icmp6hdr _icmph;
	struct ipv6hdr _inner;

	keys->control.addr_type = FLOW_DISSECTOR_KEY_IPV6_ADDRS;
	if (unlikely(iph->nexthdr == IPPROTO_ICMPV6)) {
		icmph = vr_pkt_peek(pkt, at, sizeof(_icmph), &_icmph);
		if (icmph && icmpv6_is_err(icmph->icmp6_type)) {
			inner = vr_pkt_peek(pkt, at + sizeof(_icmph),
					    sizeof(_inner), &_inner);
			if (inner)
				iph = inner;
		}
	}
	keys->addrs.v6addrs.src = iph->saddr;
	keys->addrs.v6addrs.dst = iph->daddr;
	keys->tags.flow_label = (__force u32)ip6_flowlabel(iph);
	keys->basic.ip_proto = iph->nexthdr;
}

static void l4_keys(const struct net *net, vr_pkt_t pkt, struct flow_keys *keys,
		    int family)
{
	struct flow_keys flow;

	dissect(net, pkt, &flow, FLOW_DISSECTOR_F_STOP_AT_ENCAP);
	if (family == AF_INET) {
		keys->control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
		keys->addrs.v4addrs = flow.addrs.v4addrs;
	} else {
		keys->control.addr_type = FLOW_DISSECTOR_KEY_IPV6_ADDRS;
		keys->addrs.v6addrs = flow.addrs.v6addrs;
	}
	keys->ports.src = flow.ports.src;
	keys->ports.dst = flow.ports.dst;
	keys->basic.ip_proto = flow.basic.ip_proto;
}

/* Layer 3, of the innermost packet if there is one inside. */
static void inner_keys(const struct net *net, vr_pkt_t pkt,
		       struct flow_keys *keys, int family)
{
	struct flow_keys flow;

	dissect(net, pkt, &flow, 0);
	keys->control.addr_type = flow.control.addr_type;
	if (flow.control.addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS) {
		keys->addrs.v4addrs = flow.addrs.v4addrs;
	} else if (flow.control.addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
		keys->addrs.v6addrs = flow.addrs.v6addrs;
		keys->tags.flow_label = flow.tags.flow_label;
		keys->basic.ip_proto = flow.basic.ip_proto;
	} else if (family == AF_INET) {
		l3_keys4(pkt, keys);
	} else {
		l3_keys6(pkt, keys);
	}
}

/*
 * The fields of a custom hash, from what the dissector found; @fields has
 * the bits of the outer header, or those of the inner one shifted there.
 */
static void custom_keys(const struct flow_keys *flow, struct flow_keys *keys,
			u32 fields, u16 addr_type)
{
	keys->control.addr_type = addr_type;
	if (addr_type == FLOW_DISSECTOR_KEY_IPV4_ADDRS) {
		if (fields & FIB_MULTIPATH_HASH_FIELD_SRC_IP)
			keys->addrs.v4addrs.src = flow->addrs.v4addrs.src;
		if (fields & FIB_MULTIPATH_HASH_FIELD_DST_IP)
			keys->addrs.v4addrs.dst = flow->addrs.v4addrs.dst;
	} else if (addr_type == FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
		if (fields & FIB_MULTIPATH_HASH_FIELD_SRC_IP)
			keys->addrs.v6addrs.src = flow->addrs.v6addrs.src;
		if (fields & FIB_MULTIPATH_HASH_FIELD_DST_IP)
			keys->addrs.v6addrs.dst = flow->addrs.v6addrs.dst;
		if (fields & FIB_MULTIPATH_HASH_FIELD_FLOWLABEL)
			keys->tags.flow_label = flow->tags.flow_label;
	}
	if (fields & FIB_MULTIPATH_HASH_FIELD_IP_PROTO)
		keys->basic.ip_proto = flow->basic.ip_proto;
	if (fields & FIB_MULTIPATH_HASH_FIELD_SRC_PORT)
		keys->ports.src = flow->ports.src;
	if (fields & FIB_MULTIPATH_HASH_FIELD_DST_PORT)
		keys->ports.dst = flow->ports.dst;
}

#define INNER_SHIFT	6

static u32 custom_hash(const struct net *net, vr_pkt_t pkt, u32 fields,
		       int family)
{
	u16 outer = family == AF_INET ? FLOW_DISSECTOR_KEY_IPV4_ADDRS :
					FLOW_DISSECTOR_KEY_IPV6_ADDRS;
	struct flow_keys flow, keys;
	u32 hash = 0, inner = 0;
	bool has_inner = true;

	BUILD_BUG_ON(FIB_MULTIPATH_HASH_FIELD_INNER_SRC_IP !=
		     FIB_MULTIPATH_HASH_FIELD_SRC_IP << INNER_SHIFT);

	if (fields & FIB_MULTIPATH_HASH_FIELD_OUTER_MASK) {
		memset(&keys, 0, sizeof(keys));
		dissect(net, pkt, &flow, FLOW_DISSECTOR_F_STOP_AT_ENCAP);
		custom_keys(&flow, &keys, fields, outer);
		has_inner = flow.control.flags & FLOW_DIS_ENCAPSULATION;
		hash = fib_multipath_hash_from_keys(net, &keys);
	}
	if (has_inner && fields & FIB_MULTIPATH_HASH_FIELD_INNER_MASK) {
		memset(&keys, 0, sizeof(keys));
		dissect(net, pkt, &flow, 0);
		if (flow.control.flags & FLOW_DIS_ENCAPSULATION) {
			u16 type = flow.control.addr_type;

			if (type != FLOW_DISSECTOR_KEY_IPV4_ADDRS &&
			    type != FLOW_DISSECTOR_KEY_IPV6_ADDRS)
				type = 0;
			custom_keys(&flow, &keys, fields >> INNER_SHIFT, type);
			inner = fib_multipath_hash_from_keys(net, &keys);
		}
	}
	return jhash_2words(hash, inner, 0);
}

/*
 * The stack's hash of a packet that it forwards.
 * Return: 31 bits.
 */
static int multipath_hash(const struct net *net, vr_pkt_t pkt, int family)
{
	bool v4 = family == AF_INET;
	struct flow_keys keys;
	u32 policy, fields;

	policy = v4 ? READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy) :
		      ip6_multipath_hash_policy(net);
	if (policy == 1 && !vr_pkt_is_frame(pkt) && vr_pkt_skb(pkt)->l4_hash)
		return skb_get_hash_raw(vr_pkt_skb(pkt)) >> 1;
	if (policy == 3) {
		fields = v4 ?
			READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_fields) :
			ip6_multipath_hash_fields(net);
		return custom_hash(net, pkt, fields, family) >> 1;
	}

	memset(&keys, 0, sizeof(keys));
	if (policy == 1)
		l4_keys(net, pkt, &keys, family);
	else if (policy == 2)
		inner_keys(net, pkt, &keys, family);
	else if (v4)
		l3_keys4(pkt, &keys);
	else
		l3_keys6(pkt, &keys);
	return fib_multipath_hash_from_keys(net, &keys) >> 1;
}

/* Kept out of line: most routes have one path. */
static noinline const struct vr_nexthop *
select_multipath(const struct vr_fib *fib, const struct vr_nhg *nhg,
		 vr_pkt_t pkt, int family)
{
	const struct vr_nexthop *nh, *best = NULL;
	const struct net *net = fib->fn->net;
	const struct nexthop *object;
	int hash, upper, least = 0;

	if (!nhg->group && family == AF_INET &&
	    READ_ONCE(net->ipv4.sysctl_fib_multipath_use_neigh))
		return NULL;

	hash = multipath_hash(net, pkt, family);
	if (nhg->group) {
		object = nexthop_select_path(nhg->group, hash);
		for (nh = nhg->nh; nh < nhg->nh + nhg->n; nh++)
			if (nh->object == object)
				return nh;
		/* the group has changed and will be built again */
		return NULL;
	}

	/* bounds grow from the kernel's first path on; a dead one has -1 */
	for (nh = nhg->nh; nh < nhg->nh + nhg->n; nh++) {
		upper = atomic_read(nh->upper);
		if (hash <= upper && (!best || upper < least)) {
			best = nh;
			least = upper;
		}
	}
	return best;
}

/**
 * vr_nhg_select - choose the path of a packet
 * @fib: the mirror
 * @nhg: group with action VR_NH_FORWARD
 * @pkt: the packet
 * @family: AF_INET or AF_INET6
 *
 * Context: softirq, RCU.
 * Return: the path that the stack would choose; NULL if the packet is to be
 *	punted, because the stack's choice can't be known or its port does not
 *	work.
 */
const struct vr_nexthop *vr_nhg_select(const struct vr_fib *fib,
				       const struct vr_nhg *nhg,
				       vr_pkt_t pkt, int family)
{
	const struct vr_nexthop *nh = nhg->nh;
	const struct net_device *dev;

	if (unlikely(nhg->n != 1)) {
		nh = select_multipath(fib, nhg, pkt, family);
		if (!nh)
			return NULL;
	}
	/* dead is set before the grace period after which dev may go */
	if (unlikely(!nh->port || READ_ONCE(nh->port->dead)))
		return NULL;
	dev = nh->port->dev;
	if (unlikely(!netif_running(dev) || !netif_carrier_ok(dev)))
		return NULL;
	return nh;
}
