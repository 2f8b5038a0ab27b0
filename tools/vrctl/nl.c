// SPDX-License-Identifier: GPL-2.0
/* Netlink: sockets, the family, requests and what the kernel says to them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vrouter.h>

#include "nl.h"
#include "vrctl.h"

#define MAX_TRIES 8

static struct mnl_socket *genl_sock, *link_sock, *event_sock;
static uint16_t family_id;
static uint32_t events_group;
static unsigned int last_seq;
static char rx_buf[65536] __aligned(NLMSG_ALIGNTO);

static FILE *messages;

void nl_messages(FILE *file)
{
	messages = file;
}

static FILE *msg_file(void)
{
	return messages ? messages : stderr;
}

static int local_error(const char *what)
{
	fprintf(msg_file(), "Error: netlink: %s: %s.\n", what, strerror(errno));
	return EXIT_LOCAL;
}

static struct mnl_socket *sock_open(int bus)
{
	struct mnl_socket *sock;
	int one = 1;

	sock = mnl_socket_open(bus);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		local_error("socket");
		if (sock)
			mnl_socket_close(sock);
		return NULL;
	}
	/* Without these there is less text, nothing worse. */
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &one, sizeof(one));
	return sock;
}

void nl_close_all(void)
{
	if (genl_sock)
		mnl_socket_close(genl_sock);
	if (link_sock)
		mnl_socket_close(link_sock);
	genl_sock = NULL;
	link_sock = NULL;
}

/* Parsing */

void nl_parse(const void *first, size_t len, struct nl_attrs *attrs)
{
	const struct nlattr *attr;
	uint16_t type;

	memset(attrs, 0, sizeof(*attrs));
	attrs->first = first;
	attrs->len = len;
	nl_for_each (attr, attrs) {
		type = mnl_attr_get_type(attr);
		if (type <= NL_MAX_ATTR)
			attrs->tb[type] = attr;
	}
}

void nl_parse_nest(const struct nlattr *nest, struct nl_attrs *attrs)
{
	if (nest)
		nl_parse(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), attrs);
	else
		memset(attrs, 0, sizeof(*attrs));
}

static void parse_msg(const struct nlmsghdr *nlh, size_t header, struct nl_attrs *attrs)
{
	header = MNL_ALIGN(header);
	nl_parse(mnl_nlmsg_get_payload_offset(nlh, header), mnl_nlmsg_get_payload_len(nlh) - header,
		 attrs);
}

static bool has(const struct nlattr *attr, size_t len)
{
	return attr && mnl_attr_get_payload_len(attr) >= len;
}

uint8_t nl_u8(const struct nlattr *attr)
{
	return has(attr, sizeof(uint8_t)) ? mnl_attr_get_u8(attr) : 0;
}

uint32_t nl_u32(const struct nlattr *attr)
{
	return has(attr, sizeof(uint32_t)) ? mnl_attr_get_u32(attr) : 0;
}

uint64_t nl_u64(const struct nlattr *attr)
{
	return has(attr, sizeof(uint64_t)) ? mnl_attr_get_u64(attr) : 0;
}

const char *nl_str(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(attr);
}

/* Building */

static void req_start(struct nl_req *req, uint16_t type, uint16_t flags)
{
	memset(req, 0, sizeof(*req));
	req->nlh = mnl_nlmsg_put_header(req->buf);
	req->nlh->nlmsg_type = type;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
}

static void put_word(struct nl_req *req, const char *word)
{
	if (!word || req->n_words == NL_MAX_WORDS)
		return;
	req->words[req->n_words].offset = req->nlh->nlmsg_len;
	req->words[req->n_words].word = word;
	req->words[req->n_words].name = req->name;
	req->n_words++;
	req->name = NULL;
}

void nl_name(struct nl_req *req, const char *name)
{
	req->name = name;
}

/* Requests are far shorter than their buffer. */
void nl_put_u8(struct nl_req *req, uint16_t type, uint8_t val, const char *word)
{
	put_word(req, word);
	mnl_attr_put_u8(req->nlh, type, val);
}

