/* SPDX-License-Identifier: MIT */
#ifndef HALE_ADDRESS_H
#define HALE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Where to connect to. */
struct address {
	unsigned short family;   /* AF_INET or AF_INET6 */
	unsigned short port;     /* 1-65535, in the host's order */
	unsigned char bytes[16]; /* in network order; 4 or all are used */
};

/* The IPv4 or IPv6 address that the first n bytes of s are, as inet_pton(3)
 * takes it (RFC 4291; no zone, no octal); port is 0 then.  False if it is
 * none. */
bool address_parse(struct address *a, const char *s, size_t n);

#endif
