// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP programs of ports: what they and the module tell each other.
 *
 * User space loads and attaches the program, and shows it to the module, which
 * finds its map by name and shape and keeps a reference on the program and so on
 * the map.  There it says which packets to bring, per CPU.  As long as it says
 * nothing the program passes everything, so the order in which program, port and
 * VR come and go does not matter: who is released, or whose VR is down or gone,
 * has a program that does nothing.
 *
 * What a frame cannot say
 *
 * A frame is its bytes.  A VLAN tag that the device has taken off, or a checksum
 * that whoever sent it has left to the device, is not among them: the tag would be
 * forgotten and the checksum never made.  NICs are told to leave tags in place, and
 * check checksums at most.  But a veth gets its packets as the peer's stack has made
 * them, and a tun as its owner has.  So the peer of a veth must not have such offloads,
 * while it has them packets are passed, and a tun is refused.
 *
 * Full
 *
 * A frame that the queue has no room for shuts the program on this CPU: it drops
 * by itself, for less than the way here costs.  The turn that serves the queue opens it
 * again once it has taken a vector out, and counts and bills what was dropped.
 *
 *	ingress				turn
 *	  full = 1			  q->tail = ...
 *	  q->shut = true		  barrier
 *	  barrier			  if q->shut, which becomes false:
 *	  if there is room:		    full = 0
 *	    full = 0
 *
 * One of the two sees what the other wrote before its barrier, so no program stays
 * shut with an empty queue; and q->shut is written last and read first, so none
 * is forgotten.  A queue in quarantine has no turns, and never shuts.
 */
#include "frame.h"

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

#ifdef CONFIG_BPF_SYSCALL

/* The one entry of the map by which @prog and we talk. */
static struct vrouter_xdp_port __percpu *find_map(struct bpf_prog *prog)
{
	struct vrouter_xdp_port __percpu *found = NULL;
	u32 i;

	mutex_lock(&prog->aux->used_maps_mutex);
	for (i = 0; i < prog->aux->used_map_cnt; i++) {
		struct bpf_map *map = prog->aux->used_maps[i];
		struct bpf_array *array;

		if (strcmp(map->name, VROUTER_XDP_MAP) ||
		    map->map_type != BPF_MAP_TYPE_PERCPU_ARRAY ||
		    map->max_entries != 1 ||
		    map->value_size != sizeof(*found))
			continue;
		array = container_of(map, struct bpf_array, map);
		found = (void __percpu *)array->pptrs[0];
		break;
	}
	mutex_unlock(&prog->aux->used_maps_mutex);
	return found;
}

/* A tag that the device takes away is one that the program does not see. */
static bool keep_tags(struct net_device *dev)
{
	netdev_features_t tags = NETIF_F_HW_VLAN_CTAG_RX |
				 NETIF_F_HW_VLAN_STAG_RX;

	dev->wanted_features &= ~tags;
	netdev_update_features(dev);
	return !(dev->features & tags);
}

/* The device whose transmit is this one's receive, if there is such; RCU */
static struct net_device *peer_of(const struct net_device *dev)
{
	return dev->netdev_ops->ndo_get_peer_dev ?
	       dev->netdev_ops->ndo_get_peer_dev((struct net_device *)dev) :
	       NULL;
}

/* Nothing of a packet is beside its bytes. */
static bool is_whole(const struct net_device *dev)
{
	const struct net_device *peer;
	bool whole;

	rcu_read_lock();
	peer = peer_of(dev);
	whole = !peer || !(peer->features &
			   (NETIF_F_CSUM_MASK | NETIF_F_SCTP_CRC |
			    NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX));
	rcu_read_unlock();
	return whole;
}

