/* SPDX-License-Identifier: MIT */
#ifndef HALE_TEXT_H
#define HALE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEXT_SHOWN_MAX = 200 }; /* bytes that {NAME:q} shows */

/* Text that grows in a buffer of the caller's and always ends with a NUL.  What
 * does not fit is left out, a character at a time, and cut is set. */
struct text {
	char *buffer;
	size_t size;   /* bytes of buffer, the NUL's included; 1 or more */
	size_t length; /* bytes of text; at most size - 1 */
	bool cut;      /* something was left out */
	bool quoting;  /* inside a quoted string (JSON, Prometheus): " and \
	                  get a \ before them */
	bool members;  /* inside an object of JSON, see text_format */
};

/* Start an empty text in buffer, which holds size bytes. */
void text_init(struct text *t, char *buffer, size_t size);

/* Append the string s, or its first n bytes. */
void text_string(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t n);

/* Append n in decimal. */
void text_number(struct text *t, long long n);

/*
 * Append the first n bytes of s so that no terminal and no log reader can be
 * misled: control characters (C0, DEL, C1) and bytes that are not UTF-8 by
 * RFC 3629 become \xNN.
 */
void text_escaped(struct text *t, const char *s, size_t n);

/*
 * Append format, in which {NAME:K} stands for the next argument and {{ for a
 * brace.  NAME says what it is; K says its type:
 *   s  const char *: a string of hale's own
 *   q  const char *: a string that somebody else supplied; escaped, and cut
 *      after TEXT_SHOWN_MAX bytes ("..."); at most one byte more is read
 *   b  const char *, size_t: bytes that somebody else supplied; escaped
 *   d  long long
 *   1 to 9  long long, with zeros in front up to so many digits: {ms:3}
 *   t  long long, milliseconds: shown as seconds, "1.024s"
 *   u  long long, milliseconds: shown as a user may give them, "3s", "1500ms"
 *   e  no argument: what errno is, in words, as printf(3)'s %m
 *
 * If t->members is set, each argument becomes a member of the JSON object that
 * t is so far, "NAME":VALUE, with a comma before each but the first of the
 * object; what stands between the arguments is left out.
 */
void text_format(struct text *t, const char *format, ...);
void text_vformat(struct text *t, const char *format, va_list arguments);

/* The decimal number that *s begins with, and *s is moved behind it; or -1 if
 * there is none, or one above 4e12.  The one place where hale reads a number.
 */
long long text_digits(const char **s);

/* The number that all of s is, from 0 to max; or -1. */
int text_to_number(const char *s, int max);

#endif
