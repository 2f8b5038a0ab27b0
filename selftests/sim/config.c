// SPDX-License-Identifier: GPL-2.0
/*
 * Control, in /sys/class/net/DEV/vrsim/, one value per file:
 *
 *   rate        packets per second; may be changed during a run
 *   size        bytes of a frame, without FCS
 *   flows       flows, taken in turn; each has its own source port from sport on
 *   src, srcs   first source address, and how many of them in a row
 *   dst, dsts   first destination address, and how many, dst_step apart
 *   sport, dport, ttl
 *   vlan, vlans first VLAN ID, 0 for no tag, and how many; flows take them in turn
 *   burst       packets that arrive at once
 *   ring        slots of the receive ring, a power of two
 *   count       packets to generate, 0: no end
 *   loop        send what is received straight back, for the cost of the NIC itself
 *   cpu         where the interrupt goes
 *   moderation  least time between two interrupts, ns
 *   run         1 starts, 0 stops; 0 also when count has been reached
 *   dmac        MAC that frames are generated for; zero: the device's own
 *   peer        MAC of the next hop that sent frames must have; zero: any
 *   hops        routers that sent frames must have crossed
 *   check       compare sent frames with what was generated
 *   latency     measure the time from arrival to sending
 *   stats       all counters, "name value" per line; of the latencies the average
 *               and, from the histogram and so rounded up to its buckets, what half
 *               and 99 % of them are below
 *   histogram   latencies, "nanoseconds count" per line: how many were below
 *   reset       write 1: forget the latencies so far
 *
 * src and dst set the family. All but rate, loop, peer, hops, check and latency can
 * be changed only while nothing is generated.
 */
#include "vrsim.h"

#include <linux/ctype.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/inet.h>
#include <linux/log2.h>
#include <linux/rtnetlink.h>
#include <linux/sysfs.h>
#include <net/ipv6.h>

struct vrsim_u32_attr {
	struct device_attribute attr;
	u16 offset;
	bool live;		/* may be changed during a run */
	u32 min;
	u32 max;
};

static struct vrsim *to_vrsim(struct device *dev)
{
	return netdev_priv(to_net_dev(dev));
}

/* Generating, or with packets left in the ring. */
static bool is_busy(const struct vrsim *sim)
{
	lockdep_assert_held(&sim->lock);
	if (!sim->running)
		return false;
	return !sim->count || READ_ONCE(sim->arrived) < sim->count ||
	       READ_ONCE(sim->head) != READ_ONCE(sim->tail);
}

static int may_change(const struct vrsim *sim, bool live)
{
	return !live && is_busy(sim) ? -EBUSY : 0;
}

/* ---- numbers */

static u32 *u32_field(struct vrsim *sim, struct device_attribute *attr)
{
	const struct vrsim_u32_attr *a =
		container_of(attr, struct vrsim_u32_attr, attr);

	return (u32 *)((u8 *)&sim->cfg + a->offset);
}

static ssize_t u32_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(*u32_field(to_vrsim(dev), attr)));
}

static bool valid_number(const struct vrsim *sim, const struct vrsim_u32_attr *a,
			 u32 value)
{
	if (value < a->min || value > a->max)
		return false;
	switch (a->offset) {
	case offsetof(struct vrsim_config, ring):
		return is_power_of_2(value);
	case offsetof(struct vrsim_config, cpu):
		return value < nr_cpu_ids && cpu_online(value);
	case offsetof(struct vrsim_config, size):
		return !sim->cfg.ipv6 || value >= VRSIM_MIN_SIZE6;
	default:
		return true;
	}
}

static ssize_t u32_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	const struct vrsim_u32_attr *a =
		container_of(attr, struct vrsim_u32_attr, attr);
	struct vrsim *sim = to_vrsim(dev);
	u32 value;
	int err;

	err = kstrtou32(buf, 0, &value);
	if (err)
		return err;
	mutex_lock(&sim->lock);
	err = may_change(sim, a->live);
	if (!err && !valid_number(sim, a, value))
		err = -ERANGE;
	if (!err) {
		WRITE_ONCE(*u32_field(sim, attr), value);
		if (sim->running &&
		    a->offset == offsetof(struct vrsim_config, rate))
			err = vrsim_rx_kick(sim);
	}
	mutex_unlock(&sim->lock);
	return err ?: len;
}

