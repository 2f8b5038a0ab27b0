// SPDX-License-Identifier: GPL-2.0
/*
 * The mirror of one kernel table for one VR: its life, its ports, and the
 * lookups of the data path.
 *
 * Life.  vr_fib_create(), under rtnl, makes an empty mirror that the notifier
 * can find by its table, and asks for a dump.  Until that is applied, the data
 * path is told to punt.  vr_fib_destroy(), under rtnl too, only takes the
 * mirror out of sight: no event, port or dump reaches it after that, and the
 * VR may go.  The worker frees it after a grace period, with all its routes,
 * which may be millions; nobody waits for that under rtnl.
 *
 * The local table of the namespace has a mirror of its own, made with the first
 * VR, since the usual rules ask that table before the VR's.
 */
#include <linux/debugfs.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include "fib_priv.h"

bool vr_fib_fail_event;
bool vr_fib_fail_route;
bool vr_fib_fail_nhg;

struct workqueue_struct *vr_fib_wq;
static struct dentry *debugfs_dir;

/**
 * vr_fib_net_get - the mirror's part of a namespace
 * @net: the namespace
 *
 * Return: it, or NULL if the namespace is only being set up or torn down.
 */
struct vr_fib_net *vr_fib_net_get(const struct net *net)
{
	return READ_ONCE(vr_net_get(net)->fib);
}

/**
 * vr_fib_update_states - tell the data path what it may rely on
 * @fn: the namespace
 *
 * Context: mutex.
 */
void vr_fib_update_states(struct vr_fib_net *fn)
{
	struct vr_fib *local = fn->local, *fib;
	int f;

	for (f = 0; f < VR_FAMILIES; f++) {
		bool ok = fn->rules_ok && local->phase == VR_FIB_LIVE &&
			  !READ_ONCE(local->lost) && !READ_ONCE(fn->rules_lost);

		WRITE_ONCE(fn->local_on[f],
			   fn->local_first[f] && local->n_routes[f]);
		list_for_each_entry(fib, &fn->fibs, node) {
			u8 state = VR_FIB_READY;

			if (!ok || fib->phase != VR_FIB_LIVE ||
			    READ_ONCE(fib->lost))
				state = VR_FIB_SYNCING;
			else if (fn->policy[f] ||
				 (f == VR_V6 && !list_empty(&fib->src_routes)))
				state = VR_FIB_POLICY;
			WRITE_ONCE(fib->state[f], state);
		}
	}
}

/**
 * vr_fib_resync - empty a mirror and dump its table again
 * @fib: the mirror
 *
 * Context: mutex; may sleep.
 */
void vr_fib_resync(struct vr_fib *fib)
{
	WRITE_ONCE(fib->phase, VR_FIB_WAITING);
	WRITE_ONCE(fib->lost, false);
	vr_fib_update_states(fib->fn);
	vr_route_flush(fib);
	fib->gen++;
	fib->join = vr_fib_event_seq(fib->fn);
	vr_fib_dump(fib->fn);
}

static void retry_work(struct work_struct *work)
{
	struct vr_fib *fib = container_of(to_delayed_work(work), struct vr_fib,
					  retry);

	WRITE_ONCE(fib->lost, true);
	queue_work(vr_fib_wq, &fib->fn->work);
}

static struct vr_fib *fib_alloc(struct vr_fib_net *fn, struct vr_router *vr,
				u32 table)
{
	struct vr_fib *fib;

	fib = kzalloc(sizeof(*fib), GFP_KERNEL);
	if (!fib)
		return NULL;
	fib->lpm[VR_V6].v6 = true;
	fib->fn = fn;
	fib->vr = vr;
	fib->table = table;
	fib->gen = 1;
	INIT_LIST_HEAD(&fib->src_routes);
	INIT_DELAYED_WORK(&fib->retry, retry_work);
	if (vr_route_init(fib))
		goto err_free;
	mutex_lock(&fn->mutex);
	if (vr_nhg_init(fib))
		goto err_route;
	if (vr_adj_init(fib))
		goto err_nhg;
	mutex_unlock(&fn->mutex);
	return fib;

err_nhg:
	vr_nhg_exit(fib);
err_route:
	mutex_unlock(&fn->mutex);
	vr_route_exit(fib);
err_free:
	kfree(fib);
	return NULL;
}

