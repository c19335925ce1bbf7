/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_H
#define CHECKS_H

#include "ns.h"

/* A duration that no test has time for: who waits for it fails. */
#define CHECKS_LONG "10m"

enum { CHECKS_LINE = 4096 }; /* bytes of what --check prints */

/* A text that printf(3) makes; the last sixteen are kept. */
char *checks_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Start `hale --check` with these words, or run it; not as PID 1. */
struct ns checks_start(const struct ns_setup *setup);
void checks_run(const struct ns_setup *setup, struct ns_output *output);

/* One line of at most CHECKS_LINE bytes that begins with this word and has the
 * text, and the code that goes with it; nothing on standard error. */
void checks_judge(const struct ns_output *output, const char *state,
                  const char *text);

/* Check with these words: the target is healthy; or it is not, and the line
 * names it, the last of the words, and a reason that has these. */
void checks_healthy(char **words);
void checks_unhealthy(const char *reason, char **words);

/* These words are a mistake: a line on standard error that has the text. */
void checks_refused(const char *text, char **words);

/* Mistakes, one after the other up to NULL: what is no target, and options of a
 * target that cannot be meant. */
char *checks_no_target(int i);
char *checks_no_option(int i);

#endif
