// SPDX-License-Identifier: GPL-2.0
/*
 * Readers of an IPv4 table beside its writer, under the address sanitizer: what is
 * there all the time is always found, and nothing is read that has been freed.
 *
 * Of 20.0.0.0/14, every other /24 stays, around and beside which all else comes and
 * goes, so that the table takes all its forms and gives them back again and again.
 *
 * Usage: lpm4_race_test [seconds]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "shim.h"
#include "../../kmod/lpm.h"

#define READERS		2
#define VEC		64
#define LATER_MAX	8192
#define GUESTS_MAX	40000

#define NET		0x14000000U
#define NET_LEN		14
#define DFLT		7U		/* of the prefix of length 0 */
#define STAYS		1000U		/* of the /24s, and their number */
#define COMES		5000U		/* of what comes and goes, at least */

static atomic_ulong quiet[READERS];	/* times the reader held nothing */
static atomic_ulong wrong;
static atomic_bool stop;
static void *later[LATER_MAX];
static unsigned int n_later;
static struct vr_lpm table;

void *kzalloc(size_t size, int gfp)
{
	(void)gfp;
	return calloc(1, size);
}

void kfree(const void *p)
{
	free((void *)p);
}

/* Wait until each reader has let go of what it had, then free. */
static void grace(void)
{
	int i;

	for (i = 0; i < READERS; i++) {
		unsigned long was = atomic_load(&quiet[i]);

		while (atomic_load(&quiet[i]) == was && !atomic_load(&stop))
			sched_yield();
	}
	while (n_later)
		free(later[--n_later]);
}

void shim_free_later(const void *p)
{
	later[n_later++] = (void *)p;
	if (n_later == LATER_MAX)
		grace();
}

static u64 rnd(u64 *seed)
{
	/* splitmix64 */
	u64 z = (*seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static bool in_net(u32 addr)
{
	return !((addr ^ NET) >> (32 - NET_LEN));
}

/* The number of the /24 that stays, or -1. */
static int stays(u32 addr)
{
	return in_net(addr) && !(addr >> 8 & 1) ? (int)((addr ^ NET) >> 8) : -1;
}

static bool is_right(u32 addr, u32 val)
{
	int nr = stays(addr);

	return nr >= 0 ? val == STAYS + nr : val == DFLT || val >= COMES;
}

static void *reader(void *arg)
{
	int me = (int)(long)arg, i;
	u32 addr[VEC], val[VEC];
	u64 seed = me;

	while (!atomic_load(&stop)) {
		bool vec = rnd(&seed) % 2;

		for (i = 0; i < VEC; i++) {
			u32 r = rnd(&seed);

			addr[i] = i % 8 ? NET | r >> NET_LEN : r;
			if (!vec)
				val[i] = vr_lpm4_lookup(&table, addr[i]);
		}
		if (vec)
			vr_lpm4_lookup_vec(&table, addr, val, VEC);
		for (i = 0; i < VEC; i++)
			if (!is_right(addr[i], val[i]) && !atomic_fetch_add(&wrong, 1))
				printf("# %08x: %u\n", addr[i], val[i]);
		atomic_fetch_add(&quiet[me], 1);
	}
	return NULL;
}

static void set(u32 addr, u8 len, u32 val)
{
	struct vr_lpm_key k = { .hi = (u64)addr << 32 };

	if (vr_lpm_set(&table, &k, len, val))
		abort();
}

/* A prefix that neither is one of those that stay nor lies in one. */
static u32 guest(u64 *seed, u8 *len)
{
	u32 addr;

	do {
		u64 r = rnd(seed);

		addr = r;
		*len = 8 + (r >> 32) % 25;
		if (r >> 62)
			addr = NET | addr >> NET_LEN;
		if (r >> 62 == 3)
			addr |= 0x100;
	} while (*len >= 24 && stays(addr) >= 0);
	return addr & ~0U << (32 - *len);
}

/* One tide: @n prefixes come, with values of any width, and go. */
static void tide(u64 *seed, u32 n)
{
	static struct { u32 addr; u8 len; } guests[GUESTS_MAX];
	u32 i;

	for (i = 0; i < n; i++) {
		guests[i].addr = guest(seed, &guests[i].len);
		set(guests[i].addr, guests[i].len,
		    COMES + rnd(seed) % (rnd(seed) % 2 ? 1000 : 100000));
	}
	for (i = 0; i < n; i++) {
		struct vr_lpm_key k = { .hi = (u64)guests[i].addr << 32 };
		int err = vr_lpm_del(&table, &k, guests[i].len);

		/* it may have come twice */
		if (err && err != -ENOENT)
			abort();
	}
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	pthread_t thread[READERS];
	u32 nr, left, tides = 0;
	u64 seed = 1;
	long i;

	set(0, 0, DFLT);
	for (nr = 0; nr < 1 << (24 - NET_LEN); nr += 2)
		set(NET | nr << 8, 24, STAYS + nr);
	left = table.n;
	for (i = 0; i < READERS; i++)
		if (pthread_create(&thread[i], NULL, reader, (void *)i))
			return 2;
	for (; time(NULL) < end; tides++)
		tide(&seed, rnd(&seed) % GUESTS_MAX);
	atomic_store(&stop, true);
	for (i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);

	printf("TAP version 13\n1..1\n# %u tides, %lu vectors\n", tides,
	       atomic_load(&quiet[0]) + atomic_load(&quiet[1]));
	if (table.n != left)
		printf("# %u prefixes left, not %u\n", table.n, left);
	if (table.n != left || atomic_load(&wrong))
		printf("not ");
	printf("ok 1 lpm4: readers beside a writer\n");
	vr_lpm_flush(&table);
	grace();
	return table.n || table.nodes || atomic_load(&wrong);
}
