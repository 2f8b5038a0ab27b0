/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vf.h"

/* What is wrong: traffic is lost or goes astray, or it costs more than it must. */
enum severity {
	WARNING,
	BAD,
};

/**
 * struct doc_vr - a VR of this network namespace
 * @ifindex: of its netdevice
 * @name: of its netdevice
 * @cpus: its list of CPUs
 * @quarantine: shut off
 */
struct doc_vr {
	int ifindex;
	char name[IFNAMSIZ];
	char cpus[1024];
	bool quarantine;
};

/**
 * struct doc_link - a netdevice of this network namespace
 * @ifindex: its number
 * @name: its name
 * @master: ifindex of the device that it is enslaved to, or 0
 * @below: ifindex of the device that it is on, as a VLAN is, or 0
 * @mtu: longest packet
 * @promiscuity: who wants all packets
 * @up: set up
 * @vlan: it is a VLAN
 * @credit: the VR of this port takes packets from it with credit
 * @rx: packets received
 * @lost: packets lost as its rings were full, as the kernel counts
 * @vr: the VR that it is a port of, or NULL
 * @dev: the same in netdevs
 */
struct doc_link {
	int ifindex;
	char name[IFNAMSIZ];
	int master;
	int below;
	uint32_t mtu;
	uint32_t promiscuity;
	bool up;
	bool vlan;
	bool credit;
	uint64_t rx;
	uint64_t lost;
	const struct doc_vr *vr;
	const struct netdev *dev;
};

/**
 * struct finding - something is wrong
 * @check: the check that found it
 * @subject: the netdevice it is about; "" if it is about all
 * @ifindex: of @subject, or 0
 * @text: what it is, with evidence
 * @fix: the command that mends it
 */
struct finding {
	const struct check *check;
	char subject[IFNAMSIZ];
	int ifindex;
	char text[384];
	char fix[384];
};

/**
 * struct doctor - all that checks look at, and what they found
 * @all: netdevices, and what they belong to
 * @pfs: PFs with VFs, pointing into @all
 * @n_pfs: how many
 * @vrs: VRs
 * @n_vrs: how many
 * @links: netdevices again, with what only checks want
 * @n_links: how many
 * @found: what is wrong
 * @n_found: how many
 */
struct doctor {
	struct netdevs all;
	struct pf *pfs;
	size_t n_pfs;
	struct doc_vr *vrs;
	size_t n_vrs;
	struct doc_link *links;
	size_t n_links;
	struct finding *found;
	size_t n_found;
};

/**
 * struct check - a thing to look at
 * @name: its word
 * @help: what it finds
 * @severity: how bad that is
 * @run: looks, and calls found()
 * @vf: what it finds may concern a VF
 */
struct check {
	const char *name;
	const char *help;
	enum severity severity;
	void (*run)(struct doctor *doc, const struct check *check);
	bool vf;
};

/* doctor_find.c: run these checks, all of them or the one of a name; exit codes */
extern const struct check checks[];
int doctor_run(struct doctor *doc, const char *only);
/* Those that VFs and their PFs may fail; there need be no VR, nor the module. */
int doctor_run_vfs(struct doctor *doc);
void doctor_free(struct doctor *doc);
/* Something is wrong; fmt is what, fix follows by set_fix(). */
struct finding *found(struct doctor *doc, const struct check *check, const char *subject,
		      int ifindex, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void set_fix(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* doctor_read.c: all there is, or all but VRs and what they know; an exit code */
int doctor_read(struct doctor *doc, bool vrs);
const struct doc_link *doc_link(const struct doctor *doc, int ifindex);
/* The VF that a netdevice is, and its PF; NULL if it is none. */
const struct vf *doc_vf(const struct doctor *doc, int ifindex, const struct pf **pf);

/* doctor.c */
void finding_text(const struct finding *f);
/* Members of a JSON object. */
void finding_json(const struct finding *f);

/* doctor_link.c, doctor_vf.c, doctor_vr.c: checks */
void check_down(struct doctor *doc, const struct check *check);
void check_mtu(struct doctor *doc, const struct check *check);
void check_numa(struct doctor *doc, const struct check *check);
void check_ring(struct doctor *doc, const struct check *check);
void check_speed(struct doctor *doc, const struct check *check);
void check_iommu(struct doctor *doc, const struct check *check);
void check_trust(struct doctor *doc, const struct check *check);
void check_vf_speed(struct doctor *doc, const struct check *check);
void check_quarantine(struct doctor *doc, const struct check *check);
void check_rules(struct doctor *doc, const struct check *check);

#endif /* DOCTOR_H */
