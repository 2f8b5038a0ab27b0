// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl exec, identify, pids: programs whose sockets are bound to a VR.
 *
 * As ip vrf exec does it: the program is put into a cgroup of its own whose BPF
 * program binds every new socket.  The cgroup is CG_DIR/NAME@NETNS below the one
 * that vrctl runs in, NETNS the inode of the network namespace, so that VRs of one
 * name in two namespaces have nothing to do with each other.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bpf/sock.h"
#include "bpf_obj.h"
#include "nl.h"
#include "out.h"
#include "vr.h"
#include "vrctl.h"

#define CG_DIR "/vrouter"

/* As a shell has them. */
#define EXIT_CANNOT 126
#define EXIT_NONE   127

extern const char sock_obj[], sock_obj_end[];

/* Paths of cgroups */

static int sys_error(const char *what)
{
	fprintf(stderr, "Error: %s: %s%s.\n", what, strerror(errno),
		errno == EACCES || errno == EPERM ? ": this is for root" : "");
	return EXIT_LOCAL;
}

static unsigned long long netns_inode(const char *of)
{
	struct stat st;

	return stat(of, &st) ? 0 : st.st_ino;
}

/* What the directory of a VR is called; NAME may have an @ itself. */
static void cg_name(const char *vr, char *buf, size_t len)
{
	snprintf(buf, len, "%s@%llu", vr, netns_inode("/proc/self/ns/net"));
}

/* The cgroup of a process, in the one hierarchy of version 2; false if there is none. */
static bool cg_of(const char *pid, char *buf, size_t len)
{
	bool found = false;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	file = fopen(path, "r");
	while (file && !found && fgets(buf, len, file))
		found = !strncmp(buf, "0::/", 4);
	if (file)
		fclose(file);
	if (!found)
		return false;
	buf[strcspn(buf, "\n")] = '\0';
	memmove(buf, buf + 3, strlen(buf + 3) + 1);
	return true;
}

/* Others may have directories that are called like ours. */
static bool is_cg_name(const char *name, size_t len)
{
	size_t end = len;

	while (end && isdigit((unsigned char)name[end - 1]))
		end--;
	return end > 1 && end < len && name[end - 1] == '@';
}

/* Of a path, the directory of a VR, with which it ends then; or NULL. */
static char *cg_vr(char *path)
{
	char *at = path, *found = NULL;

	while ((at = strstr(at, CG_DIR "/"))) {
		at += strlen(CG_DIR);
		if (is_cg_name(at + 1, strcspn(at + 1, "/")))
			found = at + 1;
	}
	if (found)
		found[strcspn(found, "/")] = '\0';
	return found;
}

/* Where cgroup2 is mounted, a descriptor of it, or -1. */
static int cg_mounted(void)
{
	FILE *file = setmntent("/proc/self/mounts", "r");
	struct mntent *mnt;
	int fd = -1;

	while (file && fd < 0 && (mnt = getmntent(file)))
		if (!strcmp(mnt->mnt_type, "cgroup2"))
			fd = open(mnt->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file)
		endmntent(file);
	return fd;
}

/* For us alone, as ip netns exec hides what is mounted below /sys. */
static int cg_mount(void)
{
	int fs = fsopen("cgroup2", FSOPEN_CLOEXEC), fd = -1;

	if (fs < 0)
		return -1;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return fd;
}

