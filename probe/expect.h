/* SPDX-License-Identifier: MIT */
#ifndef HALE_EXPECT_H
#define HALE_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/text.h"

enum {
	EXPECT_ANSWER_MAX = 4096, /* bytes of the answer that are searched */
	EXPECT_LINE_MAX = 120,    /* bytes of its first line that are shown */
	EXPECT_TEXT_MAX = 40,     /* bytes of the text that are shown */
};

enum expect_result { EXPECT_MORE, EXPECT_FOUND, EXPECT_FAILED };

/* A search for a text in what a server answers, however it comes in pieces. */
struct expect {
	const char *text; /* the caller's */
	size_t length;    /* bytes of it */
	size_t seen;      /* bytes of the answer */
	size_t matched;   /* bytes of text that the last bytes seen are */
	char line[EXPECT_LINE_MAX]; /* the beginning of the first line, less CR
	                             */
	size_t line_length;
	bool line_cut;   /* the first line is longer than that */
	bool line_ended; /* its newline came */
};

/* Begin to search for the length bytes at text, which must stay there. */
void expect_init(struct expect *e, const char *text, size_t length);

/* Look at the next n bytes of the answer.  EXPECT_FAILED after
 * EXPECT_ANSWER_MAX bytes without the text.  After EXPECT_FOUND and
 * EXPECT_FAILED further bytes change nothing. */
enum expect_result expect_feed(struct expect *e, const char *bytes, size_t n);

/* Append the reason of a failure: "expected '+PONG', got '-NOAUTH ...'", both
 * escaped; closed: the server has ended the connection. */
void expect_reason(const struct expect *e, struct text *t, bool closed);

#endif
