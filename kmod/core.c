// SPDX-License-Identifier: GPL-2.0
/*
 * Stage 3: the core, which decides whose queue is polled next on its CPU.
 *
 * At most one queue of a core is current: its NAPI is scheduled, or it is
 * being served.  All other queues with packets wait in the run queue, unknown
 * to NAPI.  After each vector the current queue is charged and goes back to
 * the run queue or to sleep, and the entity with the smallest pass becomes
 * current.  With all queues empty nothing is scheduled and no timer runs.
 *
 * A turn of the core is one call of NAPI's poll and serves one vector after
 * the other, each of whichever queue is current then.  NAPI gives every NIC of
 * the CPU a turn of 64 packets for one turn of ours, so a turn of one vector
 * would starve forwarding under overload, the more so the more NICs there are.
 * How long a turn lasts follows from what it is for:
 *
 * - in general as long as everything else took since the last turn, so that
 *   receiving gets no more than half of a CPU that has work to forward;
 * - longer, up to TURN_MAX_NS, while no queue has run empty: then receiving
 *   more would only mean dropping more;
 * - shorter if a queue runs empty that had a whole NIC's turn of packets in
 *   this turn: its VR most likely waits for more in a NIC's ring, and its
 *   share entitles it to them before the others get what it leaves.  Turns
 *   stay as short as in general until it wakes or a longest turn has passed.
 *
 * Softirqs have no manners of their own: each interrupt of a NIC runs all that
 * is pending, in the time of whatever process it hits, and a saturated core is
 * pending for ever.  So when turns have taken SPELL_NS since the core was last
 * idle and a process wants the CPU, the core pauses for PAUSE_NS: no NAPI of
 * it is scheduled, and a timer resumes it.  Drivers go on in this time.
 *
 * A queue that polls its own NICs (pull.c) and has got all that they had is behind
 * the others for want of packets, not of time.  Were it picked for each packet that
 * comes in, most of its cost would be that of being picked and of polling.  So
 * while others have work it rests for some slices, as if asleep: who rests is owed
 * no more than any sleeper.  If nobody else has work it goes on at once.
 *
 * core->lock is taken once per vector and once per wake-up, by this CPU unless
 * a poll has been moved (threaded NAPI, a dead CPU) or rtnl changes something.
 */
#include "datapath.h"

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace.h"

/* Longest turn: softirqs must get on, and rings not overflow needlessly. */
#define TURN_MAX_NS	1000000

/* Turns may go on so long while processes wait; then it is their turn. */
#define SPELL_NS	1000000
#define PAUSE_NS	500000

/* Packets over which the cost of one is averaged. */
#define COST_PACKETS	1024

/* How long a queue rests: so long costs little delay and makes vectors large. */
#define REST_SLICES	3

/**
 * struct vr_core - scheduler of one CPU
 * @lock: guards everything here and vr_queue.ent/.active/.dead of its queues
 * @rq: queues with packets, but the current one
 * @cur: the current queue, or NULL
 * @last: the queue that ran before, for @switches; never dereferenced
 * @turn_end: when the last turn ended, in cycles
 * @ready: since when there has been work that no turn has begun on, in cycles
 * @spell: cycles in turns since the core was idle or paused
 * @paused: @resume is armed; until then nothing is picked or scheduled
 * @resume: ends the pause, in softirq on the CPU
 * @resting: queues that rest, in the order in which they wake
 * @emptied: a queue ran empty in this turn
 * @starved: a queue ran empty in this turn that has more to come at once, most
 *	probably
 * @awaited: that queue, until it wakes; never dereferenced
 * @awaited_till: how long it is worth to wait for it, in cycles
 * @cpu: which CPU
 * @joined: queues that may ever wait here; rtnl
 * @slice: CPU time that one vector should not exceed, in cycles
 * @rest: how long a queue rests, in cycles
 * @slice_us: the same as configured
 * @turn_max: TURN_MAX_NS in cycles
 * @spell_max: SPELL_NS in cycles
 * @busy: cycles spent in turns and in ingress
 * @billed: of these, charged to a queue
 * @ingress: of these, spent in ingress
 * @outside: cycles with work but not in a turn
 * @lag_max: largest |lag| of any entity
 * @lag_bound: what it could be at most at that time
 * @polls: number of turns
 * @switches: vectors of another queue than the one before
 */
