// SPDX-License-Identifier: GPL-2.0
/* What drivers tell by way of ethtool. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ethtool.h"
#include "vrctl.h"

#define MAX_WORDS 127 /* of a mask of link modes, as the kernel counts them */

static bool ask(const char *dev, void *cmd)
{
	struct ifreq ifr = { .ifr_data = cmd };
	bool good;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	good = !ioctl(fd, SIOCETHTOOL, &ifr);
	close(fd);
	return good;
}

/* clang-format off */
/* Link modes of copper and of backplanes; others are not negotiated down. */
static const struct {
	unsigned int bit;
	uint32_t mbit;
} modes[] = {
	{ ETHTOOL_LINK_MODE_10baseT_Full_BIT,		10 },
	{ ETHTOOL_LINK_MODE_100baseT_Full_BIT,		100 },
	{ ETHTOOL_LINK_MODE_1000baseT_Full_BIT,		1000 },
	{ ETHTOOL_LINK_MODE_2500baseT_Full_BIT,		2500 },
	{ ETHTOOL_LINK_MODE_5000baseT_Full_BIT,		5000 },
	{ ETHTOOL_LINK_MODE_10000baseT_Full_BIT,	10000 },
	{ ETHTOOL_LINK_MODE_10000baseKR_Full_BIT,	10000 },
	{ ETHTOOL_LINK_MODE_25000baseCR_Full_BIT,	25000 },
	{ ETHTOOL_LINK_MODE_25000baseKR_Full_BIT,	25000 },
	{ ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT,	40000 },
	{ ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT,	40000 },
	{ ETHTOOL_LINK_MODE_50000baseCR_Full_BIT,	50000 },
	{ ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT,	100000 },
	{ ETHTOOL_LINK_MODE_100000baseCR2_Full_BIT,	100000 },
	{ ETHTOOL_LINK_MODE_200000baseCR4_Full_BIT,	200000 },
};
/* clang-format on */

bool ethtool_speed(const char *dev, uint32_t *now, uint32_t *most)
{
	struct {
		struct ethtool_link_settings set;
		uint32_t masks[3 * MAX_WORDS];
	} cmd = { .set.cmd = ETHTOOL_GLINKSETTINGS };
	size_t i;

	/* The first answer is how many words a mask has, negative. */
	if (!ask(dev, &cmd) || cmd.set.link_mode_masks_nwords >= 0)
		return false;
	cmd.set.link_mode_masks_nwords = -cmd.set.link_mode_masks_nwords;
	if (!ask(dev, &cmd) || cmd.set.link_mode_masks_nwords <= 0 || !cmd.set.speed ||
	    cmd.set.speed == (uint32_t)SPEED_UNKNOWN)
		return false;
	*now = cmd.set.speed;
	*most = *now;
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if ((int)(modes[i].bit / 32) < cmd.set.link_mode_masks_nwords &&
		    (cmd.masks[modes[i].bit / 32] & (1U << modes[i].bit % 32)) &&
		    modes[i].mbit > *most)
			*most = modes[i].mbit;
	return true;
}

bool ethtool_ring(const char *dev, uint32_t *now, uint32_t *most)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	if (!ask(dev, &ring) || !ring.rx_pending)
		return false;
	*now = ring.rx_pending;
	*most = ring.rx_max_pending;
	return true;
}

static unsigned int count_stats(const char *dev)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} cmd = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS } };

	return ask(dev, &cmd) && cmd.info.sset_mask ? cmd.n : 0;
}

bool ethtool_stats(const char *dev, void (*each)(const char *name, uint64_t val, void *data),
		   void *data)
{
	unsigned int i, n = count_stats(dev);
	struct ethtool_gstrings *names;
	char name[ETH_GSTRING_LEN + 1];
	struct ethtool_stats *stats;
	bool good;

	names = calloc(1, sizeof(*names) + n * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + n * sizeof(stats->data[0]));
	good = n && names && stats;
	if (good) {
		names->cmd = ETHTOOL_GSTRINGS;
		names->string_set = ETH_SS_STATS;
		names->len = n;
		stats->cmd = ETHTOOL_GSTATS;
		stats->n_stats = n;
		good = ask(dev, names) && ask(dev, stats) && names->len == n && stats->n_stats == n;
	}
	for (i = 0; good && i < n; i++) {
		memcpy(name, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		name[ETH_GSTRING_LEN] = '\0';
		each(name, stats->data[i], data);
	}
	free(names);
	free(stats);
	return good;
}
