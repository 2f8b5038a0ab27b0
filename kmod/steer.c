// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 1.5, placement: in which CPU's queue a packet is put.
 *
 * In general in that of the CPU on which it arrives.  A VR may have a mask of
 * CPUs that may work for it; then a CPU outside the mask hands its packets to
 * one of the mask, always to the same: of its own NUMA node if there is one,
 * and so that the CPUs of a node are spread evenly.  If no CPU of the mask is
 * online each keeps what it gets, as without a mask.
 *
 * Handing over
 *
 * The packet is put straight into the ring of the VR's queue on the other CPU,
 * under a lock that all producers of that queue take from then on (SHARED), and
 * kick.c wakes the core there if it is idle.  There is no inbox in between, as
 * RPS has one, which all VRs would share and one could fill: the limit of the
 * queue is the VR's own, and a full one drops before anything is done for the
 * packet.  What waits is in the queues and nowhere else, so a port, a VR, a
 * namespace or the module goes in the same way as without a mask.
 *
 * Order
 *
 * A flow arrives on one CPU, or it has no order to begin with; but a NIC that is
 * polled with credit (pull.c) is polled by the CPU of the queue.  So it is enough
 * to keep the order of what arrives on one CPU for one VR, and to take care
 * when the queue changes to which these packets go:
 *
 * - A change of the mask and a CPU that comes or goes only say where packets
 *   should go (@want).  The CPU on which they arrive turns to it (@now) with its
 *   next packet that finds gone all that waited before: not only taken from the
 *   old queue but sent, which vr_queue.done tells.  Below saturation that is
 *   almost always the next packet, and nothing is lost.
 * - Until then packets go to the old queue.  If after MOVE_MAX_NS there has been
 *   none that found it so, the old queue is being overrun: packets are dropped,
 *   under the name "moving", until the last one that was put there is gone.
 *   This takes no longer than a packet waits in that queue.
 *
 * CPUs that go offline
 *
 * A core whose CPU is offline lives on wherever its NAPIs are polled.  So its
 * queues are emptied in order and packets that still go there, because the move
 * is not over, are served too.
 *
 * Cost
 *
 * Without a mask ingress reads one byte, vr_queue.steered, which is 0, beside
 * the head that it is going to write.  Where a mask shares a queue its producers
 * have a lock to take, also after the mask has gone again: a CPU that receives
 * nothing does not move either, and may do so at any time.
 *
 * Locking
 *
 * rtnl, then lock, then vr_steer.lock; lock and not rtnl is what the hotplug
 * callbacks take: they run under the CPU hotplug lock, which others take under
 * rtnl.  What user space is told of them is left to a work item for that reason.
 *
 * Not a goal: to spread one CPU's packets over several CPUs (RPS does it before
 * ingress), or to find good masks (user space does).
 */
#include "datapath.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/rtnetlink.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

/* A queue not drained after so long is overrun. */
#define MOVE_MAX_NS	10000000

static DEFINE_MUTEX(lock);	/* routers, online, masks of the VRs */
static LIST_HEAD(routers);
static struct cpumask online;	/* as the hotplug callbacks say */
static int hotplug_state;
static u64 move_max;		/* MOVE_MAX_NS in cycles */

/* Whether the packet before @pos has left @q, and so all before it. */
static bool passed(const struct vr_queue *q, u32 pos)
{
	/* Pairs with the release in vr_queue_done(). */
	u32 done = smp_load_acquire(&q->done);
	u32 head = READ_ONCE(q->head);

	/* As many came after it as are still there, or more: so none of those
	 * is this.  Right also if @pos is from long ago and the counters have
	 * wrapped since.
	 */
	return head - pos >= head - done;
}

static void set_flag(struct vr_queue *q, u8 flag, bool on)
{
	lockdep_assert_held(&q->steer.lock);
	WRITE_ONCE(q->steered, on ? q->steered | flag : q->steered & ~flag);
}

/* The move is over: packets go to @cpu, whatever is wanted by now. */
static struct vr_queue *settle(struct vr_queue *q, int cpu)
{
	struct vr_steer *s = &q->steer;

	spin_lock(&s->lock);
	s->now = cpu;
	s->since = 0;
	set_flag(q, VR_STEER_AWAY, cpu != q->cpu || s->want != cpu);
	spin_unlock(&s->lock);
	return q->vr->queue[cpu];
}

static struct vr_queue *move(struct vr_queue *q, struct vr_queue *old)
{
	struct vr_steer *s = &q->steer;
	int want = READ_ONCE(s->want);
	u64 now = vr_cycles();

