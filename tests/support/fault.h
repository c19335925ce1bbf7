/* SPDX-License-Identifier: MIT */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

#include "ns.h"

enum {
	FAULT_CALLS = 512, /* numbers of system calls are below */
	FAULT_ALWAYS = 0,  /* as the time of a fault */
	FAULT_CHILDREN = 8,
};

/* Whose calls they are: a child's are hale's until it is another program. */
enum fault_who { FAULT_HALE, FAULT_CHILD, FAULT_WHO };

/* One kind of system call that fails, or is delayed. */
struct fault {
	int call; /* its number, or -1 for none */
	int error;
	int when; /* the first one that hale makes, the second ...; or always */
	enum fault_who who;
	bool done;  /* what was asked for is done all the same, see close(2) */
	bool loose; /* nobody looks at what follows it: that is too much */
	int delay_ms; /* it does not fail, but begins so much later */
};

/* One hale that was followed to its end. */
struct fault_run {
	struct fault fault;
	const struct ns_setup *setup;
	/* What came of it. */
	int counts[FAULT_WHO][FAULT_CALLS];
	int calls;    /* hale's own */
	int hits;     /* that failed, or were delayed */
	bool glibc;   /* hale was linked with glibc, to judge by its start */
	int cpu;      /* ms, with the children that it has reaped */
	long long ms; /* from its start to its end */
	bool endless; /* it had to be killed */
	bool started; /* PROGRAM ran */
	int code;     /* hale's exit code, or -1 */
	char out[NS_LINE], err[NS_TEXT];
	/* While it lasts. */
	struct ns ns;
	int gate;
	int depth; /* of the calls that are about to fail, a bit for each who */
	pid_t children[FAULT_CHILDREN]; /* that are no programs yet */
	bool loose;
	bool own; /* hale's own calls have begun, those of libc's start are over
	           */
	pid_t delayed; /* a process that waits to go on, or 0 */
	long long delayed_until;
	long long began;
};

/* Let all of them run, some at a time. */
void fault_run(struct fault_run *runs, int count);

/* The same, but at most so many at a time, so that they disturb one another
 * less. */
void fault_run_few(struct fault_run *runs, int count, int at_once);

/* The errors that a call is to fail with, one after the other up to 0: these,
 * which 0 ends, and then those of a filter. */
int fault_error(const int *errors, int i);

#endif
