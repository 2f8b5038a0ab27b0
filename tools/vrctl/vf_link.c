// SPDX-License-Identifier: GPL-2.0
/* Netdevices and the VFs of a PF, over rtnetlink. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nl.h"
#include "vf.h"

#define PORT_KIND "vrouter"

/*
 * Devices of a NIC that are no functions but stand for one, as the kernel names
 * them: pf0vf3, c1pf0vf3, pf0sf88.
 */
static bool is_representor(const char *port)
{
	return strstr(port, "pf") && (strstr(port, "vf") || strstr(port, "sf"));
}

static void fill_netdev(struct netdev *dev, const struct nl_attrs *link)
{
	const struct nlattr *addr = link->tb[IFLA_ADDRESS];
	struct nl_attrs info;

	dev->ifindex = link->link->ifi_index;
	snprintf(dev->name, sizeof(dev->name), "%s", nl_str(link->tb[IFLA_IFNAME]));
	if (addr && mnl_attr_get_payload_len(addr) == MAC_LEN)
		memcpy(dev->mac, mnl_attr_get_payload(addr), MAC_LEN);
	if (!strcmp(nl_str(link->tb[IFLA_PARENT_DEV_BUS_NAME]), "pci"))
		snprintf(dev->parent, sizeof(dev->parent), "%s",
			 nl_str(link->tb[IFLA_PARENT_DEV_NAME]));
	dev->master = nl_u32(link->tb[IFLA_MASTER]);
	nl_parse_nest(link->tb[IFLA_LINKINFO], &info);
	dev->port = dev->master && !strcmp(nl_str(info.tb[IFLA_INFO_SLAVE_KIND]), PORT_KIND);
	dev->up = link->link->ifi_flags & IFF_UP;
	dev->carrier = nl_u8(link->tb[IFLA_CARRIER]);
	dev->function = !is_representor(nl_str(link->tb[IFLA_PHYS_PORT_NAME]));
}

static void netdev_row(uint8_t cmd, const struct nl_attrs *link, void *data)
{
	struct netdevs *all = data;
	struct netdev *bigger;

	(void)cmd;
	if (all->n == all->room) {
		all->room = all->room ? 2 * all->room : 32;
		bigger = realloc(all->dev, all->room * sizeof(*bigger));
		if (!bigger) {
			fputs("Error: out of memory.\n", stderr);
			exit(EXIT_LOCAL);
		}
		all->dev = bigger;
	}
	memset(&all->dev[all->n], 0, sizeof(*all->dev));
	fill_netdev(&all->dev[all->n++], link);
}

static int get_start(struct nl_req *req, int ifindex, uint32_t filter)
{
	int ret = nl_link_start(req, RTM_GETLINK, 0, ifindex, 0);

	if (!ret)
		nl_put_u32(req, IFLA_EXT_MASK, filter, NULL);
	return ret;
}

int netdevs_read(struct netdevs *all)
{
	struct nl_req req;
	int ret;

	netdevs_free(all);
	ret = get_start(&req, 0, RTEXT_FILTER_SKIP_STATS);
	return ret ? ret : nl_dump(&req, netdev_row, all);
}

void netdevs_free(struct netdevs *all)
{
	free(all->dev);
	memset(all, 0, sizeof(*all));
}

const struct netdev *netdev_by_name(const struct netdevs *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!strcmp(all->dev[i].name, name))
			return &all->dev[i];
	return NULL;
}

const struct netdev *netdev_by_index(const struct netdevs *all, int ifindex)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->dev[i].ifindex == ifindex)
			return &all->dev[i];
	return NULL;
}

const struct netdev *netdev_by_parent(const struct netdevs *all, const char *addr)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->dev[i].function && !strcmp(all->dev[i].parent, addr))
			return &all->dev[i];
	return NULL;
}

