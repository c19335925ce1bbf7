/* SPDX-License-Identifier: MIT */
/*
 * http: asks a server for its health, and finds the status in its answer.
 *
 * The answer is read a byte at a time, and of each line only the beginning is
 * kept, so neither the result nor the memory depends on how it was split on its
 * way.  The result is known at the blank line behind the headers: a body that
 * stalls, never ends or is cut short changes nothing.  A server that speaks
 * another protocol is recognized by its first bytes, so that nobody waits for
 * the deadline.
 */
#include "probe/http.h"

#include <string.h>
#include <strings.h>

#include "lib/version.h"

static const char not_http[] = "not an HTTP/1 answer";

enum { PROTOCOL_SIZE = 4 }; /* bytes that tell one protocol from another */

void
http_init(struct http *h)
{
	*h = (struct http){.result = HTTP_MORE};
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The functions that follow return what is wrong with the answer, or NULL. */

/* Look at the first four bytes.  A TLS server answers with an alert, of type
 * 0x15, and an HTTP/2 server with a frame of SETTINGS: its length in three
 * bytes, which is less than 256, and then 4. */
static const char *
check_protocol(const char *first)
{
	if (memcmp(first, "HTTP", PROTOCOL_SIZE) == 0)
		return NULL;
	if (first[0] == 0x15)
		return "server speaks TLS";
	if (memcmp(first, "SSH-", PROTOCOL_SIZE) == 0)
		return "server speaks SSH";
	if (first[0] == 0 && first[1] == 0 && first[3] == 4)
		return "server speaks HTTP/2";
	return not_http;
}

/* Understand the status line.  The byte behind the third digit matters: without
 * it, the 200 of "HTTP/1.1 2000" would be a status. */
static const char *
parse_status_line(struct http *h)
{
	char *number = h->line + strlen("HTTP/1.1 ");
	char end = number[3];

	number[3] = '\0';
	h->status = text_to_number(number, 999);
	if (memcmp(h->line, "HTTP/1.", 7) != 0 || !is_digit(h->line[7]) ||
	    h->line[8] != ' ' || h->status < 100 ||
	    (end != ' ' && end != '\r' && end != '\n'))
		return not_http;
	return NULL;
}

/* The blank line has come.  An interim answer (1xx) is followed by another one,
 * except that after a 101 the server no longer speaks HTTP. */
static const char *
end_headers(struct http *h)
{
	h->in_headers = false;
	if (h->status >= 200 || h->status == 101)
		h->result = HTTP_ANSWERED;
	else if (h->interims++ == HTTP_INTERIMS_MAX)
		return "too many interim answers";
	return NULL;
}

/* What there is of the status line has a new last byte. */
static const char *
check_status_line(struct http *h)
{
	if (h->length == PROTOCOL_SIZE)
		return check_protocol(h->line);
	if (h->length == HTTP_LINE_KEPT)
		return parse_status_line(h);
	return NULL;
}

/* A line is complete; an LF ends it, with or without a CR before it. */
static const char *
end_line(struct http *h)
{
	size_t length = h->length;

	h->length = 0;
	if (!h->in_headers) {
		h->in_headers = true;
		return length == HTTP_LINE_KEPT ? NULL : not_http;
	}
	if (h->line[0] == '\n' || (length == 2 && h->line[0] == '\r'))
		return end_headers(h);
	return NULL;
}

/* Is this a byte that may stand in a status line, but says nothing? */
static bool
is_skipped(const struct http *h, char c)
{
	/* Some servers leave a blank line behind an earlier answer. */
	if (h->length == 0)
		return c == '\r' || c == '\n';
	/* There may be more than one space in front of the status. */
	return h->length == strlen("HTTP/1.1 ") && c == ' ';
}

static const char *
read_byte(struct http *h, char c)
{
	const char *wrong = NULL;

	if (!h->in_headers && is_skipped(h, c))
		return NULL;
	if (h->length < HTTP_LINE_KEPT) {
		h->line[h->length++] = c;
		if (!h->in_headers)
			wrong = check_status_line(h);
	}
	if (wrong != NULL || c != '\n')
		return wrong;
	return end_line(h);
}

enum http_result
http_feed(struct http *h, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n && h->result == HTTP_MORE; i++) {
		h->reason = ++h->seen > HTTP_HEADERS_MAX
		                ? "more than 64 KiB of headers"
		                : read_byte(h, bytes[i]);
		if (h->reason != NULL)
			h->result = HTTP_FAILED;
	}
	return h->result;
}

const char *
http_place(const struct http *h)
{
	if (h->in_headers)
		return "in the headers";
	return h->length > 0 ? "in the status line" : NULL;
}

/* ------ The request ------ */

bool
http_header_named(const char *header, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(header, name, n) == 0 && header[n] == ':';
}

const char *
http_header_value(const char *header)
{
	const char *value = strchr(header, ':') + 1;

	return value + strspn(value, " \t");
}

/* Append a header of hale's own, unless the user has set it. */
static void
add_default(struct text *t, const char *const *headers, const char *name,
            const char *value)
{
	for (; *headers != NULL; headers++)
		if (http_header_named(*headers, name))
			return;
	text_format(t, "{name:s}: {value:s}\r\n", name, value);
}

void
http_request(struct text *t, const char *host, const char *path,
             const char *const *headers)
{
	text_format(t, "GET {path:s} HTTP/1.1\r\n", path);
	add_default(t, headers, "Host", host);
	add_default(t, headers, "User-Agent", "hale/" HALE_VERSION);
	add_default(t, headers, "Accept", "*/*");
	add_default(t, headers, "Connection", "close");
	for (; *headers != NULL; headers++)
		if (*http_header_value(*headers) != '\0')
			text_format(t, "{header:s}\r\n", *headers);
	text_string(t, "\r\n");
}

/* ------ What the user configures ------ */

/* May c stand in a header's name?  A "token" of RFC 9110 section 5.6.2. */
static bool
is_token(char c)
{
	return c > ' ' && c < 0x7f && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

/* May c stand in a header's value?  A CR or LF would begin another header. */
static bool
is_value(char c)
{
	unsigned char byte = (unsigned char)c;

	return c == '\t' || (byte >= ' ' && byte != 0x7f);
}

bool
http_header_valid(const char *header)
{
	const char *c = header;

	while (is_token(*c))
		c++;
	if (c == header || *c != ':')
		return false;
	while (*++c != '\0')
		if (!is_value(*c))
			return false;
	return true;
}

/* Read "200" or "200-299" at *list, and move *list behind it. */
static bool
read_range(const char **list, long long *low, long long *high)
{
	*low = text_digits(list);
	*high = *low;
	if (**list == '-') {
		++*list;
		*high = text_digits(list);
	}
	return *low >= 100 && *high >= *low && *high <= 599;
}

/* --health-status, where nothing is given. */
static const char default_statuses[] = "200-399";

int
http_status_listed(const char *list, int status)
{
	long long low, high;
	int listed = 0;

	if (list == NULL)
		list = default_statuses;
	for (;; list++) {
		if (!read_range(&list, &low, &high))
			return -1;
		if (status >= low && status <= high && status >= 200)
			listed = 1;
		if (*list == '\0')
			return listed;
		if (*list != ',')
			return -1;
	}
}
