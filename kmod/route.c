// SPDX-License-Identifier: GPL-2.0
/*
 * The routes of one mirrored table: a store by prefix, which the control plane
 * needs, and the tries that the data path reads.
 *
 * Every event says what holds for one prefix from now on, so events can be
 * applied in any state of the table.  A dump runs beside live events.  A
 * replayed route is ignored if a live event has touched its prefix since the
 * dump was asked for: the live one is the newer, or a newer one follows in the
 * queue.  A removal leaves a tombstone for that purpose until the dump is
 * over.  So a dump need not be consistent in itself, and constant change
 * can't keep a table from getting ready.
 *
 * A route that can't be held must not let its packets match a shorter one.
 * The route that covers it is turned into a punt, in place, which needs no
 * memory; from then on all changes of the table are published as punts, until
 * a fresh dump, tried with growing delay, has found memory for everything.
 */
#include <linux/slab.h>
#include <net/inet_dscp.h>

#include "fib_priv.h"

/* Seconds between attempts to hold what could not be held. */
#define BACKOFF_MIN	5
#define BACKOFF_MAX	300

static const struct rhashtable_params route_params = {
	.head_offset = offsetof(struct vr_route, node),
	.key_offset = offsetof(struct vr_route, key),
	.key_len = sizeof(struct vr_route_key),
	.nelem_hint = 8,
	.automatic_shrinking = true,
};

/* An IPv6 route with a source prefix. */
struct src_route {
	struct list_head	node;
	struct rt6key		dst;
	struct rt6key		src;
};

static void route_key(struct vr_route_key *key, struct vr_lpm_key addr,
		      u32 len)
{
	memset(key, 0, sizeof(*key));
	key->addr = addr;
	key->len = len;
}

static struct vr_route *route_find(struct vr_fib *fib, int f,
				   struct vr_lpm_key addr, u32 len)
{
	struct vr_route_key key;

	route_key(&key, addr, len);
	return rhashtable_lookup_fast(&fib->routes[f], &key, route_params);
}

static struct vr_route *route_create(struct vr_fib *fib, int f,
				     struct vr_lpm_key addr, u32 len)
{
	struct vr_route *r;

	if (READ_ONCE(vr_fib_fail_route))
		return NULL;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return NULL;
	route_key(&r->key, addr, len);
	if (rhashtable_insert_fast(&fib->routes[f], &r->node, route_params)) {
		kfree(r);
		return NULL;
	}
	return r;
}

/* A live event supersedes what a dump is about to replay. */
static bool route_superseded(const struct vr_fib *fib,
			     const struct vr_route *r, bool replay)
{
	return replay && r && r->gen == fib->gen;
}

static void flags4(struct vr_fib *fib, const struct vr_route *r,
		   struct fib_info *fi, bool offload, bool trap, bool failed)
{
	struct fib_rt_info fri = {
		.fi = fi,
		.tb_id = fib->table,
		.dst = htonl(r->key.addr.hi >> 32),
		.dst_len = r->key.len,
		.dscp = inet_dsfield_to_dscp(r->dscp),
		.type = r->type,
		.offload = offload,
		.trap = trap,
		.offload_failed = failed,
	};

	if (fib->vr && fi)
		fib_alias_hw_flags_set(fib->fn->net, &fri);
}

static void flags6(struct vr_fib *fib, struct fib6_info **rt, unsigned int n,
		   bool offload, bool trap, bool failed)
{
	if (!fib->vr)
		return;
	while (n--)
		fib6_info_hw_flags_set(fib->fn->net, rt[n], offload, trap,
				       failed);
}

/* The kernel's routes behind an IPv6 entry. */
static struct fib6_info **route_rts(struct vr_fib *fib, struct vr_route *r,
				    unsigned int *n)
{
	if (r->rt) {
		*n = 1;
		return &r->rt;
	}
	return vr_nhg_rts(fib, r->nhg, n);
}

