// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6 nodes, as node_ip4.c: ip6-check (RFC 8200), ip6-lookup, ip6-rewrite.
 *
 * The counterparts in the stack are ipv6_rcv() and ip6_forward(); the same
 * rule holds: the same bytes come out, or the packet is punted.
 */
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "node_ip.h"

/* Addresses that a router may not forward by, or not without a closer look. */
static bool odd_source(const struct in6_addr *addr)
{
	return ipv6_addr_type(addr) &
	       (IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK |
		IPV6_ADDR_LINKLOCAL | IPV6_ADDR_MAPPED) ||
	       ipv6_addr_any(addr);
}

static bool odd_destination(const struct in6_addr *addr)
{
	return ipv6_addr_type(addr) &
	       (IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK |
		IPV6_ADDR_LINKLOCAL) ||
	       ipv6_addr_any(addr);
}

static __always_inline enum vr_verdict check_one(struct vr_run *run,
						 vr_pkt_t pkt, void *ctx)
{
	struct vr_cb *cb = vr_pkt_cb(pkt);
	const struct ipv6hdr *hdr;
	unsigned int len;

	if (unlikely(vr_pkt_odd(pkt)))
		return vr_verdict_punt(cb, VR_PUNT_POLICY);
	if (unlikely(!vr_pkt_pull(pkt, sizeof(*hdr))))
		return vr_verdict_drop(cb, VR_DROP_TRUNCATED);

	hdr = vr_pkt_net(pkt);
	if (unlikely(hdr->version != 6))
		return vr_verdict_drop(cb, VR_DROP_IP_HEADER);
	/* The only extension header that a router on the way must read. */
	if (unlikely(hdr->nexthdr == NEXTHDR_HOP))
		return vr_verdict_punt(cb, VR_PUNT_OPTIONS);

	len = sizeof(*hdr) + ntohs(hdr->payload_len);
	if (unlikely(vr_pkt_len(pkt) < len))
		return vr_verdict_drop(cb, VR_DROP_TRUNCATED);
	if (unlikely(!vr_pkt_trim(pkt, len)))
		return vr_verdict_drop(cb, VR_DROP_NO_MEMORY);
	hdr = vr_pkt_net(pkt);

	if (unlikely(odd_source(&hdr->saddr) || odd_destination(&hdr->daddr)))
		return vr_verdict_punt(cb, VR_PUNT_MARTIAN);
	if (unlikely(hdr->hop_limit <= 1))
		return vr_verdict_punt(cb, VR_PUNT_TTL);
	return VR_VERDICT_FORWARD;
}

static void check(struct vr_run *run, const struct vr_inst *inst,
		  struct vr_vec *vec)
{
	vr_ip_judge(run, inst, vec, check_one, NULL);
}

/*
 * What a packet may have to pass both checks of the stack: that of forwarding
 * goes by the device unless the route's MTU is locked, that of output by the
 * route.  0 without IPv6.
 */
static unsigned int egress_mtu(const struct vr_nhg *nhg,
			       const struct net_device *dev)
{
	struct inet6_dev *idev = __in6_dev_get(dev);
	unsigned int mtu;

	if (unlikely(!idev))
		return 0;
	mtu = READ_ONCE(idev->cnf.mtu6);
	return nhg->mtu ? min_t(unsigned int, nhg->mtu, mtu) : mtu;
}

/**
 * struct ingress - what lookup needs to know of a port that packets came in by
 * @port: the port
 * @punt: why all of its packets are for the stack, or VR_PUNT_N
 * @route: of the packet that comes next
 */
struct ingress {
	const struct vr_port	*port;
	enum vr_punt		punt;
	const struct vr_nhg	**route;
};

static void enter(struct ingress *in, const struct vr_port *port)
{
	struct inet6_dev *idev = __in6_dev_get(port->dev);

	in->port = port;
	in->punt = VR_PUNT_N;
	if (unlikely(!idev || READ_ONCE(idev->cnf.disable_ipv6)))
		in->punt = VR_PUNT_FORWARDING;
	else if (unlikely(READ_ONCE(idev->cnf.proxy_ndp)))
		in->punt = VR_PUNT_POLICY;
}

static __always_inline enum vr_verdict lookup_one(struct vr_run *run,
						  vr_pkt_t pkt, void *ctx)
{
	const struct vr_fib *fib = run->vr->fib;
	struct vr_cb *cb = vr_pkt_cb(pkt);
	const struct ipv6hdr *hdr = vr_pkt_net(pkt);
	struct vr_port *port = cb->port;
	struct ingress *in = ctx;
	const struct vr_nhg *nhg = *in->route++;
	enum vr_verdict verdict;

	if (unlikely(port != in->port))
		enter(in, port);
	if (unlikely(in->punt != VR_PUNT_N))
		return vr_verdict_punt(cb, in->punt);

	verdict = vr_follow(fib, pkt, nhg, &hdr->daddr, AF_INET6);
	if (unlikely(verdict != VR_VERDICT_FORWARD))
		return verdict;

	if (unlikely(cb->adj->port == port))
		return vr_verdict_punt(cb, VR_PUNT_REDIRECT);
	if (unlikely(!vr_pkt_fits(pkt, egress_mtu(nhg, cb->adj->port->dev))))
		return vr_verdict_punt(cb, VR_PUNT_MTU);
	return VR_VERDICT_FORWARD;
}

static void lookup(struct vr_run *run, const struct vr_inst *inst,
		   struct vr_vec *vec)
{
	struct vr_routes *routes = &run->routes;
	struct ingress in = { .route = routes->nhg };
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		const struct ipv6hdr *hdr = vr_pkt_net(vec->pkt[i]);

		routes->addr6[i] = vr_lpm_key6(&hdr->daddr);
	}
	vr_fib6_lookup_vec(run->vr->fib, routes, vec->n);
	vr_ip_judge(run, inst, vec, lookup_one, &in);
}

static __always_inline void rewrite_one(vr_pkt_t pkt)
{
	struct ipv6hdr *hdr = vr_pkt_net(pkt);

	hdr->hop_limit--;
	vr_pkt_set_l4(pkt, sizeof(*hdr));
}

static void rewrite(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	vr_ip_rewrite(run, inst, vec, rewrite_one);
}

const struct vr_node vr_node_ip6_check = {
	.name		= "ip6-check",
	.process	= check,
	VR_NEXT_BY_VERDICT("ip6-lookup"),
};

const struct vr_node vr_node_ip6_lookup = {
	.name		= "ip6-lookup",
	.process	= lookup,
	VR_NEXT_BY_VERDICT("ip6-rewrite"),
};

const struct vr_node vr_node_ip6_rewrite = {
	.name		= "ip6-rewrite",
	.process	= rewrite,
	VR_NEXT_OF_REWRITE,
};
