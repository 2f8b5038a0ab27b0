/* SPDX-License-Identifier: GPL-2.0 */
/* Synthetic routing tables for lpm_bench. */
#ifndef _VR_LPM_TABLE_H
#define _VR_LPM_TABLE_H

#include "shim.h"
#include "../../kmod/lpm.h"

struct route {
	struct vr_lpm_key	key;
	u8			len;
	u32			val;	/* 1 to TABLE_NEXT_HOPS */
};

#define TABLE_NEXT_HOPS	200

struct table {
	bool		v6;
	u32		n;
	u32		size;
	struct route	*route;
	u32		*hash;		/* while it is made: no prefix twice */
	u32		mask;
};

u64 table_rnd(void);

/* A full table of the Internet, of about @n prefixes. */
void table_internet(struct table *t, bool v6, u32 n);
/* What a small router has: a default, links, host routes, some networks. */
void table_small(struct table *t, bool v6, u32 n);
/* Host routes all over the address space. */
void table_hosts(struct table *t, bool v6, u32 n);
void table_free(struct table *t);

/* An address that a random route of @t covers. */
struct vr_lpm_key table_address(const struct table *t);

#endif /* _VR_LPM_TABLE_H */
