/* SPDX-License-Identifier: MIT */
#ifndef EXTRA_H
#define EXTRA_H

#include <stdbool.h>
#include <stddef.h>

#include "ns.h"

/* The absolute path of the actor. */
char *extra_actor(void);

/* Milliseconds on the clock that hale uses, rounded down as hale does, so that
 * the time between two looks is never less than what hale waited between. */
long long extra_now(void);

/* Wait for hale's end, and leave all else in the namespace as it is. */
void extra_ended(const struct ns *ns);

/* How many processes there are that are no zombies. */
int extra_living(const struct ns *ns);

/* Wait until so many processes are stopped. */
void extra_stopped(struct ns *ns, int count);

/* Be hale with this argv, a char **, and so under another name; for
 * ns_setup.prepare. */
void extra_rename(void *argv);

/* Let jq(1) judge and filter text, a JSON value a line.  False if it finds it
 * invalid. */
bool extra_jq(char *filter, const char *text, char *out, size_t size);

/* A directory of the test's own that is removed with all that is in it, and a
 * path in it. */
void extra_begin(void);
void extra_end(void);
char *extra_path(const char *name);

/* Write a file, or read one as text. */
void extra_put(const char *path, const char *text);
void extra_get(const char *path, char *text, size_t size);

#endif
