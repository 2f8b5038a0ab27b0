// SPDX-License-Identifier: GPL-2.0
/*
 * Node input: counts what the ports brought in and sorts it by family.
 */
#include "datapath.h"

#include <linux/prefetch.h>

enum {
	NEXT_IP4,
	NEXT_IP6,
	NEXT_DROP,
	NEXT_PUNT,
};

static void count_port(struct vr_port *port, u32 packets, u32 bytes)
{
	struct vr_port_stats *stats = this_cpu_ptr(port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->rx_packets += packets;
	stats->rx_bytes += bytes;
	u64_stats_update_end(&stats->syncp);
}

/* Counts what comes in by one port, one after the other. */
struct ingress {
	struct vr_port	*port;
	bool		dead;
	u32		packets;
	u32		bytes;
};

static void enter(struct vr_run *run, struct ingress *in, struct vr_port *port)
{
	if (in->port)
		count_port(in->port, in->packets, in->bytes);
	run->stats.rx_bytes += in->bytes;
	*in = (struct ingress) {
		.port = port,
		.dead = port && READ_ONCE(port->dead),
	};
}

/* Where packets of a family go: to its first node, or by the gate to the stack. */
static __always_inline void sort(struct vr_run *run, const struct vr_inst *inst,
				 unsigned int next, u8 gate, vr_pkt_t pkt)
{
	if (likely(!gate))
		vr_run_next(run, inst, next, pkt);
	else
		vr_run_reason(run, inst, NEXT_PUNT, pkt, gate - 1);
}

static void process(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	struct ingress in = { };
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_cb *cb = vr_pkt_cb(pkt);

		/* The note of a frame lies behind its descriptor. */
		if (i + 2 < vec->n)
			prefetch(vr_pkt_skb(vec->pkt[i + 2] & ~VR_PKT_FRAME));
		if (i + 1 < vec->n)
			prefetch(vr_pkt_net(vec->pkt[i + 1]));

		if (unlikely(cb->port != in.port))
			enter(run, &in, cb->port);
		in.packets++;
		in.bytes += vr_pkt_len(pkt);

		if (unlikely(in.dead))
			vr_run_reason(run, inst, NEXT_DROP, pkt,
				      VR_DROP_PORT_GONE);
		else if (cb->proto == htons(ETH_P_IP))
			sort(run, inst, NEXT_IP4, run->gate4, pkt);
		else
			sort(run, inst, NEXT_IP6, run->gate6, pkt);
	}
	enter(run, &in, NULL);
	run->stats.rx_packets += vec->n;
}

const struct vr_node vr_node_input = {
	.name		= "input",
	.process	= process,
	.next		= {
		[NEXT_IP4]	= "ip4-check",
		[NEXT_IP6]	= "ip6-check",
		[NEXT_DROP]	= "drop",
		[NEXT_PUNT]	= "punt",
	},
	.n_next		= 4,
};
