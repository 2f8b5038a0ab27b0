// SPDX-License-Identifier: GPL-2.0
/*
 * Longest prefix match for IPv4: sorted blocks of prefixes below a direct table.
 *
 * A table of few prefixes is one block: its entries sorted by address, then by
 * length, each with the number of the smallest one around it.  The last entry
 * that starts at or before an address either covers it or lies within one that
 * does, so a binary search and some steps outwards find the longest match.
 *
 * With more prefixes, a fan comes first, an array of 2^8, 2^12 or 2^16 slots that
 * the first bits of the address choose from; a slot leads to a block.  A block
 * that grows too large becomes a fan over the next 8 bits, as in S. Heinz, J.
 * Zobel, H. E. Williams, "Burst tries" (2002).  That most lookups shall need no
 * more than a direct table and a short search is the idea of M. Zec, L. Rizzo,
 * M. Mikuc, "DXR: towards a billion routing lookups per second in software"
 * (2012); unlike ranges, prefixes need no second structure for updates.
 *
 * Prefixes that end within a fan's bits are kept in @heap, numbered as the nodes
 * of a binary tree: 1 is the root, 2 i and 2 i + 1 are the halves of i.  The
 * longest of them that covers a slot is copied to the slot, or to @dflt of what
 * the slot leads to.  The prefix of length 0 is in vr_lpm.dflt alone.
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
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/prefetch.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lpm.h"
#include "lpm4.h"

#define BLOCK_MAX	254	/* numbers of entries fit u8, NONE aside */
#define BLOCK_JOIN	96	/* of so few a fan becomes a block again */
#define NONE		255
#define FAN_BITS	8
#define WAYS_MAX	5	/* fans on one way down */
#define VEC_MAX		64

/* What a slot holds: a value shifted by TAG_BITS, 0 for none, or a pointer. */
#define TAG_BITS	2
#define TAG_MASK	3UL
#define TAG_BLOCK	1UL
#define TAG_FAN		2UL

/* A prefix: its first bits, left-aligned, beyond those that led here. */
struct entry {
	u32	key;
	u32	val;
	u8	len;		/* at least 1 */
	u8	up;		/* the smallest entry around it, or NONE */
};

struct wide {
	u32	key;
	u32	val;
	u8	shift;		/* 32 less the length */
	u8	up;
};

/* Where at most 16 bits of the address are left and all values fit. */
struct narrow {
	u16	key;
	u16	val;
	u8	shift;		/* 16 less the length */
	u8	up;
};

/**
 * struct block - sorted prefixes
 * @dflt: value of the fan's longest prefix around all of them, or 0
 * @n: how many
 * @is_wide: the kind of entries
 * @rcu: frees it
 * @wide: the entries
 * @narrow: the same
 */
struct block {
	u32			dflt;
	u8			n;
	bool			is_wide;
	struct rcu_head		rcu;
	union {
		DECLARE_FLEX_ARRAY(struct wide, wide);
		DECLARE_FLEX_ARRAY(struct narrow, narrow);
	};
};

/**
 * struct fan - direct table
 * @dflt: as block's
 * @bits: the address bits that choose a slot
 * @slot: 1 << @bits words
 * @n: prefixes here and below; writers
 * @heap: values of the prefixes of at most @bits bits; writers
 * @rcu: frees it
 */
struct fan {
	u32		dflt;
	u8		bits;
	unsigned long	*slot;
	u32		n;
	u32		*heap;
	struct rcu_head	rcu;
};

static bool is_fan(unsigned long w)
{
	return (w & TAG_MASK) == TAG_FAN;
}

static bool is_block(unsigned long w)
{
	return (w & TAG_MASK) == TAG_BLOCK;
}

static void *target(unsigned long w)
{
	return (void *)(w & ~TAG_MASK);
}

/* The same code for both kinds: @is_wide is a constant wherever this is inlined. */
static __always_inline u32 search(const struct block *b, u32 key, u32 val,
				  bool is_wide)
{
	const size_t size = is_wide ? sizeof(struct wide) :
				      sizeof(struct narrow);
	const void *e = is_wide ? (const void *)b->wide : b->narrow;
	const struct narrow *narrow;
	const struct wide *wide;
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
		if (up == NONE)
			return val;
	}
}

