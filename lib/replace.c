/* SPDX-License-Identifier: MIT */
/*
 * replace: writes a file whole or not at all, by a new one and rename(2).
 */
#include "lib/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
replace_begin(struct replace *r, const char *path, mode_t mode)
{
	static const char suffix[] = ".hale";
	size_t length = strlen(path);
	mode_t mask;

	if (length + sizeof(suffix) > sizeof(r->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	r->path = path;
	memcpy(r->name, path, length);
	memcpy(r->name + length, suffix, sizeof(suffix));
	(void)unlink(r->name); /* of a hale that was killed meanwhile */
	mask = umask(0);
	r->fd = open(r->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	(void)umask(mask);
	return r->fd < 0 ? -1 : 0;
}

int
replace_end(struct replace *r, bool good)
{
	int error = errno;

	if (close(r->fd) < 0 && good) {
		error = errno;
		good = false;
	}
	if (good && rename(r->name, r->path) == 0)
		return 0;
	if (good)
		error = errno;
	(void)unlink(r->name);
	errno = error;
	return -1;
}
