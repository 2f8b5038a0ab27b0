// SPDX-License-Identifier: GPL-2.0
/*
 * Direct tables of an IPv4 table, and changes of form: blocks to fans, fans to
 * other ones or to blocks.
 *
 * A fan's prefixes that are as long as its bits are told by the slots themselves
 * (VR_SLOT_OWN, or @own of what the slot leads to).  The shorter ones are in the
 * heap, numbered as the nodes of a binary tree: 1 is the root, 2 i and 2 i + 1 are
 * the halves of i.  The longest prefix that covers a slot is copied to the slot, or
 * to @dflt of what the slot leads to.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "lpm.h"
#include "lpm4_priv.h"

static size_t fan_size(const struct vr_fan *f)
{
	return sizeof(*f) + ((sizeof(*f->slot) + sizeof(*f->heap)) << f->bits);
}

static struct vr_fan *fan_alloc(struct vr_lpm *t, u8 bits, unsigned long above)
{
	struct vr_fan *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	f->bits = bits;
	f->shift = 32 - bits;
	f->dflt = above >> VR_SLOT_SHIFT;
	f->own = (above & VR_SLOT_TAG) == VR_SLOT_OWN;
	f->slot = kvcalloc(1UL << bits, sizeof(*f->slot), GFP_KERNEL);
	if (!f->slot)
		goto err_slot;
	f->heap = kvcalloc(1UL << bits, sizeof(*f->heap), GFP_KERNEL);
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

static void fan_free(struct vr_lpm *t, struct vr_fan *f)
{
	t->nodes -= 3;
	t->bytes -= fan_size(f);
	kvfree(f->heap);
	kvfree_rcu_mightsleep(f->slot);
	kfree_rcu_mightsleep(f);
}

/**
 * vr_slot_free - free what a slot led to
 * @t: the table that had it
 * @w: what the slot held
 *
 * Context: may sleep; readers may still be in it.
 */
void vr_slot_free(struct vr_lpm *t, unsigned long w)
{
	struct vr_fan *f = vr_slot_fan(w);
	u32 i;

	if (vr_slot_is_block(w))
		vr_block_free(t, vr_slot_block(w));
	if (!vr_slot_is_fan(w))
		return;
	for (i = 0; i < 1U << f->bits; i++)
		vr_slot_free(t, f->slot[i]);
	fan_free(t, f);
	cond_resched();
}

/**
 * vr_slot_above - what covers all of a slot
 * @w: what the slot holds
 *
 * Return: what it would hold if it led nowhere.
 */
unsigned long vr_slot_above(unsigned long w)
{
	const struct vr_block *b = vr_slot_block(w);
	const struct vr_fan *f = vr_slot_fan(w);

	if (vr_slot_is_fan(w))
		return vr_slot_value(f->dflt, f->own);
	if (vr_slot_is_block(w))
		return vr_slot_value(b->dflt, b->own);
	return w;
}

/* Tell the slot, or what it leads to, what covers all of it. */
static void slot_cover(unsigned long *slot, u32 val, bool own)
{
	struct vr_block *b = vr_slot_block(*slot);
	struct vr_fan *f = vr_slot_fan(*slot);

	if (vr_slot_is_fan(*slot)) {
		WRITE_ONCE(f->dflt, val);
		f->own = own;
	} else if (vr_slot_is_block(*slot)) {
		WRITE_ONCE(b->dflt, val);
		b->own = own;
	} else {
		WRITE_ONCE(*slot, vr_slot_value(val, own));
	}
}

/* Place in the heap of a prefix that is shorter than the fan's bits. */
static u32 heap_at(u32 key, u8 len)
{
	return 1U << len | key >> (32 - len);
}

/* The longest prefix of the heap that covers a slot. */
static u32 heap_value(const struct vr_fan *f, u32 slot)
{
	u32 at;

	for (at = (1U << f->bits | slot) / 2; at > 1; at /= 2)
		if (f->heap[at])
			return f->heap[at];
	return 0;
}

/* The value of the slot's own prefix, or 0. */
static u32 slot_own(unsigned long w)
{
	w = vr_slot_above(w);
	return (w & VR_SLOT_TAG) == VR_SLOT_OWN ? w >> VR_SLOT_SHIFT : 0;
}

/**
 * vr_fan_get - the value of one of the fan's own prefixes
 * @f: the fan
 * @key: what is left of the prefix
 * @len: its length, 1 to the fan's bits
 *
 * Return: the value, 0 if the prefix is not there.
 */
u32 vr_fan_get(const struct vr_fan *f, u32 key, u8 len)
{
	if (len == f->bits)
		return slot_own(f->slot[key >> (32 - len)]);
	return f->heap[heap_at(key, len)];
}

