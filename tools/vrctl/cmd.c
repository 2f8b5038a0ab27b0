// SPDX-License-Identifier: GPL-2.0
/* From words to a command and its values; help comes from the same tables. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "vrctl.h"

static const struct object *const objects[] = {
	&vr_object,	  &port_object,	   &vf_object,	     &core_object,    &stats_object,
	&runtime_object,  &trace_object,   &why_object,	     &show_object,    &top_object,
	&bill_object,	  &balance_object, &incident_object, &doctor_object,  &monitor_object,
	&save_object,	  &restore_object, &apply_object,    &confirm_object, &diff_object,
	&snapshot_object, &exec_object,	   &identify_object, &pids_object,
};

static void put_synopsis(FILE *to, const struct object *obj, const struct command *cmd)
{
	const struct param *p;
	bool bare = obj->bare && cmd == obj->cmds;

	if (obj->sole)
		fprintf(to, "vrctl %s", obj->name);
	else
		fprintf(to, bare ? "vrctl %s [ %s ]" : "vrctl %s %s", obj->name, cmd->name);
	for (p = cmd->params; p->word; p++) {
		fprintf(to, p->required ? " " : " [ ");
		if (p->first)
			fputs(p->value, to);
		else if (p->type == P_FLAG)
			fputs(p->word, to);
		else
			fprintf(to, "%s %s", p->word, p->value);
		fputs(p->required ? "" : " ]", to);
	}
	if (cmd->rest)
		fprintf(to, " %s", cmd->rest);
}

void cmd_usage(void)
{
	unsigned int i;

	puts("Usage: vrctl [ OPTIONS ] OBJECT { COMMAND | help }\n"
	     "       vrctl [ -force ] -b FILE\n");
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		printf("%-8s %-9s %s\n", i ? "" : "OBJECT", objects[i]->name, objects[i]->help);
	puts("\n"
	     "OPTIONS  -j        JSON\n"
	     "         -p        JSON with line breaks\n"
	     "         -d        details: all there is to know\n"
	     "         -s        statistics: more columns\n"
	     "         -c[=WHEN] colour: auto (a terminal), always, never\n"
	     "         -n NETNS  work in this network namespace\n"
	     "         -b FILE   commands from FILE, - for standard input\n"
	     "         -force    go on after a failed command of FILE\n"
	     "         -t        monitor: time of each event\n"
	     "         -V        version\n"
	     "\n"
	     "Without OBJECT: vr show.  Without COMMAND: the object's first.");
}

static void command_usage(const struct object *obj, const struct command *cmd, bool first)
{
	fputs(first ? "Usage: " : "       ", stdout);
	put_synopsis(stdout, obj, cmd);
	printf("\n           %s\n", cmd->help);
}

static void object_usage(const struct object *obj)
{
	const struct command *cmd;

	for (cmd = obj->cmds; cmd->name; cmd++)
		command_usage(obj, cmd, cmd == obj->cmds);
}

static bool asks_help(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "-help") || !strcmp(word, "--help");
}

static const char *object_name(unsigned int i, const void *)
{
	return i < ARRAY_SIZE(objects) ? objects[i]->name : NULL;
}

static const char *command_name(unsigned int i, const void *obj)
{
	return ((const struct object *)obj)->cmds[i].name;
}

static const char *param_word(unsigned int i, const void *cmd)
{
	return ((const struct command *)cmd)->params[i].word;
}

/* What is wrong with a word, which may have been meant, and where all are told. */
static void say_unknown(const char *what, const char *word, const char *how, near_fn nth,
			const void *of, const struct object *obj)
{
	const char *near = near_word(word, nth, of);

	fprintf(stderr, "%s \"%s\" is %s", what, word, how);
	if (near)
		fprintf(stderr, ", perhaps \"%s\"", near);
	fprintf(stderr, ", try \"vrctl %s%shelp\".\n", obj ? obj->name : "", obj ? " " : "");
}

/* Dashes before a word, as options have them, change nothing. */
static bool word_is(const char *word, const char *given)
{
	return !strcmp(word, !strncmp(given, "--", 2) ? given + 2 : given);
}

static const struct param *find_param(const struct command *cmd, const char *word)
{
	const struct param *p;

	for (p = cmd->params; p->word; p++)
		if (word_is(p->word, word) ||
		    (p->brief && word[0] == '-' && word[1] == p->brief && !word[2]))
			return p;
	return NULL;
}

const struct param *cmd_param(const struct object *obj, const char *name, const char *word)
{
	const struct command *cmd = obj->cmds;

	while (cmd->name && strcmp(cmd->name, name))
		cmd++;
	return cmd->name ? find_param(cmd, word) : NULL;
}

/*
 * A word that needs no keyword is the first one.  If it may be left out, a
 * keyword in its place is that keyword: "show name cpu" is for a VR of that
 * name.
 */
static const struct param *first_param(const struct command *cmd, int argc, char **argv)
{
	const struct param *p;

	if (!argc || !cmd->params[0].first)
		return NULL;
	p = find_param(cmd, argv[0]);
	if (p && (!cmd->params[0].required || (p->first && argc > 1)))
		return NULL;
	return &cmd->params[0];
}

