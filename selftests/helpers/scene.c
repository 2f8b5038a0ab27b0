// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel with virtual routers as the tools see it, out of a file: what they
 * print can then be checked to the digit, without a kernel that has the module.
 * Preloaded in front of libmnl, for requests of the vrouter family only.
 *
 *   SCENE=FILE LD_PRELOAD=.../scene.so vrctl ...
 *
 * FILE is read anew for each request.  Its lines are, in any order:
 *
 *   cpu CPU KEY=VALUE...		queues busy billed polls switches outside
 *					ingress lagmax bound slice khz
 *   vr IFINDEX NAME KEY=VALUE...	table weight ports cpus active qpackets
 *					qtime vlimit strikes window quarantine burn
 *					rx rxbytes tx txbytes passed vectors polls
 *					used usedCPU entitled lag lagmax qlen qmax
 *					qlimit waits wait waitmax cost struck
 *					drop.NAME punt.NAME
 *   latency IFINDEX END:PACKETS...	END is - for the bucket without one
 *   port IFINDEX NAME VR		of the VR of this ifindex
 *   incident KEY=VALUE...		id time kind vr name cpu packets spent limit
 *					element elementns port header (hex)
 *   refuse WORD			nothing is told, for this reason
 *   outq BYTES			so many wait to be sent by the terminal's line
 *
 * A number may be A+R: A and R for each second of the monotonic clock.  With
 * SCENE_LOG, requests that change something are added to that file as text; all
 * of them succeed.  A monitor is told of each incident, and then of an error.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/vrouter.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FAMILY 0x55
#define GROUP 7
#define ROOM 8192

struct mnl_socket {
	bool monitor;
};

/* The answer: messages one after the other, each received on its own. */
static struct {
	char *buf;
	size_t len;
	size_t at;
} answer;

static struct nlmsghdr *request;
static char msg[ROOM];
static char line[4096];

static const char *text(const char *key)
{
	static char val[1024];
	size_t len = strlen(key);
	char *p;

	for (p = strchr(line, ' '); p; p = strchr(p + 1, ' '))
		if (!strncmp(p + 1, key, len) && p[1 + len] == '=') {
			sscanf(p + 2 + len, "%1023s", val);
			return val;
		}
	return NULL;
}

static uint64_t count(const char *val)
{
	struct timespec now;
	double rate = 0;
	char *end;
	uint64_t base;

	if (!val)
		return 0;
	base = strtoll(val, &end, 0);
	if (*end == '+')
		rate = strtod(end + 1, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return base + (uint64_t)(rate * (now.tv_sec + now.tv_nsec / 1e9));
}

static uint64_t number(const char *key)
{
	return count(text(key));
}

/* Messages */

static void add(const struct nlmsghdr *nlh)
{
	answer.buf = realloc(answer.buf, answer.len + nlh->nlmsg_len);
	if (!answer.buf)
		abort();
	memcpy(answer.buf + answer.len, nlh, nlh->nlmsg_len);
	answer.len += nlh->nlmsg_len;
}

static struct nlmsghdr *begin(uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(msg);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = request->nlmsg_seq;
	nlh->nlmsg_pid = 1;
	return nlh;
}

static struct nlmsghdr *row(uint8_t cmd)
{
	struct nlmsghdr *nlh = begin(FAMILY, NLM_F_MULTI);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static void finish(int error, const char *why)
{
	struct nlmsghdr *nlh = begin(request->nlmsg_flags & NLM_F_DUMP ? NLMSG_DONE : NLMSG_ERROR,
				     why ? NLM_F_ACK_TLVS | NLM_F_CAPPED : 0);

	if (request->nlmsg_flags & NLM_F_DUMP) {
		*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = -error;
	} else {
		struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));

		err->error = -error;
		err->msg = *request;
	}
	if (why)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, why);
	add(nlh);
}

/* Rows: what line says */

static void put64(struct nlmsghdr *nlh, uint16_t type, const char *key)
{
	mnl_attr_put_u64(nlh, type, number(key));
}

static void put32(struct nlmsghdr *nlh, uint16_t type, const char *key)
{
	mnl_attr_put_u32(nlh, type, number(key));
}

