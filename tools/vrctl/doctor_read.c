// SPDX-License-Identifier: GPL-2.0
/* What checks look at: VRs, netdevices, PFs. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vrouter.h>

#include "doctor.h"
#include "nl.h"

/* Room for one more element of an array. */
static void *grow(void *array, size_t n, size_t size)
{
	array = realloc(array, (n + 1) * size);
	if (!array) {
		fputs("Error: out of memory.\n", stderr);
		exit(EXIT_LOCAL);
	}
	memset((char *)array + n * size, 0, size);
	return array;
}

static void vr_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct doctor *doc = data;
	struct doc_vr *vr;

	(void)cmd;
	doc->vrs = grow(doc->vrs, doc->n_vrs, sizeof(*vr));
	vr = &doc->vrs[doc->n_vrs++];
	vr->ifindex = nl_u32(attrs->tb[VROUTER_A_VR_IFINDEX]);
	snprintf(vr->name, sizeof(vr->name), "%s", nl_str(attrs->tb[VROUTER_A_VR_IFNAME]));
	snprintf(vr->cpus, sizeof(vr->cpus), "%s", nl_str(attrs->tb[VROUTER_A_VR_CPUS]));
	vr->quarantine = nl_u8(attrs->tb[VROUTER_A_VR_QUARANTINE]);
}

static void link_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct rtnl_link_stats64 stats = {};
	struct doctor *doc = data;
	const struct nlattr *attr;
	struct doc_link *link;
	struct nl_attrs info;
	size_t i;

	(void)cmd;
	doc->links = grow(doc->links, doc->n_links, sizeof(*link));
	link = &doc->links[doc->n_links++];
	link->ifindex = attrs->link->ifi_index;
	link->up = attrs->link->ifi_flags & IFF_UP;
	snprintf(link->name, sizeof(link->name), "%s", nl_str(attrs->tb[IFLA_IFNAME]));
	link->master = nl_u32(attrs->tb[IFLA_MASTER]);
	link->mtu = nl_u32(attrs->tb[IFLA_MTU]);
	link->promiscuity = nl_u32(attrs->tb[IFLA_PROMISCUITY]);
	/* One in another network namespace has another number there. */
	if (!attrs->tb[IFLA_LINK_NETNSID])
		link->below = nl_u32(attrs->tb[IFLA_LINK]);
	nl_parse_nest(attrs->tb[IFLA_LINKINFO], &info);
	link->vlan = !strcmp(nl_str(info.tb[IFLA_INFO_KIND]), "vlan");
	attr = attrs->tb[IFLA_STATS64];
	if (attr) {
		size_t len = mnl_attr_get_payload_len(attr);

		memcpy(&stats, mnl_attr_get_payload(attr),
		       len < sizeof(stats) ? len : sizeof(stats));
	}
	link->rx = stats.rx_packets;
	link->lost = stats.rx_missed_errors + stats.rx_fifo_errors;
	for (i = 0; i < doc->n_vrs && link->master; i++)
		if (doc->vrs[i].ifindex == link->master)
			link->vr = &doc->vrs[i];
	link->dev = netdev_by_index(&doc->all, link->ifindex);
}

static void port_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	int ifindex = nl_u32(attrs->tb[VROUTER_A_PORT_IFINDEX]);
	struct doctor *doc = data;
	size_t i;

	(void)cmd;
	for (i = 0; i < doc->n_links; i++)
		if (doc->links[i].ifindex == ifindex)
			doc->links[i].credit = nl_u8(attrs->tb[VROUTER_A_PORT_CREDIT]);
}

static int read_pfs(struct doctor *doc)
{
	const struct netdev *dev;
	struct pf *pf;
	int ret;

	for (dev = pf_next(&doc->all, NULL); dev; dev = pf_next(&doc->all, dev)) {
		doc->pfs = grow(doc->pfs, doc->n_pfs, sizeof(*pf));
		pf = &doc->pfs[doc->n_pfs];
		ret = pf_read(&doc->all, dev, pf);
		if (ret)
			return ret;
		if (pf->enabled)
			doc->n_pfs++;
		else
			pf_free(pf);
	}
	return EXIT_OK;
}

int doctor_read(struct doctor *doc, bool vrs)
{
	struct nl_req req;
	int ret;

	ret = netdevs_read(&doc->all);
	if (!ret)
		ret = read_pfs(doc);
	if (!ret && vrs)
		ret = nl_genl_dump(VROUTER_CMD_VR_GET, vr_row, doc);
	if (!ret)
		ret = nl_link_start(&req, RTM_GETLINK, 0, 0, 0);
	if (!ret)
		ret = nl_dump(&req, link_row, doc);
	return ret || !vrs ? ret : nl_genl_dump(VROUTER_CMD_PORT_GET, port_row, doc);
}

const struct doc_link *doc_link(const struct doctor *doc, int ifindex)
{
	size_t i;

	for (i = 0; i < doc->n_links; i++)
		if (doc->links[i].ifindex == ifindex)
			return &doc->links[i];
	return NULL;
}

const struct vf *doc_vf(const struct doctor *doc, int ifindex, const struct pf **pf)
{
	unsigned int i;
	size_t p;

	for (p = 0; p < doc->n_pfs; p++)
		for (i = 0; i < doc->pfs[p].enabled; i++)
			if (doc->pfs[p].vfs[i].dev && doc->pfs[p].vfs[i].dev->ifindex == ifindex) {
				*pf = &doc->pfs[p];
				return &doc->pfs[p].vfs[i];
			}
	return NULL;
}
