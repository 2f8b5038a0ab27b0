/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traces: packets of a VR, with all nodes that they went through, for one reader.
 */
#ifndef _VR_TRACER_H
#define _VR_TRACER_H

#include <linux/if.h>
#include <linux/types.h>

#include "datapath.h"

struct netlink_ext_ack;
struct vr_flow;
struct vr_msg;
struct vr_router;
struct vr_tracer;

/* Packets of a vector that are recorded. */
#define VR_TRACE_MAX	4

/* Bytes of a packet that are kept. */
#define VR_TRACE_HEADER	64

/**
 * struct vr_hop - a node that a packet went through
 * @node: its name, a constant of the module
 * @packets: those of the vector that were there
 * @cycles: what it took for all of them
 */
struct vr_hop {
	const char	*node;
	u32		packets;
	u64		cycles;
};

/**
 * struct vr_trace_rec - what became of one packet
 * @time_ns: since the epoch
 * @missed: packets that were not recorded so far
 * @port: by which it came in
 * @out: by which it left, or empty
 * @reason: why it was dropped or punted, a constant of the module; or NULL
 * @length: its bytes, from the network header on
 * @cpu: where
 * @verdict: enum vrouter_verdict
 * @frame: it came without an sk_buff
 * @header_len: bytes in @header
 * @header: its first ones
 * @n: entries in @hop
 * @hop: the nodes in order
 */
struct vr_trace_rec {
	u64		time_ns;
	u64		missed;
	char		port[IFNAMSIZ];
	char		out[IFNAMSIZ];
	const char	*reason;
	u32		length;
	u32		cpu;
	u32		verdict;
	bool		frame;
	u8		header_len;
	u8		header[VR_TRACE_HEADER];
	u8		n;
	struct vr_hop	hop[VR_GRAPH_MAX];
};

/**
 * struct vr_trace_cpu - the vector that a CPU traces now
 * @n: its packets that are recorded; vr_cb.trace is the place in @rec, from 1 on
 * @here: bit for each that is at the present node
 * @rec: the records
 */
struct vr_trace_cpu {
	unsigned int		n;
	unsigned long		here;
	struct vr_trace_rec	rec[VR_TRACE_MAX];
};

/* tracer.c: softirq, RCU; the vector before its first node, or NULL if it has none */
struct vr_trace_cpu *vr_trace_begin(struct vr_tracer *tracer,
				    struct vr_run *run);
/* before and after a node */
void vr_trace_node(struct vr_trace_cpu *c, const struct vr_inst *inst,
		   const struct vr_vec *vec);
void vr_trace_took(struct vr_trace_cpu *c, u64 cycles);
/* the vector is through */
void vr_trace_end(struct vr_tracer *tracer, struct vr_trace_cpu *c);

/* rtnl; for the socket @portid, as an answer to its request @seq */
int vr_trace_start(struct vr_router *vr, const struct vr_flow *flow, u32 count,
		   u32 portid, u32 seq, struct netlink_ext_ack *extack);
/* rtnl: the VR goes away */
void vr_trace_stop(struct vr_router *vr);
int vr_trace_init(void);
void vr_trace_exit(void);

/* netlink_look.c; any context; as the other rows */
int vr_fill_trace(const struct vr_msg *msg, const struct vr_router *vr,
		  const struct vr_trace_rec *rec);

#endif /* _VR_TRACER_H */
