// SPDX-License-Identifier: GPL-2.0
/* What of site files cannot be said of one line. */
#include <string.h>

#include "site.h"

static const struct site_port *find_mac(const struct site *site, const char *mac)
{
	const struct site_port *port;
	const struct site_vr *vr;
	uint8_t a[MAC_LEN], b[MAC_LEN];

	mac_parse(mac, a);
	for (vr = site->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next)
			if (port->vf[TAKE_MAC].given && mac_parse(port->vf[TAKE_MAC].str, b) &&
			    !memcmp(a, b, MAC_LEN))
				return port;
	return NULL;
}

/* A standby is another port of the VR, no VF, and has one lane. */
static bool check_standby(const struct site_vr *vr, const struct site_port *port)
{
	const struct site_port *other;
	bool found = false;

	for (other = vr->ports; other; other = other->next) {
		if (!*other->pf && !strcmp(other->name, port->standby) && !other->standby)
			found = true;
		if (other != port && other->standby && !strcmp(other->standby, port->standby)) {
			fprintf(stderr, "Error: %s: standby \"%s\" has a lane already, at %s.\n",
				port->where, port->standby, other->where);
			return false;
		}
	}
	if (!found)
		fprintf(stderr,
			"Error: %s: standby \"%s\" is not among the ports of \"%s\" that have "
			"none.\n",
			port->where, port->standby, vr->name);
	return found;
}

int site_check(const struct site *site)
{
	const struct site_port *port, *other;
	const struct site_num *pf;
	const struct site_vr *vr;

	for (vr = site->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next) {
			pf = *port->pf ? site_find_num(site->pfs, port->pf, 0) : NULL;
			if (pf && port->num >= pf->num) {
				fprintf(stderr, "Error: %s: vf \"%u\": %s has numvfs %u.\n",
					port->where, port->num, pf->name, pf->num);
				return EXIT_LOCAL;
			}
			other = port->vf[TAKE_MAC].given ? find_mac(site, port->vf[TAKE_MAC].str)
							 : NULL;
			if (other && other != port) {
				fprintf(stderr,
					"Error: %s: mac \"%s\" is given twice, first at %s.\n",
					port->where, port->vf[TAKE_MAC].str, other->where);
				return EXIT_LOCAL;
			}
			if (port->standby && !check_standby(vr, port))
				return EXIT_LOCAL;
			if (site_find_vr(site, port->name)) {
				fprintf(stderr, "Error: %s: \"%s\" is a VR, it cannot be a port.\n",
					port->where, port->name);
				return EXIT_LOCAL;
			}
		}
	return EXIT_OK;
}
