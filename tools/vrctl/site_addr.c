// SPDX-License-Identifier: GPL-2.0
/* Addresses of netdevices: as text, and over rtnetlink. */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"

size_t site_addr_bytes(int family)
{
	return family == AF_INET ? 4 : 16;
}

static bool parse_one(const char *str, int *family, uint8_t *to)
{
	*family = strchr(str, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, str, to) == 1;
}

/* As ip(8) takes it: ADDRESS/LEN, ADDRESS peer ADDRESS/LEN; without /LEN all of it */
bool site_addr_parse(const char *str, struct site_addr *addr)
{
	char buf[ADDR_TEXT_LEN], *peer, *slash, *end;
	unsigned long len;
	int family;

	memset(addr, 0, sizeof(*addr));
	if (strlen(str) >= sizeof(buf))
		return false;
	strcpy(buf, str);
	slash = strchr(buf, '/');
	if (slash)
		*slash++ = '\0';
	peer = strstr(buf, " peer ");
	if (peer) {
		*peer = '\0';
		peer += strlen(" peer ");
	}
	if (!parse_one(buf, &addr->family, addr->addr))
		return false;
	memcpy(addr->peer, addr->addr, sizeof(addr->peer));
	addr->has_peer = peer;
	if (peer && (!parse_one(peer, &family, addr->peer) || family != addr->family))
		return false;
	addr->len = 8 * site_addr_bytes(addr->family);
	if (!slash)
		return true;
	if (!*slash || strspn(slash, "0123456789") != strlen(slash))
		return false;
	len = strtoul(slash, &end, 10);
	if (len > addr->len)
		return false;
	addr->len = len;
	return true;
}

const char *site_addr_text(const struct site_addr *addr, char *buf, size_t len)
{
	char local[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];

	inet_ntop(addr->family, addr->addr, local, sizeof(local));
	inet_ntop(addr->family, addr->peer, peer, sizeof(peer));
	if (addr->has_peer)
		snprintf(buf, len, "%s peer %s/%u", local, peer, addr->len);
	else
		snprintf(buf, len, "%s/%u", local, addr->len);
	return buf;
}

bool site_addr_same(const struct site_addr *a, const struct site_addr *b)
{
	return a->family == b->family && a->len == b->len &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr)) &&
	       !memcmp(a->peer, b->peer, sizeof(a->peer));
}

bool site_addr_same_net(const struct site_addr *a, const struct site_addr *b)
{
	unsigned int i;

	if (a->family != AF_INET || b->family != AF_INET || a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++)
		if ((a->peer[i / 8] ^ b->peer[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

struct reader {
	site_addr_cb cb;
	void *data;
};

/* What DHCP or router advertisements brought goes again, link-local ones come by themselves. */
static bool by_itself(const struct ifaddrmsg *ifa, const struct nl_attrs *attrs)
{
	uint32_t flags = attrs->tb[IFA_FLAGS] ? nl_u32(attrs->tb[IFA_FLAGS]) : ifa->ifa_flags;
	uint8_t proto = nl_u8(attrs->tb[IFA_PROTO]);

	/* The same bit means secondary in IPv4. */
	if (ifa->ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY))
		return true;
	return !(flags & IFA_F_PERMANENT) || (proto && proto <= IFAPROT_KERNEL_LL);
}

/* A struct ifaddrmsg is shorter than what the callback expects in its place. */
static void addr_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct ifaddrmsg *ifa = (const struct ifaddrmsg *)attrs->link;
	const struct nlattr *local = attrs->tb[IFA_LOCAL], *peer = attrs->tb[IFA_ADDRESS];
	const struct reader *reader = data;
	struct site_addr addr = { .family = ifa->ifa_family, .len = ifa->ifa_prefixlen };
	size_t len = site_addr_bytes(ifa->ifa_family);

	(void)cmd;
	if ((ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6) || by_itself(ifa, attrs))
		return;
	if (!local)
		local = peer;
	if (!peer)
		peer = local;
	if (!local || mnl_attr_get_payload_len(local) < len || mnl_attr_get_payload_len(peer) < len)
		return;
	memcpy(addr.addr, mnl_attr_get_payload(local), len);
	memcpy(addr.peer, mnl_attr_get_payload(peer), len);
	addr.has_peer = memcmp(addr.addr, addr.peer, len);
	reader->cb(ifa->ifa_index, &addr, reader->data);
}

int site_addrs_read(site_addr_cb cb, void *data)
{
	struct reader reader = { .cb = cb, .data = data };
	struct nl_req req;
	int ret;

	ret = nl_addr_start(&req, RTM_GETADDR, 0, AF_UNSPEC, 0, 0);
	return ret ? ret : nl_dump(&req, addr_row, &reader);
}

static int change(const char *what, uint16_t type, uint16_t flags, int ifindex,
		  const struct site_addr *addr)
{
	struct nl_req req;
	int ret;

	ret = nl_addr_start(&req, type, flags, addr->family, addr->len, ifindex);
	if (ret)
		return ret;
	req.subject = what;
	nl_put(&req, IFA_LOCAL, addr->addr, site_addr_bytes(addr->family));
	nl_put(&req, IFA_ADDRESS, addr->peer, site_addr_bytes(addr->family));
	return nl_do(&req, NULL, NULL);
}

int site_addr_add(const char *what, int ifindex, const struct site_addr *addr)
{
	return change(what, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr);
}

int site_addr_del(const char *what, int ifindex, const struct site_addr *addr)
{
	return change(what, RTM_DELADDR, 0, ifindex, addr);
}
