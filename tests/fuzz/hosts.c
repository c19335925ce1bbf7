/* SPDX-License-Identifier: MIT */
/*
 * A name's addresses are found as by somebody who goes by whole lines.
 *
 * Input: the name; a text like /etc/hosts.
 */
#include "probe/hosts.h"

#include <string.h>
#include <strings.h>

#include "input.h"

enum { ROOM = 3 };

/* The next word from *s on, and move *s behind it; NULL at the line's end. */
static const char *
next_word(const char **s, const char *end, size_t *n)
{
	const char *word;

	while (*s < end && (unsigned char)**s <= ' ')
		++*s;
	for (word = *s; *s < end && (unsigned char)**s > ' ';)
		++*s;
	*n = (size_t)(*s - word);
	return *n > 0 ? word : NULL;
}

/* Does the line give an address to the name? */
static bool
look(const char *s, const char *end, const char *name, struct address *a)
{
	const char *hash = memchr(s, '#', (size_t)(end - s)), *word;
	size_t n;

	if (hash != NULL)
		end = hash;
	word = next_word(&s, end, &n);
	if (word == NULL || !address_parse(a, word, n))
		return false;
	while ((word = next_word(&s, end, &n)) != NULL)
		if (n == strlen(name) && strncasecmp(word, name, n) == 0)
			return true;
	return false;
}

static bool
is_known(const struct address *known, int count, const struct address *a)
{
	int i;

	for (i = 0; i < count; i++)
		if (address_equal(&known[i], a))
			return true;
	return false;
}

/* All of it again, by lines; how many were found. */
static int
search(const char *s, size_t size, const char *name, struct address *out)
{
	const char *end = s + size, *line;
	struct address a;
	int count = 0;

	for (; s < end && count < ROOM; s = line + 1) {
		line = memchr(s, '\n', (size_t)(end - s));
		if (line == NULL)
			line = end;
		if (look(s, line, name, &a) && !is_known(out, count, &a))
			out[count++] = a;
	}
	return count;
}

void
fuzz(struct input *in)
{
	struct address out[ROOM], wanted[ROOM];
	const char *name = input_word(in), *bytes;
	struct hosts_search h;
	size_t n;
	int count, i;

	bytes = input_rest(in, &n);
	if (strlen(name) >= HOSTS_WORD_MAX)
		return;
	hosts_begin(&h, name, out, ROOM);
	hosts_read(&h, bytes, n / 2);
	hosts_read(&h, bytes + n / 2, n - n / 2);
	count = search(bytes, n, name, wanted);
	demand(hosts_end(&h) == count);
	for (i = 0; i < count; i++)
		demand(address_equal(&out[i], &wanted[i]));
}
