// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 6: link-layer header and transmit.
 *
 * Node egress sorts the vector by port, keeping the order within each, shows
 * the packets to whoever captures on the VR, and sends port by port: through
 * the port's qdisc, or, if that is idle or the port says so, straight into the
 * driver's queue with one lock and one doorbell for the batch; frames, where that
 * can be, as such (frame.c).  If the port is a standby and its lane is fit, they go
 * through that instead (lane.c).
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/neighbour.h>
#include <net/pkt_sched.h>

#include "datapath.h"
#include "fib.h"
#include "frame.h"
#include "lane.h"
#include "trace.h"

/**
 * struct group - packets of a vector that leave by the same port
 * @port: the port
 * @out: it, or its lane if that is in use
 * @up: packets can leave by @port
 * @as_frames: frames may leave by @out as such
 * @head: sk_buffs, or
 * @frames: frames, never both; when there are VR_FRAME_BATCH they are sent
 * @tail: the last sk_buff
 * @n_frames: how many are in @frames
 * @packets: how many there were
 * @bytes: length of all
 * @lost: of these, frames that are lost
 * @lost_bytes: their length
 */
struct group {
	struct vr_port		*port;
	struct vr_port		*out;
	bool			up;
	bool			as_frames;
	struct sk_buff		*head;
	struct sk_buff		*tail;
	struct xdp_frame	**frames;
	u32			n_frames;
	u32			packets;
	u32			bytes;
	u32			lost;
	u32			lost_bytes;
};

static void count_tx(struct vr_port *port, u32 packets, u32 bytes, u32 dropped)
{
	struct vr_port_stats *stats = this_cpu_ptr(port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->tx_packets += packets;
	stats->tx_bytes += bytes;
	stats->tx_dropped += dropped;
	u64_stats_update_end(&stats->syncp);
}

/* Through the qdisc; returns how many were refused. */
static u32 xmit_qdisc(struct sk_buff *skb, u32 *lost_bytes)
{
	struct sk_buff *next;
	u32 lost = 0;

	for (; skb; skb = next) {
		unsigned int len = skb->len;
		int rc;

		next = skb->next;
		skb_mark_not_on_list(skb);
		rc = dev_queue_xmit(skb);
		if (unlikely(net_xmit_eval(rc))) {
			*lost_bytes += len;
			lost++;
		}
	}
	return lost;
}

/**
 * struct run - packets of a batch, one after the other, for one queue of the device
 * @txq: the queue
 * @skb: the first
 * @rest: what comes after the last
 * @packets: how many
 * @bytes: length of all
 * @plain: none needs anything but its driver: validate_xmit_skb_list() would
 *	leave them all as they are.  That there is no IPsec in them ip4-check and
 *	ip6-check have seen to.
 */
struct run {
	struct netdev_queue	*txq;
	struct sk_buff		*skb;
	struct sk_buff		*rest;
	u32			packets;
	u32			bytes;
	bool			plain;
};

static bool is_plain(const struct sk_buff *skb)
{
	return !skb_is_nonlinear(skb) && !skb_is_gso(skb) &&
	       skb->ip_summed != CHECKSUM_PARTIAL && !skb_vlan_tag_present(skb);
}

/* The queue of a device that has several, as netdev_core_pick_tx() finds it. */
static u16 pick_queue(struct net_device *dev, struct sk_buff *skb)
{
	const struct net_device_ops *ops = dev->netdev_ops;

#ifdef CONFIG_XPS
	/* What the skb was received with stands there. */
	if (skb->sender_cpu - 1 >= nr_cpu_ids)
		skb->sender_cpu = raw_smp_processor_id() + 1;
#endif
	return netdev_cap_txqueue(dev, ops->ndo_select_queue ?
				  ops->ndo_select_queue(dev, skb, NULL) :
				  netdev_pick_tx(dev, skb, NULL));
}

/* The longest run that @skb begins with. */
static struct run split_run(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	bool many = dev->real_num_tx_queues > 1;
	u16 index = many ? pick_queue(dev, skb) : 0;
	struct run run = {
		.txq = netdev_get_tx_queue(dev, index),
		.skb = skb,
		.plain = true,
	};

	for (;;) {
		skb_set_queue_mapping(skb, index);
		run.packets++;
		run.bytes += skb->len;
		run.plain &= is_plain(skb);
		if (!skb->next ||
		    (many && pick_queue(dev, skb->next) != index))
			break;
		skb = skb->next;
	}
	run.rest = skb->next;
	skb->next = NULL;
	return run;
}

/* Give the driver packets until one of the bits @stop says no; those left. */
static struct sk_buff *feed(struct sk_buff *skb, struct net_device *dev,
			    struct netdev_queue *txq, unsigned long stop)
{
	HARD_TX_LOCK(dev, txq, smp_processor_id());
	while (skb && !(READ_ONCE(txq->state) & stop)) {
		struct sk_buff *next = skb->next;
		netdev_tx_t rc;

		skb_mark_not_on_list(skb);
		if (dev_nit_active(dev))
			dev_queue_xmit_nit(skb, dev);
		rc = netdev_start_xmit(skb, dev, txq, next);
		if (unlikely(!dev_xmit_complete(rc))) {
			skb->next = next;
			break;
		}
		skb = next;
	}
	HARD_TX_UNLOCK(dev, txq);
	return skb;
}

static void drop_list(struct sk_buff *skb, u32 *lost, u32 *lost_bytes)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		*lost_bytes += skb->len;
		(*lost)++;
		skb_mark_not_on_list(skb);
		kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP);
		skb = next;
	}
}

