/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ip offers to the link kinds that it loads: iproute2 ships no header for
 * this.  The ip binary exports these symbols.
 */
#ifndef LINK_UTIL_H
#define LINK_UTIL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif

struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n);
	void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *lu, FILE *f, struct rtattr *xstats);
	void (*print_help)(struct link_util *lu, int argc, char **argv, FILE *f);
	int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

enum output_type {
	PRINT_FP = 1,
	PRINT_JSON = 2,
	PRINT_ANY = 4,
};

enum color_attr {
	COLOR_IFNAME,
	COLOR_MAC,
	COLOR_INET,
	COLOR_INET6,
	COLOR_OPERSTATE_UP,
	COLOR_OPERSTATE_DOWN,
	COLOR_NONE,
};

int print_color_uint(enum output_type type, enum color_attr color, const char *key, const char *fmt,
		     unsigned int value);
int print_color_string(enum output_type type, enum color_attr color, const char *key,
		       const char *fmt, const char *value);
int print_color_bool(enum output_type type, enum color_attr color, const char *key, const char *fmt,
		     bool value);

int addattr8(struct nlmsghdr *n, int maxlen, int type, __u8 data);
int addattr32(struct nlmsghdr *n, int maxlen, int type, __u32 data);
int get_u32(__u32 *val, const char *arg, int base);
int rtnl_rttable_a2n(__u32 *id, const char *arg);

void incomplete_command(void) __noreturn;
void invarg(const char *msg, const char *arg) __noreturn;
void duparg(const char *key, const char *arg) __noreturn;

#endif /* LINK_UTIL_H */
