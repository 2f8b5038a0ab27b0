// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/lpm4*.c through all their forms, against the naive reference of lpm_test.c.
 *
 * Usage: lpm4_test [steps [seed]]
 */
#include "lpm_rnd.h"

#define RUN_MAX		2200	/* prefixes of the random runs: up to the second form */

/* A prefix of a crowded table: half of them huddle in one /16 or one /24. */
static struct vr_lpm_key crowd_key(u8 *len)
{
	struct vr_lpm_key k = { rnd() & ~0ULL << 32, 0 };

	switch (rnd() % 4) {
	case 0:
		*len = 25 + rnd() % 8;
		k.hi = 0x0a010200ULL << 32 | (k.hi & 0xffULL << 32);
		break;
	case 1:
		*len = 17 + rnd() % 16;
		k.hi = 0x0a010000ULL << 32 | (k.hi & 0xffffULL << 32);
		break;
	default:
		*len = 1 + rnd() % 32;
	}
	return mask(k, *len);
}

static int crowd_check(const struct vr_lpm *t, const struct ref *ref, int n,
		       long op)
{
	while (n--) {
		struct vr_lpm_key k = rnd_key(ref, false);
		u32 got, want;
		u8 len;

		if (rnd() % 2)
			k = crowd_key(&len);
		got = lookup(t, k, false);
		want = ref_lookup(ref, k);
		if (got != want)
			return fail("lookup", k, 0, got, want, op);
	}
	return t->n != ref->n || t->nodes != (u32)shim_live;
}

/*
 * An IPv4 table grows to all its forms and shrinks again; each must be given back.
 * With @starve memory fails now and then, and a form may come late, or stay.
 */
static int crowd(bool starve)
{
	static struct ref ref;
	struct vr_lpm t = {};
	u64 most = 0;
	long op;
	int err;

	ref.n = 0;
	for (op = 0; ref.n < REF_SIZE; op++) {
		u8 len;
		struct vr_lpm_key k = crowd_key(&len);
		u32 val = rnd_val();

		if (vr_lpm_get(&t, &k, len))
			continue;
		shim_fail_after = starve && rnd() % 8 == 0 ? (long)(rnd() % 6) : -1;
		err = vr_lpm_set(&t, &k, len, val);
		if (err && (!starve || shim_fail_after != -1))
			return fail("set", k, len, -err, 0, op);
		shim_fail_after = -1;
		if (!err)
			ref.route[ref.n++] = (struct ref_route){ k, len, val };
		if (op % 256 == 0 && crowd_check(&t, &ref, 16, op))
			return 1;
	}
	most = t.bytes;
	for (op = 0; ref.n; op++) {
		struct ref_route *r = &ref.route[rnd() % ref.n];

		shim_fail_after = starve && rnd() % 8 == 0 ? (long)(rnd() % 6) : -1;
		err = vr_lpm_del(&t, &r->key, r->len);
		if (err && (!starve || shim_fail_after != -1))
			return fail("del", r->key, r->len, -err, 0, op);
		shim_fail_after = -1;
		if (!err)
			*r = ref.route[--ref.n];
		if (op % 256 == 0 && crowd_check(&t, &ref, 16, op))
			return 1;
		/* half of the direct table's 1 MiB goes at each form */
		if (!starve && ref.n == 400 && t.bytes > 20000) {
			printf("# %llu bytes for %u prefixes, %llu before\n",
			       (unsigned long long)t.bytes, ref.n,
			       (unsigned long long)most);
			return 1;
		}
	}
	return t.n || t.nodes || t.bytes || shim_live;
}

static struct vr_lpm_key key_at(u32 addr)
{
	return (struct vr_lpm_key){ .hi = (u64)addr << 32 };
}

/*
 * What a router has, and then neighbours one after the other: all in one block, and
 * in one again below the fan that it becomes.
 */
static int neighbours(u8 len)
{
	static const struct { u32 addr; u8 len; } links[] = {
		{ 0, 0 }, { 0x0a090000, 24 }, { 0x0a090000, 32 },
		{ 0x0a090001, 32 }, { 0x0a0900ff, 32 }, { 0xc6120000, 16 },
		{ 0xc6120000, 32 }, { 0xc612fffe, 32 }, { 0xc612ffff, 32 },
		{ 0x14000000, 8 }, { 0x14000000, 14 }, { 0x14000000, 30 },
	};
	static struct ref ref;
	struct vr_lpm t = {};
	struct vr_lpm_key k;
	struct ref_route *r;
	u32 i, val;

	ref.n = 0;
	for (i = 0; i < ARRAY_SIZE(links) + (len < 10 ? 1 << len : 1000); i++) {
		u32 nr = i - ARRAY_SIZE(links);

		r = &ref.route[ref.n];
		*r = i < ARRAY_SIZE(links) ?
		     (struct ref_route){ key_at(links[i].addr), links[i].len, i + 1 } :
		     (struct ref_route){ key_at(0x14000000 + (nr << (32 - len))), len, i + 1 };
		r->key = mask(r->key, r->len);
		if (!ref_find(&ref, r->key, r->len))
			ref.n++;
		if (vr_lpm_set(&t, &r->key, r->len, i + 1))
			return fail("set", r->key, r->len, ENOMEM, 0, i);
		r = ref_find(&ref, r->key, r->len);
		r->val = i + 1;
		if (t.n != ref.n)
			return fail("count", r->key, r->len, t.n, ref.n, i);
	}
	for (i = 0; i < ref.n; i++) {
		k = ref.route[i].key;
		val = ref_lookup(&ref, k);
		if (lookup(&t, k, false) != val)
			return fail("lookup", k, len, lookup(&t, k, false), val, i);
	}
	for (i = 0; i < ref.n; i++)
		if (vr_lpm_del(&t, &ref.route[i].key, ref.route[i].len))
			return fail("del", ref.route[i].key, ref.route[i].len, 1, 0, i);
	return t.n || t.nodes || t.bytes || shim_live;
}