/* The cgroup to start from, ours or that which exec was first called in; or -1. */
static int cg_base(char *path, size_t len)
{
	int root, fd;
	char *vr;

	if (!cg_of("self", path, len)) {
		fputs("Error: exec: this process is in no cgroup of version 2.\n", stderr);
		return -1;
	}
	vr = cg_vr(path);
	if (vr)
		vr[-(int)strlen(CG_DIR "/")] = '\0';
	root = cg_mounted();
	if (root < 0)
		root = cg_mount();
	if (root < 0) {
		fputs("Error: exec: no cgroup2 file system is mounted, try \"mount -t cgroup2 none "
		      "/sys/fs/cgroup\".\n",
		      stderr);
		return -1;
	}
	fd = openat(root, *path && path[1] ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sys_error(path);
	close(root);
	return fd;
}

/* Those of VRs that are no more go, unless somebody is still in there. */
static void sweep(int dir, const char *keep)
{
	unsigned long long here = netns_inode("/proc/self/ns/net");
	DIR *list = fdopendir(dup(dir));
	struct dirent *entry;
	char name[256], *at;

	while (list && (entry = readdir(list))) {
		snprintf(name, sizeof(name), "%s", entry->d_name);
		at = strrchr(name, '@');
		if (!at || strtoull(at + 1, NULL, 10) != here || !strcmp(entry->d_name, keep))
			continue;
		*at = '\0';
		if (!if_nametoindex(name))
			unlinkat(dir, entry->d_name, AT_REMOVEDIR);
	}
	if (list)
		closedir(list);
}

/* A directory in another, made if it is not there; a descriptor, or -1. */
static int make_dir(int at, const char *name)
{
	int fd = -1;

	if (!mkdirat(at, name, 0755) || errno == EEXIST)
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sys_error(name);
	return fd;
}

/* The cgroup of a VR, made if it is not there; a descriptor of it, or -1. */
static int cg_open(const char *vr)
{
	char path[2048], name[64];
	int base, dir, fd = -1;

	base = cg_base(path, sizeof(path));
	if (base < 0)
		return -1;
	cg_name(vr, name, sizeof(name));
	dir = make_dir(base, &CG_DIR[1]);
	if (dir >= 0) {
		sweep(dir, name);
		fd = make_dir(dir, name);
		close(dir);
	}
	close(base);
	return fd;
}

/* exec */

static int netns_cookie(__u64 *cookie)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;
	socklen_t len = sizeof(*cookie);

	if (fd < 0)
		return -errno;
	ret = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len) ? -errno : 0;
	close(fd);
	return ret;
}

/* Bind what is opened in this cgroup from now on. */
static int bind_sockets(const char *vr, int cgroup, int ifindex)
{
	struct vr_sock consts = { .ifindex = ifindex };
	struct bpf_object *obj = NULL;
	int ret, fd;

	bpf_obj_quiet();
	ret = netns_cookie(&consts.netns);
	if (!ret)
		ret = bpf_obj_load(sock_obj, sock_obj_end, &consts, sizeof(consts), &obj);
	if (!ret) {
		fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "vrouter_sock"));
		/* One there is replaced, for a VR that was made anew. */
		ret = bpf_prog_attach(fd, cgroup, BPF_CGROUP_INET_SOCK_CREATE,
				      BPF_F_ALLOW_OVERRIDE);
		ret = ret ? -errno : 0;
	}
	bpf_object__close(obj);
	if (ret == -EPERM || ret == -EACCES) {
		fprintf(stderr, "Error: %s: cannot bind sockets: ", vr);
		fputs("this needs CAP_BPF and CAP_NET_ADMIN of the host.\n", stderr);
		return EXIT_KERNEL;
	}
	return ret ? bpf_obj_fail(vr, "cannot bind sockets", -ret) : EXIT_OK;
}

static int join(int cgroup)
{
	int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC), ret = EXIT_OK;

	if (fd < 0 || write(fd, "0", 1) != 1)
		ret = sys_error("cgroup.procs");
	if (fd >= 0)
		close(fd);
	return ret;
}

static int become(char *const *argv)
{
	execvp(argv[0], argv);
	fprintf(stderr, "Error: %s: %s.\n", argv[0], strerror(errno));
	return errno == ENOENT ? EXIT_NONE : EXIT_CANNOT;
}

