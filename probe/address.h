/* SPDX-License-Identifier: MIT */
#ifndef HALE_ADDRESS_H
#define HALE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An IPv4 or IPv6 address. */
struct address {
	int family;              /* AF_INET or AF_INET6 */
	unsigned char bytes[16]; /* in network order; IPv4: 4 and zeros */
};

/* A socket's name, as the kernel takes it. */
union address_name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Read the first n bytes of s as inet_pton(3) does (no zone, no octal).  False
 * if they are no address. */
bool address_parse(struct address *a, const char *s, size_t n);

/* Are two addresses the same? */
bool address_equal(const struct address *a, const struct address *b);

/* Add an address to a list of *count, which has room for max, unless it is full
 * or has that address. */
void address_add(struct address *list, int *count, int max,
                 const struct address *a);

/* Put address and port (host order) into *name; returns its length. */
socklen_t address_name(const struct address *a, unsigned short port,
                       union address_name *name);

/* Put the path of a unix socket, at most 107 bytes, into *name; returns its
 * length. */
socklen_t address_unix(const char *path, union address_name *name);

#endif
