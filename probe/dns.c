/* SPDX-License-Identifier: MIT */
/*
 * dns: writes queries and reads answers of the Domain Name System, RFC 1035.
 *
 * Bytes in, addresses out; resolver.c has the socket.  Anybody can send such a
 * message, so every length is checked against the message's end, and a message
 * that is not exactly an answer to the question is no answer at all.  The
 * pointers that compress names are never followed: the names that they would
 * lead to do not matter.
 */
#include "probe/dns.h"

#include <ctype.h>
#include <string.h>

/* Where a message has what, the bits of its flags and its codes. */
enum {
	AT_FLAGS = 2,
	AT_QUESTIONS = 4,
	AT_ANSWERS = 6,
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSION_DESIRED = 0x0100,
	MASK_OPCODE = 0x7800, /* 0 for a standard query */
	MASK_RCODE = 0x000f,
	RCODE_NO_ERROR = 0,
	RCODE_NO_NAME = 3, /* NXDOMAIN */
	CLASS_IN = 1,
	POINTER = 0xc0, /* the two high bits of a label's length */
};

/* What is not read yet of a message. */
struct reader {
	const unsigned char *at, *end;
};

struct record {
	unsigned type, class;
	size_t length; /* of data */
	const unsigned char *data;
};

/* ------ Writing ------ */

static void
write_u16(unsigned char *bytes, unsigned value)
{
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
}

/* Write "db.example." as 2 db 7 example 0; returns its length, or 0. */
static size_t
write_name(unsigned char *bytes, const char *name)
{
	size_t at = 0;

	do {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > DNS_LABEL_MAX ||
		    at + 1 + label + 1 > DNS_WIRE_NAME_MAX)
			return 0;
		bytes[at++] = (unsigned char)label;
		memcpy(bytes + at, name, label);
		at += label;
		name += label;
		if (*name == '.')
			name++;
	} while (*name != '\0');
	bytes[at++] = 0;
	return at;
}

bool
dns_build_query(struct dns_query *query, uint16_t id, enum dns_type type,
                const char *name)
{
	unsigned char *bytes = query->bytes;
	size_t n = write_name(bytes + DNS_HEADER_SIZE, name);

	if (n == 0)
		return false;
	n += DNS_HEADER_SIZE;
	memset(bytes, 0, DNS_HEADER_SIZE);
	write_u16(bytes, id);
	write_u16(bytes + AT_FLAGS, FLAG_RECURSION_DESIRED);
	write_u16(bytes + AT_QUESTIONS, 1);
	write_u16(bytes + n, (unsigned)type);
	write_u16(bytes + n + 2, CLASS_IN);
	query->type = type;
	query->length = n + 4;
	return true;
}

/* ------ Reading ------ */

static unsigned
read_u16(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* Does the message repeat the question of the query?  A server may change the
 * case of its name; its lengths, type and class are smaller than any letter. */
static bool
repeats_question(const unsigned char *message, const struct dns_query *query)
{
	size_t i;

	for (i = DNS_HEADER_SIZE; i < query->length; i++)
		if (tolower(message[i]) != tolower(query->bytes[i]))
			return false;
	return true;
}

/* The next n bytes, or NULL if there are fewer. */
static const unsigned char *
take_bytes(struct reader *r, size_t n)
{
	const unsigned char *bytes = r->at;

	if ((size_t)(r->end - r->at) < n)
		return NULL;
	r->at += n;
	return bytes;
}

/* Skip a name: labels, and at their end an empty label or a pointer. */
static bool
skip_name(struct reader *r)
{
	const unsigned char *length;

	do {
		length = take_bytes(r, 1);
		if (length == NULL)
			return false;
		if (*length >= POINTER)
			return take_bytes(r, 1) != NULL;
		if (*length > DNS_LABEL_MAX || take_bytes(r, *length) == NULL)
			return false;
	} while (*length > 0);
	return true;
}

/* False if the record is malformed. */
static bool
read_record(struct reader *r, struct record *record)
{
	const unsigned char *head = skip_name(r) ? take_bytes(r, 10) : NULL;

	if (head == NULL)
		return false;
	record->type = read_u16(head);
	record->class = read_u16(head + 2);
	/* The time to live follows: nothing is cached. */
	record->length = read_u16(head + 8);
	record->data = take_bytes(r, record->length);
	return record->data != NULL;
}

/* Take the addresses out of the records.  False at the first record that is
 * malformed. */
static bool
read_addresses(struct reader *r, unsigned records, enum dns_type type,
               struct dns_answer *answer)
{
	size_t length = type == DNS_A ? 4 : 16;
	struct address a = {.family = type == DNS_A ? AF_INET : AF_INET6};
	struct record record;

	for (; records > 0; records--) {
		if (!read_record(r, &record))
			return false;
		if (record.type != type || record.class != CLASS_IN)
			continue; /* an alias, perhaps */
		if (record.length != length)
			return false;
		memcpy(a.bytes, record.data, length);
		address_add(answer->addresses, &answer->count,
		            DNS_ADDRESSES_MAX, &a);
	}
	return true;
}

bool
dns_read_answer(const unsigned char *message, size_t n,
                const struct dns_query *query, struct dns_answer *answer)
{
	struct reader r;
	unsigned flags;
	bool truncated;

	if (n < query->length || memcmp(message, query->bytes, 2) != 0)
		return false;
	flags = read_u16(message + AT_FLAGS);
	if ((flags & (FLAG_RESPONSE | MASK_OPCODE)) != FLAG_RESPONSE ||
	    read_u16(message + AT_QUESTIONS) != 1 ||
	    !repeats_question(message, query))
		return false;
	r.at = message + query->length;
	r.end = message + n;
	truncated = (flags & FLAG_TRUNCATED) != 0;
	answer->code = (int)(flags & MASK_RCODE);
	answer->count = 0;
	if (answer->code == RCODE_NO_NAME)
		answer->result = DNS_NO_NAME;
	else if (answer->code != RCODE_NO_ERROR)
		answer->result = DNS_SERVER_FAILED;
	else if (!read_addresses(&r, read_u16(message + AT_ANSWERS),
	                         query->type, answer) &&
	         !truncated)
		return false;
	else if (answer->count > 0)
		answer->result = DNS_ADDRESSES;
	else
		answer->result = truncated ? DNS_TRUNCATED : DNS_NO_DATA;
	return true;
}
