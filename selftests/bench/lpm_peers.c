// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "lpm_mem.h"
#include "lpm_peers.h"

static void *must(void *p)
{
	if (!p) {
		perror("lpm_bench");
		exit(2);
	}
	return p;
}

/*
 * The table as ranges: each value holds from its start to the next range.  All
 * the structures below are made from these.
 */
struct range {
	u32	start;
	u32	val;
};

struct ranges {
	u32		n;
	struct range	*range;
};

static int by_prefix(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	if (x->key.hi != y->key.hi)
		return x->key.hi < y->key.hi ? -1 : 1;
	return x->len - y->len;
}

static void range_add(struct ranges *r, u64 start, u32 val)
{
	if (start > 0xffffffff)
		return;
	if (r->n && r->range[r->n - 1].start == start)
		r->n--;
	if (r->n && r->range[r->n - 1].val == val)
		return;
	r->range[r->n++] = (struct range){ start, val };
}

static void ranges_make(struct ranges *r, const struct table *t)
{
	struct route *sorted = must(malloc(t->n * sizeof(*sorted)));
	const struct route *stack[34];
	int depth = 0;
	u32 i;

	memcpy(sorted, t->route, t->n * sizeof(*sorted));
	qsort(sorted, t->n, sizeof(*sorted), by_prefix);
	r->range = must(malloc((2 * t->n + 2) * sizeof(*r->range)));
	r->n = 0;
	range_add(r, 0, 0);
	for (i = 0; i <= t->n; i++) {
		u64 at = i < t->n ? sorted[i].key.hi >> 32 : 1ULL << 32;

		/* leave the prefixes that end before this one */
		while (depth) {
			const struct route *in = stack[depth - 1];
			u64 end = (in->key.hi >> 32) + (1ULL << (32 - in->len));

			if (end > at)
				break;
			depth--;
			range_add(r, end, depth ? stack[depth - 1]->val : 0);
		}
		if (i < t->n) {
			range_add(r, at, sorted[i].val);
			stack[depth++] = &sorted[i];
		}
	}
	free(sorted);
}

/* The range that holds @addr; @hint is one at or before it. */
static u32 range_at(const struct ranges *r, u32 addr, u32 hint)
{
	while (hint + 1 < r->n && r->range[hint + 1].start <= addr)
		hint++;
	return hint;
}

/* Whether one range, the one at @i, holds all of a block of 1 << @bits. */
static bool uniform(const struct ranges *r, u32 i, u32 start, unsigned int bits)
{
	return i + 1 == r->n ||
	       r->range[i + 1].start >= start + (1ULL << bits);
}

/*
 * DIR-24-8: P. Gupta, S. Lin, N. McKeown, "Routing lookups in hardware at memory
 * access speeds", INFOCOM 1998.  A table of 2^24 entries, and one of 256 for
 * each /24 that is not uniform.
 */
#define DIR_MORE	(1U << 31)

struct dir24 {
	u32	*top;
	u32	*low;
	u32	n_low;
};

static u32 dir24_low(struct dir24 *d, const struct ranges *r, u32 i, u32 start)
{
	u32 *low, k;

	if (!(d->n_low & (d->n_low - 1)))
		d->low = must(realloc(d->low, 1024UL *
				      (d->n_low ? 2 * d->n_low : 1)));
	low = d->low + 256 * d->n_low;
	for (k = 0; k < 256; k++) {
		i = range_at(r, start + k, i);
		low[k] = r->range[i].val;
	}
	return d->n_low++;
}

struct dir24 *dir24_build(const struct table *t, size_t *bytes)
{
	struct dir24 *d = must(calloc(1, sizeof(*d)));
	struct ranges r;
	u32 i = 0, k;

	ranges_make(&r, t);
	d->top = mem_huge(sizeof(u32) << 24);
	for (k = 0; k < 1U << 24; k++) {
		i = range_at(&r, k << 8, i);
		d->top[k] = uniform(&r, i, k << 8, 8) ? r.range[i].val :
			    DIR_MORE | dir24_low(d, &r, i, k << 8);
	}
	free(r.range);
	*bytes = (sizeof(u32) << 24) + 1024UL * d->n_low;
	return d;
}

void dir24_free(struct dir24 *d)
{
	mem_huge_free(d->top);
	free(d->low);
	free(d);
}

static inline u32 dir24_find(const struct dir24 *d, u32 addr)
{
	u32 val = d->top[addr >> 8];

	return val & DIR_MORE ?
	       d->low[(val & ~DIR_MORE) << 8 | (addr & 0xff)] : val;
}

