// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of all devices at equal intervals, whatever the CPU is busy with: a
 * timer in hard interrupt context copies them, so that neither the load nor the
 * reader moves the moments.
 *
 * /sys/kernel/debug/vrsim/samples
 *
 *   write  "COUNT INTERVAL": one sample now and COUNT more, INTERVAL ns apart;
 *          what had been sampled before is forgotten
 *   read   "SAMPLE TIME DEV OWN ARRIVED SENT RECEIVED" per line: number of the
 *          sample, ns, and of each device that is up now the counters own, arrived,
 *          tx_packets and rx_packets
 *
 * Reading while samples are taken is refused (EBUSY).
 */
#include "vrsim.h"

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

enum {
	SAMPLE_MAX_COUNT	= 100000,
	SAMPLE_MAX_BYTES	= 256 << 20,
};

struct sample_row {
	u64 own;
	u64 arrived;
	u64 sent;
	u64 received;
};

/*
 * Which devices are up. Written under rtnl; the timer reads it with interrupts
 * off, and a device that was taken out is freed a grace period later.
 */
static struct vrsim __rcu *devices[VRSIM_SOURCES];
static u32 devices_end;

static struct dentry *sample_dir;
static DEFINE_MUTEX(sample_lock);	/* all below, but while the timer runs */
static struct hrtimer sample_timer;
static u64 *sample_time;
static struct sample_row *sample_rows;	/* sample_devices in each */
static u32 sample_devices;
static u32 sample_count;
static u32 sample_next;
static u64 sample_interval;
static bool sample_on;

void vrsim_sample_attach(struct vrsim *sim)
{
	ASSERT_RTNL();
	rcu_assign_pointer(devices[sim->source], sim);
	if (sim->source >= devices_end)
		WRITE_ONCE(devices_end, sim->source + 1);
}

void vrsim_sample_detach(struct vrsim *sim)
{
	ASSERT_RTNL();
	RCU_INIT_POINTER(devices[sim->source], NULL);
}

static void take_row(struct sample_row *row, const struct vrsim *sim)
{
	int cpu;

	row->arrived = READ_ONCE(sim->rx.arrived);
	row->received = READ_ONCE(sim->rx.packets);
	for_each_possible_cpu(cpu) {
		const struct vrsim_tx_pcpu *pcpu = per_cpu_ptr(sim->tx, cpu);

		row->own += READ_ONCE(pcpu->stats.own);
		row->sent += READ_ONCE(pcpu->stats.packets);
	}
}

static enum hrtimer_restart sample(struct hrtimer *timer)
{
	struct sample_row *rows = sample_rows +
				  (size_t)sample_next * sample_devices;
	u32 i;

	sample_time[sample_next] = ktime_get_ns();
	rcu_read_lock();
	for (i = 0; i < sample_devices; i++) {
		const struct vrsim *sim = rcu_dereference(devices[i]);

		if (sim)
			take_row(&rows[i], sim);
	}
	rcu_read_unlock();
	if (sample_next++ == sample_count) {
		/* Pairs with the acquire in samples_show(). */
		smp_store_release(&sample_on, false);
		return HRTIMER_NORESTART;
	}
	hrtimer_add_expires_ns(timer, sample_interval);
	return HRTIMER_RESTART;
}

static void forget(void)
{
	lockdep_assert_held(&sample_lock);
	hrtimer_cancel(&sample_timer);
	sample_on = false;
	kvfree(sample_time);
	kvfree(sample_rows);
	sample_time = NULL;
	sample_rows = NULL;
	sample_next = 0;
}

static int start(u32 count, u64 interval)
{
	lockdep_assert_held(&sample_lock);
	forget();
	sample_devices = READ_ONCE(devices_end);
	if (!sample_devices)
		return -ENODEV;
	if ((u64)(count + 1) * sample_devices * sizeof(*sample_rows) >
	    SAMPLE_MAX_BYTES)
		return -ERANGE;
	sample_time = kvcalloc(count + 1, sizeof(*sample_time), GFP_KERNEL);
	sample_rows = kvcalloc((count + 1) * sample_devices,
			       sizeof(*sample_rows), GFP_KERNEL);
	if (!sample_time || !sample_rows) {
		forget();
		return -ENOMEM;
	}
	sample_count = count;
	sample_interval = interval;
	sample_on = true;
	hrtimer_start(&sample_timer, ktime_get(), HRTIMER_MODE_ABS_PINNED_HARD);
	return 0;
}

static ssize_t samples_write(struct file *file, const char __user *user,
			     size_t len, loff_t *pos)
{
	char buf[64] = {};
	u64 interval;
	u32 count;
	int err;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, user, len))
		return -EFAULT;
	if (sscanf(buf, "%u %llu", &count, &interval) != 2)
		return -EINVAL;
	if (!count || count > SAMPLE_MAX_COUNT ||
	    interval < 10 * NSEC_PER_USEC || interval > 60 * NSEC_PER_SEC)
		return -ERANGE;
	mutex_lock(&sample_lock);
	err = start(count, interval);
	mutex_unlock(&sample_lock);
	return err ?: len;
}

static int samples_show(struct seq_file *seq, void *unused)
{
	u32 i, j;
	int err = 0;

	rtnl_lock();
	mutex_lock(&sample_lock);
	/* Pairs with the release in sample(). */
	if (smp_load_acquire(&sample_on)) {
		err = -EBUSY;
		goto unlock;
	}
	for (i = 0; i < sample_next; i++) {
		for (j = 0; j < sample_devices; j++) {
			const struct sample_row *row =
				&sample_rows[(size_t)i * sample_devices + j];
			const struct vrsim *sim = rtnl_dereference(devices[j]);

			if (sim)
				seq_printf(seq,
					   "%u %llu %s %llu %llu %llu %llu\n",
					   i, sample_time[i], sim->dev->name,
					   row->own, row->arrived, row->sent,
					   row->received);
		}
	}
unlock:
	mutex_unlock(&sample_lock);
	rtnl_unlock();
	return err;
}

static int samples_open(struct inode *inode, struct file *file)
{
	return single_open(file, samples_show, NULL);
}

static const struct file_operations samples_fops = {
	.owner		= THIS_MODULE,
	.open		= samples_open,
	.read		= seq_read,
	.write		= samples_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void vrsim_sample_init(void)
{
	hrtimer_init(&sample_timer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_ABS_PINNED_HARD);
	sample_timer.function = sample;
	sample_dir = debugfs_create_dir("vrsim", NULL);
	debugfs_create_file("samples", 0600, sample_dir, NULL, &samples_fops);
}

void vrsim_sample_exit(void)
{
	debugfs_remove(sample_dir);
	mutex_lock(&sample_lock);
	forget();
	mutex_unlock(&sample_lock);
}
