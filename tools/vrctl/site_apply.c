// SPDX-License-Identifier: GPL-2.0
/*
 * Changes, one after the other, each printed when it is made.  The first that fails
 * ends it; the list still has all of them, with what was there before.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "site.h"
#include "xdp.h"

static const char *object(const struct change *c, char *buf, size_t len)
{
	if (c->port && *c->port->pf)
		snprintf(buf, len, "%s vf %u", c->port->pf, c->port->num);
	else if (c->port || c->vr)
		snprintf(buf, len, "%s", c->port ? c->port->name : c->vr->name);
	else if (c->route)
		snprintf(buf, len, "table %u", c->route->table);
	else if (c->core->name)
		snprintf(buf, len, "%s", c->core->name);
	else
		snprintf(buf, len, "cpu %u", c->core->cpu);
	return buf;
}

void site_print_change(const struct change *c, bool applied)
{
	enum role role = !c->from ? ROLE_GOOD : c->to ? ROLE_HEAD : ROLE_BAD;
	char buf[64];

	object(c, buf, sizeof(buf));
	if (opt.json) {
		json_list();
		json_obj(NULL);
		if (c->vr)
			json_str("vr", c->vr->name);
		json_str("object", buf);
		json_str("what", c->what);
		if (c->from)
			json_str("from", c->from);
		if (c->to)
			json_str("to", c->to);
		json_bool("applied", applied);
		json_obj_end();
		return;
	}
	printf("%s%c%s %s%s%s: %s ", color_on(role),
	       !c->from ? '+'
	       : c->to	? '~'
			: '-',
	       color_off(role), color_on(ROLE_NAME), buf, color_off(ROLE_NAME), c->what);
	if (c->from)
		printf(c->to ? "%s -> " : "%s", c->from);
	printf("%s\n", c->to ? c->to : "");
	fflush(stdout);
}

static int find_ifindex(const char *name, int *ifindex)
{
	*ifindex = if_nametoindex(name);
	if (*ifindex)
		return EXIT_OK;
	error_start(stderr);
	fprintf(stderr, "%s: %s.\n", name, strerror(errno));
	return EXIT_KERNEL;
}

static int add_vr(const struct change *c)
{
	struct value val[3] = {
		{ .given = true, .str = c->vr->name },
		{ .given = true, .str = c->to, .num = c->vr->table },
	};
	int ret = vr_add(val);

	return ret ? ret : find_ifindex(c->vr->name, &c->vr->ifindex);
}

static int set_knob(const struct change *c)
{
	struct value val[1 + VR_KNOBS] = { { .given = true, .str = c->vr->name } };

	val[1 + c->knob] = c->vr->knobs[c->knob];
	knob_fill(c->knob, &val[1 + c->knob]);
	val[1 + c->knob].str = c->to;
	return vr_set(val);
}

/* A VF is known by name only now. */
static int port_name(const struct change *c, char *name)
{
	char what[64];

	if (if_indextoname(c->port->ifindex, name))
		return EXIT_OK;
	error_start(stderr);
	fprintf(stderr, "%s: the device is gone.\n", object(c, what, sizeof(what)));
	return EXIT_KERNEL;
}

static int set_flag(const struct change *c)
{
	bool direct = c->kind == CHANGE_DIRECT;
	struct value val[MAX_PARAMS] = {};
	char name[IFNAMSIZ];
	int ret = port_name(c, name);

	if (ret)
		return ret;
	val[0] = (struct value){ .given = true, .str = name };
	val[direct ? 1 : 2] = (struct value){
		.given = true,
		.str = c->to,
		.num = direct ? c->port->direct : c->port->credit,
	};
	return port_set(val);
}

/* A PF by its address, which is what files have. */
static int pf_name(const char *addr, char *name)
{
	struct netdevs all = {};
	const struct netdev *pf;
	int ret;

	ret = netdevs_read(&all);
	if (ret)
		return ret;
	pf = netdev_by_parent(&all, addr);
	snprintf(name, IFNAMSIZ, "%s", pf ? pf->name : "");
	netdevs_free(&all);
	if (*name)
		return EXIT_OK;
	error_start(stderr);
	fprintf(stderr, "%s: it is gone.\n", addr);
	return EXIT_KERNEL;
}

static int bind_vf(const struct change *c)
{
	struct value val[TAKE_PARAMS] = {};
	char name[IFNAMSIZ];
	int ret, twin = 0;

	ret = pf_name(c->port->pf, name);
	if (ret)
		return ret;
	memcpy(val, c->port->vf, sizeof(val));
	val[TAKE_FOR] = (struct value){ .given = true, .str = c->vr->name };
	val[TAKE_PF] = (struct value){ .given = true, .str = name };
	val[TAKE_VF] = (struct value){ .given = true, .num = c->port->num };
	if (c->numvfs)
		val[TAKE_NUMVFS] = (struct value){ .given = true, .num = c->numvfs->num };
	if (c->port->standby) {
		ret = find_ifindex(c->port->standby, &twin);
		if (ret)
			return ret;
	}
	return vf_bind_again(val, twin, &c->port->ifindex);
}

static int del_vr(const struct change *c)
{
	struct value val = { .given = true, .str = c->vr->name };

	return vr_del(&val);
}

