// SPDX-License-Identifier: GPL-2.0
/*
 * The VR as an L3 master: local delivery, sockets bound to it, its table.
 *
 * Everything here is the stack's side of a VR: what came in through a port and
 * is not forwarded by the fast path, and what local sockets send.  It follows
 * the rules that the VRF device has set, so that daemons see no difference.
 * Unlike there, what leaves by a port goes there directly: the stack's output
 * is not taken through the VR's device first.
 */
#include "l3mdev.h"

#include <linux/etherdevice.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <net/addrconf.h>
#include <net/fib_rules.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ndisc.h>
#include <net/netns/generic.h>
#include <net/route.h>

#include "vrouter.h"

/* The preference of the rule that VRF devices also use. */
#define L3MDEV_RULE_PREF	1000

/*
 * To the stack a VR on the main table has no table of its own: 0 leaves own
 * addresses in the local table, where the check of a route's source looks for
 * them, and lookups that follow the l3mdev rule take 0 for the main table.
 */
static u32 fib_table(const struct net_device *dev)
{
	const struct vr_router *vr = netdev_priv(dev);

	return vr->table == RT_TABLE_MAIN ? 0 : vr->table;
}

/* Let whoever captures on the VR see what it receives for itself. */
static void capture_rx(struct sk_buff *skb, struct net_device *dev,
		       const struct net_device *port_dev)
{
	unsigned int mac_len = skb->mac_len;

	if (list_empty(&dev->ptype_all))
		return;

	if (!skb_mac_header_was_set(skb) || !dev_has_header(port_dev)) {
		struct ethhdr *eth;

		if (skb_cow_head(skb, LL_RESERVED_SPACE(dev)))
			return;
		eth = __skb_push(skb, ETH_HLEN);
		skb_reset_mac_header(skb);
		ether_addr_copy(eth->h_dest, dev->dev_addr);
		ether_addr_copy(eth->h_source, dev->dev_addr);
		eth->h_proto = skb->protocol;
		skb_reset_mac_len(skb);
		__skb_pull(skb, ETH_HLEN);
		mac_len = ETH_HLEN;
	}
	skb_push(skb, mac_len);
	dev_queue_xmit_nit(skb, dev);
	skb_pull(skb, mac_len);
}

static void enter(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	skb->skb_iif = dev->ifindex;
}

static struct sk_buff *rcv4(struct net_device *dev, struct sk_buff *skb)
{
	struct net_device *port_dev = skb->dev;

	enter(skb, dev);
	IPCB(skb)->flags |= IPSKB_L3SLAVE;

	if (ipv4_is_multicast(ip_hdr(skb)->daddr))
		return skb;
	/* Came by our own xmit: the taps have seen it. */
	if (skb->pkt_type == PACKET_LOOPBACK) {
		skb->pkt_type = PACKET_HOST;
		return skb;
	}
	capture_rx(skb, dev, port_dev);
	return skb;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Neighbour discovery is between the neighbour and the port. */
static bool is_ndisc(const struct sk_buff *skb)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	const struct icmp6hdr *icmp6;
	struct icmp6hdr buf;

	if (hdr->nexthdr != NEXTHDR_ICMP)
		return false;
	icmp6 = skb_header_pointer(skb, sizeof(*hdr), sizeof(buf), &buf);
	return icmp6 && icmp6->icmp6_type >= NDISC_ROUTER_SOLICITATION &&
	       icmp6->icmp6_type <= NDISC_REDIRECT;
}

static struct rt6_info *route6(const struct net_device *dev,
			       struct flowi6 *fl6, int ifindex,
			       const struct sk_buff *skb, int flags)
{
	const struct vr_router *vr = netdev_priv(dev);
	struct net *net = dev_net(dev);
	struct rt6_info *rt;

	/* The addresses of a VR on the main table are in the local table. */
	if (vr->table == RT_TABLE_MAIN) {
		rt = ip6_pol_route(net, fib6_get_table(net, RT6_TABLE_LOCAL),
				   ifindex, fl6, skb, flags);
		if (rt && rt != net->ipv6.ip6_null_entry)
			return rt;
		if (rt && !(flags & RT6_LOOKUP_F_DST_NOREF))
			ip6_rt_put(rt);
	}
	return ip6_pol_route(net, vr->fib6_table, ifindex, fl6, skb, flags);
}

