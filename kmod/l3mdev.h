/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VR_L3MDEV_H
#define _VR_L3MDEV_H

#include <linux/netdevice.h>
#include <net/l3mdev.h>

extern const struct l3mdev_ops vr_l3mdev_ops;

/* ndo_start_xmit: what the stack sends by the VR itself */
netdev_tx_t vr_l3mdev_xmit(struct sk_buff *skb, struct net_device *dev);
/* rtnl: make sure that the tables and the l3mdev rules exist */
int vr_l3mdev_attach(struct net_device *dev, struct netlink_ext_ack *extack);

#endif /* _VR_L3MDEV_H */
