/* SPDX-License-Identifier: MIT */
/*
 * grpc: asks a server for its health, and finds that in its answer.
 *
 * This is as much of HTTP/2 (RFC 9113) as the one call of grpc.health.v1 takes;
 * hpack.c has its header blocks and grpc_message.c has its message.  The whole
 * request goes out at once, before the server has said anything.  The answer is
 * read a byte at a time and hardly anything of it is kept, so neither the
 * result nor the memory depends on how it was split on its way, or on how many
 * frames it came in.
 */
#include "probe/grpc.h"

#include <string.h>

#include "probe/http.h"

enum frame_type {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_GOAWAY = 7,
	FRAME_CONTINUATION = 9,
	FRAME_IGNORED = 0xff, /* stands for all that say nothing about the call,
	                         and for types that were invented later */
};

enum frame_flag {
	FLAG_ACK = 0x01, /* of SETTINGS and PING */
	FLAG_END_STREAM = 0x01,
	FLAG_END_HEADERS = 0x04,
	FLAG_PADDED = 0x08,
	FLAG_PRIORITY = 0x20,
};

enum {
	OUR_STREAM = 1, /* the stream of the call, the first of a client */
	FRAME_LENGTH_SIZE = 3, /* bytes of the length that it begins with */
	RST_STREAM_SIZE = 4,   /* bytes of payload */
	PING_SIZE = 8,
	GOAWAY_SIZE = 8,   /* without the text for people */
	PRIORITY_SIZE = 5, /* bytes of a priority in front of a header block */
};

/* The upper bit of a stream's number means nothing. */
#define STREAM_ID_MASK 0x7fffffffU

/* Values of grpc-status. */
enum { STATUS_OK = 0, STATUS_NOT_FOUND = 5, STATUS_UNIMPLEMENTED = 12 };

static const char not_grpc[] = "not a gRPC answer";
static const char no_status[] = "no grpc-status";
static const char service_unknown[] = "service unknown";

/* ------ The request ------ */

/* The fixed parts of a request.  Lengths of 0 are filled in by end_frame. */

