/* SPDX-License-Identifier: MIT */
#ifndef HALE_HPACK_H
#define HALE_HPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/text.h"

enum { HPACK_STRING_MAX = 11 }; /* bytes of "grpc-status" */

/* What the next byte of a header block belongs to. */
enum hpack_state {
	HPACK_FIELD,       /* the first byte of a field */
	HPACK_INDEX,       /* a further byte of the field's index */
	HPACK_LENGTH,      /* the first byte of a string's length */
	HPACK_LENGTH_MORE, /* a further byte of it */
	HPACK_STRING,      /* the string */
	HPACK_MALFORMED,   /* nothing: the block cannot be understood */
};

/* A header block that is being read, however it comes in pieces. */
struct hpack {
	int status;             /* the last grpc-status so far, 0-99, or -1 */
	enum hpack_state state; /* the rest is private */
	bool literal;           /* the field has a value of its own */
	bool in_name;           /* the string is a name, not a value */
	bool names_status;      /* the name was grpc-status */
	uint32_t integer;       /* an index or length, as far as it came */
	int shift;              /* bits of it that further bytes have brought */
	bool huffman;           /* the string is Huffman-encoded */
	size_t left;            /* bytes of the string that are still to come */
	size_t length;          /* bytes of it that came */
	unsigned char string[HPACK_STRING_MAX]; /* the first of them */
};

/* Begin to read a header block. */
void hpack_init(struct hpack *h);

/* Read its next byte; see h->status behind the last one. */
void hpack_feed(struct hpack *h, unsigned char c);

/* Append the name of a field, in lower case; its value follows as a string. */
void hpack_add_name(struct text *t, const char *name, size_t n);

/* Append a string with its length, not Huffman-encoded. */
void hpack_add_string(struct text *t, const char *s, size_t n);

#endif
