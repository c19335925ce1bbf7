/* SPDX-License-Identifier: MIT */
#ifndef HALE_REAPER_H
#define HALE_REAPER_H

#include <stdbool.h>
#include <sys/types.h>

/* A child that has ended: what wait(2) says of it. */
struct reaped {
	pid_t pid;
	int status; /* as wait(2) gives it; not an exit code */
};

enum reaper_result {
	REAPER_TOOK,     /* a child that has ended */
	REAPER_RELEASED, /* a child that had only stopped under ptrace(2) */
	REAPER_NONE_NOW, /* there are children, and none has ended */
	REAPER_NO_CHILD, /* there is no child */
	REAPER_FAILED,   /* the kernel does not say */
};

/* Take one ended child into *child without waiting, see waitpid(2). */
enum reaper_result reaper_next(struct reaped *child);

/* Is the child stopped, by STOP or by its terminal?  It stays stopped. */
bool reaper_is_stopped(pid_t pid);

/* The exit code (0-255) that stands for a wait(2) status: the child's own, or
 * 128+n if signal n killed it, as shells have it. */
int reaper_exit_code(int status);

#endif
