// SPDX-License-Identifier: GPL-2.0
/* Functions for user space, by vfio-pci: IOMMU groups, and who uses them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vf.h"

#define GROUPS "/sys/kernel/iommu_groups"

static bool any_group(void)
{
	DIR *dir = opendir(GROUPS);
	struct dirent *entry;
	bool any = false;

	while (dir && !any && (entry = readdir(dir)))
		any = *entry->d_name != '.';
	if (dir)
		closedir(dir);
	return any;
}

/*
 * What the kernel itself asks of the others in the group: a driver that leaves DMA
 * to user space, or none.  Bridges do no DMA of their own.
 */
static bool shares(const char *addr)
{
	char driver[BUS_LEN], class[16];

	return pci_link(addr, "driver", driver, sizeof(driver)) && strcmp(driver, VFIO_PCI) &&
	       strcmp(driver, "pci-stub") &&
	       !(pci_read(addr, "class", class, sizeof(class)) && !strncmp(class, "0x06", 4));
}

/* Whose drivers keep the group from user space; "" if there are none. */
static void list_others(const char *addr, char *buf, size_t len)
{
	DIR *dir = pci_dir(addr, "iommu_group/devices");
	char driver[BUS_LEN];
	struct dirent *entry;
	size_t at = 0;

	*buf = '\0';
	while (dir && at < len && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || !strcmp(entry->d_name, addr) || !shares(entry->d_name))
			continue;
		pci_link(entry->d_name, "driver", driver, sizeof(driver));
		at += snprintf(buf + at, len - at, "%s%.12s (%s)", at ? ", " : "", entry->d_name,
			       driver);
	}
	if (dir)
		closedir(dir);
}

bool iommu_refuses(const char *addr, char *why, size_t len)
{
	char group[16], others[256];

	if (!any_group()) {
		snprintf(why, len,
			 "no IOMMU: switch on VT-d or AMD-Vi in the firmware and boot with "
			 "intel_iommu=on or amd_iommu=on");
		return true;
	}
	if (!pci_link(addr, "iommu_group", group, sizeof(group))) {
		snprintf(why, len,
			 "%s is in no IOMMU group: its IOMMU is off, \"dmesg | grep -i -e dmar -e "
			 "amd-vi\" tells why",
			 addr);
		return true;
	}
	list_others(addr, others, sizeof(others));
	if (!*others)
		return false;
	snprintf(why, len,
		 "IOMMU group %s is shared with %s: give these to vfio-pci too, or put the NIC "
		 "behind a port with ACS",
		 group, others);
	return true;
}

/* Who has the file open: "qemu-system-x86 (123)"; "a program" if that is not seen. */
static void find_user(const char *file, char *who, size_t len)
{
	char path[600], to[64], name[64];
	struct dirent *proc, *entry;
	DIR *all, *dir;
	FILE *comm;
	ssize_t n;

	snprintf(who, len, "a program");
	all = opendir("/proc");
	while (all && (proc = readdir(all))) {
		if (!isdigit((unsigned char)*proc->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd", proc->d_name);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			snprintf(path, sizeof(path), "/proc/%s/fd/%s", proc->d_name, entry->d_name);
			n = readlink(path, to, sizeof(to) - 1);
			if (n < 0)
				continue;
			to[n] = '\0';
			if (strcmp(to, file))
				continue;
			snprintf(path, sizeof(path), "/proc/%s/comm", proc->d_name);
			comm = fopen(path, "r");
			if (comm && fscanf(comm, "%63[^\n]", name) == 1)
				snprintf(who, len, "%s (%.10s)", name, proc->d_name);
			if (comm)
				fclose(comm);
		}
		if (dir)
			closedir(dir);
	}
	if (all)
		closedir(all);
}

/* A group is open once at most. */
bool vfio_in_use(const char *addr, char *why, size_t len)
{
	char group[16], file[64], who[128];
	int fd;

	if (!pci_link(addr, "iommu_group", group, sizeof(group)))
		return false;
	snprintf(file, sizeof(file), "/dev/vfio/%s", group);
	fd = open(file, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != EBUSY)
		return false;
	find_user(file, who, sizeof(who));
	snprintf(why, len, "busy: %s has %s open", who, file);
	return true;
}
