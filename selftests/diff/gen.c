// SPDX-License-Identifier: GPL-2.0
/* Random packets: what IPv4 and IPv6 share. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { FLOWS_KEPT = 24 };

static struct flow kept[2][FLOWS_KEPT];
static unsigned int n_kept[2];

/* Cells survive fragmentation and quoting: any 15 bytes hold a whole one. */
void fill_payload(uint8_t *p, int len, uint32_t id)
{
	uint8_t cell[CELL] = { 'V', 'D' };

	put32(cell + 2, id);
	for (int at = 0; at < len; at += CELL) {
		int n = len - at < CELL ? len - at : CELL;

		put16(cell + 6, at / CELL);
		memcpy(p + at, cell, n);
	}
}

bool find_id(const uint8_t *p, int len, uint32_t *id)
{
	for (int i = 0; i + CELL <= len; i++) {
		if (p[i] != 'V' || p[i + 1] != 'D' || p[i + 2])
			continue;
		*id = get32(p + i + 2);
		return true;
	}
	return false;
}

int gen_payload_len(int port, int headers)
{
	static const int edge[] = { 1280, 1400, 1500, 9000 };
	int max = ports[ports[port].phys].mtu - headers, kind = rnd(100), len;

	if (kind < 45)
		len = rnd(65);
	else if (kind < 70)
		len = 64 + rnd(540);
	else if (kind < 86)
		len = edge[rnd(4)] - headers - 2 + rnd(5);
	else
		len = rnd(max + 1);
	return len < 0 ? 0 : len > max ? max : len;
}

/* Ethernet header, and VLAN tags; returns where layer 3 starts. */
int put_ether(struct pkt *p, uint16_t proto)
{
	uint8_t *e = p->data;
	int kind = rnd(100), at = 12, vid = ports[p->port].vid;

	router_mac(p->port, e);
	if (kind < 2) {
		memcpy(e, "\x02\x00\x00\x00\x09\x09", 6);
		p->what = "wrong MAC";
	} else if (kind < 4) {
		memset(e, 0xff, 6);
		p->what = "broadcast MAC";
	} else if (kind < 6) {
		memcpy(e, "\x01\x00\x5e\x00\x00\x05", 6);
		p->what = "multicast MAC";
	}
	host_mac(p->port, HOST_FIRST + rnd(4), e + 6);
	kind = rnd(200);
	if (kind == 0)
		vid = 77;
	if (vid || kind == 1) {
		put16(e + at, ETH_P_8021Q);
		put16(e + at + 2, vid | rnd(8) << 13);
		at += 4;
	}
	if (kind == 2) {
		put16(e + at, ETH_P_8021Q);
		put16(e + at + 2, rnd(2) ? 100 : 0);
		at += 4;
	}
	put16(e + at, proto);
	return at + 2;
}

static void src4(struct flow *f)
{
	static const uint8_t odd[][4] = {
		{ 127, 0, 0, 1 },   { 127, 1, 2, 3 },	    { 0, 0, 0, 0 },   { 0, 1, 2, 3 },
		{ 240, 0, 0, 1 },   { 255, 255, 255, 255 }, { 224, 0, 0, 1 }, { 239, 1, 2, 3 },
		{ 169, 254, 1, 1 }, { 10, 0, 0, 255 },	    { 10, 0, 1, 0 },  { 10, 255, 0, 1 },
		{ 192, 168, 1, 1 }, { 10, 0, 3, 1 },
	};
	int kind = rnd(100);

	if (kind < 50) {
		host_ip4(f->port, HOST_FIRST + rnd(8), f->src);
	} else if (kind < 75) {
		routes_random_ip4(f->src);
	} else if (kind < 82) {
		host_ip4(rnd(N_PORTS), HOST_FIRST + rnd(8), f->src);
	} else if (kind < 90) {
		rnd_bytes(f->src, 4);
		f->src[0] = 1 + rnd(222);
		if (f->src[0] == 10 || f->src[0] == 127)
			f->src[0] = 9;
	} else if (kind < 93) {
		host_ip4(f->port, 1, f->src);
	} else {
		memcpy(f->src, odd[rnd(sizeof(odd) / 4)], 4);
	}
}

