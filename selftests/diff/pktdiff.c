// SPDX-License-Identifier: GPL-2.0
/* Sends random packets through two routers and compares what comes out. */
#include "pktdiff.h"

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 3000, CONFIG_EVERY = 6, FAST_PERCENT = 20 };

struct dut duts[N_DUTS];
uint64_t opt_seed;
bool opt_verbose;

static const char *opt_kind[N_DUTS] = { "vrouter", "vrf" };
static const char *opt_variant = "base";
static unsigned int opt_packets = 2000;
static unsigned int opt_batch = 64;
static unsigned int opt_corrupt; /* nth output of the first router */
static unsigned int opt_only;	 /* stop after this batch */
static bool opt_wrong_route;	 /* the first router has one more route */
static bool opt_vectors;
static bool opt_scenes;
static bool opt_keep;
static uint32_t last_id;
static unsigned long outputs_seen;
static pid_t owner;

uint32_t next_id(void)
{
	return ++last_id;
}

static void config_one(struct dut *d, const char *text, struct text *err)
{
	struct text t = {};

	for (; *text; text++) {
		if (*text == '@')
			text_add(&t, "%s", d->table);
		else
			text_add(&t, "%c", *text);
	}
	ip_batch(d->router, t.buf, true, err);
	text_free(&t);
}

/* The same change for both; a refusal must be the same one for both too. */
void config_both(const char *text, const char *what)
{
	struct text err[N_DUTS] = {};

	for (int i = 0; i < N_DUTS; i++) {
		text_add(&err[i], "%s", "");
		config_one(&duts[i], text, &err[i]);
	}
	if (strcmp(err[0].buf, err[1].buf)) {
		verdict.differences++;
		printf("# difference in the answer to: %s, seed %llu\n# %s:\n%s# %s:\n%s", what,
		       (unsigned long long)opt_seed, duts[0].kind, err[0].buf, duts[1].kind,
		       err[1].buf);
	} else if (opt_verbose && err[0].len) {
		printf("# %s: both say: %s", what, err[0].buf);
	}
	for (int i = 0; i < N_DUTS; i++)
		text_free(&err[i]);
}

/* The test of the test: spoils one frame as a faulty router would. */
static void corrupt(struct outs *o)
{
	for (unsigned int i = 0; i < o->n; i++) {
		if (!opt_corrupt || o->v[i].len < 30 || !o->v[i].has_id)
			continue;
		if (++outputs_seen != opt_corrupt)
			continue;
		o->v[i].data[22]--;
		o->v[i].hash++;
	}
}

/* Sends @pkts to both routers and compares; returns the differences. */
unsigned int run_batch(struct pkt *pkts, unsigned int n)
{
	static struct outs o[N_DUTS];
	unsigned int bad;
	uint64_t end;

	norm_batch(pkts, n);
	for (int i = 0; i < N_DUTS; i++)
		for (unsigned int j = 0; j < n; j++)
			wire_send(&duts[i], &pkts[j]);
	wire_settle(duts, o);
	corrupt(&o[0]);
	end = now_ms() + GRACE_MS;
	while (compare(pkts, n, &o[0], &o[1], false) && now_ms() < end &&
	       verdict.differences < 50 && !opt_corrupt) {
		wire_wait(duts, 20);
		wire_settle(duts, o);
	}
	bad = compare(pkts, n, &o[0], &o[1], true);
	verdict.batches++;
	verdict.sent += n;
	for (int i = 0; i < N_DUTS; i++)
		outs_reset(&o[i]);
	return bad;
}

static void change_routes(int changes)
{
	struct text t = {};

	if (changes)
		routes_mutate(&t, changes);
	else
		routes_init(&t);
	if (t.buf)
		config_both(t.buf, "routes");
	if (opt_verbose && t.buf)
		fputs(t.buf, stderr);
	text_free(&t);
	wire_sync_routes(duts);
}

/* The other test of the test: to the first router's table only. */
static void wrong_route(void)
{
	struct text err = {};

	config_one(&duts[0],
		   "route add 0.0.0.0/2 via 10.0.2.5 table @\n"
		   "route add 128.0.0.0/2 via 10.0.2.5 table @\n",
		   &err);
	if (err.len)
		die("no wrong route: %s", err.buf);
}

static void run(void)
{
	static struct pkt pkts[BATCH_MAX];
	unsigned int batches = (opt_packets + opt_batch - 1) / opt_batch;
	uint64_t start = now_ms();

	for (unsigned int i = 0; i < opt_batch; i++) {
		pkts[i].data = malloc(FRAME_MAX);
		if (!pkts[i].data)
			die("out of memory");
	}
	change_routes(0);
	if (opt_wrong_route)
		wrong_route();
	for (unsigned int b = 0; b < batches; b++) {
		if (b && b % CONFIG_EVERY == 0)
			change_routes(8);
		for (unsigned int i = 0; i < opt_batch; i++)
			gen_packet(&pkts[i], next_id());
		run_batch(pkts, opt_batch);
		if (opt_only && b + 1 == opt_only)
			break;
	}
	if (opt_scenes) {
		scene_unresolved(duts);
		scene_reroute(duts);
		scene_port_flap(duts);
		scene_unresolved(duts);
	}
	printf("# seed %llu, %s: %lu packets, %lu frames came out of %s and %s, %u routes, %lu "
	       "differences, %lu accepted, %llu ms\n",
	       (unsigned long long)opt_seed, opt_variant, verdict.sent, verdict.compared,
	       duts[0].kind, duts[1].kind, routes_count(), verdict.differences, verdict.accepted,
	       (unsigned long long)(now_ms() - start));
}

