// SPDX-License-Identifier: GPL-2.0
/* A JSON writer for standard output. */
#include <inttypes.h>
#include <stdio.h>

#include "out.h"
#include "vrctl.h"

static int depth;
static bool comma;

static void put_indent(void)
{
	if (opt.pretty)
		printf("\n%*s", depth * 4, "");
}

static void put_quoted(const char *str)
{
	const unsigned char *c;

	putchar('"');
	for (c = (const unsigned char *)str; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f)
			/* Names of devices are bytes: keep it valid. */
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static void put_key(const char *key)
{
	if (comma)
		putchar(',');
	if (depth)
		put_indent();
	if (key) {
		put_quoted(key);
		printf(opt.pretty ? ": " : ":");
	}
	comma = true;
}

static void open_level(const char *key, char c)
{
	put_key(key);
	putchar(c);
	depth++;
	comma = false;
}

static void close_level(char c)
{
	depth--;
	if (comma)
		put_indent();
	putchar(c);
	comma = true;
}

void json_obj(const char *key)
{
	open_level(key, '{');
}

void json_obj_end(void)
{
	close_level('}');
}

void json_arr(const char *key)
{
	open_level(key, '[');
}

void json_arr_end(void)
{
	close_level(']');
}

void json_str(const char *key, const char *val)
{
	put_key(key);
	put_quoted(val);
}

void json_uint(const char *key, uint64_t val)
{
	put_key(key);
	printf("%" PRIu64, val);
}

void json_int(const char *key, int64_t val)
{
	put_key(key);
	printf("%" PRId64, val);
}

void json_real(const char *key, double val)
{
	put_key(key);
	printf("%.9g", val);
}

void json_bool(const char *key, bool val)
{
	put_key(key);
	fputs(val ? "true" : "false", stdout);
}

/* The list opens with its first item, as until then there may be an error. */
static bool listing;

void json_list(void)
{
	if (!listing)
		json_arr(NULL);
	listing = true;
}

void json_list_end(void)
{
	json_list();
	json_arr_end();
	json_done();
	listing = false;
}

void json_done(void)
{
	putchar('\n');
	comma = false;
	depth = 0;
}
