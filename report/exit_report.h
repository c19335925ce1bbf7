/* SPDX-License-Identifier: MIT */
#ifndef HALE_EXIT_REPORT_H
#define HALE_EXIT_REPORT_H

#include "lib/text.h"

enum {
	EXIT_REPORT_MESSAGE_MAX = 512, /* bytes of the message that are shown */
	EXIT_REPORT_SIZE = 3072,       /* bytes of the longest report */
};

/* How and why hale ended. */
struct exit_report {
	const char *reason;    /* exited, signaled, unhealthy, not-started */
	int exit_code;         /* hale's own */
	int signal;            /* that killed PROGRAM, or 0 */
	const char *message;   /* will be escaped */
	long long duration_ms; /* of PROGRAM's run */
	long long oom_kills;   /* that the cgroup counted meanwhile, or -1 */
	long max_rss_kib;      /* of the largest process that was waited for */
	long long orphans_reaped;
};

/* Append the report as one line of JSON (RFC 8259). */
void exit_report_line(struct text *t, const struct exit_report *r);

/* Can a report be written to path?  Nothing there is changed.  0, or -1 and
 * errno of open(2). */
int exit_report_check(const char *path);

/*
 * Write the report to path: whole or not at all by a new file and rename(2), or
 * in place if it is no regular file (a device, a FIFO, a symbolic link) or
 * cannot be replaced (a mount point, a directory that may not be written).
 * Never waits for a reader or a lease.  0, or -1 and errno: then what is at
 * path, if anything, is an older file or empty, and never half a report.
 */
int exit_report_write(const char *path, const struct exit_report *r);

#endif
