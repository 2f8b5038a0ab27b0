/* SPDX-License-Identifier: GPL-2.0 */
/* kmod/lpm.h and the naive table that it is compared with. */
#ifndef _VR_LPM_REF_H
#define _VR_LPM_REF_H

#include <stdio.h>

#include "shim.h"
#include "../../kmod/lpm.h"

long shim_fail_after = -1;
long shim_live;

#define REF_MAX		512
#define REF_SIZE	40000	/* for few lookups only */

struct ref_route {
	struct vr_lpm_key	key;
	u8			len;
	u32			val;
};

struct ref {
	struct ref_route	route[REF_SIZE];
	unsigned int		n;
};

static struct vr_lpm_key mask(struct vr_lpm_key k, unsigned int len)
{
	k.hi = len ? k.hi & ~0ULL << (len < 64 ? 64 - len : 0) : 0;
	k.lo = len > 64 ? k.lo & ~0ULL << (128 - len) : 0;
	return k;
}

static bool covers(const struct ref_route *r, struct vr_lpm_key k)
{
	k = mask(k, r->len);
	return k.hi == r->key.hi && k.lo == r->key.lo;
}

static u32 ref_lookup(const struct ref *ref, struct vr_lpm_key k)
{
	int best = -1;
	u32 val = 0;
	unsigned int i;

	for (i = 0; i < ref->n; i++) {
		if (ref->route[i].len > best && covers(&ref->route[i], k)) {
			best = ref->route[i].len;
			val = ref->route[i].val;
		}
	}
	return val;
}

static struct ref_route *ref_find(struct ref *ref, struct vr_lpm_key k, u8 len)
{
	unsigned int i;

	for (i = 0; i < ref->n; i++)
		if (ref->route[i].len == len && covers(&ref->route[i], k))
			return &ref->route[i];
	return NULL;
}

#define VEC6		40	/* more than are looked up in step */

/* In a vector with others that part from it sooner or later. */
static u32 lookup6(const struct vr_lpm *t, struct vr_lpm_key k)
{
	struct vr_lpm_key addr[VEC6];
	u32 val[VEC6];
	int i;

	for (i = 0; i < VEC6; i++) {
		unsigned int bit = i * 79 % 128;

		addr[i] = k;
		if (i % 4 && bit < 64)
			addr[i].hi ^= 1ULL << (63 - bit);
		else if (i % 4)
			addr[i].lo ^= 1ULL << (127 - bit);
	}
	vr_lpm6_lookup_vec(t, addr, val, VEC6);
	for (i = 0; i < VEC6; i++)
		if (val[i] != vr_lpm6_lookup(t, addr[i].hi, addr[i].lo))
			abort();
	return val[VEC6 - 4];
}

static u32 lookup(const struct vr_lpm *t, struct vr_lpm_key k, bool v6)
{
	u32 addr[2] = { k.hi >> 32, ~k.hi >> 32 }, val[2];

	if (v6)
		return lookup6(t, k);
	vr_lpm4_lookup_vec(t, addr, val, 2);
	if (val[0] != vr_lpm4_lookup(t, addr[0]) ||
	    val[1] != vr_lpm4_lookup(t, addr[1]))
		abort();
	return val[0];
}

#endif /* _VR_LPM_REF_H */
