// SPDX-License-Identifier: GPL-2.0
/* Random IPv4 packets, good and bad. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

void ip4_finish(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, csum_fold(csum_add(0, ip, (ip[0] & 15) * 4)));
}

static void option_address(uint8_t *p, const struct flow *f)
{
	if (chance(40))
		host_ip4(rnd(N_PORTS), 1, p);
	else if (chance(60))
		host_ip4(rnd(N_PORTS), HOST_FIRST + rnd(8), p);
	else if (chance(50))
		memcpy(p, f->dst, 4);
	else
		rnd_bytes(p, 4);
}

static int opt_route(uint8_t *o, const struct flow *f, uint8_t type)
{
	int slots = 1 + rnd(9), used = chance(60) ? 0 : rnd(slots + 1);

	memset(o, 0, 3 + slots * 4);
	o[0] = type;
	o[1] = 3 + slots * 4;
	o[2] = 4 + used * 4;
	for (int i = 0; i < slots; i++)
		if (type != 7 || i < used)
			option_address(o + 3 + i * 4, f);
	if (chance(12))
		o[2] = rnd(45);
	if (chance(6))
		o[1] = rnd(42);
	return 3 + slots * 4;
}

static int opt_timestamp(uint8_t *o, const struct flow *f)
{
	uint8_t flag = (uint8_t[]){ 0, 1, 3, 2 }[chance(10) ? 3 : rnd(3)];
	int size = flag ? 8 : 4, slots = 1 + rnd(flag ? 4 : 9);

	memset(o, 0, 4 + slots * size);
	o[0] = 68;
	o[1] = 4 + slots * size;
	o[2] = 5 + (chance(70) ? 0 : rnd(slots + 1) * size);
	o[3] = flag | (chance(15) ? 0xf0 : 0);
	if (flag == 3)
		for (int i = 0; i < slots; i++)
			option_address(o + 4 + i * 8, f);
	if (chance(12))
		o[2] = rnd(45);
	return 4 + slots * size;
}

/* Returns the length of the options, a multiple of four. */
static int put_options(uint8_t *o, const struct flow *f)
{
	int n = 0, kind = rnd(100);

	memset(o, 0, 44);
	if (chance(15))
		o[n++] = 1;
	if (kind < 22) {
		n += opt_route(o + n, f, 7);
	} else if (kind < 44) {
		n += opt_timestamp(o + n, f);
	} else if (kind < 62) {
		n += opt_route(o + n, f, chance(60) ? 131 : 137);
	} else if (kind < 80) {
		memcpy(o + n, "\x94\x04\x00\x00", 4);
		if (chance(10))
			o[n + 1 + rnd(2)] = rnd(9);
		n += 4;
	} else if (kind < 90) {
		o[n] = (uint8_t[]){ 130, 134, 136, 25, 222 }[rnd(5)];
		o[n + 1] = 4 + rnd(8);
		rnd_bytes(o + n + 2, o[n + 1] - 2);
		n += o[n + 1];
	} else {
		o[n] = 1 + rnd(255);
		o[n + 1] = rnd(3);
		n += 4;
	}
	n = (n + 3) & ~3;
	if (n > 40) {
		n = 40;
		memset(o + 40, 0, 4);
	}
	return n;
}

static uint8_t random_ttl(struct pkt *p)
{
	int kind = rnd(100);

	if (kind < 8) {
		p->what = "TTL 0, 1 or 2";
		return rnd(3);
	}
	return kind < 70 ? 64 : kind < 90 ? 255 : 3 + rnd(252);
}

static void put_header(struct pkt *p, uint8_t *ip, const struct flow *f, int hlen)
{
	ip[0] = 0x40 | hlen / 4;
	ip[1] = chance(80) ? 0 : rnd(256);
	put16(ip + 4, p->id);
	put16(ip + 6, chance(35) ? 0x4000 : 0);
	if (chance(1))
		ip[6] |= 0x80;
	ip[8] = random_ttl(p);
	ip[9] = f->proto;
	memcpy(ip + 12, f->src, 4);
	memcpy(ip + 16, f->dst, 4);
}

/* One fragment of a datagram; only a shared id lets them be put together. */
static int put_fragment(struct pkt *p, uint8_t *ip, const struct flow *f, int l3, int at)
{
	int payload = gen_payload_len(p->port, at - l3 + 20), off = rnd(4) * 64;
	bool more = off == 0 || chance(60);

	p->what = "fragment";
	if (chance(10))
		off = rnd(8192);
	if (more && !chance(5))
		payload &= ~7;
	put16(ip + 4, chance(50) ? (unsigned int)(1 + rnd(4)) : p->id);
	put16(ip + 6, off | (more ? 0x2000 : 0) | (chance(8) ? 0x4000 : 0));
	if (!off && payload > 40)
		return put_l4(p, f, l3, at, payload - 20, false);
	fill_payload(p->data + at, payload, p->id);
	return at + payload;
}

static int put_gso(struct pkt *p, uint8_t *ip, const struct flow *f, int l3, int at)
{
	int size = 300 + rnd(ports[p->port].mtu - 400);
	int payload = size + 1 + rnd(chance(90) ? size * 6 : 40000);

	if (payload > 60000)
		payload = 60000;
	p->what = "TSO";
	put16(ip + 6, chance(60) ? 0x4000 : 0);
	p->vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	p->vnet.gso_size = size;
	p->vnet.hdr_len = at + 20;
	at = put_l4(p, f, l3, at, payload, true);
	p->data[p->vnet.csum_start + 13] = 0x10;
	return at;
}

