// SPDX-License-Identifier: GPL-2.0
/*
 * A random routing table. "@" in the text stands for the table of the DUT.
 * Errors of ip(8) are welcome here as long as both routers report the same.
 */
#include "pktdiff.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	ROUTES_MAX = 220,
	ROUTES_START = 60, /* per family */
	NH_SINGLE = 6,	   /* ids 1.. for IPv4, 11.. for IPv6 */
	NH_GROUP = 3,	   /* ids 21.. for IPv4, 31.. for IPv6 */
	NH_BLACKHOLE = 41, /* IPv4 */
};

struct route {
	int family;
	uint8_t ip[16];
	int plen;
	char head[160]; /* type, prefix, tos, metric */
	char tail[600]; /* next hops and metrics */
};

static struct route table[ROUTES_MAX];
static unsigned int n_routes;

unsigned int routes_count(void)
{
	return n_routes;
}

static void spread(uint8_t *ip, int plen, int bits)
{
	for (int i = plen; i < bits; i++)
		if (rnd(2))
			ip[i / 8] ^= 0x80 >> (i % 8);
}

static void cut(uint8_t *ip, int plen, int bits)
{
	for (int i = plen; i < bits; i++)
		ip[i / 8] &= ~(0x80 >> (i % 8));
}

static const struct route *pick(int family)
{
	unsigned int at = rnd(n_routes);

	for (unsigned int i = 0; i < n_routes; i++, at++)
		if (table[at % n_routes].family == family)
			return &table[at % n_routes];
	return NULL;
}

void routes_random_ip4(uint8_t *ip)
{
	const struct route *r = pick(4);

	memcpy(ip, "\x0b\x00\x00\x00", 4);
	if (r)
		memcpy(ip, r->ip, 4);
	spread(ip, r ? r->plen : 8, 32);
}

void routes_random_ip6(uint8_t *ip)
{
	const struct route *r = pick(6);

	memset(ip, 0, 16);
	memcpy(ip, "\x20\x01\x0d\xb8", 4);
	if (r)
		memcpy(ip, r->ip, 16);
	spread(ip, r ? r->plen : 32, 128);
}

static void random_prefix(struct route *r)
{
	static const uint8_t first[] = { 11, 20, 23, 44, 100, 150, 193, 198 };
	const struct route *in = chance(60) ? pick(r->family) : NULL;
	int bits = r->family == 4 ? 32 : 128, low;

	memset(r->ip, 0, 16);
	if (in) {
		memcpy(r->ip, in->ip, 16);
		low = in->plen;
	} else if (r->family == 4) {
		r->ip[0] = first[rnd(sizeof(first))];
		low = 8;
	} else {
		memcpy(r->ip, "\x20\x01\x0d\xb8", 4);
		low = 32;
	}
	spread(r->ip, low, bits);
	r->plen = low + rnd(bits - low + 1);
	if (chance(40) && r->plen < bits)
		r->plen = low + (r->plen - low) / 3;
	if (chance(8))
		r->plen = bits;
	cut(r->ip, r->plen, bits);
}

static int random_host(void)
{
	return HOST_FIRST + rnd(HOST_LAST - HOST_FIRST + 1);
}

/* via ADDRESS dev PORT, of one next hop of a route of @family */
static void via(struct text *t, int family)
{
	int port = rnd(N_PORTS), host = random_host();
	const char *dev = ports[port].name;

	if (chance(10))
		host = 10 + rnd(3); /* answered for, not permanent */
	if (family == 4 && chance(90))
		text_add(t, "via 10.0.%d.%d dev %s", port, host, dev);
	else if (chance(50) && host <= HOST_LAST)
		text_add(t, "via %sfe80::%x dev %s", family == 4 ? "inet6 " : "", host, dev);
	else
		text_add(t, "via %sfd00:%x::%x dev %s", family == 4 ? "inet6 " : "", port, host,
			 dev);
}

static void random_nexthops(struct route *r)
{
	bool v4 = r->family == 4;
	struct text t = {};
	int kind = rnd(100);

	if (kind < 62) {
		via(&t, r->family);
	} else if (kind < 76) {
		for (int n = 2 + rnd(3); n; n--) {
			text_add(&t, " nexthop ");
			via(&t, r->family);
			text_add(&t, " weight %d", 1 + rnd(5));
		}
	} else if (kind < 88) {
		if (v4 && chance(10))
			text_add(&t, "nhid %d", NH_BLACKHOLE);
		else if (chance(50))
			text_add(&t, "nhid %d", (v4 ? 21 : 31) + rnd(NH_GROUP));
		else
			text_add(&t, "nhid %d", (v4 ? 1 : 11) + rnd(NH_SINGLE));
	} else if (kind < 94) {
		text_add(&t,
			 v4 ? "via 192.0.2.%d dev %s onlink" : "via fd00:aaaa::%x dev %s onlink",
			 1 + rnd(20), ports[rnd(N_PORTS)].name);
	} else {
		text_add(&t, "dev %s", ports[rnd(N_PORTS)].name);
	}
	if (kind < 62 && chance(12))
		text_add(&t, " mtu %s%d", chance(50) ? "lock " : "", 1280 + rnd(400));
	snprintf(r->tail, sizeof(r->tail), "%s", t.buf);
	text_free(&t);
}

