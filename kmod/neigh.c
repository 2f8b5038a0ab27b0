// SPDX-License-Identifier: GPL-2.0
/*
 * Adjacencies: ready-made link-layer headers of neighbours on the VR's ports.
 *
 * The kernel's neighbour tables are the truth.  Every change of a neighbour on a
 * port comes as a netevent in atomic context and is queued; the worker then
 * copies the neighbour's state and address under its lock.  What changes
 * after the copy comes as another event.
 *
 * An adjacency exists while a next hop group refers to it or while its neighbour
 * is valid, so on-link destinations are found without a route of their own.
 * It holds no reference on the neighbour.  While it is not resolved the data
 * path punts, and the stack resolves the neighbour for its own packet.
 *
 * The stack does not see the use of a neighbour by the fast path, so the
 * neighbour becomes stale; the first use after that tells the stack, see
 * vr_adj_touch(), which then verifies the neighbour.  No timer is needed.
 */
#include <linux/slab.h>
#include <net/arp.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/netevent.h>

#include "fib_priv.h"

/**
 * struct adj_key - identity of an adjacency
 * @port: egress port
 * @addr: of the neighbour; all zero on devices without link-layer header
 * @family: of the packets, VR_V4 or VR_V6
 * @nh_family: of @addr
 */
struct adj_key {
	const struct vr_port	*port;
	struct in6_addr		addr;
	u32			family;
	u32			nh_family;
};

/**
 * struct adj - an adjacency as the control plane knows it; mutex
 * @pub: what the data path sees
 * @key: identity
 * @node: in vr_fib.adj_ht
 * @list: in vr_fib.adj_list
 * @refs: next hop groups that refer to it, and one if @neigh
 * @neigh: its neighbour is valid
 * @rcu: frees it
 */
struct adj {
	struct vr_adj		pub;
	struct adj_key		key;
	struct rhash_head	node;
	struct list_head	list;
	u32			refs;
	bool			neigh;
	struct rcu_head		rcu;
};

static const struct rhashtable_params adj_params = {
	.head_offset = offsetof(struct adj, node),
	.key_offset = offsetof(struct adj, key),
	.key_len = sizeof(struct adj_key),
	.nelem_hint = 8,
	.automatic_shrinking = true,
};

static void adj_key(struct adj_key *key, const struct vr_port *port,
		    int f, int nh_f, const void *addr)
{
	memset(key, 0, sizeof(*key));
	key->port = port;
	key->family = f;
	key->nh_family = nh_f;
	if (!addr)
		return;
	if (nh_f == VR_V4)
		memcpy(&key->addr, addr, sizeof(__be32));
	else
		memcpy(&key->addr, addr, sizeof(struct in6_addr));
}

static struct neigh_table *neigh_table(int f)
{
	return f == VR_V4 ? &arp_tbl : &nd_tbl;
}

static void adj_publish(struct adj *a, const void *hdr, unsigned int len,
			bool stale)
{
	struct vr_adj *adj = &a->pub;

	write_seqlock_bh(&adj->hh_lock);
	if (len)
		memcpy((u8 *)adj->hh + HH_DATA_OFF(len), hdr, len);
	WRITE_ONCE(adj->hlen, len);
	write_sequnlock_bh(&adj->hh_lock);
	WRITE_ONCE(adj->stale, stale);
	/* readers that see the flag see a header, old or new, never none */
	smp_store_release(&adj->flags, VR_ADJ_RESOLVED);
}

/*
 * Make the header as the device makes it for each packet.  That it is the
 * same for all packets is known of devices that cache it, and of Ethernet
 * devices that add no more than the 14 bytes (a VLAN device without header
 * caching inserts its tag at transmit).
 */
