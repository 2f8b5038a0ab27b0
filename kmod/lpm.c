// SPDX-License-Identifier: GPL-2.0
/*
 * Longest prefix match for IPv6, and what both versions share (lpm4.c has the
 * rest): a trie of 6-bit strides with two bitmaps per node, as
 * in Eatherton, Varghese, Dittia, "Tree Bitmap" (2004), plus path compression.
 *
 * The node at depth d has eaten d bits of the key and stands for the prefixes
 * of length d to d + 5 below it.  Such a prefix is one bit of @routes: number
 * (1 << r) - 1 + v for the r bits beyond d whose value is v, so a higher bit is
 * a longer prefix or a sibling.  The children stand at depth d + 6; @kids has
 * a bit for each.  Children and values are stored densely, so popcount finds
 * them.  Nothing is pushed down towards the leaves: an update touches one node,
 * and a removal needs no search for the prefix that covers the removed one.
 *
 * Depths are 1, 7, 13, 19, ...: the first bit chooses between two roots.  So
 * /24, /48 and /36, the most frequent lengths of the Internet's tables, are the
 * last of a node's six lengths and share it with up to 31 neighbours.
 *
 * A node reached through @skip further bits compares them with @path, so
 * that a chain of nodes with one child each becomes one node.
 *
 * Readers run under RCU.  Writers never change a published node but for a
 * child pointer or a value, each a single word: they copy it, publish the copy
 * in one pointer and free the old one after a grace period.  Hence a reader
 * sees each update either entirely or not at all.
 *
 * Not a goal: iteration, and shrinking a value array when memory is short.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lpm.h"
#include "lpm4.h"

#define STRIDE		6
#define SKIP_MAX	60		/* bits; fits @path */
#define DEPTH_MAX	23		/* nodes on one way down, IPv6 */
#define VEC_MAX		32		/* lookups in step */
#ifndef VEC_FROM			/* tests have smaller tables */
#define VEC_FROM	1024		/* prefixes of a table that is worth it */
#endif

/**
 * struct vr_lpm_node - one node
 * @routes: which prefixes end here
 * @kids: which children exist
 * @path: the @skip bits before this node, left-aligned
 * @skip: multiple of STRIDE, at most SKIP_MAX
 * @rcu: frees the node
 * @kid: the children, followed by the values as u32
 */
struct vr_lpm_node {
	u64				routes;
	u64				kids;
	u64				path;
	u8				skip;
	struct rcu_head			rcu;
	struct vr_lpm_node __rcu	*kid[];
};

/* The bit of the prefix of @r bits that covers the 6-bit value @i. */
#define B(i, r)	(1ULL << ((1 << (r)) - 1 + ((i) >> (STRIDE - (r)))))
#define C(i)	(B(i, 0) | B(i, 1) | B(i, 2) | B(i, 3) | B(i, 4) | B(i, 5))

/* The bits of vr_lpm_node.routes that cover each 6-bit value. */
static const u64 cover[64] = {
	C(0), C(1), C(2), C(3),
	C(4), C(5), C(6), C(7),
	C(8), C(9), C(10), C(11),
	C(12), C(13), C(14), C(15),
	C(16), C(17), C(18), C(19),
	C(20), C(21), C(22), C(23),
	C(24), C(25), C(26), C(27),
	C(28), C(29), C(30), C(31),
	C(32), C(33), C(34), C(35),
	C(36), C(37), C(38), C(39),
	C(40), C(41), C(42), C(43),
	C(44), C(45), C(46), C(47),
	C(48), C(49), C(50), C(51),
	C(52), C(53), C(54), C(55),
	C(56), C(57), C(58), C(59),
	C(60), C(61), C(62), C(63),
};

static unsigned int rank(u64 map, unsigned int bit)
{
	return hweight64(map & ((1ULL << bit) - 1));
}

static u32 *values(const struct vr_lpm_node *n)
{
	return (u32 *)(n->kid + hweight64(n->kids));
}

