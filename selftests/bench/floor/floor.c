// SPDX-License-Identifier: GPL-2.0
/*
 * vr_lpm beside the kernel's own fib_trie: all routes of the IPv4 tables from
 * FIRST_TABLE on, as the kernel reports them, are put into vr_lpm as well; then
 * both are asked for the same destinations and must give the same prefixes.
 *
 * Everything happens when the module is loaded; the results are printed, and
 * loading fails with ECANCELED so that it need not be removed.
 */
#include <linux/inetdevice.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>
#include <net/fib_notifier.h>
#include <net/ip_fib.h>

#include "lpm.h"

#define FIRST_TABLE	1000
#define TABLES_MAX	1000

#define VEC		64
#define WARM_VECS	16
#define RANDOM_VECS	8192
#define COLD_VECS	151
#define RUNS		5
#define EVICT		(96UL << 20)

static char *name = "?";
module_param(name, charp, 0);
MODULE_PARM_DESC(name, "what the tables are called in the results");

struct route {
	u32	addr;
	u32	table;
	u8	len;
};

/* One table in both; its routes follow each other. */
struct twin {
	struct fib_table	*fib;
	struct vr_lpm		*lpm;
	u32			first;
	u32			n;
};

struct gather {
	struct notifier_block	nb;
	struct route		*route;
	u32			n;
	u32			size;
};

struct load {
	u32	addr[RANDOM_VECS * VEC];
	u16	table[RANDOM_VECS];
};

static struct twin *twins;
static struct route *routes;
static struct load *load;
static u8 *evict;
static u32 n_routes;

static int gather_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct gather *g = container_of(nb, struct gather, nb);
	const struct fib_entry_notifier_info *info = ptr;

	if ((event != FIB_EVENT_ENTRY_REPLACE && event != FIB_EVENT_ENTRY_ADD) ||
	    ((const struct fib_notifier_info *)ptr)->family != AF_INET)
		return NOTIFY_DONE;
	if (info->tb_id < FIRST_TABLE || info->tb_id >= FIRST_TABLE + TABLES_MAX)
		return NOTIFY_DONE;
	if (g->route && g->n < g->size)
		g->route[g->n] = (struct route) {
			.addr	= info->dst,
			.table	= info->tb_id - FIRST_TABLE,
			.len	= info->dst_len,
		};
	g->n++;
	return NOTIFY_DONE;
}

/* Registering a notifier reports every route: once to count, once to note. */
static int gather(void)
{
	struct gather g = { .nb.notifier_call = gather_event };
	int err;

	err = register_fib_notifier(&init_net, &g.nb, NULL, NULL);
	if (err)
		return err;
	unregister_fib_notifier(&init_net, &g.nb);
	if (!g.n)
		return -ENOENT;

	g.size = g.n;
	g.n = 0;
	g.route = vmalloc(array_size(g.size, sizeof(*g.route)));
	if (!g.route)
		return -ENOMEM;
	err = register_fib_notifier(&init_net, &g.nb, NULL, NULL);
	if (!err)
		unregister_fib_notifier(&init_net, &g.nb);
	if (!err && g.n != g.size)
		err = -EAGAIN;
	routes = g.route;
	n_routes = g.size;
	return err;
}

/* The value of a route is its number plus one. */
static int fill(void)
{
	u32 i, n = 0;
	u64 start = ktime_get_ns(), bytes = 0;

	for (i = 0; i < n_routes; i++) {
		struct twin *t = &twins[routes[i].table];
		struct vr_lpm_key key = { .hi = (u64)routes[i].addr << 32 };
		int err;

		if (!t->lpm) {
			rtnl_lock();
			t->fib = fib_new_table(&init_net,
					       FIRST_TABLE + routes[i].table);
			rtnl_unlock();
			t->lpm = kzalloc(sizeof(*t->lpm), GFP_KERNEL);
			if (!t->fib || !t->lpm)
				return -ENOMEM;
			t->first = i;
			n++;
		}
		t->n++;
		err = vr_lpm_set(t->lpm, &key, routes[i].len, i + 1);
		if (err)
			return err;
	}
	start = ktime_get_ns() - start;
	for (i = 0; i < TABLES_MAX; i++)
		if (twins[i].lpm)
			bytes += twins[i].lpm->bytes;
	pr_info("floor: %s: %u routes in %u tables, vr_lpm %llu KiB, %llu sets/s\n",
		name, n_routes, n, bytes >> 10,
		div64_u64((u64)n_routes * NSEC_PER_SEC, start));
	return 0;
}

/* Random addresses that the routes of one table per vector cover. */
static void choose(void)
{
	u32 v, i;

	for (v = 0; v < RANDOM_VECS; v++) {
		u32 table = routes[get_random_u32_below(n_routes)].table;
		const struct twin *t = &twins[table];

		load->table[v] = table;
		for (i = 0; i < VEC; i++) {
			const struct route *r = &routes[t->first +
							get_random_u32_below(t->n)];
			u32 host = r->len < 32 ? ~0U >> r->len : 0;

			load->addr[v * VEC + i] = r->addr |
						  (get_random_u32() & host);
		}
	}
}

static __always_inline u32 trie_find(struct fib_table *fib, u32 addr)
{
	struct flowi4 fl = { .daddr = htonl(addr) };
	struct fib_result res;

	if (fib_table_lookup(fib, &fl, &res, FIB_LOOKUP_NOREF))
		return 0;
	return 1 + res.prefixlen;
}