static int refuse(struct net_device *dev, struct netlink_ext_ack *extack)
{
	if (dev->type != ARPHRD_ETHER) {
		NL_SET_ERR_MSG(extack, "frames need an Ethernet device");
		return -EOPNOTSUPP;
	}
	if (dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, "tun")) {
		NL_SET_ERR_MSG(extack, "frames of a tun may lack their checksum");
		return -EOPNOTSUPP;
	}
	if (!is_whole(dev)) {
		NL_SET_ERR_MSG(extack, "the peer must not offload checksums and VLAN tags");
		return -EOPNOTSUPP;
	}
	if (!keep_tags(dev)) {
		NL_SET_ERR_MSG(extack, "the device hides VLAN tags (rx-vlan-offload)");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void free_xdp(struct vr_xdp *xdp)
{
	free_percpu(xdp->seen);
	bpf_prog_put(xdp->prog);
	kfree(xdp);
}

static struct vr_xdp *make_xdp(int fd, struct netlink_ext_ack *extack)
{
	struct vr_xdp *xdp = kzalloc(sizeof(*xdp), GFP_KERNEL);
	struct bpf_prog *prog;
	int err = -ENOMEM;
	int cpu;

	if (!xdp)
		return ERR_PTR(err);
	xdp->seen = alloc_percpu(struct vrouter_xdp_port);
	if (!xdp->seen)
		goto free;
	prog = bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_XDP, false);
	if (IS_ERR(prog)) {
		NL_SET_ERR_MSG(extack, "not the descriptor of an XDP program");
		err = PTR_ERR(prog);
		goto free;
	}
	xdp->prog = prog;
	xdp->told = find_map(prog);
	if (!xdp->told) {
		NL_SET_ERR_MSG(extack, "the XDP program has no map for vrouter");
		err = -EINVAL;
		goto put;
	}
	for_each_possible_cpu(cpu) {
		struct vrouter_xdp_port *told = per_cpu_ptr(xdp->told, cpu);

		/* A program that had a port before may have been left shut. */
		WRITE_ONCE(told->full, 0);
		*per_cpu_ptr(xdp->seen, cpu) = *told;
	}
	return xdp;

put:
	bpf_prog_put(prog);
free:
	free_percpu(xdp->seen);
	kfree(xdp);
	return ERR_PTR(err);
}

/* Count what the program has dropped; nobody else does at the same time. */
static u64 fold(struct vr_port *port, const struct vr_xdp *xdp, int cpu)
{
	const struct vrouter_xdp_port *told = per_cpu_ptr(xdp->told, cpu);
	struct vrouter_xdp_port *seen = per_cpu_ptr(xdp->seen, cpu);
	u64 drops = READ_ONCE(told->drops), ns = READ_ONCE(told->drop_ns);
	struct vr_port_stats *of = this_cpu_ptr(port->stats);
	struct vr_stats *stats = this_cpu_ptr(port->vr->stats);
	u64 n = drops - seen->drops, spent = ns - seen->drop_ns;

	if (!n)
		return 0;
	seen->drops = drops;
	seen->drop_ns = ns;
	u64_stats_update_begin(&stats->syncp);
	stats->drop[VR_DROP_QUEUE_FULL] += n;
	stats->frames += n;
	u64_stats_update_end(&stats->syncp);
	u64_stats_update_begin(&of->syncp);
	of->rx_dropped += n;
	u64_stats_update_end(&of->syncp);
	return spent;
}

/**
 * vr_xdp_tell - what the program of a port is to do from now on
 * @port: the port, with a program or without
 * @open: bring packets for the present address of the port, if its VR is up
 *
 * Context: process, rtnl.
 */
void vr_xdp_tell(struct vr_port *port, bool open)
{
	struct vr_xdp *xdp = rtnl_dereference(port->xdp);
	int cpu;

	ASSERT_RTNL();
	if (!xdp)
		return;
	open &= netif_running(port->vr->dev) && !READ_ONCE(port->dead) &&
		is_whole(port->dev);
	for_each_possible_cpu(cpu) {
		struct vrouter_xdp_port *told = per_cpu_ptr(xdp->told, cpu);

		WRITE_ONCE(told->open, 0);
		ether_addr_copy(told->mac, port->dev->dev_addr);
		/* Pairs with nothing: a program may read a half of the address
		 * once, and pass a packet.
		 */
		WRITE_ONCE(told->open, open);
	}
}

/**
 * vr_xdp_tell_all - the same for all ports of a VR
 * @vr: the VR
 * @open: see there
 *
 * Context: process, rtnl.
 */
void vr_xdp_tell_all(struct vr_router *vr, bool open)
{
	struct vr_port *port;

	ASSERT_RTNL();
	list_for_each_entry(port, &vr->ports, node)
		vr_xdp_tell(port, open);
}

/**
 * vr_xdp_features_changed - the offloads of a device have changed
 * @dev: any device
 *
 * Context: process, rtnl.
 */
void vr_xdp_features_changed(const struct net_device *dev)
{
	const struct net_device *peer;
	struct vr_port *port;

	rcu_read_lock();
	peer = peer_of(dev);
	port = peer ? vr_port_get_rcu(peer) : NULL;
	rcu_read_unlock();
	/* It is the same under rtnl. */
	if (port)
		vr_xdp_tell(port, true);
}

/**
 * vr_xdp_close - phase one of the end of a port: its program passes everything
 * @port: the port
 *
 * Context: process, rtnl.
 */
void vr_xdp_close(struct vr_port *port)
{
	vr_xdp_tell(port, false);
}

