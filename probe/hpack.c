/* SPDX-License-Identifier: MIT */
/*
 * hpack: the header compression of HTTP/2 (RFC 7541), as far as a gRPC health
 * check needs it.
 *
 * hale tells the server to keep no dynamic table, so every grpc-status comes
 * with its name and its value.  The reader follows the structure of a block and
 * understands that one field; it skips all others.  Huffman-encoded strings are
 * not decoded, except for digits: the name has only one encoded form.
 */
#include "probe/hpack.h"

#include <string.h>

/* ------ Reading ------ */

static const char status_name[] = "grpc-status";
static const char status_name_huffman[] = "\x9a\xca\xc8\xb2\x12\x34\xda\x8f";

enum {
	INTEGER_SHIFT_MAX = 21, /* no integer of 2^28 or more is in use */
	STATUS_DIGITS_MAX = 2,  /* gRPC's statuses end at 16 */
};

void
hpack_init(struct hpack *h)
{
	*h = (struct hpack){.status = -1, .state = HPACK_FIELD};
}

/* Read the first byte of an integer, section 5.1: it has the lower bits of c,
 * and if all of them are set, further bytes follow.  Returns whether the
 * integer is complete. */
static bool
begin_integer(struct hpack *h, unsigned char c, int prefix_bits)
{
	unsigned char prefix_max = (unsigned char)((1 << prefix_bits) - 1);

	h->integer = c & prefix_max;
	h->shift = 0;
	return h->integer < prefix_max;
}

/* Read a further byte: seven bits, and whether there are more. */
static bool
continue_integer(struct hpack *h, unsigned char c)
{
	if (h->shift > INTEGER_SHIFT_MAX) {
		h->state = HPACK_MALFORMED;
		return false;
	}
	h->integer += (uint32_t)(c & 0x7f) << h->shift;
	h->shift += 7;
	return (c & 0x80) == 0;
}

/* The index of a field is complete; 0 means that its name follows. */
static void
end_index(struct hpack *h)
{
	h->in_name = h->literal && h->integer == 0;
	h->names_status = false;
	h->state = h->literal ? HPACK_LENGTH : HPACK_FIELD;
}

/* Read the first byte of a field, sections 6.1 to 6.3. */
static void
begin_field(struct hpack *h, unsigned char c)
{
	int prefix_bits = 4; /* a field that the table should not keep */

	h->literal = true;
	if ((c & 0x80) != 0) {
		prefix_bits = 7; /* the table has this field */
		h->literal = false;
	} else if ((c & 0x40) != 0) {
		prefix_bits = 6; /* a field that the table should keep */
	} else if ((c & 0x20) != 0) {
		prefix_bits = 5; /* no field: a new size of the table */
		h->literal = false;
	}
	h->state = HPACK_INDEX;
	if (begin_integer(h, c, prefix_bits))
		end_index(h);
}

/* The number that a string of one or two digits is, or -1. */
static int
parse_digits(const unsigned char *digits, size_t n)
{
	int number = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		number = number * 10 + (digits[i] - '0');
	}
	return number;
}

/* The same of a Huffman-encoded string, appendix B: 0 to 2 are the five bits
 * 00000 to 00010, 3 to 9 are the six bits 011001 to 011111, and ones fill the
 * last byte up. */
static int
parse_huffman_digits(const unsigned char *bytes, size_t n)
{
	const unsigned all_ones = 0xffff;
	unsigned bits = (unsigned)bytes[0] << 8 | (n > 1 ? bytes[1] : 0xff);
	int number = 0;

	if (bits == all_ones)
		return -1;
	while (bits != all_ones) {
		unsigned five = bits >> 11, six = bits >> 10;

		if (five <= 2) {
			number = number * 10 + (int)five;
			bits = (bits << 5 | 0x1f) & all_ones;
		} else if (six >= 0x19 && six <= 0x1f) {
			number = number * 10 + 3 + (int)(six - 0x19);
			bits = (bits << 6 | 0x3f) & all_ones;
		} else {
			return -1;
		}
	}
	return number;
}

/* The number in a complete value, or -1. */
static int
parse_status(const struct hpack *h)
{
	if (h->length == 0 || h->length > STATUS_DIGITS_MAX)
		return -1;
	if (h->huffman)
		return parse_huffman_digits(h->string, h->length);
	return parse_digits(h->string, h->length);
}

static bool
is_status_name(const struct hpack *h)
{
	const char *name = h->huffman ? status_name_huffman : status_name;

	return h->length == strlen(name) &&
	       memcmp(h->string, name, h->length) == 0;
}

/* A name or value is complete. */
static void
end_string(struct hpack *h)
{
	if (h->in_name) {
		h->names_status = is_status_name(h);
		h->in_name = false;
		h->state = HPACK_LENGTH; /* of the value */
		return;
	}
	if (h->names_status)
		h->status = parse_status(h);
	h->state = HPACK_FIELD;
}

static void
end_length(struct hpack *h)
{
	h->left = h->integer;
	h->length = 0;
	h->state = HPACK_STRING;
	if (h->left == 0)
		end_string(h);
}

/* Read the first byte of a string's length, section 5.2. */
static void
begin_length(struct hpack *h, unsigned char c)
{
	h->huffman = (c & 0x80) != 0;
	h->state = HPACK_LENGTH_MORE;
	if (begin_integer(h, c, 7))
		end_length(h);
}

static void
read_string(struct hpack *h, unsigned char c)
{
	if (h->length < sizeof(h->string))
		h->string[h->length] = c;
	h->length++;
	if (--h->left == 0)
		end_string(h);
}

void
hpack_feed(struct hpack *h, unsigned char c)
{
	switch (h->state) {
	case HPACK_FIELD:
		begin_field(h, c);
		break;
	case HPACK_INDEX:
		if (continue_integer(h, c))
			end_index(h);
		break;
	case HPACK_LENGTH:
		begin_length(h, c);
		break;
	case HPACK_LENGTH_MORE:
		if (continue_integer(h, c))
			end_length(h);
		break;
	case HPACK_STRING:
		read_string(h, c);
		break;
	case HPACK_MALFORMED:
		break;
	}
}

/* ------ Writing ------ */

static void
add_byte(struct text *t, unsigned byte)
{
	char c = (char)byte;

	text_bytes(t, &c, 1);
}

/* Append a length, section 5.1: an integer of which the first byte has seven
 * bits. */
static void
add_length(struct text *t, size_t n)
{
	const unsigned prefix_max = 0x7f;

	if (n < prefix_max) {
		add_byte(t, (unsigned)n);
		return;
	}
	add_byte(t, prefix_max);
	for (n -= prefix_max; n >= 0x80; n >>= 7)
		add_byte(t, 0x80 | (unsigned)(n & 0x7f));
	add_byte(t, (unsigned)n);
}

void
hpack_add_name(struct text *t, const char *name, size_t n)
{
	size_t i;

	add_byte(t, 0); /* a field that the table should not keep */
	add_length(t, n);
	for (i = 0; i < n; i++) {
		bool upper = name[i] >= 'A' && name[i] <= 'Z';

		add_byte(t, (unsigned char)name[i] | (upper ? 0x20 : 0));
	}
}

void
hpack_add_string(struct text *t, const char *s, size_t n)
{
	add_length(t, n);
	text_bytes(t, s, n);
}
