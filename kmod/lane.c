// SPDX-License-Identifier: GPL-2.0
/*
 * Lanes: a VF that may be lost, and a port that stands by.
 *
 * The kernel deletes the addresses, routes and neighbours of a netdevice that
 * goes.  So they are never on the VF.  They are on a software port of the same VR
 * on the same segment, the standby, and the VF is its lane: a port that carries
 * the standby's packets while it is fit to.  When it is not, the standby carries
 * them itself.  Routes, adjacencies and sockets do not notice; both have the same
 * link-layer address.  net_failover and netvsc do it in this way.
 *
 * Receive
 *
 * Ingress of a lane makes a packet one of the standby (RX_HANDLER_ANOTHER), whose
 * taps, VLANs and ingress see it next.  Both are on the same segment and hear the
 * same broadcasts, the echo of their own included, so multicast is taken from the
 * one that is in use and dropped on the other, as lane_idle.  Unicast is taken
 * from both: a
 * switch that has not yet learned of a change loses nothing.
 *
 * Transmit
 *
 * Egress asks for the lane once per vector and port.  What the stack sends (ARP,
 * ICMP, sockets, VLANs on the standby) is caught by a netfilter egress hook on the
 * standby and goes the same way; else switches would learn the address in two
 * places in turn.
 *
 * Switching
 *
 * Whether the lane is fit is read from its device for each packet, so nothing is
 * sent by it once it is not, whoever has noticed it or not: judge().  The
 * announcer, under rtnl, follows: it tells the neighbours (gratuitous ARP,
 * unsolicited NA) and user space.  It is called by whoever is first of the
 * netdevice notifier, the data path and, for a lane that is only received from,
 * a work item that looks every LOOK_MS.  Linkwatch may take a second.
 *
 * What happens to a PF its VFs may notice late.  When one is set down the VFs of
 * some NICs go on and those of others are deaf and mute at once, while their
 * drivers see the link for up to two seconds more.  So the lane is in doubt
 * for DOUBT_MS, and then what its own device says counts again.
 *
 * The way back is the announcer's alone: the lane must have been fit for
 * SETTLE_MS, in which the standby goes on, and have been given the standby's
 * multicast addresses.  Nobody tells when these change, so the work item
 * compares them, too.
 *
 * A lane that goes
 *
 * vanishes with its netdevice and all that was known of it but the name of the
 * device above it, for a VF its PCI address.  A netdevice of that name that is
 * registered later is made the lane again, after the PF has been told again what it
 * knew of the VF (vf.c).  A VF whose PF cannot be asked could return on another
 * segment, so it is not taken back.  If the lane was released by an administrator
 * nothing is remembered.
 *
 * Lifetimes
 *
 * port->standby of the lane, port->lane of the standby and lane->via are cleared
 * in phase one of vr_port_del() of either port; its grace periods cover readers.
 * The struct vr_lane is the standby's and is freed after a grace period, too.
 * There is one work item for all, which finds them in a list under rtnl, so it
 * never waits for one nor one for it.
 *
 * Not a goal: standbys of several lanes (bonds do that), other addresses than the
 * standby's own (no VLAN or macvlan with one of its own on it).
 */
#include "lane.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/netfilter_netdev.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "datapath.h"

#define LOOK_MS		10
#define SETTLE_MS	100

/* Drivers of VFs look after their PF every two seconds. */
#define DOUBT_MS	3000

/**
 * struct lane_cpu - what is under way on a CPU
 * @came: packet that came by a lane, on its way to the standby's ingress
 * @sending: a packet of the stack is being sent by a lane
 */
struct lane_cpu {
	struct sk_buff	*came;
	bool		sending;
};

static DEFINE_PER_CPU(struct lane_cpu, lane_cpu);

static LIST_HEAD(lanes);	/* rtnl, RCU */
static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look);

static void look_in(unsigned int ms)
{
	mod_delayed_work(system_highpri_wq, &look_work, msecs_to_jiffies(ms));
}

