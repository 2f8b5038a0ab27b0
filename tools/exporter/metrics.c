// SPDX-License-Identifier: GPL-2.0
/* The metrics: what they are called, what they mean, where they come from. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vrouter.h>

#include "../vrctl/nl.h"
#include "../vrctl/sample.h"
#include "../vrctl/vrctl.h"
#include "metrics.h"

#define LABEL_LEN 320

/* How a member of a structure is told. */
enum kind {
	KIND_U32,
	KIND_U64,
	KIND_BOOL,
	KIND_NS,
};

struct metric {
	const char *name;
	const char *type;
	const char *unit;
	const char *help;
	enum kind kind;
	size_t at;
};

#define COUNTER "counter"
#define GAUGE	"gauge"

/* clang-format off */
#define VR(member) offsetof(struct vr_sample, member)

/*
 * The entitlement is a gauge, as it may fall: a VR that no longer has packets
 * waiting is not entitled to more than it used. rate() would take that for a
 * restart; delta() is right.
 */
static const struct metric vr_metrics[] = {
	{ "vrouter_vr_weight", GAUGE, NULL, "Weight, relative to that of other VRs.", KIND_U32, VR(weight) },
	{ "vrouter_vr_ports", GAUGE, NULL, "Number of ports.", KIND_U32, VR(ports) },
	{ "vrouter_vr_quarantined", GAUGE, NULL, "1 if the VR is shut off: its packets are dropped.", KIND_BOOL, VR(quarantine) },
	{ "vrouter_vr_cpu_used_seconds", COUNTER, "seconds", "CPU time that was billed to the VR.", KIND_NS, VR(used) },
	{ "vrouter_vr_cpu_entitled_seconds", GAUGE, "seconds", "CPU time that the VR should have had, the smaller of its demand and its share; with delta(), not rate().", KIND_NS, VR(entitled) },
	{ "vrouter_vr_cpu_lag_seconds", GAUGE, "seconds", "CPU time that the VR is short of now, negative if ahead.", KIND_NS, VR(lag) },
	{ "vrouter_vr_receive_packets", COUNTER, NULL, "Packets taken from ports into the fast path.", KIND_U64, VR(rx) },
	{ "vrouter_vr_receive_bytes", COUNTER, "bytes", "Their bytes from the network header on.", KIND_U64, VR(rx_bytes) },
	{ "vrouter_vr_transmit_packets", COUNTER, NULL, "Packets handed to ports to be sent.", KIND_U64, VR(tx) },
	{ "vrouter_vr_transmit_bytes", COUNTER, "bytes", "Their bytes from the network header on.", KIND_U64, VR(tx_bytes) },
	{ "vrouter_vr_passed_packets", COUNTER, NULL, "Packets left to the stack on arrival.", KIND_U64, VR(passed) },
	{ "vrouter_vr_queue_packets", GAUGE, NULL, "Packets that wait.", KIND_U32, VR(qlen) },
	{ "vrouter_vr_queue_limit_packets", GAUGE, NULL, "Packets that may wait now.", KIND_U32, VR(qlimit) },
	{ "vrouter_vr_strikes", COUNTER, NULL, "Vectors of packets that took longer than the limit.", KIND_U32, VR(strikes) },
	{ "vrouter_vr_mirror_ready", GAUGE, NULL, "1 if the VR's routes are in step with its table; else the stack forwards.", KIND_BOOL, VR(ready) },
	{ "vrouter_vr_failed_routes", GAUGE, NULL, "Routes that could not be held; the stack forwards by them.", KIND_U32, VR(failed) },
};

struct port {
	char labels[LABEL_LEN + TEXT_PIECE];
	size_t len;
	uint64_t rx, rx_bytes, rx_dropped, tx, tx_bytes, tx_dropped;
};

#define PORT(member) offsetof(struct port, member)

