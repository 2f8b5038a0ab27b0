/* SPDX-License-Identifier: GPL-2.0 */
#ifndef INCIDENT_H
#define INCIDENT_H

#include "nl.h"

/* What kind it is, as a word. */
const char *incident_kind(const struct nl_attrs *in);
/* Members of a JSON object. */
void incident_json(const struct nl_attrs *in);
/* What happened, in a line, and the packet in a second one. */
void incident_text(const struct nl_attrs *in);

/* The first bytes of a packet, as members of a JSON object, or as text. */
void header_json(const struct nlattr *attr);
const char *header_text(const struct nlattr *attr, char *buf, size_t len);
/* Nanoseconds since the epoch. */
void realtime_put(uint64_t ns);

#endif /* INCIDENT_H */