/* The bit that was set last in @bits is the longest match in @n. */
static u32 best_value(const struct vr_lpm *t, const struct vr_lpm_node *n,
		      u64 bits)
{
	if (!n)
		return READ_ONCE(t->dflt);
	return READ_ONCE(values(n)[rank(n->routes, fls64(bits) - 1)]);
}

/* Note what covers the address at @n, whose next bits are @i; the node below. */
static __always_inline const struct vr_lpm_node *
descend(const struct vr_lpm_node *n, unsigned int i,
	const struct vr_lpm_node **best, u64 *bits)
{
	u64 m = n->routes & cover[i];

	if (m) {
		*best = n;
		*bits = m;
	}
	if (!(n->kids >> i & 1))
		return NULL;
	return rcu_dereference(n->kid[rank(n->kids, i)]);
}

/* Drop the first @s bits, 0 < s < 64. */
static void shift(u64 *hi, u64 *lo, unsigned int s)
{
	*hi = *hi << s | *lo >> (64 - s);
	*lo <<= s;
}

/**
 * vr_lpm6_lookup - longest match of an IPv6 address
 * @t: the table
 * @hi: first half of the address in host byte order
 * @lo: second half
 *
 * Context: RCU.
 * Return: the value of the longest prefix that covers the address, or 0.
 */
u32 vr_lpm6_lookup(const struct vr_lpm *t, u64 hi, u64 lo)
{
	const struct vr_lpm_node *n, *best = NULL;
	u64 bits = 0;

	n = rcu_dereference(t->root[hi >> 63]);
	shift(&hi, &lo, 1);
	while (n) {
		unsigned int i;

		if (n->skip) {
			if ((hi ^ n->path) >> (64 - n->skip))
				break;
			shift(&hi, &lo, n->skip);
		}
		i = hi >> (64 - STRIDE);
		shift(&hi, &lo, STRIDE);
		n = descend(n, i, &best, &bits);
	}
	return best_value(t, best, bits);
}

/**
 * struct way - a lookup on its way down
 * @n: the node that comes next
 * @slot: where its child is found
 * @best: the last node that had a match
 * @bits: what matches there
 * @hi: what is left of the address
 * @lo: second half of that
 */
struct way {
	const struct vr_lpm_node		*n;
	struct vr_lpm_node __rcu *const		*slot;
	const struct vr_lpm_node		*best;
	u64					bits;
	u64					hi;
	u64					lo;
};

/* As a round of vr_lpm6_lookup(), up to the child's address: false if there is none. */
static __always_inline bool find_kid(struct way *w)
{
	const struct vr_lpm_node *n = w->n;
	unsigned int i;
	u64 m;

	if (n->skip) {
		if ((w->hi ^ n->path) >> (64 - n->skip))
			return false;
		shift(&w->hi, &w->lo, n->skip);
	}
	i = w->hi >> (64 - STRIDE);
	shift(&w->hi, &w->lo, STRIDE);
	m = n->routes & cover[i];
	if (m) {
		w->best = n;
		w->bits = m;
	}
	w->slot = &n->kid[rank(n->kids, i)];
	return n->kids >> i & 1;
}

/* Look up at most VEC_MAX addresses in step: what one needs next is fetched for all. */
static void lookup_in_step(const struct vr_lpm *t, const struct vr_lpm_key *addr,
			   u32 *val, unsigned int n)
{
	struct way way[VEC_MAX], *w;
	u8 at[VEC_MAX];			/* those that have not arrived */
	unsigned int i, k, some, left = 0;

	for (i = 0; i < n; i++) {
		w = &way[i];
		w->n = rcu_dereference(t->root[addr[i].hi >> 63]);
		w->best = NULL;
		w->bits = 0;
		w->hi = addr[i].hi;
		w->lo = addr[i].lo;
		shift(&w->hi, &w->lo, 1);
		at[left] = i;
		left += !!w->n;
	}
	while (left) {
		for (k = 0, some = left, left = 0; k < some; k++) {
			i = at[k];
			if (!find_kid(&way[i]))
				continue;
			prefetch(way[i].slot);
			at[left++] = i;
		}
		for (k = 0; k < left; k++) {
			w = &way[at[k]];
			w->n = rcu_dereference(*w->slot);
			prefetch(w->n);
		}
	}
	for (i = 0; i < n; i++)
		val[i] = best_value(t, way[i].best, way[i].bits);
}

