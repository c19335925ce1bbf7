/* SPDX-License-Identifier: MIT */
#ifndef HALE_DNS_H
#define HALE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/address.h"

enum {
	DNS_LABEL_MAX = 63, /* bytes of a label, RFC 1035 section 2.3.4 */
	DNS_NAME_MAX = 253, /* bytes of a name, without a trailing dot */
	DNS_WIRE_NAME_MAX = DNS_NAME_MAX + 2, /* ... in a message */
	DNS_HEADER_SIZE = 12,
	DNS_QUERY_MAX = DNS_HEADER_SIZE + DNS_WIRE_NAME_MAX + 4,
	DNS_ADDRESSES_MAX = 8, /* that are taken of an answer */
};

/* What is asked for; the values are those of RFC 1035 and RFC 3596. */
enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

/* A query, as it is sent. */
struct dns_query {
	enum dns_type type;
	size_t length;
	unsigned char bytes[DNS_QUERY_MAX];
};

/* What came of it; of the results of two questions about a name, the one that
 * stands first here decides. */
enum dns_result {
	DNS_ADDRESSES,     /* there is at least one address */
	DNS_NO_ANSWER,     /* nothing has come yet */
	DNS_SERVER_FAILED, /* the server cannot or does not want to answer */
	DNS_TRUNCATED,     /* the answer was cut before the first address */
	DNS_NO_DATA,       /* the name has no address of this type */
	DNS_NO_NAME,       /* NXDOMAIN: there is no such name */
};

struct dns_answer {
	enum dns_result result;
	int code;  /* DNS_SERVER_FAILED: RCODE, 2 is SERVFAIL, 5 is REFUSED */
	int count; /* of addresses, each once */
	struct address addresses[DNS_ADDRESSES_MAX];
};

/* Write the query that asks for name, which is absolute, with or without a dot
 * at its end.  id has to be unpredictable, so that nobody can forge the answer.
 * False if the name cannot be asked: empty, a label empty or too long, or as a
 * whole too long. */
bool dns_build_query(struct dns_query *query, uint16_t id, enum dns_type type,
                     const char *name);

/* Understand a message of n bytes.  False if it is no well-formed answer to the
 * query, and so has to be ignored; answer->result stays what it was.  Modelled
 * on RFC 1035 section 4; the addresses of the answer section are taken whatever
 * name they have, since aliases (CNAME) lead to them. */
bool dns_read_answer(const unsigned char *message, size_t n,
                     const struct dns_query *query, struct dns_answer *answer);

#endif
