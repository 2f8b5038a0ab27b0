// SPDX-License-Identifier: GPL-2.0
/*
 * Attach a one-line XDP program to a device until standard input ends:
 *
 *	xdp DEV drop|pass|tx|aborted|redirect [DEV2]
 *
 * Prints "attached" when it is. Needs no BPF compiler.
 */
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_link.h>

#define INSN(_code, _dst, _imm)	\
	((struct bpf_insn) { .code = (_code), .dst_reg = (_dst), .imm = (_imm) })

static const struct {
	const char *name;
	int action;
} actions[] = {
	{ "aborted",	XDP_ABORTED },
	{ "drop",	XDP_DROP },
	{ "pass",	XDP_PASS },
	{ "tx",		XDP_TX },
	{ "redirect",	XDP_REDIRECT },
	{ NULL,		-1 },
};

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load_program(int action, int ifindex)
{
	struct bpf_insn insns[4];
	union bpf_attr attr;
	static char log[4096];
	unsigned int n = 0;
	int fd;

	if (action == XDP_REDIRECT) {
		insns[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, ifindex);
		insns[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0);
		insns[n++] = INSN(BPF_JMP | BPF_CALL, 0, BPF_FUNC_redirect);
	} else {
		insns[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, action);
	}
	insns[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0);

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (uintptr_t)"GPL";
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		fprintf(stderr, "xdp: cannot load: %s\n%s", strerror(errno), log);
	return fd;
}

int main(int argc, char **argv)
{
	int action = -1, to = 0, prog, link;
	union bpf_attr attr;
	unsigned int i;
	char c;

	for (i = 0; argc > 2 && actions[i].name; i++)
		if (!strcmp(argv[2], actions[i].name))
			action = actions[i].action;
	if (action < 0 || argc != (action == XDP_REDIRECT ? 4 : 3)) {
		fprintf(stderr, "usage: xdp DEV drop|pass|tx|aborted|redirect [DEV2]\n");
		return 1;
	}
	if (argc == 4) {
		to = if_nametoindex(argv[3]);
		if (!to) {
			fprintf(stderr, "xdp: no device '%s'\n", argv[3]);
			return 1;
		}
	}

	prog = load_program(action, to);
	if (prog < 0)
		return 1;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = if_nametoindex(argv[1]);
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = XDP_FLAGS_DRV_MODE;
	link = sys_bpf(BPF_LINK_CREATE, &attr);
	if (link < 0) {
		fprintf(stderr, "xdp: cannot attach to '%s': %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
