// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool -S and -i of a VR.
 */
#include "ethtool.h"

#include <linux/ethtool.h>

#include "vrouter.h"

static const struct {
	const char	*name;
	size_t		offset;
} rows[] = {
#define ROW(field) { #field, offsetof(struct vr_stats, field) }
	ROW(rx_packets),
	ROW(rx_bytes),
	ROW(tx_packets),
	ROW(tx_bytes),
	ROW(passed),
	ROW(pulled),
	ROW(frames),
	ROW(vectors),
	ROW(polls),
#undef ROW
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "vrouter", sizeof(info->driver));
}

static int get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ?
	       ARRAY_SIZE(rows) + VR_DROP_N + VR_PUNT_N : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 sset, u8 *buf)
{
	int i;

	if (sset != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		vr_ethtool_puts(&buf, rows[i].name);
	for (i = 0; i < VR_DROP_N; i++)
		ethtool_sprintf(&buf, "drop_%s", vr_drops[i].name);
	for (i = 0; i < VR_PUNT_N; i++)
		ethtool_sprintf(&buf, "punt_%s", vr_punts[i].name);
}

static void get_stats(struct net_device *dev, struct ethtool_stats *unused,
		      u64 *data)
{
	struct vr_stats stats;
	int i;

	vr_router_stats(netdev_priv(dev), -1, &stats);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		*data++ = *(u64 *)((char *)&stats + rows[i].offset);
	for (i = 0; i < VR_DROP_N; i++)
		*data++ = stats.drop[i];
	for (i = 0; i < VR_PUNT_N; i++)
		*data++ = stats.punt[i];
}

const struct ethtool_ops vr_ethtool_ops = {
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_stats,
};
