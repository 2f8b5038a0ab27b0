/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels this builds for: Debian's 6.1 and 6.12
 * and what lies between.  Force-included by Kbuild; nothing else tests
 * versions.
 */
#ifndef _VR_COMPAT_H
#define _VR_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "vrouter needs Linux 6.1 or later"
#endif

/*
 * Generic netlink before 6.2 has one struct genl_ops per command and not one
 * per command and mode.  The generated table of the latter compiles with
 * these and is folded by vr_genl_register(), see compat_genl.h.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VR_GENL_FOLD_OPS
#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops
#endif

/* Before 6.6 a dump's attributes are not in a struct genl_info. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define vr_genl_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define vr_genl_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

/* A lockless transmit is a feature bit before 6.12. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define vr_dev_set_lltx(dev)	((dev)->features |= NETIF_F_LLTX)
#else
#define vr_dev_set_lltx(dev)	((dev)->lltx = true)
#endif

/* Routing by DSCP and not by TOS since 6.12. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define VR_DSCP_MASK	IPTOS_RT_MASK
#else
#define VR_DSCP_MASK	INET_DSCP_MASK
#endif

/* __assign_str() knows the source by itself since 6.10. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define vr_assign_str(dst, src)	__assign_str(dst, src)
#else
#define vr_assign_str(dst, src)	__assign_str(dst)
#endif

/* ethtool_puts() came with 6.8. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define vr_ethtool_puts(buf, text)	ethtool_sprintf(buf, "%s", text)
#else
#define vr_ethtool_puts(buf, text)	ethtool_puts(buf, text)
#endif

/* The mark that ifb uses to enter the receive path behind taps and tc. */
#if defined(CONFIG_NET_XGRESS) || defined(CONFIG_NET_CLS_ACT)
#define vr_skb_skip_classify(skb)	((skb)->tc_skip_classify = 1)
#else
#define vr_skb_skip_classify(skb)	do { } while (0)
#endif

/* A netdevice for NAPIs that have none: embedded only, before 6.10. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define vr_dummy_alloc()						\
({									\
	struct net_device *_dev = kzalloc(sizeof(*_dev), GFP_KERNEL);	\
									\
	if (_dev)							\
		init_dummy_netdev(_dev);				\
	_dev;								\
})
#define vr_dummy_free(dev)	kfree(dev)
#else
#define vr_dummy_alloc()	alloc_netdev_dummy(0)
#define vr_dummy_free(dev)	free_netdev(dev)
#endif

/* skb_gso_validate_network_len() moved out of skbuff.h in 6.6. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define VR_HAVE_NET_GSO_H
#endif

/* Whose interrupts are deferred is a device's until 6.12, and a NAPI's later. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0) && \
	defined(CONFIG_NET_RX_BUSY_POLL)
#define VR_HAVE_DEFER
#endif

/* How fast vr_cycles() counts; get_cycles() is 0 under UML. */
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#define VR_HAVE_TSC
#define vr_cycles_khz()	(tsc_khz ? : 1000000)
#else
#define vr_cycles_khz()	1000000
#endif

/* hrtimer_setup() came with 6.13. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define vr_hrtimer_setup(timer, func, clock, mode)	\
	do {						\
		hrtimer_init(timer, clock, mode);	\
		(timer)->function = func;		\
	} while (0)
#else
#define vr_hrtimer_setup	hrtimer_setup
#endif

/* The multipath hash has a seed of its own in each namespace since 6.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define fib_multipath_hash_from_keys(net, keys)	\
	((void)(net), flow_hash_from_keys(keys))
#endif

/* What the stack sends by a device can be taken from it; since 5.16. */
#ifdef CONFIG_NETFILTER_EGRESS
#define VR_HAVE_EGRESS_HOOK
#endif

/* Whether IPv6 gives a device addresses by itself. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define vr_dev_set_addrconf(dev, on)					\
	((dev)->flags = (on) ? (dev)->flags & ~IFF_SLAVE :		\
			       (dev)->flags | IFF_SLAVE)
#else
#define vr_dev_set_addrconf(dev, on)					\
	((dev)->priv_flags = (on) ? (dev)->priv_flags & ~IFF_NO_ADDRCONF : \
				    (dev)->priv_flags | IFF_NO_ADDRCONF)
#endif

/* What a device can do with frames it says since 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vr_dev_set_xdp_xmit(dev)	do { } while (0)
#define vr_dev_takes_frames(dev)	((dev)->netdev_ops->ndo_xdp_xmit)
#else
#define vr_dev_set_xdp_xmit(dev)					\
	((dev)->xdp_features = NETDEV_XDP_ACT_NDO_XMIT)
#define vr_dev_takes_frames(dev)					\
	(READ_ONCE((dev)->xdp_features) & NETDEV_XDP_ACT_NDO_XMIT)
#endif

/* A NAPI that is scheduled knows on which CPU since 6.4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define vr_napi_is_here(napi)	true
#else
#define vr_napi_is_here(napi)						\
	(READ_ONCE((napi)->list_owner) == smp_processor_id())
#endif

/* Filters of tc and netfilter between a driver and the rx_handler, and behind. */
#ifdef CONFIG_NET_XGRESS
#define VR_TC_FILTER(dev, side)	rcu_access_pointer((dev)->tcx_##side)
#elif defined(CONFIG_NET_CLS_ACT)
#define VR_TC_FILTER(dev, side)	rcu_access_pointer((dev)->miniq_##side)
#else
#define VR_TC_FILTER(dev, side)	false
#endif
#ifdef CONFIG_NETFILTER_INGRESS
#define VR_NF_INGRESS(dev)	rcu_access_pointer((dev)->nf_hooks_ingress)
#else
#define VR_NF_INGRESS(dev)	false
#endif
#ifdef CONFIG_NETFILTER_EGRESS
#define VR_NF_EGRESS(dev)	rcu_access_pointer((dev)->nf_hooks_egress)
#else
#define VR_NF_EGRESS(dev)	false
#endif
#define vr_dev_has_ingress_filter(dev)					\
	(VR_TC_FILTER(dev, ingress) || VR_NF_INGRESS(dev))
#define vr_dev_has_egress_filter(dev)					\
	(VR_TC_FILTER(dev, egress) || VR_NF_EGRESS(dev))

#endif /* _VR_COMPAT_H */
