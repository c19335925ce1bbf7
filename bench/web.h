/* SPDX-License-Identifier: MIT */
/* web: an HTTP server for health checks, and what it sees of them. */
#ifndef BENCH_WEB_H
#define BENCH_WEB_H

#include <stdatomic.h>
#include <stdint.h>

enum { WEB_FLIPS = 1 << 12 };

/* Shared memory; only the server writes, but pid. */
struct web_log {
	_Atomic int pid;         /* who visits /flip */
	_Atomic uint32_t count;  /* visitors that have been treated */
	_Atomic uint32_t flips;  /* those of /flip, */
	int64_t took[WEB_FLIPS]; /* ns, from accept(2) to a new name */
};

/* If any of words speaks of port 00000 here, start a server on a free one and
 * put that into all of them.  NULL if none does. */
struct web_log *web_start(char **words);

/* Wait until so many have been there. */
void web_wait(struct web_log *log, uint32_t count);

/* Serve on port, alone in a container, until killed. */
_Noreturn void web_serve(uint16_t port);

#endif
