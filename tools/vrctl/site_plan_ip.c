// SPDX-License-Identifier: GPL-2.0
/* Which addresses and routes have to come and go. */
#include <string.h>

#include "site_plan.h"

static void have_row(int ifindex, const struct site_addr *addr, void *data)
{
	struct plan *p = data;
	struct have *have = site_alloc(p->want, sizeof(*have));

	have->ifindex = ifindex;
	have->addr = *addr;
	*p->last_have = have;
	p->last_have = &have->next;
}

int plan_read_addrs(struct plan *p)
{
	p->last_have = &p->have;
	return site_addrs_read(have_row, p);
}

static struct site_addr *find(struct site_addr *list, const struct site_addr *addr)
{
	while (list && !site_addr_same(list, addr))
		list = list->next;
	return list;
}

/*
 * Whether addresses of the subnet have to be given anew: the primary one goes, with
 * which the kernel may remove the others, or they are in another order.
 */
static bool disturbed(const struct have *have, int ifindex, struct site_addr *want,
		      const struct site_addr *net)
{
	bool first = true;

	for (; have; have = have->next) {
		if (have->ifindex != ifindex || !site_addr_same_net(&have->addr, net))
			continue;
		if (!find(want, &have->addr)) {
			if (first)
				return true;
			continue;
		}
		first = false;
		while (want && !site_addr_same_net(want, net))
			want = want->next;
		if (!want || !site_addr_same(want, &have->addr))
			return true;
		want = want->next;
	}
	return false;
}

static const char *text(struct plan *p, const struct site_addr *addr)
{
	char buf[ADDR_TEXT_LEN];

	return site_text(p->want, "%s", site_addr_text(addr, buf, sizeof(buf)));
}

/* Last ones first, as with a primary address the others of its subnet may go. */
static void remove_addrs(struct plan *p, struct site_vr *vr, struct site_port *port, int ifindex,
			 const struct have *have, struct site_addr *want)
{
	struct site_addr *wanted;
	struct change *change;

	if (!have)
		return;
	remove_addrs(p, vr, port, ifindex, have->next, want);
	if (have->ifindex != ifindex)
		return;
	wanted = find(want, &have->addr);
	if (wanted && !disturbed(p->have, ifindex, want, &have->addr))
		return;
	if (wanted)
		wanted->there = false;
	p->phase = PHASE_ADDR_DEL;
	change = plan_add(p, CHANGE_ADDR_DEL, vr, port, "address", text(p, &have->addr), NULL);
	change->addr = &have->addr;
	p->phase = PHASE_CHANGE;
}

void plan_addrs(struct plan *p, struct site_vr *vr, struct site_port *port, int ifindex,
		struct site_addr *want)
{
	struct site_addr *addr;
	struct have *have;

	for (addr = want; addr; addr = addr->next)
		addr->there = false;
	for (have = ifindex ? p->have : NULL; have; have = have->next) {
		addr = have->ifindex == ifindex ? find(want, &have->addr) : NULL;
		if (addr)
			addr->there = true;
	}
	if (!p->keep && ifindex)
		remove_addrs(p, vr, port, ifindex, p->have, want);
	for (addr = want; addr; addr = addr->next)
		if (!addr->there)
			plan_add(p, CHANGE_ADDR, vr, port, "address", NULL, text(p, addr))->addr =
				addr;
}

/* Routes */

static struct site_route *find_route(struct site_route *list, const struct site_route *route,
				     bool (*same)(const struct site_route *a,
						  const struct site_route *b))
{
	while (list && (list->table != route->table || !same(list, route)))
		list = list->next;
	return list;
}

static void route_change(struct plan *p, struct site_vr *vr, const struct site_route *from,
			 const struct site_route *to)
{
	p->phase = to ? PHASE_ROUTE : PHASE_ROUTE_DEL;
	plan_add(p, to ? CHANGE_ROUTE : CHANGE_ROUTE_DEL, vr, NULL, "route",
		 from ? site_route_text(p->want, from) : NULL,
		 to ? site_route_text(p->want, to) : NULL)
		->route = to ? to : from;
	p->phase = PHASE_CHANGE;
}

static void remove_routes(struct plan *p, struct site_vr *vr, struct site_route *is,
			  struct site_route *want)
{
	for (; is; is = is->next)
		if (is->table == vr->table && !is->odd && !find_route(want, is, site_route_same) &&
		    !find_route(want, is, site_route_same_key))
			route_change(p, vr, is, NULL);
}

static void add_routes(struct plan *p, struct site_vr *vr, struct site_route *is,
		       struct site_route *want)
{
	struct site_route *route, *old;

	for (route = want; route; route = route->next)
		if (!find_route(is, route, site_route_same)) {
			old = find_route(is, route, site_route_same_key);
			route_change(p, vr, old, route);
		}
}

/* Of a VR that is to be made the table may be there already. */
void plan_routes(struct plan *p, struct site_vr *vr, const struct site_vr *is)
{
	struct site_route *route, *there = is ? is->routes : p->is->routes;

	if (!vr->has_routes)
		return;
	for (route = vr->routes; route; route = route->next)
		route->table = vr->table;
	if (!p->keep)
		remove_routes(p, vr, there, vr->routes);
	add_routes(p, vr, there, vr->routes);
}

/* Those of no VR here may be of one there meanwhile. */
void plan_loose_routes(struct plan *p)
{
	struct site_route *route, *all = p->is->routes;
	const struct site_vr *vr;

	for (route = p->want->routes; route; route = route->next) {
		bool found = find_route(all, route, site_route_same);

		for (vr = p->is->vrs; vr && !found; vr = vr->next)
			found = find_route(vr->routes, route, site_route_same);
		if (!found)
			route_change(p, NULL, NULL, route);
	}
}
