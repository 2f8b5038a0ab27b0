// SPDX-License-Identifier: GPL-2.0
/*
 * Sends malformed and random messages to every operation of the family
 * "vrouter" and, as link messages of that kind, to rtnetlink.
 *
 * After each message that was refused, what there is of VRs and ports must be
 * what there was before.  Each message must be answered, each answer must be
 * well-formed.  The same seed makes the same messages.
 *
 * Usage: netlink_fuzz [-nv] [-s SEED] [-c COUNT] DEV...
 *	-v	print what was refused without a text
 *	-n	others change things too: do not compare
 *	DEV	devices that messages should name often
 *
 * Run it in a network namespace of its own: some messages are accepted.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../include/uapi/linux/vrouter.h"

#define MAX_DEVS	16
#define MAX_VRS		12

enum { GENL, LINK };

struct msg {
	union {
		struct nlmsghdr	nlh;
		char		buf[4096];
	};
};

static int sock[2];
static uint16_t family;
static uint64_t rng;
static uint32_t seq;
static char rx[65536];
static const char *dev_name[MAX_DEVS];
static unsigned int n_devs;

static struct {
	unsigned long accepted;
	unsigned long refused;
	unsigned long silent;	/* refused without text */
} count;

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

/* xorshift64* */
static uint32_t rnd(uint32_t n)
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return n ? (rng * 2685821657736338717ull >> 32) % n : 0;
}

static bool chance(unsigned int percent)
{
	return rnd(100) < percent;
}

/* Building */

static void msg_start(struct msg *m, uint16_t type, uint16_t flags)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_HDRLEN;
	m->nlh.nlmsg_type = type;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

static void *put_raw(struct msg *m, size_t len)
{
	void *at = m->buf + m->nlh.nlmsg_len;

	if (m->nlh.nlmsg_len + NLMSG_ALIGN(len) > sizeof(m->buf))
		return NULL;
	m->nlh.nlmsg_len += NLMSG_ALIGN(len);
	return at;
}

static struct nlattr *put_attr(struct msg *m, uint16_t type, const void *data,
			       size_t len)
{
	struct nlattr *attr = put_raw(m, NLA_HDRLEN + len);

	if (!attr)
		return NULL;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len && data)
		memcpy(attr + 1, data, len);
	return attr;
}

static void put_u32(struct msg *m, uint16_t type, uint32_t val)
{
	put_attr(m, type, &val, sizeof(val));
}

static void nest_end(struct msg *m, struct nlattr *nest)
{
	if (nest)
		nest->nla_len = m->buf + m->nlh.nlmsg_len - (char *)nest;
}

/* Talking */

static int open_sock(int bus)
{
	struct timeval limit = { .tv_sec = 60 };
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, bus);
	int one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return fd;
}

static void check_attrs(const char *at, int len, int depth)
{
	while (len > 0) {
		const struct nlattr *attr = (const void *)at;

		if (len < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN ||
		    attr->nla_len > len)
			die("an answer is malformed at depth %d", depth);
		if (attr->nla_type & NLA_F_NESTED)
			check_attrs(at + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN,
				    depth + 1);
		at += NLA_ALIGN(attr->nla_len);
		len -= NLA_ALIGN(attr->nla_len);
	}
}

static bool has_text(const struct nlmsghdr *nlh, size_t header)
{
	int len = nlh->nlmsg_len - NLMSG_LENGTH(header);
	const char *at = (const char *)NLMSG_DATA(nlh) + header;
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return false;
	for (; len >= NLA_HDRLEN; len -= NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG ||
		    (attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MISS_TYPE)
			return true;
		at += NLA_ALIGN(attr->nla_len);
	}
	return false;
}

typedef void (*row_cb)(const struct nlmsghdr *nlh, void *data);