/* Past the qdisc: what sch_direct_xmit() does, for a port that asked for it. */
static u32 xmit_direct(struct sk_buff *skb, u32 *lost_bytes)
{
	struct net_device *dev = skb->dev;
	bool again = false;
	u32 lost = 0;

	while (skb) {
		struct run run = split_run(skb);

		skb = run.plain ? run.skb :
		      validate_xmit_skb_list(run.skb, dev, &again);
		skb = feed(skb, dev, run.txq, QUEUE_STATE_DRV_XOFF_OR_FROZEN);
		drop_list(skb, &lost, lost_bytes);
		skb = run.rest;
	}
	return lost;
}

static void unlock_nolock(struct Qdisc *q)
{
	__acquire(&q->seqlock);	/* by begin_bypass() */
	spin_unlock(&q->seqlock);
	/* Who finds it locked says so, and only then tries again. */
	smp_mb();
	if (unlikely(test_bit(__QDISC_STATE_MISSED, &q->state)))
		__netif_schedule(q);
}

/*
 * Be the one who sends for a qdisc that has no packets and would let one pass,
 * as __dev_xmit_skb() does for each.  Others meanwhile put theirs into it.  These
 * are qdisc_run_begin() and qdisc_run_end() in a form that sparse can follow.  A
 * qdisc with a size table counts other lengths than those of the packets.
 */
static bool begin_bypass(struct Qdisc *q)
{
	bool mine;

	if (!q->enqueue || !(q->flags & TCQ_F_CAN_BYPASS) ||
	    unlikely(rcu_access_pointer(q->stab)))
		return false;
	if (q->flags & TCQ_F_NOLOCK) {
		if (!nolock_qdisc_is_empty(q) || !spin_trylock(&q->seqlock))
			return false;
		__release(&q->seqlock);	/* not before end_bypass() */
		/* Only now nobody else can have put any back. */
		if (likely(nolock_qdisc_is_empty(q)))
			return true;
		unlock_nolock(q);
		return false;
	}
	spin_lock(qdisc_lock(q));
	mine = !test_bit(__QDISC_STATE_DEACTIVATED, &q->state) &&
	       !qdisc_qlen(q) &&
	       !__test_and_set_bit(__QDISC_STATE2_RUNNING, &q->state2);
	spin_unlock(qdisc_lock(q));
	return mine;
}

static void end_bypass(struct Qdisc *q, u32 packets, u32 bytes)
{
	if (q->flags & TCQ_F_NOLOCK) {
		_bstats_update(this_cpu_ptr(q->cpu_bstats), bytes, packets);
		unlock_nolock(q);
		return;
	}
	spin_lock(qdisc_lock(q));
	_bstats_update(&q->bstats, bytes, packets);
	__clear_bit(__QDISC_STATE2_RUNNING, &q->state2);
	if (unlikely(qdisc_qlen(q)))
		__netif_schedule(q);
	spin_unlock(qdisc_lock(q));
}

