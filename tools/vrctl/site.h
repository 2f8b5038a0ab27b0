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
 * @there: of site_plan(): the device has it, and may keep it
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

#define SITE_HOPS 16

/**
 * struct site_hop - a next hop of a route
 * @via: its address if @has_via
 * @has_via: it has one
 * @onlink: as if it were on the link
 * @dev: name of the device, or NULL if the kernel is to find it
 * @ifindex: that it had when it was read, or 0
 * @weight: of one of several, else 0
 */
struct site_hop {
	uint8_t via[16];
	bool has_via;
	bool onlink;
	const char *dev;
	int ifindex;
	uint32_t weight;
};

/**
 * struct site_route - a static route
 * @next: the next one
 * @where: file and line that describe it, or NULL
 * @table: its routing table
 * @family: AF_INET or AF_INET6
 * @type: RTN_UNICAST or a kind without next hops
 * @proto: who made it
 * @dst: where to
 * @len: length of its prefix
 * @metric: of several to one prefix the least is used
 * @mtu: of the path, or 0
 * @src: address that the host itself sends from if @has_src
 * @has_src: there is one
 * @hops: next hops
 * @n_hops: how many
 * @odd: there is more to it, which cannot be written
 * @raw: as the kernel sent it, a struct rtmsg and attributes; or NULL
 * @raw_len: bytes of @raw
 */
struct site_route {
	struct site_route *next;
	const char *where;
	uint32_t table;
	int family;
	uint8_t type;
	uint8_t proto;
	uint8_t dst[16];
	uint8_t len;
	uint32_t metric;
	uint32_t mtu;
	uint8_t src[16];
	bool has_src;
	struct site_hop *hops;
	unsigned int n_hops;
	bool odd;
	const void *raw;
	size_t raw_len;
};

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
 * @routes: static routes in its table
 * @has_routes: these are all that there should be; else they are others' business
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
	struct site_route *routes;
	bool has_routes;
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
 * @loose: of site_pin(): devices that are no ports, as they are to be again
 * @routes: static routes in tables of no VR here, of site_pin() also others of @loose
 * @blocks: memory of all this
 */
struct site {
	struct site_vr *vrs;
	struct site_num *pfs;
	struct site_num *cores;
	struct site_port *loose;
	struct site_route *routes;
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
/* Of a family: 4 or 16. */
size_t site_addr_bytes(int family);
bool site_addr_parse(const char *str, struct site_addr *addr);
const char *site_addr_text(const struct site_addr *addr, char *buf, size_t len);
bool site_addr_same(const struct site_addr *a, const struct site_addr *b);
/* All addresses that somebody gave to devices of the namespace; exit codes. */
typedef void (*site_addr_cb)(int ifindex, const struct site_addr *addr, void *data);
int site_addrs_read(site_addr_cb cb, void *data);
int site_addr_add(const char *what, int ifindex, const struct site_addr *addr);
int site_addr_del(const char *what, int ifindex, const struct site_addr *addr);
/* Of IPv4 and one subnet: the first is the primary one. */
bool site_addr_same_net(const struct site_addr *a, const struct site_addr *b);

/* site_route.c: if it is none, what is wrong with which word, and where that is. */
bool site_route_parse(struct site *site, const char *str, struct site_route *route, size_t *at,
		      const char **word, const char **why);
const char *site_route_text(struct site *site, const struct site_route *route);
/* For the same packets, so that one can replace the other. */
bool site_route_same_key(const struct site_route *a, const struct site_route *b);
bool site_route_same(const struct site_route *a, const struct site_route *b);

/* site_route_nl.c: static ones of all tables; all of one device; exit codes. */
int site_routes_read(struct site *site, struct site_route **to);
int site_routes_of(struct site *site, int ifindex, struct site_route **to);
int site_route_add(const char *what, const struct site_route *route, bool replace);
int site_route_del(const char *what, const struct site_route *route);

/* site_read.c: adds what a file describes; an exit code after a message. */
int site_read(struct site *site, const char *name, FILE *file);
/* site_check.c: what cannot be said of one line; after the last file. */
int site_check(const struct site *site);

/* site_write.c */
void site_write(const struct site *site, FILE *to);

/* site_state.c: how it is; an exit code after a message. */
int site_state(struct site *site);

/*
 * site_pin.c: what site_state() found, with all that has to be known to get back
 * there from anything that becoming as want says may lead to.
 */
int site_pin(struct site *is, const struct site *want);
/* What a file leaves to the watchdog was one way or the other. */
void site_pin_quarantine(struct site *site);

/* site_plan.c, site_apply.c; in the order in which things are done */
enum change_kind {
	CHANGE_ROUTE_DEL,
	CHANGE_ADDR_DEL,
	CHANGE_PORT_DEL,
	CHANGE_VF_RELEASE,
	CHANGE_VR_DEL,
	CHANGE_NUMVFS,
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
	CHANGE_ROUTE,
};

/**
 * struct change - one thing to do
 * @next: the next one
 * @kind: what
 * @vr: of which VR, or NULL
 * @port: of which port, or NULL
 * @knob: number of the knob
 * @addr: the address
 * @route: the route
 * @core: the CPU
 * @numvfs: VFs to create if there are none, or NULL
 * @what: word for what changes
 * @from: how it is, or NULL if it is not there
 * @to: how it will be, or NULL if it will not be there
 */
struct change {
	struct change *next;
	enum change_kind kind;
	struct site_vr *vr;
	struct site_port *port;
	unsigned int knob;
	const struct site_addr *addr;
	const struct site_route *route;
	const struct site_num *core;
	const struct site_num *numvfs;
	const char *what;
	const char *from;
	const char *to;
};

/* Changes nothing; memory is the one of want. Others than want has are removed, or kept. */
int site_plan(struct site *want, struct site *is, bool keep, struct change **changes);

/**
 * struct site_how - how changes are made
 * @dry: not at all
 * @quiet: they are not printed
 * @rest: one that fails does not end it
 * @stop: ends it if it returns true; may be NULL
 */
struct site_how {
	bool dry;
	bool quiet;
	bool rest;
	bool (*stop)(void);
};

/* The exit code of the first that failed; *failed is that one. */
int site_apply(struct change *changes, const struct site_how *how, struct change **failed);
void site_print_change(const struct change *change, bool applied);
void site_print_rest(const struct change *changes);

/* site.c: the files of a command, by default all of SITE_DIR; how many there were. */
int site_read_files(struct site *site, const struct value *files, unsigned int *n);
/* Whole or not at all. */
int site_write_file(const struct site *site, const char *name);
/* For a file; an exit code after a message if something has a name that cannot be there. */
int site_check_names(const struct site *site);
/* Until the devices are there that a site mentions. */
int site_wait(const struct site *site, unsigned int seconds);

#endif /* SITE_H */