/* Read until the message is answered; 0 or a positive errno. */
static int answer(int which, row_cb cb, void *data, bool *text)
{
	const struct nlmsghdr *nlh;
	int len, err;

	for (;;) {
		len = recv(sock[which], rx, sizeof(rx), 0);
		if (len < 0)
			die("message %u: no answer: %s", seq, strerror(errno));
		for (nlh = (void *)rx; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE) {
				err = *(int *)NLMSG_DATA(nlh);
				*text = has_text(nlh, nlh->nlmsg_type == NLMSG_ERROR ?
						 sizeof(struct nlmsgerr) : sizeof(int));
				return -err;
			}
			if (which == GENL)
				check_attrs((char *)NLMSG_DATA(nlh) + GENL_HDRLEN,
					    nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), 0);
			if (cb)
				cb(nlh, data);
		}
	}
}

static int talk(int which, struct msg *m, row_cb cb, void *data, bool *text)
{
	m->nlh.nlmsg_seq = ++seq;
	if (send(sock[which], m->buf, m->nlh.nlmsg_len, 0) < 0)
		die("send: %s", strerror(errno));
	return answer(which, cb, data, text);
}

static void genl_start(struct msg *m, uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genlh;

	msg_start(m, type, flags);
	genlh = put_raw(m, GENL_HDRLEN);
	genlh->cmd = cmd;
	genlh->version = 1;
}

static void family_row(const struct nlmsghdr *nlh, void *data)
{
	const char *at = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *attr = (const void *)at;
	int len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	(void)data;
	for (; len > 0; len -= NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			family = *(uint16_t *)(attr + 1);
		at += NLA_ALIGN(attr->nla_len);
	}
}

/* What there is: all rows of VRs and ports, but for counters. */

struct state {
	char	*text;
	size_t	len;
	size_t	room;
	int	vrs[256];
	int	n_vrs;
};

static void state_row(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genlh = NLMSG_DATA(nlh);
	const char *at = (const char *)genlh + GENL_HDRLEN;
	int len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	bool port = genlh->cmd == VROUTER_CMD_PORT_GET;
	const struct nlattr *attr;
	struct state *s = data;

	for (; len > 0; len -= NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)at;
		at += NLA_ALIGN(attr->nla_len);
		if (port && (attr->nla_type & NLA_TYPE_MASK) == VROUTER_A_PORT_STATS)
			continue;
		if (!port && attr->nla_type == VROUTER_A_VR_IFINDEX &&
		    s->n_vrs < (int)(sizeof(s->vrs) / sizeof(s->vrs[0])))
			s->vrs[s->n_vrs++] = *(int *)(attr + 1);
		if (s->len + attr->nla_len > s->room) {
			s->room = 2 * s->room + attr->nla_len;
			s->text = realloc(s->text, s->room);
			if (!s->text)
				die("no memory");
		}
		memcpy(s->text + s->len, attr, attr->nla_len);
		s->len += attr->nla_len;
	}
}

static void state_read(struct state *s)
{
	static const uint8_t cmds[] = { VROUTER_CMD_VR_GET, VROUTER_CMD_PORT_GET };
	struct msg m;
	unsigned int i;
	bool text;
	int err;

	s->len = 0;
	s->n_vrs = 0;
	for (i = 0; i < sizeof(cmds); i++) {
		genl_start(&m, family, cmds[i], NLM_F_DUMP);
		err = talk(GENL, &m, state_row, s, &text);
		if (err)
			die("message %u: a plain dump fails: %s", seq, strerror(err));
	}
}

/* Making messages */

static uint32_t some_index(void)
{
	switch (rnd(8)) {
	case 0:
		return rnd(0);
	case 1:
		return rnd(64);
	case 2:
		return rnd(UINT32_MAX);
	case 3:
		return 1;
	default:
		return n_devs ? if_nametoindex(dev_name[rnd(n_devs)]) : 1;
	}
}

