/* SPDX-License-Identifier: MIT */
#ifndef HELPER_H
#define HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "ns.h"

/* The absolute path of the stop_program. */
char *helper_stop_program(void);

/* Milliseconds on the clock that hale uses, rounded down as hale does, so that
 * the time between two looks is never less than what hale waited between. */
long long helper_now_ms(void);

/* Wait for hale's end, and leave all else in the namespace as it is. */
void helper_await_end(const struct ns *ns);

/* How many processes there are that are no zombies. */
int helper_count_living(const struct ns *ns);

/* Wait until so many processes are stopped. */
void helper_await_stopped(struct ns *ns, int count);

/* Be hale with this argv, a char **, and so under another name; for
 * ns_setup.prepare. */
void helper_exec_as(void *argv);

/* Let jq(1) judge and filter text, a JSON value a line.  False if it finds it
 * invalid. */
bool helper_jq(char *filter, const char *text, char *out, size_t size);

/* A directory of the test's own that is removed with all that is in it, and a
 * path in it. */
void helper_make_directory(void);
void helper_remove_directory(void);
char *helper_path(const char *name);

/* Write a file, or read one as text. */
void helper_write_file(const char *path, const char *text);
void helper_read_file(const char *path, char *text, size_t size);

#endif