static const struct metric port_metrics[] = {
	{ "vrouter_port_receive_packets", COUNTER, NULL, "Packets taken into the VR.", KIND_U64, PORT(rx) },
	{ "vrouter_port_receive_bytes", COUNTER, "bytes", "Their bytes from the network header on.", KIND_U64, PORT(rx_bytes) },
	{ "vrouter_port_receive_dropped_packets", COUNTER, NULL, "Packets that came in here and were dropped by the VR.", KIND_U64, PORT(rx_dropped) },
	{ "vrouter_port_transmit_packets", COUNTER, NULL, "Packets forwarded out of the port.", KIND_U64, PORT(tx) },
	{ "vrouter_port_transmit_bytes", COUNTER, "bytes", "Their bytes from the network header on.", KIND_U64, PORT(tx_bytes) },
	{ "vrouter_port_transmit_dropped_packets", COUNTER, NULL, "Packets that the driver or the qdisc refused.", KIND_U64, PORT(tx_dropped) },
};

#define CORE(member) offsetof(struct core_sample, member)

static const struct metric core_metrics[] = {
	{ "vrouter_cpu_busy_seconds", COUNTER, "seconds", "Time in polls of the scheduler and in taking packets in.", KIND_NS, CORE(time.busy) },
	{ "vrouter_cpu_billed_seconds", COUNTER, "seconds", "Of it, what was billed to VRs.", KIND_NS, CORE(time.billed) },
	{ "vrouter_cpu_ingress_seconds", COUNTER, "seconds", "Of it, taking packets in.", KIND_NS, CORE(time.ingress) },
	{ "vrouter_cpu_outside_seconds", COUNTER, "seconds", "Time not in polls though VRs had work, taking packets in included.", KIND_NS, CORE(time.outside) },
	{ "vrouter_cpu_lag_max_seconds", GAUGE, "seconds", "Largest distance of a VR from its entitlement ever.", KIND_NS, CORE(lag_max) },
	{ "vrouter_cpu_lag_bound_seconds", GAUGE, "seconds", "What no distance could exceed then.", KIND_NS, CORE(bound) },
	{ "vrouter_cpu_queues", GAUGE, NULL, "VRs with work now.", KIND_U32, CORE(queues) },
};

#define SHARE(member) offsetof(struct cpu_share, member)

static const struct metric share_metrics[] = {
	{ "vrouter_vr_by_cpu_used_seconds", COUNTER, "seconds", "CPU time of this CPU that was billed to the VR.", KIND_NS, SHARE(used) },
	{ "vrouter_vr_by_cpu_entitled_seconds", GAUGE, "seconds", "CPU time of this CPU that the VR should have had; with delta(), not rate().", KIND_NS, SHARE(entitled) },
	{ "vrouter_vr_by_cpu_lag_seconds", GAUGE, "seconds", "CPU time of this CPU that the VR is short of now.", KIND_NS, SHARE(lag) },
};

/* Upper ends, powers of two, as the kernel's buckets end there, too. */
static const struct {
	uint64_t	below;
	const char	*label;
} bounds[] = {
	{ 1ULL << 10,	"le=\"0.000001024\"" },
	{ 1ULL << 12,	"le=\"0.000004096\"" },
	{ 1ULL << 14,	"le=\"0.000016384\"" },
	{ 1ULL << 16,	"le=\"0.000065536\"" },
	{ 1ULL << 18,	"le=\"0.000262144\"" },
	{ 1ULL << 20,	"le=\"0.001048576\"" },
	{ 1ULL << 22,	"le=\"0.004194304\"" },
	{ 1ULL << 24,	"le=\"0.016777216\"" },
	{ 1ULL << 26,	"le=\"0.067108864\"" },
	{ 1ULL << 28,	"le=\"0.268435456\"" },
	{ 1ULL << 30,	"le=\"1.073741824\"" },
};
/* clang-format on */

