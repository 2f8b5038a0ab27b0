/* SPDX-License-Identifier: GPL-2.0 */
/* The compiled bpf/port.bpf.c, for xdp.c, and bpf/sock.bpf.c, for exec.c. */
	.macro object name file
	.balign 8
	.global \name
	.global \name\()_end
\name:
	.incbin "\file"
\name\()_end:
	.endm

	.section .rodata, "a"
	object xdp_obj "bpf/port.bpf.o"
	object sock_obj "bpf/sock.bpf.o"
	.section .note.GNU-stack, "", %progbits
