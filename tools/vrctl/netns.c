// SPDX-License-Identifier: GPL-2.0
/* Network namespaces: by name, by process, and all that there are. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"
#include "nl.h"
#include "vrctl.h"

#define NETNS_DIR "/run/netns"
#define HERE	  "/proc/self/ns/net"

int netns_open(const char *name)
{
	char path[512];

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int netns_open_any(const char *name)
{
	char path[64];
	int fd;

	fd = netns_open(name);
	if (fd >= 0 || errno != ENOENT || !*name || strlen(name) > 10 ||
	    name[strspn(name, "0123456789")])
		return fd;
	snprintf(path, sizeof(path), "/proc/%s/ns/net", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool netns_is_here(int fd)
{
	struct stat there, here;

	return !fstat(fd, &there) && !stat(HERE, &here) && there.st_ino == here.st_ino &&
	       there.st_dev == here.st_dev;
}

/**
 * struct walk - on the way through all network namespaces
 * @each: called in each of them
 * @data: for @each
 * @home: where we came from
 * @seen: inodes of those where we were
 * @n: how many
 * @done: @each has what it wants
 */
struct walk {
	bool (*each)(const char *name, void *data);
	void *data;
	int home;
	ino_t *seen;
	size_t n;
	bool done;
};

static bool is_new(struct walk *walk, ino_t ino)
{
	ino_t *bigger;
	size_t i;

	for (i = 0; i < walk->n; i++)
		if (walk->seen[i] == ino)
			return false;
	bigger = realloc(walk->seen, (walk->n + 1) * sizeof(*bigger));
	if (!bigger)
		return false;
	walk->seen = bigger;
	walk->seen[walk->n++] = ino;
	return true;
}

/* Sockets stay in the network namespace that they were opened in. */
static bool enter(int fd)
{
	nl_close_all();
	return !setns(fd, CLONE_NEWNET);
}

static void visit(struct walk *walk, const char *path, const char *name)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && is_new(walk, st.st_ino) && enter(fd)) {
		walk->done = !walk->each(name, walk->data);
		if (!enter(walk->home)) {
			fprintf(stderr, "Error: back to the network namespace: %s.\n",
				strerror(errno));
			exit(EXIT_LOCAL);
		}
	}
	close(fd);
}

static void visit_named(struct walk *walk)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	char path[512];

	while (dir && !walk->done && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), NETNS_DIR "/%s", entry->d_name);
		visit(walk, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void visit_processes(struct walk *walk)
{
	DIR *dir = opendir("/proc");
	char path[300], name[270];
	struct dirent *entry;

	while (dir && !walk->done && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		snprintf(name, sizeof(name), "pid %s", entry->d_name);
		visit(walk, path, name);
	}
	if (dir)
		closedir(dir);
}

void netns_for_each(bool (*each)(const char *name, void *data), void *data)
{
	struct walk walk = { .each = each, .data = data };
	struct stat st;

	walk.home = open(HERE, O_RDONLY | O_CLOEXEC);
	if (walk.home < 0)
		return;
	if (!fstat(walk.home, &st))
		is_new(&walk, st.st_ino);
	visit_named(&walk);
	visit_processes(&walk);
	free(walk.seen);
	close(walk.home);
}
