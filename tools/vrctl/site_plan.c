// SPDX-License-Identifier: GPL-2.0
/*
 * What has to be changed for things to be as files describe them.  All that can be
 * known beforehand is refused here, when nothing has been changed yet.
 */
#include <string.h>

#include <linux/vrouter.h>

#include "site_plan.h"

static int refuse(const char *where, const char *name, const char *why)
{
	value_place(where);
	error_start(stderr);
	value_place(NULL);
	fprintf(stderr, "\"%s\": %s.\n", name, why);
	return EXIT_KERNEL;
}

struct change *plan_add(struct plan *p, enum change_kind kind, struct site_vr *vr,
			struct site_port *port, const char *what, const char *from, const char *to)
{
	struct change *change = site_alloc(p->want, sizeof(*change));

	change->kind = kind;
	change->vr = vr;
	change->port = port;
	change->what = what;
	change->from = from;
	change->to = to;
	*p->last[p->phase] = change;
	p->last[p->phase] = &change->next;
	return change;
}

static const char *onoff(bool on)
{
	return on ? "on" : "off";
}

void plan_up(struct plan *p, struct site_vr *vr, struct site_port *port, bool is, bool want)
{
	if (is != want)
		plan_add(p, CHANGE_UP, vr, port, "up", onoff(is), onoff(want));
}

/* A VR that the watchdog has shut off is not for a file to bring back. */
static void plan_knobs(struct plan *p, struct site_vr *vr, const struct site_vr *is)
{
	static const struct site_vr none;
	struct value *want;
	char from[24], to[24];
	unsigned int i;

	is = is ? is : &none;
	for (i = 0; i < VR_KNOBS; i++) {
		want = &vr->knobs[i];
		if (knob_same(i, want, &is->knobs[i]) ||
		    (!want->given && !strcmp(knob_word(i), "quarantine")))
			continue;
		plan_add(p, CHANGE_KNOB, vr, NULL, knob_word(i),
			 site_text(p->want, "%s", knob_text(i, &is->knobs[i], from, sizeof(from))),
			 site_text(p->want, "%s", knob_text(i, want, to, sizeof(to))))
			->knob = i;
	}
}

static void plan_port_flags(struct plan *p, struct site_vr *vr, struct site_port *port,
			    const struct site_port *is)
{
	bool direct = is && is->direct, credit = !is || is->credit;

	if (direct != port->direct)
		plan_add(p, CHANGE_DIRECT, vr, port, "direct", onoff(direct), onoff(port->direct));
	if (credit != port->credit)
		plan_add(p, CHANGE_CREDIT, vr, port, "credit", onoff(credit), onoff(port->credit));
}

/* The VR that has a device, or an error if it has another master. */
static int find_master(const struct plan *p, const struct site_port *port, const struct netdev *dev,
		       const struct site_port **is, struct site_vr **vr)
{
	const struct netdev *master;
	struct site_port *old;

	*is = NULL;
	*vr = NULL;
	if (!dev->master)
		return EXIT_OK;
	for (*vr = p->is->vrs; *vr; *vr = (*vr)->next)
		for (old = (*vr)->ports; old; old = old->next)
			if (old->ifindex == dev->ifindex) {
				*is = old;
				return EXIT_OK;
			}
	master = netdev_by_index(&p->all, dev->master);
	return refuse(port->where, dev->name,
		      site_text(p->want, "it has another master, %s",
				master ? master->name : "in another network namespace"));
}

static int plan_plain(struct plan *p, struct site_vr *vr, struct site_port *port)
{
	const struct netdev *dev = netdev_by_name(&p->all, port->name);
	const struct site_port *is;
	struct site_vr *old;
	int ret;

	if (!dev)
		return refuse(port->where, port->name, "there is no such device");
	ret = find_master(p, port, dev, &is, &old);
	if (ret)
		return ret;
	if (!old || strcmp(old->name, vr->name))
		plan_add(p, CHANGE_PORT, vr, port, "vr", old ? old->name : NULL, vr->name);
	/* In another VR it is a new port. */
	plan_port_flags(p, vr, port, old && !strcmp(old->name, vr->name) ? is : NULL);
	plan_up(p, vr, port, dev->up, port->up);
	plan_addrs(p, vr, port, port->ifindex, port->addrs);
	return EXIT_OK;
}

