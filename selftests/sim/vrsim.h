/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vrsim: a simulated Ethernet NIC for measuring routers.
 *
 * Receive side: an open-loop generator. What has arrived by a point of time is
 * rate * time, whatever the CPU under test does. Arrivals enter a finite ring
 * and are counted as missed when it is full. An hrtimer on a chosen CPU stands
 * for the interrupt: it schedules NAPI when a packet is due and stays masked
 * while NAPI polls. Frames come in page pool buffers with native XDP.
 *
 * Transmit side: a sink. Frames are counted, compared with what the generator
 * of any vrsim device put into them, and freed at once.
 *
 * Control: /sys/class/net/DEV/vrsim/, see config.c.
 *
 * Not a goal: link speed, DMA, several receive queues.
 */
#ifndef VRSIM_H
#define VRSIM_H

#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/smp.h>
#include <linux/u64_stats_sync.h>
#include <net/xdp.h>

enum vrsim_limits {
	VRSIM_SOURCES	= 16384,
	VRSIM_MAX_FLOWS	= 65536,
	VRSIM_MAX_RING	= 65536,
	VRSIM_MIN_SIZE4	= 60,
	VRSIM_MIN_SIZE6	= 80,
	VRSIM_MAX_SIZE	= 3072,
	VRSIM_TEMPLATE	= 64,
	VRSIM_POOL	= 2048,
	VRSIM_HIST_SUB	= 3,	/* 2^3 buckets of latency per power of two, */
	VRSIM_HIST_MIN	= 7,	/* from 2^7 ns */
	VRSIM_HIST_MAX	= 34,	/* to 2^34 ns */
	VRSIM_HIST	= (VRSIM_HIST_MAX - VRSIM_HIST_MIN) << VRSIM_HIST_SUB,
	VRSIM_MAGIC	= 0x7672,
};

/* Behind the UDP header of every generated frame; never leaves the machine. */
struct vrsim_mark {
	u16 magic;
	u16 source;
	u16 flow;
	u32 seq;
	u64 stamp;		/* arrival, ns */
} __packed;

/* The rotating part of the frames, and how far its sequence has got. */
struct vrsim_flow {
	__be32 src;		/* the low 32 bits of either family */
	__be32 dst;
	__be16 sport;
	__be16 dport;
	u16 sum;		/* IPv4: header checksum; IPv6: unfolded UDP sum */
	u32 hash;
	u32 seq;		/* next to be sent; the poll */
	u32 seen;		/* last that reached a sink; any sink */
};

/*
 * What one run generates. Immutable but for the sequences; sinks find it by the
 * source in the mark, under RCU.
 */
struct vrsim_load {
	u8 template[VRSIM_TEMPLATE];
	bool ipv6;
	u8 ttl;
	u16 source;
	u16 mark;		/* offset of the mark in the frame */
	u32 size;
	u32 flows;
	u32 first;		/* sequence number that this run starts with */
	struct rcu_head rcu;
	struct vrsim_flow flow[];
};

/* Set by the user, under the lock. */
struct vrsim_config {
	u32 rate;		/* packets per second */
	u32 size;		/* bytes without FCS */
	u32 flows;
	u32 burst;
	u32 ring;
	u32 loop;		/* send back what is received */
	u32 cpu;
	u32 ttl;
	u32 moderation;		/* least ns between two interrupts */
	u32 sport;
	u32 dport;
	u32 dsts;		/* different destinations, dst_step apart */
	u32 dst_step;
	u32 srcs;
	u32 vlan;		/* ID of the first VLAN; 0: untagged */
	u32 vlans;		/* flows take them in turn */
	u32 count;		/* stop after as many; 0: never */
	u32 hops;		/* routers between generator and sink */
	u32 check;		/* sink: compare each frame with what was generated */
	u32 latency;		/* sink: measure the time since arrival */
	u32 run;
	bool ipv6;
	struct in6_addr src;	/* IPv4 in the last word */
	struct in6_addr dst;
	u8 dmac[ETH_ALEN];	/* of what is generated; zero: our own */
	u8 peer[ETH_ALEN];	/* next hop that the sink expects; zero: any */
};

