/* SPDX-License-Identifier: MIT */
#ifndef TEMPORARY_H
#define TEMPORARY_H

enum { TEMPORARY_SIZE = 64 }; /* bytes: a socket's path may not be long */

/* The path of a temporary file with that name, in TMPDIR or else in /tmp.
 * tests/support/tidy removes what a test that was interrupted left there. */
void temporary_path(char path[TEMPORARY_SIZE], const char *name);

#endif
