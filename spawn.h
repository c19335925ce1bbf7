/* SPDX-License-Identifier: MIT */
#ifndef HALE_SPAWN_H
#define HALE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "environment.h"
#include "lib/execute.h"
#include "signals.h"

/* How the start went; the first is good, the others end it. */
enum spawn_step {
	SPAWN_STARTED,
	SPAWN_NO_PROCESS,   /* vfork(2), fork(2) or pipe(2) failed */
	SPAWN_NOT_PREPARED, /* no process group or signals of its own */
	SPAWN_NOT_EXECUTED, /* execve(2) failed */
};

struct spawn {
	enum spawn_step step;
	int error;          /* errno of the step that failed */
	int terminal_error; /* 0, or errno: it runs, but in the background */
	bool foreground;    /* PROGRAM was given the terminal's foreground */
	struct execute_error execute; /* SPAWN_NOT_EXECUTED */
	int report_fd; /* of the pipe from a child that was forked, or -1 */
};

/* What is to be started. */
struct spawn_request {
	char **argv; /* the slot argv[-1] exists and may be overwritten */
	struct environment *environment;
	const struct signals *signals; /* as hale found them */
	bool session; /* the program leads a session, and takes the terminal
	                 over if hale leads one */
	bool by_fork; /* do not wait for execve(2): a process that runs already
	                 may hold the child up */
};

/*
 * Start the program in a process group of its own, with the signals as hale
 * found them and, if hale has it, the foreground of the terminal on standard
 * input.  Its pid, or -1: *result says why.
 *
 * When this returns, the program has been executed, so that no signal can come
 * too early for it; but by fork, this has to be asked of spawn_has_executed,
 * and that session's terminal_error stays unknown.  Modelled on execvp(3),
 * posix_spawn(3) and, for LISTEN_PID, sd_listen_fds(3).
 */
pid_t spawn_program(const struct spawn_request *request, struct spawn *result);

/* Has the child, which may have ended but was not waited for, executed the
 * program?  Where it leads a session: is it about to?  Never waits; see
 * setpgid(2). */
bool spawn_has_executed(pid_t program, bool session);

/* The child has ended and never executed the program: take into *result what it
 * has said about it, if it has said anything.  Never waits. */
void spawn_hear(struct spawn *result);

/* When the program has ended, take the foreground that it was given back from
 * its group, for whoever reads from the terminal next; see tcsetpgrp(3). */
void spawn_give_back_terminal(pid_t program);

/* Close every descriptor above 2 but for those in keep, of which there are
 * count and where -1 is none; see close_range(2).  PROGRAM has copies of its
 * own by now. */
void spawn_close_inherited(const int *keep, int count);

#endif
