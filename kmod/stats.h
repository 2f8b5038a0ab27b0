/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters.  Every distinct end of a packet has a name: the tables in stats.c
 * make the rows of ethtool -S, netlink and vrctl, which go by name only.
 */
#ifndef _VR_STATS_H
#define _VR_STATS_H

#include <linux/string.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <net/dropreason.h>

/* Why a packet was dropped, in the order of the data path; not ABI. */
enum vr_drop {
	VR_DROP_LANE_IDLE,
	VR_DROP_QUEUE_FULL,
	VR_DROP_MOVING,
	VR_DROP_QUEUE_TIME,
	VR_DROP_LATE,
	VR_DROP_QUARANTINE,
	VR_DROP_PORT_GONE,
	VR_DROP_TRUNCATED,
	VR_DROP_IP_HEADER,
	VR_DROP_IP_CSUM,
	VR_DROP_BLACKHOLE,
	VR_DROP_NO_MEMORY,
	VR_DROP_EGRESS_GONE,
	VR_DROP_TX_DROPPED,
	VR_DROP_NO_WAY_OUT,
	VR_DROP_N
};

/* Why a packet was handed to the stack. */
enum vr_punt {
	VR_PUNT_LOCAL,
	VR_PUNT_NO_ROUTE,
	VR_PUNT_ROUTE,
	VR_PUNT_UNRESOLVED,
	VR_PUNT_TTL,
	VR_PUNT_OPTIONS,
	VR_PUNT_MTU,
	VR_PUNT_MARTIAN,
	VR_PUNT_REDIRECT,
	VR_PUNT_POLICY,
	VR_PUNT_FORWARDING,
	VR_PUNT_SYNCING,
	VR_PUNT_N
};

/**
 * struct vr_reason - a row of the tables of drops and punts
 * @name: by which user space knows the counter
 * @text: what it means, for people
 * @kernel: the kernel's own name of a drop
 */
struct vr_reason {
	const char		*name;
	const char		*text;
	enum skb_drop_reason	kernel;
};

/**
 * struct vr_stats - counters of one VR on one CPU
 * @rx_packets: packets taken from ports into the fast path
 * @rx_bytes: their network-layer bytes
 * @tx_packets: packets handed to an egress port
 * @tx_bytes: their network-layer bytes
 * @passed: packets that ingress left to the stack at once (not queued)
 * @pulled: packets that came while a turn polled a port, see pull.c
 * @frames: packets that came as frames, see frame.c
 * @vectors: vectors run through the graph
 * @polls: calls of the NAPI poll
 * @drop: dropped packets by enum vr_drop
 * @punt: packets handed to the stack by enum vr_punt
 * @syncp: for 32-bit readers
 */
struct vr_stats {
	u64			rx_packets;
	u64			rx_bytes;
	u64			tx_packets;
	u64			tx_bytes;
	u64			passed;
	u64			pulled;
	u64			frames;
	u64			vectors;
	u64			polls;
	u64			drop[VR_DROP_N];
	u64			punt[VR_PUNT_N];
	struct u64_stats_sync	syncp;
};

/**
 * struct vr_port_stats - counters of one port on one CPU
 * @rx_packets: packets taken into the VR
 * @rx_bytes: their network-layer bytes
 * @rx_dropped: packets that came in here and were dropped by the VR
 * @tx_packets: packets forwarded out of this port
 * @tx_bytes: their network-layer bytes
 * @tx_dropped: packets the device or its qdisc refused
 * @syncp: for 32-bit readers
 */
struct vr_port_stats {
	u64			rx_packets;
	u64			rx_bytes;
	u64			rx_dropped;
	u64			tx_packets;
	u64			tx_bytes;
	u64			tx_dropped;
	struct u64_stats_sync	syncp;
};

/* Copy to @to the counters that stand in @from before @syncp, all of one moment. */
static inline void vr_stats_read(void *to, const void *from,
				 const struct u64_stats_sync *syncp)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(syncp);
		memcpy(to, from, (const void *)syncp - from);
	} while (u64_stats_fetch_retry(syncp, start));
}

/* stats.c */
extern const struct vr_reason vr_drops[VR_DROP_N];
extern const struct vr_reason vr_punts[VR_PUNT_N];

#endif /* _VR_STATS_H */
