// SPDX-License-Identifier: GPL-2.0
/*
 * Longest prefix match for IPv4: sorted blocks of prefixes below a direct table.
 *
 * A table of few prefixes is one block (lpm4_block.c): its entries sorted by
 * address, then by length, each with the number of the smallest one around it.  The
 * last entry that starts at or before an address either covers it or lies within one
 * that does, so a binary search and some steps outwards find the longest match.
 *
 * With more prefixes, a fan comes first (lpm4_fan.c), an array of 2^8, 2^12 or 2^16
 * slots that the first bits of the address choose from; a slot leads to a block.  A
 * block that grows too large becomes a fan over the next 8 bits, as in S. Heinz, J.
 * Zobel, H. E. Williams, "Burst tries" (2002).  That most lookups shall need no
 * more than a direct table and a short search is the idea of M. Zec, L. Rizzo,
 * M. Mikuc, "DXR: towards a billion routing lookups per second in software"
 * (2012); unlike ranges, prefixes need no second structure for updates.
 *
 * The prefix of length 0 is in vr_lpm.dflt alone.
 *
 * Readers run under RCU.  A slot is one word; what it leads to is complete when
 * smp_store_release() stores it, and freed a grace period after it was replaced.
 * What changes in place is a single word as well: a slot, @dflt, the value of an
 * entry.  Each address has its own way down through one slot of each fan, and
 * each update of one prefix is one such store on that way.  Hence a reader sees
 * it either entirely or not at all.  A change of form (grown, shrunk, burst) is
 * made beside the old one, which nothing changes any more until it is freed.
 *
 * Not a goal: IPv6, whose prefixes share too many first bits (lpm.c).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>

#include "lpm.h"
#include "lpm4.h"
#include "lpm4_priv.h"

#define WAYS_MAX	5	/* fans on one way down */
#define VEC_MAX		64
#define VEC_BITS	12	/* a fan from which on lookups are interleaved */

/* The same code for both kinds: @is_wide is a constant wherever this is inlined. */
static __always_inline u32 search(const struct vr_block *b, u32 key, u32 val,
				  bool is_wide)
{
	const size_t size = is_wide ? sizeof(struct vr_entry_wide) :
				      sizeof(struct vr_entry_narrow);
	const void *e = is_wide ? (const void *)b->wide : b->narrow;
	const struct vr_entry_narrow *narrow;
	const struct vr_entry_wide *wide;
	u32 n = b->n, half, up;

	/* conditional moves: no branch depends on the address */
	for (; n > 1; n -= half) {
		half = n / 2;
		wide = e + half * size;
		narrow = (const void *)wide;
		e = (is_wide ? wide->key : narrow->key) <= key ? wide : e;
	}
	for (;;) {
		wide = e;
		narrow = e;
		if (is_wide) {
			if (!((key ^ wide->key) >> wide->shift))
				return READ_ONCE(wide->val);
			up = wide->up;
			e = &b->wide[up];
		} else {
			if (!((key ^ narrow->key) >> narrow->shift))
				return READ_ONCE(narrow->val);
			up = narrow->up;
			e = &b->narrow[up];
		}
		if (up == VR_ENTRY_NONE)
			return val;
	}
}

/* What the slot of @f says of *@key, which becomes what is left of it. */
static __always_inline unsigned long enter(const struct vr_fan *f, u32 *key,
					   u32 *val)
{
	unsigned long w = READ_ONCE(f->slot[*key >> f->shift]);

	*val = READ_ONCE(f->dflt) ? : *val;
	*key <<= f->bits;
	return w;
}

static __always_inline u32 finish(unsigned long w, u32 key, u32 val)
{
	const struct vr_block *b = vr_slot_block(w);

	if (!vr_slot_is_block(w))
		return w >> VR_SLOT_SHIFT ? : val;
	val = READ_ONCE(b->dflt) ? : val;
	return b->is_wide ? search(b, key, val, true) :
			    search(b, key >> 16, val, false);
}

