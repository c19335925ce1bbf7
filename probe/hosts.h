/* SPDX-License-Identifier: MIT */
#ifndef HALE_HOSTS_H
#define HALE_HOSTS_H

#include <stddef.h>

#include "probe/address.h"

enum { HOSTS_MAX = 2 }; /* addresses of a name that are taken */

/* Where a search stands; begins with name, length and out, and zeros. */
struct hosts {
	const char *name; /* what is looked for */
	size_t length;
	struct address *out; /* HOSTS_MAX of them, of zeros */
	int count;           /* how many were found */
	int state;           /* of the line, by hosts.c */
	unsigned have;       /* bytes of word */
	char word[256];
};

/* Take the next byte of a text like hosts(5); the last has to be a newline. */
void hosts_take(struct hosts *h, char c);

/* Put the addresses of the name, of any case and at most 255 bytes, into out,
 * which is all zeros; returns how many.  localhost has 127.0.0.1 and ::1, and
 * all others have what /etc/hosts says. */
int hosts_find(const char *name, size_t length, struct address out[HOSTS_MAX]);

#endif
