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

#endif /* INCIDENT_H */
