// SPDX-License-Identifier: GPL-2.0
/* Tables whose columns line up, and colour. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "vrctl.h"

static bool colored;

/* clang-format off */
static const char * const palette[ROLE_MAX] = {
	[ROLE_NONE]	= "",
	[ROLE_HEAD]	= "\033[1m",
	[ROLE_NAME]	= "\033[36m",
	[ROLE_GOOD]	= "\033[32m",
	[ROLE_WARN]	= "\033[33m",
	[ROLE_BAD]	= "\033[31m",
};
/* clang-format on */

void color_setup(enum color_mode mode)
{
	colored = !opt.json &&
		  (mode == COLOR_ALWAYS || (mode == COLOR_AUTO && isatty(STDOUT_FILENO)));
}

const char *color_on(enum role role)
{
	return colored ? palette[role] : "";
}

const char *color_off(enum role role)
{
	return colored && role != ROLE_NONE ? "\033[0m" : "";
}

const char *ns_text(int64_t ns, char *buf, unsigned int len)
{
	double val = ns, abs = val < 0 ? -val : val;

	if (abs >= 1e9)
		snprintf(buf, len, "%.3fs", val / 1e9);
	else if (abs >= 1e6)
		snprintf(buf, len, "%.3fms", val / 1e6);
	else if (abs >= 1e3)
		snprintf(buf, len, "%.3fus", val / 1e3);
	else
		snprintf(buf, len, "%" PRId64 "ns", ns);
	return buf;
}

const char *ns_round(uint64_t ns, char *buf, unsigned int len)
{
	if (ns >= 9995000000)
		snprintf(buf, len, "%.0fs", ns / 1e9);
	else if (ns >= 999500000)
		snprintf(buf, len, "%.2fs", ns / 1e9);
	else if (ns >= 9995000)
		snprintf(buf, len, "%.0fms", ns / 1e6);
	else if (ns >= 999500)
		snprintf(buf, len, "%.2fms", ns / 1e6);
	else if (ns >= 9995)
		snprintf(buf, len, "%.0fus", ns / 1e3);
	else if (ns >= 1000)
		snprintf(buf, len, "%.2fus", ns / 1e3);
	else
		snprintf(buf, len, "%uns", (unsigned int)ns);
	return buf;
}

/* The table at hand: its columns, and the text of its cells in rows. */
static struct {
	const struct column *cols;
	unsigned int n_cols;
	unsigned int col;
	char **cells;
	size_t n_cells;
	size_t room;
} tbl;

void tbl_begin(const struct column *cols, unsigned int n)
{
	tbl.cols = cols;
	tbl.n_cols = n;
	tbl.col = 0;
	tbl.n_cells = 0;
}

static const struct column *cell_begin(void)
{
	if (opt.json && !tbl.col) {
		json_list();
		json_obj(NULL);
	}
	return &tbl.cols[tbl.col];
}

static void cell_end(const char *text)
{
	if (!opt.json) {
		if (tbl.n_cells == tbl.room) {
			tbl.room = tbl.room ? 2 * tbl.room : 64;
			tbl.cells = realloc(tbl.cells, tbl.room * sizeof(*tbl.cells));
		}
		if (tbl.cells)
			tbl.cells[tbl.n_cells] = strdup(text);
		if (!tbl.cells || !tbl.cells[tbl.n_cells])
			err(EXIT_LOCAL, "table");
		tbl.n_cells++;
	}
	if (++tbl.col == tbl.n_cols) {
		tbl.col = 0;
		if (opt.json)
			json_obj_end();
	}
}

void tbl_str(const char *val)
{
	const struct column *col = cell_begin();

	if (opt.json)
		json_str(col->key, val);
	cell_end(val);
}

void tbl_uint(uint64_t val)
{
	const struct column *col = cell_begin();
	char buf[24];

	if (opt.json)
		json_uint(col->key, val);
	snprintf(buf, sizeof(buf), "%" PRIu64, val);
	cell_end(buf);
}

void tbl_bool(bool val, const char *yes, const char *no)
{
	const struct column *col = cell_begin();

	if (opt.json)
		json_bool(col->key, val);
	cell_end(val ? yes : no);
}

void tbl_ns(int64_t val)
{
	const struct column *col = cell_begin();
	char buf[32];

	if (opt.json)
		json_int(col->key, val);
	cell_end(ns_text(val, buf, sizeof(buf)));
}

void tbl_share(double part, double whole)
{
	const struct column *col = cell_begin();
	double share = whole > 0 ? part / whole : 0;
	char buf[32];

	if (opt.json)
		json_real(col->key, share);
	snprintf(buf, sizeof(buf), "%.1f%%", 100 * share);
	cell_end(buf);
}

void tbl_named(uint64_t val, const char *name)
{
	if (opt.json || !name)
		tbl_uint(val);
	else
		tbl_str(name);
}

/* Blanks are due only before text, so that no line ends in them. */
static int print_cell(const struct column *col, enum role role, const char *text, int width,
		      int blanks)
{
	int pad = width - (int)strlen(text);

	if (!*text)
		return blanks + width + 2;
	printf("%*s%s%s%s", blanks + (col->right ? pad : 0), "", color_on(role), text,
	       color_off(role));
	return (col->right ? 0 : pad) + 2;
}

/* The cells of a row, or the titles of the columns; empty columns are left out. */
static void print_row(char *const *cells, const int *width)
{
	const struct column *col;
	int blanks = 0;
	unsigned int i;

	for (i = 0; i < tbl.n_cols; i++) {
		col = &tbl.cols[i];
		if (!col->title || !width[i])
			continue;
		blanks = print_cell(col, cells ? col->role : ROLE_HEAD,
				    cells ? cells[i] : col->title, width[i], blanks);
	}
	putchar('\n');
}

static void print_table(void)
{
	size_t cell, len;
	unsigned int i;
	int *width;

	width = calloc(tbl.n_cols, sizeof(*width));
	if (!width)
		err(EXIT_LOCAL, "table");
	for (cell = 0; cell < tbl.n_cells; cell++) {
		len = strlen(tbl.cells[cell]);
		i = cell % tbl.n_cols;
		if ((int)len > width[i])
			width[i] = len;
	}
	for (i = 0; i < tbl.n_cols; i++)
		if (width[i] && tbl.cols[i].title && width[i] < (int)strlen(tbl.cols[i].title))
			width[i] = strlen(tbl.cols[i].title);

	if (tbl.n_cells)
		print_row(NULL, width);
	for (cell = 0; cell < tbl.n_cells; cell += tbl.n_cols)
		print_row(&tbl.cells[cell], width);
	for (cell = 0; cell < tbl.n_cells; cell++)
		free(tbl.cells[cell]);
	tbl.n_cells = 0;
	free(width);
}

void tbl_end(void)
{
	if (opt.json)
		json_list_end();
	else
		print_table();
}
