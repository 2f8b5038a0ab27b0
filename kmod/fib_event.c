// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the kernel's FIB, rules, nexthop objects and neighbours, the queue
 * they go through, the worker that applies them, and dumps.
 *
 * One FIB notifier per namespace serves all VRs there: an event is looked up by
 * its table, so it costs the same with one VR and with a thousand.  The
 * notifier only takes references and appends to the queue; one worker per
 * namespace applies the events in order.
 *
 * Loss policy.  An event that can't be queued for want of memory makes the
 * mirrors of its table punt at once, in the notifier; the worker then empties
 * them and dumps the table again.  Lost neighbour events make it read all
 * neighbours anew, lost rule events all rules.
 *
 * Dumps.  register_fib_notifier() replays the FIB, but waits for rtnl, which is
 * held when VRs are made, and replays to a new notifier only.  So a work item
 * registers a notifier for the time of a dump; all mirrors that wait are
 * served by one dump.  The replayed routes go through the same queue as the
 * live ones, which never stop.  Which of the two is newer, when they meet on
 * one prefix?
 *
 *  - If the live event comes first in the queue, the replayed one is ignored
 *    (route.c).  Was it the newer?  Then the change that made it so has an
 *    event of its own, and that is behind it in the queue.
 *  - If the replayed event comes first, the live one is applied after it.  It
 *    was made from the FIB under the lock that orders changes; what is older in
 *    it is superseded by later live events, as ever.
 *
 * So the result is right whether or not the FIB changed during the dump, and
 * the retries of register_fib_notifier(), which gives up after five dumps with
 * changes between, are neither needed nor harmful.  A mirror ignores events
 * that were queued before it was made: it can't know that nothing was missed
 * between them and its creation, and the dump has their result.
 *
 * For IPv6 that holds because each event carries all siblings of a route,
 * taken under the table's lock, but for the removal of one sibling, which is
 * applied to whatever is known.
 */
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/fib_rules.h>
#include <net/inet_dscp.h>
#include <net/netns/generic.h>
#include <net/nexthop.h>

#include "fib_priv.h"

/* Events applied before the mutex is let go for a moment. */
#define BATCH	256

enum vr_fib_event_type {
	EV_SET,		/* a route holds for its prefix */
	EV_DEL,		/* a route, or one IPv6 sibling, is gone */
	EV_DEL_ALL,	/* an IPv6 route is gone with its siblings */
	EV_RULE_ADD,
	EV_RULE_DEL,
	EV_NEIGH,
};

/**
 * struct vr_fib_event - one event, with references to what it tells of
 * @list: in vr_fib_net.queue
 * @seq: order
 * @table: of a route
 * @type: enum vr_fib_event_type
 * @family: VR_V4 or VR_V6
 * @replay: comes from a dump
 * @len: prefix length, IPv4
 * @dscp: DS field, IPv4
 * @rt_type: RTN_*, IPv4
 * @n: length of @rt
 * @dst: prefix, IPv4
 * @fi: IPv4 route
 * @rule: rule
 * @neigh: neighbour
 * @rt: IPv6 route and siblings
 */
struct vr_fib_event {
	struct list_head	list;
	u64			seq;
	u32			table;
	u8			type;
	u8			family;
	bool			replay;
	u8			len;
	u8			dscp;
	u8			rt_type;
	u16			n;
	u32			dst;
	union {
		struct fib_info		*fi;
		struct fib_rule		*rule;
		struct neighbour	*neigh;
		DECLARE_FLEX_ARRAY(struct fib6_info *, rt);
	};
};

/**
 * struct vr_fib_rule - a rule of the namespace
 * @list: in vr_fib_net.rules
 * @rule: referenced, so that its address identifies it
 */
struct vr_fib_rule {
	struct list_head	list;
	struct fib_rule		*rule;
};

static struct vr_fib_event *event_alloc(unsigned int n)
{
	struct vr_fib_event *ev;

	if (READ_ONCE(vr_fib_fail_event))
		return NULL;
	ev = kmalloc(max(struct_size(ev, rt, n), sizeof(*ev)),
		     GFP_ATOMIC | __GFP_NOWARN);
	if (ev)
		memset(ev, 0, sizeof(*ev));
	return ev;
}