static void random_route(struct route *r, int family)
{
	static const char *const reject[] = {
		"blackhole",
		"unreachable",
		"prohibit",
		"throw",
	};
	const char *type = "";
	char addr[INET6_ADDRSTRLEN];
	char extra[32] = "";
	int kind = rnd(100);

	r->family = family;
	random_prefix(r);
	r->tail[0] = 0;
	if (kind < 14)
		type = reject[rnd(4)];
	else if (kind < 17)
		type = "local";
	if (kind >= 14 && kind < 17)
		snprintf(r->tail, sizeof(r->tail), "dev %s", ports[rnd(N_PORTS)].name);
	else if (kind >= 17)
		random_nexthops(r);
	if (family == 4 && chance(6))
		snprintf(extra, sizeof(extra), "tos 0x%02x", 4 << rnd(3));
	if (chance(12))
		snprintf(extra + strlen(extra), sizeof(extra) - strlen(extra), " metric %d",
			 100 + rnd(3) * 1000);
	inet_ntop(family == 4 ? AF_INET : AF_INET6, r->ip, addr, sizeof(addr));
	snprintf(r->head, sizeof(r->head), "%s %s/%d %s table @", type, addr, r->plen, extra);
}

static void emit(struct text *t, const char *verb, const struct route *r)
{
	text_add(t, "%sroute %s %s %s\n", r->family == 6 ? "" : "", verb, r->head, r->tail);
}

static void add_route(struct text *t, int family)
{
	if (n_routes == ROUTES_MAX)
		return;
	random_route(&table[n_routes], family);
	emit(t, "add", &table[n_routes++]);
}

static void single_nexthop(struct text *t, const char *verb, int family, int id)
{
	text_add(t, "nexthop %s id %d ", verb, id);
	via(t, family == 6 || chance(15) ? 6 : 4);
	text_add(t, "\n");
}

static void group_nexthop(struct text *t, const char *verb, int family, int id)
{
	int first = rnd(NH_SINGLE), members = 1 + rnd(4);

	text_add(t, "nexthop %s id %d group ", verb, id);
	for (int i = 0; i < members; i++)
		text_add(t, "%s%d,%d", i ? "/" : "",
			 (family == 4 ? 1 : 11) + (first + i) % NH_SINGLE, 1 + rnd(4));
	text_add(t, "\n");
}

static void default_routes(struct text *t)
{
	text_add(t, "route add default via 10.0.0.2 dev p0 table @\n");
	text_add(t, "route add ::/0 via fd00:0::2 dev p0 table @\n");
}

void routes_init(struct text *t)
{
	n_routes = 0;
	for (int i = 0; i < NH_SINGLE; i++) {
		single_nexthop(t, "add", 4, 1 + i);
		single_nexthop(t, "add", 6, 11 + i);
	}
	for (int i = 0; i < NH_GROUP; i++) {
		group_nexthop(t, "add", 4, 21 + i);
		group_nexthop(t, "add", 6, 31 + i);
	}
	text_add(t, "nexthop add id %d blackhole\n", NH_BLACKHOLE);
	default_routes(t);
	for (int i = 0; i < ROUTES_START; i++) {
		add_route(t, 4);
		add_route(t, 6);
	}
}

static void mutate_one(struct text *t)
{
	int family = chance(50) ? 4 : 6, kind = rnd(100);
	unsigned int at = rnd(n_routes);
	struct route *r = &table[at];

	if (kind < 30) {
		add_route(t, family);
	} else if (kind < 58 && n_routes > ROUTES_START) {
		emit(t, "del", r);
		*r = table[--n_routes];
	} else if (kind < 76) {
		random_nexthops(r);
		if (strncmp(r->head, " ", 1))
			r->tail[0] = 0;
		emit(t, "replace", r);
	} else if (kind < 82) {
		if (n_routes == ROUTES_MAX)
			return;
		table[n_routes] = *r;
		r = &table[n_routes++];
		random_nexthops(r);
		emit(t, "append", r);
	} else if (kind < 90) {
		single_nexthop(t, "replace", family, (family == 4 ? 1 : 11) + rnd(NH_SINGLE));
	} else if (kind < 96) {
		group_nexthop(t, "replace", family, (family == 4 ? 21 : 31) + rnd(NH_GROUP));
	} else {
		text_add(t, "%sroute del default table @ metric %d\n", family == 6 ? "" : "",
			 family == 6 ? 1024 : 0);
		if (chance(70))
			default_routes(t);
	}
}

void routes_mutate(struct text *t, int changes)
{
	while (changes--)
		mutate_one(t);
}
