// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic whose every byte can be checked on arrival.
 *
 *	traffic serve [-d DEV] PORT			TCP: verify one stream to its end
 *	traffic connect [-d DEV] ADDR PORT BYTES	TCP: send a stream of BYTES bytes
 *	traffic blast [-r PPS] [-s SIZE] [-c COUNT] ADDR[/SPREAD]...
 *	traffic watch DEV RULE...			until SIGTERM or SIGINT
 *	traffic hello DEV SECONDS			OSPF hellos heard on DEV
 *
 * "blast" sends numbered UDP datagrams to port 9 of the addresses in turn, until
 * COUNT or a signal; ADDR/SPREAD (IPv4) walks through SPREAD consecutive /24s.
 * "watch" sees these datagrams as they leave on the wire at the other end of DEV
 * and compares them with the rules, first match counts:
 *	ADDRESS/LEN=TTL@MAC[+MAC...]	such packets may come, with this TTL and
 *					one of these destination MACs
 * Everything else is wrong: another destination, MAC or TTL, a bad checksum or
 * length, a payload that is not what was sent. It prints a summary and fails if
 * anything was wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x7672746c
#define MAX_RULES 16
#define MAX_MACS 8
#define CHUNK 65536

struct stamp {
	uint32_t magic;
	uint32_t seq;
	unsigned char dst[16];	/* the destination, IPv4 in the first four bytes */
};

struct rule {
	int family;
	unsigned char net[16];
	unsigned int len;
	unsigned int ttl;
	unsigned int num_macs;
	unsigned char mac[MAX_MACS][ETH_ALEN];
	unsigned long seen;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void usage(const char *why)
{
	fprintf(stderr, "traffic: %s (see the head of traffic.c)\n", why);
	exit(2);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The stream: each 64 bit word is a mix of its position, so nothing repeats. */
static void fill(unsigned char *buf, uint64_t pos, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++, pos++) {
		uint64_t x = (pos / 8 + 1) * 0x9e3779b97f4a7c15ULL;

		x ^= x >> 29;
		x *= 0xbf58476d1ce4e5b9ULL;
		buf[i] = x >> (8 * (pos % 8));
	}
}

static void bind_device(int fd, const char *dev)
{
	if (dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, strlen(dev) + 1))
		die("cannot bind to the device");
}

static int serve(const char *dev, const char *port)
{
	static unsigned char got[CHUNK], want[CHUNK];
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(atoi(port)),
	};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1, off = 0, conn;
	uint64_t pos = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	bind_device(fd, dev);
	if (bind(fd, (void *)&addr, sizeof(addr)) || listen(fd, 1))
		die("listen");
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		die("accept");
	while ((n = read(conn, got, sizeof(got))) > 0) {
		fill(want, pos, n);
		if (memcmp(got, want, n)) {
			printf("bytes differ after %llu\n", (unsigned long long)pos);
			return 1;
		}
		pos += n;
	}
	if (n < 0)
		die("read");
	printf("received %llu\n", (unsigned long long)pos);
	return 0;
}

static int connect_to(const char *dev, const char *host, const char *port, uint64_t bytes)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *ai;
	static unsigned char buf[CHUNK];
	uint64_t pos = 0;
	int fd;

	if (getaddrinfo(host, port, &hints, &ai))
		usage("bad address");
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	bind_device(fd, dev);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen))
		die("connect");
	freeaddrinfo(ai);
	while (pos < bytes) {
		size_t len = bytes - pos < CHUNK ? bytes - pos : CHUNK, done = 0;

		fill(buf, pos, len);
		while (done < len) {
			ssize_t n = write(fd, buf + done, len - done);

			if (n < 0)
				die("write");
			done += n;
		}
		pos += len;
	}
	/* Wait for the other side to have read everything. */
	shutdown(fd, SHUT_WR);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return 0;
}

struct target {
	struct sockaddr_storage addr;
	unsigned int spread;
};

