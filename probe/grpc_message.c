/* SPDX-License-Identifier: MIT */
/*
 * grpc_message: reads a HealthCheckResponse of grpc.health.v1.
 *
 * It is read as any protobuf decoder reads it: fields may come in any order and
 * more than once, the last one counts, and unknown fields are skipped by their
 * wire type.  (Groups, which protobuf has given up, are not.)  So a server with
 * a newer version of the protocol is understood.
 */
#include "probe/grpc_message.h"

/* The bit at which the last byte of a varint may begin. */
enum { VARINT_SHIFT_MAX = 63 };

/* What follows the key of a field. */
enum wire_type {
	WIRE_VARINT = 0,
	WIRE_64_BITS = 1,
	WIRE_LENGTH = 2, /* a length, and that many bytes */
	WIRE_32_BITS = 5,
};

/* Read gRPC's prefix: whether the message is compressed, and its length in four
 * bytes. */
static void
read_prefix(struct grpc_message *m, unsigned char c)
{
	m->prefix_length++;
	if (m->prefix_length == 1) {
		if (c != 0)
			m->state = GRPC_MESSAGE_COMPRESSED;
		return;
	}
	m->left = m->left << 8 | c;
	if (m->prefix_length == GRPC_MESSAGE_PREFIX_SIZE)
		m->state = GRPC_MESSAGE_KEY;
}

/* Read a byte of a varint: seven bits, the lowest first, and whether there are
 * more.  Returns whether m->varint is complete. */
static bool
read_varint(struct grpc_message *m, unsigned char c)
{
	if (m->shift > VARINT_SHIFT_MAX) {
		m->state = GRPC_MESSAGE_MALFORMED;
		return false;
	}
	if (m->shift == 0)
		m->varint = 0;
	m->varint |= (uint64_t)(c & 0x7f) << m->shift;
	m->shift += 7;
	if ((c & 0x80) != 0)
		return false;
	m->shift = 0;
	return true;
}

static void
skip_bytes(struct grpc_message *m, uint64_t n)
{
	m->skip = n;
	m->state = n > 0 ? GRPC_MESSAGE_SKIP : GRPC_MESSAGE_KEY;
}

/* The key of a field is complete: its wire type says how long the field is. */
static void
begin_value(struct grpc_message *m)
{
	m->field = m->varint >> 3;
	if (m->field == 0 || m->varint > UINT32_MAX) {
		m->state = GRPC_MESSAGE_MALFORMED;
		return;
	}
	switch (m->varint & 7) {
	case WIRE_VARINT:
		m->state = GRPC_MESSAGE_VARINT;
		break;
	case WIRE_64_BITS:
		skip_bytes(m, 8);
		break;
	case WIRE_LENGTH:
		m->state = GRPC_MESSAGE_LENGTH;
		break;
	case WIRE_32_BITS:
		skip_bytes(m, 4);
		break;
	default:
		m->state = GRPC_MESSAGE_MALFORMED;
	}
}

/* A field that is a number is complete.  Field 1 is the ServingStatus, of which
 * the last one counts; an enum has 32 bits. */
static void
end_varint(struct grpc_message *m)
{
	if (m->field == 1)
		m->serving_status = (uint32_t)m->varint;
	m->state = GRPC_MESSAGE_KEY;
}

/* Read a byte of the message behind the prefix. */
static void
read_field(struct grpc_message *m, unsigned char c)
{
	if (m->left == 0) {
		/* A second message, where one is the answer. */
		m->state = GRPC_MESSAGE_MALFORMED;
		return;
	}
	m->left--;
	if (m->state == GRPC_MESSAGE_SKIP)
		skip_bytes(m, m->skip - 1);
	else if (!read_varint(m, c))
		return;
	else if (m->state == GRPC_MESSAGE_KEY)
		begin_value(m);
	else if (m->state == GRPC_MESSAGE_VARINT)
		end_varint(m);
	else
		skip_bytes(m, m->varint); /* GRPC_MESSAGE_LENGTH */
}

void
grpc_message_feed(struct grpc_message *m, unsigned char c)
{
	switch (m->state) {
	case GRPC_MESSAGE_PREFIX:
		read_prefix(m, c);
		break;
	case GRPC_MESSAGE_KEY:
	case GRPC_MESSAGE_VARINT:
	case GRPC_MESSAGE_LENGTH:
	case GRPC_MESSAGE_SKIP:
		read_field(m, c);
		break;
	case GRPC_MESSAGE_COMPRESSED:
	case GRPC_MESSAGE_MALFORMED:
		break;
	}
}

bool
grpc_message_complete(const struct grpc_message *m)
{
	/* Nothing is missing where the key of another field could come. */
	return m->state == GRPC_MESSAGE_KEY && m->left == 0 && m->shift == 0;
}
