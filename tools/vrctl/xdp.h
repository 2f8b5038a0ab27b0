/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_H
#define XDP_H

#include <stdbool.h>

/* How a port's packets come. */
enum xdp_mode {
	XDP_MODE_OFF,  /* as sk_buffs */
	XDP_MODE_ON,   /* as frames; if its driver has no XDP, dropped early at least */
	XDP_MODE_AUTO, /* as frames if its driver has XDP, else off */
};

/* The word as a mode; false if it is none. */
bool xdp_mode_parse(const char *str, enum xdp_mode *mode);
/* Set it; *was, if any, is how it was.  An exit code, after a message to stderr. */
int xdp_set(const char *name, enum xdp_mode mode, enum xdp_mode *was);

#endif
