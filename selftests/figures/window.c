// SPDX-License-Identifier: GPL-2.0
/*
 * Start simulated NICs, look at the routers' counters for a while, stop them: in
 * one process of high priority, since a CPU under test has little time for
 * processes, and what they take is missing to the routers.
 *
 * Usage: window COUNT MS SETTLE_MS DEV=PPS...
 *
 * They start and stop in this order. DEV is a NIC that generates, or the path of
 * its sysfs directory; what NAME-in generates goes out by NAME-out, whose latencies
 * count from the end of the settling time. Prints:
 *
 *   looked NANOSECONDS                   between the two looks that these are from:
 *   used VR NANOSECONDS PACKETS          charged to and sent by each vrouter
 *   row WINDOW NANOSECONDS DEV OWN ARRIVED SENT RECEIVED
 *                                        of each NIC in each of COUNT windows
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include <linux/vrouter.h>

#define SAMPLES "/sys/kernel/debug/vrsim/samples"
#define MAX_NAME 32
#define MAX_VRS 8192

struct usage {
	char name[MAX_NAME];
	uint64_t used;
	uint64_t packets;
};

struct snapshot {
	struct usage vr[MAX_VRS];
	unsigned int n;
	uint64_t time;
};

struct nic {
	char dir[256];
	char out[256];
	const char *pps;
};

static struct snapshot before, after;
static struct mnl_socket *sock;
static unsigned int portid;
static uint16_t family;

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("window: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* ---- netlink */

static int family_attr(const struct nlattr *attr, void *data)
{
	(void)data;
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), family_attr, data);
}

static int sched_attr(const struct nlattr *attr, void *data)
{
	struct usage *usage = data;

	if (mnl_attr_get_type(attr) == VROUTER_A_SCHED_USED_NS)
		usage->used = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static int stats_attr(const struct nlattr *attr, void *data)
{
	struct usage *usage = data;

	switch (mnl_attr_get_type(attr)) {
	case VROUTER_A_STATS_IFNAME:
		snprintf(usage->name, sizeof(usage->name), "%s", mnl_attr_get_str(attr));
		break;
	case VROUTER_A_STATS_TX_PACKETS:
		usage->packets = mnl_attr_get_u64(attr);
		break;
	case VROUTER_A_STATS_SCHED:
		return mnl_attr_parse_nested(attr, sched_attr, usage);
	}
	return MNL_CB_OK;
}

static int stats_msg(const struct nlmsghdr *nlh, void *data)
{
	struct snapshot *snap = data;

	if (snap->n == MAX_VRS)
		die("too many VRs");
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), stats_attr, &snap->vr[snap->n++]);
}

/* Return: 0, or -1 with errno. */
static int ask(uint16_t type, uint8_t cmd, uint16_t flags, const char *name, mnl_cb_t cb,
	       void *data)
{
	static char buf[65536];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	int len;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	if (name)
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (len < 0)
			return -1;
		len = mnl_cb_run(buf, len, 1, portid, cb, data);
	} while (len > MNL_CB_STOP);
	return len;
}

static void netlink_open(void)
{
	sock = mnl_socket_open(NETLINK_GENERIC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die("no netlink socket: %s", strerror(errno));
	portid = mnl_socket_get_portid(sock);
	/* Without the module the routers measured are not ours. */
	if (ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, VROUTER_FAMILY_NAME, family_msg,
		NULL) < 0 && errno != ENOENT)
		die("no answer about the family: %s", strerror(errno));
}