static __always_inline u32 descend(unsigned long w, u32 key, u32 val)
{
	while (vr_slot_is_fan(w))
		w = enter(vr_slot_fan(w), &key, &val);
	return finish(w, key, val);
}

/**
 * vr_lpm4_lookup - longest match of an IPv4 address
 * @t: the table
 * @addr: the address in host byte order
 *
 * Context: RCU.
 * Return: the value of the longest prefix that covers @addr, 0 if none does.
 */
u32 vr_lpm4_lookup(const struct vr_lpm *t, u32 addr)
{
	return descend(READ_ONCE(t->root4), addr, READ_ONCE(t->dflt));
}

/* Look up at most VEC_MAX addresses in step: what one needs next is fetched for all. */
static void lookup_in_step(const struct vr_fan *root, const u32 *addr, u32 *val,
			   unsigned int n, u32 dflt)
{
	unsigned long w[VEC_MAX];
	unsigned int i, k, fans = 0;
	u8 at[VEC_MAX];			/* those that are at a fan */
	u32 key[VEC_MAX];

	for (i = 0; i < n; i++)
		prefetch(&root->slot[addr[i] >> root->shift]);
	for (i = 0; i < n; i++) {
		key[i] = addr[i];
		val[i] = dflt;
		w[i] = enter(root, &key[i], &val[i]);
		/* the tag does not matter, nor an address that is none */
		prefetch((void *)w[i]);
		prefetch((void *)w[i] + 64);
		at[fans] = i;
		fans += vr_slot_is_fan(w[i]);
	}
	while (fans) {
		unsigned int some = fans;

		for (k = 0; k < some; k++) {
			const struct vr_fan *f = vr_slot_fan(w[at[k]]);

			prefetch(&f->slot[key[at[k]] >> f->shift]);
		}
		for (k = 0, fans = 0; k < some; k++) {
			i = at[k];
			w[i] = enter(vr_slot_fan(w[i]), &key[i], &val[i]);
			prefetch((void *)w[i]);
			at[fans] = i;
			fans += vr_slot_is_fan(w[i]);
		}
	}
	for (i = 0; i < n; i++)
		val[i] = finish(w[i], key[i], val[i]);
}

/**
 * vr_lpm4_lookup_vec - longest matches of many IPv4 addresses
 * @t: the table
 * @addr: the addresses in host byte order
 * @val: set to the values, as vr_lpm4_lookup() returns them
 * @n: how many
 *
 * If the table is large, the memory of all lookups is fetched at the same time.
 *
 * Context: RCU.
 */
void vr_lpm4_lookup_vec(const struct vr_lpm *t, const u32 *addr, u32 *val,
			unsigned int n)
{
	unsigned long root = READ_ONCE(t->root4);
	const struct vr_fan *f = vr_slot_fan(root);
	u32 dflt = READ_ONCE(t->dflt);
	unsigned int i, m;

	if (n == 1 || !vr_slot_is_fan(root) || f->bits < VEC_BITS) {
		for (i = 0; i < n; i++)
			val[i] = descend(root, addr[i], dflt);
		return;
	}
	for (; n; n -= m, addr += m, val += m) {
		m = min_t(unsigned int, n, VEC_MAX);
		lookup_in_step(f, addr, val, m, dflt);
	}
}

/*
 * What follows is for writers, whom the owner of the table serializes.
 */

/* The forms of the root: bits of its fan, and from how many prefixes on. */
static const struct {
	u8	bits;
	u32	from;
} forms[] = { { 0, 0 }, { 8, 64 }, { 12, 1024 }, { 16, 16384 } };

/*
 * Give the root the form for its number of prefixes, back only at half of it.  Where
 * memory is short it keeps the form it has, and tries again some prefixes later.
 */
static void root_reform(struct vr_lpm *t)
{
	u32 n = t->n - !!t->dflt;
	unsigned int i, now = 0, want = 0;

	if (vr_slot_is_fan(t->root4))
		now = vr_slot_fan(t->root4)->bits;
	else if (!vr_slot_is_block(t->root4))
		return;
	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (n >= (forms[i].bits > now ? forms[i].from :
						forms[i].from / 2))
			want = forms[i].bits;
	if (want == now || n % (want > now ? 64 : 8))
		return;
	if (want || n <= VR_BLOCK_MAX)
		vr_slot_reform(t, &t->root4, n, 0, want);
}

