/* SPDX-License-Identifier: MIT */
/*
 * address: reads an IPv4 or IPv6 address and makes socket names of it.
 *
 * Only literal addresses are known here; resolver.c turns names into them.
 */
#include "probe/address.h"

#include <arpa/inet.h>
#include <string.h>

bool
address_parse(struct address *a, const char *s, size_t n)
{
	char text[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	a->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(a->family, text, a->bytes) == 1;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
address_add(struct address *list, int *count, int max, const struct address *a)
{
	int i;

	for (i = 0; i < *count; i++)
		if (address_equal(&list[i], a))
			return;
	if (*count < max)
		list[(*count)++] = *a;
}

socklen_t
address_name(const struct address *a, unsigned short port,
             union address_name *name)
{
	memset(name, 0, sizeof(*name));
	if (a->family == AF_INET) {
		name->in.sin_family = AF_INET;
		name->in.sin_port = htons(port);
		memcpy(&name->in.sin_addr, a->bytes, 4);
		return sizeof(name->in);
	}
	name->in6.sin6_family = AF_INET6;
	name->in6.sin6_port = htons(port);
	memcpy(&name->in6.sin6_addr, a->bytes, 16);
	return sizeof(name->in6);
}

socklen_t
address_unix(const char *path, union address_name *name)
{
	memset(name, 0, sizeof(*name));
	name->un.sun_family = AF_UNIX;
	memcpy(name->un.sun_path, path,
	       strnlen(path, sizeof(name->un.sun_path) - 1));
	return sizeof(name->un);
}
