// SPDX-License-Identifier: GPL-2.0
/* What sysfs says of PCI functions, and drivers for them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vf.h"

#define DEVICES "/sys/bus/pci/devices"
#define STEP_MS 10

extern char **environ;

static const char *attr_path(const char *addr, const char *attr)
{
	static char path[256];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", addr, attr);
	return path;
}

static bool read_line(const char *path, char *buf, size_t len)
{
	FILE *file = fopen(path, "r");
	bool good;

	*buf = '\0';
	if (!file)
		return false;
	good = fgets(buf, len, file);
	fclose(file);
	buf[strcspn(buf, "\n")] = '\0';
	return good;
}

bool pci_read(const char *addr, const char *attr, char *buf, size_t len)
{
	return read_line(attr_path(addr, attr), buf, len);
}

bool pci_uint(const char *addr, const char *attr, unsigned int *val)
{
	char buf[32];

	return pci_read(addr, attr, buf, sizeof(buf)) && sscanf(buf, "%u", val) == 1;
}

bool pci_link(const char *addr, const char *attr, char *buf, size_t len)
{
	char to[PATH_MAX];
	const char *last;
	ssize_t n;

	*buf = '\0';
	n = readlink(attr_path(addr, attr), to, sizeof(to) - 1);
	if (n < 0)
		return false;
	to[n] = '\0';
	last = strrchr(to, '/');
	snprintf(buf, len, "%s", last ? last + 1 : to);
	return true;
}

bool pci_has(const char *addr, const char *attr)
{
	return !access(attr_path(addr, attr), F_OK);
}

DIR *pci_dir(const char *addr, const char *attr)
{
	return opendir(attr_path(addr, attr));
}

static int write_file(const char *path, const char *val)
{
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = write(fd, val, strlen(val));
	if (n < 0)
		err = errno;
	close(fd);
	return err;
}

int pci_write(const char *addr, const char *attr, const char *val)
{
	return write_file(attr_path(addr, attr), val);
}

int pci_probe(const char *addr)
{
	return write_file("/sys/bus/pci/drivers_probe", addr);
}

int pci_unbind(const char *addr)
{
	return pci_write(addr, "driver/unbind", addr);
}

bool driver_there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s", name);
	return !access(path, F_OK);
}

/* Whether it was of any use is seen when the driver is there. */
void module_load(const char *name)
{
	char alias[256];
	char *argv[] = { "modprobe", "-q", alias, NULL };
	pid_t pid;

	snprintf(alias, sizeof(alias), "%s", name);
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* With udev the modules come by themselves, perhaps at the same time: no harm. */
void pci_load_driver(const char *addr)
{
	char alias[256];

	if (pci_read(addr, "modalias", alias, sizeof(alias)))
		module_load(alias);
}

int pci_lock(const char *addr)
{
	int fd = open(attr_path(addr, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void pci_unlock(int fd)
{
	close(fd);
}

/*
 * Queues that are in use; netlink tells how many there is memory for.  The sysfs
 * here may be of another network namespace.
 */
unsigned int dev_queues(const struct netdev *dev, const char *prefix)
{
	struct dirent *entry;
	char path[128], buf[32];
	unsigned int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", dev->name);
	if (!read_line(path, buf, sizeof(buf)) || atoi(buf) != dev->ifindex)
		return 0;
	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", dev->name);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			n++;
	closedir(dir);
	return n;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * MSEC_PER_SEC + now.tv_nsec / NS_PER_MS;
}

bool wait_until(bool (*is_so)(void *data), void *data, unsigned int ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * NS_PER_MS };
	uint64_t end = now_ms() + ms;

	while (!is_so(data)) {
		if (now_ms() >= end)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}
