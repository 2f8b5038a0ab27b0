/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NEAR_H
#define NEAR_H

/* Word number i of those that there are, NULL after the last one. */
typedef const char *(*near_fn)(unsigned int i, const void *data);

/* The one of them that somebody may have meant, or NULL if none is near. */
const char *near_word(const char *word, near_fn nth, const void *data);
/* Of an array that ends with NULL. */
const char *near_list(unsigned int i, const void *data);

#endif /* NEAR_H */
