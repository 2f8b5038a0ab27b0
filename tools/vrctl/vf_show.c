// SPDX-License-Identifier: GPL-2.0
/* vrctl vf list, vrctl vf show: what there is of SR-IOV, and who has it. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "out.h"
#include "vf.h"
#include "vr.h"

/* clang-format off */
static const struct column pf_columns[] = {
	{ NULL,	"PF",		ROLE_NAME,	false	},
	{ NULL,	"ADDRESS",	ROLE_NONE,	false	},
	{ NULL,	"DRIVER",	ROLE_NONE,	false	},
	{ NULL,	"TOTAL",	ROLE_NONE,	true	},
	{ NULL,	"ENABLED",	ROLE_NONE,	true	},
	{ NULL,	"FREE",		ROLE_NONE,	true	},
	{ NULL,	"NUMA",		ROLE_NONE,	true	},
	{ NULL,	"RX-QUEUES",	ROLE_NONE,	true	},
	{ NULL,	"TX-QUEUES",	ROLE_NONE,	true	},
};

static const struct column vf_columns[] = {
	{ NULL,	"PF",		ROLE_NAME,	false	},
	{ NULL,	"VF",		ROLE_NONE,	true	},
	{ NULL,	"ADDRESS",	ROLE_NONE,	false	},
	{ NULL,	"DRIVER",	ROLE_NONE,	false	},
	{ NULL,	"DEV",		ROLE_NAME,	false	},
	{ NULL,	"MASTER",	ROLE_NAME,	false	},
	{ NULL,	"NETNS",	ROLE_NONE,	false	},
	{ NULL,	"MAC",		ROLE_NONE,	false	},
};

static const struct column show_columns[] = {
	{ NULL,	"VR",		ROLE_NAME,	false	},
	{ NULL,	"PF",		ROLE_NAME,	false	},
	{ NULL,	"VF",		ROLE_NONE,	true	},
	{ NULL,	"ADDRESS",	ROLE_NONE,	false	},
	{ NULL,	"DRIVER",	ROLE_NONE,	false	},
	{ NULL,	"DEV",		ROLE_NAME,	false	},
	{ NULL,	"NETNS",	ROLE_NONE,	false	},
	{ NULL,	"MAC",		ROLE_NONE,	false	},
	{ NULL,	"VLAN",		ROLE_NONE,	true	},
	{ NULL,	"TRUST",	ROLE_NONE,	false	},
	{ NULL,	"SPOOFCHK",	ROLE_NONE,	false	},
	{ NULL,	"MAX-RATE",	ROLE_NONE,	true	},
};
/* clang-format on */

/* What the PF has on record, else what the netdevice goes by; "" if neither. */
static const char *mac_of(const struct vf *vf, char *buf)
{
	if (!mac_is_zero(vf->info.mac))
		return mac_text(vf->info.mac, buf);
	return vf->dev ? mac_text(vf->dev->mac, buf) : "";
}

static const char *vr_of(const struct netdevs *all, const struct vf *vf)
{
	return vf_is_port(vf) ? vf_master(all, vf) : "";
}

static const char *dev_of(const struct vf *vf)
{
	return vf->dev ? vf->dev->name : vf->netns_dev;
}

static bool is_free(const struct netdevs *all, const struct vf *vf)
{
	char buf[128];

	return !vf_holder(all, vf, buf, sizeof(buf));
}

/* Members of a JSON object; what the PF does not tell is left out. */
static void vf_json(const struct netdevs *all, const struct vf *vf)
{
	const struct vf_info *info = &vf->info;
	char mac[MAC_TEXT_LEN];

	json_uint("vf", vf->num);
	json_str("address", vf->addr);
	json_str("driver", vf->driver);
	json_str("dev", dev_of(vf));
	json_str("netns", vf->netns);
	json_str("master", vf_master(all, vf));
	json_str("vr", vr_of(all, vf));
	json_bool("free", is_free(all, vf));
	json_str("mac", mac_of(vf, mac));
	if (!info->known)
		return;
	json_uint("vlan", info->vlan);
	json_uint("qos", info->qos);
	if (info->trust != VF_UNKNOWN)
		json_bool("trust", info->trust);
	if (info->spoofchk != VF_UNKNOWN)
		json_bool("spoofchk", info->spoofchk);
	json_uint("min_rate", info->min_rate);
	json_uint("max_rate", info->max_rate);
}