struct vr_core {
	spinlock_t		lock;	/* see @lock */
	struct vr_runq		rq;
	struct vr_queue		*cur;
	const struct vr_queue	*last;
	unsigned int		cpu;
	u32			joined;
	u64			turn_end;
	u64			ready;
	u64			spell;
	bool			paused;
	struct hrtimer		resume;
	struct list_head	resting;
	bool			emptied;
	bool			starved;
	const struct vr_queue	*awaited;
	u64			awaited_till;
	u64			slice;
	u64			rest;
	u32			slice_us;
	u64			turn_max;
	u64			spell_max;
	u64			busy;
	u64			billed;
	u64			ingress;
	u64			outside;
	u64			lag_max;
	u64			lag_bound;
	u64			polls;
	u64			switches;
} ____cacheline_aligned_in_smp;

static struct vr_core __percpu *cores;

static struct vr_queue *queue_of(struct vr_ent *ent)
{
	return container_of(ent, struct vr_queue, ent);
}

/* Those whose rest is over go on, and one in any case if nobody else has work. */
static void end_rests(struct vr_core *core, u64 now)
{
	struct vr_queue *q, *tmp;

	lockdep_assert_held(&core->lock);
	list_for_each_entry_safe(q, tmp, &core->resting, rest) {
		if (core->rq.n && (s64)(now - q->rest_until) < 0)
			break;
		list_del_init(&q->rest);
		vr_runq_wake(&core->rq, &q->ent);
	}
}

/*
 * Whether @q, which has just been served, may wait until the others had their
 * slices: its NICs are polled by nobody else and had no more for it.
 */
static bool may_rest(const struct vr_core *core, const struct vr_queue *q)
{
	return q->pull.sated && core->rq.n > 1 && vr_queue_empty(q);
}

/* core->lock held */
static struct vr_queue *pick(struct vr_core *core)
{
	struct vr_ent *ent;

	lockdep_assert_held(&core->lock);
	ent = vr_runq_pick(&core->rq);
	core->cur = ent ? queue_of(ent) : NULL;
	return core->cur;
}

/*
 * Who would be picked now has its NAPI scheduled.  It waits in the run queue till
 * the turn begins: the NICs that are polled before may wake others that are
 * owed more, and being picked moves the virtual time.
 */
static struct vr_queue *elect(struct vr_core *core)
{
	struct vr_ent *ent;

	lockdep_assert_held(&core->lock);
	ent = vr_runq_first(&core->rq);
	core->cur = ent ? queue_of(ent) : NULL;
	return core->cur;
}

/**
 * vr_core_of - the core of a CPU
 * @cpu: a possible CPU
 *
 * Return: the core; lives as long as the module.
 */
struct vr_core *vr_core_of(int cpu)
{
	return per_cpu_ptr(cores, cpu);
}

/**
 * vr_core_join - make room for one more queue
 * @core: the core
 *
 * The heap holds every queue that exists, so waking one never allocates.
 *
 * Context: process, rtnl.
 * Return: 0 or -ENOMEM.
 */
int vr_core_join(struct vr_core *core)
{
	u32 cap = core->rq.cap, slots;
	struct vr_slot *heap, *old;

	ASSERT_RTNL();
	if (core->joined == cap) {
		slots = cap ? 2 * (cap + VR_SCHED_HEAP_ROOT) : 16;
		heap = kvmalloc_array(slots, sizeof(*heap), GFP_KERNEL);
		if (!heap)
			return -ENOMEM;
		spin_lock_bh(&core->lock);
		old = vr_runq_set_heap(&core->rq, heap, slots);
		spin_unlock_bh(&core->lock);
		kvfree(old);
	}
	core->joined++;
	return 0;
}

/**
 * vr_core_leave - undo vr_core_join()
 * @core: the core
 *
 * Context: process, rtnl.
 */
void vr_core_leave(struct vr_core *core)
{
	ASSERT_RTNL();
	core->joined--;
}

/**
 * vr_core_wake - a queue has work that the core does not know of
 * @q: the queue
 *
 * Context: BH disabled, any CPU.
 */
