/* SPDX-License-Identifier: MIT */
#include "lib/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static char buffer[512];
static struct text t;

static void
start_text(void)
{
	text_init(&t, buffer, sizeof(buffer));
}

TestSuite(text, .init = start_text);

Test(text, is_empty_at_first)
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

Test(text, never_cuts_a_character_in_two)
{
	char small[4];

	text_init(&t, small, sizeof(small));
	text_string(&t, "a\xe2\x82\xac");
	cr_expect_str_eq(small, "a");
	cr_expect(t.cut);
	text_string(&t, "b");
	cr_expect_str_eq(small, "a", "what follows a cut is left out");
}

Test(text, never_cuts_an_escape_in_two)
{
	char small[6];

	text_init(&t, small, sizeof(small));
	text_escaped(&t, "ab\n", 3);
	cr_expect_str_eq(small, "ab");
	text_init(&t, small, sizeof(small));
	t.quoting = true;
	text_string(&t, "abcd\"");
	cr_expect_str_eq(small, "abcd");
}

Test(text, puts_a_backslash_before_what_a_quoted_string_cannot_have)
{
	t.quoting = true;
	text_string(&t, "a\"b\\c");
	text_escaped(&t, "\"\t", 2);
	cr_assert_str_eq(buffer, "a\\\"b\\\\c\\\"\\\\x09");
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
    {"\xff\xff\x80\x80\x80\x80\x80\x80\x80", /* never in UTF-8 */
     "\\xff\\xff\\x80\\x80\\x80\\x80\\x80\\x80\\x80"},
};

Test(text, escapes_all_that_is_not_printable_utf_8)
{
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		start_text();
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

		start_text();
		text_escaped(&t, &byte, 1);
		snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)c);
		if (c >= 0x20 && c < 0x7f)
			cr_expect(buffer[0] == byte && t.length == 1);
		else
			cr_expect_str_eq(buffer, hex);
	}
}

Test(text, puts_each_argument_in_its_place)
{
	errno = ECONNREFUSED;
	text_format(&t, "{a:s}, {b:q}; {c:b} {d:d} {e:t}: {f:e}.", "one",
	            "t\two", "three\n!", (size_t)6, -4LL, 61234LL);
	cr_assert_str_eq(buffer, "one, t\\x09wo; three\\x0a -4 61.234s: "
	                         "connection refused.");
}

Test(text, has_braces_of_its_own)
{
	text_format(&t, "m{{l=\"{label:s}\"} {n:d}{{", "x", 1LL);
	cr_assert_str_eq(buffer, "m{l=\"x\"} 1{");
}

Test(text, shows_time_spans_in_seconds)
{
	text_format(&t, "{a:t} {b:t} {c:t} {d:t}", 0LL, 7LL, 1024LL, -1LL);
	cr_assert_str_eq(buffer, "0.000s 0.007s 1.024s 0.000s");
}

Test(text, puts_zeros_in_front_of_a_number)
{
	text_format(&t, "{a:2}:{b:3} {c:2}", 7LL, 0LL, 123LL);
	cr_assert_str_eq(buffer, "07:000 123");
}

Test(text, shortens_only_what_somebody_else_supplied)
{
	char value[TEXT_SHOWN_MAX + 2];

	memset(value, 'a', sizeof(value));
	value[TEXT_SHOWN_MAX] = '\0';
	text_format(&t, "{value:q}", value);
	cr_expect_str_eq(buffer, value);
	start_text();
	value[TEXT_SHOWN_MAX] = 'b';
	value[TEXT_SHOWN_MAX + 1] = '\0';
	text_format(&t, "{value:s}", value);
	cr_expect_str_eq(buffer, value);
	start_text();
	text_format(&t, "{value:q}|", value);
	cr_expect_eq(t.length, TEXT_SHOWN_MAX + 4);
	cr_expect_str_eq(buffer + TEXT_SHOWN_MAX - 1, "a...|");
}

Test(text, ends_a_format_where_it_is_wrong)
{
	static const char *const wrong[] = {"a{",   "a{b",   "a{b}",
	                                    "a{b:", "a{b:d", "a{b:d;}"};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		start_text();
		text_format(&t, wrong[i]);
		cr_expect_str_eq(buffer, "a", "%s", wrong[i]);
	}
}

Test(text, makes_each_argument_a_member)
{
	errno = ENOENT;
	text_string(&t, "{");
	t.members = true;
	text_format(&t,
	            "cannot {a:s} {{ '{b:q}' {c:b} in {d:d} of {e:t}: {f:e}",
	            "open", "\"\n", "\\x", (size_t)1, -2LL, 1500LL);
	text_format(&t, "{g:d}", 3LL);
	text_string(&t, "}");
	cr_assert_str_eq(buffer,
	                 "{\"a\":\"open\",\"b\":\"\\\"\\\\x0a\","
	                 "\"c\":\"\\\\\",\"d\":-2,\"e\":1500,"
	                 "\"f\":\"No such file or directory\",\"g\":3}");
}

Test(text, reads_a_number_and_stops_behind_it)
{
	const char *s = "0042s";

	cr_expect_eq(text_digits(&s), 42);
	cr_expect_str_eq(s, "s");
	cr_expect_eq(text_digits(&s), -1, "there is none");
	cr_expect_str_eq(s, "s");
	s = "4000000000000";
	cr_expect_eq(text_digits(&s), 4000000000000);
	s = "4000000000001";
	cr_expect_eq(text_digits(&s), -1);
	s = "99999999999999999999999999999";
	cr_expect_eq(text_digits(&s), -1);
}

Test(text, reads_a_whole_number_within_its_bound)
{
	cr_expect_eq(text_to_number("255", 255), 255);
	cr_expect_eq(text_to_number("0", 255), 0);
	cr_expect_eq(text_to_number("256", 255), -1);
	cr_expect_eq(text_to_number("", 255), -1);
	cr_expect_eq(text_to_number("1x", 255), -1);
	cr_expect_eq(text_to_number("-1", 255), -1);
	cr_expect_eq(text_to_number(" 1", 255), -1);
	cr_expect_eq(text_to_number("2147483647", INT_MAX), INT_MAX);
	cr_expect_eq(text_to_number("2147483648", INT_MAX), -1);
	cr_expect_eq(text_to_number("4294967297", INT_MAX), -1);
}
