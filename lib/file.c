/* SPDX-License-Identifier: MIT */
/*
 * file: reads small files, and writes a file whole or not at all.
 *
 * Somebody else can have made what stands at a path, and PID 1 must not wait
 * for them.  So every open has O_NONBLOCK: that of a FIFO does not wait for the
 * other end, and that of a file with a lease fails (fcntl(2), F_SETLEASE).
 *
 * A file is replaced by a new one and rename(2), so that a reader sees the old
 * one or the new one.  The new one has a random name, and is created with
 * O_EXCL: hale neither writes into nor removes a file of somebody else's.
 */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

/* A name that is taken is an accident, or somebody who tries to guess. */
enum { NAME_ATTEMPTS = 8 };

/* ------ Reading ------ */

void
file_close(int fd)
{
	int error = errno;

	(void)close(fd);
	errno = error;
}

int
file_open(const char *path)
{
	/* The open(2) of musl would make a second call for O_CLOEXEC. */
	int fd = openat(AT_FDCWD, path,
	                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0) {
		if (S_ISREG(status.st_mode))
			return fd;
		errno = EINVAL;
	}
	file_close(fd);
	return -1;
}

ssize_t
file_read(const char *path, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t n = -1;
	int fd = file_open(path);

	buffer[0] = '\0';
	if (fd < 0)
		return -1;
	/* Files of /proc may come in several parts. */
	while (length < size - 1) {
		n = read(fd, buffer + length, size - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	file_close(fd);
	if (n < 0)
		length = 0;
	buffer[length] = '\0';
	return n < 0 ? -1 : (ssize_t)length;
}

/* ------ Replacing ------ */

/* A number that nobody can foresee, or, if the kernel has no random bytes yet,
 * one that is at least seldom the same. */
static unsigned
random_number(void)
{
	unsigned number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) ==
	    (ssize_t)sizeof(number))
		return number;
	return (unsigned)clock_today() ^ (unsigned)getpid() << 16;
}

/* Write PATH.hale-NUMBER.  0, or -1 and ENAMETOOLONG. */
static int
name_temporary(struct file_replacement *r, unsigned number)
{
	struct text name;

	text_init(&name, r->temporary, sizeof(r->temporary));
	text_format(&name, "{path:s}.hale-{number:8}", r->path,
	            (long long)(number % 100000000)); /* eight digits */
	if (!name.cut)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
create_file(const char *path, mode_t mode)
{
	const int flags =
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	mode_t mask = umask(0);
	int fd = open(path, flags, mode);

	(void)umask(mask);
	return fd;
}

int
file_replace_begin(struct file_replacement *r, const char *path, mode_t mode)
{
	unsigned number = random_number();
	int attempt;

	r->path = path;
	for (attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		if (name_temporary(r, number) < 0)
			return -1;
		r->fd = create_file(r->temporary, mode);
		if (r->fd >= 0)
			return 0;
		if (errno != EEXIST)
			return -1;
		number++;
	}
	return -1;
}

int
file_replace_end(struct file_replacement *r, bool good)
{
	int error;

	/* A disk quota, say, may be reported as late as by close(2). */
	if (close(r->fd) == 0 && good && rename(r->temporary, r->path) == 0)
		return 0;
	error = errno;
	(void)unlink(r->temporary);
	errno = error;
	return -1;
}
