// SPDX-License-Identifier: GPL-2.0
/*
 * The receive side, in the order of a packet: it arrives by the clock and
 * enters the ring or is missed (arrive), the interrupt schedules NAPI
 * (interrupt), the poll turns it into a frame, shows it to XDP and hands it to
 * the stack (vrsim_poll), and an empty ring unmasks the interrupt (arm).
 *
 * Slots are given back to the ring once per poll, as drivers refill. Frames are
 * written when they are taken from the ring: a missed packet costs nothing.
 */
#include "compat.h"
#include "vrsim.h"

#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/cpu.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

enum {
	STEP_SHIFT = 20,	/* fixed point of vrsim.step */
};

/* ---- arrivals */

/* When packet @index (from 0) arrives; the burst that it is in arrives at once. */
static u64 arrival_time(const struct vrsim *sim, u64 index)
{
	u64 due = (div_u64(index, sim->burst) + 1) * sim->burst;

	return sim->epoch + div_s64((s64)(due - sim->base) * NSEC_PER_SEC,
				    sim->rate);
}

/* From now on at another rate. What has arrived so far is accounted for. */
static void set_rate(struct vrsim *sim, u64 now, u32 rate)
{
	sim->rate = rate;
	sim->base = sim->arrived;
	sim->epoch = now;
	sim->step = div_u64(((u64)sim->burst * NSEC_PER_SEC) << STEP_SHIFT, rate);
}

static u64 arrivals_until(struct vrsim *sim, u64 now)
{
	u64 elapsed = now - sim->epoch, total;

	if (unlikely((s64)elapsed < 0))
		return sim->arrived;
	if (elapsed >= NSEC_PER_SEC) {
		u64 seconds = div_u64(elapsed, NSEC_PER_SEC);

		sim->base += seconds * sim->rate;
		sim->epoch += seconds * NSEC_PER_SEC;
		elapsed -= seconds * NSEC_PER_SEC;
	}
	total = sim->base + div_u64(elapsed * sim->rate, NSEC_PER_SEC);
	if (sim->burst > 1)
		total = div_u64(total, sim->burst) * sim->burst;
	if (sim->count)
		total = min(total, sim->count);
	return max(total, sim->arrived);
}

/* Let into the ring what has arrived since, as far as it has room. */
static void arrive(struct vrsim *sim, u64 now)
{
	u32 rate = READ_ONCE(sim->cfg.rate), left, i, take;
	u64 fresh, due, part = 0;

	if (!sim->running)
		return;
	fresh = arrivals_until(sim, now) - sim->arrived;
	if (fresh) {
		take = min_t(u64, fresh, sim->ring - (sim->tail - sim->head));
		due = arrival_time(sim, sim->arrived);
		div_u64_rem(sim->arrived, sim->burst, &left);
		left = sim->burst - left;
		for (i = 0; i < take; i++) {
			sim->stamps[sim->tail++ & (sim->ring - 1)] =
				due + (part >> STEP_SHIFT);
			if (!--left) {
				left = sim->burst;
				part += sim->step;
			}
		}
		sim->arrived += fresh;
		sim->rx_now.arrived += fresh;
		sim->rx_now.missed += fresh - take;
	}
	if (unlikely(rate != sim->rate))
		set_rate(sim, now, rate);
}

/* ---- the interrupt */

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct vrsim *sim = container_of(timer, struct vrsim, timer);

	WRITE_ONCE(sim->last_irq, ktime_get_ns());
	WRITE_ONCE(sim->irqs, sim->irqs + 1);
	napi_schedule_irqoff(&sim->napi);
	return HRTIMER_NORESTART;
}