/**
 * vr_xdp_free - let go of a port's program
 * @port: the port, that no turn knows any more, a grace period after it was closed
 *
 * Context: process, rtnl.
 */
void vr_xdp_free(struct vr_port *port)
{
	struct vr_xdp *xdp = rtnl_dereference(port->xdp);
	int cpu;

	if (!xdp)
		return;
	RCU_INIT_POINTER(port->xdp, NULL);
	synchronize_net();
	local_bh_disable();
	for_each_possible_cpu(cpu)
		fold(port, xdp, cpu);
	local_bh_enable();
	free_xdp(xdp);
}

/**
 * vr_xdp_set - let an XDP program bring a port's packets
 * @port: the port
 * @fd: descriptor of the program, which the caller has attached; negative: none
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error; then nothing has changed.
 */
int vr_xdp_set(struct vr_port *port, int fd, struct netlink_ext_ack *extack)
{
	struct vr_xdp *xdp = NULL;
	int err;

	ASSERT_RTNL();
	if (fd >= 0) {
		xdp = make_xdp(fd, extack);
		if (IS_ERR(xdp))
			return PTR_ERR(xdp);
		err = refuse(port->dev, extack);
		if (err) {
			free_xdp(xdp);
			return err;
		}
	}
	vr_xdp_close(port);
	vr_xdp_free(port);
	rcu_assign_pointer(port->xdp, xdp);
	vr_xdp_tell(port, true);
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_CHANGE_NTF);
	return 0;
}

/**
 * vr_xdp_id - number of a port's program
 * @port: the port
 *
 * Context: rtnl.
 * Return: its number, 0 if there is none.
 */
u32 vr_xdp_id(const struct vr_port *port)
{
	const struct vr_xdp *xdp = rtnl_dereference(port->xdp);

	return xdp ? xdp->prog->aux->id : 0;
}

static void set_full(const struct vr_port *port, int cpu, bool full)
{
	const struct vr_xdp *xdp = rcu_dereference_bh(port->xdp);

	if (xdp)
		WRITE_ONCE(per_cpu_ptr(xdp->told, cpu)->full, full);
}

/**
 * vr_xdp_shut - the queue is full: let the program drop
 * @port: the port whose frame was refused
 * @q: the queue, of this CPU
 *
 * Context: softirq, RCU.
 */
void vr_xdp_shut(struct vr_port *port, struct vr_queue *q)
{
	if (vr_queue_refuses(q) == VR_DROP_QUARANTINE)
		return;
	set_full(port, q->cpu, true);
	/* Pairs with the exchange in vr_xdp_reopen(). */
	smp_store_release(&q->shut, true);
	/* Pairs with the barrier in serve() of poll.c. */
	smp_mb();
	if (!vr_queue_full(q))
		set_full(port, q->cpu, false);
}

/**
 * vr_xdp_reopen - there is room in the queue again
 * @q: the queue, with q->shut
 *
 * Context: softirq, the turn that serves @q.
 */
void vr_xdp_reopen(struct vr_queue *q)
{
	struct vr_port *port;
	u64 ns = 0;

	/* Before full is; pairs with the release in vr_xdp_shut(). */
	xchg(&q->shut, false);
	rcu_read_lock();
	list_for_each_entry_rcu(port, &q->vr->ports, node) {
		const struct vr_xdp *xdp = rcu_dereference(port->xdp);

		if (!xdp)
			continue;
		ns += fold(port, xdp, q->cpu);
		set_full(port, q->cpu, false);
	}
	rcu_read_unlock();
	if (ns)
		atomic_long_add(vr_cycles_from_ns(ns), &q->ingress_cost);
}

#else /* !CONFIG_BPF_SYSCALL */

int vr_xdp_set(struct vr_port *port, int fd, struct netlink_ext_ack *extack)
{
	if (fd < 0)
		return 0;
	NL_SET_ERR_MSG(extack, "this kernel has no BPF");
	return -EOPNOTSUPP;
}

u32 vr_xdp_id(const struct vr_port *port)
{
	return 0;
}

void vr_xdp_tell(struct vr_port *port, bool open)
{
}

void vr_xdp_tell_all(struct vr_router *vr, bool open)
{
}

void vr_xdp_features_changed(const struct net_device *dev)
{
}

void vr_xdp_close(struct vr_port *port)
{
}

void vr_xdp_free(struct vr_port *port)
{
}

void vr_xdp_shut(struct vr_port *port, struct vr_queue *q)
{
}

void vr_xdp_reopen(struct vr_queue *q)
{
}

#endif
