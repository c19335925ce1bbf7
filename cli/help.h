/* SPDX-License-Identifier: MIT */
#ifndef HALE_HELP_H
#define HALE_HELP_H

#include "cli/compat.h"
#include "lib/text.h"

enum { HELP_SIZE = 8192 }; /* bytes that hold each of these */

/* Append what --help, --version and --license print. */
void help_options(struct text *t);
void help_version(struct text *t, enum compat_kind kind);
void help_license(struct text *t);

#endif
