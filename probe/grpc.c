/* SPDX-License-Identifier: MIT */
/*
 * grpc: asks a server for its health, and finds that in what it answers.
 *
 * Of HTTP/2 (RFC 9113) and its headers (RFC 7541) this is what one call takes.
 * All that is asked goes in one piece, before the server has said anything.  It
 * is told to keep no table of headers, so that grpc-status says all of itself
 * and can be found by its bytes, whatever stands around it.  The answer is read
 * a byte at a time and none of it is kept, so that neither the verdict nor the
 * memory depends on how much of it came at once, or in how many frames.
 */
#include "probe/grpc.h"

#include <string.h>

enum {
	HEAD = 9, /* bytes in front of each frame */
	FRAME_MAX = 16384,
	NO_NUMBER = 0xff, /* in place of a status */
};

/* Frames. */
enum {
	DATA,
	HEADERS,
	RESET = 3,
	SETTINGS,
	PING = 6,
	GOAWAY,
	CONTINUATION = 9,
	NONE = 0xff, /* a head is being read */
};

/* What they are marked with. */
enum {
	ACK = 0x01,
	END_STREAM = 0x01,
	END_HEADERS = 0x04,
	PADDED = 0x08,
};

/* What an answer comes to, in the order of the reasons; the first ones are as a
 * message has them. */
enum {
	READING,
	SERVING,
	SERVICE_UNKNOWN = 3,
	UNKNOWN,
	NO_SERVICE,
	NO_STATUS,
	OTHER,
	SPEAKS_TLS,
	SPEAKS_HTTP1,
	STATUS,
	REFUSED,
};

static const char reasons[] = "\0"
                                    "NOT_SERVING\0"
                                    "service unknown\0"
                                    "UNKNOWN\0"
                                    "no health service\0"
                                    "no grpc-status\0"
                                    "not a gRPC answer\0"
                                    "server speaks TLS\0"
                                    "server speaks HTTP/1.1\0"
                                    "grpc-status \0"
                                    "HTTP/2 error ";

/* The digit that these bits begin with, in Huffman's code. */
static unsigned char
digit(unsigned char bits)
{
	if (bits >> 3 < 3)
		return bits >> 3;
	return (unsigned char)((bits >> 2) - 22);
}

/* A byte of a header, or of what stands around one.  Not in line: g is near
 * then. */
static void
read_headers(struct grpc *g, unsigned char c)
{
	/* The name behind its length, plain and in Huffman's code. */
	static const char names[] = "\x0bgrpc-status\0"
				    "\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f";
	enum { CODED = 13 };
	unsigned char next = 0, bits = c;

	if ((g->length & 0x7f) != 0) {
		/* Of two digits, the first is a 1 and takes five bits. */
		if (g->number != 0)
			bits = (unsigned char)((g->before << 8 | c) >> 3);
		bits =
		    g->length < 0x80 ? (unsigned char)(c - '0') : digit(bits);
		g->number = (unsigned char)(g->number * 10 + bits);
		g->before = c;
		g->length--;
		return;
	}
	if (names[g->name] == '\0') {
		if ((unsigned)(c & 0x7f) - 1 < 2) {
			g->length = c;
			g->number = 0;
		}
	} else if (names[g->name] == (char)c) {
		next = (unsigned char)(g->name + 1);
	} else if (c == 0x88) {
		next = CODED + 1;
	}
	g->name = next;
}

/* The head of a frame is whole. */
static void
open_frame(struct grpc *g, char **reply)
{
	unsigned char flags = (unsigned char)(g->last >> 32);
	unsigned char type = (unsigned char)(g->last >> 40);
	char *to = *reply;

	g->left = (unsigned)(g->last >> 48);
	g->pad = 0;
	g->type = type;
	if (type == CONTINUATION) {
		g->type = HEADERS;
		g->flags |= flags & END_HEADERS;
		return;
	}
	g->flags = flags;
	if (type == HEADERS) {
		g->number = NO_NUMBER;
		g->name = 0;
		g->length = 0;
	}
	if (type == GOAWAY)
		g->pad = g->left - 8;
	if (type != SETTINGS && type != PING)
		return;
	g->type = SETTINGS;
	if ((flags & ACK) != 0)
		return;
	g->type = type;
	memset(to, 0, HEAD);
	to[2] = (char)((type - SETTINGS) * 4); /* 8 of a PING, which follow */
	to[3] = (char)type;
	to[4] = ACK;
	*reply = to + HEAD;
}