u32 dir24_lookup(const struct dir24 *d, u32 addr)
{
	return dir24_find(d, addr);
}

void dir24_lookup_vec(const struct dir24 *d, const u32 *addr, u32 *val, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		__builtin_prefetch(&d->top[addr[i] >> 8]);
	for (i = 0; i < n; i++)
		val[i] = dir24_find(d, addr[i]);
}

/*
 * DXR: M. Zec, L. Rizzo, M. Mikuc, "DXR: towards a billion routing lookups per
 * second in software", ACM CCR 42(5), 2012.  2^18 chunks; where a chunk is not
 * uniform, a binary search among its ranges, which take two bytes each if all
 * start on a multiple of 64 and all values fit (four else).
 */
#define DXR_BITS	18
#define DXR_REST	(32 - DXR_BITS)
#define DXR_SHORT	(1U << 31)

struct dxr_chunk {
	u32	at;		/* first range, or the value if @n is 0 */
	u32	n;		/* ranges, with DXR_SHORT */
};

struct dxr {
	struct dxr_chunk	chunk[1 << DXR_BITS];
	u32			n_wide;
	u32			n_narrow;
	u16			(*wide)[2];	/* start in the chunk, value */
	u8			(*narrow)[2];	/* start / 64, value */
};

static void dxr_chunk_make(struct dxr *d, const struct ranges *r, u32 i,
			   u32 start, struct dxr_chunk *c)
{
	u64 end = start + (1ULL << DXR_REST);
	bool narrow = true;
	u32 k, n = 1;

	for (k = i;; k++) {
		narrow &= r->range[k].val < 256 &&
			  (k == i || !(r->range[k].start & 63));
		if (k + 1 == r->n || r->range[k + 1].start >= end)
			break;
		n++;
	}
	c->n = n | (narrow ? DXR_SHORT : 0);
	c->at = narrow ? d->n_narrow : d->n_wide;
	for (k = i; k < i + n; k++) {
		u32 low = k == i ? 0 : r->range[k].start - start;

		if (narrow) {
			d->narrow[d->n_narrow][0] = low / 64;
			d->narrow[d->n_narrow++][1] = r->range[k].val;
		} else {
			d->wide[d->n_wide][0] = low;
			d->wide[d->n_wide++][1] = r->range[k].val;
		}
	}
}

struct dxr *dxr_build(const struct table *t, size_t *bytes)
{
	struct dxr *d = mem_huge(sizeof(*d));
	struct ranges r;
	u32 i = 0, k;

	ranges_make(&r, t);
	d->wide = mem_huge((r.n + (1 << DXR_BITS)) * sizeof(*d->wide));
	d->narrow = mem_huge((r.n + (1 << DXR_BITS)) * sizeof(*d->narrow));
	for (k = 0; k < 1 << DXR_BITS; k++) {
		u32 start = k << DXR_REST;

		i = range_at(&r, start, i);
		if (uniform(&r, i, start, DXR_REST))
			d->chunk[k].at = r.range[i].val;
		else
			dxr_chunk_make(d, &r, i, start, &d->chunk[k]);
	}
	free(r.range);
	/* the paper's chunks are 32 bits: position, number and format */
	*bytes = (sizeof(u32) << DXR_BITS) + d->n_wide * sizeof(*d->wide) +
		 d->n_narrow * sizeof(*d->narrow);
	return d;
}

void dxr_free(struct dxr *d)
{
	mem_huge_free(d->wide);
	mem_huge_free(d->narrow);
	mem_huge_free(d);
}

static inline u32 dxr_find(const struct dxr *d, u32 addr)
{
	const struct dxr_chunk *c = &d->chunk[addr >> DXR_REST];
	u32 low = addr & ((1 << DXR_REST) - 1);
	u32 from = 0, to = c->n & ~DXR_SHORT;

	if (!c->n)
		return c->at;
	if (c->n & DXR_SHORT) {
		const u8 (*s)[2] = (const void *)&d->narrow[c->at];

		low /= 64;
		while (to - from > 1) {
			u32 mid = (from + to) / 2;

			if (s[mid][0] <= low)
				from = mid;
			else
				to = mid;
		}
		return s[from][1];
	} else {
		const u16 (*s)[2] = (const void *)&d->wide[c->at];

		while (to - from > 1) {
			u32 mid = (from + to) / 2;

			if (s[mid][0] <= low)
				from = mid;
			else
				to = mid;
		}
		return s[from][1];
	}
}

