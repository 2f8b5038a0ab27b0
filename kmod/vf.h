/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VR_VF_H
#define _VR_VF_H

#include <linux/if_link.h>
#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;

/* vf.c; rtnl */
bool vr_vf_get(const struct net_device *dev, struct ifla_vf_info *info);
int vr_vf_restore(const struct net_device *dev,
		  const struct ifla_vf_info *want,
		  struct netlink_ext_ack *extack);

#endif /* _VR_VF_H */
