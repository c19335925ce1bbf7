/* SPDX-License-Identifier: MIT */
/*
 * help: what --help, --version and --license print.
 *
 * The options of --help come from the table that parsing uses.
 */
#include "cli/help.h"

#include <string.h>

#include "cli/license.h"
#include "cli/table.h"
#include "lib/version.h"

/* " - git.3f16b61f0a2c" between two releases, defined by the Makefile. Docker's
 * daemon takes the commit from there. */
#ifndef HALE_REVISION
#define HALE_REVISION ""
#endif

enum { HELP_COLUMN = 24 }; /* where the explanation of an option begins */

static const char headings[TABLE_GROUPS][16] = {
    [TABLE_RUNNING] = "Running", [TABLE_STOPPING] = "Stopping",
    [TABLE_HEALTH] = "Health",   [TABLE_CHECKING] = "Checking",
    [TABLE_TOOLS] = "Tools",     [TABLE_COMPATIBILITY] = "Compatibility",
};

static const char beginning[] =
    "usage: hale [OPTION...] [--] PROGRAM [ARG...]\n"
    "       hale --check [OPTION...] [TARGET...]\n"
    "Run PROGRAM as the first process of a container: forward signals to it, "
    "reap\n"
    "orphaned processes, watch its health, and exit with its exit status.\n";

static const char end[] =
    "\n"
    "TARGET    http://HOST[:PORT][/PATH]  grpc://HOST:PORT[/SERVICE]\n"
    "          tcp://HOST:PORT  unix:/SOCKET  (?send=TEXT&expect=TEXT)\n"
    "          exec:COMMAND  file:/PATH[?max-age=DURATION]  notify:\n"
    "          Settings for one target stand before it:\n"
    "          'interval=30s retries=1 exec:/app/check'\n"
    "DURATION  500ms, 10s, 1m30s, 2h, or a number of seconds\n"
    "SIGNAL    TERM, SIGTERM, 15, RTMIN+1\n"
    "\n"
    "Most options can be set by the environment too: --health-interval 5s is\n"
    "HALE_HEALTH_INTERVAL=5s.  The command line wins.\n"
    "\n"
    "Examples:\n"
    "  hale --grace 10s -- /app/server --port 8080\n"
    "  hale --wait-for tcp://db:5432 --health http://localhost:8080/ "
    "/app/server\n"
    "  hale --check --wait 30s http://localhost:8080/\n";

/* "  -r, --rewrite FROM:TO   explanation", which begins on a line of its own if
 * the option is too long. */
static void
append_option(struct text *t, const struct table_row *row)
{
	bool has_letter = row->letter[0] != '\0';
	const char *dashes = has_letter ? ", --" : "  --";
	size_t start = t->length;

	if (row->name[0] == '\0')
		dashes = "";
	text_format(t, "{dash:s}{letter:b}{dashes:s}{name:s} {value:s}",
	            has_letter ? "  -" : "    ", row->letter,
	            (size_t)has_letter, dashes, row->name, row->metavar);
	if (t->length - start >= HELP_COLUMN) {
		text_string(t, "\n");
		start = t->length;
	}
	while (t->length - start < HELP_COLUMN)
		text_string(t, " ");
	text_format(t, "{help:s}\n", row->help);
}

void
help_options(struct text *t)
{
	const struct table_row *row;
	int group;

	text_string(t, beginning);
	for (group = 0; group < TABLE_GROUPS; group++) {
		text_format(t, "\n{heading:s}:\n", headings[group]);
		for (row = table_rows; row < table_rows + TABLE_ROWS; row++)
			if ((int)row->group == group)
				append_option(t, row);
	}
	text_string(t, end);
}

void
help_version(struct text *t, enum compat_kind kind)
{
	static const char forms[][16] = {
	    [COMPAT_HALE] = "hale ",
	    [COMPAT_TINI] = "tini version ", /* Docker's daemon reads this */
	    [COMPAT_CATATONIT] = "tini version ",
	    [COMPAT_DUMB_INIT] = "dumb-init v",
	};

	text_format(t, "{name:s}" HALE_VERSION HALE_REVISION "\n", forms[kind]);
}

void
help_license(struct text *t)
{
	text_string(t, LICENSE_TEXT);
}
