// SPDX-License-Identifier: GPL-2.0
/* Options, network namespace and batch mode. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "nl.h"
#include "out.h"
#include "vrctl.h"

struct options opt;

static int enter_netns(const char *name)
{
	int fd, ret;

	fd = netns_open(name);
	if (fd < 0) {
		fprintf(stderr, "Error: network namespace \"%s\": %s.\n", name, strerror(errno));
		return EXIT_LOCAL;
	}
	ret = setns(fd, CLONE_NEWNET);
	if (ret)
		fprintf(stderr, "Error: network namespace \"%s\": %s.\n", name, strerror(errno));
	close(fd);
	return ret ? EXIT_LOCAL : EXIT_OK;
}

static int run_batch(const char *name)
{
	bool from_stdin = !strcmp(name, "-");
	FILE *file = from_stdin ? stdin : fopen(name, "r");
	int ret = EXIT_OK, n, err, number = 0;
	char *words[LINE_WORDS];
	char *line = NULL;
	size_t room = 0;

	if (!file) {
		fprintf(stderr, "Error: batch file \"%s\": %s.\n", name, strerror(errno));
		return EXIT_LOCAL;
	}
	while (getline(&line, &room, file) >= 0) {
		number++;
		n = split_line(line, words);
		if (!n)
			continue;
		if (n < 0) {
			fprintf(stderr, "Error: too many words or an open quote.\n");
			err = EXIT_SYNTAX;
		} else {
			err = cmd_run(n, words);
		}
		fflush(stdout);
		if (!err || err == EXIT_FOUND)
			continue;
		fprintf(stderr, "Command failed %s:%d\n", name, number);
		ret = EXIT_LOCAL;
		if (!opt.force)
			break;
	}
	free(line);
	if (!from_stdin)
		fclose(file);
	return ret;
}

static int bad_option(const char *word, const char *what)
{
	fprintf(stderr, "Option \"%s\" %s, try \"vrctl -h\".\n", word, what);
	return EXIT_SYNTAX;
}

static bool option_is(const char *word, const char *brief, const char *full)
{
	if (*word == '-' && word[1] == '-')
		word++;
	word++;
	return !strcmp(word, brief) || !strcmp(word, full);
}

static bool parse_color(const char *word, enum color_mode *mode)
{
	const char *when = strchr(word, '=');

	if (!when || !strcmp(when, "=auto"))
		*mode = COLOR_AUTO;
	else if (!strcmp(when, "=always"))
		*mode = COLOR_ALWAYS;
	else if (!strcmp(when, "=never"))
		*mode = COLOR_NEVER;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	const char *batch = NULL, *netns = NULL, *word;
	enum color_mode color = COLOR_NEVER;
	int ret;

	while (argc > 1 && argv[1][0] == '-') {
		word = argv[1];
		argc--;
		argv++;
		if (!strcmp(word, "--"))
			break;
		if (option_is(word, "j", "json")) {
			opt.json = true;
		} else if (option_is(word, "p", "pretty")) {
			opt.pretty = true;
		} else if (!strncmp(word, "-c=", 3) || !strncmp(word, "-color=", 7) ||
			   !strncmp(word, "--color=", 8) || option_is(word, "c", "color")) {
			if (!parse_color(word, &color))
				return bad_option(word, "is neither auto, always nor never");
		} else if (option_is(word, "t", "timestamp")) {
			opt.timestamp = true;
		} else if (option_is(word, "d", "details")) {
			opt.details = true;
		} else if (option_is(word, "s", "statistics")) {
			opt.stats = true;
		} else if (option_is(word, "force", "force")) {
			opt.force = true;
		} else if (option_is(word, "n", "netns") || option_is(word, "b", "batch")) {
			const char **to = option_is(word, "n", "netns") ? &netns : &batch;

			if (argc == 1)
				return bad_option(word, "lacks its value");
			*to = argv[1];
			argc--;
			argv++;
		} else if (option_is(word, "V", "Version")) {
			printf("vrctl %s\n", VRCTL_VERSION);
			return EXIT_OK;
		} else if (option_is(word, "h", "help")) {
			cmd_usage();
			return EXIT_OK;
		} else {
			return bad_option(word, "is unknown");
		}
	}
	if (opt.pretty)
		opt.json = true;
	color_setup(color);

	if (netns) {
		ret = enter_netns(netns);
		if (ret)
			return ret;
	}
	if (!batch) {
		ret = cmd_run(argc - 1, argv + 1);
	} else if (argc > 1) {
		fprintf(stderr, "Error: \"%s\" beside a batch file.\n", argv[1]);
		ret = EXIT_SYNTAX;
	} else {
		opt.batch = true;
		ret = run_batch(batch);
	}
	nl_close_all();

	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "Error: cannot write: %s.\n", strerror(errno));
		ret = ret ? ret : EXIT_LOCAL;
	}
	return ret;
}