static void look(struct snapshot *snap)
{
	struct timespec t;

	if (family && ask(family, VROUTER_CMD_STATS_GET, NLM_F_DUMP, NULL, stats_msg, snap) < 0)
		die("no statistics: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &t);
	snap->time = t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* ---- NICs */

static int put(const char *dir, const char *file, const char *value)
{
	char path[512];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s%s%s", dir, *file ? "/" : "", file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	if (write(fd, value, strlen(value)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void put_or_die(const char *dir, const char *file, const char *value)
{
	int err = put(dir, file, value);

	if (err)
		die("%s/%s takes no '%s': %s", dir, file, value, strerror(err));
}

static void parse_nic(struct nic *nic, char *arg)
{
	char *pps = strchr(arg, '=');
	size_t len;

	if (!pps)
		die("'%s' is no DEV=PPS", arg);
	*pps++ = '\0';
	nic->pps = pps;
	if (strchr(arg, '/'))
		len = snprintf(nic->dir, sizeof(nic->dir), "%s", arg);
	else
		len = snprintf(nic->dir, sizeof(nic->dir), "/sys/class/net/%s/vrsim", arg);
	if (len >= sizeof(nic->dir))
		die("'%s' is too long", arg);
	memcpy(nic->out, nic->dir, sizeof(nic->out));
	arg = strstr(nic->out, "-in/");
	if (!arg)
		die("'%s' is no NAME-in", nic->dir);
	snprintf(arg, sizeof(nic->out) - (arg - nic->out), "-out/%s", strstr(nic->dir, "-in/") + 4);
}

static void wait_ms(unsigned long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

/* ---- results */

static void print_used(void)
{
	unsigned int i, j;

	printf("looked %llu\n", (unsigned long long)(after.time - before.time));
	for (i = 0; i < after.n; i++) {
		const struct usage *b = &after.vr[i], *a = NULL;

		for (j = 0; j < before.n && !a; j++)
			if (!strcmp(before.vr[j].name, b->name))
				a = &before.vr[j];
		if (a)
			printf("used %s %llu %llu\n", b->name,
			       (unsigned long long)(b->used - a->used),
			       (unsigned long long)(b->packets - a->packets));
	}
}

struct row {
	unsigned int window;
	unsigned long long time, own, arrived, sent, received;
	char dev[MAX_NAME];
};

static bool read_row(FILE *file, struct row *row)
{
	return fscanf(file, "%u %llu %31s %llu %llu %llu %llu", &row->window, &row->time, row->dev,
		      &row->own, &row->arrived, &row->sent, &row->received) == 7;
}

static void print_rows(void)
{
	struct row *last = NULL, row;
	unsigned int n = 0, i = 0;
	FILE *file;

	/* The last window may not be over yet. */
	for (;;) {
		file = fopen(SAMPLES, "r");
		if (!file)
			die(SAMPLES ": %s", strerror(errno));
		if (read_row(file, &row))
			break;
		if (errno != EBUSY)
			die(SAMPLES " is empty");
		fclose(file);
		wait_ms(1);
	}
	do {
		if (!row.window) {
			last = realloc(last, (n + 1) * sizeof(*last));
			if (!last)
				die("no memory");
			last[n++] = row;
			continue;
		}
		if (strcmp(last[i].dev, row.dev))
			die("a NIC came or went");
		printf("row %u %llu %s %llu %llu %llu %llu\n", row.window, row.time - last[i].time,
		       row.dev, row.own - last[i].own, row.arrived - last[i].arrived,
		       row.sent - last[i].sent, row.received - last[i].received);
		last[i] = row;
		i = (i + 1) % n;
	} while (read_row(file, &row));
	fclose(file);
	free(last);
}

int main(int argc, char **argv)
{
	const struct sched_param prio = { .sched_priority = 50 };
	unsigned long count, ms, settle;
	char samples[64];
	struct nic *nics;
	int n = argc - 4, i;

	if (n < 1)
		die("usage: window COUNT MS SETTLE_MS DEV=PPS...");
	count = strtoul(argv[1], NULL, 10);
	ms = strtoul(argv[2], NULL, 10);
	settle = strtoul(argv[3], NULL, 10);
	snprintf(samples, sizeof(samples), "%lu %lu", count, ms * 1000000);
	nics = calloc(n, sizeof(*nics));
	if (!nics)
		die("no memory");
	for (i = 0; i < n; i++)
		parse_nic(&nics[i], argv[4 + i]);

	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 || sched_setscheduler(0, SCHED_FIFO, &prio) < 0)
		die("no priority: %s", strerror(errno));
	netlink_open();
	for (i = 0; i < n; i++)
		put_or_die(nics[i].dir, "rate", nics[i].pps);
	for (i = 0; i < n; i++)
		put_or_die(nics[i].dir, "run", "1");

	wait_ms(settle);
	for (i = 0; i < n; i++)
		put_or_die(nics[i].out, "reset", "1");
	look(&before);
	put_or_die(SAMPLES, "", samples);
	wait_ms(count * ms);
	look(&after);
	/* The last one loses nothing by being stopped. */
	for (i = 0; i < n; i++) {
		if (i == n - 1)
			wait_ms(20);
		put_or_die(nics[i].dir, "run", "0");
	}

	print_used();
	print_rows();
	return 0;
}
