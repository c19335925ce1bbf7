/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

enum { JSON_TEXT = 24 * 1024 }; /* bytes of a value, and its NUL */

/* Is line an object of strings and whole numbers, and nothing else, exactly as
 * RFC 8259 has it?  A newline at its end is allowed. */
bool json_valid(const char *line);

/* Is there just one member of that name?  Its value into text: what a string
 * stands for, or the digits of a number. */
bool json_get(const char *line, const char *name, char text[JSON_TEXT]);

#endif