static void fib_free(struct vr_fib *fib)
{
	vr_adj_exit(fib);
	vr_nhg_exit(fib);
	kfree(fib);
}

/**
 * vr_fib_bury - free mirrors that are out of sight
 * @dying: the mirrors, all of one namespace
 *
 * Context: process, without the mutex, which is not held for long so that
 * nobody waits for it under rtnl.
 */
void vr_fib_bury(struct list_head *dying)
{
	struct vr_fib_net *fn;
	struct vr_fib *fib, *tmp;

	if (list_empty(dying))
		return;
	fn = list_first_entry(dying, struct vr_fib, node)->fn;
	/* the data path and the notifiers let go of them all */
	synchronize_net();
	list_for_each_entry(fib, dying, node) {
		cancel_delayed_work_sync(&fib->retry);
		mutex_lock(&fn->mutex);
		vr_route_exit(fib);
		mutex_unlock(&fn->mutex);
	}
	/* groups give their values back in RCU callbacks */
	rcu_barrier();
	mutex_lock(&fn->mutex);
	list_for_each_entry_safe(fib, tmp, dying, node) {
		list_del(&fib->node);
		fib_free(fib);
	}
	mutex_unlock(&fn->mutex);
}

static void fib_show(struct vr_fib *fib)
{
	struct vr_fib_net *fn = fib->fn;

	fib->join = vr_fib_event_seq(fn);
	list_add_tail(&fib->node, &fn->fibs);
	hash_add_rcu(fn->by_table, &fib->hnode, fib->table);
}

/**
 * vr_fib_create - start to mirror the table of a VR
 * @vr: the VR
 * @extack: for the reason of a failure
 *
 * Context: rtnl.
 * Return: the mirror or an ERR_PTR().
 */
struct vr_fib *vr_fib_create(struct vr_router *vr,
			     struct netlink_ext_ack *extack)
{
	struct vr_fib_net *fn = vr_fib_net_get(dev_net(vr->dev));
	struct vr_fib *fib, *local = NULL;

	ASSERT_RTNL();
	if (!fn) {
		NL_SET_ERR_MSG(extack, "Network namespace is going away");
		return ERR_PTR(-ENODEV);
	}
	if (!fn->local) {
		local = fib_alloc(fn, NULL, RT_TABLE_LOCAL);
		if (!local)
			goto err;
	}
	fib = fib_alloc(fn, vr, vr->table);
	if (!fib)
		goto err_local;

	mutex_lock(&fn->mutex);
	if (local) {
		fib_show(local);
		WRITE_ONCE(fn->local, local);
	}
	fib_show(fib);
	mutex_unlock(&fn->mutex);
	vr_fib_dump(fn);
	return fib;

err_local:
	if (local) {
		mutex_lock(&fn->mutex);
		vr_route_exit(local);
		fib_free(local);
		mutex_unlock(&fn->mutex);
	}
err:
	NL_SET_ERR_MSG(extack, "Not enough memory for the routes");
	return ERR_PTR(-ENOMEM);
}

static void fib_hide(struct vr_fib *fib)
{
	WRITE_ONCE(fib->state[VR_V4], VR_FIB_SYNCING);
	WRITE_ONCE(fib->state[VR_V6], VR_FIB_SYNCING);
	hash_del_rcu(&fib->hnode);
	list_move_tail(&fib->node, &fib->fn->dying);
}

/**
 * vr_fib_destroy - stop to mirror
 * @fib: the mirror; its ports have been removed
 *
 * The data path may use the mirror until a grace period has passed, but not
 * begin to.  The VR is not touched any more after the return.
 *
 * Context: rtnl.
 */
void vr_fib_destroy(struct vr_fib *fib)
{
	struct vr_fib_net *fn = fib->fn;

	ASSERT_RTNL();
	mutex_lock(&fn->mutex);
	fib_hide(fib);
	mutex_unlock(&fn->mutex);
	queue_work(vr_fib_wq, &fn->work);
}

