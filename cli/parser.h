/* SPDX-License-Identifier: MIT */
#ifndef HALE_PARSER_H
#define HALE_PARSER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/options.h"
#include "cli/settings.h"

enum { PARSER_ROWS_MAX = 64, PARSER_NAME_SIZE = 48 };

/* Where an option was given last. */
enum parser_source { PARSER_NOWHERE, PARSER_VARIABLE, PARSER_COMMAND_LINE };

/* What is known while the command line and the environment are read, and is no
 * part of the result. */
struct parser {
	struct options *options; /* the result */
	char **environment;
	pid_t self;                  /* hale's pid */
	char **words;                /* the next word of the command line */
	char name[PARSER_NAME_SIZE]; /* of the option or variable that is being
	                                read, as the user wrote it */

	enum parser_source sources[PARSER_ROWS_MAX]; /* of each row */
	bool failed; /* options->error says why */

	/* What is decided when all has been read. */
	int verbose;                     /* how often -v was given */
	bool rewritten[SIGNALS_MAX + 1]; /* --rewrite was given for it */
	bool single_child;               /* -c */
	struct settings all;             /* --health-interval and the like */
};

/* Record a usage error; only the first one is kept. */
void parser_fail(struct parser *p, const char *format, ...);

/* Record the usage error "NAME: 'VALUE' PROBLEM". */
void parser_refuse(struct parser *p, const char *name, const char *value,
                   const char *problem);

/* Record a warning; format has places for what is warned of and for the rest of
 * the sentence. */
void parser_warn(struct parser *p, const char *format, const char *subject,
                 const char *rest);

/* Understand a duration.  NULL and *ms, or what is wrong, in words that follow
 * "'VALUE' ". */
const char *parser_duration(const char *value, long long *ms);

#endif
