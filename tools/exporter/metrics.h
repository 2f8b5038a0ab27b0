/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPORTER_METRICS_H
#define EXPORTER_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/*
 * Ask the kernel for all there is to tell, one dump of each kind; names and settings only
 * if changed, else they are as they were. False if it has no answer.
 */
bool metrics_read(bool per_cpu, bool changed);
/* What was read, or that there is nothing, and how long that took since (monotonic, ns). */
void metrics_write(struct text *t, bool up, bool per_cpu, int64_t since);

#endif /* EXPORTER_METRICS_H */
