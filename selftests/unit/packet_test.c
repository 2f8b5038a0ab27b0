// SPDX-License-Identifier: GPL-2.0
/* Packet headers as vrctl prints them. */
#include <stdio.h>

#include "../../tools/vrctl/packet.c"

static int n_tests, failed;

static size_t from_hex(const char *hex, uint8_t *data)
{
	size_t n = 0;

	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (*hex && sscanf(hex, "%2hhx", &data[n++]) != 1)
			return 0;
	}
	return n;
}

static void prints(const char *what, const char *hex, const char *wanted)
{
	char buf[256];
	uint8_t data[128];
	size_t n = from_hex(hex, data), cut;

	packet_text(data, n, buf, sizeof(buf));
	if (strcmp(buf, wanted)) {
		printf("# %s\n# %s\n", buf, wanted);
		failed++;
	}
	printf("%sok %d packet: %s\n", strcmp(buf, wanted) ? "not " : "", ++n_tests, what);
	/* Cut anywhere, or with little room: something, and nothing beyond. */
	for (cut = 0; cut <= n; cut++) {
		uint8_t part[128];
		char small[16];

		memcpy(part, data, cut);
		packet_text(part, cut, buf, sizeof(buf));
		packet_text(part, cut, small, sizeof(small));
	}
}

#define V4	"c0000201 c6336402"
#define V6	"20010db8000000000000000000000001 20010db8000000000000000000000002"

int main(void)
{
	prints("UDP", "45000054 00004000 40110000" V4 "04d20035 00400000",
	       "IP 192.0.2.1.1234 > 198.51.100.2.53: UDP, length 56, ttl 64");
	prints("TCP", "4500003c 00004000 3f060000" V4 "d4310050 00000001 00000002 a012faf0",
	       "IP 192.0.2.1.54321 > 198.51.100.2.80: TCP Flags [S.], length 0, ttl 63");
	prints("ICMP echo", "45000054 00004000 01010000" V4 "08001234 0007002a",
	       "IP 192.0.2.1 > 198.51.100.2: ICMP echo request, id 7, seq 42, length 64, ttl 1");
	prints("ICMP unreachable", "45000038 00000000 40010000" V4 "03011234 00000000",
	       "IP 192.0.2.1 > 198.51.100.2: ICMP type 3 code 1, length 36, ttl 64");
	prints("fragment", "45000054 00002010 40110000" V4 "04d20035 00400000",
	       "IP 192.0.2.1 > 198.51.100.2: ip-proto-17, fragment at 128, length 64, ttl 64");
	prints("options", "46000058 00004000 40110000" V4 "01010101 04d20035 00400000",
	       "IP 192.0.2.1.1234 > 198.51.100.2.53: UDP, length 56, ttl 64, options");
	prints("GRE", "45000054 00004000 402f0000" V4 "00000800",
	       "IP 192.0.2.1 > 198.51.100.2: ip-proto-47, length 64, ttl 64");
	prints("bad header length", "41000054 00004000 40110000" V4 "04d20035 00400000",
	       "IP 192.0.2.1 > 198.51.100.2: UDP, length 72, ttl 64, bad header length 4");
	prints("cut off", "45000054 0000", "IP [cut off]");
	prints("IPv6 UDP", "60000000 00201140" V6 "04d20035 00200000",
	       "IP6 2001:db8::1.1234 > 2001:db8::2.53: UDP, length 24, hlim 64");
	prints("IPv6 echo", "60000000 00403aff" V6 "81001234 00010002",
	       "IP6 2001:db8::1 > 2001:db8::2: ICMP6 echo reply, id 1, seq 2, length 64, hlim 255");
	prints("IPv6 hop-by-hop", "60000000 00280040" V6 "11000502 00000000 04d20035 00200000",
	       "IP6 2001:db8::1.1234 > 2001:db8::2.53: UDP, length 24, hlim 64");
	prints("IPv6 fragment", "60000000 00282c40" V6 "11000580 00000001 04d20035 00200000",
	       "IP6 2001:db8::1 > 2001:db8::2: ip-proto-17, fragment at 1408, length 32, hlim 64");
	prints("IPv6 extension cut off", "60000000 00280040" V6 "1100",
	       "IP6 2001:db8::1 > 2001:db8::2: ip-proto-0, length 40, hlim 64");
	prints("no IP", "0806000108000604", "not IP: 08 06 00 01 08 00 06 04");
	prints("nothing", "", "not IP:");
	printf("1..%d\n", n_tests);
	return failed != 0;
}