static void put_random(struct msg *m, uint16_t type)
{
	char data[80];
	size_t i, len = chance(50) ? rnd(9) : rnd(sizeof(data));

	for (i = 0; i < len; i++)
		data[i] = rnd(256);
	put_attr(m, type, data, len);
}

static void put_name(struct msg *m, uint16_t type)
{
	const char *name = n_devs && chance(70) ? dev_name[rnd(n_devs)] : "lo";
	char longer[64];

	if (chance(80)) {
		put_attr(m, type, name, strlen(name) + !chance(5));
		return;
	}
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	put_attr(m, type, longer, rnd(sizeof(longer)) + 1);
}

static uint16_t some_type(unsigned int max)
{
	uint16_t type = chance(85) ? rnd(max + 2) : rnd(0x4000);

	if (chance(5))
		type |= NLA_F_NESTED;
	if (chance(2))
		type |= NLA_F_NET_BYTEORDER;
	return type;
}

static void put_some(struct msg *m, unsigned int max, int depth)
{
	unsigned int n = rnd(4);
	struct nlattr *attr;
	char byte;

	while (n--) {
		switch (rnd(7)) {
		case 0:
		case 1:
			put_u32(m, some_type(max), some_index());
			break;
		case 2:
			put_u32(m, some_type(max), rnd(12000));
			break;
		case 3:
			put_name(m, some_type(max));
			break;
		case 4:
			byte = rnd(4);
			put_attr(m, some_type(max), &byte, 1);
			break;
		case 5:
			put_random(m, some_type(max));
			break;
		case 6:
			attr = put_attr(m, some_type(max), NULL, 0);
			if (depth < 6)
				put_some(m, max, depth + 1);
			if (chance(90))
				nest_end(m, attr);
			break;
		}
	}
}

/* A packet in words, mostly of one that can be. */
static void put_flow(struct msg *m, uint16_t type)
{
	uint8_t addr[16], bytes[2] = { rnd(256), rnd(140) };
	size_t len = chance(45) ? 4 : chance(90) ? 16 : rnd(17);
	uint16_t port = rnd(65536), i;
	struct nlattr *nest;

	for (i = 0; i < sizeof(addr); i++)
		addr[i] = rnd(256);
	nest = put_attr(m, type | NLA_F_NESTED, NULL, 0);
	if (chance(90))
		put_attr(m, VROUTER_A_FLOW_SRC, addr, len);
	if (chance(90))
		put_attr(m, VROUTER_A_FLOW_DST, addr, chance(95) ? len : 4);
	if (chance(10))
		put_attr(m, VROUTER_A_FLOW_SRC_LEN, bytes + 1, 1);
	if (chance(60))
		put_attr(m, VROUTER_A_FLOW_PROTO, chance(50) ? bytes : (uint8_t []){ 6 }, 1);
	if (chance(20))
		put_attr(m, VROUTER_A_FLOW_DPORT, &port, sizeof(port));
	if (chance(60))
		put_u32(m, VROUTER_A_FLOW_IFINDEX, some_index());
	if (chance(5))
		put_some(m, VROUTER_A_FLOW_MAX, 0);
	nest_end(m, nest);
}

static void put_genl(struct msg *m)
{
	static const uint16_t flags[] = {
		0, 0, 0, NLM_F_DUMP, NLM_F_ROOT, NLM_F_MATCH, NLM_F_EXCL,
	};
	uint8_t cmd = chance(90) ? 1 + rnd(VROUTER_CMD_MAX) : rnd(256);
	struct genlmsghdr *genlh;

	genl_start(m, family, cmd, flags[rnd(sizeof(flags) / sizeof(flags[0]))]);
	genlh = (void *)(m->buf + NLMSG_HDRLEN);
	if (chance(5))
		genlh->version = rnd(256);
	if (chance(3))
		genlh->reserved = rnd(65536);
	/* The address that most operations need, so that they go on. */
	if (chance(50))
		put_u32(m, VROUTER_A_VR_IFINDEX, some_index());
	if (chance(40))
		put_name(m, VROUTER_A_VR_IFNAME);
	if (chance(30))
		put_u32(m, VROUTER_A_VR_WEIGHT, rnd(11000));
	if (cmd == VROUTER_CMD_TRACE_START && chance(70))
		put_flow(m, VROUTER_A_TRACE_FLOW);
	if (cmd == VROUTER_CMD_WHY_GET && chance(70))
		put_flow(m, VROUTER_A_WHY_FLOW);
	put_some(m, 8, 0);
}

