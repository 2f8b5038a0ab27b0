// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl vf passthrough: a VF goes to a network namespace, or by vfio-pci to user
 * space: a virtual machine, DPDK.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "out.h"
#include "vf_take.h"

/* TAKE_FOR is the network namespace. */
enum { VFIO = TAKE_PARAMS };

/**
 * struct pass - a VF on its way out
 * @take: the VF
 * @netns: the network namespace, or -1
 * @overridden: undo: only vfio-pci may be bound to it now
 */
struct pass {
	struct vf_take take;
	int netns;
	bool overridden;
};

/* The VF is the first member. */
static struct pass *pass_of(struct vf_take *t)
{
	return (struct pass *)t;
}

static void report(const struct vf_take *t, const char *dev, const char *group)
{
	const char *netns = t->val[TAKE_FOR].str;
	char mac[MAC_TEXT_LEN];

	mac_text(t->mac, mac);
	if (opt.json) {
		json_obj(NULL);
		json_str("pf", t->pf.dev->name);
		json_uint("vf", t->num);
		json_str("address", t->vf->addr);
		if (dev) {
			json_str("netns", netns);
			json_str("dev", dev);
		} else {
			json_str("driver", VFIO_PCI);
			json_str("iommu_group", group);
		}
		json_str("mac", mac);
		json_obj_end();
		json_done();
		return;
	}
	printf("%s%s%s: vf %u %s is ", color_on(ROLE_NAME), t->pf.dev->name, color_off(ROLE_NAME),
	       t->num, t->vf->addr);
	if (dev)
		printf("%s%s%s in netns %s, mac %s\n", color_on(ROLE_NAME), dev,
		       color_off(ROLE_NAME), netns, mac);
	else
		printf("at /dev/vfio/%s, mac %s\n", group, mac);
}

/* Into a network namespace; that is the last step, after which nothing fails. */

static int give_netns(struct vf_take *t)
{
	int ret = take_start_driver(t);

	if (ret)
		return ret;
	snprintf(t->what, sizeof(t->what), "%s vf %u: %s into netns %s", t->val[TAKE_PF].str,
		 t->num, t->vf->dev->name, t->val[TAKE_FOR].str);
	return link_set_netns(t->what, t->vf->dev->ifindex, pass_of(t)->netns);
}

static void undo_netns(struct vf_take *t)
{
	(void)t;
}

static void report_netns(const struct vf_take *t)
{
	report(t, t->vf->dev->name, NULL);
}

/* To vfio-pci */

static int check_vfio(struct vf_take *t)
{
	char why[512];

	/* Where there are no VFs yet they will fare as their PF does. */
	if (!t->vf && pci_has(t->pf.dev->parent, "iommu_group"))
		return EXIT_OK;
	if (iommu_refuses(t->vf ? t->vf->addr : t->pf.dev->parent, why, sizeof(why)))
		return take_refuse(t, why);
	return EXIT_OK;
}

static int give_vfio(struct vf_take *t)
{
	const char *addr = t->vf->addr;
	char why[512];
	int err;

	if (iommu_refuses(addr, why, sizeof(why)))
		return take_failed(t, "vfio", why);
	if (!driver_there(VFIO_PCI))
		module_load(VFIO_PCI);
	if (!driver_there(VFIO_PCI))
		return take_failed(t, "vfio", "there is no driver vfio-pci");
	err = pci_write(addr, "driver_override", VFIO_PCI);
	if (err)
		return take_failed(t, "driver_override", strerror(err));
	pass_of(t)->overridden = true;
	if (pci_has(addr, "driver")) {
		err = pci_unbind(addr);
		if (err)
			return take_failed(t, "unbind from its driver", strerror(err));
		t->unbound = true;
	}
	err = take_probe(t, false);
	if (err)
		return take_failed(t, "bind to vfio-pci", strerror(err));
	t->probed = pci_has(addr, "driver");
	return t->probed ? EXIT_OK : take_failed(t, "bind to vfio-pci", "it does not take the VF");
}

static void undo_vfio(struct vf_take *t)
{
	int err = pass_of(t)->overridden ? pci_write(t->vf->addr, "driver_override", "\n") : 0;

	if (err)
		take_failed(t, "undo: driver_override", strerror(err));
}

static void report_vfio(const struct vf_take *t)
{
	char group[16];

	pci_link(t->vf->addr, "iommu_group", group, sizeof(group));
	report(t, NULL, group);
}

static int pass_netns(struct pass *p)
{
	static const struct vf_taker netns_taker = {
		.give = give_netns,
		.undo = undo_netns,
		.report = report_netns,
	};
	const char *name = p->take.val[TAKE_FOR].str;
	int ret = EXIT_KERNEL;

	p->netns = netns_open_any(name);
	if (p->netns < 0) {
		fprintf(stderr, "Error: network namespace \"%s\": %s.\n", name, strerror(errno));
		return EXIT_LOCAL;
	}
	if (netns_is_here(p->netns))
		fprintf(stderr, "Error: network namespace \"%s\": is this one.\n", name);
	else if (in_other_netns())
		ret = take_refuse(&p->take,
				  "drivers make the devices of VFs in the initial network "
				  "namespace: give it away there");
	else
		ret = vf_take(&p->take, &netns_taker);
	close(p->netns);
	return ret;
}

int vf_passthrough(const struct value *val)
{
	static const struct vf_taker vfio_taker = {
		.check = check_vfio,
		.give = give_vfio,
		.undo = undo_vfio,
		.report = report_vfio,
	};
	struct pass p = { .take.val = val, .netns = -1 };

	if (val[TAKE_FOR].given && val[VFIO].given) {
		fputs("Error: \"vfio\" beside \"netns\": one or the other.\n", stderr);
		return EXIT_SYNTAX;
	}
	if (val[TAKE_FOR].given)
		return pass_netns(&p);
	if (val[VFIO].given)
		return vf_take(&p.take, &vfio_taker);
	fputs("Error: passthrough to what: \"netns\" or \"vfio\"; try \"vrctl vf help\".\n",
	      stderr);
	return EXIT_SYNTAX;
}
