/* SPDX-License-Identifier: MIT */
/*
 * text: builds lines in a buffer of the caller's, in place of printf(3).
 *
 * It differs from printf(3) in what hale needs: arguments have names, so that
 * one format serves a message and a JSON object alike; bytes that somebody else
 * supplied are escaped; and a text that is full stays as it is, since a line
 * that is cut short is better than none.  Nothing here can fail.
 */
#include "lib/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lib/errors.h"

void
text_init(struct text *t, char *buffer, size_t size)
{
	t->buffer = buffer;
	t->size = size;
	t->length = 0;
	t->cut = false;
	t->quoting = false;
	t->members = false;
	buffer[0] = '\0';
}

/* ------ Bytes and characters ------ */

enum { HEX_LENGTH = 4 }; /* bytes of \xNN */

/* Make room for n more bytes, and return where they belong; NULL if they do not
 * fit. */
static char *
extend(struct text *t, size_t n)
{
	char *place = t->buffer + t->length;

	if (t->cut || t->size - 1 - t->length < n) {
		t->cut = true;
		return NULL;
	}
	place[n] = '\0';
	t->length += n;
	return place;
}

/* Append one character of n bytes, behind a backslash if it needs one. */
static void
append_character(struct text *t, const char *s, size_t n)
{
	bool quote = t->quoting && (*s == '"' || *s == '\\');
	char *place = extend(t, quote ? n + 1 : n);

	if (place == NULL)
		return;
	if (quote)
		*place++ = '\\';
	memcpy(place, s, n);
}

/* Append \xNN, whose backslash is quoted like any other. */
static void
append_hex(struct text *t, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char *place = extend(t, t->quoting ? HEX_LENGTH + 1 : HEX_LENGTH);

	if (place == NULL)
		return;
	if (t->quoting)
		*place++ = '\\';
	place[0] = '\\';
	place[1] = 'x';
	place[2] = digits[byte >> 4];
	place[3] = digits[byte & 15];
}

/* A range of lead bytes of UTF-8, the range of the byte that may follow such a
 * byte, and how many bytes the character has.  See RFC 3629, section 4. */
struct utf8_lead {
	unsigned char first, last;
	unsigned char second_low, second_high;
	unsigned char length;
};

static const struct utf8_lead utf8_leads[] = {
    {0x20, 0x7e, 0x00, 0x00, 1}, /* no C0 control, and no DEL */
    {0xc2, 0xc2, 0xa0, 0xbf, 2}, /* C2 80 to C2 9F are the C1 controls */
    {0xc3, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, /* nothing that needs two bytes only */
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, /* nothing that needs three bytes only */
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4}, /* nothing past U+10FFFF */
    {0xff, 0xff, 0xff, 0x00, 2}, /* the end: no second byte fits */
};

/* How many bytes the printable character has that the n bytes at s begin with;
 * 0 if they begin with none. */
static size_t
printable_length(const char *s, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)s;
	const struct utf8_lead *lead = utf8_leads;
	size_t i;

	while (bytes[0] > lead->last)
		lead++;
	if (bytes[0] < lead->first || lead->length > n)
		return 0;
	if (lead->length > 1 &&
	    (bytes[1] < lead->second_low || bytes[1] > lead->second_high))
		return 0;
	for (i = 2; i < lead->length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return lead->length;
}

/* Append the characters of s, as long as no more than max bytes are shown; with
 * escape, a byte that is not printable is shown as \xNN.  False if that was not
 * all. */
static bool
append_characters(struct text *t, const char *s, size_t n, bool escape,
                  size_t max)
{
	while (n > 0) {
		size_t length = printable_length(s, n), shown;
		bool hex = length == 0 && escape;

		if (length == 0)
			length = 1;
		shown = hex ? HEX_LENGTH : length;
		if (shown > max)
			return false;
		if (hex)
			append_hex(t, (unsigned char)*s);
		else
			append_character(t, s, length);
		max -= shown;
		s += length;
		n -= length;
	}
	return true;
}

void
text_bytes(struct text *t, const char *s, size_t n)
{
	(void)append_characters(t, s, n, false, SIZE_MAX);
}

void
text_escaped(struct text *t, const char *s, size_t n)
{
	(void)append_characters(t, s, n, true, SIZE_MAX);
}