/* What @via is fit for: VROUTER_LANE_STATE_ACTIVE, or why for nothing; any context */
static u32 judge(const struct vr_lane *lane, const struct vr_port *via)
{
	const struct net_device *standby = lane->port->dev;
	const struct net_device *dev = via->dev;

	if (READ_ONCE(via->dead))
		return VROUTER_LANE_STATE_GONE;
	if (READ_ONCE(lane->closing) || !netif_running(dev))
		return VROUTER_LANE_STATE_DOWN;
	if (!netif_device_present((struct net_device *)dev))
		return VROUTER_LANE_STATE_RESET;
	if (!netif_carrier_ok(dev))
		return VROUTER_LANE_STATE_NO_CARRIER;
	if (READ_ONCE(lane->doubted))
		return VROUTER_LANE_STATE_PF_DOWN;
	if (READ_ONCE(dev->mtu) < READ_ONCE(standby->mtu))
		return VROUTER_LANE_STATE_MTU;
	if (!ether_addr_equal(dev->dev_addr, standby->dev_addr))
		return VROUTER_LANE_STATE_ADDRESS;
	return VROUTER_LANE_STATE_ACTIVE;
}

/**
 * vr_lane_via - the lane if it is in use
 * @lane: of a standby
 *
 * Context: softirq, RCU.
 * Return: the port that carries what the standby sends, or NULL.
 */
struct vr_port *vr_lane_via(struct vr_lane *lane)
{
	struct vr_port *via = rcu_dereference_bh(lane->via);

	if (!via || !READ_ONCE(lane->up))
		return NULL;
	if (likely(judge(lane, via) == VROUTER_LANE_STATE_ACTIVE))
		return via;
	if (!READ_ONCE(lane->kicked)) {
		WRITE_ONCE(lane->kicked, true);
		look_in(0);
	}
	return NULL;
}

/* ---- receive */

static bool is_multicast(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_MULTICAST ||
	       skb->pkt_type == PACKET_BROADCAST;
}

