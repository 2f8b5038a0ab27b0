/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BILL_H
#define BILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample.h"

/* Where snapshots are kept if nothing else is said. */
#define BILL_DIR "/var/lib/vrouter/bill"

/**
 * struct snapshot - what was billed until some time
 * @time: seconds since the epoch, in ns
 * @boot: of which run of the machine
 * @netns: of which network namespace
 * @sample: cores and VRs, as far as a bill needs them
 */
struct snapshot {
	uint64_t time;
	char boot[40];
	char netns[40];
	struct sample sample;
};

/* bill_file.c; exit codes, after a message to stderr. */
int snapshot_take(struct snapshot *snap);
int snapshot_write(const struct snapshot *snap, const char *path);
int snapshot_read(struct snapshot *snap, const char *path);
void snapshot_free(struct snapshot *snap);
/* The snapshots of a directory from the last one at or before a time on, in order. */
int snapshots_since(const char *dir, uint64_t since, struct snapshot **snaps, size_t *n);

/**
 * struct bill_row - what a VR is to pay
 * @name: of the VR
 * @weight: when it was last seen
 * @used: CPU time in ns
 * @packets: taken in
 * @bytes: of these
 * @again: times that it was made anew
 * @gone: not there at the end
 */
struct bill_row {
	char name[IFNAMSIZ];
	uint32_t weight;
	uint64_t used;
	uint64_t packets;
	uint64_t bytes;
	unsigned int again;
	bool gone;
};

/**
 * struct bill - who used how much CPU time
 * @since: when it begins, in ns since the epoch; 0 for all there was
 * @until: when it ends
 * @rows: VRs by name
 * @n_rows: how many
 * @time: of all CPUs
 * @restarts: times that all counters began anew
 */
struct bill {
	uint64_t since;
	uint64_t until;
	struct bill_row *rows;
	size_t n_rows;
	struct core_time time;
	unsigned int restarts;
};

/* bill_sum.c: add what was used between two snapshots; no first one for all. */
void bill_add(struct bill *bill, const struct snapshot *old, const struct snapshot *now);
/* Billed to VRs that are gone or in other network namespaces. */
uint64_t bill_others(const struct bill *bill);
void bill_free(struct bill *bill);

#endif /* BILL_H */
