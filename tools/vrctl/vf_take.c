// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody takes a VF: a VR (vf_bind.c), a network namespace or vfio (vf_pass.c).
 *
 * Everything is checked first.  Then, in this order: the VFs are created, without
 * drivers; the PF is set up, as VFs pass nothing otherwise; the PF is told what it
 * has to know of the VF, and last its address, while no driver runs, as many VFs
 * keep the address that they see when their driver starts; then it is given to the
 * one who takes it.  A step that fails undoes those before it.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "vf_take.h"

#define CARRIER_MS 5000
#define DRIVER_MS  10000

int take_refuse(const struct vf_take *t, const char *why)
{
	error_start(stderr);
	fprintf(stderr, "%s: %s.\n", t->val[TAKE_PF].str, why);
	return EXIT_KERNEL;
}

int take_failed(const struct vf_take *t, const char *step, const char *why)
{
	error_start(stderr);
	fprintf(stderr, "%s vf %u: %s: %s.\n", t->val[TAKE_PF].str, t->num, step, why);
	return EXIT_KERNEL;
}

const char *take_step(struct vf_take *t, const char *step)
{
	snprintf(t->what, sizeof(t->what), "%s vf %u: %s", t->val[TAKE_PF].str, t->num, step);
	return t->what;
}

int take_read(struct vf_take *t)
{
	int ret;

	pf_free(&t->pf);
	ret = netdevs_read(&t->all);
	if (!ret)
		ret = pf_find(&t->all, t->val[TAKE_PF].str, &t->pf);
	t->vf = !ret && t->num < t->pf.enabled ? &t->pf.vfs[t->num] : NULL;
	return ret;
}

/* Before anything is changed */

bool in_other_netns(void)
{
	struct stat here, init;

	return !stat("/proc/self/ns/net", &here) && !stat("/proc/1/ns/net", &init) &&
	       here.st_ino != init.st_ino;
}

static int check_numvfs(const struct vf_take *t)
{
	const struct value *numvfs = &t->val[TAKE_NUMVFS];
	char why[128];

	if (!numvfs->given || (!t->pf.enabled && numvfs->num <= t->pf.total) ||
	    numvfs->num == t->pf.enabled)
		return EXIT_OK;
	if (t->pf.enabled)
		snprintf(why, sizeof(why),
			 "has %u VFs already, \"vrctl vf set pf %s numvfs %u\" changes that",
			 t->pf.enabled, t->val[TAKE_PF].str, numvfs->num);
	else
		snprintf(why, sizeof(why), "numvfs %u: it can have %u VFs at most", numvfs->num,
			 t->pf.total);
	return take_refuse(t, why);
}

static bool has_it(const struct vf_take *t, const struct vf *vf)
{
	return t->again && vf_is_port(vf) && vf->dev->master == t->again;
}

static int choose_vf(struct vf_take *t)
{
	unsigned int n = t->pf.enabled;
	char who[128];
	char why[192];

	if (!n)
		n = t->val[TAKE_NUMVFS].given ? t->val[TAKE_NUMVFS].num : t->pf.total;
	if (!t->val[TAKE_VF].given || t->val[TAKE_VF].num == VF_AUTO) {
		for (t->num = 0; t->num < t->pf.enabled; t->num++)
			if (!vf_holder(&t->all, &t->pf.vfs[t->num], who, sizeof(who)))
				break;
		if (t->num < n)
			return EXIT_OK;
		snprintf(why, sizeof(why), "no free VF, all %u are in use", n);
		return take_refuse(t, why);
	}
	t->num = t->val[TAKE_VF].num;
	if (t->num >= n) {
		snprintf(why, sizeof(why), "has no VF %u, it %s 0 to %u", t->num,
			 t->pf.enabled ? "has" : "would have", n - 1);
		return take_refuse(t, why);
	}
	if (t->pf.enabled && !has_it(t, &t->pf.vfs[t->num]) &&
	    vf_holder(&t->all, &t->pf.vfs[t->num], who, sizeof(who)))
		return take_refuse(t, who);
	return EXIT_OK;
}

