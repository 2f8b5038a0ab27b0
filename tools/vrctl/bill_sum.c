// SPDX-License-Identifier: GPL-2.0
/*
 * Who used how much CPU time between snapshots.
 *
 * VRs come and go, and their counters with them.  A VR is matched by the index
 * of its device, which a new VR of the same name does not have, and summed up
 * by its name.  What a VR used after the last snapshot that has it is only in
 * the sums of the CPUs: there it shows as billed to others.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bill.h"
#include "vrctl.h"

static struct bill_row *row_of(struct bill *bill, const char *name)
{
	struct bill_row *rows;
	size_t i;

	for (i = 0; i < bill->n_rows; i++)
		if (!strcmp(bill->rows[i].name, name))
			return &bill->rows[i];
	rows = reallocarray(bill->rows, bill->n_rows + 1, sizeof(*rows));
	if (!rows)
		err(EXIT_LOCAL, "bill");
	bill->rows = rows;
	memset(&rows[bill->n_rows], 0, sizeof(*rows));
	snprintf(rows[bill->n_rows].name, IFNAMSIZ, "%s", name);
	return &rows[bill->n_rows++];
}

static bool same_name(const struct snapshot *snap, const char *name)
{
	size_t i;

	for (i = 0; i < snap->sample.n_vrs; i++)
		if (!strcmp(snap->sample.vrs[i].name, name))
			return true;
	return false;
}

/* The machine or the module was restarted: what counted before is lost. */
static bool restarted(const struct snapshot *old, const struct snapshot *now)
{
	const struct core_sample *core, *then;
	size_t i;

	if (strcmp(old->boot, now->boot))
		return true;
	for (i = 0; i < now->sample.n_cores; i++) {
		core = &now->sample.cores[i];
		then = sample_core(&old->sample, core->cpu);
		if (then && then->time.busy > core->time.busy)
			return true;
	}
	return false;
}

static void add_vr(struct bill *bill, const struct snapshot *old, const struct vr_sample *vr)
{
	const struct vr_sample *then = old ? sample_vr(&old->sample, vr->ifindex) : NULL;
	struct bill_row *row = row_of(bill, vr->name);

	if (then && (then->used > vr->used || then->rx > vr->rx))
		then = NULL;
	if (!then && old && same_name(old, vr->name))
		row->again++;
	row->weight = vr->weight;
	row->used += vr->used - (then ? then->used : 0);
	row->packets += vr->rx - (then ? then->rx : 0);
	row->bytes += vr->rx_bytes - (then ? then->rx_bytes : 0);
	row->gone = false;
}

void bill_add(struct bill *bill, const struct snapshot *old, const struct snapshot *now)
{
	static const struct sample nothing;
	struct core_time time;
	size_t i;

	if (old && restarted(old, now)) {
		bill->restarts++;
		old = NULL;
	}
	for (i = 0; i < now->sample.n_cores; i++) {
		core_since(old ? &old->sample : &nothing, &now->sample.cores[i], &time);
		bill->time.busy += time.busy;
		bill->time.billed += time.billed;
		bill->time.ingress += time.ingress;
		bill->time.outside += time.outside;
	}
	for (i = 0; i < bill->n_rows; i++)
		bill->rows[i].gone = true;
	for (i = 0; old && i < old->sample.n_vrs; i++)
		row_of(bill, old->sample.vrs[i].name)->gone = true;
	for (i = 0; i < now->sample.n_vrs; i++)
		add_vr(bill, old, &now->sample.vrs[i]);
}

uint64_t bill_others(const struct bill *bill)
{
	uint64_t used = 0;
	size_t i;

	for (i = 0; i < bill->n_rows; i++)
		used += bill->rows[i].used;
	return bill->time.billed > used ? bill->time.billed - used : 0;
}

void bill_free(struct bill *bill)
{
	free(bill->rows);
	memset(bill, 0, sizeof(*bill));
}
