/* SPDX-License-Identifier: MIT */
/*
 * report: leaves one line of JSON behind, for whoever restarts the container.
 *
 * Kubernetes mounts a single file at /dev/termination-log, which can be written
 * and not replaced; elsewhere a reader must not see half a report.
 */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/replace.h"

void
report_line(struct text *t, const struct report *r)
{
	size_t start = t->length;

	log_fields(t,
	           "{reason:s}{exit_code:d}{signal:d}{message:s}{duration_ms:d}"
	           "{oom_kills:d}{max_rss_kib:d}{orphans_reaped:d}",
	           r->reason, (long long)r->exit_code, (long long)r->signal,
	           r->message, r->duration_ms,
	           r->oom_kills < 0 ? 0 : r->oom_kills,
	           (long long)r->max_rss_kib, (long long)r->orphans_reaped);
	t->buffer[start] = '{'; /* it was a comma */
	text_string(t, "}\n");
}

int
report_check(const char *path)
{
	struct replace r;
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		return close(fd);
	if (errno != ENOENT)
		return -1;
	if (replace_begin(&r, path, 0644) < 0)
		return errno == ENAMETOOLONG ? 0 : -1; /* in place, then */
	(void)replace_end(&r, false);                  /* it was only to see */
	return 0;
}

/* Write it all to fd; false, and errno, if that could not be. */
static bool
put(int fd, const struct text *text)
{
	ssize_t n = write(fd, text->buffer, text->length);

	if (n >= 0 && n < (ssize_t)text->length)
		errno = ENOSPC;
	return n == (ssize_t)text->length;
}

static int
write_in_place(const char *path, const struct text *text)
{
	int fd = open(path,
	              O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY |
	                  O_CLOEXEC,
	              0644);
	bool good;

	if (fd < 0)
		return -1;
	good = put(fd, text);
	return close(fd) == 0 && good ? 0 : -1;
}

/* A device, a pipe or a link must not be replaced by a file: none of them can
 * be opened so, or be given the size that it has. */
static bool
replaceable(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY |
	                        O_CLOEXEC);
	bool regular;

	if (fd < 0)
		return errno == ENOENT;
	regular = ftruncate(fd, lseek(fd, 0, SEEK_END)) == 0;
	return close(fd) == 0 && regular;
}

int
report_write(const char *path, const struct text *text)
{
	struct replace r;
	bool good;

	if (!replaceable(path) || replace_begin(&r, path, 0644) < 0)
		return write_in_place(path, text);
	good = put(r.fd, text);
	if (replace_end(&r, good) == 0)
		return 0;
	return good ? write_in_place(path, text) : -1;
}
