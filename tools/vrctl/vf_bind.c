// SPDX-License-Identifier: GPL-2.0
/* vrctl vf bind: a VF becomes a port of a VR. */
#include <net/if.h>
#include <stdio.h>

#include "out.h"
#include "vf_take.h"
#include "vr.h"

/* After the parameters that vf_take.h knows. */
#define STANDBY TAKE_PARAMS

/**
 * struct bind - a VF on its way to a VR
 * @take: the VF
 * @vr: ifindex of the VR
 * @ifindex: where to put that of its netdevice, NULL if it is to be printed
 * @enslaved: undo: its netdevice was enslaved
 */
struct bind {
	struct vf_take take;
	int vr;
	int *ifindex;
	bool enslaved;
};

static int enslave(struct bind *b)
{
	struct vf_take *t = &b->take;
	int ret;

	if (t->vf->dev->master == b->vr)
		return EXIT_OK;
	snprintf(t->what, sizeof(t->what), "%s vf %u: %s into %s", t->val[TAKE_PF].str, t->num,
		 t->vf->dev->name, t->val[TAKE_FOR].str);
	ret = port_set_master(t->what, t->vf->dev->ifindex, b->vr);
	if (ret)
		return ret;
	b->enslaved = true;
	if (t->twin && !b->ifindex) {
		snprintf(t->what, sizeof(t->what), "%s vf %u: standby %s", t->val[TAKE_PF].str,
			 t->num, t->val[STANDBY].str);
		ret = port_set_standby(t->what, t->vf->dev->ifindex, t->twin);
		if (ret)
			return ret;
	}
	snprintf(t->what, sizeof(t->what), "%s vf %u: %s up", t->val[TAKE_PF].str, t->num,
		 t->vf->dev->name);
	return link_set_up(t->what, t->vf->dev->ifindex, true);
}

/* The kernel checks it as well, but then much has been done. */
static int check(struct vf_take *t)
{
	const struct bind *b = (const struct bind *)t;
	const struct netdev *twin;

	if (!t->val[STANDBY].given)
		return EXIT_OK;
	twin = t->twin ? netdev_by_index(&t->all, t->twin) : NULL;
	if (twin && twin->port && twin->master == b->vr)
		return EXIT_OK;
	fprintf(stderr, "Error: standby %s: is %s.\n", t->val[STANDBY].str,
		twin ? "not a port of this VR" : "no device");
	return EXIT_KERNEL;
}

/* The VF is the first member. */
static int give(struct vf_take *t)
{
	int ret = take_start_driver(t);

	return ret ? ret : enslave((struct bind *)t);
}

static void undo(struct vf_take *t)
{
	const struct bind *b = (const struct bind *)t;

	if (!t->vf->dev || !b->enslaved)
		return;
	link_set_up(take_step(t, "down"), t->vf->dev->ifindex, false);
	port_set_master(take_step(t, "out"), t->vf->dev->ifindex, 0);
}

static void report(const struct vf_take *t)
{
	char mac[MAC_TEXT_LEN];

	if (opt.json) {
		json_obj(NULL);
		json_str("vr", t->val[TAKE_FOR].str);
		json_str("pf", t->pf.dev->name);
		json_uint("vf", t->num);
		json_str("address", t->vf->addr);
		json_str("dev", t->vf->dev->name);
		json_str("mac", mac_text(t->mac, mac));
		json_obj_end();
		json_done();
		return;
	}
	printf("%s%s%s: %s vf %u %s is %s%s%s, mac %s\n", color_on(ROLE_NAME), t->val[TAKE_FOR].str,
	       color_off(ROLE_NAME), t->pf.dev->name, t->num, t->vf->addr, color_on(ROLE_NAME),
	       t->vf->dev->name, color_off(ROLE_NAME), mac_text(t->mac, mac));
}

static void report_ifindex(const struct vf_take *t)
{
	const struct bind *b = (const struct bind *)t;

	*b->ifindex = t->vf->dev->ifindex;
}

static int bind_to(struct bind *b, const struct vf_taker *taker)
{
	int ret = vr_ifindex(b->take.val[TAKE_FOR].str, &b->vr);

	if (ret)
		return ret;
	if (in_other_netns())
		return take_refuse(&b->take,
				   "drivers make the devices of VFs in the initial network "
				   "namespace: bind there");
	if (b->ifindex)
		b->take.again = b->vr;
	return vf_take(&b->take, taker);
}

int vf_bind(const struct value *val)
{
	static const struct vf_taker vr_taker = {
		.check = check,
		.give = give,
		.undo = undo,
		.report = report,
	};
	struct bind b = { .take.val = val };

	if (val[STANDBY].given)
		b.take.twin = if_nametoindex(val[STANDBY].str);
	return bind_to(&b, &vr_taker);
}

int vf_bind_again(const struct value *val, int twin, int *ifindex)
{
	static const struct vf_taker vr_taker = {
		.give = give,
		.undo = undo,
		.report = report_ifindex,
	};
	struct bind b = { .take = { .val = val, .twin = twin }, .ifindex = ifindex };

	return bind_to(&b, &vr_taker);
}
