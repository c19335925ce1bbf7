/* SPDX-License-Identifier: MIT */
#ifndef HALE_GRPC_H
#define HALE_GRPC_H

#include "lib/text.h"

enum { GRPC_AHEAD = 8 }; /* bytes of replies beyond those of a piece */

/* What is known of an answer, however it comes in pieces. */
struct grpc {
	unsigned long long last;    /* eight bytes, the last one lowest */
	unsigned long long message; /* the same, of the message alone */
	unsigned left;              /* bytes of the frame, or of its head */
	unsigned pad;               /* bytes at the end of it to leave out */
	unsigned short seen;        /* bytes */
	unsigned char type, flags;  /* of the frame */
	unsigned char name;         /* bytes that fit the status's name */
	unsigned char length;       /* bytes of its value, and 128 if coded */
	unsigned char before;       /* the byte before this one of it */
	unsigned char number;       /* of the status, or of HTTP/2's error */
};

/* Put what asks for the health of service, which has 127 bytes at the most and
 * none for the server as a whole; begin with the answer.  How many bytes that
 * are, 266 at the most. */
size_t grpc_request(struct grpc *g, char *buffer, const char *service);

/* Look at the next n bytes, and put what is to be sent back at *reply, which is
 * moved behind it; that may be GRPC_AHEAD bytes in front of them.  NULL if
 * there is more to come, "" if the answer is SERVING, or why it is not; behind
 * a blank at the end belongs g->number. */
const char *grpc_feed(struct grpc *g, const char *bytes, size_t n,
                      char **reply);

#endif
