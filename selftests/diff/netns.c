// SPDX-License-Identifier: GPL-2.0
/* Namespaces, sysctls, ip(8) and device offloads. */
#include "pktdiff.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	for (;;) {
		va_start(ap, fmt);
		n = vsnprintf(t->buf ? t->buf + t->len : NULL, t->room - t->len, fmt, ap);
		va_end(ap);
		if (n < 0)
			die("cannot format text");
		if (t->len + n < t->room)
			break;
		t->room = (t->room + n) * 2 + 256;
		t->buf = realloc(t->buf, t->room);
		if (!t->buf)
			die("out of memory");
	}
	t->len += n;
}

void text_free(struct text *t)
{
	free(t->buf);
	memset(t, 0, sizeof(*t));
}

/* Returns a handle of the namespace that was left, for ns_leave(). */
int ns_enter(const char *name)
{
	char path[96];
	int old, fd;

	old = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (old < 0 || fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter namespace %s: %s", name, strerror(errno));
	close(fd);
	return old;
}

void ns_leave(int old)
{
	if (setns(old, CLONE_NEWNET))
		die("cannot return to the first namespace: %s", strerror(errno));
	close(old);
}

static int write_sysctl(const char *path, const char *value)
{
	char full[160];
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), "/proc/sys/net/%s", path);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

/* @fmt is a path under /proc/sys/net of the namespace @ns. */
void ns_sysctl(const char *ns, const char *value, const char *fmt, ...)
{
	char path[128];
	va_list ap;
	int old, err;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	old = ns_enter(ns);
	err = write_sysctl(path, value);
	ns_leave(old);
	if (err)
		die("cannot set net/%s to %s: %s", path, value, strerror(-err));
}

/* For settings that some kernels have not, or only in the first namespace. */
void ns_sysctl_try(const char *ns, const char *value, const char *path)
{
	int old = ns ? ns_enter(ns) : -1;
	int err = write_sysctl(path, value);

	if (old >= 0)
		ns_leave(old);
	if (err && opt_verbose)
		fprintf(stderr, "pktdiff: net/%s: %s\n", path, strerror(-err));
}

/*
 * Runs ip(8) with @text as its batch; in @ns if that is not NULL. What it
 * says on stderr is added to @err. Returns its exit code.
 */
int ip_batch(const char *ns, const char *text, bool force, struct text *err)
{
	const char *argv[10] = { "ip" };
	int msg[2], status, n = 1;
	size_t len = strlen(text);
	char buf[4096];
	ssize_t got;
	FILE *script;
	pid_t pid;

	if (ns) {
		argv[n++] = "-n";
		argv[n++] = ns;
	}
	if (force)
		argv[n++] = "-force";
	argv[n++] = "-batch";
	argv[n++] = "-";

	script = tmpfile();
	if (!script || fwrite(text, 1, len, script) != len || fflush(script) || pipe(msg))
		die("cannot prepare a batch for ip: %s", strerror(errno));
	rewind(script);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		dup2(fileno(script), 0);
		dup2(msg[1], 2);
		close(msg[0]);
		close(msg[1]);
		execvp("ip", (char **)argv);
		_exit(127);
	}
	close(msg[1]);
	while ((got = read(msg[0], buf, sizeof(buf) - 1)) > 0) {
		buf[got] = 0;
		text_add(err, "%s", buf);
	}
	close(msg[0]);
	fclose(script);
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		die("ip did not end properly");
	if (WEXITSTATUS(status) == 127)
		die("cannot run ip");
	return WEXITSTATUS(status);
}

void ip_must(const char *ns, const char *text)
{
	struct text err = {};

	if (ip_batch(ns, text, false, &err))
		die("ip failed: %s", err.buf ? err.buf : "(no message)");
	text_free(&err);
}

void offloads_off(const char *ns, const char *dev)
{
	static const uint32_t cmd[] = {
		ETHTOOL_STXCSUM,
		ETHTOOL_STSO,
		ETHTOOL_SGSO,
		ETHTOOL_SSG,
	};
	int old = ns_enter(ns);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < ARRAY_SIZE(cmd); i++) {
		struct ethtool_value v = { .cmd = cmd[i] };
		struct ifreq ifr = {};

		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
		ifr.ifr_data = (void *)&v;
		if (ioctl(fd, SIOCETHTOOL, &ifr) && errno != EOPNOTSUPP)
			die("cannot switch off offloads of %s: %s", dev, strerror(errno));
	}
	close(fd);
	ns_leave(old);
}

/*
 * Frames go to the second CPU, so that they pile up before the router while
 * the first one still sends: it then sees vectors and not single packets.
 * This needs the sysfs of the namespace, hence a child with its own mounts.
 */
void vectors_on(const char *ns)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		ns_enter(ns);
		if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("sysfs", "/sys", "sysfs", 0, NULL))
			_exit(1);
		for (int i = 0; i < N_PHYS; i++) {
			char path[64];
			int fd;

			snprintf(path, sizeof(path), "/sys/class/net/%s/queues/rx-0/rps_cpus",
				 ports[i].name);
			fd = open(path, O_WRONLY);
			if (fd < 0 || write(fd, "2", 1) != 1)
				_exit(1);
			close(fd);
		}
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		die("cannot steer frames to the second CPU");
}

/*
 * Adds up the counters of ethtool -S whose names begin with @prefix, and adds
 * all that are not zero to @list. No counters: 0.
 */
unsigned long long ns_counters(const char *ns, const char *dev, const char *prefix,
			       struct text *list)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} sset = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS } };
	struct ethtool_gstrings *names;
	unsigned long long sum = 0;
	struct ethtool_stats *stats;
	struct ifreq ifr = {};
	int old = ns_enter(ns);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	ifr.ifr_data = (void *)&sset;
	if (ioctl(fd, SIOCETHTOOL, &ifr) || !sset.info.sset_mask)
		sset.count = 0;
	names = calloc(1, sizeof(*names) + sset.count * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + sset.count * sizeof(uint64_t));
	if (!names || !stats)
		die("out of memory");
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = sset.count;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = sset.count;
	ifr.ifr_data = (void *)names;
	if (sset.count && ioctl(fd, SIOCETHTOOL, &ifr))
		die("no names of the counters of %s: %s", dev, strerror(errno));
	ifr.ifr_data = (void *)stats;
	if (sset.count && ioctl(fd, SIOCETHTOOL, &ifr))
		die("no counters of %s: %s", dev, strerror(errno));
	for (uint32_t i = 0; i < sset.count; i++) {
		const char *name = (char *)names->data + i * ETH_GSTRING_LEN;
		unsigned long long v = stats->data[i];

		if (!strncmp(name, prefix, strlen(prefix)))
			sum += v;
		if (v)
			text_add(list, " %.*s %llu", ETH_GSTRING_LEN, name, v);
	}
	free(names);
	free(stats);
	close(fd);
	ns_leave(old);
	return sum;
}
