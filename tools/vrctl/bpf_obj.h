/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BPF_OBJ_H
#define BPF_OBJ_H

#include <stddef.h>

struct bpf_object;

/*
 * Load the programs of a compiled object, their constants, which are one variable,
 * set to these. Returns 0 or a negative error; *obj is to be closed either way.
 */
int bpf_obj_load(const char *image, const char *end, const void *consts, size_t len,
		 struct bpf_object **obj);
/* From now on libbpf says nothing, but what it would have said is kept. */
void bpf_obj_quiet(void);
/* To stderr: what failed, why, and what libbpf had to say; an exit code. */
int bpf_obj_fail(const char *name, const char *what, int err);

#endif /* BPF_OBJ_H */
