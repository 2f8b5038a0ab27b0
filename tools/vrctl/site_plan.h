/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SITE_PLAN_H
#define SITE_PLAN_H

#include "site.h"

/* What goes has to go before what it is in the way of; routes come when all else is there. */
enum plan_phase {
	PHASE_ROUTE_DEL,
	PHASE_ADDR_DEL,
	PHASE_DEL,
	PHASE_CHANGE,
	PHASE_ROUTE,
	PHASES,
};

/**
 * struct have - an address that a device has
 * @next: the next one, in the order of the kernel
 * @ifindex: of the device
 * @addr: the address
 */
struct have {
	struct have *next;
	int ifindex;
	struct site_addr addr;
};

/**
 * struct plan - a plan in the making
 * @want: how it is to be
 * @is: how it is
 * @keep: nothing is removed
 * @all: netdevices
 * @have: addresses
 * @last_have: end of these
 * @phase: where changes go
 * @first: changes by phase
 * @last: end of these
 */
struct plan {
	struct site *want;
	struct site *is;
	bool keep;
	struct netdevs all;
	struct have *have;
	struct have **last_have;
	enum plan_phase phase;
	struct change *first[PHASES];
	struct change **last[PHASES];
};

struct change *plan_add(struct plan *p, enum change_kind kind, struct site_vr *vr,
			struct site_port *port, const char *what, const char *from, const char *to);
void plan_up(struct plan *p, struct site_vr *vr, struct site_port *port, bool is, bool want);
/* Whether a device is mentioned as a port: by name, VFs by PF and number. */
struct site_port *plan_wanted(const struct plan *p, const struct site_port *port);

/* site_plan_ip.c: addresses of a device, routes of a VR or of none (NULL) */
int plan_read_addrs(struct plan *p);
void plan_addrs(struct plan *p, struct site_vr *vr, struct site_port *port, int ifindex,
		struct site_addr *want);
void plan_routes(struct plan *p, struct site_vr *vr, const struct site_vr *is);
void plan_loose_routes(struct plan *p);

/* site_plan_del.c: what is there and not wanted; what is to be as it was */
void plan_removals(struct plan *p);
int plan_loose(struct plan *p);

#endif /* SITE_PLAN_H */