#define VRSIM_U32(_name, _live, _min, _max)				\
	static struct vrsim_u32_attr attr_##_name = {			\
		.attr = {						\
			.attr = { .name = #_name, .mode = 0644 },	\
			.show = u32_show,				\
			.store = u32_store,				\
		},							\
		.offset = offsetof(struct vrsim_config, _name),		\
		.live = _live,						\
		.min = _min,						\
		.max = _max,						\
	}

VRSIM_U32(rate, true, 1, 1000000000);
VRSIM_U32(size, false, VRSIM_MIN_SIZE4, VRSIM_MAX_SIZE);
VRSIM_U32(flows, false, 1, VRSIM_MAX_FLOWS);
VRSIM_U32(srcs, false, 1, U32_MAX);
VRSIM_U32(dsts, false, 1, U32_MAX);
VRSIM_U32(dst_step, false, 0, U32_MAX);
VRSIM_U32(vlan, false, 0, VLAN_N_VID - 2);
VRSIM_U32(vlans, false, 1, VLAN_N_VID - 2);
VRSIM_U32(sport, false, 1, U16_MAX);
VRSIM_U32(dport, false, 1, U16_MAX);
VRSIM_U32(ttl, false, 0, U8_MAX);
VRSIM_U32(burst, false, 1, VRSIM_MAX_RING);
VRSIM_U32(ring, false, 1, VRSIM_MAX_RING);
VRSIM_U32(count, false, 0, U32_MAX);
VRSIM_U32(cpu, false, 0, U32_MAX);
VRSIM_U32(loop, true, 0, 1);
VRSIM_U32(moderation, false, 0, NSEC_PER_SEC);
VRSIM_U32(hops, true, 0, U8_MAX);
VRSIM_U32(check, true, 0, 1);
VRSIM_U32(latency, true, 0, 1);

/* ---- addresses */

static ssize_t show_address(struct vrsim *sim, const struct in6_addr *addr,
			    char *buf)
{
	ssize_t len;

	mutex_lock(&sim->lock);
	if (sim->cfg.ipv6)
		len = sysfs_emit(buf, "%pI6c\n", addr);
	else
		len = sysfs_emit(buf, "%pI4\n", &addr->s6_addr32[3]);
	mutex_unlock(&sim->lock);
	return len;
}

/* Setting one address in the other family clears its counterpart. */
static ssize_t store_address(struct vrsim *sim, struct in6_addr *addr,
			     struct in6_addr *other, const char *buf, size_t len)
{
	struct in6_addr new = {};
	const char *end;
	bool ipv6;
	int err;

	if (in4_pton(buf, len, (u8 *)&new.s6_addr32[3], -1, &end))
		ipv6 = false;
	else if (in6_pton(buf, len, new.s6_addr, -1, &end))
		ipv6 = true;
	else
		return -EINVAL;
	while (isspace(*end))
		end++;
	if (*end)
		return -EINVAL;

	mutex_lock(&sim->lock);
	err = may_change(sim, false);
	if (!err) {
		if (ipv6 != sim->cfg.ipv6)
			memset(other, 0, sizeof(*other));
		*addr = new;
		sim->cfg.ipv6 = ipv6;
		if (ipv6)
			sim->cfg.size = max_t(u32, sim->cfg.size,
					      VRSIM_MIN_SIZE6);
	}
	mutex_unlock(&sim->lock);
	return err ?: len;
}

static ssize_t src_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return show_address(to_vrsim(dev), &to_vrsim(dev)->cfg.src, buf);
}

static ssize_t src_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);

	return store_address(sim, &sim->cfg.src, &sim->cfg.dst, buf, len);
}
static DEVICE_ATTR_RW(src);

static ssize_t dst_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return show_address(to_vrsim(dev), &to_vrsim(dev)->cfg.dst, buf);
}

static ssize_t dst_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);

	return store_address(sim, &sim->cfg.dst, &sim->cfg.src, buf, len);
}
static DEVICE_ATTR_RW(dst);

static ssize_t store_mac(struct vrsim *sim, u8 *addr, bool live,
			 const char *buf, size_t len)
{
	u8 mac[ETH_ALEN];
	int err;

	if (!mac_pton(buf, mac))
		return -EINVAL;
	mutex_lock(&sim->lock);
	err = may_change(sim, live);
	if (!err)
		ether_addr_copy(addr, mac);
	mutex_unlock(&sim->lock);
	return err ?: len;
}

static ssize_t dmac_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%pM\n", to_vrsim(dev)->cfg.dmac);
}

