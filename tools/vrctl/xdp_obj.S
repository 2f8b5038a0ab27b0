/* SPDX-License-Identifier: GPL-2.0 */
/* The compiled bpf/port.bpf.c, for xdp.c. */
	.section .rodata, "a"
	.balign 8
	.global xdp_obj
	.global xdp_obj_end
xdp_obj:
	.incbin "bpf/port.bpf.o"
xdp_obj_end:
	.section .note.GNU-stack, "", %progbits