/* VFs */

static void plan_vf_value(struct plan *p, struct site_vr *vr, struct site_port *port,
			  const char *what, const char *from, const char *to)
{
	if (strcmp(from, to))
		plan_add(p, CHANGE_VF_SET, vr, port, what, from, to);
}

static const char *number(struct plan *p, uint32_t num)
{
	return num ? site_text(p->want, "%u", num) : "off";
}

/* What is not given is to be default; that is only said if it is not so. */
static void fill_defaults(struct value *val, const struct vf_info *info)
{
	val[TAKE_VLAN].given = true;
	val[TAKE_MAX_RATE].given = true;
	if (!val[TAKE_TRUST].given && info->trust == 1)
		val[TAKE_TRUST] = (struct value){ .given = true, .num = 0 };
	if (!val[TAKE_SPOOFCHK].given && !info->spoofchk)
		val[TAKE_SPOOFCHK] = (struct value){ .given = true, .num = 1 };
}

/* The driver starts anew, and the netdevice is a new one. */
static void forget_dev(struct site_port *port)
{
	port->ifindex = 0;
}

static void plan_vf_values(struct plan *p, struct site_vr *vr, struct site_port *port,
			   const struct vf *vf)
{
	const struct vf_info *info = &vf->info;
	struct value *val = port->vf;
	char from[MAC_TEXT_LEN], to[MAC_TEXT_LEN];
	uint8_t mac[MAC_LEN];

	plan_vf_value(p, vr, port, "vlan", number(p, info->vlan), number(p, val[TAKE_VLAN].num));
	if (val[TAKE_TRUST].given)
		plan_vf_value(p, vr, port, "trust", onoff(info->trust == 1),
			      onoff(val[TAKE_TRUST].num));
	if (val[TAKE_SPOOFCHK].given)
		plan_vf_value(p, vr, port, "spoofchk", onoff(info->spoofchk == 1),
			      onoff(val[TAKE_SPOOFCHK].num));
	plan_vf_value(p, vr, port, "max-rate", number(p, info->max_rate),
		      number(p, val[TAKE_MAX_RATE].num));
	if (!val[TAKE_MAC].given || !mac_parse(val[TAKE_MAC].str, mac) ||
	    !memcmp(mac, vf->dev->mac, MAC_LEN))
		return;
	plan_vf_value(p, vr, port, "mac", site_text(p->want, "%s", mac_text(vf->dev->mac, from)),
		      site_text(p->want, "%s", mac_text(mac, to)));
	forget_dev(port);
}

static int check_new_vf(struct plan *p, struct site_port *port, const struct pf *pf,
			const struct site_num *numvfs)
{
	unsigned int n = pf->enabled ? pf->enabled : numvfs ? numvfs->num : pf->total;
	const char *name = site_text(p->want, "%s vf %u", port->pf, port->num);
	char who[128];

	if (port->num >= n)
		return refuse(port->where, name,
			      site_text(p->want, "the PF %s VFs 0 to %u",
					pf->enabled ? "has" : "would have", n - 1));
	if (pf->enabled && vf_holder(&p->all, &pf->vfs[port->num], who, sizeof(who)))
		return refuse(port->where, name, who);
	return EXIT_OK;
}

static int plan_vf_of(struct plan *p, struct site_vr *vr, struct site_port *port,
		      const struct pf *pf)
{
	const struct site_num *numvfs = site_find_num(p->want->pfs, port->pf, 0);
	const struct vf *vf = port->num < pf->enabled ? &pf->vfs[port->num] : NULL;
	static const struct vf_info none = { .spoofchk = VF_UNKNOWN, .trust = VF_UNKNOWN };
	const struct site_port *is = NULL;
	struct site_vr *old = NULL;
	struct change *change;
	int ret;

	fill_defaults(port->vf, vf ? &vf->info : &none);
	if (!vf || !vf_is_port(vf)) {
		ret = check_new_vf(p, port, pf, numvfs);
		if (ret)
			return ret;
		change = plan_add(p, CHANGE_VF_BIND, vr, port, "vr", NULL, vr->name);
		change->numvfs = numvfs;
		forget_dev(port);
	} else {
		ret = find_master(p, port, vf->dev, &is, &old);
		if (ret)
			return ret;
		if (!old || strcmp(old->name, vr->name)) {
			plan_add(p, CHANGE_PORT, vr, port, "vr", old ? old->name : NULL, vr->name);
			is = NULL;
		}
		plan_vf_values(p, vr, port, vf);
		if (!port->ifindex)
			is = NULL;
	}
	plan_port_flags(p, vr, port, is);
	plan_up(p, vr, port, !port->ifindex || vf->dev->up, port->up);
	plan_addrs(p, vr, port, port->ifindex, port->addrs);
	return EXIT_OK;
}