static void count_rx(struct vr_port *port, unsigned int len)
{
	struct vr_port_stats *stats = this_cpu_ptr(port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->rx_packets++;
	stats->rx_bytes += len;
	u64_stats_update_end(&stats->syncp);
}

static void drop_rx(struct vr_port *port, struct sk_buff *skb)
{
	struct vr_port_stats *stats = this_cpu_ptr(port->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->rx_dropped++;
	u64_stats_update_end(&stats->syncp);
	vr_pkt_drop(port->vr, vr_pkt_from_skb(skb), VR_DROP_LANE_IDLE);
}

/* Slow protocols, LLDP and the like are about the wire, not the segment. */
static bool is_of_wire(const struct sk_buff *skb)
{
	return is_link_local_ether_addr(eth_hdr(skb)->h_dest);
}

/**
 * vr_lane_receive - a packet came by a lane: make it one of the standby
 * @port: the lane
 * @pskb: the packet
 *
 * Context: softirq, RCU, the rx_handler of the lane.
 * Return: what the rx_handler returns.
 */
rx_handler_result_t vr_lane_receive(struct vr_port *port,
				    struct sk_buff **pskb)
{
	struct vr_port *standby = rcu_dereference_bh(port->standby);
	struct vr_lane *lane;
	struct sk_buff *skb;

	lane = standby ? rcu_dereference_bh(standby->lane) : NULL;
	if (!lane || is_of_wire(*pskb))
		return RX_HANDLER_PASS;
	skb = skb_share_check(*pskb, GFP_ATOMIC);
	if (unlikely(!skb))
		return RX_HANDLER_CONSUMED;
	if (!netif_running(standby->dev) ||
	    (is_multicast(skb) && vr_lane_via(lane) != port)) {
		drop_rx(port, skb);
		return RX_HANDLER_CONSUMED;
	}
	count_rx(port, skb->len);
	skb->dev = standby->dev;
	*pskb = skb;
	/* If it is lost before, it is only compared with, never looked at. */
	this_cpu_write(lane_cpu.came, skb);
	return RX_HANDLER_ANOTHER;
}

/**
 * vr_lane_unwanted - whether a packet of a standby is heard twice
 * @port: a port with a lane
 * @skb: a packet that ingress got on it
 *
 * Context: softirq, RCU, the rx_handler of @port.
 * Return: true if it is to be dropped.
 */
bool vr_lane_unwanted(struct vr_port *port, struct sk_buff *skb)
{
	if (this_cpu_read(lane_cpu.came) == skb) {
		this_cpu_write(lane_cpu.came, NULL);
		return false;
	}
	return is_multicast(skb) && !is_of_wire(skb) && vr_lane_of(port);
}

/* ---- transmit */

#ifdef VR_HAVE_EGRESS_HOOK

/* What the stack sends by a standby; BH disabled, RCU */
static unsigned int hook(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct vr_lane *lane = priv;
	struct vr_port *via = vr_lane_via(lane);

	/* A lane that sends by its standby in the end would not end. */
	if (!via || this_cpu_read(lane_cpu.sending))
		return NF_ACCEPT;
	if (unlikely(!list_empty(&skb->dev->ptype_all)))
		dev_queue_xmit_nit(skb, skb->dev);
	skb->dev = via->dev;
	this_cpu_write(lane_cpu.sending, true);
	dev_queue_xmit(skb);
	this_cpu_write(lane_cpu.sending, false);
	return NF_STOLEN;
}

static int hook_add(struct vr_lane *lane, struct netlink_ext_ack *extack)
{
	struct net_device *dev = lane->port->dev;
	int err;

	lane->hook = (struct nf_hook_ops) {
		.hook		= hook,
		.dev		= dev,
		.priv		= lane,
		.pf		= NFPROTO_NETDEV,
		.hooknum	= NF_NETDEV_EGRESS,
		.priority	= INT_MAX,
	};
	err = nf_register_net_hook(dev_net(dev), &lane->hook);
	if (err)
		NL_SET_ERR_MSG(extack, "cannot hook into what the standby sends");
	return err;
}

static void hook_del(struct vr_lane *lane)
{
	nf_unregister_net_hook(dev_net(lane->port->dev), &lane->hook);
}

#else /* !VR_HAVE_EGRESS_HOOK */

static int hook_add(struct vr_lane *lane, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "this kernel has no netfilter egress hook, which a standby needs");
	return -EOPNOTSUPP;
}

static void hook_del(struct vr_lane *lane)
{
}

#endif

/* ---- multicast addresses */

/* Of a set of addresses, in any order. */
static u32 group_hash(const u8 *addr)
{
	return jhash(addr, ETH_ALEN, 0);
}

/* rtnl or RCU: the standby wants to receive other groups than the lane does */
static bool groups_differ(const struct vr_lane *lane)
{
	struct net_device *dev = lane->port->dev;
	struct netdev_hw_addr *ha;
	u32 hash = 0;

	netif_addr_lock_bh(dev);
	netdev_for_each_mc_addr(ha, dev)
		hash += group_hash(ha->addr);
	netif_addr_unlock_bh(dev);
	return hash != READ_ONCE(lane->groups_hash);
}

static void groups_set(struct vr_lane *lane, struct net_device *via,
		       u8 (*groups)[ETH_ALEN], unsigned int n)
{
	unsigned int i;
	u32 hash = 0;

	for (i = 0; i < n; i++)
		if (dev_mc_add(via, groups[i]))
			netdev_warn(via, "cannot receive group %pM for %s\n",
				    groups[i], lane->port->dev->name);
	for (i = 0; i < lane->n_groups; i++)
		dev_mc_del(via, lane->groups[i]);
	kfree(lane->groups);
	lane->groups = groups;
	lane->n_groups = n;
	for (i = 0; i < n; i++)
		hash += group_hash(groups[i]);
	WRITE_ONCE(lane->groups_hash, hash);
}

/* rtnl; the lane is to receive what the standby wants to */
static void groups_follow(struct vr_lane *lane, struct net_device *via)
{
	struct net_device *dev = lane->port->dev;
	unsigned int n = 0, max = netdev_mc_count(dev);
	struct netdev_hw_addr *ha;
	u8 (*groups)[ETH_ALEN];

	groups = kcalloc(max, sizeof(*groups), GFP_KERNEL);
	if (!groups)
		return;
	netif_addr_lock_bh(dev);
	netdev_for_each_mc_addr(ha, dev)
		if (n < max)
			memcpy(groups[n++], ha->addr, ETH_ALEN);
	netif_addr_unlock_bh(dev);
	groups_set(lane, via, groups, n);
}

/* ---- switching */

/* What the state should be now; rtnl or RCU */
static u32 next_state(const struct vr_lane *lane)
{
	const struct vr_port *via = rcu_dereference_rtnl(lane->via);
	u32 state;

	if (!via)
		return lane->state;
	state = judge(lane, via);
	if (state != VROUTER_LANE_STATE_ACTIVE || READ_ONCE(lane->up))
		return state;
	if (lane->state == VROUTER_LANE_STATE_SETTLING &&
	    time_after_eq(jiffies, lane->since + msecs_to_jiffies(SETTLE_MS)))
		return state;
	return VROUTER_LANE_STATE_SETTLING;
}

static void announce(struct vr_lane *lane, u32 state)
{
	bool up = state == VROUTER_LANE_STATE_ACTIVE;
	struct net_device *dev = lane->port->dev;
	bool changes = up != lane->up;

	WRITE_ONCE(lane->kicked, false);
	if (state == lane->state)
		return;
	WRITE_ONCE(lane->since, jiffies);
	WRITE_ONCE(lane->state, state);
	WRITE_ONCE(lane->up, up);
	if (changes && netif_running(dev))
		__netdev_notify_peers(dev);
	vr_netlink_notify_port(lane->port, VROUTER_CMD_PORT_CHANGE_NTF);
}

static bool doubt_is_over(const struct vr_lane *lane)
{
	return READ_ONCE(lane->doubted) &&
	       time_after_eq(jiffies, READ_ONCE(lane->doubt_until));
}

static void update(struct vr_lane *lane)
{
	struct vr_port *via = rtnl_dereference(lane->via);

	if (doubt_is_over(lane))
		WRITE_ONCE(lane->doubted, false);
	if (via && groups_differ(lane))
		groups_follow(lane, via->dev);
	announce(lane, next_state(lane));
}

/* ---- control */

static struct vr_lane *lane_of_either(struct vr_port *port)
{
	struct vr_port *standby = rtnl_dereference(port->standby);

	return rtnl_dereference(standby ? standby->lane : port->lane);
}

static void lane_free(struct vr_lane *lane)
{
	hook_del(lane);
	list_del_rcu(&lane->node);
	RCU_INIT_POINTER(lane->port->lane, NULL);
	kfree(lane->groups);
	lane->groups = NULL;
	vr_vf_put(&lane->vf);
	kfree_rcu(lane, rcu);
}

static struct vr_lane *lane_create(struct vr_port *standby,
				   struct netlink_ext_ack *extack)
{
	struct vr_lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL);
	int err;

	if (!lane)
		return ERR_PTR(-ENOMEM);
	lane->port = standby;
	err = hook_add(lane, extack);
	if (err) {
		kfree(lane);
		return ERR_PTR(err);
	}
	list_add_tail_rcu(&lane->node, &lanes);
	rcu_assign_pointer(standby->lane, lane);
	return lane;
}

