/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HIST_H
#define HIST_H

#include <stdint.h>

#define HIST_MAX 128

/**
 * struct hist - a histogram of times with buckets that grow with the time
 * @n: buckets with packets, in rising order
 * @total: packets of all of them
 * @below: upper end of each, exclusive, in ns; UINT64_MAX if it has none
 * @packets: packets of each
 */
struct hist {
	unsigned int n;
	uint64_t total;
	uint64_t below[HIST_MAX];
	uint64_t packets[HIST_MAX];
};

/* A bucket whose end is 0 has none.  Buckets must come in rising order. */
void hist_add(struct hist *h, uint64_t below, uint64_t packets);
/* What came after: h -= old.  A counter that fell has started anew. */
void hist_since(struct hist *h, const struct hist *old);
/* Lower end of bucket i. */
uint64_t hist_above(const struct hist *h, unsigned int i);
/* Time that this part of the packets (0 to 1) stay below; 0 if there are none. */
uint64_t hist_quantile(const struct hist *h, double part);
/* Upper end of the last bucket, or its lower one if it has none. */
uint64_t hist_max(const struct hist *h);

#endif /* HIST_H */