static bool adj_header(struct adj *a, const u8 *ha, bool stale)
{
	u16 proto = a->key.family == VR_V4 ? ETH_P_IP : ETH_P_IPV6;
	struct net_device *dev = a->pub.port->dev;
	struct sk_buff *skb;
	bool ok = false;
	int len;

	skb = alloc_skb(LL_MAX_HEADER + MAX_HEADER, GFP_KERNEL);
	if (!skb)
		return false;
	skb_reserve(skb, LL_MAX_HEADER + MAX_HEADER);
	skb->dev = dev;
	skb->protocol = htons(proto);
	len = dev_hard_header(skb, dev, proto, ha, NULL, 0);
	if (len <= 0 || len != skb->len ||
	    HH_DATA_ALIGN(len) > sizeof(a->pub.hh))
		goto out;
	if (!dev->header_ops->cache &&
	    (dev->type != ARPHRD_ETHER || len != ETH_HLEN))
		goto out;
	adj_publish(a, skb->data, len, stale);
	ok = true;
out:
	kfree_skb(skb);
	return ok;
}

static void adj_free_rcu(struct rcu_head *head)
{
	struct adj *a = container_of(head, struct adj, rcu);

	vr_port_put(a->pub.port);
	kfree(a);
}

static void adj_unref(struct vr_fib *fib, struct adj *a)
{
	if (--a->refs)
		return;
	rhashtable_remove_fast(&fib->adj_ht, &a->node, adj_params);
	list_del(&a->list);
	fib->n_adjs--;
	call_rcu(&a->rcu, adj_free_rcu);
}

/* The neighbour's validity keeps the adjacency. */
static void adj_set_neigh(struct vr_fib *fib, struct adj *a, bool valid)
{
	if (valid == a->neigh)
		return;
	a->neigh = valid;
	if (valid)
		a->refs++;
	else
		adj_unref(fib, a);
}

/* Copy what the neighbour says; @n is NULL if there is none. */
static void adj_sync(struct vr_fib *fib, struct adj *a, struct neighbour *n)
{
	u8 ha[ALIGN(MAX_ADDR_LEN, sizeof(unsigned long))];
	u8 state = NUD_NONE;

	if (n) {
		read_lock_bh(&n->lock);
		memcpy(ha, n->ha, sizeof(ha));
		if (!n->dead)
			state = n->nud_state;
		read_unlock_bh(&n->lock);
	}
	if (state & NUD_VALID && !READ_ONCE(a->pub.port->dead) &&
	    adj_header(a, ha, state & NUD_STALE)) {
		adj_set_neigh(fib, a, true);
		return;
	}
	WRITE_ONCE(a->pub.flags, 0);
	adj_set_neigh(fib, a, false);
}

static struct adj *adj_create(struct vr_fib *fib, const struct adj_key *key,
			      struct vr_port *port)
{
	struct adj *a;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return NULL;
	a->key = *key;
	a->pub.port = port;
	a->refs = 1;
	seqlock_init(&a->pub.hh_lock);
	if (rhashtable_insert_fast(&fib->adj_ht, &a->node, adj_params)) {
		kfree(a);
		return NULL;
	}
	vr_port_hold(port);
	list_add(&a->list, &fib->adj_list);
	fib->n_adjs++;
	return a;
}

/* Read the state of an adjacency's neighbour anew. */
static void adj_lookup(struct vr_fib *fib, struct adj *a)
{
	struct net_device *dev = a->pub.port->dev;
	struct neighbour *n = NULL;

	if (READ_ONCE(a->pub.port->dead)) {
		adj_sync(fib, a, NULL);
		return;
	}
	if (!dev->header_ops) {
		adj_publish(a, NULL, 0, false);
		return;
	}
	n = neigh_lookup(neigh_table(a->key.nh_family), &a->key.addr, dev);
	adj_sync(fib, a, n);
	if (n)
		neigh_release(n);
}

/**
 * vr_adj_get - the adjacency of a gateway
 * @fib: the mirror
 * @port: egress port
 * @family: AF_* of the packets
 * @nh_family: AF_* of @addr
 * @addr: of the gateway; NULL on a device without link-layer header
 *
 * Context: mutex; may sleep.
 * Return: the adjacency, referenced; NULL if memory is short.
 */