/* Tell the kernel what became of the route. */
static void route_flag(struct vr_fib *fib, int f, struct vr_route *r)
{
	bool offload = r->nhg && !r->failed && vr_nhg_offloaded(fib, r->nhg);
	bool trap = r->nhg && !r->failed && !offload;
	struct fib6_info **rt;
	unsigned int n;

	if (f == VR_V4) {
		flags4(fib, r, r->fi, offload, trap, r->failed);
		return;
	}
	rt = route_rts(fib, r, &n);
	flags6(fib, rt, n, offload, trap, r->failed);
}

/* Some other mirror of the same table has its say about the flags. */
static bool table_shared(struct vr_fib *fib)
{
	struct vr_fib *other;

	list_for_each_entry(other, &fib->fn->fibs, node)
		if (other != fib && other->table == fib->table)
			return true;
	return false;
}

/* Drop what the entry refers to. */
static void route_release(struct vr_fib *fib, int f, struct vr_route *r,
			  bool unflag)
{
	struct fib6_info **rt;
	unsigned int n;

	if (f == VR_V4) {
		if (unflag)
			flags4(fib, r, r->fi, false, false, false);
		if (r->fi)
			fib_info_put(r->fi);
		r->fi = NULL;
	} else {
		if (unflag) {
			rt = route_rts(fib, r, &n);
			flags6(fib, rt, n, false, false, false);
		}
		if (r->rt)
			fib6_info_release(r->rt);
		r->rt = NULL;
	}
	if (r->nhg)
		vr_nhg_put(fib, r->nhg);
	r->nhg = 0;
}

static void route_destroy(struct vr_fib *fib, int f, struct vr_route *r)
{
	rhashtable_remove_fast(&fib->routes[f], &r->node, route_params);
	kfree(r);
}

/* Punt what the longest route shorter than this one would match. */
static void punt_cover(struct vr_fib *fib, int f, struct vr_lpm_key addr,
		       u32 len)
{
	u32 punt = VR_NHG_STATIC(VR_NH_PUNT);
	struct vr_route *r;

	while (len--) {
		if (!vr_lpm_get(&fib->lpm[f], &addr, len))
			continue;
		/* it is there, so this allocates nothing */
		vr_lpm_set(&fib->lpm[f], &addr, len, punt);
		break;
	}
	if (len == U32_MAX)
		return;

	if (len < 64)
		addr.lo = 0;
	if (!len)
		addr.hi = 0;
	else if (len < 64)
		addr.hi &= ~0ULL << (64 - len);
	else if (len > 64)
		addr.lo &= ~0ULL << (128 - len);
	else
		addr.lo = 0;
	r = route_find(fib, f, addr, len);
	if (!r || r->failed)
		return;
	r->failed = true;
	route_flag(fib, f, r);
}

static void count_own(u32 *n, int by)
{
	WRITE_ONCE(*n, *n + by);
}

/* From U8_MAX on nobody knows how many there are. */
static void count_own_slot(u8 *n, int by)
{
	if (*n < U8_MAX)
		WRITE_ONCE(*n, *n + by);
}

static void count_own_address(struct vr_own *own, const struct vr_lpm_key *addr,
			      int by)
{
	u32 hash = vr_own_hash(addr->hi, addr->lo);

	count_own_slot(&own->slot[hash >> VR_OWN_BITS], by);
	count_own_slot(&own->slot[hash % (1 << VR_OWN_BITS)], by);
}

/* Packets from and to these are punted without asking for a route. */
static bool is_never_asked(int f, const struct vr_route_key *key)
{
	u8 first = key->addr.hi >> 56;

	if (f == VR_V6)
		return (key->len >= 8 && first == 0xff) ||
		       (key->len >= 10 && key->addr.hi >> 54 == 0xfe80 >> 6);
	return (key->len >= 8 && (first == 0 || first == 127)) ||
	       (key->len >= 4 && first >> 4 == 0xe);
}

