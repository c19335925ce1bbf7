/* SPDX-License-Identifier: MIT */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "ns.h"

/* A pseudoterminal: the test is the one who sits in front of it. */
struct terminal {
	int master, slave;
	bool background; /* hale is to be started in the background */
};

/* Make one. */
struct terminal terminal_open(void);

/* The prepare of a struct ns_setup whose argument is a struct terminal: hale
 * leads a session on it; if it is to be in the background, a process of another
 * group has the foreground. */
void terminal_attach(void *terminal);

/* Press keys. */
void terminal_type(const struct terminal *t, const char *keys);

#endif
