// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the ends that a packet can come to.
 */
#include <linux/skbuff.h>

#include "stats.h"

const struct vr_reason vr_drops[VR_DROP_N] = {
	[VR_DROP_LANE_IDLE] = {
		"lane_idle", "came by the one of lane and standby that is not in use",
		SKB_DROP_REASON_DEV_READY
	},
	[VR_DROP_QUEUE_FULL] = {
		"queue_full", "queue of the VR full",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_MOVING] = {
		"moving", "moves to another CPU, the old one behind",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_QUEUE_TIME] = {
		"queue_time", "would have waited too long in the VR's queue",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_LATE] = {
		"late", "had waited too long in the VR's queue",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_QUARANTINE] = {
		"quarantine", "VR in quarantine",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_PORT_GONE] = {
		"port_gone", "ingress port went away",
		SKB_DROP_REASON_DEV_READY
	},
	[VR_DROP_TRUNCATED] = {
		"truncated", "shorter than its header says",
		SKB_DROP_REASON_PKT_TOO_SMALL
	},
	[VR_DROP_IP_HEADER] = {
		"ip_header", "bad version or header length",
		SKB_DROP_REASON_IP_INHDR
	},
	[VR_DROP_IP_CSUM] = {
		"ip_csum", "bad header checksum",
		SKB_DROP_REASON_IP_CSUM
	},
	[VR_DROP_BLACKHOLE] = {
		"blackhole", "blackhole route",
		SKB_DROP_REASON_IP_OUTNOROUTES
	},
	[VR_DROP_NO_MEMORY] = {
		"no_memory", "no memory for the rewrite",
		SKB_DROP_REASON_NOMEM
	},
	[VR_DROP_EGRESS_GONE] = {
		"egress_gone", "egress port down or gone",
		SKB_DROP_REASON_DEV_READY
	},
	[VR_DROP_TX_DROPPED] = {
		"tx_dropped", "driver or qdisc refused it",
		SKB_DROP_REASON_QDISC_DROP
	},
	[VR_DROP_NO_WAY_OUT] = {
		"no_way_out", "no route for what a socket sent by the VR",
		SKB_DROP_REASON_IP_OUTNOROUTES
	},
};

const struct vr_reason vr_punts[VR_PUNT_N] = {
	[VR_PUNT_LOCAL] = {
		"local", "own or broadcast address"
	},
	[VR_PUNT_NO_ROUTE] = {
		"no_route", "no route in the VR's table"
	},
	[VR_PUNT_ROUTE] = {
		"route", "unreachable, prohibit, throw, or a route not mirrored"
	},
	[VR_PUNT_UNRESOLVED] = {
		"unresolved", "next hop not resolved"
	},
	[VR_PUNT_TTL] = {
		"ttl", "TTL or hop limit ran out"
	},
	[VR_PUNT_OPTIONS] = {
		"options", "IP options or hop-by-hop header"
	},
	[VR_PUNT_MTU] = {
		"mtu", "longer than the MTU of the way out"
	},
	[VR_PUNT_MARTIAN] = {
		"martian", "source or destination needs the stack's word"
	},
	[VR_PUNT_REDIRECT] = {
		"redirect", "leaves by the port that it came in by"
	},
	[VR_PUNT_POLICY] = {
		"policy", "netfilter, IPsec or policy rules in force"
	},
	[VR_PUNT_FORWARDING] = {
		"forwarding", "forwarding is off"
	},
	[VR_PUNT_SYNCING] = {
		"syncing", "mirror not in step yet"
	},
};
