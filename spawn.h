/* SPDX-License-Identifier: MIT */
#ifndef HALE_SPAWN_H
#define HALE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/path.h"
#include "signals.h"

/* How the start went; the first is good, the others end it. */
enum spawn_step {
	SPAWN_STARTED,
	SPAWN_NO_PROCESS, /* vfork(2) failed */
	SPAWN_NOT_ALONE,  /* no process group, or no signals, of its own */
	SPAWN_NOT_FOUND,  /* there is no such file */
	SPAWN_NOT_RUN,    /* execve(2) refused the file */
	SPAWN_NO_LOADER,  /* the interpreter or loader it names is missing */
};

/* What the program is, and so what it gets. */
enum spawn_kind {
	SPAWN_GROUP,   /* a process group, and the foreground if hale has it */
	SPAWN_SESSION, /* a session that takes the terminal over */
	SPAWN_PROBE,   /* a process group, /dev/null and a pipe */
};

enum { SPAWN_KEPT = 2 /* descriptors of hale's own, at the most */ };

struct spawn {
	enum spawn_step step;
	int error;          /* errno of the step that failed */
	int terminal_error; /* 0, or errno: it runs, but in the background */
	bool foreground;    /* it was given the terminal's */
	const char *file;   /* that was refused, or was not found */
	struct path path;
	char *buffer; /* for path: PATH_SIZE bytes of the caller's */
	int output;   /* SPAWN_PROBE: becomes descriptors 1 and 2 */
};

/*
 * Start argv[0] in a process group of its own, with the signals as they were
 * and, if hale has it, the foreground of the terminal on standard input; or in
 * a session of its own that takes the terminal over, if hale leads one.  The
 * slot argv[-1] must exist and may be overwritten.  When this returns, the
 * program has been executed, so no signal can come too early for it.  The
 * caller sets result->buffer and, for a probe, result->output.  Its pid, or -1:
 * result says why.  Modelled on execvp(3), posix_spawn(3) and, for LISTEN_PID,
 * sd_listen_fds(3).
 */
pid_t spawn_program(char **argv, const struct signals *signals,
                    enum spawn_kind kind, struct spawn *result);

/* Take the foreground that a program was given back from its group when it has
 * ended, for whoever reads from the terminal next; see tcsetpgrp(3). */
void spawn_give_back(pid_t program);

/* Close what is above descriptor 2, but for those in keep, which ascend, and
 * where 0 is none; see close_range(2).  PROGRAM has its own copies by now.
 * Kernels before 5.9: only the first 65536 are looked at. */
void spawn_close_inherited(const int keep[SPAWN_KEPT]);

#endif