enum {
	INCIDENT_STRIKE,
	INCIDENT_QUARANTINE,
	INCIDENT_RELEASE,
	INCIDENT_KINDS,
};

static const char *const incident_labels[] = {
	[INCIDENT_STRIKE] = "kind=\"strike\"",
	[INCIDENT_QUARANTINE] = "kind=\"quarantine\"",
	[INCIDENT_RELEASE] = "kind=\"release\"",
};

/**
 * struct known - what changes seldom, and is not written anew each time
 * @labels: with the name of a VR
 * @len: of @labels
 * @info: these and more
 * @info_len: of @info
 * @guaranteed: CPUs that it gets when all VRs have work
 */
struct known {
	char labels[LABEL_LEN + TEXT_PIECE];
	size_t len;
	char info[2 * LABEL_LEN + 64 + TEXT_PIECE];
	size_t info_len;
	char guaranteed[32];
};

/* Incidents are counted by the name of the VR, which may be gone. */
struct incidents {
	char labels[LABEL_LEN + TEXT_PIECE];
	uint64_t count[INCIDENT_KINDS];
};

static struct sample sample;
static bool is_taken;
static struct known *known;
static struct port *ports;
static size_t n_ports;
static struct incidents *incidents;
static size_t n_incidents;
static uint64_t last_incident, newest_incident;

static void *grow(void *array, size_t n, size_t size)
{
	/* Room for powers of two. */
	if (n & (n - 1))
		return array;
	array = reallocarray(array, n ? 2 * n : 1, size);
	if (!array)
		err(EXIT_FAILURE, "metrics");
	return array;
}

static const char *vr_label(const char *name, char *buf, size_t len)
{
	char escaped[LABEL_LEN / 2];

	snprintf(buf, len, "vr=\"%s\"", text_label(name, escaped, sizeof(escaped)));
	return buf;
}

/* What changes seldom */

static double weights[MAX_CPU + 1];

struct weigh {
	uint32_t weight;
	double part;
};

static void add_weight(unsigned int cpu, void *data)
{
	const struct weigh *w = data;

	if (cpu <= MAX_CPU && sample_core(&sample, cpu))
		weights[cpu] += w->weight;
}

static void add_part(unsigned int cpu, void *data)
{
	struct weigh *w = data;

	if (cpu <= MAX_CPU && weights[cpu] > 0)
		w->part += w->weight / weights[cpu];
}

static void learn_info(const struct vr_sample *vr, struct known *k)
{
	char escaped[LABEL_LEN];

	vr_label(vr->name, k->labels, sizeof(k->labels));
	k->len = strlen(k->labels);
	k->info_len =
		snprintf(k->info, sizeof(k->info), "%s,table=\"%u\",cpus=\"%s\"", k->labels,
			 vr->table, text_label(vr->cpus ? vr->cpus : "", escaped, sizeof(escaped)));
}

static void learn(void)
{
	struct weigh w = {};
	size_t i;

	known = reallocarray(known, sample.n_vrs + 1, sizeof(*known));
	if (!known)
		err(EXIT_FAILURE, "metrics");
	memset(weights, 0, sizeof(weights));
	for (i = 0; i < sample.n_vrs; i++) {
		w.weight = sample.vrs[i].weight;
		if (sample.vrs[i].cpus)
			cpus_parse(sample.vrs[i].cpus, add_weight, &w);
	}
	for (i = 0; i < sample.n_vrs; i++) {
		w = (struct weigh){ .weight = sample.vrs[i].weight };
		if (sample.vrs[i].cpus)
			cpus_parse(sample.vrs[i].cpus, add_part, &w);
		snprintf(known[i].guaranteed, sizeof(known[i].guaranteed), "%.9g", w.part);
		learn_info(&sample.vrs[i], &known[i]);
	}
}

/* Reading */

