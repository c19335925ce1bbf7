/* SPDX-License-Identifier: MIT */
#ifndef HALE_ANNOUNCE_H
#define HALE_ANNOUNCE_H

#include <sys/socket.h>

/* What is added to the environment for PROGRAM. */
struct announce {
	char **end; /* where it begins: NULL there takes it out again */
	union {
		char socket[32];
		struct {
			char room[12];
			struct sockaddr name; /* ends where socket does */
		} part;
	};
	char interval[40];
};

/* Make the socket that PROGRAM notifies, and put its name into environ, and how
 * often it is to do so: max_age is ms, or 0 or less; see sd_notify(3) and
 * sd_watchdog_enabled(3).  The descriptor, which is above that of the status,
 * or -1 and errno. */
int announce_begin(struct announce *a, long long max_age);

#endif
