// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl confirm: changes that are undone unless somebody says in time that they are
 * good, from the same terminal or from another one, if that still works.
 *
 * A process of its own waits for that, with what was there before in its memory; it has
 * no terminal that could go.  It starts before anything is changed: if the one that
 * makes the changes ends half-way, it undoes what was done.  Both hold a lock; others
 * talk to it by a socket beside that, of the same network namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "nl.h"
#include "out.h"

#define WORD_LEN 16

/* A file of this network namespace. */
static const char *run_path(const char *suffix, char *buf, size_t len)
{
	struct stat ns = {};

	stat("/proc/self/ns/net", &ns);
	snprintf(buf, len, RUN_DIR "/%llu.%s", (unsigned long long)ns.st_ino, suffix);
	return buf;
}

static int bad(const char *path)
{
	fprintf(stderr, "Error: %s: %s.\n", path, strerror(errno));
	return -1;
}

int confirm_lock(void)
{
	char path[64];
	int fd;

	if (mkdir(RUN_DIR, 0755) && errno != EEXIST)
		return bad(RUN_DIR);
	run_path("lock", path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return bad(path);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	if (errno == EWOULDBLOCK)
		fputs("Error: another change is under way, or waits for \"vrctl confirm\".\n",
		      stderr);
	else
		bad(path);
	close(fd);
	return -1;
}

static void set_address(struct sockaddr_un *addr)
{
	char path[64];

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s",
		 run_path("sock", path, sizeof(path)));
}

/* Only root of the host, who may write there, can talk to it. */
static int listen_for_word(void)
{
	struct sockaddr_un addr;
	mode_t mask = umask(0077);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	set_address(&addr);
	/* With the lock it can only be one that was left. */
	unlink(addr.sun_path);
	good = fd >= 0 && !bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 4);
	umask(mask);
	if (good)
		return fd;
	bad(addr.sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * MSEC_PER_SEC + now.tv_nsec / NS_PER_MS;
}

static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	ended = signal;
}

/* It comes while we wait for a word, never between a look at what it did and that. */
static void hold_sigterm(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, before);
}

/* The terminal may go; somebody who ends it does not mean that the changes are good. */
static void detach(void)
{
	struct sigaction action = { .sa_handler = on_end };
	char path[64];
	int fd;

	setsid();
	if (chdir("/"))
		_exit(EXIT_LOCAL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	nl_close_all();
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	close(fd);
	fd = open(run_path("log", path, sizeof(path)), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
		  0600);
	if (fd < 0)
		fd = open("/dev/null", O_WRONLY);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	openlog("vrctl", LOG_PID, LOG_DAEMON);
}

static int undo(struct site *before, const char *why)
{
	int ret;

	fprintf(stderr, "%s.\n", why);
	ret = apply_undo(before);
	syslog(LOG_WARNING, "%s: rolled back%s", why, ret ? ", but not all" : "");
	return ret;
}

static void answer(int fd, int ret, const char *text)
{
	dprintf(fd, "%d %s\n", ret, text);
}

/* One who has something to say; whether that was the end. */
static bool serve(int fd, struct site *before, int64_t end, int *ret)
{
	struct timeval limit = { .tv_sec = 2 };
	char word[WORD_LEN] = "", text[96];
	ssize_t len;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	len = read(fd, word, sizeof(word) - 1);
	if (len > 0 && !strcmp(word, "accept")) {
		syslog(LOG_NOTICE, "change confirmed");
		answer(fd, EXIT_OK, "Confirmed.");
		return true;
	}
	if (len > 0 && !strcmp(word, "abort")) {
		*ret = undo(before, "Aborted");
		answer(fd, *ret,
		       *ret ? "Rolled back, but not all." : "Rolled back, all is as it was.");
		return true;
	}
	snprintf(text, sizeof(text), "%lld", (long long)(end - now_ms() + 999) / 1000);
	answer(fd, EXIT_OK, text);
	return false;
}

static int wait_for_word(int listener, struct site *before, unsigned int seconds)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	int64_t end = now_ms() + (int64_t)seconds * MSEC_PER_SEC, left;
	int fd, ret = EXIT_OK;
	struct timespec limit;
	bool done = false;
	sigset_t none;

	sigemptyset(&none);
	while (!done) {
		left = end - now_ms();
		if (ended)
			return undo(before, "Ended before it was confirmed");
		if (left <= 0)
			return undo(before, "Not confirmed in time");
		limit.tv_sec = left / MSEC_PER_SEC;
		limit.tv_nsec = left % MSEC_PER_SEC * NS_PER_MS;
		if (ppoll(&ready, 1, &limit, &none) <= 0)
			continue;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		done = serve(fd, before, end, &ret);
		close(fd);
	}
	return ret;
}