/* Who has the address, but for the VF itself. */
static int find_mac(const struct vf_take *t, char *who, size_t len)
{
	const struct netdev *dev;
	struct pf pf;
	unsigned int i;
	size_t d;
	int ret;

	*who = '\0';
	for (dev = pf_next(&t->all, NULL); dev; dev = pf_next(&t->all, dev)) {
		ret = pf_read(&t->all, dev, &pf);
		if (ret)
			return ret;
		for (i = 0; i < pf.enabled; i++)
			if (!memcmp(pf.vfs[i].info.mac, t->mac, MAC_LEN) &&
			    (dev != t->pf.dev || i != t->num))
				snprintf(who, len, "VF %u of %s", i, dev->name);
		pf_free(&pf);
	}
	for (d = 0; d < t->all.n && !*who; d++) {
		dev = &t->all.dev[d];
		if (!memcmp(dev->mac, t->mac, MAC_LEN) && (!t->vf || dev != t->vf->dev) &&
		    dev->ifindex != t->twin)
			snprintf(who, len, "%s", dev->name);
	}
	return EXIT_OK;
}

static int choose_mac(struct vf_take *t)
{
	const struct netdev *twin = t->twin ? netdev_by_index(&t->all, t->twin) : NULL;
	bool wanted = t->val[TAKE_MAC].given || twin || (t->vf && !mac_is_zero(t->vf->info.mac));
	char who[64], why[128], mac[MAC_TEXT_LEN];
	int ret;

	if (t->val[TAKE_MAC].given)
		mac_parse(t->val[TAKE_MAC].str, t->mac);
	else if (twin)
		memcpy(t->mac, twin->mac, MAC_LEN);
	else if (wanted)
		memcpy(t->mac, t->vf->info.mac, MAC_LEN);
	do {
		if (!wanted && getrandom(t->mac, MAC_LEN, 0) != MAC_LEN)
			return take_failed(t, "random mac", strerror(errno));
		if (!wanted)
			t->mac[0] = (t->mac[0] & 0xfc) | 2; /* local, of one device */
		ret = find_mac(t, who, sizeof(who));
	} while (!ret && *who && !wanted);
	if (ret || !*who)
		return ret;
	snprintf(why, sizeof(why), "mac %s: %s has it already", mac_text(t->mac, mac), who);
	return take_refuse(t, why);
}

static int check(struct vf_take *t)
{
	int ret;

	ret = check_numvfs(t);
	if (!ret)
		ret = choose_vf(t);
	if (ret)
		return ret;
	t->vf = t->pf.enabled ? &t->pf.vfs[t->num] : NULL;
	return choose_mac(t);
}

/* Steps */

static int create_vfs(struct vf_take *t)
{
	unsigned int n = t->val[TAKE_NUMVFS].given ? t->val[TAKE_NUMVFS].num : t->pf.total;
	char num[16];
	int err;

	if (t->pf.enabled)
		return EXIT_OK;
	snprintf(num, sizeof(num), "%u", n);
	err = pci_write(t->pf.dev->parent, "sriov_drivers_autoprobe", "0");
	t->probe_off = !err;
	if (!err)
		err = pci_write(t->pf.dev->parent, "sriov_numvfs", num);
	if (err) {
		snprintf(t->what, sizeof(t->what), "enable %u VFs", n);
		return take_failed(t, t->what, strerror(err));
	}
	t->created = true;
	return take_read(t);
}

static bool has_carrier(void *data)
{
	struct vf_take *t = data;

	return take_read(t) || t->pf.dev->carrier;
}

static int set_pf_up(struct vf_take *t)
{
	int ret;

	if (!t->pf.dev->up) {
		snprintf(t->what, sizeof(t->what), "%s up", t->val[TAKE_PF].str);
		ret = link_set_up(t->what, t->pf.dev->ifindex, true);
		if (ret)
			return ret;
		t->pf_up = true;
	}
	/* A rate is refused while the link is slower, or not there yet. */
	if (t->val[TAKE_MAX_RATE].given && t->val[TAKE_MAX_RATE].num)
		wait_until(has_carrier, t, CARRIER_MS);
	return take_read(t);
}

static int set_vf(struct vf_take *t, const char *step, uint16_t type, const void *val, size_t len)
{
	int ret = link_set_vf(take_step(t, step), t->pf.dev->ifindex, type, val, len);

	if (!ret)
		t->set |= 1U << type;
	return ret;
}

static int set_mac(struct vf_take *t, const uint8_t *to)
{
	struct ifla_vf_mac mac = { .vf = t->num };
	char step[32] = "mac ";

	memcpy(mac.mac, to, MAC_LEN);
	mac_text(to, step + strlen(step));
	return set_vf(t, step, IFLA_VF_MAC, &mac, sizeof(mac));
}

