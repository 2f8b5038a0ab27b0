// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: the input is a sequence of updates and lookups, of which
 * each must end as in the naive table.
 */
#include "lpm_ref.h"

#define OP_BYTES	10	/* operation, length, 8 of the key */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ref ref;
	struct vr_lpm t = {};
	struct ref_route *r;
	int err;
	bool v6;

	if (!size)
		return 0;
	v6 = *data++ & 1;
	t.v6 = v6;
	size--;
	ref.n = 0;
	for (; size >= OP_BYTES; data += OP_BYTES, size -= OP_BYTES) {
		u8 len = data[1] % (v6 ? 129 : 33);
		struct vr_lpm_key k = {};
		u32 val = 1 + data[0] / 8 * 4099;
		int i;

		/* the key's bytes, spread over its whole length */
		for (i = 0; i < 4; i++)
			k.hi = k.hi << 8 | data[2 + i];
		k.hi <<= 32;
		if (v6) {
			k.hi |= (u64)data[6] << 24 | data[7];
			k.lo = (u64)data[8] << 56 | data[9];
		}

		shim_fail_after = data[0] & 4 ? data[6] % 4 : -1;
		r = NULL;
		switch (data[0] & 3) {
		case 0:
			if (ref.n == REF_MAX)
				break;
			k = mask(k, len);
			r = ref_find(&ref, k, len);
			err = vr_lpm_set(&t, &k, len, val);
			if (err && ((r && val <= U16_MAX) || !(data[0] & 4)))
				abort();
			if (err)
				break;
			if (!r)
				r = &ref.route[ref.n++];
			*r = (struct ref_route){ k, len, val };
			break;
		case 1:
			r = ref_find(&ref, k, len);
			err = vr_lpm_del(&t, &k, len);
			if (err == -ENOMEM && r && data[0] & 4)
				break;
			if (err != (r ? 0 : -ENOENT))
				abort();
			if (r)
				*r = ref.route[--ref.n];
			break;
		case 2:
			r = ref_find(&ref, k, len);
			if (vr_lpm_get(&t, &k, len) != (r ? r->val : 0))
				abort();
			break;
		default:
			if (lookup(&t, k, v6) != ref_lookup(&ref, k))
				abort();
		}
		shim_fail_after = -1;
		if (t.n != ref.n || t.nodes != (u32)shim_live)
			abort();
	}
	shim_fail_after = -1;
	vr_lpm_flush(&t);
	if (t.nodes || t.bytes || shim_live)
		abort();
	return 0;
}
