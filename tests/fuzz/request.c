/* SPDX-License-Identifier: MIT */
/*
 * A request has the lines or frames that it should have, whatever the headers
 * hold, and no header adds another one.
 *
 * Input: the list of statuses, a status; the headers.
 */
#include <string.h>
#include <strings.h>

#include "input.h"
#include "probe/grpc.h"
#include "probe/hpack.h"
#include "probe/http.h"

enum { HEADERS = 8, LINES = 5, SIZE = 65536, GRPC_SIZE = 4096 };

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

static bool
is_empty(const char *header)
{
	const char *value = strchr(header, ':') + 1;

	return value[strspn(value, " \t")] == '\0';
}

/* The request's frames are SETTINGS, HEADERS and DATA, and nothing is left
 * behind them.  The header block is whole. */
static void
judge_frames(const unsigned char *request, size_t n)
{
	static const unsigned char types[] = {4, 1, 0};
	size_t at = 24, length, i, frame;
	struct hpack block;

	for (frame = 0; frame < sizeof(types); frame++) {
		demand(n - at >= 9);
		length = (size_t)request[at] << 16 |
		         (size_t)request[at + 1] << 8 | request[at + 2];
		demand(request[at + 3] == types[frame]);
		at += 9;
		demand(length <= n - at);
		hpack_init(&block);
		for (i = 0; i < length && types[frame] == 1; i++)
			hpack_feed(&block, request[at + i]);
		demand(block.state == HPACK_FIELD);
		at += length;
	}
	demand(at == n);
}

static void
try_grpc(struct input *in, const char *const *headers)
{
	char *buffer = input_room(in, GRPC_SIZE);
	struct text t;

	text_init(&t, buffer, GRPC_SIZE);
	grpc_request(&t, "a.B", headers);
	demand(t.length < GRPC_SIZE);
	if (!t.cut)
		judge_frames((const unsigned char *)buffer, t.length);
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
	int count = 0, sent = 0, replaced = 0, i, lines;
	char *buffer;
	struct text t;

	try_list(in);
	for (i = 0; i < HEADERS && in->left > 0; i++) {
		const char *header = input_word(in);

		if (!http_header_valid(header))
			continue;
		headers[count++] = header;
		replaced += replaces(header);
		sent += !is_empty(header);
	}
	try_grpc(in, headers);
	buffer = input_room(in, SIZE);
	text_init(&t, buffer, SIZE);
	http_request(&t, "h", "/", headers);
	if (t.cut)
		return;
	lines = count_lines(buffer);
	demand(replaced > 0 || lines == LINES + 1 + sent);
	demand(lines >= 2 + sent && lines <= LINES + 1 + sent);
	demand(strstr(buffer, "\r\n\r\n") == buffer + t.length - 4);
}
