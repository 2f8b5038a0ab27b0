// SPDX-License-Identifier: GPL-2.0
/*
 * Next hop groups: what a route says must happen, and the choice of a path.
 *
 * An IPv4 group stands for a fib_info and is shared by all routes that share
 * it.  A lone IPv6 path is shared by what it says, since the kernel has a
 * fib6_info for each route; an IPv6 multipath route has a group of its own.
 *
 * Which path of a group a packet takes is decided in select.c.
 */
#include <linux/slab.h>
#include <net/nexthop.h>

#include "fib_priv.h"

#define NHG_SLOTS_MIN	32

/**
 * struct nhg_key - what groups that may be shared have in common
 * @obj: fib_info or nexthop object, NULL for a plain IPv6 path
 * @gw: gateway of a plain IPv6 path
 * @ifindex: its device
 * @mtu: metric of an IPv6 route
 * @action: enum vr_nh_action
 * @family: VR_V4 or VR_V6
 * @gw_family: 0 for on-link
 * @encap: the path has a tunnel encapsulation
 * @zero: no padding, the key is compared as bytes
 */
struct nhg_key {
	const void	*obj;
	struct in6_addr	gw;
	u32		ifindex;
	u32		mtu;
	u8		action;
	u8		family;
	u8		gw_family;
	u8		encap;
	u32		zero;
};

/**
 * struct nhg - a group as the control plane knows it
 * @node: in vr_fib.nhg_ht if @shared
 * @list: in vr_fib.nhg_list
 * @key: what it is made of
 * @shared: other routes may use it
 * @refs: routes that use it
 * @value: its place in vr_fib.nhgs
 * @fib: the mirror
 * @rcu: frees it
 * @fi: the fib_info of an IPv4 group, referenced
 * @rt: the IPv6 routes it needs, referenced; NULL for a plain path
 * @n_rt: their number
 * @pub: what the data path sees
 */
struct nhg {
	struct rhash_head	node;
	struct list_head	list;
	struct nhg_key		key;
	bool			shared;
	u32			refs;
	u32			value;
	struct vr_fib		*fib;
	struct rcu_head		rcu;
	struct fib_info		*fi;
	struct fib6_info	**rt;
	unsigned int		n_rt;
	struct vr_nhg		pub;
};

static const struct rhashtable_params nhg_params = {
	.head_offset = offsetof(struct nhg, node),
	.key_offset = offsetof(struct nhg, key),
	.key_len = sizeof(struct nhg_key),
	.nelem_hint = 8,
	.automatic_shrinking = true,
};

static const struct vr_nhg nhg_punt = { .action = VR_NH_PUNT };
static const struct vr_nhg nhg_local = { .action = VR_NH_LOCAL };
static const struct vr_nhg nhg_blackhole = { .action = VR_NH_BLACKHOLE };
static const struct vr_nhg nhg_unreachable = { .action = VR_NH_UNREACHABLE };
static const struct vr_nhg nhg_prohibit = { .action = VR_NH_PROHIBIT };
static const struct vr_nhg nhg_throw = { .action = VR_NH_THROW };

static const struct vr_nhg *const static_nhgs[] = {
	[VR_NH_PUNT]		= &nhg_punt,
	[VR_NH_LOCAL]		= &nhg_local,
	[VR_NH_BLACKHOLE]	= &nhg_blackhole,
	[VR_NH_UNREACHABLE]	= &nhg_unreachable,
	[VR_NH_PROHIBIT]	= &nhg_prohibit,
	[VR_NH_THROW]		= &nhg_throw,
};

/**
 * vr_nhg_static - the group of an action without paths
 * @action: the action
 *
 * Return: the group.
 */
const struct vr_nhg *vr_nhg_static(enum vr_nh_action action)
{
	return static_nhgs[action];
}

static struct vr_nhg_table *slots(struct vr_fib *fib)
{
	return rcu_dereference_protected(fib->nhgs,
					 lockdep_is_held(&fib->fn->mutex));
}

