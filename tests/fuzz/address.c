/* SPDX-License-Identifier: MIT */
/*
 * An address is read as inet_pton(3) reads it, whatever stands behind it; and
 * it is the same again when it is written and read.
 *
 * Input: an address, which no NUL ends.
 */
#include "probe/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "input.h"

enum { LONGEST = 60 };

static void
compare(int family, const char *word, const struct address *a, bool taken)
{
	unsigned char bytes[16] = {0};
	bool good = inet_pton(family, word, bytes) == 1;

	demand(good == (taken && a->family == family));
	demand(!good || memcmp(a->bytes, bytes, sizeof(bytes)) == 0);
}

static void
judge_round_trip(const struct address *a)
{
	char text[INET6_ADDRSTRLEN];
	struct address again;

	demand(inet_ntop(a->family, a->bytes, text, sizeof(text)) != NULL);
	demand(address_parse(&again, text, strlen(text)));
	demand(address_equal(a, &again));
}

void
fuzz(struct input *in)
{
	char word[LONGEST + 1];
	struct address a;
	size_t n;
	const char *bytes = input_rest(in, &n);
	bool taken;

	if (n > LONGEST || memchr(bytes, '\0', n) != NULL)
		return;
	memcpy(word, bytes, n);
	word[n] = '\0';
	taken = address_parse(&a, bytes, n);
	compare(AF_INET, word, &a, taken);
	compare(AF_INET6, word, &a, taken);
	if (taken)
		judge_round_trip(&a);
}
