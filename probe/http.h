/* SPDX-License-Identifier: MIT */
#ifndef HALE_HTTP_H
#define HALE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/text.h"

enum {
	HTTP_HEADERS_MAX = 64 * 1024, /* bytes until the blank line */
	HTTP_INTERIMS_MAX = 5,        /* 1xx answers that are skipped */
	HTTP_LINE_KEPT = 13,          /* bytes of "HTTP/1.1 200" and one more */
};

enum http_result { HTTP_MORE, HTTP_ANSWERED, HTTP_FAILED };

/* What is known of an answer, however it comes in pieces. */
struct http {
	enum http_result result;
	const char *reason; /* why it failed, or NULL */
	int status;         /* of the answer: 101 or 200-999 */
	size_t seen;        /* bytes in all, interim answers included */

	/* The rest is private. */
	bool in_headers;           /* the status line is complete */
	char line[HTTP_LINE_KEPT]; /* the first bytes of the current line */
	size_t length;             /* how many they are */
	int interims;              /* 1xx answers that were skipped */
};

/* Begin with an answer, of which nothing has come yet. */
void http_init(struct http *h);

/* Look at the next n bytes.  After HTTP_ANSWERED (see h->status) or HTTP_FAILED
 * (see h->reason) further bytes change nothing. */
enum http_result http_feed(struct http *h, const char *bytes, size_t n);

/* Where the answer stands, to follow "closed " or "timed out after 3s ": "in
 * the headers".  NULL before its first byte. */
const char *http_place(const struct http *h);

/* Append a GET of path to t.  headers are "Name: value" strings, ended by a
 * NULL; each replaces hale's own header of the same name.  A header with an
 * empty value is not sent, nor is hale's own of that name, as with curl. */
void http_request(struct text *t, const char *host, const char *path,
                  const char *const *headers);

/* Does a valid header have this name, in any case? */
bool http_header_named(const char *header, const char *name);

/* The value of a valid header, without the blanks before it. */
const char *http_header_value(const char *header);

/* Is header "Name: value", with no control character but tabs in the value? */
bool http_header_valid(const char *header);

/* Is status in list, which is like "200,204,300-399" (NULL: 200-399)?  1 or 0,
 * or -1 if list is no such list within 100-599.  A 1xx status never is in it,
 * because none can be the final answer. */
int http_status_listed(const char *list, int status);

#endif