static int set_vlan(struct vf_take *t, uint32_t id, uint32_t qos)
{
	struct ifla_vf_vlan vlan = { .vf = t->num, .vlan = id, .qos = qos };
	char step[32];

	snprintf(step, sizeof(step), "vlan %u", id);
	return set_vf(t, step, IFLA_VF_VLAN, &vlan, sizeof(vlan));
}

static int set_trust(struct vf_take *t, bool on)
{
	struct ifla_vf_trust trust = { .vf = t->num, .setting = on };

	return set_vf(t, on ? "trust on" : "trust off", IFLA_VF_TRUST, &trust, sizeof(trust));
}

static int set_spoofchk(struct vf_take *t, bool on)
{
	struct ifla_vf_spoofchk spoof = { .vf = t->num, .setting = on };

	return set_vf(t, on ? "spoofchk on" : "spoofchk off", IFLA_VF_SPOOFCHK, &spoof,
		      sizeof(spoof));
}

static int set_max_rate(struct vf_take *t, uint32_t max)
{
	struct ifla_vf_rate rate = {
		.vf = t->num,
		.min_tx_rate = t->before.min_rate,
		.max_tx_rate = max,
	};
	char step[32];

	snprintf(step, sizeof(step), "max-rate %u", max);
	return set_vf(t, step, IFLA_VF_RATE, &rate, sizeof(rate));
}

static int set_at_pf(struct vf_take *t)
{
	const struct value *val = t->val;
	int ret = EXIT_OK;

	if (val[TAKE_VLAN].given && val[TAKE_VLAN].num != t->before.vlan)
		ret = set_vlan(t, val[TAKE_VLAN].num, 0);
	if (!ret && val[TAKE_TRUST].given && (int)val[TAKE_TRUST].num != t->before.trust)
		ret = set_trust(t, val[TAKE_TRUST].num);
	if (!ret && val[TAKE_SPOOFCHK].given && (int)val[TAKE_SPOOFCHK].num != t->before.spoofchk)
		ret = set_spoofchk(t, val[TAKE_SPOOFCHK].num);
	if (!ret && val[TAKE_MAX_RATE].given && val[TAKE_MAX_RATE].num != t->before.max_rate)
		ret = set_max_rate(t, val[TAKE_MAX_RATE].num);
	return ret;
}

/* The VF is taken from a driver that it has if that would not see the address. */
static int give_mac(struct vf_take *t)
{
	bool set = !memcmp(t->before.mac, t->mac, MAC_LEN);
	int err;

	if (set && (!t->vf->dev || !memcmp(t->vf->dev->mac, t->mac, MAC_LEN)))
		return EXIT_OK;
	if (*t->vf->driver) {
		err = pci_unbind(t->vf->addr);
		if (err)
			return take_failed(t, "unbind from its driver", strerror(err));
		t->unbound = true;
	}
	return set ? EXIT_OK : set_mac(t, t->mac);
}

/* Once; nobody else's VF must get a driver meanwhile or later. */
static int probe_once(struct vf_take *t)
{
	const char *pf = t->pf.dev->parent;
	int err, back;

	err = pci_write(pf, "sriov_drivers_autoprobe", "1");
	if (err)
		return err;
	err = pci_probe(t->vf->addr);
	back = pci_write(pf, "sriov_drivers_autoprobe", t->probe_off ? "0" : t->autoprobe);
	return err ? err : back;
}

/* A module that is loaded while this is off finds nothing to bind to. */
int take_probe(struct vf_take *t, bool load)
{
	const char *pf = t->pf.dev->parent;
	int err;

	err = probe_once(t);
	if (!err && load && !pci_has(t->vf->addr, "driver")) {
		t->probe_off = true;
		err = pci_write(pf, "sriov_drivers_autoprobe", "0");
		pci_load_driver(t->vf->addr);
		if (!err)
			err = probe_once(t);
	}
	if (!err && t->probe_off)
		err = pci_write(pf, "sriov_drivers_autoprobe", t->autoprobe);
	if (!err)
		t->probe_off = false;
	return err;
}

static bool has_dev(void *data)
{
	struct vf_take *t = data;

	return take_read(t) || !t->vf || t->vf->dev;
}

