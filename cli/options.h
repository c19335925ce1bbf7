/* SPDX-License-Identifier: MIT */
#ifndef HALE_OPTIONS_H
#define HALE_OPTIONS_H

#include <stdbool.h>

#include "health.h"
#include "lib/log.h"
#include "cli/names.h"
#include "signals.h"
#include "probe/target.h"
#include "lib/text.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_PAUSE, /* -P: run no program, only reap */
	OPTIONS_HELP,
	OPTIONS_LICENSE,
	OPTIONS_VERSION,
	OPTIONS_SLEEP,   /* --sleep */
	OPTIONS_INSTALL, /* --install */
	OPTIONS_STATUS,
	OPTIONS_STATUS_JSON,
	OPTIONS_CHECK,
};

/* What a turn to unhealthy asks for; 1 to SIGNALS_MAX is a signal to PROGRAM.
 */
enum { OPTIONS_REPORT = 0, OPTIONS_STOP = SIGNALS_MAX + 1 };

enum {
	OPTIONS_HEADERS = 8,
	OPTIONS_FIELDS = 400,
	OPTIONS_POOL = 8192, /* bytes of all targets, and of lists of them */
};

/* Whom signals go to. */
enum options_forward { FORWARD_CHILD, FORWARD_GROUP, FORWARD_ALL };

/* A usage error, in words: "OPTION: 'VALUE' PROBLEM WANTED", or without a value
 * "OPTION PROBLEM WANTED". */
struct options_error {
	const char *option; /* as the user knows it: --forward, HALE_FORWARD */
	const char *value;  /* what was given, or NULL */
	const char *problem;
	const char *wanted; /* what the option takes, or "" */
};

struct options {
	/* While the words are read. */
	struct options_error error;
	const char *option; /* its name, in the table's text */
	char **environment; /* that has the variables */
	pid_t self;         /* hale's */
	int target;         /* whose rules are set; 0 is all */
	int more;           /* how often -v came */
	int single_child;   /* -c */
	/* The one target that is notify:, or NULL. */
	const struct target *notify;

	/* What they say. */
	int action;              /* enum options_action */
	int log_json;            /* 1: --log-format json */
	int parent_death_signal; /* or SIGNALS_NONE */
	int warn_reaped;         /* -w */
	int subreaper;           /* -s, which changes nothing */
	int session;             /* PROGRAM gets one */
	char **program; /* PROGRAM and its arguments, NULL at the end */
	const struct names_row *name; /* that hale was started under */
	int headers, count;           /* of header, of targets */
	int stop_signal;              /* that a stop for ill health forwards */
	int live;                     /* --live */

	/* All ones until they are said. */
	int forward;                            /* enum options_forward */
	int log_level;                          /* enum log_level */
	unsigned char rewrite[SIGNALS_MAX + 1]; /* what to send for each */
	/* Health: [0] is what all targets share, [1] on is one target's. */
	struct health_rule rules[1 + TARGETS_MAX];
	const char *statuses[1 + TARGETS_MAX];
	struct options_header {
		const char *text;
		int target; /* 0 is all */
	} header[OPTIONS_HEADERS];
	long long drain, grace;  /* milliseconds, 0 is none */
	long long sleep;         /* milliseconds, for --sleep */
	long long wait;          /* milliseconds, for --check */
	const char *path;        /* for --install */
	const char *exit_report; /* a path, or NULL */
	struct target listen;    /* its text, or NULL; and its addresses */

	unsigned char stops[SIGNALS_MAX + 1]; /* 1: begins the stop */
	unsigned char remap_exit[256];        /* 1: becomes 0 */
	bool said[400];          /* which fields have been set, see options.c */
	char spelled[48];        /* an option or variable */
	struct target_pool pool; /* the caller's, of OPTIONS_POOL bytes */
	struct target targets[TARGETS_MAX];
};

/* Read the command line and the environment envp, both ended by NULL, into
 * *options, which is all zeros but for its pool; self is hale's pid, since some
 * settings are PID 1's alone.  0, or -1 and options->error.  Modelled on
 * getopt(3) as tini uses it: the first word that is not an option ends the
 * options. */
int options_parse(struct options *options, char **argv, char **envp,
                  pid_t self);

/* The place of value among words that | parts, or -1. */
int options_choice(const char *words, const char *value);

/* Append what --help prints. */
void options_help(struct text *t);

#endif
