// SPDX-License-Identifier: GPL-2.0
/* Checks of ports. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "ethtool.h"
#include "numa.h"

#define MAX_CPUS 65536

/* A loss of less than one packet in so many is not worth a word. */
#define LOSS_SEEN 10000

void check_down(struct doctor *doc, const struct check *check)
{
	const struct doc_link *link;
	size_t i, v;

	for (v = 0; v < doc->n_vrs; v++) {
		link = doc_link(doc, doc->vrs[v].ifindex);
		if (link && !link->up)
			set_fix(found(doc, check, link->name, link->ifindex,
				      "the VR is down and forwards nothing"),
				"ip link set dev %s up", link->name);
	}
	for (i = 0; i < doc->n_links; i++) {
		link = &doc->links[i];
		if (link->vr && !link->up)
			set_fix(found(doc, check, link->name, link->ifindex,
				      "this port of %s is down", link->vr->name),
				"ip link set dev %s up", link->name);
	}
}

void check_mtu(struct doctor *doc, const struct check *check)
{
	const struct doc_link *link, *most;
	size_t i, v;

	for (v = 0; v < doc->n_vrs; v++) {
		most = NULL;
		for (i = 0; i < doc->n_links; i++) {
			link = &doc->links[i];
			if (link->vr == &doc->vrs[v] && (!most || link->mtu > most->mtu))
				most = link;
		}
		for (i = 0; i < doc->n_links; i++) {
			link = &doc->links[i];
			if (link->vr == &doc->vrs[v] && link->mtu < most->mtu)
				set_fix(found(doc, check, link->name, link->ifindex,
					      "MTU %u, but %u on %s, also a port of %s: longer "
					      "packets are fragmented or refused",
					      link->mtu, most->mtu, most->name, link->vr->name),
					"ip link set dev %s mtu %u", link->name, most->mtu);
		}
	}
}

/* The list of CPUs of a node, as the kernel writes it; "" if there is none. */
static const char *cpus_of_node(int node)
{
	static char list[1024];
	char path[64];
	FILE *file;

	*list = '\0';
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
	file = fopen(path, "r");
	if (!file)
		return list;
	if (fgets(list, sizeof(list), file))
		list[strcspn(list, "\n")] = '\0';
	fclose(file);
	return list;
}

struct nodes {
	int wanted;
	int other;
	bool has_wanted;
};

static void look_at_cpu(unsigned int cpu, void *data)
{
	struct nodes *nodes = data;
	int node = numa_of_cpu(cpu);

	if (node == nodes->wanted)
		nodes->has_wanted = true;
	else if (node >= 0)
		nodes->other = node;
}

static bool ports_on_other_nodes(const struct doctor *doc, const struct doc_vr *vr, int node)
{
	size_t i;
	int other;

	for (i = 0; i < doc->n_links; i++) {
		if (doc->links[i].vr != vr)
			continue;
		other = numa_of_dev(doc->links[i].name, doc->links[i].ifindex);
		if (other >= 0 && other != node)
			return true;
	}
	return false;
}

/* CPUs of both nodes serve all ports of a VR that has some on each. */
void check_numa(struct doctor *doc, const struct check *check)
{
	const struct doc_link *link;
	struct finding *f;
	const char *cpus;
	size_t i;

	for (i = 0; i < doc->n_links; i++) {
		struct nodes nodes = { .other = -1 };

		link = &doc->links[i];
		if (!link->vr)
			continue;
		nodes.wanted = numa_of_dev(link->name, link->ifindex);
		cpus = strcmp(link->vr->cpus, "all") ? link->vr->cpus : cpus_possible();
		if (nodes.wanted < 0 || !cpus_parse(cpus, look_at_cpu, &nodes) ||
		    nodes.has_wanted || nodes.other < 0)
			continue;
		f = found(doc, check, link->name, link->ifindex,
			  "on NUMA node %d, but the CPUs of %s, %s, are on node %d", nodes.wanted,
			  link->vr->name, link->vr->cpus, nodes.other);
		cpus = cpus_of_node(nodes.wanted);
		if (ports_on_other_nodes(doc, link->vr, nodes.wanted))
			set_fix(f, "vrctl vr set %s cpus %s,%s", link->vr->name, link->vr->cpus,
				cpus);
		else
			set_fix(f, "vrctl vr set %s cpus %s", link->vr->name, cpus);
	}
}

/* What the driver itself counts as lost for want of room. */
struct lost {
	uint64_t sum;
	char text[192];
};

static bool counts_loss(const char *name)
{
	static const char *const parts[] = {
		"rx_missed", "rx_no_buf", "rx_fifo", "rx_out_of_buf", "rx_no_desc", "rx_no_dma",
	};
	unsigned int queue;
	char rest[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strncmp(name, parts[i], strlen(parts[i])))
			return true;
	return sscanf(name, "rx_queue_%u_%15s", &queue, rest) == 2 && !strcmp(rest, "drops");
}

static void add_loss(const char *name, uint64_t val, void *data)
{
	struct lost *lost = data;
	size_t len = strlen(lost->text);

	if (!val || !counts_loss(name))
		return;
	lost->sum += val;
	snprintf(lost->text + len, sizeof(lost->text) - len, ", %s %" PRIu64, name, val);
}

static void ring_of(struct doctor *doc, const struct check *check, const struct doc_link *link)
{
	uint32_t now = 0, most = 0;
	struct lost lost = {};
	char size[64] = "";
	struct finding *f;
	uint64_t n;

	ethtool_stats(link->name, add_loss, &lost);
	n = link->lost > lost.sum ? link->lost : lost.sum;
	if (!n || n < link->rx / LOSS_SEEN)
		return;
	if (ethtool_ring(link->name, &now, &most))
		snprintf(size, sizeof(size), "; the ring has room for %u of at most %u", now, most);
	f = found(doc, check, link->name, link->ifindex,
		  "%" PRIu64 " packets lost as the receive ring was full, %" PRIu64
		  " received%s%s%s",
		  n, link->rx, lost.text, size,
		  link->credit ? "; or the VR had used up its share" : "");
	if (now < most)
		set_fix(f, "ethtool -G %s rx %u", link->name, most);
	else if (link->credit)
		set_fix(f, "vrctl balance");
	else
		set_fix(f, "vrctl port set %s credit on", link->name);
}

void check_ring(struct doctor *doc, const struct check *check)
{
	size_t i;

	for (i = 0; i < doc->n_links; i++)
		if (doc->links[i].vr)
			ring_of(doc, check, &doc->links[i]);
}

void check_speed(struct doctor *doc, const struct check *check)
{
	const struct doc_link *link;
	const struct pf *pf;
	uint32_t now, most;
	bool looked;
	size_t i, p;

	for (i = 0; i < doc->n_links; i++) {
		link = &doc->links[i];
		looked = link->vr && !doc_vf(doc, link->ifindex, &pf);
		for (p = 0; p < doc->n_pfs; p++)
			looked |= doc->pfs[p].dev == link->dev;
		if (!looked || !ethtool_speed(link->name, &now, &most) || now >= most)
			continue;
		set_fix(found(doc, check, link->name, link->ifindex,
			      "the link runs at %u Mbit/s, the NIC can do %u", now, most),
			"ethtool -s %s autoneg on", link->name);
	}
}
