// SPDX-License-Identifier: GPL-2.0
/* Packet headers as text. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "packet.h"

#define IPV4_MIN 20
#define IPV6_LEN 40
#define MAX_EXT	 8

struct line {
	char *buf;
	size_t room;
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) put(struct line *l, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(l->buf + l->used, l->room - l->used, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	l->used += len;
	if (l->used >= l->room)
		l->used = l->room - 1;
}

static unsigned int be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* What is known of the packet so far. */
struct packet {
	int family;
	const uint8_t *src;
	const uint8_t *dst;
	unsigned int proto;
	unsigned int length; /* behind the network header */
	unsigned int offset; /* of a fragment */
	const uint8_t *l4;
	size_t l4_len;
};

static void put_address(struct line *l, int family, const uint8_t *addr, int port)
{
	char text[INET6_ADDRSTRLEN];

	put(l, "%s", inet_ntop(family, addr, text, sizeof(text)) ? text : "?");
	if (port >= 0)
		put(l, ".%d", port);
}

static void put_addresses(struct line *l, const struct packet *p)
{
	int sport = -1, dport = -1;

	if ((p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP || p->proto == IPPROTO_SCTP) &&
	    p->l4_len >= 4) {
		sport = be16(p->l4);
		dport = be16(p->l4 + 2);
	}
	put_address(l, p->family, p->src, sport);
	put(l, " > ");
	put_address(l, p->family, p->dst, dport);
	put(l, ": ");
}

static void put_tcp(struct line *l, const struct packet *p)
{
	static const char flags[] = "FSRP.U";
	unsigned int i, header;

	put(l, "TCP");
	if (p->l4_len < 14)
		return;
	put(l, " Flags [");
	for (i = 0; i < sizeof(flags) - 1; i++)
		if (p->l4[13] & 1 << i)
			put(l, "%c", flags[i]);
	put(l, "]");
	header = (p->l4[12] >> 4) * 4;
	if (header <= p->length)
		put(l, ", length %u", p->length - header);
}

static void put_icmp(struct line *l, const struct packet *p, const char *name, uint8_t request,
		     uint8_t reply)
{
	put(l, "%s", name);
	if (p->l4_len >= 8 && (p->l4[0] == request || p->l4[0] == reply))
		put(l, " echo %s, id %u, seq %u", p->l4[0] == request ? "request" : "reply",
		    be16(p->l4 + 4), be16(p->l4 + 6));
	else if (p->l4_len >= 2)
		put(l, " type %u code %u", p->l4[0], p->l4[1]);
	put(l, ", length %u", p->length);
}

static void put_payload(struct line *l, const struct packet *p)
{
	if (p->offset) {
		put(l, "ip-proto-%u, fragment at %u, length %u", p->proto, p->offset, p->length);
		return;
	}
	switch (p->proto) {
	case IPPROTO_TCP:
		put_tcp(l, p);
		break;
	case IPPROTO_UDP:
		put(l, "UDP, length %u", p->length >= 8 ? p->length - 8 : 0);
		break;
	case IPPROTO_ICMP:
		put_icmp(l, p, "ICMP", 8, 0);
		break;
	case IPPROTO_ICMPV6:
		put_icmp(l, p, "ICMP6", 128, 129);
		break;
	default:
		put(l, "ip-proto-%u, length %u", p->proto, p->length);
		break;
	}
}

static const char *put_ipv4(struct line *l, const uint8_t *data, size_t len)
{
	struct packet p = { .family = AF_INET };
	unsigned int header, total;

	put(l, "IP ");
	if (len < IPV4_MIN) {
		put(l, "[cut off]");
		return l->buf;
	}
	header = (data[0] & 0xf) * 4;
	total = be16(data + 2);
	p.src = data + 12;
	p.dst = data + 16;
	p.proto = data[9];
	p.offset = (be16(data + 6) & 0x1fff) * 8;
	p.length = total > header ? total - header : 0;
	if (header >= IPV4_MIN && header < len && !p.offset) {
		p.l4 = data + header;
		p.l4_len = len - header;
	}
	put_addresses(l, &p);
	put_payload(l, &p);
	put(l, ", ttl %u", data[8]);
	if (header < IPV4_MIN)
		put(l, ", bad header length %u", header);
	else if (header > IPV4_MIN)
		put(l, ", options");
	return l->buf;
}

/* To the protocol behind the extension headers; false if it is cut off. */
static bool skip_extensions(struct packet *p, const uint8_t *data, size_t len, size_t *at)
{
	unsigned int i, size;

	for (i = 0; i < MAX_EXT; i++) {
		switch (p->proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			break;
		case IPPROTO_FRAGMENT:
			break;
		default:
			return true;
		}
		if (*at + 8 > len)
			return false;
		size = p->proto == IPPROTO_FRAGMENT ? 8 : 8 + 8 * data[*at + 1];
		if (p->proto == IPPROTO_FRAGMENT)
			p->offset = be16(data + *at + 2) & 0xfff8;
		p->proto = data[*at];
		p->length = p->length > size ? p->length - size : 0;
		*at += size;
		if (p->offset)
			return true;
	}
	return true;
}

static const char *put_ipv6(struct line *l, const uint8_t *data, size_t len)
{
	struct packet p = { .family = AF_INET6 };
	size_t at = IPV6_LEN;

	put(l, "IP6 ");
	if (len < IPV6_LEN) {
		put(l, "[cut off]");
		return l->buf;
	}
	p.src = data + 8;
	p.dst = data + 24;
	p.proto = data[6];
	p.length = be16(data + 4);
	if (skip_extensions(&p, data, len, &at) && at < len && !p.offset) {
		p.l4 = data + at;
		p.l4_len = len - at;
	}
	put_addresses(l, &p);
	put_payload(l, &p);
	put(l, ", hlim %u", data[7]);
	return l->buf;
}

const char *packet_text(const uint8_t *data, size_t len, char *buf, size_t room)
{
	struct line line = { .buf = buf, .room = room };
	size_t i;

	buf[0] = '\0';
	if (len && data[0] >> 4 == 4)
		return put_ipv4(&line, data, len);
	if (len && data[0] >> 4 == 6)
		return put_ipv6(&line, data, len);
	put(&line, "not IP:");
	for (i = 0; i < len && i < 16; i++)
		put(&line, " %02x", data[i]);
	return buf;
}
