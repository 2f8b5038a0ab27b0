// SPDX-License-Identifier: GPL-2.0
/*
 * Attach a program of fib.bpf.o between two devices until standard input ends:
 *
 *	fib OBJECT xdp|tc IN OUT
 *
 * Prints "attached" when it is.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("fib: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static unsigned int ifindex_of(const char *name)
{
	unsigned int ifindex = if_nametoindex(name);

	if (!ifindex)
		die("no device '%s'", name);
	return ifindex;
}

static void attach_xdp(int prog, unsigned int in)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	if (bpf_link_create(prog, in, BPF_XDP, &opts) < 0)
		die("cannot attach: %s", strerror(errno));
}

/* Goes with the device. */
static void attach_tc(int prog, unsigned int in)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = in, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog);
	int err = bpf_tc_hook_create(&hook);

	if (!err)
		err = bpf_tc_attach(&hook, &opts);
	if (err)
		die("cannot attach: %s", strerror(-err));
}

int main(int argc, char **argv)
{
	unsigned int in, out;
	struct bpf_object *obj;
	struct bpf_map *ports;
	const char *kind;
	int prog;
	char c;

	if (argc != 5 || (strcmp(argv[2], "xdp") && strcmp(argv[2], "tc")))
		die("usage: fib OBJECT xdp|tc IN OUT");
	kind = argv[2];
	in = ifindex_of(argv[3]);
	out = ifindex_of(argv[4]);

	obj = bpf_object__open(argv[1]);
	if (!obj)
		die("cannot open %s: %s", argv[1], strerror(errno));
	ports = bpf_object__find_map_by_name(obj, "ports");
	if (!ports || bpf_map__set_max_entries(ports, out + 1) || bpf_object__load(obj))
		die("cannot load %s: %s", argv[1], strerror(errno));
	if (bpf_map_update_elem(bpf_map__fd(ports), &out, &out, BPF_ANY))
		die("'%s' takes no frames: %s", argv[4], strerror(errno));
	prog = bpf_program__fd(bpf_object__find_program_by_name(obj, strcmp(kind, "tc") ?
								     "xdp_fib" : "tc_fib"));
	if (strcmp(kind, "tc"))
		attach_xdp(prog, in);
	else
		attach_tc(prog, in);
	puts("attached");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