static __always_inline u32 descend(unsigned long w, u32 key, u32 val)
{
	while (is_fan(w)) {
		const struct fan *f = target(w);

		val = READ_ONCE(f->dflt) ? : val;
		w = READ_ONCE(f->slot[key >> (32 - f->bits)]);
		key <<= f->bits;
	}
	if (is_block(w)) {
		const struct block *b = target(w);

		val = READ_ONCE(b->dflt) ? : val;
		return b->is_wide ? search(b, key, val, true) :
				    search(b, key >> 16, val, false);
	}
	return w >> TAG_BITS ? : val;
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

/**
 * vr_lpm4_lookup_vec - longest matches of many IPv4 addresses
 * @t: the table
 * @addr: the addresses in host byte order
 * @val: set to the values, as vr_lpm4_lookup() returns them
 * @n: how many
 *
 * The memory of several lookups is fetched at the same time.
 *
 * Context: RCU.
 */
void vr_lpm4_lookup_vec(const struct vr_lpm *t, const u32 *addr, u32 *val,
			unsigned int n)
{
	unsigned long root = READ_ONCE(t->root4), w[VEC_MAX];
	u32 dflt = READ_ONCE(t->dflt);
	const struct fan *f = target(root);
	unsigned int i, m;

	if (!is_fan(root)) {
		for (i = 0; i < n; i++)
			val[i] = descend(root, addr[i], dflt);
		return;
	}
	for (; n; n -= m, addr += m, val += m) {
		m = min_t(unsigned int, n, VEC_MAX);
		for (i = 0; i < m; i++)
			prefetch(&f->slot[addr[i] >> (32 - f->bits)]);
		for (i = 0; i < m; i++) {
			w[i] = READ_ONCE(f->slot[addr[i] >> (32 - f->bits)]);
			if (w[i] & TAG_MASK) {
				prefetch(target(w[i]));
				prefetch(target(w[i]) + 64);
			}
		}
		for (i = 0; i < m; i++)
			val[i] = descend(w[i], addr[i] << f->bits, dflt);
	}
}

/*
 * What follows is for writers, whom the owner of the table serializes.
 */

static void publish(unsigned long *slot, unsigned long w)
{
	/* pairs with the address dependency of descend() */
	smp_store_release(slot, w);
}

static size_t block_size(const struct block *b)
{
	return sizeof(*b) + b->n * (b->is_wide ? sizeof(struct wide) :
						 sizeof(struct narrow));
}

static struct block *block_alloc(struct vr_lpm *t, unsigned int n, bool wide,
				 u32 dflt)
{
	struct block head = { .n = n, .is_wide = wide, .dflt = dflt }, *b;

	b = kzalloc(block_size(&head), GFP_KERNEL);
	if (!b)
		return NULL;
	b->n = n;
	b->is_wide = wide;
	b->dflt = dflt;
	t->nodes++;
	t->bytes += block_size(b);
	return b;
}

static struct entry entry_get(const struct block *b, unsigned int i)
{
	struct entry e;

	if (b->is_wide) {
		const struct wide *w = &b->wide[i];

		e = (struct entry){ w->key, w->val, 32 - w->shift, w->up };
	} else {
		const struct narrow *w = &b->narrow[i];

		e = (struct entry){ (u32)w->key << 16, w->val, 16 - w->shift,
				    w->up };
	}
	return e;
}

static void entry_put(struct block *b, unsigned int i, const struct entry *e)
{
	if (b->is_wide)
		b->wide[i] = (struct wide){ e->key, e->val, 32 - e->len, e->up };
	else
		b->narrow[i] = (struct narrow){ e->key >> 16, e->val,
						16 - e->len, e->up };
}

static bool covers(const struct entry *e, u32 key)
{
	return !((key ^ e->key) >> (32 - e->len));
}

/* Find the entries around entry @i, those before which have theirs. */
static void entry_link(struct block *b, unsigned int i)
{
	struct entry e = entry_get(b, i), out;

	for (e.up = i ? i - 1 : NONE; e.up != NONE; e.up = out.up) {
		out = entry_get(b, e.up);
		if (covers(&out, e.key))
			break;
	}
	entry_put(b, i, &e);
}

/* The first entry of @b that is not before @key with @len. */
static unsigned int position(const struct block *b, u32 key, u8 len,
			     bool *exact)
{
	unsigned int from = 0, to = b->n;

	*exact = false;
	while (from < to) {
		unsigned int mid = (from + to) / 2;
		struct entry e = entry_get(b, mid);

		if (e.key < key || (e.key == key && e.len < len)) {
			from = mid + 1;
		} else {
			*exact |= e.key == key && e.len == len;
			to = mid;
		}
	}
	return from;
}

/* Whether entries can be narrow after @depth bits. */
static bool fits(unsigned int depth, u32 val)
{
	return depth >= 16 && val <= U16_MAX;
}

/* A copy of @b with @e at @at; if @e is NULL, without what is there, if anything. */
static struct block *block_copy(struct vr_lpm *t, const struct block *b,
				unsigned int at, const struct entry *e,
				bool wide)
{
	unsigned int i, k = 0;
	struct block *new;

	new = block_alloc(t, e ? b->n + 1 : b->n - (at < b->n), wide, b->dflt);
	if (!new)
		return NULL;
	for (i = 0; i <= b->n; i++) {
		if (i == at && e)
			entry_put(new, k++, e);
		if (i == b->n || (i == at && !e))
			continue;
		if (wide == b->is_wide) {
			if (wide)
				new->wide[k++] = b->wide[i];
			else
				new->narrow[k++] = b->narrow[i];
		} else {
			struct entry old = entry_get(b, i);

			entry_put(new, k++, &old);
		}
	}
	for (i = at; i < new->n; i++)
		entry_link(new, i);
	return new;
}

static void block_free(struct vr_lpm *t, struct block *b)
{
	t->nodes--;
	t->bytes -= block_size(b);
	kfree_rcu(b, rcu);
}

static size_t fan_size(const struct fan *f)
{
	return sizeof(*f) + (sizeof(*f->slot) << f->bits) +
	       (sizeof(*f->heap) << f->bits) * 2;
}

static struct fan *fan_alloc(struct vr_lpm *t, u8 bits, u32 dflt)
{
	struct fan *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	f->bits = bits;
	f->dflt = dflt;
	f->slot = kvcalloc(1UL << bits, sizeof(*f->slot), GFP_KERNEL);
	if (!f->slot)
		goto err_slot;
	f->heap = kvcalloc(2UL << bits, sizeof(*f->heap), GFP_KERNEL);
	if (!f->heap)
		goto err_heap;
	t->nodes += 3;
	t->bytes += fan_size(f);
	return f;

err_heap:
	kvfree(f->slot);
err_slot:
	kfree(f);
	return NULL;
}

static void fan_free_rcu(struct rcu_head *rcu)
{
	struct fan *f = container_of(rcu, struct fan, rcu);

	kvfree(f->slot);
	kfree(f);
}

static void fan_free(struct vr_lpm *t, struct fan *f)
{
	t->nodes -= 3;
	t->bytes -= fan_size(f);
	kvfree(f->heap);
	call_rcu(&f->rcu, fan_free_rcu);
}

/* Free @w and all below. */
static void free_below(struct vr_lpm *t, unsigned long w)
{
	struct fan *f = target(w);
	u32 i;

	if (is_block(w))
		block_free(t, target(w));
	if (!is_fan(w))
		return;
	for (i = 0; i < 1U << f->bits; i++)
		free_below(t, f->slot[i]);
	fan_free(t, f);
	cond_resched();
}

/* Place of a prefix in the heap. */
static u32 heap_at(u32 key, u8 len)
{
	return 1U << len | key >> (32 - len);
}

/* The longest of the fan's prefixes that covers a slot. */
static u32 slot_value(const struct fan *f, u32 slot)
{
	u32 at;

	for (at = 1U << f->bits | slot; at > 1; at >>= 1)
		if (f->heap[at])
			return f->heap[at];
	return 0;
}

/* Tell the slot what covers it. */
static void slot_cover(struct fan *f, u32 slot)
{
	u32 val = slot_value(f, slot);
	unsigned long w = f->slot[slot];

	if (is_fan(w))
		WRITE_ONCE(((struct fan *)target(w))->dflt, val);
	else if (is_block(w))
		WRITE_ONCE(((struct block *)target(w))->dflt, val);
	else
		WRITE_ONCE(f->slot[slot], (unsigned long)val << TAG_BITS);
}

/* A prefix of the fan has come, changed or gone. */
static void fan_set(struct fan *f, u32 key, u8 len, u32 val)
{
	u32 first = key >> (32 - f->bits), i;

	f->heap[heap_at(key, len)] = val;
	for (i = 0; i < 1U << (f->bits - len); i++)
		slot_cover(f, first + i);
}

/*
 * Changes of form.  All prefixes are written to an array, sorted as in a block,
 * and built anew from there.
 */
struct list {
	struct entry	*e;
	u32		n;
};

static void list_block(struct list *l, const struct block *b, u32 base,
		       unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		struct entry e = entry_get(b, i);

		e.key = base | e.key >> depth;
		e.len += depth;
		l->e[l->n++] = e;
	}
}

