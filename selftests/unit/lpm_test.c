// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/lpm*.c against a deliberately naive reference: an unsorted array of
 * prefixes that every lookup walks from end to end.
 *
 * Usage: lpm_test [operations [seed]]
 */
#include <time.h>

#include "lpm_rnd.h"

static u8 rnd_len(bool v6)
{
	switch (rnd() % 4) {
	case 0:
		return v6 ? 128 : 32;
	case 1:
		return v6 ? 40 + rnd() % 30 : 18 + rnd() % 8;
	default:
		return rnd() % (v6 ? 129 : 33);
	}
}

/* One random life of a table; memory fails now and then. */
static int life(bool v6, long ops, unsigned int limit, bool starve)
{
	static struct ref ref;
	struct vr_lpm t = { .v6 = v6 };
	struct ref_route *r;
	u32 got, want;
	int err;
	long i;

	ref.n = 0;
	for (i = 0; i < ops; i++) {
		struct vr_lpm_key k = rnd_key(&ref, v6);
		u8 len = rnd_len(v6);
		u32 val = rnd_val();

		shim_fail_after = starve && rnd() % 4 == 0 ? (long)(rnd() % 4) : -1;
		switch (rnd() % 8) {
		case 0:
		case 1:
			if (ref.n == limit)
				goto del;
			k = mask(k, len);
			r = ref_find(&ref, k, len);
			err = vr_lpm_set(&t, &k, len, val);
			if (err && (shim_fail_after != -1 || !starve ||
				    (r && val <= U16_MAX)))
				return fail("set", k, len, -err, 0, i);
			if (err)
				break;
			if (!r)
				r = &ref.route[ref.n++];
			*r = (struct ref_route){ k, len, val };
			break;
		case 2:
del:
			if (ref.n && rnd() % 8) {
				r = &ref.route[rnd() % ref.n];
				k = r->key;
				len = r->len;
			}
			r = ref_find(&ref, k, len);
			err = vr_lpm_del(&t, &k, len);
			if (err == -ENOMEM && starve && r)
				break;
			if (err != (r ? 0 : -ENOENT))
				return fail("del", k, len, -err, 0, i);
			if (r)
				*r = ref.route[--ref.n];
			break;
		case 3:
			r = ref_find(&ref, k, len);
			got = vr_lpm_get(&t, &k, len);
			want = r ? r->val : 0;
			if (got != want)
				return fail("get", k, len, got, want, i);
			break;
		default:
			got = lookup(&t, k, v6);
			want = ref_lookup(&ref, k);
			if (got != want)
				return fail("lookup", k, 0, got, want, i);
		}
		shim_fail_after = -1;
		if (t.n != ref.n)
			return fail("count", k, len, t.n, ref.n, i);
		if (t.nodes != (u32)shim_live)
			return fail("nodes", k, len, t.nodes, shim_live, i);
	}

	/* an emptied table must hold nothing */
	while (ref.n) {
		r = &ref.route[--ref.n];
		err = vr_lpm_del(&t, &r->key, r->len);
		if (err)
			return fail("last del", r->key, r->len, -err, 0, i);
	}
	if (t.nodes || t.bytes || shim_live) {
		printf("# %u nodes, %llu bytes left in an empty table\n",
		       t.nodes, (unsigned long long)t.bytes);
		return 1;
	}
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Lengths as in the Internet's tables, roughly. */
static u8 bgp_len(bool v6)
{
	static const u8 len4[] = { 24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20,
				   19, 18, 17, 16, 24 };
	static const u8 len6[] = { 48, 48, 48, 48, 48, 48, 48, 32, 32, 44, 40,
				   36, 33, 29, 46, 47 };

	return v6 ? len6[rnd() % 16] : len4[rnd() % 16];
}

/* Memory and speed of a full table; also that it can be flushed. */
static int full(bool v6, u32 n)
{
	struct vr_lpm_key *key = calloc(n, sizeof(*key));
	u8 *len = calloc(n, 1);
	struct vr_lpm t = { .v6 = v6 };
	u64 sum = 0, bytes;
	double t0, t1, t2;
	u32 i, nodes;
	int ret = 1;

	if (!key || !len)
		goto out;
	for (i = 0; i < n; i++) {
		len[i] = bgp_len(v6);
		if (i && rnd() % 4)	/* allocated in blocks */
			key[i].hi = key[i - 1].hi +
				    (1ULL << (64 - len[i - 1]));
		else
			key[i].hi = v6 ? 0x2ULL << 60 | rnd() >> 4 :
					 rnd() % 0xe0000000ULL << 32;
		if (v6)
			key[i].hi = 0x2ULL << 60 | key[i].hi << 4 >> 4;
		key[i] = mask(key[i], len[i]);
	}
	t0 = now();
	for (i = 0; i < n; i++)
		if (vr_lpm_set(&t, &key[i], len[i], 1 + i % 100))
			goto out;
	t1 = now();
	for (i = 0; i < n; i++)
		sum += lookup(&t, key[rnd() % n], v6);
	t2 = now();
	bytes = t.bytes;
	nodes = t.nodes;
	printf("# IPv%d: %u prefixes, %u nodes, %.1f MiB, %.0f sets/s, %.0f lookups/s (sum %llu)\n",
	       v6 ? 6 : 4, t.n, nodes, bytes / 1048576.0, n / (t1 - t0),
	       n / (t2 - t1), (unsigned long long)sum);
	vr_lpm_flush(&t);
	ret = t.n || t.nodes || t.bytes || shim_live || lookup(&t, key[0], v6);
	if (!v6 && bytes > n * 10ULL) {
		printf("# more than 10 bytes per prefix\n");
		ret = 1;
	}
out:
	free(key);
	free(len);
	return ret;
}

/* Ten routes of a small router: host routes and links. */
static int tiny(bool v6)
{
	struct vr_lpm t = { .v6 = v6 };
	u64 bytes;
	int i;

	for (i = 0; i < 5; i++) {
		struct vr_lpm_key k = { rnd(), v6 ? rnd() : 0 };
		struct vr_lpm_key net = mask(k, v6 ? 64 : 24);

		if (vr_lpm_set(&t, &k, v6 ? 128 : 32, 1) ||
		    vr_lpm_set(&t, &net, v6 ? 64 : 24, 2))
			return 1;
	}
	bytes = t.bytes;
	printf("# IPv%d: 10 prefixes in %llu bytes\n", v6 ? 6 : 4,
	       (unsigned long long)bytes);
	vr_lpm_flush(&t);
	return bytes > 8192;
}

int main(int argc, char **argv)
{
	long ops = argc > 1 ? atol(argv[1]) : 300000;
	int err = 0;

	if (argc > 2)
		seed = atol(argv[2]);
	printf("TAP version 13\n1..9\n# seed %llu\n", (unsigned long long)seed);
	err |= result(1, life(false, ops, 24, false), "lpm: IPv4, few prefixes");
	err |= result(2, life(true, ops, 24, false), "lpm: IPv6, few prefixes");
	err |= result(3, life(false, ops, REF_MAX, false), "lpm: IPv4, many");
	err |= result(4, life(true, ops, REF_MAX, false), "lpm: IPv6, many");
	err |= result(5, life(false, ops, 100, true), "lpm: IPv4, memory fails");
	err |= result(6, life(true, ops, 100, true), "lpm: IPv6, memory fails");
	err |= result(7, full(false, 1000000), "lpm: a million IPv4 prefixes");
	err |= result(8, full(true, 200000), "lpm: 200000 IPv6 prefixes");
	err |= result(9, tiny(false) || tiny(true), "lpm: a small table is small");
	return err;
}
