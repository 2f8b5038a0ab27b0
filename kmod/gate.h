/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gates: what in a namespace makes the fast path stand back for a whole
 * family, because only the stack does it.  Read once per vector.
 */
#ifndef _VR_GATE_H
#define _VR_GATE_H

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/addrconf.h>
#include <net/net_namespace.h>
#include <net/xfrm.h>

#include "fib.h"
#include "stats.h"

#ifdef CONFIG_NETFILTER
/*
 * AppArmor, on by default on Debian, has a hook in every namespace, which lets
 * pass what no local socket has sent.  It is known by its place; a chain of
 * nftables at the same priority has a type, a table of iptables a priv.
 */
static inline bool vr_gate_harmless(const struct nf_hook_ops *ops)
{
	return ops->priority == NF_IP_PRI_SELINUX_FIRST && !ops->priv &&
	       ops->hook_ops_type == NF_HOOK_OP_UNDEFINED;
}

/* RCU */
static inline bool vr_gate_hooks(struct nf_hook_entries __rcu * const *hooks)
{
	struct nf_hook_entries *post;
	struct nf_hook_ops **ops;
	unsigned int i;

	if (rcu_access_pointer(hooks[NF_INET_PRE_ROUTING]) ||
	    rcu_access_pointer(hooks[NF_INET_FORWARD]))
		return true;
	post = rcu_dereference(hooks[NF_INET_POST_ROUTING]);
	if (!post)
		return false;
	ops = nf_hook_entries_get_hook_ops(post);
	for (i = 0; i < post->num_hook_entries; i++)
		if (!vr_gate_harmless(READ_ONCE(ops[i])))
			return true;
	return false;
}
#endif

static inline bool vr_gate_xfrm(const struct net *net)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_FWD]) ||
	       READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) ||
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_FWD]) ==
			XFRM_USERPOLICY_BLOCK ||
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_OUT]) ==
			XFRM_USERPOLICY_BLOCK;
#else
	return false;
#endif
}

/* 1 + enum vr_punt if IPv4 must go to the stack; softirq, RCU */
static inline u8 vr_gate4(const struct net *net, const struct vr_fib *fib)
{
	if (!vr_fib_ready(fib, AF_INET))
		return 1 + (vr_fib_policy(fib, AF_INET) ? VR_PUNT_POLICY :
							  VR_PUNT_SYNCING);
	if (vr_gate_xfrm(net) ||
	    READ_ONCE(net->ipv4.sysctl_ip_fwd_use_pmtu))
		return 1 + VR_PUNT_POLICY;
#ifdef CONFIG_NETFILTER
	if (vr_gate_hooks(net->nf.hooks_ipv4))
		return 1 + VR_PUNT_POLICY;
#endif
	return 0;
}

/* as vr_gate4() for IPv6 */
static inline u8 vr_gate6(const struct net *net, const struct vr_fib *fib)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (!vr_fib_ready(fib, AF_INET6))
		return 1 + (vr_fib_policy(fib, AF_INET6) ? VR_PUNT_POLICY :
							   VR_PUNT_SYNCING);
	if (!READ_ONCE(net->ipv6.devconf_all->forwarding))
		return 1 + VR_PUNT_FORWARDING;
	if (vr_gate_xfrm(net) ||
	    READ_ONCE(net->ipv6.devconf_all->proxy_ndp))
		return 1 + VR_PUNT_POLICY;
#ifdef CONFIG_NETFILTER
	if (vr_gate_hooks(net->nf.hooks_ipv6))
		return 1 + VR_PUNT_POLICY;
#endif
	return 0;
#else
	return 1 + VR_PUNT_FORWARDING;
#endif
}

#endif /* _VR_GATE_H */
