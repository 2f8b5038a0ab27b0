// SPDX-License-Identifier: GPL-2.0
/*
 * Static routes over rtnetlink.  What somebody gave to the kernel without saying that
 * a daemon did, is static: protocols boot, which is that of ip(8), and static.
 * A route with more to it than can be written as text is odd: it is kept as the
 * kernel sent it, and neither written nor removed.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"

/* What may be asked for again; the rest is what became of it. */
#define HOP_FLAGS RTNH_F_ONLINK

struct reader {
	struct site *site;
	struct site_route **last;
	uint8_t proto;
	int ifindex;
};

static bool get_addr(const struct nlattr *attr, int family, uint8_t *to)
{
	if (!attr || mnl_attr_get_payload_len(attr) < site_addr_bytes(family))
		return false;
	memcpy(to, mnl_attr_get_payload(attr), site_addr_bytes(family));
	return true;
}

static void get_hop(struct site *site, const struct site_route *r, struct site_hop *hop,
		    const struct nl_attrs *attrs, int ifindex)
{
	char name[IFNAMSIZ];

	hop->has_via = get_addr(attrs->tb[RTA_GATEWAY], r->family, hop->via);
	hop->ifindex = ifindex;
	if (ifindex && if_indextoname(ifindex, name))
		hop->dev = site_text(site, "%s", name);
}

static bool get_hops(struct site *site, struct site_route *r, const struct nlattr *multi)
{
	struct rtnexthop *rtnh = mnl_attr_get_payload(multi);
	int len = mnl_attr_get_payload_len(multi);
	struct site_hop *hop;
	struct nl_attrs attrs;

	for (; RTNH_OK(rtnh, len); len -= NLMSG_ALIGN(rtnh->rtnh_len), rtnh = RTNH_NEXT(rtnh))
		r->n_hops++;
	r->hops = site_alloc(site, (r->n_hops + 1) * sizeof(*r->hops));
	rtnh = mnl_attr_get_payload(multi);
	for (hop = r->hops; hop < r->hops + r->n_hops; hop++, rtnh = RTNH_NEXT(rtnh)) {
		nl_parse(RTNH_DATA(rtnh), rtnh->rtnh_len - sizeof(*rtnh), &attrs);
		get_hop(site, r, hop, &attrs, rtnh->rtnh_ifindex);
		hop->weight = rtnh->rtnh_hops + 1;
		hop->onlink = rtnh->rtnh_flags & RTNH_F_ONLINK;
		if (attrs.tb[RTA_ENCAP] || attrs.tb[RTA_VIA])
			return false;
		rtnh->rtnh_flags &= HOP_FLAGS;
	}
	return r->n_hops <= SITE_HOPS;
}

/* False if there are others than the MTU. */
static bool get_metrics(struct site_route *r, const struct nlattr *nest)
{
	const struct nlattr *attr;
	struct nl_attrs metrics;

	nl_parse_nest(nest, &metrics);
	nl_for_each (attr, &metrics)
		if (mnl_attr_get_type(attr) != RTAX_MTU)
			return false;
	r->mtu = nl_u32(metrics.tb[RTAX_MTU]);
	return true;
}

static uint8_t scope_of(const struct site_route *r)
{
	return r->family == AF_INET && r->type == RTN_UNICAST && r->n_hops && !r->hops[0].has_via
		       ? RT_SCOPE_LINK
		       : RT_SCOPE_UNIVERSE;
}

static bool has_expiry(const struct nlattr *attr)
{
	const struct rta_cacheinfo *info;

	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(*info))
		return false;
	info = mnl_attr_get_payload(attr);
	return info->rta_expires;
}

/* The message without what the kernel counts. */
static void keep_raw(struct site *site, struct site_route *r, const struct rtmsg *rtm,
		     const struct nl_attrs *attrs)
{
	const struct nlattr *attr;
	char *raw = site_alloc(site, sizeof(*rtm) + attrs->len);
	struct rtmsg *copy = (struct rtmsg *)raw;

	memcpy(raw, rtm, sizeof(*rtm));
	copy->rtm_flags &= HOP_FLAGS;
	r->raw = raw;
	r->raw_len = sizeof(*rtm);
	nl_for_each (attr, attrs) {
		if (mnl_attr_get_type(attr) == RTA_CACHEINFO)
			continue;
		memcpy(raw + r->raw_len, attr, attr->nla_len);
		r->raw_len += MNL_ALIGN(attr->nla_len);
	}
}

static bool is_ours(const struct reader *reader, const struct rtmsg *rtm)
{
	if ((rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6) ||
	    (rtm->rtm_flags & RTM_F_CLONED))
		return false;
	if (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_BLACKHOLE &&
	    rtm->rtm_type != RTN_UNREACHABLE && rtm->rtm_type != RTN_PROHIBIT &&
	    rtm->rtm_type != RTN_THROW)
		return false;
	if (reader->proto)
		return rtm->rtm_protocol == reader->proto;
	return rtm->rtm_protocol != RTPROT_KERNEL && rtm->rtm_protocol != RTPROT_RA &&
	       rtm->rtm_protocol != RTPROT_REDIRECT;
}

