/* SPDX-License-Identifier: MIT */
#ifndef HALE_PATH_H
#define HALE_PATH_H

#include <stdbool.h>

enum { PATH_SIZE = 4096 }; /* PATH_MAX: bytes of a path and its NUL */

/* Where the search for a program stands. */
struct path {
	char *program;
	const char *rest; /* directories still to try, or NULL at the end */
	char *file;       /* to try now: program itself, or joined */
	char *joined;     /* PATH_SIZE bytes of the caller's */
};

/* Begin to look for program as execvp(3) does: the name itself if it has a
 * slash, else in each directory of list, which is $PATH or NULL.  The files are
 * put together in buffer. */
void path_begin(struct path *p, char *program, const char *list,
                char buffer[PATH_SIZE]);

/* Was the name looked for in a list of directories? */
bool path_searched(const struct path *p);

/* Set p->file to the next file to try.  False when there is none left. */
bool path_next(struct path *p);

#endif