/*
 * As xmit_qdisc(), but as long as the qdisc is idle with one lock and one doorbell
 * for a run.  What the driver has no room for goes the usual way, behind nothing
 * that came later.
 */
static u32 xmit_idle(struct sk_buff *skb, u32 *lost_bytes)
{
	struct net_device *dev = skb->dev;
	u32 lost = 0;

	while (skb) {
		struct run run = split_run(skb);
		struct Qdisc *q = rcu_dereference_bh(run.txq->qdisc);

		skb = run.skb;
		if (likely(run.plain) && begin_bypass(q)) {
			struct sk_buff *left;

			skb = feed(skb, dev, run.txq,
				   QUEUE_STATE_ANY_XOFF_OR_FROZEN);
			for (left = skb; unlikely(left); left = left->next) {
				run.packets--;
				run.bytes -= left->len;
			}
			end_bypass(q, run.packets, run.bytes);
		}
		if (unlikely(skb))
			lost += xmit_qdisc(skb, lost_bytes);
		skb = run.rest;
	}
	return lost;
}

/* Whether nothing but the qdisc is between a device's driver and us. */
static bool is_bare(struct net_device *dev)
{
	return !dev_nit_active(dev) && !vr_dev_has_egress_filter(dev);
}

/* Show the packets to the sockets that capture on a device. */
static void capture(struct net_device *on, struct sk_buff *skb)
{
	for (; skb; skb = skb->next) {
		struct net_device *dev = skb->dev;

		skb->dev = on;
		dev_queue_xmit_nit(skb, on);
		skb->dev = dev;
	}
}

/* They leave by the lane of their port. */
static void divert(struct vr_port *port, struct vr_port *lane,
		   struct sk_buff *skb)
{
	if (unlikely(!list_empty(&port->dev->ptype_all)))
		capture(port->dev, skb);
	for (; skb; skb = skb->next)
		skb->dev = lane->dev;
}

/* A qdisc takes only sk_buffs. */
static struct sk_buff *get_skb(vr_pkt_t pkt, struct net_device *dev)
{
	struct sk_buff *skb;

	if (likely(!vr_pkt_is_frame(pkt)))
		return vr_pkt_skb(pkt);
	skb = xdp_build_skb_from_frame(vr_pkt_frame(pkt), dev);
	if (unlikely(!skb))
		return NULL;
	skb_reset_network_header(skb);
	if (skb->protocol == htons(ETH_P_IP))
		skb_set_transport_header(skb, sizeof(struct iphdr));
	else
		skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	/* As forwarded, not as received by somebody else. */
	skb->pkt_type = PACKET_HOST;
	skb_push(skb, ETH_HLEN);
	return skb;
}

/* What a driver did not take goes through the qdisc; frees it if it cannot. */
static u32 xmit_as_skb(struct xdp_frame *frame, struct net_device *dev,
		       u32 *lost_bytes)
{
	struct sk_buff *skb = get_skb(vr_pkt_from_frame(frame), dev);

	if (unlikely(!skb)) {
		*lost_bytes += frame->len;
		xdp_return_frame(frame);
		return 1;
	}
	skb->next = NULL;
	return xmit_qdisc(skb, lost_bytes);
}

/* Send the frames that have been collected. */
static void send_frames(struct group *g)
{
	struct net_device *dev = g->out->dev;
	u32 i, n = g->n_frames;
	int sent;

	g->n_frames = 0;
	sent = vr_frame_send(dev, g->frames, n, &g->lost_bytes);
	if (likely(sent == (int)n))
		return;
	if (sent >= 0) {
		g->lost += n - sent;
		return;
	}
	for (i = 0; i < n; i++)
		g->lost += xmit_as_skb(g->frames[i], dev, &g->lost_bytes);
}

