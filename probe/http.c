/* SPDX-License-Identifier: MIT */
/*
 * http: asks a server how it is, and finds the status in what it answers.
 *
 * The answer is read a byte at a time and none of it is kept, so that neither
 * the verdict nor the memory depends on how much of it came at once.  The
 * verdict falls at the blank line: whatever a body does changes nothing.  What
 * is not HTTP/1 is told by its first bytes, and not waited for.
 */
#include "probe/http.h"

#include "cli/version.h"

#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 64 * 1024, INTERIMS_MAX = 5 };

/*
 * Where an answer stands: at a row of the table below, or behind them all at a
 * verdict.  The rows that have a name are those that others lead to.
 */
enum {
	WAITING,
	SPACES = WAITING + 14,
	PHRASE = SPACES + 8,
	NEWLINE = PHRASE + 2,
	SSH = NEWLINE + 2,
	HTTP2 = SSH + 4,
	LINE = HTTP2 + 4, /* of the headers, from here on */
	HEADER = LINE + 2,
	EMPTY = HEADER + 2,
	END = EMPTY + 2,
	ANSWERED,
	OTHER, /* from here on, the failures */
	SPEAKS_TLS,
	SPEAKS_SSH,
	SPEAKS_HTTP2,
	LARGE,
	MANY,
	MUST = 255,
};

/*
 * What is expected, and where it leads to.  Another byte is held against the
 * row below; but if the row says MUST, this is no HTTP/1, and the byte that is
 * expected leads to the row below.  A 9 is any digit and a * any byte.
 */
static const struct row {
	char form;
	unsigned char to;
} rows[] = {
    [WAITING] = {'\r', NEWLINE},
    {'\n', WAITING},
    {'S', SSH},
    {'\x15', SPEAKS_TLS}, /* an alert */
    {'\0', HTTP2},
    {'H', MUST},
    {'T', MUST},
    {'T', MUST},
    {'P', MUST},
    {'/', MUST},
    {'1', MUST},
    {'.', MUST},
    {'9', MUST},
    {' ', MUST},
    [SPACES] = {' ', SPACES},
    {'0', OTHER}, /* no status is below 100 */
    {'9', MUST},
    {'9', MUST},
    {'9', MUST},
    {'\n', LINE},
    {'\r', PHRASE},
    {' ', MUST},
    [PHRASE] = {'\n', LINE},
    {'*', PHRASE},
    [NEWLINE] = {'\n', WAITING},
    {'*', OTHER},
    [SSH] = {'S', MUST},
    {'H', MUST},
    {'-', SPEAKS_SSH},
    {'*', OTHER},
    [HTTP2] = {'\0', MUST}, /* SETTINGS, of fewer than 256 bytes */
    {'*', MUST},
    {'\x04', SPEAKS_HTTP2},
    {'*', OTHER},
    [LINE] = {'\n', END},
    {'\r', EMPTY},
    [HEADER] = {'\n', LINE},
    {'*', HEADER},
    [EMPTY] = {'\n', END},
    {'*', HEADER},
};

/* In the order of the failures, one behind the other. */
static const char reasons[] = "not an HTTP/1 answer\0"
                                    "server speaks TLS\0"
                                    "server speaks SSH\0"
                                    "server speaks HTTP/2\0"
                                    "more than 64 KiB of headers\0"
                                    "too many interim answers";

void
http_init(struct http *h)
{
	*h = (struct http){.at = WAITING};
}

static bool
fits(char form, char c)
{
	if (form == '9')
		return c >= '0' && c <= '9';
	return form == '*' || form == c;
}

/* Where c leads to from where the answer stands. */
static unsigned char
step(struct http *h, char c)
{
	const struct row *row = &rows[h->at];

	for (; !fits(row->form, c); row++)
		if (row->to == MUST)
			return OTHER;
	if (row->form == '9') /* the version's too, which three more push out */
		h->status =
		    (unsigned short)((h->status * 10 + (c - '0')) % 1000);
	return row->to == MUST ? (unsigned char)(row - rows + 1) : row->to;
}

/* Where the end of the headers leads to: after a 101 no other answer comes. */
static unsigned char
finish(struct http *h)
{
	if (h->status >= 200 || h->status == 101)
		return ANSWERED;
	return ++h->interims > INTERIMS_MAX ? MANY : WAITING;
}

enum http_result
http_feed(struct http *h, const char *bytes, size_t n)
{
	for (; n > 0 && h->at < END; n--) {
		h->at = ++h->seen > HEADERS_MAX ? LARGE : step(h, *bytes++);
		if (h->at == END)
			h->at = finish(h);
	}
	if (h->at < OTHER)
		return h->at == ANSWERED ? HTTP_ANSWERED : HTTP_MORE;
	h->reason = text_behind(reasons, h->at - OTHER);
	return HTTP_FAILED;
}

const char *
http_closed(const struct http *h)
{
	if (h == NULL || h->at == WAITING)
		return "closed without an answer";
	if (h->at >= LINE)
		return "closed in the headers";
	return "closed in the status line";
}

const char *
http_doing(const struct http *h)
{
	if (h == NULL || h->at == WAITING)
		return "while waiting for the answer";
	return http_closed(h) + sizeof("closed");
}

/* Is there a header with the name of ours? */
static bool
replaced(const char *ours, const char *const *theirs)
{
	for (; *theirs != NULL; theirs++)
		if (strncasecmp(*theirs, ours, strcspn(ours, ":") + 1) == 0)
			return true;
	return false;
}

/* Append s and more, and end the line. */
static void
line(struct text *t, const char *s, const char *more)
{
	text_string(t, s);
	text_string(t, more);
	text_string(t, "\r\n");
}

void
http_request(struct text *t, const char *host, const char *path,
             const char *const *headers)
{
	static const char ours[] = "Host: \0"
				   "User-Agent: hale/" HALE_VERSION "\0"
				   "Accept: */*\0"
				   "Connection: close";
	const char *s;

	text_string(t, "GET ");
	line(t, path, " HTTP/1.1");
	for (s = ours; s < ours + sizeof(ours); s += strlen(s) + 1) {
		if (!replaced(s, headers))
			line(t, s, host);
		host = "";
	}
	for (; *headers != NULL; headers++)
		line(t, *headers, "");
	line(t, "", "");
}

bool
http_header_valid(const char *header)
{
	size_t name = strcspn(header, " \t\"(),/:;<=>?@[\\]{}"), i = 0;
	unsigned char c;

	if (name == 0 || header[name] != ':')
		return false;
	while ((c = (unsigned char)header[i++]) != '\0')
		if ((c < ' ' && c != '\t') || c == 0x7f ||
		    (c > 0x7f && i <= name))
			return false;
	return true;
}

int
http_status_listed(const char *list, int status)
{
	long long low = 0, n;
	char before = ',';
	int listed = 0;

	if (list == NULL)
		list = "200-399";
	for (;; before = *list++) {
		n = text_digits(&list);
		if (before == ',')
			low = n;
		if (n < 100 || n < low || n > 599)
			return -1;
		if (*list == '-' && before == ',')
			continue;
		listed |= status >= low && status <= n && status >= 200;
		if (*list == '\0')
			return listed;
		if (*list != ',')
			return -1;
	}
}
