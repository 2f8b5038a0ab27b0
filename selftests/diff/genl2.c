// SPDX-License-Identifier: GPL-2.0
/* ARP, neighbour discovery, and what is no IP at all. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

enum { ASKER_FIRST = 30, ASKERS = 20 }; /* hosts that only speak ARP and ND */

static void asker_mac(int port, int host, uint8_t *mac)
{
	memcpy(mac, "\x02\x00\x00\x04", 4);
	mac[4] = port;
	mac[5] = host;
}

static void gen_arp(struct pkt *p)
{
	int at, host = ASKER_FIRST + rnd(ASKERS);
	uint8_t *a;

	p->what = "ARP";
	at = put_ether(p, ETH_P_ARP);
	if (chance(70))
		memset(p->data, 0xff, 6);
	a = p->data + at;
	memset(a, 0, 28);
	put16(a, 1);
	put16(a + 2, ETH_P_IP);
	a[4] = 6;
	a[5] = 4;
	put16(a + 6, chance(80) ? 1 : 2);
	asker_mac(p->port, host, a + 8);
	memcpy(p->data + 6, a + 8, 6);
	host_ip4(p->port, host, a + 14);
	if (chance(8))
		host_ip4(p->port, 1, a + 14);
	if (chance(8))
		memset(a + 14, 0, 4);
	host_ip4(p->port, 1, a + 24);
	switch (rnd(8)) {
	case 0:
		host_ip4(rnd(N_PORTS), 1, a + 24);
		break;
	case 1:
		host_ip4(rnd(N_PORTS), HOST_FIRST + rnd(8), a + 24);
		break;
	case 2:
		routes_random_ip4(a + 24);
		break;
	}
	if (chance(10))
		a[rnd(8)] = rnd(256);
	p->len = at + 28;
	if (chance(30))
		p->len += 18;
	else if (chance(10))
		p->len = at + rnd(28);
	memset(a + 28, 0, 18);
}

/* Solicitations, advertisements, router discovery, redirects. */
static void gen_nd(struct pkt *p)
{
	int host = ASKER_FIRST + rnd(ASKERS), at, len;
	uint8_t *ip, *nd, target[16];
	uint32_t sum;

	p->what = "neighbour discovery";
	at = put_ether(p, ETH_P_IPV6);
	ip = p->data + at;
	nd = ip + 40;
	asker_mac(p->port, host, p->data + 6);
	memset(ip, 0, 40 + 32);
	ip[0] = 0x60;
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = chance(90) ? 255 : 64;
	host_ip6(p->port, host, ip + 8);
	host_ip6(chance(70) ? p->port : (int)rnd(N_PORTS), 1, target);
	if (chance(10))
		routes_random_ip6(target);
	if (chance(50)) {
		memcpy(ip + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff", 13);
		memcpy(ip + 37, target + 13, 3);
		memcpy(p->data, "\x33\x33\xff", 3);
		memcpy(p->data + 3, target + 13, 3);
	} else {
		memcpy(ip + 24, target, 16);
	}
	nd[0] = chance(75) ? 135 : (uint8_t[]){ 133, 134, 136, 137 }[rnd(4)];
	memcpy(nd + 8, target, 16);
	len = nd[0] == 133 ? 8 : 24;
	if (chance(80)) {
		nd[len] = 1 + (nd[0] == 136);
		nd[len + 1] = chance(95) ? 1 : 0;
		memcpy(nd + len + 2, p->data + 6, 6);
		len += 8;
	}
	put16(ip + 4, len);
	sum = pseudo6(ip + 8, ip + 24, len, IPPROTO_ICMPV6);
	put16(nd + 2, csum_fold(csum_add(sum, nd, len)));
	if (chance(5))
		nd[2] ^= 0x55;
	p->len = at + 40 + len;
}

static void gen_other(struct pkt *p)
{
	static const uint16_t types[] = {
		0x88cc, 0x8863, 0x8847, 0x0026, 0x88b5, 0x8100, 0x9000, 0x0805,
	};
	int at = put_ether(p, types[rnd(sizeof(types) / 2)]), len = rnd(100);

	p->what = "not IP";
	fill_payload(p->data + at, len, p->id);
	p->len = at + len;
}

static void gen_runt(struct pkt *p)
{
	int at = put_ether(p, chance(50) ? ETH_P_IP : ETH_P_IPV6);

	p->what = "runt";
	p->len = at + rnd(20);
	rnd_bytes(p->data + at, 20);
	if (chance(50))
		p->data[at] = p->data[12] == 0x08 ? 0x45 : 0x60;
}

void gen_l2(struct pkt *p)
{
	int kind = rnd(100);

	p->family = 0;
	if (kind < 40)
		gen_arp(p);
	else if (kind < 70)
		gen_nd(p);
	else if (kind < 88)
		gen_other(p);
	else
		gen_runt(p);
}