/**
 * vr_lpm6_lookup_vec - longest matches of many IPv6 addresses
 * @t: the table
 * @addr: the addresses
 * @val: set to the values, as vr_lpm6_lookup() returns them
 * @n: how many
 *
 * If the table is large, the memory of all lookups is fetched at the same time.
 *
 * Context: RCU.
 */
void vr_lpm6_lookup_vec(const struct vr_lpm *t, const struct vr_lpm_key *addr,
			u32 *val, unsigned int n)
{
	unsigned int i, m;

	if (n == 1 || READ_ONCE(t->n) < VEC_FROM) {
		for (i = 0; i < n; i++)
			val[i] = vr_lpm6_lookup(t, addr[i].hi, addr[i].lo);
		return;
	}
	for (; n; n -= m, addr += m, val += m) {
		m = min_t(unsigned int, n, VEC_MAX);
		lookup_in_step(t, addr, val, m);
	}
}

/*
 * What follows is for writers, whom the owner of the table serializes.
 */
#define deref(p) rcu_dereference_protected(p, true)

static size_t node_size(u64 routes, u64 kids)
{
	return sizeof(struct vr_lpm_node) +
	       hweight64(kids) * sizeof(struct vr_lpm_node *) +
	       hweight64(routes) * sizeof(u32);
}

static struct vr_lpm_node *node_alloc(struct vr_lpm *t, u64 routes, u64 kids,
				      u64 path, u8 skip)
{
	size_t size = node_size(routes, kids);
	struct vr_lpm_node *n;

	n = kzalloc(size, GFP_KERNEL);
	if (!n)
		return NULL;
	n->routes = routes;
	n->kids = kids;
	n->path = skip ? path & ~0ULL << (64 - skip) : 0;
	n->skip = skip;
	t->nodes++;
	t->bytes += size;
	return n;
}

static void node_uncount(struct vr_lpm *t, const struct vr_lpm_node *n)
{
	t->nodes--;
	t->bytes -= node_size(n->routes, n->kids);
}

/* Free a node that readers may have seen. */
static void node_free(struct vr_lpm *t, struct vr_lpm_node *n)
{
	node_uncount(t, n);
	kfree_rcu(n, rcu);
}

/* Free a chain that was never published. */
static void chain_free(struct vr_lpm *t, struct vr_lpm_node *n)
{
	while (n) {
		struct vr_lpm_node *kid = n->kids ? deref(n->kid[0]) : NULL;

		node_uncount(t, n);
		kfree(n);
		n = kid;
	}
}

static void kid_set(struct vr_lpm_node *n, unsigned int i,
		    struct vr_lpm_node *kid)
{
	RCU_INIT_POINTER(n->kid[rank(n->kids, i)], kid);
}

/* A copy of @n with other bitmaps; what is new in them is left 0. */
static struct vr_lpm_node *node_copy(struct vr_lpm *t,
				     const struct vr_lpm_node *n,
				     u64 routes, u64 kids)
{
	struct vr_lpm_node *new;
	u64 both;

	new = node_alloc(t, routes, kids, n->path, n->skip);
	if (!new)
		return NULL;
	for (both = kids & n->kids; both; both &= both - 1) {
		unsigned int i = __ffs64(both);

		kid_set(new, i, deref(n->kid[rank(n->kids, i)]));
	}
	for (both = routes & n->routes; both; both &= both - 1) {
		unsigned int i = __ffs64(both);

		values(new)[rank(routes, i)] =
			values(n)[rank(n->routes, i)];
	}
	return new;
}

