/* SPDX-License-Identifier: MIT */
#ifndef HALE_EXEC_H
#define HALE_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

#include "signals.h"

enum { EXEC_CANNOT_RUN = 127 }; /* exit code, as a shell's */

/* What the output of a command begins with if it could not be executed, and the
 * command then exits with EXEC_CANNOT_RUN. */
extern const char exec_cannot_run[];

/*
 * Start argv[0] as the leader of a process group of its own, with standard
 * input from /dev/null, and standard output and error into a pipe, of which
 * *output_fd is hale's end.  Does not wait for execve(2).  The slot argv[-1]
 * must exist; descriptors 0 to 2 must be open.  signals are restored for the
 * command.  Its pid, or -1 and errno of pipe(2) or fork(2).
 */
pid_t exec_start(char **argv, char **environment, const struct signals *signals,
                 int *output_fd);

/* Read a chunk of the output and keep what fits into the size bytes of output,
 * behind the *length that are there.  False if the output has ended. */
bool exec_read(int output_fd, char *output, int *length, int size);

/* Send KILL to the command and to all processes of its group. */
void exec_kill(pid_t pid);

/* The same after the command's own end: to what it has left behind. */
void exec_kill_group(pid_t pid);

#endif
