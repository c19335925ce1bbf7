/* SPDX-License-Identifier: MIT */
#ifndef BOARD_H
#define BOARD_H

#include <stdatomic.h>

enum {
	BOARD_FD = 9, /* where PROGRAM inherits it */
	BOARD_SIGNALS = 65,
	BOARD_QUEUED = 34, /* the first signal that is queued, RTMIN */
	BOARD_EXIT = 42,   /* PROGRAM's exit code */
};

/* What the programs of the soak note down, in memory that they share. */
struct board {
	/* PROGRAM */
	atomic_long came[BOARD_SIGNALS];
	atomic_long value[BOARD_SIGNALS]; /* the last that was queued */
	atomic_long disorder;             /* values that were not the next */
	atomic_long orphans;              /* left to hale */
	atomic_long asked, bad_answers;   /* of --check and --status */
	/* the reader of the log */
	atomic_long lines, bad_lines, dropped, stalls;
	/* the servers */
	atomic_long served;
};

#endif
