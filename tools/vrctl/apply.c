// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl apply, restore, diff: from how things are to how files describe them.
 *
 * apply makes them so as a whole: what is not in the files is removed, and if a step
 * fails what was there before is made again.  restore, for the boot of a machine,
 * is the same without these two: it removes nothing, and what it could do stays.
 *
 * The way back is the same as the way there: with what was there as what is wanted,
 * and what is there now as what is.  It needs no list of what was done, so it does not
 * matter how far that went or what else came of it, such as the routes and IPv6
 * addresses that go when a device goes down.  For the same reason apply and its way
 * back look again when they are done and make what is missing.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "out.h"

#define WAIT_S 30
#define PASSES 3

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	stopped = signal;
}

static bool is_stopped(void)
{
	if (stopped)
		fprintf(stderr, "Error: stopped by a signal: %s.\n", strsignal(stopped));
	return stopped;
}

/* A change half-way is left neither by Ctrl-C nor when the terminal goes. */
static void catch_signals(bool on)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	static struct sigaction before[ARRAY_SIZE(signals)];
	struct sigaction action = { .sa_flags = SA_RESTART };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		action.sa_handler = signals[i] == SIGPIPE ? SIG_IGN : on_signal;
		sigaction(signals[i], on ? &action : &before[i], on ? &before[i] : NULL);
	}
}

static unsigned int count(const struct change *c, const struct change *end)
{
	unsigned int n = 0;

	for (; c && c != end; c = c->next)
		n++;
	return n;
}

/* One look, and what it finds to do; *n is how many changes that were. */
static int pass(struct site *want, bool keep, const struct site_how *how, unsigned int *n)
{
	struct change *changes = NULL, *c;
	struct site now = {};
	int ret;

	ret = site_state(&now);
	if (!ret)
		ret = site_plan(want, &now, keep, &changes);
	*n = ret ? 0 : count(changes, NULL);
	if (!ret && how)
		ret = site_apply(changes, how, &c);
	else if (!ret)
		site_print_rest(changes);
	site_free(&now);
	return ret;
}

/* Until there is nothing to do. */
static int settle(struct site *want, bool keep, const struct site_how *how)
{
	unsigned int i, n = 1;
	int ret = EXIT_OK;

	for (i = 0; i < PASSES && n && (!ret || how->rest); i++)
		ret = pass(want, keep, how, &n);
	return n || !how->rest ? ret : EXIT_OK;
}

int apply_undo(struct site *before)
{
	const struct site_how how = { .quiet = true, .rest = true };
	unsigned int n = 0;
	int ret;

	fflush(stdout);
	settle(before, false, &how);
	fputs("Rolled back", stderr);
	/* The last word is what is there. */
	ret = pass(before, false, &(struct site_how){ .dry = true, .quiet = true }, &n);
	if (!ret && !n) {
		fputs(": everything is as it was.\n", stderr);
		return EXIT_OK;
	}
	fputs(", but not all: these are not as they were.\n", stderr);
	pass(before, false, NULL, &n);
	return EXIT_KERNEL;
}

static void print_all(struct change *c, bool applied)
{
	for (; c; c = c->next)
		site_print_change(c, applied);
}

/* What was done stays, as far as it went. */
static void tell_rest(struct change *changes, struct change *failed)
{
	unsigned int done = count(changes, failed);

	fflush(stdout);
	fprintf(stderr, "Stopped: %u %s made, not these:\n", done,
		done == 1 ? "change was" : "changes were");
	site_print_rest(failed);
	if (opt.json)
		print_all(failed, false);
}

/* What is still not as wanted when all was done, as the kernel or a NIC has its way. */
static int check_done(struct site *want, const struct apply_how *how)
{
	const struct site_how quiet = { .quiet = true, .stop = is_stopped };
	unsigned int n = 0;
	int ret;

	ret = settle(want, how->keep, &quiet);
	if (ret)
		return ret;
	ret = pass(want, how->keep, &(struct site_how){ .dry = true, .quiet = true }, &n);
	if (ret || !n)
		return ret;
	fputs("Error: these do not stay as they were set:\n", stderr);
	pass(want, how->keep, NULL, &n);
	return EXIT_KERNEL;
}

static int make(struct site *want, struct site *is, struct change *changes,
		const struct apply_how *how)
{
	struct site_how print = { .quiet = opt.json && !how->loose, .stop = is_stopped };
	struct change *failed = NULL;
	int ret, waiting = -1;

	if (!how->loose) {
		ret = site_pin(is, want);
		if (ret)
			return ret;
	}
	if (how->confirm) {
		waiting = confirm_start(is, how->confirm);
		if (waiting < 0)
			return EXIT_LOCAL;
	}
	catch_signals(true);
	ret = site_apply(changes, &print, &failed);
	if (!ret && !how->loose)
		ret = check_done(want, how);
	if (ret && how->loose)
		tell_rest(changes, failed);
	else if (ret)
		apply_undo(is);
	if (how->confirm && !confirm_go(waiting, !ret) && !ret) {
		ret = EXIT_LOCAL;
		apply_undo(is);
	}
	if (print.quiet)
		print_all(changes, !ret);
	catch_signals(false);
	if (!ret && how->confirm)
		fprintf(stderr, "It is undone in %u s unless \"vrctl confirm\" is given.\n",
			how->confirm);
	return ret ? ret : EXIT_FOUND;
}

