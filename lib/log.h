/* SPDX-License-Identifier: MIT */
#ifndef HALE_LOG_H
#define HALE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "lib/text.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum { LOG_LINE_MAX = 2048 }; /* bytes of a line, its newline included */

struct log {
	enum log_level level;  /* messages above it are left out */
	bool json;             /* an object a line, RFC 8259 */
	unsigned long dropped; /* messages lost since the last one written */
	unsigned long dropped_total;
	struct text *copy; /* messages are appended here too, whatever their
	                    * level and without a prefix; or NULL */
};

/*
 * Write one line on standard error, if the level is on; keeps errno.  Never
 * waits: what cannot be written at once is dropped and counted, and the next
 * message that can be written says how many were.  The format is text_format's;
 * in JSON its arguments are members of their own, so none may be named time,
 * level, logger, msg or dropped.
 */
void log_say(struct log *log, enum log_level level, const char *format, ...);

/* Build the line that log_say writes, without its newline; today is the time as
 * clock_today has it.  In JSON, a line that would not fit has its text alone.
 */
void log_line(struct text *line, const struct log *log, enum log_level level,
              long long today, const char *format, va_list arguments);

#endif