static void put_str(struct nlmsghdr *nlh, uint16_t type, const char *key)
{
	const char *val = text(key);

	if (val)
		mnl_attr_put_strz(nlh, type, val);
}

static void put_name(struct nlmsghdr *nlh, uint16_t index, uint16_t name)
{
	char dev[16];
	int ifindex;

	if (sscanf(line, "%*s %d %15s", &ifindex, dev) != 2)
		abort();
	mnl_attr_put_u32(nlh, index, ifindex);
	mnl_attr_put_strz(nlh, name, dev);
}

static void vr_row(void)
{
	struct nlmsghdr *nlh = row(VROUTER_CMD_VR_GET);

	put_name(nlh, VROUTER_A_VR_IFINDEX, VROUTER_A_VR_IFNAME);
	put32(nlh, VROUTER_A_VR_TABLE, "table");
	put32(nlh, VROUTER_A_VR_WEIGHT, "weight");
	put32(nlh, VROUTER_A_VR_PORTS, "ports");
	put_str(nlh, VROUTER_A_VR_CPUS, "cpus");
	put_str(nlh, VROUTER_A_VR_CPUS_ACTIVE, "active");
	put32(nlh, VROUTER_A_VR_QUEUE_PACKETS, "qpackets");
	put32(nlh, VROUTER_A_VR_QUEUE_TIME_US, "qtime");
	put32(nlh, VROUTER_A_VR_VECTOR_LIMIT_US, "vlimit");
	put32(nlh, VROUTER_A_VR_STRIKES, "strikes");
	put32(nlh, VROUTER_A_VR_STRIKE_WINDOW_MS, "window");
	mnl_attr_put_u8(nlh, VROUTER_A_VR_QUARANTINE, number("quarantine"));
	put32(nlh, VROUTER_A_VR_BURN, "burn");
	add(nlh);
}

static void cpu_row(void)
{
	struct nlmsghdr *nlh = row(VROUTER_CMD_CORE_GET);

	mnl_attr_put_u32(nlh, VROUTER_A_CORE_CPU, strtoul(line + 4, NULL, 10));
	put32(nlh, VROUTER_A_CORE_QUEUES, "queues");
	put64(nlh, VROUTER_A_CORE_BUSY_NS, "busy");
	put64(nlh, VROUTER_A_CORE_BILLED_NS, "billed");
	put64(nlh, VROUTER_A_CORE_POLLS, "polls");
	put64(nlh, VROUTER_A_CORE_SWITCHES, "switches");
	put64(nlh, VROUTER_A_CORE_OUTSIDE_NS, "outside");
	put64(nlh, VROUTER_A_CORE_INGRESS_NS, "ingress");
	put64(nlh, VROUTER_A_CORE_LAG_MAX_NS, "lagmax");
	put64(nlh, VROUTER_A_CORE_BOUND_NS, "bound");
	put32(nlh, VROUTER_A_CORE_SLICE_US, "slice");
	put32(nlh, VROUTER_A_CORE_CLOCK_KHZ, "khz");
	add(nlh);
}

static void put_counters(struct nlmsghdr *nlh, uint16_t type, const char *prefix)
{
	char name[64], val[64];
	struct nlattr *nest;
	char *p;

	for (p = strstr(line, prefix); p; p = strstr(p + 1, prefix)) {
		if (sscanf(p + strlen(prefix), "%63[^=]=%63s", name, val) != 2)
			abort();
		nest = mnl_attr_nest_start(nlh, type);
		mnl_attr_put_strz(nlh, VROUTER_A_COUNTER_NAME, name);
		mnl_attr_put_u64(nlh, VROUTER_A_COUNTER_PACKETS, count(val));
		mnl_attr_put_strz(nlh, VROUTER_A_COUNTER_TEXT, "as the scene says");
		mnl_attr_nest_end(nlh, nest);
	}
}

