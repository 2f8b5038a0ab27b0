// SPDX-License-Identifier: GPL-2.0
/*
 * Packets in words: the nest "flow" of netlink requests, and whether a packet is
 * such a one.  Nothing is known of the packet yet but what ingress has seen, so
 * every header is looked for within the packet's bounds.
 */
#include "flow.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netlink.h>

#include "netlink_gen.h"
#include "vrouter.h"

/* More extension headers are not looked behind. */
#define MAX_EXT	8

static int parse_addr(struct vr_flow *flow, u8 given,
		      const struct nlattr *addr, const struct nlattr *len,
		      struct in6_addr *to, u8 *bits,
		      struct netlink_ext_ack *extack)
{
	u8 family;

	if (!addr && !len)
		return 0;
	if (!addr) {
		NL_SET_ERR_MSG_ATTR(extack, len, "a length without its address");
		return -EINVAL;
	}
	if (nla_len(addr) != sizeof(__be32) && nla_len(addr) != sizeof(*to)) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	family = nla_len(addr) == sizeof(__be32) ? AF_INET : AF_INET6;
	if (flow->family && flow->family != family) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "addresses are of different families");
		return -EINVAL;
	}
	flow->given |= given;
	flow->family = family;
	memcpy(to, nla_data(addr), nla_len(addr));
	*bits = len ? nla_get_u8(len) : 8 * nla_len(addr);
	if (*bits > 8 * nla_len(addr)) {
		NL_SET_ERR_MSG_ATTR(extack, len,
				    "longer than the address");
		return -EINVAL;
	}
	return 0;
}

/**
 * vr_flow_has_ports - whether a protocol has ports that can be named
 * @proto: protocol above IP
 *
 * Context: any.
 * Return: true if its header begins with them.
 */
bool vr_flow_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP;
}

static int parse_ports(struct vr_flow *flow, struct nlattr **attrs,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *sport = attrs[VROUTER_A_FLOW_SPORT];
	const struct nlattr *dport = attrs[VROUTER_A_FLOW_DPORT];

	if ((sport || dport) && flow->given & VR_FLOW_PROTO &&
	    !vr_flow_has_ports(flow->proto)) {
		NL_SET_ERR_MSG_ATTR(extack, sport ? : dport,
				    "only TCP, UDP and SCTP have ports");
		return -EINVAL;
	}
	if (sport) {
		flow->given |= VR_FLOW_SPORT;
		flow->sport = htons(nla_get_u16(sport));
	}
	if (dport) {
		flow->given |= VR_FLOW_DPORT;
		flow->dport = htons(nla_get_u16(dport));
	}
	return 0;
}

/**
 * vr_flow_parse - read the nest "flow" of a request
 * @flow: filled in
 * @nest: the nest, or NULL for any packet
 * @extack: where to say what is wrong
 *
 * Context: process.
 * Return: 0 or -EINVAL.
 */
int vr_flow_parse(struct vr_flow *flow, const struct nlattr *nest,
		  struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[VROUTER_A_FLOW_MAX + 1] = {};
	int err;

	memset(flow, 0, sizeof(*flow));
	if (!nest)
		return 0;
	err = nla_parse_nested(attrs, VROUTER_A_FLOW_MAX, nest,
			       vrouter_flow_nl_policy, extack);
	if (!err)
		err = parse_addr(flow, VR_FLOW_SRC, attrs[VROUTER_A_FLOW_SRC],
				 attrs[VROUTER_A_FLOW_SRC_LEN], &flow->src,
				 &flow->src_len, extack);
	if (!err)
		err = parse_addr(flow, VR_FLOW_DST, attrs[VROUTER_A_FLOW_DST],
				 attrs[VROUTER_A_FLOW_DST_LEN], &flow->dst,
				 &flow->dst_len, extack);
	if (err)
		return err;
	if (attrs[VROUTER_A_FLOW_PROTO]) {
		flow->given |= VR_FLOW_PROTO;
		flow->proto = nla_get_u8(attrs[VROUTER_A_FLOW_PROTO]);
	}
	if (attrs[VROUTER_A_FLOW_IFINDEX])
		flow->ifindex = nla_get_u32(attrs[VROUTER_A_FLOW_IFINDEX]);
	return parse_ports(flow, attrs, extack);
}

