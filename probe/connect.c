/* SPDX-License-Identifier: MIT */
/*
 * connect: opens a connection to a server, without ever waiting for it.
 *
 * A name can have several addresses.  They are tried in turn, and each gets an
 * equal share of the time that is left, so that a server that drops every
 * packet does not take the time of the others.  If none can be reached, the
 * error of the first one is reported.
 */
#include "probe/connect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "health.h"

enum { BACKLOG_RETRY_MS = 50 };

/* A unix socket counts as one address. */
static int
count_addresses(const struct connect *c)
{
	return c->socket != NULL ? 1 : c->address_count;
}

/* Put the name of the current address into *name; returns its length. */
static socklen_t
name_peer(const struct connect *c, union address_name *name)
{
	if (c->socket != NULL)
		return address_unix(c->socket, name);
	return address_name(&c->addresses[c->current], c->port, name);
}

long long
connect_share_ms(long long left_ms, int untried)
{
	return left_ms > 0 ? left_ms / untried : 0;
}

/* Open a socket for the current address.  0, or -1 and errno of socket(2). */
static int
open_socket(struct connect *c, int family, long long now)
{
	int untried = count_addresses(c) - c->current;

	/* The last address has all the time until the caller's deadline. */
	c->give_up_at = HEALTH_NEVER;
	if (untried > 1)
		c->give_up_at =
		    now + connect_share_ms(c->deadline_at - now, untried);
	c->retry_at = HEALTH_NEVER;
	c->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return c->fd < 0 ? -1 : 0;
}

/* A self-connect: if nobody listens on a port of the ephemeral range, the
 * kernel may choose the same port for this end, and TCP then connects it to
 * itself. */
static bool
is_self_connect(const struct connect *c, const union address_name *peer,
                socklen_t peer_length)
{
	union address_name own;
	socklen_t length = sizeof(own);

	return getsockname(c->fd, &own.any, &length) == 0 &&
	       length == peer_length && memcmp(&own, peer, length) == 0;
}

/* Ask the kernel to connect; a second call says how the first one went.  0 if
 * the connection is open, EINPROGRESS, or why it failed. */
static int
ask_kernel(struct connect *c, const union address_name *peer, socklen_t length)
{
	if (connect(c->fd, &peer->any, length) == 0)
		return is_self_connect(c, peer, length) ? ECONNREFUSED : 0;
	if (errno == EALREADY)
		return EINPROGRESS;
	/* Proxies accept and then reset if their own server is gone. */
	if (errno == ECONNRESET && c->reset_is_open)
		return 0;
	return errno;
}

/* Get on with the current address.  0 if the connection is open, EINPROGRESS if
 * that may still happen, or why it failed. */
static int
try_address(struct connect *c, long long now)
{
	union address_name peer;
	socklen_t length = name_peer(c, &peer);
	bool first = c->fd < 0;
	int error;

	if (first && open_socket(c, peer.any.sa_family, now) < 0)
		return errno;
	c->retry_at = HEALTH_NEVER;
	error = ask_kernel(c, &peer, length);
	/* Over the loopback interface the connection is open by now. */
	if (first && error == EINPROGRESS)
		error = ask_kernel(c, &peer, length);
	if (error != EAGAIN)
		return error;
	/* The server's backlog is full, and poll(2) would not report that there
	 * is room again. */
	c->retry_at = now + BACKLOG_RETRY_MS;
	return EINPROGRESS;
}

/* The current address has failed: go on to the next one. */
static void
leave_address(struct connect *c, int error)
{
	if (c->current == 0)
		c->first_error = error;
	connect_end(c);
	c->current++;
}

enum connect_result
connect_begin(struct connect *c, long long now)
{
	c->current = 0;
	c->fd = -1;
	c->first_error = EADDRNOTAVAIL; /* if there is no address at all */
	return connect_step(c, now);
}

enum connect_result
connect_step(struct connect *c, long long now)
{
	if (c->fd >= 0 && now >= c->give_up_at)
		leave_address(c, ETIMEDOUT);
	while (c->current < count_addresses(c)) {
		int error = try_address(c, now);

		if (error == 0)
			return CONNECT_OPEN;
		if (error == EINPROGRESS)
			return CONNECT_PENDING;
		leave_address(c, error);
	}
	return CONNECT_FAILED;
}

void
connect_end(struct connect *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

struct pollfd
connect_events(const struct connect *c)
{
	struct pollfd events = {.fd = c->fd, .events = POLLOUT};

	/* A socket that does not connect at the moment is always ready. */
	if (c->retry_at != HEALTH_NEVER)
		events.fd = -1;
	return events;
}

long long
connect_wake_at(const struct connect *c)
{
	return c->retry_at < c->give_up_at ? c->retry_at : c->give_up_at;
}