void vr_core_wake(struct vr_queue *q)
{
	struct vr_core *core = q->core;
	bool here = core->cpu == smp_processor_id();
	struct vr_queue *run = NULL;
	bool idle = false;

	spin_lock(&core->lock);
	if (!q->active && !q->dead) {
		WRITE_ONCE(q->active, true);
		vr_runq_wake(&core->rq, &q->ent);
		if (core->awaited == q)
			core->awaited = NULL;
		if (!core->cur && !core->paused) {
			/* Else a kick is on its way since then. */
			if (core->rq.n == 1) {
				core->ready = vr_cycles();
				core->spell = 0;
			}
			idle = true;
			if (here)
				run = elect(core);
		}
	}
	spin_unlock(&core->lock);

	if (run)
		napi_schedule(&run->napi);
	else if (idle)
		vr_kick(core->cpu);
}

/**
 * vr_core_may_run - whether a poll is the core's doing
 * @q: the queue whose NAPI is being polled
 *
 * Context: owner of q->napi.
 * Return: false for polls by others, such as netpoll.
 */
bool vr_core_may_run(const struct vr_queue *q)
{
	return READ_ONCE(q->core->cur) == q;
}

/**
 * vr_core_is_wanted - whether queues wait besides the current one
 * @core: the core
 *
 * Context: any; a snapshot.
 * Return: true if so.
 */
bool vr_core_is_wanted(const struct vr_core *core)
{
	return READ_ONCE(core->rq.n) > 1;
}

/**
 * vr_core_begin - start a turn
 * @turn: set up for vr_core_done()
 * @q: the queue whose NAPI is polled
 * @now: in cycles
 *
 * Context: softirq, owner of @q's NAPI.
 * Return: the queue that is now current and the caller's to serve, not always
 * @q; NULL if @q is not current any more.
 */
struct vr_queue *vr_core_begin(struct vr_turn *turn, struct vr_queue *q, u64 now)
{
	struct vr_core *core = q->core;
	u64 others;

	spin_lock(&core->lock);
	others = now - core->turn_end;
	if ((s64)(now - core->ready) > 0)
		core->outside += now - core->ready;
	end_rests(core, now);
	/* Two turns may follow each other with no NIC polled in between. */
	core->emptied = core->awaited && (s64)(core->awaited_till - now) > 0;
	core->starved = false;
	q = core->cur == q ? pick(core) : NULL;
	spin_unlock(&core->lock);

	turn->start = now;
	turn->min = clamp(others, core->slice, core->turn_max);
	turn->max = core->turn_max;
	turn->spent = 0;
	turn->over = false;
	return q;
}

static bool go_on(const struct vr_turn *turn, const struct vr_core *core,
		  u64 now)
{
	u64 lasted = now - turn->start;

	if (core->starved)
		return false;
	return lasted < turn->min || (lasted < turn->max && !core->emptied);
}

/* End the turn, and make the next ones short, so that @q gets more to do. */
static void await(struct vr_core *core, const struct vr_queue *q, u64 now)
{
	core->starved = true;
	core->awaited = q;
	core->awaited_till = now + core->turn_max;
}

/* What a packet of @q costs, over enough of them to be steady. */
static void sample_cost(struct vr_queue *q, unsigned int packets, u64 cycles)
{
	q->cost_packets += packets;
	q->cost_cycles += cycles;
	if (q->cost_packets < COST_PACKETS)
		return;
	q->cost = min_t(u64, div_u64(q->cost_cycles, q->cost_packets), U32_MAX);
	q->cost_packets = 0;
	q->cost_cycles = 0;
}

/**
 * vr_core_done - account for a vector and decide who is next
 * @turn: the turn
 * @q: the queue that was served
 * @packets: packets it had
 * @cycles: what they cost, without ingress
 * @now: in cycles
 *
 * Context: softirq, as vr_core_begin().
 * Return: the queue that is now current and the caller's to serve or, when the
 * turn is over, to schedule; or NULL.
 */