static unsigned int count_free(const struct netdevs *all, const struct pf *pf)
{
	unsigned int i, n = 0;

	for (i = 0; i < pf->enabled; i++)
		n += is_free(all, &pf->vfs[i]);
	return n;
}

/* What vrctl doctor has to say of VFs and their PFs. */
static struct doctor doc;

static void warnings_json(int ifindex)
{
	size_t i;

	json_arr("warnings");
	for (i = 0; i < doc.n_found; i++)
		if (ifindex && doc.found[i].ifindex == ifindex) {
			json_obj(NULL);
			finding_json(&doc.found[i]);
			json_obj_end();
		}
	json_arr_end();
}

/* Of all ports; those that are no VFs are no matter here. */
static void warnings_text(const struct netdevs *all, const struct pf *pf)
{
	unsigned int v;
	size_t i;

	(void)all;
	for (i = 0; i < doc.n_found; i++) {
		if (doc.found[i].ifindex == pf->dev->ifindex)
			finding_text(&doc.found[i]);
		for (v = 0; v < pf->enabled; v++)
			if (pf->vfs[v].dev && pf->vfs[v].dev->ifindex == doc.found[i].ifindex)
				finding_text(&doc.found[i]);
	}
}

static void pf_json(const struct netdevs *all, const struct pf *pf)
{
	unsigned int i;

	json_list();
	json_obj(NULL);
	json_str("name", pf->dev->name);
	json_uint("ifindex", pf->dev->ifindex);
	json_str("address", pf->dev->parent);
	json_str("driver", pf->driver);
	json_uint("total", pf->total);
	json_uint("enabled", pf->enabled);
	json_uint("free", count_free(all, pf));
	json_int("numa_node", pf->node);
	json_uint("rx_queues", pf->rx_queues);
	json_uint("tx_queues", pf->tx_queues);
	json_arr("vfs");
	for (i = 0; i < pf->enabled; i++) {
		json_obj(NULL);
		vf_json(all, &pf->vfs[i]);
		warnings_json(pf->vfs[i].dev ? pf->vfs[i].dev->ifindex : 0);
		json_obj_end();
	}
	json_arr_end();
	warnings_json(pf->dev->ifindex);
	json_obj_end();
}

static void num_or_dash(bool known, int64_t num)
{
	if (known)
		tbl_uint(num);
	else
		tbl_str("-");
}

static void pf_row(const struct netdevs *all, const struct pf *pf)
{
	tbl_str(pf->dev->name);
	tbl_str(pf->dev->parent);
	tbl_str(pf->driver);
	tbl_uint(pf->total);
	tbl_uint(pf->enabled);
	tbl_uint(count_free(all, pf));
	num_or_dash(pf->node >= 0, pf->node);
	num_or_dash(pf->rx_queues, pf->rx_queues);
	num_or_dash(pf->tx_queues, pf->tx_queues);
}

static void vf_rows(const struct netdevs *all, const struct pf *pf)
{
	char mac[MAC_TEXT_LEN];
	unsigned int i;

	for (i = 0; i < pf->enabled; i++) {
		const struct vf *vf = &pf->vfs[i];

		tbl_str(pf->dev->name);
		tbl_uint(vf->num);
		tbl_str(vf->addr);
		tbl_str(vf->driver);
		tbl_str(dev_of(vf));
		tbl_str(vf_master(all, vf));
		tbl_str(vf->netns);
		tbl_str(mac_of(vf, mac));
	}
}

/* All PFs of the network namespace, by way of each. */
static int for_each_pf(const struct netdevs *all,
		       void (*each)(const struct netdevs *all, const struct pf *pf))
{
	const struct netdev *dev;
	struct pf pf;
	int ret;

	for (dev = pf_next(all, NULL); dev; dev = pf_next(all, dev)) {
		ret = pf_read(all, dev, &pf);
		if (ret)
			return ret;
		pf_find_netns(&pf);
		each(all, &pf);
		pf_free(&pf);
	}
	return EXIT_OK;
}

static unsigned int n_vfs;

static void count_vfs(const struct netdevs *all, const struct pf *pf)
{
	(void)all;
	n_vfs += pf->enabled;
}