/* Bit of vr_lpm_node.routes for the @left < STRIDE bits that remain. */
static unsigned int route_bit(u64 hi, unsigned int left)
{
	return (1U << left) - 1 + (left ? hi >> (64 - left) : 0);
}

/* The nodes from here down to the one that holds a prefix. */
static struct vr_lpm_node *chain_alloc(struct vr_lpm *t, u64 hi, u64 lo,
				       unsigned int left, u32 val)
{
	unsigned int skip = min(left / STRIDE * STRIDE, (unsigned int)SKIP_MAX);
	struct vr_lpm_node *n, *kid;
	u64 path = hi;

	left -= skip;
	if (skip)
		shift(&hi, &lo, skip);
	if (left < STRIDE) {
		n = node_alloc(t, 1ULL << route_bit(hi, left), 0, path, skip);
		if (n)
			values(n)[0] = val;
		return n;
	}

	n = node_alloc(t, 0, 1ULL << (hi >> (64 - STRIDE)), path, skip);
	if (!n)
		return NULL;
	shift(&hi, &lo, STRIDE);
	kid = chain_alloc(t, hi, lo, left - STRIDE, val);
	if (!kid) {
		node_uncount(t, n);
		kfree(n);
		return NULL;
	}
	RCU_INIT_POINTER(n->kid[0], kid);
	return n;
}

/*
 * Only the first @c < n->skip bits of the way to @n are shared with the prefix:
 * put a node there that leads to both.
 */
static int node_split(struct vr_lpm *t, struct vr_lpm_node __rcu **slot,
		      struct vr_lpm_node *n, u64 hi, u64 lo, unsigned int left,
		      unsigned int c, u32 val)
{
	unsigned int at = n->path << c >> (64 - STRIDE);
	struct vr_lpm_node *top, *low, *mine = NULL;
	u64 kids = 1ULL << at, routes = 0;
	u64 path = hi;
	unsigned int i = 0;

	left -= c;
	if (c)
		shift(&hi, &lo, c);
	if (left < STRIDE) {
		routes = 1ULL << route_bit(hi, left);
	} else {
		i = hi >> (64 - STRIDE);
		kids |= 1ULL << i;
		shift(&hi, &lo, STRIDE);
		mine = chain_alloc(t, hi, lo, left - STRIDE, val);
		if (!mine)
			return -ENOMEM;
	}

	low = node_copy(t, n, n->routes, n->kids);
	if (!low)
		goto err_mine;
	low->path = c + STRIDE < n->skip ? n->path << (c + STRIDE) : 0;
	low->skip = n->skip - c - STRIDE;

	top = node_alloc(t, routes, kids, path, c);
	if (!top)
		goto err_low;
	kid_set(top, at, low);
	if (mine)
		kid_set(top, i, mine);
	else
		values(top)[0] = val;
	rcu_assign_pointer(*slot, top);
	node_free(t, n);
	return 0;

err_low:
	node_uncount(t, low);
	kfree(low);
err_mine:
	chain_free(t, mine);
	return -ENOMEM;
}

/* How many of the bits before @n agree with the key, in whole strides. */
static unsigned int common_bits(const struct vr_lpm_node *n, u64 hi,
				unsigned int left)
{
	unsigned int c = min(left / STRIDE * STRIDE, (unsigned int)n->skip);
	u64 diff = hi ^ n->path;

	if (diff)
		c = min(c, (64 - (unsigned int)fls64(diff)) / STRIDE * STRIDE);
	return c;
}

/**
 * vr_lpm_set - add a prefix or change its value
 * @t: the table
 * @key: the prefix; bits beyond @len are ignored
 * @len: its length
 * @val: its value, not 0
 *
 * Changing the value of a prefix that is there to one that fits 16 bits never
 * fails.
 *
 * Context: writers' lock of the table; may sleep.
 * Return: 0, or -ENOMEM and the table is unchanged.
 */
