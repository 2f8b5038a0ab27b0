/* SPDX-License-Identifier: GPL-2.0 */
/* The IPv4 half of lpm.h, for lpm.c: prefixes of at least one bit. */
#ifndef _VR_LPM4_H
#define _VR_LPM4_H

#include "lpm.h"

u32 vr_lpm4_get(const struct vr_lpm *t, u32 key, u8 len);
int vr_lpm4_set(struct vr_lpm *t, u32 key, u8 len, u32 val);
int vr_lpm4_del(struct vr_lpm *t, u32 key, u8 len);
void vr_lpm4_flush(struct vr_lpm *t);

#endif /* _VR_LPM4_H */
