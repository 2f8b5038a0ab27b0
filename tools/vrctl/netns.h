/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

/* One of a name, as ip netns has it, or of a path; a descriptor, or -1 with errno. */
int netns_open(const char *name);
/* Or of a process, by its number, if there is none of this name. */
int netns_open_any(const char *name);
/* Whether it is the one that this process is in. */
bool netns_is_here(int fd);

/*
 * Call for every network namespace but this one, from within it: first those that
 * have a name, then those that only processes have ("pid 123"); until it returns
 * false.
 */
void netns_for_each(bool (*each)(const char *name, void *data), void *data);

#endif /* NETNS_H */
