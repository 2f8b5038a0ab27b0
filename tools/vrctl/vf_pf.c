// SPDX-License-Identifier: GPL-2.0
/* PFs, their VFs, and who has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns.h"
#include "vf.h"

bool mac_is_zero(const uint8_t *mac)
{
	static const uint8_t zero[MAC_LEN];

	return !memcmp(mac, zero, MAC_LEN);
}

const char *mac_text(const uint8_t *mac, char *buf)
{
	snprintf(buf, MAC_TEXT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return buf;
}

/* False if it vanishes while we look. */
static bool read_vf(const struct netdevs *all, const char *pf_addr, struct vf *vf)
{
	char link[32];

	snprintf(link, sizeof(link), "virtfn%u", vf->num);
	if (!pci_link(pf_addr, link, vf->addr, sizeof(vf->addr)))
		return false;
	pci_link(vf->addr, "driver", vf->driver, sizeof(vf->driver));
	if (!pci_read(vf->addr, "driver_override", vf->override, sizeof(vf->override)) ||
	    !strcmp(vf->override, "(null)"))
		vf->override[0] = '\0';
	vf->has_net = pci_has(vf->addr, "net");
	vf->dev = netdev_by_parent(all, vf->addr);
	return true;
}

bool pf_capable(const struct netdev *dev)
{
	unsigned int total;

	return dev->function && *dev->parent && pci_uint(dev->parent, "sriov_totalvfs", &total) &&
	       total;
}

const struct netdev *pf_next(const struct netdevs *all, const struct netdev *dev)
{
	for (dev = dev ? dev + 1 : all->dev; dev < all->dev + all->n; dev++)
		if (pf_capable(dev) && netdev_by_parent(all, dev->parent) == dev)
			return dev;
	return NULL;
}

int pf_read(const struct netdevs *all, const struct netdev *dev, struct pf *pf)
{
	char node[16];
	unsigned int i;
	int ret;

	memset(pf, 0, sizeof(*pf));
	pf->dev = dev;
	pci_link(dev->parent, "driver", pf->driver, sizeof(pf->driver));
	pci_uint(dev->parent, "sriov_totalvfs", &pf->total);
	pci_uint(dev->parent, "sriov_numvfs", &pf->enabled);
	pf->node = pci_read(dev->parent, "numa_node", node, sizeof(node)) ? atoi(node) : -1;
	pf->rx_queues = dev_queues(dev, "rx-");
	pf->tx_queues = dev_queues(dev, "tx-");
	if (!pf->enabled)
		return EXIT_OK;
	pf->vfs = calloc(pf->enabled, sizeof(*pf->vfs));
	if (!pf->vfs) {
		fputs("Error: out of memory.\n", stderr);
		return EXIT_LOCAL;
	}
	for (i = 0; i < pf->enabled; i++) {
		pf->vfs[i].num = i;
		pf->vfs[i].info.spoofchk = VF_UNKNOWN;
		pf->vfs[i].info.trust = VF_UNKNOWN;
		if (!read_vf(all, dev->parent, &pf->vfs[i]))
			pf->enabled = i;
	}
	ret = link_vf_info(pf);
	if (ret)
		pf_free(pf);
	return ret;
}

void pf_free(struct pf *pf)
{
	free(pf->vfs);
	memset(pf, 0, sizeof(*pf));
}

int pf_find(const struct netdevs *all, const char *name, struct pf *pf)
{
	const struct netdev *dev = netdev_by_name(all, name);

	if (!dev) {
		fprintf(stderr, "Error: %s: No such device.\n", name);
		return EXIT_KERNEL;
	}
	if (*dev->parent && pci_has(dev->parent, "physfn")) {
		fprintf(stderr, "Error: %s: has no SR-IOV, it is a VF itself.\n", name);
		return EXIT_KERNEL;
	}
	if (!pf_capable(dev)) {
		fprintf(stderr, "Error: %s: has no SR-IOV.\n", name);
		return EXIT_KERNEL;
	}
	return pf_read(all, dev, pf);
}

bool vf_is_port(const struct vf *vf)
{
	return vf->dev && vf->dev->port;
}

bool vf_is_passed(const struct vf *vf)
{
	return !vf->dev &&
	       (vf->has_net || !strcmp(vf->driver, VFIO_PCI) || !strcmp(vf->override, VFIO_PCI));
}

static bool find_in_netns(const char *name, void *data)
{
	struct pf *pf = data;
	struct netdevs all = {};
	const struct netdev *dev;
	bool more = false;
	unsigned int i;

	netdevs_read(&all);
	for (i = 0; i < pf->enabled; i++) {
		struct vf *vf = &pf->vfs[i];

		if (vf->dev || !vf->has_net || *vf->netns)
			continue;
		dev = netdev_by_parent(&all, vf->addr);
		if (dev) {
			snprintf(vf->netns, sizeof(vf->netns), "%s", name);
			snprintf(vf->netns_dev, sizeof(vf->netns_dev), "%s", dev->name);
		} else {
			more = true;
		}
	}
	netdevs_free(&all);
	return more;
}

void pf_find_netns(struct pf *pf)
{
	unsigned int i;

	for (i = 0; i < pf->enabled; i++)
		if (!pf->vfs[i].dev && pf->vfs[i].has_net) {
			netns_for_each(find_in_netns, pf);
			return;
		}
}

const char *vf_master(const struct netdevs *all, const struct vf *vf)
{
	const struct netdev *master;

	if (!vf->dev || !vf->dev->master)
		return "";
	master = netdev_by_index(all, vf->dev->master);
	return master ? master->name : "?";
}

/*
 * A device that is up is in use, even if it has no master; one that is down is
 * free.  So is a VF without a driver, unless it waits for one that is chosen.
 */
const char *vf_holder(const struct netdevs *all, const struct vf *vf, char *buf, size_t len)
{
	if (vf->dev && vf->dev->master)
		snprintf(buf, len, "%s holds VF %u", vf_master(all, vf), vf->num);
	else if (vf->dev && vf->dev->up)
		snprintf(buf, len, "VF %u is %s, which is up", vf->num, vf->dev->name);
	else if (!vf->dev && vf->has_net)
		snprintf(buf, len, "VF %u is in another network namespace", vf->num);
	else if (!vf->dev && *vf->driver)
		snprintf(buf, len, "VF %u is bound to %s", vf->num, vf->driver);
	else if (!vf->dev && *vf->override)
		snprintf(buf, len, "VF %u is for %s only, by its driver_override", vf->num,
			 vf->override);
	else
		return NULL;
	return buf;
}

const struct vf *pf_busy(const struct netdevs *all, const struct pf *pf)
{
	char buf[128];
	unsigned int i;

	for (i = 0; i < pf->enabled; i++)
		if (vf_holder(all, &pf->vfs[i], buf, sizeof(buf)))
			return &pf->vfs[i];
	return NULL;
}

int pf_check_vf(const struct pf *pf, unsigned int num)
{
	if (num < pf->enabled)
		return EXIT_OK;
	if (pf->enabled)
		fprintf(stderr, "Error: %s: has no VF %u, it has 0 to %u.\n", pf->dev->name, num,
			pf->enabled - 1);
	else
		fprintf(stderr, "Error: %s: has no VF %u, none is enabled.\n", pf->dev->name, num);
	return EXIT_KERNEL;
}
