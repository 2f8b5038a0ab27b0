// SPDX-License-Identifier: GPL-2.0
/* Builds the two routers, equal but for the kind of the master device. */
#include "pktdiff.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct port ports[N_PORTS] = {
	{ "p0", 0, 0, 1500 },	    { "p1", 1, 0, 1500 },	{ "p2", 2, 0, 1500 },
	{ "p3", 3, 0, 1400 },	    { "p4", 4, 0, 9000 },	{ "p5", 5, 0, 9000 },
	{ "p5.100", 5, 100, 9000 }, { "p5.200", 5, 200, 1500 },
};

const char *const phys_name[N_PHYS] = { "h0", "h1", "h2", "h3", "h4", "h5" };

void router_mac(int port, uint8_t *mac)
{
	memcpy(mac, "\x02\x00\x00\x00\x01", 5);
	mac[5] = ports[port].phys;
}

void host_mac(int port, int host, uint8_t *mac)
{
	memcpy(mac, "\x02\x00\x00\x02", 4);
	mac[4] = port;
	mac[5] = host;
}

void host_ip4(int port, int host, uint8_t *ip)
{
	ip[0] = 10;
	ip[1] = 0;
	ip[2] = port;
	ip[3] = host;
}

void host_ip6(int port, int host, uint8_t *ip)
{
	memset(ip, 0, 16);
	ip[0] = 0xfd;
	ip[3] = port;
	ip[15] = host;
}

bool is_router_ip4(const uint8_t *ip)
{
	if (ip[0] == 10 && ip[1] == 0 && ip[2] < N_PORTS && ip[3] == 1)
		return true;
	if (ip[0] == 172 && ip[1] == 16 && ip[2] < N_PORTS && ip[3] == 1)
		return true;
	return ip[0] == 127 || !memcmp(ip, "\x0a\xff\x00\x01", 4);
}

bool is_router_ip6(const uint8_t *ip)
{
	static const uint8_t iid[7] = { 0, 0, 0, 0xff, 0xfe, 0, 1 };
	uint8_t own[16];

	if (ip[0] == 0xfe && ip[1] == 0x80)
		return !memcmp(ip + 8, iid, 7) && ip[15] < N_PHYS;
	for (int k = 0; k < N_PORTS; k++) {
		host_ip6(k, 1, own);
		if (!memcmp(ip, own, 16))
			return true;
	}
	memset(own, 0, 16);
	own[0] = 0xfd;
	own[3] = 0xff;
	own[15] = 1;
	return !memcmp(ip, own, 16);
}

/*
 * Limits that count in time would make the two routers differ by chance. The
 * first two exist in the first namespace only.
 */
void topo_globals(bool set)
{
	ns_sysctl_try(NULL, set ? "-1" : "5120", "ipv4/route/redirect_silence");
	ns_sysctl_try(NULL, set ? "0" : "250", "ipv4/route/error_cost");
	for (int v6 = 0; v6 < 2; v6++) {
		static const char *const value[] = { "128", "512", "1024" };

		for (int i = 3; i > 0; i--) {
			char path[40];

			snprintf(path, sizeof(path), "ipv%d/neigh/default/gc_thresh%d", v6 ? 6 : 4,
				 i);
			ns_sysctl_try(NULL, set ? "65536" : value[i - 1], path);
		}
	}
}

static void set_sysctls(const char *ns)
{
	ns_sysctl(ns, "1", "ipv4/ip_forward");
	ns_sysctl(ns, "0", "ipv4/icmp_ratelimit");
	ns_sysctl(ns, "0", "ipv4/icmp_ratemask");
	ns_sysctl(ns, "0", "ipv6/icmp/ratelimit");
	ns_sysctl(ns, "0", "ipv6/icmp/ratemask");
	ns_sysctl(ns, "0", "ipv6/auto_flowlabels");
	ns_sysctl(ns, "36000", "ipv4/ipfrag_time");
	ns_sysctl(ns, "36000", "ipv6/ip6frag_time");
	for (int i = 0; i < 2; i++) {
		const char *which = i ? "all" : "default";

		ns_sysctl(ns, "0", "ipv4/conf/%s/rp_filter", which);
		ns_sysctl(ns, "0", "ipv4/conf/%s/log_martians", which);
		ns_sysctl(ns, "0", "ipv6/conf/%s/accept_dad", which);
		ns_sysctl(ns, "0", "ipv6/conf/%s/dad_transmits", which);
		ns_sysctl(ns, "0", "ipv6/conf/%s/accept_ra", which);
		ns_sysctl(ns, "0", "ipv6/conf/%s/router_solicitations", which);
		ns_sysctl(ns, "1", "ipv6/conf/%s/forwarding", which);
	}
}

