/* SPDX-License-Identifier: MIT */
#ifndef HALE_RESOLVCONF_H
#define HALE_RESOLVCONF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "probe/address.h"

enum {
	RESOLVCONF_SERVERS_MAX = 3,
	RESOLVCONF_SEARCH_SIZE = 512, /* bytes of all search domains */
	RESOLVCONF_FILE_MAX = 4096,   /* bytes of it that are read */
	RESOLVCONF_NAME_SIZE = 255,   /* of a candidate with a dot and a NUL */
	RESOLVCONF_PORT = 53,
};

struct resolvconf_server {
	struct address address;
	unsigned short port;
	char text[INET6_ADDRSTRLEN]; /* the address, for messages */
};

/* What /etc/resolv.conf says, or its defaults. */
struct resolvconf {
	int ndots;           /* a name with as many is asked as it is first */
	int timeout_seconds; /* for an answer of one server, at the most */
	int attempts;        /* how often each server is asked */
	int server_count;    /* at least 1 */
	int domain_count;
	struct resolvconf_server servers[RESOLVCONF_SERVERS_MAX];
	char search[RESOLVCONF_SEARCH_SIZE]; /* domains, a blank behind each */
};

/* Understand text, in which anything may stand, and which is cut into words by
 * that.  Without a server that can be used there is one, 127.0.0.1.  Modelled
 * on resolv.conf(5) as glibc reads it. */
void resolvconf_parse(struct resolvconf *conf, char *text);

/* Read /etc/resolv.conf.  Never waits; a file that cannot be read counts as an
 * empty one. */
void resolvconf_read(struct resolvconf *conf);

/* An absolute name may be meant by name: itself, or itself within a domain of
 * the search list.  Write the one with this index, from 0 in the order in which
 * they are to be tried; it is empty if it would be too long.  False if there
 * are no more. */
bool resolvconf_candidate(const struct resolvconf *conf, const char *name,
                          int index, char candidate[RESOLVCONF_NAME_SIZE]);

#endif