/* Written by the poll only. */
struct vrsim_rx_stats {
	u64 arrived;
	u64 missed;
	u64 packets;
	u64 bytes;
	u64 no_buffer;
	u64 irqs;
	u64 polls;
	u64 xdp_pass;
	u64 xdp_drop;
	u64 xdp_tx;
	u64 xdp_redirect;
	u64 xdp_aborted;
};

/* Written by the transmitting CPU. */
struct vrsim_tx_stats {
	u64 packets;
	u64 bytes;
	u64 frames;		/* of these, what came without an sk_buff */
	u64 own;		/* carries the mark of a running generator */
	u64 foreign;
	u64 wrong_mac;
	u64 bad_ttl;
	u64 bad_csum;
	u64 bad_data;
	u64 reordered;
	u64 skipped;		/* sequence numbers that never came, or come late */
	u64 lat_count;
	u64 lat_sum;
	u64 lat_min;
	u64 lat_max;
	u32 lat_hist[VRSIM_HIST];
};

struct vrsim_tx_pcpu {
	struct vrsim_tx_stats stats;
	u32 lat_epoch;
	struct u64_stats_sync sync;
};

struct vrsim {
	/* Poll: written by the owner of the NAPI instance. */
	struct napi_struct napi;
	struct vrsim_load *load;
	struct bpf_prog __rcu *prog;
	struct page_pool *pool;
	u64 *stamps;		/* arrival times of what is in the ring */
	u32 head;		/* free running */
	u32 tail;
	u32 ring;
	u32 rate;
	u32 burst;
	u32 next_flow;
	u64 count;
	u64 base;		/* arrivals up to epoch */
	u64 epoch;		/* ns */
	u64 arrived;		/* arrivals accounted for */
	u64 step;		/* ns between bursts, 44.20 fixed point */
	u64 irq_at;
	bool running;
	struct vrsim_rx_stats rx_now;
	struct vrsim_rx_stats rx;	/* rx_now after the last poll, for readers */
	struct u64_stats_sync rx_sync;
	struct xdp_rxq_info rxq;

	/* Interrupt */
	struct hrtimer timer;
	call_single_data_t csd;
	atomic_t crossings;	/* cross calls that have not ended */
	u32 cpu;
	u64 last_irq;
	u64 irqs;

	/* Transmit: any CPU. */
	struct vrsim_tx_pcpu __percpu *tx;
	u32 lat_epoch;

	/* Seldom used */
	struct net_device *dev;
	struct mutex lock;	/* configuration, starting and stopping */
	struct vrsim_config cfg;
	bool opened;
	u16 source;
	u32 next_first;
};

/* device.c */
void vrsim_get_stats(struct vrsim *sim, struct vrsim_rx_stats *rx,
		     struct vrsim_tx_stats *tx);

/* load.c */
extern struct vrsim_load __rcu *vrsim_sources[VRSIM_SOURCES];
struct vrsim_load *vrsim_load_build(const struct vrsim *sim);
u32 vrsim_load_write(struct vrsim_load *load, u32 index, u8 *data, u64 stamp);

/* rx.c: open, stop, start and halt are called with sim->lock held. */
int vrsim_rx_open(struct vrsim *sim);
void vrsim_rx_stop(struct vrsim *sim);
int vrsim_rx_start(struct vrsim *sim);
void vrsim_rx_halt(struct vrsim *sim);
int vrsim_rx_kick(struct vrsim *sim);
int vrsim_poll(struct napi_struct *napi, int budget);
void vrsim_rx_init(struct vrsim *sim);

/* sink.c: called with bottom halves disabled. */
void vrsim_sink(struct vrsim *sim, const u8 *data, u32 headlen, u32 len);
netdev_tx_t vrsim_xmit(struct sk_buff *skb, struct net_device *dev);
int vrsim_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		   u32 flags);

u64 vrsim_hist_bound(u32 bucket);

/* sample.c */
void vrsim_sample_attach(struct vrsim *sim);
void vrsim_sample_detach(struct vrsim *sim);
void vrsim_sample_init(void);
void vrsim_sample_exit(void);

/* config.c */
extern const struct attribute_group vrsim_group;
extern const struct ethtool_ops vrsim_ethtool_ops;
void vrsim_config_init(struct vrsim_config *cfg);

#endif /* VRSIM_H */
