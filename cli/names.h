/* SPDX-License-Identifier: MIT */
#ifndef HALE_NAMES_H
#define HALE_NAMES_H

#include <stdbool.h>

enum names_kind { NAMES_HALE, NAMES_TINI, NAMES_CATATONIT, NAMES_DUMB_INIT };

/* What the name that hale is started under changes. */
struct names_row {
	char name[12];
	unsigned char kind;      /* enum names_kind */
	unsigned char usage;     /* exit code of a usage error */
	unsigned char not_found; /* ... when PROGRAM is not found */
	unsigned char not_run;   /* ... when it cannot be run */
	bool session;            /* PROGRAM gets a session, signals its group */
	bool texts_on_stderr;    /* help and the like */
};

/* The row for argv[0]: its last component decides, and hale's own is for all
 * that is not in the table. */
const struct names_row *names_find(const char *argv0);

#endif
