// SPDX-License-Identifier: GPL-2.0
/* BPF programs that are part of vrctl. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf_obj.h"
#include "vrctl.h"

/* What libbpf has to say is said if there is nothing better. */
static char last_words[256];

static int listen_to(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level == LIBBPF_WARN)
		vsnprintf(last_words, sizeof(last_words), fmt, args);
	return 0;
}

void bpf_obj_quiet(void)
{
	libbpf_set_print(listen_to);
}

int bpf_obj_fail(const char *name, const char *what, int err)
{
	size_t len = strcspn(last_words, "\n");

	fprintf(stderr, "Error: %s: %s: %s", name, what, strerror(err));
	if (len)
		fprintf(stderr, " (%.*s)", (int)len, last_words);
	fputs(".\n", stderr);
	return EXIT_KERNEL;
}

int bpf_obj_load(const char *image, const char *end, const void *consts, size_t len,
		 struct bpf_object **obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "vrouter");
	struct bpf_map *rodata;
	size_t room = 0;
	void *value;

	*obj = bpf_object__open_mem(image, end - image, &opts);
	if (!*obj)
		return -errno;
	rodata = bpf_object__find_map_by_name(*obj, "vrouter.rodata");
	value = rodata ? (void *)bpf_map__initial_value(rodata, &room) : NULL;
	if (!value || room < len)
		return -ENOENT;
	memcpy(value, consts, len);
	return bpf_object__load(*obj);
}
