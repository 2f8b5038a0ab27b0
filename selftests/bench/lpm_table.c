// SPDX-License-Identifier: GPL-2.0
/*
 * Synthetic routing tables.
 *
 * No list of real prefixes is needed: what a lookup structure feels is the
 * number of prefixes per length, how they nest, and how they huddle.  The shares
 * of the lengths are those of G. Huston's yearly reports ("BGP in 2023", "BGP in
 * 2024") and of the Weekly Routing Table Report, rounded.  About half of the
 * prefixes are more specific ones of others, as reported there.
 *
 * Prefixes that are not nested are allocated by splitting blocks, short ones
 * first, as registries do; nested ones come in runs of neighbours within one
 * block, as operators announce them.
 */
#include <stdio.h>

#include "lpm_table.h"

static u64 seed = 1;

u64 table_rnd(void)
{
	/* splitmix64 */
	u64 z = (seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/**
 * struct share - prefixes of one length
 * @len: the length
 * @of_10000: how many of 10000 prefixes have it
 * @nested: percentage of them that lie within other prefixes
 */
struct share {
	u8	len;
	u16	of_10000;
	u8	nested;
};

static const struct share share4[] = {
	{ 10, 1, 0 }, { 11, 1, 0 }, { 12, 3, 0 }, { 13, 6, 10 }, { 14, 12, 15 },
	{ 15, 20, 20 }, { 16, 135, 15 }, { 17, 85, 40 }, { 18, 140, 40 },
	{ 19, 260, 45 }, { 20, 460, 45 }, { 21, 520, 50 }, { 22, 1120, 50 },
	{ 23, 1060, 60 }, { 24, 6177, 60 },
};

static const struct share share6[] = {
	{ 20, 1, 0 }, { 24, 2, 0 }, { 28, 40, 5 }, { 29, 280, 5 },
	{ 30, 60, 30 }, { 31, 40, 40 }, { 32, 1180, 20 }, { 33, 170, 90 },
	{ 34, 150, 90 }, { 35, 100, 90 }, { 36, 480, 90 }, { 38, 120, 90 },
	{ 40, 980, 90 }, { 42, 220, 90 }, { 43, 80, 90 }, { 44, 960, 80 },
	{ 45, 120, 80 }, { 46, 340, 80 }, { 47, 340, 80 }, { 48, 4337, 60 },
};

static void *must(void *p)
{
	if (!p) {
		perror("lpm_bench");
		exit(2);
	}
	return p;
}

static struct vr_lpm_key cut(struct vr_lpm_key k, unsigned int len)
{
	k.hi &= len ? ~0ULL << (len < 64 ? 64 - len : 0) : 0;
	k.lo &= len > 64 ? ~0ULL << (128 - len) : 0;
	return k;
}

static void table_alloc(struct table *t, bool v6, u32 n)
{
	u32 size = 1024;

	while (size < 2 * n)
		size *= 2;
	*t = (struct table){ .v6 = v6, .size = n, .mask = size - 1 };
	t->route = must(calloc(n, sizeof(*t->route)));
	t->hash = must(calloc(size, sizeof(*t->hash)));
}

void table_free(struct table *t)
{
	free(t->route);
	free(t->hash);
}

/* Add a route unless it is there or the table is full. */
static bool add(struct table *t, struct vr_lpm_key key, u8 len, u32 val)
{
	struct route *r;
	u64 h;

	if (t->n == t->size)
		return false;
	key = cut(key, len);
	h = (key.hi ^ key.lo * 31 ^ len) * 0x9e3779b97f4a7c15ULL;
	for (h >>= 36;; h++) {
		u32 at = t->hash[h & t->mask];

		if (!at)
			break;
		r = &t->route[at - 1];
		if (r->key.hi == key.hi && r->key.lo == key.lo && r->len == len)
			return false;
	}
	t->route[t->n++] = (struct route){ key, len, val };
	t->hash[h & t->mask] = t->n;
	return true;
}

static u32 next_hop(void)
{
	return 1 + table_rnd() % TABLE_NEXT_HOPS;
}

/* Blocks not given out yet, by length. */
struct blocks {
	u64	*addr[65];
	u32	n[65];
};

static void block_put(struct blocks *b, unsigned int len, u64 addr)
{
	if (!(b->n[len] & (b->n[len] - 1)))
		b->addr[len] = must(realloc(b->addr[len], sizeof(u64) *
					    (b->n[len] ? 2 * b->n[len] : 1)));
	b->addr[len][b->n[len]++] = addr;
}

/* A block of this length, split off the smallest that there is. */
static bool block_get(struct blocks *b, unsigned int len, u64 *addr)
{
	unsigned int at = len;
	u32 i;

	while (at && !b->n[at])
		at--;
	if (!b->n[at])
		return false;
	i = table_rnd() % b->n[at];
	*addr = b->addr[at][i];
	b->addr[at][i] = b->addr[at][--b->n[at]];
	for (; at < len; at++)
		block_put(b, at + 1, *addr | 1ULL << (63 - at));
	return true;
}

/* Neighbours within a prefix that is there already. */
static void add_run(struct table *t, u8 len, u32 *left)
{
	const struct route *in = &t->route[table_rnd() % t->n];
	u32 run = 1 + table_rnd() % 8, val = next_hop();
	struct vr_lpm_key key = in->key;
	unsigned int bits;

	if (in->len >= len || in->len + 16 < len)
		return;
	bits = len - in->len;
	key.hi |= table_rnd() % (1ULL << bits) << (64 - len);
	for (; run && *left; run--) {
		*left -= add(t, key, len, table_rnd() % 4 ? val : next_hop());
		key.hi += 1ULL << (64 - len);
		if (cut(key, in->len).hi != in->key.hi)
			return;
	}
}

void table_internet(struct table *t, bool v6, u32 n)
{
	const struct share *share = v6 ? share6 : share4;
	unsigned int n_share = v6 ? ARRAY_SIZE(share6) : ARRAY_SIZE(share4);
	struct blocks free_blocks = {};
	unsigned int i;

	table_alloc(t, v6, n);
	if (v6) {
		/* a part of what each of the registries has */
		static const u16 top[] = { 0x2001, 0x2400, 0x2600, 0x2800,
					   0x2a00, 0x2c00 };

		for (i = 0; i < ARRAY_SIZE(top); i++)
			block_put(&free_blocks, 15, (u64)top[i] << 48 & ~0ULL << 49);
	} else {
		for (i = 1; i < 224; i++)
			if (i != 10 && i != 127)
				block_put(&free_blocks, 8, (u64)i << 56);
	}

	for (i = 0; i < n_share; i++) {
		u32 left = (u64)n * share[i].of_10000 / 10000;
		u32 nested = (u64)left * share[i].nested / 100;

		for (left -= nested; left; left--) {
			struct vr_lpm_key key = {};

			if (!block_get(&free_blocks, share[i].len, &key.hi)) {
				fprintf(stderr, "lpm_bench: address space is full\n");
				exit(2);
			}
			add(t, key, share[i].len, next_hop());
		}
		while (nested)
			add_run(t, share[i].len, &nested);
	}
	for (i = 0; i < ARRAY_SIZE(free_blocks.addr); i++)
		free(free_blocks.addr[i]);
}

void table_small(struct table *t, bool v6, u32 n)
{
	u64 base = v6 ? 0x20010db8ULL << 32 : 10ULL << 56;
	struct vr_lpm_key key = {};
	u32 links = n > 4 ? n / 4 : 1;

	table_alloc(t, v6, n);
	add(t, key, 0, next_hop());
	base |= table_rnd() % 256 << (v6 ? 24 : 48);
	while (t->n < n) {
		u32 i = table_rnd() % links;

		key.hi = base | (u64)i << (v6 ? 16 : 40);
		add(t, key, v6 ? 64 : 24, next_hop());
		if (table_rnd() % 2) {
			/* a host there */
			if (v6)
				key.lo = table_rnd();
			else
				key.hi |= table_rnd() % 256 << 32;
			add(t, key, v6 ? 128 : 32, next_hop());
		} else {
			/* a site behind it */
			key.hi = base ^ table_rnd() % 1024 << (v6 ? 16 : 44);
			add(t, key, v6 ? 48 : 20, next_hop());
		}
		key.lo = 0;
	}
}

void table_hosts(struct table *t, bool v6, u32 n)
{
	table_alloc(t, v6, n);
	while (t->n < n) {
		struct vr_lpm_key key = { table_rnd(), v6 ? table_rnd() : 0 };

		if (!v6)
			key.hi = (1ULL << 24 | key.hi % (223ULL << 24)) << 32;
		add(t, key, v6 ? 128 : 32, next_hop());
	}
}

struct vr_lpm_key table_address(const struct table *t)
{
	const struct route *r = &t->route[table_rnd() % t->n];
	struct vr_lpm_key noise = { table_rnd(), table_rnd() }, net;

	net = cut(noise, r->len);
	noise.hi ^= net.hi ^ r->key.hi;
	noise.lo ^= net.lo ^ r->key.lo;
	if (!t->v6)
		noise = cut(noise, 32);
	return noise;
}
