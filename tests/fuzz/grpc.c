/* SPDX-License-Identifier: MIT */
/*
 * An answer has the same result and the same replies whole, byte by byte and in
 * any chunks, and there is never more to reply than has come.
 *
 * Input: a word whose bytes are the lengths of the chunks, in turn; the answer.
 */
#include "probe/grpc.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { REASON_SIZE = 64 };

/* The result, and what is sent back meanwhile. */
struct outcome {
	enum grpc_result result;
	char reason[REASON_SIZE];
	struct grpc g;
	char *replies;
	size_t sent;
	bool full; /* a reply may have been left out */
};

static void
begin(struct outcome *o, struct input *in, size_t n)
{
	memset(o, 0x5a, sizeof(*o));
	grpc_init(&o->g);
	o->replies = input_room(in, n + GRPC_REPLIES_MAX);
	o->sent = 0;
	o->result = GRPC_MORE;
	o->full = false;
	o->reason[0] = '\0';
}

/* Feed a chunk from memory that ends with it. */
static void
feed(struct outcome *o, const char *bytes, size_t n)
{
	char *chunk = malloc(n > 0 ? n : 1);
	struct grpc_replies replies = {.length = 0};
	struct text reason;

	demand(chunk != NULL);
	memcpy(chunk, bytes, n);
	o->result = grpc_feed(&o->g, chunk, n, &replies);
	free(chunk);
	demand(replies.length <= GRPC_REPLIES_MAX);
	o->full |= replies.length > GRPC_REPLIES_MAX - 17;
	memcpy(o->replies + o->sent, replies.bytes, replies.length);
	o->sent += replies.length;
	demand((o->result == GRPC_FAILED) == (o->g.reason != NULL));
	text_init(&reason, o->reason, sizeof(o->reason));
	if (o->result == GRPC_FAILED) {
		grpc_reason(&o->g, &reason);
		demand(reason.length > 0 && !reason.cut);
	}
}

static void
feed_chunks(struct outcome *o, const char *lengths, const char *bytes, size_t n)
{
	const char *length = lengths;
	size_t chunk, seen;

	for (seen = 0; seen < n && o->result == GRPC_MORE; seen += chunk) {
		chunk = *length != '\0' ? (unsigned char)*length++ : 1;
		if (*length == '\0')
			length = lengths;
		if (chunk > n - seen)
			chunk = n - seen;
		feed(o, bytes + seen, chunk);
		demand(o->sent <= seen + chunk);
	}
}

static bool
is_same(const struct outcome *a, const struct outcome *b)
{
	if (a->result != b->result || strcmp(a->reason, b->reason) != 0 ||
	    a->g.seen != b->g.seen)
		return false;
	if (a->full || b->full)
		return true;
	return a->sent == b->sent &&
	       memcmp(a->replies, b->replies, a->sent) == 0;
}

void
fuzz(struct input *in)
{
	const char *lengths = input_word(in), *bytes;
	struct outcome whole, cut, single;
	size_t n;

	bytes = input_rest(in, &n);
	begin(&whole, in, n);
	begin(&cut, in, n);
	begin(&single, in, n);
	feed(&whole, bytes, n);
	feed_chunks(&cut, lengths, bytes, n);
	feed_chunks(&single, "", bytes, n);
	demand(is_same(&whole, &cut) && is_same(&whole, &single));
}
