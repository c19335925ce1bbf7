/* SPDX-License-Identifier: MIT */
/* trace: what only a tracer sees of a process.  It is slow, so that nothing
 * is timed while it looks. */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <sys/types.h>

/* A process from its exec to its end. */
struct trace {
	int calls; /* of the system */
	long peak; /* KiB that were resident */
};

/* Run argv, as LAB_TRACED, to its end. */
void trace_run(char **argv, struct trace *trace);

/* Count pid's system calls from one socket(2) to the next, count times. */
void trace_rounds(pid_t pid, int calls[], int count);

#endif
