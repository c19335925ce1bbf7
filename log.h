/* SPDX-License-Identifier: MIT */
#ifndef HALE_LOG_H
#define HALE_LOG_H

#include <stdarg.h>

#include "text.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum { LOG_LINE_MAX = 1024 }; /* bytes of a line, its newline included */

struct log {
	enum log_level level;  /* what is above it is not said */
	unsigned long dropped; /* messages lost since the last one written */
};

/*
 * Say one line on stderr, if the level is on; keeps errno.  Never waits: what
 * cannot be written at once is dropped and counted (see write(2), EAGAIN).
 *
 * In format, {NAME:K} stands for the next argument.  NAME says what it is; K
 * says its type: s a string of hale's own, q a string somebody supplied (it is
 * escaped), d an int, e an errno value, shown as strerror(3) words it.
 */
void log_say(struct log *log, enum log_level level, const char *format, ...);

/* Build the line that log_say writes, the newline left out. */
void log_line(struct text *line, enum log_level level, unsigned long dropped,
              const char *format, va_list arguments);

#endif