int link_set_up(const char *what, int ifindex, bool up)
{
	struct ifinfomsg *link;
	struct nl_req req;
	int ret;

	ret = nl_link_start(&req, RTM_SETLINK, 0, ifindex, IFF_UP);
	if (ret)
		return ret;
	link = mnl_nlmsg_get_payload(req.nlh);
	link->ifi_flags = up ? IFF_UP : 0;
	req.subject = what;
	return nl_do(&req, NULL, NULL);
}

int link_set_netns(const char *what, int ifindex, int fd)
{
	struct nl_req req;
	int ret;

	ret = nl_link_start(&req, RTM_SETLINK, 0, ifindex, 0);
	if (ret)
		return ret;
	nl_put_u32(&req, IFLA_NET_NS_FD, fd, NULL);
	req.subject = what;
	return nl_do(&req, NULL, NULL);
}

int link_set_vf(const char *what, int pf_ifindex, uint16_t type, const void *val, size_t len)
{
	struct nlattr *list, *vf;
	struct nl_req req;
	int ret;

	ret = nl_link_start(&req, RTM_SETLINK, 0, pf_ifindex, 0);
	if (ret)
		return ret;
	req.subject = what;
	list = nl_nest(&req, IFLA_VFINFO_LIST);
	vf = nl_nest(&req, IFLA_VF_INFO);
	nl_put(&req, type, val, len);
	nl_nest_end(&req, vf);
	nl_nest_end(&req, list);
	return nl_do(&req, NULL, NULL);
}

/* A member of a VF's description, if the kernel knows all of it. */
static const void *member(const struct nl_attrs *vf, uint16_t type, size_t len)
{
	const struct nlattr *attr = vf->tb[type];

	return attr && mnl_attr_get_payload_len(attr) >= len ? mnl_attr_get_payload(attr) : NULL;
}

static int on_off(uint32_t setting)
{
	return setting == UINT32_MAX ? VF_UNKNOWN : !!setting;
}

static void fill_vf(struct pf *pf, const struct nl_attrs *attrs)
{
	const struct ifla_vf_mac *mac = member(attrs, IFLA_VF_MAC, sizeof(*mac));
	const struct ifla_vf_vlan *vlan = member(attrs, IFLA_VF_VLAN, sizeof(*vlan));
	const struct ifla_vf_rate *rate = member(attrs, IFLA_VF_RATE, sizeof(*rate));
	const struct ifla_vf_spoofchk *spoof = member(attrs, IFLA_VF_SPOOFCHK, sizeof(*spoof));
	const struct ifla_vf_trust *trust = member(attrs, IFLA_VF_TRUST, sizeof(*trust));
	struct vf_info *info;

	if (!mac || mac->vf >= pf->enabled)
		return;
	info = &pf->vfs[mac->vf].info;
	info->known = true;
	memcpy(info->mac, mac->mac, MAC_LEN);
	if (vlan) {
		info->vlan = vlan->vlan;
		info->qos = vlan->qos;
	}
	if (rate) {
		info->min_rate = rate->min_tx_rate;
		info->max_rate = rate->max_tx_rate;
	}
	info->spoofchk = spoof ? on_off(spoof->setting) : VF_UNKNOWN;
	info->trust = trust ? on_off(trust->setting) : VF_UNKNOWN;
}

static void vf_rows(uint8_t cmd, const struct nl_attrs *link, void *data)
{
	const struct nlattr *vf;
	struct nl_attrs attrs;

	(void)cmd;
	if (!link->tb[IFLA_VFINFO_LIST])
		return;
	mnl_attr_for_each_nested (vf, link->tb[IFLA_VFINFO_LIST]) {
		nl_parse_nest(vf, &attrs);
		fill_vf(data, &attrs);
	}
}

int link_vf_info(struct pf *pf)
{
	struct nl_req req;
	int ret;

	ret = get_start(&req, pf->dev->ifindex, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
	if (ret)
		return ret;
	req.subject = pf->dev->name;
	return nl_do(&req, vf_rows, pf);
}
