/* SPDX-License-Identifier: MIT */
/*
 * patience: how long a test waits, by how slow this machine is at the moment.
 *
 * A bound is given for a quiet machine.  It is multiplied by what a round of
 * fork, exec and wait, and a timer, take longer here than there: measured when
 * the waiting begins to matter, and again when it is over.  So ten times slower
 * means ten times more patient, and a hang is still found.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

enum { PATIENCE_MOST = 30 }; /* times that a bound may be multiplied by */

struct patience {
	long long began_ms;
	int quiet_ms; /* the bound on a quiet machine */
};

/* Milliseconds on CLOCK_MONOTONIC, rounded down. */
long long patience_now_ms(void);

/* How many times slower than a quiet machine is this one now?  1 to
 * PATIENCE_MOST.  It takes some ten milliseconds, or as much longer. */
double patience_measure(void);

/* The greatest that has been measured in this process. */
double patience_factor(void);

/* A bound of so many milliseconds as it is here. */
int patience_scaled(int quiet_ms);

/* Begin to wait. */
struct patience patience_start(int quiet_ms);

/* The milliseconds that are left; 0 when it was too long, on this machine too.
 */
int patience_left_ms(const struct patience *p);

/* Fail the test that runs now if it takes longer than its own timeout; see
 * patience.c. */
void patience_guard(void);

#endif
