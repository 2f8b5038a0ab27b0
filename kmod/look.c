// SPDX-License-Identifier: GPL-2.0
/*
 * Looking at vectors on their way through the graph.
 *
 * A VR that nobody looks at pays for one comparison per vector.  While somebody
 * does, vr_graph_run() leaves the vector to the loop here, which measures each
 * node for all who asked: the watchdog (watch.c), who traces packets (tracer.c), and
 * who counts what nodes cost.
 *
 * Counts belong to the program, so they are of its nodes whatever replaces it, and
 * to start at zero is to start a new program.
 */
#include "datapath.h"

#include <linux/percpu.h>
#include <linux/rtnetlink.h>

#include "trace.h"
#include "tracer.h"

static void count(struct vr_node_counts *counts, u32 i, unsigned int packets,
		  u64 cycles)
{
	struct vr_node_count *node = &counts->node[i];

	u64_stats_update_begin(&counts->syncp);
	node->calls++;
	node->packets += packets;
	node->cycles += cycles;
	u64_stats_update_end(&counts->syncp);
}

/**
 * vr_look_run - run a vector through its program, looking at each node
 * @run: as vr_graph_run(), with the vectors of all nodes set
 *
 * Context: softirq, RCU.
 */
void vr_look_run(struct vr_run *run)
{
	const struct vr_graph *graph = run->graph;
	bool watch = run->looks & BIT(VR_LOOK_WATCH);
	struct vr_node_counts *counts = NULL;
	struct vr_trace_cpu *trace = NULL;
	struct vr_tracer *tracer;
	u32 i;

	if (graph->counts)
		counts = this_cpu_ptr(graph->counts);
	tracer = rcu_dereference(run->vr->tracer);
	if (tracer)
		trace = vr_trace_begin(tracer, run);
	if (watch)
		vr_watch_begin(run);

	for (i = 0; i < graph->n; i++) {
		const struct vr_inst *inst = &graph->inst[i];
		struct vr_vec *vec = &run->vec[i];
		u64 start, took;

		if (!vec->n)
			continue;
		trace_vrouter_node(run->vr->dev, inst->node->name, vec->n);
		if (trace)
			vr_trace_node(trace, inst, vec);
		start = vr_cycles();
		inst->node->process(run, inst, vec);
		took = vr_cycles() - start;
		if (watch)
			vr_watch_node(run, inst->node->name, took);
		if (counts)
			count(counts, i, vec->n, took);
		if (trace)
			vr_trace_took(trace, took);
	}
	if (trace)
		vr_trace_end(tracer, trace);
}

/**
 * vr_look_counts - what the nodes of a program have done
 * @graph: a program that is counted
 * @cpu: one CPU, or -1 for the sum over all
 * @sum: of each node, filled in
 *
 * Context: process, rtnl.
 */
void vr_look_counts(const struct vr_graph *graph, int cpu,
		    struct vr_node_count *sum)
{
	struct vr_node_counts one;
	int each;
	u32 i;

	ASSERT_RTNL();
	memset(sum, 0, graph->n * sizeof(*sum));
	for_each_possible_cpu(each) {
		const struct vr_node_counts *from;

		if (cpu >= 0 && each != cpu)
			continue;
		from = per_cpu_ptr(graph->counts, each);
		vr_stats_read(&one, from, &from->syncp);
		for (i = 0; i < graph->n; i++) {
			sum[i].calls += one.node[i].calls;
			sum[i].packets += one.node[i].packets;
			sum[i].cycles += one.node[i].cycles;
		}
	}
}
