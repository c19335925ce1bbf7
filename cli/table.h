/* SPDX-License-Identifier: MIT */
#ifndef HALE_TABLE_H
#define HALE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/parser.h"
#include "cli/settings.h"

enum { TABLE_ROWS = 40 };

/* Under which heading --help shows an option, in this order. */
enum table_group {
	TABLE_RUNNING,
	TABLE_STOPPING,
	TABLE_HEALTH,
	TABLE_CHECKING,
	TABLE_TOOLS,
	TABLE_COMPATIBILITY,
	TABLE_GROUPS
};

/* An option. */
struct table_row {
	char name[22];    /* without its two dashes, or "" */
	char letter[3];   /* of the short forms, or "" */
	char metavar[12]; /* its value in --help; "": it takes none */
	char help[52];    /* one line of --help */
	enum table_group group : 8;

	bool variable;       /* HALE_NAME sets it too */
	char separator;      /* of values in the variable, if it has several */
	bool optional_value; /* it may be left out on the command line */
	bool fits_check;     /* --check TARGET obeys the variable too */

	/* What it does, in one of these ways or two. */
	enum options_action action : 8; /* to do this, if not OPTIONS_RUN */
	enum settings_kind setting : 8; /* to set this for all targets */
	/* It takes the value, which is NULL if there is none.  NULL, or what is
	 * wrong, in words that follow "'VALUE' "; other errors are recorded
	 * with parser_fail. */
	const char *(*set)(struct parser *p, const char *value);
};

/* All options. */
extern const struct table_row table_rows[TABLE_ROWS];

/* The row of a long option, which must exist. */
const struct table_row *table_find(const char *name);

/* The row of a short option, or NULL. */
const struct table_row *table_find_letter(char letter);

/* Write the name of the row as it is given there: --log-level or
 * HALE_LOG_LEVEL. */
void table_name(const struct table_row *row, enum parser_source source,
                char name[PARSER_NAME_SIZE]);

/* The row whose name there resembles the first n bytes of typed most, or NULL;
 * *distance says how many letters differ, which is 0 if it is the name. */
const struct table_row *table_nearest(enum parser_source source,
                                      const char *typed, size_t n,
                                      int *distance);

/* Where this option was given. */
enum parser_source table_source(const struct parser *p, const char *name);

#endif
