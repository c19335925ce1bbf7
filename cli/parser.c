/* SPDX-License-Identifier: MIT */
/*
 * parser: what is known while options are read, and how errors are recorded.
 *
 * Reading goes on after an error, so that hale knows how its user wants to be
 * told (--log-format json) and which exit code is expected (--check), wherever
 * these stand.  The first error is the one that is shown.
 */
#include "cli/parser.h"

#include <stdarg.h>

#include "lib/duration.h"
#include "lib/text.h"

void
parser_fail(struct parser *p, const char *format, ...)
{
	struct text error;
	va_list arguments;

	if (p->failed)
		return;
	p->failed = true;
	text_init(&error, p->options->error, OPTIONS_MESSAGE_SIZE);
	va_start(arguments, format);
	text_vformat(&error, format, arguments);
	va_end(arguments);
}

void
parser_refuse(struct parser *p, const char *name, const char *value,
              const char *problem)
{
	parser_fail(p, "{option:q}: '{value:q}' {problem:s}", name, value,
	            problem);
}

void
parser_warn(struct parser *p, const char *format, const char *subject,
            const char *rest)
{
	struct options *o = p->options;
	struct text warning;

	if (o->warning_count == OPTIONS_WARNINGS_MAX)
		return;
	text_init(&warning, o->warnings[o->warning_count++],
	          OPTIONS_MESSAGE_SIZE);
	text_format(&warning, format, subject, rest);
}

const char *
parser_duration(const char *value, long long *ms)
{
	*ms = duration_parse(value);
	return *ms < 0 ? "is not a duration like 500ms, 10s, 1m30s or 2h"
	               : NULL;
}