void nl_put_u32(struct nl_req *req, uint16_t type, uint32_t val, const char *word)
{
	put_word(req, word);
	mnl_attr_put_u32(req->nlh, type, val);
}

void nl_put_str(struct nl_req *req, uint16_t type, const char *val)
{
	put_word(req, val);
	mnl_attr_put_strz(req->nlh, type, val);
}

void nl_put_flag(struct nl_req *req, uint16_t type)
{
	mnl_attr_put(req->nlh, type, 0, NULL);
}

void nl_put(struct nl_req *req, uint16_t type, const void *val, size_t len)
{
	mnl_attr_put(req->nlh, type, len, val);
}

struct nlattr *nl_nest(struct nl_req *req, uint16_t type)
{
	return mnl_attr_nest_start(req->nlh, type);
}

void nl_nest_end(struct nl_req *req, struct nlattr *nest)
{
	mnl_attr_nest_end(req->nlh, nest);
}

/* What the kernel says */

static void print_error(const struct nl_req *req, int error, const struct nl_attrs *ack)
{
	const char *text = nl_str(ack->tb[NLMSGERR_ATTR_MSG]);
	const char *word = req->subject;
	uint32_t offset = nl_u32(ack->tb[NLMSGERR_ATTR_OFFS]);
	const char *name = NULL;
	FILE *to = msg_file();
	unsigned int i;
	int len;

	for (i = 0; offset && i < req->n_words; i++)
		if (req->words[i].offset == offset) {
			word = req->words[i].word;
			name = req->words[i].name;
		}

	if (!*text)
		text = strerror(error);
	len = strlen(text);
	if (len && text[len - 1] == '.')
		len--;

	error_start(to);
	if (name)
		fprintf(to, "%s ", name);
	if (word)
		fprintf(to, "%s: ", word);
	fprintf(to, "%.*s", len, text);
	if (error == EPERM && req->perm)
		fprintf(to, ": %s", req->perm);
	fputs(".\n", to);
}

/* An error of a request as in NLMSG_ERROR, or of a dump as in NLMSG_DONE. */
static int handle_ack(const struct nl_req *req, const struct nlmsghdr *nlh)
{
	unsigned int header =
		nlh->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct nl_attrs ack = {};

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(int) || !err->error)
		return 0;
	if (req->silent && err->error == -req->silent)
		return err->error;
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && mnl_nlmsg_get_payload_len(nlh) >= header)
		parse_msg(nlh, header, &ack);
	print_error(req, -err->error, &ack);
	return EXIT_KERNEL;
}

/* The rows of an answer, one after the other, kept until all of them are there. */
struct rows {
	char *buf;
	size_t len;
	size_t room;
	bool interrupted;
};

static void rows_free(struct rows *rows)
{
	free(rows->buf);
	memset(rows, 0, sizeof(*rows));
}

static bool rows_add(struct rows *rows, const struct nlmsghdr *nlh)
{
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);
	char *bigger;

	if (len > rows->room - rows->len) {
		bigger = realloc(rows->buf, 2 * rows->room + len);
		if (!bigger)
			return false;
		rows->buf = bigger;
		rows->room = 2 * rows->room + len;
	}
	memcpy(rows->buf + rows->len, nlh, nlh->nlmsg_len);
	rows->len += len;
	return true;
}

/* Receive until the request is answered. */
static int receive(struct mnl_socket *sock, const struct nl_req *req, struct rows *rows)
{
	unsigned int portid = mnl_socket_get_portid(sock);
	const struct nlmsghdr *nlh;
	int len;

	for (;;) {
		len = mnl_socket_recvfrom(sock, rx_buf, sizeof(rx_buf));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return local_error("receive");
		nlh = (const struct nlmsghdr *)rx_buf;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != req->nlh->nlmsg_seq ||
			    !mnl_nlmsg_portid_ok(nlh, portid))
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				rows->interrupted = true;
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				return handle_ack(req, nlh);
			if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
				continue;
			if (!rows_add(rows, nlh)) {
				errno = ENOMEM;
				return local_error("receive");
			}
		}
	}
}

