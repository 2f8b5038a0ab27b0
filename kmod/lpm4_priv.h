/* SPDX-License-Identifier: GPL-2.0 */
/* What an IPv4 table is made of; for lpm4*.c, which lpm4.c explains. */
#ifndef _VR_LPM4_PRIV_H
#define _VR_LPM4_PRIV_H

#include <linux/stddef.h>
#include <linux/types.h>

struct vr_lpm;

enum {
	VR_BLOCK_MAX	= 254,	/* numbers of entries fit u8, VR_ENTRY_NONE aside */
	VR_ENTRY_NONE	= 255,
	VR_FAN_BITS	= 8,
};

/*
 * What a slot holds: a value shifted by VR_SLOT_SHIFT, 0 for none, which is that of
 * a shorter prefix or the slot's own; or a pointer.
 */
#define VR_SLOT_SHIFT	2
#define VR_SLOT_TAG	3UL
#define VR_SLOT_BLOCK	1UL
#define VR_SLOT_FAN	2UL
#define VR_SLOT_OWN	3UL

/* A prefix: its first bits, left-aligned, beyond those that led here. */
struct vr_entry {
	u32	key;
	u32	val;
	u8	len;		/* at least 1 */
	u8	up;		/* the smallest entry around it, or VR_ENTRY_NONE */
};

struct vr_entry_wide {
	u32	key;
	u32	val;
	u8	shift;		/* 32 less the length */
	u8	up;
};

/* Where at most 16 bits of the address are left and all values fit. */
struct vr_entry_narrow {
	u16	key;
	u16	val;
	u8	shift;		/* 16 less the length */
	u8	up;
};

/**
 * struct vr_block - sorted prefixes
 * @dflt: value of the longest prefix around all of them that the fan above has, or 0
 * @n: how many
 * @is_wide: the kind of entries
 * @own: @dflt is of the prefix that ends where the block begins; writers
 * @wide: the entries
 * @narrow: the same
 */
struct vr_block {
	u32	dflt;
	u8	n;
	bool	is_wide;
	bool	own;
	union {
		DECLARE_FLEX_ARRAY(struct vr_entry_wide, wide);
		DECLARE_FLEX_ARRAY(struct vr_entry_narrow, narrow);
	};
};

/**
 * struct vr_fan - direct table
 * @slot: 1 << @bits words
 * @dflt: as vr_block's
 * @bits: the address bits that choose a slot
 * @shift: 32 - @bits
 * @own: as vr_block's; writers
 * @n: prefixes here and below; writers
 * @heap: values of the prefixes of less than @bits bits; writers
 */
struct vr_fan {
	unsigned long	*slot;
	u32		dflt;
	u8		bits;
	u8		shift;
	bool		own;
	u32		n;
	u32		*heap;
};

static inline bool vr_slot_is_fan(unsigned long w)
{
	return (w & VR_SLOT_TAG) == VR_SLOT_FAN;
}

static inline bool vr_slot_is_block(unsigned long w)
{
	return (w & VR_SLOT_TAG) == VR_SLOT_BLOCK;
}

/* What it leads to; of what is no such pointer, to nothing. */
static inline struct vr_fan *vr_slot_fan(unsigned long w)
{
	return (struct vr_fan *)(w - VR_SLOT_FAN);
}

static inline struct vr_block *vr_slot_block(unsigned long w)
{
	return (struct vr_block *)(w - VR_SLOT_BLOCK);
}

static inline unsigned long vr_slot_value(u32 val, bool own)
{
	return (unsigned long)val << VR_SLOT_SHIFT | (own ? VR_SLOT_OWN : 0);
}

/* What follows is for writers, whom the owner of the table serializes. */

static inline void vr_slot_publish(unsigned long *slot, unsigned long w)
{
	/* pairs with the address dependency of the lookups */
	smp_store_release(slot, w);
}

/* lpm4_block.c */
struct vr_block *vr_block_alloc(struct vr_lpm *t, unsigned int n, bool wide,
				unsigned long above);
struct vr_block *vr_block_copy(struct vr_lpm *t, const struct vr_block *b,
			       unsigned int at, const struct vr_entry *e,
			       bool wide);
unsigned long vr_block_build(struct vr_lpm *t, const struct vr_entry *e, u32 n,
			     unsigned int depth, unsigned long above);
void vr_block_free(struct vr_lpm *t, struct vr_block *b);
unsigned int vr_block_find(const struct vr_block *b, u32 key, u8 len,
			   bool *exact);
bool vr_block_fits(unsigned int depth, u32 val);
struct vr_entry vr_entry_get(const struct vr_block *b, unsigned int i);
void vr_entry_put(struct vr_block *b, unsigned int i, const struct vr_entry *e);

/* lpm4_fan.c */
u32 vr_fan_get(const struct vr_fan *f, u32 key, u8 len);
void vr_fan_set(struct vr_fan *f, u32 key, u8 len, u32 val);
unsigned long vr_slot_above(unsigned long w);
int vr_slot_reform(struct vr_lpm *t, unsigned long *slot, u32 n,
		   unsigned int depth, unsigned int bits);
void vr_slot_free(struct vr_lpm *t, unsigned long w);

#endif /* _VR_LPM4_PRIV_H */
