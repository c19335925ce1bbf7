/* SPDX-License-Identifier: MIT */
/*
 * An answer comes to the same verdict and the same replies whole, byte by byte
 * and in any pieces, and there is never more to reply than has come.
 *
 * Input: a word whose bytes are the lengths of the pieces, in turn; the answer.
 */
#include "probe/grpc.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"

enum { REQUEST = 137 };

/* What is found, and what is sent back meanwhile. */
struct outcome {
	const char *reason;
	struct grpc g;
	char *replies;
	size_t sent;
};

static void
begin(struct outcome *o, struct input *in, size_t n)
{
	char request[2 * REQUEST];

	memset(&o->g, 0x5a, sizeof(o->g));
	demand(grpc_request(&o->g, request, "") == REQUEST);
	o->replies = input_room(in, n + GRPC_AHEAD);
	o->sent = 0;
	o->reason = NULL;
}

/* A piece, with the replies in front of it and then over it, as a probe has
 * them. */
static void
feed(struct outcome *o, const char *bytes, size_t n)
{
	char *room = malloc(GRPC_AHEAD + n), *end = room;

	demand(room != NULL);
	memcpy(room + GRPC_AHEAD, bytes, n);
	o->reason = grpc_feed(&o->g, room + GRPC_AHEAD, n, &end);
	demand(end >= room && (size_t)(end - room) <= GRPC_AHEAD + n);
	memcpy(o->replies + o->sent, room, (size_t)(end - room));
	o->sent += (size_t)(end - room);
	free(room);
}

static void
feed_pieces(struct outcome *o, const char *lengths, const char *bytes, size_t n)
{
	const char *length = lengths;
	size_t piece, seen;

	for (seen = 0; seen < n && o->reason == NULL; seen += piece) {
		piece = *length != '\0' ? (unsigned char)*length++ : 1;
		if (*length == '\0')
			length = lengths;
		if (piece > n - seen)
			piece = n - seen;
		feed(o, bytes + seen, piece);
		demand(o->sent <= seen + piece);
	}
}

static bool
is_same(const struct outcome *a, const struct outcome *b)
{
	return a->reason == b->reason && a->g.number == b->g.number &&
	       a->sent == b->sent &&
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
	feed_pieces(&cut, lengths, bytes, n);
	feed_pieces(&single, "", bytes, n);
	demand(is_same(&whole, &cut) && is_same(&whole, &single));
}
