// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program of a port.
 *
 * On: load, attach, show it to the module, which lets it bring packets.  Off: the
 * other way round.  In between it passes everything, so a failure half-way harms
 * nobody.  A program that is there already is left alone, unless it is one of ours.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/vrouter.h>
#include <linux/vrouter_xdp.h>

#include "bpf_obj.h"
#include "nl.h"
#include "vrctl.h"
#include "xdp.h"

#define PROGRAM "vrouter"

extern const char xdp_obj[], xdp_obj_end[];

struct attached {
	__u32 id;
	bool native;
	bool ours;
	char name[BPF_OBJ_NAME_LEN];
};

bool xdp_mode_parse(const char *str, enum xdp_mode *mode)
{
	static const char *const words[] = { "off", "on", "auto" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(str, words[i])) {
			*mode = i;
			return true;
		}
	return false;
}

struct port {
	int vr;
	bool xdp;
};

static void port_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct port *port = data;

	(void)cmd;
	port->vr = nl_u32(attrs->tb[VROUTER_A_PORT_VR_IFINDEX]);
	port->xdp = attrs->tb[VROUTER_A_PORT_XDP_ID];
}

/* What the module knows of it. */
static int find_port(const char *name, struct port *port)
{
	struct nl_req req;
	int ret = nl_genl_start(&req, VROUTER_CMD_PORT_GET, 0);

	if (ret)
		return ret;
	nl_put_str(&req, VROUTER_A_PORT_IFNAME, name);
	return nl_do(&req, port_row, port);
}

/* What it refuses for what the device is like may be left to the caller. */
static int tell_module(const char *name, int fd, bool silent)
{
	struct nl_req req;
	int ret = nl_genl_start(&req, VROUTER_CMD_PORT_SET, 0);

	if (ret)
		return ret;
	req.subject = name;
	req.silent = silent ? EOPNOTSUPP : 0;
	nl_put_str(&req, VROUTER_A_PORT_IFNAME, name);
	nl_put_u32(&req, VROUTER_A_PORT_XDP_FD, fd, NULL);
	return nl_do(&req, NULL, NULL);
}

/* The program that is on the device, id 0 if none. */
static int query(int ifindex, struct attached *is)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd, err = bpf_xdp_query(ifindex, 0, &opts);

	memset(is, 0, sizeof(*is));
	if (err || !opts.attach_mode)
		return err;
	is->id = opts.prog_id;
	is->native = opts.attach_mode == XDP_ATTACHED_DRV;
	if (opts.attach_mode == XDP_ATTACHED_MULTI)
		is->id = opts.drv_prog_id ?: opts.hw_prog_id;
	fd = bpf_prog_get_fd_by_id(is->id);
	if (fd < 0)
		return 0;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		snprintf(is->name, sizeof(is->name), "%s", info.name);
		is->ours = !strcmp(info.name, PROGRAM);
	}
	close(fd);
	return 0;
}

/* Load the program for the VR of this index. */
static int load(int vr, __u8 generic, struct bpf_object **obj, int *fd)
{
	__u32 key = 0, val = vr;
	struct bpf_map *map;
	int err;

	err = bpf_obj_load(xdp_obj, xdp_obj_end, &generic, sizeof(generic), obj);
	if (err)
		return err;
	map = bpf_object__find_map_by_name(*obj, "vrouter_vr");
	err = map ? bpf_map__update_elem(map, &key, sizeof(key), &val, sizeof(val), 0) : -ENOENT;
	*fd = bpf_program__fd(bpf_object__find_program_by_name(*obj, PROGRAM));
	return err;
}

static int attach(int ifindex, int fd, bool generic)
{
	return bpf_xdp_attach(ifindex, fd,
			      XDP_FLAGS_UPDATE_IF_NOEXIST |
				      (generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE),
			      NULL);
}

static int detach(int ifindex, const struct attached *is)
{
	return bpf_xdp_detach(ifindex, is->native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, NULL);
}

static int turn_on_as(const char *name, int ifindex, int vr, bool generic, bool silent)
{
	struct attached is = { .native = !generic };
	struct bpf_object *obj;
	int fd = -1, ret, err;

	err = load(vr, generic, &obj, &fd);
	if (!err)
		err = attach(ifindex, fd, generic);
	if (err) {
		bpf_object__close(obj);
		return err;
	}
	ret = tell_module(name, fd, silent);
	if (ret)
		detach(ifindex, &is);
	bpf_object__close(obj);
	return ret;
}

/* A driver without native XDP, or with a device in a state that it does not like. */
static bool is_unable(int err)
{
	return err == -EOPNOTSUPP || err == -ENOTSUP;
}

static int turn_on(const char *name, int ifindex, int vr, enum xdp_mode mode)
{
	bool silent = mode == XDP_MODE_AUTO;
	int ret = turn_on_as(name, ifindex, vr, false, silent);

	if (is_unable(ret) && silent)
		return EXIT_OK;
	if (is_unable(ret))
		ret = turn_on_as(name, ifindex, vr, true, silent);
	return ret < 0 ? bpf_obj_fail(name, "xdp on", -ret) : ret;
}

int xdp_set(const char *name, enum xdp_mode mode, enum xdp_mode *was)
{
	int ifindex = if_nametoindex(name), ret, err;
	struct port port = {};
	struct attached is;

	bpf_obj_quiet();
	if (!ifindex) {
		fprintf(stderr, "Error: %s: %s.\n", name, strerror(errno));
		return EXIT_KERNEL;
	}
	ret = find_port(name, &port);
	if (ret)
		return ret;
	if (was)
		*was = port.xdp ? XDP_MODE_ON : XDP_MODE_OFF;
	err = query(ifindex, &is);
	if (err)
		return bpf_obj_fail(name, "cannot ask for its XDP program", -err);
	if (is.id && !is.ours && mode == XDP_MODE_ON) {
		fprintf(stderr,
			"Error: %s: has an XDP program already: %s (id %u); "
			"\"ip link set dev %s xdp%s off\" takes it off.\n",
			name, is.name, is.id, name, is.native ? "drv" : "generic");
		return EXIT_KERNEL;
	}
	if (is.id && !is.ours && mode == XDP_MODE_AUTO)
		return EXIT_OK;
	ret = tell_module(name, -1, false);
	if (ret)
		return ret;
	if (is.ours) {
		err = detach(ifindex, &is);
		if (err)
			return bpf_obj_fail(name, "cannot take off its XDP program", -err);
	}
	return mode == XDP_MODE_OFF ? EXIT_OK : turn_on(name, ifindex, port.vr, mode);
}
