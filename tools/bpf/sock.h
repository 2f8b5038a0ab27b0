/* SPDX-License-Identifier: GPL-2.0 */
/* What sock.bpf.c is told when it is loaded. */
#ifndef VROUTER_BPF_SOCK_H
#define VROUTER_BPF_SOCK_H

#include <linux/types.h>

/**
 * struct vr_sock - what to bind sockets to
 * @netns: cookie of the network namespace that the VR is in
 * @ifindex: of the VR
 */
struct vr_sock {
	__u64 netns;
	__u32 ifindex;
};

#endif /* VROUTER_BPF_SOCK_H */