static void put_kind(struct msg *m, uint16_t type)
{
	if (chance(92))
		put_attr(m, type, "vrouter", chance(95) ? 8 : rnd(8));
	else
		put_random(m, type);
}

/*
 * rtnetlink makes several changes of one message one after the other and does
 * not take back the first when the last fails.  So that what is refused must
 * not change anything, each message asks for one thing.  A new master is two
 * changes, as the old one goes first: those are not compared.
 */
static void put_master(struct msg *m)
{
	struct ifinfomsg *ifi;

	msg_start(m, RTM_SETLINK, 0);
	ifi = put_raw(m, sizeof(*ifi));
	ifi->ifi_index = some_index();
	put_u32(m, IFLA_MASTER, chance(30) ? 0 : some_index());
}

static void put_data(struct msg *m)
{
	struct nlattr *data;

	data = put_attr(m, IFLA_INFO_DATA, NULL, 0);
	if (chance(80))
		put_u32(m, IFLA_VROUTER_TABLE, chance(80) ? rnd(300) : rnd(UINT32_MAX));
	if (chance(50))
		put_u32(m, IFLA_VROUTER_WEIGHT, rnd(11000));
	if (chance(40))
		put_some(m, IFLA_VROUTER_MAX, 0);
	nest_end(m, data);
}

static void put_slave_data(struct msg *m)
{
	struct nlattr *data;
	uint8_t byte = rnd(3);

	put_kind(m, IFLA_INFO_SLAVE_KIND);
	data = put_attr(m, IFLA_INFO_SLAVE_DATA, NULL, 0);
	if (chance(60))
		put_attr(m, IFLA_VROUTER_PORT_DIRECT, &byte, sizeof(byte));
	if (chance(60))
		put_some(m, IFLA_VROUTER_PORT_MAX, 0);
	nest_end(m, data);
}

static void put_link(struct msg *m)
{
	bool create = chance(50);
	struct ifinfomsg *ifi;
	struct nlattr *info;
	char name[IFNAMSIZ];

	if (chance(15)) {
		put_master(m);
		return;
	}
	msg_start(m, RTM_NEWLINK, create ? NLM_F_CREATE | NLM_F_EXCL : 0);
	ifi = put_raw(m, sizeof(*ifi));
	if (create) {
		snprintf(name, sizeof(name), "f%u", rnd(MAX_VRS));
		put_attr(m, IFLA_IFNAME, name, strlen(name) + 1);
		if (chance(10))
			put_u32(m, IFLA_MASTER, some_index());
	} else {
		ifi->ifi_index = some_index();
		if (chance(5))
			ifi->ifi_family = rnd(256);
	}
	info = put_attr(m, IFLA_LINKINFO | (chance(50) ? NLA_F_NESTED : 0), NULL, 0);
	if (create || chance(65)) {
		if (chance(95))
			put_kind(m, IFLA_INFO_KIND);
		if (chance(90))
			put_data(m);
	} else {
		put_slave_data(m);
	}
	nest_end(m, info);
	/* Spoil the part that is ours, and only that. */
	if (info && chance(20))
		m->buf[(char *)(info + 1) - m->buf +
		       rnd(m->buf + m->nlh.nlmsg_len - (char *)(info + 1))] ^= 1 << rnd(8);
}

