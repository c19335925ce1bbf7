/* SPDX-License-Identifier: MIT */
/* web: an HTTP server for health checks, and what it sees of them. */
#ifndef BENCH_WEB_H
#define BENCH_WEB_H

#include <stdatomic.h>
#include <stdint.h>

enum { WEB_VISITS = 1 << 16 };

/* Shared memory; only the server writes, and count last. */
struct web_log {
	_Atomic uint32_t count;   /* visitors that have come and gone */
	int64_t took[WEB_VISITS]; /* ns, from accept(2) to the visitor's end */
};

/* If any of words speaks of port 00000 here, start a server on a free one and
 * put that into all of them.  NULL if none does. */
struct web_log *web_start(char **words);

/* Wait until so many have been there. */
void web_wait(struct web_log *log, uint32_t count);

/* Serve on port, alone in a container, until killed. */
_Noreturn void web_serve(uint16_t port);

#endif
