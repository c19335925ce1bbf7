/* SPDX-License-Identifier: MIT */
#ifndef HALE_CHECK_H
#define HALE_CHECK_H

#include "cli/options.h"
#include "lib/log.h"
#include "signals.h"

/* Obey --check, --status and --status=json: print on standard output how
 * PROGRAM is, as the hale of this container publishes it, or how the targets of
 * *o are, probed from here.  The hale is PID 1, or else the one that shares the
 * caller's mount namespace.  Returns the exit code: 0 if the answer is yes,
 * else 1, and never another one, since Docker reserves 2. */
int check(struct options *o, struct log *log, struct signals *signals);

#endif