int vr_lpm_set(struct vr_lpm *t, const struct vr_lpm_key *key, u8 len,
	       u32 val)
{
	struct vr_lpm_node __rcu **slot = &t->root[key->hi >> 63];
	struct vr_lpm_node *n, *new, *kid;
	u64 hi = key->hi, lo = key->lo;
	unsigned int left, i;
	u64 bit;

	if (!len) {
		t->n += !t->dflt;
		WRITE_ONCE(t->dflt, val);
		return 0;
	}
	if (!t->v6)
		return vr_lpm4_set(t, key->hi >> 32, len, val);

	left = len - 1;
	shift(&hi, &lo, 1);
	for (n = deref(*slot); n; n = deref(*slot)) {
		unsigned int c = common_bits(n, hi, left);

		if (c < n->skip) {
			if (node_split(t, slot, n, hi, lo, left, c, val))
				return -ENOMEM;
			t->n++;
			return 0;
		}
		if (n->skip)
			shift(&hi, &lo, n->skip);
		left -= n->skip;
		if (left < STRIDE)
			break;

		i = hi >> (64 - STRIDE);
		shift(&hi, &lo, STRIDE);
		left -= STRIDE;
		if (n->kids >> i & 1) {
			slot = &n->kid[rank(n->kids, i)];
			continue;
		}

		kid = chain_alloc(t, hi, lo, left, val);
		if (!kid)
			return -ENOMEM;
		new = node_copy(t, n, n->routes, n->kids | 1ULL << i);
		if (!new) {
			chain_free(t, kid);
			return -ENOMEM;
		}
		kid_set(new, i, kid);
		goto publish;
	}

	if (!n) {
		new = chain_alloc(t, hi, lo, left, val);
		if (!new)
			return -ENOMEM;
		goto publish;
	}

	i = route_bit(hi, left);
	bit = 1ULL << i;
	if (n->routes & bit) {
		WRITE_ONCE(values(n)[rank(n->routes, i)], val);
		return 0;
	}
	new = node_copy(t, n, n->routes | bit, n->kids);
	if (!new)
		return -ENOMEM;
	values(new)[rank(new->routes, i)] = val;
publish:
	rcu_assign_pointer(*slot, new);
	if (n)
		node_free(t, n);
	t->n++;
	return 0;
}

/* One step of the way down to a prefix. */
struct step {
	struct vr_lpm_node __rcu	**slot;
	struct vr_lpm_node		*n;
	unsigned int			i;	/* child taken from @n */
};

/*
 * Find the node that holds exactly this prefix.
 * Return: number of steps recorded, 0 if there is no such prefix.
 */
static int find(const struct vr_lpm *t, const struct vr_lpm_key *key, u8 len,
		struct step *way, unsigned int *bit)
{
	struct vr_lpm_node __rcu **slot;
	u64 hi = key->hi, lo = key->lo;
	unsigned int left = len - 1;
	struct vr_lpm_node *n;
	int steps = 0;

	slot = (struct vr_lpm_node __rcu **)&t->root[hi >> 63];
	shift(&hi, &lo, 1);
	for (n = deref(*slot); n; n = deref(*slot)) {
		if (common_bits(n, hi, left) < n->skip)
			return 0;
		if (n->skip)
			shift(&hi, &lo, n->skip);
		left -= n->skip;
		way[steps].slot = slot;
		way[steps].n = n;
		if (left < STRIDE) {
			*bit = route_bit(hi, left);
			return n->routes >> *bit & 1 ? steps + 1 : 0;
		}
		way[steps].i = hi >> (64 - STRIDE);
		if (!(n->kids >> way[steps].i & 1))
			return 0;
		slot = &n->kid[rank(n->kids, way[steps].i)];
		steps++;
		shift(&hi, &lo, STRIDE);
		left -= STRIDE;
	}
	return 0;
}

/**
 * vr_lpm_get - value of exactly this prefix
 * @t: the table
 * @key: the prefix
 * @len: its length
 *
 * Context: writers' lock of the table.
 * Return: its value, 0 if it is not in the table.
 */
