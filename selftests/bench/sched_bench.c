// SPDX-License-Identifier: GPL-2.0
/*
 * What a decision of the scheduler costs, in native time: pick, charge and put
 * back, with 8 to 4096 entities backlogged.
 *
 * Every entity lies in a page of its own at the same offset, as those of VRs do,
 * so that they compete for the same sets of the caches; they are visited in the
 * order of their passes, which is as good as random.  The pages are parts of
 * huge ones where the machine has them, as the kernel's own memory is.
 *
 * Usage: sched_bench [-j] [-r REPEATS] [-p PICKS] [-t SLACK]
 *
 * Each figure is the least of REPEATS runs of PICKS picks: what disturbs a run
 * only adds to it.  With -j as JSON; with -t as TAP, held to SLACK times the bars.
 * Exit status 1 if a bar is missed.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"
#include "../../kmod/sched.h"

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define N_MAX	4096
#define SLICE	150000

#ifndef SLACK
#define SLACK	0
#endif

static const struct bar {
	int	n;
	int	ns;
} bars[] = { { 8, 30 }, { 128, 45 }, { 1024, 70 }, { 4096, 85 } };

#define N_BARS	ARRAY_SIZE(bars)

static u64 seed = 1;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void *alloc(size_t size)
{
	void *p = aligned_alloc(HUGE, (size + HUGE - 1) & ~(HUGE - 1));

	if (!p) {
		perror("sched_bench");
		exit(2);
	}
	madvise(p, size, MADV_HUGEPAGE);
	memset(p, 0, size);
	return p;
}

/* @n entities backlogged, somewhere in the middle of their lives. */
static void setup(struct vr_runq *rq, struct vr_slot *heap, void *pages, int n,
		  bool mixed)
{
	static u16 place[N_MAX];
	int i;

	vr_runq_init(rq, SLICE);
	vr_runq_set_heap(rq, heap, N_MAX + VR_SCHED_HEAP_ROOT);
	for (i = 0; i < n; i++)
		place[i] = i;
	for (i = n - 1; i > 0; i--) {
		int k = rnd() % (i + 1);
		u16 tmp = place[i];

		place[i] = place[k];
		place[k] = tmp;
	}
	for (i = 0; i < n; i++) {
		struct vr_ent *ent = pages + place[i] * PAGE;

		vr_ent_init(ent, mixed ? 1 + rnd() % 10000 : 100);
		vr_runq_wake(rq, ent);
	}
}

/* Costs of half a slice to one and a half, without a pattern to be learnt. */
static u32 next_cost(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return SLICE / 2 + (*state >> 47);
}

static double run(struct vr_runq *rq, long picks)
{
	double start = now_ns();
	u64 state = rnd();
	long i;

	for (i = 0; i < picks; i++) {
		struct vr_ent *ent = vr_runq_pick(rq);

		vr_runq_charge(rq, ent, next_cost(&state));
		vr_runq_put_back(rq, ent);
	}
	return (now_ns() - start) / picks;
}

/* The same for a queue that runs empty and gets a packet again at once. */
static double run_empty(struct vr_runq *rq, long picks)
{
	double start = now_ns();
	u64 state = rnd();
	long i;

	for (i = 0; i < picks; i++) {
		struct vr_ent *ent = vr_runq_pick(rq);

		vr_runq_charge(rq, ent, next_cost(&state));
		vr_runq_sleep(rq, ent);
		vr_runq_wake(rq, ent);
	}
	return (now_ns() - start) / picks;
}

enum { EQUAL, MIXED, EMPTY, N_KINDS };

static const char * const kinds[N_KINDS] = { "equal", "mixed", "empty" };

static double ns[N_BARS][N_KINDS];

static void measure(long repeats, long picks)
{
	void *pages = alloc(N_MAX * PAGE);
	struct vr_slot *heap;
	struct vr_runq rq;
	size_t b, k;
	double t;
	long r;

	heap = alloc((N_MAX + VR_SCHED_HEAP_ROOT) * sizeof(*heap));
	for (b = 0; b < N_BARS; b++) {
		for (k = 0; k < N_KINDS; k++) {
			setup(&rq, heap, pages, bars[b].n, k == MIXED);
			for (r = 0; r < repeats; r++) {
				t = k == EMPTY ? run_empty(&rq, picks) :
						 run(&rq, picks);
				if (!r || t < ns[b][k])
					ns[b][k] = t;
			}
		}
	}
	free(heap);
	free(pages);
}

static bool missed(size_t b, double slack)
{
	return ns[b][EQUAL] > slack * bars[b].ns ||
	       ns[b][MIXED] > slack * bars[b].ns;
}

static void print_json(void)
{
	size_t b, k;

	printf("{\"sched_pick_ns\":[");
	for (b = 0; b < N_BARS; b++) {
		printf("%s{\"backlogged\":%d,\"bar\":%d", b ? "," : "",
		       bars[b].n, bars[b].ns);
		for (k = 0; k < N_KINDS; k++)
			printf(",\"%s\":%.1f", kinds[k], ns[b][k]);
		printf("}");
	}
	printf("]}\n");
}

static void print_table(const char *start)
{
	size_t b;

	printf("%sbacklogged  equal weights  weights 1-10000   bar  runs empty and wakes\n",
	       start);
	for (b = 0; b < N_BARS; b++)
		printf("%s%10d  %13.1f  %15.1f  %4d  %20.1f%s\n", start,
		       bars[b].n, ns[b][EQUAL], ns[b][MIXED], bars[b].ns,
		       ns[b][EMPTY], missed(b, 1) ? "  missed" : "");
}

/* For make check, on a machine that may be slow or busy. */
static void print_tap(double slack)
{
	size_t b;

	printf("TAP version 13\n1..%zu\n# ns per pick, charge and put back:\n",
	       N_BARS);
	print_table("# ");
	for (b = 0; b < N_BARS; b++)
		printf("%sok %zu sched: a pick among %d takes at most %g times %d ns\n",
		       missed(b, slack) ? "not " : "", b + 1, bars[b].n, slack,
		       bars[b].ns);
}

int main(int argc, char **argv)
{
	long repeats = 200, picks = 10000;
	double slack = SLACK;
	bool json = false;
	int bad = 0, opt;
	size_t b;

	while ((opt = getopt(argc, argv, "jr:p:t:")) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 'r':
			repeats = atol(optarg);
			break;
		case 'p':
			picks = atol(optarg);
			break;
		case 't':
			slack = atof(optarg);
			break;
		default:
			fprintf(stderr, "usage: %s [-j] [-r REPEATS] [-p PICKS] [-t SLACK]\n",
				argv[0]);
			return 2;
		}
	}
	if (repeats < 1 || picks < 1) {
		fprintf(stderr, "%s: nothing to measure\n", argv[0]);
		return 2;
	}

	measure(repeats, picks);
	if (json) {
		print_json();
	} else if (slack) {
		print_tap(slack);
	} else {
		printf("Scheduler: ns per pick, charge and put back (least of %ld runs of %ld)\n",
		       repeats, picks);
		print_table("  ");
	}
	for (b = 0; b < N_BARS; b++)
		bad |= missed(b, slack ? slack : 1);
	return bad;
}
