/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that vrsim is built for (6.1 to 6.12). The
 * VRSIM_HAVE_ conditions are probed by Kbuild.
 */
#ifndef VRSIM_COMPAT_H
#define VRSIM_COMPAT_H

#include <linux/netdevice.h>
#include <net/xdp.h>

#ifdef VRSIM_HAVE_POOL_HELPERS
#include <net/page_pool/helpers.h>

static inline void vrsim_pool_napi(struct page_pool_params *params,
				   struct napi_struct *napi)
{
	params->napi = napi;
}
#else
#include <net/page_pool.h>

static inline void vrsim_pool_napi(struct page_pool_params *params,
				   struct napi_struct *napi)
{
}
#endif

#ifdef VRSIM_HAVE_XDP_FEATURES
static inline void vrsim_announce_xdp(struct net_device *dev)
{
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			    NETDEV_XDP_ACT_NDO_XMIT;
}
#else
static inline void vrsim_announce_xdp(struct net_device *dev)
{
}
#endif

#endif /* VRSIM_COMPAT_H */