/**
 * vr_fib_port_find - the port on a device
 * @fib: the mirror
 * @ifindex: of the device
 *
 * Context: mutex.
 * Return: the port, NULL if the device is not a port of this VR.
 */
struct vr_fib_port *vr_fib_port_find(struct vr_fib *fib, int ifindex)
{
	struct vr_fib_port *fp;

	hash_for_each_possible(fib->fn->ports, fp, node, ifindex)
		if (fp->ifindex == ifindex && fp->fib == fib)
			return fp;
	return NULL;
}

/**
 * vr_fib_port_add - routes may lead to this port from now on
 * @fib: the mirror
 * @port: the port
 *
 * Context: rtnl.
 * Return: 0 or -ENOMEM.
 */
int vr_fib_port_add(struct vr_fib *fib, struct vr_port *port)
{
	struct vr_fib_port *fp;

	ASSERT_RTNL();
	fp = kzalloc(sizeof(*fp), GFP_KERNEL);
	if (!fp)
		return -ENOMEM;
	fp->fib = fib;
	fp->port = port;
	fp->ifindex = port->dev->ifindex;
	fp->scan = true;
	vr_port_hold(port);

	mutex_lock(&fib->fn->mutex);
	hash_add(fib->fn->ports, &fp->node, fp->ifindex);
	fib->ports_dirty = true;
	mutex_unlock(&fib->fn->mutex);
	queue_work(vr_fib_wq, &fib->fn->work);
	return 0;
}

/**
 * vr_fib_port_del - no route leads to this port any more
 * @fib: the mirror
 * @port: the port
 *
 * After the caller's grace period the data path does not get the port from the
 * mirror any more: vr_nhg_select() sees that it is dead.  The worker removes it
 * from groups and adjacencies, which keep the structure, not the device.
 *
 * Context: rtnl.
 */
void vr_fib_port_del(struct vr_fib *fib, struct vr_port *port)
{
	struct vr_fib_port *fp;

	ASSERT_RTNL();
	mutex_lock(&fib->fn->mutex);
	/* under the mutex: the worker sees it before the device is gone */
	WRITE_ONCE(port->dead, true);
	fp = vr_fib_port_find(fib, port->dev->ifindex);
	if (fp) {
		hash_del(&fp->node);
		fib->ports_dirty = true;
	}
	mutex_unlock(&fib->fn->mutex);
	if (!fp)
		return;
	queue_work(vr_fib_wq, &fib->fn->work);
	vr_port_put(port);
	kfree(fp);
}

/**
 * vr_fib_info_get - what a mirror holds
 * @fib: the mirror
 * @info: filled in
 *
 * Context: rtnl; may sleep.
 */
void vr_fib_info_get(struct vr_fib *fib, struct vr_fib_info *info)
{
	int f;

	memset(info, 0, sizeof(*info));
	mutex_lock(&fib->fn->mutex);
	info->ready = true;
	for (f = 0; f < VR_FAMILIES; f++) {
		info->routes[f] = fib->n_routes[f];
		info->bytes += fib->lpm[f].bytes + fib->n_routes[f] *
			       (sizeof(struct vr_route) + sizeof(void *));
		info->ready &= fib->state[f] != VR_FIB_SYNCING;
	}
	info->bytes += fib->nhg_bytes + vr_adj_bytes(fib) + sizeof(*fib);
	info->failed = fib->failed;
	info->nhgs = fib->n_nhgs;
	info->adjs = fib->n_adjs;
	info->events = fib->events;
	info->resyncs = fib->resyncs;
	mutex_unlock(&fib->fn->mutex);
}

/**
 * vr_fib_ready - whether the lookups of a family may be relied on
 * @fib: the mirror
 * @family: AF_INET or AF_INET6
 *
 * Context: softirq, RCU.
 * Return: true if they may.
 */
bool vr_fib_ready(const struct vr_fib *fib, int family)
{
	return READ_ONCE(fib->state[vr_family_index(family)]) == VR_FIB_READY;
}

/**
 * vr_fib_policy - whether policy rules are what keeps a family from the lookups
 * @fib: the mirror
 * @family: AF_INET or AF_INET6
 *
 * Context: softirq, RCU.
 * Return: true if they are.
 */
