/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets as frames, which XDP programs of ports bring; see frame.c and xdp.c.
 */
#ifndef _VR_FRAME_H
#define _VR_FRAME_H

#include <linux/rcupdate.h>
#include <uapi/linux/vrouter_xdp.h>

#include "datapath.h"

struct bpf_prog;
struct netlink_ext_ack;
struct vr_lane;

/**
 * struct vr_xdp - the XDP program of a port
 * @prog: the program; the reference keeps its map
 * @told: the map's entry
 * @seen: &struct vrouter_xdp_port.drops and .drop_ns as counted so far; the turn
 */
struct vr_xdp {
	struct bpf_prog				*prog;
	struct vrouter_xdp_port __percpu	*told;
	struct vrouter_xdp_port __percpu	*seen;
};

/* frame.c: ndo_xdp_xmit of a VR; softirq */
int vr_frame_receive(struct net_device *dev, int n, struct xdp_frame **frames,
		     u32 flags);
/* softirq; an sk_buff instead, or false and nothing has changed */
bool vr_frame_to_skb(vr_pkt_t *pkt);
/* softirq, RCU: frames can leave by @out and nobody wants to see them */
bool vr_frame_fits_port(const struct vr_router *vr, const struct vr_port *out);
/* softirq, RCU: returns how many were sent, or a negative error and none was */
int vr_frame_send(struct net_device *dev, struct xdp_frame **frames, int n,
		  u32 *lost_bytes);

/* xdp.c: rtnl; a negative @fd is no program */
int vr_xdp_set(struct vr_port *port, int fd, struct netlink_ext_ack *extack);
u32 vr_xdp_id(const struct vr_port *port);
/* something has changed that the program must know; @open: frames are taken */
void vr_xdp_tell(struct vr_port *port, bool open);
void vr_xdp_tell_all(struct vr_router *vr, bool open);
void vr_xdp_features_changed(const struct net_device *dev);
/* phases one and two of the end of a port */
void vr_xdp_close(struct vr_port *port);
void vr_xdp_free(struct vr_port *port);
/* softirq, RCU: let the program drop while @q, of this CPU, is full */
void vr_xdp_shut(struct vr_port *port, struct vr_queue *q);
/* softirq, the turn that serves @q and has made room */
void vr_xdp_reopen(struct vr_queue *q);

#endif /* _VR_FRAME_H */
