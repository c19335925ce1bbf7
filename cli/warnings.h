/* SPDX-License-Identifier: MIT */
#ifndef HALE_WARNINGS_H
#define HALE_WARNINGS_H

#include "cli/parser.h"
#include "cli/table.h"

/* Warn of a variable whose name, its first n bytes, is almost that of the
 * row's: HALE_GRCE. */
void warnings_near_miss(struct parser *p, const char *name, size_t n,
                        const struct table_row *row);

/* When all options have been read: warn of each that can have no effect. */
void warnings_no_effect(struct parser *p);

#endif
