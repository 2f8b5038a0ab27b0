// SPDX-License-Identifier: GPL-2.0
/* vrctl vf: SR-IOV virtual functions as ports of virtual routers. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "vf.h"
#include "vr.h"

static int refuse(const char *name, const char *why)
{
	fprintf(stderr, "Error: %s: %s.\n", name, why);
	return EXIT_KERNEL;
}

/* Of two exit codes that of the first error. */
static int first(int ret, int next)
{
	return ret ? ret : next;
}

/* What may be set for a VF is as it is when VFs are created. */
static int reset_at_pf(const char *what, const struct pf *pf, const struct vf *vf)
{
	struct ifla_vf_spoofchk spoof = { .vf = vf->num, .setting = 1 };
	struct ifla_vf_trust trust = { .vf = vf->num };
	struct ifla_vf_rate rate = { .vf = vf->num };
	struct ifla_vf_vlan vlan = { .vf = vf->num };
	struct ifla_vf_mac mac = { .vf = vf->num };
	const struct vf_info *info = &vf->info;
	int index = pf->dev->ifindex;
	int ret = EXIT_OK;

	if (info->max_rate || info->min_rate)
		ret = first(ret, link_set_vf(what, index, IFLA_VF_RATE, &rate, sizeof(rate)));
	if (!info->spoofchk)
		ret = first(ret, link_set_vf(what, index, IFLA_VF_SPOOFCHK, &spoof, sizeof(spoof)));
	if (info->trust == 1)
		ret = first(ret, link_set_vf(what, index, IFLA_VF_TRUST, &trust, sizeof(trust)));
	if (info->vlan)
		ret = first(ret, link_set_vf(what, index, IFLA_VF_VLAN, &vlan, sizeof(vlan)));
	if (!mac_is_zero(info->mac))
		ret = first(ret, link_set_vf(what, index, IFLA_VF_MAC, &mac, sizeof(mac)));
	return ret;
}

/* Back from a network namespace or from vfio-pci. */
static int take_back(const char *what, const struct vf *vf)
{
	char why[256];
	int err;

	if (vfio_in_use(vf->addr, why, sizeof(why)))
		return refuse(what, why);
	if (strcmp(vf->override, VFIO_PCI))
		return EXIT_OK;
	err = pci_write(vf->addr, "driver_override", "\n");
	if (!err)
		return EXIT_OK;
	fprintf(stderr, "Error: %s: driver_override: %s.\n", what, strerror(err));
	return EXIT_KERNEL;
}

static int release_vf(const struct pf *pf, const struct vf *vf)
{
	char what[64];
	int ret, err;

	snprintf(what, sizeof(what), "%s vf %u", pf->dev->name, vf->num);
	if (vf->dev)
		ret = port_set_master(what, vf->dev->ifindex, 0);
	else
		ret = take_back(what, vf);
	if (ret)
		return ret;
	if (vf->dev)
		ret = link_set_up(what, vf->dev->ifindex, false);
	err = *vf->driver ? pci_unbind(vf->addr) : 0;
	if (err) {
		fprintf(stderr, "Error: %s: unbind from %s: %s.\n", what, vf->driver,
			strerror(err));
		ret = EXIT_KERNEL;
	}
	return first(ret, reset_at_pf(what, pf, vf));
}

/* All VFs of a PF that are ports of a VR, or the one VF of addr; n counts them. */
static int release_of_pf(const struct netdevs *all, const struct netdev *dev, int vr,
			 const char *addr, unsigned int *n)
{
	int ret, lock, next;
	unsigned int i;
	struct pf pf;

	lock = pci_lock(dev->parent);
	if (lock < 0)
		return refuse(dev->name, strerror(errno));
	ret = pf_read(all, dev, &pf);
	for (i = 0; !ret && i < pf.enabled; i++) {
		const struct vf *vf = &pf.vfs[i];

		if (addr ? strcmp(vf->addr, addr) || (!vf_is_port(vf) && !vf_is_passed(vf))
			 : !vf_is_port(vf) || vf->dev->master != vr)
			continue;
		++*n;
		next = release_vf(&pf, vf);
		ret = first(ret, next);
	}
	pf_free(&pf);
	pci_unlock(lock);
	return ret;
}

static int release_vr(const struct netdevs *all, const char *name)
{
	const struct netdev *dev;
	unsigned int n = 0;
	int ret, vr = 0;

	ret = vr_ifindex(name, &vr);
	for (dev = pf_next(all, NULL); !ret && dev; dev = pf_next(all, dev))
		ret = release_of_pf(all, dev, vr, NULL, &n);
	return ret || n ? ret : refuse(name, "has no VF here");
}

