// SPDX-License-Identifier: GPL-2.0
/* Checks of VFs. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "ethtool.h"

/* Without it vrctl vf passthrough vfio refuses, too. */
void check_iommu(struct doctor *doc, const struct check *check)
{
	const struct pf *pf;
	char why[512];
	size_t p;

	for (p = 0; p < doc->n_pfs; p++) {
		pf = &doc->pfs[p];
		if (pci_has(pf->vfs[0].addr, "iommu_group") ||
		    !iommu_refuses(pf->vfs[0].addr, why, sizeof(why)))
			continue;
		set_fix(found(doc, check, pf->dev->name, pf->dev->ifindex,
			      "its VFs have no IOMMU: they cannot be given to programs or virtual "
			      "machines, and nothing limits where they write"),
			"boot with intel_iommu=on or amd_iommu=on, and VT-d or AMD-Vi on in the "
			"firmware");
	}
}

static const struct doc_link *vlan_on(const struct doctor *doc, int ifindex)
{
	size_t i;

	for (i = 0; i < doc->n_links; i++)
		if (doc->links[i].vlan && doc->links[i].below == ifindex)
			return &doc->links[i];
	return NULL;
}

void check_trust(struct doctor *doc, const struct check *check)
{
	const struct doc_link *link, *vlan;
	const struct pf *pf;
	const struct vf *vf;
	struct finding *f;
	size_t i;

	for (i = 0; i < doc->n_links; i++) {
		link = &doc->links[i];
		vf = doc_vf(doc, link->ifindex, &pf);
		if (!vf || vf->info.trust)
			continue;
		vlan = vlan_on(doc, link->ifindex);
		if (vlan)
			f = found(doc, check, link->name, link->ifindex,
				  "VLAN %s is on it, but VF %u of %s is not trusted: the NIC may "
				  "keep the VLAN's packets from it",
				  vlan->name, vf->num, pf->dev->name);
		else if (link->promiscuity)
			f = found(doc, check, link->name, link->ifindex,
				  "it is promiscuous, but VF %u of %s is not trusted: the NIC may "
				  "keep packets for others from it",
				  vf->num, pf->dev->name);
		else
			continue;
		set_fix(f, "ip link set dev %s vf %u trust on", pf->dev->name, vf->num);
	}
}

void check_vf_speed(struct doctor *doc, const struct check *check)
{
	uint32_t now, most, pf_now, pf_most;
	const struct doc_link *link;
	const struct pf *pf;
	const struct vf *vf;
	struct finding *f;
	size_t i;

	for (i = 0; i < doc->n_links; i++) {
		link = &doc->links[i];
		vf = link->vr ? doc_vf(doc, link->ifindex, &pf) : NULL;
		if (!vf || !ethtool_speed(link->name, &now, &most) ||
		    !ethtool_speed(pf->dev->name, &pf_now, &pf_most) || now >= pf_now)
			continue;
		f = found(doc, check, link->name, link->ifindex,
			  "the link of VF %u runs at %u Mbit/s, that of %s at %u", vf->num, now,
			  pf->dev->name, pf_now);
		if (vf->info.max_rate && vf->info.max_rate <= now)
			set_fix(f, "ip link set dev %s vf %u max_tx_rate 0", pf->dev->name,
				vf->num);
		else
			set_fix(f, "ip link set dev %s down && ip link set dev %s up", link->name,
				link->name);
	}
}
