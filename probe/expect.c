/* SPDX-License-Identifier: MIT */
/*
 * expect: searches the answer of a server for a text.
 *
 * The answer is looked at a byte at a time, so the text is found wherever the
 * network has split it.  Only the first bytes of an answer are searched, and
 * only its first line is kept, to show it if the search fails.
 */
#include "probe/expect.h"

#include <string.h>

void
expect_init(struct expect *e, const char *text, size_t length)
{
	*e = (struct expect){.text = text, .length = length};
}

/* How many of the last bytes seen are the beginning of the text, now that c has
 * come: after "aa" of "aab" and another "a", two are. */
static size_t
count_matched(const struct expect *e, char c)
{
	size_t n = e->matched + 1;

	while (n > 0 &&
	       (e->text[n - 1] != c ||
	        memcmp(e->text, e->text + e->matched + 1 - n, n - 1) != 0))
		n--;
	return n;
}

static void
keep_first_line(struct expect *e, char c)
{
	if (c == '\n')
		e->line_ended = true;
	if (e->line_ended || c == '\r')
		return;
	if (e->line_length < sizeof(e->line))
		e->line[e->line_length++] = c;
	else
		e->line_cut = true;
}

enum expect_result
expect_feed(struct expect *e, const char *bytes, size_t n)
{
	for (; n > 0 && e->matched < e->length && e->seen < EXPECT_ANSWER_MAX;
	     n--) {
		e->seen++;
		keep_first_line(e, *bytes);
		e->matched = count_matched(e, *bytes++);
	}
	if (e->matched == e->length)
		return EXPECT_FOUND;
	return e->seen == EXPECT_ANSWER_MAX ? EXPECT_FAILED : EXPECT_MORE;
}

void
expect_reason(const struct expect *e, struct text *t, bool closed)
{
	bool cut = e->length > EXPECT_TEXT_MAX;

	text_format(t, "expected '{expected:b}{more:s}', got ", e->text,
	            cut ? (size_t)EXPECT_TEXT_MAX : e->length,
	            cut ? "..." : "");
	if (e->seen > 0)
		text_format(t, "'{line:b}{more:s}'", e->line, e->line_length,
		            e->line_cut ? "..." : "");
	else
		text_string(t, "nothing");
	if (closed)
		text_string(t, " before the connection was closed");
}
