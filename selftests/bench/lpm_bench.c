// SPDX-License-Identifier: GPL-2.0
/*
 * What a route lookup costs, in native time, and what its table takes: kmod/lpm.c
 * beside structures that others use (lpm_peers.c), on the same synthetic tables
 * (lpm_table.c).
 *
 * Usage: lpm_bench [-j] [-q] [-t TABLE]
 *        lpm_bench -l TABLE    print the IPv4 table's routes: prefix, next hop
 *
 * Times are ns per lookup:
 *   warm    1024 destinations over and over
 *   random  random destinations, nothing else in the caches
 *   cold    random destinations, the caches emptied before each vector of 64
 * each of them one by one, where a lookup starts when the one before is done, and
 * as vectors of 64.  They are the least of several runs, the median for cold.
 * Memory is that of the caches of kmalloc() it would lie in.  Updates are pairs
 * of removal and addition of random routes while another thread looks up, by the
 * writer's own CPU time.
 *
 * With -j as JSON; with -q fewer runs.  Exit status 1 if a bar is missed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lpm_mem.h"
#include "lpm_peers.h"
#include "lpm_table.h"

#define VEC		64
#define WARM_VECS	16
#define RANDOM_VECS	16384
#define EVICT		(96UL << 20)	/* more than the caches of a CPU */

#define BAR_SMALL	8192
#define BAR_FULL	(10UL << 20)
#define BAR_UPDATES	200000

static int runs = 7, cold_vecs = 301;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Of this thread, whatever else runs. */
static double cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/**
 * struct engine - a structure that is measured
 * @name: its name
 * @v6: whether it does IPv6
 * @build: make it from a table, say how large it is
 * @free: the reverse
 * @chain: look up VEC addresses, each after the last
 * @vec: look up VEC addresses
 */
struct engine {
	const char	*name;
	bool		v6;
	void		*(*build)(const struct table *t, size_t *bytes);
	void		(*free)(void *state);
	u32		(*chain)(const void *state, const void *addr, u32 last);
	void		(*vec)(const void *state, const void *addr, u32 *val);
};

static void *vr_build(const struct table *t, size_t *bytes)
{
	size_t before = mem_used;
	struct vr_lpm *lpm;
	u32 i;

	mem_barrier();
	lpm = kzalloc(sizeof(*lpm), GFP_KERNEL);
	lpm->v6 = t->v6;
	for (i = 0; i < t->n; i++) {
		const struct route *r = &t->route[i];

		if (vr_lpm_set(lpm, &r->key, r->len, r->val))
			exit(2);
	}
	mem_barrier();
	*bytes = mem_used - before;
	return lpm;
}

static void vr_free(void *state)
{
	vr_lpm_flush(state);
	mem_barrier();
	kfree(state);
}

/* No value has the top bit: the next address waits for the last value. */
static u32 vr4_chain(const void *state, const void *addr, u32 last)
{
	const u32 *a = addr;
	int i;

	for (i = 0; i < VEC; i++)
		last = vr_lpm4_lookup(state, a[i] ^ last >> 31);
	return last;
}

static u32 vr6_chain(const void *state, const void *addr, u32 last)
{
	const struct vr_lpm_key *a = addr;
	int i;

	for (i = 0; i < VEC; i++)
		last = vr_lpm6_lookup(state, a[i].hi ^ last >> 31, a[i].lo);
	return last;
}

static void vr4_vec(const void *state, const void *addr, u32 *val)
{
	vr_lpm4_lookup_vec(state, addr, val, VEC);
}

static void vr6_vec(const void *state, const void *addr, u32 *val)
{
	vr_lpm6_lookup_vec(state, addr, val, VEC);
}

#define PEER(_x)							\
static u32 _x##_chain(const void *state, const void *addr, u32 last)	\
{									\
	const u32 *a = addr;						\
	int i;								\
									\
	for (i = 0; i < VEC; i++)					\
		last = _x##_lookup(state, a[i] ^ last >> 31);		\
	return last;							\
}									\
									\
static void _x##_vec(const void *state, const void *addr, u32 *val)	\
{									\
	_x##_lookup_vec(state, addr, val, VEC);				\
}									\
									\
