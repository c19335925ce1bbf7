/* SPDX-License-Identifier: MIT */
#ifndef HALE_FILE_H
#define HALE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { FILE_PATH_MAX = 4096 }; /* bytes of a path, its NUL included */

/*
 * Open a regular file (of /proc and /sys too) for reading, never waiting: a
 * FIFO that somebody has put there, a device or a file with a lease is an
 * error.  A descriptor, or -1 and errno of open(2), EWOULDBLOCK for a lease,
 * EINVAL for what is no regular file.
 */
int file_open(const char *path);

/* Read up to size - 1 bytes of such a file into buffer and end them with a NUL.
 * How many, or -1, errno as above or of read(2), and an empty buffer. */
ssize_t file_read(const char *path, char *buffer, size_t size);

/* Close fd and keep errno. */
void file_close(int fd);

/* A new file that is written beside the one that it is to replace. */
struct file_replacement {
	const char *path;
	char temporary[FILE_PATH_MAX];
	int fd; /* to write to */
};

/* Create a new file beside path, with a name that nothing else has (O_EXCL),
 * and with these permissions whatever the umask.  0, or -1 and errno of
 * open(2). */
int file_replace_begin(struct file_replacement *r, const char *path,
                       mode_t mode);

/* Put it into the place of path if good, see rename(2); remove it if not, and
 * keep errno.  0, or -1 and errno. */
int file_replace_end(struct file_replacement *r, bool good);

#endif
