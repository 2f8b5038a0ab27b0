// SPDX-License-Identifier: GPL-2.0
/*
 * Packets as frames: from driver to driver without an sk_buff.
 *
 * Receive
 *
 * The XDP program of a port redirects what the fast path may be able to forward
 * to the VR, whose ndo_xdp_xmit is called with a batch at the end of the driver's
 * poll at the latest.  A frame does not know where it came from, so the program
 * leaves the index of the device in its metadata.  Nothing said there is trusted:
 * the port is looked up, and must be one of this VR.  Then frames take the way of
 * any packet: the same queue, turn, graph, counters.
 *
 * Whatever stands in the receive path of a device before its rx_handler would not
 * see frames.  So while somebody captures on the port, or it has filters of tc or
 * netfilter at its ingress, frames become sk_buffs at once and go that way, and so
 * they do if they are of a kind that the nodes do not know.
 *
 * Transmit
 *
 * Likewise frames leave by a port that has a program itself, in batches by its
 * driver's ndo_xdp_xmit, past its qdisc, unless an administrator has given it one,
 * has put a filter at its egress, or captures there or on the VR.
 *
 * Lifetimes are those of packets: a frame in a queue is found by its port and
 * dropped when that goes.  Its memory is given back to the driver's pool, which
 * waits for it.
 */
#include "frame.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/neighbour.h>
#include <net/sch_generic.h>
#include <net/xdp.h>

#include "trace.h"

/* The nodes' notes, and a link-layer header that is copied in whole words. */
#define HEADROOM	(sizeof(struct vr_cb) + HH_DATA_MOD)

/* Once in so many frames it is looked by which NAPI they come; more than a batch. */
#define HINT_EVERY	256U

/**
 * struct batch - frames of one call
 * @vr: the VR
 * @dev: the device that the last one came in by, or NULL
 * @port: it as a port of @vr, or NULL if frames must become sk_buffs
 * @ifindex: what its metadata said
 * @n: how many are in @pkt
 * @stack: time spent on those that became sk_buffs, in cycles
 * @pkt: those that are to go into the queue, all of @port
 */
struct batch {
	struct vr_router	*vr;
	struct net_device	*dev;
	struct vr_port		*port;
	u32			ifindex;
	unsigned int		n;
	u64			stack;
	vr_pkt_t		pkt[VR_FRAME_BATCH];
};

/**
 * vr_frame_to_skb - make an sk_buff of a frame
 * @pkt: the frame, with what the nodes know of it; the sk_buff after it
 *
 * Context: softirq.
 * Return: false if memory is short; then nothing has changed.
 */
bool vr_frame_to_skb(vr_pkt_t *pkt)
{
	struct vr_cb cb = *vr_pkt_cb(*pkt);
	struct sk_buff *skb;

	skb = xdp_build_skb_from_frame(vr_pkt_frame(*pkt), cb.port->dev);
	if (unlikely(!skb))
		return false;
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
	*pkt = vr_pkt_from_skb(skb);
	*vr_pkt_cb(*pkt) = cb;
	return true;
}

/* ---- receive */

static void free_frame(struct xdp_frame *frame)
{
	/* As the devmap does with what a device has not taken. */
	xdp_return_frame_rx_napi(frame);
}

static void refuse(struct vr_router *vr, struct vr_port *port,
		   const vr_pkt_t *pkt, unsigned int n, enum vr_drop reason)
{
	struct vr_stats *stats = this_cpu_ptr(vr->stats);
	unsigned int i;

	u64_stats_update_begin(&stats->syncp);
	stats->drop[reason] += n;
	u64_stats_update_end(&stats->syncp);
	if (port) {
		struct vr_port_stats *of = this_cpu_ptr(port->stats);

		u64_stats_update_begin(&of->syncp);
		of->rx_dropped += n;
		u64_stats_update_end(&of->syncp);
	}
	for (i = 0; i < n; i++) {
		trace_vrouter_drop(vr->dev, vr_drops[reason].name);
		free_frame(vr_pkt_frame(pkt[i]));
	}
}

/* A frame becomes a packet that the device has received in the usual way. */
static void to_stack(struct batch *b, struct xdp_frame *frame)
{
	vr_pkt_t pkt = vr_pkt_from_frame(frame);
	u64 start = vr_cycles();
	struct sk_buff *skb;

	if (unlikely(!b->dev)) {
		refuse(b->vr, NULL, &pkt, 1, VR_DROP_PORT_GONE);
		return;
	}
	skb = xdp_build_skb_from_frame(frame, b->dev);
	if (unlikely(!skb))
		refuse(b->vr, b->port, &pkt, 1, VR_DROP_NO_MEMORY);
	else
		netif_receive_skb(skb);
	b->stack += vr_cycles() - start;
}

/* Whether nobody must see the packets of a port before its rx_handler does. */
static bool may_skip_stack(const struct batch *b, struct vr_port *port)
{
	return !READ_ONCE(port->dead) && netif_running(b->vr->dev) &&
	       !rcu_access_pointer(port->standby) &&
	       !dev_nit_active(port->dev) &&
	       !vr_dev_has_ingress_filter(port->dev);
}

static void look_up(struct batch *b, u32 ifindex)
{
	struct vr_port *port;

	b->ifindex = ifindex;
	b->port = NULL;
	b->dev = dev_get_by_index_rcu(dev_net(b->vr->dev), ifindex);
	if (!b->dev)
		return;
	port = vr_port_get_rcu(b->dev);
	if (port && port->vr == b->vr && may_skip_stack(b, port))
		b->port = port;
}