static void event_queue(struct vr_fib_net *fn, struct vr_fib_event *ev)
{
	spin_lock_bh(&fn->lock);
	ev->seq = ++fn->seq;
	list_add_tail(&ev->list, &fn->queue);
	spin_unlock_bh(&fn->lock);
	queue_work(vr_fib_wq, &fn->work);
}

static void event_free(struct vr_fib_event *ev)
{
	switch (ev->type) {
	case EV_RULE_ADD:
	case EV_RULE_DEL:
		fib_rule_put(ev->rule);
		break;
	case EV_NEIGH:
		neigh_release(ev->neigh);
		break;
	default:
		if (ev->family == VR_V4)
			fib_info_put(ev->fi);
		else
			while (ev->n--)
				fib6_info_release(ev->rt[ev->n]);
	}
	kfree(ev);
}

/**
 * vr_fib_event_seq - number of the last event queued
 * @fn: the namespace
 *
 * Context: any.
 * Return: the number.
 */
u64 vr_fib_event_seq(struct vr_fib_net *fn)
{
	u64 seq;

	spin_lock_bh(&fn->lock);
	seq = fn->seq;
	spin_unlock_bh(&fn->lock);
	return seq;
}

/*
 * Whether someone mirrors the table; if @replay, someone who awaits a dump.
 * RCU: a mirror that is added at the same time has its dump before it.
 */
static bool table_wanted(struct vr_fib_net *fn, u32 table, bool replay)
{
	struct vr_fib *fib;

	hash_for_each_possible_rcu(fn->by_table, fib, hnode, table)
		if (fib->table == table &&
		    (!replay || READ_ONCE(fib->phase) == VR_FIB_DUMPING))
			return true;
	return false;
}

/* An event of this table is lost: nothing may rely on its mirrors. */
static void table_lost(struct vr_fib_net *fn, u32 table)
{
	struct vr_fib *fib;

	hash_for_each_possible_rcu(fn->by_table, fib, hnode, table) {
		if (fib->table != table)
			continue;
		WRITE_ONCE(fib->lost, true);
		WRITE_ONCE(fib->state[VR_V4], VR_FIB_SYNCING);
		WRITE_ONCE(fib->state[VR_V6], VR_FIB_SYNCING);
		/* the local table precedes those of the VRs */
		if (!fib->vr) {
			struct vr_fib *vr_fib;
			int bkt;

			hash_for_each_rcu(fn->by_table, bkt, vr_fib, hnode) {
				WRITE_ONCE(vr_fib->state[VR_V4],
					   VR_FIB_SYNCING);
				WRITE_ONCE(vr_fib->state[VR_V6],
					   VR_FIB_SYNCING);
			}
		}
	}
	queue_work(vr_fib_wq, &fn->work);
}

static void route4_event(struct vr_fib_net *fn, unsigned long event,
			 struct fib_notifier_info *info, bool replay)
{
	struct fib_entry_notifier_info *fen;
	struct vr_fib_event *ev;

	fen = container_of(info, struct fib_entry_notifier_info, info);
	if (!table_wanted(fn, fen->tb_id, replay))
		return;
	ev = event_alloc(0);
	if (!ev) {
		table_lost(fn, fen->tb_id);
		return;
	}
	ev->type = event == FIB_EVENT_ENTRY_DEL ? EV_DEL : EV_SET;
	ev->family = VR_V4;
	ev->replay = replay;
	ev->table = fen->tb_id;
	ev->dst = fen->dst;
	ev->len = fen->dst_len;
	ev->dscp = inet_dscp_to_dsfield(fen->dscp);
	ev->rt_type = fen->type;
	fib_info_hold(fen->fi);
	ev->fi = fen->fi;
	event_queue(fn, ev);
}

/* The IPv6 table's lock is held, so the siblings stand still. */
static void route6_event(struct vr_fib_net *fn, unsigned long event,
			 struct fib_notifier_info *info, bool replay)
{
	struct fib6_entry_notifier_info *fen;
	struct fib6_info *rt, *iter;
	struct vr_fib_event *ev;
	unsigned int n = 1;
	u32 table;