/* Everything in @w, which @depth bits of @base lead to. */
static void list_below(struct list *l, unsigned long w, u32 base,
		       unsigned int depth)
{
	const struct fan *f = target(w);
	u32 i;

	if (is_block(w))
		list_block(l, target(w), base, depth);
	if (!is_fan(w))
		return;
	for (i = 0; i < 1U << f->bits; i++) {
		u32 key = i << (32 - f->bits);
		u8 len;

		/* the prefixes that start at this slot, short ones first */
		for (len = 1; len <= f->bits; len++) {
			u32 val = f->heap[heap_at(key, len)];

			if (val && !(key << len))
				l->e[l->n++] = (struct entry){
					.key = base | key >> depth,
					.len = len + depth,
					.val = val,
				};
		}
		list_below(l, f->slot[i], base | key >> depth, depth + f->bits);
	}
}

static unsigned long build_block(struct vr_lpm *t, const struct entry *e, u32 n,
				 unsigned int depth, u32 dflt)
{
	bool wide = false;
	struct block *b;
	u32 i;

	for (i = 0; i < n; i++)
		wide |= !fits(depth, e[i].val);
	b = block_alloc(t, n, wide, dflt);
	if (!b)
		return 0;
	for (i = 0; i < n; i++) {
		struct entry in = e[i];

		in.key <<= depth;
		in.len -= depth;
		entry_put(b, i, &in);
		entry_link(b, i);
	}
	return (unsigned long)b | TAG_BLOCK;
}

