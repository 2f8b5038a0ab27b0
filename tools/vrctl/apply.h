/* SPDX-License-Identifier: GPL-2.0 */
#ifndef APPLY_H
#define APPLY_H

#include "site.h"

#define RUN_DIR	     "/run/vrouter"
#define SNAPSHOT_DIR "/var/lib/vrouter/snapshots"

/**
 * struct apply_how - how a state is to be made of a site
 * @keep: nothing is removed
 * @loose: what was done when something fails stays, as at boot some is better than none
 * @dry: nothing is done, but everything said
 * @wait: seconds to wait for devices
 * @confirm: seconds after which it is undone, or 0
 */
struct apply_how {
	bool keep;
	bool loose;
	bool dry;
	unsigned int wait;
	unsigned int confirm;
};

/* clang-format off */
#define DRY_RUN { .word = "dry-run", .type = P_FLAG }
#define CONFIRM {							\
	.word = "confirm", .value = "TIME", .type = P_TIME, .min = 1,	\
	.max = 86400, .unit = NS_PER_SEC, .bare = NS_PER_SEC,		\
}
/* clang-format on */

/* apply.c: EXIT_FOUND if there was something to do, else an exit code. */
int apply_site(struct site *want, const struct apply_how *how);
/* Back to what site_pin() has completed; an exit code, after a message in any case. */
int apply_undo(struct site *before);

/*
 * confirm.c: one at a time makes changes in a network namespace.  The lock lasts as
 * long as the process, or the one that waits for confirmation; -1 after a message.
 */
int confirm_lock(void);
/*
 * Start the process that undoes it unless it is confirmed in time, before anything
 * is changed, in case that this one ends.  A descriptor for confirm_go() or -1.
 */
int confirm_start(struct site *before, unsigned int seconds);
/*
 * The time starts if it is done; else there is nothing to undo.  False after a message if
 * there is nobody who would undo it.
 */
bool confirm_go(int fd, bool done);

#endif /* APPLY_H */
