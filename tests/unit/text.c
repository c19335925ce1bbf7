/* SPDX-License-Identifier: MIT */
#include "lib/text.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static char buffer[64];
static struct text t;

static void
begin(void)
{
	text_init(&t, buffer, sizeof(buffer));
}

TestSuite(text, .init = begin);

Test(text, begins_empty)
{
	cr_assert_str_eq(buffer, "");
	cr_assert_eq(t.length, 0);
}

Test(text, appends_in_order)
{
	text_string(&t, "a ");
	text_string(&t, "");
	text_string(&t, "line");
	cr_assert_str_eq(buffer, "a line");
}

Test(text, appends_words_that_are_not_packed)
{
	text_string(&t, "a\nline");
	text_string(&t, "");
	text_string(&t, " of words");
	cr_assert_str_eq(buffer, "a\nline of words");
}

Test(text, keeps_what_fits_and_its_nul)
{
	char small[4];

	text_init(&t, small, sizeof(small));
	text_string(&t, "abcdef");
	text_string(&t, "g");
	cr_assert_str_eq(small, "abc");
	cr_assert_eq(t.length, 3);
}

Test(text, shows_every_number)
{
	text_number(&t, 0);
	text_string(&t, " ");
	text_number(&t, -7);
	text_string(&t, " ");
	text_number(&t, LLONG_MIN);
	text_string(&t, " ");
	text_number(&t, LLONG_MAX);
	cr_assert_str_eq(buffer,
	                 "0 -7 -9223372036854775808 9223372036854775807");
}

static const struct {
	const char *from, *to;
} escapes[] = {
    {"plain ~text", "plain ~text"},
    {"\n\t\x1b[2J\x7f", "\\x0a\\x09\\x1b[2J\\x7f"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7"},
    {"\xc2\x9b", "\\xc2\\x9b"},                   /* C1: CSI */
    {"\xc2\xa0", "\xc2\xa0"},                     /* the first after C1 */
    {"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong / */
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
    {"\xe2\x82", "\\xe2\\x82"},                   /* cut short */
    {"\xf0\x9f\x90x", "\\xf0\\x9f\\x90x"},
    {"\xff\x80", "\\xff\\x80"},
};

Test(text, escapes_all_that_is_not_printable_utf_8)
{
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		begin();
		text_escaped(&t, escapes[i].from, strlen(escapes[i].from));
		cr_expect_str_eq(buffer, escapes[i].to, "case %zu: %s", i,
		                 buffer);
	}
}

Test(text, escapes_every_control_byte)
{
	int c;

	for (c = 0; c < 256; c++) {
		char byte = (char)c, hex[5];

		begin();
		text_escaped(&t, &byte, 1);
		snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)c);
		if (c >= 0x20 && c < 0x7f)
			cr_expect(buffer[0] == byte && t.length == 1);
		else
			cr_expect_str_eq(buffer, hex);
	}
}
