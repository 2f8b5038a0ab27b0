// SPDX-License-Identifier: GPL-2.0
/*
 * The VR object: its queues, program, mirror, and its life.
 *
 * init      queues, counters and program, with the netdevice (ndo_init)
 * attach    to a namespace: rules, tables, mirror; ports may come
 * detach    from it: ports and mirror go; on deletion and on a move to another
 *           namespace, where it attaches again
 * forget    no core picks its queues any more; a grace period follows
 * uninit    all that init made is freed (ndo_uninit)
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "datapath.h"
#include "fib.h"
#include "incident.h"
#include "l3mdev.h"
#include "tracer.h"
#include "vrouter.h"

static void destroy_queues(struct vr_router *vr)
{
	bool wait = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!vr->queue[cpu] || vr->queue[cpu]->dead)
			continue;
		vr_core_forget(vr->queue[cpu]);
		wait = true;
	}
	if (wait)
		synchronize_net();
	for_each_possible_cpu(cpu)
		vr_queue_destroy(vr->queue[cpu]);
	kfree(vr->queue);
}

/* What the data path wants of the settings, in its own units. */
static void derive_cycles(struct vr_router *vr)
{
	u64 limit = (u64)vr->settings.vector_limit_us * NSEC_PER_USEC;
	u64 wait = (u64)vr->settings.queue_time_us * NSEC_PER_USEC;

	WRITE_ONCE(vr->wait_max, vr_cycles_from_ns(wait));
	WRITE_ONCE(vr->vector_limit, limit ? vr_cycles_from_ns(limit) : ~0ULL);
	/* With one strike there is no second one to know more. */
	if (limit && vr->settings.strikes == 1)
		set_bit(VR_LOOK_WATCH, &vr->looks);
}

/**
 * vr_router_init - make what a VR has wherever it is
 * @vr: the VR, with dev and weight set
 * @extack: where to say what is wrong, or NULL
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_router_init(struct vr_router *vr, struct netlink_ext_ack *extack)
{
	struct vr_graph *graph;
	int cpu, err;

	ASSERT_RTNL();
	vr->stats = netdev_alloc_pcpu_stats(struct vr_stats);
	if (!vr->stats)
		return -ENOMEM;

	vr->settings = (struct vr_settings) {
		.queue_packets		= VR_QUEUE_LEN,
		.queue_time_us		= VROUTER_QUEUE_TIME_US_DEFAULT,
		.vector_limit_us	= VROUTER_VECTOR_LIMIT_US_DEFAULT,
		.strikes		= VROUTER_STRIKES_DEFAULT,
		.strike_window_ms	= VROUTER_STRIKE_WINDOW_MS_DEFAULT,
	};
	spin_lock_init(&vr->watch.lock);
	derive_cycles(vr);

	graph = vr_graph_compile(0, false, extack);
	if (IS_ERR(graph)) {
		err = PTR_ERR(graph);
		goto free_stats;
	}
	RCU_INIT_POINTER(vr->graph, graph);

	err = -ENOMEM;
	vr->queue = kcalloc(nr_cpu_ids, sizeof(*vr->queue), GFP_KERNEL);
	if (!vr->queue)
		goto free_graph;
	for_each_possible_cpu(cpu) {
		vr->queue[cpu] = vr_queue_create(vr, cpu);
		if (!vr->queue[cpu])
			goto free_queues;
	}
	err = vr_steer_add(vr);
	if (err)
		goto free_queues;
	return 0;

free_queues:
	destroy_queues(vr);
free_graph:
	vr_graph_free(graph);
free_stats:
	free_percpu(vr->stats);
	return err;
}

/**
 * vr_router_forget - stop the cores from ever running the VR again
 * @vr: a detached VR
 *
 * Before the grace period that unregistering its netdevice takes anyway.
 *
 * Context: process, rtnl.
 */
void vr_router_forget(struct vr_router *vr)
{
	int cpu;

	for_each_possible_cpu(cpu)
		vr_core_forget(vr->queue[cpu]);
}

/**
 * vr_router_uninit - inverse of vr_router_init()
 * @vr: a VR without ports
 *
 * Context: process, rtnl.
 */
void vr_router_uninit(struct vr_router *vr)
{
	ASSERT_RTNL();
	WARN_ON(!list_empty(&vr->ports));
	vr_steer_del(vr);
	destroy_queues(vr);
	vr_graph_free(rcu_dereference_protected(vr->graph, 1));
	free_percpu(vr->stats);
}

/**
 * vr_router_attach - make the VR a router of the namespace it is in
 * @vr: the VR, its netdevice listed in the namespace
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: 0 or a negative error.
 */
