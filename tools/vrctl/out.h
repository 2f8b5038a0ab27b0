/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OUT_H
#define OUT_H

#include <stdbool.h>
#include <stdint.h>

/* What a piece of text is; the palette decides how it looks. */
enum role {
	ROLE_NONE,
	ROLE_HEAD, /* headings */
	ROLE_NAME, /* names of VRs and ports */
	ROLE_GOOD,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_MAX,
};

enum color_mode {
	COLOR_NEVER,
	COLOR_AUTO,
	COLOR_ALWAYS,
};

void color_setup(enum color_mode mode);
/* Escape sequences around text of a role; "" without colour. */
const char *color_on(enum role role);
const char *color_off(enum role role);

/**
 * struct column - a column of a table, a member of its JSON objects
 * @key: name in JSON
 * @title: heading in text; NULL for what only JSON shows
 * @role: colour
 * @right: flush right, for numbers
 */
struct column {
	const char *key;
	const char *title;
	enum role role;
	bool right;
};

/*
 * A table is written cell by cell, in the order of its columns.  Text is held
 * back until the end, when the widths are known.  A table that is not ended
 * leaves no trace as long as it has no cell.
 */
void tbl_begin(const struct column *cols, unsigned int n);
void tbl_str(const char *val);
void tbl_uint(uint64_t val);
void tbl_bool(bool val, const char *yes, const char *no);
/* Nanoseconds: as they are in JSON, with a fitting unit in text. */
void tbl_ns(int64_t val);
/* A part of a whole: per cent in text. */
void tbl_share(double part, double whole);
/* A number that has a name for people. */
void tbl_named(uint64_t val, const char *name);
void tbl_end(void);

const char *ns_text(int64_t ns, char *buf, unsigned int len);
/* In three figures. */
const char *ns_round(uint64_t ns, char *buf, unsigned int len);

/* JSON; a key of NULL for elements of an array */
void json_obj(const char *key);
void json_obj_end(void);
void json_arr(const char *key);
void json_arr_end(void);
void json_str(const char *key, const char *val);
void json_uint(const char *key, uint64_t val);
void json_int(const char *key, int64_t val);
void json_real(const char *key, double val);
void json_bool(const char *key, bool val);
/* Before each item of the outermost list, and after the last one, if any. */
void json_list(void);
void json_list_end(void);
/* After the outermost object. */
void json_done(void);

#endif /* OUT_H */
