/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vrctl: looks at and changes virtual routers.
 *
 * main.c: options and batch; cmd.c: objects, commands and their words; value.c:
 * what a word stands for; vr.c, port.c, vf*.c, core.c, stats.c, runtime.c, trace.c, why.c,
 * incident.c, monitor.c: one object each; site*.c, apply.c, confirm.c, snapshot.c: files and
 * states; sample.c: counters of all VRs and cores at one time, for top.c (with top_screen.c),
 * overview.c, bill.c and balance.c (with plan.c); hist.c: latency; doctor*.c: checks; packet.c:
 * packet headers as text; exec.c: programs in a VR; bpf_obj.c: BPF programs, for that and xdp.c;
 * nl.c: netlink; netns.c: network namespaces; out.c: tables and colour; json.c: JSON;
 * knobs.c: settings of VRs; near.c: which word was meant; numa.c, ethtool.c: what NICs tell.
 */
#ifndef VRCTL_H
#define VRCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* Exit codes, those of iproute2. */
enum {
	EXIT_OK = 0,
	EXIT_LOCAL = 1,	   /* unknown object, no module, files, sockets */
	EXIT_KERNEL = 2,   /* the kernel refused */
	EXIT_FOUND = 3,	   /* no failure: there was something to find or to change */
	EXIT_SYNTAX = 255, /* the words of a command are wrong */
};

struct options {
	bool json;
	bool pretty;
	bool force;
	bool batch;
	bool timestamp;
	bool details;
	bool stats;
};

extern struct options opt;

/**
 * enum param_type - what the value of a parameter is
 * @P_DEV: name of a device
 * @P_U32: number between min and max
 * @P_TABLE: number or name of a routing table
 * @P_ONOFF: on or off
 * @P_TIME: time, which becomes a number of units
 * @P_CPUS: list of CPUs, or all
 * @P_MAC: link-layer address of one device
 * @P_WORD: anything
 * @P_FLAG: no value, the word alone
 */
enum param_type {
	P_DEV,
	P_U32,
	P_TABLE,
	P_ONOFF,
	P_TIME,
	P_CPUS,
	P_MAC,
	P_WORD,
	P_FLAG,
};

/**
 * struct param - a parameter of a command
 * @word: its keyword
 * @value: name of its value in the synopsis
 * @type: enum param_type
 * @first: may stand first without its keyword
 * @many: as @first, as often as wanted
 * @required: must be given
 * @off: the word off stands for 0
 * @automatic: the word auto stands for the greatest number there is
 * @brief: letter that may stand for the keyword, after a dash
 * @min: least value of a P_U32 or P_TIME
 * @max: greatest value of a P_U32 or P_TIME
 * @unit: nanoseconds that a P_TIME is counted in
 * @bare: nanoseconds that a number without a unit means
 */
struct param {
	const char *word;
	const char *value;
	enum param_type type;
	bool first;
	bool many;
	bool required;
	bool off;
	bool automatic;
	char brief;
	uint32_t min;
	uint32_t max;
	uint32_t unit;
	uint32_t bare;
};

#define MAX_PARAMS 12
#define MAX_MANY   64
#define MAC_LEN	   6

/**
 * struct value - what was given for a parameter
 * @given: whether it was given
 * @str: as it stood on the command line
 * @num: as a number
 * @all: if it may be given many times, all that were
 * @n: how many
 */
struct value {
	bool given;
	const char *str;
	uint32_t num;
	const char *const *all;
	unsigned int n;
};

/**
 * struct command - a command of an object
 * @name: its word
 * @help: one line on what it does
 * @run: does it; val[] is in the order of params[]
 * @rest: what the synopsis calls the words after the first parameter if they are
 *	taken as they are, into val[1]; else NULL
 * @params: what it takes, ends with a NULL word
 */
struct command {
	const char *name;
	const char *help;
	int (*run)(const struct value *val);
	const char *rest;
	struct param params[MAX_PARAMS + 1];
};

/**
 * struct object - an object, the first word of a command line
 * @name: its word
 * @help: one line on what it is
 * @cmds: its commands, end with a NULL name; the first is the default
 * @bare: parameters of the first command may follow without its word
 * @sole: the object is a command itself, the first of cmds
 * @split: words may also be given as one argument
 */
struct object {
	const char *name;
	const char *help;
	const struct command *cmds;
	bool bare;
	bool sole;
	bool split;
};

extern const struct object vr_object;
extern const struct object port_object;
extern const struct object vf_object;
extern const struct object core_object;
extern const struct object stats_object;
extern const struct object runtime_object;
extern const struct object trace_object;
extern const struct object why_object;
extern const struct object show_object;
extern const struct object top_object;
extern const struct object bill_object;
extern const struct object balance_object;
extern const struct object incident_object;
extern const struct object doctor_object;
extern const struct object monitor_object;
extern const struct object save_object;
extern const struct object restore_object;
extern const struct object apply_object;
extern const struct object confirm_object;
extern const struct object diff_object;
extern const struct object snapshot_object;
extern const struct object exec_object;
extern const struct object identify_object;
extern const struct object pids_object;

#define NS_PER_US    1000U
#define NS_PER_MS    1000000U
#define NS_PER_SEC   1000000000U
#define MSEC_PER_SEC 1000U
#define MAX_CPU	     65535

/* value.c */
bool value_parse(const char *str, const struct param *p, struct value *val);
bool dev_valid(const char *str);
/* Errors name this place, file and line; NULL for words of the command line. */
void value_place(const char *where);
/* How an error begins. */
void error_start(FILE *to);
/* A time, so that it can be given again as it is printed. */
const char *time_text(uint64_t ns, char *buf, size_t len);
bool time_parse(const char *str, uint64_t bare, uint64_t *ns);
/* Call for each CPU of a list such as 0-3,8; false if it is none. */
bool cpus_parse(const char *str, void (*each)(unsigned int cpu, void *data), void *data);
bool mac_parse(const char *str, uint8_t mac[MAC_LEN]);
/* The list that stands for all CPUs of the machine. */
const char *cpus_possible(void);

/* cmd.c */
int cmd_run(int argc, char **argv);
/* A parameter of a command of an object, so that files have the same limits. */
const struct param *cmd_param(const struct object *obj, const char *cmd, const char *word);
void cmd_usage(void);

/* value.c: cut a line into words, in place; quotes keep blanks, # starts a comment. */
#define LINE_WORDS 64
int split_line(char *line, char **words);

/* table.c */
bool table_parse(const char *str, uint32_t *id);
const char *table_name(uint32_t id);

#endif /* VRCTL_H */
