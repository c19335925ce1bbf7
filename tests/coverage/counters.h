/* SPDX-License-Identifier: MIT */
#ifndef COUNTERS_H
#define COUNTERS_H

/* Where gcov's counters are, see counters.ld. */
extern char counters_begin[], counters_end[];

/* The name of the memory for them, see shmget(2): make has one for each tree.
 */
#ifndef COUNTERS_KEY
#define COUNTERS_KEY 1
#endif

#endif