static void port_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	char vr[LABEL_LEN / 2], name[LABEL_LEN / 4];
	struct nl_attrs stats;
	struct port *port;

	(void)cmd;
	(void)data;
	ports = grow(ports, n_ports, sizeof(*ports));
	port = &ports[n_ports++];
	nl_parse_nest(attrs->tb[VROUTER_A_PORT_STATS], &stats);
	vr_label(nl_str(attrs->tb[VROUTER_A_PORT_VR_IFNAME]), vr, sizeof(vr));
	text_label(nl_str(attrs->tb[VROUTER_A_PORT_IFNAME]), name, sizeof(name));
	port->len = snprintf(port->labels, sizeof(port->labels), "%s,port=\"%s\"", vr, name);
	port->rx = nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_PACKETS]);
	port->rx_bytes = nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_BYTES]);
	port->rx_dropped = nl_u64(stats.tb[VROUTER_A_PORT_STATS_RX_DROPPED]);
	port->tx = nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_PACKETS]);
	port->tx_bytes = nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_BYTES]);
	port->tx_dropped = nl_u64(stats.tb[VROUTER_A_PORT_STATS_TX_DROPPED]);
}

/* The kernel remembers the last ones only; these are added to what was counted. */
static void incident_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	uint64_t id = nl_u64(attrs->tb[VROUTER_A_INCIDENT_ID]);
	char labels[LABEL_LEN];
	size_t i, kind;

	(void)cmd;
	(void)data;
	switch (nl_u32(attrs->tb[VROUTER_A_INCIDENT_KIND])) {
	case VROUTER_INCIDENT_KIND_STRIKE:
		kind = INCIDENT_STRIKE;
		break;
	case VROUTER_INCIDENT_KIND_QUARANTINE:
		kind = INCIDENT_QUARANTINE;
		break;
	case VROUTER_INCIDENT_KIND_RELEASE:
		kind = INCIDENT_RELEASE;
		break;
	default:
		return;
	}
	newest_incident = id;
	if (id <= last_incident)
		return;
	last_incident = id;
	vr_label(nl_str(attrs->tb[VROUTER_A_INCIDENT_IFNAME]), labels, sizeof(labels));
	for (i = 0; i < n_incidents && strcmp(incidents[i].labels, labels); i++)
		;
	if (i == n_incidents) {
		incidents = grow(incidents, n_incidents, sizeof(*incidents));
		memset(&incidents[n_incidents], 0, sizeof(*incidents));
		strcpy(incidents[n_incidents++].labels, labels);
	}
	incidents[i].count[kind]++;
}

/* If there are fewer than before they are another module's, which counts from 1. */
static int read_incidents(void)
{
	int ret;

	newest_incident = 0;
	ret = nl_genl_dump(VROUTER_CMD_INCIDENT_GET, incident_row, NULL);
	if (ret || newest_incident >= last_incident)
		return ret;
	last_incident = 0;
	return nl_genl_dump(VROUTER_CMD_INCIDENT_GET, incident_row, NULL);
}

bool metrics_read(bool per_cpu, bool changed)
{
	bool same = false;
	int ret = EXIT_OK;

	if (is_taken && !changed)
		ret = sample_again(&sample, per_cpu, &same);
	if (!ret && !same) {
		sample_free(&sample);
		ret = sample_take(&sample, per_cpu);
		is_taken = !ret;
		if (!ret)
			learn();
	}
	n_ports = 0;
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_PORT_GET, port_row, NULL);
	if (!ret && changed)
		ret = read_incidents();
	if (ret)
		is_taken = false;
	return !ret;
}

/* Writing */

static void put_value(struct text *t, const struct metric *m, const void *of)
{
	const void *at = (const char *)of + m->at;

	switch (m->kind) {
	case KIND_U32:
		text_uint(t, *(const uint32_t *)at);
		break;
	case KIND_U64:
		text_uint(t, *(const uint64_t *)at);
		break;
	case KIND_BOOL:
		text_uint(t, *(const bool *)at);
		break;
	case KIND_NS:
		text_seconds(t, *(const int64_t *)at);
		break;
	}
}