/* The trie says @value for the entry, or nothing (0). */
static void route_note_own(struct vr_fib *fib, int f, struct vr_route *r,
			   u32 value)
{
	bool own = (value == VR_NHG_STATIC(VR_NH_LOCAL) ||
		    value == VR_NHG_STATIC(VR_NH_PUNT) ||
		    value == VR_NHG_STATIC(VR_NH_THROW)) &&
		   !is_never_asked(f, &r->key);
	struct vr_own *of = &fib->own[f];

	if (r->own == own)
		return;
	r->own = own;
	if (r->key.len == (f == VR_V4 ? 32 : 128))
		count_own_address(of, &r->key.addr, own ? 1 : -1);
	else
		count_own(&of->wide, own ? 1 : -1);
}

static void route_failed(struct vr_fib *fib, int f, struct vr_lpm_key addr,
			 u32 len)
{
	fib->failed++;
	/* Punts take the place of what is not known until all is flushed. */
	count_own(&fib->own[f].wide, 1);
	punt_cover(fib, f, addr, len);
	if (!delayed_work_pending(&fib->retry)) {
		fib->backoff = clamp(fib->backoff * 2, BACKOFF_MIN,
				     BACKOFF_MAX);
		queue_delayed_work(vr_fib_wq, &fib->retry,
				   fib->backoff * HZ);
	}
}

/*
 * Make the trie say @value for the entry, whose @nhg the caller then sets.
 * While routes are missing only punts are published.
 */
static int route_publish(struct vr_fib *fib, int f, struct vr_route *r,
			 u32 value)
{
	if (fib->failed)
		value = VR_NHG_STATIC(VR_NH_PUNT);
	return vr_lpm_set(&fib->lpm[f], &r->key.addr, r->key.len, value);
}

/* Replace the group of the entry; the old one stays referenced in *@old. */
static void route_update(struct vr_fib *fib, int f, struct vr_route *r,
			 u32 value, u32 *old)
{
	bool fresh = !r->nhg;

	*old = r->nhg;
	r->failed = false;
	if (!value) {
		r->failed = true;
		value = VR_NHG_STATIC(VR_NH_PUNT);
	}
	if (route_publish(fib, f, r, value)) {
		if (value >= VR_NHG_FIRST)
			vr_nhg_put(fib, value);
		r->failed = true;
		/* what is there already can always be punted */
		value = fresh ? 0 : VR_NHG_STATIC(VR_NH_PUNT);
		if (!fresh)
			vr_lpm_set(&fib->lpm[f], &r->key.addr, r->key.len,
				   value);
	} else if (fresh) {
		fib->n_routes[f]++;
	}
	r->nhg = value;
	route_note_own(fib, f, r, value);
	if (r->failed)
		route_failed(fib, f, r->key.addr, r->key.len);
	else if (fib->failed)
		r->failed = true;
}

/**
 * vr_route4_set - an IPv4 route holds for its prefix from now on
 * @fib: the mirror
 * @dst: prefix in host byte order
 * @len: its length
 * @fi: the kernel's route
 * @dscp: DS field that packets must have, 0 for any
 * @type: RTN_*
 * @replay: it comes from a dump
 *
 * Context: mutex; may sleep.
 */
