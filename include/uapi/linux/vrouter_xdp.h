/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * What an XDP program on a port and the module tell each other.
 *
 * The program has a map of type BPF_MAP_TYPE_PERCPU_ARRAY with the name
 * VROUTER_XDP_MAP and one entry, struct vrouter_xdp_port.  It redirects to the
 * VR's netdevice, the index of the device that the packet came in by, as __u32,
 * being the last four bytes of its metadata.
 */
#ifndef _UAPI_LINUX_VROUTER_XDP_H
#define _UAPI_LINUX_VROUTER_XDP_H

#include <linux/types.h>

#define VROUTER_XDP_MAP	"vrouter_port"

/**
 * struct vrouter_xdp_port - of one port and CPU
 * @mac: link-layer address of the port; written by the module
 * @open: the VR takes frames for @mac; else all is to be passed; by the module
 * @full: its queue has no room: they are to be dropped; by the module
 * @drops: frames that were dropped for @full; by the program
 * @drop_ns: what they cost, in ns; by the program
 */
struct vrouter_xdp_port {
	__u8	mac[6];
	__u8	open;
	__u8	full;
	__u64	drops;
	__u64	drop_ns;
};

#endif /* _UAPI_LINUX_VROUTER_XDP_H */
