// SPDX-License-Identifier: GPL-2.0
/*
 * What a router chooses at random or reads from a clock is made equal before
 * the comparison. Nothing else is touched, and every use is counted.
 */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

enum norm_kind { NORM_IP_ID, NORM_FRAG_ID, NORM_TIMESTAMP, NORM_QUOTED_TIMESTAMP, NORM_KINDS };

static struct {
	const char *name;
	const char *reason;
	unsigned long count;
} norms[NORM_KINDS] = {
	[NORM_IP_ID] = { "IPv4 id of a router's own packet",
			 "the kernel draws it from a keyed hash" },
	[NORM_FRAG_ID] = { "IPv6 fragment id of a router's own packet",
			   "the kernel draws it from a keyed hash" },
	[NORM_TIMESTAMP] = { "IPv4 timestamp option", "milliseconds since midnight" },
	[NORM_QUOTED_TIMESTAMP] = { "IPv4 timestamp option in an ICMP error",
				    "milliseconds since midnight" },
};

static const struct pkt *batch;
static unsigned int batch_len;

/* The packets that what comes out now can be an answer to. */
void norm_batch(const struct pkt *in, unsigned int n)
{
	batch = in;
	batch_len = n;
}

static int l3_of(const uint8_t *p, int len)
{
	return len > 18 && get16(p + 12) == ETH_P_8021Q ? 18 : 14;
}

/*
 * Whether the router itself sent it: it has the source address, or something
 * was sent to that address from where this goes, for an address that only a
 * local route makes the router's own.
 */
static bool own_packet(const uint8_t *ip, bool v6)
{
	int alen = v6 ? 16 : 4, at = v6 ? 8 : 12, need = v6 ? 40 : 20;

	if (v6 ? is_router_ip6(ip + at) : is_router_ip4(ip + at))
		return true;
	for (unsigned int i = 0; i < batch_len; i++) {
		const struct pkt *p = &batch[i];
		int l3 = l3_of(p->data, p->len);
		const uint8_t *in = p->data + l3;

		if (p->family == (v6 ? 6 : 4) && p->len >= l3 + need &&
		    !memcmp(in + at, ip + at + alen, alen) &&
		    !memcmp(in + at + alen, ip + at, alen))
			return true;
	}
	return false;
}

/* Zeroes the time of all timestamp options; true if there was one. */
static bool zero_timestamps(uint8_t *ip, int room)
{
	int hlen = (ip[0] & 15) * 4, at = 20;
	bool found = false;

	if (hlen > room)
		hlen = room;
	while (at + 4 <= hlen && ip[at]) {
		int len = ip[at] == 1 ? 1 : ip[at + 1], step, i;

		if (len < 1 || (len < 2 && ip[at] != 1) || at + len > hlen)
			break;
		if (ip[at] == 68 && len > 4) {
			/* The pointer need not be aligned to the slots. */
			step = (ip[at + 3] & 15) ? 8 : 4;
			i = at + step + (ip[at + 2] + 8 - 5) % step;
			for (; i + 4 <= at + len; i += step)
				put32(ip + i, 0);
			found = true;
		}
		at += len;
	}
	return found;
}

static bool header_sound(const uint8_t *ip, int len)
{
	int hlen = (ip[0] & 15) * 4;

	return len >= 20 && ip[0] >> 4 == 4 && hlen >= 20 && hlen <= len &&
	       !csum_fold(csum_add(0, ip, hlen));
}

static bool is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void norm_quote(uint8_t *ip, int len)
{
	int hlen = (ip[0] & 15) * 4;
	uint8_t *icmp = ip + hlen, *quote = icmp + 8;

	len = get16(ip + 2) < len ? get16(ip + 2) : len;
	if (ip[9] != IPPROTO_ICMP || len < hlen + 28 || get16(ip + 6) & 0x3fff ||
	    !is_error(icmp[0]) || csum_fold(csum_add(0, icmp, len - hlen)))
		return;
	if (!zero_timestamps(quote, len - hlen - 8))
		return;
	put16(quote + 10, 0);
	put16(icmp + 2, 0);
	put16(icmp + 2, csum_fold(csum_add(0, icmp, len - hlen)));
	norms[NORM_QUOTED_TIMESTAMP].count++;
}

static void norm_ip4(uint8_t *ip, int len)
{
	if (!header_sound(ip, len))
		return;
	if (own_packet(ip, false) && get16(ip + 4)) {
		put16(ip + 4, 0);
		norms[NORM_IP_ID].count++;
	}
	if (zero_timestamps(ip, len))
		norms[NORM_TIMESTAMP].count++;
	ip4_finish(ip);
	norm_quote(ip, len);
}

static void norm_ip6(uint8_t *ip, int len)
{
	if (len < 48 || ip[6] != 44 || !own_packet(ip, true))
		return;
	put32(ip + 44, 0);
	norms[NORM_FRAG_ID].count++;
}

/* FNV-1a, eight bytes at a time where there are eight. */
static uint64_t fnv(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = p;
	uint64_t word;

	for (; len >= 8; len -= 8, b += 8) {
		memcpy(&word, b, 8);
		h = (h ^ word) * 0x100000001b3ULL;
		h ^= h >> 29;
	}
	while (len--)
		h = (h ^ *b++) * 0x100000001b3ULL;
	return h;
}

/* A flow's packets must keep their order; the router's own have no flow. */
static uint64_t flow_of(const uint8_t *ip, int len, uint16_t proto)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	int hlen;

	if (proto == ETH_P_IP && len >= 20 && !own_packet(ip, false)) {
		hlen = (ip[0] & 15) * 4;
		h = fnv(fnv(h, ip + 12, 8), ip + 9, 1);
		if (len >= hlen + 4 && !(get16(ip + 6) & 0x3fff) &&
		    (ip[9] == IPPROTO_UDP || ip[9] == IPPROTO_TCP))
			h = fnv(h, ip + hlen, 4);
		return h;
	}
	if (proto == ETH_P_IPV6 && len >= 44 && !own_packet(ip, true)) {
		h = fnv(fnv(h, ip + 8, 32), ip + 6, 1);
		if (ip[6] == IPPROTO_UDP || ip[6] == IPPROTO_TCP)
			h = fnv(h, ip + 40, 4);
		return h;
	}
	return 0;
}

void norm_out(struct out *o)
{
	uint8_t *p = o->data;
	int l3 = l3_of(p, o->len);
	uint16_t proto = o->len >= l3 + 20 ? get16(p + l3 - 2) : 0;

	if (proto == ETH_P_IP)
		norm_ip4(p + l3, o->len - l3);
	else if (proto == ETH_P_IPV6)
		norm_ip6(p + l3, o->len - l3);
	o->flow = flow_of(p + l3, o->len - l3, proto);
	o->has_id = find_id(p, o->len, &o->id);
	o->hash = fnv(fnv(0xcbf29ce484222325ULL, &o->vnet, sizeof(o->vnet)), p, o->len);
}

void norm_print(FILE *f)
{
	for (int i = 0; i < NORM_KINDS; i++)
		fprintf(f, "# made equal: %s: %s: %lu\n", norms[i].name, norms[i].reason,
			norms[i].count);
}
