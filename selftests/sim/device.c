// SPDX-License-Identifier: GPL-2.0
/*
 * The netdevice of kind vrsim: operations, statistics, module.
 */
#include "compat.h"
#include "vrsim.h"

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

static DEFINE_IDA(sources);

static void add_tx_stats(struct vrsim_tx_stats *sum,
			 const struct vrsim_tx_stats *st, bool latency)
{
	u32 i;

	sum->packets += st->packets;
	sum->bytes += st->bytes;
	sum->frames += st->frames;
	sum->own += st->own;
	sum->foreign += st->foreign;
	sum->wrong_mac += st->wrong_mac;
	sum->bad_ttl += st->bad_ttl;
	sum->bad_csum += st->bad_csum;
	sum->bad_data += st->bad_data;
	sum->reordered += st->reordered;
	sum->skipped += st->skipped;
	if (!latency || !st->lat_count)
		return;
	if (!sum->lat_count || st->lat_min < sum->lat_min)
		sum->lat_min = st->lat_min;
	sum->lat_max = max(sum->lat_max, st->lat_max);
	sum->lat_count += st->lat_count;
	sum->lat_sum += st->lat_sum;
	for (i = 0; i < VRSIM_HIST; i++)
		sum->lat_hist[i] += st->lat_hist[i];
}

void vrsim_get_stats(struct vrsim *sim, struct vrsim_rx_stats *rx,
		     struct vrsim_tx_stats *tx)
{
	unsigned int start;
	int cpu;

	do {
		start = u64_stats_fetch_begin(&sim->rx_sync);
		*rx = sim->rx;
	} while (u64_stats_fetch_retry(&sim->rx_sync, start));

	memset(tx, 0, sizeof(*tx));
	for_each_possible_cpu(cpu) {
		const struct vrsim_tx_pcpu *pcpu = per_cpu_ptr(sim->tx, cpu);
		struct vrsim_tx_stats st;
		u32 epoch;

		do {
			start = u64_stats_fetch_begin(&pcpu->sync);
			st = pcpu->stats;
			epoch = pcpu->lat_epoch;
		} while (u64_stats_fetch_retry(&pcpu->sync, start));
		add_tx_stats(tx, &st, epoch == READ_ONCE(sim->lat_epoch));
	}
}

static int vrsim_open(struct net_device *dev)
{
	struct vrsim *sim = netdev_priv(dev);
	int err;

	mutex_lock(&sim->lock);
	err = vrsim_rx_open(sim);
	mutex_unlock(&sim->lock);
	if (err)
		return err;
	vrsim_sample_attach(sim);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int vrsim_stop(struct net_device *dev)
{
	struct vrsim *sim = netdev_priv(dev);

	netif_tx_stop_all_queues(dev);
	vrsim_sample_detach(sim);
	mutex_lock(&sim->lock);
	vrsim_rx_stop(sim);
	mutex_unlock(&sim->lock);
	return 0;
}

static void vrsim_get_stats64(struct net_device *dev,
			      struct rtnl_link_stats64 *tot)
{
	struct vrsim_rx_stats rx;
	struct vrsim_tx_stats tx;

	vrsim_get_stats(netdev_priv(dev), &rx, &tx);
	tot->rx_packets = rx.packets;
	tot->rx_bytes = rx.bytes;
	tot->rx_missed_errors = rx.missed;
	tot->rx_dropped = rx.no_buffer;
	tot->tx_packets = tx.packets;
	tot->tx_bytes = tx.bytes;
}

/* A queue per CPU, as drivers set up by XPS. */
static u16 vrsim_select_queue(struct net_device *dev, struct sk_buff *skb,
			      struct net_device *sb_dev)
{
	return raw_smp_processor_id() % dev->real_num_tx_queues;
}

static int vrsim_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct vrsim *sim = netdev_priv(dev);
	struct bpf_prog *old;

	switch (bpf->command) {
	case XDP_SETUP_PROG:
		old = rtnl_dereference(sim->prog);
		rcu_assign_pointer(sim->prog, bpf->prog);
		/* Freed after a grace period. */
		if (old)
			bpf_prog_put(old);
		return 0;
	default:
		return -EINVAL;
	}
}

