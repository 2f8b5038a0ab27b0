// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl vf bind: a VF becomes a port of a VR.
 *
 * Everything is checked first.  Then, in this order: the VFs are created, without
 * drivers; the PF is set up, as VFs pass nothing otherwise; the PF is told what it
 * has to know of the VF, and last its address, while no driver runs, as many VFs
 * keep the address that they see when their driver starts; the driver starts; its
 * netdevice, known by the PCI address, is enslaved and set up.  A step that fails
 * undoes those before it.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "out.h"
#include "vf.h"
#include "vr.h"

#define CARRIER_MS 5000
#define DRIVER_MS  10000

/* Order of the parameters in vf.c. */
enum { VR, PF, VF, MAC, VLAN, TRUST, SPOOFCHK, MAX_RATE_AT, NUMVFS };

/**
 * struct bind - a VF on its way to a VR
 * @val: what is wanted
 * @vr: ifindex of the VR
 * @all: netdevices, as they were read last
 * @pf: the PF, as it was read last
 * @num: number of the VF
 * @vf: the VF, in @pf
 * @mac: address that it is to have
 * @what: the VF, and the step that is under way, for messages
 * @before: what the PF said of the VF before
 * @autoprobe: whether new VFs got drivers before
 * @probe_off: undo: new VFs get none now
 * @created: undo: VFs were created
 * @pf_up: undo: the PF was set up
 * @unbound: undo: the VF was taken from its driver
 * @set: undo: bit of each IFLA_VF_* that was set
 * @probed: undo: the VF was given to a driver
 * @enslaved: undo: its netdevice was enslaved
 */
struct bind {
	const struct value *val;
	int vr;
	struct netdevs all;
	struct pf pf;
	unsigned int num;
	const struct vf *vf;
	uint8_t mac[MAC_LEN];
	char what[96];
	struct vf_info before;
	char autoprobe[8];
	bool probe_off;
	bool created;
	bool pf_up;
	bool unbound;
	uint32_t set;
	bool probed;
	bool enslaved;
};

static int refuse(const struct bind *b, const char *why)
{
	fprintf(stderr, "Error: %s: %s.\n", b->val[PF].str, why);
	return EXIT_KERNEL;
}

static int failed(const struct bind *b, const char *step, const char *why)
{
	fprintf(stderr, "Error: %s vf %u: %s: %s.\n", b->val[PF].str, b->num, step, why);
	return EXIT_KERNEL;
}

static const char *step_name(struct bind *b, const char *step)
{
	snprintf(b->what, sizeof(b->what), "%s vf %u: %s", b->val[PF].str, b->num, step);
	return b->what;
}

/* Anew, as something was changed. */
static int read_all(struct bind *b)
{
	int ret;

	pf_free(&b->pf);
	ret = netdevs_read(&b->all);
	if (!ret)
		ret = pf_find(&b->all, b->val[PF].str, &b->pf);
	b->vf = !ret && b->num < b->pf.enabled ? &b->pf.vfs[b->num] : NULL;
	return ret;
}

/* Before anything is changed */

/* Drivers put new devices into the initial network namespace. */
static bool in_other_netns(void)
{
	struct stat here, init;

	return !stat("/proc/self/ns/net", &here) && !stat("/proc/1/ns/net", &init) &&
	       here.st_ino != init.st_ino;
}

static int check_numvfs(const struct bind *b)
{
	const struct value *numvfs = &b->val[NUMVFS];
	char why[128];

	if (!numvfs->given || (!b->pf.enabled && numvfs->num <= b->pf.total) ||
	    numvfs->num == b->pf.enabled)
		return EXIT_OK;
	if (b->pf.enabled)
		snprintf(why, sizeof(why),
			 "has %u VFs already, \"vrctl vf set pf %s numvfs %u\" changes that",
			 b->pf.enabled, b->val[PF].str, numvfs->num);
	else
		snprintf(why, sizeof(why), "numvfs %u: it can have %u VFs at most", numvfs->num,
			 b->pf.total);
	return refuse(b, why);
}