/* What a packet says of itself. */
struct headers {
	struct in6_addr	src;
	struct in6_addr	dst;
	unsigned int	l4;	/* offset, 0 if there are no ports to be read */
	u8		proto;
};

static bool read4(vr_pkt_t pkt, struct headers *h)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = vr_pkt_peek(pkt, 0, sizeof(buf), &buf);
	if (!iph)
		return false;
	h->src.s6_addr32[0] = iph->saddr;
	h->dst.s6_addr32[0] = iph->daddr;
	h->proto = iph->protocol;
	h->l4 = iph->frag_off & htons(IP_OFFSET) ? 0 : iph->ihl * 4;
	return true;
}

static bool read6(vr_pkt_t pkt, struct headers *h)
{
	unsigned int at = sizeof(struct ipv6hdr), i;
	const struct ipv6_opt_hdr *opt;
	const struct ipv6hdr *hdr;
	struct ipv6_opt_hdr _opt;
	struct ipv6hdr buf;

	hdr = vr_pkt_peek(pkt, 0, sizeof(buf), &buf);
	if (!hdr)
		return false;
	h->src = hdr->saddr;
	h->dst = hdr->daddr;
	h->proto = hdr->nexthdr;
	h->l4 = at;
	for (i = 0; i < MAX_EXT && ipv6_ext_hdr(h->proto); i++) {
		const __be16 *frag;
		__be16 _frag;

		if (h->proto == NEXTHDR_NONE)
			break;
		opt = vr_pkt_peek(pkt, at, sizeof(_opt), &_opt);
		if (!opt)
			return true;
		if (h->proto == NEXTHDR_FRAGMENT) {
			frag = vr_pkt_peek(pkt, at + 2, sizeof(_frag), &_frag);
			if (!frag || *frag & htons(IP6_OFFSET)) {
				h->proto = opt->nexthdr;
				h->l4 = 0;
				return true;
			}
			at += sizeof(struct frag_hdr);
		} else if (h->proto == NEXTHDR_AUTH) {
			at += ipv6_authlen(opt);
		} else {
			at += ipv6_optlen(opt);
		}
		h->proto = opt->nexthdr;
		h->l4 = at;
	}
	return true;
}

static bool in_net(const struct vr_flow *flow, const struct in6_addr *addr,
		   const struct in6_addr *net, u8 len)
{
	if (flow->family == AF_INET6)
		return ipv6_prefix_equal(addr, net, len);
	return !len || !((addr->s6_addr32[0] ^ net->s6_addr32[0]) &
			 htonl(~0U << (32 - len)));
}

static bool match_ports(const struct vr_flow *flow, vr_pkt_t pkt,
			const struct headers *h)
{
	const __be16 *ports;
	__be16 _ports[2];

	if (!h->l4 || !vr_flow_has_ports(h->proto))
		return false;
	ports = vr_pkt_peek(pkt, h->l4, sizeof(_ports), _ports);
	if (!ports)
		return false;
	return (!(flow->given & VR_FLOW_SPORT) || ports[0] == flow->sport) &&
	       (!(flow->given & VR_FLOW_DPORT) || ports[1] == flow->dport);
}

/**
 * vr_flow_match - whether a packet is one that somebody looks for
 * @flow: the words
 * @pkt: a packet as ingress has left it
 *
 * Context: softirq, RCU.
 * Return: true if so.
 */
bool vr_flow_match(const struct vr_flow *flow, vr_pkt_t pkt)
{
	const struct vr_cb *cb = vr_pkt_cb(pkt);
	struct headers h = {};
	bool v4 = cb->proto == htons(ETH_P_IP);

	if (flow->ifindex && cb->port->dev->ifindex != flow->ifindex)
		return false;
	if (!flow->given)
		return true;
	if (flow->family && flow->family != (v4 ? AF_INET : AF_INET6))
		return false;
	if (!(v4 ? read4(pkt, &h) : read6(pkt, &h)))
		return false;
	if (flow->given & VR_FLOW_SRC &&
	    !in_net(flow, &h.src, &flow->src, flow->src_len))
		return false;
	if (flow->given & VR_FLOW_DST &&
	    !in_net(flow, &h.dst, &flow->dst, flow->dst_len))
		return false;
	if (flow->given & VR_FLOW_PROTO && h.proto != flow->proto)
		return false;
	return !(flow->given & (VR_FLOW_SPORT | VR_FLOW_DPORT)) ||
	       match_ports(flow, pkt, &h);
}
