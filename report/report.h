/* SPDX-License-Identifier: MIT */
#ifndef HALE_REPORT_H
#define HALE_REPORT_H

#include "lib/text.h"

enum { REPORT_SIZE = 1536 }; /* bytes of the longest report */

/* The account of the end. */
struct report {
	const char *reason;    /* exited, signaled, unhealthy, not-started */
	int exit_code;         /* hale's own */
	int signal;            /* that killed PROGRAM, or 0 */
	const char *message;   /* escaped, see text_escaped */
	long long duration_ms; /* of PROGRAM's run */
	long long oom_kills;   /* that the cgroup counted meanwhile, or -1 */
	long max_rss_kib;      /* of the largest process that was waited for */
	unsigned long orphans_reaped;
};

/* Append the report as one line of JSON (RFC 8259). */
void report_line(struct text *t, const struct report *r);

/* Can a report be written to path?  0, or -1 and errno of access(2). */
int report_check(const char *path);

/* Write text to path: whole or not at all by a new file and rename(2), or in
 * place where that is refused (a mount point, a device, a directory that may
 * not be written).  Never waits for a reader.  0, or -1 and errno. */
int report_write(const char *path, const struct text *text);

#endif