static int choose_vf(struct bind *b)
{
	unsigned int n = b->pf.enabled;
	char who[128];
	char why[192];

	if (!n)
		n = b->val[NUMVFS].given ? b->val[NUMVFS].num : b->pf.total;
	if (!b->val[VF].given || b->val[VF].num == VF_AUTO) {
		for (b->num = 0; b->num < b->pf.enabled; b->num++)
			if (!vf_holder(&b->all, &b->pf.vfs[b->num], who, sizeof(who)))
				break;
		if (b->num < n)
			return EXIT_OK;
		snprintf(why, sizeof(why), "no free VF, all %u are in use", n);
		return refuse(b, why);
	}
	b->num = b->val[VF].num;
	if (b->num >= n) {
		snprintf(why, sizeof(why), "has no VF %u, it %s 0 to %u", b->num,
			 b->pf.enabled ? "has" : "would have", n - 1);
		return refuse(b, why);
	}
	if (b->pf.enabled && vf_holder(&b->all, &b->pf.vfs[b->num], who, sizeof(who)))
		return refuse(b, who);
	return EXIT_OK;
}

/* Who has the address, but for the VF itself. */
static int find_mac(const struct bind *b, char *who, size_t len)
{
	const struct netdev *dev;
	struct pf pf;
	unsigned int i;
	size_t d;
	int ret;

	*who = '\0';
	for (d = 0; d < b->all.n; d++) {
		dev = &b->all.dev[d];
		if (!pf_capable(dev) || netdev_by_parent(&b->all, dev->parent) != dev)
			continue;
		ret = pf_read(&b->all, dev, &pf);
		if (ret)
			return ret;
		for (i = 0; i < pf.enabled; i++)
			if (!memcmp(pf.vfs[i].info.mac, b->mac, MAC_LEN) &&
			    (dev != b->pf.dev || i != b->num))
				snprintf(who, len, "VF %u of %s", i, dev->name);
		pf_free(&pf);
	}
	for (d = 0; d < b->all.n && !*who; d++) {
		dev = &b->all.dev[d];
		if (!memcmp(dev->mac, b->mac, MAC_LEN) && (!b->vf || dev != b->vf->dev))
			snprintf(who, len, "%s", dev->name);
	}
	return EXIT_OK;
}

static int choose_mac(struct bind *b)
{
	bool wanted = b->val[MAC].given || (b->vf && !mac_is_zero(b->vf->info.mac));
	char who[64], why[128], mac[MAC_TEXT_LEN];
	int ret;

	if (b->val[MAC].given)
		mac_parse(b->val[MAC].str, b->mac);
	else if (wanted)
		memcpy(b->mac, b->vf->info.mac, MAC_LEN);
	do {
		if (!wanted && getrandom(b->mac, MAC_LEN, 0) != MAC_LEN)
			return failed(b, "random mac", strerror(errno));
		if (!wanted)
			b->mac[0] = (b->mac[0] & 0xfc) | 2; /* local, of one device */
		ret = find_mac(b, who, sizeof(who));
	} while (!ret && *who && !wanted);
	if (ret || !*who)
		return ret;
	snprintf(why, sizeof(why), "mac %s: %s has it already", mac_text(b->mac, mac), who);
	return refuse(b, why);
}

static int check(struct bind *b)
{
	int ret;

	ret = check_numvfs(b);
	if (!ret)
		ret = choose_vf(b);
	if (ret)
		return ret;
	b->vf = b->pf.enabled ? &b->pf.vfs[b->num] : NULL;
	return choose_mac(b);
}

/* Steps */

static int create_vfs(struct bind *b)
{
	unsigned int n = b->val[NUMVFS].given ? b->val[NUMVFS].num : b->pf.total;
	char num[16];
	int err;

	if (b->pf.enabled)
		return EXIT_OK;
	snprintf(num, sizeof(num), "%u", n);
	err = pci_write(b->pf.dev->parent, "sriov_drivers_autoprobe", "0");
	b->probe_off = !err;
	if (!err)
		err = pci_write(b->pf.dev->parent, "sriov_numvfs", num);
	if (err) {
		snprintf(b->what, sizeof(b->what), "enable %u VFs", n);
		return failed(b, b->what, strerror(err));
	}
	b->created = true;
	return read_all(b);
}

