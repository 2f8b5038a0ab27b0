// SPDX-License-Identifier: GPL-2.0
/* What a site is kept in, and finding things there. */
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"

struct site_block {
	struct site_block *next;
	max_align_t room[];
};

void *site_alloc(struct site *site, size_t size)
{
	struct site_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		errx(EXIT_LOCAL, "Error: out of memory");
	block->next = site->blocks;
	site->blocks = block;
	return block->room;
}

char *site_text(struct site *site, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = site_alloc(site, len + 1);
	va_start(args, format);
	vsnprintf(text, len + 1, format, args);
	va_end(args);
	return text;
}

void site_free(struct site *site)
{
	struct site_block *next;

	for (; site->blocks; site->blocks = next) {
		next = site->blocks->next;
		free(site->blocks);
	}
	memset(site, 0, sizeof(*site));
}

bool site_name_fits(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

struct site_vr *site_find_vr(const struct site *site, const char *name)
{
	struct site_vr *vr = site->vrs;

	while (vr && strcmp(vr->name, name))
		vr = vr->next;
	return vr;
}

static bool port_is(const struct site_port *port, const char *name, const char *pf, uint32_t num)
{
	if (*pf)
		return !strcmp(port->pf, pf) && port->num == num;
	return !*port->pf && !strcmp(port->name, name);
}

struct site_port *site_find_port(const struct site *site, const char *name, const char *pf,
				 uint32_t num, struct site_vr **of)
{
	struct site_port *port;
	struct site_vr *vr;

	for (vr = site->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next)
			if (port_is(port, name, pf, num)) {
				if (of)
					*of = vr;
				return port;
			}
	return NULL;
}

struct site_num *site_find_num(struct site_num *list, const char *name, uint32_t cpu)
{
	while (list && (name ? strcmp(list->name, name) : list->cpu != cpu))
		list = list->next;
	return list;
}
