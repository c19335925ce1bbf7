/* SPDX-License-Identifier: MIT */
#ifndef HALE_HTTP_H
#define HALE_HTTP_H

#include "lib/text.h"

enum http_result { HTTP_MORE, HTTP_ANSWERED, HTTP_FAILED };

/* What is known of an answer, however it comes in pieces. */
struct http {
	const char *reason;     /* why it failed */
	unsigned seen;          /* bytes, those of interim answers included */
	unsigned short status;  /* of the answer: 101 or 200-999 */
	unsigned char interims; /* 1xx answers that were skipped */
	unsigned char at;       /* where it stands */
};

void http_init(struct http *h);

/* Look at the next n bytes.  What comes after HTTP_ANSWERED or HTTP_FAILED
 * does not change it any more. */
enum http_result http_feed(struct http *h, const char *bytes, size_t n);

/* What to say if the server closes the connection now. */
const char *http_closed(const struct http *h);

/* What is under way, to follow "timed out after 3s". */
const char *http_doing(const struct http *h);

/* Append a GET of path.  A header of the user's replaces ours of that name;
 * NULL ends them. */
void http_request(struct text *t, const char *host, const char *path,
                  const char *const *headers);

/* Is it "Name: value", with no control characters but tabs in the value? */
bool http_header_valid(const char *header);

/* 1 if status is in the list, which is like "200,204,300-399", within 100-599;
 * else 0, or -1 if it is no such list.  A 1xx never is in it: none can be the
 * last word. */
int http_status_listed(const char *list, int status);

#endif