	if (!s->since) {
		s->since = now ?: 1;
		/* On the common path nobody noted it.  And what is polled with
		 * credit may have come to @old by its own CPU.
		 */
		s->pos = READ_ONCE(old->head);
	}
	if (want == s->now || passed(old, s->pos))
		return settle(q, want);
	return now - s->since < move_max ? old : NULL;
}

/**
 * vr_steer - whose queue takes a packet of this CPU
 * @q: the VR's queue on this CPU, with vr_queue.steered set
 *
 * Context: ingress, BH disabled.
 * Return: the queue, or NULL if the packet must be dropped.
 */
struct vr_queue *vr_steer(struct vr_queue *q)
{
	struct vr_steer *s = &q->steer;
	struct vr_queue *to = q->vr->queue[s->now];

	/* Home again, the mark is to be taken off once. */
	if (likely(READ_ONCE(s->want) == s->now && !s->since &&
		   (to != q || !(q->steered & VR_STEER_AWAY))))
		return to;
	return move(q, to);
}

/**
 * vr_steer_put - put a packet where vr_steer() said
 * @q: the VR's queue on this CPU
 * @to: the queue that vr_steer() returned
 * @pkt: the packet
 *
 * Context: ingress, BH disabled, in the same RCU section as vr_steer().
 * Return: false if @to is full.
 */
bool vr_steer_put(struct vr_queue *q, struct vr_queue *to, vr_pkt_t pkt)
{
	/* If @to is not shared it is @q, and the lock does no harm. */
	return vr_queue_put_shared(to, pkt, &q->steer.pos);
}

static void set_want(struct vr_queue *q, int cpu)
{
	struct vr_steer *s = &q->steer;

	spin_lock_bh(&s->lock);
	WRITE_ONCE(s->want, cpu);
	if (cpu != q->cpu || s->now != q->cpu)
		set_flag(q, VR_STEER_AWAY, true);
	spin_unlock_bh(&s->lock);
}

/* The CPU after @after that works for @vr, on @node if that is one; wraps. */
static int next_cpu(const struct vr_router *vr, int node, int after)
{
	int i, cpu = after;

	for (i = 0; i < nr_cpu_ids; i++) {
		cpu = cpumask_next_and(cpu, vr->cpus, &online);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first_and(vr->cpus, &online);
		if (cpu >= nr_cpu_ids)
			break;
		if (node == NUMA_NO_NODE || cpu_to_node(cpu) == node)
			return cpu;
	}
	return -1;
}

/*
 * Say where packets should go.  A CPU of the mask keeps its own even if it is
 * offline: it receives nothing then.
 */
static void retarget(struct vr_router *vr)
{
	bool stay = !cpumask_intersects(vr->cpus, &online);
	int cpu, node, near, any = -1;

	lockdep_assert_held(&lock);
	for_each_possible_cpu(cpu)
		if (stay || cpumask_test_cpu(cpu, vr->cpus))
			set_want(vr->queue[cpu], cpu);
	if (stay || cpumask_equal(vr->cpus, cpu_possible_mask))
		return;
	for_each_node(node) {
		near = -1;
		for_each_possible_cpu(cpu) {
			if (cpu_to_node(cpu) != node ||
			    cpumask_test_cpu(cpu, vr->cpus))
				continue;
			near = next_cpu(vr, node, near);
			if (near < 0)
				any = next_cpu(vr, NUMA_NO_NODE, any);
			set_want(vr->queue[cpu], near < 0 ? any : near);
		}
	}
}

/* Let other CPUs put into these queues; returns when they may. */
static void share(struct vr_router *vr, const struct cpumask *cpus)
{
	bool wait = false;
	int cpu;

	for_each_cpu(cpu, cpus) {
		struct vr_queue *q = vr->queue[cpu];

		if (q->steered & VR_STEER_SHARED)
			continue;
		spin_lock_bh(&q->steer.lock);
		set_flag(q, VR_STEER_SHARED, true);
		spin_unlock_bh(&q->steer.lock);
		wait = true;
	}
	/* Ingress may have seen it unshared and put without the lock. */
	if (wait)
		synchronize_net();
}

static void assign(int cpu, struct cpumask *cpus, bool on)
{
	if (on)
		cpumask_set_cpu(cpu, cpus);
	else
		cpumask_clear_cpu(cpu, cpus);
}

/* rtnl and lock held; whether it has changed */
static bool update_active(struct vr_router *vr)
{
	bool any = cpumask_intersects(vr->cpus, &online);
	bool changed = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		bool now = cpumask_test_cpu(cpu, &online) &&
			   (!any || cpumask_test_cpu(cpu, vr->cpus));

		if (now == cpumask_test_cpu(cpu, vr->cpus_active))
			continue;
		assign(cpu, vr->cpus_active, now);
		changed = true;
	}
	return changed;
}

