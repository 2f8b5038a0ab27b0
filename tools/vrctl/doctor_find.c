// SPDX-License-Identifier: GPL-2.0
/* The checks that there are, and what they find. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* clang-format off */
const struct check checks[] = {
	{ "quarantine",	"VRs that were taken out of service",
	  BAD,		check_quarantine,	false },
	{ "rules",	"rules that lookups for VRs need",
	  BAD,		check_rules,		false },
	{ "down",	"VRs and ports that are not up",
	  BAD,		check_down,		false },
	{ "mtu",	"ports of a VR that take shorter packets than others of it",
	  WARNING,	check_mtu,		false },
	{ "numa",	"ports on another NUMA node than all CPUs of their VR",
	  WARNING,	check_numa,		true },
	{ "ring",	"NICs that lost packets as their receive rings were full",
	  WARNING,	check_ring,		true },
	{ "speed",	"NICs whose link is slower than they could be",
	  WARNING,	check_speed,		false },
	{ "vf-speed",	"VFs whose link is slower than that of their PF",
	  WARNING,	check_vf_speed,		true },
	{ "trust",	"VFs without trust with a VLAN on them, or promiscuous",
	  WARNING,	check_trust,		true },
	{ "iommu",	"NICs with VFs that no program could be given",
	  WARNING,	check_iommu,		true },
	{}
};
/* clang-format on */

struct finding *found(struct doctor *doc, const struct check *check, const char *subject,
		      int ifindex, const char *fmt, ...)
{
	struct finding *f;
	va_list args;

	f = realloc(doc->found, (doc->n_found + 1) * sizeof(*f));
	if (!f) {
		fputs("Error: out of memory.\n", stderr);
		exit(EXIT_LOCAL);
	}
	doc->found = f;
	f += doc->n_found++;
	memset(f, 0, sizeof(*f));
	f->check = check;
	f->ifindex = ifindex;
	snprintf(f->subject, sizeof(f->subject), "%s", subject);
	va_start(args, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
	return f;
}

void set_fix(struct finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->fix, sizeof(f->fix), fmt, args);
	va_end(args);
}

int doctor_run(struct doctor *doc, const char *only)
{
	const struct check *check;
	int ret;

	ret = doctor_read(doc, true);
	for (check = checks; !ret && check->name; check++)
		if (!only || !strcmp(only, check->name))
			check->run(doc, check);
	return ret;
}

int doctor_run_vfs(struct doctor *doc)
{
	const struct check *check;
	struct netdevs all = {};
	bool vrs = false;
	size_t i;
	int ret;

	ret = netdevs_read(&all);
	for (i = 0; i < all.n; i++)
		vrs |= all.dev[i].port;
	netdevs_free(&all);
	if (!ret)
		ret = doctor_read(doc, vrs);
	for (check = checks; !ret && check->name; check++)
		if (check->vf)
			check->run(doc, check);
	return ret;
}

void doctor_free(struct doctor *doc)
{
	while (doc->n_pfs)
		pf_free(&doc->pfs[--doc->n_pfs]);
	free(doc->pfs);
	free(doc->vrs);
	free(doc->links);
	free(doc->found);
	netdevs_free(&doc->all);
	memset(doc, 0, sizeof(*doc));
}