static void *_x##_make(const struct table *t, size_t *bytes)		\
{									\
	return _x##_build(t, bytes);					\
}									\
									\
static void _x##_unmake(void *state)					\
{									\
	_x##_free(state);						\
}

PEER(dir24)
PEER(dxr)
PEER(mtrie)

static const struct engine engines[] = {
	{ "vr_lpm", false, vr_build, vr_free, vr4_chain, vr4_vec },
	{ "DXR", false, dxr_make, dxr_unmake, dxr_chain, dxr_vec },
	{ "mtrie 16-8-8", false, mtrie_make, mtrie_unmake, mtrie_chain, mtrie_vec },
	{ "DIR-24-8", false, dir24_make, dir24_unmake, dir24_chain, dir24_vec },
	{ "vr_lpm", true, vr_build, vr_free, vr6_chain, vr6_vec },
};

/* What is looked up: vectors, each in one of the tables. */
struct load {
	u32	table[RANDOM_VECS];
	void	*addr;		/* u32 or struct vr_lpm_key */
	size_t	size;		/* of one */
};

static const void *vector(const struct load *l, u32 v)
{
	return (const char *)l->addr + (size_t)v * VEC * l->size;
}

static void load_make(struct load *l, const struct table *tables, u32 n)
{
	u32 v, i;

	l->size = tables->v6 ? sizeof(struct vr_lpm_key) : sizeof(u32);
	l->addr = mem_huge(l->size * VEC * RANDOM_VECS);
	for (v = 0; v < RANDOM_VECS; v++) {
		l->table[v] = table_rnd() % n;
		for (i = 0; i < VEC; i++) {
			struct vr_lpm_key k = table_address(&tables[l->table[v]]);

			if (tables->v6)
				((struct vr_lpm_key *)l->addr)[v * VEC + i] = k;
			else
				((u32 *)l->addr)[v * VEC + i] = k.hi >> 32;
		}
	}
}

/* One measurement of one engine on one kind of tables. */
struct row {
	const char	*table;
	const char	*engine;
	bool		v6;
	u32		routes;
	u32		tables;
	size_t		bytes;
	double		build;		/* routes/s */
	double		updates;	/* per second; 0 if there are none */
	double		warm[2];	/* one by one, as vectors */
	double		random[2];
	double		cold[2];
};

static volatile u32 sink;

static double pass(const struct engine *e, void **state, const struct load *l,
		   u32 from, u32 n, bool vec)
{
	double start = now();
	u32 val[VEC], v, last = 0;

	for (v = from; v < from + n; v++) {
		if (vec) {
			e->vec(state[l->table[v]], vector(l, v), val);
			last ^= val[v % VEC];
		} else {
			last = e->chain(state[l->table[v]], vector(l, v), last);
		}
	}
	sink = last;
	return (now() - start) / n / VEC;
}

