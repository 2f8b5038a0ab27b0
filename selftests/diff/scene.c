// SPDX-License-Identifier: GPL-2.0
/* What needs its own sequence of events, with ordinary packets around it. */
#include "pktdiff.h"

#include <stdlib.h>
#include <string.h>

enum { SCENE_PACKETS = 16, PATIENCE_MS = 15000 };

static struct pkt pkts[BATCH_MAX];

static struct pkt *scene_packet(unsigned int i)
{
	if (!pkts[i].data) {
		pkts[i].data = malloc(FRAME_MAX);
		if (!pkts[i].data)
			die("out of memory");
	}
	pkts[i].id = next_id();
	pkts[i].what = "scene";
	return &pkts[i];
}

static void silent_packets(void)
{
	uint8_t dst4[4] = { 203, 0, 113, 0 };
	uint8_t dst6[16] = { 0xfd, 0, 0xcb, [15] = 1 };

	for (unsigned int i = 0; i < SCENE_PACKETS; i++) {
		struct pkt *p = scene_packet(i);

		dst4[3] = i;
		dst6[14] = i;
		if (i & 1)
			gen_udp6(p, i % 3, dst6, 64 + i);
		else
			gen_udp4(p, i % 3, dst4, 64 + i);
		p->what = "next hop that does not answer";
	}
}

/* Errors that the router sends when it gives up on the next hop. */
static unsigned int count_ids(const struct outs *o)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < o->n; i++)
		n += o->v[i].has_id;
	return n;
}

/*
 * A next hop that stays silent: the request goes out, then, for every packet
 * that waited, an error.
 */
unsigned int scene_unresolved(struct dut *duts)
{
	static struct outs o[N_DUTS];
	uint64_t end = now_ms() + PATIENCE_MS;
	unsigned int bad;

	config_both("route add 203.0.113.0/24 via 10.0.4.20 dev p4 table @\n"
		    "route add fd00:cb00::/32 via fd00:4::14 dev p4 table @\n",
		    "route through a silent next hop");
	wire_sync_routes(duts);
	for (int i = 0; i < N_DUTS; i++)
		topo_impatient(&duts[i], true);
	silent_packets();
	norm_batch(pkts, SCENE_PACKETS);
	for (int i = 0; i < N_DUTS; i++)
		for (unsigned int j = 0; j < SCENE_PACKETS; j++)
			wire_send(&duts[i], &pkts[j]);
	verdict.sent += SCENE_PACKETS;
	while ((count_ids(&o[0]) < SCENE_PACKETS || count_ids(&o[1]) < SCENE_PACKETS) &&
	       now_ms() < end) {
		for (int i = 0; i < N_DUTS; i++)
			wire_drain(&duts[i], &o[i]);
		wire_wait(duts, 50);
	}
	wire_settle(duts, o);
	bad = compare(pkts, SCENE_PACKETS, &o[0], &o[1], true);
	for (int i = 0; i < N_DUTS; i++) {
		outs_reset(&o[i]);
		topo_impatient(&duts[i], false);
	}
	config_both("route del 203.0.113.0/24 table @\n"
		    "route del fd00:cb00::/32 table @\n"
		    "neigh del 10.0.4.20 dev p4\nneigh del fd00:4::14 dev p4\n",
		    "end of the silent next hop");
	return bad;
}

/* A neighbour changes its MAC, is deleted, is found again. */
unsigned int scene_reroute(struct dut *duts)
{
	static const char *const steps[] = {
		"neigh replace 10.0.1.3 lladdr 02:00:00:03:01:03 dev p1 nud permanent\n"
		"neigh replace fd00:1::3 lladdr 02:00:00:03:01:03 dev p1 nud permanent\n",
		"neigh del 10.0.1.3 dev p1\nneigh del fd00:1::3 dev p1\n",
		"neigh replace 10.0.1.3 lladdr 02:00:00:02:01:03 dev p1 nud permanent\n"
		"neigh replace fd00:1::3 lladdr 02:00:00:02:01:03 dev p1 nud permanent\n",
	};
	uint8_t dst4[4], dst6[16];
	unsigned int bad = 0;

	host_ip4(1, 3, dst4);
	host_ip6(1, 3, dst6);
	for (unsigned int s = 0; s < ARRAY_SIZE(steps); s++) {
		config_both(steps[s], "neighbour change");
		wire_sync_routes(duts);
		for (unsigned int i = 0; i < SCENE_PACKETS; i++) {
			struct pkt *p = scene_packet(i);

			if (i & 1)
				gen_udp6(p, (i & 2) * 2, dst6, 100 + i);
			else
				gen_udp4(p, (i & 2) * 2, dst4, 100 + i);
			p->what = "neighbour change";
		}
		bad += run_batch(pkts, SCENE_PACKETS);
	}
	return bad;
}

/* A port with routes over it goes down and comes back. */
unsigned int scene_port_flap(struct dut *duts)
{
	static const char *const steps[] = {
		"link set p3 down\n",
		"link set p3 up\n",
	};
	unsigned int bad = 0;

	for (unsigned int s = 0; s < 2; s++) {
		config_both(steps[s], "port down and up");
		if (s)
			config_both("addr add fd00:3::1/64 dev p3 nodad\n",
				    "IPv6 address of the port");
		wire_sync_routes(duts);
		for (int round = 0; round < 4; round++) {
			for (unsigned int i = 0; i < 48; i++) {
				struct pkt *p = scene_packet(i);

				do
					gen_packet(p, p->id);
				while (p->phys == 3);
			}
			bad += run_batch(pkts, 48);
		}
	}
	return bad;
}
