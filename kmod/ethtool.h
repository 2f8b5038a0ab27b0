/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VR_ETHTOOL_H
#define _VR_ETHTOOL_H

#include <linux/ethtool.h>

extern const struct ethtool_ops vr_ethtool_ops;

#endif /* _VR_ETHTOOL_H */
