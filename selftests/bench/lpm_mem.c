// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "lpm_mem.h"
#include "shim.h"

#define HUGE_PAGE	(2UL << 20)
#define POOL		(512UL << 20)
#define LATER_MAX	4096
#define LARGE_MAX	4096

/* The caches of kmalloc(), of 8 bytes to 8 KiB. */
static const u16 sizes[] = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048,
			     4096, 8192 };

struct object {
	struct object *next;
};

/* What no cache has. */
struct large {
	void	*p;
	size_t	size;
};

size_t mem_used;

static struct object *unused[ARRAY_SIZE(sizes)];
static char *pool;
static size_t pool_at;
static u8 page_cache[POOL / 4096];	/* whose objects lie in a page */
static struct large large[LARGE_MAX];

static void *later[LATER_MAX];
static unsigned int n_later;

static atomic_ulong quiet;	/* times the reader held nothing */
static atomic_bool online;

static void *or_die(void *p)
{
	if (!p || p == MAP_FAILED) {
		perror("lpm_bench");
		exit(2);
	}
	return p;
}

void *mem_huge(size_t size)
{
	void *p;

	size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	p = or_die(aligned_alloc(HUGE_PAGE, size));
	madvise(p, size, MADV_HUGEPAGE);
	memset(p, 0, size);
	return p;
}

void mem_huge_free(void *p)
{
	free(p);
}

static int cache_of(size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (size <= sizes[i])
			return i;
	return -1;
}

/* A slab: a page of objects, or more for large ones. */
static void refill(int cache)
{
	size_t slab = max(4096UL, 8UL * sizes[cache]), i;

	if (!pool)
		pool = mem_huge(POOL);
	if (pool_at + slab > POOL) {
		fprintf(stderr, "lpm_bench: out of memory\n");
		exit(2);
	}
	memset(&page_cache[pool_at / 4096], cache, slab / 4096);
	for (i = slab / sizes[cache]; i--;) {
		struct object *o = (void *)(pool + pool_at + i * sizes[cache]);

		o->next = unused[cache];
		unused[cache] = o;
	}
	pool_at += slab;
}

static void *large_alloc(size_t size)
{
	size_t whole = 16384, i;

	while (whole < size)
		whole *= 2;
	for (i = 0; i < LARGE_MAX; i++) {
		if (large[i].p)
			continue;
		large[i] = (struct large){ mem_huge(whole), whole };
		mem_used += whole;
		return large[i].p;
	}
	fprintf(stderr, "lpm_bench: too many large objects\n");
	exit(2);
}

void *kzalloc(size_t size, int gfp)
{
	int cache = cache_of(size);
	struct object *o;

	(void)gfp;
	if (cache < 0)
		return large_alloc(size);
	if (!unused[cache])
		refill(cache);
	o = unused[cache];
	unused[cache] = o->next;
	mem_used += sizes[cache];
	return memset(o, 0, sizes[cache]);
}

void kfree(const void *p)
{
	struct object *o = (void *)p;
	size_t i;

	if (!p)
		return;
	if ((char *)p >= pool && (char *)p < pool + POOL) {
		int cache = page_cache[((char *)p - pool) / 4096];

		mem_used -= sizes[cache];
		o->next = unused[cache];
		unused[cache] = o;
		return;
	}
	for (i = 0; large[i].p != p; i++)
		;
	mem_used -= large[i].size;
	mem_huge_free(large[i].p);
	large[i].p = NULL;
}

void mem_reader_start(void)
{
	atomic_store(&online, true);
}

void mem_quiesce(void)
{
	atomic_fetch_add(&quiet, 1);
}

void mem_reader_stop(void)
{
	atomic_store(&online, false);
}

void mem_barrier(void)
{
	unsigned long seen = atomic_load(&quiet);

	while (atomic_load(&online) && atomic_load(&quiet) == seen)
		sched_yield();
	while (n_later)
		kfree(later[--n_later]);
}

void shim_free_later(const void *p)
{
	if (n_later == LATER_MAX)
		mem_barrier();
	later[n_later++] = (void *)p;
}
