/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints at the stage boundaries.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vrouter

#if !defined(_VR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VR_TRACE_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tracepoint.h>

#include "compat.h"

TRACE_EVENT(vrouter_enqueue,
	TP_PROTO(const struct net_device *vr, const struct net_device *port,
		 const struct sk_buff *skb),
	TP_ARGS(vr, port, skb),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__string(port, port->name)
		__field(const void *, skb)
		__field(u32, len)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		vr_assign_str(port, port->name);
		__entry->skb = skb;
		__entry->len = skb->len;
	),
	TP_printk("vr=%s port=%s skb=%p len=%u", __get_str(vr),
		  __get_str(port), __entry->skb, __entry->len)
);

DECLARE_EVENT_CLASS(vrouter_port,
	TP_PROTO(const struct net_device *vr, const struct net_device *port,
		 unsigned int packets),
	TP_ARGS(vr, port, packets),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__string(port, port->name)
		__field(u32, packets)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		vr_assign_str(port, port->name);
		__entry->packets = packets;
	),
	TP_printk("vr=%s port=%s packets=%u", __get_str(vr),
		  __get_str(port), __entry->packets)
);

DEFINE_EVENT(vrouter_port, vrouter_frames,
	TP_PROTO(const struct net_device *vr, const struct net_device *port,
		 unsigned int packets),
	TP_ARGS(vr, port, packets)
);

TRACE_EVENT(vrouter_vector,
	TP_PROTO(const struct net_device *vr, int cpu, unsigned int packets),
	TP_ARGS(vr, cpu, packets),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__field(int, cpu)
		__field(u32, packets)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		__entry->cpu = cpu;
		__entry->packets = packets;
	),
	TP_printk("vr=%s cpu=%d packets=%u", __get_str(vr), __entry->cpu,
		  __entry->packets)
);

TRACE_EVENT(vrouter_done,
	TP_PROTO(const struct net_device *vr, unsigned int packets, u64 spent,
		 u64 sched),
	TP_ARGS(vr, packets, spent, sched),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__field(u32, packets)
		__field(u64, spent)
		__field(u64, sched)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		__entry->packets = packets;
		__entry->spent = spent;
		__entry->sched = sched;
	),
	TP_printk("vr=%s packets=%u spent_ns=%llu sched_ns=%llu",
		  __get_str(vr), __entry->packets, __entry->spent,
		  __entry->sched)
);

DECLARE_EVENT_CLASS(vrouter_named,
	TP_PROTO(const struct net_device *vr, const char *name),
	TP_ARGS(vr, name),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__string(name, name)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		vr_assign_str(name, name);
	),
	TP_printk("vr=%s reason=%s", __get_str(vr), __get_str(name))
);

DEFINE_EVENT(vrouter_named, vrouter_drop,
	TP_PROTO(const struct net_device *vr, const char *name),
	TP_ARGS(vr, name)
);

DEFINE_EVENT(vrouter_named, vrouter_punt,
	TP_PROTO(const struct net_device *vr, const char *name),
	TP_ARGS(vr, name)
);

DECLARE_EVENT_CLASS(vrouter_batch,
	TP_PROTO(const struct net_device *vr, const char *where,
		 unsigned int packets),
	TP_ARGS(vr, where, packets),
	TP_STRUCT__entry(
		__string(vr, vr->name)
		__string(where, where)
		__field(u32, packets)
	),
	TP_fast_assign(
		vr_assign_str(vr, vr->name);
		vr_assign_str(where, where);
		__entry->packets = packets;
	),
	TP_printk("vr=%s at=%s packets=%u", __get_str(vr), __get_str(where),
		  __entry->packets)
);

DEFINE_EVENT(vrouter_batch, vrouter_node,
	TP_PROTO(const struct net_device *vr, const char *where,
		 unsigned int packets),
	TP_ARGS(vr, where, packets)
);

DEFINE_EVENT(vrouter_port, vrouter_xmit,
	TP_PROTO(const struct net_device *vr, const struct net_device *port,
		 unsigned int packets),
	TP_ARGS(vr, port, packets)
);

#endif /* _VR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
