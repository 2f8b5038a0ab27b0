// SPDX-License-Identifier: GPL-2.0
/* Written without printf(), as a scrape of 1000 VRs has 1.6 MB. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NS_DIGITS 9

/* There is a piece more than len. */
static char *reserve(struct text *t, size_t len)
{
	if (t->len + len + TEXT_PIECE > t->room) {
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

/* In whole pieces, of which compilers make a few instructions. */
static char *copy(char *to, const char *from, size_t len)
{
	char *end = to + len;

	for (; to < end; to += TEXT_PIECE, from += TEXT_PIECE)
		memcpy(to, from, TEXT_PIECE);
	return end;
}

/* In at least so many digits; then a character. */
static void put_uint(struct text *t, uint64_t val, unsigned int digits, char then)
{
	char buf[2 * TEXT_PIECE] = "", *p = buf + TEXT_PIECE;
	char *to = reserve(t, TEXT_PIECE);

	*--p = then;
	do {
		*--p = '0' + val % 10;
		val /= 10;
	} while (val || buf + TEXT_PIECE - p <= (int)digits);
	memcpy(to, p, TEXT_PIECE);
	t->len += buf + TEXT_PIECE - p;
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

void text_line(struct text_line *line, const char *name, const char *suffix, const char *extra)
{
	size_t room = sizeof(line->text);

	line->before = snprintf(line->text, room, "%s%s{", name, suffix);
	line->after = snprintf(line->text + line->before, room - line->before, "%s%s} ",
			       *extra ? "," : "", extra);
}

void text_sample(struct text *t, const struct text_line *line, const char *labels, size_t len)
{
	char *to = reserve(t, line->before + len + line->after);

	to = copy(to, line->text, line->before);
	to = copy(to, labels, len);
	to = copy(to, line->text + line->before, line->after);
	t->len = to - t->buf;
}

void text_name(struct text *t, const char *name, const char *suffix, const char *labels)
{
	put(t, name);
	put(t, suffix);
	if (*labels) {
		put(t, "{");
		put(t, labels);
		put(t, "}");
	}
	put(t, " ");
}

void text_uint(struct text *t, uint64_t val)
{
	put_uint(t, val, 1, '\n');
}

void text_seconds(struct text *t, int64_t ns)
{
	uint64_t abs = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	if (!ns) {
		text_uint(t, 0);
		return;
	}
	if (ns < 0)
		put(t, "-");
	put_uint(t, abs / 1000000000, 1, '.');
	put_uint(t, abs % 1000000000, NS_DIGITS, '\n');
}

void text_value(struct text *t, const char *val)
{
	put(t, val);
	put(t, "\n");
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