/*
 * A router that hands everything to the stack would be equal to the other by
 * design: a fair part of the packets must have gone the fast way.
 */
static void check_fast_path(const struct dut *d)
{
	struct text list = {};
	unsigned long long fast;

	if (strcmp(d->kind, "vrouter") && !topo_has_frames(d->kind))
		return;
	fast = ns_counters(d->router, "vr0", "tx_packets", &list);
	printf("# counters of the vrouter:%s\n", list.buf ? list.buf : " none");
	text_free(&list);
	if (fast * 100 < verdict.sent * FAST_PERCENT) {
		printf("# only %llu of %lu packets were forwarded by the fast path\n", fast,
		       verdict.sent);
		verdict.differences++;
	}
}

static void clean_up(void)
{
	if (getpid() != owner)
		return;
	for (int i = 0; i < N_DUTS; i++) {
		wire_close(&duts[i]);
		if (!opt_keep)
			topo_remove(&duts[i]);
	}
	topo_globals(false);
}

static void on_signal(int sig)
{
	(void)sig;
	exit(130);
}

static void usage(FILE *f)
{
	fputs("usage: pktdiff [--kinds A,B] [--seed N] [--packets N] [--batch N]\n"
	      "               [--variant NAME] [--scenes] [--corrupt N] [--show N]\n"
	      "               [--wrong-route] [--vectors] [--stop-after-batch N]\n"
	      "               [--keep] [--verbose]\n"
	      "A and B are kinds of router: vrouter, frames (vrouter with XDP), vrf or plain.\n",
	      f);
}

static unsigned long number(const char *word, const char *name, unsigned long max)
{
	char *end;
	unsigned long v = strtoul(word, &end, 0);

	if (!*word || *end || v > max)
		die("bad number \"%s\" after %s", word, name);
	return v;
}

static void set_kinds(char *word)
{
	char *comma = strchr(word, ',');

	if (!comma)
		die("two kinds wanted, not \"%s\"", word);
	*comma = 0;
	opt_kind[0] = word;
	opt_kind[1] = comma + 1;
	for (int i = 0; i < N_DUTS; i++)
		if (strcmp(opt_kind[i], "vrouter") && !topo_has_frames(opt_kind[i]) &&
		    strcmp(opt_kind[i], "vrf") && strcmp(opt_kind[i], "plain"))
			die("unknown kind \"%s\"", opt_kind[i]);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = { { "kinds", required_argument, NULL, 'k' },
						 { "seed", required_argument, NULL, 's' },
						 { "packets", required_argument, NULL, 'p' },
						 { "batch", required_argument, NULL, 'b' },
						 { "variant", required_argument, NULL, 'v' },
						 { "corrupt", required_argument, NULL, 'c' },
						 { "show", required_argument, NULL, 'n' },
						 { "stop-after-batch", required_argument, NULL,
						   'o' },
						 { "wrong-route", no_argument, NULL, 'w' },
						 { "vectors", no_argument, NULL, 'r' },
						 { "scenes", no_argument, NULL, 'S' },
						 { "keep", no_argument, NULL, 'K' },
						 { "verbose", no_argument, NULL, 'V' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	int c;

	opt_seed = time(NULL) ^ (uint64_t)getpid() << 20;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			set_kinds(optarg);
			break;
		case 's':
			opt_seed = number(optarg, "--seed", ~0UL);
			break;
		case 'p':
			opt_packets = number(optarg, "--packets", 100000000);
			break;
		case 'b':
			opt_batch = number(optarg, "--batch", BATCH_MAX);
			break;
		case 'v':
			opt_variant = optarg;
			if (!topo_variant_known(optarg))
				die("unknown variant \"%s\"", optarg);
			break;
		case 'c':
			opt_corrupt = number(optarg, "--corrupt", 1000000);
			break;
		case 'n':
			show_max = number(optarg, "--show", 1000000);
			break;
		case 'o':
			opt_only = number(optarg, "--stop-after-batch", 1000000);
			break;
		case 'w':
			opt_wrong_route = true;
			break;
		case 'r':
			opt_vectors = true;
			break;
		case 'S':
			opt_scenes = true;
			break;
		case 'K':
			opt_keep = true;
			break;
		case 'V':
			opt_verbose = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc)
		die("unexpected word \"%s\"", argv[optind]);
	if (!opt_batch)
		die("a batch of 0 packets");
}

int main(int argc, char **argv)
{
	static const char *const tag[N_DUTS] = { "a", "b" };
	cpu_set_t one;

	parse(argc, argv);
	if (geteuid())
		die("must be root");
	owner = getpid();
	atexit(clean_up);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);

	/* Frames that one CPU sends stay in order up to the router's port. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);

	rnd_seed(opt_seed);
	topo_globals(true);
	for (int i = 0; i < N_DUTS; i++) {
		topo_build(&duts[i], tag[i], opt_kind[i],
			   topo_has_frames(opt_kind[0]) || topo_has_frames(opt_kind[1]));
		topo_variant(&duts[i], opt_variant);
		wire_open(&duts[i]);
		if (opt_vectors)
			vectors_on(duts[i].router);
	}
	run();
	for (int i = 0; i < N_DUTS; i++)
		check_fast_path(&duts[i]);
	norm_print(stdout);
	compare_print(stdout);
	return verdict.differences ? 1 : 0;
}
