// SPDX-License-Identifier: GPL-2.0
/* Random IPv6 packets, with extension headers, good and bad. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

enum { L3_LEN = 40 };

/* Options of a hop-by-hop or destination header; returns its length. */
static int put_tlvs(uint8_t *h, bool hop_by_hop)
{
	int n = 2;

	for (int i = rnd(3); i >= 0 && n < 40; i--) {
		int kind = rnd(100);

		if (kind < 25) {
			h[n++] = 0;
		} else if (kind < 45) {
			h[n] = 1;
			h[n + 1] = rnd(6);
			memset(h + n + 2, 0, h[n + 1]);
			n += 2 + h[n + 1];
		} else if (kind < 65 && hop_by_hop) {
			memcpy(h + n, "\x05\x02\x00\x00", 4);
			h[n + 3] = rnd(4);
			n += 4;
		} else if (kind < 72 && hop_by_hop) {
			h[n] = 0xc2;
			h[n + 1] = 4;
			put32(h + n + 2, chance(50) ? 66000 : rnd(1000));
			n += 6;
		} else {
			h[n] = rnd(4) << 6 | (0x10 + rnd(16));
			h[n + 1] = rnd(8);
			rnd_bytes(h + n + 2, h[n + 1]);
			n += 2 + h[n + 1];
		}
	}
	if (n % 8 == 7) {
		h[n++] = 0;
	} else if (n % 8) {
		h[n] = 1;
		h[n + 1] = 6 - n % 8;
		memset(h + n + 2, 0, h[n + 1]);
		n += 2 + h[n + 1];
	}
	h[1] = n / 8 - 1;
	if (chance(4))
		h[1] = rnd(256);
	if (chance(4))
		h[3] = rnd(60);
	return n;
}

static int put_routing(uint8_t *h)
{
	static const uint8_t types[] = { 0, 2, 3, 4, 5, 99 };
	int segs = 1 + rnd(3);

	memset(h, 0, 8 + segs * 16);
	h[1] = segs * 2;
	h[2] = types[rnd(sizeof(types))];
	h[3] = chance(60) ? rnd(segs + 1) : rnd(4);
	h[4] = h[2] == 4 ? segs - 1 : 0;
	for (int i = 0; i < segs; i++)
		host_ip6(rnd(N_PORTS), 1 + rnd(8), h + 8 + i * 16);
	return 8 + segs * 16;
}

static int put_fragment_header(struct pkt *p, uint8_t *h)
{
	int off = chance(40) ? 0 : chance(80) ? rnd(6) * 64 : rnd(8192) * 8;

	h[1] = 0;
	put16(h + 2, off | rnd(2));
	put32(h + 4, chance(50) ? 1 + rnd(4) : p->id);
	p->what = "IPv6 fragment";
	return 8;
}

static int put_ah(uint8_t *h)
{
	h[1] = 4;
	rnd_bytes(h + 2, 22);
	return 24;
}

/*
 * A chain of extension headers at @at, the first named by *@next. Returns
 * where the upper layer begins; *@next then names the place of its number.
 */
static int put_chain(struct pkt *p, int at, uint8_t **next, bool *fragment)
{
	bool first = true;

	p->what = "IPv6 extension headers";
	do {
		static const uint8_t kinds[] = { 0, 60, 43, 44, 51, 60 };
		uint8_t type = first && chance(45) ? 0 : kinds[rnd(6)];
		uint8_t *h = p->data + at;

		if (!first && !type && chance(80))
			type = 60;
		**next = type;
		*next = h;
		if (type == 0 || type == 60) {
			at += put_tlvs(h, !type);
		} else if (type == 43) {
			at += put_routing(h);
		} else if (type == 44) {
			at += put_fragment_header(p, h);
			*fragment = true;
		} else {
			at += put_ah(h);
		}
		first = false;
	} while (chance(35) && at < 200);
	return at;
}

static uint8_t random_hops(struct pkt *p)
{
	int kind = rnd(100);

	if (kind < 8) {
		p->what = "hop limit 0, 1 or 2";
		return rnd(3);
	}
	return kind < 70 ? 64 : kind < 90 ? 255 : 3 + rnd(252);
}

static void put_header(struct pkt *p, uint8_t *ip, const struct flow *f)
{
	ip[0] = 0x60;
	ip[1] = ip[2] = ip[3] = 0;
	if (chance(25))
		rnd_bytes(ip + 1, 3);
	if (chance(10))
		ip[0] |= rnd(16);
	ip[6] = f->proto;
	ip[7] = random_hops(p);
	memcpy(ip + 8, f->src, 16);
	memcpy(ip + 24, f->dst, 16);
}

