/* SPDX-License-Identifier: MIT */
#ifndef HALE_CHECK_H
#define HALE_CHECK_H

#include "cli/options.h"
#include "signals.h"
#include "watch.h"

/* Obey --check and --status: print on standard output how PROGRAM is, as the
 * hale of this container publishes it, or how the targets of *o are, probed
 * here.  The hale is PID 1, or else the one that shares the caller's mount
 * namespace.  The caller has set up *w as for watch_begin.  0 if all is as was
 * asked for, else 1; no other code, since Docker reserves them. */
int check(struct watch *w, struct options *o, struct signals *signals);

#endif