/* The standby goes on alone; what is left of the lane is its memory. */
static void detach(struct vr_lane *lane, u32 state)
{
	struct vr_port *via = rtnl_dereference(lane->via);

	if (via) {
		RCU_INIT_POINTER(via->standby, NULL);
		RCU_INIT_POINTER(lane->via, NULL);
		groups_set(lane, via->dev, NULL, 0);
		vr_dev_set_addrconf(via->dev, true);
	}
	announce(lane, state);
}

static void attach(struct vr_lane *lane, struct vr_port *via)
{
	struct net_device *dev = via->dev;
	const struct device *parent = dev->dev.parent;

	strscpy(lane->parent, parent ? dev_name(parent) : "",
		sizeof(lane->parent));
	lane->dev_port = dev->dev_port;
	lane->returning = false;
	vr_vf_put(&lane->vf);
	if (vr_vf_get(dev, &lane->vf) < 0) {
		netdev_warn(dev, "its PF does not answer here: lost, it will not be the lane of %s again\n",
			    lane->port->dev->name);
		*lane->parent = '\0';
	}
	WRITE_ONCE(lane->closing, false);
	WRITE_ONCE(lane->doubted, false);
	WRITE_ONCE(lane->state, VROUTER_LANE_STATE_DOWN);
	rcu_assign_pointer(lane->via, via);
	rcu_assign_pointer(via->standby, lane->port);
	update(lane);
	look_in(LOOK_MS);
}

