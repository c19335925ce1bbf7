/* SPDX-License-Identifier: MIT */
#ifndef HALE_VARIABLES_H
#define HALE_VARIABLES_H

#include <stddef.h>

/* Memory of the caller's that the strings of targets are cut out of. */
struct target_pool {
	char *next;
	size_t left; /* bytes; 0 means that something did not fit */
};

/* Append c to what is being built in the pool.  One byte always stays free, so
 * that left == 0 after an overflow and never before. */
void target_pool_add(struct target_pool *pool, char c);

/* Copy the first n bytes of s into the pool, as a string.  What did not fit is
 * not to be read. */
const char *target_pool_copy(struct target_pool *pool, const char *s, size_t n);

/* The value of the variable whose name is the first n bytes of name in envp, or
 * NULL. */
const char *target_variable(char **envp, const char *name, size_t n);

/* *s is at a dollar: append what it stands for and move *s behind it.  That is
 * the value for ${NAME} and ${NAME:-default}, and otherwise a dollar.  NULL, or
 * what is wrong, in words that follow "'TEXT' ": a bare $NAME, for example. */
const char *variables_replace(const char **s, char **envp,
                              struct target_pool *pool);

/* Copy text into the pool with ${NAME} and ${NAME:-default} replaced from envp,
 * and \$ by $.  NULL and *copy, or what is wrong, as above. */
const char *target_expand(const char *text, char **envp,
                          struct target_pool *pool, const char **copy);

#endif