static ssize_t dmac_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);

	return store_mac(sim, sim->cfg.dmac, false, buf, len);
}
static DEVICE_ATTR_RW(dmac);

static ssize_t peer_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%pM\n", to_vrsim(dev)->cfg.peer);
}

static ssize_t peer_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);

	return store_mac(sim, sim->cfg.peer, true, buf, len);
}
static DEVICE_ATTR_RW(peer);

/* ---- start and stop */

static ssize_t run_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct vrsim *sim = to_vrsim(dev);
	bool run;

	mutex_lock(&sim->lock);
	run = sim->opened ? is_busy(sim) : sim->cfg.run;
	mutex_unlock(&sim->lock);
	return sysfs_emit(buf, "%u\n", run);
}

/* While the device is down, this decides what bringing it up does. */
static ssize_t run_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);
	bool run;
	int err;

	err = kstrtobool(buf, &run);
	if (err)
		return err;
	mutex_lock(&sim->lock);
	if (sim->opened && sim->running)
		vrsim_rx_halt(sim);
	if (sim->opened && run)
		err = vrsim_rx_start(sim);
	sim->cfg.run = run && !err;
	mutex_unlock(&sim->lock);
	return err ?: len;
}
static DEVICE_ATTR_RW(run);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct vrsim *sim = to_vrsim(dev);
	bool yes;
	int err;

	err = kstrtobool(buf, &yes);
	if (err)
		return err;
	mutex_lock(&sim->lock);
	if (yes)
		WRITE_ONCE(sim->lat_epoch, sim->lat_epoch + 1);
	mutex_unlock(&sim->lock);
	return len;
}
static DEVICE_ATTR_WO(reset);

/* ---- counters */

struct vrsim_counters {
	u64 time;		/* ns, when the others were read */
	u64 latency_avg;
	u64 latency_p50;
	u64 latency_p99;
	struct vrsim_rx_stats rx;
	struct vrsim_tx_stats tx;
};

struct vrsim_counter_desc {
	char name[ETH_GSTRING_LEN];
	size_t offset;
};

#define COUNTER(_name, _field) \
	{ _name, offsetof(struct vrsim_counters, _field) }

static const struct vrsim_counter_desc counter_desc[] = {
	COUNTER("time", time),
	COUNTER("arrived", rx.arrived),
	COUNTER("missed", rx.missed),
	COUNTER("rx_packets", rx.packets),
	COUNTER("rx_bytes", rx.bytes),
	COUNTER("rx_no_buffer", rx.no_buffer),
	COUNTER("rx_irqs", rx.irqs),
	COUNTER("rx_polls", rx.polls),
	COUNTER("xdp_pass", rx.xdp_pass),
	COUNTER("xdp_drop", rx.xdp_drop),
	COUNTER("xdp_tx", rx.xdp_tx),
	COUNTER("xdp_redirect", rx.xdp_redirect),
	COUNTER("xdp_aborted", rx.xdp_aborted),
	COUNTER("tx_packets", tx.packets),
	COUNTER("tx_bytes", tx.bytes),
	COUNTER("tx_frames", tx.frames),
	COUNTER("own", tx.own),
	COUNTER("foreign", tx.foreign),
	COUNTER("wrong_mac", tx.wrong_mac),
	COUNTER("bad_ttl", tx.bad_ttl),
	COUNTER("bad_csum", tx.bad_csum),
	COUNTER("bad_data", tx.bad_data),
	COUNTER("reordered", tx.reordered),
	COUNTER("skipped", tx.skipped),
	COUNTER("latency_count", tx.lat_count),
	COUNTER("latency_min", tx.lat_min),
	COUNTER("latency_avg", latency_avg),
	COUNTER("latency_p50", latency_p50),
	COUNTER("latency_p99", latency_p99),
	COUNTER("latency_max", tx.lat_max),
};

/* What @percent of the latencies are below; never more than the greatest. */
static u64 quantile(const struct vrsim_tx_stats *st, u32 percent)
{
	u64 left = DIV_ROUND_UP_ULL(st->lat_count * percent, 100);
	u32 i;

	for (i = 0; i < VRSIM_HIST; i++) {
		if (left <= st->lat_hist[i])
			return min(vrsim_hist_bound(i), st->lat_max);
		left -= st->lat_hist[i];
	}
	return st->lat_max;
}