static int refuse(const struct vr_port *port, const struct vr_port *standby,
		  struct netlink_ext_ack *extack)
{
	const struct vr_lane *lane = rtnl_dereference(standby->lane);
	struct net_device *dev = port->dev, *to = standby->dev;

	if (port == standby) {
		NL_SET_ERR_MSG(extack, "a port cannot be its own standby");
		return -EINVAL;
	}
	if (standby->vr != port->vr) {
		NL_SET_ERR_MSG(extack, "the standby is a port of another VR");
		return -EINVAL;
	}
	if (rtnl_dereference(standby->standby)) {
		NL_SET_ERR_MSG(extack, "the standby has a standby itself");
		return -EINVAL;
	}
	if (rtnl_dereference(port->lane)) {
		NL_SET_ERR_MSG(extack, "the port is a standby itself");
		return -EINVAL;
	}
	if (lane && rtnl_dereference(lane->via)) {
		NL_SET_ERR_MSG(extack, "the standby stands by for another port");
		return -EBUSY;
	}
	if (dev->type != ARPHRD_ETHER || to->type != ARPHRD_ETHER) {
		NL_SET_ERR_MSG(extack, "port and standby must be Ethernet devices");
		return -EOPNOTSUPP;
	}
	if (netdev_has_upper_dev(to, dev) || netdev_has_upper_dev(dev, to)) {
		NL_SET_ERR_MSG(extack, "port and standby are on top of one another");
		return -EINVAL;
	}
	if (!ether_addr_equal(dev->dev_addr, to->dev_addr)) {
		NL_SET_ERR_MSG(extack, "port and standby must have the same address");
		return -EADDRNOTAVAIL;
	}
	if (dev->mtu < to->mtu) {
		NL_SET_ERR_MSG(extack, "the port has a smaller MTU than the standby");
		return -EMSGSIZE;
	}
	return 0;
}

/**
 * vr_lane_set - let a port be the lane of another
 * @port: the port
 * @standby: its standby from now on
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error; then nothing has changed.
 */
int vr_lane_set(struct vr_port *port, struct vr_port *standby,
		struct netlink_ext_ack *extack)
{
	struct vr_lane *lane;
	int err;

	ASSERT_RTNL();
	if (rtnl_dereference(port->standby) == standby)
		return 0;
	err = refuse(port, standby, extack);
	if (err)
		return err;
	lane = rtnl_dereference(standby->lane);
	if (!lane)
		lane = lane_create(standby, extack);
	if (IS_ERR(lane))
		return PTR_ERR(lane);
	vr_lane_clear(port);
	vr_dev_set_addrconf(port->dev, false);
	/* So that addresses which IPv6 gave it by itself go. */
	vr_port_cycle(port->dev, extack);
	attach(lane, port);
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_CHANGE_NTF);
	return 0;
}

