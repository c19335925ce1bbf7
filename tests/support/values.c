/* SPDX-License-Identifier: MIT */
/* values: the words for a comparison that fails. */
#include "values.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char text[4096];

/* Append what the test says, unless it says nothing but the newline. */
static void
append(const char *format, va_list arguments)
{
	size_t length = strlen(text);

	if (format[1] != '\0')
		(void)vsnprintf(text + length, sizeof(text) - length, format,
		                arguments);
}

const char *
values_numbers(const char *expected, intmax_t a, intmax_t b, const char *format,
               ...)
{
	va_list arguments;

	(void)snprintf(text, sizeof(text), "expected: %s\nseen: %jd and %jd",
	               expected, a, b);
	va_start(arguments, format);
	append(format, arguments);
	va_end(arguments);
	return text;
}

const char *
values_strings(const char *expected, const char *a, const char *b,
               const char *format, ...)
{
	va_list arguments;

	(void)snprintf(text, sizeof(text),
	               "expected: %s\nseen: '%.1500s'\nand:  '%.1500s'",
	               expected, a, b);
	va_start(arguments, format);
	append(format, arguments);
	va_end(arguments);
	return text;
}