struct vr_queue *vr_core_done(struct vr_turn *turn, struct vr_queue *q,
			      unsigned int packets, u64 cycles, u64 now)
{
	u64 ingress = atomic_long_xchg(&q->ingress_cost, 0);
	struct vr_core *core = q->core;
	u64 bill = cycles + ingress;
	struct vr_queue *next;

	spin_lock(&core->lock);
	core->busy += bill;
	core->ingress += ingress;
	core->switches += core->last != q;
	core->last = q;
	turn->spent += cycles;

	/* vr_core_forget() may have let go of it in the meantime, and somebody
	 * else may have started the core again.
	 */
	if (core->cur != q) {
		turn->over = true;
		end_rests(core, now);
		next = core->cur ? NULL : elect(core);
		goto unlock;
	}

	core->billed += bill;
	vr_runq_charge(&core->rq, &q->ent, bill);
	vr_ent_adapt(&q->ent, packets, cycles, core->slice);
	if (q->ent.lag_max > core->lag_max) {
		core->lag_max = q->ent.lag_max;
		core->lag_bound = q->ent.lag_bound;
	}
	sample_cost(q, packets, bill);

	/* core->polls is the number of the turn. */
	if (q->turn != core->polls) {
		q->turn = core->polls;
		q->served = 0;
	}
	q->served += packets;

	WRITE_ONCE(q->active, false);
	/* Write active before reading head; pairs with the barrier in
	 * vr_queue_put().  Either this sees the packet, or that sees the queue
	 * inactive and waits for the lock to wake it.
	 */
	smp_mb();
	if (vr_queue_empty(q) && !READ_ONCE(q->pull.n)) {
		/* It may have been flushed since the vector. */
		vr_queue_done(q);
		vr_runq_sleep(&core->rq, &q->ent);
		core->emptied = true;
		if (q->served >= NAPI_POLL_WEIGHT && !q->pull.dry)
			await(core, q, now);
	} else {
		WRITE_ONCE(q->active, true);
		if (may_rest(core, q)) {
			vr_runq_sleep(&core->rq, &q->ent);
			q->rest_until = now + core->rest;
			list_add_tail(&q->rest, &core->resting);
		} else {
			vr_runq_put_back(&core->rq, &q->ent);
		}
		/* Softirqs are to let go of a NIC that it has claimed. */
		core->starved |= q->pull.wait;
	}
	end_rests(core, now);
	turn->over = !go_on(turn, core, now);
	next = turn->over ? elect(core) : pick(core);
unlock:
	spin_unlock(&core->lock);
	return next;
}

/*
 * Whether softirqs take the CPU from a process: from the one they interrupted,
 * unless that is the idle task or ksoftirqd.  If it is, others that want to run
 * get the CPU by the scheduler's doing, and are the ones interrupted next.  A
 * NAPI thread is scheduled like any process.
 */
static bool process_waits(void)
{
	if (!in_serving_softirq())
		return false;
	return !is_idle_task(current) &&
	       strncmp(current->comm, "ksoftirqd/", strlen("ksoftirqd/"));
}

static enum hrtimer_restart resume(struct hrtimer *timer)
{
	struct vr_core *core = container_of(timer, struct vr_core, resume);
	struct vr_queue *run;

	spin_lock(&core->lock);
	core->paused = false;
	core->spell = 0;
	/* Processes had their time; the next turn need not make up for it. */
	core->turn_end = vr_cycles();
	end_rests(core, core->turn_end);
	/* vr_core_forget() may have let go of the one that was picked. */
	run = core->cur ? : elect(core);
	spin_unlock(&core->lock);
	if (run)
		napi_schedule(&run->napi);
	return HRTIMER_NORESTART;
}

/**
 * vr_core_end - end a turn
 * @turn: the turn
 * @core: the core
 * @now: in cycles
 *
 * What the turn took beyond its vectors is overhead.
 *
 * Context: softirq, as vr_core_begin().
 * Return: true if the core pauses: the current queue is not the caller's to
 * schedule any more.
 */
bool vr_core_end(const struct vr_turn *turn, struct vr_core *core, u64 now)
{
	bool pause;

	spin_lock(&core->lock);
	core->busy += now - turn->start - turn->spent;
	core->polls++;
	core->turn_end = now;
	core->ready = now;
	core->spell += now - turn->start;
	pause = core->cur && core->spell > core->spell_max && process_waits();
	if (pause) {
		core->paused = true;
		hrtimer_start(&core->resume, ns_to_ktime(PAUSE_NS),
			      HRTIMER_MODE_REL_PINNED_SOFT);
	}
	spin_unlock(&core->lock);
	return pause;
}