static void tidy(bool good)
{
	static const char *const files[] = { "sock", "before" };
	char path[64];
	size_t i;

	/* What was there before stays if it could not be made again. */
	for (i = 0; i < (good ? 2 : 1); i++)
		unlink(run_path(files[i], path, sizeof(path)));
}

static void __attribute__((noreturn))
guard(struct site *before, unsigned int seconds, int from, int listener)
{
	char done = 0;
	ssize_t len;
	int ret;

	detach();
	do {
		len = read(from, &done, 1);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		ret = undo(before, "The one that made the changes is gone");
	else
		ret = done ? wait_for_word(listener, before, seconds) : EXIT_OK;
	tidy(!ret);
	_exit(ret);
}

int confirm_start(struct site *before, unsigned int seconds)
{
	int to[2] = { -1, -1 }, listener;
	sigset_t mask;
	char path[64];
	pid_t pid;

	if (site_write_file(before, run_path("before", path, sizeof(path))))
		return -1;
	listener = listen_for_word();
	if (listener < 0)
		return -1;
	fflush(stdout);
	hold_sigterm(&mask);
	pid = pipe2(to, O_CLOEXEC) ? -1 : fork();
	if (!pid) {
		close(to[1]);
		guard(before, seconds, to[0], listener);
	}
	if (pid < 0) {
		bad("confirm");
		close(to[1]);
		to[1] = -1;
		tidy(true);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(to[0]);
	close(listener);
	return to[1];
}

bool confirm_go(int fd, bool done)
{
	char word = done;
	bool told = write(fd, &word, 1) == 1;

	if (!told)
		fputs("Error: the process that was to wait for \"vrctl confirm\" is gone.\n",
		      stderr);
	close(fd);
	return told;
}

/* What became of the last one, if it was not confirmed. */
static int nothing_waits(void)
{
	char path[64], line[128], last[128] = "";
	FILE *file = fopen(run_path("log", path, sizeof(path)), "re");

	while (file && fgets(line, sizeof(line), file))
		if (!*last)
			strcpy(last, line);
	if (file)
		fclose(file);
	last[strcspn(last, "\n")] = '\0';
	fputs("Error: nothing waits to be confirmed.\n", stderr);
	if (*last)
		fprintf(stderr, "The last one that did was rolled back: %s See %s.\n", last, path);
	return EXIT_LOCAL;
}

/* Nobody listens, or not to us. */
static int no_answer(const char *path)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		return nothing_waits();
	bad(path);
	return EXIT_LOCAL;
}

/* What the one who waits says to a word. */
static int tell(const char *word, char *text, size_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ret = EXIT_LOCAL;
	struct sockaddr_un addr;
	char reply[160];
	ssize_t n;

	set_address(&addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		ret = no_answer(addr.sun_path);
		if (fd >= 0)
			close(fd);
		return ret;
	}
	n = write(fd, word, strlen(word)) > 0 ? read(fd, reply, sizeof(reply) - 1) : -1;
	close(fd);
	if (n <= 0) {
		fputs("Error: no answer, it may have been undone just now.\n", stderr);
		return EXIT_LOCAL;
	}
	reply[n] = '\0';
	reply[strcspn(reply, "\n")] = '\0';
	ret = atoi(reply);
	snprintf(text, len, "%s", reply + strcspn(reply, " ") + 1);
	return ret;
}

static int say(const char *word)
{
	char text[128] = "";
	int ret = tell(word, text, sizeof(text));

	if (*text)
		fprintf(ret ? stderr : stdout, "%s\n", text);
	return ret;
}

static int accept_it(const struct value *val)
{
	(void)val;
	return say("accept");
}

static int abort_it(const struct value *val)
{
	(void)val;
	return say("abort");
}

static int show(const struct value *val)
{
	char text[128] = "";
	int ret = tell("show", text, sizeof(text));

	(void)val;
	if (ret)
		return ret;
	if (opt.json) {
		json_obj(NULL);
		json_uint("seconds", strtoul(text, NULL, 10));
		json_obj_end();
		json_done();
	} else {
		printf("A change is undone in %s s unless it is confirmed.\n", text);
	}
	return EXIT_OK;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "accept",
		.help	= "let the change stay that \"apply ... confirm\" made",
		.run	= accept_it,
	}, {
		.name	= "abort",
		.help	= "undo it now",
		.run	= abort_it,
	}, {
		.name	= "show",
		.help	= "how much time there is left",
		.run	= show,
	},
	{}
};
/* clang-format on */

const struct object confirm_object = {
	.name = "confirm",
	.help = "changes that are undone unless confirmed",
	.cmds = commands,
	.bare = true,
};
