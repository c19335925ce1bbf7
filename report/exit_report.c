/* SPDX-License-Identifier: MIT */
/*
 * exit_report: leaves one line of JSON behind, for whoever restarts the
 * container.
 *
 * A reader must never see half a report, so a regular file is replaced by a new
 * one.  That also gets around a lease on the old file, which would make writing
 * to it wait.  Kubernetes mounts a single file at /dev/termination-log, which
 * can be written but not replaced: there the report is written in place.
 */
#include "report/exit_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text.h"

enum { REPORT_MODE = 0644 }; /* everybody may read it */

void
exit_report_line(struct text *t, const struct exit_report *r)
{
	text_string(t, "{");
	t->members = true;
	text_format(t,
	            "{reason:s}{exit_code:d}{signal:d}{message:b}"
	            "{duration_ms:d}{oom_kills:d}{max_rss_kib:d}"
	            "{orphans_reaped:d}",
	            r->reason, (long long)r->exit_code, (long long)r->signal,
	            r->message, strnlen(r->message, EXIT_REPORT_MESSAGE_MAX),
	            r->duration_ms, r->oom_kills < 0 ? 0LL : r->oom_kills,
	            (long long)r->max_rss_kib, r->orphans_reaped);
	t->members = false;
	text_string(t, "}\n");
}

int
exit_report_check(const char *path)
{
	const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct file_replacement r;
	int fd = open(path, flags);

	if (fd >= 0)
		return close(fd);
	if (errno != ENOENT)
		return -1;
	if (file_replace_begin(&r, path, REPORT_MODE) < 0)
		return errno == ENAMETOOLONG ? 0 : -1; /* in place, then */
	(void)file_replace_end(&r, false);             /* it was only to see */
	return 0;
}

/* Write all of it to fd.  0, or -1 and errno. */
static int
write_all(int fd, const struct text *text)
{
	ssize_t n = write(fd, text->buffer, text->length);

	if (n == (ssize_t)text->length)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

static int
write_in_place(const char *path, const struct text *text)
{
	const int flags =
	    O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags, REPORT_MODE), result, error;

	if (fd < 0)
		return -1;
	result = write_all(fd, text);
	error = errno;
	if (result < 0)
		(void)ftruncate(fd, 0); /* no report is better than half */
	(void)close(fd);
	errno = error;
	return result;
}

/* May path be replaced by a new file?  A device, a FIFO or a link may not: they
 * have to stay what they are. */
static bool
is_replaceable(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT;
	return S_ISREG(status.st_mode);
}

int
exit_report_write(const char *path, const struct exit_report *r)
{
	char buffer[EXIT_REPORT_SIZE];
	struct file_replacement replacement;
	struct text line;
	bool good;

	text_init(&line, buffer, sizeof(buffer));
	exit_report_line(&line, r);
	if (!is_replaceable(path))
		return write_in_place(path, &line);
	/* A directory that hale may write to is not enough: a file that is
	 * read-only is meant to stay. */
	if (access(path, W_OK) < 0 && errno != ENOENT)
		return -1;
	if (file_replace_begin(&replacement, path, REPORT_MODE) < 0)
		return write_in_place(path, &line);
	good = write_all(replacement.fd, &line) == 0;
	if (file_replace_end(&replacement, good) == 0)
		return 0;
	return good ? write_in_place(path, &line) : -1;
}