static void put_sched(struct nlmsghdr *nlh, const char *used)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VROUTER_A_STATS_SCHED);

	put64(nlh, VROUTER_A_SCHED_USED_NS, used);
	put64(nlh, VROUTER_A_SCHED_ENTITLED_NS, "entitled");
	put64(nlh, VROUTER_A_SCHED_LAG_NS, "lag");
	put64(nlh, VROUTER_A_SCHED_LAG_MAX_NS, "lagmax");
	put32(nlh, VROUTER_A_SCHED_QLEN, "qlen");
	put32(nlh, VROUTER_A_SCHED_QLEN_MAX, "qmax");
	put32(nlh, VROUTER_A_SCHED_QLEN_LIMIT, "qlimit");
	put64(nlh, VROUTER_A_SCHED_WAITS, "waits");
	put64(nlh, VROUTER_A_SCHED_WAIT_NS, "wait");
	put64(nlh, VROUTER_A_SCHED_WAIT_MAX_NS, "waitmax");
	put32(nlh, VROUTER_A_SCHED_COST, "cost");
	put32(nlh, VROUTER_A_SCHED_STRIKES, "struck");
	mnl_attr_nest_end(nlh, nest);
}

/* Of one CPU the scene knows only the time used there. */
static void stats_rows(bool per_cpu)
{
	struct nlmsghdr *nlh = row(VROUTER_CMD_STATS_GET);
	unsigned int cpu;
	char key[16];

	put_name(nlh, VROUTER_A_STATS_IFINDEX, VROUTER_A_STATS_IFNAME);
	put64(nlh, VROUTER_A_STATS_RX_PACKETS, "rx");
	put64(nlh, VROUTER_A_STATS_RX_BYTES, "rxbytes");
	put64(nlh, VROUTER_A_STATS_TX_PACKETS, "tx");
	put64(nlh, VROUTER_A_STATS_TX_BYTES, "txbytes");
	put64(nlh, VROUTER_A_STATS_PASSED, "passed");
	put64(nlh, VROUTER_A_STATS_VECTORS, "vectors");
	put64(nlh, VROUTER_A_STATS_POLLS, "polls");
	put_counters(nlh, VROUTER_A_STATS_DROP, " drop.");
	put_counters(nlh, VROUTER_A_STATS_PUNT, " punt.");
	put_sched(nlh, "used");
	add(nlh);
	for (cpu = 0; per_cpu && cpu < 64; cpu++) {
		snprintf(key, sizeof(key), "used%u", cpu);
		if (!text(key))
			continue;
		nlh = row(VROUTER_CMD_STATS_GET);
		put_name(nlh, VROUTER_A_STATS_IFINDEX, VROUTER_A_STATS_IFNAME);
		mnl_attr_put_u32(nlh, VROUTER_A_STATS_CPU, cpu);
		put_sched(nlh, key);
		add(nlh);
	}
}

static void latency_row(void)
{
	struct nlmsghdr *nlh = row(VROUTER_CMD_LATENCY_GET);
	struct nlattr *nest;
	char *p, *colon;

	mnl_attr_put_u32(nlh, VROUTER_A_LATENCY_IFINDEX, strtoul(line + 8, NULL, 10));
	for (colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
		for (p = colon; p[-1] != ' '; p--)
			;
		nest = mnl_attr_nest_start(nlh, VROUTER_A_LATENCY_BUCKET);
		if (*p != '-')
			mnl_attr_put_u64(nlh, VROUTER_A_BUCKET_BELOW_NS, strtoull(p, NULL, 10));
		mnl_attr_put_u64(nlh, VROUTER_A_BUCKET_PACKETS, count(colon + 1));
		mnl_attr_nest_end(nlh, nest);
	}
	add(nlh);
}

static void port_row(void)
{
	struct nlmsghdr *nlh = row(VROUTER_CMD_PORT_GET);
	unsigned int vr;

	put_name(nlh, VROUTER_A_PORT_IFINDEX, VROUTER_A_PORT_IFNAME);
	if (sscanf(line, "port %*d %*s %u", &vr) == 1)
		mnl_attr_put_u32(nlh, VROUTER_A_PORT_VR_IFINDEX, vr);
	add(nlh);
}