/* Nothing is remembered. */
static void release(struct vr_lane *lane, u32 state)
{
	detach(lane, state);
	lane_free(lane);
}

/**
 * vr_lane_clear - the port is to be a port as any other
 * @port: the port, lane or not
 *
 * Context: process, rtnl.
 */
void vr_lane_clear(struct vr_port *port)
{
	struct vr_port *standby = rtnl_dereference(port->standby);

	ASSERT_RTNL();
	if (!standby)
		return;
	release(rtnl_dereference(standby->lane), VROUTER_LANE_STATE_RELEASED);
	vr_port_cycle(port->dev, NULL);
	vr_netlink_notify_port(port, VROUTER_CMD_PORT_CHANGE_NTF);
}

/**
 * vr_lane_port_del - a port goes
 * @port: the port; what it is for others ends
 *
 * Context: process, rtnl; a grace period follows.
 */
void vr_lane_port_del(struct vr_port *port)
{
	struct vr_lane *lane = lane_of_either(port);
	struct vr_port *via;

	ASSERT_RTNL();
	if (!lane)
		return;
	via = rtnl_dereference(lane->via);
	if (lane->port == port) {
		/* Nobody is to be told by a port that goes. */
		WRITE_ONCE(lane->up, false);
		WRITE_ONCE(lane->state, VROUTER_LANE_STATE_RELEASED);
		release(lane, VROUTER_LANE_STATE_RELEASED);
		if (!via)
			return;
		vr_port_cycle(via->dev, NULL);
		vr_netlink_notify_port(via, VROUTER_CMD_PORT_CHANGE_NTF);
	} else if (port->dev->reg_state != NETREG_REGISTERED) {
		/* Not by an administrator. */
		vr_vf_refresh(&lane->vf, dev_net(port->dev));
		detach(lane, VROUTER_LANE_STATE_GONE);
		if (!*lane->parent)
			lane_free(lane);
	} else {
		release(lane, VROUTER_LANE_STATE_RELEASED);
	}
}

/**
 * vr_lane_event - something about a port's device has changed
 * @port: the port, lane, standby or neither
 * @event: NETDEV_*
 *
 * Context: process, rtnl.
 */
void vr_lane_event(struct vr_port *port, unsigned long event)
{
	struct vr_lane *lane = lane_of_either(port);

	if (!lane)
		return;
	if (lane->port != port)
		WRITE_ONCE(lane->closing, event == NETDEV_GOING_DOWN);
	update(lane);
}

/* ---- the way back */

static bool is_parent(const struct vr_lane *lane, const struct net_device *dev)
{
	return dev->dev.parent && *lane->parent &&
	       dev_net(dev) == dev_net(lane->port->dev) &&
	       !strcmp(dev_name(dev->dev.parent), lane->parent) &&
	       dev->dev_port == lane->dev_port;
}

/**
 * vr_lane_dev_registered - a netdevice is new: maybe a lane that was lost
 * @dev: the netdevice
 *
 * Context: process, rtnl.
 */
void vr_lane_dev_registered(const struct net_device *dev)
{
	struct vr_lane *lane;

	list_for_each_entry(lane, &lanes, node) {
		if (rtnl_dereference(lane->via) || !is_parent(lane, dev))
			continue;
		lane->returning = true;
		look_in(0);
	}
}

/**
 * vr_lane_dev_changed - a PF may have been told something of a lane
 * @dev: any netdevice
 *
 * Context: process, rtnl.
 */
void vr_lane_dev_changed(const struct net_device *dev)
{
	struct vr_lane *lane;

	list_for_each_entry(lane, &lanes, node)
		if (lane->vf.dev && lane->vf.pf_ifindex == dev->ifindex)
			vr_vf_refresh(&lane->vf, dev_net(lane->port->dev));
}

