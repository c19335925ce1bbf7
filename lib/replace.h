/* SPDX-License-Identifier: MIT */
#ifndef HALE_REPLACE_H
#define HALE_REPLACE_H

#include <stdbool.h>
#include <sys/types.h>

enum { REPLACE_NAME_MAX = 4096 }; /* PATH_MAX */

/* A file that is being written beside the one it is to replace. */
struct replace {
	const char *path;
	char name[REPLACE_NAME_MAX];
	int fd;
};

/* Create a new file beside path, with these permissions whatever the umask, to
 * be written at r->fd.  0, or -1 and errno of open(2). */
int replace_begin(struct replace *r, const char *path, mode_t mode);

/* Put it in the place of path if good, see rename(2), and remove it if not
 * (then errno is kept).  0, or -1 and errno. */
int replace_end(struct replace *r, bool good);

#endif