u32 vr_lpm_get(const struct vr_lpm *t, const struct vr_lpm_key *key, u8 len)
{
	struct step way[DEPTH_MAX];
	unsigned int bit;
	int steps;

	if (!len)
		return t->dflt;
	if (!t->v6)
		return vr_lpm4_get(t, key->hi >> 32, len);
	steps = find(t, key, len, way, &bit);
	if (!steps)
		return 0;
	return values(way[steps - 1].n)[rank(way[steps - 1].n->routes, bit)];
}

/* @n held no more than a way to its only child: one node does for both. */
static struct vr_lpm_node *node_merge(struct vr_lpm *t,
				      const struct vr_lpm_node *n,
				      const struct vr_lpm_node *kid,
				      unsigned int i)
{
	struct vr_lpm_node *new;

	new = node_copy(t, kid, kid->routes, kid->kids);
	if (!new)
		return NULL;
	new->path = n->path | (u64)i << (64 - STRIDE) >> n->skip;
	/* kid->skip > 0 implies n->skip + STRIDE < 64, see the caller */
	if (kid->skip)
		new->path |= kid->path >> (n->skip + STRIDE);
	new->skip = n->skip + STRIDE + kid->skip;
	return new;
}

/**
 * vr_lpm_del - remove a prefix
 * @t: the table
 * @key: the prefix
 * @len: its length
 *
 * Context: writers' lock of the table; may sleep.
 * Return: 0, -ENOENT, or -ENOMEM and the table is unchanged.
 */
int vr_lpm_del(struct vr_lpm *t, const struct vr_lpm_key *key, u8 len)
{
	struct vr_lpm_node *n, *new, *kid = NULL;
	struct step way[DEPTH_MAX];
	unsigned int bit, i;
	u64 routes, kids;
	int steps, top;

	if (!len) {
		if (!t->dflt)
			return -ENOENT;
		WRITE_ONCE(t->dflt, 0);
		t->n--;
		return 0;
	}
	if (!t->v6)
		return vr_lpm4_del(t, key->hi >> 32, len);

	steps = find(t, key, len, way, &bit);
	if (!steps)
		return -ENOENT;

	/* Climb as long as nothing is left of the node. */
	top = steps - 1;
	n = way[top].n;
	routes = n->routes & ~(1ULL << bit);
	kids = n->kids;
	while (!routes && !kids && top) {
		n = way[--top].n;
		routes = n->routes;
		kids = n->kids & ~(1ULL << way[top].i);
	}

	if (!routes && !kids) {
		new = NULL;
	} else {
		if (!routes && hweight64(kids) == 1) {
			i = __ffs64(kids);
			kid = deref(n->kid[rank(n->kids, i)]);
			if (n->skip + STRIDE + kid->skip > SKIP_MAX)
				kid = NULL;
		}
		new = kid ? node_merge(t, n, kid, i) :
			    node_copy(t, n, routes, kids);
		if (!new)
			return -ENOMEM;
	}
	rcu_assign_pointer(*way[top].slot, new);
	if (kid)
		node_free(t, kid);
	while (steps-- > top)
		node_free(t, way[steps].n);
	t->n--;
	return 0;
}

static void free_below(struct vr_lpm *t, struct vr_lpm_node *n)
{
	unsigned int i;

	for (i = 0; i < hweight64(n->kids); i++)
		free_below(t, deref(n->kid[i]));
	node_free(t, n);
	cond_resched();
}

/**
 * vr_lpm_flush - remove all prefixes
 * @t: the table
 *
 * Context: writers' lock of the table; may sleep.
 */
void vr_lpm_flush(struct vr_lpm *t)
{
	int i;

	WRITE_ONCE(t->dflt, 0);
	if (!t->v6)
		vr_lpm4_flush(t);
	for (i = 0; i < 2; i++) {
		struct vr_lpm_node *n = deref(t->root[i]);

		RCU_INIT_POINTER(t->root[i], NULL);
		if (n)
			free_below(t, n);
	}
	t->n = 0;
}