/* Route a link-scoped packet by the port that it came through. */
static void input_dst6(struct sk_buff *skb, const struct net_device *dev,
		       int ifindex)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct net *net = dev_net(dev);
	struct rt6_info *rt;
	struct flowi6 fl6 = {
		.flowi6_iif	= ifindex,
		.flowi6_mark	= skb->mark,
		.flowi6_proto	= hdr->nexthdr,
		.daddr		= hdr->daddr,
		.saddr		= hdr->saddr,
		.flowlabel	= ip6_flowinfo(hdr),
	};

	skb_dst_drop(skb);
	rt = route6(dev, &fl6, ifindex, skb,
		    RT6_LOOKUP_F_HAS_SADDR | RT6_LOOKUP_F_IFACE);
	if (rt && &rt->dst != &net->ipv6.ip6_null_entry->dst)
		skb_dst_set(skb, &rt->dst);
}

static struct sk_buff *rcv6(struct net_device *dev, struct sk_buff *skb)
{
	bool strict = rt6_need_strict(&ipv6_hdr(skb)->daddr);
	struct net_device *port_dev = skb->dev;
	int iif = skb->skb_iif;
	bool nd = is_ndisc(skb);

	if (skb->pkt_type == PACKET_LOOPBACK) {
		enter(skb, dev);
		IP6CB(skb)->flags |= IP6SKB_L3SLAVE;
		skb->pkt_type = PACKET_HOST;
		return skb;
	}
	if (!nd) {
		enter(skb, dev);
		if (!strict)
			capture_rx(skb, dev, port_dev);
		IP6CB(skb)->flags |= IP6SKB_L3SLAVE;
	}
	if (strict)
		input_dst6(skb, dev, iif);
	return skb;
}

/* A link-local or multicast destination through a port, in the VR's table. */
static struct dst_entry *link_scope_lookup(const struct net_device *dev,
					   struct flowi6 *fl6)
{
	int flags = RT6_LOOKUP_F_IFACE | RT6_LOOKUP_F_DST_NOREF;
	struct rt6_info *rt;

	/* The VR itself has no link. */
	if (fl6->flowi6_oif == dev->ifindex)
		return &dev_net(dev)->ipv6.ip6_null_entry->dst;

	if (!ipv6_addr_any(&fl6->saddr))
		flags |= RT6_LOOKUP_F_HAS_SADDR;
	rt = route6(dev, fl6, fl6->flowi6_oif, NULL, flags);
	return rt ? &rt->dst : NULL;
}
#else
static struct sk_buff *rcv6(struct net_device *dev, struct sk_buff *skb)
{
	return skb;
}
#endif

/* RCU */
static struct sk_buff *l3_rcv(struct net_device *dev, struct sk_buff *skb,
			      u16 family)
{
	switch (family) {
	case AF_INET:
		return rcv4(dev, skb);
	case AF_INET6:
		return rcv6(dev, skb);
	default:
		return skb;
	}
}

const struct l3mdev_ops vr_l3mdev_ops = {
	.l3mdev_fib_table		= fib_table,
	.l3mdev_l3_rcv			= l3_rcv,
#if IS_ENABLED(CONFIG_IPV6)
	.l3mdev_link_scope_lookup	= link_scope_lookup,
#endif
};