/**
 * vr_core_kick - start the next queue if none is current
 * @core: the core
 *
 * For a NAPI that finds itself polled after vr_core_forget(), and for a core
 * that another CPU has woken.
 *
 * Context: softirq.
 */
void vr_core_kick(struct vr_core *core)
{
	struct vr_queue *run = NULL;

	spin_lock(&core->lock);
	if (!core->cur && !core->paused) {
		end_rests(core, vr_cycles());
		run = elect(core);
	}
	spin_unlock(&core->lock);
	if (run)
		napi_schedule(&run->napi);
}

/**
 * vr_core_forget - take a queue out for good
 * @q: the queue
 *
 * Afterwards @q is never picked or woken; a poll of it that is under way ends
 * within the grace period that the caller must wait for.  If @q is current,
 * either its NAPI is scheduled on the core's CPU and will find that it may not
 * run, or a turn there is serving it and will find that it is not current any
 * more.  Both then pick the next one, on that CPU; so does the end of a pause.
 *
 * Context: process, rtnl.
 */
void vr_core_forget(struct vr_queue *q)
{
	struct vr_core *core = q->core;

	ASSERT_RTNL();
	spin_lock_bh(&core->lock);
	q->dead = true;
	if (q->active) {
		WRITE_ONCE(q->active, false);
		if (list_empty(&q->rest))
			vr_runq_sleep(&core->rq, &q->ent);
		else
			list_del_init(&q->rest);
	}
	if (core->cur == q)
		core->cur = NULL;
	spin_unlock_bh(&core->lock);
}

/**
 * vr_core_set_weight - change the weight of a queue, also while it runs
 * @q: the queue
 * @weight: VR_WEIGHT_MIN…VR_WEIGHT_MAX
 *
 * Context: process, rtnl.
 */
void vr_core_set_weight(struct vr_queue *q, u32 weight)
{
	spin_lock_bh(&q->core->lock);
	vr_ent_set_weight(&q->core->rq, &q->ent, weight);
	spin_unlock_bh(&q->core->lock);
}

/**
 * vr_core_info_get - one row of the core table
 * @cpu: a possible CPU
 * @info: filled in
 *
 * Context: any.
 */
void vr_core_info_get(unsigned int cpu, struct vr_core_info *info)
{
	struct vr_core *core = vr_core_of(cpu);

	memset(info, 0, sizeof(*info));
	spin_lock_bh(&core->lock);
	info->cpu = cpu;
	info->queues = core->rq.n;
	info->busy_ns = vr_cycles_to_ns(core->busy);
	info->billed_ns = vr_cycles_to_ns(core->billed);
	info->polls = core->polls;
	info->switches = core->switches;
	info->outside_ns = vr_cycles_to_ns(core->outside);
	info->ingress_ns = vr_cycles_to_ns(core->ingress);
	info->lag_max_ns = vr_cycles_to_ns(core->lag_max);
	info->bound_ns = vr_cycles_to_ns(core->lag_bound);
	info->slice_us = core->slice_us;
	info->time_ns = ktime_get_ns();
	spin_unlock_bh(&core->lock);
}

/**
 * vr_core_set_slice - change the CPU time that one vector should not exceed
 * @cpu: a possible CPU
 * @us: microseconds, at least 1
 *
 * Context: process, or module init.
 */
void vr_core_set_slice(unsigned int cpu, u32 us)
{
	struct vr_core *core = vr_core_of(cpu);

	spin_lock_bh(&core->lock);
	core->slice_us = us;
	core->slice = vr_cycles_from_ns((u64)us * NSEC_PER_USEC);
	core->rest = REST_SLICES * core->slice;
	vr_runq_set_credit(&core->rq, core->slice);
	spin_unlock_bh(&core->lock);
}

static s64 signed_ns(s64 cycles)
{
	return cycles < 0 ? -(s64)vr_cycles_to_ns(-cycles) :
			    (s64)vr_cycles_to_ns(cycles);
}