void vr_route4_set(struct vr_fib *fib, u32 dst, u8 len, struct fib_info *fi,
		   u8 dscp, u8 type, bool replay)
{
	struct vr_lpm_key addr = { .hi = (u64)dst << 32 };
	struct vr_route *r;
	u32 value, old;

	r = route_find(fib, VR_V4, addr, len);
	if (route_superseded(fib, r, replay))
		return;
	if (!r)
		r = route_create(fib, VR_V4, addr, len);
	if (!r) {
		struct vr_route tmp = { .dscp = dscp, .type = type };

		route_key(&tmp.key, addr, len);
		flags4(fib, &tmp, fi, false, false, true);
		route_failed(fib, VR_V4, addr, len);
		return;
	}
	if (!replay)
		r->gen = fib->gen;

	/* a selector by TOS is for the stack to judge */
	value = !fib->vr ? VR_NHG_STATIC(VR_NH_LOCAL) :
		dscp ? VR_NHG_STATIC(VR_NH_PUNT) : vr_nhg4_get(fib, fi);
	route_update(fib, VR_V4, r, value, &old);
	if (r->fi && (r->fi != fi || r->dscp != dscp || r->type != type))
		flags4(fib, r, r->fi, false, false, false);
	fib_info_hold(fi);
	if (r->fi)
		fib_info_put(r->fi);
	r->fi = fi;
	r->dscp = dscp;
	r->type = type;
	if (old)
		vr_nhg_put(fib, old);
	route_flag(fib, VR_V4, r);
}

/* Remove the prefix from the trie and, unless a dump runs, from the store. */
static void route_del(struct vr_fib *fib, int f, struct vr_lpm_key addr,
		      u32 len)
{
	struct vr_route *r = route_find(fib, f, addr, len);
	bool keep = fib->phase != VR_FIB_LIVE;
	int err;

	if (!r) {
		if (!keep)
			return;
		r = route_create(fib, f, addr, len);
		if (!r) {
			fib->lost = true;
			return;
		}
	}
	if (r->nhg) {
		err = vr_lpm_del(&fib->lpm[f], &addr, len);
		if (err) {
			/* no memory for the smaller node; it stays, punted */
			vr_lpm_set(&fib->lpm[f], &addr, len,
				   VR_NHG_STATIC(VR_NH_PUNT));
			route_failed(fib, f, addr, len);
		}
		route_note_own(fib, f, r, 0);
		fib->n_routes[f]--;
	}
	if (fib->failed)
		punt_cover(fib, f, addr, len);
	route_release(fib, f, r, false);
	r->failed = false;
	r->gen = fib->gen;
	if (!keep)
		route_destroy(fib, f, r);
}

/**
 * vr_route4_del - there is no IPv4 route for this prefix any more
 * @fib: the mirror
 * @dst: prefix in host byte order
 * @len: its length
 *
 * Context: mutex; may sleep.
 */
void vr_route4_del(struct vr_fib *fib, u32 dst, u8 len)
{
	struct vr_lpm_key addr = { .hi = (u64)dst << 32 };

	route_del(fib, VR_V4, addr, len);
}

static struct src_route *src_find(struct vr_fib *fib,
				  const struct fib6_info *rt)
{
	struct src_route *s;

	list_for_each_entry(s, &fib->src_routes, node)
		if (s->dst.plen == rt->fib6_dst.plen &&
		    s->src.plen == rt->fib6_src.plen &&
		    ipv6_addr_equal(&s->dst.addr, &rt->fib6_dst.addr) &&
		    ipv6_addr_equal(&s->src.addr, &rt->fib6_src.addr))
			return s;
	return NULL;
}

static void src_set(struct vr_fib *fib, const struct fib6_info *rt)
{
	struct src_route *s;

	if (src_find(fib, rt))
		return;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s) {
		fib->lost = true;
		return;
	}
	s->dst = rt->fib6_dst;
	s->src = rt->fib6_src;
	list_add(&s->node, &fib->src_routes);
	vr_fib_update_states(fib->fn);
}

static void src_del(struct vr_fib *fib, const struct fib6_info *rt)
{
	struct src_route *s = src_find(fib, rt);

	if (!s)
		return;
	list_del(&s->node);
	kfree(s);
	vr_fib_update_states(fib->fn);
}

static bool rt_in(const struct fib6_info *rt, struct fib6_info **set,
		  unsigned int n)
{
	while (n--)
		if (set[n] == rt)
			return true;
	return false;
}