/* Sent to one of the VR's own addresses: receive it. */
static int loop_back(struct sk_buff *skb, struct net_device *dev,
		     struct dst_entry *dst)
{
	skb_orphan(skb);
	skb_dst_set(skb, dst);
	/* Tells l3_rcv() that it was here already. */
	skb->pkt_type = PACKET_LOOPBACK;
	skb->protocol = eth_type_trans(skb, dev);
	skb->pkt_type = PACKET_LOOPBACK;
	return netif_rx(skb) == NET_RX_SUCCESS ? NET_XMIT_SUCCESS :
						 NET_XMIT_DROP;
}

/* Send on by the port that the VR's table names. */
static int send_on(struct sk_buff *skb, struct dst_entry *dst, u8 pf,
		   struct net *net)
{
	int err;

	skb_dst_set(skb, dst);
	__skb_pull(skb, skb_network_offset(skb));
	memset(skb->cb, 0, sizeof(skb->cb));

	err = nf_hook(pf, NF_INET_LOCAL_OUT, net, skb->sk, skb, NULL, dst->dev,
		      dst_output);
	if (err == 1)
		err = dst_output(net, skb->sk, skb);
	return net_xmit_eval(err) ? NET_XMIT_DROP : NET_XMIT_SUCCESS;
}

static int xmit4(struct sk_buff *skb, struct net_device *dev)
{
	struct net *net = dev_net(dev);
	struct flowi4 fl4 = { };
	struct rtable *rt;
	struct iphdr *iph;

	if (!pskb_may_pull(skb, ETH_HLEN + sizeof(*iph)))
		goto drop;

	iph = ip_hdr(skb);
	fl4.flowi4_l3mdev = dev->ifindex;
	fl4.flowi4_iif = LOOPBACK_IFINDEX;
	fl4.flowi4_tos = iph->tos & VR_DSCP_MASK;
	fl4.flowi4_flags = FLOWI_FLAG_ANYSRC;
	fl4.flowi4_proto = iph->protocol;
	fl4.daddr = iph->daddr;
	fl4.saddr = iph->saddr;
	rt = ip_route_output_flow(net, &fl4, NULL);
	if (IS_ERR(rt))
		goto drop;

	skb_dst_drop(skb);
	if (rt->dst.dev == dev)
		return loop_back(skb, dev, &rt->dst);
	if (!iph->saddr)
		iph->saddr = inet_select_addr(rt->dst.dev, 0, RT_SCOPE_LINK);
	return send_on(skb, &rt->dst, NFPROTO_IPV4, net);

drop:
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return NET_XMIT_DROP;
}

#if IS_ENABLED(CONFIG_IPV6)
static int xmit6(struct sk_buff *skb, struct net_device *dev)
{
	struct net *net = dev_net(dev);
	const struct ipv6hdr *hdr;
	struct flowi6 fl6 = { };
	struct dst_entry *dst;

	if (!pskb_may_pull(skb, ETH_HLEN + sizeof(*hdr)))
		goto drop;

	hdr = ipv6_hdr(skb);
	fl6.flowi6_l3mdev = dev->ifindex;
	fl6.flowi6_iif = LOOPBACK_IFINDEX;
	fl6.daddr = hdr->daddr;
	fl6.saddr = hdr->saddr;
	fl6.flowlabel = ip6_flowinfo(hdr);
	fl6.flowi6_mark = skb->mark;
	fl6.flowi6_proto = hdr->nexthdr;
	dst = ip6_dst_lookup_flow(net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		goto drop;
	if (dst == &net->ipv6.ip6_null_entry->dst) {
		dst_release(dst);
		goto drop;
	}

	skb_dst_drop(skb);
	if (dst->dev == dev)
		return loop_back(skb, dev, dst);
	return send_on(skb, dst, NFPROTO_IPV6, net);

drop:
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return NET_XMIT_DROP;
}
#else
static int xmit6(struct sk_buff *skb, struct net_device *dev)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return NET_XMIT_DROP;
}
#endif

