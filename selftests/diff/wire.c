// SPDX-License-Identifier: GPL-2.0
/* Frames in and out of the cables, and how to know that all came out. */
#include "pktdiff.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	SETTLE_MS = 20000, /* then a sentinel counts as lost */
	RCVBUF = 64 << 20,
	SENTINEL_AT = ETH_HLEN + 28,
	SENTINEL6_AT = ETH_HLEN + 48,
	SENTINEL_LEN = 32,
};

static uint32_t token;

static void set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		die("packet socket option %d: %s", name, strerror(errno));
}

static int open_port(const char *name)
{
	struct packet_mreq mreq = { .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("packet socket: %s", strerror(errno));
	set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF);
	set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, RCVBUF);
	mreq.mr_ifindex = addr.sll_ifindex;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("cannot capture on %s: %s", name, strerror(errno));
	return fd;
}

void wire_open(struct dut *d)
{
	int old = ns_enter(d->hosts);

	for (int i = 0; i < N_PHYS; i++)
		d->sock[i] = open_port(phys_name[i]);
	ns_leave(old);
}

void wire_close(struct dut *d)
{
	for (int i = 0; i < N_PHYS; i++)
		if (d->sock[i] > 0)
			close(d->sock[i]);
}

void wire_send(struct dut *d, const struct pkt *p)
{
	struct iovec iov[2] = {
		{ (void *)&p->vnet, sizeof(p->vnet) },
		{ p->data, p->len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	/* Tags on top of the largest MTU: no host can send it, to neither. */
	if (sendmsg(d->sock[p->phys], &msg, 0) < 0 && errno != EMSGSIZE) {
		hexdump(stderr, p->data, p->len > 128 ? 128 : p->len);
		die("cannot send \"%s\", %d bytes, gso %d of %d, on %s: %s", p->what, p->len,
		    p->vnet.gso_type, p->vnet.gso_size, phys_name[p->phys], strerror(errno));
	}
}

static void mark_sentinel(uint8_t *p, int kind)
{
	memcpy(p, "SENT", 4);
	put32(p + 4, token);
	p[8] = kind;
}

static bool take_sentinel(struct outs *o, int phys, const uint8_t *p, int len)
{
	bool v6 = len > 14 && get16(p + 12) == ETH_P_IPV6;

	p += v6 ? SENTINEL6_AT : SENTINEL_AT;
	len -= v6 ? SENTINEL6_AT : SENTINEL_AT;
	if (len < 9 || memcmp(p, "SENT", 4))
		return false;
	if (get32(p + 4) == token && p[8] < N_SENTINELS)
		o->seen[p[8]] = phys + 1;
	return true;
}

static void send_sentinel(struct dut *d, int kind)
{
	static const uint8_t route4[4] = { 192, 88, 0, 1 };
	static const uint8_t route6[16] = { 0xfd, 0, 0, 0x5e, [15] = 1 };
	uint8_t data[128], dst[4];
	struct pkt p = { .data = data, .what = "sentinel" };

	switch (kind) {
	case SENTINEL_FAST:
		host_ip4(1, HOST_FIRST, dst);
		gen_udp4(&p, 0, dst, SENTINEL_LEN);
		break;
	case SENTINEL_SLOW:
		host_ip4(0, 1, dst);
		gen_echo4(&p, 0, dst, 0);
		break;
	case SENTINEL_ROUTE4:
		gen_udp4(&p, 0, route4, SENTINEL_LEN);
		break;
	default:
		gen_udp6(&p, 0, route6, SENTINEL_LEN);
	}
	mark_sentinel(data + (kind == SENTINEL_ROUTE6 ? SENTINEL6_AT : SENTINEL_AT), kind);
	if (kind == SENTINEL_SLOW || kind == SENTINEL_ROUTE6) {
		int l4 = kind == SENTINEL_SLOW ? ETH_HLEN + 20 : ETH_HLEN + 40;
		int field = l4 + (kind == SENTINEL_SLOW ? 2 : 6);
		uint32_t sum = kind == SENTINEL_SLOW
				       ? 0
				       : pseudo6(data + ETH_HLEN + 8, data + ETH_HLEN + 24,
						 p.len - l4, 17);

		put16(data + field, 0);
		sum = csum_add(sum, data + l4, p.len - l4);
		put16(data + field, csum_fold(sum));
	}
	wire_send(d, &p);
}

void outs_reset(struct outs *o)
{
	for (unsigned int i = 0; i < o->n; i++)
		free(o->v[i].data);
	o->n = 0;
}

static void keep(struct outs *o, int phys, const struct virtio_net_hdr *vnet, const uint8_t *p,
		 int len)
{
	struct out *out;

	if (o->n == o->room) {
		o->room = o->room * 2 + 64;
		o->v = realloc(o->v, o->room * sizeof(*o->v));
		if (!o->v)
			die("out of memory");
	}
	out = &o->v[o->n];
	memset(out, 0, sizeof(*out));
	out->phys = phys;
	out->seq = o->n++;
	out->vnet = *vnet;
	out->len = len;
	out->data = malloc(len);
	if (!out->data)
		die("out of memory");
	memcpy(out->data, p, len);
	norm_out(out);
}

/* Returns the bytes of the tag that was put back in front of the frame. */
static int put_tag_back(struct msghdr *msg, uint8_t *frame)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			return 0;
		memmove(frame - 4, frame, 12);
		put16(frame + 8,
		      aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q);
		put16(frame + 10, aux.tp_vlan_tci);
		return 4;
	}
	return 0;
}