void
text_string(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

/* ------ Numbers ------ */

/* Append n with zeros in front, so that it has width digits at least. */
static void
append_digits(struct text *t, long long n, int width)
{
	char number[24]; /* enough for 64 bits and a sign */
	char *end = number + sizeof(number), *start = end;
	unsigned long long left = (unsigned long long)n;

	if (n < 0)
		left = 0 - left; /* also right for the smallest number */
	do {
		*--start = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0 || end - start < width);
	if (n < 0)
		*--start = '-';
	text_bytes(t, start, (size_t)(end - start));
}

void
text_number(struct text *t, long long n)
{
	append_digits(t, n, 1);
}

long long
text_digits(const char **s)
{
	const long long largest = 4000000000000;
	long long n = -1;

	for (; **s >= '0' && **s <= '9'; ++*s) {
		n = (n < 0 ? 0 : n * 10) + (**s - '0');
		if (n > largest)
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

/* ------ Formats ------ */

/* One {NAME:K} of a format. */
struct placeholder {
	const char *name;
	size_t name_length;
	char kind;
};

/* Read the placeholder that *format begins with, and move *format behind it.
 * False if there is none: the format ends there, or has a mistake there. */
static bool
read_placeholder(const char **format, struct placeholder *p)
{
	const char *colon = strchr(*format, ':');

	if (**format != '{' || colon == NULL || colon[1] == '\0' ||
	    colon[2] != '}')
		return false;
	p->name = *format + 1;
	p->name_length = (size_t)(colon - p->name);
	p->kind = colon[1];
	*format = colon + 3;
	return true;
}

static bool
is_number(char kind)
{
	return kind == 'd' || kind == 't' || kind == 'u' ||
	       (kind >= '1' && kind <= '9');
}

static void
append_number(struct text *t, char kind, long long n)
{
	if (kind == 't') {
		n = n < 0 ? 0 : n; /* no time span is negative */
		text_number(t, n / 1000);
		text_string(t, ".");
		append_digits(t, n % 1000, 3);
		text_string(t, "s");
	} else if (kind == 'u') {
		text_number(t, n % 1000 == 0 ? n / 1000 : n);
		text_string(t, n % 1000 == 0 ? "s" : "ms");
	} else {
		append_digits(t, n, kind == 'd' ? 1 : kind - '0');
	}
}

/* The limit is on what is shown, not on what was supplied: a hostile value can
 * be four times as long when it is escaped. */
static void
append_supplied(struct text *t, const char *s)
{
	size_t n = strnlen(s, TEXT_SHOWN_MAX + 1);

	if (!append_characters(t, s, n, true, TEXT_SHOWN_MAX))
		text_string(t, "...");
}

static void
append_string(struct text *t, char kind, va_list *arguments)
{
	const char *s =
	    kind == 'e' ? errors_text(errno) : va_arg(*arguments, const char *);

	if (kind == 'b')
		text_escaped(t, s, va_arg(*arguments, size_t));
	else if (kind == 'q')
		append_supplied(t, s);
	else
		text_string(t, s);
}

/* Append "NAME": with a comma before each but the first of an object, which
 * follows its brace. */
static void
append_name(struct text *t, const struct placeholder *p)
{
	text_string(t, t->buffer[t->length - 1] == '{' ? "\"" : ",\"");
	text_bytes(t, p->name, p->name_length);
	text_string(t, "\":");
}

/* Append the next argument.  Every kind takes its argument even if the text is
 * full, so that the next one finds its own. */
static void
append_argument(struct text *t, const struct placeholder *p, va_list *arguments)
{
	bool time_span = p->kind == 't' || p->kind == 'u';
	char kind = time_span && t->members ? 'd' : p->kind;

	if (t->members)
		append_name(t, p);
	if (is_number(kind)) {
		append_number(t, kind, va_arg(*arguments, long long));
	} else if (t->members) {
		text_string(t, "\"");
		t->quoting = true;
		append_string(t, kind, arguments);
		t->quoting = false;
		text_string(t, "\"");
	} else {
		append_string(t, kind, arguments);
	}
}

void
text_vformat(struct text *t, const char *format, va_list arguments)
{
	struct placeholder p;
	va_list left; /* a va_list that is a parameter has no address */

	va_copy(left, arguments);
	for (;;) {
		size_t plain = strcspn(format, "{");
		bool brace = format[plain] != '\0' && format[plain + 1] == '{';

		if (!t->members)
			text_bytes(t, format, plain + brace);
		format += plain;
		if (brace)
			format += 2;
		else if (read_placeholder(&format, &p))
			append_argument(t, &p, &left);
		else
			break;
	}
	va_end(left);
}

void
text_format(struct text *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vformat(t, format, arguments);
	va_end(arguments);
}
