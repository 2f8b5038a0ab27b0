// SPDX-License-Identifier: GPL-2.0
/* The counters of all VRs and cores at one time. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vrouter.h>

#include "sample.h"
#include "vrctl.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

static void *more(void *array, size_t n, size_t size)
{
	/* Room for powers of two. */
	if (n & (n - 1))
		return array;
	array = realloc(array, (n ? 2 * n : 1) * size);
	if (!array)
		err(EXIT_LOCAL, "sample");
	memset((char *)array + n * size, 0, (n ? n : 1) * size);
	return array;
}

/* Cores */

void core_time(const struct nl_attrs *core, struct core_time *time)
{
	time->busy = nl_u64(core->tb[VROUTER_A_CORE_BUSY_NS]);
	time->billed = nl_u64(core->tb[VROUTER_A_CORE_BILLED_NS]);
	time->ingress = nl_u64(core->tb[VROUTER_A_CORE_INGRESS_NS]);
	time->outside = nl_u64(core->tb[VROUTER_A_CORE_OUTSIDE_NS]);
}

uint64_t core_overhead(const struct core_time *time)
{
	return time->busy > time->billed ? time->busy - time->billed : 0;
}

/* Not exact: packets may be taken in while no VR has work. */
uint64_t core_elsewhere(const struct core_time *time)
{
	return time->outside > time->ingress ? time->outside - time->ingress : 0;
}

static void core_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct core_sample *core;
	struct sample *s = data;

	(void)cmd;
	s->cores = more(s->cores, s->n_cores, sizeof(*s->cores));
	core = &s->cores[s->n_cores++];
	core->cpu = nl_u32(attrs->tb[VROUTER_A_CORE_CPU]);
	core->queues = nl_u32(attrs->tb[VROUTER_A_CORE_QUEUES]);
	core->khz = nl_u32(attrs->tb[VROUTER_A_CORE_CLOCK_KHZ]);
	core->lag_max = nl_u64(attrs->tb[VROUTER_A_CORE_LAG_MAX_NS]);
	core->bound = nl_u64(attrs->tb[VROUTER_A_CORE_BOUND_NS]);
	core_time(attrs, &core->time);
}

const struct core_sample *sample_core(const struct sample *s, unsigned int cpu)
{
	size_t i;

	for (i = 0; i < s->n_cores; i++)
		if (s->cores[i].cpu == cpu)
			return &s->cores[i];
	return NULL;
}

static uint64_t since(uint64_t now, uint64_t then)
{
	return now >= then ? now - then : now;
}

void core_since(const struct sample *old, const struct core_sample *core, struct core_time *time)
{
	const struct core_sample *then = sample_core(old, core->cpu);

	*time = core->time;
	if (!then)
		return;
	time->busy = since(time->busy, then->time.busy);
	time->billed = since(time->billed, then->time.billed);
	time->ingress = since(time->ingress, then->time.ingress);
	time->outside = since(time->outside, then->time.outside);
}

/* VRs */

uint64_t counters_sum(const struct nl_attrs *row, uint16_t type, const char *name)
{
	const struct nlattr *attr;
	struct nl_attrs one;
	uint64_t sum = 0;

	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != type)
			continue;
		nl_parse_nest(attr, &one);
		if (!name || !strcmp(name, nl_str(one.tb[VROUTER_A_COUNTER_NAME])))
			sum += nl_u64(one.tb[VROUTER_A_COUNTER_PACKETS]);
	}
	return sum;
}

void hist_read(const struct nl_attrs *row, struct hist *h)
{
	const struct nlattr *attr;
	struct nl_attrs one;

	h->n = 0;
	h->total = 0;
	nl_for_each (attr, row) {
		if (mnl_attr_get_type(attr) != VROUTER_A_LATENCY_BUCKET)
			continue;
		nl_parse_nest(attr, &one);
		hist_add(h, nl_u64(one.tb[VROUTER_A_BUCKET_BELOW_NS]),
			 nl_u64(one.tb[VROUTER_A_BUCKET_PACKETS]));
	}
}

static struct vr_sample *find_vr(const struct sample *s, int ifindex)
{
	size_t i, at;

	for (i = 0; i < s->n_vrs; i++) {
		at = (s->next + i) % s->n_vrs;
		if (s->vrs[at].ifindex == ifindex)
			return &s->vrs[at];
	}
	return NULL;
}

const struct vr_sample *sample_vr(const struct sample *s, int ifindex)
{
	return find_vr(s, ifindex);
}