u32 dxr_lookup(const struct dxr *d, u32 addr)
{
	return dxr_find(d, addr);
}

void dxr_lookup_vec(const struct dxr *d, const u32 *addr, u32 *val, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		__builtin_prefetch(&d->chunk[addr[i] >> DXR_REST]);
	for (i = 0; i < n; i++) {
		const struct dxr_chunk *c = &d->chunk[addr[i] >> DXR_REST];

		/* where the search begins */
		if (c->n & DXR_SHORT)
			__builtin_prefetch(&d->narrow[c->at + (c->n & ~DXR_SHORT) / 2]);
		else if (c->n)
			__builtin_prefetch(&d->wide[c->at + c->n / 2]);
	}
	for (i = 0; i < n; i++)
		val[i] = dxr_find(d, addr[i]);
}

/*
 * The multibit trie with values pushed to the leaves, of 16, 8 and 8 bits: V.
 * Srinivasan, G. Varghese, "Fast address lookups using controlled prefix
 * expansion", ACM TOCS 17(1), 1999; as FD.io VPP's ip4_mtrie.
 */
#define MTRIE_MORE	(1U << 31)

struct mtrie {
	u32	root[1 << 16];
	u32	(*ply)[256];
	u32	n;
};

static u32 mtrie_slot(struct mtrie *m, const struct ranges *r, u32 *i,
		      u32 start, unsigned int bits)
{
	u32 at, k;

	*i = range_at(r, start, *i);
	if (uniform(r, *i, start, bits))
		return r->range[*i].val;
	if (!(m->n & (m->n - 1)))
		m->ply = must(realloc(m->ply, sizeof(*m->ply) *
				      (m->n ? 2 * m->n : 1)));
	at = m->n++;
	for (k = 0; k < 256; k++) {
		u32 slot = mtrie_slot(m, r, i, start | k << (bits - 8), bits - 8);

		m->ply[at][k] = slot;
	}
	return MTRIE_MORE | at;
}

struct mtrie *mtrie_build(const struct table *t, size_t *bytes)
{
	struct mtrie *m = mem_huge(sizeof(*m));
	void *grown;
	struct ranges r;
	u32 i = 0, k;

	ranges_make(&r, t);
	for (k = 0; k < 1 << 16; k++)
		m->root[k] = mtrie_slot(m, &r, &i, k << 16, 16);
	free(r.range);
	grown = m->ply;
	m->ply = mem_huge((m->n + 1) * sizeof(*m->ply));
	if (grown)
		memcpy(m->ply, grown, m->n * sizeof(*m->ply));
	free(grown);
	*bytes = sizeof(m->root) + m->n * sizeof(*m->ply);
	return m;
}

void mtrie_free(struct mtrie *m)
{
	mem_huge_free(m->ply);
	mem_huge_free(m);
}

static inline u32 mtrie_find(const struct mtrie *m, u32 addr)
{
	u32 slot = m->root[addr >> 16];

	if (slot & MTRIE_MORE)
		slot = m->ply[slot & ~MTRIE_MORE][addr >> 8 & 0xff];
	if (slot & MTRIE_MORE)
		slot = m->ply[slot & ~MTRIE_MORE][addr & 0xff];
	return slot;
}

u32 mtrie_lookup(const struct mtrie *m, u32 addr)
{
	return mtrie_find(m, addr);
}

void mtrie_lookup_vec(const struct mtrie *m, const u32 *addr, u32 *val, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		__builtin_prefetch(&m->root[addr[i] >> 16]);
	for (i = 0; i < n; i++) {
		val[i] = m->root[addr[i] >> 16];
		if (val[i] & MTRIE_MORE)
			__builtin_prefetch(&m->ply[val[i] & ~MTRIE_MORE]
						  [addr[i] >> 8 & 0xff]);
	}
	for (i = 0; i < n; i++) {
		if (!(val[i] & MTRIE_MORE))
			continue;
		val[i] = m->ply[val[i] & ~MTRIE_MORE][addr[i] >> 8 & 0xff];
		if (val[i] & MTRIE_MORE)
			__builtin_prefetch(&m->ply[val[i] & ~MTRIE_MORE]
						  [addr[i] & 0xff]);
	}
	for (i = 0; i < n; i++)
		if (val[i] & MTRIE_MORE)
			val[i] = m->ply[val[i] & ~MTRIE_MORE][addr[i] & 0xff];
}
