/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "nl.h"

/*
 * Of a packet, the nodes that it went through, which are attributes of this type, and
 * what became of it.  In JSON they are members of an object.
 */
void hops_json(const struct nl_attrs *row, uint16_t type, bool costs);
void hops_text(const struct nl_attrs *row, uint16_t type);
/* Their names alone. */
void hops_line(const struct nl_attrs *row, uint16_t type);
void verdict_json(const struct nlattr *verdict, const struct nlattr *reason);
void verdict_text(const struct nlattr *verdict, const struct nlattr *reason);

#endif /* VERDICT_H */
