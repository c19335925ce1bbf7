/* SPDX-License-Identifier: MIT */
/*
 * What is taken for an answer is an answer: it has the question in it, and its
 * addresses are bytes of the message.
 *
 * Input: "A" or another word for AAAA; the name that was asked for; the
 * message. Its first two bytes are the ID, so that the fuzzer need not guess
 * it.
 */
#include "probe/dns.h"

#include <string.h>

#include "input.h"

static bool
contains(const unsigned char *bytes, size_t n, const void *wanted, size_t size)
{
	return memmem(bytes, n, wanted, size) != NULL;
}

static void
judge_addresses(const unsigned char *message, size_t n, enum dns_type type,
                const struct dns_answer *answer)
{
	int i, k;

	demand((answer->count > 0) == (answer->result == DNS_ADDRESSES));
	demand(answer->count >= 0 && answer->count <= DNS_ADDRESSES_MAX);
	for (i = 0; i < answer->count; i++) {
		const struct address *a = &answer->addresses[i];

		demand(a->family == (type == DNS_A ? AF_INET : AF_INET6));
		demand(contains(message, n, a->bytes, type == DNS_A ? 4 : 16));
		for (k = 0; k < i; k++)
			demand(!address_equal(a, &answer->addresses[k]));
	}
}

static void
judge(const unsigned char *message, size_t n, const struct dns_query *query,
      const struct dns_answer *answer)
{
	size_t length = query->length;

	demand(n >= length);
	demand((message[2] & 0x80) != 0);
	demand(memcmp(message + length - 4, query->bytes + length - 4, 4) == 0);
	demand((answer->result == DNS_NO_NAME) == (answer->code == 3));
	demand(answer->result != DNS_TRUNCATED || (message[2] & 2) != 0);
	judge_addresses(message, n, query->type, answer);
}

void
fuzz(struct input *in)
{
	bool a = strcmp(input_word(in), "A") == 0;
	const char *name = input_word(in);
	struct dns_query query;
	struct dns_answer answer;
	uint16_t id = 0;
	size_t n;
	const unsigned char *message =
	    (const unsigned char *)input_rest(in, &n);

	if (n >= 2)
		id = (uint16_t)(message[0] << 8 | message[1]);
	if (!dns_build_query(&query, id, a ? DNS_A : DNS_AAAA, name))
		return;
	demand(query.length <= sizeof(query.bytes));
	memset(&answer, 0x5a, sizeof(answer));
	if (dns_read_answer(message, n, &query, &answer))
		judge(message, n, &query, &answer);
}
