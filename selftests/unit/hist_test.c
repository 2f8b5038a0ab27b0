// SPDX-License-Identifier: GPL-2.0
/* Percentiles that vrctl shows, against the times themselves. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/vrctl/hist.c"

static int n_tests, failed;
static bool good;

#define CHECK(expr) do {						\
	if (!(expr)) {							\
		printf("# %s:%d: %s\n", __func__, __LINE__, #expr);	\
		good = false;						\
	}								\
} while (0)

/* The end of the bucket that a time belongs to, as the module counts it. */
static uint64_t bucket_end(uint64_t ns)
{
	uint64_t octave;

	if (ns < FIRST)
		return FIRST;
	if (ns >= LAST)
		return 0;
	octave = 1ULL << (63 - __builtin_clzll(ns));
	return octave + ((ns - octave) / (octave / 4) + 1) * (octave / 4);
}

static void bounds(void)
{
	struct hist h = {};
	uint64_t ns, step;

	for (ns = 1; ns < 2 * LAST; ns += step) {
		memset(&h, 0, sizeof(h));
		hist_add(&h, bucket_end(ns), 1);
		CHECK(hist_above(&h, 0) <= ns);
		CHECK(h.below[0] > ns);
		step = 1 + ns / 100;
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void fill(struct hist *h, uint64_t *times, size_t n)
{
	uint64_t end, count;
	size_t i, j;

	qsort(times, n, sizeof(*times), by_value);
	for (i = 0; i < n; i = j) {
		end = bucket_end(times[i]);
		for (j = i, count = 0; j < n && bucket_end(times[j]) == end; j++)
			count++;
		hist_add(h, end, count);
	}
}

/* Within the width of a bucket, a quarter of the time, of what they are. */
static void quantiles(void)
{
	static const double parts[] = { 0.01, 0.1, 0.5, 0.9, 0.99, 0.999 };
	uint64_t times[5000], is, says;
	struct hist h;
	size_t i, n;
	int round;

	srand(1);
	for (round = 0; round < 200; round++) {
		memset(&h, 0, sizeof(h));
		n = 1 + rand() % 5000;
		for (i = 0; i < n; i++)
			times[i] = 256 + (rand() % 1000 + 1ULL) * (rand() % (1 << round % 20) + 1);
		fill(&h, times, n);
		CHECK(h.total == n);
		for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			is = times[(size_t)(parts[i] * n)];
			says = hist_quantile(&h, parts[i]);
			CHECK(says >= is * 0.74 && says <= is * 1.26);
		}
		CHECK(hist_max(&h) > times[n - 1]);
		CHECK(hist_max(&h) <= times[n - 1] * 1.25 + 1);
		CHECK(hist_quantile(&h, 0.5) <= hist_quantile(&h, 0.99));
	}
}

static void ends(void)
{
	struct hist h = {};

	CHECK(hist_quantile(&h, 0.5) == 0);
	CHECK(hist_max(&h) == 0);
	hist_add(&h, 320, 0);
	CHECK(h.n == 0);
	hist_add(&h, 256, 4);
	CHECK(hist_quantile(&h, 1) <= 256);
	hist_add(&h, 0, 4);
	CHECK(hist_max(&h) == LAST);
	CHECK(hist_quantile(&h, 0.99) == LAST);
	CHECK(hist_quantile(&h, 0.25) < 256);
}

static void differences(void)
{
	struct hist old = {}, now = {};

	hist_add(&old, 256, 5);
	hist_add(&old, 512, 7);
	hist_add(&old, 0, 1);
	hist_add(&now, 256, 6);
	hist_add(&now, 320, 3);
	hist_add(&now, 512, 7);
	hist_add(&now, 0, 2);
	hist_since(&now, &old);
	CHECK(now.n == 3 && now.total == 5);
	CHECK(now.below[0] == 256 && now.packets[0] == 1);
	CHECK(now.below[1] == 320 && now.packets[1] == 3);
	CHECK(now.below[2] == UINT64_MAX && now.packets[2] == 1);

	/* A VR that was made anew has counted from 0. */
	memset(&now, 0, sizeof(now));
	hist_add(&now, 512, 2);
	hist_since(&now, &old);
	CHECK(now.n == 1 && now.packets[0] == 2);
}

static void no_room(void)
{
	struct hist h = {};
	unsigned int i;

	for (i = 0; i < 2 * HIST_MAX; i++)
		hist_add(&h, 1000 * (i + 1), 1);
	CHECK(h.n == HIST_MAX);
}

static void run(const char *name, void (*test)(void))
{
	good = true;
	test();
	failed += !good;
	printf("%sok %d histogram: %s\n", good ? "" : "not ", ++n_tests, name);
}

#define RUN(test) run(#test, test)

int main(void)
{
	RUN(bounds);
	RUN(quantiles);
	RUN(ends);
	RUN(differences);
	RUN(no_room);
	printf("1..%d\n", n_tests);
	return failed != 0;
}
