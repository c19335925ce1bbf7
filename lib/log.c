/* SPDX-License-Identifier: MIT */
/*
 * log: hale's messages, one line and one write each, on stderr only.
 *
 * A reader of stderr that has stalled, or that wants to hold hale up, must not
 * stop PID 1, and with it every signal.  O_NONBLOCK may not be set on
 * descriptor 2 itself: PROGRAM shares its open file description and would meet
 * EAGAIN where it expects to wait.  So hale writes only in ways that cannot
 * wait, whoever else uses stderr:
 *
 *     regular file  write(2), which never waits for a reader.  It must be done
 *                   through the shared description, which has the offset.
 *     socket        send(2) with MSG_DONTWAIT.
 *     pipe          a description of hale's own, opened with O_NONBLOCK; if it
 *                   cannot be opened, pwritev2(2) with RWF_NOWAIT.
 *     terminal      a description of hale's own.  To ask poll(2) first and then
 *     or device     write a byte would not do: whoever has the terminal can
 *                   stop its output in between (tcflow(3)).
 *
 * A message for which there is no such way is dropped and counted.
 */
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/clock.h"

/* Linux 4.14; not every libc has it and the wrapper of pwritev2(2). */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

/* ------ What is written ------ */

static const struct {
	char text[8]; /* as people read it */
	char json[6]; /* as --log-level and log pipelines have it */
} level_names[] = {
    [LOG_ERROR] = {"error", "error"},
    [LOG_WARN] = {"warning", "warn"},
    [LOG_INFO] = {"info", "info"},
    [LOG_DEBUG] = {"debug", "debug"},
};

static void
append_text_line(struct text *line, const struct log *log, enum log_level level,
                 const char *format, va_list arguments)
{
	text_format(line, "hale: {level:s}: ", level_names[level].text);
	text_vformat(line, format, arguments);
	if (log->dropped > 0)
		text_format(line, " (messages dropped before this one: {n:d})",
		            (long long)log->dropped);
}

/* Append the members that every message has, up to the end of its text. */
static void
append_json_head(struct text *line, enum log_level level, long long today,
                 const char *format, va_list arguments)
{
	text_string(line, "{\"time\":\"");
	clock_stamp(line, today);
	text_format(line,
	            "\",\"level\":\"{level:s}\",\"logger\":\"hale\","
	            "\"msg\":\"",
	            level_names[level].json);
	line->quoting = true;
	text_vformat(line, format, arguments);
	line->quoting = false;
}

/* Half an object cannot be read.  If a message is too long, its object has as
 * much of its text as fits, and none of its facts. */
static void
append_json_line(struct text *line, const struct log *log, enum log_level level,
                 long long today, const char *format, va_list arguments)
{
	static const char end[] = "\"}";
	size_t text_end;

	line->size -= strlen(end);
	append_json_head(line, level, today, format, arguments);
	line->size += strlen(end);
	text_end = line->length;
	text_string(line, "\"");
	line->members = true;
	text_vformat(line, format, arguments);
	if (log->dropped > 0)
		text_format(line, "{dropped:d}", (long long)log->dropped);
	line->members = false;
	text_string(line, "}");
	if (line->cut) {
		line->length = text_end;
		line->cut = false;
		text_string(line, end);
	}
}

void
log_line(struct text *line, const struct log *log, enum log_level level,
         long long today, const char *format, va_list arguments)
{
	if (log->json)
		append_json_line(line, log, level, today, format, arguments);
	else
		append_text_line(line, log, level, format, arguments);
}

/* ------ How it is written ------ */

/* Write without waiting, whatever the description says.  Pipes can do that from
 * Linux 6.4 on; earlier kernels, and terminals, refuse it. */
static ssize_t
write_nowait(char *line, size_t n)
{
	struct iovec vector = {.iov_base = line, .iov_len = n};

	return (ssize_t)syscall(SYS_pwritev2, STDERR_FILENO, &vector, 1UL, -1L,
	                        -1L, RWF_NOWAIT);
}

/* Write to a pipe or a device through a description of hale's own. */
static ssize_t
write_reopened(char *line, size_t n)
{
	int fd = open("/proc/self/fd/2",
	              O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0 && errno == ENXIO)
		return -1; /* nobody has a FIFO open for reading */
	if (fd < 0)
		return write_nowait(line, n);
	written = write(fd, line, n);
	(void)close(fd);
	return written;
}

/* True if at least a part of the line was written: of a terminal that has
 * little room it may be only the beginning. */
static bool
write_line(char *line, size_t n)
{
	struct stat status;

	if (fstat(STDERR_FILENO, &status) < 0)
		return false;
	if (S_ISREG(status.st_mode))
		return write(STDERR_FILENO, line, n) > 0;
	if (S_ISSOCK(status.st_mode))
		return send(STDERR_FILENO, line, n,
		            MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
	return write_reopened(line, n) > 0;
}

void
log_say(struct log *log, enum log_level level, const char *format, ...)
{
	char buffer[LOG_LINE_MAX + 1];
	struct text line;
	va_list arguments;
	int error;

	if (level > log->level && log->copy == NULL)
		return;
	error = errno;
	va_start(arguments, format);
	if (log->copy != NULL)
		text_vformat(log->copy, format, arguments);
	if (level <= log->level) {
		text_init(&line, buffer, LOG_LINE_MAX);
		log_line(&line, log, level, clock_today(), format, arguments);
		buffer[line.length] = '\n';
		if (write_line(buffer, line.length + 1)) {
			log->dropped = 0;
		} else {
			log->dropped++;
			log->dropped_total++;
		}
	}
	va_end(arguments);
	errno = error;
}