/**
 * vr_l3mdev_xmit - ndo_start_xmit of a VR
 * @skb: packet with an Ethernet header, which counts for nothing
 * @dev: the VR
 *
 * Only sockets and routes that name the VR as the way out come here.  The
 * packet is routed in the VR's table.
 *
 * Context: softirq or BH disabled.
 * Return: NETDEV_TX_OK.
 */
netdev_tx_t vr_l3mdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	int rc;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		rc = xmit4(skb, dev);
		break;
	case htons(ETH_P_IPV6):
		rc = xmit6(skb, dev);
		break;
	default:
		kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO);
		rc = NET_XMIT_DROP;
	}
	if (rc != NET_XMIT_SUCCESS)
		vr_dev_tx_dropped(dev);
	return NETDEV_TX_OK;
}

static int add_rule(struct net *net, u8 family)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *nlh;
	struct sk_buff *skb;
	int err = -EMSGSIZE;

	skb = nlmsg_new(NLMSG_ALIGN(sizeof(*frh)) + nla_total_size(4) +
			2 * nla_total_size(1), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;

	nlh = nlmsg_put(skb, 0, 0, 0, sizeof(*frh), NLM_F_EXCL);
	if (!nlh)
		goto out;
	frh = nlmsg_data(nlh);
	memset(frh, 0, sizeof(*frh));
	frh->family = family;
	frh->action = FR_ACT_TO_TBL;
	if (nla_put_u8(skb, FRA_PROTOCOL, RTPROT_KERNEL) ||
	    nla_put_u8(skb, FRA_L3MDEV, 1) ||
	    nla_put_u32(skb, FRA_PRIORITY, L3MDEV_RULE_PREF))
		goto out;
	nlmsg_end(skb, nlh);

	/* The namespace is taken from the sender's socket. */
	skb->sk = net->rtnl;
	err = fib_nl_newrule(skb, nlh, NULL);
	skb->sk = NULL;
	if (err == -EEXIST)
		err = 0;
out:
	nlmsg_free(skb);
	return err;
}

static const u8 rule_families[] = {
	AF_INET,
#if IS_ENABLED(CONFIG_IPV6)
	AF_INET6,
#endif
#if IS_ENABLED(CONFIG_IP_MROUTE_MULTIPLE_TABLES)
	RTNL_FAMILY_IPMR,
#endif
#if IS_ENABLED(CONFIG_IPV6_MROUTE_MULTIPLE_TABLES)
	RTNL_FAMILY_IP6MR,
#endif
};

/**
 * vr_l3mdev_attach - prepare a VR's namespace for it
 * @dev: the VR
 * @extack: where to say what is wrong
 *
 * The rules are shared with every other L3 master of the namespace and stay
 * when the last one goes, as they do for VRF devices.
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_l3mdev_attach(struct net_device *dev, struct netlink_ext_ack *extack)
{
	struct vr_router *vr = netdev_priv(dev);
	struct net *net = dev_net(dev);
	struct vr_net *vrn = vr_net_get(net);
	int i, err;

	if (!fib_new_table(net, vr->table)) {
		NL_SET_ERR_MSG(extack, "no memory for the IPv4 table");
		return -ENOMEM;
	}
#if IS_ENABLED(CONFIG_IPV6)
	vr->fib6_table = ipv6_mod_enabled() ?
			 fib6_new_table(net, vr->table) : NULL;
	if (ipv6_mod_enabled() && !vr->fib6_table) {
		NL_SET_ERR_MSG(extack, "no memory for the IPv6 table");
		return -ENOMEM;
	}
#endif
	if (vrn->rules)
		return 0;
	for (i = 0; i < ARRAY_SIZE(rule_families); i++) {
		if ((rule_families[i] == AF_INET6 ||
		     rule_families[i] == RTNL_FAMILY_IP6MR) &&
		    !ipv6_mod_enabled())
			continue;
		err = add_rule(net, rule_families[i]);
		if (err) {
			NL_SET_ERR_MSG(extack, "cannot add the l3mdev rule");
			return err;
		}
	}
	vrn->rules = true;
	return 0;
}