static int transact(struct nl_req *req, struct rows *rows)
{
	struct mnl_socket *sock = req->genl ? genl_sock : link_sock;

	req->nlh->nlmsg_seq = ++last_seq;
	if (mnl_socket_sendto(sock, req->nlh, req->nlh->nlmsg_len) < 0)
		return local_error("send");
	return receive(sock, req, rows);
}

static size_t header_len(const struct nlmsghdr *nlh, bool genl)
{
	if (genl)
		return sizeof(struct genlmsghdr);
	if (nlh->nlmsg_type == RTM_NEWROUTE)
		return sizeof(struct rtmsg);
	return nlh->nlmsg_type == RTM_NEWADDR ? sizeof(struct ifaddrmsg) : sizeof(struct ifinfomsg);
}

static void deliver(const struct rows *rows, bool genl, nl_row_cb cb, void *data)
{
	const struct genlmsghdr *genlh;
	const struct nlmsghdr *nlh;
	struct nl_attrs attrs;
	size_t at, header;

	for (at = 0; cb && at < rows->len; at += NLMSG_ALIGN(nlh->nlmsg_len)) {
		nlh = (const struct nlmsghdr *)(rows->buf + at);
		header = header_len(nlh, genl);
		if (mnl_nlmsg_get_payload_len(nlh) < header)
			continue;
		genlh = mnl_nlmsg_get_payload(nlh);
		parse_msg(nlh, header, &attrs);
		if (!genl)
			attrs.link = mnl_nlmsg_get_payload(nlh);
		cb(genl ? genlh->cmd : 0, &attrs, data);
	}
}

/* Ask for one thing or change one; the kernel confirms either. */
int nl_do(struct nl_req *req, nl_row_cb cb, void *data)
{
	struct rows rows = {};
	int ret;

	req->nlh->nlmsg_flags |= NLM_F_ACK;
	ret = transact(req, &rows);
	if (!ret)
		deliver(&rows, req->genl, cb, data);
	rows_free(&rows);
	return ret;
}

/* A dump that something changed under is taken again. */
int nl_dump(struct nl_req *req, nl_row_cb cb, void *data)
{
	struct rows rows = {};
	int ret, tries = 0;

	req->nlh->nlmsg_flags |= NLM_F_DUMP;
	do {
		rows_free(&rows);
		ret = transact(req, &rows);
	} while (!ret && rows.interrupted && ++tries < MAX_TRIES);
	if (!ret && rows.interrupted)
		fputs("Warning: changed while it was read.\n", msg_file());
	if (!ret)
		deliver(&rows, req->genl, cb, data);
	rows_free(&rows);
	return ret;
}

/* The family */