static void start_timer(struct vrsim *sim)
{
	hrtimer_start(&sim->timer, ns_to_ktime(READ_ONCE(sim->irq_at)),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

static void start_timer_here(void *data)
{
	struct vrsim *sim = data;

	start_timer(sim);
	atomic_dec(&sim->crossings);
}

/* Decided while the poll still owns the NAPI instance. Return: none to come. */
static bool next_interrupt(struct vrsim *sim, u64 now)
{
	u64 at = now;

	if (!sim->running)
		return false;
	if (sim->tail == sim->head) {
		if (sim->count && sim->arrived >= sim->count)
			return false;
		at = arrival_time(sim, sim->arrived);
	}
	at = max(at, READ_ONCE(sim->last_irq) + sim->cfg.moderation);
	WRITE_ONCE(sim->irq_at, at);
	return true;
}

/*
 * The poll may have been moved to another CPU (a thread, a busy poller); the
 * interrupt stays on its own. A cross call still on its way finds the new time.
 */
static void arm(struct vrsim *sim)
{
	int err;

	if (get_cpu() == sim->cpu) {
		start_timer(sim);
	} else {
		atomic_inc(&sim->crossings);
		err = smp_call_function_single_async(sim->cpu, &sim->csd);
		if (err)
			atomic_dec(&sim->crossings);
		if (err && err != -EBUSY)
			start_timer(sim);
	}
	put_cpu();
}

static void kick_here(void *data)
{
	struct vrsim *sim = data;

	napi_schedule_irqoff(&sim->napi);
}

/* Make the poll look at the clock and the configuration. */
int vrsim_rx_kick(struct vrsim *sim)
{
	return smp_call_function_single(sim->cpu, kick_here, sim, true);
}

/* ---- frames */

static struct sk_buff *make_skb(struct page *page, u8 *data, u32 size, u32 meta)
{
	void *va = page_address(page);
	struct sk_buff *skb;

	skb = napi_build_skb(va, PAGE_SIZE);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, data - (u8 *)va);
	__skb_put(skb, size);
	if (meta)
		skb_metadata_set(skb, meta);
	skb_mark_for_recycle(skb);
	return skb;
}

/* Return: true if the packet goes on to the stack. */
static bool run_xdp(struct vrsim *sim, struct bpf_prog *prog,
		    struct xdp_buff *xdp, bool *redirected)
{
	struct vrsim_rx_stats *st = &sim->rx_now;
	u32 act = bpf_prog_run_xdp(prog, xdp);
	struct xdp_frame *frame;

	switch (act) {
	case XDP_PASS:
		st->xdp_pass++;
		return true;
	case XDP_TX:
		frame = xdp_convert_buff_to_frame(xdp);
		if (unlikely(!frame))
			break;
		vrsim_sink(sim, frame->data, frame->len, frame->len);
		xdp_return_frame_rx_napi(frame);
		st->xdp_tx++;
		return false;
	case XDP_REDIRECT:
		if (unlikely(xdp_do_redirect(sim->dev, xdp, prog)))
			break;
		*redirected = true;
		st->xdp_redirect++;
		return false;
	case XDP_DROP:
		st->xdp_drop++;
		page_pool_recycle_direct(sim->pool, virt_to_page(xdp->data));
		return false;
	default:
		bpf_warn_invalid_xdp_action(sim->dev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		break;
	}
	trace_xdp_exception(sim->dev, prog, act);
	st->xdp_aborted++;
	page_pool_recycle_direct(sim->pool, virt_to_page(xdp->data));
	return false;
}

static void receive(struct vrsim *sim, struct bpf_prog *prog, u64 stamp,
		    bool *redirected)
{
	struct vrsim_load *load = sim->load;
	u32 size = load->size, meta = 0, hash, flow = sim->next_flow;
	struct sk_buff *skb;
	struct page *page;
	u8 *data;

	page = page_pool_dev_alloc_pages(sim->pool);
	if (unlikely(!page)) {
		sim->rx_now.no_buffer++;
		return;
	}
	data = (u8 *)page_address(page) + XDP_PACKET_HEADROOM;
	hash = vrsim_load_write(load, flow, data, stamp);
	if (++sim->next_flow == load->flows)
		sim->next_flow = 0;
	sim->rx_now.packets++;
	sim->rx_now.bytes += size;

	if (prog) {
		struct xdp_buff xdp;

		xdp_init_buff(&xdp, PAGE_SIZE, &sim->rxq);
		xdp_prepare_buff(&xdp, page_address(page), XDP_PACKET_HEADROOM,
				 size, true);
		if (!run_xdp(sim, prog, &xdp, redirected))
			return;
		data = xdp.data;
		size = xdp.data_end - xdp.data;
		meta = xdp.data - xdp.data_meta;
	}

	skb = make_skb(page, data, size, meta);
	if (unlikely(!skb)) {
		sim->rx_now.no_buffer++;
		page_pool_recycle_direct(sim->pool, page);
		return;
	}
	if (sim->dev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, hash, PKT_HASH_TYPE_L4);
	if (sim->dev->features & NETIF_F_RXCSUM)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	/* As a NIC does that takes the tag out. */
	if (sim->cfg.vlan)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), sim->cfg.vlan +
				       flow % sim->cfg.vlans);
	skb_record_rx_queue(skb, 0);
	if (unlikely(sim->cfg.loop)) {
		vrsim_xmit(skb, sim->dev);
		return;
	}
	skb->protocol = eth_type_trans(skb, sim->dev);
	napi_gro_receive(&sim->napi, skb);
}

static void publish(struct vrsim *sim)
{
	u64_stats_update_begin(&sim->rx_sync);
	sim->rx = sim->rx_now;
	u64_stats_update_end(&sim->rx_sync);
}

