/* SPDX-License-Identifier: MIT */
#ifndef HALE_GRPC_MESSAGE_H
#define HALE_GRPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRPC_MESSAGE_PREFIX_SIZE = 5 }; /* bytes in front of a gRPC message */

/* The ServingStatus of a HealthCheckResponse; 0 is UNKNOWN. */
enum {
	GRPC_STATE_SERVING = 1,
	GRPC_STATE_NOT_SERVING = 2,
	GRPC_STATE_SERVICE_UNKNOWN = 3,
};

/* What the next byte of a grpc.health.v1.HealthCheckResponse belongs to. */
enum grpc_message_state {
	GRPC_MESSAGE_PREFIX, /* gRPC's own: the compressed flag, the length */
	GRPC_MESSAGE_KEY,    /* the number and wire type of a field */
	GRPC_MESSAGE_VARINT, /* a field that is a number */
	GRPC_MESSAGE_LENGTH, /* the length of a field to skip */
	GRPC_MESSAGE_SKIP,   /* a field to skip */
	GRPC_MESSAGE_COMPRESSED, /* nothing that hale can read */
	GRPC_MESSAGE_MALFORMED,  /* nothing: it cannot be understood */
};

/* A message that is being read, however it comes in pieces.  All zero is the
 * beginning. */
struct grpc_message {
	enum grpc_message_state state;
	size_t prefix_length;    /* bytes of the prefix that came */
	uint32_t left;           /* bytes of the message still to come */
	uint64_t varint;         /* as far as it came */
	int shift;               /* bits of it that came */
	uint64_t field;          /* the number of the field */
	uint64_t skip;           /* bytes of it to skip */
	uint32_t serving_status; /* the last field 1, or 0 */
};

/* Read the next byte. */
void grpc_message_feed(struct grpc_message *m, unsigned char c);

/* Was that all of one message, which could be understood? */
bool grpc_message_complete(const struct grpc_message *m);

#endif
