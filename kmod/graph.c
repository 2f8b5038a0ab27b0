// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 5: the graph of nodes that a vector runs through.
 *
 * A program is compiled by name from a list of nodes: each next slot is
 * resolved to an index that must lie behind the node's own.  So one pass over
 * the list runs every node at most once per vector, with all packets that
 * reached it, and no vector can overflow: each packet is in one place.
 *
 * An element is put in front of a node of the list: what led to that node then
 * leads to the element.
 */
#include "datapath.h"

#include <linux/netlink.h>
#include <linux/slab.h>

#include "trace.h"

/* The default program: plain IP forwarding. */
static const struct vr_node *const ip_forwarding[] = {
	&vr_node_input,
	&vr_node_ip4_check,
	&vr_node_ip6_check,
	&vr_node_ip4_lookup,
	&vr_node_ip6_lookup,
	&vr_node_ip4_rewrite,
	&vr_node_ip6_rewrite,
	&vr_node_egress,
	&vr_node_drop,
	&vr_node_punt,
};

/* An element beside the default program. */
struct element {
	const struct vr_node	*node;
	const char		*before;	/* name of a node */
	u32			arg;
};

static int find(const struct vr_graph *graph, const char *name)
{
	int i;

	for (i = 0; i < graph->n; i++)
		if (!strcmp(graph->inst[i].node->name, name))
			return i;
	return -1;
}

static void list_nodes(struct vr_graph *graph, const struct element *element)
{
	struct vr_inst *inst = graph->inst;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ip_forwarding); i++) {
		if (element && !strcmp(ip_forwarding[i]->name, element->before)) {
			inst->arg = element->arg;
			inst++->node = element->node;
		}
		inst++->node = ip_forwarding[i];
	}
	graph->n = inst - graph->inst;
}

/* Where a packet goes that @inst hands to the node @name. */
static int resolve(const struct vr_graph *graph, const struct vr_inst *inst,
		   const char *name, const struct element *element)
{
	if (element && inst->node != element->node &&
	    !strcmp(name, element->before))
		name = element->node->name;
	return find(graph, name);
}

/**
 * vr_graph_compile - make the program of a VR
 * @burn: cycles that the element "burn" wastes on each packet that leaves, 0
 *	for a program without it
 * @counting: whether what its nodes do is counted, from zero on
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: the program, for rcu_assign_pointer() and vr_graph_put(), or ERR_PTR.
 */
struct vr_graph *vr_graph_compile(u32 burn, bool counting,
				  struct netlink_ext_ack *extack)
{
	const struct element burning = { &vr_node_burn, "egress", burn };
	const struct element *element = burn ? &burning : NULL;
	struct vr_graph *graph;
	u32 i, k;

	BUILD_BUG_ON(ARRAY_SIZE(ip_forwarding) + 1 > VR_GRAPH_MAX);

	graph = kzalloc(struct_size(graph, inst, ARRAY_SIZE(ip_forwarding) + 1),
			GFP_KERNEL);
	if (!graph)
		return ERR_PTR(-ENOMEM);
	if (counting) {
		graph->counts = netdev_alloc_pcpu_stats(struct vr_node_counts);
		if (!graph->counts) {
			kfree(graph);
			return ERR_PTR(-ENOMEM);
		}
	}

	list_nodes(graph, element);
	for (i = 0; i < graph->n; i++) {
		const struct vr_node *node = graph->inst[i].node;

		for (k = 0; k < node->n_next; k++) {
			int next = resolve(graph, &graph->inst[i],
					   node->next[k], element);

			if (next <= (int)i) {
				NL_SET_ERR_MSG(extack,
					       "a node's next node is missing or not behind it");
				vr_graph_free(graph);
				return ERR_PTR(-EINVAL);
			}
			graph->inst[i].next[k] = next;
		}
	}
	return graph;
}

/**
 * vr_graph_free - free a program that nobody runs
 * @graph: the program
 *
 * Context: any.
 */
void vr_graph_free(struct vr_graph *graph)
{
	free_percpu(graph->counts);
	kfree(graph);
}

static void free_rcu(struct rcu_head *rcu)
{
	vr_graph_free(container_of(rcu, struct vr_graph, rcu));
}

/**
 * vr_graph_put - free a program that has been replaced
 * @graph: the program
 *
 * Context: any.
 */
void vr_graph_put(struct vr_graph *graph)
{
	call_rcu(&graph->rcu, free_rcu);
}

/**
 * vr_graph_run - run a vector through its program
 * @run: vector in run->vec[0], everything else but the other vectors set
 *
 * Context: softirq, RCU.
 */
void vr_graph_run(struct vr_run *run)
{
	const struct vr_graph *graph = run->graph;
	u32 i;

	for (i = 1; i < graph->n; i++)
		run->vec[i].n = 0;
	if (unlikely(run->looks)) {
		vr_look_run(run);
		return;
	}

	for (i = 0; i < graph->n; i++) {
		struct vr_vec *vec = &run->vec[i];

		if (!vec->n)
			continue;
		trace_vrouter_node(run->vr->dev, graph->inst[i].node->name,
				   vec->n);
		graph->inst[i].node->process(run, &graph->inst[i], vec);
	}
}