static const char *suffix_of(const struct metric *m)
{
	return *m->type == 'c' ? "_total" : "";
}

static void put_head(struct text *t, const struct metric *m)
{
	text_family(t, m->name, m->type, m->unit, m->help);
}

static void put_vr(struct text *t, const struct text_line *line, size_t i)
{
	text_sample(t, line, known[i].labels, known[i].len);
}

static void put_info(struct text *t)
{
	struct text_line v4, v6;
	size_t i;

	text_family(t, "vrouter_vr", "info", NULL, "Routing table and CPUs of the VR.");
	text_line(&v4, "vrouter_vr", "_info", "");
	for (i = 0; i < sample.n_vrs; i++) {
		text_sample(t, &v4, known[i].info, known[i].info_len);
		text_uint(t, 1);
	}
	text_family(t, "vrouter_vr_guaranteed_cpus", GAUGE, NULL,
		    "CPUs that the VR gets when all VRs of the namespace have work.");
	text_line(&v4, "vrouter_vr_guaranteed_cpus", "", "");
	for (i = 0; i < sample.n_vrs; i++) {
		put_vr(t, &v4, i);
		text_value(t, known[i].guaranteed);
	}
	text_family(t, "vrouter_vr_routes", GAUGE, NULL, "Routes that the fast path holds.");
	text_line(&v4, "vrouter_vr_routes", "", "family=\"ipv4\"");
	text_line(&v6, "vrouter_vr_routes", "", "family=\"ipv6\"");
	for (i = 0; i < sample.n_vrs; i++) {
		put_vr(t, &v4, i);
		text_uint(t, sample.vrs[i].routes4);
		put_vr(t, &v6, i);
		text_uint(t, sample.vrs[i].routes6);
	}
}

/* Only what has ever happened: most of it never does. */
static void put_reasons(struct text *t, const char *name, const char *help, bool punt)
{
	const struct reason *reasons;
	struct text_line line;
	char extra[64];
	size_t i, r, n;

	text_family(t, name, COUNTER, NULL, help);
	reasons = sample_reasons(&n);
	for (r = 0; r < n; r++) {
		if (reasons[r].punt != punt)
			continue;
		snprintf(extra, sizeof(extra), "reason=\"%s\"", reasons[r].name);
		text_line(&line, name, "_total", extra);
		for (i = 0; i < sample.n_vrs; i++) {
			if (!sample.vrs[i].reasons[r])
				continue;
			put_vr(t, &line, i);
			text_uint(t, sample.vrs[i].reasons[r]);
		}
	}
}

static void put_latency(struct text *t)
{
	const char *name = "vrouter_vr_latency_seconds";
	struct text_line line[ARRAY_SIZE(bounds)], inf;
	const struct hist *h;
	uint64_t sum;
	size_t i, b;
	unsigned int j;

	text_family(t, name, "histogram", "seconds",
		    "Time from port to port of one packet in sixteen, waiting included.");
	for (b = 0; b < ARRAY_SIZE(bounds); b++)
		text_line(&line[b], name, "_bucket", bounds[b].label);
	text_line(&inf, name, "_bucket", "le=\"+Inf\"");
	for (i = 0; i < sample.n_vrs; i++) {
		h = sample.vrs[i].latency;
		for (b = 0, j = 0, sum = 0; b < ARRAY_SIZE(bounds); b++) {
			for (; j < h->n && h->below[j] <= bounds[b].below; j++)
				sum += h->packets[j];
			put_vr(t, &line[b], i);
			text_uint(t, sum);
		}
		put_vr(t, &inf, i);
		text_uint(t, h->total);
	}
}