struct vr_adj *vr_adj_get(struct vr_fib *fib, struct vr_port *port,
			  int family, int nh_family, const void *addr)
{
	struct adj_key key;
	struct adj *a;

	if (!port->dev->header_ops) {
		addr = NULL;
		nh_family = family;
	}
	adj_key(&key, port, vr_family_index(family),
		vr_family_index(nh_family), addr);
	a = rhashtable_lookup_fast(&fib->adj_ht, &key, adj_params);
	if (a) {
		a->refs++;
		return &a->pub;
	}
	a = adj_create(fib, &key, port);
	if (!a)
		return NULL;
	adj_lookup(fib, a);
	return &a->pub;
}

/**
 * vr_adj_put - a next hop group lets go of an adjacency
 * @fib: the mirror
 * @adj: the adjacency
 *
 * Context: mutex.
 */
void vr_adj_put(struct vr_fib *fib, struct vr_adj *adj)
{
	adj_unref(fib, container_of(adj, struct adj, pub));
}

/* Apply a neighbour's state to the adjacencies of one port. */
static void port_neigh(struct vr_fib_port *fp, struct neighbour *n)
{
	int nh_f = n->tbl == &arp_tbl ? VR_V4 : VR_V6;
	struct vr_fib *fib = fp->fib;
	struct adj_key key;
	struct adj *a;
	int f;

	for (f = 0; f < VR_FAMILIES; f++) {
		adj_key(&key, fp->port, f, nh_f, n->primary_key);
		a = rhashtable_lookup_fast(&fib->adj_ht, &key, adj_params);
		if (a) {
			/* it must not vanish under our hands */
			a->refs++;
		} else {
			if (f != nh_f ||
			    !(READ_ONCE(n->nud_state) & NUD_VALID))
				continue;
			a = adj_create(fib, &key, fp->port);
			if (!a)
				continue;
		}
		adj_sync(fib, a, n);
		adj_unref(fib, a);
	}
}

/**
 * vr_adj_neigh - a neighbour has changed
 * @fn: the namespace
 * @n: the neighbour
 *
 * Context: mutex; may sleep.
 */
void vr_adj_neigh(struct vr_fib_net *fn, struct neighbour *n)
{
	struct vr_fib_port *fp;

	if (!n->dev->header_ops)
		return;
	hash_for_each_possible(fn->ports, fp, node, n->dev->ifindex)
		if (fp->port->dev == n->dev)
			port_neigh(fp, n);
}

/* Neighbours of one device, collected under the table's lock. */
struct scan {
	struct net_device	*dev;
	struct neighbour	**n;
	unsigned int		used;
	unsigned int		size;
	bool			full;
};

static void scan_one(struct neighbour *n, void *arg)
{
	struct scan *s = arg;

	if (n->dev != s->dev)
		return;
	if (s->used == s->size) {
		s->full = true;
		return;
	}
	if (refcount_inc_not_zero(&n->refcnt))
		s->n[s->used++] = n;
}

static bool scan_port(struct vr_fib_port *fp, int f)
{
	struct scan s = {
		.dev = fp->port->dev,
		.size = 64,
	};
	unsigned int i;

	do {
		s.n = kvcalloc(s.size, sizeof(*s.n), GFP_KERNEL);
		if (!s.n)
			return false;
		s.full = false;
		s.used = 0;
		neigh_for_each(neigh_table(f), scan_one, &s);
		for (i = 0; i < s.used; i++) {
			port_neigh(fp, s.n[i]);
			neigh_release(s.n[i]);
		}
		kvfree(s.n);
		s.size *= 4;
	} while (s.full);
	return true;
}

/**
 * vr_adj_rescan - a neighbour event was lost: look through all ports
 * @fn: the namespace
 *
 * Context: mutex.
 */
void vr_adj_rescan(struct vr_fib_net *fn)
{
	struct vr_fib_port *fp;
	int bkt;

	hash_for_each(fn->ports, bkt, fp, node)
		fp->scan = true;
}

/**
 * vr_adj_scan_ports - make adjacencies of the neighbours on new ports
 * @fib: the mirror
 *
 * Context: mutex; may sleep.
 */