bool vr_fib_policy(const struct vr_fib *fib, int family)
{
	return READ_ONCE(fib->state[vr_family_index(family)]) == VR_FIB_POLICY;
}

static const struct vr_nhg *nhg_get(const struct vr_fib *fib, u32 value)
{
	const struct vr_nhg_table *t = rcu_dereference(fib->nhgs);

	/* the trie may know a group that this table is too old for */
	if (unlikely(value >= t->size))
		return NULL;
	return rcu_dereference(t->slot[value]);
}

/**
 * vr_fib_own - what tells which addresses are no own ones
 * @fib: the mirror
 * @family: AF_INET or AF_INET6
 * @own: set to two filters, of the mirror and of the local table, or NULL if that
 *	is not asked
 *
 * Context: softirq, RCU.
 */
void vr_fib_own(const struct vr_fib *fib, int family, const struct vr_own *own[2])
{
	const struct vr_fib_net *fn = fib->fn;
	int f = vr_family_index(family);

	own[0] = &fib->own[f];
	own[1] = READ_ONCE(fn->local_on[f]) ? &fn->local->own[f] : NULL;
}

/**
 * vr_fib4_lookup - route of an IPv4 destination
 * @fib: the mirror
 * @daddr: unicast destination
 *
 * Context: softirq, RCU.
 * Return: the next hop group; NULL if the table has no route.
 */
const struct vr_nhg *vr_fib4_lookup(const struct vr_fib *fib, __be32 daddr)
{
	const struct vr_fib_net *fn = fib->fn;
	u32 addr = ntohl(daddr);

	if (READ_ONCE(fn->local_on[VR_V4]) &&
	    vr_own_may_match(&fn->local->own[VR_V4], (u64)addr << 32, 0) &&
	    vr_lpm4_lookup(&fn->local->lpm[VR_V4], addr))
		return vr_nhg_static(VR_NH_LOCAL);
	return nhg_get(fib, vr_lpm4_lookup(&fib->lpm[VR_V4], addr));
}

/**
 * vr_fib4_lookup_vec - routes of many IPv4 destinations
 * @fib: the mirror
 * @r: the destinations, unicast; their routes go there, too
 * @n: how many
 *
 * Context: softirq, RCU.
 */
void vr_fib4_lookup_vec(const struct vr_fib *fib, struct vr_routes *r,
			unsigned int n)
{
	const struct vr_fib_net *fn = fib->fn;
	const struct vr_lpm *local;
	unsigned int i;

	vr_lpm4_lookup_vec(&fib->lpm[VR_V4], r->addr, r->value, n);
	for (i = 0; i < n; i++)
		r->nhg[i] = nhg_get(fib, r->value[i]);
	if (!READ_ONCE(fn->local_on[VR_V4]))
		return;
	local = &fn->local->lpm[VR_V4];
	for (i = 0; i < n; i++)
		if (vr_own_may_match(&fn->local->own[VR_V4],
				     (u64)r->addr[i] << 32, 0) &&
		    vr_lpm4_lookup(local, r->addr[i]))
			r->nhg[i] = vr_nhg_static(VR_NH_LOCAL);
}

/* Whether an address is in the local table. */
static bool is_local6(const struct vr_fib_net *fn, const struct vr_lpm_key *key)
{
	return vr_own_may_match(&fn->local->own[VR_V6], key->hi, key->lo) &&
	       vr_lpm6_lookup(&fn->local->lpm[VR_V6], key->hi, key->lo);
}

/**
 * vr_fib6_lookup - route of an IPv6 destination
 * @fib: the mirror
 * @daddr: unicast destination, not link-local
 *
 * Context: softirq, RCU.
 * Return: the next hop group; NULL if the table has no route.
 */
const struct vr_nhg *vr_fib6_lookup(const struct vr_fib *fib,
				    const struct in6_addr *daddr)
{
	const struct vr_fib_net *fn = fib->fn;
	struct vr_lpm_key key = vr_lpm_key6(daddr);

	if (READ_ONCE(fn->local_on[VR_V6]) && is_local6(fn, &key))
		return vr_nhg_static(VR_NH_LOCAL);
	return nhg_get(fib, vr_lpm6_lookup(&fib->lpm[VR_V6], key.hi, key.lo));
}