/* A struct rtmsg is shorter than what the callback expects in its place. */
static void route_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct rtmsg *rtm = (const struct rtmsg *)attrs->link;
	struct reader *reader = data;
	struct site_route *r;
	struct nl_attrs mine;

	(void)cmd;
	if (!is_ours(reader, rtm))
		return;
	r = site_alloc(reader->site, sizeof(*r));
	r->family = rtm->rtm_family;
	r->type = rtm->rtm_type;
	r->proto = rtm->rtm_protocol;
	r->len = rtm->rtm_dst_len;
	r->table = attrs->tb[RTA_TABLE] ? nl_u32(attrs->tb[RTA_TABLE]) : rtm->rtm_table;
	r->metric = nl_u32(attrs->tb[RTA_PRIORITY]);
	get_addr(attrs->tb[RTA_DST], r->family, r->dst);
	r->has_src = get_addr(attrs->tb[RTA_PREFSRC], r->family, r->src);
	r->odd = rtm->rtm_tos || rtm->rtm_src_len || attrs->tb[RTA_NH_ID] || attrs->tb[RTA_ENCAP] ||
		 attrs->tb[RTA_VIA] || attrs->tb[RTA_FLOW] || nl_u8(attrs->tb[RTA_PREF]) ||
		 has_expiry(attrs->tb[RTA_CACHEINFO]);
	keep_raw(reader->site, r, rtm, attrs);
	/* Of the copy, whose flags may be changed. */
	nl_parse((const char *)r->raw + sizeof(*rtm), r->raw_len - sizeof(*rtm), &mine);
	if (mine.tb[RTA_MULTIPATH]) {
		r->odd |= !get_hops(reader->site, r, mine.tb[RTA_MULTIPATH]);
	} else if (r->type == RTN_UNICAST) {
		r->n_hops = 1;
		r->hops = site_alloc(reader->site, sizeof(*r->hops));
		get_hop(reader->site, r, r->hops, &mine, nl_u32(mine.tb[RTA_OIF]));
		r->hops[0].onlink = rtm->rtm_flags & RTNH_F_ONLINK;
	}
	r->odd |= !get_metrics(r, attrs->tb[RTA_METRICS]) || rtm->rtm_scope != scope_of(r);
	if (reader->ifindex && (!r->n_hops || r->hops[0].ifindex != reader->ifindex))
		return;
	*reader->last = r;
	reader->last = &r->next;
}

static int by_key(const void *a, const void *b)
{
	const struct site_route *x = *(const struct site_route *const *)a;
	const struct site_route *y = *(const struct site_route *const *)b;
	int order;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	order = memcmp(x->dst, y->dst, sizeof(x->dst));
	if (order || x->len != y->len)
		return order ? order : x->len - y->len;
	if (x->metric != y->metric)
		return x->metric < y->metric ? -1 : 1;
	return x->type - y->type;
}

static struct site_route *sort(struct site *site, struct site_route *list)
{
	struct site_route *r, **all, **last = &list;
	size_t n = 0, i;

	for (r = list; r; r = r->next)
		n++;
	all = site_alloc(site, (n + 1) * sizeof(struct site_route *));
	for (r = list, n = 0; r; r = r->next)
		all[n++] = r;
	qsort(all, n, sizeof(struct site_route *), by_key);
	for (i = 0; i < n; i++) {
		*last = all[i];
		last = &all[i]->next;
	}
	*last = NULL;
	return list;
}

int site_routes_read(struct site *site, struct site_route **to)
{
	static const int families[] = { AF_INET, AF_INET6 };
	static const uint8_t protos[] = { RTPROT_BOOT, RTPROT_STATIC };
	struct reader reader = { .site = site, .last = to };
	int ret = EXIT_OK;
	size_t i;

	*to = NULL;
	for (i = 0; !ret && i < 4; i++) {
		reader.proto = protos[i % 2];
		ret = nl_route_dump(families[i / 2], reader.proto, 0, route_row, &reader);
	}
	*to = sort(site, *to);
	return ret;
}

int site_routes_of(struct site *site, int ifindex, struct site_route **to)
{
	struct reader reader = { .site = site, .ifindex = ifindex };
	int ret;

	while (*to)
		to = &(*to)->next;
	reader.last = to;
	ret = nl_route_dump(AF_INET, 0, ifindex, route_row, &reader);
	return ret ? ret : nl_route_dump(AF_INET6, 0, ifindex, route_row, &reader);
}