static int release_dev(const struct netdevs *all, const struct netdev *dev)
{
	const struct netdev *pf;
	char addr[BUS_LEN];
	unsigned int n = 0;
	int ret;

	pci_link(dev->parent, "physfn", addr, sizeof(addr));
	pf = netdev_by_parent(all, addr);
	if (!pf)
		return refuse(dev->name, "its PF is not in this network namespace");
	ret = release_of_pf(all, pf, 0, dev->parent, &n);
	return ret || n ? ret : refuse(dev->name, "is in no VR");
}

static int release_pf_vf(const struct netdevs *all, const char *name, unsigned int num)
{
	char addr[BUS_LEN], what[64];
	unsigned int n = 0;
	struct pf pf;
	int ret;

	ret = pf_find(all, name, &pf);
	if (ret)
		return ret;
	ret = pf_check_vf(&pf, num);
	if (!ret) {
		snprintf(addr, sizeof(addr), "%s", pf.vfs[num].addr);
		ret = release_of_pf(all, pf.dev, 0, addr, &n);
	}
	pf_free(&pf);
	snprintf(what, sizeof(what), "%s vf %u", name, num);
	return ret || n ? ret : refuse(what, "is in no VR");
}

int vf_release_one(const char *pf, unsigned int num)
{
	struct netdevs all = {};
	int ret;

	ret = netdevs_read(&all);
	if (!ret)
		ret = release_pf_vf(&all, pf, num);
	netdevs_free(&all);
	return ret;
}

/* name pf vf */
static int release(const struct value *val)
{
	struct netdevs all = {};
	const struct netdev *dev;
	int ret;

	if (val[0].given == (val[1].given || val[2].given)) {
		fputs("Error: release what: a VR, a device, or a PF and VF; try \"vrctl vf "
		      "help\".\n",
		      stderr);
		return EXIT_SYNTAX;
	}
	if (val[1].given != val[2].given) {
		fprintf(stderr, "Error: \"%s\" is missing.\n", val[1].given ? "vf" : "pf");
		return EXIT_SYNTAX;
	}
	ret = netdevs_read(&all);
	if (ret)
		return ret;
	dev = val[0].given ? netdev_by_name(&all, val[0].str) : NULL;
	if (val[1].given)
		ret = release_pf_vf(&all, val[1].str, val[2].num);
	else if (dev && *dev->parent && pci_has(dev->parent, "physfn"))
		ret = release_dev(&all, dev);
	else
		ret = release_vr(&all, val[0].str);
	netdevs_free(&all);
	return ret;
}

static int write_numvfs(const struct pf *pf, unsigned int n)
{
	char num[16];

	snprintf(num, sizeof(num), "%u", n);
	return pci_write(pf->dev->parent, "sriov_numvfs", num);
}

/* The kernel wants 0 in between. */
static int renew_vfs(const struct pf *pf, unsigned int n)
{
	int err = 0;

	if (pf->enabled)
		err = write_numvfs(pf, 0);
	if (!err && n)
		err = write_numvfs(pf, n);
	return err;
}

/* Without drivers, which bind gives them. */
static int change_numvfs(const struct pf *pf, unsigned int n)
{
	const char *addr = pf->dev->parent;
	char autoprobe[8], what[64];
	int err, back;

	snprintf(what, sizeof(what), "%s numvfs %u", pf->dev->name, n);
	if (!pci_read(addr, "sriov_drivers_autoprobe", autoprobe, sizeof(autoprobe)))
		return refuse(what, "sriov_drivers_autoprobe cannot be read");
	err = pci_write(addr, "sriov_drivers_autoprobe", "0");
	if (err)
		return refuse(what, strerror(err));
	err = renew_vfs(pf, n);
	if (err) {
		refuse(what, strerror(err));
		/* Nothing to do if they never went. */
		if (write_numvfs(pf, pf->enabled))
			refuse(what, "VFs that were there are gone");
	}
	back = pci_write(addr, "sriov_drivers_autoprobe", autoprobe);
	if (back)
		refuse("sriov_drivers_autoprobe", strerror(back));
	return err || back ? EXIT_KERNEL : EXIT_OK;
}

