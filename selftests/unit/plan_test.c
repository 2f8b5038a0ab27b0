// SPDX-License-Identifier: GPL-2.0
/* Where vrctl balance puts VRs: the decisions, on made-up loads. */
#include <stdio.h>

#include "../../tools/vrctl/plan.c"

static int n_tests, failed;
static bool good;

#define CHECK(expr) do {						\
	if (!(expr)) {							\
		printf("# %s:%d: %s\n", __func__, __LINE__, #expr);	\
		good = false;						\
	}								\
} while (0)

static struct plan plan;

static void setup(size_t n_cpus, size_t n_vrs, double threshold)
{
	size_t i;

	if (!plan_alloc(&plan, n_cpus, n_vrs))
		abort();
	plan.threshold = threshold;
	for (i = 0; i < n_cpus; i++)
		plan.cpus[i] = (struct plan_cpu){ .cpu = i, .node = -1, .capacity = 1,
						  .usable = true };
	for (i = 0; i < n_vrs; i++) {
		plan.vrs[i].name = "vr";
		plan.vrs[i].weight = 100;
		plan.vrs[i].node = -1;
	}
}

static void place(size_t v, size_t c, double load)
{
	plan.vrs[v].mask[c] = true;
	plan.vrs[v].load[c] = load;
}

/* Do what is proposed; how many moves it was. */
static int settle(int most)
{
	struct plan_move move;
	int n = 0;

	while (plan_next(&plan, &move)) {
		CHECK(move.gain >= plan.threshold);
		CHECK(move.reason[0]);
		plan_move_free(&move);
		if (++n > most)
			break;
	}
	plan_move_free(&move);
	return n;
}

static void release(void)
{
	size_t v;

	for (v = 0; v < plan.n_vrs; v++)
		plan.vrs[v].held = false;
}

static size_t cpus_of(size_t v)
{
	size_t c, n = 0;

	for (c = 0; c < plan.n_cpus; c++)
		n += plan.vrs[v].mask[c];
	return n;
}

static double lacking(void)
{
	double lack = 0;
	size_t v;

	for (v = 0; v < plan.n_vrs; v++)
		if (plan.ideal[v] > plan.total[v])
			lack += plan.ideal[v] - plan.total[v];
	return lack;
}

static void six_on_three(void)
{
	static const double load[] = { 0.45, 0.1, 0.4, 0.15, 0.35, 0.2 };
	double sum = 0;
	size_t i, c;

	setup(3, 6, 0.05);
	for (i = 0; i < 6; i++) {
		place(i, 0, load[i]);
		sum += load[i];
	}
	CHECK(settle(6) >= 4);
	for (c = 0; c < 3; c++)
		CHECK(cpu_load(&plan, c) < sum / 3 + 0.1);
	for (i = 0; i < 6; i++)
		CHECK(cpus_of(i) == 1);
	CHECK(lacking() < 0.001);
	/* Now it is good, also for one who could move them all. */
	release();
	CHECK(settle(1) == 0);
}

/* Six that want all they can get, with weights: each CPU the same weight. */
static void weights_at_saturation(void)
{
	static const uint32_t weight[] = { 300, 300, 200, 200, 100, 100 };
	double share;
	size_t i;

	setup(3, 6, 0.05);
	for (i = 0; i < 6; i++) {
		place(i, i / 2, 1);
		plan.vrs[i].weight = weight[i];
	}
	settle(12);
	for (i = 0; i < 6; i++) {
		share = 3.0 * weight[i] / 1200;
		CHECK(plan.total[i] > share - 0.06 && plan.total[i] < share + 0.06);
	}
}

static void balanced_stays(void)
{
	size_t i;

	setup(3, 6, 0.05);
	for (i = 0; i < 6; i++)
		place(i, i % 3, 0.3 + 0.01 * i);
	CHECK(settle(1) == 0);
}

/* Four that want a CPU each on three: nothing is better, so nothing moves. */
static void no_pointless_rotation(void)
{
	size_t i;

	setup(3, 4, 0.05);
	for (i = 0; i < 4; i++)
		place(i, i % 3, 1);
	CHECK(settle(1) == 0);
}

