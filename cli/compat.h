/* SPDX-License-Identifier: MIT */
#ifndef HALE_COMPAT_H
#define HALE_COMPAT_H

#include <stdbool.h>

enum compat_kind {
	COMPAT_HALE,
	COMPAT_TINI,
	COMPAT_CATATONIT,
	COMPAT_DUMB_INIT
};

/* What the name that hale is started under changes. */
struct compat_name {
	char name[12];
	enum compat_kind kind;
	unsigned char usage_code;     /* exit code of a usage error */
	unsigned char not_found_code; /* ... when PROGRAM is not found */
	unsigned char not_run_code;   /* ... when it cannot be run */
	bool session;         /* PROGRAM gets a session, signals its group */
	bool texts_on_stderr; /* --help, --version, --license */
};

/* The row for argv[0], whose last component decides; hale's own for a name that
 * is not in the table, and for NULL. */
const struct compat_name *compat_find(const char *argv0);

#endif