static double least(const struct engine *e, void **state, const struct load *l,
		    u32 n, u32 times, bool vec)
{
	double best = 0;
	u32 k;
	int i;

	for (i = 0; i < runs; i++) {
		double sum = 0;

		for (k = 0; k < times; k++)
			sum += pass(e, state, l, 0, n, vec);
		if (!i || sum / times < best)
			best = sum / times;
	}
	return best;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double cold(const struct engine *e, void **state, const struct load *l,
		   bool vec)
{
	static char *evict;
	double *ns = calloc(cold_vecs, sizeof(*ns)), median;
	size_t at;
	int i;

	if (!evict)
		evict = mem_huge(EVICT);
	for (i = 0; i < cold_vecs; i++) {
		u32 v = i * 37 % RANDOM_VECS;

		for (at = 0; at < EVICT; at += 64)
			evict[at]++;
		/* a router has just read the addresses */
		for (at = 0; at < VEC * l->size; at += 64)
			sink += ((const char *)vector(l, v))[at];
		now();
		ns[i] = pass(e, state, l, v, 1, vec);
	}
	qsort(ns, cold_vecs, sizeof(*ns), by_time);
	median = ns[cold_vecs / 2];
	free(ns);
	return median;
}

struct reader {
	const struct engine	*e;
	void			**state;
	const struct load	*l;
	atomic_bool		stop;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	u32 val[VEC], v = 0;

	mem_reader_start();
	while (!atomic_load(&r->stop)) {
		r->e->vec(*r->state, vector(r->l, v), val);
		sink = val[0];
		mem_quiesce();
		v = (v + 1) % RANDOM_VECS;
	}
	mem_reader_stop();
	return NULL;
}

static double update(const struct engine *e, void **state, const struct load *l,
		     const struct table *t)
{
	struct reader r = { .e = e, .state = state, .l = l };
	struct vr_lpm *lpm = *state;
	double start, end;
	pthread_t thread;
	long n = 0;

	if (pthread_create(&thread, NULL, read_on, &r))
		exit(2);
	start = cpu_time();
	do {
		const struct route *p = &t->route[table_rnd() % t->n];

		if (vr_lpm_del(lpm, &p->key, p->len) ||
		    vr_lpm_set(lpm, &p->key, p->len, p->val))
			exit(2);
		n += 2;
		end = cpu_time();
	} while (end - start < runs * 1e8);
	mem_barrier();
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	return n / (end - start) * 1e9;
}

/* All engines must agree with the first. */
static void verify(const struct engine *e, void **state, const struct load *l,
		   u32 *want, bool first)
{
	u32 v, val[VEC];

	for (v = 0; v < RANDOM_VECS; v++) {
		e->vec(state[l->table[v]], vector(l, v), val);
		if (first)
			memcpy(&want[v * VEC], val, sizeof(val));
		else if (memcmp(&want[v * VEC], val, sizeof(val)))
			break;
	}
	if (v < RANDOM_VECS) {
		fprintf(stderr, "lpm_bench: %s finds other routes\n", e->name);
		exit(2);
	}
}

static struct row rows[64];
static unsigned int n_rows;

static void measure(const char *name, const struct table *tables, u32 n)
{
	static u32 want[RANDOM_VECS * VEC];
	void **state = calloc(n, sizeof(*state));
	static struct load l;
	bool first = true;
	size_t i;
	u32 k;

	load_make(&l, tables, n);
	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		const struct engine *e = &engines[i];
		struct row *row = &rows[n_rows];
		double start = now();
		size_t bytes;
		int vec;

		if (e->v6 != tables->v6)
			continue;
		if (n > 16 && e->build == dir24_make)
			continue;	/* 64 MiB each */
		*row = (struct row){ name, e->name, e->v6, .tables = n };
		for (k = 0; k < n; k++) {
			state[k] = e->build(&tables[k], &bytes);
			row->bytes += bytes;
			row->routes += tables[k].n;
		}
		row->build = row->routes / (now() - start) * 1e9;
		verify(e, state, &l, want, first);
		first = false;
		for (vec = 0; vec < 2; vec++) {
			row->warm[vec] = least(e, state, &l, WARM_VECS, 100, vec);
			row->random[vec] = least(e, state, &l, RANDOM_VECS, 1, vec);
			row->cold[vec] = cold(e, state, &l, vec);
		}
		if (e->build == vr_build && n == 1)
			row->updates = update(e, state, &l, tables);
		for (k = 0; k < n; k++)
			e->free(state[k]);
		n_rows++;
	}
	mem_huge_free(l.addr);
	free(state);
}

/* The tables by name. */
static const struct kind {
	const char	*name;
	bool		v6;
	u32		tables;
	u32		least;		/* routes in a table */
	u32		most;
	void		(*make)(struct table *t, bool v6, u32 n);
} kinds[] = {
	{ "internet", false, 1, 1000000, 1000000, table_internet },
	{ "hosts", false, 1, 1000000, 1000000, table_hosts },
	{ "small", false, 1, 10, 10, table_small },
	{ "many", false, 1000, 10, 100, table_small },
	{ "internet6", true, 1, 220000, 220000, table_internet },
	{ "small6", true, 1, 10, 10, table_small },
	{ "many6", true, 1000, 10, 100, table_small },
};

static struct table *kind_make(const struct kind *kind)
{
	struct table *tables = calloc(kind->tables, sizeof(*tables));
	u32 k;

	for (k = 0; k < kind->tables; k++)
		kind->make(&tables[k], kind->v6, kind->least +
			   table_rnd() % (kind->most - kind->least + 1));
	return tables;
}

