// SPDX-License-Identifier: GPL-2.0
/*
 * Print the frequency of this machine's time stamp counter, in kHz.
 *
 * The clock is read before and after the counter, and of many such readings the one
 * with the shortest time between counts, so being preempted does no harm.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define READINGS 1000
#define APART_NS 100000000

struct reading {
	int64_t ns;
	uint64_t tsc;
};

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static struct reading best(void)
{
	struct reading best = {};
	int64_t shortest = INT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		int64_t before = clock_ns();
		uint64_t tsc = __rdtsc();
		int64_t took = clock_ns() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct reading){ before + took / 2, tsc };
		}
	}
	return best;
}

int main(void)
{
	struct timespec apart = { .tv_nsec = APART_NS };
	struct reading from = best(), to;

	nanosleep(&apart, NULL);
	to = best();
	printf("%.0f\n", (double)(to.tsc - from.tsc) * 1e6 / (to.ns - from.ns));
	return 0;
}