/**
 * vr_lane_dev_going_down - a PF is being set down: its VFs may be deaf from now on
 * @dev: any netdevice
 *
 * Context: process, rtnl.
 */
void vr_lane_dev_going_down(const struct net_device *dev)
{
	struct vr_lane *lane;

	list_for_each_entry(lane, &lanes, node) {
		if (!lane->vf.dev || lane->vf.pf_ifindex != dev->ifindex ||
		    dev_net(dev) != dev_net(lane->port->dev))
			continue;
		WRITE_ONCE(lane->doubt_until,
			   jiffies + msecs_to_jiffies(DOUBT_MS));
		WRITE_ONCE(lane->doubted, true);
		update(lane);
	}
}

static int take_back(struct vr_lane *lane, struct net_device *dev,
		     struct netlink_ext_ack *extack)
{
	struct net_device *to = lane->port->dev;
	struct vr_port *port;
	struct sockaddr addr;
	int err;

	if (netdev_master_upper_dev_get(dev)) {
		NL_SET_ERR_MSG(extack, "it has a master already");
		return -EBUSY;
	}
	if (lane->vf.dev) {
		err = vr_vf_restore(&lane->vf, dev, extack);
		if (err)
			return err;
	}
	if (!ether_addr_equal(dev->dev_addr, to->dev_addr)) {
		addr.sa_family = dev->type;
		ether_addr_copy(addr.sa_data, to->dev_addr);
		err = dev_set_mac_address(dev, &addr, extack);
		if (err)
			return err;
	}
	if (dev->mtu < to->mtu) {
		err = dev_set_mtu(dev, to->mtu);
		if (err)
			return err;
	}
	err = vr_port_add(lane->port->vr, dev, extack);
	if (err)
		return err;
	port = vr_port_get_rtnl(dev);
	err = vr_lane_set(port, lane->port, extack);
	if (err) {
		vr_port_del(lane->port->vr, dev);
		return err;
	}
	return dev_open(dev, extack);
}

/* Whatever happens, once: its next registration is the next chance. */
static void returns(struct vr_lane *lane)
{
	struct net *net = dev_net(lane->port->dev);
	struct netlink_ext_ack extack = {};
	struct net_device *dev;
	int err;

	lane->returning = false;
	if (rtnl_dereference(lane->via))
		return;
	for_each_netdev(net, dev)
		if (is_parent(lane, dev))
			break;
	if (&dev->dev_list == &net->dev_base_head)
		return;
	err = take_back(lane, dev, &extack);
	if (!err)
		return;
	netdev_warn(lane->port->dev, "%s cannot be its lane again: %s (%d)\n",
		    dev->name, extack._msg ? : "error", err);
	announce(lane, VROUTER_LANE_STATE_REFUSED);
}

/* ---- the work item */

/* Whether there is something to do, and to look at later. */
static bool anything(bool *again)
{
	struct vr_lane *lane;
	bool found = false;

	*again = false;
	rcu_read_lock();
	list_for_each_entry_rcu(lane, &lanes, node) {
		found |= READ_ONCE(lane->returning);
		if (!rcu_access_pointer(lane->via))
			continue;
		*again = true;
		found |= doubt_is_over(lane) ||
			 next_state(lane) != READ_ONCE(lane->state) ||
			 READ_ONCE(lane->kicked) || groups_differ(lane);
	}
	rcu_read_unlock();
	return found;
}

static void look(struct work_struct *work)
{
	struct vr_lane *lane, *next;
	bool again;

	if (anything(&again)) {
		rtnl_lock();
		list_for_each_entry_safe(lane, next, &lanes, node) {
			update(lane);
			if (lane->returning)
				returns(lane);
		}
		rtnl_unlock();
		anything(&again);
	}
	if (again)
		look_in(LOOK_MS);
}

/**
 * vr_lane_exit - end the work item
 *
 * Context: module exit; no port exists any more.
 */
void vr_lane_exit(void)
{
	cancel_delayed_work_sync(&look_work);
}