	fen = container_of(info, struct fib6_entry_notifier_info, info);
	rt = fen->rt;
	table = rt->fib6_table->tb6_id;
	if (!table_wanted(fn, table, replay))
		return;
	/* a nexthop object's routes have no siblings, but a union there */
	if (event != FIB_EVENT_ENTRY_DEL && !rt->nh)
		n += READ_ONCE(rt->fib6_nsiblings);
	ev = event_alloc(n);
	if (!ev) {
		table_lost(fn, table);
		return;
	}
	ev->type = event != FIB_EVENT_ENTRY_DEL ? EV_SET :
		   fen->nsiblings ? EV_DEL_ALL : EV_DEL;
	ev->family = VR_V6;
	ev->replay = replay;
	ev->table = table;
	fib6_info_hold(rt);
	ev->rt[0] = rt;
	ev->n = 1;
	if (n > 1) {
		list_for_each_entry(iter, &rt->fib6_siblings, fib6_siblings) {
			if (WARN_ON_ONCE(ev->n == n))
				break;
			fib6_info_hold(iter);
			ev->rt[ev->n++] = iter;
		}
	}
	event_queue(fn, ev);
}

static void rule_event(struct vr_fib_net *fn, unsigned long event,
		       struct fib_notifier_info *info, bool replay)
{
	struct fib_rule_notifier_info *fr;
	struct vr_fib_event *ev;

	/* before the first VR nobody cares */
	if (!READ_ONCE(fn->local))
		return;
	/* one that is removed during a dump must not come back by it */
	if (replay && READ_ONCE(fn->rules_ok))
		return;
	fr = container_of(info, struct fib_rule_notifier_info, info);
	if (!replay)
		WRITE_ONCE(fn->rules_seq, fn->rules_seq + 1);
	ev = event_alloc(0);
	if (!ev) {
		WRITE_ONCE(fn->rules_lost, true);
		table_lost(fn, RT_TABLE_LOCAL);
		return;
	}
	ev->type = event == FIB_EVENT_RULE_ADD ? EV_RULE_ADD : EV_RULE_DEL;
	ev->family = vr_family_index(info->family);
	ev->replay = replay;
	fib_rule_get(fr->rule);
	ev->rule = fr->rule;
	event_queue(fn, ev);
}

static int fib_event(struct vr_fib_net *fn, unsigned long event,
		     struct fib_notifier_info *info, bool replay)
{
	if (info->family != AF_INET && info->family != AF_INET6)
		return NOTIFY_DONE;

	rcu_read_lock();
	switch (event) {
	case FIB_EVENT_ENTRY_REPLACE:
	case FIB_EVENT_ENTRY_APPEND:
	case FIB_EVENT_ENTRY_DEL:
		if (info->family == AF_INET)
			route4_event(fn, event, info, replay);
		else
			route6_event(fn, event, info, replay);
		break;
	case FIB_EVENT_RULE_ADD:
	case FIB_EVENT_RULE_DEL:
		rule_event(fn, event, info, replay);
		break;
	default:
		/* FIB_EVENT_NH_*: the data path reads the live bounds */
		break;
	}
	rcu_read_unlock();
	return NOTIFY_DONE;
}

static int fib_live(struct notifier_block *nb, unsigned long event, void *ptr)
{
	return fib_event(container_of(nb, struct vr_fib_net, fib_nb), event,
			 ptr, false);
}

/* A removal is never part of a dump; it comes as a live event too. */
static int fib_replay(struct notifier_block *nb, unsigned long event,
		      void *ptr)
{
	if (event == FIB_EVENT_ENTRY_DEL || event == FIB_EVENT_RULE_DEL)
		return NOTIFY_DONE;
	return fib_event(container_of(nb, struct vr_fib_net, replay_nb), event,
			 ptr, true);
}

/* rtnl; called before the change takes place */
static int nexthop_event(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	struct vr_fib_net *fn = container_of(nb, struct vr_fib_net, nh_nb);

	/* buckets of resilient groups are read live */
	if (event != NEXTHOP_EVENT_REPLACE && event != NEXTHOP_EVENT_DEL)
		return NOTIFY_DONE;
	if (!READ_ONCE(fn->local))
		return NOTIFY_DONE;
	WRITE_ONCE(fn->nh_changed, true);
	queue_work(vr_fib_wq, &fn->work);
	return NOTIFY_DONE;
}

/**
 * vr_fib_event_neigh - a neighbour on a port has changed
 * @fn: the namespace
 * @n: the neighbour
 *
 * Context: any, RCU.
 */
