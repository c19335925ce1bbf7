/* SPDX-License-Identifier: MIT */
#ifndef HALE_CONNECT_H
#define HALE_CONNECT_H

#include <poll.h>
#include <stdbool.h>

#include "probe/address.h"

enum connect_result { CONNECT_PENDING, CONNECT_OPEN, CONNECT_FAILED };

/* A connection that is being opened. */
struct connect {
	/* The caller's, set before connect_begin; what they point to must stay
	 * until there is a result. */
	const char *socket;              /* path of a unix socket, or NULL */
	const struct address *addresses; /* without a socket: tried in turn */
	int address_count;
	unsigned short port;   /* of each address */
	long long deadline_at; /* when the caller gives up */
	bool reset_is_open;    /* a reset right after the connection was
	                          accepted is no failure */

	/* The module's own. */
	int current;          /* the address that is tried */
	int fd;               /* CONNECT_OPEN: the connected socket; or -1 */
	int first_error;      /* CONNECT_FAILED: errno of the first address */
	long long give_up_at; /* when to go on to the next address */
	long long retry_at;   /* when to try again after a full backlog */
};

/* Start to connect, without waiting; see connect(2).  CONNECT_OPEN: c->fd is
 * the caller's.  CONNECT_FAILED: no address can be reached, see
 * c->first_error. */
enum connect_result connect_begin(struct connect *c, long long now);

/* Go on: the descriptor is ready, or connect_wake_at has come. */
enum connect_result connect_step(struct connect *c, long long now);

/* Close the socket, if the connection is not open yet. */
void connect_end(struct connect *c);

/* What to wait for; fd is -1 if there is nothing. */
struct pollfd connect_events(const struct connect *c);

/* When to step even if the descriptor is not ready, or HEALTH_NEVER. */
long long connect_wake_at(const struct connect *c);

/* How long to try an address, if left_ms are left and untried addresses,
 * this one included, have to share them. */
long long connect_share_ms(long long left_ms, int untried);

#endif
