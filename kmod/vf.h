/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VR_VF_H
#define _VR_VF_H

#include <linux/if_link.h>
#include <linux/types.h>

struct device;
struct net;
struct net_device;
struct netlink_ext_ack;

/**
 * struct vr_vf - a VF, and what its PF had been told of it
 * @dev: the VF's device, with a reference: one that is made anew is another; NULL if
 *	nothing is known
 * @pf_ifindex: netdevice of the PF
 * @info: what it said
 */
struct vr_vf {
	struct device		*dev;
	int			pf_ifindex;
	struct ifla_vf_info	info;
};

/* vf.c; rtnl */
int vr_vf_get(const struct net_device *dev, struct vr_vf *vf);
void vr_vf_refresh(struct vr_vf *vf, struct net *net);
void vr_vf_put(struct vr_vf *vf);
int vr_vf_restore(const struct vr_vf *vf, const struct net_device *dev,
		  struct netlink_ext_ack *extack);

#endif /* _VR_VF_H */
