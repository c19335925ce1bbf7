/* SPDX-License-Identifier: MIT */
#ifndef HALE_SERVE_H
#define HALE_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/target.h"
#include "report/metrics.h"
#include "report/status.h"

enum {
	SERVE_REQUEST = 1024, /* bytes of a request that is answered */
	SERVE_SIZE = METRICS_SIZE + 1024, /* bytes that hold any answer */
	SERVE_PAUSE_MS = 100, /* after serve_next has returned false */
};

/* Put the answer to the request of n bytes into its place in buffer, n being
 * below SERVE_SIZE; returns its length.  GET and HEAD of /livez, /readyz,
 * /healthz, /startupz and /metrics. */
size_t serve_answer(char buffer[SERVE_SIZE], size_t n, const struct status *s);

/* Listen where target_listen has found, at the first address that this machine
 * has.  A descriptor of at least 10, if there are so many, so that 3 stays free
 * for the status page; or -1 and errno of socket(2), bind(2) or listen(2). */
int serve_open(const struct target_server *server);

/* Answer the next client on that descriptor; never waits for anybody.  False if
 * no connection can be accepted at present, since descriptors or memory have
 * run out: poll(2) would report the waiting client again at once, so do not
 * poll the descriptor for the next SERVE_PAUSE_MS. */
bool serve_next(int fd, const struct status *s);

#endif
