/* SPDX-License-Identifier: MIT */
/*
 * hosts: looks a name up in /etc/hosts, which answers before any name server.
 *
 * getaddrinfo(3) would block and allocate, which PID 1 must not do.  The file
 * is read in chunks and a word at a time, so that neither a long line nor a
 * long file needs memory.
 */
#include "probe/hosts.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/file.h"

/* No more than 1 MiB is read: PROGRAM may have written anything. */
enum { CHUNK_SIZE = 4096, CHUNKS_MAX = 256 };

void
hosts_begin(struct hosts_search *h, const char *name, struct address *found,
            int max)
{
	h->name = name;
	h->found = found;
	h->max = max;
	h->count = 0;
	h->expected = HOSTS_ADDRESS;
	h->word_length = 0;
}

/* A word of the line is complete. */
static void
end_hosts_word(struct hosts_search *h)
{
	size_t n = h->word_length;

	if (h->expected == HOSTS_ADDRESS) {
		bool good = address_parse(&h->address, h->word, n);

		h->expected = good ? HOSTS_NAMES : HOSTS_SKIP;
	} else if (h->expected == HOSTS_NAMES && n == strlen(h->name) &&
	           strncasecmp(h->word, h->name, n) == 0) {
		address_add(h->found, &h->count, h->max, &h->address);
		h->expected = HOSTS_SKIP;
	}
	h->word_length = 0;
}

static void
read_hosts_byte(struct hosts_search *h, char c)
{
	if ((unsigned char)c > ' ' && c != '#') {
		if (h->word_length < sizeof(h->word))
			h->word[h->word_length++] = c;
		return;
	}
	if (h->word_length > 0)
		end_hosts_word(h);
	if (c == '#')
		h->expected = HOSTS_SKIP;
	if (c == '\n')
		h->expected = HOSTS_ADDRESS;
}

void
hosts_read(struct hosts_search *h, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		read_hosts_byte(h, bytes[i]);
}

int
hosts_end(struct hosts_search *h)
{
	read_hosts_byte(h, '\n');
	return h->count;
}

int
hosts_find(const char *name, struct address *found, int max)
{
	struct hosts_search search;
	char bytes[CHUNK_SIZE];
	ssize_t n = CHUNK_SIZE;
	int chunk, fd = file_open("/etc/hosts");

	if (fd == -1)
		return 0;
	hosts_begin(&search, name, found, max);
	/* A regular file gives less than was asked for only at its end. */
	for (chunk = 0; chunk < CHUNKS_MAX && n == CHUNK_SIZE; chunk++) {
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0)
			hosts_read(&search, bytes, (size_t)n);
	}
	close(fd);
	return hosts_end(&search);
}