static void family_cb(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct nlattr *grp;
	struct nl_attrs group;

	(void)cmd;
	(void)data;
	if (has(attrs->tb[CTRL_ATTR_FAMILY_ID], sizeof(uint16_t)))
		family_id = mnl_attr_get_u16(attrs->tb[CTRL_ATTR_FAMILY_ID]);
	if (!attrs->tb[CTRL_ATTR_MCAST_GROUPS])
		return;
	mnl_attr_for_each_nested (grp, attrs->tb[CTRL_ATTR_MCAST_GROUPS]) {
		nl_parse_nest(grp, &group);
		if (!strcmp(nl_str(group.tb[CTRL_ATTR_MCAST_GRP_NAME]), VROUTER_MCGRP_EVENTS))
			events_group = nl_u32(group.tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static void family_there(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	bool *there = data;

	(void)cmd;
	*there |= !strcmp(nl_str(attrs->tb[CTRL_ATTR_FAMILY_NAME]), VROUTER_FAMILY_NAME);
}

static void put_genl_header(struct nl_req *req, uint8_t cmd, uint8_t version)
{
	struct genlmsghdr *genlh;

	genlh = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*genlh));
	genlh->cmd = cmd;
	genlh->version = version;
	req->genl = true;
}

/* Asking for the family by name makes the kernel load the module. */
static int family_resolve(void)
{
	struct rows rows = {};
	struct nl_req req;
	int ret = EXIT_OK, len;

	req_start(&req, GENL_ID_CTRL, 0);
	put_genl_header(&req, CTRL_CMD_GETFAMILY, 1);
	nl_put_str(&req, CTRL_ATTR_FAMILY_NAME, VROUTER_FAMILY_NAME);
	req.nlh->nlmsg_seq = ++last_seq;
	if (mnl_socket_sendto(genl_sock, req.nlh, req.nlh->nlmsg_len) < 0)
		return local_error("send");
	do {
		len = mnl_socket_recvfrom(genl_sock, rx_buf, sizeof(rx_buf));
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return local_error("receive");
	if (!mnl_nlmsg_ok((struct nlmsghdr *)rx_buf, len) ||
	    ((struct nlmsghdr *)rx_buf)->nlmsg_type == NLMSG_ERROR) {
		fputs("Error: the kernel has no virtual routers: module not loaded, try \"modprobe "
		      "vrouter\".\n",
		      msg_file());
		return EXIT_LOCAL;
	}
	if (!rows_add(&rows, (struct nlmsghdr *)rx_buf)) {
		errno = ENOMEM;
		ret = local_error("receive");
	}
	deliver(&rows, true, family_cb, NULL);
	rows_free(&rows);
	return ret;
}

int nl_genl_open(void)
{
	if (!genl_sock)
		genl_sock = sock_open(NETLINK_GENERIC);
	if (!genl_sock)
		return EXIT_LOCAL;
	return family_id ? EXIT_OK : family_resolve();
}

bool nl_genl_there(void)
{
	struct nl_req req;
	bool there = false;

	if (!genl_sock)
		genl_sock = sock_open(NETLINK_GENERIC);
	if (!genl_sock)
		return false;
	req_start(&req, GENL_ID_CTRL, 0);
	put_genl_header(&req, CTRL_CMD_GETFAMILY, 1);
	return !nl_dump(&req, family_there, &there) && there;
}

int nl_genl_start(struct nl_req *req, uint8_t cmd, uint16_t flags)
{
	int ret = nl_genl_open();

	if (ret)
		return ret;
	req_start(req, family_id, flags);
	put_genl_header(req, cmd, VROUTER_FAMILY_VERSION);
	return EXIT_OK;
}

int nl_genl_dump(uint8_t cmd, nl_row_cb cb, void *data)
{
	struct nl_req req;
	int ret = nl_genl_start(&req, cmd, 0);

	return ret ? ret : nl_dump(&req, cb, data);
}

int nl_link_start(struct nl_req *req, uint16_t type, uint16_t flags, int ifindex, unsigned int up)
{
	struct ifinfomsg *ifi;

	if (!link_sock)
		link_sock = sock_open(NETLINK_ROUTE);
	if (!link_sock)
		return EXIT_LOCAL;
	req_start(req, type, flags);
	ifi = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*ifi));
	ifi->ifi_index = ifindex;
	ifi->ifi_flags = up;
	ifi->ifi_change = up;
	return EXIT_OK;
}

int nl_addr_start(struct nl_req *req, uint16_t type, uint16_t flags, int family, unsigned int len,
		  int ifindex)
{
	struct ifaddrmsg *ifa;

	if (!link_sock)
		link_sock = sock_open(NETLINK_ROUTE);
	if (!link_sock)
		return EXIT_LOCAL;
	req_start(req, type, flags);
	ifa = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*ifa));
	ifa->ifa_family = family;
	ifa->ifa_prefixlen = len;
	ifa->ifa_index = ifindex;
	return EXIT_OK;
}

int nl_route_start(struct nl_req *req, uint16_t type, uint16_t flags, const struct rtmsg *rtm)
{
	if (!link_sock)
		link_sock = sock_open(NETLINK_ROUTE);
	if (!link_sock)
		return EXIT_LOCAL;
	req_start(req, type, flags);
	*(struct rtmsg *)mnl_nlmsg_put_extra_header(req->nlh, sizeof(*rtm)) = *rtm;
	return EXIT_OK;
}