static int plan_and_make(struct site *want, struct site *is, const struct apply_how *how)
{
	struct change *changes = NULL;
	int ret;

	ret = site_state(is);
	if (!ret)
		ret = site_plan(want, is, how->keep, &changes);
	if (ret)
		return ret;
	if (how->dry)
		print_all(changes, false);
	ret = !changes ? EXIT_OK : how->dry ? EXIT_FOUND : make(want, is, changes, how);
	if (opt.json)
		json_list_end();
	return ret;
}

int apply_site(struct site *want, const struct apply_how *how)
{
	struct site is = {};
	int ret, lock = -1;

	if (!how->dry) {
		lock = confirm_lock();
		if (lock < 0)
			return EXIT_LOCAL;
	}
	ret = site_wait(want, how->wait);
	if (!ret)
		ret = plan_and_make(want, &is, how);
	site_free(&is);
	if (lock >= 0)
		close(lock);
	return ret;
}

static unsigned int wait_s(const struct value *val)
{
	return val->given ? val->num : WAIT_S;
}

/* file... dry-run confirm wait */
static int apply(const struct value *val)
{
	const struct apply_how how = {
		.dry = val[1].given,
		.confirm = val[2].num,
		.wait = wait_s(&val[3]),
	};
	struct site want = {};
	unsigned int n;
	int ret;

	ret = site_read_files(&want, &val[0], &n);
	if (!ret && !n) {
		fputs("Error: there are no files " SITE_DIR "/*.vr.\n", stderr);
		ret = EXIT_LOCAL;
	}
	if (!ret)
		ret = apply_site(&want, &how);
	site_free(&want);
	return ret;
}

/* file... dry-run wait */
static int restore(const struct value *val)
{
	const struct apply_how how = {
		.keep = true,
		.loose = true,
		.dry = val[1].given,
		.wait = wait_s(&val[2]),
	};
	struct site want = {};
	unsigned int n;
	int ret;

	ret = site_read_files(&want, &val[0], &n);
	if (!ret && (want.vrs || want.pfs || want.cores))
		ret = apply_site(&want, &how);
	else if (!ret && opt.json)
		json_list_end();
	site_free(&want);
	return ret == EXIT_FOUND ? EXIT_OK : ret;
}

/* As of diff(1). */
static int diff(const struct value *val)
{
	const struct apply_how how = { .dry = true };
	struct site want = {};
	unsigned int n;
	int ret;

	ret = site_read_files(&want, &val[0], &n);
	if (!ret)
		ret = apply_site(&want, &how);
	site_free(&want);
	return ret == EXIT_FOUND ? 1 : ret ? 2 : EXIT_OK;
}

/* clang-format off */
#define FILES {								\
	.word = "file", .value = "FILE...", .type = P_WORD,		\
	.first = true, .many = true,					\
}
#define WAIT {								\
	.word = "wait", .value = "SECONDS", .type = P_U32, .max = 3600,	\
}

static const struct command apply_commands[] = {
	{
		.name	= "apply",
		.help	= "make everything as FILEs say, by default " SITE_DIR "/*.vr, and remove "
			  "what they do not have, as a whole or not at all; confirm: undo it after "
			  "TIME unless \"vrctl confirm\" comes; dry-run: only say what",
		.run	= apply,
		.params	= {
			FILES,
			DRY_RUN,
			CONFIRM,
			WAIT,
		},
	},
	{}
};

static const struct command restore_commands[] = {
	{
		.name	= "restore",
		.help	= "make and change what is not as FILEs say, by default "
			  SITE_DIR "/*.vr, and remove nothing; dry-run: only say what",
		.run	= restore,
		.params	= { FILES, DRY_RUN, WAIT },
	},
	{}
};

static const struct command diff_commands[] = {
	{
		.name	= "diff",
		.help	= "say what apply would change; exit status 0: nothing, 1: something, "
			  "2: trouble",
		.run	= diff,
		.params	= { FILES },
	},
	{}
};
/* clang-format on */

const struct object apply_object = {
	.name = "apply",
	.help = "make everything as files say",
	.cmds = apply_commands,
	.sole = true,
};

const struct object restore_object = {
	.name = "restore",
	.help = "make what is missing as files say",
	.cmds = restore_commands,
	.sole = true,
};

const struct object diff_object = {
	.name = "diff",
	.help = "what is not as files say",
	.cmds = diff_commands,
	.sole = true,
};
