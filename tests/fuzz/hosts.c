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
look(const char *s, const char *end, const struct hosts *h, struct address *a)
{
	const char *hash = memchr(s, '#', (size_t)(end - s)), *word;
	size_t n;

	if (hash != NULL)
		end = hash;
	word = next_word(&s, end, &n);
	if (word == NULL || n >= sizeof(h->word) || !address_parse(a, word, n))
		return false;
	while ((word = next_word(&s, end, &n)) != NULL)
		if (n == h->length && n < sizeof(h->word) &&
		    strncasecmp(word, h->name, n) == 0)
			return true;
	return false;
}

/* All of it again, by lines; how many were found. */
static int
search(const char *s, size_t size, const struct hosts *h, struct address *out)
{
	const char *end = s + size, *line;
	int count = 0;

	for (; s < end && count < HOSTS_MAX; s = line + 1) {
		line = memchr(s, '\n', (size_t)(end - s));
		if (line == NULL)
			line = end;
		if (look(s, line, h, &out[count]) &&
		    (count == 0 || memcmp(out, out + 1, sizeof(*out)) != 0))
			count++;
	}
	return count;
}

void
fuzz(struct input *in)
{
	struct address out[HOSTS_MAX] = {0}, wanted[HOSTS_MAX] = {0};
	const char *name = input_word(in), *bytes;
	struct hosts h = {.name = name, .length = strlen(name), .out = out};
	size_t n, i;
	int count;

	bytes = input_rest(in, &n);
	for (i = 0; i < n; i++)
		hosts_take(&h, bytes[i]);
	hosts_take(&h, '\n');
	count = search(bytes, n, &h, wanted);
	demand(h.count == count);
	demand(memcmp(out, wanted, (size_t)count * sizeof(*out)) == 0);
}
