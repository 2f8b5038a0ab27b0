// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog: a VR whose vectors take longer than its limit is shut off.
 *
 * limit:   every vector is compared with the VR's limit, at the cost of one
 *          comparison.  Nothing stops a vector that runs; the scheduler charges
 *          it in full and shortens the next ones.
 * strike:  a vector over the limit.  The first one makes the VR's graph timed:
 *          from then on each node is measured and the head of each vector's
 *          first packet is kept, so the next strike knows whom to blame.
 * quarantine: enough strikes within the window shut the VR's queues, on all
 *          CPUs, and drop what waits there.  Its packets are then dropped on
 *          arrival, which costs what any full queue costs, until an
 *          administrator lets it go.  Others lose no more than the vector.
 *
 * A strike is rare by definition: here are locks, allocations and events that
 * the data path does not have otherwise.
 */
#include <linux/ktime.h>
#include <linux/string.h>

#include "datapath.h"
#include "incident.h"

/**
 * vr_watch_begin - start to collect evidence
 * @run: a vector before the first node
 *
 * Context: softirq, RCU.
 */
void vr_watch_begin(struct vr_run *run)
{
	struct vr_evidence *evidence = &run->evidence;
	vr_pkt_t pkt = run->vec[0].pkt[0];

	evidence->node = NULL;
	evidence->most = 0;
	strscpy(evidence->port, vr_pkt_cb(pkt)->port->dev->name, IFNAMSIZ);
	evidence->len = vr_pkt_copy(pkt, evidence->header, VR_EVIDENCE_LEN);
}

/**
 * vr_watch_node - a node of a run that is watched is through
 * @run: the vector
 * @name: of the node
 * @took: what it took, in cycles
 *
 * Context: softirq, RCU.
 */
void vr_watch_node(struct vr_run *run, const char *name, u64 took)
{
	struct vr_evidence *evidence = &run->evidence;

	if (took > evidence->most || !evidence->node) {
		evidence->most = took;
		evidence->node = name;
	}
}

/* Returns whether it is one too many. */
static bool count_strike(struct vr_router *vr)
{
	struct vr_watch *watch = &vr->watch;
	u64 now = ktime_get_ns();
	u64 window;
	bool enough;

	window = (u64)READ_ONCE(vr->settings.strike_window_ms) * NSEC_PER_MSEC;
	spin_lock(&watch->lock);
	if (!watch->count || now - watch->since > window) {
		watch->count = 0;
		watch->since = now;
	}
	watch->count++;
	enough = watch->count >= READ_ONCE(vr->settings.strikes);
	if (enough)
		watch->count = 0;
	spin_unlock(&watch->lock);
	set_bit(VR_LOOK_WATCH, &vr->looks);
	return enough;
}

/**
 * vr_watch_strike - a vector took longer than its VR's limit
 * @q: the queue that it came from
 * @evidence: what a timed graph found, or NULL
 * @packets: packets it had
 * @cycles: what it took
 *
 * Context: softirq, the turn that serves @q.
 */
void vr_watch_strike(struct vr_queue *q, const struct vr_evidence *evidence,
		     unsigned int packets, u64 cycles)
{
	struct vr_router *vr = q->vr;
	struct vr_incident incident = {
		.kind		= VROUTER_INCIDENT_KIND_STRIKE,
		.cpu		= q->cpu,
		.packets	= packets,
		.spent_ns	= vr_cycles_to_ns(cycles),
		.limit_ns	= (u64)READ_ONCE(vr->settings.vector_limit_us) *
				  NSEC_PER_USEC,
	};

	if (READ_ONCE(vr->settings.quarantine))
		return;
	if (evidence) {
		incident.element = evidence->node;
		incident.element_ns = vr_cycles_to_ns(evidence->most);
		strscpy(incident.port, evidence->port, sizeof(incident.port));
		incident.header_len = evidence->len;
		memcpy(incident.header, evidence->header, evidence->len);
	}
	WRITE_ONCE(q->strikes, q->strikes + 1);
	if (count_strike(vr)) {
		incident.kind = VROUTER_INCIDENT_KIND_QUARANTINE;
		vr_router_quarantine(vr);
	}
	vr_incident_add(vr, &incident);
}
