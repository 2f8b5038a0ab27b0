/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Incidents: what went wrong with a VR, kept for whoever asks later.
 */
#ifndef _VR_INCIDENT_H
#define _VR_INCIDENT_H

#include <linux/if.h>
#include <linux/types.h>

struct net;
struct vr_router;

/**
 * struct vr_incident - one of them
 * @id: number, rising; set by vr_incident_add(), as the next four
 * @time_ns: since the epoch
 * @net: the VR's namespace, to compare with; not a reference
 * @ifindex: of the VR
 * @ifname: of the VR
 * @kind: enum vrouter_incident_kind
 * @cpu: where, negative if nowhere
 * @packets: of the vector
 * @spent_ns: what it took
 * @limit_ns: what it should have taken
 * @element: the dearest element; a constant of the module; or NULL
 * @element_ns: what that took
 * @port: by which the first packet came in, or empty
 * @header_len: bytes in @header
 * @header: of that packet
 */
struct vr_incident {
	u64			id;
	u64			time_ns;
	const struct net	*net;
	int			ifindex;
	char			ifname[IFNAMSIZ];
	u32			kind;
	int			cpu;
	u32			packets;
	u64			spent_ns;
	u64			limit_ns;
	const char		*element;
	u64			element_ns;
	char			port[IFNAMSIZ];
	u8			header_len;
	u8			header[64];
};

/* softirq or rtnl: keep it and tell the listeners */
void vr_incident_add(struct vr_router *vr, struct vr_incident *incident);
/* process: the next one of @net after @id; of one VR if @ifindex is not 0 */
bool vr_incident_next(const struct net *net, u64 id, int ifindex,
		      struct vr_incident *incident);
/* the namespace goes, and another may get its address */
void vr_incident_forget(const struct net *net);

#endif /* _VR_INCIDENT_H */