/**
 * struct way - the way down to a prefix
 * @slot: the slots that lead to fans
 * @fan: the fans
 * @depth: bits eaten before each of them, and before @last
 * @n: how many
 * @last: the slot that leads to no fan; NULL if the prefix is one of the last fan
 * @key: what is left of the prefix there
 * @len: its length
 */
struct way {
	unsigned long	*slot[WAYS_MAX];
	struct vr_fan	*fan[WAYS_MAX];
	unsigned int	depth[WAYS_MAX + 1];
	unsigned int	n;
	unsigned long	*last;
	u32		key;
	u8		len;
};

/* Go on from @last as far as there are fans. */
static void way_follow(struct way *way)
{
	while (vr_slot_is_fan(*way->last)) {
		struct vr_fan *f = vr_slot_fan(*way->last);

		way->slot[way->n] = way->last;
		way->fan[way->n++] = f;
		if (way->len <= f->bits) {
			way->last = NULL;
			return;
		}
		way->depth[way->n] = way->depth[way->n - 1] + f->bits;
		way->last = &f->slot[way->key >> f->shift];
		way->key <<= f->bits;
		way->len -= f->bits;
	}
}

static void way_find(struct way *way, struct vr_lpm *t, u32 key, u8 len)
{
	key &= ~0U << (32 - len);
	*way = (struct way){ .last = &t->root4, .key = key, .len = len };
	way_follow(way);
}

/* The fan that has the prefix, if @last is NULL. */
static struct vr_fan *way_fan(const struct way *way)
{
	return way->fan[way->n - 1];
}

static bool way_is_full(const struct way *way)
{
	return way->last && vr_slot_is_block(*way->last) &&
	       vr_slot_block(*way->last)->n == VR_BLOCK_MAX;
}

/* The value of the prefix, or 0; if it is not a fan's, *@at is its place. */
static u32 way_value(const struct way *way, unsigned int *at)
{
	const struct vr_block *b;
	bool exact;

	*at = 0;
	if (!way->last)
		return vr_fan_get(way_fan(way), way->key, way->len);
	if (!vr_slot_is_block(*way->last))
		return 0;
	b = vr_slot_block(*way->last);
	*at = vr_block_find(b, way->key, way->len, &exact);
	return exact ? vr_entry_get(b, *at).val : 0;
}

/* Make the slot lead to @b instead of a block. */
static void block_replace(struct vr_lpm *t, unsigned long *slot,
			  struct vr_block *b)
{
	unsigned long old = *slot;

	vr_slot_publish(slot, (unsigned long)b | VR_SLOT_BLOCK);
	if (vr_slot_is_block(old))
		vr_block_free(t, vr_slot_block(old));
}

static int block_add(struct vr_lpm *t, const struct way *way, unsigned int at,
		     u32 val)
{
	struct vr_entry e = {
		.key = way->key, .val = val, .len = way->len, .up = VR_ENTRY_NONE,
	};
	bool wide = !vr_block_fits(way->depth[way->n], val);
	unsigned long w = *way->last;
	struct vr_block *b, *old = vr_slot_block(w);

	if (vr_slot_is_block(w)) {
		b = vr_block_copy(t, old, at, &e, wide || old->is_wide);
	} else {
		b = vr_block_alloc(t, 1, wide, w);
		if (b)
			vr_entry_put(b, 0, &e);
	}
	if (!b)
		return -ENOMEM;
	block_replace(t, way->last, b);
	return 0;
}