int vrsim_poll(struct napi_struct *napi, int budget)
{
	struct vrsim *sim = container_of(napi, struct vrsim, napi);
	bool redirected = false, again;
	struct bpf_prog *prog;
	u64 now;
	int done, work;

	if (unlikely(!budget))
		return 0;

	arrive(sim, ktime_get_ns());
	work = min_t(u32, budget, sim->tail - sim->head);
	rcu_read_lock();
	prog = rcu_dereference(sim->prog);
	for (done = 0; done < work; done++)
		receive(sim, prog,
			sim->stamps[(sim->head + done) & (sim->ring - 1)],
			&redirected);
	rcu_read_unlock();
	if (redirected)
		xdp_do_flush();

	now = ktime_get_ns();
	arrive(sim, now);
	sim->head += done;
	sim->rx_now.polls++;
	sim->rx_now.irqs = READ_ONCE(sim->irqs);
	publish(sim);

	if (done == budget)
		return budget;
	again = next_interrupt(sim, now);
	if (napi_complete_done(napi, done) && again)
		arm(sim);
	return done;
}

/* ---- life cycle */

/* On return neither the poll nor the interrupt runs, nor will. */
static void quiesce(struct vrsim *sim)
{
	napi_disable(&sim->napi);
	while (atomic_read(&sim->crossings))
		usleep_range(10, 100);
	hrtimer_cancel(&sim->timer);
}

int vrsim_rx_start(struct vrsim *sim)
{
	struct vrsim_load *load, *old = sim->load;
	u64 *stamps, *old_stamps = sim->stamps;
	int err;

	if (!cpu_online(sim->cfg.cpu))
		return -ENXIO;
	load = vrsim_load_build(sim);
	stamps = kvcalloc(sim->cfg.ring, sizeof(*stamps), GFP_KERNEL);
	if (!load || !stamps) {
		kvfree(load);
		kvfree(stamps);
		return -ENOMEM;
	}

	quiesce(sim);
	sim->load = load;
	rcu_assign_pointer(vrsim_sources[sim->source], load);
	sim->stamps = stamps;
	sim->ring = sim->cfg.ring;
	sim->head = 0;
	sim->tail = 0;
	sim->next_flow = 0;
	sim->cpu = sim->cfg.cpu;
	sim->burst = sim->cfg.burst;
	sim->count = sim->cfg.count;
	sim->arrived = 0;
	set_rate(sim, ktime_get_ns(), sim->cfg.rate);
	sim->running = true;
	napi_enable(&sim->napi);
	kvfree(old_stamps);
	if (old)
		kvfree_rcu(old, rcu);

	err = vrsim_rx_kick(sim);
	if (err)
		vrsim_rx_halt(sim);
	return err;
}

/* What is on its way to a sink can still be checked: the load stays. */
void vrsim_rx_halt(struct vrsim *sim)
{
	quiesce(sim);
	sim->running = false;
	sim->rx_now.missed += sim->tail - sim->head;
	sim->head = sim->tail;
	publish(sim);
	/* Beyond every sequence number of this run, whatever its flows. */
	sim->next_first += (u32)sim->arrived + 1;
	napi_enable(&sim->napi);
}

int vrsim_rx_open(struct vrsim *sim)
{
	struct page_pool_params params = {
		.pool_size = VRSIM_POOL,
		.nid = cpu_online(sim->cfg.cpu) ? cpu_to_node(sim->cfg.cpu) :
						  NUMA_NO_NODE,
	};
	int err;

	vrsim_pool_napi(&params, &sim->napi);
	sim->pool = page_pool_create(&params);
	if (IS_ERR(sim->pool))
		return PTR_ERR(sim->pool);
	err = xdp_rxq_info_reg(&sim->rxq, sim->dev, 0, sim->napi.napi_id);
	if (err)
		goto destroy_pool;
	err = xdp_rxq_info_reg_mem_model(&sim->rxq, MEM_TYPE_PAGE_POOL,
					 sim->pool);
	if (err)
		goto unreg_rxq;

	napi_enable(&sim->napi);
	sim->opened = true;
	if (sim->cfg.run) {
		err = vrsim_rx_start(sim);
		if (err)
			goto disable_napi;
	}
	return 0;

disable_napi:
	sim->opened = false;
	napi_disable(&sim->napi);
unreg_rxq:
	xdp_rxq_info_unreg(&sim->rxq);
destroy_pool:
	page_pool_destroy(sim->pool);
	return err;
}

void vrsim_rx_stop(struct vrsim *sim)
{
	if (sim->running)
		vrsim_rx_halt(sim);
	sim->opened = false;
	napi_disable(&sim->napi);
	xdp_rxq_info_unreg(&sim->rxq);
	page_pool_destroy(sim->pool);
}

void vrsim_rx_init(struct vrsim *sim)
{
	hrtimer_init(&sim->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	sim->timer.function = interrupt;
	INIT_CSD(&sim->csd, start_timer_here, sim);
	u64_stats_init(&sim->rx_sync);
	netif_napi_add(sim->dev, &sim->napi, vrsim_poll);
}
