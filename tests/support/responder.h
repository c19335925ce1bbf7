/* SPDX-License-Identifier: MIT */
#ifndef RESPONDER_H
#define RESPONDER_H

#include "server.h"

/* A server and how it is called. */
struct responder {
	struct server server;
	int fd, port;
	char *target; /* SCHEME://127.0.0.1:PORT, and / for http */
};

/* Let a server of its own make an answer of these steps. */
struct responder responder_open(const char *scheme,
                                const struct server_step *steps);
void responder_close(struct responder *p);

/* hale --check finds such an answer healthy; or not, for this reason.  It is
 * known without the end of the time that there is. */
void responder_healthy(const char *scheme, const struct server_step *steps);
void responder_unhealthy(const char *reason, const char *scheme,
                         const struct server_step *steps);

/* The same, with the time over, which is 300 ms. */
void responder_timeout(const char *reason, const char *scheme,
                       const struct server_step *steps);

#endif