static void vr_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct sample *s = data;
	struct vr_sample *vr;

	(void)cmd;
	s->vrs = more(s->vrs, s->n_vrs, sizeof(*s->vrs));
	vr = &s->vrs[s->n_vrs++];
	vr->ifindex = nl_u32(attrs->tb[VROUTER_A_VR_IFINDEX]);
	snprintf(vr->name, sizeof(vr->name), "%s", nl_str(attrs->tb[VROUTER_A_VR_IFNAME]));
	vr->weight = nl_u32(attrs->tb[VROUTER_A_VR_WEIGHT]);
	vr->table = nl_u32(attrs->tb[VROUTER_A_VR_TABLE]);
	vr->ports = nl_u32(attrs->tb[VROUTER_A_VR_PORTS]);
	vr->quarantine = nl_u8(attrs->tb[VROUTER_A_VR_QUARANTINE]);
	if (attrs->tb[VROUTER_A_VR_CPUS])
		vr->cpus = strdup(nl_str(attrs->tb[VROUTER_A_VR_CPUS]));
	vr->latency = calloc(1, sizeof(*vr->latency));
	if (!vr->latency)
		err(EXIT_LOCAL, "sample");
}

static void cpu_row(const struct sample *s, struct vr_sample *vr, unsigned int cpu,
		    const struct nl_attrs *sched)
{
	const struct core_sample *core = sample_core(s, cpu);
	struct cpu_share *share;

	if (!vr->share)
		vr->share = calloc(s->n_cores, sizeof(*vr->share));
	if (!vr->share)
		err(EXIT_LOCAL, "sample");
	if (!core)
		return;
	share = &vr->share[core - s->cores];
	share->used = nl_u64(sched->tb[VROUTER_A_SCHED_USED_NS]);
	share->entitled = nl_u64(sched->tb[VROUTER_A_SCHED_ENTITLED_NS]);
	share->lag = nl_u64(sched->tb[VROUTER_A_SCHED_LAG_NS]);
}

static struct reason reasons[MAX_REASONS];
static size_t n_reasons;

const struct reason *sample_reasons(size_t *n)
{
	*n = n_reasons;
	return reasons;
}

/* They come in the same order every time, so the next one is most often it. */
static size_t find_reason(bool punt, const char *name, size_t guess)
{
	struct reason *r;
	size_t i, at;

	for (i = 0; i < n_reasons; i++) {
		at = (guess + i) % n_reasons;
		if (reasons[at].punt == punt && !strcmp(reasons[at].name, name))
			return at;
	}
	if (n_reasons == MAX_REASONS)
		return MAX_REASONS;
	r = &reasons[n_reasons];
	r->punt = punt;
	r->excess = !punt && (!strcmp(name, "queue_full") || !strcmp(name, "queue_time") ||
			      !strcmp(name, "late"));
	snprintf(r->name, sizeof(r->name), "%s", name);
	return n_reasons++;
}

static void reason_rows(const struct nl_attrs *attrs, struct vr_sample *vr)
{
	const struct nlattr *attr;
	struct nl_attrs one;
	uint64_t packets;
	size_t at = 0;
	bool punt;

	vr->dropped = 0;
	vr->excess = 0;
	memset(vr->reasons, 0, n_reasons * sizeof(*vr->reasons));
	nl_for_each (attr, attrs) {
		punt = mnl_attr_get_type(attr) == VROUTER_A_STATS_PUNT;
		if (!punt && mnl_attr_get_type(attr) != VROUTER_A_STATS_DROP)
			continue;
		nl_parse_nest(attr, &one);
		packets = nl_u64(one.tb[VROUTER_A_COUNTER_PACKETS]);
		if (!punt)
			vr->dropped += packets;
		at = find_reason(punt, nl_str(one.tb[VROUTER_A_COUNTER_NAME]), at);
		if (at == MAX_REASONS)
			continue;
		vr->reasons[at] = packets;
		if (reasons[at].excess)
			vr->excess += packets;
		at++;
	}
}

