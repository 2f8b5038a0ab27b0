/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 lookup structures of others, rebuilt from their papers for comparison.
 * They are made at once from a whole table: what they need for updates is left
 * out, also of their memory.
 */
#ifndef _VR_LPM_PEERS_H
#define _VR_LPM_PEERS_H

#include "lpm_table.h"

struct dir24 *dir24_build(const struct table *t, size_t *bytes);
void dir24_free(struct dir24 *d);
u32 dir24_lookup(const struct dir24 *d, u32 addr);
void dir24_lookup_vec(const struct dir24 *d, const u32 *addr, u32 *val, u32 n);

struct dxr *dxr_build(const struct table *t, size_t *bytes);
void dxr_free(struct dxr *d);
u32 dxr_lookup(const struct dxr *d, u32 addr);
void dxr_lookup_vec(const struct dxr *d, const u32 *addr, u32 *val, u32 n);

struct mtrie *mtrie_build(const struct table *t, size_t *bytes);
void mtrie_free(struct mtrie *m);
u32 mtrie_lookup(const struct mtrie *m, u32 addr);
void mtrie_lookup_vec(const struct mtrie *m, const u32 *addr, u32 *val, u32 n);

#endif /* _VR_LPM_PEERS_H */
