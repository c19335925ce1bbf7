/* SPDX-License-Identifier: MIT */
#ifndef CALLS_H
#define CALLS_H

/* What PROGRAM does not get to see while a call always fails. */
enum loss {
	NOTHING,
	QUEUED,  /* signals with a value */
	SENT,    /* signals */
	SIGNALS, /* the same; hale does not get them either */
	END,     /* hale's end: nothing but wait(2) tells of PROGRAM's */
	TIME,    /* a deadline; but Linux has no such failure */
};

/* Who makes a call, and whether it must be seen in the tests. */
enum need { NEED_ALWAYS, NEED_BY_LIBC, NEED_BY_TOOLS };

enum { CALLS_ERRORS = 32 }; /* of a call, and 0 */

/* A row of tests/pid1/calls. */
struct call_row {
	const char *name;
	int call; /* its number */
	enum need need;
	enum loss loss;
	const char *why;          /* it cannot block */
	int errors[CALLS_ERRORS]; /* up to 0 */
};

extern const struct call_row calls_rows[];
extern const int calls_count;

/* The row of this system call, or NULL. */
const struct call_row *calls_find(int call);

#endif
