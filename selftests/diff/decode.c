// SPDX-License-Identifier: GPL-2.0
/* Frames in words, for reports. */
#include "pktdiff.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

void hexdump(FILE *f, const uint8_t *p, int len)
{
	for (int i = 0; i < len; i++)
		fprintf(f, "%s%02x%s", i % 32 ? "" : "#      ", p[i],
			i % 32 == 31 || i == len - 1 ? "\n"
			: i % 4 == 3		     ? " "
						     : "");
}

static void decode_l3(FILE *f, uint16_t proto, const uint8_t *p, int len, int depth);

static void decode_l4(FILE *f, uint8_t proto, const uint8_t *p, int len, bool v6, int depth)
{
	if (len < 8) {
		fprintf(f, " proto %d, %d bytes", proto, len);
		return;
	}
	switch (proto) {
	case IPPROTO_UDP:
		fprintf(f, " UDP %d>%d len %d csum %04x", get16(p), get16(p + 2), get16(p + 4),
			get16(p + 6));
		break;
	case IPPROTO_TCP:
		fprintf(f, " TCP %d>%d", get16(p), get16(p + 2));
		if (len >= 20)
			fprintf(f, " seq %u ack %u flags %02x csum %04x", get32(p + 4),
				get32(p + 8), p[13], get16(p + 16));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		fprintf(f, " ICMP type %d code %d csum %04x rest %08x", p[0], p[1], get16(p + 2),
			get32(p + 4));
		if (!depth && (v6 ? p[0] < 128 : p[0] != 0 && p[0] != 8)) {
			fprintf(f, " [");
			decode_l3(f, v6 ? ETH_P_IPV6 : ETH_P_IP, p + 8, len - 8, depth + 1);
			fprintf(f, " ]");
		}
		break;
	default:
		fprintf(f, " proto %d, %d bytes", proto, len);
	}
}

static void decode_l3(FILE *f, uint16_t proto, const uint8_t *p, int len, int depth)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	int hlen;

	if (proto == ETH_P_IP && len >= 20) {
		inet_ntop(AF_INET, p + 12, src, sizeof(src));
		inet_ntop(AF_INET, p + 16, dst, sizeof(dst));
		hlen = (p[0] & 15) * 4;
		fprintf(f,
			" IPv%d %s > %s ihl %d tos %02x len %d id %04x frag %04x ttl %d proto %d "
			"csum %04x%s",
			p[0] >> 4, src, dst, p[0] & 15, p[1], get16(p + 2), get16(p + 4),
			get16(p + 6), p[8], p[9], get16(p + 10),
			hlen >= 20 && hlen <= len && csum_fold(csum_add(0, p, hlen)) ? " (bad)"
										     : "");
		if (hlen > 20 && hlen <= len) {
			fprintf(f, " options");
			for (int i = 20; i < hlen; i++)
				fprintf(f, " %02x", p[i]);
		}
		if (hlen >= 20 && hlen < len)
			decode_l4(f, p[9], p + hlen, len - hlen, false, depth);
	} else if (proto == ETH_P_IPV6 && len >= 40) {
		inet_ntop(AF_INET6, p + 8, src, sizeof(src));
		inet_ntop(AF_INET6, p + 24, dst, sizeof(dst));
		fprintf(f, " IPv%d %s > %s first word %08x len %d next %d hops %d", p[0] >> 4, src,
			dst, get32(p), get16(p + 4), p[6], p[7]);
		decode_l4(f, p[6], p + 40, len - 40, true, depth);
	} else if (proto == ETH_P_ARP && len >= 28) {
		inet_ntop(AF_INET, p + 14, src, sizeof(src));
		inet_ntop(AF_INET, p + 24, dst, sizeof(dst));
		fprintf(f, " ARP op %d %s asks or tells %s", get16(p + 6), src, dst);
	} else {
		fprintf(f, " ethertype %04x, %d bytes", proto, len);
	}
}

void decode(FILE *f, const uint8_t *p, int len)
{
	int l3 = 14;

	if (len < 14) {
		fprintf(f, "%d bytes\n", len);
		return;
	}
	fprintf(f, "%d bytes %02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x", len,
		p[6], p[7], p[8], p[9], p[10], p[11], p[0], p[1], p[2], p[3], p[4], p[5]);
	while (l3 + 4 <= len && get16(p + l3 - 2) == ETH_P_8021Q) {
		fprintf(f, " vlan %d", get16(p + l3) & 0xfff);
		l3 += 4;
	}
	decode_l3(f, get16(p + l3 - 2), p + l3, len - l3, 0);
	fputc('\n', f);
}