static void dst4(struct flow *f)
{
	static const uint8_t odd[][4] = {
		{ 127, 0, 0, 1 },  { 127, 1, 2, 3 },	   { 0, 0, 0, 0 },     { 0, 1, 2, 3 },
		{ 240, 0, 0, 1 },  { 255, 255, 255, 255 }, { 224, 0, 0, 1 },   { 224, 0, 0, 5 },
		{ 239, 1, 2, 3 },  { 169, 254, 1, 1 },	   { 192, 168, 1, 1 }, { 10, 0, 3, 0 },
		{ 172, 16, 1, 3 }, { 172, 16, 2, 2 },	   { 172, 16, 2, 1 },
	};
	int kind = rnd(100);

	if (kind < 60) {
		routes_random_ip4(f->dst);
	} else if (kind < 74) {
		host_ip4(rnd(N_PORTS), HOST_FIRST + rnd(10), f->dst);
	} else if (kind < 78) {
		host_ip4(f->port, HOST_FIRST + rnd(8), f->dst);
	} else if (kind < 84) {
		host_ip4(chance(70) ? f->port : (int)rnd(N_PORTS), 1, f->dst);
	} else if (kind < 86) {
		memcpy(f->dst, "\x0a\xff\x00\x01", 4);
	} else if (kind < 88) {
		host_ip4(rnd(N_PORTS), 255, f->dst);
	} else if (kind < 94) {
		rnd_bytes(f->dst, 4);
		f->dst[0] = 1 + rnd(222);
		if (f->dst[0] == 10 || f->dst[0] == 127)
			f->dst[0] = 9;
	} else {
		memcpy(f->dst, odd[rnd(sizeof(odd) / 4)], 4);
	}
}

static void odd6(uint8_t *ip, int port)
{
	static const uint8_t odd[][16] = {
		{},
		{ [15] = 1 },
		{ 0xfe, 0x80, [15] = 2 },
		{ 0xfe, 0x80, [15] = 0x33 },
		{ 0xfe, 0xc0, [15] = 1 },
		{ 0xff, 0x02, [15] = 1 },
		{ 0xff, 0x02, [15] = 2 },
		{ 0xff, 0x02, [15] = 5 },
		{ 0xff, 0x05, [15] = 2 },
		{ 0xff, 0x0e, [14] = 0x12, 0x34 },
		{ 0xff, 0x01, [15] = 1 },
		{ 0xff, 0x00, [15] = 1 },
		{ [10] = 0xff, 0xff, 10, 0, 0, 2 },
		{ [12] = 10, 0, 0, 2 },
		{ 0x20, 0x02, 10, 0, 0, 2, [15] = 1 },
		{ 0xfd, [3] = 0xff, [15] = 1 },
		{ 0xfd, [3] = 3 },
	};
	static const uint8_t own_ll[16] = { 0xfe, 0x80, [11] = 0xff, 0xfe, 0, 1 };

	if (chance(20)) {
		memcpy(ip, own_ll, 16);
		ip[15] = ports[port].phys;
	} else {
		memcpy(ip, odd[rnd(sizeof(odd) / 16)], 16);
	}
}

static void src6(struct flow *f)
{
	int kind = rnd(100);

	if (kind < 50) {
		host_ip6(f->port, HOST_FIRST + rnd(8), f->src);
		if (chance(50))
			rnd_bytes(f->src + 8, 7);
	} else if (kind < 78) {
		routes_random_ip6(f->src);
	} else if (kind < 85) {
		host_ip6(rnd(N_PORTS), HOST_FIRST + rnd(8), f->src);
	} else if (kind < 90) {
		rnd_bytes(f->src, 16);
		f->src[0] = 0x20;
	} else if (kind < 93) {
		host_ip6(f->port, 1, f->src);
	} else {
		odd6(f->src, f->port);
	}
}

static void dst6(struct flow *f)
{
	int kind = rnd(100);

	if (kind < 62) {
		routes_random_ip6(f->dst);
	} else if (kind < 76) {
		host_ip6(rnd(N_PORTS), HOST_FIRST + rnd(10), f->dst);
	} else if (kind < 80) {
		host_ip6(f->port, HOST_FIRST + rnd(8), f->dst);
	} else if (kind < 86) {
		host_ip6(chance(70) ? f->port : (int)rnd(N_PORTS), 1, f->dst);
	} else if (kind < 91) {
		rnd_bytes(f->dst, 16);
		f->dst[0] = 0x20;
	} else {
		odd6(f->dst, f->port);
	}
}

static uint8_t random_proto(int family)
{
	static const uint8_t other[] = { 47, 50, 51, 2, 89, 132, 4, 41, 253 };
	int kind = rnd(100);

	if (kind < 50)
		return IPPROTO_UDP;
	if (kind < 74)
		return IPPROTO_TCP;
	if (kind < 92)
		return family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return other[rnd(sizeof(other))];
}