/* hpack.c says why the table's size is 0. */
static const char opening[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
			      "\0\0\6\4\0\0\0\0\0" /* SETTINGS, 6 bytes: */
			      "\0\1\0\0\0\0";      /* HEADER_TABLE_SIZE = 0 */

/* The header fields have indexes into the static table and lengths as RFC 7541
 * has them.  The authority comes in between. */
static const char call_fields[] =
    "\0\0\0\1\4\0\0\0\1" /* HEADERS, END_HEADERS, our stream */
    "\x83"               /* :method: POST */
    "\x86"               /* :scheme: http */
    "\x04\x1c"           /* :path: */
    "/grpc.health.v1.Health/Check"
    "\x01"; /* :authority: */
static const char type_fields[] = "\0\x02te\x08trailers"
				  "\x0f\x10\x10" /* content-type: */
				  "application/grpc";

static const char message_prefix[] =
    "\0\0\0\0\1\0\0\0\1" /* DATA, END_STREAM, our stream */
    "\0\0\0\0\0";        /* gRPC's: not compressed, the length */

/* Names that a --health-header cannot set, since HTTP/2 forbids them or the
 * call needs its own value. */
static const char reserved_headers[][sizeof("transfer-encoding")] = {
    "host", /* the authority, see add_authority */
    "connection",
    "content-length",
    "content-type",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
};

enum {
	RESERVED_HEADERS = sizeof(reserved_headers) / sizeof(*reserved_headers)
};

static bool
is_reserved(const char *header)
{
	size_t i;

	for (i = 0; i < RESERVED_HEADERS; i++)
		if (http_header_named(header, reserved_headers[i]))
			return true;
	return false;
}

/* Append the value of a field without the blanks at its end, which HTTP/2
 * forbids. */
static void
add_value(struct text *t, const char *value)
{
	size_t n = strlen(value);

	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	hpack_add_string(t, value, n);
}

static void
add_authority(struct text *t, const char *const *headers)
{
	const char *value, *authority = "localhost";

	for (; *headers != NULL; headers++) {
		value = http_header_value(*headers);
		if (http_header_named(*headers, "host") && *value != '\0')
			authority = value;
	}
	add_value(t, authority);
}

static void
add_metadata(struct text *t, const char *const *headers)
{
	const char *value;

	for (; *headers != NULL; headers++) {
		value = http_header_value(*headers);
		if (is_reserved(*headers) || *value == '\0')
			continue;
		hpack_add_name(t, *headers, strcspn(*headers, ":"));
		add_value(t, value);
	}
}

/* Fill in the length of the frame that began at start. */
static void
end_frame(struct text *t, size_t start)
{
	size_t n = t->length - start - GRPC_FRAME_HEADER_SIZE;

	if (t->cut)
		return;
	t->buffer[start + 1] = (char)(n >> 8);
	t->buffer[start + 2] = (char)n;
}

/* Append the message: a HealthCheckRequest, whose field 1 is the service.  Its
 * length is a part of gRPC's prefix too. */
static void
add_message(struct text *t, const char *service)
{
	size_t n = strlen(service);
	const char field[] = {0x0a, (char)n};
	size_t start = t->length;

	text_bytes(t, message_prefix, sizeof(message_prefix) - 1);
	if (n > 0) {
		if (!t->cut)
			t->buffer[t->length - 1] = (char)(sizeof(field) + n);
		text_bytes(t, field, sizeof(field));
		text_string(t, service);
	}
	end_frame(t, start);
}

void
grpc_request(struct text *t, const char *service, const char *const *headers)
{
	size_t start;

	text_bytes(t, opening, sizeof(opening) - 1);
	start = t->length;
	text_bytes(t, call_fields, sizeof(call_fields) - 1);
	add_authority(t, headers);
	text_bytes(t, type_fields, sizeof(type_fields) - 1);
	add_metadata(t, headers);
	end_frame(t, start);
	add_message(t, service);
}

/* ------ The result ------ */

void
grpc_init(struct grpc *g)
{
	memset(g, 0, sizeof(*g));
	g->number = -1;
	hpack_init(&g->block);
}

/* The functions from here on return what is wrong with the answer, or NULL. */

/* Judge the message of a call that succeeded. */
static const char *
judge_message(const struct grpc_message *m)
{
	if (m->state == GRPC_MESSAGE_COMPRESSED)
		return "compressed answer";
	if (!grpc_message_complete(m))
		return "malformed answer";
	if (m->serving_status == GRPC_STATE_SERVING)
		return NULL;
	if (m->serving_status == GRPC_STATE_NOT_SERVING)
		return "NOT_SERVING";
	if (m->serving_status == GRPC_STATE_SERVICE_UNKNOWN)
		return service_unknown;
	return "UNKNOWN";
}

/* The server has ended the call, and its last header block is complete. */
static const char *
judge_call(struct grpc *g)
{
	int status = g->block.status;

	if (status == STATUS_OK)
		return judge_message(&g->message);
	if (status == STATUS_NOT_FOUND)
		return service_unknown;
	if (status == STATUS_UNIMPLEMENTED)
		return "no health service";
	if (status < 0)
		return no_status;
	g->number = status;
	return "grpc-status ";
}

/* ------ Frames ------ */

/* The number in the four bytes at bytes. */
static uint32_t
get_number(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool
has_flag(const struct grpc *g, enum frame_flag flag)
{
	return (g->frame.flags & flag) != 0;
}

/* Acknowledge a frame, with n bytes of its payload. */
static void
add_reply(const struct grpc *g, struct grpc_replies *replies, uint8_t n)
{
	char *reply = replies->bytes + replies->length;
	size_t size = GRPC_FRAME_HEADER_SIZE + n;

	if (size > sizeof(replies->bytes) - replies->length)
		return;
	memset(reply, 0, GRPC_FRAME_HEADER_SIZE);
	reply[2] = (char)n;
	reply[3] = (char)g->frame.type;
	reply[4] = FLAG_ACK;
	memcpy(reply + GRPC_FRAME_HEADER_SIZE, g->collected, n);
	replies->length += size;
}

/* The server has refused the call, or the connection. */
static const char *
end_with_error(struct grpc *g, uint32_t error)
{
	g->number = error;
	return "HTTP/2 error ";
}

/* A header block ends with END_HEADERS, and the call with END_STREAM, which the
 * HEADERS frame has even if CONTINUATION frames follow it. */
static const char *
end_block_frame(struct grpc *g)
{
	const uint8_t last = FLAG_END_HEADERS | FLAG_END_STREAM;
	const char *wrong;

	if ((g->block_flags & last) != last)
		return NULL;
	wrong = judge_call(g);
	if (wrong == NULL)
		g->result = GRPC_SERVING;
	return wrong;
}

/* Do what a frame calls for, now that its payload is complete. */
static const char *
obey_frame(struct grpc *g, struct grpc_replies *replies)
{
	uint32_t length = g->frame.length;

	switch (g->frame.type) {
	case FRAME_DATA:
		return has_flag(g, FLAG_END_STREAM) ? no_status : NULL;
	case FRAME_HEADERS:
	case FRAME_CONTINUATION:
		return end_block_frame(g);
	case FRAME_RST_STREAM:
		if (length != RST_STREAM_SIZE)
			return not_grpc;
		return end_with_error(g, get_number(g->collected));
	case FRAME_SETTINGS:
		if (!has_flag(g, FLAG_ACK))
			add_reply(g, replies, 0);
		break;
	case FRAME_PING:
		if (!has_flag(g, FLAG_ACK) && length == PING_SIZE)
			add_reply(g, replies, PING_SIZE);
		break;
	case FRAME_GOAWAY:
		/* The server takes no further call.  If the last one that it
		 * still answers is ours, wait for that. */
		if (length >= GOAWAY_SIZE &&
		    (get_number(g->collected) & STREAM_ID_MASK) < OUR_STREAM)
			return end_with_error(g, get_number(g->collected + 4));
		break;
	}
	return NULL;
}

/* Keep the byte if it is one of the first of its frame's header or payload. */
static void
collect_byte(struct grpc *g, unsigned char c)
{
	if (g->collected_length < sizeof(g->collected))
		g->collected[g->collected_length++] = c;
}

static const char *
read_payload(struct grpc *g, unsigned char c)
{
	uint32_t position = g->position++;

	if (position == 0 && g->content_begin > 0 && has_flag(g, FLAG_PADDED)) {
		if (c > g->content_end - g->content_begin)
			return not_grpc;
		g->content_end -= c;
	}
	if (position < g->content_begin || position >= g->content_end)
		return NULL;
	if (g->frame.type == FRAME_DATA)
		grpc_message_feed(&g->message, c);
	else if (g->frame.type == FRAME_HEADERS ||
	         g->frame.type == FRAME_CONTINUATION)
		hpack_feed(&g->block, c);
	else
		collect_byte(g, c);
	return NULL;
}

/* Does the frame belong to another stream than the call's?  A server may push
 * one, as an answer to a call that it expects. */
static bool
is_foreign(const struct frame_header *frame)
{
	switch (frame->type) {
	case FRAME_DATA:
	case FRAME_HEADERS:
	case FRAME_RST_STREAM:
	case FRAME_CONTINUATION:
		return frame->stream_id != OUR_STREAM;
	default:
		return false;
	}
}

/* The header of a frame is complete: find out what of the payload is content,
 * and neither padding nor priority. */
static const char *
begin_payload(struct grpc *g)
{
	struct frame_header *frame = &g->frame;
	bool padded = has_flag(g, FLAG_PADDED);

	g->in_payload = true;
	g->position = 0;
	g->content_begin = 0;
	g->content_end = frame->length;
	if (is_foreign(frame))
		frame->type = FRAME_IGNORED;
	if (frame->type == FRAME_DATA) {
		g->content_begin = padded;
	} else if (frame->type == FRAME_HEADERS) {
		g->content_begin = padded;
		if (has_flag(g, FLAG_PRIORITY))
			g->content_begin += PRIORITY_SIZE;
		hpack_init(&g->block);
		g->block_flags = frame->flags;
	} else if (frame->type == FRAME_CONTINUATION) {
		g->block_flags |= frame->flags & FLAG_END_HEADERS;
	}
	return g->content_begin > frame->length ? not_grpc : NULL;
}

/* A server that does not speak HTTP/2 sends what would be a frame of more than
 * GRPC_FRAME_MAX bytes, and may send no more than these three bytes. */
static const char *
check_frame_length(const struct grpc *g)
{
	bool is_first = g->seen == FRAME_LENGTH_SIZE;

	if (get_number(g->collected) >> 8 <= GRPC_FRAME_MAX)
		return NULL;
	if (is_first && g->collected[0] == 0x15) /* an alert */
		return "server speaks TLS";
	if (is_first && g->collected[0] == 'H')
		return "server speaks HTTP/1.1";
	return not_grpc;
}

static const char *
read_frame_header(struct grpc *g, unsigned char c)
{
	const unsigned char *bytes = g->collected;

	collect_byte(g, c);
	if (g->collected_length == FRAME_LENGTH_SIZE)
		return check_frame_length(g);
	if (g->collected_length < GRPC_FRAME_HEADER_SIZE)
		return NULL;
	g->collected_length = 0;
	g->frame.length = get_number(bytes) >> 8;
	g->frame.type = bytes[3];
	g->frame.flags = bytes[4];
	g->frame.stream_id = get_number(bytes + 5) & STREAM_ID_MASK;
	return begin_payload(g);
}

static const char *
read_answer_byte(struct grpc *g, unsigned char c, struct grpc_replies *replies)
{
	const char *wrong =
	    g->in_payload ? read_payload(g, c) : read_frame_header(g, c);

	if (wrong != NULL || !g->in_payload || g->position < g->frame.length)
		return wrong;
	g->in_payload = false;
	g->collected_length = 0;
	return obey_frame(g, replies);
}

enum grpc_result
grpc_feed(struct grpc *g, const char *bytes, size_t n,
          struct grpc_replies *replies)
{
	size_t i;

	for (i = 0; i < n && g->result == GRPC_MORE; i++) {
		g->reason =
		    ++g->seen > GRPC_ANSWER_MAX
			? not_grpc
			: read_answer_byte(g, (unsigned char)bytes[i], replies);
		if (g->reason != NULL)
			g->result = GRPC_FAILED;
	}
	return g->result;
}

void
grpc_reason(const struct grpc *g, struct text *t)
{
	text_string(t, g->reason);
	if (g->number >= 0)
		text_number(t, g->number);
}