/* The call has ended, with this status. */
static unsigned char
judge(const struct grpc *g)
{
	/* From its first byte on: not compressed, two bytes long, and in field
	 * 1 a SERVING. */
	unsigned long long beyond = g->message - 0xff00000000020801;

	if (g->number == 5)
		return SERVICE_UNKNOWN;
	if (g->number == 12)
		return NO_SERVICE;
	if (g->number == NO_NUMBER)
		return NO_STATUS;
	if (g->number != 0)
		return STATUS;
	if (beyond >= UNKNOWN - SERVING)
		return UNKNOWN;
	return (unsigned char)(SERVING + beyond);
}

/* What a frame comes to when all that matters of it has been seen. */
static unsigned char
close_frame(struct grpc *g)
{
	unsigned char type = g->type;

	if (type == GOAWAY && (unsigned)(g->last >> 32) << 1 == 0)
		type = RESET;
	if (type == RESET) {
		g->number = (unsigned char)g->last;
		return REFUSED;
	}
	if (type > HEADERS || (g->flags & END_STREAM) == 0)
		return READING;
	if (type == DATA)
		return NO_STATUS;
	return (g->flags & END_HEADERS) != 0 ? judge(g) : READING;
}

static unsigned char
step(struct grpc *g, unsigned char c, char **reply)
{
	unsigned char at = READING;

	g->last = g->last << 8 | c;
	g->left--;
	if (++g->seen == 0)
		return OTHER; /* 64 KiB of it */
	if (g->type == NONE) {
		unsigned length = g->last & 0xffffff;

		if (g->left == HEAD - 3 && length > FRAME_MAX) {
			length >>= 16;
			return length == 0x15  ? SPEAKS_TLS
			       : length == 'H' ? SPEAKS_HTTP1
			                       : OTHER;
		}
		if (g->left > 0)
			return READING;
		open_frame(g, reply);
	} else if (g->type == HEADERS) {
		read_headers(g, c);
	} else if (g->type == PING) {
		*(*reply)++ = (char)c;
	} else if (g->type == DATA) {
		if ((g->flags & PADDED) != 0) {
			g->flags ^= PADDED;
			g->pad = c;
		} else if (g->left >= g->pad) {
			g->message = g->message << 8 | c;
		}
	}
	if (g->left == g->pad)
		at = close_frame(g);
	if (g->left == 0) {
		g->type = NONE;
		g->left = HEAD;
	}
	return at;
}

const char *
grpc_feed(struct grpc *g, const char *bytes, size_t n, char **reply)
{
	unsigned char at;

	for (; n > 0; n--) {
		at = step(g, (unsigned char)*bytes++, reply);
		if (at != READING)
			return text_behind(reasons, at - SERVING);
	}
	return NULL;
}

size_t
grpc_request(struct grpc *g, char *buffer, const char *service)
{
	/* With the most that an answer can be told, the reader can be small. */
	static const char request[] =
	    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	    /* SETTINGS: no table of headers */
	    "\0\0\x06\x04\0\0\0\0\0\0\x01\0\0\0\0"
	    /* HEADERS: POST, http, path, authority, and two more */
	    "\0\0\x4b\x01\x04\0\0\0\x01\x83\x86"
	    "\x04\x1c/grpc.health.v1.Health/Check"
	    "\x01\x09localhost"
	    "\0\x02te\x08trailers"
	    "\x0f\x10\x10"
	    "application/grpc"
	    /* DATA: a message, and its field 1 if there is a service */
	    "\0\0\x05\0\x01\0\0\0\x01\0\0\0\0\0\x0a";
	enum { END = sizeof(request) };
	size_t n = strlen(service);
	char *at = buffer + END;

	*g = (struct grpc){.message = 0xff, .left = HEAD, .type = NONE};
	memcpy(buffer, request, END);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(at, service, n);
	at[-1] = (char)n;
	if (n > 0)
		n += 2;
	at[-3] = (char)n;
	at[-14] = (char)(n + 5);
	return END - 2 + n;
}