/* Break a finished message of the family below its headers. */
static void spoil(struct msg *m)
{
	uint32_t head = NLMSG_LENGTH(GENL_HDRLEN), len = m->nlh.nlmsg_len;
	int n = 1 + rnd(4);

	if (chance(20) && len > head)
		m->nlh.nlmsg_len = head + rnd(len - head);
	while (len > head && n--)
		m->buf[head + rnd(len - head)] ^= 1 << rnd(8);
}

/* VRs that were made are removed again, but for those there at the start. */
static void prune(const struct state *s, int keep)
{
	struct ifinfomsg *ifi;
	struct msg m;
	bool text;
	int i;

	for (i = keep; i < s->n_vrs; i++) {
		msg_start(&m, RTM_DELLINK, 0);
		ifi = put_raw(&m, sizeof(*ifi));
		ifi->ifi_index = s->vrs[i];
		talk(LINK, &m, NULL, NULL, &text);
	}
}

static void print_silent(const struct msg *m, int which, int err)
{
	const struct genlmsghdr *genlh = (const void *)(m->buf + NLMSG_HDRLEN);

	if (which == GENL)
		printf("# command %u: %s\n", genlh->cmd, strerror(err));
	else
		printf("# type %u: %s\n", m->nlh.nlmsg_type, strerror(err));
}

int main(int argc, char **argv)
{
	static struct state before, after;
	unsigned long i, n = 20000;
	bool compare = true, verbose = false, text;
	int c, err, keep, which;
	struct msg m;

	rng = 1;
	while ((c = getopt(argc, argv, "nvs:c:")) != -1) {
		if (c == 'n')
			compare = false;
		else if (c == 'v')
			verbose = true;
		else if (c == 's')
			rng = strtoull(optarg, NULL, 0) * 2654435761u + 1;
		else if (c == 'c')
			n = strtoul(optarg, NULL, 0);
		else
			return 255;
	}
	while (optind < argc && n_devs < MAX_DEVS)
		dev_name[n_devs++] = argv[optind++];

	sock[GENL] = open_sock(NETLINK_GENERIC);
	sock[LINK] = open_sock(NETLINK_ROUTE);
	genl_start(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put_attr(&m, CTRL_ATTR_FAMILY_NAME, "vrouter", 8);
	err = talk(GENL, &m, family_row, NULL, &text);
	if (err || !family)
		die("no family vrouter: %s", strerror(err));

	state_read(&before);
	keep = before.n_vrs;
	for (i = 0; i < n; i++) {
		which = chance(60) ? GENL : LINK;
		if (which == GENL) {
			put_genl(&m);
			if (chance(30))
				spoil(&m);
		} else {
			put_link(&m);
		}
		err = talk(which, &m, NULL, NULL, &text);
		if (!err) {
			count.accepted++;
		} else {
			count.refused++;
			if (!text && err != EOPNOTSUPP) {
				count.silent++;
				if (verbose)
					print_silent(&m, which, err);
			}
		}
		if (!compare)
			continue;
		state_read(&after);
		if (err && m.nlh.nlmsg_type != RTM_SETLINK &&
		    (after.len != before.len || memcmp(after.text, before.text, after.len)))
			die("message %lu (%s) was refused (%s) but changed something",
			    i, which == GENL ? "genl" : "link", strerror(err));
		if (after.n_vrs > keep + MAX_VRS / 2) {
			prune(&after, keep);
			state_read(&after);
		}
		/* Exchange them rather than copy. */
		struct state swap = before;

		before = after;
		after = swap;
	}
	state_read(&before);
	if (compare)
		prune(&before, keep);
	printf("%lu messages: %lu accepted, %lu refused, %lu of these without a text\n",
	       n, count.accepted, count.refused, count.silent);
	/* Some must get through, or this tests nothing but the parser. */
	if (compare && (count.accepted < n / 50 || count.refused < n / 10))
		die("the mixture of messages is wrong");
	return 0;
}