static bool has_carrier(void *data)
{
	struct bind *b = data;

	return read_all(b) || b->pf.dev->carrier;
}

static int set_pf_up(struct bind *b)
{
	int ret;

	if (!b->pf.dev->up) {
		snprintf(b->what, sizeof(b->what), "%s up", b->val[PF].str);
		ret = link_set_up(b->what, b->pf.dev->ifindex, true);
		if (ret)
			return ret;
		b->pf_up = true;
	}
	/* A rate is refused while the link is slower, or not there yet. */
	if (b->val[MAX_RATE_AT].given && b->val[MAX_RATE_AT].num)
		wait_until(has_carrier, b, CARRIER_MS);
	return read_all(b);
}

static int set_vf(struct bind *b, const char *step, uint16_t type, const void *val, size_t len)
{
	int ret = link_set_vf(step_name(b, step), b->pf.dev->ifindex, type, val, len);

	if (!ret)
		b->set |= 1U << type;
	return ret;
}

static int set_mac(struct bind *b, const uint8_t *to)
{
	struct ifla_vf_mac mac = { .vf = b->num };
	char step[32] = "mac ";

	memcpy(mac.mac, to, MAC_LEN);
	mac_text(to, step + strlen(step));
	return set_vf(b, step, IFLA_VF_MAC, &mac, sizeof(mac));
}

static int set_vlan(struct bind *b, uint32_t id, uint32_t qos)
{
	struct ifla_vf_vlan vlan = { .vf = b->num, .vlan = id, .qos = qos };
	char step[32];

	snprintf(step, sizeof(step), "vlan %u", id);
	return set_vf(b, step, IFLA_VF_VLAN, &vlan, sizeof(vlan));
}

static int set_trust(struct bind *b, bool on)
{
	struct ifla_vf_trust trust = { .vf = b->num, .setting = on };

	return set_vf(b, on ? "trust on" : "trust off", IFLA_VF_TRUST, &trust, sizeof(trust));
}

static int set_spoofchk(struct bind *b, bool on)
{
	struct ifla_vf_spoofchk spoof = { .vf = b->num, .setting = on };

	return set_vf(b, on ? "spoofchk on" : "spoofchk off", IFLA_VF_SPOOFCHK, &spoof,
		      sizeof(spoof));
}

static int set_max_rate(struct bind *b, uint32_t max)
{
	struct ifla_vf_rate rate = {
		.vf = b->num,
		.min_tx_rate = b->before.min_rate,
		.max_tx_rate = max,
	};
	char step[32];

	snprintf(step, sizeof(step), "max-rate %u", max);
	return set_vf(b, step, IFLA_VF_RATE, &rate, sizeof(rate));
}

static int set_at_pf(struct bind *b)
{
	const struct value *val = b->val;
	int ret = EXIT_OK;

	if (val[VLAN].given && val[VLAN].num != b->before.vlan)
		ret = set_vlan(b, val[VLAN].num, 0);
	if (!ret && val[TRUST].given && (int)val[TRUST].num != b->before.trust)
		ret = set_trust(b, val[TRUST].num);
	if (!ret && val[SPOOFCHK].given && (int)val[SPOOFCHK].num != b->before.spoofchk)
		ret = set_spoofchk(b, val[SPOOFCHK].num);
	if (!ret && val[MAX_RATE_AT].given && val[MAX_RATE_AT].num != b->before.max_rate)
		ret = set_max_rate(b, val[MAX_RATE_AT].num);
	return ret;
}

