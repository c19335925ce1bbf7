/* SPDX-License-Identifier: MIT */
/*
 * errors: errno values in words.
 *
 * The errors of a connection stand in the middle of a probe's reason, where
 * every libc should say the same, in lower case.  All others are worded by
 * strerror(3).
 */
#include "lib/errors.h"

#include <errno.h>
#include <string.h>

const char *
errors_text(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "address already in use";
	case EADDRNOTAVAIL:
		return "cannot assign requested address";
	case EAFNOSUPPORT:
		return "address family not supported by protocol";
	case ECONNREFUSED:
		return "connection refused";
	case ECONNRESET:
		return "connection reset by peer";
	case EHOSTUNREACH:
		return "no route to host";
	case ENETUNREACH:
		return "network is unreachable";
	case EPROTOTYPE:
		return "protocol wrong type for socket";
	case ETIMEDOUT:
		return "connection timed out";
	default:
		return strerror(error);
	}
}
