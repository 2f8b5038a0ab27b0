/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hist.h"
#include "nl.h"

/**
 * struct core_time - where the time of a CPU went, in ns
 * @busy: in polls of the core and in taking packets in
 * @billed: of @busy, charged to VRs
 * @ingress: of @busy, not in polls
 * @outside: not in polls though VRs had work, taking packets in included
 */
struct core_time {
	uint64_t busy;
	uint64_t billed;
	uint64_t ingress;
	uint64_t outside;
};

/**
 * struct core_sample - the scheduler of a CPU
 * @cpu: its number
 * @queues: VRs with work
 * @time: where its time went
 * @khz: rate of the clock that cycles are counted by
 * @lag_max: ns of the largest distance of a VR from its entitlement
 * @bound: ns that no distance could exceed then
 */
struct core_sample {
	unsigned int cpu;
	unsigned int queues;
	struct core_time time;
	uint32_t khz;
	uint64_t lag_max;
	uint64_t bound;
};

/**
 * struct reason - what a packet was dropped or punted for
 * @punt: punted
 * @excess: dropped as too many waited
 * @name: that of its counter
 */
struct reason {
	bool punt;
	bool excess;
	char name[24];
};

#define MAX_REASONS 64

/**
 * struct cpu_share - what a VR had of a CPU
 * @used: ns of CPU time
 * @entitled: ns that it should have had
 * @lag: ns that it is short of
 */
struct cpu_share {
	uint64_t used;
	uint64_t entitled;
	int64_t lag;
};

/**
 * struct vr_sample - counters of a VR
 * @ifindex: of its netdevice
 * @name: of its netdevice
 * @weight: its weight
 * @quarantine: shut off
 * @cpus: its list of CPUs, NULL if none was told
 * @rx: packets taken in
 * @rx_bytes: their bytes
 * @tx: packets sent
 * @tx_bytes: their bytes
 * @passed: packets left to the stack on arrival
 * @dropped: packets dropped
 * @excess: packets dropped as too many waited
 * @used: ns of CPU time
 * @entitled: ns of CPU time that it should have had
 * @lag: ns that it is short of
 * @qlen: packets waiting
 * @qlimit: packets that may wait
 * @cost: cycles per packet, lately
 * @strikes: vectors that took too long
 * @table: its routing table
 * @ports: how many it has
 * @ready: its routes are in step with the table
 * @routes4: IPv4 routes
 * @routes6: IPv6 routes
 * @failed: routes that could not be held
 * @reasons: packets by struct reason, see sample_reasons()
 * @latency: how long packets took
 * @share: by core of the sample, NULL if not asked for
 */
struct vr_sample {
	int ifindex;
	char name[IFNAMSIZ];
	uint32_t weight;
	bool quarantine;
	char *cpus;
	uint64_t rx;
	uint64_t rx_bytes;
	uint64_t tx;
	uint64_t tx_bytes;
	uint64_t passed;
	uint64_t dropped;
	uint64_t excess;
	uint64_t used;
	uint64_t entitled;
	int64_t lag;
	uint32_t qlen;
	uint32_t qlimit;
	uint32_t cost;
	uint32_t strikes;
	uint32_t table;
	uint32_t ports;
	bool ready;
	uint32_t routes4;
	uint32_t routes6;
	uint32_t failed;
	uint64_t reasons[MAX_REASONS];
	struct hist *latency;
	struct cpu_share *share;
};

/**
 * struct sample - counters of all VRs of the namespace and of all CPUs
 * @time: when the cores were read, CLOCK_MONOTONIC, in ns
 * @vr_time: when the VRs were
 * @cores: by CPU
 * @n_cores: how many
 * @vrs: by ifindex
 * @n_vrs: how many
 * @next: where to look first, as rows come in one order
 * @n_seen: VRs that have counters
 * @missed: counters came of a VR that was not there
 */
struct sample {
	uint64_t time;
	uint64_t vr_time;
	struct core_sample *cores;
	size_t n_cores;
	struct vr_sample *vrs;
	size_t n_vrs;
	size_t next;
	size_t n_seen;
	bool missed;
};

/* An exit code; a sample that was taken, whatever came of it, is to be freed. */
int sample_take(struct sample *s, bool per_cpu);
/* The counters anew, of the same VRs; *same is false if these are not all any more. */
int sample_again(struct sample *s, bool per_cpu, bool *same);
void sample_free(struct sample *s);
/* All that were ever seen, in the order they came; *n is how many. */
const struct reason *sample_reasons(size_t *n);
const struct vr_sample *sample_vr(const struct sample *s, int ifindex);
const struct core_sample *sample_core(const struct sample *s, unsigned int cpu);
/* What came after, core by core; one that was not there before counts from 0. */
void core_since(const struct sample *old, const struct core_sample *core, struct core_time *time);

void core_time(const struct nl_attrs *core, struct core_time *time);
/* Of the busy time, what was billed to nobody. */
uint64_t core_overhead(const struct core_time *time);
/* Time outside that is not busy time as well. */
uint64_t core_elsewhere(const struct core_time *time);

/* The histogram of a row of latencies. */
void hist_read(const struct nl_attrs *row, struct hist *h);
/* Sum of the counters of a kind (drops, punts) in a row; of one name, if given. */
uint64_t counters_sum(const struct nl_attrs *row, uint16_t type, const char *name);

#endif /* SAMPLE_H */
