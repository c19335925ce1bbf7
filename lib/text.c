/* SPDX-License-Identifier: MIT */
/*
 * text: builds lines in a caller's buffer, in place of printf(3).
 *
 * printf costs half as much code again as all of hale, and it trusts its
 * arguments;
 * this module knows three things: strings of our own, numbers, and bytes that
 * somebody else supplied.  A text that is full stays as it is: a cut message
 * is better than none, and nothing here can fail.
 */
#include "lib/text.h"

#include <string.h>

void
text_init(struct text *t, char *buffer, size_t size)
{
	t->buffer = buffer;
	t->size = size;
	t->length = 0;
	t->cut = false;
	t->quoting = false;
	buffer[0] = '\0';
}

/* Append the bytes if all of them fit; a character is not to be torn. */
static void
append(struct text *t, const char *s, size_t n)
{
	char marked[] = {'\\', *s};

	if (t->quoting && n == 1 && (*s == '"' || *s == '\\')) {
		s = marked;
		n = sizeof(marked);
	}
	if (t->cut || t->size - 1 - t->length < n) {
		t->cut = true;
		return;
	}
	memcpy(t->buffer + t->length, s, n);
	t->length += n;
	t->buffer[t->length] = '\0';
}

void
text_string(struct text *t, const char *s)
{
	for (; *s != '\0'; s++)
		append(t, s, 1);
}

void
text_number(struct text *t, long long n)
{
	char digits[24];
	size_t at = sizeof(digits);
	unsigned long long rest =
	    n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		digits[--at] = '-';
	append(t, digits + at, sizeof(digits) - at);
}

/* The lead bytes of UTF-8, and what may follow the first (RFC 3629). */
static const struct {
	unsigned char first, last; /* lead byte */
	unsigned char low, high;   /* second byte */
	unsigned char length;
} leads[] = {
    {0x20, 0x7e, 0, 0, 1},
    {0xc2, 0xc2, 0xa0, 0xbf, 2}, /* C2 80 to C2 9F are the C1 controls */
    {0xc3, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4}, /* nothing past U+10FFFF */
    {0x00, 0xff, 0, 0, 0},       /* the rest leads nothing */
};

/* How many bytes the printable character at s has, or 0 if it is none. */
static size_t
character(const unsigned char *s, size_t n)
{
	size_t i = 0, k;

	while (s[0] < leads[i].first || s[0] > leads[i].last)
		i++;
	if (leads[i].length > n)
		return 0;
	if (leads[i].length > 1 &&
	    (s[1] < leads[i].low || s[1] > leads[i].high))
		return 0;
	for (k = 2; k < leads[i].length; k++)
		if ((s[k] & 0xc0) != 0x80)
			return 0;
	return leads[i].length;
}

/* A byte that may not be shown; its backslash is quoted like any other. */
static void
append_code(struct text *t, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char code[] = {'\\', '\\', 'x', hex[byte >> 4], hex[byte & 15]};

	append(t, t->quoting ? code : code + 1, t->quoting ? 5 : 4);
}

void
text_escaped(struct text *t, const char *s, size_t n)
{
	while (n > 0) {
		size_t whole = character((const unsigned char *)s, n);

		if (whole > 0) {
			append(t, s, whole);
		} else {
			append_code(t, (unsigned char)*s);
			whole = 1;
		}
		s += whole;
		n -= whole;
	}
}

long long
text_digits(const char **s)
{
	long long n = -1;

	for (; **s >= '0' && **s <= '9'; ++*s) {
		n = (n < 0 ? 0 : n * 10) + (**s - '0');
		if (n >> 42 != 0)
			return -1;
	}
	return n;
}

int
text_to_number(const char *s, int max)
{
	long long n = text_digits(&s);

	return *s == '\0' && n <= max ? (int)n : -1;
}

const char *
text_behind(const char *s, int n)
{
	for (; n > 0; n--)
		s += strlen(s) + 1;
	return s;
}