static int set_locked(const struct netdevs *all, const char *name, unsigned int n)
{
	const struct vf *busy;
	char who[128], why[160];
	struct pf pf;
	int ret;

	ret = pf_find(all, name, &pf);
	if (ret)
		return ret;
	busy = pf_busy(all, &pf);
	if (n == pf.enabled) {
		ret = EXIT_OK;
	} else if (n > pf.total) {
		snprintf(why, sizeof(why), "numvfs %u: it can have %u VFs at most", n, pf.total);
		ret = refuse(name, why);
	} else if (busy) {
		snprintf(why, sizeof(why), "busy: %s", vf_holder(all, busy, who, sizeof(who)));
		ret = refuse(name, why);
	} else {
		ret = change_numvfs(&pf, n);
	}
	pf_free(&pf);
	return ret;
}

int vf_set_numvfs(const char *name, unsigned int num)
{
	struct netdevs all = {};
	struct pf pf;
	int ret, lock;

	ret = netdevs_read(&all);
	if (!ret)
		ret = pf_find(&all, name, &pf);
	if (ret)
		goto out;
	lock = pci_lock(pf.dev->parent);
	pf_free(&pf);
	if (lock < 0) {
		ret = refuse(name, strerror(errno));
		goto out;
	}
	ret = netdevs_read(&all);
	if (!ret)
		ret = set_locked(&all, name, num);
	pci_unlock(lock);
out:
	netdevs_free(&all);
	return ret;
}

/* pf numvfs */
static int set(const struct value *val)
{
	return vf_set_numvfs(val[0].str, val[1].num);
}

/* clang-format off */
#define PF(req) {							\
	.word = "pf", .value = "DEV", .type = P_DEV, .required = (req),	\
}

#define VF_NUM {							\
	.word = "vf", .value = "N", .type = P_U32, .max = MAX_VFS - 1,	\
}

/* In the order that vf_take.h knows; the one before is who takes it. */
#define TAKE_WORDS							\
	PF(true),							\
	{ .word = "vf", .value = "{ N | auto }", .type = P_U32,		\
	  .automatic = true, .max = MAX_VFS - 1 },			\
	{ .word = "mac", .value = "MAC", .type = P_MAC },		\
	{ .word = "vlan", .value = "VLAN", .type = P_U32, .off = true,	\
	  .max = MAX_VLAN },						\
	{ .word = "trust", .value = "{ on | off }", .type = P_ONOFF },	\
	{ .word = "spoofchk", .value = "{ on | off }",			\
	  .type = P_ONOFF },						\
	{ .word = "max-rate", .value = "MBIT", .type = P_U32,		\
	  .off = true, .max = MAX_RATE },				\
	{ .word = "numvfs", .value = "N", .type = P_U32,		\
	  .min = 1, .max = MAX_VFS }

static const struct command commands[] = {
	{
		.name	= "list",
		.help	= "show every NIC with SR-IOV, its VFs and who has them",
		.run	= vf_list,
	}, {
		.name	= "show",
		.help	= "show the VFs of all VRs, of one, or of a PF, as the PF has them set",
		.run	= vf_show,
		.params	= {
			{ .word = "name", .value = "NAME", .type = P_DEV, .first = true },
			PF(false),
			VF_NUM,
		},
	}, {
		.name	= "bind",
		.help	= "make a VF a port of a VR; VFs are created if there are none",
		.run	= vf_bind,
		.params	= {
			{ .word = "name", .value = "NAME", .type = P_DEV, .first = true,
			  .required = true },
			TAKE_WORDS,
			{ .word = "standby", .value = "DEV", .type = P_DEV },
		},
	}, {
		.name	= "passthrough",
		.help	= "give a VF to a network namespace, or by vfio-pci to a program",
		.run	= vf_passthrough,
		.params	= {
			{ .word = "netns", .value = "NETNS", .type = P_WORD },
			TAKE_WORDS,
			{ .word = "vfio", .type = P_FLAG },
		},
	}, {
		.name	= "release",
		.help	= "take the VFs of a VR, or one from whoever has it; they stay enabled",
		.run	= release,
		.params	= {
			{ .word = "name", .value = "NAME|DEV", .type = P_DEV, .first = true },
			PF(false),
			VF_NUM,
		},
	}, {
		.name	= "set",
		.help	= "change how many VFs there are, while nobody has one",
		.run	= set,
		.params	= {
			PF(true),
			{ .word = "numvfs", .value = "N", .type = P_U32, .required = true,
			  .max = MAX_VFS },
		},
	},
	{}
};
/* clang-format on */

const struct object vf_object = {
	.name = "vf",
	.help = "SR-IOV virtual functions as ports of VRs",
	.cmds = commands,
};
