/* SPDX-License-Identifier: MIT */
/*
 * log: hale's messages, one line and one write each, on stderr only.
 *
 * Descriptor 2 is shared with PROGRAM, so O_NONBLOCK may not be set on it:
 * PROGRAM would meet EAGAIN where it expects to wait.  Yet a log reader that
 * has stalled must not stop PID 1, and with it every signal.  So hale writes
 * through a description of its own where it can have one, and else asks the
 * kernel not to wait, or poll(2) first.  A regular file is written through the
 * shared description: it alone has the right offset, and it never makes a
 * writer wait for a reader.
 */
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/errors.h"

/* As text has them; in JSON they are as --log-level has them. */
static const char level_names[][8] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static bool
is_number(char kind)
{
	return kind == 'd' || kind == 't';
}

/* Milliseconds as seconds. */
static void
add_seconds(struct text *line, long long ms)
{
	int unit;

	text_number(line, ms / 1000);
	text_string(line, ".");
	for (unit = 100; unit > 0; unit /= 10)
		text_number(line, ms / unit % 10);
	text_string(line, "s");
}

/* The limit is on what is shown, so that a line of JSON always ends. */
static void
add_word(struct text *line, char kind, const char *s)
{
	char shown[LOG_SHOWN_MAX + 1];
	struct text t;

	if (kind == 'w') {
		text_string(line, s);
		return;
	}
	text_init(&t, shown, sizeof(shown));
	text_escaped(kind == 'q' ? &t : line, s, strlen(s));
	text_string(line, shown); /* "" but for q */
	if (t.cut)
		text_string(line, "...");
}

/* Every conversion takes its argument, so that the next one finds its own. */
static void
add_argument(struct text *line, char kind, bool field, va_list *arguments)
{
	char buffer[ERRORS_SIZE];
	long long n;

	if (kind == 'e') {
		text_string(line, errors_text(errno, buffer));
	} else if (is_number(kind)) {
		n = va_arg(*arguments, long long);
		if (kind == 't' && !field)
			add_seconds(line, n);
		else
			text_number(line, n);
	} else {
		add_word(line, kind, va_arg(*arguments, const char *));
	}
}

/* An argument as a member of its own. */
static void
add_field(struct text *line, const char *mark, const char *colon,
          va_list *arguments)
{
	bool word = !is_number(colon[1]);

	text_string(line, ",\"");
	text_escaped(line, mark + 1, (size_t)(colon - mark - 1));
	text_string(line, word ? "\":\"" : "\":");
	line->quoting = word;
	add_argument(line, colon[1], true, arguments);
	line->quoting = false;
	if (word)
		text_string(line, "\"");
}

/* The message; or the same arguments again, as fields. */
static void
add_message(struct text *line, const char *words, bool fields,
            va_list arguments)
{
	const char *format;
	char plain[LOG_FORMAT_MAX];
	struct text t;
	va_list rest;

	text_init(&t, plain, sizeof(plain));
	text_string(&t, words);
	format = plain;
	va_copy(rest, arguments);
	for (;;) {
		size_t n = strcspn(format, "{");
		const char *mark = format + n,
			   *colon = mark + strcspn(mark, ":");

		if (!fields)
			text_escaped(line, format, n);
		if (*colon == '\0')
			break;
		if (fields)
			add_field(line, mark, colon, &rest);
		else
			add_argument(line, colon[1], false, &rest);
		format = colon + 3;
	}
	va_end(rest);
}

void
log_fields(struct text *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_message(t, format, true, arguments);
	va_end(arguments);
}

static void
add_json(struct text *line, const struct log *log, enum log_level level,
         long long today, const char *format, va_list arguments)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_stamp(today, stamp);
	log_fields(line, "{time:s}{level:s}", stamp,
	           level == LOG_WARN ? "warn" : level_names[level]);
	line->buffer[0] = '{';
	text_string(line, ",\"msg\":\"");
	line->quoting = true;
	add_message(line, format, false, arguments);
	line->quoting = false;
	text_string(line, "\"");
	add_message(line, format, true, arguments);
	if (log->dropped > 0)
		log_fields(line, "{dropped:d}", (long long)log->dropped);
	text_string(line, "}");
}

void
log_line(struct text *line, const struct log *log, enum log_level level,
         long long today, const char *format, va_list arguments)
{
	if (log->json) {
		add_json(line, log, level, today, format, arguments);
		return;
	}
	text_string(line, "hale: ");
	text_string(line, level_names[level]);
	text_string(line, ": ");
	add_message(line, format, false, arguments);
	if (log->dropped > 0) {
		text_string(line, " (messages dropped before this one: ");
		text_number(line, (long long)log->dropped);
		text_string(line, ")");
	}
}

static bool
is_terminal(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
}

/* One write that does not wait, whatever the description says.  Linux 6.4 and
 * later can do it for pipes, none for terminals, see pwritev2(2). */
static ssize_t
write_nowait(const char *s, size_t n)
{
	enum { NOWAIT = 0x8 }; /* RWF_NOWAIT; not every libc knows it */
	const struct {
		const char *base;
		size_t length;
	} piece = {s, n};

	return (ssize_t)syscall(SYS_pwritev2, STDERR_FILENO, &piece, 1UL, -1L,
	                        -1L, NOWAIT);
}

/* What poll(2) says can be written of s: of a pipe a whole line has room then,
 * of a terminal it may be a single byte. */
static ssize_t
write_polled(const char *s, size_t n)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
	size_t piece = is_terminal() ? 1 : n, done = 0;

	while (done < n && poll(&ready, 1, 0) == 1 &&
	       write(STDERR_FILENO, s + done, piece) == (ssize_t)piece)
		done += piece;
	return (ssize_t)done;
}

/* Write to a pipe or a terminal; the reader of either may have stalled. */
static ssize_t
write_stream(const char *s, size_t n)
{
	ssize_t done;
	int own = open("/proc/self/fd/2",
	               O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (own < 0) {
		done = write_nowait(s, n);
		return done < 0 && errno != EAGAIN ? write_polled(s, n) : done;
	}
	done = write(own, s, n);
	close(own);
	return done;
}

static bool
written(const char *s, size_t n)
{
	ssize_t done;

	/* What has an offset is a file, and neither pipe, socket nor terminal.
	 */
	if (lseek(STDERR_FILENO, 0, SEEK_CUR) >= 0)
		return write(STDERR_FILENO, s, n) > 0;
	done = send(STDERR_FILENO, s, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done < 0 && errno == ENOTSOCK)
		done = write_stream(s, n);
	return done > 0;
}

static void
say(struct log *log, enum log_level level, const char *format,
    va_list arguments)
{
	char buffer[LOG_LINE_MAX + 1];
	struct text line;
	int error = errno;

	if (level > log->level)
		return;
	text_init(&line, buffer, sizeof(buffer) - 1);
	log_line(&line, log, level, log->json ? clock_today() : 0, format,
	         arguments);
	buffer[line.length] = '\n';
	if (written(buffer, line.length + 1))
		log->dropped = 0;
	else
		log->dropped++;
	errno = error;
}

void
log_say(struct log *log, enum log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (log->kept != NULL)
		add_message(log->kept, format, false, arguments);
	say(log, level, format, arguments);
	va_end(arguments);
}
