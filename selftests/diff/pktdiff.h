/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pktdiff - send the same packets through two routers and compare every byte
 * that comes out.
 *
 * A device under test (DUT) is a network namespace with a router in it and a
 * second namespace that holds the far ends of its cables:
 *
 *        hosts (AF_PACKET)             router, ports enslaved to vr0
 *      +------------------+          +-------------------------------+
 *      |  h0 -------------+----------+ p0      mtu 1500              |
 *      |  h1 -------------+----------+ p1      mtu 1500, ECMP leg    |
 *      |  h2 -------------+----------+ p2      mtu 1500, ECMP leg,   |
 *      |                  |          |         no offloads           |
 *      |  h3 -------------+----------+ p3      mtu 1400              |
 *      |  h4 -------------+----------+ p4      mtu 9000              |
 *      |  h5 -------------+----------+ p5      mtu 9000              |
 *      |       VLAN 100 - - - - - - -+ p5.100  mtu 9000              |
 *      |       VLAN 200 - - - - - - -+ p5.200  mtu 1500              |
 *      +------------------+          +-------------------------------+
 *
 * Port k has 10.0.k.1/24 and fd00:k::1/64; hosts .2 to .9 behind it are
 * permanent neighbours, .20 never answers, all others are answered for by
 * respond.c with a MAC made from the address.
 */
#ifndef PKTDIFF_H
#define PKTDIFF_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	N_PHYS = 6,  /* cables */
	N_PORTS = 8, /* layer 3 ports of the router */
	N_DUTS = 2,
	FRAME_MAX = 66000,
	BATCH_MAX = 256,
	HOST_FIRST = 2, /* permanent neighbours of every port */
	HOST_LAST = 9,
	HOST_SILENT = 20, /* never answers ARP or ND */
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* rnd.c: seeded random numbers, and byte helpers */
void rnd_seed(uint64_t seed);
uint32_t rnd(uint32_t below);
bool chance(unsigned int percent);
void rnd_bytes(void *p, size_t len);
uint64_t now_ms(void);
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void put16(void *p, uint16_t v);
void put32(void *p, uint32_t v);
uint16_t get16(const void *p);
uint32_t get32(const void *p);
uint32_t csum_add(uint32_t sum, const void *p, size_t len);
uint16_t csum_fold(uint32_t sum);
uint32_t pseudo6(const uint8_t *src, const uint8_t *dst, uint32_t len, uint8_t proto);
uint32_t pseudo4(const uint8_t *src, const uint8_t *dst, uint32_t len, uint8_t proto);

/* netns.c: namespaces, sysctls, ip(8), offloads */
struct dut {
	char kind[16];	 /* vrouter, frames, vrf or plain */
	char router[32]; /* name of the router's namespace */
	char hosts[32];	 /* name of the hosts' namespace */
	char table[8];
	int sock[N_PHYS];
	unsigned long answered; /* ARP and ND requests answered */
	unsigned long lost;	/* frames the capture had to drop */
};