static void kind_free(const struct kind *kind, struct table *tables)
{
	u32 k;

	for (k = 0; k < kind->tables; k++)
		table_free(&tables[k]);
	free(tables);
}

static int list(const struct kind *kind)
{
	struct table *tables = kind_make(kind);
	u32 k, i;

	for (k = 0; k < kind->tables; k++) {
		for (i = 0; i < tables[k].n; i++) {
			const struct route *r = &tables[k].route[i];
			u32 a = r->key.hi >> 32;

			printf("%u %u.%u.%u.%u/%u %u\n", k, a >> 24, a >> 16 & 255,
			       a >> 8 & 255, a & 255, r->len, r->val);
		}
	}
	kind_free(kind, tables);
	return 0;
}

static bool missed(const struct row *r)
{
	if (strcmp(r->engine, "vr_lpm"))
		return false;
	if (r->routes == 10 && r->bytes > BAR_SMALL)
		return true;
	if (!r->v6 && !strcmp(r->table, "internet") && r->bytes > BAR_FULL)
		return true;
	return r->updates && r->updates < BAR_UPDATES;
}

static void print_json(void)
{
	const struct row *r;

	printf("{\"lpm\":[");
	for (r = rows; r < rows + n_rows; r++)
		printf("%s{\"table\":\"%s\",\"structure\":\"%s\",\"ip\":%d,\"tables\":%u,\"routes\":%u,\"bytes\":%zu,\"builds_per_s\":%.0f,\"updates_per_s\":%.0f,\"warm_ns\":[%.1f,%.1f],\"random_ns\":[%.1f,%.1f],\"cold_ns\":[%.1f,%.1f]}",
		       r == rows ? "" : ",", r->table, r->engine, r->v6 ? 6 : 4,
		       r->tables, r->routes, r->bytes, r->build, r->updates,
		       r->warm[0], r->warm[1], r->random[0], r->random[1],
		       r->cold[0], r->cold[1]);
	printf("]}\n");
}

static void print_rows(void)
{
	const struct row *r;

	printf("Lookup: ns per lookup, one by one / in vectors of %d\n", VEC);
	printf("  %-10s %-13s %8s %10s %8s %8s %13s %13s %13s\n", "table",
	       "structure", "routes", "KiB", "build/s", "update/s", "warm",
	       "random", "cold");
	for (r = rows; r < rows + n_rows; r++) {
		printf("  %-10s %-13s %8u %10.1f %7.1fM ", r->table, r->engine,
		       r->routes, r->bytes / 1024., r->build / 1e6);
		if (r->updates)
			printf("%7.1fM", r->updates / 1e6);
		else
			printf("%8s", "-");
		printf(" %6.1f/%6.1f %6.1f/%6.1f %6.1f/%6.1f%s\n", r->warm[0],
		       r->warm[1], r->random[0], r->random[1], r->cold[0],
		       r->cold[1], missed(r) ? "  missed" : "");
	}
}

static int usage(const char *name)
{
	size_t i;

	fprintf(stderr, "usage: %s [-j] [-q] [-t TABLE] | -l TABLE; tables:", name);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(stderr, " %s", kinds[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct kind *only = NULL, *kind;
	bool json = false, print = false;
	int opt, bad = 0;
	unsigned int i;

	while ((opt = getopt(argc, argv, "jql:t:")) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 'q':
			runs = 3;
			cold_vecs = 51;
			break;
		case 'l':
			print = true;
			/* fall through */
		case 't':
			for (i = 0; i < ARRAY_SIZE(kinds); i++)
				if (!strcmp(optarg, kinds[i].name))
					only = &kinds[i];
			if (!only || (print && only->v6))
				return usage(argv[0]);
			break;
		default:
			return usage(argv[0]);
		}
	}
	if (optind < argc)
		return usage(argv[0]);
	if (print)
		return list(only);

	for (kind = kinds; kind < kinds + ARRAY_SIZE(kinds); kind++) {
		struct table *tables;

		if (only && kind != only)
			continue;
		tables = kind_make(kind);
		measure(kind->name, tables, kind->tables);
		kind_free(kind, tables);
	}
	if (json)
		print_json();
	else
		print_rows();
	for (i = 0; i < n_rows; i++)
		bad |= missed(&rows[i]);
	return bad;
}
