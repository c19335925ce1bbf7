/* SPDX-License-Identifier: MIT */
#ifndef TARGETS_H
#define TARGETS_H

#include "board.h"

enum { TARGETS_TEXT = 200 };

/* Start servers with all bad manners, whose sockets and files are in directory,
 * and write hale's --health words for them and for commands of program.  All
 * end with this process. */
char **targets_start(struct board *board, const char *directory,
                     const char *program);

#endif
