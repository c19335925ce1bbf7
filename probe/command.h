/* SPDX-License-Identifier: MIT */
#ifndef HALE_COMMAND_H
#define HALE_COMMAND_H

#include "probe/variables.h"

enum { COMMAND_WORDS_MAX = 32 };

/* Split text into words as a shell does, with '...', "..." and \, and ${NAME}
 * replaced from envp; no word is made of a blank in a value.  The words go into
 * the pool and, at most COMMAND_WORDS_MAX of them, into words.  NULL, or what
 * is wrong, in words that follow "'TEXT' ". */
const char *command_split(const char *text, char **envp,
                          struct target_pool *pool, char **words);

#endif
