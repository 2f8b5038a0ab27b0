/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the lookup draw, and how they say what went wrong. */
#ifndef _VR_LPM_RND_H
#define _VR_LPM_RND_H

#include "lpm_ref.h"

static u64 seed = 1;

static inline u64 rnd(void)
{
	/* splitmix64 */
	u64 z = (seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* Keys that share much with each other, so that prefixes nest and split. */
static inline struct vr_lpm_key rnd_key(const struct ref *ref, bool v6)
{
	struct vr_lpm_key k = { rnd(), v6 ? rnd() : 0 };
	unsigned int len;

	if (ref->n && rnd() % 4) {
		const struct ref_route *r = &ref->route[rnd() % ref->n];
		struct vr_lpm_key flip = k;

		/* the first bits of a known prefix, then noise or zeros */
		len = rnd() % (v6 ? 129 : 33);
		flip.hi ^= mask(k, len).hi ^ mask(r->key, len).hi;
		flip.lo ^= mask(k, len).lo ^ mask(r->key, len).lo;
		k = rnd() % 2 ? flip : mask(flip, len);
	}
	if (!v6) {
		k.hi &= ~0ULL << 32;
		k.lo = 0;
	}
	return k;
}

static inline int fail(const char *what, struct vr_lpm_key k, unsigned int len,
		       u32 got, u32 want, long op)
{
	printf("# operation %ld: %s of %016llx%016llx/%u: %u, not %u\n", op,
	       what, (unsigned long long)k.hi, (unsigned long long)k.lo, len,
	       got, want);
	return 1;
}

/* Mostly a value that fits 16 bits, which IPv4 keeps in less memory. */
static inline u32 rnd_val(void)
{
	return 1 + rnd() % (rnd() % 16 ? 1000 : 100000);
}

static inline int result(int n, int err, const char *name)
{
	printf("%sok %d %s\n", err ? "not " : "", n, name);
	fflush(stdout);
	return err;
}

#endif /* _VR_LPM_RND_H */
