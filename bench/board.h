/* SPDX-License-Identifier: MIT */
/* board: what the harness and the program under the init say to each other. */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

enum { BOARD_ARRIVALS = 1 << 17 };

/* One signal that PROGRAM got, and when, by CLOCK_MONOTONIC in ns. */
struct arrival {
	int64_t at;
	int64_t number;
};

/* Shared memory; only PROGRAM writes, and count last. */
struct board {
	_Atomic uint32_t count;
	struct arrival arrivals[BOARD_ARRIVALS];
};

/* The harness writes one of these, PROGRAM does it and answers with a byte. */
struct order {
	uint32_t verb;
	uint32_t count;
};

enum {
	ORDER_ORPHANS = 1, /* make count orphans, one after the other, and wait
	                      for none of them */
	ORDER_HOLD,        /* make count orphans that live until released */
	ORDER_HOLD_MEEK,   /* the same, but TERM ends them, and PROGRAM */
	ORDER_HAND_OVER,   /* make count zombies whose parent, on release, dies:
	                      the init gets them all in one instant */
	ORDER_LOOPS,       /* start count loops that make orphans for ever */
	ORDER_LISTEN,      /* from now on only note which signal came when,
	                      with count as scheduling policy */
};

/* The descriptors PROGRAM finds; above all that the harness has open. */
enum {
	BOARD_ORDERS = 200,  /* pipe: read orders */
	BOARD_ANSWERS = 201, /* pipe: write a byte for each order done */
	BOARD_RELEASE = 202, /* pipe: at its end what was held ends */
	BOARD_MEMORY = 203,  /* struct board */
};

#endif