static void prefers_its_node(void)
{
	struct plan_move move;

	setup(4, 2, 0.02);
	plan.cpus[0].node = 0;
	plan.cpus[1].node = 0;
	plan.cpus[2].node = 1;
	plan.cpus[3].node = 1;
	plan.vrs[1].node = 1;
	place(0, 0, 0.5);
	place(1, 0, 0.4);
	CHECK(plan_next(&plan, &move));
	CHECK(move.n == 1 && move.vr[0] == 1);
	CHECK(move.mask[0][2] || move.mask[0][3]);
	CHECK(strstr(move.reason, "NUMA node 1"));
	plan_move_free(&move);
	/* The node alone moves it, too, as long as it is worth the threshold. */
	plan_free(&plan);
	setup(2, 1, 0.02);
	plan.cpus[0].node = 0;
	plan.cpus[1].node = 1;
	plan.vrs[0].node = 1;
	place(0, 0, 0.5);
	CHECK(settle(1) == 1);
	CHECK(plan.vrs[0].mask[1] && !plan.vrs[0].mask[0]);
}

/* Rather the other node than a CPU that is full. */
static void node_is_no_prison(void)
{
	setup(2, 2, 0.05);
	plan.cpus[0].node = 0;
	plan.cpus[1].node = 1;
	plan.vrs[0].node = 0;
	plan.vrs[1].node = 0;
	place(0, 0, 0.9);
	place(1, 0, 0.8);
	CHECK(settle(2) == 1);
	CHECK(plan.vrs[0].mask[1] != plan.vrs[1].mask[1]);
}

static void larger_than_a_cpu(void)
{
	struct plan_move move;
	char text[32];

	setup(4, 2, 0.05);
	place(0, 0, 1.7);
	place(1, 1, 0.2);
	CHECK(plan_next(&plan, &move));
	CHECK(move.n == 1 && move.vr[0] == 0);
	CHECK(move.mask[0][0] && (move.mask[0][2] || move.mask[0][3]));
	CHECK(!move.mask[0][1]);
	CHECK(strstr(move.reason, "170%"));
	plan_mask_text(&plan, move.mask[0], text, sizeof(text));
	CHECK(!strcmp(text, "0,2") || !strcmp(text, "0,3"));
	plan_move_free(&move);
	CHECK(lacking() < 0.001);
	release();
	CHECK(settle(3) <= 1);
}

static void gains_below_the_threshold(void)
{
	setup(2, 3, 0.05);
	place(0, 0, 0.32);
	place(1, 0, 0.04);
	place(2, 1, 0.29);
	CHECK(settle(1) == 0);
	plan.threshold = 0.02;
	CHECK(settle(3) == 1);
	CHECK(plan.vrs[1].mask[1]);
}

static void held_stay(void)
{
	setup(2, 2, 0.05);
	place(0, 0, 0.5);
	place(1, 0, 0.4);
	plan.vrs[0].held = true;
	CHECK(settle(2) == 1);
	CHECK(plan.vrs[0].mask[0] && plan.vrs[1].mask[1]);
	plan_free(&plan);
	setup(2, 2, 0.05);
	place(0, 0, 0.5);
	place(1, 0, 0.4);
	plan.vrs[0].held = true;
	plan.vrs[1].held = true;
	CHECK(settle(1) == 0);
}

/* A placement that only two moves at a time make better. */
static void swaps(void)
{
	struct plan_move move;

	setup(2, 4, 0.05);
	place(0, 0, 0.5);
	place(1, 0, 0.45);
	place(2, 1, 0.3);
	place(3, 1, 0.3);
	CHECK(plan_next(&plan, &move));
	CHECK(move.n == 2);
	CHECK(cpu_load(&plan, 0) < 0.85 && cpu_load(&plan, 1) < 0.85);
	plan_move_free(&move);
}

static void unusable_cpus(void)
{
	setup(3, 2, 0.05);
	place(0, 0, 0.5);
	place(1, 0, 0.4);
	plan.cpus[2].usable = false;
	CHECK(settle(2) == 1);
	CHECK(!plan.vrs[0].mask[2] && !plan.vrs[1].mask[2]);
	CHECK(plan.vrs[0].mask[1] || plan.vrs[1].mask[1]);
}

/* A CPU that others use has less to give. */
static void busy_cpus(void)
{
	setup(3, 2, 0.05);
	place(0, 0, 0.6);
	place(1, 0, 0.6);
	plan.cpus[1].capacity = 0.2;
	CHECK(settle(2) == 1);
	CHECK(plan.vrs[0].mask[2] != plan.vrs[1].mask[2]);
}

