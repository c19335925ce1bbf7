/* SPDX-License-Identifier: MIT */
/*
 * A request has the lines that it should have, whatever the headers hold, and
 * none is added by what was accepted as one.
 *
 * Input: the list of statuses, a status; the headers.
 */
#include <string.h>
#include <strings.h>

#include "probe/http.h"
#include "input.h"

enum { HEADERS = 8, LINES = 5, SIZE = 65536 };

/* How many lines s has, each of which ends as it should. */
static int
count_lines(const char *s)
{
	int lines = 0;

	for (; *s != '\0'; s += 2, lines++) {
		s += strcspn(s, "\r\n");
		demand(s[0] == '\r' && s[1] == '\n');
	}
	return lines;
}

/* Does a header replace one of hale's? */
static bool
replaces(const char *header)
{
	static const char *const names[] = {
	    "Host:", "User-Agent:", "Accept:", "Connection:"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(header, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void
try_list(struct input *in)
{
	const char *list = input_word(in);
	int status = input_choice(in, 1200);
	int listed = http_status_listed(list, status);

	demand(listed >= -1 && listed <= 1);
	if (listed >= 0)
		demand(strspn(list, "0123456789,-") == strlen(list));
	if (listed == 1)
		demand(status >= 200 && status <= 599);
	demand((http_status_listed(list, 0) < 0) == (listed < 0));
}

void
fuzz(struct input *in)
{
	const char *headers[HEADERS + 1] = {NULL};
	int count = 0, replaced = 0, i, lines;
	char *buffer;
	struct text t;

	try_list(in);
	for (i = 0; i < HEADERS && in->left > 0; i++) {
		const char *header = input_word(in);

		if (!http_header_valid(header))
			continue;
		headers[count++] = header;
		replaced += replaces(header);
	}
	buffer = input_room(in, SIZE);
	text_init(&t, buffer, SIZE);
	http_request(&t, "h", "/", headers);
	if (t.cut)
		return;
	lines = count_lines(buffer);
	demand(replaced > 0 || lines == LINES + 1 + count);
	demand(lines >= 2 + count && lines <= LINES + 1 + count);
	demand(strstr(buffer, "\r\n\r\n") == buffer + t.length - 4);
}
