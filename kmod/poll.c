// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 4: the NAPI poll, a turn of the core.
 *
 * The turn serves vectors: as many packets as fit into a slice at the queue's
 * measured cost, never more than NAPI's budget.  Before each, the VR's own NICs
 * are polled for as many.  The program of the VR is loaded once per vector, the
 * vector runs through it, counters are published once, and the core is told what
 * it cost and says whose vector is next.
 */
#include "datapath.h"

#include <linux/percpu.h>
#include <net/ip.h>
#include <net/netns/generic.h>

#include "fib.h"
#include "frame.h"
#include "gate.h"
#include "trace.h"

static struct vr_run __percpu *runs;

static void publish(struct vr_router *vr, const struct vr_stats *add)
{
	struct vr_stats *stats = this_cpu_ptr(vr->stats);
	int i;

	u64_stats_update_begin(&stats->syncp);
	stats->rx_packets += add->rx_packets;
	stats->rx_bytes += add->rx_bytes;
	stats->tx_packets += add->tx_packets;
	stats->tx_bytes += add->tx_bytes;
	stats->vectors += add->vectors;
	stats->polls++;
	if (add->tx_packets != add->rx_packets) {
		for (i = 0; i < VR_DROP_N; i++)
			stats->drop[i] += add->drop[i];
		for (i = 0; i < VR_PUNT_N; i++)
			stats->punt[i] += add->punt[i];
	}
	u64_stats_update_end(&stats->syncp);
}

static void run_vector(struct vr_router *vr, struct vr_run *run, u64 start)
{
	struct net *net = dev_net(vr->dev);

	run->vr = vr;
	rcu_read_lock();
	run->graph = rcu_dereference(vr->graph);
	run->cycles = start;
	run->gate4 = vr_gate4(net, vr->fib);
	run->gate6 = vr_gate6(net, vr->fib);
	run->looks = READ_ONCE(vr->looks);
	run->stats.vectors = 1;
	vr_graph_run(run);
	rcu_read_unlock();
}

/* One vector of @q; returns how many packets it had. */
static unsigned int serve(struct vr_queue *q, unsigned int budget, u64 now)
{
	struct vr_run *run = this_cpu_ptr(runs);
	unsigned int n;

	vr_pull(q);
	memset(&run->stats, 0, offsetof(struct vr_stats, syncp));
	run->vec[0].n = 0;
	run->waits.now = now;
	vr_queue_pull(q, &run->vec[0],
		      min3(budget, q->ent.quantum, (u32)VR_VECTOR_SIZE),
		      &run->waits);
	n = run->vec[0].n;
	/* Pairs with the barrier in vr_xdp_shut(). */
	smp_mb();
	if (unlikely(READ_ONCE(q->shut)))
		vr_xdp_reopen(q);
	if (n) {
		if (n >= vr_pull_worth(q))
			vr_pull_claim(q, run->vec[0].pkt[n - 1]);
		trace_vrouter_vector(q->vr->dev, q->cpu, n);
		run_vector(q->vr, run, now);
		publish(q->vr, &run->stats);
	}
	vr_queue_done(q);
	return n;
}

/* The vector is through: how long its packets took, and if it took too long. */
static void look_back(struct vr_queue *q, unsigned int n, u64 now, u64 cycles)
{
	struct vr_run *run = this_cpu_ptr(runs);
	struct vr_latency *latency = &q->latency;
	unsigned int i;

	if (run->waits.n) {
		u64_stats_update_begin(&latency->syncp);
		for (i = 0; i < run->waits.n; i++) {
			s64 took = now - run->waits.stamp[i];
			u64 ns = took > 0 ? vr_cycles_to_ns(took) : 0;

			latency->bucket[vr_latency_index(ns)]++;
		}
		u64_stats_update_end(&latency->syncp);
	}
	if (unlikely(cycles > READ_ONCE(q->vr->vector_limit)) && n)
		vr_watch_strike(q, run->looks & BIT(VR_LOOK_WATCH) ?
				&run->evidence : NULL, n, cycles);
}

/**
 * vr_poll - NAPI poll of the current queue
 * @napi: &struct vr_queue.napi
 * @budget: NAPI's
 *
 * Context: softirq.
 * Return: @budget to be polled again, less when done.
 */
int vr_poll(struct napi_struct *napi, int budget)
{
	struct vr_queue *mine = container_of(napi, struct vr_queue, napi);
	struct vr_core *core = mine->core;
	struct vr_queue *q = mine, *last;
	struct vr_turn turn;
	unsigned int n;
	u64 now, then;

	if (unlikely(!budget))
		return 0;
	if (unlikely(!vr_core_may_run(q)))
		goto not_ours;

	now = vr_cycles();
	q = vr_core_begin(&turn, q, now);
	if (unlikely(!q))
		goto not_ours;
	do {
		n = serve(q, budget, now);
		then = now;
		now = vr_cycles();
		last = q;
		look_back(q, n, now, now - then);
		q = vr_core_done(&turn, q, n, now - then, now);
		/* Asks for the time only if somebody wants to know. */
		if (trace_vrouter_done_enabled())
			trace_vrouter_done(last->vr->dev, n,
					   vr_cycles_to_ns(now - then),
					   vr_cycles_to_ns(vr_cycles() - now));
	} while (q && !turn.over);
	if (vr_core_end(&turn, core, now))
		q = NULL;

	if (q == mine)
		return budget;
	/* NAPI wants less than the budget from whoever completes. */
	n = min(n, (unsigned int)budget - 1);
	napi_complete_done(napi, n);
	if (q)
		napi_schedule(&q->napi);
	return n;

not_ours:
	napi_complete(napi);
	vr_core_kick(core);
	return 0;
}

/**
 * vr_poll_init - allocate each CPU's vectors
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int vr_poll_init(void)
{
	runs = alloc_percpu(struct vr_run);
	return runs ? 0 : -ENOMEM;
}

/**
 * vr_poll_exit - free them; no NAPI exists any more
 *
 * Context: module exit.
 */
void vr_poll_exit(void)
{
	free_percpu(runs);
}
