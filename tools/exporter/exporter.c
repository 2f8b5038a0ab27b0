// SPDX-License-Identifier: GPL-2.0
/*
 * vrouter-exporter: what VRs do, for Prometheus and its like, by HTTP.
 *
 * A program of its own and not a word of vrctl: it stays, so it should have no more
 * rights and no more code than it needs; it runs as nobody in particular, as all it
 * does is to ask. One thread: the events of the kernel and the web server, which is
 * GNU libmicrohttpd, are polled together. An answer that is young enough is given
 * again, so however often it is asked, the kernel is so only ten times a second.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <malloc.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../vrctl/nl.h"
#include "../vrctl/vrctl.h"
#include "metrics.h"

#define DEFAULT_LISTEN "127.0.0.1:9773"
#define CONTENT_TYPE   "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define YOUNG_NS       100000000
#define CLIENTS	       16
#define TIMEOUT	       20

struct options opt;

static bool per_cpu;
static bool listening;
static bool was_up = true; /* so that it is said at first if it is not */
static FILE *nowhere;

static struct MHD_Response *last;
static int64_t last_ns;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)NS_PER_SEC + ts.tv_nsec;
}

/*
 * To ask for the family is to have the module loaded, which is not for a question to
 * do: whoever unloads it wants that. What is wrong is said once, not with each scrape.
 */
static bool read_anew(void)
{
	nl_forget();
	if (!nl_genl_there()) {
		if (was_up)
			warnx("the kernel has no virtual routers: module not loaded");
		return false;
	}
	nl_messages(was_up ? NULL : nowhere);
	listening = nl_events_open() && metrics_read(per_cpu, true);
	nl_messages(nowhere);
	return listening;
}

static void write_all(struct text *t)
{
	int64_t started = now_ns();
	bool up;

	/* If that fails the module may have gone, and come since. */
	up = (listening && metrics_read(per_cpu, nl_events_any())) || read_anew();
	listening = up;
	was_up = up;
	metrics_write(t, up, per_cpu, started);
}

static struct MHD_Response *metrics(void)
{
	static size_t usual;
	struct text t = { .room = usual };

	if (last && now_ns() - last_ns < YOUNG_NS)
		return last;
	if (last)
		MHD_destroy_response(last);
	t.buf = malloc(usual + 1);
	if (!t.buf)
		err(EXIT_FAILURE, "answer");
	write_all(&t);
	usual = t.len + t.len / 8;
	last = MHD_create_response_from_buffer(t.len, t.buf, MHD_RESPMEM_MUST_FREE);
	if (!last)
		errx(EXIT_FAILURE, "answer");
	MHD_add_response_header(last, MHD_HTTP_HEADER_CONTENT_TYPE, CONTENT_TYPE);
	last_ns = now_ns();
	return last;
}

