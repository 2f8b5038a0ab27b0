// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: netdevices enslaved to a VR.
 *
 * A port goes in two phases.  First it is made dead: marked so, its
 * adjacencies with it, its rx_handler gone; netdev_rx_handler_unregister()
 * waits for a grace period, so nothing enters a queue by it any more, and what
 * waits there is dropped.  Then one more grace period lets the vectors pass
 * that had taken packets or adjacencies of the port before.  Now only the
 * mirror's next hops may point at the structure; each holds a reference and
 * looks at nothing but the dead mark.  The device itself is let go.
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/l3mdev.h>

#include "datapath.h"
#include "fib.h"
#include "frame.h"
#include "lane.h"
#include "vrouter.h"

static void free_port_rcu(struct rcu_head *rcu)
{
	struct vr_port *port = container_of(rcu, struct vr_port, rcu);

	free_percpu(port->stats);
	kfree(port);
}

/**
 * vr_port_hold - take a reference on the structure, not on its device
 * @port: a port that the caller found under rtnl or holds already
 *
 * Context: any.
 */
void vr_port_hold(struct vr_port *port)
{
	refcount_inc(&port->refs);
}

/**
 * vr_port_put - drop a reference
 * @port: the port
 *
 * Context: any.
 */
void vr_port_put(struct vr_port *port)
{
	if (refcount_dec_and_test(&port->refs))
		call_rcu(&port->rcu, free_port_rcu);
}

/**
 * vr_port_get_rcu - the port that a device is
 * @dev: the device
 *
 * Context: RCU or rtnl.
 * Return: the port or NULL.
 */
struct vr_port *vr_port_get_rcu(const struct net_device *dev)
{
	struct vr_port *port;

	if (rcu_access_pointer(dev->rx_handler) != vr_ingress)
		return NULL;
	/* The handler is set after the data and cleared a grace period before
	 * it; but between the two reads it may have changed hands, so look at
	 * whose data it is.
	 */
	port = rcu_dereference_rtnl(dev->rx_handler_data);
	return rcu_access_pointer(dev->rx_handler) == vr_ingress ? port : NULL;
}

/**
 * vr_port_get_rtnl - as vr_port_get_rcu() for writers
 * @dev: the device
 *
 * Context: rtnl.
 * Return: the port or NULL.
 */
struct vr_port *vr_port_get_rtnl(const struct net_device *dev)
{
	ASSERT_RTNL();
	return vr_port_get_rcu(dev);
}

/**
 * vr_port_cycle - set a device down and up again, if it is up
 * @dev: the device
 * @extack: where to say what is wrong, or NULL
 *
 * So that the stack moves its addresses and routes to the table that is now right
 * and forgets its neighbours.
 *
 * Context: process, rtnl.
 */
void vr_port_cycle(struct net_device *dev, struct netlink_ext_ack *extack)
{
	unsigned int flags = dev->flags;

	if (!netif_running(dev) || dev->reg_state != NETREG_REGISTERED ||
	    !check_net(dev_net(dev)))
		return;
	if (dev_change_flags(dev, flags & ~IFF_UP, extack) < 0 ||
	    dev_change_flags(dev, flags, extack) < 0)
		netdev_err(dev, "cannot be taken down and up: its routes may be in the wrong table\n");
}

static int refuse(const struct vr_router *vr, struct net_device *dev,
		  struct netlink_ext_ack *extack)
{
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "a loopback device cannot be a port");
		return -EOPNOTSUPP;
	}
	if (netif_is_l3_master(dev)) {
		NL_SET_ERR_MSG(extack, "a VR or VRF cannot be a port");
		return -EINVAL;
	}
	if (netdev_master_upper_dev_get(dev)) {
		NL_SET_ERR_MSG(extack, "the device has a master already");
		return -EBUSY;
	}
	if (dev->priv_flags & IFF_NO_RX_HANDLER) {
		NL_SET_ERR_MSG(extack, "the device's kind cannot be a port");
		return -EOPNOTSUPP;
	}
	if (netdev_is_rx_handler_busy(dev)) {
		NL_SET_ERR_MSG(extack, "the device's receive path is in use (macvlan?)");
		return -EBUSY;
	}
	if (!vr->attached) {
		NL_SET_ERR_MSG(extack, "the VR is going away");
		return -ENODEV;
	}
	return 0;
}

/**
 * vr_port_add - enslave a device
 * @vr: the VR
 * @dev: the device
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error; then nothing has changed.
 */
int vr_port_add(struct vr_router *vr, struct net_device *dev,
		struct netlink_ext_ack *extack)
{
	struct vr_port *port;
	int err;

