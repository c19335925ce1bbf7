/* SPDX-License-Identifier: MIT */
/*
 * An answer has the same result whole, byte by byte and in any chunks.
 *
 * Input: a word whose bytes are the lengths of the chunks, in turn; the answer.
 */
#include "probe/http.h"

#include "input.h"

static enum http_result
feed_chunks(struct http *h, const char *lengths, const char *bytes, size_t n)
{
	enum http_result result = HTTP_MORE;
	const char *length = lengths;
	size_t chunk;

	for (; n > 0 && result == HTTP_MORE; n -= chunk, bytes += chunk) {
		chunk = *length != '\0' ? (unsigned char)*length++ : 1;
		if (*length == '\0')
			length = lengths;
		if (chunk > n)
			chunk = n;
		result = http_feed(h, bytes, chunk);
	}
	return result;
}

static bool
is_same(const struct http *a, const struct http *b)
{
	return a->reason == b->reason && a->status == b->status &&
	       a->seen == b->seen && a->interims == b->interims &&
	       a->in_headers == b->in_headers && a->length == b->length;
}

static void
judge(struct http *h, enum http_result result)
{
	int status = h->status;

	demand((result == HTTP_FAILED) == (h->reason != NULL));
	if (result == HTTP_MORE && h->seen == 0)
		demand(http_place(h) == NULL);
	if (result == HTTP_ANSWERED)
		demand(status == 101 || (status >= 200 && status <= 999));
	if (result != HTTP_MORE) {
		demand(http_feed(h, "HTTP/1.1 503 No\r\n\r\n", 19) == result);
		demand(h->status == status);
	}
}

void
fuzz(struct input *in)
{
	const char *lengths = input_word(in), *bytes;
	struct http whole, cut, single;
	enum http_result result;
	size_t n;

	bytes = input_rest(in, &n);
	http_init(&whole);
	http_init(&cut);
	http_init(&single);
	result = http_feed(&whole, bytes, n);
	demand(feed_chunks(&cut, lengths, bytes, n) == result);
	demand(feed_chunks(&single, "", bytes, n) == result);
	demand(is_same(&whole, &cut) && is_same(&whole, &single));
	judge(&whole, result);
}
