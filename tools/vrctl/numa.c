// SPDX-License-Identifier: GPL-2.0
/* NUMA nodes of CPUs and netdevices, from sysfs. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "numa.h"

#define MAX_DEPTH 4

static bool read_int(const char *path, int *val)
{
	FILE *file = fopen(path, "r");
	bool good;

	if (!file)
		return false;
	good = fscanf(file, "%d", val) == 1;
	fclose(file);
	return good;
}

int numa_of_cpu(unsigned int cpu)
{
	struct dirent *entry;
	char path[64];
	int node = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", cpu);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (sscanf(entry->d_name, "node%d", &node) == 1)
			break;
	closedir(dir);
	return node;
}

/* A VLAN or a bond has no device of its own but others below it. */
static int node_of(const char *name, int depth)
{
	struct dirent *entry;
	char path[512];
	int node = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/numa_node", name);
	if (read_int(path, &node) || depth == MAX_DEPTH)
		return node;
	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (node < 0 && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "lower_", 6))
			node = node_of(entry->d_name + 6, depth + 1);
	closedir(dir);
	return node;
}

/* The sysfs here may be of another network namespace. */
int numa_of_dev(const char *name, int ifindex)
{
	char path[512];
	int here;

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", name);
	if (!read_int(path, &here) || here != ifindex)
		return -1;
	return node_of(name, 0);
}