/* The index of a device is above 0. */
static u32 take_ifindex(struct xdp_frame *frame)
{
	u32 ifindex = 0;

	if (likely(frame->metasize >= sizeof(ifindex)))
		ifindex = *(u32 *)(frame->data - sizeof(ifindex));
	frame->metasize = 0;
	return ifindex;
}

static void put_steered(struct batch *b, struct vr_queue *here,
			struct vr_queue *q)
{
	unsigned int i;

	for (i = 0; i < b->n; i++)
		if (unlikely(!vr_steer_put(here, q, b->pkt[i])))
			refuse(b->vr, b->port, &b->pkt[i], 1,
			       vr_queue_refuses(q));
}

/* What has been collected goes into the queue. */
static void flush(struct batch *b)
{
	struct vr_queue *here = b->vr->queue[smp_processor_id()];
	u8 steered = READ_ONCE(here->steered);
	struct vr_queue *q = unlikely(steered) ? vr_steer(here) : here;
	struct vr_stats *stats = this_cpu_ptr(b->vr->stats);
	unsigned int put;

	u64_stats_update_begin(&stats->syncp);
	stats->frames += b->n;
	u64_stats_update_end(&stats->syncp);
	if (trace_vrouter_frames_enabled())
		trace_vrouter_frames(b->vr->dev, b->port->dev, b->n);

	if (unlikely(!q)) {
		refuse(b->vr, b->port, b->pkt, b->n, VR_DROP_MOVING);
	} else if (unlikely(steered)) {
		put_steered(b, here, q);
	} else {
		put = vr_queue_put_batch(q, b->pkt, b->n);
		if (unlikely(put < b->n)) {
			refuse(b->vr, b->port, b->pkt + put, b->n - put,
			       vr_queue_refuses(q));
			vr_xdp_shut(b->port, q);
		}
	}
	b->n = 0;
}

static void receive(struct batch *b, struct xdp_frame *frame)
{
	u32 ifindex = take_ifindex(frame);
	struct vr_cb *cb;
	vr_pkt_t pkt;
	__be16 proto;

	if (unlikely(ifindex != b->ifindex)) {
		if (b->n)
			flush(b);
		look_up(b, ifindex);
	}
	if (unlikely(!b->port || frame->len < ETH_HLEN ||
		     frame->headroom < HEADROOM ||
		     xdp_frame_has_frags(frame))) {
		to_stack(b, frame);
		return;
	}
	proto = ((struct ethhdr *)frame->data)->h_proto;
	if (unlikely(proto != htons(ETH_P_IP) && proto != htons(ETH_P_IPV6))) {
		to_stack(b, frame);
		return;
	}

	pkt = vr_pkt_from_frame(frame);
	cb = vr_pkt_cb(pkt);
	cb->port = b->port;
	cb->proto = proto;
	b->pkt[b->n++] = pkt;
	if (b->n == VR_FRAME_BATCH)
		flush(b);
}

/**
 * vr_frame_receive - ndo_xdp_xmit of a VR
 * @dev: the VR
 * @n: number of frames
 * @frames: the frames
 * @flags: XDP_XMIT_*
 *
 * Context: softirq, the poll of the device that they came in by; RCU.
 * Return: @n, or -EINVAL and nothing is taken.
 */
int vr_frame_receive(struct net_device *dev, int n, struct xdp_frame **frames,
		     u32 flags)
{
	struct batch b = { .vr = netdev_priv(dev) };
	struct vr_queue *here;
	u64 start = 0;
	int i;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;

	rcu_read_lock();
	if (vr_ingress_saw(n))
		start = vr_cycles();
	for (i = 0; i < n; i++)
		receive(&b, frames[i]);
	if (b.n)
		flush(&b);
	/* Without a port nothing is known of the queues of @dev either. */
	if (b.port) {
		here = b.vr->queue[smp_processor_id()];
		if (vr_ingress_seen() % HINT_EVERY < (u32)n)
			vr_pull_hint(here, b.port);
		if (start)
			atomic_long_add(vr_cycles() - start - b.stack,
					&here->ingress_cost);
	}
	rcu_read_unlock();
	return n;
}

/* ---- transmit */

/**
 * vr_frame_fits_port - whether frames may leave by a port as such
 * @vr: the VR
 * @out: one of its ports
 *
 * Context: softirq, RCU.
 * Return: false if they must become sk_buffs.
 */
bool vr_frame_fits_port(const struct vr_router *vr, const struct vr_port *out)
{
	struct net_device *dev = out->dev;

	return rcu_access_pointer(out->xdp) && vr_dev_takes_frames(dev) &&
	       list_empty(&vr->dev->ptype_all) && !dev_nit_active(dev) &&
	       !vr_dev_has_egress_filter(dev) &&
	       !rcu_dereference_bh(dev->qdisc)->handle;
}

/**
 * vr_frame_send - hand frames to a driver
 * @dev: the device
 * @frames: the frames
 * @n: how many, at most VR_FRAME_BATCH
 * @lost_bytes: grows by the lengths of those that are lost
 *
 * Those that the driver did not take, having taken any, are freed.
 *
 * Context: softirq, RCU.
 * Return: how many were sent, or a negative error and all are still the caller's.
 */
int vr_frame_send(struct net_device *dev, struct xdp_frame **frames, int n,
		  u32 *lost_bytes)
{
	int i, sent = dev->netdev_ops->ndo_xdp_xmit(dev, n, frames,
						    XDP_XMIT_FLUSH);

	for (i = sent; unlikely(i >= 0 && i < n); i++) {
		*lost_bytes += frames[i]->len;
		xdp_return_frame(frames[i]);
	}
	return sent;
}