void vr_fib_event_neigh(struct vr_fib_net *fn, struct neighbour *n)
{
	struct vr_fib_event *ev = event_alloc(0);

	if (!ev) {
		WRITE_ONCE(fn->neigh_lost, true);
		queue_work(vr_fib_wq, &fn->work);
		return;
	}
	ev->type = EV_NEIGH;
	neigh_hold(n);
	ev->neigh = n;
	event_queue(fn, ev);
}

/*
 * The worker.
 */

/*
 * Rules after the one that leads to the VRs' tables matter only for packets
 * that miss there, which are punted.  Before it there may be the rule that
 * sends everything to the local table; any other means policy routing.
 */
static void rules_judge(struct vr_fib_net *fn, int f)
{
	u32 l3mdev = U32_MAX;
	struct vr_fib_rule *r;
	bool found = false;

	list_for_each_entry(r, &fn->rules[f], list) {
		const struct fib_rule *rule = r->rule;

		if (rule->l3mdev && rule->action == FR_ACT_TO_TBL &&
		    !rule->ip_proto && fib_rule_matchall(rule)) {
			l3mdev = min(l3mdev, rule->pref);
			found = true;
		}
	}

	fn->local_first[f] = false;
	fn->policy[f] = !found;
	list_for_each_entry(r, &fn->rules[f], list) {
		const struct fib_rule *rule = r->rule;
		bool all = !rule->ip_proto && (f == VR_V4 ?
					       fib4_rule_default(rule) :
					       fib6_rule_default(rule));

		if (rule->pref > l3mdev ||
		    (rule->pref == l3mdev && rule->l3mdev))
			continue;
		if (all && rule->table == RT_TABLE_LOCAL)
			fn->local_first[f] = true;
		else
			fn->policy[f] = true;
	}
}

static void rule_del(struct vr_fib_rule *r)
{
	list_del(&r->list);
	fib_rule_put(r->rule);
	kfree(r);
}

static void rules_flush(struct vr_fib_net *fn)
{
	struct vr_fib_rule *r, *tmp;
	int f;

	for (f = 0; f < VR_FAMILIES; f++)
		list_for_each_entry_safe(r, tmp, &fn->rules[f], list)
			rule_del(r);
}

static void rule_apply(struct vr_fib_net *fn, struct vr_fib_event *ev)
{
	struct list_head *rules = &fn->rules[ev->family];
	struct vr_fib_rule *r;

	list_for_each_entry(r, rules, list) {
		if (r->rule != ev->rule)
			continue;
		if (ev->type == EV_RULE_ADD)
			return;
		rule_del(r);
		goto judge;
	}
	if (ev->type == EV_RULE_DEL)
		return;
	r = kmalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		fn->rules_lost = true;
		return;
	}
	fib_rule_get(ev->rule);
	r->rule = ev->rule;
	list_add_tail(&r->list, rules);
judge:
	rules_judge(fn, ev->family);
	vr_fib_update_states(fn);
}

static void route_apply(struct vr_fib *fib, struct vr_fib_event *ev)
{
	bool v4 = ev->family == VR_V4;

	fib->events++;
	switch (ev->type) {
	case EV_SET:
		if (v4)
			vr_route4_set(fib, ev->dst, ev->len, ev->fi, ev->dscp,
				      ev->rt_type, ev->replay);
		else
			vr_route6_set(fib, ev->rt, ev->n, ev->replay);
		break;
	case EV_DEL:
	case EV_DEL_ALL:
		if (v4)
			vr_route4_del(fib, ev->dst, ev->len);
		else
			vr_route6_del(fib, ev->rt[0], ev->type == EV_DEL_ALL);
		break;
	}
}

static void event_apply(struct vr_fib_net *fn, struct vr_fib_event *ev)
{
	struct vr_fib *fib;

	switch (ev->type) {
	case EV_RULE_ADD:
	case EV_RULE_DEL:
		rule_apply(fn, ev);
		return;
	case EV_NEIGH:
		vr_adj_neigh(fn, ev->neigh);
		return;
	}

	hash_for_each_possible(fn->by_table, fib, hnode, ev->table) {
		if (fib->table != ev->table || ev->seq <= fib->join)
			continue;
		if (ev->replay && fib->phase != VR_FIB_DUMPING)
			continue;
		route_apply(fib, ev);
		if (!fib->vr)
			WRITE_ONCE(fn->local_on[ev->family],
				   fn->local_first[ev->family] &&
				   fib->n_routes[ev->family]);
	}
}

