// SPDX-License-Identifier: GPL-2.0
/*
 * Node burn: wastes CPU time on every packet, as an expensive element would.
 * For experiments, and for the tests of the scheduler and the watchdog.
 */
#include "datapath.h"

static void process(struct vr_run *run, const struct vr_inst *inst,
		    struct vr_vec *vec)
{
	unsigned int i;

	for (i = 0; i < vec->n; i++) {
		u64 start = vr_cycles();

		while (vr_cycles() - start < inst->arg)
			cpu_relax();
		vr_run_next(run, inst, 0, vec->pkt[i]);
	}
}

const struct vr_node vr_node_burn = {
	.name		= "burn",
	.process	= process,
	.next		= { "egress" },
	.n_next		= 1,
};
