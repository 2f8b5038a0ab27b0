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

static void process(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	u32 packets = 0, bytes = 0, total = 0;
	struct vr_port *last = NULL;
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_cb *cb;

		if (i + 2 < vec->n)
			prefetch(vr_pkt_cb(vec->pkt[i + 2]));
		if (i + 1 < vec->n)
			prefetch(vr_pkt_net(vec->pkt[i + 1]));

		cb = vr_pkt_cb(pkt);
		if (cb->port != last) {
			if (last)
				count_port(last, packets, bytes);
			last = cb->port;
			total += bytes;
			packets = 0;
			bytes = 0;
		}
		packets++;
		bytes += vr_pkt_len(pkt);

		if (unlikely(READ_ONCE(cb->port->dead)))
			vr_run_reason(run, inst, NEXT_DROP, pkt,
				      VR_DROP_PORT_GONE);
		else if (cb->proto == htons(ETH_P_IP))
			if (likely(!run->gate4))
				vr_run_next(run, inst, NEXT_IP4, pkt);
			else
				vr_run_reason(run, inst, NEXT_PUNT, pkt,
					      run->gate4 - 1);
		else if (likely(!run->gate6))
			vr_run_next(run, inst, NEXT_IP6, pkt);
		else
			vr_run_reason(run, inst, NEXT_PUNT, pkt,
				      run->gate6 - 1);
	}
	if (last)
		count_port(last, packets, bytes);
	run->stats.rx_packets += vec->n;
	run->stats.rx_bytes += total + bytes;
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
