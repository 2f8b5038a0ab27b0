// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 1: from the port into the VR's queue of this CPU, or of another that
 * steer.c names.
 *
 * The port's rx_handler keeps what the fast path may be able to forward,
 * unicast IP for the port's own address, and leaves everything else to the
 * stack where it is: ARP, IS-IS, broadcast, multicast, VLAN tags nobody owns.
 */
#include "datapath.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "lane.h"
#include "trace.h"

/*
 * One in this many packets has its ingress cost measured.  Prime, so that it is
 * not always the same one of the batches in which NAPI and GRO hand packets on.
 */
#define COST_SAMPLE	17

struct ingress_cpu {
	struct sk_buff	*reinjected;
	u32		sample;
	bool		unbilled;
};

static DEFINE_PER_CPU(struct ingress_cpu, ingress_cpu);

/**
 * vr_ingress_seen - count packets that have come in by ports
 *
 * Context: BH disabled.
 * Return: how many of this CPU; wraps.
 */
u32 vr_ingress_seen(void)
{
	return this_cpu_read(ingress_cpu.sample);
}

/**
 * vr_ingress_saw - count packets that have come in as frames
 * @n: how many
 *
 * Context: BH disabled.
 * Return: whether the time for them is to be billed, or is part of a turn.
 */
bool vr_ingress_saw(u32 n)
{
	this_cpu_add(ingress_cpu.sample, n);
	return !this_cpu_read(ingress_cpu.unbilled);
}

/**
 * vr_ingress_unbilled - what ingress costs is part of a turn, or not any more
 * @on: whether it is
 *
 * Context: softirq.
 */
void vr_ingress_unbilled(bool on)
{
	this_cpu_write(ingress_cpu.unbilled, on);
}

/**
 * vr_ingress_reinject - hand a packet to the stack as if just received
 * @skb: packet as the port's rx_handler got it: skb->dev the port, skb->data
 *	the network header
 *
 * The packet enters the receive path again behind the device's taps and tc
 * ingress, which have seen it: that is what tc_skip_classify asks for.  RPS
 * and generic XDP are left out by netif_receive_skb_core(), so the port's
 * rx_handler sees @skb on this CPU before this function returns and lets it
 * pass.
 *
 * Context: softirq, RCU.
 */
void vr_ingress_reinject(struct sk_buff *skb)
{
	vr_skb_skip_classify(skb);
	/* Generic XDP on the port ran already; it spares redirected packets. */
	skb_set_redirected(skb, false);

	this_cpu_write(ingress_cpu.reinjected, skb);
	netif_receive_skb_core(skb);
	this_cpu_write(ingress_cpu.reinjected, NULL);
}

static bool for_fast_path(const struct sk_buff *skb)
{
	if (skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb))
		return false;
	return skb->protocol == htons(ETH_P_IP) ||
	       skb->protocol == htons(ETH_P_IPV6);
}

static void count_passed(struct vr_router *vr)
{
	struct vr_stats *stats = this_cpu_ptr(vr->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->passed++;
	u64_stats_update_end(&stats->syncp);
}

/* Before any work is done for the packet, it ends here. */
static void refuse(struct vr_port *port, vr_pkt_t pkt, enum vr_drop reason)
{
	struct vr_port_stats *stats = this_cpu_ptr(port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->rx_dropped++;
	u64_stats_update_end(&stats->syncp);
	vr_pkt_drop(port->vr, pkt, reason);
}

/**
 * vr_ingress - rx_handler of a port
 * @pskb: the packet, network header at skb->data
 *
 * Context: softirq or BH disabled, RCU.
 * Return: RX_HANDLER_CONSUMED if the VR took it, RX_HANDLER_ANOTHER if it has
 *	become a packet of the port's standby, RX_HANDLER_PASS otherwise.
 */
rx_handler_result_t vr_ingress(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct vr_queue *here, *q;
	struct vr_router *vr;
	struct vr_port *port;
	struct vr_cb *cb;
	u64 start = 0;
	vr_pkt_t pkt;
	u8 steered;
	bool sample;

	if (this_cpu_read(ingress_cpu.reinjected) == skb) {
		this_cpu_write(ingress_cpu.reinjected, NULL);
		skb_reset_redirect(skb);
		return RX_HANDLER_PASS;
	}

	port = rcu_dereference(skb->dev->rx_handler_data);
	if (unlikely(rcu_access_pointer(port->standby)))
		return vr_lane_receive(port, pskb);
	if (unlikely(rcu_access_pointer(port->lane)) &&
	    vr_lane_unwanted(port, skb)) {
		refuse(port, vr_pkt_from_skb(skb), VR_DROP_LANE_IDLE);
		return RX_HANDLER_CONSUMED;
	}

	sample = !(this_cpu_inc_return(ingress_cpu.sample) % COST_SAMPLE);
	vr = port->vr;
	if (!for_fast_path(skb) || READ_ONCE(port->dead) ||
	    !netif_running(vr->dev)) {
		count_passed(vr);
		return RX_HANDLER_PASS;
	}

	if (unlikely(sample) && !this_cpu_read(ingress_cpu.unbilled))
		start = vr_cycles();

	here = vr->queue[smp_processor_id()];
	steered = READ_ONCE(here->steered);
	q = unlikely(steered) ? vr_steer(here) : here;
	if (unlikely(!q)) {
		refuse(port, vr_pkt_from_skb(skb), VR_DROP_MOVING);
		q = here;
		goto bill;
	}
	if (unlikely(vr_queue_full(q))) {
		refuse(port, vr_pkt_from_skb(skb), vr_queue_refuses(q));
		goto bill;
	}

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb))
		return RX_HANDLER_CONSUMED;
	skb_orphan(skb);

	pkt = vr_pkt_from_skb(skb);
	cb = vr_pkt_cb(pkt);
	cb->port = port;
	cb->proto = skb->protocol;

	trace_vrouter_enqueue(vr->dev, port->dev, skb);
	if (likely(!steered))
		vr_queue_put(q, pkt);
	else if (unlikely(!vr_steer_put(here, q, pkt)))
		refuse(port, pkt, vr_queue_refuses(q));
bill:
	/* What was dropped here was paid for by the VR as well. */
	if (start)
		atomic_long_add((vr_cycles() - start) * COST_SAMPLE,
				&q->ingress_cost);
	return RX_HANDLER_CONSUMED;
}