void vr_adj_scan_ports(struct vr_fib *fib)
{
	struct vr_fib_port *fp;
	int bkt, f;

	hash_for_each(fib->fn->ports, bkt, fp, node) {
		if (fp->fib != fib || !fp->scan)
			continue;
		fp->scan = false;
		if (!fp->port->dev->header_ops)
			continue;
		for (f = 0; f < VR_FAMILIES; f++)
			if (!scan_port(fp, f))
				fib->fn->neigh_lost = true;
	}
}

/**
 * vr_adj_refresh - read all neighbours anew; drop adjacencies of dead ports
 * @fib: the mirror
 *
 * Context: mutex; may sleep.
 */
void vr_adj_refresh(struct vr_fib *fib)
{
	struct adj *a, *tmp;

	list_for_each_entry_safe(a, tmp, &fib->adj_list, list) {
		adj_lookup(fib, a);
		cond_resched();
	}
}

u64 vr_adj_bytes(const struct vr_fib *fib)
{
	return (u64)fib->n_adjs * sizeof(struct adj);
}

/**
 * vr_adj_init - make the table of adjacencies
 * @fib: the mirror
 *
 * Return: 0 or -ENOMEM.
 */
int vr_adj_init(struct vr_fib *fib)
{
	INIT_LIST_HEAD(&fib->adj_list);
	return rhashtable_init(&fib->adj_ht, &adj_params);
}

/**
 * vr_adj_exit - free what is left of the adjacencies
 * @fib: the mirror; its groups are gone and no reader is left
 *
 * Context: mutex.
 */
void vr_adj_exit(struct vr_fib *fib)
{
	struct adj *a, *tmp;

	list_for_each_entry_safe(a, tmp, &fib->adj_list, list)
		adj_set_neigh(fib, a, false);
	WARN_ON_ONCE(!list_empty(&fib->adj_list));
	rhashtable_destroy(&fib->adj_ht);
}

/**
 * vr_adj_glean - the adjacency of a destination that is on-link
 * @fib: the mirror
 * @nh: the path, with @glean set and a port
 * @daddr: destination
 * @family: AF_INET or AF_INET6
 *
 * Context: softirq, RCU.
 * Return: the adjacency; NULL if the neighbour is not known yet: punt.
 */
struct vr_adj *vr_adj_glean(const struct vr_fib *fib,
			    const struct vr_nexthop *nh,
			    const void *daddr, int family)
{
	int f = vr_family_index(family);
	struct adj_key key;
	struct adj *a;

	adj_key(&key, nh->port, f, f, daddr);
	a = rhashtable_lookup_fast((struct rhashtable *)&fib->adj_ht, &key,
				   adj_params);
	return a ? &a->pub : NULL;
}

/**
 * vr_adj_confirm - have the stack verify a stale neighbour that is used
 * @adj: the adjacency
 *
 * Context: softirq, RCU.
 */
void vr_adj_confirm(struct vr_adj *adj)
{
	struct adj *a = container_of(adj, struct adj, pub);
	struct neighbour *n;

	WRITE_ONCE(adj->stale, false);
	if (READ_ONCE(adj->port->dead))
		return;
	n = neigh_lookup(neigh_table(a->key.nh_family), &a->key.addr,
			 adj->port->dev);
	if (!n)
		return;
	neigh_event_send(n, NULL);
	neigh_release(n);
}

/* Atomic context. */
static int neigh_netevent(struct notifier_block *nb, unsigned long event,
			  void *ptr)
{
	struct neighbour *n = ptr;
	struct vr_fib_net *fn;

	if (event != NETEVENT_NEIGH_UPDATE)
		return NOTIFY_DONE;
	if (n->tbl != &arp_tbl && n->tbl != &nd_tbl)
		return NOTIFY_DONE;

	rcu_read_lock();
	if (vr_port_get_rcu(n->dev)) {
		fn = vr_fib_net_get(dev_net(n->dev));
		if (fn)
			vr_fib_event_neigh(fn, n);
	}
	rcu_read_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block neigh_nb = {
	.notifier_call = neigh_netevent,
};

int vr_neigh_init(void)
{
	return register_netevent_notifier(&neigh_nb);
}

void vr_neigh_exit(void)
{
	unregister_netevent_notifier(&neigh_nb);
}
