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
/* The part of a sample before its value; labels without braces, extra ones after them. */
void text_name(struct text *t, const char *name, const char *suffix, const char *labels,
	       const char *extra);
/* Its value. */
void text_uint(struct text *t, uint64_t val);
void text_seconds(struct text *t, int64_t ns);
void text_real(struct text *t, double val);
void text_end(struct text *t);
/* Escaped for a label; what is not ASCII as \xNN. */
const char *text_label(const char *val, char *buf, size_t len);

#endif /* EXPORTER_TEXT_H */
