/* SPDX-License-Identifier: MIT */
#ifndef HALE_LOG_H
#define HALE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "lib/text.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum {
	LOG_LINE_MAX = 2048,  /* bytes of a line, its newline included */
	LOG_FORMAT_MAX = 256, /* bytes of a format, its NUL included */
	LOG_SHOWN_MAX =
	    200, /* bytes that are shown of what somebody supplied */
};

struct log {
	enum log_level level;  /* what is above it is not said */
	bool json;             /* say it as an object, RFC 8259 */
	unsigned long dropped; /* messages lost since the last one written */
	struct text *kept;     /* where messages are left as well, or NULL */
};

/*
 * Say one line on stderr, if the level is on; keeps errno.  Never waits: what
 * cannot be written at once is dropped and counted (see write(2), EAGAIN).
 *
 * In format, {NAME:K} stands for the next argument.  NAME is its field in JSON;
 * K says its type: s a string of hale's own, w words of its own (see text.h), q
 * a string somebody supplied (it is escaped, and shortened to LOG_SHOWN_MAX), d
 * a long long, t a long long of milliseconds, e what errno is, shown as
 * strerror(3) words it: no argument.
 */
void log_say(struct log *log, enum log_level level, const char *format, ...);

/* Append each argument as a member of an object, ,"NAME":VALUE. */
void log_fields(struct text *t, const char *format, ...);

/* Build the line that log_say writes, the newline left out; today is the time
 * as clock_today has it. */
void log_line(struct text *line, const struct log *log, enum log_level level,
              long long today, const char *format, va_list arguments);

#endif