/* The addresses about a prefix. */
static int check_about(const struct vr_lpm *t, const struct ref *ref,
		       struct vr_lpm_key k, u8 len, long op)
{
	u32 first = k.hi >> 32, last = first | (len ? ~0ULL >> 32 >> len : ~0U);
	u32 addr[] = { first, first - 1, last, last + 1, rnd_key(ref, false).hi >> 32 };
	u32 val[ARRAY_SIZE(addr)], want;
	unsigned int i;

	vr_lpm4_lookup_vec(t, addr, val, ARRAY_SIZE(addr));
	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		want = ref_lookup(ref, key_at(addr[i]));
		if (val[i] != want)
			return fail("vector", key_at(addr[i]), len, val[i], want, op);
		if (vr_lpm4_lookup(t, addr[i]) != want)
			return fail("lookup", key_at(addr[i]), len,
				    vr_lpm4_lookup(t, addr[i]), want, op);
	}
	if (t->n != ref->n)
		return fail("count", k, len, t->n, ref->n, op);
	if (t->nodes != (u32)shim_live)
		return fail("nodes", k, len, t->nodes, shim_live, op);
	return 0;
}

/* Set or remove one prefix; memory fails, if at all, where it is asked for. */
static int step(struct vr_lpm *t, struct ref *ref, struct vr_lpm_key k, u8 len,
		bool set, bool starve, long op)
{
	bool armed = starve && rnd() % 8 == 0;
	struct ref_route *r = ref_find(ref, k, len);
	u32 val = rnd_val();
	int err;

	shim_fail_after = armed ? (long)(rnd() % 6) : -1;
	err = set ? vr_lpm_set(t, &k, len, val) : vr_lpm_del(t, &k, len);
	armed = armed && shim_fail_after == -1;
	shim_fail_after = -1;

	if (err == -ENOMEM && armed) {
		if (set && r && val <= U16_MAX)
			return fail("change", k, len, -err, 0, op);
	} else if (err != (set || r ? 0 : -ENOENT)) {
		return fail(set ? "set" : "del", k, len, -err, 0, op);
	} else if (set) {
		if (!r)
			r = &ref->route[ref->n++];
		*r = (struct ref_route){ k, len, val };
	} else if (r) {
		*r = ref->route[--ref->n];
	}
	return check_about(t, ref, k, len, op);
}

/*
 * Runs of neighbours of any length come, change and go, upwards, downwards or at
 * random, where others are already, around them and in them.
 */
static int runs(long steps, bool starve)
{
	static const u32 origins[] = { 0x14000000, 0x0a010200, 0, 0xffffff00 };
	static struct ref ref;
	struct vr_lpm t = {};
	long op = 0;

	ref.n = 0;
	while (op < steps) {
		u8 len = rnd() % 2 ? 18 + rnd() % 15 : rnd() % 33;
		u32 n = 1 + rnd() % (rnd() % 4 ? 20 : 600), i, nr, order = rnd() % 3;
		struct vr_lpm_key k;
		bool set = ref.n + n <= RUN_MAX && rnd() % 8 < 5;
		u32 base = origins[rnd() % ARRAY_SIZE(origins)];

		if (rnd() % 4 == 0)
			base = rnd_key(&ref, false).hi >> 32;
		for (i = 0; i < n; i++, op++) {
			nr = order == 0 ? i : order == 1 ? n - 1 - i : rnd() % n;
			k = mask(key_at(base + (len ? nr << (32 - len) : 0)), len);
			if (step(&t, &ref, k, len, set, starve, op))
				return 1;
		}
	}
	while (ref.n) {
		struct ref_route r = ref.route[rnd() % ref.n];

		if (step(&t, &ref, r.key, r.len, false, starve, op))
			return 1;
	}
	return t.n || t.nodes || t.bytes || shim_live;
}

int main(int argc, char **argv)
{
	long steps = argc > 1 ? atol(argv[1]) : 40000;
	int err = 0, bad = 0;
	u8 len;

	if (argc > 2)
		seed = atol(argv[2]);
	printf("TAP version 13\n1..5\n# seed %llu\n", (unsigned long long)seed);
	for (len = 1; len <= 32; len++)
		bad |= neighbours(len);
	err |= result(1, bad, "lpm4: neighbours of each length");
	err |= result(2, runs(steps, false), "lpm4: runs of neighbours");
	err |= result(3, runs(steps, true), "lpm4: runs of neighbours, memory fails");
	err |= result(4, crowd(false), "lpm4: all forms and back");
	err |= result(5, crowd(true), "lpm4: all forms, memory fails");
	return err;
}
