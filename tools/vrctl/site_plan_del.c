// SPDX-License-Identifier: GPL-2.0
/* What is there and not wanted; devices that are no ports and are to be as they were. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "site_plan.h"

struct site_port *plan_wanted(const struct plan *p, const struct site_port *port)
{
	struct site_port *found = NULL;

	if (*port->pf)
		found = site_find_port(p->want, "", port->pf, port->num, NULL);
	return found ? found : site_find_port(p->want, port->name, "", 0, NULL);
}

static void remove_port(struct plan *p, struct site_vr *vr, struct site_port *port)
{
	plan_add(p, *port->pf ? CHANGE_VF_RELEASE : CHANGE_PORT_DEL, vr, port, "vr", vr->name,
		 NULL);
}

/* Those of the host, or of another VR here, stay. */
static bool has_table_alone(const struct plan *p, const struct site_vr *vr)
{
	const struct site_vr *other;

	for (other = p->want->vrs; other; other = other->next)
		if (other->table == vr->table)
			return false;
	return vr->table < RT_TABLE_DEFAULT || vr->table > RT_TABLE_LOCAL;
}

static void remove_routes(struct plan *p, struct site_vr *vr)
{
	const struct site_route *route;

	if (!has_table_alone(p, vr))
		return;
	p->phase = PHASE_ROUTE_DEL;
	for (route = vr->routes; route; route = route->next)
		if (!route->odd)
			plan_add(p, CHANGE_ROUTE_DEL, vr, NULL, "route",
				 site_route_text(p->want, route), NULL)
				->route = route;
	p->phase = PHASE_DEL;
}

void plan_removals(struct plan *p)
{
	struct site_port *port;
	struct site_vr *vr;

	if (p->keep)
		return;
	p->phase = PHASE_DEL;
	for (vr = p->is->vrs; vr; vr = vr->next) {
		for (port = vr->ports; port; port = port->next)
			if (!plan_wanted(p, port))
				remove_port(p, vr, port);
		if (site_find_vr(p->want, vr->name))
			continue;
		remove_routes(p, vr);
		plan_add(p, CHANGE_VR_DEL, vr, NULL, "table", site_text(p->want, "%u", vr->table),
			 NULL);
	}
	p->phase = PHASE_CHANGE;
}

int plan_loose(struct plan *p)
{
	const struct netdev *dev;
	struct site_port *port;
	int ret = EXIT_OK;

	for (port = p->want->loose; !ret && port; port = port->next) {
		dev = netdev_by_name(&p->all, port->name);
		port->ifindex = dev ? dev->ifindex : 0;
		if (!dev)
			continue;
		plan_up(p, NULL, port, dev->up, port->up);
		plan_addrs(p, NULL, port, port->ifindex, port->addrs);
		ret = site_routes_of(p->is, port->ifindex, &p->is->routes);
	}
	return ret;
}