static int drain_port(struct dut *d, int phys, struct outs *o)
{
	static uint8_t buf[4 + FRAME_MAX];
	char control[256];
	int taken = 0;

	for (;;) {
		uint8_t *frame = buf + 4;
		struct virtio_net_hdr vnet;
		struct iovec iov[2] = {
			{ &vnet, sizeof(vnet) },
			{ frame, FRAME_MAX },
		};
		struct msghdr msg = {
			.msg_iov = iov,
			.msg_iovlen = 2,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(d->sock[phys], &msg, 0);
		int tag, len;

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return taken;
		if (n < 0 && errno == ENETDOWN)
			continue;
		if (n < (ssize_t)sizeof(vnet) || msg.msg_flags & MSG_TRUNC)
			die("capture on %s of %s: %s", phys_name[phys], d->kind,
			    n < 0 ? strerror(errno) : "short");
		taken++;
		tag = put_tag_back(&msg, frame);
		frame -= tag;
		len = n - sizeof(vnet) + tag;
		if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
			vnet.csum_start += tag;
		if (vnet.gso_type)
			vnet.hdr_len += tag;
		if (take_sentinel(o, phys, frame, len) || is_noise(frame, len))
			continue;
		keep(o, phys, &vnet, frame, len);
		if (respond(d, phys, frame, len))
			d->answered++;
	}
}

int wire_drain(struct dut *d, struct outs *o)
{
	int taken = 0;

	for (int i = 0; i < N_PHYS; i++)
		taken += drain_port(d, i, o);
	return taken;
}

/* Waits until a frame came out of any of the routers, or for @ms. */
void wire_wait(struct dut *duts, int ms)
{
	struct pollfd fds[N_DUTS * N_PHYS];

	for (int i = 0; i < N_DUTS * N_PHYS; i++) {
		fds[i].fd = duts[i / N_PHYS].sock[i % N_PHYS];
		fds[i].events = POLLIN;
	}
	poll(fds, N_DUTS * N_PHYS, ms);
}

static void check_drops(struct dut *d)
{
	for (int i = 0; i < N_PHYS; i++) {
		struct tpacket_stats st;
		socklen_t len = sizeof(st);

		if (getsockopt(d->sock[i], SOL_PACKET, PACKET_STATISTICS, &st, &len))
			die("packet statistics: %s", strerror(errno));
		if (st.tp_drops)
			die("capture on %s of %s lost %u frames", phys_name[i], d->kind,
			    st.tp_drops);
	}
}

static unsigned long send_round(struct dut *duts, struct outs *o, bool routes)
{
	unsigned long answered = 0;

	token++;
	for (int i = 0; i < N_DUTS; i++) {
		memset(o[i].seen, 0, sizeof(o[i].seen));
		if (routes) {
			send_sentinel(&duts[i], SENTINEL_ROUTE4);
			send_sentinel(&duts[i], SENTINEL_ROUTE6);
		}
		send_sentinel(&duts[i], SENTINEL_FAST);
		send_sentinel(&duts[i], SENTINEL_SLOW);
		answered += duts[i].answered;
	}
	return answered;
}

static bool round_done(const struct outs *o)
{
	for (int i = 0; i < N_DUTS; i++)
		if (!o[i].seen[SENTINEL_FAST] || !o[i].seen[SENTINEL_SLOW])
			return false;
	return true;
}

static void round_wait(struct dut *duts, struct outs *o)
{
	uint64_t end = now_ms() + SETTLE_MS;

	for (;;) {
		for (int i = 0; i < N_DUTS; i++)
			wire_drain(&duts[i], &o[i]);
		if (round_done(o))
			return;
		if (now_ms() > end)
			break;
		wire_wait(duts, 100);
	}
	die("a sentinel was lost: %s fast %d slow %d, %s fast %d slow %d", duts[0].kind,
	    o[0].seen[0], o[0].seen[1], duts[1].kind, o[1].seen[0], o[1].seen[1]);
}

/*
 * All came out when a packet that is forwarded and one that the router
 * answers, both sent after the others, have come out: every queue on the way
 * is first in, first out. Answers of our hosts set packets free that waited
 * for them, so another round follows those.
 */
void wire_settle(struct dut *duts, struct outs *o)
{
	unsigned long before, after;

	do {
		before = send_round(duts, o, false);
		round_wait(duts, o);
		after = 0;
		for (int i = 0; i < N_DUTS; i++)
			after += duts[i].answered;
	} while (after != before);
	for (int i = 0; i < N_DUTS; i++)
		check_drops(&duts[i]);
}

/*
 * Routes may take effect some time after ip(8) has returned. Changes are
 * applied in order, so the last one being visible says it for all.
 */
void wire_sync_routes(struct dut *duts)
{
	static struct outs o[N_DUTS];
	static int leg = 1;
	char text[256];
	uint64_t end = now_ms() + SETTLE_MS;
	bool done;

	leg = 3 - leg;
	snprintf(text, sizeof(text),
		 "route replace 192.88.0.1 via 10.0.%d.2 dev p%d table @\n"
		 "route replace fd00:5e::1 via fd00:%d::2 dev p%d table @\n",
		 leg, leg, leg, leg);
	config_both(text, "sentinel route");
	do {
		done = true;
		send_round(duts, o, true);
		round_wait(duts, o);
		for (int i = 0; i < N_DUTS; i++)
			done &= o[i].seen[SENTINEL_ROUTE4] == leg + 1 &&
				o[i].seen[SENTINEL_ROUTE6] == leg + 1;
		if (now_ms() > end)
			die("a route change did not take effect: %s at %d and %d, %s at %d and %d, "
			    "expected %d",
			    duts[0].kind, o[0].seen[2], o[0].seen[3], duts[1].kind, o[1].seen[2],
			    o[1].seen[3], leg + 1);
	} while (!done);
	for (int i = 0; i < N_DUTS; i++)
		outs_reset(&o[i]);
}
