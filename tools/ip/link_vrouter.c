// SPDX-License-Identifier: GPL-2.0
/*
 * Plugin for ip: the options of "ip link add NAME type vrouter" and of
 * "ip link set PORT type vrouter_slave", and what "ip -d link" shows of both.
 */
#include <string.h>

#include <linux/vrouter.h>

#include "link_util.h"

#define MAX_MSG 1024

static void usage(FILE *f)
{
	fprintf(f,
		"Usage: ... vrouter table TABLE [ weight WEIGHT ]\n"
		"\n"
		"Where: TABLE  := routing table, a number or a name\n"
		"       WEIGHT := %d to %d (default %d)\n",
		VROUTER_WEIGHT_MIN, VROUTER_WEIGHT_MAX, VROUTER_WEIGHT_DEFAULT);
}

static void port_usage(FILE *f)
{
	fputs("Usage: ... vrouter_slave [ direct { on | off } ]\n"
	      "\n"
	      "Where: direct  on: packets leave past the port's qdisc\n",
	      f);
}

/* The value of the keyword at *argv, which then points at the value. */
static const char *next_word(int *argc, char ***argv)
{
	(*argv)++;
	if (--(*argc) <= 0)
		incomplete_command();
	return **argv;
}

static int parse_opt(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n)
{
	bool table_given = false, weight_given = false;
	const char *word;
	__u32 val;

	(void)lu;
	for (; argc > 0; argc--, argv++) {
		if (!strcmp(*argv, "table")) {
			word = next_word(&argc, &argv);
			if (table_given)
				duparg("table", word);
			table_given = true;
			if (rtnl_rttable_a2n(&val, word) || !val)
				invarg("invalid table", word);
			addattr32(n, MAX_MSG, IFLA_VROUTER_TABLE, val);
		} else if (!strcmp(*argv, "weight")) {
			word = next_word(&argc, &argv);
			if (weight_given)
				duparg("weight", word);
			weight_given = true;
			if (get_u32(&val, word, 0) || val < VROUTER_WEIGHT_MIN ||
			    val > VROUTER_WEIGHT_MAX)
				invarg("invalid weight", word);
			addattr32(n, MAX_MSG, IFLA_VROUTER_WEIGHT, val);
		} else {
			if (strcmp(*argv, "help"))
				fprintf(stderr, "vrouter: unknown option \"%s\"?\n", *argv);
			usage(stderr);
			return -1;
		}
	}
	return 0;
}

static int port_parse_opt(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n)
{
	bool given = false;
	const char *word;

	(void)lu;
	for (; argc > 0; argc--, argv++) {
		if (!strcmp(*argv, "direct")) {
			word = next_word(&argc, &argv);
			if (given)
				duparg("direct", word);
			given = true;
			if (strcmp(word, "on") && strcmp(word, "off"))
				invarg("neither on nor off", word);
			addattr8(n, MAX_MSG, IFLA_VROUTER_PORT_DIRECT, !strcmp(word, "on"));
		} else {
			if (strcmp(*argv, "help"))
				fprintf(stderr, "vrouter_slave: unknown option \"%s\"?\n", *argv);
			port_usage(stderr);
			return -1;
		}
	}
	return 0;
}

static void put_num(struct rtattr *attr, const char *key, const char *fmt)
{
	if (attr && RTA_PAYLOAD(attr) >= sizeof(__u32))
		print_color_uint(PRINT_ANY, COLOR_NONE, key, fmt, *(__u32 *)RTA_DATA(attr));
}

static void print_opt(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	(void)lu;
	(void)f;
	if (!tb)
		return;
	put_num(tb[IFLA_VROUTER_TABLE], "table", "table %u ");
	put_num(tb[IFLA_VROUTER_WEIGHT], "weight", "weight %u ");
	put_num(tb[IFLA_VROUTER_PORTS], "ports", "ports %u ");
}

static void port_print_opt(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	struct rtattr *direct;
	bool on;

	(void)lu;
	(void)f;
	if (!tb || !tb[IFLA_VROUTER_PORT_DIRECT])
		return;
	direct = tb[IFLA_VROUTER_PORT_DIRECT];
	if (!RTA_PAYLOAD(direct))
		return;
	on = *(__u8 *)RTA_DATA(direct);
	print_color_bool(PRINT_JSON, COLOR_NONE, "direct", NULL, on);
	print_color_string(PRINT_FP, COLOR_NONE, NULL, "direct %s ", on ? "on" : "off");
}

static void print_help(struct link_util *lu, int argc, char **argv, FILE *f)
{
	(void)lu;
	(void)argc;
	(void)argv;
	usage(f);
}

static void port_print_help(struct link_util *lu, int argc, char **argv, FILE *f)
{
	(void)lu;
	(void)argc;
	(void)argv;
	port_usage(f);
}

/* ip finds these by name. */
struct link_util vrouter_link_util = {
	.id = "vrouter",
	.maxattr = IFLA_VROUTER_MAX,
	.parse_opt = parse_opt,
	.print_opt = print_opt,
	.print_help = print_help,
};

struct link_util vrouter_slave_link_util = {
	.id = "vrouter_slave",
	.maxattr = IFLA_VROUTER_PORT_MAX,
	.parse_opt = port_parse_opt,
	.print_opt = port_print_opt,
	.print_help = port_print_help,
};