static unsigned long build_fan(struct vr_lpm *t, const struct entry *e, u32 n,
			       unsigned int depth, unsigned int bits, u32 dflt)
{
	struct fan *f;
	u32 i, m;

	f = fan_alloc(t, bits, dflt);
	if (!f)
		return 0;
	f->n = n;
	for (i = 0; i < n; i += m) {
		u32 key = e[i].key << depth, slot = key >> (32 - bits);

		m = 1;
		if (e[i].len <= depth + bits) {
			f->heap[heap_at(key, e[i].len - depth)] = e[i].val;
			continue;
		}
		while (i + m < n && e[i + m].len > depth + bits &&
		       e[i + m].key << depth >> (32 - bits) == slot)
			m++;
		f->slot[slot] = m > BLOCK_MAX ?
			build_fan(t, e + i, m, depth + bits,
				  min_t(unsigned int, 32 - depth - bits,
					FAN_BITS), 0) :
			build_block(t, e + i, m, depth + bits, 0);
		if (!f->slot[slot]) {
			free_below(t, (unsigned long)f | TAG_FAN);
			return 0;
		}
	}
	for (i = 0; i < 1U << bits; i++)
		slot_cover(f, i);
	return (unsigned long)f | TAG_FAN;
}

/*
 * Replace what @slot leads to, @n prefixes, by a fan of @bits, or by a block if
 * @bits is 0.  Nothing is changed if memory is short.
 */