	ASSERT_RTNL();
	err = refuse(vr, dev, extack);
	if (err)
		return err;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return -ENOMEM;
	port->stats = netdev_alloc_pcpu_stats(struct vr_port_stats);
	if (!port->stats) {
		kfree(port);
		return -ENOMEM;
	}
	port->dev = dev;
	port->vr = vr;
	spin_lock_init(&port->hold.lock);
	refcount_set(&port->refs, 1);
	netdev_hold(dev, &port->dev_tracker, GFP_KERNEL);

	/* Merged packets cannot be forwarded. */
	dev_disable_lro(dev);

	dev->priv_flags |= IFF_L3MDEV_SLAVE;
	err = netdev_master_upper_dev_link(dev, vr->dev, NULL, NULL, extack);
	if (err)
		goto unset_slave;
	err = vr_fib_port_add(vr->fib, port);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the port's adjacencies");
		goto unlink;
	}
	err = netdev_rx_handler_register(dev, vr_ingress, port);
	if (err) {
		NL_SET_ERR_MSG(extack, "the device's receive path is in use");
		goto del_fib;
	}

	list_add_tail_rcu(&port->node, &vr->ports);
	WRITE_ONCE(vr->n_ports, vr->n_ports + 1);
	vr_port_cycle(dev, extack);
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_ADD_NTF);
	return 0;

del_fib:
	WRITE_ONCE(port->dead, true);
	vr_fib_port_del(vr->fib, port);
unlink:
	netdev_upper_dev_unlink(dev, vr->dev);
unset_slave:
	dev->priv_flags &= ~IFF_L3MDEV_SLAVE;
	synchronize_net();
	netdev_put(dev, &port->dev_tracker);
	vr_port_put(port);
	return err;
}

/**
 * vr_port_del - release a device
 * @vr: the VR
 * @dev: the device, also one that is being unregistered
 *
 * Context: process, rtnl.
 * Return: 0, or -EINVAL if @dev is not a port of @vr.
 */
int vr_port_del(struct vr_router *vr, struct net_device *dev)
{
	struct vr_port *port = vr_port_get_rtnl(dev);
	int cpu;

	if (!port || port->vr != vr)
		return -EINVAL;

	/* Phase 1: make it dead. */
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_DEL_NTF);
	WRITE_ONCE(port->dead, true);
	vr_fib_port_del(vr->fib, port);
	list_del_rcu(&port->node);
	WRITE_ONCE(vr->n_ports, vr->n_ports - 1);
	vr_lane_port_del(port);
	vr_xdp_close(port);
	netdev_rx_handler_unregister(dev);
	for_each_possible_cpu(cpu)
		vr_queue_flush(vr->queue[cpu], dev, VR_DROP_PORT_GONE);
	vr_pull_forget(port);

	/* The VRF driver takes every L3 slave that is unregistered for its own
	 * and may have been here first.
	 */
	if (netdev_has_upper_dev(dev, vr->dev))
		netdev_upper_dev_unlink(dev, vr->dev);
	dev->priv_flags &= ~IFF_L3MDEV_SLAVE;

	/* Phase 2: after the last vector that may have seen it. */
	synchronize_net();
	vr_xdp_free(port);
	vr_pull_unmask(dev);
	vr_port_cycle(dev, NULL);
	netdev_put(dev, &port->dev_tracker);
	vr_port_put(port);
	return 0;
}

/**
 * vr_port_set_flags - change how a port works
 * @port: the port
 * @mask: VR_PORT_* to change
 * @flags: their new values
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_port_set_flags(struct vr_port *port, unsigned long mask,
		      unsigned long flags, struct netlink_ext_ack *extack)
{
	unsigned long new;

	ASSERT_RTNL();
	if (!port) {
		NL_SET_ERR_MSG(extack, "the device is not a port of a VR");
		return -ENODEV;
	}
	new = (port->flags & ~mask) | (flags & mask);
	if (new == port->flags)
		return 0;
	WRITE_ONCE(port->flags, new);
	if (mask & VR_PORT_BY_IRQ) {
		vr_pull_forget(port);
		synchronize_net();
		vr_pull_unmask(port->dev);
	}
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_CHANGE_NTF);
	return 0;
}

/**
 * vr_port_stats - read the counters
 * @port: the port
 * @sum: filled in with the sum over all CPUs
 *
 * Context: RCU or rtnl.
 */
void vr_port_stats(const struct vr_port *port, struct vr_port_stats *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct vr_port_stats *stats;
		struct vr_port_stats one;

		stats = per_cpu_ptr(port->stats, cpu);
		vr_stats_read(&one, stats, &stats->syncp);
		sum->rx_packets += one.rx_packets;
		sum->rx_bytes += one.rx_bytes;
		sum->rx_dropped += one.rx_dropped;
		sum->tx_packets += one.tx_packets;
		sum->tx_bytes += one.tx_bytes;
		sum->tx_dropped += one.tx_dropped;
	}
}