/* The kernel chooses if it is new enough, so a table of a daemon is not sent for nothing. */
int nl_route_dump(int family, uint8_t proto, int ifindex, nl_row_cb cb, void *data)
{
	const struct rtmsg rtm = { .rtm_family = family, .rtm_protocol = proto };
	int strict = 1, ret;
	struct nl_req req;

	ret = nl_route_start(&req, RTM_GETROUTE, 0, &rtm);
	if (ret)
		return ret;
	if (ifindex)
		nl_put_u32(&req, RTA_OIF, ifindex, NULL);
	mnl_socket_setsockopt(link_sock, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
	ret = nl_dump(&req, cb, data);
	strict = 0;
	mnl_socket_setsockopt(link_sock, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
	return ret;
}

/* What comes by itself, or as part of the answer to req. */
static int receive_events(const struct nl_req *req, nl_row_cb cb, void *data)
{
	const struct nlmsghdr *nlh;
	struct rows rows = {};
	int len;

	len = mnl_socket_recvfrom(genl_sock, rx_buf, sizeof(rx_buf));
	if (len < 0 && errno == EINTR)
		return EXIT_OK;
	if (len < 0 && errno == ENOBUFS) {
		if (!req)
			fputs("Warning: too slow, events were lost.\n", stderr);
		return EXIT_OK;
	}
	if (len < 0)
		return local_error("receive");
	nlh = (const struct nlmsghdr *)rx_buf;
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (nlh->nlmsg_type == family_id && (!req || nlh->nlmsg_seq == req->nlh->nlmsg_seq))
			rows_add(&rows, nlh);
	deliver(&rows, true, cb, data);
	rows_free(&rows);
	fflush(stdout);
	return EXIT_OK;
}

int nl_monitor(nl_row_cb cb, void *data)
{
	int ret = nl_genl_open();

	if (ret)
		return ret;
	if (mnl_socket_setsockopt(genl_sock, NETLINK_ADD_MEMBERSHIP, &events_group,
				  sizeof(events_group)) < 0)
		return local_error(VROUTER_MCGRP_EVENTS);
	while (!ret && !ferror(stdout))
		ret = receive_events(NULL, cb, data);
	return ret ? ret : EXIT_LOCAL;
}

#define LISTEN_MS 200

int nl_listen(const struct nl_req *req, nl_row_cb cb, bool (*go_on)(bool quiet, void *data),
	      void *data)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(genl_sock), .events = POLLIN };
	bool quiet = false;
	int ret = EXIT_OK;

	fflush(stdout);
	while (!ret && !ferror(stdout) && go_on(quiet, data)) {
		quiet = poll(&fd, 1, LISTEN_MS) <= 0;
		if (!quiet)
			ret = receive_events(req, cb, data);
	}
	return ret;
}

void nl_forget(void)
{
	nl_close_all();
	if (event_sock)
		mnl_socket_close(event_sock);
	event_sock = NULL;
	family_id = 0;
}

bool nl_events_open(void)
{
	if (nl_genl_open())
		return false;
	if (!event_sock)
		event_sock = sock_open(NETLINK_GENERIC);
	if (!event_sock)
		return false;
	if (mnl_socket_setsockopt(event_sock, NETLINK_ADD_MEMBERSHIP, &events_group,
				  sizeof(events_group)) < 0 ||
	    fcntl(mnl_socket_get_fd(event_sock), F_SETFL, O_NONBLOCK)) {
		local_error(VROUTER_MCGRP_EVENTS);
		return false;
	}
	return true;
}

bool nl_events_any(void)
{
	bool any = false;
	ssize_t len;

	/* That some were lost is news as well. */
	do {
		len = mnl_socket_recvfrom(event_sock, rx_buf, sizeof(rx_buf));
		any |= len > 0 || (len < 0 && errno == ENOBUFS);
	} while (len > 0 || (len < 0 && (errno == EINTR || errno == ENOBUFS)));
	return any;
}