static int vrsim_init(struct net_device *dev)
{
	struct vrsim *sim = netdev_priv(dev);
	int cpu, source;

	source = ida_alloc_max(&sources, VRSIM_SOURCES - 1, GFP_KERNEL);
	if (source < 0)
		return source;
	sim->tx = alloc_percpu(struct vrsim_tx_pcpu);
	if (!sim->tx) {
		ida_free(&sources, source);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(sim->tx, cpu)->sync);
	sim->source = source;
	return 0;
}

/*
 * The last reference is gone, so nothing transmits here; other sinks may still
 * look at the load through the frames under way.
 */
static void vrsim_destroy(struct net_device *dev)
{
	struct vrsim *sim = netdev_priv(dev);

	RCU_INIT_POINTER(vrsim_sources[sim->source], NULL);
	ida_free(&sources, sim->source);
	if (sim->load)
		kvfree_rcu(sim->load, rcu);
	kvfree(sim->stamps);
	free_percpu(sim->tx);
	mutex_destroy(&sim->lock);
}

static const struct net_device_ops vrsim_netdev_ops = {
	.ndo_init		= vrsim_init,
	.ndo_open		= vrsim_open,
	.ndo_stop		= vrsim_stop,
	.ndo_start_xmit		= vrsim_xmit,
	.ndo_select_queue	= vrsim_select_queue,
	.ndo_get_stats64	= vrsim_get_stats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_bpf		= vrsim_bpf,
	.ndo_xdp_xmit		= vrsim_xdp_xmit,
};

static void vrsim_setup(struct net_device *dev)
{
	struct vrsim *sim = netdev_priv(dev);

	ether_setup(dev);
	dev->netdev_ops = &vrsim_netdev_ops;
	dev->ethtool_ops = &vrsim_ethtool_ops;
	dev->sysfs_groups[0] = &vrsim_group;
	dev->needs_free_netdev = true;
	dev->priv_destructor = vrsim_destroy;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	/* The sink frees as in a NAPI poll, see vrsim_xmit(). */
	dev->priv_flags |= IFF_DISABLE_NETPOLL;
	dev->max_mtu = ETH_MAX_MTU;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA |
			   NETIF_F_RXCSUM | NETIF_F_RXHASH;
	dev->features = dev->hw_features;
	dev->vlan_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA;
	vrsim_announce_xdp(dev);

	sim->dev = dev;
	mutex_init(&sim->lock);
	vrsim_config_init(&sim->cfg);
	vrsim_rx_init(sim);
}

static int vrsim_newlink(struct net *net, struct net_device *dev,
			 struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	if (!tb[IFLA_ADDRESS])
		eth_hw_addr_random(dev);
	return register_netdevice(dev);
}

static unsigned int vrsim_num_tx_queues(void)
{
	return num_possible_cpus();
}

static unsigned int vrsim_num_rx_queues(void)
{
	return 1;
}

static struct rtnl_link_ops vrsim_link_ops __read_mostly = {
	.kind			= "vrsim",
	.priv_size		= sizeof(struct vrsim),
	.setup			= vrsim_setup,
	.newlink		= vrsim_newlink,
	.get_num_tx_queues	= vrsim_num_tx_queues,
	.get_num_rx_queues	= vrsim_num_rx_queues,
};

/* Its devices are virtual: they vanish with their namespace unless this is set. */
module_param_named(netns_refund, vrsim_link_ops.netns_refund, bool, 0644);

static int __init vrsim_module_init(void)
{
	int err;

	err = rtnl_link_register(&vrsim_link_ops);
	if (err)
		return err;
	vrsim_sample_init();
	return 0;
}

static void __exit vrsim_module_exit(void)
{
	vrsim_sample_exit();
	rtnl_link_unregister(&vrsim_link_ops);
	ida_destroy(&sources);
}

module_init(vrsim_module_init);
module_exit(vrsim_module_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Simulated NIC: open-loop generator and checking sink");
MODULE_ALIAS_RTNL_LINK("vrsim");