static const struct netdev *find_pf(const struct netdevs *all, const char *addr)
{
	const struct netdev *dev = netdev_by_parent(all, addr);

	return dev && pf_capable(dev) ? dev : NULL;
}

static int plan_vf(struct plan *p, struct site_vr *vr, struct site_port *port)
{
	const struct netdev *dev = find_pf(&p->all, port->pf);
	struct pf pf;
	int ret;

	if (!dev)
		return refuse(port->where, port->pf,
			      pci_has(port->pf, "") ? "has no netdevice with SR-IOV"
						    : "there is no such device");
	ret = pf_read(&p->all, dev, &pf);
	if (ret)
		return ret;
	ret = plan_vf_of(p, vr, port, &pf);
	pf_free(&pf);
	return ret;
}

/* When all ports are there. */
static void plan_late(struct plan *p, struct site_vr *vr, const struct site_vr *was)
{
	const struct site_port *is;
	struct site_port *port;
	const char *from, *to;

	for (port = vr->ports; port; port = port->next) {
		for (is = was ? was->ports : NULL; is; is = is->next)
			if (port->ifindex && is->ifindex == port->ifindex)
				break;
		from = is && is->standby ? is->standby : "none";
		to = port->standby ? port->standby : "none";
		if (strcmp(from, to))
			plan_add(p, CHANGE_STANDBY, vr, port, "standby", is ? from : NULL, to);
		if (port->xdp != (is && is->xdp))
			plan_add(p, CHANGE_XDP, vr, port, "xdp", onoff(!port->xdp),
				 onoff(port->xdp));
	}
}

static int plan_vr(struct plan *p, struct site_vr *vr)
{
	const struct site_vr *is = site_find_vr(p->is, vr->name);
	const struct netdev *dev = netdev_by_name(&p->all, vr->name);
	struct site_port *port;
	int ret = EXIT_OK;

	if (!is && dev)
		return refuse(vr->where, vr->name, "there is a device of this name, it is no VR");
	if (is && is->table != vr->table)
		return refuse(vr->where, vr->name,
			      site_text(p->want,
					"it has table %u instead of %u, which cannot change while "
					"it is there",
					is->table, vr->table));
	if (!is)
		plan_add(p, CHANGE_VR_ADD, vr, NULL, "table", NULL,
			 site_text(p->want, "%u", vr->table));
	plan_knobs(p, vr, is);
	plan_up(p, vr, NULL, !is || is->up, vr->up);
	plan_addrs(p, vr, NULL, vr->ifindex, vr->addrs);
	for (port = vr->ports; !ret && port; port = port->next)
		ret = (*port->pf ? plan_vf : plan_plain)(p, vr, port);
	if (!ret)
		plan_late(p, vr, is);
	plan_routes(p, vr, is);
	return ret;
}

static void plan_slice(struct plan *p, const struct site_num *is, const struct site_num *want)
{
	char from[24], to[24];

	if (is->num == want->num)
		return;
	time_text((uint64_t)is->num * NS_PER_US, from, sizeof(from));
	time_text((uint64_t)want->num * NS_PER_US, to, sizeof(to));
	plan_add(p, CHANGE_SLICE, NULL, NULL, "slice", site_text(p->want, "%s", from),
		 site_text(p->want, "%s", to))
		->core = want;
}

