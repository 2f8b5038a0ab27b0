/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "nl.h"
#include "vrctl.h"

/* Parameters of commands that name packets. */
/* clang-format off */
#define FLOW_PARAMS(addr, ...)						\
	{ .word = "src", .value = (addr), .type = P_WORD, __VA_ARGS__ },	\
	{ .word = "dst", .value = (addr), .type = P_WORD, __VA_ARGS__ },	\
	{ .word = "proto", .value = "PROTO", .type = P_WORD },		\
	{ .word = "sport", .value = "N", .type = P_U32, .max = 65535 },	\
	{ .word = "dport", .value = "N", .type = P_U32, .max = 65535 },	\
	{ .word = "dev", .value = "DEV", .type = P_DEV }
/* clang-format on */

/* The values of these, in their order. */
enum {
	FLOW_SRC,
	FLOW_DST,
	FLOW_PROTO,
	FLOW_SPORT,
	FLOW_DPORT,
	FLOW_DEV,
	FLOW_N,
};

/*
 * Put them as a nest of this type.  Addresses may have the length of a prefix if
 * prefixes is set.  An exit code, after a message to stderr.
 */
int flow_put(struct nl_req *req, uint16_t type, const struct value *val, bool prefixes);

/* False if none is given. */
bool flow_proto(const struct value *val, uint8_t *proto);
bool flow_has_ports(uint8_t proto);

#endif /* FLOW_H */
