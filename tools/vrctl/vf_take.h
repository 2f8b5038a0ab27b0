/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VF_TAKE_H
#define VF_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "vf.h"

/* Order of the parameters of every command that takes a VF; others are its own. */
enum {
	TAKE_FOR,
	TAKE_PF,
	TAKE_VF,
	TAKE_MAC,
	TAKE_VLAN,
	TAKE_TRUST,
	TAKE_SPOOFCHK,
	TAKE_MAX_RATE,
	TAKE_NUMVFS,
	TAKE_PARAMS,
};

/**
 * struct vf_take - a VF on its way to somebody
 * @val: what is wanted
 * @again: ifindex of a VR that may have the VF already, then what differs is changed; or 0
 * @all: netdevices, as they were read last
 * @pf: the PF, as it was read last
 * @num: number of the VF
 * @vf: the VF, in @pf; NULL if it is not there
 * @twin: ifindex of the netdevice whose address it is to have, or 0
 * @mac: address that it is to have
 * @what: the VF, and the step that is under way, for messages
 * @before: what the PF said of the VF before
 * @autoprobe: whether new VFs got drivers before
 * @probe_off: undo: new VFs get none now
 * @created: undo: VFs were created
 * @pf_up: undo: the PF was set up
 * @unbound: undo: the VF was taken from its driver
 * @set: undo: bit of each IFLA_VF_* that was set
 * @probed: undo: the VF was given to a driver
 */
struct vf_take {
	const struct value *val;
	int again;
	struct netdevs all;
	struct pf pf;
	unsigned int num;
	const struct vf *vf;
	int twin;
	uint8_t mac[MAC_LEN];
	char what[96];
	struct vf_info before;
	char autoprobe[8];
	bool probe_off;
	bool created;
	bool pf_up;
	bool unbound;
	uint32_t set;
	bool probed;
};

/**
 * struct vf_taker - who takes it
 * @check: more to check before anything is changed; may be NULL
 * @give: it takes the VF, which is set at the PF and may have no driver
 * @undo: the opposite, as far as it went
 * @report: what was done
 */
struct vf_taker {
	int (*check)(struct vf_take *t);
	int (*give)(struct vf_take *t);
	void (*undo)(struct vf_take *t);
	void (*report)(const struct vf_take *t);
};

/* Exit codes, after a message to stderr. */
int vf_take(struct vf_take *t, const struct vf_taker *taker);
int take_refuse(const struct vf_take *t, const char *why);
int take_failed(const struct vf_take *t, const char *step, const char *why);
const char *take_step(struct vf_take *t, const char *step);
/* Anew, as something was changed. */
int take_read(struct vf_take *t);
/* The driver that makes its netdevice, which has the address then. */
int take_start_driver(struct vf_take *t);
/* Let drivers have a look; load what there is for it if none takes it. */
int take_probe(struct vf_take *t, bool load);
/* Drivers put new devices into the initial network namespace. */
bool in_other_netns(void);

#endif /* VF_TAKE_H */
