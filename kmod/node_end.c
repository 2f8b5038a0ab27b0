// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes drop and punt, where packets end that do not leave by a port.
 */
#include "datapath.h"

#include <net/xdp.h>

#include "frame.h"
#include "trace.h"

static void free_pkt(vr_pkt_t pkt, enum vr_drop reason)
{
	if (vr_pkt_is_frame(pkt))
		xdp_return_frame(vr_pkt_frame(pkt));
	else
		kfree_skb_reason(vr_pkt_skb(pkt), vr_drops[reason].kernel);
}

/**
 * vr_pkt_drop - drop a packet that is not in a vector
 * @vr: whose it is
 * @pkt: the packet
 * @reason: why
 *
 * Context: BH disabled.
 */
void vr_pkt_drop(struct vr_router *vr, vr_pkt_t pkt, enum vr_drop reason)
{
	struct vr_stats *stats = this_cpu_ptr(vr->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->drop[reason]++;
	u64_stats_update_end(&stats->syncp);
	trace_vrouter_drop(vr->dev, vr_drops[reason].name);
	free_pkt(pkt, reason);
}

static void drop(struct vr_run *run, const struct vr_inst *inst,
		 struct vr_vec *vec)
{
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		struct vr_cb *cb = vr_pkt_cb(vec->pkt[i]);
		struct vr_port_stats *stats = this_cpu_ptr(cb->port->stats);

		u64_stats_update_begin(&stats->syncp);
		stats->rx_dropped++;
		u64_stats_update_end(&stats->syncp);
		run->stats.drop[cb->reason]++;
		trace_vrouter_drop(run->vr->dev, vr_drops[cb->reason].name);
		free_pkt(vec->pkt[i], cb->reason);
	}
}

/*
 * The stack takes the packet as if the port had just received it, inside this
 * poll, so its work is on the VR's bill.
 */
static void punt(struct vr_run *run, const struct vr_inst *inst,
		 struct vr_vec *vec)
{
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_cb *cb = vr_pkt_cb(pkt);

		run->stats.punt[cb->reason]++;
		trace_vrouter_punt(run->vr->dev, vr_punts[cb->reason].name);
		if (vr_pkt_is_frame(pkt) && !vr_frame_to_skb(&pkt)) {
			run->stats.drop[VR_DROP_NO_MEMORY]++;
			free_pkt(pkt, VR_DROP_NO_MEMORY);
			continue;
		}
		vr_ingress_reinject(vr_pkt_skb(pkt));
	}
}

const struct vr_node vr_node_drop = {
	.name		= "drop",
	.process	= drop,
};

const struct vr_node vr_node_punt = {
	.name		= "punt",
	.process	= punt,
};