static struct nhg *nhg_by_value(struct vr_fib *fib, u32 value)
{
	struct vr_nhg_table *t = slots(fib);
	const struct vr_nhg *pub;

	if (value < VR_NHG_FIRST)
		return NULL;
	pub = rcu_dereference_protected(t->slot[value],
					lockdep_is_held(&fib->fn->mutex));
	return container_of((struct vr_nhg *)pub, struct nhg, pub);
}

/* Room for @value in the table of groups. */
static int slots_grow(struct vr_fib *fib, u32 value)
{
	struct vr_nhg_table *t = slots(fib), *new;
	u32 size = t ? t->size : NHG_SLOTS_MIN / 2;
	u32 i;

	if (t && value < t->size)
		return 0;
	while (size <= value)
		size *= 2;
	if (!t)
		size = NHG_SLOTS_MIN;
	new = kvzalloc(struct_size(new, slot, size), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->size = size;
	for (i = 0; t && i < t->size; i++)
		RCU_INIT_POINTER(new->slot[i],
				 rcu_dereference_protected(t->slot[i], true));
	for (i = 0; !t && i < ARRAY_SIZE(static_nhgs); i++)
		RCU_INIT_POINTER(new->slot[VR_NHG_STATIC(i)], static_nhgs[i]);
	rcu_assign_pointer(fib->nhgs, new);
	if (t)
		kvfree_rcu(t, rcu);
	return 0;
}

/* A gateway, or none, of one path. */
struct nh_path {
	u32			ifindex;
	u8			gw_family;
	bool			encap;
	const void		*gw;
	const atomic_t		*upper;
	const struct nexthop	*object;
};

static void path_from_nhc(struct nh_path *p, const struct fib_nh_common *nhc)
{
	p->ifindex = nhc->nhc_dev ? nhc->nhc_dev->ifindex : 0;
	p->encap = nhc->nhc_lwtstate;
	p->gw_family = nhc->nhc_gw_family;
	p->gw = &nhc->nhc_gw;
	p->upper = &nhc->nhc_upper_bound;
	p->object = NULL;
	/* a gateway that is an own address: the stack takes it for on-link */
	if (nhc->nhc_family == AF_INET && nhc->nhc_scope != RT_SCOPE_LINK)
		p->gw_family = 0;
}

static void nhg_set_path(struct nhg *g, unsigned int i, const struct nh_path *p)
{
	int family = g->key.family == VR_V4 ? AF_INET : AF_INET6;
	struct vr_nexthop *nh = &g->pub.nh[i];
	struct vr_fib_port *fp;
	struct vr_adj *adj;

	nh->upper = p->upper;
	nh->object = p->object;
	nh->ifindex = p->ifindex;
	if (p->encap)
		return;
	fp = vr_fib_port_find(g->fib, p->ifindex);
	if (!fp)
		return;
	nh->port = fp->port;
	vr_port_hold(nh->port);
	/* without link-layer header one adjacency does for all next hops */
	nh->glean = !p->gw_family && fp->port->dev->header_ops;
	if (nh->glean)
		return;
	adj = vr_adj_get(g->fib, nh->port, family,
			 p->gw_family ? p->gw_family : family,
			 p->gw_family ? p->gw : NULL);
	RCU_INIT_POINTER(nh->adj, adj);
}

/*
 * Collect the paths of a nexthop object.
 * Return: their number, 0 for a blackhole, negative if there are too many.
 */
static int object_paths(struct nexthop *obj, struct nh_path *p)
{
	struct nh_group *grp;
	int i;

	if (nexthop_is_blackhole(obj))
		return 0;
	if (!obj->is_group) {
		path_from_nhc(p, nexthop_fib_nhc(obj, 0));
		p->object = obj;
		return 1;
	}
	grp = rcu_dereference(obj->nh_grp);
	if (grp->num_nh > U8_MAX)
		return -E2BIG;
	for (i = 0; i < grp->num_nh; i++) {
		struct nexthop *nh = grp->nh_entries[i].nh;

		path_from_nhc(&p[i], &rcu_dereference(nh->nh_info)->fib_nhc);
		p[i].upper = NULL;
		p[i].object = nh;
	}
	return i;
}

/*
 * The paths behind a group, under RCU: gateways are pointers into the kernel's
 * structures.  @obj is the nexthop object if they come from one.
 */
static int nhg_paths(const struct nhg *g, struct nh_path *p, struct nexthop **obj)
{
	unsigned int i;

	*obj = NULL;
	if (g->fi) {
		*obj = g->fi->nh;
		if (*obj)
			return object_paths(*obj, p);
		if (g->fi->fib_nhs > U8_MAX)
			return -E2BIG;
		for (i = 0; i < g->fi->fib_nhs; i++)
			path_from_nhc(&p[i], &g->fi->fib_nh[i].nh_common);
		return i;
	}
	if (!g->rt) {
		p->ifindex = g->key.ifindex;
		p->gw_family = g->key.gw_family;
		p->encap = g->key.encap;
		p->gw = &g->key.gw;
		p->upper = NULL;
		p->object = NULL;
		return 1;
	}
	if (g->rt[0]->nh) {
		*obj = g->rt[0]->nh;
		return object_paths(*obj, p);
	}
	for (i = 0; i < g->n_rt; i++)
		path_from_nhc(&p[i], &g->rt[i]->fib6_nh->nh_common);
	return i;
}

static u32 nhg_mtu(const struct nhg *g)
{
	return g->fi ? g->fi->fib_mtu : g->key.mtu;
}

static void paths_put(struct nhg *g)
{
	int i;

	for (i = 0; i < g->pub.n; i++) {
		struct vr_nexthop *nh = &g->pub.nh[i];
		struct vr_adj *adj = rcu_dereference_protected(nh->adj, true);

		if (adj)
			vr_adj_put(g->fib, adj);
		if (nh->port)
			vr_port_put(nh->port);
	}
}

static size_t nhg_size(const struct nhg *g)
{
	return struct_size(g, pub.nh, g->pub.n) + g->n_rt * sizeof(*g->rt);
}

/*
 * Make the group that @src describes; @src is a scratch one without paths.
 * The references of @src pass to the result.
 */
static struct nhg *nhg_build(struct vr_fib *fib, const struct nhg *src)
{
	struct nexthop *obj;
	struct nhg *g = NULL;
	struct nh_path *p;
	int i, n;

	if (READ_ONCE(vr_fib_fail_nhg))
		return NULL;
	p = kcalloc(U8_MAX, sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;

	/*
	 * Gateways and bounds are copied or pointed to under RCU; what they
	 * point into is held by fi or rt.  A member of an object's group may
	 * go meanwhile, so its gateway is copied now, and its end comes as
	 * an event that makes us build the group again.
	 */
	rcu_read_lock();
	n = nhg_paths(src, p, &obj);
	for (i = 0; i < n; i++) {
		static const size_t len = sizeof(struct in6_addr);
		void *gw;

		if (!p[i].gw_family || !obj)
			continue;
		gw = kmemdup(p[i].gw, p[i].gw_family == AF_INET ? 4 : len,
			     GFP_ATOMIC);
		if (!gw)
			break;
		p[i].gw = gw;
	}
	rcu_read_unlock();
	if (n >= 0 && i < n)
		goto out;

	g = kzalloc(struct_size(g, pub.nh, max(n, 0)), GFP_KERNEL);
	if (!g)
		goto out;
	g->key = src->key;
	g->shared = src->shared;
	g->refs = src->refs;
	g->value = src->value;
	g->fib = fib;
	g->fi = src->fi;
	g->rt = src->rt;
	g->n_rt = src->n_rt;
	g->pub.n = max(n, 0);
	g->pub.mtu = min_t(u32, nhg_mtu(src), U16_MAX);
	g->pub.group = obj && n > 1 ? obj : NULL;
	g->pub.action = n > 0 ? VR_NH_FORWARD :
			n ? VR_NH_PUNT : VR_NH_BLACKHOLE;
	for (i = 0; i < n; i++)
		nhg_set_path(g, i, &p[i]);
out:
	while (obj && i-- > 0)
		if (p[i].gw_family)
			kfree(p[i].gw);
	kfree(p);
	return g;
}

static void nhg_free_rcu(struct rcu_head *head)
{
	struct nhg *g = container_of(head, struct nhg, rcu);

	/*
	 * Only now no reader can have the value from the trie any more, so
	 * only now it may mean another group.
	 */
	if (g->value)
		ida_free(&g->fib->nhg_ida, g->value);
	kfree(g);
}

static void sources_put(struct nhg *g)
{
	if (g->fi)
		fib_info_put(g->fi);
	while (g->n_rt--)
		fib6_info_release(g->rt[g->n_rt]);
	kfree(g->rt);
}

/* Publish a new group that the scratch group @src describes. */
static u32 nhg_add(struct vr_fib *fib, struct nhg *src)
{
	struct nhg *g;
	int value;

	value = ida_alloc_min(&fib->nhg_ida, VR_NHG_FIRST, GFP_KERNEL);
	if (value < 0)
		goto err_src;
	if (slots_grow(fib, value))
		goto err_ida;
	src->value = value;
	src->refs = 1;
	g = nhg_build(fib, src);
	if (!g)
		goto err_ida;
	if (g->shared &&
	    rhashtable_insert_fast(&fib->nhg_ht, &g->node, nhg_params))
		goto err_build;
	list_add(&g->list, &fib->nhg_list);
	fib->n_nhgs++;
	fib->nhg_bytes += nhg_size(g);
	rcu_assign_pointer(slots(fib)->slot[value], &g->pub);
	return value;

err_build:
	paths_put(g);
	kfree(g);
err_ida:
	ida_free(&fib->nhg_ida, value);
err_src:
	sources_put(src);
	return 0;
}

/**
 * vr_nhg_put - one route less uses a group
 * @fib: the mirror
 * @value: the group, as in the trie
 *
 * Context: mutex.
 */
void vr_nhg_put(struct vr_fib *fib, u32 value)
{
	struct nhg *g = nhg_by_value(fib, value);

	if (!g || --g->refs)
		return;
	if (g->shared)
		rhashtable_remove_fast(&fib->nhg_ht, &g->node, nhg_params);
	list_del(&g->list);
	fib->n_nhgs--;
	fib->nhg_bytes -= nhg_size(g);
	RCU_INIT_POINTER(slots(fib)->slot[value], NULL);
	/*
	 * Readers may still see the group: whatever it points to is freed
	 * after a grace period too, so it can be let go at once.
	 */
	paths_put(g);
	sources_put(g);
	call_rcu(&g->rcu, nhg_free_rcu);
}

static enum vr_nh_action action_of(u8 type)
{
	switch (type) {
	case RTN_UNICAST:
		return VR_NH_FORWARD;
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_ANYCAST:
	case RTN_MULTICAST:
		return VR_NH_LOCAL;
	case RTN_BLACKHOLE:
		return VR_NH_BLACKHOLE;
	case RTN_UNREACHABLE:
		return VR_NH_UNREACHABLE;
	case RTN_PROHIBIT:
		return VR_NH_PROHIBIT;
	case RTN_THROW:
		return VR_NH_THROW;
	default:
		return VR_NH_PUNT;
	}
}

static u32 nhg_find(struct vr_fib *fib, const struct nhg_key *key)
{
	struct nhg *g;

	g = rhashtable_lookup_fast(&fib->nhg_ht, key, nhg_params);
	if (!g)
		return 0;
	g->refs++;
	return g->value;
}

/**
 * vr_nhg4_get - the group of an IPv4 route
 * @fib: the mirror
 * @fi: the kernel's route
 *
 * Context: mutex; may sleep.
 * Return: its value for the trie, referenced; 0 if memory is short.
 */
u32 vr_nhg4_get(struct vr_fib *fib, struct fib_info *fi)
{
	enum vr_nh_action action = action_of(fi->fib_type);
	struct nhg src = {
		.key.obj = fi,
		.key.family = VR_V4,
		.shared = true,
		.fi = fi,
	};
	u32 value;

	if (action != VR_NH_FORWARD)
		return VR_NHG_STATIC(action);
	value = nhg_find(fib, &src.key);
	if (value)
		return value;
	fib_info_hold(fi);
	return nhg_add(fib, &src);
}

/*
 * Siblings may have an MTU of their own each. What is longer than the least
 * goes to the stack, which looks at the one it chooses.
 */
static u32 mtu6_min(struct fib6_info **rt, unsigned int n)
{
	u32 mtu = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (rt[i]->fib6_pmtu && (!mtu || rt[i]->fib6_pmtu < mtu))
			mtu = rt[i]->fib6_pmtu;
	return mtu;
}

/**
 * vr_nhg6_get - the group of an IPv6 route
 * @fib: the mirror
 * @rt: the kernel's route and its siblings
 * @n: their number
 *
 * Routes that expire are left to the stack, which stops using them before it
 * removes them, and so are those learned from router advertisements, whose
 * choice goes by reachability.
 *
 * Context: mutex; may sleep.
 * Return: its value for the trie, referenced; 0 if memory is short.
 */
u32 vr_nhg6_get(struct vr_fib *fib, struct fib6_info **rt, unsigned int n)
{
	enum vr_nh_action action = action_of(rt[0]->fib6_type);
	struct nhg src = {
		.key.family = VR_V6,
		.key.mtu = mtu6_min(rt, n),
		.shared = n == 1,
	};
	unsigned int i;
	u32 value;

	if (action != VR_NH_FORWARD)
		return VR_NHG_STATIC(action);
	if (rt[0]->fib6_flags & (RTF_EXPIRES | RTF_ADDRCONF) || n > U8_MAX)
		return VR_NHG_STATIC(VR_NH_PUNT);
	/* A group has one MTU. */
	for (i = 1; i < n; i++)
		if (rt[i]->fib6_pmtu != src.key.mtu)
			return VR_NHG_STATIC(VR_NH_PUNT);
	if (rt[0]->nh) {
		src.key.obj = rt[0]->nh;
	} else if (n == 1) {
		const struct fib_nh_common *nhc = &rt[0]->fib6_nh->nh_common;

		src.key.ifindex = nhc->nhc_dev ? nhc->nhc_dev->ifindex : 0;
		src.key.encap = !!nhc->nhc_lwtstate;
		src.key.gw_family = nhc->nhc_gw_family;
		if (nhc->nhc_gw_family)
			src.key.gw = nhc->nhc_gw.ipv6;
	}
	if (src.shared) {
		value = nhg_find(fib, &src.key);
		if (value)
			return value;
	}
	if (!src.shared || src.key.obj) {
		src.rt = kcalloc(n, sizeof(*src.rt), GFP_KERNEL);
		if (!src.rt)
			return 0;
		src.n_rt = n;
		for (i = 0; i < n; i++) {
			fib6_info_hold(rt[i]);
			src.rt[i] = rt[i];
		}
	}
	return nhg_add(fib, &src);
}

/**
 * vr_nhg_rts - the kernel's routes that an IPv6 multipath group is made of
 * @fib: the mirror
 * @value: the group, as in the trie; 0 is none
 * @n: set to their number, 0 if the group may serve several routes
 *
 * Context: mutex.
 * Return: the routes.
 */
struct fib6_info **vr_nhg_rts(struct vr_fib *fib, u32 value, unsigned int *n)
{
	struct nhg *g = nhg_by_value(fib, value);

	*n = g && !g->shared ? g->n_rt : 0;
	return *n ? g->rt : NULL;
}

/**
 * vr_nhg_offloaded - whether packets of a route stay on the fast path
 * @fib: the mirror
 * @value: its group
 *
 * Context: mutex.
 * Return: true if at least one path leads to a port, or for a blackhole.
 */
bool vr_nhg_offloaded(struct vr_fib *fib, u32 value)
{
	struct nhg *g = nhg_by_value(fib, value);
	int i;

	if (!g)
		return value == VR_NHG_STATIC(VR_NH_BLACKHOLE);
	if (g->pub.action == VR_NH_BLACKHOLE)
		return true;
	for (i = 0; i < g->pub.n; i++)
		if (g->pub.nh[i].port)
			return true;
	return false;
}

/* Whether the ports of the group are the ones of its devices now. */
static bool ports_current(struct nhg *g)
{
	int i;

	for (i = 0; i < g->pub.n; i++) {
		const struct vr_nexthop *nh = &g->pub.nh[i];
		struct vr_fib_port *fp;

		fp = vr_fib_port_find(g->fib, nh->ifindex);
		if (nh->port != (fp ? fp->port : NULL))
			return false;
	}
	return true;
}

/**
 * vr_nhg_refresh - bring the groups in step with ports and nexthop objects
 * @fib: the mirror
 * @objects: nexthop objects have changed
 *
 * Context: mutex; may sleep.
 * Return: true if the flags of routes may have changed.
 */
bool vr_nhg_refresh(struct vr_fib *fib, bool objects)
{
	struct nhg *g, *tmp, *new;
	bool changed = false;
	LIST_HEAD(todo);

	list_splice_init(&fib->nhg_list, &todo);
	list_for_each_entry_safe(g, tmp, &todo, list) {
		bool of_object = (g->fi && g->fi->nh) ||
				 (g->n_rt && g->rt[0]->nh);
		bool was = vr_nhg_offloaded(fib, g->value);

		list_move_tail(&g->list, &fib->nhg_list);
		if (!(objects && of_object) && ports_current(g))
			continue;
		new = nhg_build(fib, g);
		if (!new) {
			/* the worker makes the table punt and dumps again */
			fib->lost = true;
			continue;
		}
		if (g->shared)
			rhashtable_replace_fast(&fib->nhg_ht, &g->node,
						&new->node, nhg_params);
		list_replace(&g->list, &new->list);
		fib->nhg_bytes += nhg_size(new) - nhg_size(g);
		rcu_assign_pointer(slots(fib)->slot[g->value], &new->pub);
		changed |= was != vr_nhg_offloaded(fib, g->value);
		paths_put(g);
		/* its value and sources live on in the new one */
		kfree_rcu(g, rcu);
		cond_resched();
	}
	return changed;
}

/**
 * vr_nhg_init - make the tables of groups
 * @fib: the mirror
 *
 * Return: 0 or -ENOMEM.
 */
int vr_nhg_init(struct vr_fib *fib)
{
	int err;

	INIT_LIST_HEAD(&fib->nhg_list);
	ida_init(&fib->nhg_ida);
	err = rhashtable_init(&fib->nhg_ht, &nhg_params);
	if (err)
		return err;
	err = slots_grow(fib, 0);
	if (err)
		rhashtable_destroy(&fib->nhg_ht);
	return err;
}

/**
 * vr_nhg_exit - free the tables of groups, which are empty
 * @fib: the mirror; no reader is left, and no RCU callback of a group
 */
void vr_nhg_exit(struct vr_fib *fib)
{
	WARN_ON_ONCE(!list_empty(&fib->nhg_list));
	rhashtable_destroy(&fib->nhg_ht);
	ida_destroy(&fib->nhg_ida);
	kvfree(rcu_dereference_protected(fib->nhgs, true));
}