static void parse_target(struct target *target, char *word)
{
	struct sockaddr_in6 *in6 = (void *)&target->addr;
	struct sockaddr_in *in = (void *)&target->addr;
	char *slash = strchr(word, '/');

	target->spread = 1;
	if (slash) {
		*slash = '\0';
		target->spread = strtoul(slash + 1, NULL, 0);
	}
	if (inet_pton(AF_INET, word, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(9);
	} else if (inet_pton(AF_INET6, word, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(9);
	} else {
		usage("bad address");
	}
}

static int blast(double rate, size_t size, unsigned long count, char **words, int num)
{
	int fd4 = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);
	struct target *targets = calloc(num, sizeof(*targets));
	unsigned char packet[9000] = {};
	struct stamp *stamp = (void *)packet;
	unsigned long sent = 0, failed = 0, turn = 0;
	double start;
	int i;

	if (!targets || size < sizeof(*stamp) || size > sizeof(packet))
		usage("bad size");
	for (i = 0; i < num; i++)
		parse_target(&targets[i], words[i]);
	fill(packet, 0, size);
	stamp->magic = htonl(MAGIC);
	start = now();
	while (!stop && (!count || turn < count)) {
		struct target *target = &targets[turn % num];
		struct sockaddr_in6 in6;
		struct sockaddr_in in;
		ssize_t n;

		memset(stamp->dst, 0, sizeof(stamp->dst));
		stamp->seq = htonl(turn);
		if (target->addr.ss_family == AF_INET) {
			memcpy(&in, &target->addr, sizeof(in));
			in.sin_addr.s_addr = htonl(ntohl(in.sin_addr.s_addr) +
						   ((turn / num % target->spread) << 8));
			memcpy(stamp->dst, &in.sin_addr, 4);
			n = sendto(fd4, packet, size, 0, (void *)&in, sizeof(in));
		} else {
			memcpy(&in6, &target->addr, sizeof(in6));
			memcpy(stamp->dst, &in6.sin6_addr, 16);
			n = sendto(fd6, packet, size, 0, (void *)&in6, sizeof(in6));
		}
		/* Errors reported by ICMP arrive here too: they count as not sent. */
		if (n == (ssize_t)size)
			sent++;
		else
			failed++;
		turn++;
		if (turn % 16 == 0) {
			/* Looked at once: behind the next moment it would be forever. */
			double ahead = turn / rate - (now() - start);

			if (ahead > 0)
				usleep(ahead * 1e6);
		}
	}
	printf("sent %lu failed %lu\n", sent, failed);
	return 0;
}

static void parse_rule(struct rule *rule, char *text)
{
	char *slash = strchr(text, '/'), *equals = strchr(text, '='), *at = strchr(text, '@');
	char *save, *word;

	if (!slash || !equals || !at)
		usage("a rule is ADDRESS/LEN=TTL@MAC[+MAC...]");
	*slash = *equals = *at = '\0';
	rule->family = inet_pton(AF_INET, text, rule->net) == 1 ? AF_INET : AF_INET6;
	if (rule->family == AF_INET6 && inet_pton(AF_INET6, text, rule->net) != 1)
		usage("bad address in a rule");
	rule->len = atoi(slash + 1);
	rule->ttl = atoi(equals + 1);
	for (word = strtok_r(at + 1, "+", &save); word; word = strtok_r(NULL, "+", &save)) {
		unsigned char *m = rule->mac[rule->num_macs];

		if (rule->num_macs++ == MAX_MACS ||
		    sscanf(word, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4,
			   m + 5) != 6)
			usage("bad MAC in a rule");
	}
}

static bool in_net(const unsigned char *addr, const struct rule *rule)
{
	unsigned int bytes = rule->len / 8, bits = rule->len % 8;

	if (memcmp(addr, rule->net, bytes))
		return false;
	return !bits || !((addr[bytes] ^ rule->net[bytes]) >> (8 - bits));
}

static uint32_t sum16(const unsigned char *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	return len ? sum + (p[0] << 8) : sum;
}

static bool folds_to_zero(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* What is wrong with this frame, NULL if nothing; *ours says whether it is ours. */
static const char *judge(const unsigned char *frame, size_t len, bool csum_pending,
			 struct rule *rules, int num_rules, bool *ours, uint32_t *seq)
{
	const unsigned char *ip = frame + ETH_HLEN, *udp, *dst;
	size_t alen, udp_len, size;
	static unsigned char want[9000];
	const struct stamp *stamp;
	unsigned int ttl, proto;
	bool ip_ok = true;
	int family, i, m;

	*ours = false;
	if (len < ETH_HLEN + sizeof(struct iphdr) + 8)
		return NULL;
	if (frame[12] == 0x08 && frame[13] == 0x00) {
		family = AF_INET;
		alen = 4;
		ttl = ip[8];
		proto = ip[9];
		dst = ip + 16;
		udp = ip + (ip[0] & 15) * 4;
		ip_ok = folds_to_zero(sum16(ip, (ip[0] & 15) * 4, 0)) && ip[0] >> 4 == 4 &&
			(size_t)(ip[2] << 8 | ip[3]) <= len - ETH_HLEN;
	} else if (frame[12] == 0x86 && frame[13] == 0xdd && len >= ETH_HLEN + 48) {
		family = AF_INET6;
		alen = 16;
		ttl = ip[7];
		proto = ip[6];
		dst = ip + 24;
		udp = ip + 40;
	} else {
		return NULL;
	}
	if (proto != IPPROTO_UDP || udp + 8 + sizeof(*stamp) > frame + len)
		return NULL;
	stamp = (const void *)(udp + 8);
	if (stamp->magic != htonl(MAGIC))
		return NULL;
	*ours = true;
	*seq = ntohl(stamp->seq);
	if (!ip_ok)
		return "bad IPv4 header";
	udp_len = udp[4] << 8 | udp[5];
	if (udp + udp_len > frame + len)
		return "truncated";
	size = udp_len - 8;
	if (!csum_pending && !folds_to_zero(sum16(udp, udp_len, sum16(dst - alen, 2 * alen,
								       IPPROTO_UDP + udp_len))))
		return "bad UDP checksum";
	if (memcmp(stamp->dst, dst, alen))
		return "destination is not the one sent to";
	if (size > sizeof(*stamp)) {
		fill(want, 0, size);
		if (memcmp(want + sizeof(*stamp), stamp + 1, size - sizeof(*stamp)))
			return "payload differs";
	}
	for (i = 0; i < num_rules; i++) {
		if (rules[i].family != family || !in_net(dst, &rules[i]))
			continue;
		if (ttl != rules[i].ttl)
			return "wrong TTL";
		for (m = 0; m < (int)rules[i].num_macs; m++) {
			if (!memcmp(frame, rules[i].mac[m], ETH_ALEN)) {
				rules[i].seen++;
				return NULL;
			}
		}
		return "wrong destination MAC";
	}
	return "must not leave on this port";
}

static int watch(const char *dev, char **words, int num_rules)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), size = 32 << 20, one = 1, i;
	unsigned long seen = 0, wrong = 0, twice = 0;
	static struct rule rules[MAX_RULES];
	static unsigned char map[1 << 26], frame[70000];
	struct tpacket_stats stats = {};
	socklen_t len = sizeof(stats);

	if (num_rules > MAX_RULES)
		usage("too many rules");
	for (i = 0; i < num_rules; i++)
		parse_rule(&rules[i], words[i]);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (bind(fd, (void *)&addr, sizeof(addr)))
		die(dev);
	printf("watching %s\n", dev);
	fflush(stdout);
	while (!stop) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		struct iovec iov = { .iov_base = frame, .iov_len = sizeof(frame) };
		char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				      .msg_controllen = sizeof(control) };
		struct cmsghdr *cmsg;
		bool pending = false, ours;
		const char *fault;
		uint32_t seq;
		ssize_t n;

		if (poll(&pfd, 1, 100) <= 0)
			continue;
		n = recvmsg(fd, &msg, MSG_DONTWAIT);
		if (n < 0)
			continue;
		for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
			struct tpacket_auxdata *aux = (void *)CMSG_DATA(cmsg);

			if (cmsg->cmsg_type == PACKET_AUXDATA)
				pending = aux->tp_status & TP_STATUS_CSUMNOTREADY;
		}
		fault = judge(frame, n, pending, rules, num_rules, &ours, &seq);
		if (!ours)
			continue;
		seen++;
		if (seq / 8 < sizeof(map)) {
			if (map[seq / 8] & (1 << seq % 8)) {
				twice++;
				fault = fault ? fault : "came twice";
			}
			map[seq / 8] |= 1 << seq % 8;
		}
		if (fault && wrong++ < 5)
			fprintf(stderr, "%s: packet %u: %s\n", dev, seq, fault);
	}
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	printf("seen %lu wrong %lu twice %lu unwatched %u rules", seen, wrong, twice,
	       stats.tp_drops);
	for (i = 0; i < num_rules; i++)
		printf(" %lu", rules[i].seen);
	printf("\n");
	return wrong ? 1 : 0;
}