/* All that is left, whatever it looks like. */
static int take_rest(const struct object *obj, const struct command *cmd, int argc, char **argv,
		     struct value *val)
{
	if (!argc) {
		fprintf(stderr, "Error: %s is missing: ", cmd->rest);
		put_synopsis(stderr, obj, cmd);
		fputc('\n', stderr);
		return EXIT_SYNTAX;
	}
	val->given = true;
	val->all = (const char *const *)argv;
	val->n = argc;
	return EXIT_OK;
}

static int parse_params(const struct object *obj, const struct command *cmd, int argc, char **argv,
			struct value *val)
{
	const struct param *p = first_param(cmd, argc, argv);
	static const char *many[MAX_MANY];
	unsigned int n_many = 0;

	while (argc) {
		if (!p) {
			p = find_param(cmd, *argv);
			if (!p && cmd->params[0].many)
				p = &cmd->params[0];
			if (!p) {
				say_unknown("Error:", *argv, "not known here", param_word, cmd,
					    obj);
				return EXIT_SYNTAX;
			}
			if (p->type != P_FLAG && !p->many) {
				if (argc == 1) {
					fprintf(stderr, "Error: \"%s\" lacks its value, %s.\n",
						p->word, p->value);
					return EXIT_SYNTAX;
				}
				argc--;
				argv++;
			}
		}
		if (val[p - cmd->params].given && !p->many) {
			fprintf(stderr, "Error: \"%s\" is given twice.\n", p->word);
			return EXIT_SYNTAX;
		}
		val[p - cmd->params].given = true;
		if (!value_parse(*argv, p, &val[p - cmd->params]))
			return EXIT_SYNTAX;
		if (p->many && n_many == MAX_MANY) {
			fprintf(stderr, "Error: \"%s\" is one too many, there may be %u.\n", *argv,
				MAX_MANY);
			return EXIT_SYNTAX;
		}
		if (p->many) {
			many[n_many++] = *argv;
			val[p - cmd->params].all = many;
			val[p - cmd->params].n = n_many;
		}
		argc--;
		argv++;
		if (cmd->rest)
			return take_rest(obj, cmd, argc, argv, &val[1]);
		p = NULL;
	}

	for (p = cmd->params; p->word; p++)
		if (p->required && !val[p - cmd->params].given) {
			fprintf(stderr, "Error: %s is missing: ", p->first ? p->value : p->word);
			put_synopsis(stderr, obj, cmd);
			fputc('\n', stderr);
			return EXIT_SYNTAX;
		}
	return EXIT_OK;
}

/* The words that are left, if they may be given as one argument: split at blanks. */
static int parse_split(const struct object *obj, const struct command *cmd, int argc, char **argv,
		       char *line, struct value *val)
{
	char *words[LINE_WORDS];
	int n;

	while (argc--) {
		strcat(line, *argv++);
		strcat(line, " ");
	}
	n = split_line(line, words);
	if (n < 0) {
		fprintf(stderr, "Error: too many words or an open quote.\n");
		return EXIT_SYNTAX;
	}
	return parse_params(obj, cmd, n, words, val);
}

static int run_split(const struct object *obj, const struct command *cmd, int argc, char **argv)
{
	struct value val[MAX_PARAMS] = {};
	size_t len = 1;
	char *line;
	int i, ret;

	for (i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = calloc(1, len);
	if (!line)
		err(EXIT_LOCAL, "words");
	ret = parse_split(obj, cmd, argc, argv, line, val);
	if (!ret)
		ret = cmd->run(val);
	free(line);
	return ret;
}

static int run_object(const struct object *obj, int argc, char **argv)
{
	const struct command *cmd = obj->cmds;
	struct value val[MAX_PARAMS] = {};
	int ret;

	if (argc && (!strcmp(argv[0], "help") || asks_help(argv[0]))) {
		object_usage(obj);
		return EXIT_OK;
	}
	if (argc && !obj->sole) {
		while (cmd->name && !word_is(cmd->name, argv[0]))
			cmd++;
		if (!cmd->name && obj->bare && find_param(obj->cmds, argv[0])) {
			cmd = obj->cmds;
			argc++;
			argv--;
		}
		if (!cmd->name) {
			say_unknown("Command", argv[0], "unknown", command_name, obj, obj);
			return EXIT_SYNTAX;
		}
		argc--;
		argv++;
		if (argc && asks_help(argv[0])) {
			command_usage(obj, cmd, true);
			return EXIT_OK;
		}
	}
	if (obj->split)
		return run_split(obj, cmd, argc, argv);
	ret = parse_params(obj, cmd, argc, argv, val);
	return ret ? ret : cmd->run(val);
}

int cmd_run(int argc, char **argv)
{
	unsigned int i;

	if (!argc)
		return run_object(objects[0], 0, NULL);
	if (!strcmp(argv[0], "help")) {
		cmd_usage();
		return EXIT_OK;
	}
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (!strcmp(objects[i]->name, argv[0]))
			return run_object(objects[i], argc - 1, argv + 1);
	say_unknown("Object", argv[0], "unknown", object_name, NULL, NULL);
	return EXIT_LOCAL;
}
