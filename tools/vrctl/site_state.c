// SPDX-License-Identifier: GPL-2.0
/* A site as it is, in an order that does not depend on when things were made. */
#include <string.h>

#include <linux/vrouter.h>

#include "site.h"

struct state {
	struct site *site;
	struct netdevs all;
};

static void vr_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct state *state = data;
	struct site_vr **at = &state->site->vrs, *vr;
	const struct netdev *dev;
	unsigned int i;

	(void)cmd;
	vr = site_alloc(state->site, sizeof(*vr));
	vr->name = site_text(state->site, "%s", nl_str(attrs->tb[VROUTER_A_VR_IFNAME]));
	vr->ifindex = nl_u32(attrs->tb[VROUTER_A_VR_IFINDEX]);
	vr->table = nl_u32(attrs->tb[VROUTER_A_VR_TABLE]);
	dev = netdev_by_index(&state->all, vr->ifindex);
	vr->up = dev && dev->up;
	knobs_get(attrs, vr->knobs);
	for (i = 0; i < VR_KNOBS; i++)
		if (vr->knobs[i].str)
			vr->knobs[i].str = site_text(state->site, "%s", vr->knobs[i].str);
	while (*at && strverscmp((*at)->name, vr->name) < 0)
		at = &(*at)->next;
	vr->next = *at;
	*at = vr;
}

/* By name, after them VFs by PF and number. */
static int port_order(const struct site_port *a, const struct site_port *b)
{
	int order = strcmp(a->pf, b->pf);

	if (order)
		return order;
	if (*a->pf)
		return a->num < b->num ? -1 : 1;
	return strverscmp(a->name, b->name);
}

static void insert_port(struct site_vr *vr, struct site_port *port)
{
	struct site_port **at = &vr->ports;

	while (*at && port_order(*at, port) < 0)
		at = &(*at)->next;
	port->next = *at;
	*at = port;
}

static void port_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct state *state = data;
	const struct netdev *dev;
	struct site_port *port;
	struct site_vr *vr;

	(void)cmd;
	for (vr = state->site->vrs; vr; vr = vr->next)
		if (vr->ifindex == (int)nl_u32(attrs->tb[VROUTER_A_PORT_VR_IFINDEX]))
			break;
	if (!vr)
		return;
	port = site_alloc(state->site, sizeof(*port));
	port->name = site_text(state->site, "%s", nl_str(attrs->tb[VROUTER_A_PORT_IFNAME]));
	port->ifindex = nl_u32(attrs->tb[VROUTER_A_PORT_IFINDEX]);
	port->pf = "";
	port->direct = nl_u8(attrs->tb[VROUTER_A_PORT_DIRECT]);
	port->credit = nl_u8(attrs->tb[VROUTER_A_PORT_CREDIT]);
	port->xdp = nl_u32(attrs->tb[VROUTER_A_PORT_XDP_ID]);
	if (attrs->tb[VROUTER_A_PORT_STANDBY_IFNAME])
		port->standby = site_text(state->site, "%s",
					  nl_str(attrs->tb[VROUTER_A_PORT_STANDBY_IFNAME]));
	dev = netdev_by_index(&state->all, port->ifindex);
	port->up = dev && dev->up;
	insert_port(vr, port);
}

/* VFs */

static struct site_port *by_ifindex(const struct site *site, int ifindex, struct site_vr **of)
{
	struct site_port *port;
	struct site_vr *vr;

	for (vr = site->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next)
			if (port->ifindex == ifindex) {
				*of = vr;
				return port;
			}
	return NULL;
}

static void give(struct value *val, bool given, uint32_t num)
{
	val->given = given;
	val->num = num;
}

/* A lane has the address of its standby, which may be another after the next boot. */
static bool has_own_mac(const struct state *state, const struct site_port *port, const uint8_t *mac)
{
	const struct netdev *standby =
		port->standby ? netdev_by_name(&state->all, port->standby) : NULL;

	return !standby || memcmp(standby->mac, mac, MAC_LEN);
}

/* What the PF says, or the driver if it has not been told. */
static void fill_vf(struct state *state, struct site_port *port, const struct pf *pf,
		    const struct vf *vf)
{
	struct site *site = state->site;
	const struct vf_info *info = &vf->info;
	const uint8_t *mac = mac_is_zero(info->mac) ? vf->dev->mac : info->mac;
	char buf[MAC_TEXT_LEN];

	port->pf = site_text(site, "%s", pf->dev->parent);
	port->num = vf->num;
	port->vf[TAKE_MAC].given = has_own_mac(state, port, mac);
	port->vf[TAKE_MAC].str = site_text(site, "%s", mac_text(mac, buf));
	give(&port->vf[TAKE_VLAN], info->vlan, info->vlan);
	give(&port->vf[TAKE_TRUST], info->trust == 1, 1);
	give(&port->vf[TAKE_SPOOFCHK], !info->spoofchk, 0);
	give(&port->vf[TAKE_MAX_RATE], info->max_rate, info->max_rate);
}