/* CPUs are of the host: who is elsewhere says of which they speak. */
static void default_cores(struct plan *p)
{
	const struct site_num *is;
	struct site_num *want;

	if (p->keep || in_other_netns())
		return;
	for (is = p->is->cores; is; is = is->next) {
		if (site_find_num(p->want->cores, NULL, is->cpu))
			continue;
		want = site_alloc(p->want, sizeof(*want));
		want->cpu = is->cpu;
		want->num = VROUTER_SLICE_US_DEFAULT;
		plan_slice(p, is, want);
	}
}

static int plan_cores(struct plan *p)
{
	const struct site_num *want, *is;

	for (want = p->want->cores; want; want = want->next) {
		is = site_find_num(p->is->cores, NULL, want->cpu);
		if (!is)
			return refuse(want->where, site_text(p->want, "%u", want->cpu),
				      "there is no such CPU");
		plan_slice(p, is, want);
	}
	default_cores(p);
	return EXIT_OK;
}

/* Only ever of what was before: VFs that were made since go again. */
static void plan_no_vfs(struct plan *p, const struct site_num *num, const struct pf *pf)
{
	p->phase = PHASE_DEL;
	plan_add(p, CHANGE_NUMVFS, NULL, NULL, "numvfs", site_text(p->want, "%u", pf->enabled), "0")
		->core = num;
	p->phase = PHASE_CHANGE;
}

/* PFs that are there must have as many VFs as they should, or none. */
static int check_pfs(struct plan *p)
{
	const struct netdev *dev;
	struct site_num *num;
	struct pf pf;
	int ret = EXIT_OK;

	for (num = p->want->pfs; !ret && num; num = num->next) {
		dev = find_pf(&p->all, num->name);
		if (!dev)
			return refuse(num->where, num->name, "there is no such PF");
		ret = pf_read(&p->all, dev, &pf);
		if (ret)
			return ret;
		if (!num->num && pf.enabled)
			plan_no_vfs(p, num, &pf);
		else if (num->num > pf.total)
			ret = refuse(num->where, num->name,
				     site_text(p->want, "it can have %u VFs at most", pf.total));
		else if (pf.enabled && pf.enabled != num->num)
			ret = refuse(num->where, num->name,
				     site_text(p->want,
					       "it has %u VFs, \"vrctl vf set pf %s numvfs %u\" "
					       "changes that",
					       pf.enabled, dev->name, num->num));
		pf_free(&pf);
	}
	return ret;
}

/* Devices that are there, so that their addresses can be found. */
static void find_devices(struct plan *p)
{
	const struct netdev *dev;
	struct site_port *port;
	struct site_vr *vr, *is;
	char link[32], addr[BUS_LEN];

	for (vr = p->want->vrs; vr; vr = vr->next) {
		is = site_find_vr(p->is, vr->name);
		vr->ifindex = is ? is->ifindex : 0;
		for (port = vr->ports; port; port = port->next) {
			if (*port->pf) {
				snprintf(link, sizeof(link), "virtfn%u", port->num);
				pci_link(port->pf, link, addr, sizeof(addr));
				dev = *addr ? netdev_by_parent(&p->all, addr) : NULL;
			} else {
				dev = netdev_by_name(&p->all, port->name);
			}
			port->ifindex = dev ? dev->ifindex : 0;
		}
	}
}

int site_plan(struct site *want, struct site *is, bool keep, struct change **changes)
{
	struct plan p = { .want = want, .is = is, .keep = keep, .phase = PHASE_CHANGE };
	struct site_vr *vr;
	unsigned int i;
	int ret;

	*changes = NULL;
	for (i = 0; i < PHASES; i++)
		p.last[i] = &p.first[i];
	ret = netdevs_read(&p.all);
	if (!ret) {
		find_devices(&p);
		ret = plan_read_addrs(&p);
	}
	plan_removals(&p);
	if (!ret)
		ret = check_pfs(&p);
	for (vr = want->vrs; !ret && vr; vr = vr->next)
		ret = plan_vr(&p, vr);
	if (!ret)
		ret = plan_loose(&p);
	if (!ret)
		plan_loose_routes(&p);
	if (!ret)
		ret = plan_cores(&p);
	netdevs_free(&p.all);
	for (i = 0; i < PHASES; i++) {
		*changes = p.first[i];
		changes = p.last[i] == &p.first[i] ? changes : p.last[i];
	}
	return ret;
}
