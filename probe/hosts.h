/* SPDX-License-Identifier: MIT */
#ifndef HALE_HOSTS_H
#define HALE_HOSTS_H

#include <stddef.h>

#include "probe/address.h"

enum { HOSTS_WORD_MAX = 256 }; /* bytes of a word; a name has fewer */

/* A search for the addresses of one name in a text like hosts(5), which may be
 * handed over in pieces of any size. */
struct hosts_search {
	const char *name; /* what is looked for, of any case */
	struct address *found;
	int max;   /* addresses that found has room for */
	int count; /* addresses that were found */

	/* The line that is being read. */
	enum {
		HOSTS_ADDRESS, /* its next word is its address */
		HOSTS_NAMES,   /* its next words are names of the address */
		HOSTS_SKIP,    /* nothing more on it is of interest */
	} expected;
	struct address address;
	char word[HOSTS_WORD_MAX];
	size_t word_length;
};

/* Start to look for name; its addresses go into found, at most max of them. */
void hosts_begin(struct hosts_search *h, const char *name,
                 struct address *found, int max);

/* Read the next n bytes. */
void hosts_read(struct hosts_search *h, const char *bytes, size_t n);

/* The text is over; its last line may lack a newline.  Returns how many
 * addresses were found, each once. */
int hosts_end(struct hosts_search *h);

/* Put the addresses that /etc/hosts has for name into found, at most max of
 * them; returns how many.  Never waits; a file that cannot be read has none. */
int hosts_find(const char *name, struct address *found, int max);

#endif