/**
 * vr_route6_set - an IPv6 route holds for its prefix from now on
 * @fib: the mirror
 * @rt: the kernel's route and its multipath siblings
 * @n: their number
 * @replay: they come from a dump
 *
 * Context: mutex; may sleep.
 */
void vr_route6_set(struct vr_fib *fib, struct fib6_info **rt, unsigned int n,
		   bool replay)
{
	struct vr_lpm_key addr = vr_lpm_key6(&rt[0]->fib6_dst.addr);
	u32 len = rt[0]->fib6_dst.plen;
	struct fib6_info **was;
	unsigned int n_was, i;
	struct vr_route *r;
	u32 value, old;

	if (rt[0]->fib6_src.plen) {
		src_set(fib, rt[0]);
		return;
	}

	r = route_find(fib, VR_V6, addr, len);
	if (route_superseded(fib, r, replay))
		return;
	if (!r)
		r = route_create(fib, VR_V6, addr, len);
	if (!r) {
		flags6(fib, rt, n, false, false, true);
		route_failed(fib, VR_V6, addr, len);
		return;
	}
	if (!replay)
		r->gen = fib->gen;

	value = fib->vr ? vr_nhg6_get(fib, rt, n) :
			  VR_NHG_STATIC(VR_NH_LOCAL);
	/* before the old group goes: routes that are out lose their flags */
	was = route_rts(fib, r, &n_was);
	for (i = 0; i < n_was; i++)
		if (!rt_in(was[i], rt, n))
			flags6(fib, &was[i], 1, false, false, false);
	route_update(fib, VR_V6, r, value, &old);
	if (r->rt)
		fib6_info_release(r->rt);
	r->rt = NULL;
	vr_nhg_rts(fib, r->nhg, &i);
	if (!i) {
		fib6_info_hold(rt[0]);
		r->rt = rt[0];
	}
	if (old)
		vr_nhg_put(fib, old);
	route_flag(fib, VR_V6, r);
}

/**
 * vr_route6_del - an IPv6 route, or one of its paths, is gone
 * @fib: the mirror
 * @rt: the kernel's route
 * @whole: with all its siblings
 *
 * A path that is not known is no news: the event that told of the others was
 * made after this one had left.
 *
 * Context: mutex; may sleep.
 */
void vr_route6_del(struct vr_fib *fib, struct fib6_info *rt, bool whole)
{
	struct vr_lpm_key addr = vr_lpm_key6(&rt->fib6_dst.addr);
	u32 len = rt->fib6_dst.plen;
	struct fib6_info **set, **left;
	unsigned int n, i, n_left = 0;
	struct vr_route *r;

	if (rt->fib6_src.plen) {
		src_del(fib, rt);
		return;
	}

	r = route_find(fib, VR_V6, addr, len);
	set = r ? route_rts(fib, r, &n) : NULL;
	if (whole || !set || !n || (n == 1 && set[0] == rt)) {
		route_del(fib, VR_V6, addr, len);
		return;
	}
	if (!rt_in(rt, set, n))
		return;

	left = kcalloc(n, sizeof(*left), GFP_KERNEL);
	if (!left) {
		fib->lost = true;
		return;
	}
	for (i = 0; i < n; i++) {
		if (set[i] == rt)
			continue;
		fib6_info_hold(set[i]);
		left[n_left++] = set[i];
	}
	vr_route6_set(fib, left, n_left, false);
	while (n_left--)
		fib6_info_release(left[n_left]);
	kfree(left);
}

struct flush_arg {
	struct vr_fib	*fib;
	int		f;
	bool		unflag;
};

static void flush_one(void *ptr, void *arg)
{
	struct flush_arg *a = arg;
	struct vr_route *r = ptr;

	route_release(a->fib, a->f, r, a->unflag);
	kfree(r);
}

static void src_flush(struct vr_fib *fib)
{
	struct src_route *s, *tmp;

	list_for_each_entry_safe(s, tmp, &fib->src_routes, node) {
		list_del(&s->node);
		kfree(s);
	}
}