/**
 * vr_fan_set - one of the fan's own prefixes has come, changed or gone
 * @f: the fan
 * @key: what is left of the prefix
 * @len: its length, 1 to the fan's bits
 * @val: its value, 0 if it has gone
 */
void vr_fan_set(struct vr_fan *f, u32 key, u8 len, u32 val)
{
	u32 first = key >> f->shift, i;

	if (len == f->bits) {
		slot_cover(&f->slot[first], val ? : heap_value(f, first), val);
		return;
	}
	f->heap[heap_at(key, len)] = val;
	for (i = first; i < first + (1U << (f->bits - len)); i++)
		if (!slot_own(f->slot[i]))
			slot_cover(&f->slot[i], heap_value(f, i), false);
}

/*
 * Changes of form.  All prefixes are written to an array, sorted as in a block,
 * and built anew from there.
 */
struct list {
	struct vr_entry	*e;
	u32		n;
};

static void list_block(struct list *l, const struct vr_block *b, u32 base,
		       unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		struct vr_entry e = vr_entry_get(b, i);

		e.key = base | e.key >> depth;
		e.len += depth;
		l->e[l->n++] = e;
	}
}

/* Everything in @w, which @depth bits of @base lead to. */
static void list_below(struct list *l, unsigned long w, u32 base,
		       unsigned int depth)
{
	const struct vr_fan *f = vr_slot_fan(w);
	u32 i;

	if (vr_slot_is_block(w))
		list_block(l, vr_slot_block(w), base, depth);
	if (!vr_slot_is_fan(w))
		return;
	for (i = 0; i < 1U << f->bits; i++) {
		u32 key = i << f->shift;
		u8 len;

		/* the prefixes that start at this slot, short ones first */
		for (len = 1; len <= f->bits; len++) {
			u32 val = key << len ? 0 : vr_fan_get(f, key, len);

			if (val)
				l->e[l->n++] = (struct vr_entry){
					.key = base | key >> depth,
					.len = len + depth,
					.val = val,
				};
		}
		list_below(l, f->slot[i], base | key >> depth, depth + f->bits);
	}
}

static unsigned long fan_build(struct vr_lpm *t, const struct vr_entry *e,
			       u32 n, unsigned int depth, unsigned int bits,
			       unsigned long above)
{
	unsigned int end = depth + bits;
	struct vr_fan *f;
	u32 i, m;

	f = fan_alloc(t, bits, above);
	if (!f)
		return 0;
	f->n = n;
	for (i = 0; i < n; i += m) {
		u32 key = e[i].key << depth, slot = key >> (32 - bits);
		unsigned long own = f->slot[slot], w;

		m = 1;
		if (e[i].len < end) {
			f->heap[heap_at(key, e[i].len - depth)] = e[i].val;
			continue;
		}
		if (e[i].len == end) {
			f->slot[slot] = vr_slot_value(e[i].val, true);
			continue;
		}
		while (i + m < n && e[i + m].len > end &&
		       e[i + m].key << depth >> (32 - bits) == slot)
			m++;
		w = m > VR_BLOCK_MAX ?
			fan_build(t, e + i, m, end,
				  min_t(unsigned int, 32 - end, VR_FAN_BITS),
				  own) :
			vr_block_build(t, e + i, m, end, own);
		if (!w) {
			vr_slot_free(t, (unsigned long)f | VR_SLOT_FAN);
			return 0;
		}
		f->slot[slot] = w;
	}
	for (i = 0; i < 1U << bits; i++)
		if (!slot_own(f->slot[i]))
			slot_cover(&f->slot[i], heap_value(f, i), false);
	return (unsigned long)f | VR_SLOT_FAN;
}

/**
 * vr_slot_reform - replace what a slot leads to
 * @t: the table
 * @slot: the slot, which leads to a fan or a block
 * @n: how many prefixes there are below, at most VR_BLOCK_MAX if @bits is 0
 * @depth: how many bits of the address lead there
 * @bits: those of the fan that it is replaced by, 0 for a block
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM and nothing is changed.
 */
int vr_slot_reform(struct vr_lpm *t, unsigned long *slot, u32 n,
		   unsigned int depth, unsigned int bits)
{
	unsigned long old = *slot, above = vr_slot_above(old), new;
	struct list l = {};

	l.e = kvcalloc(n, sizeof(*l.e), GFP_KERNEL);
	if (!l.e)
		return -ENOMEM;
	list_below(&l, old, 0, depth);
	new = bits ? fan_build(t, l.e, l.n, depth, bits, above) :
		     vr_block_build(t, l.e, l.n, depth, above);
	kvfree(l.e);
	if (!new)
		return -ENOMEM;
	vr_slot_publish(slot, new);
	vr_slot_free(t, old);
	return 0;
}
