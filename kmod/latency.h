/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Histogram of durations: four buckets to the octave from 256 ns on, so that a
 * percentile read from it is right within a fifth.
 */
#ifndef _VR_LATENCY_H
#define _VR_LATENCY_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

enum vr_latency_limits {
	VR_LATENCY_SHIFT	= 8,	/* the first bucket ends at 2^8 ns */
	VR_LATENCY_SUB		= 2,	/* 2^2 buckets to the octave */
	VR_LATENCY_OCTAVES	= 22,	/* the last one begins at 1.07 s */
	VR_LATENCY_N = 2 + (VR_LATENCY_OCTAVES << VR_LATENCY_SUB),
};

/**
 * struct vr_latency - a histogram, with one writer
 * @bucket: counts
 * @syncp: for 32-bit readers
 */
struct vr_latency {
	u64			bucket[VR_LATENCY_N];
	struct u64_stats_sync	syncp;
};

/* The bucket that counts durations of @ns. */
static inline unsigned int vr_latency_index(u64 ns)
{
	unsigned int octave, sub;

	if (!(ns >> VR_LATENCY_SHIFT))
		return 0;
	octave = fls64(ns) - 1 - VR_LATENCY_SHIFT;
	sub = (ns >> (octave + VR_LATENCY_SHIFT - VR_LATENCY_SUB)) &
	      ((1 << VR_LATENCY_SUB) - 1);
	return min_t(unsigned int, 1 + (octave << VR_LATENCY_SUB) + sub,
		     VR_LATENCY_N - 1);
}

/* The upper end of a bucket, exclusive; 0 for the last, which has none. */
static inline u64 vr_latency_end(unsigned int index)
{
	unsigned int octave, sub;

	if (!index)
		return 1ULL << VR_LATENCY_SHIFT;
	if (index == VR_LATENCY_N - 1)
		return 0;
	octave = (index - 1) >> VR_LATENCY_SUB;
	sub = (index - 1) & ((1 << VR_LATENCY_SUB) - 1);
	return (u64)((1 << VR_LATENCY_SUB) + sub + 1) <<
	       (octave + VR_LATENCY_SHIFT - VR_LATENCY_SUB);
}

#endif /* _VR_LATENCY_H */
