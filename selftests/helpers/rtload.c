// SPDX-License-Identifier: GPL-2.0
/*
 * Load, flap and count routes over rtnetlink, many per system call.
 *
 *	rtload add|del TABLE 4|6 COUNT DEV GATEWAY[,GATEWAY...] [FIRST]
 *	rtload flap TABLE 4|6 COUNT DEV GATEWAY[,GATEWAY...] FIRST SECONDS RATE
 *	rtload count TABLE 4|6
 *
 * Route number i is 16.0.0.0 + i * 256 (IPv4: mostly /24, each fourth /22, each
 * sixteenth /20) or 2a00:: + i << 80 (IPv6: /48), through gateway number i modulo
 * their count. "flap" deletes, adds and replaces these routes at random, RATE
 * changes a second. "count" prints how many routes of the table the kernel has
 * and how many of them carry the offload, trap and offload_failed marks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef RTM_F_OFFLOAD_FAILED
#define RTM_F_OFFLOAD_FAILED 0x20000000
#endif

#define MAX_GATEWAYS 16
#define BATCH_BYTES 32768

struct job {
	int fd;
	int family;
	unsigned int table;
	unsigned int ifindex;
	unsigned int num_gateways;
	size_t alen;
	unsigned char gateway[MAX_GATEWAYS][16];
	unsigned char buf[BATCH_BYTES + 512];
	size_t used;
	unsigned long refused;
	uint32_t seq;
};

static void die(const char *what)
{
	fprintf(stderr, "rtload: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void usage(const char *why)
{
	fprintf(stderr, "rtload: %s\n", why);
	exit(2);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void put_attr(struct nlmsghdr *nlh, int type, const void *data, size_t len)
{
	struct rtattr *rta = (void *)((char *)nlh + NLMSG_ALIGN(nlh->nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), data, len);
	nlh->nlmsg_len = NLMSG_ALIGN(nlh->nlmsg_len) + RTA_ALIGN(rta->rta_len);
}

/* Send what is batched; the last message asks for an ack, so all were handled. */
static void flush(struct job *job)
{
	unsigned char reply[65536];
	int acked = 0;

	if (!job->used)
		return;
	if (send(job->fd, job->buf, job->used, 0) < 0)
		die("send");
	job->used = 0;
	while (!acked) {
		ssize_t n = recv(job->fd, reply, sizeof(reply), 0);
		struct nlmsghdr *nlh = (void *)reply;
		int len = n;

		if (n < 0)
			die("recv");
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			struct nlmsgerr *err = NLMSG_DATA(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			if (err->error)
				job->refused++;
			if (nlh->nlmsg_seq == job->seq)
				acked = 1;
		}
	}
}

static void queue(struct job *job, int type, int flags, unsigned int i, unsigned int gw, int last)
{
	struct nlmsghdr *nlh = (void *)(job->buf + job->used);
	unsigned char dst[16] = {};
	struct rtmsg *rtm;

	memset(nlh, 0, NLMSG_LENGTH(sizeof(*rtm)));
	nlh->nlmsg_len = NLMSG_LENGTH(sizeof(*rtm));
	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = ++job->seq;
	rtm = NLMSG_DATA(nlh);
	rtm->rtm_family = job->family;
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE;
	if (job->family == AF_INET) {
		uint32_t addr = htonl(0x10000000 + (i << 8));

		memcpy(dst, &addr, 4);
		rtm->rtm_dst_len = i % 16 == 0 ? 20 : i % 4 == 0 ? 22 : 24;
	} else {
		uint32_t hi = htonl(0x2a000000 + (i >> 16));
		uint16_t lo = htons(i);

		memcpy(dst, &hi, 4);
		memcpy(dst + 4, &lo, 2);
		rtm->rtm_dst_len = 48;
	}
	put_attr(nlh, RTA_TABLE, &job->table, 4);
	put_attr(nlh, RTA_DST, dst, job->alen);
	if (type == RTM_NEWROUTE || job->family == AF_INET6)
		put_attr(nlh, RTA_OIF, &job->ifindex, 4);
	if (type == RTM_NEWROUTE)
		put_attr(nlh, RTA_GATEWAY, job->gateway[gw], job->alen);
	job->used += NLMSG_ALIGN(nlh->nlmsg_len);
	if (job->used > BATCH_BYTES)
		last = 1;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags | (last ? NLM_F_ACK : 0);
	if (last)
		flush(job);
}

