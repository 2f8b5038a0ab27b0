/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VF_H
#define VF_H

#include <dirent.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrctl.h"

#define MAC_TEXT_LEN 18

#define VFIO_PCI "vfio-pci"

/* An address such as 0000:01:10.3, the name of a driver. */
#define BUS_LEN 32

#define MAX_VFS	   65535
#define MAX_VLAN   4094
#define MAX_RATE   1000000
#define VF_AUTO	   UINT32_MAX
#define VF_UNKNOWN (-1)

/**
 * struct netdev - a netdevice of this network namespace
 * @ifindex: its number
 * @name: its name
 * @mac: its address
 * @parent: address of the PCI function it belongs to, or ""
 * @master: ifindex of the device that it is enslaved to, or 0
 * @port: it is enslaved to a VR
 * @up: set up
 * @carrier: it has a link
 * @function: the device of the function itself, no representor of a VF
 */
struct netdev {
	int ifindex;
	char name[IFNAMSIZ];
	uint8_t mac[MAC_LEN];
	char parent[BUS_LEN];
	int master;
	bool port;
	bool up;
	bool carrier;
	bool function;
};

/**
 * struct netdevs - all of them at one time
 * @dev: the devices
 * @n: how many
 * @room: how many there is memory for
 */
struct netdevs {
	struct netdev *dev;
	size_t n;
	size_t room;
};

/**
 * struct vf_info - what the PF says of a VF
 * @known: it says something
 * @mac: address that the PF gave the VF, or the VF took; 0 if neither
 * @vlan: VLAN that the VF is in without knowing, or 0
 * @qos: priority of that VLAN
 * @min_rate: Mbit/s that the VF can always send, or 0
 * @max_rate: Mbit/s that the VF may send, 0 if that has no limit
 * @spoofchk: whether source addresses are checked, or VF_UNKNOWN
 * @trust: whether the VF is trusted, or VF_UNKNOWN
 */
struct vf_info {
	bool known;
	uint8_t mac[MAC_LEN];
	uint32_t vlan;
	uint32_t qos;
	uint32_t min_rate;
	uint32_t max_rate;
	int spoofchk;
	int trust;
};

/**
 * struct vf - a virtual function
 * @num: its number
 * @addr: its PCI address
 * @driver: driver bound to it, or ""
 * @override: the only driver that may be bound to it, or ""
 * @has_net: it has a netdevice, here or in another network namespace
 * @dev: its netdevice if that is here, or NULL
 * @netns: network namespace that its netdevice is in, "" if that is this one; only
 *	after pf_find_netns()
 * @netns_dev: name of its netdevice there
 * @info: what the PF says
 */
struct vf {
	unsigned int num;
	char addr[BUS_LEN];
	char driver[BUS_LEN];
	char override[BUS_LEN];
	bool has_net;
	const struct netdev *dev;
	char netns[64];
	char netns_dev[IFNAMSIZ];
	struct vf_info info;
};

/**
 * struct pf - a physical function
 * @dev: its netdevice
 * @driver: its driver
 * @total: VFs that it can have
 * @enabled: VFs that it has
 * @node: its NUMA node, or -1
 * @rx_queues: queues of its netdevice in use, 0 if that is not known
 * @tx_queues: as @rx_queues
 * @vfs: its VFs, @enabled of them
 */
struct pf {
	const struct netdev *dev;
	char driver[BUS_LEN];
	unsigned int total;
	unsigned int enabled;
	int node;
	unsigned int rx_queues;
	unsigned int tx_queues;
	struct vf *vfs;
};

/*
 * vf_sys.c: sysfs.  Functions that write return an errno or 0, others whether it
 * is there.
 */
bool pci_read(const char *addr, const char *attr, char *buf, size_t len);
bool pci_uint(const char *addr, const char *attr, unsigned int *val);
/* Last part of what a link points to. */
bool pci_link(const char *addr, const char *attr, char *buf, size_t len);
bool pci_has(const char *addr, const char *attr);
DIR *pci_dir(const char *addr, const char *attr);
int pci_write(const char *addr, const char *attr, const char *val);
/* Let drivers that are there have a look at it; load what there is for it. */
int pci_probe(const char *addr);
void pci_load_driver(const char *addr);
int pci_unbind(const char *addr);
bool driver_there(const char *name);
void module_load(const char *name);
/* One at a time changes the VFs of a PF; until the process ends or unlocks. */
int pci_lock(const char *addr);
void pci_unlock(int fd);
unsigned int dev_queues(const struct netdev *dev, const char *prefix);
/* Until it is so, for at most ms milliseconds. */
bool wait_until(bool (*is_so)(void *data), void *data, unsigned int ms);

/* vf_link.c: rtnetlink.  Exit codes, after a message to stderr. */
int netdevs_read(struct netdevs *all);
void netdevs_free(struct netdevs *all);
const struct netdev *netdev_by_name(const struct netdevs *all, const char *name);
const struct netdev *netdev_by_index(const struct netdevs *all, int ifindex);
const struct netdev *netdev_by_parent(const struct netdevs *all, const char *addr);
int link_set_netns(const char *what, int ifindex, int fd);
int link_set_up(const char *what, int ifindex, bool up);
/* One attribute of a VF at its PF, a struct of linux/if_link.h; what: for errors */
int link_set_vf(const char *what, int pf_ifindex, uint16_t type, const void *val, size_t len);
/* All that the PF says of its VFs. */
int link_vf_info(struct pf *pf);

/* vf_pf.c: PFs, their VFs, and who has them */
int pf_read(const struct netdevs *all, const struct netdev *dev, struct pf *pf);
/* The PF of a name, or an exit code after a message. */
int pf_find(const struct netdevs *all, const char *name, struct pf *pf);
bool pf_capable(const struct netdev *dev);
/* The PF after this one, the first after NULL: one netdevice of each function. */
const struct netdev *pf_next(const struct netdevs *all, const struct netdev *dev);
void pf_free(struct pf *pf);
/* Whether it has a VF of this number; an exit code after a message. */
int pf_check_vf(const struct pf *pf, unsigned int num);
/* Who has a VF: "red holds VF 2"; NULL if nobody has it. */
const char *vf_holder(const struct netdevs *all, const struct vf *vf, char *buf, size_t len);
/* A VF of the PF that somebody has, or NULL. */
const struct vf *pf_busy(const struct netdevs *all, const struct pf *pf);
const char *vf_master(const struct netdevs *all, const struct vf *vf);
bool vf_is_port(const struct vf *vf);
/* In another network namespace, or vfio-pci has it or is to have it. */
bool vf_is_passed(const struct vf *vf);
/* In which network namespaces the netdevices of its VFs are. */
void pf_find_netns(struct pf *pf);

/* vf_iommu.c: whether there is something against it, and what */
bool iommu_refuses(const char *addr, char *why, size_t len);
bool vfio_in_use(const char *addr, char *why, size_t len);

bool mac_is_zero(const uint8_t *mac);
const char *mac_text(const uint8_t *mac, char *buf);

/* Commands: vf_show.c, vf_bind.c, vf_pass.c, vf.c */
int vf_list(const struct value *val);
int vf_show(const struct value *val);
int vf_bind(const struct value *val);
/* As vf_bind(), but of a VF that the VR may have already; ifindex is of its netdevice. */
int vf_bind_again(const struct value *val, int twin, int *ifindex);
int vf_passthrough(const struct value *val);
int vf_release_one(const char *pf, unsigned int num);
int vf_set_numvfs(const char *pf, unsigned int num);

#endif /* VF_H */