static int list_text(const struct netdevs *all)
{
	int ret;

	tbl_begin(pf_columns, ARRAY_SIZE(pf_columns));
	ret = for_each_pf(all, pf_row);
	if (ret)
		return ret;
	tbl_end();
	n_vfs = 0;
	ret = for_each_pf(all, count_vfs);
	if (ret || !n_vfs)
		return ret;
	putchar('\n');
	tbl_begin(vf_columns, ARRAY_SIZE(vf_columns));
	ret = for_each_pf(all, vf_rows);
	if (ret)
		return ret;
	tbl_end();
	if (doc.n_found)
		putchar('\n');
	return for_each_pf(all, warnings_text);
}

int vf_list(const struct value *val)
{
	struct netdevs all = {};
	int ret;

	(void)val;
	ret = netdevs_read(&all);
	if (!ret)
		ret = doctor_run_vfs(&doc);
	if (!ret && opt.json) {
		ret = for_each_pf(&all, pf_json);
		if (!ret)
			json_list_end();
	} else if (!ret) {
		ret = list_text(&all);
	}
	doctor_free(&doc);
	netdevs_free(&all);
	return ret;
}

static void on_off_cell(int setting)
{
	tbl_str(setting == VF_UNKNOWN ? "-" : setting ? "on" : "off");
}

static void show_vf(const struct netdevs *all, const struct pf *pf, const struct vf *vf)
{
	char mac[MAC_TEXT_LEN];

	if (opt.json) {
		json_list();
		json_obj(NULL);
		json_str("pf", pf->dev->name);
		vf_json(all, vf);
		json_obj_end();
		return;
	}
	tbl_str(vr_of(all, vf));
	tbl_str(pf->dev->name);
	tbl_uint(vf->num);
	tbl_str(vf->addr);
	tbl_str(vf->driver);
	tbl_str(dev_of(vf));
	tbl_str(vf->netns);
	tbl_str(mac_of(vf, mac));
	num_or_dash(vf->info.vlan, vf->info.vlan);
	on_off_cell(vf->info.trust);
	on_off_cell(vf->info.spoofchk);
	num_or_dash(vf->info.max_rate, vf->info.max_rate);
}

/* Of the VR of this ifindex, or of all if it is 0. */
static int wanted_vr;

static void show_bound(const struct netdevs *all, const struct pf *pf)
{
	unsigned int i;

	for (i = 0; i < pf->enabled; i++)
		if (vf_is_port(&pf->vfs[i]) && (!wanted_vr || pf->vfs[i].dev->master == wanted_vr))
			show_vf(all, pf, &pf->vfs[i]);
}

static int show_pf(const struct netdevs *all, const struct value *name, const struct value *vf)
{
	struct pf pf;
	unsigned int i;
	int ret;

	ret = pf_find(all, name->str, &pf);
	if (ret)
		return ret;
	pf_find_netns(&pf);
	if (vf->given)
		ret = pf_check_vf(&pf, vf->num);
	for (i = 0; !ret && i < pf.enabled; i++)
		if (!vf->given || vf->num == i)
			show_vf(all, &pf, &pf.vfs[i]);
	pf_free(&pf);
	return ret;
}

/* name pf vf */
int vf_show(const struct value *val)
{
	struct netdevs all = {};
	int ret;

	if (val[0].given && (val[1].given || val[2].given)) {
		fputs("Error: a VR beside \"pf\" or \"vf\": one or the other.\n", stderr);
		return EXIT_SYNTAX;
	}
	if (val[2].given && !val[1].given) {
		fputs("Error: \"vf\" without \"pf\", whose it is.\n", stderr);
		return EXIT_SYNTAX;
	}
	wanted_vr = 0;
	ret = val[0].given ? vr_ifindex(val[0].str, &wanted_vr) : EXIT_OK;
	if (!ret)
		ret = netdevs_read(&all);
	if (ret)
		return ret;
	tbl_begin(show_columns, ARRAY_SIZE(show_columns));
	ret = val[1].given ? show_pf(&all, &val[1], &val[2]) : for_each_pf(&all, show_bound);
	if (!ret)
		tbl_end();
	netdevs_free(&all);
	return ret;
}