static void mark_vfs(struct state *state, const struct pf *pf)
{
	struct site_port *port, **at;
	struct site_num *num, **last;
	bool any = false;
	struct site_vr *vr;
	unsigned int i;

	for (i = 0; i < pf->enabled; i++) {
		port = pf->vfs[i].dev ? by_ifindex(state->site, pf->vfs[i].dev->ifindex, &vr)
				      : NULL;
		if (!port)
			continue;
		for (at = &vr->ports; *at != port; at = &(*at)->next)
			;
		*at = port->next;
		fill_vf(state, port, pf, &pf->vfs[i]);
		insert_port(vr, port);
		any = true;
	}
	if (!any)
		return;
	num = site_alloc(state->site, sizeof(*num));
	num->name = site_text(state->site, "%s", pf->dev->parent);
	num->num = pf->enabled;
	for (last = &state->site->pfs; *last && strcmp((*last)->name, num->name) < 0;)
		last = &(*last)->next;
	num->next = *last;
	*last = num;
}

static int read_vfs(struct state *state)
{
	const struct netdev *dev;
	struct pf pf;
	int ret;

	for (dev = pf_next(&state->all, NULL); dev; dev = pf_next(&state->all, dev)) {
		ret = pf_read(&state->all, dev, &pf);
		if (ret)
			return ret;
		mark_vfs(state, &pf);
		pf_free(&pf);
	}
	return EXIT_OK;
}

/* Of a subnet of IPv4 the first is the primary one; no other order means anything. */
static int addr_order(const struct site_addr *a, const struct site_addr *b)
{
	struct site_addr x = *a, y = *b;
	unsigned int i;
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	for (i = a->len; a->family == AF_INET && i < 32; i++)
		x.peer[i / 8] &= ~(0x80 >> i % 8);
	for (i = b->len; b->family == AF_INET && i < 32; i++)
		y.peer[i / 8] &= ~(0x80 >> i % 8);
	order = memcmp(x.peer, y.peer, sizeof(x.peer));
	if (order || a->len != b->len)
		return order ? order : a->len - b->len;
	return a->family == AF_INET ? 0 : memcmp(a->addr, b->addr, sizeof(a->addr));
}

static void addr_row(int ifindex, const struct site_addr *addr, void *data)
{
	struct state *state = data;
	struct site_addr **at, *a;
	struct site_port *port;
	struct site_vr *vr;

	for (vr = state->site->vrs; vr && vr->ifindex != ifindex;)
		vr = vr->next;
	if (vr) {
		at = &vr->addrs;
	} else {
		port = by_ifindex(state->site, ifindex, &vr);
		if (!port)
			return;
		at = &port->addrs;
	}
	while (*at && addr_order(*at, addr) <= 0)
		at = &(*at)->next;
	a = site_alloc(state->site, sizeof(*a));
	*a = *addr;
	a->next = *at;
	*at = a;
}

/* The name of a VF may be another one next time, and the kernel finds it by the address. */
static void forget_vf_names(const struct site *site, struct site_route *route)
{
	static const uint8_t link_local[] = { 0xfe, 0x80 };
	const struct site_port *port;
	struct site_hop *hop;
	struct site_vr *vr;

	for (hop = route->hops; hop < route->hops + route->n_hops; hop++) {
		port = by_ifindex(site, hop->ifindex, &vr);
		if (port && *port->pf && hop->has_via && memcmp(hop->via, link_local, 2))
			hop->dev = NULL;
	}
}

/* To the VR that has the table; the rest stays with the site. */
static int read_routes(struct state *state)
{
	struct site_route **from = &state->site->routes, **to, *route;
	struct site_vr *vr;
	int ret = site_routes_read(state->site, from);

	for (vr = state->site->vrs; vr; vr = vr->next)
		vr->has_routes = true;
	while (!ret && *from) {
		route = *from;
		forget_vf_names(state->site, route);
		for (vr = state->site->vrs; vr && vr->table != route->table;)
			vr = vr->next;
		if (!vr) {
			from = &route->next;
			continue;
		}
		*from = route->next;
		for (to = &vr->routes; *to;)
			to = &(*to)->next;
		*to = route;
		route->next = NULL;
	}
	return ret;
}

static void core_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct state *state = data;
	struct site_num **last = &state->site->cores, *num;

	(void)cmd;
	num = site_alloc(state->site, sizeof(*num));
	num->cpu = nl_u32(attrs->tb[VROUTER_A_CORE_CPU]);
	num->num = nl_u32(attrs->tb[VROUTER_A_CORE_SLICE_US]);
	while (*last && (*last)->cpu < num->cpu)
		last = &(*last)->next;
	num->next = *last;
	*last = num;
}

int site_state(struct site *site)
{
	struct state state = { .site = site };
	int ret;

	ret = netdevs_read(&state.all);
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_VR_GET, vr_row, &state);
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_PORT_GET, port_row, &state);
	if (!ret)
		ret = read_vfs(&state);
	if (!ret)
		ret = site_addrs_read(addr_row, &state);
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_CORE_GET, core_row, &state);
	if (!ret)
		ret = read_routes(&state);
	netdevs_free(&state.all);
	return ret;
}
