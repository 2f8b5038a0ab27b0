// SPDX-License-Identifier: GPL-2.0
/*
 * Histograms with buckets that grow with the time: quarters of octaves, from one
 * bucket below FIRST to one without an end from LAST on.  Only the upper end of
 * a bucket is told, and empty ones are left out.
 */
#include <math.h>

#include "hist.h"

#define FIRST 256ULL
#define LAST  (1ULL << 30)

void hist_add(struct hist *h, uint64_t below, uint64_t packets)
{
	if (!packets || h->n == HIST_MAX)
		return;
	h->below[h->n] = below ? below : UINT64_MAX;
	h->packets[h->n] = packets;
	h->n++;
	h->total += packets;
}

void hist_since(struct hist *h, const struct hist *old)
{
	struct hist now = *h;
	unsigned int i, j = 0;
	uint64_t before;

	h->n = 0;
	h->total = 0;
	for (i = 0; i < now.n; i++) {
		while (j < old->n && old->below[j] < now.below[i])
			j++;
		before = j < old->n && old->below[j] == now.below[i] ? old->packets[j] : 0;
		if (before > now.packets[i])
			before = 0;
		hist_add(h, now.below[i], now.packets[i] - before);
	}
}

uint64_t hist_above(const struct hist *h, unsigned int i)
{
	uint64_t below = h->below[i];

	if (below == UINT64_MAX)
		return LAST;
	if (below <= FIRST)
		return 0;
	return below - (1ULL << (63 - __builtin_clzll(below - 1))) / 4;
}

uint64_t hist_max(const struct hist *h)
{
	if (!h->n)
		return 0;
	if (h->below[h->n - 1] == UINT64_MAX)
		return hist_above(h, h->n - 1);
	return h->below[h->n - 1];
}

/* Within a bucket the logarithms are taken as evenly spread, from 0 on the times. */
uint64_t hist_quantile(const struct hist *h, double part)
{
	double wanted = part * h->total, seen = 0, above, ratio;
	unsigned int i;

	for (i = 0; i < h->n; i++) {
		if (seen + h->packets[i] < wanted && i + 1 < h->n) {
			seen += h->packets[i];
			continue;
		}
		above = hist_above(h, i);
		if (h->below[i] == UINT64_MAX)
			return above;
		ratio = fmin((wanted - seen) / h->packets[i], 1);
		if (above < 1)
			return llround(ratio * h->below[i]);
		return llround(above * pow(h->below[i] / above, ratio));
	}
	return 0;
}
