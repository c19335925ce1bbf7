/* SPDX-License-Identifier: MIT */
#ifndef HALE_TEXT_H
#define HALE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Text that grows in a buffer of the caller's; always ends with a NUL. */
struct text {
	char *buffer;
	size_t size;   /* bytes of buffer, the NUL's included; 1 or more */
	size_t length; /* bytes of text; at most size - 1 */
	bool cut;      /* something did not fit and was left out */
	bool quoting;  /* inside a JSON string (RFC 8259): \ goes before " and
	                  \ */
};

/* Start an empty text in buffer, which holds size bytes. */
void text_init(struct text *t, char *buffer, size_t size);

/* Append the string s. What does not fit is left out. */
void text_string(struct text *t, const char *s);

/* Append n in decimal, as printf(3)'s %lld does. */
void text_number(struct text *t, long long n);

/*
 * Append the first n bytes of s so that no terminal and no log reader can be
 * misled: control characters (C0, DEL, C1) and bytes that are not UTF-8 by
 * RFC 3629 become \xNN.
 */
void text_escaped(struct text *t, const char *s, size_t n);

/* The number that *s begins with, of which *s is moved to the end; or -1 if
 * there is none, or one of more than 4e12. */
long long text_digits(const char **s);

/* The number that all of s is, from 0 to max; or -1. */
int text_to_number(const char *s, int max);

/* The string that stands n strings behind s, where one follows the other. */
const char *text_behind(const char *s, int n);

#endif