static void send_group(struct vr_run *run, struct group *g)
{
	struct vr_port *port = g->out;
	struct vr_port *lane = port == g->port ? NULL : port;
	u32 lost, lost_bytes;

	if (unlikely(!g->packets))
		return;
	if (unlikely(!list_empty(&run->vr->dev->ptype_all)))
		capture(run->vr->dev, g->head);
	if (unlikely(lane))
		divert(g->port, lane, g->head);
	trace_vrouter_xmit(run->vr->dev, port->dev, g->packets);

	if (g->n_frames)
		send_frames(g);
	lost = g->lost;
	lost_bytes = g->lost_bytes;
	if (!g->head)
		;
	else if (READ_ONCE(port->flags) & VR_PORT_DIRECT)
		lost += xmit_direct(g->head, &lost_bytes);
	else if (likely(is_bare(port->dev)))
		lost += xmit_idle(g->head, &lost_bytes);
	else
		lost += xmit_qdisc(g->head, &lost_bytes);

	/* Segmentation past the qdisc can lose more than went in. */
	lost = min(lost, g->packets);
	lost_bytes = min(lost_bytes, g->bytes);
	count_tx(g->port, g->packets - lost, g->bytes - lost_bytes, lost);
	if (unlikely(lane))
		count_tx(lane, g->packets - lost, g->bytes - lost_bytes, lost);
	run->stats.tx_packets += g->packets - lost;
	run->stats.tx_bytes += g->bytes - lost_bytes;
	run->stats.drop[VR_DROP_TX_DROPPED] += lost;
}

static void init_group(struct vr_run *run, struct group *g,
		       struct xdp_frame **frames, struct vr_port *port)
{
	struct vr_port *lane;

	*g = (struct group) { .port = port, .out = port, .frames = frames };
	g->up = netif_running(port->dev) && !READ_ONCE(port->dead);
	if (unlikely(!g->up))
		return;
	lane = vr_lane_of(port);
	if (unlikely(lane))
		g->out = lane;
	g->as_frames = vr_frame_fits_port(run->vr, g->out) &&
		       (!lane || !dev_nit_active(port->dev));
}

static struct group *find_group(struct vr_run *run, struct group *groups,
				unsigned int *n, struct vr_port *port)
{
	unsigned int i;

	for (i = 0; i < *n; i++)
		if (groups[i].port == port)
			return &groups[i];
	if (*n == VR_EGRESS_GROUPS) {
		/* All are sent, not one, so that no order changes. */
		for (i = 0; i < VR_EGRESS_GROUPS; i++)
			send_group(run, &groups[i]);
		*n = 0;
	}
	i = (*n)++;
	init_group(run, &groups[i], run->frames[i], port);
	return &groups[i];
}

/* Before the first of the other kind comes, lest it overtake these. */
static void send_and_restart(struct vr_run *run, struct group *g)
{
	struct vr_port *port = g->port;

	send_group(run, g);
	init_group(run, g, g->frames, port);
}

static void add_frame(struct vr_run *run, struct group *g,
		      struct xdp_frame *frame)
{
	if (unlikely(g->head))
		send_and_restart(run, g);
	g->packets++;
	g->bytes += frame->len;
	g->frames[g->n_frames++] = frame;
	if (unlikely(g->n_frames == VR_FRAME_BATCH))
		send_frames(g);
}

static void add_skb(struct vr_run *run, struct group *g, struct sk_buff *skb)
{
	if (unlikely(g->packets && !g->head))
		send_and_restart(run, g);
	skb->next = NULL;
	if (g->tail)
		g->tail->next = skb;
	else
		g->head = skb;
	g->tail = skb;
	g->packets++;
	g->bytes += skb->len;
}

static void process(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	struct group groups[VR_EGRESS_GROUPS];
	struct group *g = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < vec->n; i++) {
		vr_pkt_t pkt = vec->pkt[i];
		struct vr_port *port = vr_pkt_cb(pkt)->adj->port;
		struct sk_buff *skb;

		if (unlikely(!g || g->port != port))
			g = find_group(run, groups, &n, port);
		if (unlikely(!g->up)) {
			vr_run_reason(run, inst, 0, pkt, VR_DROP_EGRESS_GONE);
			continue;
		}
		if (vr_pkt_is_frame(pkt) && likely(g->as_frames)) {
			add_frame(run, g, vr_pkt_frame(pkt));
			continue;
		}
		skb = get_skb(pkt, port->dev);
		if (unlikely(!skb)) {
			vr_run_reason(run, inst, 0, pkt, VR_DROP_NO_MEMORY);
			continue;
		}
		add_skb(run, g, skb);
	}
	for (i = 0; i < n; i++)
		send_group(run, &groups[i]);
}

const struct vr_node vr_node_egress = {
	.name		= "egress",
	.process	= process,
	.next		= { "drop" },
	.n_next		= 1,
};