/* Nothing is asked twice and nothing grows old while the test runs. */
static void set_neighbour_times(const char *ns, const char *dev)
{
	static const char *const families[] = { "ipv4", "ipv6" };

	for (int i = 0; i < 2; i++) {
		const char *f = families[i];

		ns_sysctl(ns, "10000", "%s/neigh/%s/retrans_time_ms", f, dev);
		ns_sysctl(ns, "36000000", "%s/neigh/%s/base_reachable_time_ms", f, dev);
		ns_sysctl(ns, "36000", "%s/neigh/%s/delay_first_probe_time", f, dev);
		ns_sysctl(ns, "36000", "%s/neigh/%s/gc_stale_time", f, dev);
		ns_sysctl(ns, "0", "%s/neigh/%s/proxy_delay", f, dev);
		ns_sysctl(ns, "16000000", "%s/neigh/%s/unres_qlen_bytes", f, dev);
	}
}

/* Port 4 gives up on a silent neighbour fast, or in half a minute. */
void topo_impatient(struct dut *d, bool on)
{
	static const char *const families[] = { "ipv4", "ipv6" };

	for (int i = 0; i < 2; i++) {
		const char *f = families[i];

		ns_sysctl(d->router, on ? "100" : "10000", "%s/neigh/p4/retrans_time_ms", f);
		ns_sysctl(d->router, on ? "1" : "3", "%s/neigh/p4/mcast_solicit", f);
	}
}

static void add_devices(struct dut *d, struct text *t)
{
	uint8_t m[6], h[6];

	for (int i = 0; i < N_PHYS; i++) {
		router_mac(i, m);
		host_mac(i, 1, h);
		text_add(t,
			 "link add p%d netns %s address %02x:%02x:%02x:%02x:%02x:%02x mtu %d "
			 "numtxqueues 1 numrxqueues 1 type veth peer name h%d netns %s "
			 "numtxqueues 1 numrxqueues 1 address "
			 "%02x:%02x:%02x:%02x:%02x:%02x mtu %d\n",
			 i, d->router, m[0], m[1], m[2], m[3], m[4], m[5], ports[i].mtu, i,
			 d->hosts, h[0], h[1], h[2], h[3], h[4], h[5], ports[i].mtu);
	}
}

static void add_neighbours(struct text *t, int k)
{
	const char *dev = ports[k].name;

	for (int n = HOST_FIRST; n <= HOST_LAST; n++) {
		text_add(t,
			 "neigh add 10.0.%d.%d lladdr 02:00:00:02:%02x:%02x dev %s nud permanent\n",
			 k, n, k, n, dev);
		text_add(
			t,
			"neigh add fd00:%x::%x lladdr 02:00:00:02:%02x:%02x dev %s nud permanent\n",
			k, n, k, n, dev);
		text_add(t,
			 "neigh add fe80::%x lladdr 02:00:00:02:%02x:%02x dev %s nud permanent\n",
			 n, k, n, dev);
	}
}

/* A VR that takes and sends frames by some of its ports. */
bool topo_has_frames(const char *kind)
{
	return !strcmp(kind, "frames");
}

static void configure(struct dut *d)
{
	const char *type = topo_has_frames(d->kind) ? "vrouter" : d->kind;
	bool plain = !strcmp(d->kind, "plain");
	const char *own = plain ? "lo" : "vr0";
	struct text t = {};

	text_add(&t, "link set lo up\n");
	for (int k = N_PHYS; k < N_PORTS; k++)
		text_add(&t, "link add link p5 name %s mtu %d type vlan id %d\n", ports[k].name,
			 ports[k].mtu, ports[k].vid);
	if (!plain)
		text_add(&t, "link add vr0 type %s table %s\nlink set vr0 up\n", type, d->table);
	for (int k = 0; k < N_PORTS; k++) {
		if (!plain)
			text_add(&t, "link set %s master vr0\n", ports[k].name);
		text_add(&t, "link set %s up\n", ports[k].name);
		text_add(&t, "addr add 10.0.%d.1/24 brd + dev %s\n", k, ports[k].name);
		text_add(&t, "addr add 172.16.%d.1/30 dev %s\n", k, ports[k].name);
		text_add(&t, "addr add fd00:%x::1/64 dev %s nodad\n", k, ports[k].name);
		add_neighbours(&t, k);
	}
	text_add(&t, "addr add 10.255.0.1/32 dev %s\n", own);
	text_add(&t, "addr add fd00:ff::1/128 dev %s nodad\n", own);
	text_add(&t, "route add unreachable default table %s metric 4278198272\n", d->table);
	text_add(&t, "route add unreachable ::/0 table %s metric 4278198272\n", d->table);
	ip_must(d->router, t.buf);
	text_free(&t);

	for (int k = 0; k < N_PORTS; k++)
		set_neighbour_times(d->router, ports[k].name);
	offloads_off(d->router, "p2");
}

__attribute__((format(printf, 1, 2))) static void must(const char *fmt, ...)
{
	char cmd[320];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, args);
	va_end(args);
	if (system(cmd))
		die("'%s' failed", cmd);
}

/*
 * A VR drops what waited for long, as where the machine below takes the CPU away
 * from a test that sends hundreds of packets in one go. A VRF has no such limit.
 */
static void wait_without_limit(const struct dut *d)
{
	must("vrctl -n %s vr set vr0 queue-time 0", d->router);
}

