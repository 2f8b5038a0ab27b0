// SPDX-License-Identifier: GPL-2.0
/*
 * The latest incidents of the host, in a ring.  They outlive their VR: who
 * looks for the reason of an outage comes late.
 */
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>

#include "incident.h"
#include "netlink.h"
#include "vrouter.h"

#define KEPT	64

static DEFINE_SPINLOCK(lock);	/* guards the two below */
static struct vr_incident kept[KEPT];
static u64 last_id;

/**
 * vr_incident_add - keep an incident and tell the listeners
 * @vr: the VR it happened to
 * @incident: what happened, without what can be read from @vr
 *
 * Context: softirq, or process with rtnl held.
 */
void vr_incident_add(struct vr_router *vr, struct vr_incident *incident)
{
	incident->time_ns = ktime_get_real_ns();
	incident->net = dev_net(vr->dev);
	incident->ifindex = vr->dev->ifindex;
	strscpy(incident->ifname, vr->dev->name, sizeof(incident->ifname));

	spin_lock_bh(&lock);
	incident->id = ++last_id;
	kept[incident->id % KEPT] = *incident;
	spin_unlock_bh(&lock);

	vr_netlink_notify_incident(dev_net(vr->dev), incident);
}

/**
 * vr_incident_next - read the incidents one by one
 * @net: of this namespace
 * @id: number of the one read before, 0 for the first
 * @ifindex: only those of this VR, 0 for all
 * @incident: filled in
 *
 * Context: process.
 * Return: false if there is none after @id.
 */
bool vr_incident_next(const struct net *net, u64 id, int ifindex,
		      struct vr_incident *incident)
{
	bool found = false;

	spin_lock_bh(&lock);
	if (last_id >= KEPT && id < last_id - KEPT)
		id = last_id - KEPT;
	while (!found && id < last_id) {
		const struct vr_incident *this = &kept[++id % KEPT];

		if (this->net != net || (ifindex && this->ifindex != ifindex))
			continue;
		*incident = *this;
		found = true;
	}
	spin_unlock_bh(&lock);
	return found;
}

/**
 * vr_incident_forget - a namespace goes away
 * @net: the namespace
 *
 * Context: process.
 */
void vr_incident_forget(const struct net *net)
{
	int i;

	spin_lock_bh(&lock);
	for (i = 0; i < KEPT; i++)
		if (kept[i].net == net)
			kept[i].net = NULL;
	spin_unlock_bh(&lock);
}
