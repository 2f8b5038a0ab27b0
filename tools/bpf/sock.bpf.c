// SPDX-License-Identifier: GPL-2.0
/*
 * For vrctl exec: every socket that a process of the cgroup opens is bound to the
 * VR before the process has it. In another network namespace the number of the VR
 * means another device or none, so sockets there stay as they are.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "sock.h"

const volatile struct vr_sock vr = {};

SEC("cgroup/sock_create")
int vrouter_sock(struct bpf_sock *sk)
{
	if (bpf_get_netns_cookie(sk) == vr.netns)
		sk->bound_dev_if = vr.ifindex;
	return 1;
}

char _license[] SEC("license") = "GPL";
