// SPDX-License-Identifier: GPL-2.0
/* The hosts: they answer ARP and ND, each with a MAC made from its address. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t silent6[16] = { 0xfd, [15] = HOST_SILENT };

static void made_mac(const uint8_t *last4, uint8_t *mac)
{
	mac[0] = 0x02;
	mac[1] = 0xaa;
	memcpy(mac + 2, last4, 4);
}

/* Ethernet and VLAN header of the answer; returns where layer 3 starts. */
static int turn_round(uint8_t *to, const uint8_t *from, const uint8_t *mac)
{
	int l3 = get16(from + 12) == ETH_P_8021Q ? 18 : 14;

	memcpy(to, from, l3);
	memcpy(to, from + 6, 6);
	memcpy(to + 6, mac, 6);
	return l3;
}

static bool answer_arp(struct dut *d, struct pkt *out, const uint8_t *p, int l3)
{
	const uint8_t *a = p + l3, *target = a + 24;
	uint8_t mac[6], *r;

	if (get16(a + 6) != 1 || memcmp(p, "\xff\xff\xff\xff\xff\xff", 6))
		return false;
	if (target[0] == 10 && target[1] == 0 && target[3] == HOST_SILENT)
		return false;
	made_mac(target, mac);
	r = out->data + turn_round(out->data, p, mac);
	memcpy(r, a, 28);
	put16(r + 6, 2);
	memcpy(r + 8, mac, 6);
	memcpy(r + 14, target, 4);
	memcpy(r + 18, a + 8, 10);
	out->len = l3 + 28;
	wire_send(d, out);
	return true;
}

static bool answer_nd(struct dut *d, struct pkt *out, const uint8_t *p, int l3)
{
	const uint8_t *ip = p + l3, *target = ip + 48;
	uint8_t mac[6], *r, *na;

	if (ip[6] != IPPROTO_ICMPV6 || ip[40] != 135 || p[0] != 0x33)
		return false;
	if (target[0] == 0xfd && !memcmp(target + 4, silent6 + 4, 12))
		return false;
	made_mac(target + 12, mac);
	r = out->data + turn_round(out->data, p, mac);
	memset(r, 0, 72);
	r[0] = 0x60;
	put16(r + 4, 32);
	r[6] = IPPROTO_ICMPV6;
	r[7] = 255;
	memcpy(r + 8, target, 16);
	memcpy(r + 24, ip + 8, 16);
	na = r + 40;
	na[0] = 136;
	na[4] = 0x60;
	memcpy(na + 8, target, 16);
	na[24] = 2;
	na[25] = 1;
	memcpy(na + 26, mac, 6);
	put16(na + 2, csum_fold(csum_add(pseudo6(r + 8, r + 24, 32, IPPROTO_ICMPV6), na, 32)));
	out->len = l3 + 72;
	wire_send(d, out);
	return true;
}

static bool from_router(const uint8_t *p)
{
	return !memcmp(p + 6, "\x02\x00\x00\x00\x01", 5);
}

/* Answers if @p asks for a host; true if it did. */
bool respond(struct dut *d, int phys, const uint8_t *p, int len)
{
	uint8_t data[128];
	struct pkt out = { .data = data, .phys = phys, .what = "answer" };
	int l3 = len > 18 && get16(p + 12) == ETH_P_8021Q ? 18 : 14;

	if (len < l3 + 28 || !from_router(p))
		return false;
	switch (get16(p + l3 - 2)) {
	case ETH_P_ARP:
		return answer_arp(d, &out, p, l3);
	case ETH_P_IPV6:
		return len >= l3 + 64 && answer_nd(d, &out, p, l3);
	}
	return false;
}

/*
 * Reports of group membership are sent after random delays; both routers
 * send them for themselves, not for the packets they are given.
 */
bool is_noise(const uint8_t *p, int len)
{
	int l3 = len > 18 && get16(p + 12) == ETH_P_8021Q ? 18 : 14;
	const uint8_t *ip = p + l3;

	if (len < l3 + 20 || !from_router(p))
		return false;
	if (get16(ip - 2) == ETH_P_IP)
		return ip[9] == IPPROTO_IGMP && is_router_ip4(ip + 12);
	if (get16(ip - 2) != ETH_P_IPV6 || len < l3 + 56 || ip[6] != 0 ||
	    ip[40] != IPPROTO_ICMPV6 || ip[24] != 0xff)
		return false;
	return (is_router_ip6(ip + 8) || !memcmp(ip + 8, (uint8_t[16]){}, 16)) &&
	       (ip[48] == 143 || ip[48] == 131 || ip[48] == 132);
}