static void put_header(struct nlmsghdr *nlh)
{
	const char *hex = text("header");
	unsigned char data[64];
	size_t n = 0;

	while (hex && n < sizeof(data) && sscanf(hex + 2 * n, "%2hhx", &data[n]) == 1)
		n++;
	if (hex)
		mnl_attr_put(nlh, VROUTER_A_INCIDENT_HEADER, n, data);
}

static void incident_row(uint8_t cmd)
{
	struct nlmsghdr *nlh = row(cmd);

	put64(nlh, VROUTER_A_INCIDENT_ID, "id");
	put64(nlh, VROUTER_A_INCIDENT_TIME_NS, "time");
	put32(nlh, VROUTER_A_INCIDENT_KIND, "kind");
	put32(nlh, VROUTER_A_INCIDENT_IFINDEX, "vr");
	put_str(nlh, VROUTER_A_INCIDENT_IFNAME, "name");
	if (text("spent")) {
		put32(nlh, VROUTER_A_INCIDENT_CPU, "cpu");
		put32(nlh, VROUTER_A_INCIDENT_PACKETS, "packets");
		put64(nlh, VROUTER_A_INCIDENT_SPENT_NS, "spent");
		put64(nlh, VROUTER_A_INCIDENT_LIMIT_NS, "limit");
	}
	if (text("element")) {
		put_str(nlh, VROUTER_A_INCIDENT_ELEMENT, "element");
		put64(nlh, VROUTER_A_INCIDENT_ELEMENT_NS, "elementns");
	}
	put_str(nlh, VROUTER_A_INCIDENT_PORT, "port");
	put_header(nlh);
	add(nlh);
}

/* Requests */

/* Which lines are asked for: by this name, this ifindex or this CPU. */
static const char *asked_name;
static int64_t asked_number;
static bool per_cpu;

static bool is_asked(const char *word)
{
	size_t len = strlen(word);
	char name[16] = "";

	if (strncmp(line, word, len) || line[len] != ' ')
		return false;
	if (!strcmp(word, "incident")) {
		if (text("name"))
			snprintf(name, sizeof(name), "%s", text("name"));
	} else {
		sscanf(line + len, "%*d %15s", name);
	}
	if (asked_name && strcmp(word, "latency"))
		return !strcmp(asked_name, name);
	return asked_number < 0 || strtoll(line + len, NULL, 10) == asked_number;
}

static unsigned int scan(FILE *file, uint8_t cmd)
{
	unsigned int n = 0;

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		n++;
		if (cmd == VROUTER_CMD_VR_GET && is_asked("vr"))
			vr_row();
		else if (cmd == VROUTER_CMD_CORE_GET && is_asked("cpu"))
			cpu_row();
		else if (cmd == VROUTER_CMD_STATS_GET && is_asked("vr"))
			stats_rows(per_cpu);
		else if (cmd == VROUTER_CMD_LATENCY_GET && is_asked("latency"))
			latency_row();
		else if (cmd == VROUTER_CMD_PORT_GET && is_asked("port"))
			port_row();
		else if (cmd == VROUTER_CMD_INCIDENT_GET && is_asked("incident"))
			incident_row(cmd);
		else if (cmd == VROUTER_CMD_INCIDENT_NTF && is_asked("incident"))
			incident_row(cmd);
		else
			n--;
	}
	return n;
}

static FILE *open_scene(void)
{
	FILE *file = fopen(getenv("SCENE") ? getenv("SCENE") : "", "r");

	if (!file) {
		perror("SCENE");
		exit(99);
	}
	return file;
}

static void log_change(const struct genlmsghdr *genl)
{
	FILE *file = fopen(getenv("SCENE_LOG") ? getenv("SCENE_LOG") : "/dev/null", "a");
	const struct nlattr *attr;

	if (!file)
		exit(99);
	fputs(genl->cmd == VROUTER_CMD_VR_SET ? "vr" : "core", file);
	mnl_attr_for_each(attr, request, sizeof(*genl)) {
		const char *data = mnl_attr_get_payload(attr);
		size_t len = mnl_attr_get_payload_len(attr);

		fprintf(file, " %u=", mnl_attr_get_type(attr));
		if (genl->cmd == VROUTER_CMD_VR_SET &&
		    (mnl_attr_get_type(attr) == VROUTER_A_VR_CPUS ||
		     mnl_attr_get_type(attr) == VROUTER_A_VR_IFNAME))
			fprintf(file, "%s", data);
		else
			fprintf(file, "%u", len == 1 ? mnl_attr_get_u8(attr) : mnl_attr_get_u32(attr));
	}
	fputc('\n', file);
	fclose(file);
}