static enum MHD_Result say(struct MHD_Connection *to, unsigned int status, const char *type,
			   const char *text)
{
	struct MHD_Response *response;
	enum MHD_Result ret;

	response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = MHD_queue_response(to, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result answer(void *data, struct MHD_Connection *to, const char *url,
			      const char *method, const char *version, const char *body,
			      size_t *size, void **state)
{
	static int seen;

	(void)data;
	(void)version;
	(void)body;
	/* At first there is only the head of the request; a body is not for us. */
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return say(to, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", "Only GET.\n");
	if (!strcmp(url, "/metrics"))
		return MHD_queue_response(to, MHD_HTTP_OK, metrics());
	if (!strcmp(url, "/"))
		return say(to, MHD_HTTP_OK, "text/html",
			   "<html><head><title>vrouter exporter</title></head><body>"
			   "<a href=\"/metrics\">metrics</a></body></html>\n");
	return say(to, MHD_HTTP_NOT_FOUND, "text/plain", "Try /metrics.\n");
}

/* Start-up */

static void usage(FILE *to)
{
	fputs("Usage: vrouter-exporter [ --listen ADDR:PORT ] [ --per-cpu ]\n"
	      "       vrouter-exporter --help | --version\n"
	      "\n"
	      "Tells what virtual routers do at http://ADDR:PORT/metrics, as OpenMetrics.\n"
	      "\n"
	      "  --listen ADDR:PORT  where (" DEFAULT_LISTEN "); [ADDR]:PORT for IPv6,\n"
	      "                      :PORT for all addresses\n"
	      "  --per-cpu           what each VR had of each CPU, too\n",
	      to);
}

static int bad_listen(const char *word)
{
	fprintf(stderr,
		"Error: listen \"%s\" is not ADDR:PORT, such as " DEFAULT_LISTEN
		" or [::1]:9773.\n",
		word);
	return EXIT_SYNTAX;
}

/* ADDR:PORT, [ADDR]:PORT or :PORT. */
static int parse_listen(const char *word, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	const char *colon = strrchr(word, ':');
	char host[64], *end;
	unsigned long port;
	size_t len;

	memset(addr, 0, sizeof(*addr));
	if (!colon || colon - word >= (long)sizeof(host) || colon[1] < '0' || colon[1] > '9')
		return bad_listen(word);
	port = strtoul(colon + 1, &end, 10);
	if (*end || port < 1 || port > 65535)
		return bad_listen(word);
	len = colon - word;
	memcpy(host, word, len);
	host[len] = '\0';
	if (!len || (len > 2 && *host == '[' && host[len - 1] == ']')) {
		if (len)
			host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		if (inet_pton(AF_INET6, len ? host + 1 : "::", &in6->sin6_addr) != 1)
			return bad_listen(word);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
			return bad_listen(word);
	}
	return EXIT_OK;
}

static struct MHD_Daemon *start(const struct sockaddr_storage *addr)
{
	unsigned int flags = MHD_USE_EPOLL;

	if (addr->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6 | MHD_USE_DUAL_STACK;
	/* clang-format off */
	return MHD_start_daemon(flags, 0, NULL, NULL, answer, NULL,
				MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)addr,
				MHD_OPTION_CONNECTION_LIMIT, CLIENTS,
				MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT,
				MHD_OPTION_END);
	/* clang-format on */
}

static int signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		err(EXIT_FAILURE, "signalfd");
	return fd;
}

static void run(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = {
		{ .fd = signals(), .events = POLLIN },
		{ .fd = info->epoll_fd, .events = POLLIN },
	};
	MHD_UNSIGNED_LONG_LONG wait;

	while (!fds[0].revents) {
		/* Nobody waits for events: they are looked for when somebody asks. */
		if (poll(fds, ARRAY_SIZE(fds), MHD_get_timeout(daemon, &wait) ? (int)wait : -1) <
			    0 &&
		    errno != EINTR)
			err(EXIT_FAILURE, "poll");
		MHD_run(daemon);
	}
	close(fds[0].fd);
}

static int bad_word(const char *word, const char *what)
{
	fprintf(stderr, "Error: \"%s\" %s.\n", word, what);
	return EXIT_SYNTAX;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage addr;
	struct MHD_Daemon *daemon;
	const char *where = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--listen") || !strcmp(argv[i], "-l")) {
			if (where)
				return bad_word(argv[i], "is given twice");
			if (i + 1 == argc)
				return bad_word(argv[i], "lacks its value, ADDR:PORT");
			where = argv[++i];
		} else if (!strcmp(argv[i], "--per-cpu") || !strcmp(argv[i], "-c")) {
			if (per_cpu)
				return bad_word(argv[i], "is given twice");
			per_cpu = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			usage(stdout);
			return EXIT_OK;
		} else if (!strcmp(argv[i], "--version") || !strcmp(argv[i], "-V")) {
			puts("vrouter-exporter " VRCTL_VERSION);
			return EXIT_OK;
		} else {
			return bad_word(argv[i],
					"is not known here, try \"vrouter-exporter --help\"");
		}
	}
	if (!where)
		where = DEFAULT_LISTEN;
	if (parse_listen(where, &addr))
		return EXIT_SYNTAX;
	/* What one answer needed the next one needs as well. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	nowhere = fopen("/dev/null", "w");
	if (!nowhere)
		err(EXIT_LOCAL, "/dev/null");
	nl_messages(nowhere);
	daemon = start(&addr);
	if (!daemon) {
		fprintf(stderr, "Error: listen \"%s\": %s.\n", where, strerror(errno));
		return EXIT_LOCAL;
	}
	run(daemon);
	MHD_stop_daemon(daemon);
	if (last)
		MHD_destroy_response(last);
	nl_forget();
	return EXIT_OK;
}
