// SPDX-License-Identifier: GPL-2.0
/*
 * What a PF has been told of a VF, to be told again when the VF was made anew.
 *
 * A VF that loses its VLAN would be on a segment of somebody else.
 *
 * A PF's driver has it in its own memory, whatever becomes of the hardware, until
 * the number of VFs is written or the driver starts anew.  The former makes new
 * devices of the VFs, the latter a new netdevice of the PF.  So while both are those
 * that were asked at first, what the PF says is what an administrator wants, and it
 * takes the place of what it said before.  Once one of them is another, the PF
 * has forgotten: its answer counts for nothing and it is told again.
 *
 * The PF is asked when rtnetlink has told it something, which is a NETDEV_CHANGE of
 * the PF if that is up, when it comes up, and when the VF's netdevice goes: igb,
 * i40e, ice, bnxt and mlx5 remove the VFs first and forget then.  ixgbe forgets first,
 * and from then on does not answer.
 */
#include "vf.h"

#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>

#ifdef CONFIG_PCI_IOV

/* The netdevice of the PF of @dev, a VF's device, and the number of the VF. */
static struct net_device *find_pf(struct net *net, struct device *dev, int *num)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	struct net_device *pf;

	for_each_netdev(net, pf) {
		if (pf->dev.parent != &pci_physfn(pdev)->dev ||
		    !pf->netdev_ops->ndo_get_vf_config)
			continue;
		*num = pci_iov_vf_id(pdev);
		return pf;
	}
	return NULL;
}

static int get(struct net_device *pf, int num, struct ifla_vf_info *info)
{
	*info = (struct ifla_vf_info) {
		.vf		= num,
		.spoofchk	= -1,
		.trusted	= -1,
		.vlan_proto	= htons(ETH_P_8021Q),
	};
	return pf->netdev_ops->ndo_get_vf_config(pf, num, info);
}

/**
 * vr_vf_get - ask the PF what it knows of a VF
 * @dev: netdevice of the VF, or any other
 * @vf: filled in if it is a VF whose PF answers, for vr_vf_put(); else zeroed
 *
 * Context: process, rtnl.
 * Return: 1 if @vf is known, 0 if it is no VF, a negative error if it is one whose
 *	PF does not answer.
 */
int vr_vf_get(const struct net_device *dev, struct vr_vf *vf)
{
	struct device *parent = dev->dev.parent;
	struct net_device *pf;
	int num, err;

	ASSERT_RTNL();
	memset(vf, 0, sizeof(*vf));
	if (!parent || !dev_is_pci(parent) || !to_pci_dev(parent)->is_virtfn)
		return 0;
	pf = find_pf(dev_net(dev), parent, &num);
	if (!pf)
		return -ENODEV;
	err = get(pf, num, &vf->info);
	if (err)
		return err < 0 ? err : -EIO;
	vf->dev = get_device(parent);
	vf->pf_ifindex = pf->ifindex;
	return 1;
}

/**
 * vr_vf_refresh - ask the PF again
 * @vf: as vr_vf_get() left it; keeps what it has if the PF has forgotten
 * @net: the namespace
 *
 * Context: process, rtnl.
 */
void vr_vf_refresh(struct vr_vf *vf, struct net *net)
{
	struct ifla_vf_info info;
	struct net_device *pf;
	int num;

	ASSERT_RTNL();
	/* Its PF may have gone with it, and be another device now. */
	if (!vf->dev || !device_is_registered(vf->dev))
		return;
	pf = find_pf(net, vf->dev, &num);
	if (pf && pf->ifindex == vf->pf_ifindex && !get(pf, num, &info))
		vf->info = info;
}

/**
 * vr_vf_put - forget a VF
 * @vf: as vr_vf_get() left it
 *
 * Context: process.
 */
void vr_vf_put(struct vr_vf *vf)
{
	put_device(vf->dev);
	vf->dev = NULL;
}

static int set(struct net_device *pf, const struct ifla_vf_info *now,
	       const struct ifla_vf_info *want)
{
	const struct net_device_ops *ops = pf->netdev_ops;
	int err = 0;

	if (now->vlan != want->vlan || now->qos != want->qos ||
	    now->vlan_proto != want->vlan_proto)
		err = ops->ndo_set_vf_vlan ?
		      ops->ndo_set_vf_vlan(pf, now->vf, want->vlan, want->qos,
					   want->vlan_proto) : -EOPNOTSUPP;
	if (!err && now->spoofchk != want->spoofchk &&
	    ops->ndo_set_vf_spoofchk)
		err = ops->ndo_set_vf_spoofchk(pf, now->vf, want->spoofchk);
	if (!err && now->trusted != want->trusted && ops->ndo_set_vf_trust)
		err = ops->ndo_set_vf_trust(pf, now->vf, want->trusted);
	if (!err && (now->max_tx_rate != want->max_tx_rate ||
		     now->min_tx_rate != want->min_tx_rate) &&
	    ops->ndo_set_vf_rate)
		err = ops->ndo_set_vf_rate(pf, now->vf, want->min_tx_rate,
					   want->max_tx_rate);
	return err;
}

/**
 * vr_vf_restore - tell the PF again what it has forgotten
 * @vf: as vr_vf_get() left it when the VF was last there
 * @dev: netdevice of the VF
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_vf_restore(const struct vr_vf *vf, const struct net_device *dev,
		  struct netlink_ext_ack *extack)
{
	struct device *parent = dev->dev.parent;
	struct ifla_vf_info now;
	struct net_device *pf;
	int num, err;

	ASSERT_RTNL();
	if (!dev_is_pci(parent) || !to_pci_dev(parent)->is_virtfn) {
		NL_SET_ERR_MSG(extack, "it was a VF and is none any more");
		return -ENODEV;
	}
	pf = find_pf(dev_net(dev), parent, &num);
	if (!pf || get(pf, num, &now)) {
		NL_SET_ERR_MSG(extack, "its PF does not answer");
		return -ENODEV;
	}
	if (vf->dev == parent && vf->pf_ifindex == pf->ifindex)
		return 0;
	err = set(pf, &now, &vf->info);
	if (err)
		NL_SET_ERR_MSG(extack, "its PF refuses what it had been told of it");
	return err;
}

#else /* !CONFIG_PCI_IOV */

int vr_vf_get(const struct net_device *dev, struct vr_vf *vf)
{
	memset(vf, 0, sizeof(*vf));
	return 0;
}

void vr_vf_refresh(struct vr_vf *vf, struct net *net)
{
}

void vr_vf_put(struct vr_vf *vf)
{
}

int vr_vf_restore(const struct vr_vf *vf, const struct net_device *dev,
		  struct netlink_ext_ack *extack)
{
	return 0;
}

#endif