/* core->lock held */
static u32 cost_of(const struct vr_queue *q)
{
	if (q->cost || !q->cost_packets)
		return q->cost;
	return min_t(u64, div_u64(q->cost_cycles, q->cost_packets), U32_MAX);
}

static void add_waits(struct vr_queue *q, struct vr_sched_info *info)
{
	u64 n, sum, max;

	vr_queue_waits(q, &n, &sum, &max);
	info->waits += n;
	info->wait_ns += vr_cycles_to_ns(sum);
	info->wait_max_ns = max(info->wait_max_ns, vr_cycles_to_ns(max));
}

/**
 * vr_router_sched_info - the scheduler's view of a VR
 * @vr: the VR
 * @cpu: one CPU, or -1 for the sum over all
 * @info: filled in
 *
 * Context: RCU or rtnl.
 */
void vr_router_sched_info(const struct vr_router *vr, int cpu,
			  struct vr_sched_info *info)
{
	int i;

	memset(info, 0, sizeof(*info));
	for_each_possible_cpu(i) {
		struct vr_queue *q = vr->queue[i];
		struct vr_core *core = q->core;

		if (cpu >= 0 && i != cpu)
			continue;
		spin_lock_bh(&core->lock);
		info->entitled_ns +=
			vr_cycles_to_ns(vr_ent_entitled(&core->rq, &q->ent));
		info->used_ns += vr_cycles_to_ns(q->ent.used);
		info->lag_ns += signed_ns(vr_ent_lag(&core->rq, &q->ent));
		info->lag_max_ns = max(info->lag_max_ns,
				       vr_cycles_to_ns(q->ent.lag_max));
		info->cost = max(info->cost, cost_of(q));
		spin_unlock_bh(&core->lock);
		info->strikes += READ_ONCE(q->strikes);
		info->qlen += vr_queue_len(q);
		info->qlen_max = max(info->qlen_max, READ_ONCE(q->max));
		info->qlen_limit += READ_ONCE(q->limit);
		add_waits(q, info);
	}
}

/* Cycles per ns, and its inverse, as 32.32 fixed point. */
static u64 ns_per_cycle;
static u64 cycles_per_ns;

/**
 * vr_cycles_to_ns - convert the module's cycles
 * @cycles: a duration
 *
 * Return: nanoseconds.
 */
u64 vr_cycles_to_ns(u64 cycles)
{
	return mul_u64_u64_shr(cycles, ns_per_cycle, 32);
}

/**
 * vr_cycles_from_ns - convert to the module's cycles
 * @ns: a duration
 *
 * Return: cycles.
 */
u64 vr_cycles_from_ns(u64 ns)
{
	return mul_u64_u64_shr(ns, cycles_per_ns, 32);
}

static void clock_init(void)
{
	u32 khz = vr_cycles_khz();

	ns_per_cycle = div_u64(1000000ULL << 32, khz);
	cycles_per_ns = div_u64((u64)khz << 32, 1000000);
}

/**
 * vr_core_init - make the cores
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int vr_core_init(void)
{
	int cpu;

	clock_init();
	cores = alloc_percpu(struct vr_core);
	if (!cores)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct vr_core *core = vr_core_of(cpu);

		spin_lock_init(&core->lock);
		INIT_LIST_HEAD(&core->resting);
		vr_runq_init(&core->rq, 0);
		vr_core_set_slice(cpu, VROUTER_SLICE_US_DEFAULT);
		core->cpu = cpu;
		core->turn_max = vr_cycles_from_ns(TURN_MAX_NS);
		core->spell_max = vr_cycles_from_ns(SPELL_NS);
		vr_hrtimer_setup(&core->resume, resume, CLOCK_MONOTONIC,
				 HRTIMER_MODE_REL_PINNED_SOFT);
	}
	return 0;
}

/**
 * vr_core_exit - free the cores; no queue exists any more
 *
 * Context: module exit.
 */
void vr_core_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		WARN_ON(vr_core_of(cpu)->joined);
		hrtimer_cancel(&vr_core_of(cpu)->resume);
		kvfree(vr_core_of(cpu)->rq.heap);
	}
	free_percpu(cores);
}
