// SPDX-License-Identifier: GPL-2.0
/*
 * Wake the core of another CPU.
 *
 * NAPI is scheduled on the CPU that asks for it, so a packet for the idle core
 * of another CPU takes an interprocessor interrupt, as with RPS.  Its handler
 * may not take the core's lock: it schedules a NAPI of our own on that CPU,
 * which picks a queue there.  No VR is referred to on the way, so none is to be
 * waited for when it goes.
 *
 * At most one kick of a CPU is under way: @pending is set by whoever starts it
 * and cleared by the poll before that looks at the run queue.  Who finds it set
 * has put a queue there before, which the poll is yet to see.
 *
 * A CPU that is offline cannot be kicked.  Its core works on nevertheless where
 * its NAPIs happen to be polled: here.  What is in the poll list of a CPU that
 * goes offline is moved by the stack, our NAPI too.
 *
 * On PREEMPT_RT a softirq must not be raised by such an interrupt; a worker on
 * that CPU does it.
 */
#include "datapath.h"

#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

/**
 * struct kick - how to wake the core of one CPU
 * @pending: between vr_kick() and the poll
 * @cpu: which
 * @csd: the interrupt
 * @work: instead of it on PREEMPT_RT
 * @napi: its poll picks a queue
 */
struct kick {
	atomic_t		pending;
	unsigned int		cpu;
	call_single_data_t	csd;
	struct work_struct	work;
	struct napi_struct	napi;
};

static struct kick __percpu *kicks;
static struct net_device *napi_dev;

static int poll(struct napi_struct *napi, int budget)
{
	struct kick *kick = container_of(napi, struct kick, napi);

	if (unlikely(!budget))
		return 0;
	/* A full barrier before core->lock is taken, see vr_kick(). */
	atomic_xchg(&kick->pending, 0);
	vr_core_kick(vr_core_of(kick->cpu));
	/* Scheduled again meanwhile, it is polled again. */
	napi_complete(napi);
	return 0;
}

/* Interrupts off, on the CPU. */
static void interrupt(void *data)
{
	struct kick *kick = data;

	napi_schedule(&kick->napi);
}

static void work(struct work_struct *work)
{
	struct kick *kick = container_of(work, struct kick, work);

	local_bh_disable();
	napi_schedule(&kick->napi);
	local_bh_enable();
}

static bool send(struct kick *kick)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		return !smp_call_function_single_async(kick->cpu, &kick->csd);
	return cpu_online(kick->cpu) &&
	       queue_work_on(kick->cpu, system_highpri_wq, &kick->work);
}

/**
 * vr_kick - make a CPU call vr_core_kick() for its core
 * @cpu: a possible CPU, not this one
 *
 * The caller has put a queue into the run queue of an idle core.
 *
 * Context: BH disabled.
 */
void vr_kick(unsigned int cpu)
{
	struct kick *kick = per_cpu_ptr(kicks, cpu);

	/* A full barrier after core->lock was released, see poll(). */
	if (!atomic_xchg(&kick->pending, 1) && !send(kick))
		napi_schedule(&kick->napi);
}

/**
 * vr_kick_init - make every CPU ready to be kicked
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int vr_kick_init(void)
{
	int cpu;

	napi_dev = vr_dummy_alloc();
	if (!napi_dev)
		return -ENOMEM;
	kicks = alloc_percpu(struct kick);
	if (!kicks) {
		vr_dummy_free(napi_dev);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct kick *kick = per_cpu_ptr(kicks, cpu);

		kick->cpu = cpu;
		INIT_CSD(&kick->csd, interrupt, kick);
		INIT_WORK(&kick->work, work);
		set_bit(NAPI_STATE_NO_BUSY_POLL, &kick->napi.state);
		netif_napi_add(napi_dev, &kick->napi, poll);
		napi_enable(&kick->napi);
	}
	return 0;
}

/**
 * vr_kick_exit - inverse of vr_kick_init()
 *
 * Context: module exit; no queue exists any more.
 */
void vr_kick_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct kick *kick = per_cpu_ptr(kicks, cpu);

		/* The poll ends the last one: no interrupt is under way then. */
		while (atomic_read(&kick->pending))
			usleep_range(10, 100);
		cancel_work_sync(&kick->work);
		napi_disable(&kick->napi);
		netif_napi_del(&kick->napi);
	}
	free_percpu(kicks);
	vr_dummy_free(napi_dev);
}