static void load(struct job *job, int add, unsigned int count, unsigned int first)
{
	unsigned int i;
	double t = now();

	for (i = 0; i < count; i++)
		queue(job, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_EXCL : 0,
		      first + i, (first + i) % job->num_gateways, i == count - 1);
	t = now() - t;
	printf("%s %u refused %lu seconds %.2f rate %.0f\n", add ? "added" : "deleted", count,
	       job->refused, t, count / t);
}

/* Deleting what is not there and adding what is are refused: that is expected. */
static void flap(struct job *job, unsigned int count, unsigned int first, double seconds,
		 double rate)
{
	double start = now(), t = start;
	unsigned long done = 0;

	while (t - start < seconds) {
		unsigned int burst = 32;

		while (burst--) {
			unsigned int i = first + random() % count;
			unsigned int gw = random() % job->num_gateways;

			switch (random() % 4) {
			case 0:
				queue(job, RTM_DELROUTE, 0, i, gw, !burst);
				break;
			case 1:
				queue(job, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, i, gw, !burst);
				break;
			default:
				queue(job, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, i, gw, !burst);
			}
			done++;
		}
		t = now();
		if (done / rate > t - start)
			usleep((done / rate - (t - start)) * 1e6);
	}
	printf("changed %lu refused %lu seconds %.2f rate %.0f\n", done, job->refused, t - start,
	       done / (t - start));
}

static void count_routes(struct job *job)
{
	unsigned long total = 0, offload = 0, trap = 0, failed = 0;
	struct {
		struct nlmsghdr nlh;
		struct rtmsg rtm;
		struct rtattr rta;
		uint32_t table;
	} req = {
		.nlh = { .nlmsg_len = sizeof(req), .nlmsg_type = RTM_GETROUTE, .nlmsg_seq = 1,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.rtm = { .rtm_family = job->family },
		.rta = { .rta_len = RTA_LENGTH(4), .rta_type = RTA_TABLE },
		.table = job->table,
	};
	unsigned char reply[65536];
	int one = 1, done = 0;

	setsockopt(job->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (send(job->fd, &req, sizeof(req), 0) < 0)
		die("send");
	while (!done) {
		ssize_t n = recv(job->fd, reply, sizeof(reply), 0);
		struct nlmsghdr *nlh = (void *)reply;
		int len = n;

		if (n < 0)
			die("recv");
		for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			struct rtmsg *rtm = NLMSG_DATA(nlh);

			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
				done = 1;
			if (nlh->nlmsg_type != RTM_NEWROUTE)
				continue;
			total++;
			offload += !!(rtm->rtm_flags & RTM_F_OFFLOAD);
			trap += !!(rtm->rtm_flags & RTM_F_TRAP);
			failed += !!(rtm->rtm_flags & RTM_F_OFFLOAD_FAILED);
		}
	}
	printf("routes %lu offload %lu trap %lu failed %lu\n", total, offload, trap, failed);
}

static void parse_gateways(struct job *job, char *list)
{
	char *save, *word;

	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (job->num_gateways == MAX_GATEWAYS)
			usage("too many gateways");
		if (inet_pton(job->family, word, job->gateway[job->num_gateways++]) != 1)
			usage("bad gateway address");
	}
}

int main(int argc, char **argv)
{
	static struct job job;
	unsigned int count, first;
	const char *cmd;
	int size = 1 << 20;

	if (argc < 4)
		usage("see the head of rtload.c");
	cmd = argv[1];
	job.table = strtoul(argv[2], NULL, 0);
	job.family = strcmp(argv[3], "6") ? AF_INET : AF_INET6;
	job.alen = job.family == AF_INET ? 4 : 16;
	job.fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (job.fd < 0)
		die("socket");
	setsockopt(job.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(job.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	size = 1;
	setsockopt(job.fd, SOL_NETLINK, NETLINK_CAP_ACK, &size, sizeof(size));
	if (!strcmp(cmd, "count")) {
		count_routes(&job);
		return 0;
	}
	if (argc < 7)
		usage("see the head of rtload.c");
	count = strtoul(argv[4], NULL, 0);
	job.ifindex = if_nametoindex(argv[5]);
	if (!job.ifindex)
		die(argv[5]);
	parse_gateways(&job, argv[6]);
	first = argc > 7 ? strtoul(argv[7], NULL, 0) : 0;
	if (!strcmp(cmd, "flap")) {
		if (argc != 10)
			usage("'flap' needs FIRST SECONDS RATE");
		flap(&job, count, first, atof(argv[8]), atof(argv[9]));
		return 0;
	}
	if (strcmp(cmd, "add") && strcmp(cmd, "del"))
		usage("unknown command");
	load(&job, !strcmp(cmd, "add"), count, first);
	return job.refused ? 1 : 0;
}
