/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ETHTOOL_H
#define ETHTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a netdevice of this network namespace; false if the driver does not tell. */

/* Mbit/s that the link runs at, and the most of the modes that it supports. */
bool ethtool_speed(const char *dev, uint32_t *now, uint32_t *most);
/* Packets that its receive rings hold, and the most that they could. */
bool ethtool_ring(const char *dev, uint32_t *now, uint32_t *most);
/* Call for each counter of the driver. */
bool ethtool_stats(const char *dev, void (*each)(const char *name, uint64_t val, void *data),
		   void *data);

#endif /* ETHTOOL_H */
