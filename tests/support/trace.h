/* SPDX-License-Identifier: MIT */
#ifndef TRACE_H
#define TRACE_H

#include "ns.h"

/* Where a traced process stands, see ptrace(2). */
enum trace_at { TRACE_ELSE, TRACE_ENTRY, TRACE_EXIT, TRACE_EXEC };

struct trace {
	struct ns ns;
	pid_t pid; /* the process that stands still, or 0 */
	enum trace_at at;
	long call; /* the system call's number, at its entry and exit */
	unsigned long long arguments[6]; /* of the call */
	bool blocked;                    /* hale has blocked its signals */
	bool started;                    /* PROGRAM has been executed */
	int code;                        /* hale's exit code, at the end */
	int signal; /* to be delivered to pid when it goes on */
};

/* Start hale and stop it at its first instruction; follow it, and the child
 * that will be PROGRAM until it is. */
void trace_start(struct trace *t, const struct ns_setup *setup);

/* Keep the vDSO from an instance of hale that has not executed anything yet, so
 * that it reads the clocks by system calls. */
void trace_hide_vdso(const struct trace *t);

/* Go on to the next system call's entry or exit, or PROGRAM's start.  False
 * when hale has ended. */
bool trace_next(struct trace *t);

/* hale stands still and has come back from vfork(2): wait until PROGRAM runs,
 * too.  The kernel lets hale go on before it says that PROGRAM has been
 * executed. */
void trace_await_program(struct trace *t);

/* Let all run to the end; hale's exit code.  Nothing bounds the wait: the test
 * has to have a timeout. */
int trace_end(struct trace *t);

#endif
