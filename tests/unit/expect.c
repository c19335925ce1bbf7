/* SPDX-License-Identifier: MIT */
#include "probe/expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that may hold a NUL. */
#define BYTES(s) s, sizeof(s) - 1

/* Feed a chunk from memory that ends with it, so that a sanitizer sees a read
 * past its end. */
static enum expect_result
feed(struct expect *e, const char *bytes, size_t n)
{
	char *chunk = malloc(n > 0 ? n : 1);
	enum expect_result result;

	memcpy(chunk, bytes, n);
	result = expect_feed(e, chunk, n);
	free(chunk);
	return result;
}

static const struct {
	const char *text;
	size_t length;
	const char *answer;
	size_t n;
	enum expect_result result;
} searches[] = {
    {BYTES("+PONG"), BYTES("+PONG\r\n"), EXPECT_FOUND},
    {BYTES("+PONG"), BYTES("hello +PONG"), EXPECT_FOUND},
    {BYTES("+PONG"), BYTES("-NOAUTH\r\n"), EXPECT_MORE},
    {BYTES("+PONG"), BYTES("+PON"), EXPECT_MORE},
    {BYTES("+PONG"), BYTES("+pong"), EXPECT_MORE},
    {BYTES("S"), BYTES("N"), EXPECT_MORE},
    {BYTES("S"), BYTES("NS"), EXPECT_FOUND},
    {BYTES("a\nb"), BYTES("xa\nbx"), EXPECT_FOUND},

    /* beginnings that overlap */
    {BYTES("aab"), BYTES("aaab"), EXPECT_FOUND},
    {BYTES("aab"), BYTES("aaaaaaab"), EXPECT_FOUND},
    {BYTES("abab!"), BYTES("ababab!"), EXPECT_FOUND},
    {BYTES("abcabd"), BYTES("abcabcabd"), EXPECT_FOUND},
    {BYTES("aabaaab"), BYTES("aabaabaaab"), EXPECT_FOUND},
    {BYTES("ababaca"), BYTES("abababacababaca"), EXPECT_FOUND},
    {BYTES("aab"), BYTES("ababab"), EXPECT_MORE},

    /* bytes of any kind */
    {BYTES("\0\0\1"), BYTES("\0\0\0\1"), EXPECT_FOUND},
    {BYTES("\xff\0"), BYTES("\xff\xff\0"), EXPECT_FOUND},
    {BYTES("\0"), BYTES("x"), EXPECT_MORE},
    {BYTES("x"), BYTES(""), EXPECT_MORE},
};

enum { SEARCHES = sizeof(searches) / sizeof(searches[0]) };

Test(expect, finds_a_text_in_every_two_chunks)
{
	size_t i, cut;

	for (i = 0; i < SEARCHES; i++)
		for (cut = 0; cut <= searches[i].n; cut++) {
			struct expect e;
			enum expect_result result;

			expect_init(&e, searches[i].text, searches[i].length);
			result = feed(&e, searches[i].answer, cut);
			if (result == EXPECT_MORE)
				result = feed(&e, searches[i].answer + cut,
				              searches[i].n - cut);
			cr_expect_eq(result, searches[i].result, "%zu at %zu",
			             i, cut);
		}
}

Test(expect, finds_a_text_byte_by_byte)
{
	size_t i, k;

	for (i = 0; i < SEARCHES; i++) {
		enum expect_result result = EXPECT_MORE;
		struct expect e;

		expect_init(&e, searches[i].text, searches[i].length);
		for (k = 0; k < searches[i].n && result == EXPECT_MORE; k++)
			result = feed(&e, searches[i].answer + k, 1);
		cr_expect_eq(result, searches[i].result, "%zu", i);
	}
}

/* All texts of up to five letters in all answers of nine, over two letters. */
Test(expect, finds_what_memmem_finds)
{
	char text[6], answer[9];
	unsigned t, a, i, length;

	for (length = 1; length <= 5; length++)
		for (t = 0; t < 1U << length; t++)
			for (a = 0; a < 1U << 9; a++) {
				enum expect_result result;
				struct expect e;

				for (i = 0; i < length; i++)
					text[i] = (t >> i & 1) ? 'a' : 'b';
				for (i = 0; i < 9; i++)
					answer[i] = (a >> i & 1) ? 'a' : 'b';
				expect_init(&e, text, length);
				result = expect_feed(&e, answer, 9);
				cr_assert_eq(
				    result == EXPECT_FOUND,
				    memmem(answer, 9, text, length) != NULL,
				    "%.*s in %.9s", (int)length, text, answer);
			}
}

Test(expect, stays_found)
{
	struct expect e;

	expect_init(&e, BYTES("ab"));
	cr_expect_eq(feed(&e, BYTES("xab")), EXPECT_FOUND);
	cr_expect_eq(feed(&e, BYTES("ac\n")), EXPECT_FOUND);
	cr_expect_eq(feed(&e, "", 0), EXPECT_FOUND);
	cr_expect_eq(e.seen, 3);
}