/* The data path sees no route from here on; the stores are left unusable. */
static void flush(struct vr_fib *fib)
{
	struct flush_arg arg = {
		.fib = fib,
		.unflag = !table_shared(fib),
	};

	for (arg.f = 0; arg.f < VR_FAMILIES; arg.f++) {
		vr_lpm_flush(&fib->lpm[arg.f]);
		rhashtable_free_and_destroy(&fib->routes[arg.f], flush_one,
					    &arg);
		fib->n_routes[arg.f] = 0;
		memset(&fib->own[arg.f], 0, sizeof(fib->own[arg.f]));
	}
	src_flush(fib);
	fib->failed = 0;
}

/**
 * vr_route_flush - forget all routes
 * @fib: the mirror, which the data path does not use at present
 *
 * Context: mutex; may sleep.
 */
void vr_route_flush(struct vr_fib *fib)
{
	flush(fib);
	/*
	 * Initializing a table that small fails only if memory is so short
	 * that the allocator has given up on GFP_KERNEL; it retries until
	 * then (see rhashtable_init()).
	 */
	WARN_ON_ONCE(vr_route_init(fib));
}

/**
 * vr_route_init - make the stores
 * @fib: the mirror
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int vr_route_init(struct vr_fib *fib)
{
	int err;

	err = rhashtable_init(&fib->routes[VR_V4], &route_params);
	if (err)
		return err;
	err = rhashtable_init(&fib->routes[VR_V6], &route_params);
	if (err)
		rhashtable_destroy(&fib->routes[VR_V4]);
	return err;
}

/**
 * vr_route_exit - forget all routes and free the stores
 * @fib: the mirror, no longer in use
 *
 * Context: mutex; may sleep.
 */
void vr_route_exit(struct vr_fib *fib)
{
	flush(fib);
}

typedef void (*route_fn)(struct vr_fib *fib, int f, struct vr_route *r);

/* Call @fn for every entry; it may sleep and may remove the entry. */
static void walk_routes(struct vr_fib *fib, int f, route_fn fn)
{
	struct rhashtable_iter iter;
	struct vr_route *r;

	rhashtable_walk_enter(&fib->routes[f], &iter);
	rhashtable_walk_start(&iter);
	while ((r = rhashtable_walk_next(&iter))) {
		/* the table is being resized: some come twice, no harm */
		if (IS_ERR(r))
			continue;
		rhashtable_walk_stop(&iter);
		fn(fib, f, r);
		cond_resched();
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

/**
 * vr_route_sweep - a dump is over: drop the tombstones
 * @fib: the mirror
 *
 * Context: mutex; may sleep.
 */
void vr_route_sweep(struct vr_fib *fib)
{
	int f;

	if (!fib->failed)
		fib->backoff = 0;
	for (f = 0; f < VR_FAMILIES; f++) {
		struct rhashtable_iter iter;
		struct vr_route *r, *prev = NULL;

		if (atomic_read(&fib->routes[f].nelems) == fib->n_routes[f])
			continue;
		/* an entry is freed when the walk has left it */
		rhashtable_walk_enter(&fib->routes[f], &iter);
		rhashtable_walk_start(&iter);
		while ((r = rhashtable_walk_next(&iter))) {
			if (IS_ERR(r))
				continue;
			if (prev)
				route_destroy(fib, f, prev);
			prev = !r->nhg && !r->failed ? r : NULL;
		}
		rhashtable_walk_stop(&iter);
		rhashtable_walk_exit(&iter);
		if (prev)
			route_destroy(fib, f, prev);
	}
}

/**
 * vr_route_reflag - tell the kernel about all routes again
 * @fib: the mirror
 *
 * Context: mutex; may sleep.
 */
void vr_route_reflag(struct vr_fib *fib)
{
	int f;

	for (f = 0; f < VR_FAMILIES; f++)
		walk_routes(fib, f, route_flag);
}
