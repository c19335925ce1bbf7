/* SPDX-License-Identifier: MIT */
#ifndef HALE_EXECUTE_H
#define HALE_EXECUTE_H

#include <stdbool.h>

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

/* Append why, in words that follow "cannot run 'FILE': ". */
void execute_reason(struct text *t, const struct execute_error *error);

/* Take the next directory off *list, a PATH, and write the name of program in
 * it to file.  Directories that are too long are passed over, and an empty one
 * is the current directory.  False, and *list is NULL, when none is left. */
bool execute_next_file(const char **list, const char *program,
                       char file[EXECUTE_PATH_MAX]);

#endif