/*
 * p2 stays as it is, and what is too large for XDP. A veth takes frames if its peer has
 * a program, and brings them if the peer leaves nothing to it. Either program ends
 * large segments; so the other router has one, too, that passes everything.
 */
static void frames_on(const struct dut *d)
{
	const char *pass = getenv("PKTDIFF_XDP");

	if (!pass)
		die("PKTDIFF_XDP does not say where the program is");
	for (int i = 0; i < N_PHYS; i++) {
		if (i == 2 || ports[i].mtu > 3000)
			continue;
		must("ip netns exec %s ethtool -K h%d tx off txvlan off tx-vlan-stag-hw-insert off "
		     ">/dev/null",
		     d->hosts, i);
		must("ip -n %s link set h%d xdpdrv obj %s sec xdp", d->hosts, i, pass);
		if (topo_has_frames(d->kind))
			must("vrctl -n %s port set p%d xdp on", d->router, i);
		else
			must("ip -n %s link set p%d xdpdrv obj %s sec xdp", d->router, i, pass);
	}
}

void topo_build(struct dut *d, const char *tag, const char *kind, bool xdp)
{
	struct text t = {};

	snprintf(d->kind, sizeof(d->kind), "%s", kind);
	snprintf(d->table, sizeof(d->table), "%s", strcmp(kind, "plain") ? "10" : "254");
	snprintf(d->router, sizeof(d->router), "vrdiff-%s-r%d", tag, getpid());
	snprintf(d->hosts, sizeof(d->hosts), "vrdiff-%s-h%d", tag, getpid());

	text_add(&t, "netns add %s\nnetns add %s\n", d->router, d->hosts);
	ip_must(NULL, t.buf);
	ns_sysctl(d->hosts, "1", "ipv6/conf/all/disable_ipv6");
	ns_sysctl(d->hosts, "1", "ipv6/conf/default/disable_ipv6");
	set_sysctls(d->router);

	t.len = 0;
	add_devices(d, &t);
	ip_must(NULL, t.buf);
	t.len = 0;
	for (int i = 0; i < N_PHYS; i++)
		text_add(&t, "link set h%d up\n", i);
	ip_must(d->hosts, t.buf);
	text_free(&t);
	configure(d);
	if (!strcmp(kind, "vrouter") || topo_has_frames(kind))
		wait_without_limit(d);
	if (xdp)
		frames_on(d);
}

void topo_remove(struct dut *d)
{
	struct text t = {}, err = {};

	if (!d->router[0])
		return;
	text_add(&t, "netns del %s\nnetns del %s\n", d->router, d->hosts);
	ip_batch(NULL, t.buf, true, &err);
	text_free(&t);
	text_free(&err);
	d->router[0] = 0;
}

/* Settings that the packets then meet; each is undone by the next "base". */
static const struct {
	const char *name;
	struct {
		const char *path;
		const char *value;
		const char *base;
	} set[4];
} variants[] = {
	{ .name = "base" },
	{ "rp-strict", { { "ipv4/conf/all/rp_filter", "1", "0" } } },
	{ "rp-loose", { { "ipv4/conf/all/rp_filter", "2", "0" } } },
	{ "no-forward",
	  { { "ipv4/conf/p1/forwarding", "0", "1" }, { "ipv6/conf/p1/forwarding", "0", "1" } } },
	{ "accept-local",
	  { { "ipv4/conf/all/accept_local", "1", "0" },
	    { "ipv4/conf/all/route_localnet", "1", "0" } } },
	{ "no-redirects",
	  { { "ipv4/conf/all/send_redirects", "0", "1" },
	    { "ipv4/conf/p0/send_redirects", "0", "1" },
	    { "ipv4/conf/p3/send_redirects", "0", "1" } } },
	{ "source-route",
	  { { "ipv4/conf/all/accept_source_route", "0", "1" },
	    { "ipv4/conf/p1/accept_source_route", "0", "1" },
	    { "ipv6/conf/all/accept_source_route", "1", "0" },
	    { "ipv6/conf/p1/accept_source_route", "1", "0" } } },
	{ "l4-hash",
	  { { "ipv4/fib_multipath_hash_policy", "1", "0" },
	    { "ipv6/fib_multipath_hash_policy", "1", "0" } } },
	{ "proxy-arp",
	  { { "ipv4/conf/p1/proxy_arp", "1", "0" }, { "ipv6/conf/p1/proxy_ndp", "1", "0" } } },
};

bool topo_variant_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (!strcmp(variants[i].name, name))
			return true;
	return false;
}

void topo_variant(struct dut *d, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		bool on = !strcmp(variants[i].name, name);

		for (int j = 0; j < 4 && variants[i].set[j].path; j++)
			if (!on)
				ns_sysctl(d->router, variants[i].set[j].base, "%s",
					  variants[i].set[j].path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		for (int j = 0; j < 4 && variants[i].set[j].path; j++)
			if (!strcmp(variants[i].name, name))
				ns_sysctl(d->router, variants[i].set[j].value, "%s",
					  variants[i].set[j].path);
}
