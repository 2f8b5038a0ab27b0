/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>
#include <stdint.h>

/*
 * A line on a packet from the first bytes of it, from the network header on, as
 * "tcpdump -n" would print it; what is cut off is left out.
 */
const char *packet_text(const uint8_t *data, size_t len, char *buf, size_t room);

#endif /* PACKET_H */