/* The VF is taken from a driver that it has if that would not see the address. */
static int give_mac(struct bind *b)
{
	bool set = !memcmp(b->before.mac, b->mac, MAC_LEN);
	int err;

	if (set && (!b->vf->dev || !memcmp(b->vf->dev->mac, b->mac, MAC_LEN)))
		return EXIT_OK;
	if (*b->vf->driver) {
		err = pci_unbind(b->vf->addr);
		if (err)
			return failed(b, "unbind from its driver", strerror(err));
		b->unbound = true;
	}
	return set ? EXIT_OK : set_mac(b, b->mac);
}

/* Once; nobody else's VF must get a driver meanwhile or later. */
static int probe_once(struct bind *b)
{
	const char *pf = b->pf.dev->parent;
	int err, back;

	err = pci_write(pf, "sriov_drivers_autoprobe", "1");
	if (err)
		return err;
	err = pci_probe(b->vf->addr);
	back = pci_write(pf, "sriov_drivers_autoprobe", b->probe_off ? "0" : b->autoprobe);
	return err ? err : back;
}

/* A module that is loaded while this is off finds nothing to bind to. */
static int probe(struct bind *b)
{
	const char *pf = b->pf.dev->parent;
	int err;

	err = probe_once(b);
	if (!err && !pci_has(b->vf->addr, "driver")) {
		b->probe_off = true;
		err = pci_write(pf, "sriov_drivers_autoprobe", "0");
		pci_load_driver(b->vf->addr);
		if (!err)
			err = probe_once(b);
	}
	if (!err && b->probe_off)
		err = pci_write(pf, "sriov_drivers_autoprobe", b->autoprobe);
	if (!err)
		b->probe_off = false;
	return err;
}

static bool has_dev(void *data)
{
	struct bind *b = data;

	return read_all(b) || !b->vf || b->vf->dev;
}

static int start_driver(struct bind *b)
{
	char mac[MAC_TEXT_LEN], why[96], alias[256];
	int err;

	if (!*b->vf->driver || b->unbound) {
		err = probe(b);
		if (err)
			return failed(b, "bind to a driver", strerror(err));
		b->probed = pci_has(b->vf->addr, "driver");
		if (!b->probed) {
			pci_read(b->vf->addr, "modalias", alias, sizeof(alias));
			return failed(b, "no driver takes its modalias", alias);
		}
	}
	if (!wait_until(has_dev, b, DRIVER_MS) || !b->vf || !b->vf->dev) {
		snprintf(why, sizeof(why), "no netdevice in this network namespace within %u s",
			 DRIVER_MS / MSEC_PER_SEC);
		return failed(b, "driver", why);
	}
	if (!memcmp(b->vf->dev->mac, b->mac, MAC_LEN))
		return EXIT_OK;
	snprintf(why, sizeof(why), "%s came up with %s", b->vf->dev->name,
		 mac_text(b->vf->dev->mac, mac));
	return failed(b, "mac", why);
}

static int enslave(struct bind *b)
{
	int ret;

	snprintf(b->what, sizeof(b->what), "%s vf %u: %s into %s", b->val[PF].str, b->num,
		 b->vf->dev->name, b->val[VR].str);
	ret = port_set_master(b->what, b->vf->dev->ifindex, b->vr);
	if (ret)
		return ret;
	b->enslaved = true;
	snprintf(b->what, sizeof(b->what), "%s vf %u: %s up", b->val[PF].str, b->num,
		 b->vf->dev->name);
	return link_set_up(b->what, b->vf->dev->ifindex, true);
}

/* Undoing */

static void undo_at_pf(struct bind *b)
{
	const struct vf_info *was = &b->before;

	if (b->set & (1U << IFLA_VF_RATE))
		set_max_rate(b, was->max_rate);
	if (b->set & (1U << IFLA_VF_SPOOFCHK))
		set_spoofchk(b, was->spoofchk == 1);
	if (b->set & (1U << IFLA_VF_TRUST))
		set_trust(b, was->trust == 1);
	if (b->set & (1U << IFLA_VF_VLAN))
		set_vlan(b, was->vlan, was->qos);
	if (b->set & (1U << IFLA_VF_MAC))
		set_mac(b, was->mac);
}

