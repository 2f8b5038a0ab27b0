// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4 nodes.
 *
 * ip4-check:   is it a packet (RFC 1812 5.2.2), and one for the fast path?
 * ip4-lookup:  source validation, route, next hop, adjacency, MTU.
 * ip4-rewrite: TTL, checksum, link-layer header.
 *
 * What comes out is byte for byte what ip_rcv(), ip_route_input() and
 * ip_forward() would have made of the packet; where these do more than
 * forward, it is punted to them.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <net/ip.h>
#include <net/route.h>

#include "node_ip.h"

static bool is_martian(__be32 addr)
{
	return ipv4_is_multicast(addr) || ipv4_is_lbcast(addr) ||
	       ipv4_is_zeronet(addr) || ipv4_is_loopback(addr);
}

/* What begins with 1 to 223, but for 127, is none. */
static __always_inline bool may_be_martian(const __be32 *addr)
{
	u8 first = *(const u8 *)addr;

	return (u8)(first - 1) >= 223 || first == IN_LOOPBACKNET;
}

static __always_inline enum vr_verdict check_one(struct vr_run *run,
						 vr_pkt_t pkt, void *ctx)
{
	struct vr_cb *cb = vr_pkt_cb(pkt);
	const struct iphdr *iph;
	unsigned int len;

	if (unlikely(vr_pkt_odd(pkt)))
		return vr_verdict_punt(cb, VR_PUNT_POLICY);
	if (unlikely(!vr_pkt_pull(pkt, sizeof(*iph))))
		return vr_verdict_drop(cb, VR_DROP_TRUNCATED);

	iph = vr_pkt_net(pkt);
	if (unlikely(*(const u8 *)iph != 0x45)) {
		if (iph->version != 4 || iph->ihl < 5)
			return vr_verdict_drop(cb, VR_DROP_IP_HEADER);
		return vr_verdict_punt(cb, VR_PUNT_OPTIONS);
	}
	if (unlikely(ip_fast_csum(iph, 5)))
		return vr_verdict_drop(cb, VR_DROP_IP_CSUM);

	len = vr_pkt_is_frame(pkt) ? ntohs(iph->tot_len) :
	      iph_totlen(vr_pkt_skb(pkt), iph);
	if (unlikely(vr_pkt_len(pkt) < len))
		return vr_verdict_drop(cb, VR_DROP_TRUNCATED);
	if (unlikely(len < sizeof(*iph)))
		return vr_verdict_drop(cb, VR_DROP_IP_HEADER);
	if (unlikely(!vr_pkt_trim(pkt, len)))
		return vr_verdict_drop(cb, VR_DROP_NO_MEMORY);
	iph = vr_pkt_net(pkt);

	if (unlikely((may_be_martian(&iph->saddr) ||
		      may_be_martian(&iph->daddr)) &&
		     (is_martian(iph->saddr) || is_martian(iph->daddr))))
		return vr_verdict_punt(cb, VR_PUNT_MARTIAN);
	if (unlikely(iph->ttl <= 1))
		return vr_verdict_punt(cb, VR_PUNT_TTL);
	return VR_VERDICT_FORWARD;
}

static void check(struct vr_run *run, const struct vr_inst *inst,
		  struct vr_vec *vec)
{
	vr_ip_judge(run, inst, vec, check_one, NULL);
}

static bool uses_dev(const struct vr_nhg *nhg, u32 ifindex)
{
	unsigned int i;

	for (i = 0; i < nhg->n; i++)
		if (nhg->nh[i].ifindex == ifindex)
			return true;
	return false;
}

/**
 * struct ingress - what lookup needs to know of a port that packets came in by
 * @port: the port
 * @own: says of most addresses that they are not own ones
 * @rpf: whether the way back to the source is to be looked at, 1 being strictly
 * @forward: whether packets are forwarded at all
 * @redirects: whether a packet that leaves by @port again is for the stack
 * @route: of the packet that comes next
 *
 * Looked up once for packets of a vector that come one after the other.
 */
struct ingress {
	const struct vr_port	*port;
	const struct vr_own	*own[2];
	int			rpf;
	bool			forward;
	bool			redirects;
	const struct vr_nhg	**route;
};

