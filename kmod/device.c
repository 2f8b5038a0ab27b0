// SPDX-License-Identifier: GPL-2.0
/*
 * The VR's netdevice: link operations, net_device operations, statistics.
 */
#include <linux/capability.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/rtnetlink.h>

#include "ethtool.h"
#include "frame.h"
#include "l3mdev.h"
#include "vrouter.h"

/**
 * vr_dev_tx_dropped - count a packet that the VR could not send for a socket
 * @dev: the VR
 *
 * Context: BH disabled.
 */
void vr_dev_tx_dropped(struct net_device *dev)
{
	struct vr_router *vr = netdev_priv(dev);
	struct vr_stats *stats = this_cpu_ptr(vr->stats);

	u64_stats_update_begin(&stats->syncp);
	stats->drop[VR_DROP_NO_WAY_OUT]++;
	u64_stats_update_end(&stats->syncp);
}

static int dev_init(struct net_device *dev)
{
	struct vr_router *vr = netdev_priv(dev);
	int err;

	err = vr_router_init(vr, NULL);
	if (err)
		return err;
	dev->flags = IFF_MASTER | IFF_NOARP;
	/* There is no link that could be down. */
	dev->operstate = IF_OPER_UP;
	netdev_lockdep_set_classes(dev);
	return 0;
}

static void dev_uninit(struct net_device *dev)
{
	vr_router_uninit(netdev_priv(dev));
}

/* ip -s link: what the VR forwards, and what it drops or loses on the way. */
static void get_stats64(struct net_device *dev,
			struct rtnl_link_stats64 *link_stats)
{
	struct vr_stats stats;
	int i;

	vr_router_stats(netdev_priv(dev), -1, &stats);
	link_stats->rx_packets = stats.rx_packets;
	link_stats->rx_bytes = stats.rx_bytes;
	link_stats->tx_packets = stats.tx_packets;
	link_stats->tx_bytes = stats.tx_bytes;
	for (i = 0; i < VR_DROP_N; i++)
		if (i == VR_DROP_TX_DROPPED || i == VR_DROP_EGRESS_GONE ||
		    i == VR_DROP_NO_WAY_OUT)
			link_stats->tx_dropped += stats.drop[i];
		else
			link_stats->rx_dropped += stats.drop[i];
}

static int add_slave(struct net_device *dev, struct net_device *port_dev,
		     struct netlink_ext_ack *extack)
{
	return vr_port_add(netdev_priv(dev), port_dev, extack);
}

static int del_slave(struct net_device *dev, struct net_device *port_dev)
{
	return vr_port_del(netdev_priv(dev), port_dev);
}

static const struct net_device_ops netdev_ops = {
	.ndo_init		= dev_init,
	.ndo_uninit		= dev_uninit,
	.ndo_start_xmit		= vr_l3mdev_xmit,
	.ndo_xdp_xmit		= vr_frame_receive,
	.ndo_get_stats64	= get_stats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_add_slave		= add_slave,
	.ndo_del_slave		= del_slave,
};

/**
 * vr_dev_is_router - whether a netdevice is a VR
 * @dev: the device
 *
 * Context: any.
 * Return: true if it is.
 */
bool vr_dev_is_router(const struct net_device *dev)
{
	return dev->netdev_ops == &netdev_ops;
}

/**
 * vr_router_by_dev - the VR of a netdevice
 * @dev: the device
 *
 * Context: rtnl or RCU.
 * Return: the VR or NULL if @dev is something else.
 */
struct vr_router *vr_router_by_dev(struct net_device *dev)
{
	return vr_dev_is_router(dev) ? netdev_priv(dev) : NULL;
}

static void setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &netdev_ops;
	dev->l3mdev_ops = &vr_l3mdev_ops;
	dev->ethtool_ops = &vr_ethtool_ops;
	dev->needs_free_netdev = true;
	eth_hw_addr_random(dev);

	/* A VLAN on a VR would have no link below it. */
	dev->features |= NETIF_F_VLAN_CHALLENGED;
	/* What sockets send is segmented and summed by the port. */
	dev->features |= NETIF_F_GSO_SOFTWARE | NETIF_F_RXCSUM |
			 NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_SG |
			 NETIF_F_FRAGLIST | NETIF_F_HIGHDMA;
	dev->hw_features = dev->features;
	dev->hw_enc_features = dev->features;

	dev->priv_flags |= IFF_NO_QUEUE | IFF_NO_RX_HANDLER |
			   IFF_LIVE_ADDR_CHANGE | IFF_L3MDEV_MASTER;
	vr_dev_set_lltx(dev);
	vr_dev_set_xdp_xmit(dev);

	/* The ports' MTUs count, not this one. */
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = IP6_MAX_MTU;
	dev->mtu = dev->max_mtu;
}

static const struct nla_policy policy[IFLA_VROUTER_MAX + 1] = {
	[IFLA_VROUTER_UNSPEC]	= { .strict_start_type = IFLA_VROUTER_TABLE },
	[IFLA_VROUTER_TABLE]	= { .type = NLA_U32 },
	[IFLA_VROUTER_WEIGHT]	= { .type = NLA_U32 },
	[IFLA_VROUTER_PORTS]	= { .type = NLA_REJECT },
};

static const struct nla_policy slave_policy[IFLA_VROUTER_PORT_MAX + 1] = {
	[IFLA_VROUTER_PORT_UNSPEC] = {
		.strict_start_type = IFLA_VROUTER_PORT_DIRECT
	},
	[IFLA_VROUTER_PORT_DIRECT] = NLA_POLICY_MAX(NLA_U8, 1),
};

static int validate(struct nlattr *tb[], struct nlattr *data[],
		    struct netlink_ext_ack *extack)
{
	u32 weight;

