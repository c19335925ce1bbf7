/* SPDX-License-Identifier: MIT */
/*
 * log: hale's messages, one line and one write each, on stderr only.
 *
 * Descriptor 2 is shared with PROGRAM, so O_NONBLOCK may not be set on it:
 * PROGRAM would meet EAGAIN where it expects to wait.  Yet a log reader that
 * has stalled must not stop PID 1, and with it every signal.  So hale writes
 * through a description of its own where it can have one, and else asks
 * poll(2) first.  A regular file is written through the shared description:
 * it alone has the right offset, and it never makes a writer wait for a reader.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static void
add_quoted(struct text *line, const char *s)
{
	enum { SHOWN_MAX = 256 }; /* leaves room for the reason behind it */
	size_t length = strlen(s);

	text_escaped(line, s, length > SHOWN_MAX ? SHOWN_MAX : length);
	if (length > SHOWN_MAX)
		text_string(line, "...");
}

/* Every conversion takes its argument, so that the next one finds its own. */
static void
add_argument(struct text *line, char kind, va_list *arguments)
{
	switch (kind) {
	case 's':
		text_string(line, va_arg(*arguments, const char *));
		break;
	case 'q':
		add_quoted(line, va_arg(*arguments, const char *));
		break;
	case 'd':
		text_number(line, va_arg(*arguments, int));
		break;
	case 'e':
		text_string(line, strerror(va_arg(*arguments, int)));
		break;
	}
}

static void
add_message(struct text *line, const char *format, va_list arguments)
{
	const char *mark, *colon;
	va_list rest;

	va_copy(rest, arguments);
	while ((mark = strchr(format, '{')) != NULL &&
	       (colon = strchr(mark, ':')) != NULL) {
		text_escaped(line, format, (size_t)(mark - format));
		add_argument(line, colon[1], &rest);
		format = colon + 3;
	}
	text_string(line, format);
	va_end(rest);
}

void
log_line(struct text *line, enum log_level level, unsigned long dropped,
         const char *format, va_list arguments)
{
	text_string(line, "hale: ");
	text_string(line, level_names[level]);
	text_string(line, ": ");
	add_message(line, format, arguments);
	if (dropped > 0) {
		text_string(line, " (messages dropped before this one: ");
		text_number(line, (long long)dropped);
		text_string(line, ")");
	}
}

/* Write to a pipe or a terminal; the reader of either may have stalled. */
static ssize_t
write_stream(const char *s, size_t n)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t written;
	int own = open("/proc/self/fd/2",
	               O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (own >= 0) {
		written = write(own, s, n);
		close(own);
		return written;
	}
	if (poll(&ready, 1, 0) != 1)
		return -1;
	return write(STDERR_FILENO, s, n);
}

static bool
written(const char *s, size_t n)
{
	struct stat st;
	ssize_t done;

	if (fstat(STDERR_FILENO, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		done = write(STDERR_FILENO, s, n);
	else if (S_ISSOCK(st.st_mode))
		done = send(STDERR_FILENO, s, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		done = write_stream(s, n);
	return done > 0;
}

void
log_say(struct log *log, enum log_level level, const char *format, ...)
{
	char buffer[LOG_LINE_MAX + 1];
	struct text line;
	va_list arguments;
	int error = errno;

	if (level > log->level)
		return;
	text_init(&line, buffer, sizeof(buffer) - 1);
	va_start(arguments, format);
	log_line(&line, level, log->dropped, format, arguments);
	va_end(arguments);
	buffer[line.length] = '\n';
	if (written(buffer, line.length + 1))
		log->dropped = 0;
	else
		log->dropped++;
	errno = error;
}