static void reform(struct vr_lpm *t, unsigned long *slot, u32 n,
		   unsigned int depth, unsigned int bits)
{
	unsigned long old = *slot, new;
	struct list l = {};
	u32 dflt;

	dflt = is_fan(old) ? ((struct fan *)target(old))->dflt :
			     ((struct block *)target(old))->dflt;
	l.e = kvcalloc(n, sizeof(*l.e), GFP_KERNEL);
	if (!l.e)
		return;
	list_below(&l, old, 0, depth);
	new = bits ? build_fan(t, l.e, l.n, depth, bits, dflt) :
		     build_block(t, l.e, l.n, depth, dflt);
	kvfree(l.e);
	if (!new)
		return;
	publish(slot, new);
	free_below(t, old);
}

/* The forms of the root: bits of its fan, and from how many prefixes on. */
static const struct {
	u8	bits;
	u32	from;
} forms[] = { { 0, 0 }, { 8, 64 }, { 12, 1024 }, { 16, 16384 } };

/* Give the root the form for its number of prefixes, back only at half of it. */
static void root_reform(struct vr_lpm *t, u32 n)
{
	unsigned int now = is_fan(t->root4) ?
			   ((struct fan *)target(t->root4))->bits : 0;
	unsigned int i, want = 0;

	if (!is_fan(t->root4) && !is_block(t->root4))
		return;
	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (n >= (forms[i].bits > now ? forms[i].from :
						forms[i].from / 2))
			want = forms[i].bits;
	if (want != now)
		reform(t, &t->root4, n, 0, want);
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
	struct fan	*fan[WAYS_MAX];
	unsigned int	depth[WAYS_MAX + 1];
	unsigned int	n;
	unsigned long	*last;
	u32		key;
	u8		len;
};

static void way_find(struct way *way, struct vr_lpm *t, u32 key, u8 len)
{
	*way = (struct way){ .last = &t->root4, .key = key, .len = len };
	while (is_fan(*way->last)) {
		struct fan *f = target(*way->last);

		way->slot[way->n] = way->last;
		way->fan[way->n++] = f;
		if (way->len <= f->bits) {
			way->last = NULL;
			return;
		}
		way->depth[way->n] = way->depth[way->n - 1] + f->bits;
		way->last = &f->slot[way->key >> (32 - f->bits)];
		way->key <<= f->bits;
		way->len -= f->bits;
	}
}

/* The value of the prefix if it is in a block, else 0. */
static u32 block_value(const struct way *way, unsigned int *at)
{
	const struct block *b = target(*way->last);
	bool exact;

	*at = 0;
	if (!is_block(*way->last))
		return 0;
	*at = position(b, way->key, way->len, &exact);
	return exact ? entry_get(b, *at).val : 0;
}

/* Prefixes but for that of length 0. */
static u32 prefixes(const struct vr_lpm *t)
{
	return t->n - !!t->dflt;
}

static int block_set(struct vr_lpm *t, const struct way *way, u32 val,
		     bool *is_new)
{
	struct entry e = { .key = way->key, .val = val, .len = way->len };
	bool wide = !fits(way->depth[way->n], val);
	unsigned long w = *way->last;
	struct block *b, *old = NULL;
	unsigned int at;

	*is_new = !block_value(way, &at);
	if (!is_block(w)) {
		b = block_alloc(t, 1, wide, w >> TAG_BITS);
		if (!b)
			return -ENOMEM;
		entry_put(b, 0, &e);
		entry_link(b, 0);
		goto publish;
	}

	old = target(w);
	wide |= old->is_wide;
	if (!*is_new && wide == old->is_wide) {
		if (wide)
			WRITE_ONCE(old->wide[at].val, val);
		else
			WRITE_ONCE(old->narrow[at].val, val);
		return 0;
	}
	if (!*is_new) {
		/* a value that is no longer narrow */
		b = block_copy(t, old, old->n, NULL, wide);
		if (b)
			b->wide[at].val = val;
	} else {
		b = old->n < BLOCK_MAX ? block_copy(t, old, at, &e, wide) : NULL;
	}
	if (!b)
		return -ENOMEM;
publish:
	publish(way->last, (unsigned long)b | TAG_BLOCK);
	if (old)
		block_free(t, old);
	return 0;
}