/* An answer of n bytes that ends with the text, in chunks of that size. */
static enum expect_result
search_long_answer(size_t n, size_t chunk)
{
	static char answer[3 * EXPECT_ANSWER_MAX];
	enum expect_result result = EXPECT_MORE;
	struct expect e;
	size_t at;

	memset(answer, 'x', sizeof(answer));
	memcpy(answer + n - 3, "end", 3);
	expect_init(&e, BYTES("end"));
	for (at = 0; at < n; at += chunk)
		result = expect_feed(&e, answer + at,
		                     n - at < chunk ? n - at : chunk);
	return result;
}

Test(expect, searches_4096_bytes_and_no_more)
{
	size_t chunk;

	for (chunk = 1; chunk < 2 * EXPECT_ANSWER_MAX; chunk += 1 + chunk / 4) {
		cr_expect_eq(search_long_answer(EXPECT_ANSWER_MAX, chunk),
		             EXPECT_FOUND, "%zu", chunk);
		cr_expect_eq(search_long_answer(EXPECT_ANSWER_MAX + 1, chunk),
		             EXPECT_FAILED, "%zu", chunk);
	}
	cr_expect_eq(search_long_answer(2 * EXPECT_ANSWER_MAX, 100000),
	             EXPECT_FAILED);
}

Test(expect, fails_at_the_last_byte_that_is_searched)
{
	static char answer[EXPECT_ANSWER_MAX];
	struct expect e;

	expect_init(&e, BYTES("x"));
	cr_expect_eq(expect_feed(&e, answer, sizeof(answer) - 1), EXPECT_MORE);
	cr_expect_eq(expect_feed(&e, answer, 1), EXPECT_FAILED);
	cr_expect_eq(expect_feed(&e, "x", 1), EXPECT_FAILED);
}

/* A text whose beginning nearly repeats must not take time without end. */
Test(expect, searches_the_longest_text_in_a_bounded_time)
{
	static char text[EXPECT_ANSWER_MAX], answer[EXPECT_ANSWER_MAX];
	struct expect e;

	memset(text, 'a', sizeof(text));
	memset(answer, 'a', sizeof(answer));
	answer[sizeof(answer) / 2] = 'b';
	expect_init(&e, text, sizeof(text));
	cr_expect_eq(expect_feed(&e, answer, sizeof(answer)), EXPECT_FAILED);
}

/* ------ The reason ------ */

static void
expect_words(const char *text, const char *answer, bool closed,
             const char *reason)
{
	char buffer[400];
	struct expect e;
	struct text t;
	size_t i;

	expect_init(&e, text, strlen(text));
	for (i = 0; i < strlen(answer); i++)
		(void)feed(&e, answer + i, 1);
	text_init(&t, buffer, sizeof(buffer));
	expect_reason(&e, &t, closed);
	cr_expect_str_eq(buffer, reason, "%s", buffer);
}

Test(expect, shows_the_first_line_that_came)
{
	expect_words("+PONG", "-NOAUTH Required.\r\nmore\r\n", false,
	             "expected '+PONG', got '-NOAUTH Required.'");
	expect_words("+PONG", "-LOADING", true,
	             "expected '+PONG', got '-LOADING' before the connection "
	             "was closed");
	expect_words("+PONG", "\n", false, "expected '+PONG', got ''");
	expect_words("+PONG", "a\r", false, "expected '+PONG', got 'a'");
}

Test(expect, says_that_nothing_came)
{
	expect_words("220", "", false, "expected '220', got nothing");
	expect_words("220", "", true,
	             "expected '220', got nothing before the connection was "
	             "closed");
}

Test(expect, escapes_what_it_shows)
{
	expect_words("\x1b[0m\r\n", "\x1b]0;\x07\xff\xc3\xa9", false,
	             "expected '\\x1b[0m\\x0d\\x0a', got "
	             "'\\x1b]0;\\x07\\xff\xc3\xa9'");
}

Test(expect, shows_only_the_beginning_of_what_is_long)
{
	char line[EXPECT_LINE_MAX + 2] = "", text[EXPECT_TEXT_MAX + 2] = "";
	char reason[400];

	memset(line, 'x', EXPECT_LINE_MAX);
	memset(text, 'y', EXPECT_TEXT_MAX);
	sprintf(reason, "expected '%s', got '%s'", text, line);
	expect_words(text, line, false, reason);
	sprintf(reason, "expected '%s...', got '%s...'", text, line);
	text[EXPECT_TEXT_MAX] = 'y';
	line[EXPECT_LINE_MAX] = 'x';
	expect_words(text, line, false, reason);
}
