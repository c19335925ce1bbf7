/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include <stdint.h>
#include <sys/types.h>

#include "board.h"
#include "lab.h"

/* An init that runs our PROGRAM as PID 1, and the lines to that PROGRAM. */
struct link {
	pid_t pid; /* of the init */
	int orders, answers, release;
	struct board *board;
};

/* Start init with program, and return when both are at rest. */
void link_open(struct link *link, const struct lab_init *init, char *program);

/* Give an order and return when it was carried out. */
void link_order(struct link *link, uint32_t verb, uint32_t count);

/* Let end what ORDER_HOLD or ORDER_HAND_OVER holds. */
void link_release(struct link *link);

/* End the init and all it has. */
void link_close(struct link *link);

#endif
