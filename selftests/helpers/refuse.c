// SPDX-License-Identifier: GPL-2.0
/*
 * Between a program and libmnl: of the requests that change something, the one of
 * number $REFUSE_AT is spoiled so that the kernel refuses it; or before it the program
 * gets the signal of number $REFUSE_SIGNAL.  $REFUSE_FILE is made then, so that others
 * know that it came to that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <linux/vrouter.h>

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len);

/* The types of rtnetlink come in fours: new, delete, get, set. */
static bool changes_something(int protocol, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genlh = NLMSG_DATA(nlh);

	if (protocol == NETLINK_ROUTE)
		return nlh->nlmsg_type % 4 != 2;
	return protocol == NETLINK_GENERIC && nlh->nlmsg_type != GENL_ID_CTRL &&
	       !(nlh->nlmsg_flags & NLM_F_DUMP) &&
	       (genlh->cmd == VROUTER_CMD_VR_SET || genlh->cmd == VROUTER_CMD_PORT_SET ||
		genlh->cmd == VROUTER_CMD_CORE_SET);
}

static void spoil(int protocol, struct nlmsghdr *nlh)
{
	const char *file = getenv("REFUSE_FILE"), *number = getenv("REFUSE_SIGNAL");

	if (file)
		close(open(file, O_WRONLY | O_CREAT, 0600));
	if (number)
		raise(atoi(number));
	else if (protocol == NETLINK_ROUTE)
		nlh->nlmsg_type = 0x7ffc;
	else
		((struct genlmsghdr *)NLMSG_DATA(nlh))->cmd = 0xff;
}

static pid_t first;

static void __attribute__((constructor)) start(void)
{
	first = getpid();
}

/* A process that comes of this one is left alone. */
ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	ssize_t (*next)(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
			socklen_t to_len) = dlsym(RTLD_NEXT, "sendto");
	const char *at = getenv("REFUSE_AT");
	static unsigned int seen;
	int protocol = -1;
	socklen_t size = sizeof(protocol);
	char copy[4096];

	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
	if (at && getpid() == first && len <= sizeof(copy) && changes_something(protocol, buf) &&
	    ++seen == strtoul(at, NULL, 10)) {
		memcpy(copy, buf, len);
		spoil(protocol, (struct nlmsghdr *)copy);
		buf = copy;
	}
	return next(fd, buf, len, flags, to, to_len);
}