struct text {
	char *buf;
	size_t len;
	size_t room;
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *t);
int ns_enter(const char *name);
void ns_leave(int old);
void ns_sysctl(const char *ns, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ns_sysctl_try(const char *ns, const char *value, const char *path);
int ip_batch(const char *ns, const char *text, bool force, struct text *err);
void ip_must(const char *ns, const char *text);
void offloads_off(const char *ns, const char *dev);
void vectors_on(const char *ns);
unsigned long long ns_counters(const char *ns, const char *dev, const char *prefix,
			       struct text *list);

/* topo.c: the two routers */
struct port {
	const char *name;
	int phys;
	int vid; /* 0: untagged */
	int mtu;
};

extern const struct port ports[N_PORTS];
extern const char *const phys_name[N_PHYS];

bool topo_has_frames(const char *kind);
/* xdp: with programs on its ports */
void topo_build(struct dut *dut, const char *tag, const char *kind, bool xdp);
void topo_remove(struct dut *dut);
void topo_globals(bool set);
void topo_impatient(struct dut *dut, bool on);
void topo_variant(struct dut *dut, const char *variant);
bool topo_variant_known(const char *variant);
void router_mac(int port, uint8_t *mac);
void host_mac(int port, int host, uint8_t *mac);
void host_ip4(int port, int host, uint8_t *ip);
void host_ip6(int port, int host, uint8_t *ip);
bool is_router_ip4(const uint8_t *ip);
bool is_router_ip6(const uint8_t *ip);

/* routes.c: a random routing table that changes under way */
void routes_init(struct text *t);
void routes_mutate(struct text *t, int changes);
void routes_random_ip4(uint8_t *ip);
void routes_random_ip6(uint8_t *ip);
unsigned int routes_count(void);

/* gen*.c: packets */
struct pkt {
	uint32_t id;
	int phys;
	int port;   /* layer 3 port it was aimed at */
	int family; /* 4, 6, or 0 */
	const char *what;
	struct virtio_net_hdr vnet;
	int len;
	uint8_t *data;
};

struct flow {
	int family;
	int port;
	uint8_t src[16];
	uint8_t dst[16];
	uint8_t proto;
	uint16_t sport;
	uint16_t dport;
};

enum { CELL = 8 }; /* payload cell: 'V' 'D' id:32 offset:16 */

void gen_packet(struct pkt *p, uint32_t id);
void gen_copy(struct pkt *to, const struct pkt *from);
void gen_flow(struct flow *f, int family);
int gen_payload_len(int port, int headers);
void fill_payload(uint8_t *p, int len, uint32_t id);
bool find_id(const uint8_t *p, int len, uint32_t *id);
int put_ether(struct pkt *p, uint16_t proto);
int put_l4(struct pkt *p, const struct flow *f, int l3, int at, int payload, bool whole);
void gen_ip4(struct pkt *p);
void gen_ip6(struct pkt *p);
void gen_l2(struct pkt *p);
void gen_udp4(struct pkt *p, int port, const uint8_t *dst, int payload);
void gen_udp6(struct pkt *p, int port, const uint8_t *dst, int payload);
void gen_echo4(struct pkt *p, int port, const uint8_t *dst, uint8_t code);
void ip4_finish(uint8_t *ip);

/* wire.c: sockets, batches and sentinels */
enum {
	SENTINEL_FAST,	 /* forwarded from port 0 to port 1 */
	SENTINEL_SLOW,	 /* answered by the router itself */
	SENTINEL_ROUTE4, /* follows a route that was changed last */
	SENTINEL_ROUTE6,
	N_SENTINELS
};

struct out {
	int phys;
	uint32_t seq;
	bool has_id;
	uint32_t id;
	uint64_t hash;
	uint64_t flow;
	bool slow;		/* its input needs the stack */
	struct virtio_net_hdr vnet;
	int len;
	uint8_t *data;
};

struct outs {
	struct out *v;
	unsigned int n;
	unsigned int room;
	int seen[N_SENTINELS]; /* cable a sentinel came out of, plus one */
};

void wire_open(struct dut *dut);
void wire_close(struct dut *dut);
void wire_send(struct dut *dut, const struct pkt *p);
int wire_drain(struct dut *dut, struct outs *o);
void wire_wait(struct dut *duts, int ms);
void wire_settle(struct dut *duts, struct outs *o);
void wire_sync_routes(struct dut *duts);
void outs_reset(struct outs *o);

/* respond.c: ARP and ND answers of the hosts */
bool respond(struct dut *dut, int phys, const uint8_t *p, int len);
bool is_noise(const uint8_t *p, int len);

/* norm.c: what is random or timed by design is made equal, and counted */
void norm_batch(const struct pkt *in, unsigned int n);
void norm_out(struct out *o);
void norm_print(FILE *f);

/* compare.c */
struct verdict {
	unsigned long batches;
	unsigned long sent;
	unsigned long compared;
	unsigned long differences;
	unsigned long accepted;
};

extern struct verdict verdict;
extern int show_max;

unsigned int compare(const struct pkt *in, unsigned int n, struct outs *a, struct outs *b,
		     bool report);
void compare_print(FILE *f);

/* decode.c */
void decode(FILE *f, const uint8_t *p, int len);
void hexdump(FILE *f, const uint8_t *p, int len);

/* scene.c: what needs its own sequence of events */
unsigned int scene_unresolved(struct dut *duts);
unsigned int scene_reroute(struct dut *duts);
unsigned int scene_port_flap(struct dut *duts);

/* pktdiff.c */
extern struct dut duts[N_DUTS];
extern uint64_t opt_seed;
extern bool opt_verbose;

void config_both(const char *text, const char *what);
unsigned int run_batch(struct pkt *pkts, unsigned int n);
uint32_t next_id(void);

#endif /* PKTDIFF_H */
