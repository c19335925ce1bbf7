/* SPDX-License-Identifier: MIT */
#ifndef HALE_GRPC_H
#define HALE_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/text.h"
#include "probe/grpc_message.h"
#include "probe/hpack.h"

enum {
	GRPC_REPLIES_MAX = 256,      /* bytes of replies to one chunk */
	GRPC_FRAME_MAX = 16384,      /* bytes of a frame's payload */
	GRPC_ANSWER_MAX = 64 * 1024, /* bytes of an answer in all */
	GRPC_FRAME_HEADER_SIZE = 9,
};

enum grpc_result { GRPC_MORE, GRPC_SERVING, GRPC_FAILED };

/* What is to be sent back to the server: acknowledged SETTINGS and PINGs. */
struct grpc_replies {
	char bytes[GRPC_REPLIES_MAX];
	size_t length;
};

/* The header of a frame, RFC 9113 section 4.1. */
struct frame_header {
	uint32_t length; /* bytes of payload */
	uint8_t type;
	uint8_t flags;
	uint32_t stream_id;
};

/* What is known of an answer, however it comes in pieces. */
struct grpc {
	enum grpc_result result;
	const char *reason; /* why it failed, or NULL */
	long long number;   /* what follows the reason, or -1 */

	/* The rest is private. */
	size_t seen;     /* bytes */
	bool in_payload; /* else in the header of a frame */
	struct frame_header frame;
	uint32_t position;      /* bytes of the payload that came */
	uint32_t content_begin; /* where padding and priority end in it */
	uint32_t content_end;   /* where the padding at its end begins */
	unsigned char collected[GRPC_FRAME_HEADER_SIZE]; /* the first bytes of a
	                                                    header or payload */
	size_t collected_length;
	uint8_t block_flags; /* of the frames of a header block together */
	struct hpack block;
	struct grpc_message message;
};

/* Append the call that asks for the health of service to t: "" is the whole
 * server, and a name has TARGET_SERVICE_MAX bytes at the most.  headers are
 * valid "Name: value" strings, ended by a NULL, and become metadata; Host
 * becomes the authority.  Those that HTTP/2 or gRPC reserve for themselves, and
 * those with an empty value, are left out. */
void grpc_request(struct text *t, const char *service,
                  const char *const *headers);

/* Begin with an answer, of which nothing has come yet. */
void grpc_init(struct grpc *g);

/* Look at the next n bytes, and append what is to be sent back to replies,
 * whose length the caller sets to 0 before.  A reply that does not fit is left
 * out whole.  After GRPC_SERVING or GRPC_FAILED further bytes change nothing.
 */
enum grpc_result grpc_feed(struct grpc *g, const char *bytes, size_t n,
                           struct grpc_replies *replies);

/* Append the reason of GRPC_FAILED. */
void grpc_reason(const struct grpc *g, struct text *t);

#endif
