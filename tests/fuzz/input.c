/* SPDX-License-Identifier: MIT */
/*
 * input: cuts the bytes of a fuzzer into what hale takes.
 *
 * Words that a NUL ends are what a person can write as a seed, and what a
 * fuzzer can cut, join and swap.
 */
#include "input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
input_blame(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line,
	              what);
	abort();
}

void *
input_room(struct input *in, size_t n)
{
	void *piece;

	demand(in->count < INPUT_PIECES);
	piece = malloc(n > 0 ? n : 1);
	demand(piece != NULL);
	in->pieces[in->count++] = piece;
	return piece;
}

/* The next n bytes, and skip as many as end them. */
static char *
cut(struct input *in, size_t n, size_t skip)
{
	char *piece = input_room(in, n + skip);

	if (n > 0)
		memcpy(piece, in->at, n);
	if (skip > 0)
		piece[n] = '\0';
	in->at += n;
	in->left -= n;
	if (skip > 0 && in->left > 0) {
		in->at++;
		in->left--;
	}
	return piece;
}

char *
input_word(struct input *in)
{
	return cut(in, in->left > 0 ? strnlen(in->at, in->left) : 0, 1);
}

char **
input_words(struct input *in, size_t most)
{
	char **words = input_room(in, (most + 1) * sizeof(*words));
	size_t n;

	for (n = 0; n < most && in->left > 0; n++)
		words[n] = input_word(in);
	words[n] = NULL;
	return words;
}

char *
input_rest(struct input *in, size_t *n)
{
	*n = in->left;
	return cut(in, in->left, 0);
}

long long
input_number(struct input *in)
{
	const char *s = input_word(in);
	bool negative = *s == '-';
	unsigned long long n = 0;

	for (s += negative; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (unsigned long long)(*s - '0');
	return (long long)(negative ? 0 - n : n);
}

int
input_choice(struct input *in, int most)
{
	unsigned long long n = (unsigned long long)input_number(in);

	return (int)(n % ((unsigned)most + 1));
}

/* The code of the character at s, and its bytes into *length; or -1. */
static long
decode(const unsigned char *s, size_t n, size_t *length)
{
	static const long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	long code;
	size_t i;

	*length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (*length > n || (s[0] >= 0x80 && s[0] < 0xc0) || s[0] > 0xf7)
		return -1;
	code = *length == 1 ? s[0] : s[0] & (0x7f >> *length);
	for (i = 1; i < *length; i++) {
		if (s[i] >> 6 != 2)
			return -1;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code < smallest[*length] ? -1 : code;
}

bool
input_shown(const char *s, size_t n)
{
	size_t length;
	long code;

	for (; n > 0; s += length, n -= length) {
		code = decode((const unsigned char *)s, n, &length);
		if (code < ' ' || (code >= 0x7f && code < 0xa0) ||
		    (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n)
{
	struct input in = {.at = (const char *)bytes, .left = n};

	fuzz(&in);
	while (in.count > 0)
		free(in.pieces[--in.count]);
	return 0;
}