static void enter(struct ingress *in, const struct vr_port *port)
{
	struct in_device *in_dev = __in_dev_get_rcu(port->dev);

	in->port = port;
	in->forward = in_dev && IN_DEV_FORWARD(in_dev);
	if (!in->forward)
		return;
	in->rpf = IN_DEV_RPFILTER(in_dev);
	in->redirects = IN_DEV_TX_REDIRECTS(in_dev);
}

/*
 * The part of fib_validate_source() that lets packets pass: an own or
 * broadcast source and a failed reverse path are left to the stack, which
 * drops, counts and logs them.
 */
static bool source_ok(const struct vr_fib *fib, const struct ingress *in,
		      __be32 saddr)
{
	const struct vr_nhg *nhg = vr_fib4_lookup(fib, saddr);

	if (!nhg)
		return !in->rpf;
	switch (nhg->action) {
	case VR_NH_FORWARD:
		return in->rpf != 1 || uses_dev(nhg, in->port->dev->ifindex);
	case VR_NH_BLACKHOLE:
	case VR_NH_UNREACHABLE:
	case VR_NH_PROHIBIT:
		return !in->rpf;
	default:
		return false;
	}
}

/* Whether source_ok() must be asked. */
static __always_inline bool is_suspect(const struct ingress *in, __be32 saddr)
{
	u64 hi = (u64)ntohl(saddr) << 32;

	return in->rpf || vr_own_may_match(in->own[0], hi, 0) ||
	       (in->own[1] && vr_own_may_match(in->own[1], hi, 0));
}

static __always_inline enum vr_verdict lookup_one(struct vr_run *run,
						  vr_pkt_t pkt, void *ctx)
{
	const struct vr_fib *fib = run->vr->fib;
	struct vr_cb *cb = vr_pkt_cb(pkt);
	const struct iphdr *iph = vr_pkt_net(pkt);
	struct vr_port *port = cb->port;
	struct ingress *in = ctx;
	const struct vr_nhg *nhg = *in->route++;
	enum vr_verdict verdict;
	unsigned int mtu;

	if (unlikely(port != in->port))
		enter(in, port);
	if (unlikely(!in->forward))
		return vr_verdict_punt(cb, VR_PUNT_FORWARDING);
	if (unlikely(is_suspect(in, iph->saddr) &&
		     !source_ok(fib, in, iph->saddr)))
		return vr_verdict_punt(cb, VR_PUNT_MARTIAN);

	verdict = vr_follow(fib, pkt, nhg, &iph->daddr, AF_INET);
	if (unlikely(verdict != VR_VERDICT_FORWARD))
		return verdict;

	if (unlikely(cb->adj->port == port && in->redirects))
		return vr_verdict_punt(cb, VR_PUNT_REDIRECT);

	mtu = nhg->mtu ? : READ_ONCE(cb->adj->port->dev->mtu);
	if (unlikely(!vr_pkt_fits(pkt, mtu)))
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
		const struct iphdr *iph = vr_pkt_net(vec->pkt[i]);

		routes->addr[i] = ntohl(iph->daddr);
	}
	vr_fib4_lookup_vec(run->vr->fib, routes, vec->n);
	vr_fib_own(run->vr->fib, AF_INET, in.own);
	vr_ip_judge(run, inst, vec, lookup_one, &in);
}

static __always_inline void rewrite_one(vr_pkt_t pkt)
{
	struct iphdr *iph = vr_pkt_net(pkt);

	ip_decrease_ttl(iph);
	vr_pkt_set_l4(pkt, sizeof(*iph));
	vr_pkt_set_priority(pkt, rt_tos2priority(iph->tos));
}

static void rewrite(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	vr_ip_rewrite(run, inst, vec, rewrite_one);
}

const struct vr_node vr_node_ip4_check = {
	.name		= "ip4-check",
	.process	= check,
	VR_NEXT_BY_VERDICT("ip4-lookup"),
};

const struct vr_node vr_node_ip4_lookup = {
	.name		= "ip4-lookup",
	.process	= lookup,
	VR_NEXT_BY_VERDICT("ip4-rewrite"),
};

const struct vr_node vr_node_ip4_rewrite = {
	.name		= "ip4-rewrite",
	.process	= rewrite,
	VR_NEXT_OF_REWRITE,
};
