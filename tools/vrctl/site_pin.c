// SPDX-License-Identifier: GPL-2.0
/* A state to come back to: what files say and what they need not say. */
#include <string.h>

#include <linux/vrouter.h>

#include "site.h"

struct pin {
	struct site *is;
	const struct site *want;
	struct netdevs all;
};

static bool is_known(const struct site *is, int ifindex)
{
	const struct site_port *port;
	const struct site_vr *vr;

	for (port = is->loose; port; port = port->next)
		if (port->ifindex == ifindex)
			return true;
	for (vr = is->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next)
			if (port->ifindex == ifindex)
				return true;
	return false;
}

/* What is no port yet. */
static void pin_dev(struct pin *pin, const struct netdev *dev)
{
	struct site_port *port;

	if (!dev || is_known(pin->is, dev->ifindex))
		return;
	port = site_alloc(pin->is, sizeof(*port));
	port->name = site_text(pin->is, "%s", dev->name);
	port->pf = "";
	port->ifindex = dev->ifindex;
	port->up = dev->up;
	port->next = pin->is->loose;
	pin->is->loose = port;
}

/* A PF without VFs is to have none again. */
static int pin_pf(struct pin *pin, const char *addr)
{
	const struct netdev *dev = netdev_by_parent(&pin->all, addr);
	struct site_num *num;
	struct pf pf;
	int ret;

	if (!dev || !pf_capable(dev))
		return EXIT_OK;
	pin_dev(pin, dev);
	ret = pf_read(&pin->all, dev, &pf);
	if (!ret && !pf.enabled && !site_find_num(pin->is->pfs, addr, 0)) {
		num = site_alloc(pin->is, sizeof(*num));
		num->name = site_text(pin->is, "%s", addr);
		num->next = pin->is->pfs;
		pin->is->pfs = num;
	}
	if (!ret)
		pf_free(&pf);
	return ret;
}

static void addr_row(int ifindex, const struct site_addr *addr, void *data)
{
	struct pin *pin = data;
	struct site_addr **last, *a;
	struct site_port *port;

	for (port = pin->is->loose; port && port->ifindex != ifindex;)
		port = port->next;
	if (!port)
		return;
	a = site_alloc(pin->is, sizeof(*a));
	*a = *addr;
	for (last = &port->addrs; *last;)
		last = &(*last)->next;
	*last = a;
}

/* A table that may become that of a VR, which may then remove routes. */
static bool is_at_stake(const struct pin *pin, const struct site_route *route)
{
	const struct site_vr *vr;

	for (vr = pin->want->vrs; vr; vr = vr->next)
		if (vr->table == route->table)
			return true;
	return false;
}

static int pin_routes(struct pin *pin)
{
	struct site_route **at = &pin->is->routes;
	const struct site_port *port;
	int ret = EXIT_OK;

	while (*at)
		if (is_at_stake(pin, *at))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	for (port = pin->is->loose; !ret && port; port = port->next)
		if (port->up)
			ret = site_routes_of(pin->is, port->ifindex, &pin->is->routes);
	return ret;
}

void site_pin_quarantine(struct site *site)
{
	struct site_vr *vr;
	unsigned int i;

	for (vr = site->vrs; vr; vr = vr->next)
		for (i = 0; i < VR_KNOBS; i++)
			if (!strcmp(knob_word(i), "quarantine"))
				vr->knobs[i].given = true;
}

int site_pin(struct site *is, const struct site *want)
{
	struct pin pin = { .is = is, .want = want };
	const struct site_port *port;
	const struct site_vr *of;
	int ret;

	ret = netdevs_read(&pin.all);
	site_pin_quarantine(is);
	for (of = want->vrs; of; of = of->next)
		for (port = of->ports; !ret && port; port = port->next) {
			if (*port->pf)
				ret = pin_pf(&pin, port->pf);
			else
				pin_dev(&pin, netdev_by_name(&pin.all, port->name));
		}
	if (!ret)
		ret = site_addrs_read(addr_row, &pin);
	if (!ret)
		ret = pin_routes(&pin);
	netdevs_free(&pin.all);
	return ret;
}