static int put_gso(struct pkt *p, const struct flow *f, int l3)
{
	int size = 300 + rnd(ports[p->port].mtu - 400);
	int payload = size + 1 + rnd(chance(90) ? size * 6 : 40000);
	int at;

	if (payload > 60000)
		payload = 60000;
	p->what = "TSO, IPv6";
	p->vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	p->vnet.gso_size = size;
	p->vnet.hdr_len = l3 + L3_LEN + 20;
	at = put_l4(p, f, l3, l3 + L3_LEN, payload, true);
	p->data[p->vnet.csum_start + 13] = 0x10;
	return at;
}

static void break_header(struct pkt *p, uint8_t *ip, int l3)
{
	int len = p->len - l3;

	memset(&p->vnet, 0, sizeof(p->vnet));
	switch (rnd(7)) {
	case 0:
		p->what = "wrong version, IPv6";
		ip[0] = (ip[0] & 15) | rnd(16) << 4;
		return;
	case 1:
		p->what = "payload length beyond the frame";
		put16(ip + 4, len - L3_LEN + 1 + rnd(100));
		return;
	case 2:
		p->what = "payload length cut";
		put16(ip + 4, rnd(len - L3_LEN + 1));
		return;
	case 3:
		p->what = "padding, IPv6";
		memset(p->data + p->len, 0xee, 46);
		p->len += 1 + rnd(46);
		if (p->len > l3 + ports[p->phys].mtu)
			p->len = l3 + ports[p->phys].mtu;
		return;
	case 4:
		p->what = "truncated, IPv6";
		p->len = l3 + rnd(len);
		return;
	case 5:
		p->what = "no next header, or unknown";
		ip[6] = chance(50) ? 59 : 140 + rnd(100);
		return;
	default:
		p->what = "random bytes in the IPv6 header";
		for (int i = 1 + rnd(3); i; i--)
			ip[rnd(40)] = rnd(256);
	}
}

void gen_ip6(struct pkt *p)
{
	struct flow f = { .port = p->port };
	uint8_t *ip, *next;
	bool fragment = false;
	int l3, at;

	gen_flow(&f, 6);
	p->family = 6;
	p->port = f.port;
	p->phys = ports[p->port].phys;
	l3 = put_ether(p, ETH_P_IPV6);
	ip = p->data + l3;
	put_header(p, ip, &f);
	at = l3 + L3_LEN;
	if (l3 == ETH_HLEN && f.proto == IPPROTO_TCP && chance(15)) {
		at = put_gso(p, &f, l3);
	} else {
		next = ip + 6;
		if (chance(20)) {
			at = put_chain(p, at, &next, &fragment);
			*next = f.proto;
		}
		at = put_l4(p, &f, l3, at, gen_payload_len(p->port, at - l3 + 20), !fragment);
	}
	p->len = at;
	put16(ip + 4, at - l3 - L3_LEN);
	if (!p->vnet.gso_type && chance(9))
		break_header(p, ip, l3);
}

void gen_udp6(struct pkt *p, int port, const uint8_t *dst, int payload)
{
	uint8_t *ip = p->data + ETH_HLEN, *udp = ip + L3_LEN;
	uint32_t sum;

	memset(&p->vnet, 0, sizeof(p->vnet));
	p->family = 6;
	p->port = port;
	p->phys = ports[port].phys;
	router_mac(port, p->data);
	host_mac(port, HOST_FIRST, p->data + 6);
	put16(p->data + 12, ETH_P_IPV6);
	memset(ip, 0, 48);
	ip[0] = 0x60;
	put16(ip + 4, 8 + payload);
	ip[6] = IPPROTO_UDP;
	ip[7] = 64;
	host_ip6(port, HOST_FIRST, ip + 8);
	memcpy(ip + 24, dst, 16);
	put16(udp, 1000);
	put16(udp + 2, 2000);
	put16(udp + 4, 8 + payload);
	fill_payload(udp + 8, payload, p->id);
	sum = pseudo6(ip + 8, dst, 8 + payload, IPPROTO_UDP);
	put16(udp + 6, csum_fold(csum_add(sum, udp, 8 + payload)));
	p->len = ETH_HLEN + 48 + payload;
}
