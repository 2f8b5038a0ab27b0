// SPDX-License-Identifier: GPL-2.0
/* Snapshots of what was billed, in files: a line for each VR and CPU. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bill.h"
#include "vrctl.h"

#define MAGIC  "vrouter-bill 1"
#define SUFFIX ".bill"

static int file_error(const char *path, const char *what)
{
	fprintf(stderr, "Error: %s: %s.\n", path, what);
	return EXIT_LOCAL;
}

static void read_boot(char *buf, size_t len)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	snprintf(buf, len, "unknown");
	if (!file)
		return;
	if (fgets(buf, len, file))
		buf[strcspn(buf, "\n")] = '\0';
	fclose(file);
}

int snapshot_take(struct snapshot *snap)
{
	struct timespec now;
	ssize_t len;
	int ret;

	memset(snap, 0, sizeof(*snap));
	clock_gettime(CLOCK_REALTIME, &now);
	snap->time = (uint64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec;
	read_boot(snap->boot, sizeof(snap->boot));
	len = readlink("/proc/self/ns/net", snap->netns, sizeof(snap->netns) - 1);
	if (len <= 0)
		snprintf(snap->netns, sizeof(snap->netns), "unknown");
	ret = sample_take(&snap->sample, false);
	if (ret)
		snapshot_free(snap);
	return ret;
}

void snapshot_free(struct snapshot *snap)
{
	sample_free(&snap->sample);
}

static void put(FILE *file, const struct snapshot *snap)
{
	const struct core_sample *core;
	const struct vr_sample *vr;
	size_t i;

	fprintf(file, MAGIC "\ntime %" PRIu64 "\nboot %s\nnetns %s\n", snap->time, snap->boot,
		snap->netns);
	for (i = 0; i < snap->sample.n_cores; i++) {
		core = &snap->sample.cores[i];
		fprintf(file, "cpu %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", core->cpu,
			core->time.busy, core->time.billed, core->time.ingress, core->time.outside);
	}
	for (i = 0; i < snap->sample.n_vrs; i++) {
		vr = &snap->sample.vrs[i];
		fprintf(file, "vr %d %s %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", vr->ifindex,
			vr->name, vr->weight, vr->used, vr->rx, vr->rx_bytes);
	}
	fputs("end\n", file);
}

static void make_dirs(const char *dir)
{
	char path[512];
	char *slash;

	snprintf(path, sizeof(path), "%s", dir);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0755);
}

/* A directory gets a file that is named by the time. */
static void name_file(const struct snapshot *snap, const char *path, char *name, size_t len)
{
	time_t sec = snap->time / NS_PER_SEC;
	struct stat st;
	char stamp[32];
	struct tm tm;

	if (!strcmp(path, BILL_DIR))
		make_dirs(path);
	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		snprintf(name, len, "%s", path);
		return;
	}
	gmtime_r(&sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	snprintf(name, len, "%s/%s.%06u" SUFFIX, path, stamp,
		 (unsigned int)(snap->time % NS_PER_SEC / NS_PER_US));
}

/* Never half a file under this name, whatever happens. */
int snapshot_write(const struct snapshot *snap, const char *path)
{
	char name[512], part[520];
	FILE *file;
	bool good;

	name_file(snap, path, name, sizeof(name));
	snprintf(part, sizeof(part), "%s.part", name);
	file = fopen(part, "w");
	if (!file)
		return file_error(part, strerror(errno));
	put(file, snap);
	good = !fflush(file) && !ferror(file) && !fsync(fileno(file));
	good = !fclose(file) && good;
	if (!good || rename(part, name)) {
		file_error(name, strerror(errno));
		unlink(part);
		return EXIT_LOCAL;
	}
	return EXIT_OK;
}

static bool grow(void **array, size_t n, size_t size)
{
	void *bigger = reallocarray(*array, n + 1, size);

	if (!bigger)
		return false;
	*array = bigger;
	memset((char *)bigger + n * size, 0, size);
	return true;
}

static bool read_core(struct sample *s, const char *line)
{
	struct core_sample *core;

	if (!grow((void **)&s->cores, s->n_cores, sizeof(*s->cores)))
		return false;
	core = &s->cores[s->n_cores++];
	return sscanf(line, "cpu %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &core->cpu,
		      &core->time.busy, &core->time.billed, &core->time.ingress,
		      &core->time.outside) == 5;
}

static bool read_vr(struct sample *s, const char *line)
{
	struct vr_sample *vr;

	if (!grow((void **)&s->vrs, s->n_vrs, sizeof(*s->vrs)))
		return false;
	vr = &s->vrs[s->n_vrs++];
	return sscanf(line, "vr %d %15s %u %" SCNu64 " %" SCNu64 " %" SCNu64, &vr->ifindex,
		      vr->name, &vr->weight, &vr->used, &vr->rx, &vr->rx_bytes) == 6;
}

/* True once the last line was there. */
static bool read_lines(struct snapshot *snap, FILE *file)
{
	char line[256];

	if (!fgets(line, sizeof(line), file) || strcmp(line, MAGIC "\n"))
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (!strcmp(line, "end\n"))
			return snap->time && *snap->boot;
		if (!strncmp(line, "cpu ", 4)) {
			if (!read_core(&snap->sample, line))
				return false;
		} else if (!strncmp(line, "vr ", 3)) {
			if (!read_vr(&snap->sample, line))
				return false;
		} else if (sscanf(line, "time %" SCNu64, &snap->time) != 1 &&
			   sscanf(line, "boot %39s", snap->boot) != 1 &&
			   sscanf(line, "netns %39s", snap->netns) != 1) {
			return false;
		}
	}
	return false;
}

int snapshot_read(struct snapshot *snap, const char *path)
{
	FILE *file;
	bool good;

	memset(snap, 0, sizeof(*snap));
	file = fopen(path, "r");
	if (!file)
		return file_error(path, strerror(errno));
	good = read_lines(snap, file);
	fclose(file);
	if (good)
		return EXIT_OK;
	snapshot_free(snap);
	return file_error(path, "not a bill that was saved by vrctl, or only half of one");
}

static int by_time(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

int snapshots_since(const char *dir, uint64_t since, struct snapshot **snaps, size_t *n)
{
	struct dirent *entry;
	int ret = EXIT_OK;
	size_t len, first;
	char path[768];
	DIR *d;

	*snaps = NULL;
	*n = 0;
	d = opendir(dir);
	if (!d)
		return file_error(dir, strerror(errno));
	while (!ret && (entry = readdir(d))) {
		len = strlen(entry->d_name);
		if (len <= strlen(SUFFIX) || strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (!grow((void **)snaps, *n, sizeof(**snaps)))
			ret = file_error(dir, strerror(errno));
		else
			ret = snapshot_read(&(*snaps)[*n], path);
		if (!ret)
			(*n)++;
	}
	closedir(d);
	if (!ret && !*n)
		ret = file_error(dir, "no bill was saved there");
	if (ret)
		return ret;
	qsort(*snaps, *n, sizeof(**snaps), by_time);
	for (first = 0; first + 1 < *n && (*snaps)[first + 1].time <= since; first++)
		snapshot_free(&(*snaps)[first]);
	*n -= first;
	memmove(*snaps, *snaps + first, *n * sizeof(**snaps));
	return EXIT_OK;
}