static void put_vrs(struct text *t)
{
	const struct metric *m;
	struct text_line line;
	size_t i;

	for (m = vr_metrics; m < vr_metrics + ARRAY_SIZE(vr_metrics); m++) {
		put_head(t, m);
		text_line(&line, m->name, suffix_of(m), "");
		for (i = 0; i < sample.n_vrs; i++) {
			put_vr(t, &line, i);
			put_value(t, m, &sample.vrs[i]);
		}
	}
}

static void put_ports(struct text *t)
{
	const struct metric *m;
	struct text_line line;
	size_t i;

	for (m = port_metrics; m < port_metrics + ARRAY_SIZE(port_metrics); m++) {
		put_head(t, m);
		text_line(&line, m->name, suffix_of(m), "");
		for (i = 0; i < n_ports; i++) {
			text_sample(t, &line, ports[i].labels, ports[i].len);
			put_value(t, m, &ports[i]);
		}
	}
}

static void put_cores(struct text *t)
{
	const struct metric *m;
	char labels[32];
	size_t i;

	for (m = core_metrics; m < core_metrics + ARRAY_SIZE(core_metrics); m++) {
		put_head(t, m);
		for (i = 0; i < sample.n_cores; i++) {
			snprintf(labels, sizeof(labels), "cpu=\"%u\"", sample.cores[i].cpu);
			text_name(t, m->name, suffix_of(m), labels);
			put_value(t, m, &sample.cores[i]);
		}
	}
}

static void put_shares(struct text *t)
{
	const struct metric *m;
	struct text_line line;
	char extra[32];
	size_t i, c;

	for (m = share_metrics; m < share_metrics + ARRAY_SIZE(share_metrics); m++) {
		put_head(t, m);
		for (c = 0; c < sample.n_cores; c++) {
			snprintf(extra, sizeof(extra), "cpu=\"%u\"", sample.cores[c].cpu);
			text_line(&line, m->name, suffix_of(m), extra);
			for (i = 0; i < sample.n_vrs; i++) {
				if (!sample.vrs[i].share)
					continue;
				put_vr(t, &line, i);
				put_value(t, m, &sample.vrs[i].share[c]);
			}
		}
	}
}

static void put_incidents(struct text *t)
{
	struct text_line line;
	size_t i, kind;

	text_family(t, "vrouter_vr_incidents", COUNTER, NULL,
		    "What went wrong with VRs, by kind; see vrctl incident show.");
	for (kind = 0; kind < INCIDENT_KINDS; kind++) {
		text_line(&line, "vrouter_vr_incidents", "_total", incident_labels[kind]);
		for (i = 0; i < n_incidents; i++) {
			text_sample(t, &line, incidents[i].labels, strlen(incidents[i].labels));
			text_uint(t, incidents[i].count[kind]);
		}
	}
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

void metrics_write(struct text *t, bool up, bool per_cpu, int64_t since)
{
	text_family(t, "vrouter_up", GAUGE, NULL, "1 if the kernel's module answers.");
	text_name(t, "vrouter_up", "", "");
	text_uint(t, up);
	if (up) {
		put_info(t);
		put_vrs(t);
		put_reasons(t, "vrouter_vr_dropped_packets",
			    "Packets dropped, by reason; a reason that never was is left out.",
			    false);
		put_reasons(t, "vrouter_vr_punted_packets",
			    "Packets handed to the stack, by reason; as with drops.", true);
		put_latency(t);
		put_incidents(t);
		put_ports(t);
		put_cores(t);
		if (per_cpu)
			put_shares(t);
	}
	text_family(t, "vrouter_exporter_scrape_seconds", GAUGE, "seconds",
		    "How long it took to find out all of this.");
	text_name(t, "vrouter_exporter_scrape_seconds", "", "");
	text_seconds(t, clock_ns(CLOCK_MONOTONIC) - since);
	text_family(t, "process_cpu_seconds", COUNTER, "seconds",
		    "CPU time of the exporter, the kernel's part included.");
	text_name(t, "process_cpu_seconds", "_total", "");
	text_seconds(t, clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	text_end(t);
}
