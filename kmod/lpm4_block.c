// SPDX-License-Identifier: GPL-2.0
/*
 * Sorted blocks of an IPv4 table.  But for values and @dflt they do not change: an
 * update makes a copy.
 */
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "lpm.h"
#include "lpm4_priv.h"

static size_t block_size(unsigned int n, bool wide)
{
	return sizeof(struct vr_block) +
	       n * (wide ? sizeof(struct vr_entry_wide) :
			   sizeof(struct vr_entry_narrow));
}

/**
 * vr_block_alloc - make a block
 * @t: the table that has it
 * @n: its entries, which the caller then sets
 * @wide: their kind
 * @above: what the slot would hold if there were no block, a value
 *
 * Return: the block or NULL.
 */
struct vr_block *vr_block_alloc(struct vr_lpm *t, unsigned int n, bool wide,
				unsigned long above)
{
	struct vr_block *b = kzalloc(block_size(n, wide), GFP_KERNEL);

	if (!b)
		return NULL;
	b->n = n;
	b->is_wide = wide;
	b->dflt = above >> VR_SLOT_SHIFT;
	b->own = (above & VR_SLOT_TAG) == VR_SLOT_OWN;
	t->nodes++;
	t->bytes += block_size(n, wide);
	return b;
}

/**
 * vr_block_free - free a block that no slot leads to any more
 * @t: the table that had it
 * @b: the block
 *
 * Context: may sleep; readers may still be in it.
 */
void vr_block_free(struct vr_lpm *t, struct vr_block *b)
{
	t->nodes--;
	t->bytes -= block_size(b->n, b->is_wide);
	/* no rcu_head: it would be a fifth of what the blocks take */
	kfree_rcu_mightsleep(b);
}

/**
 * vr_entry_get - read an entry of either kind
 * @b: the block
 * @i: its number
 *
 * Return: the entry.
 */
struct vr_entry vr_entry_get(const struct vr_block *b, unsigned int i)
{
	const struct vr_entry_narrow *n = &b->narrow[i];
	const struct vr_entry_wide *w = &b->wide[i];

	if (b->is_wide)
		return (struct vr_entry){ w->key, w->val, 32 - w->shift, w->up };
	return (struct vr_entry){ (u32)n->key << 16, n->val, 16 - n->shift,
				  n->up };
}

/**
 * vr_entry_put - set an entry of either kind
 * @b: the block, which readers do not know yet
 * @i: its number
 * @e: the entry
 */
void vr_entry_put(struct vr_block *b, unsigned int i, const struct vr_entry *e)
{
	if (b->is_wide)
		b->wide[i] = (struct vr_entry_wide){
			e->key, e->val, 32 - e->len, e->up };
	else
		b->narrow[i] = (struct vr_entry_narrow){
			e->key >> 16, e->val, 16 - e->len, e->up };
}

static bool covers(const struct vr_entry *e, u32 key)
{
	return !((key ^ e->key) >> (32 - e->len));
}

/* Find the entries around entry @i, those before which have theirs. */
static void entry_link(struct vr_block *b, unsigned int i)
{
	struct vr_entry e = vr_entry_get(b, i), out;

	for (e.up = i ? i - 1 : VR_ENTRY_NONE; e.up != VR_ENTRY_NONE;
	     e.up = out.up) {
		out = vr_entry_get(b, e.up);
		if (covers(&out, e.key))
			break;
	}
	vr_entry_put(b, i, &e);
}

/**
 * vr_block_find - look for a prefix
 * @b: the block
 * @key: what is left of the prefix
 * @len: its length
 * @exact: set to whether it is there
 *
 * Return: the number of the first entry that is not before it.
 */
unsigned int vr_block_find(const struct vr_block *b, u32 key, u8 len,
			   bool *exact)
{
	unsigned int from = 0, to = b->n;

	*exact = false;
	while (from < to) {
		unsigned int mid = (from + to) / 2;
		struct vr_entry e = vr_entry_get(b, mid);

		if (e.key < key || (e.key == key && e.len < len)) {
			from = mid + 1;
		} else {
			*exact |= e.key == key && e.len == len;
			to = mid;
		}
	}
	return from;
}

/**
 * vr_block_fits - whether entries can be narrow
 * @depth: bits of the address that lead to them
 * @val: the value
 *
 * Return: true if they can.
 */
bool vr_block_fits(unsigned int depth, u32 val)
{
	return depth >= 16 && val <= U16_MAX;
}

/**
 * vr_block_copy - copy a block with a change
 * @t: the table that has it
 * @b: the block
 * @at: the number of the entry that comes or goes
 * @e: the entry that comes; NULL if the one at @at goes, if there is one
 * @wide: the kind of entries of the copy, narrow ones only of narrow ones
 *
 * Return: the copy or NULL.
 */
struct vr_block *vr_block_copy(struct vr_lpm *t, const struct vr_block *b,
			       unsigned int at, const struct vr_entry *e,
			       bool wide)
{
	unsigned int i, k = 0;
	struct vr_block *new;

	new = vr_block_alloc(t, e ? b->n + 1 : b->n - (at < b->n), wide,
			     vr_slot_value(b->dflt, b->own));
	if (!new)
		return NULL;
	for (i = 0; i <= b->n; i++) {
		if (i == at && e)
			vr_entry_put(new, k++, e);
		if (i == b->n || (i == at && !e))
			continue;
		if (wide == b->is_wide) {
			if (wide)
				new->wide[k++] = b->wide[i];
			else
				new->narrow[k++] = b->narrow[i];
		} else {
			struct vr_entry old = vr_entry_get(b, i);

			vr_entry_put(new, k++, &old);
		}
	}
	for (i = at; i < new->n; i++)
		entry_link(new, i);
	return new;
}

/**
 * vr_block_build - make a block of some prefixes
 * @t: the table that has it
 * @e: the prefixes, sorted
 * @n: how many, at most VR_BLOCK_MAX
 * @depth: how many of their first bits lead to the block
 * @above: as vr_block_alloc()'s
 *
 * Return: what leads to it, for a slot, or 0.
 */
unsigned long vr_block_build(struct vr_lpm *t, const struct vr_entry *e, u32 n,
			     unsigned int depth, unsigned long above)
{
	struct vr_block *b;
	bool wide = false;
	u32 i;

	for (i = 0; i < n; i++)
		wide |= !vr_block_fits(depth, e[i].val);
	b = vr_block_alloc(t, n, wide, above);
	if (!b)
		return 0;
	for (i = 0; i < n; i++) {
		struct vr_entry in = e[i];

		in.key <<= depth;
		in.len -= depth;
		vr_entry_put(b, i, &in);
		entry_link(b, i);
	}
	return (unsigned long)b | VR_SLOT_BLOCK;
}
