/* SPDX-License-Identifier: GPL-2.0 */
/* Text of the OpenMetrics format, in a buffer that grows. */
#ifndef EXPORTER_TEXT_H
#define EXPORTER_TEXT_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct text - text that grows
 * @buf: it, not terminated
 * @len: how long it is
 * @room: how long it may become
 */
struct text {
	char *buf;
	size_t len;
	size_t room;
};

/* Of a metric family; unit may be NULL. */
void text_family(struct text *t, const char *name, const char *type, const char *unit,
		 const char *help);
/* Labels have so many bytes more behind them, whatever they are. */
#define TEXT_PIECE 32

/**
 * struct text_line - what the samples of a metric have in common
 * @text: what stands before the labels, and what stands after them
 * @before: how much stands before
 * @after: how much stands after
 */
struct text_line {
	char text[192];
	size_t before;
	size_t after;
};

/* Of samples with labels; extra ones come after those. */
void text_line(struct text_line *line, const char *name, const char *suffix, const char *extra);
/* The part of one before its value; labels without braces, len of them. */
void text_sample(struct text *t, const struct text_line *line, const char *labels, size_t len);
/* The same for the only one of its kind; labels may be "". */
void text_name(struct text *t, const char *name, const char *suffix, const char *labels);
/* Its value. */
void text_uint(struct text *t, uint64_t val);
void text_seconds(struct text *t, int64_t ns);
void text_value(struct text *t, const char *val);
void text_end(struct text *t);
/* Escaped for a label; what is not ASCII as \xNN. */
const char *text_label(const char *val, char *buf, size_t len);

#endif /* EXPORTER_TEXT_H */
