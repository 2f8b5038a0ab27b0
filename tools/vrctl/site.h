/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A site: the VRs of a network namespace and what belongs to them, as files
 * describe it (site_read.c, site_write.c) and as it is (site_state.c); what has
 * to be changed for the one to become the other (site_plan.c), and changing it
 * (site_apply.c).
 */
#ifndef SITE_H
#define SITE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "vf_take.h"
#include "vr.h"

#define SITE_DIR "/etc/vrouter"

/**
 * struct site_addr - an address of a netdevice
 * @next: the next one
 * @family: AF_INET or AF_INET6
 * @addr: the address
 * @peer: the other end if @has_peer, else the same
 * @has_peer: it is one of two ends
 * @len: length of the prefix, of @peer's
 * @there: in a site of files: the device has it
 */
struct site_addr {
	struct site_addr *next;
	int family;
	uint8_t addr[16];
	uint8_t peer[16];
	bool has_peer;
	uint8_t len;
	bool there;
};

#define ADDR_TEXT_LEN 128

/**
 * struct site_port - a port of a VR
 * @next: the next one
 * @where: file and line that describe it, or NULL
 * @name: name of the netdevice; of a VF's only if it is known
 * @ifindex: of the netdevice, 0 as long as it is not known
 * @pf: PCI address of the PF if it is a VF, or ""
 * @vf: in the order of vf_take.h, from TAKE_MAC on; what is not given is default
 * @num: number of the VF
 * @direct: past its qdisc
 * @credit: polled as the share of the VR allows
 * @xdp: taken as frames
 * @up: set up
 * @standby: name of the port whose lane it is, or NULL
 * @addrs: its addresses
 */
struct site_port {
	struct site_port *next;
	const char *where;
	const char *name;
	int ifindex;
	const char *pf;
	struct value vf[TAKE_PARAMS];
	uint32_t num;
	bool direct;
	bool credit;
	bool xdp;
	bool up;
	const char *standby;
	struct site_addr *addrs;
};

/**
 * struct site_vr - a VR
 * @next: the next one
 * @where: file and line that describe it, or NULL
 * @name: its name
 * @ifindex: of its netdevice, or 0
 * @table: routing table
 * @knobs: in the order of knobs.c; what is not given is default
 * @up: set up
 * @addrs: addresses of its own
 * @ports: its ports
 */
struct site_vr {
	struct site_vr *next;
	const char *where;
	const char *name;
	int ifindex;
	uint32_t table;
	struct value knobs[VR_KNOBS];
	bool up;
	struct site_addr *addrs;
	struct site_port *ports;
};

/**
 * struct site_num - a number of something: VFs of a PF, the slice of a CPU
 * @next: the next one
 * @where: file and line that describe it, or NULL
 * @name: PCI address of the PF, or NULL
 * @cpu: the CPU, if there is no name
 * @num: how many VFs, or the slice in microseconds
 */
struct site_num {
	struct site_num *next;
	const char *where;
	const char *name;
	uint32_t cpu;
	uint32_t num;
};

struct site_block;

/**
 * struct site - all of it
 * @vrs: VRs
 * @pfs: PFs
 * @cores: CPUs whose slice is not the default
 * @blocks: memory of all this
 */
struct site {
	struct site_vr *vrs;
	struct site_num *pfs;
	struct site_num *cores;
	struct site_block *blocks;
};

/* site_mem.c: memory, which lives as long as the site; it does not fail. */
void *site_alloc(struct site *site, size_t size);
char *site_text(struct site *site, const char *format, ...) __attribute__((format(printf, 2, 3)));
void site_free(struct site *site);
/* Whether a file can have the name of this device. */
bool site_name_fits(const char *name);
struct site_vr *site_find_vr(const struct site *site, const char *name);
/* By PF and number if pf is not "", else by the name of the netdevice. */
struct site_port *site_find_port(const struct site *site, const char *name, const char *pf,
				 uint32_t num, struct site_vr **vr);
struct site_num *site_find_num(struct site_num *list, const char *name, uint32_t cpu);

/* site_addr.c */
bool site_addr_parse(const char *str, struct site_addr *addr);
const char *site_addr_text(const struct site_addr *addr, char *buf, size_t len);
bool site_addr_same(const struct site_addr *a, const struct site_addr *b);
/* All addresses that somebody gave to devices of the namespace; exit codes. */
typedef void (*site_addr_cb)(int ifindex, const struct site_addr *addr, void *data);
int site_addrs_read(site_addr_cb cb, void *data);
int site_addr_add(const char *what, int ifindex, const struct site_addr *addr);

/* site_read.c: adds what a file describes; an exit code after a message. */
int site_read(struct site *site, const char *name, FILE *file);
/* What cannot be said of one line; after the last file. */
int site_check(const struct site *site);

/* site_write.c */
void site_write(const struct site *site, FILE *to);

/* site_state.c: how it is; an exit code after a message. */
int site_state(struct site *site);

/* site_plan.c, site_apply.c */
enum change_kind {
	CHANGE_VR_ADD,
	CHANGE_KNOB,
	CHANGE_PORT,
	CHANGE_DIRECT,
	CHANGE_CREDIT,
	CHANGE_VF_BIND,
	CHANGE_VF_SET,
	CHANGE_UP,
	CHANGE_ADDR,
	CHANGE_STANDBY,
	CHANGE_XDP,
	CHANGE_SLICE,
};

/**
 * struct change - one thing to do
 * @next: the next one
 * @kind: what
 * @vr: of which VR, or NULL
 * @port: of which port, or NULL
 * @knob: number of the knob
 * @addr: the address
 * @core: the CPU
 * @numvfs: VFs to create if there are none, or NULL
 * @what: word for what changes
 * @from: how it is, or NULL if it is not there
 * @to: how it will be
 */
struct change {
	struct change *next;
	enum change_kind kind;
	struct site_vr *vr;
	struct site_port *port;
	unsigned int knob;
	struct site_addr *addr;
	const struct site_num *core;
	const struct site_num *numvfs;
	const char *what;
	const char *from;
	const char *to;
};

/* Changes nothing; memory is the one of want. */
int site_plan(struct site *want, const struct site *is, struct change **changes);
int site_apply(struct change *changes, bool dry);

#endif /* SITE_H */