/* What no event tells of, or what an event could not tell. */
static void chores(struct vr_fib_net *fn, bool objects)
{
	struct vr_fib *fib;
	bool neigh;

	neigh = READ_ONCE(fn->neigh_lost);
	WRITE_ONCE(fn->neigh_lost, false);
	if (neigh)
		vr_adj_rescan(fn);
	list_for_each_entry(fib, &fn->fibs, node) {
		bool ports = fib->ports_dirty;

		fib->ports_dirty = false;
		if (ports || objects)
			fib->reflag |= vr_nhg_refresh(fib, objects);
		if (ports || neigh) {
			vr_adj_scan_ports(fib);
			vr_adj_refresh(fib);
		}
		/* in other phases that is up to the dump */
		if (READ_ONCE(fib->lost) && fib->phase == VR_FIB_LIVE)
			vr_fib_resync(fib);
		if (fib->reflag) {
			fib->reflag = false;
			vr_route_reflag(fib);
		}
	}
	if (READ_ONCE(fn->rules_lost) && fn->rules_ok) {
		fn->rules_ok = false;
		vr_fib_update_states(fn);
		vr_fib_dump(fn);
	}
}

/* An event could not be applied for want of memory. */
static bool any_lost(struct vr_fib_net *fn)
{
	struct vr_fib *fib;

	list_for_each_entry(fib, &fn->fibs, node)
		if (READ_ONCE(fib->lost) && fib->phase == VR_FIB_LIVE)
			return true;
	return READ_ONCE(fn->neigh_lost);
}

static void event_work(struct work_struct *work)
{
	struct vr_fib_net *fn = container_of(work, struct vr_fib_net, work);
	struct vr_fib_event *ev, *tmp;
	unsigned int n = 0;
	LIST_HEAD(batch);
	LIST_HEAD(dying);
	bool objects;

	objects = READ_ONCE(fn->nh_changed);
	if (objects) {
		/*
		 * The notifier runs before the change, but under rtnl: when we
		 * have had rtnl, the change has been made or given up.
		 */
		WRITE_ONCE(fn->nh_changed, false);
		rtnl_lock();
		rtnl_unlock();
	}

	spin_lock_bh(&fn->lock);
	list_splice_init(&fn->queue, &batch);
	spin_unlock_bh(&fn->lock);

	mutex_lock(&fn->mutex);
	chores(fn, objects);
	list_for_each_entry_safe(ev, tmp, &batch, list) {
		list_del(&ev->list);
		event_apply(fn, ev);
		event_free(ev);
		if (++n % BATCH)
			continue;
		mutex_unlock(&fn->mutex);
		cond_resched();
		mutex_lock(&fn->mutex);
	}
	if (any_lost(fn))
		queue_work(vr_fib_wq, &fn->work);
	list_splice_init(&fn->dying, &dying);
	mutex_unlock(&fn->mutex);
	vr_fib_bury(&dying);
}

/*
 * Dumps.
 */

/**
 * vr_fib_dump - take a dump for those that wait for one
 * @fn: the namespace
 *
 * Context: any.
 */
void vr_fib_dump(struct vr_fib_net *fn)
{
	queue_delayed_work(vr_fib_wq, &fn->dump_work, 0);
}

static bool dump_begin(struct vr_fib_net *fn, bool *rules)
{
	bool wanted = false;
	struct vr_fib *fib;

	mutex_lock(&fn->mutex);
	*rules = fn->local && !fn->rules_ok;
	if (*rules) {
		rules_flush(fn);
		fn->rules_lost = false;
	}
	list_for_each_entry(fib, &fn->fibs, node) {
		if (fib->phase != VR_FIB_WAITING)
			continue;
		/* what has been applied may be older than what was lost */
		if (READ_ONCE(fib->lost))
			vr_fib_resync(fib);
		WRITE_ONCE(fib->phase, VR_FIB_DUMPING);
		fib->resyncs++;
		wanted = true;
	}
	mutex_unlock(&fn->mutex);
	return wanted || *rules;
}