int take_start_driver(struct vf_take *t)
{
	char mac[MAC_TEXT_LEN], why[96], alias[256];
	int err;

	if (!*t->vf->driver || t->unbound) {
		err = take_probe(t, true);
		if (err)
			return take_failed(t, "bind to a driver", strerror(err));
		t->probed = pci_has(t->vf->addr, "driver");
		if (!t->probed) {
			pci_read(t->vf->addr, "modalias", alias, sizeof(alias));
			return take_failed(t, "no driver takes its modalias", alias);
		}
	}
	if (!wait_until(has_dev, t, DRIVER_MS) || !t->vf || !t->vf->dev) {
		snprintf(why, sizeof(why), "no netdevice in this network namespace within %u s",
			 DRIVER_MS / MSEC_PER_SEC);
		return take_failed(t, "driver", why);
	}
	if (!memcmp(t->vf->dev->mac, t->mac, MAC_LEN))
		return EXIT_OK;
	snprintf(why, sizeof(why), "%s came up with %s", t->vf->dev->name,
		 mac_text(t->vf->dev->mac, mac));
	return take_failed(t, "mac", why);
}

/* Undoing */

static void undo_at_pf(struct vf_take *t)
{
	const struct vf_info *was = &t->before;

	if (t->set & (1U << IFLA_VF_RATE))
		set_max_rate(t, was->max_rate);
	if (t->set & (1U << IFLA_VF_SPOOFCHK))
		set_spoofchk(t, was->spoofchk == 1);
	if (t->set & (1U << IFLA_VF_TRUST))
		set_trust(t, was->trust == 1);
	if (t->set & (1U << IFLA_VF_VLAN))
		set_vlan(t, was->vlan, was->qos);
	if (t->set & (1U << IFLA_VF_MAC))
		set_mac(t, was->mac);
}

static void undo_failed(const struct vf_take *t, const char *step, int err)
{
	if (err)
		take_failed(t, step, strerror(err));
}

/* Whatever goes wrong here has its own message. */
static void undo(struct vf_take *t, const struct vf_taker *taker)
{
	const char *pf;

	if (take_read(t))
		return;
	pf = t->pf.dev->parent;
	if (t->vf)
		taker->undo(t);
	if (t->vf && *t->vf->driver && t->probed)
		undo_failed(t, "undo: unbind", pci_unbind(t->vf->addr));
	if (t->vf)
		undo_at_pf(t);
	if (t->vf && t->unbound)
		undo_failed(t, "undo: bind to a driver", take_probe(t, true));
	if (t->probe_off)
		undo_failed(t, "undo: autoprobe",
			    pci_write(pf, "sriov_drivers_autoprobe", t->autoprobe));
	if (t->pf_up)
		link_set_up(take_step(t, "undo"), t->pf.dev->ifindex, false);
	/* Others may have taken some meanwhile. */
	if (t->created && !take_read(t) && !pf_busy(&t->all, &t->pf))
		undo_failed(t, "undo: disable VFs",
			    pci_write(t->pf.dev->parent, "sriov_numvfs", "0"));
}

static int run_steps(struct vf_take *t, const struct vf_taker *taker)
{
	int ret;

	ret = create_vfs(t);
	if (!ret)
		ret = set_pf_up(t);
	if (ret)
		return ret;
	if (!t->vf)
		return take_failed(t, "enable VFs", "it is not there");
	t->before = t->vf->info;
	ret = set_at_pf(t);
	if (!ret)
		ret = give_mac(t);
	return ret ? ret : taker->give(t);
}

/* Neither end in the middle, nor be disturbed by another vrctl. */
static int take_locked(struct vf_take *t, const struct vf_taker *taker)
{
	sigset_t stops, old;
	int ret, lock;

	lock = pci_lock(t->pf.dev->parent);
	if (lock < 0)
		return take_refuse(t, strerror(errno));
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &old);
	ret = take_read(t);
	if (!ret)
		ret = check(t);
	if (!ret && taker->check)
		ret = taker->check(t);
	if (!ret && !pci_read(t->pf.dev->parent, "sriov_drivers_autoprobe", t->autoprobe,
			      sizeof(t->autoprobe)))
		ret = take_refuse(t, "sriov_drivers_autoprobe cannot be read");
	if (!ret) {
		ret = run_steps(t, taker);
		if (ret)
			undo(t, taker);
		else
			taker->report(t);
	}
	pci_unlock(lock);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

int vf_take(struct vf_take *t, const struct vf_taker *taker)
{
	int ret;

	t->num = VF_AUTO;
	ret = take_read(t);
	if (!ret)
		ret = take_locked(t, taker);
	pf_free(&t->pf);
	netdevs_free(&t->all);
	return ret;
}
