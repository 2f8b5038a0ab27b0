// SPDX-License-Identifier: GPL-2.0
/* Which word somebody may have meant. */
#include <string.h>

#include "near.h"

#define MAX_LEN 31

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/*
 * Letters to insert, remove, replace or swap with the next one, for the one word to
 * become the other.  Three rows of the usual table: this letter's and the two before.
 */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][MAX_LEN + 1], *old = rows[0], *last = rows[1], *now = rows[2], *next;
	size_t la = strlen(a), lb = strlen(b), i, j;

	for (j = 0; j <= lb; j++)
		last[j] = j;
	for (i = 1; i <= la; i++) {
		now[0] = i;
		for (j = 1; j <= lb; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], old[j - 2] + 1);
		}
		next = old;
		old = last;
		last = now;
		now = next;
	}
	return last[lb];
}

const char *near_list(unsigned int i, const void *data)
{
	return ((const char *const *)data)[i];
}

/* A third of its letters may be wrong, as less is a word of its own. */
const char *near_word(const char *word, near_fn nth, const void *data)
{
	unsigned int best = (strlen(word) + 2) / 3 + 1, d, i;
	const char *found = NULL, *one;

	if (strlen(word) > MAX_LEN)
		return NULL;
	for (i = 0; (one = nth(i, data)); i++) {
		d = strlen(one) > MAX_LEN ? best : distance(word, one);
		if (d < best) {
			best = d;
			found = one;
		}
	}
	return found;
}