/* In a batch there is more to do after it. */
static int run_child(int cgroup, char *const *argv)
{
	int status, ret;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return sys_error("fork");
	if (!pid) {
		ret = join(cgroup);
		_exit(ret ? ret : become(argv));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return sys_error("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const struct value *val)
{
	const char *vr = val[0].str;
	char *argv[MAX_MANY + 1];
	int ret, cgroup, ifindex;
	unsigned int i;

	ret = vr_ifindex(vr, &ifindex);
	if (ret)
		return ret;
	cgroup = cg_open(vr);
	if (cgroup < 0)
		return EXIT_LOCAL;
	ret = bind_sockets(vr, cgroup, ifindex);
	if (!ret && opt.batch) {
		for (i = 0; i < val[1].n; i++)
			argv[i] = (char *)val[1].all[i];
		argv[i] = NULL;
		fflush(stdout);
		ret = run_child(cgroup, argv);
	} else if (!ret) {
		ret = join(cgroup);
		if (!ret)
			/* The rest of main's, with the NULL at their end. */
			ret = become((char *const *)val[1].all);
	}
	close(cgroup);
	return ret;
}

/* identify and pids */

static int identify(const struct value *val)
{
	char path[2048], pid[16] = "self", *vr;

	if (val[0].given)
		snprintf(pid, sizeof(pid), "%u", val[0].num);
	if (!cg_of(pid, path, sizeof(path))) {
		snprintf(path, sizeof(path), "/proc/%s", pid);
		if (access(path, F_OK)) {
			fprintf(stderr, "Error: there is no process %s.\n", pid);
			return EXIT_LOCAL;
		}
		*path = '\0';
	}
	vr = cg_vr(path);
	if (vr)
		*strrchr(vr, '@') = '\0';
	if (opt.json) {
		json_obj(NULL);
		json_str("vr", vr ? vr : "");
		json_obj_end();
		json_done();
	} else if (vr) {
		puts(vr);
	}
	return EXIT_OK;
}

/* clang-format off */
static const struct column columns[] = {
	{ "pid",	"PID",		ROLE_NONE,	true	},
	{ "command",	"COMMAND",	ROLE_NONE,	false	},
};
/* clang-format on */

static void put_process(const char *pid)
{
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "r");
	if (file) {
		if (!fgets(name, sizeof(name), file))
			*name = '\0';
		fclose(file);
	}
	name[strcspn(name, "\n")] = '\0';
	tbl_uint(strtoul(pid, NULL, 10));
	tbl_str(name);
}

static int pids(const struct value *val)
{
	char path[2048], wanted[64], *vr;
	struct dirent *entry;
	int ret, ifindex;
	DIR *proc;

	ret = vr_ifindex(val[0].str, &ifindex);
	if (ret)
		return ret;
	proc = opendir("/proc");
	if (!proc)
		return sys_error("/proc");
	cg_name(val[0].str, wanted, sizeof(wanted));
	tbl_begin(columns, ARRAY_SIZE(columns));
	while ((entry = readdir(proc))) {
		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name) ||
		    !cg_of(entry->d_name, path, sizeof(path)))
			continue;
		vr = cg_vr(path);
		if (vr && !strcmp(vr, wanted))
			put_process(entry->d_name);
	}
	closedir(proc);
	tbl_end();
	return EXIT_OK;
}

/* clang-format off */
static const struct command exec_commands[] = {
	{
		.name	= "run",
		.help	= "run a program whose sockets are bound to the VR",
		.run	= run,
		.rest	= "CMD...",
		.params	= { VR_NAME(true) },
	},
	{}
};

static const struct command identify_commands[] = {
	{
		.name	= "show",
		.help	= "show the VR that exec put a process into, this one if none is named",
		.run	= identify,
		.params	= {
			{ .word = "pid", .value = "PID", .type = P_U32, .first = true,
			  .min = 1, .max = 4194304 },
		},
	},
	{}
};

static const struct command pids_commands[] = {
	{
		.name	= "show",
		.help	= "show the processes that exec started in the VR, and theirs",
		.run	= pids,
		.params	= { VR_NAME(true) },
	},
	{}
};
/* clang-format on */

const struct object exec_object = {
	.name = "exec",
	.help = "run a program in a VR",
	.cmds = exec_commands,
	.sole = true,
};

const struct object identify_object = {
	.name = "identify",
	.help = "the VR that a process is in",
	.cmds = identify_commands,
	.sole = true,
};

const struct object pids_object = {
	.name = "pids",
	.help = "the processes that are in a VR",
	.cmds = pids_commands,
	.sole = true,
};
