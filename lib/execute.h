/* SPDX-License-Identifier: MIT */
#ifndef HALE_EXECUTE_H
#define HALE_EXECUTE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/text.h"

enum {
	EXECUTE_SHOWN = 256,     /* bytes of a name in an error, and a NUL */
	EXECUTE_PATH_MAX = 4096, /* bytes of a path, and a NUL */
};

enum execute_failure {
	EXECUTE_NOT_FOUND,      /* there is no such file */
	EXECUTE_NOT_IN_PATH,    /* ... in any directory of PATH */
	EXECUTE_NOT_RUN,        /* execve(2) refused the file */
	EXECUTE_NO_INTERPRETER, /* the script's interpreter is missing */
	EXECUTE_NO_LOADER,      /* the program's dynamic loader is missing */
};

/* Why a program could not be executed: a plain value that can be sent through a
 * pipe. */
struct execute_error {
	enum execute_failure failure;
	int error;                       /* errno of execve(2) */
	char file[EXECUTE_SHOWN];        /* that was refused, or not found */
	char interpreter[EXECUTE_SHOWN]; /* EXECUTE_NO_INTERPRETER */
};

/*
 * Become the program argv[0], looked up as execvp(3) does in the PATH of envp;
 * a file without an interpreter line runs under /bin/sh.  The slot argv[-1]
 * must exist and may be overwritten.  Returns only if that failed, and *error
 * says why; if several files could not be run, it is about the first.  Nothing
 * is allocated, so it may be called after vfork(2).
 */
void execute_program(char **argv, char **envp, struct execute_error *error);

/*
 * A new process, for which its parent need not wait until it has executed a
 * program, and a pipe from it: *fd is the end that is written to in the child,
 * and the other one in the parent.  execve(2) closes the pipe, and no end of it
 * blocks.  Modelled on fork(2), whose handlers of pthread_atfork(3) do not run;
 * the pid, or -1 and errno of pipe(2) or fork(2).
 */
pid_t execute_fork(int *fd);

/* Append why, in words that follow "cannot run 'FILE': ". */
void execute_reason(struct text *t, const struct execute_error *error);

/* Take the next directory off *list, a PATH, and write the name of program in
 * it to file.  Directories that are too long are passed over, and an empty one
 * is the current directory.  False, and *list is NULL, when none is left. */
bool execute_next_file(const char **list, const char *program,
                       char file[EXECUTE_PATH_MAX]);

#endif