/* A value whose top bit is 0: the next address waits for it. */
static void trie_chain(const struct twin *t, const u32 *addr, u32 *val)
{
	u32 i, last = 0;

	for (i = 0; i < VEC; i++) {
		last = trie_find(t->fib, addr[i] ^ last >> 31);
		val[i] = last;
	}
}

static void trie_vec(const struct twin *t, const u32 *addr, u32 *val)
{
	u32 i;

	for (i = 0; i < VEC; i++)
		val[i] = trie_find(t->fib, addr[i]);
}

static void lpm_chain(const struct twin *t, const u32 *addr, u32 *val)
{
	u32 i, last = 0;

	for (i = 0; i < VEC; i++) {
		last = vr_lpm4_lookup(t->lpm, addr[i] ^ last >> 31);
		val[i] = last;
	}
}

static void lpm_vec(const struct twin *t, const u32 *addr, u32 *val)
{
	vr_lpm4_lookup_vec(t->lpm, addr, val, VEC);
}

typedef void (*find_fn)(const struct twin *t, const u32 *addr, u32 *val);

static void find(find_fn fn, u32 v, u32 *val)
{
	rcu_read_lock();
	fn(&twins[load->table[v]], &load->addr[v * VEC], val);
	rcu_read_unlock();
}

static int verify(void)
{
	u32 v, i, a[VEC], b[VEC], misses = 0;

	for (v = 0; v < RANDOM_VECS; v++) {
		find(trie_vec, v, a);
		find(lpm_vec, v, b);
		for (i = 0; i < VEC; i++) {
			u32 len = b[i] ? 1 + routes[b[i] - 1].len : 0;

			misses += !len;
			if (a[i] == len)
				continue;
			pr_err("floor: %s: %pI4h: fib_trie says /%d, vr_lpm /%d\n",
			       name, &load->addr[v * VEC + i], (int)a[i] - 1,
			       (int)len - 1);
			return -EINVAL;
		}
	}
	/* every destination was chosen from a route */
	return misses ? -EINVAL : 0;
}

static u64 passes(find_fn fn, u32 n, u32 times)
{
	u64 best = U64_MAX;
	u32 run, k, v, val[VEC];

	for (run = 0; run < RUNS; run++) {
		u64 start = ktime_get_ns();

		for (k = 0; k < times; k++)
			for (v = 0; v < n; v++)
				find(fn, v, val);
		best = min(best, ktime_get_ns() - start);
		cond_resched();
	}
	return best * 10 / ((u64)times * n * VEC);
}

static int by_time(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static u64 cold(find_fn fn)
{
	static u64 ns[COLD_VECS];
	u32 i, val[VEC];
	size_t at;

	for (i = 0; i < COLD_VECS; i++) {
		u32 v = i * 37 % RANDOM_VECS;
		u64 start;

		for (at = 0; at < EVICT; at += 64)
			WRITE_ONCE(evict[at], evict[at] + 1);
		for (at = 0; at < VEC; at += 16)
			READ_ONCE(load->addr[v * VEC + at]);
		ktime_get_ns();
		start = ktime_get_ns();
		find(fn, v, val);
		ns[i] = ktime_get_ns() - start;
		cond_resched();
	}
	sort(ns, COLD_VECS, sizeof(ns[0]), by_time, NULL);
	return ns[COLD_VECS / 2] * 10 / VEC;
}

static void measure(const char *what, find_fn trie, find_fn lpm)
{
	static const char * const kind[] = { "warm", "random", "cold" };
	u64 a[3], b[3];
	int i;

	a[0] = passes(trie, WARM_VECS, 100);
	b[0] = passes(lpm, WARM_VECS, 100);
	a[1] = passes(trie, RANDOM_VECS, 1);
	b[1] = passes(lpm, RANDOM_VECS, 1);
	a[2] = cold(trie);
	b[2] = cold(lpm);
	for (i = 0; i < 3; i++)
		pr_info("floor: %s: %s %s: fib_trie %llu.%llu ns, vr_lpm %llu.%llu ns, ratio %llu.%02llu\n",
			name, what, kind[i], a[i] / 10, a[i] % 10, b[i] / 10,
			b[i] % 10, a[i] / b[i], a[i] * 100 / b[i] % 100);
}

static int __init floor_init(void)
{
	int err = -ENOMEM, i;

	twins = vzalloc(array_size(TABLES_MAX, sizeof(*twins)));
	load = vzalloc(sizeof(*load));
	evict = vzalloc(EVICT);
	if (!twins || !load || !evict)
		goto out;
	err = gather();
	if (!err)
		err = fill();
	if (err)
		goto out;
	choose();
	err = verify();
	if (err)
		goto out;
	measure("one by one", trie_chain, lpm_chain);
	measure("vectors", trie_vec, lpm_vec);
	err = -ECANCELED;
out:
	for (i = 0; twins && i < TABLES_MAX; i++) {
		if (twins[i].lpm)
			vr_lpm_flush(twins[i].lpm);
		kfree(twins[i].lpm);
	}
	rcu_barrier();
	vfree(routes);
	vfree(evict);
	vfree(load);
	vfree(twins);
	return err;
}
module_init(floor_init);

MODULE_DESCRIPTION("Lookups of vr_lpm beside fib_trie");
MODULE_LICENSE("GPL");