/**
 * vr_fib6_lookup_vec - routes of many IPv6 destinations
 * @fib: the mirror
 * @r: the destinations, unicast, not link-local; their routes go there, too
 * @n: how many
 *
 * Context: softirq, RCU.
 */
void vr_fib6_lookup_vec(const struct vr_fib *fib, struct vr_routes *r,
			unsigned int n)
{
	const struct vr_fib_net *fn = fib->fn;
	unsigned int i;

	vr_lpm6_lookup_vec(&fib->lpm[VR_V6], r->addr6, r->value, n);
	for (i = 0; i < n; i++)
		r->nhg[i] = nhg_get(fib, r->value[i]);
	if (!READ_ONCE(fn->local_on[VR_V6]))
		return;
	for (i = 0; i < n; i++)
		if (is_local6(fn, &r->addr6[i]))
			r->nhg[i] = vr_nhg_static(VR_NH_LOCAL);
}

/**
 * vr_fib_net_init - start to listen in a namespace
 * @net: the namespace
 *
 * Context: process, rtnl not held.
 * Return: 0 or a negative error.
 */
int vr_fib_net_init(struct net *net)
{
	struct vr_fib_net *fn;
	int err;

	fn = kzalloc(sizeof(*fn), GFP_KERNEL);
	if (!fn)
		return -ENOMEM;
	fn->net = net;
	mutex_init(&fn->mutex);
	INIT_LIST_HEAD(&fn->fibs);
	INIT_LIST_HEAD(&fn->dying);
	hash_init(fn->by_table);
	hash_init(fn->ports);
	err = vr_fib_event_init(fn);
	if (err) {
		kfree(fn);
		return err;
	}
	WRITE_ONCE(vr_net_get(net)->fib, fn);
	return 0;
}

/**
 * vr_fib_net_exit - stop to listen in a namespace
 * @net: the namespace; its devices are gone
 *
 * Context: process, rtnl not held.
 */
void vr_fib_net_exit(struct net *net)
{
	struct vr_fib_net *fn = vr_fib_net_get(net);

	if (!fn)
		return;
	/* no neighbour event finds it from here on */
	WRITE_ONCE(vr_net_get(net)->fib, NULL);
	synchronize_net();
	vr_fib_event_exit(fn);
	if (fn->local) {
		mutex_lock(&fn->mutex);
		fib_hide(fn->local);
		mutex_unlock(&fn->mutex);
		vr_fib_bury(&fn->dying);
	}
	WARN_ON_ONCE(!list_empty(&fn->fibs) || !list_empty(&fn->dying));
	mutex_destroy(&fn->mutex);
	kfree(fn);
}

/**
 * vr_fib_init - start the mirror
 *
 * Context: process.
 * Return: 0 or a negative error.
 */
int vr_fib_init(void)
{
	int err;

	/* long and patient work: let the scheduler choose the CPU */
	vr_fib_wq = alloc_workqueue("vrouter_fib", WQ_UNBOUND, 0);
	if (!vr_fib_wq)
		return -ENOMEM;
	err = vr_neigh_init();
	if (err) {
		destroy_workqueue(vr_fib_wq);
		return err;
	}
	/* fault injection for tests; its absence is no error */
	debugfs_dir = debugfs_create_dir("vrouter", NULL);
	debugfs_create_bool("fail_event_alloc", 0600, debugfs_dir,
			    &vr_fib_fail_event);
	debugfs_create_bool("fail_route_alloc", 0600, debugfs_dir,
			    &vr_fib_fail_route);
	debugfs_create_bool("fail_nexthop_alloc", 0600, debugfs_dir,
			    &vr_fib_fail_nhg);
	return 0;
}

/**
 * vr_fib_exit - stop the mirror
 *
 * Context: process; no namespace is listened to any more.
 */
void vr_fib_exit(void)
{
	debugfs_remove_recursive(debugfs_dir);
	vr_neigh_exit();
	destroy_workqueue(vr_fib_wq);
	/* callbacks of groups, adjacencies and tries are in our code */
	rcu_barrier();
}
