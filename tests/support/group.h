/* SPDX-License-Identifier: MIT */
#ifndef GROUP_H
#define GROUP_H

#include <stdbool.h>

#include "ns.h"

/* A cgroup of the test's own where version 1 has this controller, or version 2
 * all of them, and the file can be written; else the test is skipped. */
void group_make(const char *controller, const char *old, const char *new);

/* Write the file that was asked for: the limit, say. */
void group_set(const char *old, const char *new);

/* Write another one, if there is one. */
void group_try(const char *name, const char *text);

/* Be in it; for ns_setup.prepare, without an argument. */
void group_join(void *nothing);

/* Remove it, once all who were in it have gone; if there is one. */
void group_remove(void);

/* The hale that is in it, for the test to start; group_clear ends it if it is
 * still there, and removes the group. */
struct ns *group_hale(void);
void group_clear(void);

#endif