/* As a routing daemon does it: a raw socket that has joined 224.0.0.5 on DEV. */
static int hello(const char *dev, double seconds)
{
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex(dev) };
	double end = now() + seconds;
	int fd = socket(AF_INET, SOCK_RAW, 89);
	unsigned char buf[2048];

	inet_pton(AF_INET, "224.0.0.5", &mreq.imr_multiaddr);
	bind_device(fd, dev);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)))
		die("cannot join 224.0.0.5");
	while (!stop && now() < end) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		if (poll(&pfd, 1, 100) > 0 && recv(fd, buf, sizeof(buf), 0) > 0) {
			printf("heard %u.%u.%u.%u\n", buf[12], buf[13], buf[14], buf[15]);
			return 0;
		}
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long count = 0;
	const char *cmd, *dev = NULL;
	struct sigaction sa = { .sa_handler = on_signal };
	size_t size = sizeof(struct stamp);
	double rate = 1000;
	int c;

	if (argc < 2)
		usage("no command");
	cmd = argv[1];
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	argv++;
	argc--;
	while ((c = getopt(argc, argv, "d:r:s:c:")) != -1) {
		switch (c) {
		case 'd':
			dev = optarg;
			break;
		case 'r':
			rate = atof(optarg);
			break;
		case 's':
			size = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		default:
			usage("bad option");
		}
	}
	argv += optind;
	argc -= optind;
	if (!strcmp(cmd, "serve") && argc == 1)
		return serve(dev, argv[0]);
	if (!strcmp(cmd, "connect") && argc == 3)
		return connect_to(dev, argv[0], argv[1], strtoull(argv[2], NULL, 0));
	if (!strcmp(cmd, "blast") && argc > 0)
		return blast(rate, size, count, argv, argc);
	if (!strcmp(cmd, "watch") && argc > 0)
		return watch(argv[0], argv + 1, argc - 1);
	if (!strcmp(cmd, "hello") && argc == 2)
		return hello(argv[0], atof(argv[1]));
	usage("bad command or arguments");
}