/* Of a VR that came after the VRs were read there is no more to know. */
static void stats_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct nlattr *const *tb = attrs->tb;
	struct nl_attrs sched, mirror;
	struct sample *s = data;
	struct vr_sample *vr;

	(void)cmd;
	vr = find_vr(s, nl_u32(tb[VROUTER_A_STATS_IFINDEX]));
	if (!vr || strcmp(vr->name, nl_str(tb[VROUTER_A_STATS_IFNAME]))) {
		s->missed = true;
		return;
	}
	s->next = vr - s->vrs;
	nl_parse_nest(tb[VROUTER_A_STATS_SCHED], &sched);
	if (tb[VROUTER_A_STATS_CPU]) {
		cpu_row(s, vr, nl_u32(tb[VROUTER_A_STATS_CPU]), &sched);
		return;
	}
	s->n_seen++;
	nl_parse_nest(tb[VROUTER_A_STATS_MIRROR], &mirror);
	vr->rx = nl_u64(tb[VROUTER_A_STATS_RX_PACKETS]);
	vr->rx_bytes = nl_u64(tb[VROUTER_A_STATS_RX_BYTES]);
	vr->tx = nl_u64(tb[VROUTER_A_STATS_TX_PACKETS]);
	vr->tx_bytes = nl_u64(tb[VROUTER_A_STATS_TX_BYTES]);
	vr->passed = nl_u64(tb[VROUTER_A_STATS_PASSED]);
	reason_rows(attrs, vr);
	vr->used = nl_u64(sched.tb[VROUTER_A_SCHED_USED_NS]);
	vr->entitled = nl_u64(sched.tb[VROUTER_A_SCHED_ENTITLED_NS]);
	vr->lag = nl_u64(sched.tb[VROUTER_A_SCHED_LAG_NS]);
	vr->qlen = nl_u32(sched.tb[VROUTER_A_SCHED_QLEN]);
	vr->qlimit = nl_u32(sched.tb[VROUTER_A_SCHED_QLEN_LIMIT]);
	vr->cost = nl_u32(sched.tb[VROUTER_A_SCHED_COST]);
	vr->strikes = nl_u32(sched.tb[VROUTER_A_SCHED_STRIKES]);
	vr->ready = !mirror.tb[VROUTER_A_MIRROR_READY] || nl_u8(mirror.tb[VROUTER_A_MIRROR_READY]);
	vr->routes4 = nl_u32(mirror.tb[VROUTER_A_MIRROR_ROUTES_IPV4]);
	vr->routes6 = nl_u32(mirror.tb[VROUTER_A_MIRROR_ROUTES_IPV6]);
	vr->failed = nl_u32(mirror.tb[VROUTER_A_MIRROR_FAILED]);
}

static void latency_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct sample *s = data;
	struct vr_sample *vr;

	(void)cmd;
	vr = find_vr(s, nl_u32(attrs->tb[VROUTER_A_LATENCY_IFINDEX]));
	if (!vr)
		return;
	s->next = vr - s->vrs;
	hist_read(attrs, vr->latency);
}

static int dump_stats(struct sample *s, bool per_cpu)
{
	struct nl_req req;
	int ret;

	ret = nl_genl_start(&req, VROUTER_CMD_STATS_GET, 0);
	if (ret)
		return ret;
	nl_put_flag(&req, VROUTER_A_STATS_BRIEF);
	if (per_cpu)
		nl_put_flag(&req, VROUTER_A_STATS_PER_CPU);
	return nl_dump(&req, stats_row, s);
}

static int take_cores(struct sample *s)
{
	s->time = now_ns();
	return nl_genl_dump(VROUTER_CMD_CORE_GET, core_row, s);
}

static int take_vrs(struct sample *s, bool per_cpu)
{
	int ret;

	s->vr_time = now_ns();
	ret = dump_stats(s, per_cpu);
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_LATENCY_GET, latency_row, s);
	return ret;
}

/* Cores first: no time is then billed by a core that is not in a VR's row. */
int sample_take(struct sample *s, bool per_cpu)
{
	int ret;

	memset(s, 0, sizeof(*s));
	ret = nl_genl_dump(VROUTER_CMD_VR_GET, vr_row, s);
	if (!ret)
		ret = take_cores(s);
	return ret ? ret : take_vrs(s, per_cpu);
}

int sample_again(struct sample *s, bool per_cpu, bool *same)
{
	size_t i, cores = s->n_cores;
	int ret;

	*same = false;
	s->n_cores = 0;
	s->n_seen = 0;
	s->missed = false;
	ret = take_cores(s);
	/* Shares have room for as many as there were. */
	if (ret || s->n_cores != cores)
		return ret;
	for (i = 0; i < s->n_vrs; i++)
		if (s->vrs[i].share)
			memset(s->vrs[i].share, 0, cores * sizeof(*s->vrs[i].share));
	ret = take_vrs(s, per_cpu);
	*same = !ret && !s->missed && s->n_seen == s->n_vrs;
	return ret;
}

void sample_free(struct sample *s)
{
	size_t i;

	for (i = 0; i < s->n_vrs; i++) {
		free(s->vrs[i].cpus);
		free(s->vrs[i].latency);
		free(s->vrs[i].share);
	}
	free(s->vrs);
	free(s->cores);
	memset(s, 0, sizeof(*s));
}