/* The program would stay on the device. */
static int del_port(const struct change *c, const char *what)
{
	int ret = c->port->xdp ? xdp_set(c->port->name, XDP_MODE_OFF, NULL) : EXIT_OK;

	return ret ? ret : port_set_master(what, c->port->ifindex, 0);
}

static int release_vf(const struct change *c)
{
	char name[IFNAMSIZ];
	int ret = pf_name(c->port->pf, name);

	return ret ? ret : vf_release_one(name, c->port->num);
}

static int no_vfs(const struct change *c)
{
	char name[IFNAMSIZ];
	int ret = pf_name(c->core->name, name);

	return ret ? ret : vf_set_numvfs(name, 0);
}

static int set_standby(const struct change *c, const char *what)
{
	int standby = 0, ret = EXIT_OK;

	if (c->port->standby)
		ret = find_ifindex(c->port->standby, &standby);
	return ret ? ret : port_set_standby(what, c->port->ifindex, standby);
}

static int set_xdp(const struct change *c)
{
	char name[IFNAMSIZ];
	int ret = port_name(c, name);

	return ret ? ret : xdp_set(name, c->port->xdp ? XDP_MODE_ON : XDP_MODE_OFF, NULL);
}

static int apply(const struct change *c)
{
	int *ifindex = c->port ? &c->port->ifindex : c->vr ? &c->vr->ifindex : NULL;
	struct value val[2];
	char what[128];

	object(c, what, 64);
	switch (c->kind) {
	case CHANGE_ROUTE_DEL:
	case CHANGE_ROUTE:
		snprintf(what + strlen(what), sizeof(what) - strlen(what), " %s",
			 c->to ? c->to : c->from);
		return c->to ? site_route_add(what, c->route, c->from)
			     : site_route_del(what, c->route);
	case CHANGE_ADDR_DEL:
		snprintf(what + strlen(what), sizeof(what) - strlen(what), " %s", c->from);
		return site_addr_del(what, *ifindex, c->addr);
	case CHANGE_PORT_DEL:
		return del_port(c, what);
	case CHANGE_VF_RELEASE:
		return release_vf(c);
	case CHANGE_VR_DEL:
		return del_vr(c);
	case CHANGE_NUMVFS:
		return no_vfs(c);
	case CHANGE_VR_ADD:
		return add_vr(c);
	case CHANGE_KNOB:
		return set_knob(c);
	case CHANGE_PORT:
		return port_set_master(what, *ifindex, c->vr->ifindex);
	case CHANGE_DIRECT:
	case CHANGE_CREDIT:
		return set_flag(c);
	case CHANGE_VF_BIND:
	case CHANGE_VF_SET:
		return bind_vf(c);
	case CHANGE_UP:
		return link_set_up(what, *ifindex, !strcmp(c->to, "on"));
	case CHANGE_ADDR:
		snprintf(what + strlen(what), sizeof(what) - strlen(what), " %s", c->to);
		return site_addr_add(what, *ifindex, c->addr);
	case CHANGE_STANDBY:
		return set_standby(c, what);
	case CHANGE_XDP:
		return set_xdp(c);
	case CHANGE_SLICE:
		val[0] = (struct value){ .given = true,
					 .str = what + strlen("cpu "),
					 .num = c->core->cpu };
		val[1] = (struct value){ .given = true, .str = c->to, .num = c->core->num };
		return core_set(val);
	}
	return EXIT_OK;
}

static const char *where(const struct change *c)
{
	if (c->route)
		return c->route->where;
	return c->port ? c->port->where : c->vr ? c->vr->where : c->core->where;
}

void site_print_rest(const struct change *c)
{
	char buf[64];

	fflush(stdout);
	for (; c; c = c->next)
		fprintf(stderr, "  %s: %s %s\n", object(c, buf, sizeof(buf)), c->what,
			c->to ? c->to : "-");
}

/* Who sees no lines go by sees a number; that of a terminal of 9600 baud is not in the way. */
static void progress(const struct change *c, unsigned int done, unsigned int all)
{
	static unsigned int last;
	unsigned int percent = all ? 100 * done / all : 0;

	if (all < 50 || (isatty(STDOUT_FILENO) && !opt.json) || !isatty(STDERR_FILENO) ||
	    (percent == last && c))
		return;
	last = percent;
	if (c)
		fprintf(stderr, "\r%3u%% of %u changes", percent, all);
	else
		fputs("\r\033[K", stderr);
}

int site_apply(struct change *changes, const struct site_how *how, struct change **failed)
{
	unsigned int done = 0, all = 0;
	int ret = EXIT_OK, err;
	struct change *c;

	*failed = NULL;
	for (c = changes; c; c = c->next)
		all++;
	for (c = changes; c && (!ret || how->rest); c = c->next, done++) {
		if (!how->dry)
			progress(c, done, all);
		value_place(where(c));
		err = how->stop && how->stop() ? EXIT_LOCAL : how->dry ? EXIT_OK : apply(c);
		value_place(NULL);
		if (err && !ret) {
			ret = err;
			*failed = c;
		}
		if (!err && !how->quiet)
			site_print_change(c, !how->dry);
	}
	if (!how->dry)
		progress(NULL, 0, all);
	return ret;
}