/* Who was not served waits again; true if there is someone. */
static bool dump_end(struct vr_fib_net *fn, bool failed, bool rules)
{
	bool again = false;
	struct vr_fib *fib;
	int f;

	mutex_lock(&fn->mutex);
	list_for_each_entry(fib, &fn->fibs, node) {
		if (fib->phase != VR_FIB_DUMPING)
			continue;
		if (failed || READ_ONCE(fib->lost)) {
			vr_fib_resync(fib);
			again = true;
			continue;
		}
		WRITE_ONCE(fib->phase, VR_FIB_LIVE);
		vr_route_sweep(fib);
	}
	if (rules && !failed && !fn->rules_lost) {
		fn->rules_ok = true;
		for (f = 0; f < VR_FAMILIES; f++)
			rules_judge(fn, f);
	}
	if (fn->local && !fn->rules_ok)
		again = true;
	if (fn->local)
		vr_fib_update_states(fn);
	mutex_unlock(&fn->mutex);
	return again;
}

static void dump_work(struct work_struct *work)
{
	struct vr_fib_net *fn = container_of(to_delayed_work(work),
					     struct vr_fib_net, dump_work);
	unsigned int rules_seq;
	bool rules;
	int err;

	rules_seq = READ_ONCE(fn->rules_seq);
	if (!dump_begin(fn, &rules))
		return;
	err = register_fib_notifier(fn->net, &fn->replay_nb, NULL, NULL);
	if (!err)
		unregister_fib_notifier(fn->net, &fn->replay_nb);
	/* wait until all of it has been applied */
	queue_work(vr_fib_wq, &fn->work);
	flush_work(&fn->work);

	/* rules have no prefix to tell old from new by: they stood still? */
	if (rules && rules_seq != READ_ONCE(fn->rules_seq))
		rules = false;
	if (err && err != -EBUSY)
		pr_warn_ratelimited("vrouter: can't read the routes: %d\n",
				    err);
	/* memory may be short: give it time */
	if (dump_end(fn, err && err != -EBUSY, rules))
		mod_delayed_work(vr_fib_wq, &fn->dump_work, HZ / 2);
}

/**
 * vr_fib_event_init - start to listen
 * @fn: the namespace
 *
 * Context: process, rtnl not held.
 * Return: 0 or a negative error.
 */
int vr_fib_event_init(struct vr_fib_net *fn)
{
	int tries = 20, err, f;

	spin_lock_init(&fn->lock);
	INIT_LIST_HEAD(&fn->queue);
	for (f = 0; f < VR_FAMILIES; f++)
		INIT_LIST_HEAD(&fn->rules[f]);
	INIT_WORK(&fn->work, event_work);
	INIT_DELAYED_WORK(&fn->dump_work, dump_work);
	fn->fib_nb.notifier_call = fib_live;
	fn->replay_nb.notifier_call = fib_replay;
	fn->nh_nb.notifier_call = nexthop_event;

	err = register_nexthop_notifier(fn->net, &fn->nh_nb, NULL);
	if (err)
		return err;
	/*
	 * There is no VR yet, so the dump is for nobody.  That routes change
	 * all the time, which ends in EBUSY, must not keep us out for good.
	 */
	do {
		err = register_fib_notifier(fn->net, &fn->fib_nb, NULL, NULL);
	} while (err == -EBUSY && --tries);
	if (err)
		unregister_nexthop_notifier(fn->net, &fn->nh_nb);
	return err;
}

/**
 * vr_fib_event_exit - stop to listen; all events have been applied then
 * @fn: the namespace, without VRs
 *
 * Context: process, rtnl not held.
 */
void vr_fib_event_exit(struct vr_fib_net *fn)
{
	unregister_fib_notifier(fn->net, &fn->fib_nb);
	unregister_nexthop_notifier(fn->net, &fn->nh_nb);
	/* each may queue the other */
	cancel_delayed_work_sync(&fn->dump_work);
	queue_work(vr_fib_wq, &fn->work);
	flush_work(&fn->work);
	cancel_delayed_work_sync(&fn->dump_work);
	WARN_ON_ONCE(!list_empty(&fn->queue));
	mutex_lock(&fn->mutex);
	rules_flush(fn);
	mutex_unlock(&fn->mutex);
}
