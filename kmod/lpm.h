/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Longest prefix match over keys of up to 128 bits, for both IP versions.
 * Pure code: it also builds in user space (selftests/unit).
 */
#ifndef _VR_LPM_H
#define _VR_LPM_H

#include <linux/types.h>

struct vr_lpm_node;

/**
 * struct vr_lpm_key - an address as a number, most significant bit first
 * @hi: the first 64 bits; an IPv4 address fills the upper half
 * @lo: the last 64 bits, 0 for IPv4
 */
struct vr_lpm_key {
	u64 hi;
	u64 lo;
};

/**
 * struct vr_lpm - one table; all zero is an empty one for IPv4
 * @root4: where an IPv4 lookup begins, see lpm4.c
 * @root: the two halves of the IPv6 address space
 * @dflt: value of the prefix of length 0, 0 if there is none
 * @n: prefixes held
 * @nodes: objects allocated
 * @v6: for IPv6
 * @bytes: memory of the objects
 *
 * Readers need RCU only.  Writers are serialized by the owner of the table.
 */
struct vr_lpm {
	unsigned long			root4;
	struct vr_lpm_node __rcu	*root[2];
	u32				dflt;
	u32				n;
	u32				nodes;
	bool				v6;
	u64				bytes;
};

/* The value 0 means "no such prefix" everywhere. */
u32 vr_lpm4_lookup(const struct vr_lpm *t, u32 addr);
void vr_lpm4_lookup_vec(const struct vr_lpm *t, const u32 *addr, u32 *val,
			unsigned int n);
u32 vr_lpm6_lookup(const struct vr_lpm *t, u64 hi, u64 lo);
void vr_lpm6_lookup_vec(const struct vr_lpm *t, const struct vr_lpm_key *addr,
			u32 *val, unsigned int n);

/* writers; may sleep */
u32 vr_lpm_get(const struct vr_lpm *t, const struct vr_lpm_key *key, u8 len);
int vr_lpm_set(struct vr_lpm *t, const struct vr_lpm_key *key, u8 len,
	       u32 val);
int vr_lpm_del(struct vr_lpm *t, const struct vr_lpm_key *key, u8 len);
void vr_lpm_flush(struct vr_lpm *t);

#endif /* _VR_LPM_H */
