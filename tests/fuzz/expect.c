/* SPDX-License-Identifier: MIT */
/*
 * A text is found in an answer exactly where memmem(3) finds it, in any chunks,
 * and the reason of a failure is one line that can be printed.
 *
 * Input: a word whose bytes are the lengths of the chunks, in turn; the length
 * of the text; the text, and then the answer.
 */
#include "probe/expect.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { REASON_SIZE = 1024, LENGTH_MAX = 200 };

/* Feed a chunk from memory that ends with it. */
static enum expect_result
feed(struct expect *e, const char *bytes, size_t n)
{
	char *chunk = malloc(n > 0 ? n : 1);
	enum expect_result result;

	demand(chunk != NULL);
	memcpy(chunk, bytes, n);
	result = expect_feed(e, chunk, n);
	free(chunk);
	return result;
}

static enum expect_result
feed_chunks(struct expect *e, const char *lengths, const char *bytes, size_t n)
{
	enum expect_result result = EXPECT_MORE;
	const char *length = lengths;
	size_t chunk;

	for (; n > 0 && result == EXPECT_MORE; n -= chunk, bytes += chunk) {
		chunk = *length != '\0' ? (unsigned char)*length++ : 1;
		if (*length == '\0')
			length = lengths;
		if (chunk > n)
			chunk = n;
		result = feed(e, bytes, chunk);
	}
	return result;
}

static void
judge_reason(const struct expect *e, bool closed)
{
	char buffer[REASON_SIZE];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	expect_reason(e, &t, closed);
	demand(!t.cut && input_shown(buffer, t.length));
}

void
fuzz(struct input *in)
{
	const char *lengths = input_word(in);
	size_t length = (size_t)input_choice(in, LENGTH_MAX), n, searched;
	const char *text = input_rest(in, &n), *answer;
	struct expect whole, cut;
	enum expect_result expected = EXPECT_MORE;

	if (length == 0 || length > n)
		return;
	answer = text + length;
	n -= length;
	searched = n < EXPECT_ANSWER_MAX ? n : EXPECT_ANSWER_MAX;
	if (memmem(answer, searched, text, length) != NULL)
		expected = EXPECT_FOUND;
	else if (searched == EXPECT_ANSWER_MAX)
		expected = EXPECT_FAILED;
	expect_init(&whole, text, length);
	expect_init(&cut, text, length);
	demand(feed(&whole, answer, n) == expected);
	demand(feed_chunks(&cut, lengths, answer, n) == expected);
	demand(whole.seen == cut.seen);
	demand(whole.line_length == cut.line_length &&
	       memcmp(whole.line, cut.line, cut.line_length) == 0);
	judge_reason(&whole, true);
	judge_reason(&cut, false);
}
