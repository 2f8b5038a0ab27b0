// SPDX-License-Identifier: GPL-2.0
/*
 * What a PF has been told of a VF, to be told again when the VF was made anew.
 *
 * A VF that loses its VLAN would be on a segment of somebody else.  A PF forgets
 * it when the number of its VFs is written or its driver starts anew.
 */
#include "vf.h"

#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#ifdef CONFIG_PCI_IOV

/* The netdevice of the PF, and the number of the VF. */
static struct net_device *find_pf(const struct net_device *dev, int *num)
{
	struct net_device *pf;
	struct pci_dev *pdev;

	if (!dev->dev.parent || !dev_is_pci(dev->dev.parent))
		return NULL;
	pdev = to_pci_dev(dev->dev.parent);
	if (!pdev->is_virtfn)
		return NULL;
	*num = pci_iov_vf_id(pdev);
	for_each_netdev(dev_net(dev), pf)
		if (pf->dev.parent == &pci_physfn(pdev)->dev &&
		    pf->netdev_ops->ndo_get_vf_config)
			return pf;
	return NULL;
}

static bool get(struct net_device *pf, int num, struct ifla_vf_info *info)
{
	*info = (struct ifla_vf_info) {
		.vf		= num,
		.spoofchk	= -1,
		.trusted	= -1,
		.vlan_proto	= htons(ETH_P_8021Q),
	};
	return !pf->netdev_ops->ndo_get_vf_config(pf, num, info);
}

/**
 * vr_vf_get - ask the PF what it knows of a VF
 * @dev: netdevice of the VF, or any other
 * @info: filled in
 *
 * Context: process, rtnl.
 * Return: whether it is a VF and its PF is here and answers.
 */
bool vr_vf_get(const struct net_device *dev, struct ifla_vf_info *info)
{
	struct net_device *pf;
	int num;

	ASSERT_RTNL();
	pf = find_pf(dev, &num);
	return pf && get(pf, num, info);
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
 * vr_vf_restore - tell the PF again
 * @dev: netdevice of a VF
 * @want: what vr_vf_get() said of the VF when it was last there
 * @extack: says why not
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_vf_restore(const struct net_device *dev,
		  const struct ifla_vf_info *want,
		  struct netlink_ext_ack *extack)
{
	struct ifla_vf_info now;
	struct net_device *pf;
	int num, err;

	ASSERT_RTNL();
	pf = find_pf(dev, &num);
	if (!pf || !get(pf, num, &now)) {
		NL_SET_ERR_MSG(extack, "its PF does not answer");
		return -ENODEV;
	}
	err = set(pf, &now, want);
	if (err)
		NL_SET_ERR_MSG(extack, "its PF refuses what it had been told of it");
	return err;
}

#else /* !CONFIG_PCI_IOV */

bool vr_vf_get(const struct net_device *dev, struct ifla_vf_info *info)
{
	return false;
}

int vr_vf_restore(const struct net_device *dev,
		  const struct ifla_vf_info *want,
		  struct netlink_ext_ack *extack)
{
	return 0;
}

#endif
