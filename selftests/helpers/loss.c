// SPDX-License-Identifier: GPL-2.0
/*
 * How long a path is interrupted: numbered datagrams at a steady rate.
 *
 *	loss send ADDR PORT PPS	send to ADDR until SIGTERM
 *	loss receive PORT PPS		receive until SIGTERM, then tell
 *
 * "received N lost N twice N longest N.N": datagrams that came at least once, that
 * are missing between the first and the last one, that came more than once, and the
 * longest run of missing ones as milliseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_SEQ (1U << 22)

static volatile sig_atomic_t stop;
static unsigned char seen[MAX_SEQ];

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "loss: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int send_to(const char *host, int port, unsigned int pps)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	unsigned char buf[64] = {};
	struct timespec next;
	uint32_t seq;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1)
		die(host);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (seq = 0; seq < MAX_SEQ && !stop; seq++) {
		uint32_t wire = htonl(seq);

		memcpy(buf, &wire, sizeof(wire));
		sendto(fd, buf, sizeof(buf), 0, (void *)&to, sizeof(to));
		next.tv_nsec += 1000000000 / pps;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("sent %u\n", seq);
	return 0;
}

static int receive(int port, unsigned int pps)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	uint32_t seq, first = MAX_SEQ, last = 0, received = 0, twice = 0, lost = 0, run = 0,
		      longest = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)))
		die("cannot receive");
	while (!stop) {
		if (recv(fd, &seq, sizeof(seq), 0) < (ssize_t)sizeof(seq))
			continue;
		seq = ntohl(seq);
		if (seq >= MAX_SEQ)
			continue;
		if (seen[seq])
			twice++;
		else
			received++;
		seen[seq] = 1;
		if (seq < first)
			first = seq;
		if (seq > last)
			last = seq;
	}
	for (seq = first; received && seq <= last; seq++) {
		run = seen[seq] ? 0 : run + 1;
		lost += !seen[seq];
		if (run > longest)
			longest = run;
	}
	printf("received %u lost %u twice %u longest %.1f\n", received, lost, twice,
	       longest * 1000.0 / pps);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	if (argc == 5 && !strcmp(argv[1], "send") && atoi(argv[4]) > 0)
		return send_to(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "receive") && atoi(argv[3]) > 0)
		return receive(atoi(argv[2]), atoi(argv[3]));
	fprintf(stderr, "loss: see the head of loss.c\n");
	return 2;
}
