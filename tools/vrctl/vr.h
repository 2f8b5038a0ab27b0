/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VR_H
#define VR_H

#include <stdbool.h>
#include <stddef.h>

#include "nl.h"
#include "vrctl.h"

/* clang-format off */
#define VR_NAME(req) {							\
	.word = "name", .value = "NAME", .type = P_DEV, .first = true,	\
	.required = (req),						\
}
/* clang-format on */

/* vr.c: index of a VR by name; an exit code, after a message to stderr. */
int vr_ifindex(const char *name, int *ifindex);
/* Members of a JSON object. */
void vr_json(const struct nl_attrs *vr);
/* Set the CPUs of a VR; as the first. */
int vr_set_cpus(const char *name, const char *cpus);
/* As the commands; val[] is in the order of their parameters. */
int vr_add(const struct value *val);
int vr_set(const struct value *val);
int vr_del(const struct value *val);

/* port.c: make a device a port of the VR of this ifindex, or of none (0). */
int port_set_master(const char *name, int ifindex, int master);
/* name direct credit standby xdp */
int port_set(const struct value *val);
/* Let the port of this ifindex be the lane of another; what: for errors. */
int port_set_standby(const char *what, int ifindex, int standby);
/* What the lane of a port does; "" if it has none. */
const char *lane_state(const struct nl_attrs *port);

/* core.c: cpu slice */
int core_set(const struct value *val);

/*
 * knobs.c: what can be set on a VR.  val[] is in the order of the knobs'
 * parameters, those of vr_object's command set without the name.
 */
#define VR_KNOBS 9

void knobs_put(struct nl_req *req, const struct value *val);
bool knobs_given(const struct value *val);
/* Members of a JSON object, all of them. */
void knobs_json(const struct nl_attrs *vr);
/* As words for set: from knob on, with a blank before each; only what is not default, or all. */
const char *knobs_text(const struct nl_attrs *vr, unsigned int from, bool all, char *buf,
		       size_t len);

/* Of knob number i: its word; values as text, whether they are the same, a default as given. */
const char *knob_word(unsigned int i);
const char *knob_text(unsigned int i, const struct value *val, char *buf, size_t len);
bool knob_same(unsigned int i, const struct value *a, const struct value *b);
void knob_fill(unsigned int i, struct value *val);
/* As they are; given if they are not default. Text is that of the attributes. */
void knobs_get(const struct nl_attrs *vr, struct value *val);

#endif /* VR_H */
