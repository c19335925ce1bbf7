/* SPDX-License-Identifier: MIT */
#ifndef HALE_H
#define HALE_H

#include <sys/types.h>

/* Start argv as PID 1 of a namespace of its own, with its messages to this
 * descriptor and board as BOARD_FD.  It ends with this process. */
pid_t hale_start(char **argv, int messages, int board);

#endif