int vr_router_attach(struct vr_router *vr, struct netlink_ext_ack *extack)
{
	struct vr_net *vrn = vr_net_get(dev_net(vr->dev));
	struct list_head *before;
	struct vr_fib *fib;
	int err;

	ASSERT_RTNL();
	err = vr_l3mdev_attach(vr->dev, extack);
	if (err)
		return err;

	fib = vr_fib_create(vr, extack);
	if (IS_ERR(fib))
		return PTR_ERR(fib);
	/* No packet can look yet: there are no ports. */
	vr->fib = fib;

	/* Most are new and come last. */
	list_for_each_prev(before, &vrn->routers)
		if (list_entry(before, struct vr_router, node)->dev->ifindex <
		    vr->dev->ifindex)
			break;
	list_add_rcu(&vr->node, before);
	vrn->n_routers++;
	vr->attached = true;
	vr_netlink_notify_router(vr, VROUTER_CMD_VR_ADD_NTF);
	return 0;
}

/**
 * vr_router_detach - inverse of vr_router_attach(); releases the ports
 * @vr: the VR; does nothing if it is detached already
 *
 * Context: process, rtnl.
 */
void vr_router_detach(struct vr_router *vr)
{
	struct vr_net *vrn = vr_net_get(dev_net(vr->dev));
	struct vr_port *port, *next;

	ASSERT_RTNL();
	if (!vr->attached)
		return;
	list_for_each_entry_safe(port, next, &vr->ports, node)
		vr_port_del(vr, port->dev);

	vr_trace_stop(vr);
	vr_netlink_notify_router(vr, VROUTER_CMD_VR_DEL_NTF);
	vr->attached = false;
	list_del_rcu(&vr->node);
	vrn->n_routers--;

	/* Each port has waited for the vectors that could use the mirror. */
	vr_fib_destroy(vr->fib);
	vr->fib = NULL;
}

/**
 * vr_router_set_weight - change the entitlement
 * @vr: the VR
 * @weight: VR_WEIGHT_MIN…VR_WEIGHT_MAX
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: 0 or -ERANGE.
 */
int vr_router_set_weight(struct vr_router *vr, u32 weight,
			 struct netlink_ext_ack *extack)
{
	int cpu;

	ASSERT_RTNL();
	if (weight < VR_WEIGHT_MIN || weight > VR_WEIGHT_MAX) {
		NL_SET_ERR_MSG(extack, "weight must be 1 to 10000");
		return -ERANGE;
	}
	if (weight == vr->weight)
		return 0;
	WRITE_ONCE(vr->weight, weight);
	for_each_possible_cpu(cpu)
		vr_core_set_weight(vr->queue[cpu], weight);
	vr_netlink_notify_router(vr, VROUTER_CMD_VR_CHANGE_NTF);
	return 0;
}

static void shut(struct vr_router *vr)
{
	int cpu;

	for_each_possible_cpu(cpu)
		vr_queue_set_limit(vr->queue[cpu]);
	for_each_possible_cpu(cpu)
		vr_queue_flush(vr->queue[cpu], NULL, VR_DROP_QUARANTINE);
}

/**
 * vr_router_quarantine - shut the VR off
 * @vr: the VR
 *
 * A packet that another CPU is just putting into a queue may still be served.
 *
 * Context: softirq.
 */
void vr_router_quarantine(struct vr_router *vr)
{
	WRITE_ONCE(vr->settings.quarantine, true);
	shut(vr);
}

static void set_quarantine(struct vr_router *vr, bool on)
{
	struct vr_incident incident = {
		.kind	= on ? VROUTER_INCIDENT_KIND_QUARANTINE :
			       VROUTER_INCIDENT_KIND_RELEASE,
		.cpu	= -1,
	};
	int cpu;

	WRITE_ONCE(vr->settings.quarantine, on);
	if (on)
		shut(vr);
	else
		for_each_possible_cpu(cpu)
			vr_queue_set_limit(vr->queue[cpu]);
	vr_incident_add(vr, &incident);
}

static int change_graph(struct vr_router *vr, u32 burn, bool counting,
			struct netlink_ext_ack *extack)
{
	struct vr_graph *graph, *old = rtnl_dereference(vr->graph);

	graph = vr_graph_compile(burn, counting, extack);
	if (IS_ERR(graph))
		return PTR_ERR(graph);
	rcu_assign_pointer(vr->graph, graph);
	vr_graph_put(old);
	return 0;
}

/**
 * vr_router_set_counting - count what the nodes of the program do, or do not
 * @vr: the VR
 * @on: count, from zero on, also if they are counted already
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: 0, or -ENOMEM; then nothing has changed.
 */
