// SPDX-License-Identifier: GPL-2.0
/* Written without printf(), as a scrape of 1000 VRs has 1.6 MB. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NS_DIGITS 9

static char *reserve(struct text *t, size_t len)
{
	if (t->len + len > t->room) {
		t->room = 2 * t->room + len + 65536;
		t->buf = realloc(t->buf, t->room);
		if (!t->buf)
			err(EXIT_FAILURE, "text");
	}
	return t->buf + t->len;
}

static void put(struct text *t, const char *str)
{
	size_t len = strlen(str);

	memcpy(reserve(t, len), str, len);
	t->len += len;
}

/* In at least so many digits. */
static void put_uint(struct text *t, uint64_t val, unsigned int digits)
{
	char buf[24], *p = buf + sizeof(buf);
	size_t len;

	do {
		*--p = '0' + val % 10;
		val /= 10;
	} while (val || buf + sizeof(buf) - p < (int)digits);
	len = buf + sizeof(buf) - p;
	memcpy(reserve(t, len), p, len);
	t->len += len;
}

void text_family(struct text *t, const char *name, const char *type, const char *unit,
		 const char *help)
{
	put(t, "# TYPE ");
	put(t, name);
	put(t, " ");
	put(t, type);
	if (unit) {
		put(t, "\n# UNIT ");
		put(t, name);
		put(t, " ");
		put(t, unit);
	}
	put(t, "\n# HELP ");
	put(t, name);
	put(t, " ");
	put(t, help);
	put(t, "\n");
}

void text_name(struct text *t, const char *name, const char *suffix, const char *labels,
	       const char *extra)
{
	put(t, name);
	put(t, suffix);
	if (*labels || *extra) {
		put(t, "{");
		put(t, labels);
		if (*labels && *extra)
			put(t, ",");
		put(t, extra);
		put(t, "}");
	}
	put(t, " ");
}

void text_uint(struct text *t, uint64_t val)
{
	put_uint(t, val, 1);
	put(t, "\n");
}

void text_seconds(struct text *t, int64_t ns)
{
	uint64_t abs = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		put(t, "-");
	put_uint(t, abs / 1000000000, 1);
	put(t, ".");
	put_uint(t, abs % 1000000000, NS_DIGITS);
	put(t, "\n");
}

void text_real(struct text *t, double val)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.9g\n", val);
	put(t, buf);
}

void text_end(struct text *t)
{
	put(t, "# EOF\n");
}

const char *text_label(const char *val, char *buf, size_t len)
{
	size_t used = 0;

	for (; *val && used + 5 < len; val++) {
		unsigned char c = *val;

		if (c == '"' || c == '\\')
			used += snprintf(buf + used, len - used, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			used += snprintf(buf + used, len - used, "\\\\x%02x", c);
		else
			buf[used++] = c;
	}
	buf[used] = '\0';
	return buf;
}