	if (tb[IFLA_ADDRESS] &&
	    (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN ||
	     !is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS])))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "not a unicast Ethernet address");
		return -EADDRNOTAVAIL;
	}
	if (!data)
		return 0;
	if (data[IFLA_VROUTER_TABLE] &&
	    nla_get_u32(data[IFLA_VROUTER_TABLE]) == RT_TABLE_UNSPEC) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_VROUTER_TABLE],
				    "table 0 does not exist");
		return -EINVAL;
	}
	if (data[IFLA_VROUTER_TABLE] &&
	    nla_get_u32(data[IFLA_VROUTER_TABLE]) == RT_TABLE_LOCAL) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_VROUTER_TABLE],
				    "table local cannot be a VR's table");
		return -EINVAL;
	}
	if (data[IFLA_VROUTER_WEIGHT]) {
		weight = nla_get_u32(data[IFLA_VROUTER_WEIGHT]);
		if (weight < VR_WEIGHT_MIN || weight > VR_WEIGHT_MAX) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_VROUTER_WEIGHT],
					    "weight must be 1 to 10000");
			return -ERANGE;
		}
	}
	return 0;
}

/* The host's owner decides on shares, not a tenant in a namespace. */
static int may_set_weight(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (!attr || capable(CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "weight needs CAP_NET_ADMIN on the host");
	return -EPERM;
}

static int newlink(struct net *src_net, struct net_device *dev,
		   struct nlattr *tb[], struct nlattr *data[],
		   struct netlink_ext_ack *extack)
{
	struct vr_router *vr = netdev_priv(dev);
	int err;

	if (!data || !data[IFLA_VROUTER_TABLE]) {
		NL_SET_ERR_MSG(extack, "table is missing: say which routing table is the VR's");
		return -EINVAL;
	}
	err = may_set_weight(data[IFLA_VROUTER_WEIGHT], extack);
	if (err)
		return err;

	vr->dev = dev;
	vr->table = nla_get_u32(data[IFLA_VROUTER_TABLE]);
	vr->weight = data[IFLA_VROUTER_WEIGHT] ?
		     nla_get_u32(data[IFLA_VROUTER_WEIGHT]) :
		     VR_WEIGHT_DEFAULT;
	INIT_LIST_HEAD(&vr->ports);
	return register_netdevice(dev);
}

static int changelink(struct net_device *dev, struct nlattr *tb[],
		      struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct vr_router *vr = netdev_priv(dev);
	int err;

	if (!data)
		return 0;
	if (data[IFLA_VROUTER_TABLE] &&
	    nla_get_u32(data[IFLA_VROUTER_TABLE]) != vr->table) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_VROUTER_TABLE],
				    "the table of a VR cannot change: delete it and add it anew");
		return -EOPNOTSUPP;
	}
	if (!data[IFLA_VROUTER_WEIGHT])
		return 0;
	err = may_set_weight(data[IFLA_VROUTER_WEIGHT], extack);
	if (err)
		return err;
	return vr_router_set_weight(vr, nla_get_u32(data[IFLA_VROUTER_WEIGHT]),
				    extack);
}

static void dellink(struct net_device *dev, struct list_head *head)
{
	/* While the ports' tables can still be told apart by their master. */
	vr_router_detach(netdev_priv(dev));
	vr_router_forget(netdev_priv(dev));
	unregister_netdevice_queue(dev, head);
}

static size_t get_size(const struct net_device *dev)
{
	return 3 * nla_total_size(sizeof(u32));
}

static int fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct vr_router *vr = netdev_priv(dev);

	if (nla_put_u32(skb, IFLA_VROUTER_TABLE, vr->table) ||
	    nla_put_u32(skb, IFLA_VROUTER_WEIGHT, READ_ONCE(vr->weight)) ||
	    nla_put_u32(skb, IFLA_VROUTER_PORTS, READ_ONCE(vr->n_ports)))
		return -EMSGSIZE;
	return 0;
}

static int slave_changelink(struct net_device *dev,
			    struct net_device *port_dev, struct nlattr *tb[],
			    struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	if (!data || !data[IFLA_VROUTER_PORT_DIRECT])
		return 0;
	return vr_port_set_flags(vr_port_get_rtnl(port_dev), VR_PORT_DIRECT,
				 nla_get_u8(data[IFLA_VROUTER_PORT_DIRECT]) ?
				 VR_PORT_DIRECT : 0, extack);
}

static size_t get_slave_size(const struct net_device *dev,
			     const struct net_device *port_dev)
{
	return nla_total_size(sizeof(u8));
}

static int fill_slave_info(struct sk_buff *skb, const struct net_device *dev,
			   const struct net_device *port_dev)
{
	struct vr_port *port = vr_port_get_rcu(port_dev);

	if (port && nla_put_u8(skb, IFLA_VROUTER_PORT_DIRECT,
			       !!(READ_ONCE(port->flags) & VR_PORT_DIRECT)))
		return -EMSGSIZE;
	return 0;
}

struct rtnl_link_ops vr_link_ops __read_mostly = {
	.kind			= "vrouter",
	.priv_size		= sizeof(struct vr_router),
	.setup			= setup,
	.maxtype		= IFLA_VROUTER_MAX,
	.policy			= policy,
	.validate		= validate,
	.newlink		= newlink,
	.changelink		= changelink,
	.dellink		= dellink,
	.get_size		= get_size,
	.fill_info		= fill_info,
	.slave_maxtype		= IFLA_VROUTER_PORT_MAX,
	.slave_policy		= slave_policy,
	.slave_changelink	= slave_changelink,
	.get_slave_size		= get_slave_size,
	.fill_slave_info	= fill_slave_info,
};
