/* SPDX-License-Identifier: MIT */
/*
 * string: what hale uses of string.h, short instead of fast.
 *
 * libc's functions look at whole words, which is fast with long strings and
 * takes five times the room.  hale's strings are short: linked with musl, these
 * are found first.  What they do is in the C standard and in POSIX.
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

size_t
strlen(const char *s)
{
	const char *end = s;

	while (*end != '\0')
		end++;
	return (size_t)(end - s);
}

char *
strchr(const char *s, int c)
{
	union {
		const char *given;
		char *asked;
	} at = {s};

	for (; *at.given != (char)c; at.given++)
		if (*at.given == '\0')
			return NULL;
	return at.asked;
}

size_t
strcspn(const char *s, const char *reject)
{
	const char *end = s;

	while (*end != '\0' && strchr(reject, *end) == NULL)
		end++;
	return (size_t)(end - s);
}

char *
strrchr(const char *s, int c)
{
	char *found = NULL;

	do
		if (*s == (char)c)
			found = strchr(s, c);
	while (*s++ != '\0');
	return found;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int
strcmp(const char *a, const char *b)
{
	return strncmp(a, b, INT_MAX);
}

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : (unsigned char)c;
}

int
strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (lower(*a) != lower(*b) || *a == '\0')
			return lower(*a) - lower(*b);
	return 0;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *s = a, *t = b;

	for (; n > 0; n--, s++, t++)
		if (*s != *t)
			return *s - *t;
	return 0;
}

void *
memset(void *to, int c, size_t n)
{
	unsigned char *at = to;

	for (; n > 0; n--)
		*at++ = (unsigned char)c;
	return to;
}