static void undo_failed(const struct bind *b, const char *step, int err)
{
	if (err)
		failed(b, step, strerror(err));
}

/* Whatever goes wrong here has its own message. */
static void undo(struct bind *b)
{
	const char *pf;

	if (read_all(b))
		return;
	pf = b->pf.dev->parent;
	if (b->vf && b->vf->dev && b->enslaved) {
		link_set_up(step_name(b, "down"), b->vf->dev->ifindex, false);
		port_set_master(step_name(b, "out"), b->vf->dev->ifindex, 0);
	}
	if (b->vf && *b->vf->driver && b->probed)
		undo_failed(b, "undo: unbind", pci_unbind(b->vf->addr));
	if (b->vf)
		undo_at_pf(b);
	if (b->vf && b->unbound)
		undo_failed(b, "undo: bind to a driver", probe(b));
	if (b->probe_off)
		undo_failed(b, "undo: autoprobe",
			    pci_write(pf, "sriov_drivers_autoprobe", b->autoprobe));
	if (b->pf_up)
		link_set_up(step_name(b, "undo"), b->pf.dev->ifindex, false);
	/* Others may have taken some meanwhile. */
	if (b->created && !read_all(b) && !pf_busy(&b->all, &b->pf))
		undo_failed(b, "undo: disable VFs",
			    pci_write(b->pf.dev->parent, "sriov_numvfs", "0"));
}

static int run_steps(struct bind *b)
{
	int ret;

	ret = create_vfs(b);
	if (!ret)
		ret = set_pf_up(b);
	if (ret)
		return ret;
	if (!b->vf)
		return failed(b, "enable VFs", "it is not there");
	b->before = b->vf->info;
	ret = set_at_pf(b);
	if (!ret)
		ret = give_mac(b);
	if (!ret)
		ret = start_driver(b);
	return ret ? ret : enslave(b);
}

static void report(const struct bind *b)
{
	char mac[MAC_TEXT_LEN];

	if (opt.json) {
		json_obj(NULL);
		json_str("vr", b->val[VR].str);
		json_str("pf", b->pf.dev->name);
		json_uint("vf", b->num);
		json_str("address", b->vf->addr);
		json_str("dev", b->vf->dev->name);
		json_str("mac", mac_text(b->mac, mac));
		json_obj_end();
		json_done();
		return;
	}
	printf("%s%s%s: %s vf %u %s is %s%s%s, mac %s\n", color_on(ROLE_NAME), b->val[VR].str,
	       color_off(ROLE_NAME), b->pf.dev->name, b->num, b->vf->addr, color_on(ROLE_NAME),
	       b->vf->dev->name, color_off(ROLE_NAME), mac_text(b->mac, mac));
}

/* Neither end in the middle, nor be disturbed by another vrctl. */
static int do_bind(struct bind *b)
{
	sigset_t stops, old;
	int ret, lock;

	lock = pci_lock(b->pf.dev->parent);
	if (lock < 0)
		return refuse(b, strerror(errno));
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &old);
	ret = read_all(b);
	if (!ret)
		ret = check(b);
	if (!ret && !pci_read(b->pf.dev->parent, "sriov_drivers_autoprobe", b->autoprobe,
			      sizeof(b->autoprobe)))
		ret = refuse(b, "sriov_drivers_autoprobe cannot be read");
	if (!ret) {
		ret = run_steps(b);
		if (ret)
			undo(b);
		else
			report(b);
	}
	pci_unlock(lock);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

int vf_bind(const struct value *val)
{
	struct bind b = { .val = val };
	int ret;

	ret = vr_ifindex(val[VR].str, &b.vr);
	if (ret)
		return ret;
	if (in_other_netns())
		return refuse(&b, "drivers make the devices of VFs in the initial network "
				  "namespace: bind there");
	b.num = VF_AUTO;
	ret = read_all(&b);
	if (!ret)
		ret = do_bind(&b);
	pf_free(&b.pf);
	netdevs_free(&b.all);
	return ret;
}