/* Make a block that is full a fan. */
static void burst(struct vr_lpm *t, struct way *way, u32 key, u8 len)
{
	unsigned int depth = way->depth[way->n];

	reform(t, way->last, BLOCK_MAX, depth,
	       min_t(unsigned int, 32 - depth, FAN_BITS));
	way_find(way, t, key, len);
}

/* vr_lpm_get(), 0 < @len */
u32 vr_lpm4_get(const struct vr_lpm *t, u32 key, u8 len)
{
	unsigned int at;
	struct way way;

	key &= ~0U << (32 - len);
	way_find(&way, (struct vr_lpm *)t, key, len);
	if (!way.last)
		return way.fan[way.n - 1]->heap[heap_at(way.key, way.len)];
	return block_value(&way, &at);
}

/* vr_lpm_set(), 0 < @len */
int vr_lpm4_set(struct vr_lpm *t, u32 key, u8 len, u32 val)
{
	bool is_new;
	struct way way;
	unsigned int i;
	int err;

	/* a slot's word holds it */
	if ((unsigned long)val << TAG_BITS >> TAG_BITS != val)
		return -ENOMEM;
	key &= ~0U << (32 - len);
	way_find(&way, t, key, len);
	if (way.last && is_block(*way.last) &&
	    ((struct block *)target(*way.last))->n == BLOCK_MAX)
		burst(t, &way, key, len);
	if (way.last) {
		err = block_set(t, &way, val, &is_new);
		if (err)
			return err;
	} else {
		struct fan *f = way.fan[way.n - 1];

		is_new = !f->heap[heap_at(way.key, way.len)];
		fan_set(f, way.key, way.len, val);
	}
	if (!is_new)
		return 0;
	for (i = 0; i < way.n; i++)
		way.fan[i]->n++;
	t->n++;
	root_reform(t, prefixes(t));
	return 0;
}

static int block_del(struct vr_lpm *t, const struct way *way)
{
	unsigned long w = *way->last;
	struct block *b = target(w), *new;
	unsigned int at;

	if (!block_value(way, &at))
		return -ENOENT;
	if (b->n == 1) {
		publish(way->last, (unsigned long)b->dflt << TAG_BITS);
	} else {
		new = block_copy(t, b, at, NULL, b->is_wide);
		if (!new)
			return -ENOMEM;
		publish(way->last, (unsigned long)new | TAG_BLOCK);
	}
	block_free(t, b);
	return 0;
}

/* Give back the fans that are no longer worth it. */
static void fans_join(struct vr_lpm *t, const struct way *way)
{
	unsigned int i;

	for (i = 0; i < way->n; i++) {
		struct fan *f = way->fan[i];

		if (!f->n) {
			unsigned long old = *way->slot[i];

			publish(way->slot[i], (unsigned long)f->dflt << TAG_BITS);
			free_below(t, old);
			return;
		}
		if (i && f->n <= BLOCK_JOIN) {
			reform(t, way->slot[i], f->n, way->depth[i], 0);
			return;
		}
	}
}

/* vr_lpm_del(), 0 < @len */
int vr_lpm4_del(struct vr_lpm *t, u32 key, u8 len)
{
	struct way way;
	unsigned int i;
	int err;

	key &= ~0U << (32 - len);
	way_find(&way, t, key, len);
	if (way.last) {
		err = block_del(t, &way);
		if (err)
			return err;
	} else {
		struct fan *f = way.fan[way.n - 1];

		if (!f->heap[heap_at(way.key, way.len)])
			return -ENOENT;
		fan_set(f, way.key, way.len, 0);
	}
	for (i = 0; i < way.n; i++)
		way.fan[i]->n--;
	t->n--;
	fans_join(t, &way);
	root_reform(t, prefixes(t));
	return 0;
}

/* vr_lpm_flush() but for the prefix of length 0 */
void vr_lpm4_flush(struct vr_lpm *t)
{
	unsigned long old = t->root4;

	publish(&t->root4, 0);
	free_below(t, old);
}