static void nothing_to_place(void)
{
	setup(4, 0, 0.05);
	CHECK(settle(1) == 0);
	plan_free(&plan);
	setup(1, 3, 0.05);
	place(0, 0, 1);
	place(1, 0, 1);
	CHECK(settle(1) == 0);
	plan_free(&plan);
	setup(4, 3, 0.05);
	CHECK(settle(1) == 0);
	plan_free(&plan);
	setup(0, 0, 0.05);
	CHECK(settle(1) == 0);
}

static void mask_texts(void)
{
	bool mask[] = { true, true, false, true, false, true, true, true };
	char text[32];

	setup(8, 0, 0.05);
	CHECK(!strcmp(plan_mask_text(&plan, mask, text, sizeof(text)), "0-1,3,5-7"));
	plan.cpus[6].cpu = 16;
	plan.cpus[7].cpu = 17;
	CHECK(!strcmp(plan_mask_text(&plan, mask, text, sizeof(text)), "0-1,3,5,16-17"));
	memset(mask, 0, sizeof(mask));
	CHECK(!strcmp(plan_mask_text(&plan, mask, text, sizeof(text)), ""));
}

static void scatter(size_t n_cpus, size_t n_vrs)
{
	size_t i;

	setup(n_cpus, n_vrs, 0.01 + rand() % 20 / 100.0);
	for (i = 0; i < n_cpus; i++) {
		plan.cpus[i].capacity = 0.1 + rand() % 10 / 10.0;
		plan.cpus[i].node = rand() % 3 - 1;
		plan.cpus[i].usable = rand() % 8;
	}
	for (i = 0; i < n_vrs; i++) {
		place(i, rand() % n_cpus, rand() % 300 / 200.0);
		if (rand() % 3)
			place(i, rand() % n_cpus, rand() % 300 / 200.0);
		plan.vrs[i].weight = 1 + rand() % 10000;
		plan.vrs[i].node = rand() % 3 - 1;
	}
}

/* No CPU gives more than it has, none gives what nobody asks for. */
static void check_shares(void)
{
	double sum;
	size_t c, v;

	for (c = 0; c < plan.n_cpus; c++) {
		for (v = 0, sum = 0; v < plan.n_vrs; v++) {
			sum += plan.given[c * plan.n_vrs + v];
			CHECK(plan.given[c * plan.n_vrs + v] <= plan.vrs[v].load[c] + 1e-9);
		}
		CHECK(sum <= plan.cpus[c].capacity + 1e-9);
		CHECK(sum > plan.cpus[c].capacity - 1e-6 || sum > cpu_load(&plan, c) - 1e-6);
	}
}

/* Whatever the loads: it ends, each move gains, nothing is lost or made up. */
static void random_loads(void)
{
	size_t n_cpus, n_vrs, v;
	double asked[32];
	int round;

	srand(1);
	for (round = 0; round < 300; round++) {
		n_cpus = 1 + rand() % 9;
		n_vrs = rand() % 25;
		scatter(n_cpus, n_vrs);
		for (v = 0; v < n_vrs; v++)
			asked[v] = wanted(&plan, v);
		CHECK(settle(n_vrs) <= (int)n_vrs);
		for (v = 0; v < n_vrs; v++) {
			CHECK(cpus_of(v) >= 1);
			CHECK(wanted(&plan, v) > asked[v] - 1e-9);
			CHECK(wanted(&plan, v) < asked[v] + 1e-9);
		}
		check_shares();
		plan_free(&plan);
	}
	setup(1, 0, 0.05);
}

static void run(const char *name, void (*test)(void))
{
	good = true;
	test();
	plan_free(&plan);
	failed += !good;
	printf("%sok %d balance: %s\n", good ? "" : "not ", ++n_tests, name);
}

#define RUN(test) run(#test, test)

int main(void)
{
	RUN(six_on_three);
	RUN(weights_at_saturation);
	RUN(balanced_stays);
	RUN(no_pointless_rotation);
	RUN(prefers_its_node);
	RUN(node_is_no_prison);
	RUN(larger_than_a_cpu);
	RUN(gains_below_the_threshold);
	RUN(held_stay);
	RUN(swaps);
	RUN(unusable_cpus);
	RUN(busy_cpus);
	RUN(nothing_to_place);
	RUN(mask_texts);
	RUN(random_loads);
	printf("1..%d\n", n_tests);
	return failed != 0;
}