static void read_filter(const struct genlmsghdr *genl)
{
	uint16_t name = genl->cmd == VROUTER_CMD_INCIDENT_GET ? VROUTER_A_INCIDENT_IFNAME :
			genl->cmd == VROUTER_CMD_PORT_GET     ? VROUTER_A_PORT_IFNAME :
								VROUTER_A_VR_IFNAME;
	const struct nlattr *attr;

	asked_name = NULL;
	asked_number = -1;
	per_cpu = false;
	mnl_attr_for_each(attr, request, sizeof(*genl)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (genl->cmd == VROUTER_CMD_STATS_GET && type == VROUTER_A_STATS_PER_CPU)
			per_cpu = true;
		else if (genl->cmd == VROUTER_CMD_CORE_GET)
			asked_number = mnl_attr_get_u32(attr);
		else if (type == name)
			asked_name = mnl_attr_get_str(attr);
	}
}

static void answer_family(void)
{
	struct nlmsghdr *nlh = begin(GENL_ID_CTRL, 0);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	struct nlattr *groups, *group;

	genl->cmd = CTRL_CMD_NEWFAMILY;
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	group = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, GROUP);
	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, VROUTER_MCGRP_EVENTS);
	mnl_attr_nest_end(nlh, group);
	mnl_attr_nest_end(nlh, groups);
	add(nlh);
}

static void answer_request(void)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	char why[64] = "";
	unsigned int n;
	FILE *file;

	if (genl->cmd == VROUTER_CMD_VR_SET || genl->cmd == VROUTER_CMD_CORE_SET) {
		log_change(genl);
		finish(0, NULL);
		return;
	}
	read_filter(genl);
	file = open_scene();
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "refuse %63s", why) == 1)
			break;
	n = *why ? 0 : scan(file, genl->cmd);
	fclose(file);
	if (*why)
		finish(EPERM, why);
	else if (!n && asked_name && genl->cmd != VROUTER_CMD_LATENCY_GET &&
	    genl->cmd != VROUTER_CMD_INCIDENT_GET)
		finish(ENODEV, "No device of this name");
	else
		finish(0, NULL);
}

/* The C library's, for what no pseudo-terminal has. */
int ioctl(int fd, unsigned long what, ...)
{
	FILE *file = what == TIOCOUTQ ? open_scene() : NULL;
	bool found = false;
	va_list args;
	void *arg;

	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "outq %d", (int *)arg) == 1;
	if (file)
		fclose(file);
	return found ? 0 : syscall(SYS_ioctl, fd, what, arg);
}

/* libmnl's */

struct mnl_socket *mnl_socket_open(int bus)
{
	static struct mnl_socket sock;

	(void)bus;
	return &sock;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	(void)nl;
	return 1;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	(void)nl;
	return 0;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	FILE *file;

	(void)nl;
	(void)buf;
	(void)len;
	if (type != NETLINK_ADD_MEMBERSHIP)
		return 0;
	file = open_scene();
	answer.len = 0;
	answer.at = 0;
	asked_name = NULL;
	asked_number = -1;
	scan(file, VROUTER_CMD_INCIDENT_NTF);
	fclose(file);
	return 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	(void)nl;
	answer.len = 0;
	answer.at = 0;
	request = (struct nlmsghdr *)buf;
	if (request->nlmsg_type == GENL_ID_CTRL)
		answer_family();
	else
		answer_request();
	return len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t room)
{
	size_t len;

	(void)nl;
	if (answer.at == answer.len) {
		errno = EBADF;
		return -1;
	}
	len = ((struct nlmsghdr *)(answer.buf + answer.at))->nlmsg_len;
	if (len > room)
		abort();
	memcpy(buf, answer.buf + answer.at, len);
	answer.at += len;
	return len;
}
