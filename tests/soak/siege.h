/* SPDX-License-Identifier: MIT */
#ifndef SIEGE_H
#define SIEGE_H

#include <stdatomic.h>
#include <stdbool.h>

enum {
	SIEGE_FD = 9,    /* where PROGRAM inherits the board; see board.h */
	SIEGE_EXIT = 42, /* PROGRAM's exit code */
	SIEGE_NOBODY = 65534,
};

/* What the siege and its PROGRAM tell each other, in memory that they share. */
struct siege_board {
	atomic_bool attack;   /* PROGRAM shall attack now */
	atomic_bool attacked; /* it does */
	atomic_bool ready;    /* it has its signal handlers */
	atomic_long came;     /* TERMs */
	atomic_llong came_at; /* when the last one came, in microseconds */
	atomic_long rounds;   /* of attacks, each with all of them */
	atomic_long served;   /* connections of probes */
};

#endif