/* Keeps f->port, which the caller has chosen; often returns an old flow. */
void gen_flow(struct flow *f, int family)
{
	struct flow *pool = kept[family == 6];
	unsigned int *n = &n_kept[family == 6];

	if (*n == FLOWS_KEPT && chance(40)) {
		*f = pool[rnd(FLOWS_KEPT)];
		return;
	}
	f->family = family;
	if (family == 4) {
		src4(f);
		dst4(f);
	} else {
		src6(f);
		dst6(f);
	}
	f->proto = random_proto(family);
	f->sport = 1024 + rnd(60000);
	f->dport = chance(30) ? 7 : 1024 + rnd(60000);
	pool[*n == FLOWS_KEPT ? rnd(FLOWS_KEPT) : (*n)++] = *f;
}

static uint8_t icmp_type(const struct flow *f)
{
	if (f->family == 4) {
		if (f->sport % 8)
			return 8;
		return (uint8_t[]){ 0, 3, 4, 5, 11, 12, 17, 42 }[f->dport % 8];
	}
	if (f->sport % 8)
		return 128;
	return (uint8_t[]){ 129, 1, 2, 3, 4, 133, 200, 127 }[f->dport % 8];
}

static int put_l4_header(const struct flow *f, uint8_t *h, int payload)
{
	switch (f->proto) {
	case IPPROTO_UDP:
		put16(h, f->sport);
		put16(h + 2, f->dport);
		put16(h + 4, 8 + payload);
		put16(h + 6, 0);
		return 8;
	case IPPROTO_TCP:
		memset(h, 0, 20);
		put16(h, f->sport);
		put16(h + 2, f->dport);
		put32(h + 4, rnd(1 << 30));
		put32(h + 8, rnd(1 << 30));
		h[12] = 5 << 4;
		h[13] = chance(70) ? 0x10 : 1 << rnd(8);
		put16(h + 14, 1000);
		return 20;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		memset(h, 0, 8);
		h[0] = icmp_type(f);
		put16(h + 4, f->sport);
		put16(h + 6, f->dport);
		return 8;
	}
	return 0;
}

/*
 * Layer 4 header and payload at offset @at of the frame; returns the end.
 * @l3 is the offset of the IP header. Only a @whole datagram may have its
 * checksum left to the hardware.
 */
int put_l4(struct pkt *p, const struct flow *f, int l3, int at, int payload, bool whole)
{
	uint8_t *h = p->data + at;
	int hlen = put_l4_header(f, h, payload), off = -1;
	int len = hlen + payload;
	uint32_t sum = 0;

	(void)l3;
	fill_payload(h + hlen, payload, p->id);
	if (f->proto == IPPROTO_UDP)
		off = 6;
	else if (f->proto == IPPROTO_TCP)
		off = 16;
	else if (hlen)
		off = 2;
	if (off < 0)
		return at + len;
	if (f->proto != IPPROTO_ICMP)
		sum = f->family == 4 ? pseudo4(f->src, f->dst, len, f->proto)
				     : pseudo6(f->src, f->dst, len, f->proto);
	if (whole && (f->proto == IPPROTO_UDP || f->proto == IPPROTO_TCP) &&
	    (p->vnet.gso_type || chance(12))) {
		p->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		p->vnet.csum_start = at;
		p->vnet.csum_offset = off;
		put16(h + off, ~csum_fold(sum));
		return at + len;
	}
	put16(h + off, csum_fold(csum_add(sum, h, len)));
	if (f->proto == IPPROTO_UDP && (!get16(h + off) || (f->family == 4 && chance(5))))
		put16(h + off, f->family == 4 && chance(50) ? 0 : 0xffff);
	if (chance(3))
		put16(h + off, rnd(65536));
	return at + len;
}

void gen_packet(struct pkt *p, uint32_t id)
{
	uint8_t *data = p->data;
	int kind = rnd(100);

	memset(p, 0, sizeof(*p));
	p->data = data;
	p->id = id;
	p->port = rnd(N_PORTS);
	p->phys = ports[p->port].phys;
	p->what = "good";
	if (kind < 52)
		gen_ip4(p);
	else if (kind < 94)
		gen_ip6(p);
	else
		gen_l2(p);
}

void gen_copy(struct pkt *to, const struct pkt *from)
{
	uint8_t *data = to->data;

	*to = *from;
	to->data = data;
	memcpy(data, from->data, from->len);
}
