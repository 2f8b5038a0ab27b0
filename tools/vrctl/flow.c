// SPDX-License-Identifier: GPL-2.0
/* Packets in words: src, dst, proto, sport, dport, dev. */
#include <ctype.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vrouter.h>

#include "flow.h"
#include "site.h"

static const struct {
	const char *name;
	uint8_t num;
} protos[] = {
	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP },      { "udp", IPPROTO_UDP },
	{ "gre", IPPROTO_GRE },	  { "esp", IPPROTO_ESP },      { "ah", IPPROTO_AH },
	{ "ospf", 89 },		  { "icmp6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP },
};

static bool bad(const char *word, const char *str, const char *what)
{
	fprintf(stderr, "Error: %s \"%s\" is %s.\n", word, str, what);
	return false;
}

static bool parse_addr(const char *word, const char *str, bool prefix, struct site_addr *addr)
{
	if (site_addr_parse(str, addr) && !addr->has_peer && (prefix || !strchr(str, '/')))
		return true;
	return bad(word, str,
		   prefix ? "neither an address nor a prefix such as 192.0.2.0/24"
			  : "not an address such as 192.0.2.1 or 2001:db8::1");
}

static bool parse_proto(const char *str, uint8_t *num)
{
	unsigned long val;
	unsigned int i;
	char *end;

	for (i = 0; i < ARRAY_SIZE(protos); i++)
		if (!strcmp(str, protos[i].name)) {
			*num = protos[i].num;
			return true;
		}
	val = strtoul(str, &end, 10);
	if (!isdigit((unsigned char)*str) || *end || val > 255) {
		fprintf(stderr, "Error: proto \"%s\" is neither a number from 0 to 255 nor ", str);
		for (i = 0; i < ARRAY_SIZE(protos); i++)
			fprintf(stderr, "%s%s%s", protos[i].name,
				i + 2 < ARRAY_SIZE(protos) ? ", " : "",
				i + 2 == ARRAY_SIZE(protos) ? " or " : "");
		fputs(".\n", stderr);
		return false;
	}
	*num = val;
	return true;
}

static bool put_addr(struct nl_req *req, const char *word, const struct value *val, bool prefixes,
		     int *family, uint16_t type, uint16_t len_type)
{
	struct site_addr addr;

	if (!val->given)
		return true;
	if (!parse_addr(word, val->str, prefixes, &addr))
		return false;
	if (*family && *family != addr.family)
		return bad(word, val->str, "of another family than src");
	*family = addr.family;
	nl_put(req, type, addr.addr, site_addr_bytes(addr.family));
	if (prefixes)
		nl_put_u8(req, len_type, addr.len, NULL);
	return true;
}

static bool put_port(struct nl_req *req, const char *word, const struct value *val, bool ports,
		     const char *proto, uint16_t type)
{
	uint16_t num = val->num;

	if (!val->given)
		return true;
	if (!ports) {
		fprintf(stderr, "Error: \"%s\" beside proto %s, which has no ports.\n", word,
			proto);
		return false;
	}
	nl_put(req, type, &num, sizeof(num));
	return true;
}

static bool put_dev(struct nl_req *req, const struct value *val)
{
	unsigned int ifindex;

	if (!val->given)
		return true;
	ifindex = if_nametoindex(val->str);
	if (!ifindex)
		return bad("dev", val->str, "no device");
	nl_name(req, "dev");
	nl_put_u32(req, VROUTER_A_FLOW_IFINDEX, ifindex, val->str);
	return true;
}

bool flow_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

bool flow_proto(const struct value *val, uint8_t *proto)
{
	return val[FLOW_PROTO].given && parse_proto(val[FLOW_PROTO].str, proto);
}

int flow_put(struct nl_req *req, uint16_t type, const struct value *val, bool prefixes)
{
	const struct value *proto = &val[FLOW_PROTO];
	struct nlattr *nest = nl_nest(req, type);
	bool ports = true, ok;
	int family = 0;
	uint8_t num;

	ok = put_addr(req, "src", &val[FLOW_SRC], prefixes, &family, VROUTER_A_FLOW_SRC,
		      VROUTER_A_FLOW_SRC_LEN) &&
	     put_addr(req, "dst", &val[FLOW_DST], prefixes, &family, VROUTER_A_FLOW_DST,
		      VROUTER_A_FLOW_DST_LEN);
	if (ok && proto->given) {
		ok = parse_proto(proto->str, &num);
		if (ok)
			nl_put_u8(req, VROUTER_A_FLOW_PROTO, num, NULL);
		ports = ok && flow_has_ports(num);
	}
	ok = ok &&
	     put_port(req, "sport", &val[FLOW_SPORT], ports, proto->str, VROUTER_A_FLOW_SPORT) &&
	     put_port(req, "dport", &val[FLOW_DPORT], ports, proto->str, VROUTER_A_FLOW_DPORT) &&
	     put_dev(req, &val[FLOW_DEV]);
	nl_nest_end(req, nest);
	return ok ? EXIT_OK : EXIT_SYNTAX;
}
