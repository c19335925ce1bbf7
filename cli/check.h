/* SPDX-License-Identifier: MIT */
#ifndef HALE_CHECK_H
#define HALE_CHECK_H

#include "cli/options.h"
#include "lib/log.h"
#include "monitor.h"
#include "report/status.h"
#include "signals.h"

/* What a check works with; none of it need be set up but the first three. */
struct check {
	struct options *options;
	struct log *log;
	struct signals *signals;
	struct monitor *monitor; /* of targets that are probed from here */
	struct status *page;     /* what is known of them, or what is read */
};

/* Obey --check, --status and --status=json: print on standard output how
 * PROGRAM is, as the hale of this container publishes it, or how the targets of
 * the options are, probed from here.  The hale is PID 1, or else the one that
 * shares the caller's mount namespace.  Returns the exit code: 0 if the answer
 * is yes, else 1, and never another one, since Docker reserves 2. */
int check(const struct check *c);

#endif