static int block_change(struct vr_lpm *t, const struct way *way,
			unsigned int at, u32 val)
{
	struct vr_block *b = vr_slot_block(*way->last);

	if (b->is_wide) {
		WRITE_ONCE(b->wide[at].val, val);
	} else if (vr_block_fits(way->depth[way->n], val)) {
		WRITE_ONCE(b->narrow[at].val, val);
	} else {
		b = vr_block_copy(t, b, b->n, NULL, true);
		if (!b)
			return -ENOMEM;
		b->wide[at].val = val;
		block_replace(t, way->last, b);
	}
	return 0;
}

static int block_del(struct vr_lpm *t, const struct way *way, unsigned int at)
{
	unsigned long w = *way->last;
	struct vr_block *b = vr_slot_block(w);

	if (b->n == 1) {
		vr_slot_publish(way->last, vr_slot_above(w));
		vr_block_free(t, b);
		return 0;
	}
	b = vr_block_copy(t, b, at, NULL, b->is_wide);
	if (!b)
		return -ENOMEM;
	block_replace(t, way->last, b);
	return 0;
}

/* vr_lpm_get(), 0 < @len */
u32 vr_lpm4_get(const struct vr_lpm *t, u32 key, u8 len)
{
	unsigned int at;
	struct way way;

	way_find(&way, (struct vr_lpm *)t, key, len);
	return way_value(&way, &at);
}

/* vr_lpm_set(), 0 < @len */
int vr_lpm4_set(struct vr_lpm *t, u32 key, u8 len, u32 val)
{
	unsigned int i, at, depth;
	struct way way;
	int err;

	/* a slot's word holds it */
	if (vr_slot_value(val, false) >> VR_SLOT_SHIFT != val)
		return -ENOMEM;
	way_find(&way, t, key, len);
	if (way_value(&way, &at)) {
		if (way.last)
			return block_change(t, &way, at, val);
		vr_fan_set(way_fan(&way), way.key, way.len, val);
		return 0;
	}

	/* all that was in it may be in one block again, below the new fan */
	while (way_is_full(&way)) {
		depth = way.depth[way.n];
		err = vr_slot_reform(t, way.last, VR_BLOCK_MAX, depth,
				     min_t(unsigned int, 32 - depth,
					   VR_FAN_BITS));
		if (err)
			return err;
		way_follow(&way);
		way_value(&way, &at);
	}
	if (way.last) {
		err = block_add(t, &way, at, val);
		if (err)
			return err;
	} else {
		vr_fan_set(way_fan(&way), way.key, way.len, val);
	}
	for (i = 0; i < way.n; i++)
		way.fan[i]->n++;
	t->n++;
	root_reform(t);
	return 0;
}

/* Give back the fans that are no longer worth it. */
static void fans_join(struct vr_lpm *t, const struct way *way)
{
	unsigned int i;

	for (i = 0; i < way->n; i++) {
		struct vr_fan *f = way->fan[i];

		if (!f->n) {
			unsigned long old = *way->slot[i];

			vr_slot_publish(way->slot[i], vr_slot_above(old));
			vr_slot_free(t, old);
			return;
		}
		/* so few that it does not burst soon again */
		if (i && f->n <= VR_BLOCK_MAX / 2 && !(f->n % 8)) {
			vr_slot_reform(t, way->slot[i], f->n, way->depth[i], 0);
			return;
		}
	}
}

/* vr_lpm_del(), 0 < @len */
int vr_lpm4_del(struct vr_lpm *t, u32 key, u8 len)
{
	unsigned int i, at;
	struct way way;
	int err;

	way_find(&way, t, key, len);
	if (!way_value(&way, &at))
		return -ENOENT;
	if (way.last) {
		err = block_del(t, &way, at);
		if (err)
			return err;
	} else {
		vr_fan_set(way_fan(&way), way.key, way.len, 0);
	}
	for (i = 0; i < way.n; i++)
		way.fan[i]->n--;
	t->n--;
	fans_join(t, &way);
	root_reform(t);
	return 0;
}

/* vr_lpm_flush() but for the prefix of length 0 */
void vr_lpm4_flush(struct vr_lpm *t)
{
	unsigned long old = t->root4;

	vr_slot_publish(&t->root4, 0);
	vr_slot_free(t, old);
}