/**
 * vr_steer_parse - check a list of CPUs
 * @cpus: set to the CPUs of the list
 * @list: such as "0-3,8", or "all"
 * @extack: where to say what is wrong
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int vr_steer_parse(struct cpumask *cpus, const char *list,
		   struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!strcmp(list, "all"))
		cpumask_copy(cpus, cpu_possible_mask);
	else
		err = cpulist_parse(list, cpus);
	if (err && err != -ERANGE && err != -EOVERFLOW) {
		NL_SET_ERR_MSG(extack, "cpus must be a list such as 0-3,8");
		return -EINVAL;
	}
	if (err || !cpumask_subset(cpus, cpu_possible_mask)) {
		NL_SET_ERR_MSG(extack, "a CPU of the list does not exist");
		return -ERANGE;
	}
	if (cpumask_empty(cpus)) {
		NL_SET_ERR_MSG(extack, "the list of CPUs is empty");
		return -EINVAL;
	}
	mutex_lock(&lock);
	if (!cpumask_intersects(cpus, &online)) {
		NL_SET_ERR_MSG(extack, "no CPU of the list is online");
		err = -ENXIO;
	}
	mutex_unlock(&lock);
	return err;
}

/**
 * vr_steer_set - change the CPUs that may work for a VR
 * @vr: the VR
 * @cpus: as vr_steer_parse() gave them
 *
 * Context: process, rtnl.
 */
void vr_steer_set(struct vr_router *vr, const struct cpumask *cpus)
{
	ASSERT_RTNL();
	if (cpumask_equal(cpus, vr->cpus))
		return;
	if (!cpumask_equal(cpus, cpu_possible_mask))
		share(vr, cpus);
	mutex_lock(&lock);
	cpumask_copy(vr->cpus, cpus);
	retarget(vr);
	update_active(vr);
	mutex_unlock(&lock);
	vr_netlink_notify_router(vr, VROUTER_CMD_VR_CHANGE_NTF);
}

/**
 * vr_steer_add - begin with a VR: all CPUs may work for it
 * @vr: the VR, with its queues
 *
 * Context: process, rtnl.
 * Return: 0 or -ENOMEM.
 */
int vr_steer_add(struct vr_router *vr)
{
	if (!alloc_cpumask_var(&vr->cpus, GFP_KERNEL))
		return -ENOMEM;
	if (!zalloc_cpumask_var(&vr->cpus_active, GFP_KERNEL)) {
		free_cpumask_var(vr->cpus);
		return -ENOMEM;
	}
	cpumask_copy(vr->cpus, cpu_possible_mask);
	mutex_lock(&lock);
	update_active(vr);
	list_add_tail(&vr->steer_node, &routers);
	mutex_unlock(&lock);
	return 0;
}

/**
 * vr_steer_del - inverse of vr_steer_add()
 * @vr: a VR without ports
 *
 * Context: process, rtnl.
 */
void vr_steer_del(struct vr_router *vr)
{
	mutex_lock(&lock);
	list_del(&vr->steer_node);
	mutex_unlock(&lock);
	free_cpumask_var(vr->cpus_active);
	free_cpumask_var(vr->cpus);
}

/* VRs come and go under rtnl: the list stays as it is between the locks. */
static void tell(struct work_struct *work)
{
	struct vr_router *vr;
	bool changed;

	rtnl_lock();
	list_for_each_entry(vr, &routers, steer_node) {
		mutex_lock(&lock);
		changed = update_active(vr);
		mutex_unlock(&lock);
		if (changed && vr->attached)
			vr_netlink_notify_router(vr, VROUTER_CMD_VR_CHANGE_NTF);
	}
	rtnl_unlock();
}

static DECLARE_WORK(tell_work, tell);

static void set_online(unsigned int cpu, bool on)
{
	struct vr_router *vr;

	mutex_lock(&lock);
	assign(cpu, &online, on);
	list_for_each_entry(vr, &routers, steer_node)
		retarget(vr);
	mutex_unlock(&lock);
	schedule_work(&tell_work);
}

static int cpu_comes(unsigned int cpu)
{
	set_online(cpu, true);
	return 0;
}

static int cpu_goes(unsigned int cpu)
{
	set_online(cpu, false);
	return 0;
}

/**
 * vr_steer_init - follow the CPUs
 *
 * Context: module init.
 * Return: 0 or a negative error.
 */
int vr_steer_init(void)
{
	int state;

	move_max = vr_cycles_from_ns(MOVE_MAX_NS);
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "net/vrouter:online",
				  cpu_comes, cpu_goes);
	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

/**
 * vr_steer_exit - inverse of vr_steer_init()
 *
 * Context: module exit; no VR exists any more.
 */
void vr_steer_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	cancel_work_sync(&tell_work);
}