int vr_router_set_counting(struct vr_router *vr, bool on,
			   struct netlink_ext_ack *extack)
{
	int err;

	ASSERT_RTNL();
	err = change_graph(vr, vr->settings.burn, on, extack);
	if (err)
		return err;
	if (on)
		set_bit(VR_LOOK_COUNT, &vr->looks);
	else
		clear_bit(VR_LOOK_COUNT, &vr->looks);
	return 0;
}

/**
 * vr_router_configure - change settings
 * @vr: the VR
 * @set: all of them, each in its range
 * @extack: where to say what is wrong
 *
 * Context: process, rtnl.
 * Return: 0, or -ENOMEM; then nothing has changed.
 */
int vr_router_configure(struct vr_router *vr, const struct vr_settings *set,
			struct netlink_ext_ack *extack)
{
	bool was_shut = READ_ONCE(vr->settings.quarantine);
	int cpu, err;

	ASSERT_RTNL();
	if (!memcmp(set, &vr->settings, sizeof(*set)))
		return 0;
	if (set->burn != vr->settings.burn) {
		err = change_graph(vr, set->burn,
				   test_bit(VR_LOOK_COUNT, &vr->looks), extack);
		if (err)
			return err;
	}

	/* One by one: the watchdog may set the quarantine meanwhile. */
	WRITE_ONCE(vr->settings.queue_packets, set->queue_packets);
	WRITE_ONCE(vr->settings.queue_time_us, set->queue_time_us);
	WRITE_ONCE(vr->settings.vector_limit_us, set->vector_limit_us);
	WRITE_ONCE(vr->settings.strikes, set->strikes);
	WRITE_ONCE(vr->settings.strike_window_ms, set->strike_window_ms);
	WRITE_ONCE(vr->settings.burn, set->burn);
	derive_cycles(vr);
	if (set->quarantine != was_shut)
		set_quarantine(vr, set->quarantine);
	else
		for_each_possible_cpu(cpu)
			vr_queue_set_limit(vr->queue[cpu]);
	vr_netlink_notify_router(vr, VROUTER_CMD_VR_CHANGE_NTF);
	return 0;
}

static void add_stats(struct vr_stats *sum, const struct vr_stats *stats)
{
	struct vr_stats one;
	unsigned int i;

	vr_stats_read(&one, stats, &stats->syncp);
	sum->rx_packets += one.rx_packets;
	sum->rx_bytes += one.rx_bytes;
	sum->tx_packets += one.tx_packets;
	sum->tx_bytes += one.tx_bytes;
	sum->passed += one.passed;
	sum->pulled += one.pulled;
	sum->frames += one.frames;
	sum->vectors += one.vectors;
	sum->polls += one.polls;
	for (i = 0; i < VR_DROP_N; i++)
		sum->drop[i] += one.drop[i];
	for (i = 0; i < VR_PUNT_N; i++)
		sum->punt[i] += one.punt[i];
}

/**
 * vr_router_stats - read the counters
 * @vr: the VR
 * @cpu: one CPU, or -1 for the sum over all
 * @sum: filled in
 *
 * Context: any.
 */
void vr_router_stats(const struct vr_router *vr, int cpu, struct vr_stats *sum)
{
	int i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(i)
		if (cpu < 0 || i == cpu)
			add_stats(sum, per_cpu_ptr(vr->stats, i));
}

/**
 * vr_router_latency - read the histogram of latencies
 * @vr: the VR
 * @cpu: one CPU, or -1 for the sum over all
 * @bucket: VR_LATENCY_N counts, filled in if there are any
 *
 * Context: any.
 * Return: whether there are any.
 */
bool vr_router_latency(const struct vr_router *vr, int cpu, u64 *bucket)
{
	unsigned int start, i;
	bool any = false;
	u64 count;
	int each;

	for_each_possible_cpu(each) {
		const struct vr_latency *from = &vr->queue[each]->latency;

		if (cpu >= 0 && each != cpu)
			continue;
		/* Of many CPUs a VR has used a few. */
		if (!READ_ONCE(vr->queue[each]->waits))
			continue;
		if (!any)
			memset(bucket, 0, VR_LATENCY_N * sizeof(*bucket));
		any = true;
		for (i = 0; i < VR_LATENCY_N; i++) {
			do {
				start = u64_stats_fetch_begin(&from->syncp);
				count = READ_ONCE(from->bucket[i]);
			} while (u64_stats_fetch_retry(&from->syncp, start));
			bucket[i] += count;
		}
	}
	return any;
}
