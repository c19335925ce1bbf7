/* SPDX-License-Identifier: MIT */
#ifndef HALE_TOOLS_H
#define HALE_TOOLS_H

#include "signals.h"

/* Sleep for ms milliseconds, as sleep(1) does, until a signal comes that would
 * have ended it.  0, or 128+n. */
int tools_sleep(struct signals *signals, long long ms);

/* Copy the running binary, /proc/self/exe, to the file path, mode 0755, by a
 * new file and rename(2).  0, or -1, errno, and *what is what could not be
 * done. */
int tools_install(const char *path, const char **what);

#endif
