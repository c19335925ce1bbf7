/* SPDX-License-Identifier: MIT */
#ifndef HALE_REAPER_H
#define HALE_REAPER_H

#include <sys/types.h>

/* A child that has ended: what wait(2) says of it. */
struct reaped {
	pid_t pid;
	int status; /* as wait(2) gives it; not an exit code */
};

/* Take one ended child without waiting.  1 and *child, or 0: none has ended. */
int reaper_next(struct reaped *child);

/* The exit code (0-255) that stands for a wait(2) status: the child's own, or
 * 128+n if signal n killed it, as shells have it. */
int reaper_exit_code(int status);

#endif