static void read_counters(struct vrsim *sim, struct vrsim_counters *c)
{
	c->time = ktime_get_ns();
	vrsim_get_stats(sim, &c->rx, &c->tx);
	c->latency_avg = c->tx.lat_count ?
			 div64_u64(c->tx.lat_sum, c->tx.lat_count) : 0;
	c->latency_p50 = quantile(&c->tx, 50);
	c->latency_p99 = quantile(&c->tx, 99);
}

static u64 counter(const struct vrsim_counters *c, u32 i)
{
	return *(const u64 *)((const u8 *)c + counter_desc[i].offset);
}

static ssize_t stats_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct vrsim_counters c;
	ssize_t len = 0;
	u32 i;

	read_counters(to_vrsim(dev), &c);
	for (i = 0; i < ARRAY_SIZE(counter_desc); i++)
		len += sysfs_emit_at(buf, len, "%s %llu\n",
				     counter_desc[i].name, counter(&c, i));
	return len;
}
static DEVICE_ATTR_RO(stats);

static ssize_t histogram_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct vrsim_counters c;
	ssize_t len = 0;
	u32 i;

	read_counters(to_vrsim(dev), &c);
	for (i = 0; i < VRSIM_HIST; i++)
		if (c.tx.lat_hist[i])
			len += sysfs_emit_at(buf, len, "%llu %u\n",
					     vrsim_hist_bound(i),
					     c.tx.lat_hist[i]);
	return len;
}
static DEVICE_ATTR_RO(histogram);

static struct attribute *vrsim_attrs[] = {
	&attr_rate.attr.attr,
	&attr_size.attr.attr,
	&attr_flows.attr.attr,
	&dev_attr_src.attr,
	&attr_srcs.attr.attr,
	&dev_attr_dst.attr,
	&attr_dsts.attr.attr,
	&attr_dst_step.attr.attr,
	&attr_vlan.attr.attr,
	&attr_vlans.attr.attr,
	&attr_sport.attr.attr,
	&attr_dport.attr.attr,
	&attr_ttl.attr.attr,
	&attr_burst.attr.attr,
	&attr_ring.attr.attr,
	&attr_count.attr.attr,
	&attr_loop.attr.attr,
	&attr_cpu.attr.attr,
	&attr_moderation.attr.attr,
	&dev_attr_run.attr,
	&dev_attr_dmac.attr,
	&dev_attr_peer.attr,
	&attr_hops.attr.attr,
	&attr_check.attr.attr,
	&attr_latency.attr.attr,
	&dev_attr_stats.attr,
	&dev_attr_histogram.attr,
	&dev_attr_reset.attr,
	NULL
};

const struct attribute_group vrsim_group = {
	.name = "vrsim",
	.attrs = vrsim_attrs,
};

static int get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? ARRAY_SIZE(counter_desc) : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(counter_desc); i++)
		memcpy(data + i * ETH_GSTRING_LEN, counter_desc[i].name,
		       ETH_GSTRING_LEN);
}

static void get_ethtool_stats(struct net_device *dev,
			      struct ethtool_stats *stats, u64 *data)
{
	struct vrsim_counters c;
	u32 i;

	read_counters(netdev_priv(dev), &c);
	for (i = 0; i < ARRAY_SIZE(counter_desc); i++)
		data[i] = counter(&c, i);
}

static void get_ringparam(struct net_device *dev,
			  struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring,
			  struct netlink_ext_ack *extack)
{
	struct vrsim *sim = netdev_priv(dev);

	ring->rx_pending = sim->cfg.ring;
	ring->rx_max_pending = VRSIM_MAX_RING;
}

const struct ethtool_ops vrsim_ethtool_ops = {
	.get_link		= ethtool_op_get_link,
	.get_ringparam		= get_ringparam,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_ethtool_stats,
};

void vrsim_config_init(struct vrsim_config *cfg)
{
	cfg->rate = 1000;
	cfg->size = VRSIM_MIN_SIZE4;
	cfg->flows = 1;
	cfg->burst = 1;
	cfg->ring = 512;
	cfg->ttl = 64;
	cfg->moderation = 10 * NSEC_PER_USEC;
	cfg->sport = 1024;
	cfg->dport = 9;
	cfg->vlans = 1;
	cfg->dsts = 1;
	cfg->dst_step = 1;
	cfg->srcs = 1;
	cfg->hops = 1;
	cfg->check = 1;
	cfg->latency = 1;
	cfg->src.s6_addr32[3] = htonl(0xc6120001);	/* 198.18.0.1 */
	cfg->dst.s6_addr32[3] = htonl(0xc6130001);	/* 198.19.0.1 */
}
