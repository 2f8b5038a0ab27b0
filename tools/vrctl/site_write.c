// SPDX-License-Identifier: GPL-2.0
/* A site as a file. */
#include <ctype.h>
#include <string.h>

#include <linux/vrouter.h>

#include "site.h"

/* Other programs that read YAML must not take a name for something else. */
static bool is_plain(const char *str)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(str, words[i]))
			return false;
	if (!isalpha((unsigned char)*str))
		return false;
	for (; *str; str++)
		if (!isalnum((unsigned char)*str) && !strchr("._-", *str))
			return false;
	return true;
}

static void put_quoted(FILE *to, const char *name)
{
	fputc('"', to);
	for (; *name; name++)
		fprintf(to, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
	fputc('"', to);
}

static void put_word(FILE *to, const char *name)
{
	if (is_plain(name))
		fputs(name, to);
	else
		put_quoted(to, name);
}

/* Words with blanks between them; a colon before one, as in "2001:db8:: peer", ends a key. */
static void put_item(FILE *to, unsigned int indent, const char *text)
{
	const char *at = text;

	fprintf(to, "%*s- ", indent, "");
	while (isalnum((unsigned char)*at) || (*at && strchr(" ./_-", *at)) ||
	       (*at == ':' && at[1] && at[1] != ' '))
		at++;
	if (*at)
		put_quoted(to, text);
	else
		fputs(text, to);
	fputc('\n', to);
}

static void put_key(FILE *to, unsigned int indent, const char *name)
{
	fprintf(to, "%*s", indent, "");
	put_word(to, name);
	fputc(':', to);
}

static void put_addrs(FILE *to, unsigned int indent, const struct site_addr *addr)
{
	char buf[ADDR_TEXT_LEN];

	if (!addr)
		return;
	fprintf(to, "%*saddresses:\n", indent, "");
	for (; addr; addr = addr->next)
		put_item(to, indent + 2, site_addr_text(addr, buf, sizeof(buf)));
}

static void put_common(FILE *to, unsigned int indent, const struct site_port *port)
{
	if (port->direct)
		fprintf(to, "%*sdirect: on\n", indent, "");
	if (!port->credit)
		fprintf(to, "%*scredit: off\n", indent, "");
	if (port->xdp)
		fprintf(to, "%*sxdp: on\n", indent, "");
	if (!port->up)
		fprintf(to, "%*sup: off\n", indent, "");
	if (port->standby) {
		fprintf(to, "%*sstandby: ", indent, "");
		put_word(to, port->standby);
		fputc('\n', to);
	}
	put_addrs(to, indent, port->addrs);
}

static bool is_default(const struct site_port *port)
{
	return !port->direct && port->credit && !port->xdp && port->up && !port->standby &&
	       !port->addrs;
}

static void put_port(FILE *to, const struct site_port *port)
{
	put_key(to, 6, port->name);
	fputs(is_default(port) ? " {}\n" : "\n", to);
	put_common(to, 8, port);
}

static void put_vf(FILE *to, const struct site_port *port)
{
	const struct value *vf = port->vf;

	fprintf(to, "      - pf: %s\n        vf: %u\n", port->pf, port->num);
	if (vf[TAKE_MAC].given)
		fprintf(to, "        mac: %s\n", vf[TAKE_MAC].str);
	if (vf[TAKE_VLAN].given)
		fprintf(to, "        vlan: %u\n", vf[TAKE_VLAN].num);
	if (vf[TAKE_TRUST].given)
		fprintf(to, "        trust: %s\n", vf[TAKE_TRUST].num ? "on" : "off");
	if (vf[TAKE_SPOOFCHK].given)
		fprintf(to, "        spoofchk: %s\n", vf[TAKE_SPOOFCHK].num ? "on" : "off");
	if (vf[TAKE_MAX_RATE].given)
		fprintf(to, "        max-rate: %u\n", vf[TAKE_MAX_RATE].num);
	put_common(to, 8, port);
}

/* None is said, too: that is not the same as to say nothing. */
static void put_routes(FILE *to, const struct site_vr *vr)
{
	const struct site_route *route;
	struct site site = {};
	bool any = false;

	for (route = vr->routes; route; route = route->next) {
		if (route->odd)
			continue;
		fputs(any ? "" : "    routes:\n", to);
		put_item(to, 6, site_route_text(&site, route));
		any = true;
	}
	if (!any && vr->has_routes)
		fputs("    routes: []\n", to);
	site_free(&site);
}

static void put_ports(FILE *to, const struct site_vr *vr, bool vfs)
{
	const struct site_port *port;
	bool any = false;

	for (port = vr->ports; port; port = port->next) {
		if (!*port->pf == vfs)
			continue;
		if (!any)
			fputs(vfs ? "    vfs:\n" : "    ports:\n", to);
		any = true;
		(vfs ? put_vf : put_port)(to, port);
	}
}

static void put_vr(FILE *to, const struct site_vr *vr)
{
	char buf[24];
	unsigned int i;

	put_key(to, 2, vr->name);
	fprintf(to, "\n    table: %u\n", vr->table);
	for (i = 0; i < VR_KNOBS; i++)
		if (vr->knobs[i].given)
			fprintf(to, "    %s: %s\n", knob_word(i),
				knob_text(i, &vr->knobs[i], buf, sizeof(buf)));
	if (!vr->up)
		fputs("    up: off\n", to);
	put_addrs(to, 4, vr->addrs);
	put_ports(to, vr, false);
	put_ports(to, vr, true);
	put_routes(to, vr);
}

void site_write(const struct site *site, FILE *to)
{
	const struct site_num *num;
	const struct site_vr *vr;
	bool any = false;
	char buf[24];

	fputs("# Written by vrctl save; vrctl-site(5) tells what may stand here.\n", to);
	if (site->vrs)
		fputs("vrs:\n", to);
	for (vr = site->vrs; vr; vr = vr->next)
		put_vr(to, vr);
	if (site->pfs)
		fputs("pfs:\n", to);
	for (num = site->pfs; num; num = num->next)
		fprintf(to, "  %s:\n    numvfs: %u\n", num->name, num->num);
	for (num = site->cores; num; num = num->next) {
		if (num->num == VROUTER_SLICE_US_DEFAULT)
			continue;
		fputs(any ? "" : "cores:\n", to);
		any = true;
		fprintf(to, "  %u:\n    slice: %s\n", num->cpu,
			time_text((uint64_t)num->num * NS_PER_US, buf, sizeof(buf)));
	}
}