static int hop_ifindex(const char *what, const struct site_hop *hop, uint32_t *ifindex)
{
	*ifindex = hop->dev ? if_nametoindex(hop->dev) : 0;
	if (!hop->dev || *ifindex)
		return EXIT_OK;
	error_start(stderr);
	fprintf(stderr, "%s: there is no device \"%s\".\n", what, hop->dev);
	return EXIT_KERNEL;
}

static int put_hops(struct nl_req *req, const char *what, const struct site_route *r)
{
	struct rtnexthop *rtnh;
	struct nlattr *nest;
	uint32_t ifindex;
	unsigned int i;
	int ret;

	if (r->n_hops == 1) {
		ret = hop_ifindex(what, r->hops, &ifindex);
		if (!ret && r->hops[0].has_via)
			nl_put(req, RTA_GATEWAY, r->hops[0].via, site_addr_bytes(r->family));
		if (!ret && ifindex)
			nl_put_u32(req, RTA_OIF, ifindex, NULL);
		return ret;
	}
	nest = mnl_attr_nest_start(req->nlh, RTA_MULTIPATH);
	nest->nla_type &= ~NLA_F_NESTED;
	for (i = 0; i < r->n_hops; i++) {
		ret = hop_ifindex(what, &r->hops[i], &ifindex);
		if (ret)
			return ret;
		rtnh = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*rtnh));
		rtnh->rtnh_ifindex = ifindex;
		rtnh->rtnh_hops = r->hops[i].weight - 1;
		rtnh->rtnh_flags = r->hops[i].onlink ? RTNH_F_ONLINK : 0;
		if (r->hops[i].has_via)
			nl_put(req, RTA_GATEWAY, r->hops[i].via, site_addr_bytes(r->family));
		rtnh->rtnh_len = (char *)mnl_nlmsg_get_payload_tail(req->nlh) - (char *)rtnh;
	}
	nl_nest_end(req, nest);
	return EXIT_OK;
}

static int start(struct nl_req *req, uint16_t type, uint16_t flags, const struct site_route *r,
		 const char *what)
{
	const struct rtmsg rtm = {
		.rtm_family = r->family,
		.rtm_dst_len = r->len,
		.rtm_protocol = r->proto,
		.rtm_type = r->type,
		.rtm_table = RT_TABLE_UNSPEC,
		.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : scope_of(r),
		.rtm_flags = r->n_hops == 1 && r->hops[0].onlink ? RTNH_F_ONLINK : 0,
	};
	int ret = nl_route_start(req, type, flags, &rtm);

	if (ret)
		return ret;
	req->subject = what;
	nl_put_u32(req, RTA_TABLE, r->table, NULL);
	if (r->len)
		nl_put(req, RTA_DST, r->dst, site_addr_bytes(r->family));
	if (r->metric)
		nl_put_u32(req, RTA_PRIORITY, r->metric, NULL);
	return EXIT_OK;
}

/* As it was, byte by byte, as long as its devices are the same. */
static bool fits_raw(const struct site_route *r)
{
	unsigned int i;

	for (i = 0; i < r->n_hops; i++)
		if (r->hops[i].ifindex &&
		    (!r->hops[i].dev || (int)if_nametoindex(r->hops[i].dev) != r->hops[i].ifindex))
			return false;
	return r->raw && r->raw_len < sizeof(((struct nl_req *)0)->buf) / 2;
}

static int add_raw(const char *what, const struct site_route *r)
{
	struct nl_req req;
	int ret;

	ret = nl_route_start(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r->raw);
	if (ret)
		return ret;
	req.subject = what;
	memcpy(mnl_nlmsg_get_payload_tail(req.nlh), (const char *)r->raw + sizeof(struct rtmsg),
	       r->raw_len - sizeof(struct rtmsg));
	req.nlh->nlmsg_len += r->raw_len - sizeof(struct rtmsg);
	return nl_do(&req, NULL, NULL);
}

int site_route_add(const char *what, const struct site_route *r, bool replace)
{
	struct nlattr *nest;
	struct nl_req req;
	int ret;

	if (fits_raw(r))
		return add_raw(what, r);
	ret = start(&req, RTM_NEWROUTE, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL), r,
		    what);
	if (ret)
		return ret;
	if (r->has_src)
		nl_put(&req, RTA_PREFSRC, r->src, site_addr_bytes(r->family));
	if (r->mtu) {
		nest = mnl_attr_nest_start(req.nlh, RTA_METRICS);
		nl_put_u32(&req, RTAX_MTU, r->mtu, NULL);
		nl_nest_end(&req, nest);
	}
	if (r->n_hops)
		ret = put_hops(&req, what, r);
	return ret ? ret : nl_do(&req, NULL, NULL);
}

int site_route_del(const char *what, const struct site_route *r)
{
	struct nl_req req;
	int ret = start(&req, RTM_DELROUTE, 0, r, what);

	return ret ? ret : nl_do(&req, NULL, NULL);
}