static void no_offload(struct pkt *p)
{
	memset(&p->vnet, 0, sizeof(p->vnet));
}

/* Breaks the header, on purpose after its checksum, or before. */
static void break_header(struct pkt *p, uint8_t *ip, int l3)
{
	int len = p->len - l3;

	no_offload(p);
	switch (rnd(10)) {
	case 0:
		p->what = "bad header checksum";
		put16(ip + 10, get16(ip + 10) + 1 + rnd(1000));
		return;
	case 1:
		p->what = "wrong version";
		ip[0] = (ip[0] & 15) | rnd(16) << 4;
		break;
	case 2:
		p->what = "ihl below 5";
		ip[0] = 0x40 | rnd(5);
		break;
	case 3:
		p->what = "ihl beyond the packet";
		ip[0] = 0x4f;
		p->len = l3 + 20 + rnd(39);
		if (p->len > l3 + len)
			p->len = l3 + len;
		put16(ip + 2, p->len - l3);
		return;
	case 4:
		p->what = "total length beyond the frame";
		put16(ip + 2, len + 1 + rnd(100));
		break;
	case 5:
		p->what = "total length below the header";
		put16(ip + 2, rnd(20));
		break;
	case 6:
		p->what = "total length cut";
		put16(ip + 2, 20 + rnd(len - 19));
		break;
	case 7:
		p->what = "padding";
		memset(p->data + p->len, 0xee, 46);
		p->len += 1 + rnd(46);
		if (p->len > l3 + ports[p->phys].mtu)
			p->len = l3 + ports[p->phys].mtu;
		return;
	case 8:
		p->what = "truncated";
		p->len = l3 + rnd(len);
		return;
	default:
		p->what = "random bytes in the header";
		for (int i = 1 + rnd(3); i; i--)
			ip[rnd(20)] = rnd(256);
		if (chance(30))
			return;
	}
	if ((ip[0] & 15) * 4 <= len)
		ip4_finish(ip);
}

void gen_ip4(struct pkt *p)
{
	struct flow f = { .port = p->port };
	int l3, at, hlen = 20;
	uint8_t *ip;

	gen_flow(&f, 4);
	p->family = 4;
	p->port = f.port;
	p->phys = ports[p->port].phys;
	l3 = put_ether(p, ETH_P_IP);
	ip = p->data + l3;
	memset(ip, 0, 60);
	if (chance(9)) {
		p->what = "options";
		hlen += put_options(ip + 20, &f);
	}
	put_header(p, ip, &f, hlen);
	at = l3 + hlen;
	if (chance(9))
		at = put_fragment(p, ip, &f, l3, at);
	else if (l3 == ETH_HLEN && f.proto == IPPROTO_TCP && chance(15))
		at = put_gso(p, ip, &f, l3, at);
	else
		at = put_l4(p, &f, l3, at, gen_payload_len(p->port, hlen + 20), true);
	p->len = at;
	put16(ip + 2, at - l3);
	ip4_finish(ip);
	if (!p->vnet.gso_type && chance(10))
		break_header(p, ip, l3);
}

static void plain4(struct pkt *p, const struct flow *f, int payload, uint8_t icmp_code)
{
	uint8_t *ip = p->data + ETH_HLEN;

	no_offload(p);
	p->family = 4;
	p->port = f->port;
	p->phys = ports[p->port].phys;
	router_mac(p->port, p->data);
	host_mac(p->port, HOST_FIRST, p->data + 6);
	put16(p->data + 12, ETH_P_IP);
	memset(ip, 0, 28);
	ip[0] = 0x45;
	ip[8] = 64;
	ip[9] = f->proto;
	memcpy(ip + 12, f->src, 4);
	memcpy(ip + 16, f->dst, 4);
	if (f->proto == IPPROTO_ICMP) {
		ip[20] = 8;
		ip[21] = icmp_code;
	} else {
		put16(ip + 20, f->sport);
		put16(ip + 22, f->dport);
		put16(ip + 24, 8 + payload);
	}
	fill_payload(ip + 28, payload, p->id);
	if (f->proto == IPPROTO_ICMP)
		put16(ip + 22, csum_fold(csum_add(0, ip + 20, 8 + payload)));
	put16(ip + 2, 28 + payload);
	ip4_finish(ip);
	p->len = ETH_HLEN + 28 + payload;
}

/* A plain UDP packet from the first host of @port, without a checksum. */
void gen_udp4(struct pkt *p, int port, const uint8_t *dst, int payload)
{
	struct flow f = {
		.family = 4, .port = port, .proto = IPPROTO_UDP, .sport = 1000, .dport = 2000
	};

	host_ip4(port, HOST_FIRST, f.src);
	memcpy(f.dst, dst, 4);
	plain4(p, &f, payload, 0);
}

void gen_echo4(struct pkt *p, int port, const uint8_t *dst, uint8_t code)
{
	struct flow f = { .family = 4, .port = port, .proto = IPPROTO_ICMP };

	host_ip4(port, HOST_FIRST, f.src);
	memcpy(f.dst, dst, 4);
	plain4(p, &f, 32, code);
}
