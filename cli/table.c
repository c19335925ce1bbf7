/* SPDX-License-Identifier: MIT */
/*
 * table: all options, each with its names, its help and the function that
 * understands its value.
 *
 * The command line, the environment and --help all come from these rows, so
 * that none of them can fall behind.
 */
#include "cli/table.h"

#include <string.h>

#include "cli/suggest.h"
#include "cli/targets.h"

enum { WORD_SIZE = 8 }; /* bytes of the longest word below, and its NUL */

/* Which of the words value is, or -1. */
static int
find_word(const char (*words)[WORD_SIZE], int count, const char *value)
{
	int i;

	for (i = 0; i < count; i++)
		if (strcmp(words[i], value) == 0)
			return i;
	return -1;
}

/* ------ Running ------ */

static const char *
set_forward(struct parser *p, const char *value)
{
	static const char words[][WORD_SIZE] = {
	    [FORWARD_CHILD] = "child",
	    [FORWARD_GROUP] = "group",
	    [FORWARD_ALL] = "all",
	};
	int word = find_word(words, 3, value);

	if (word < 0)
		return "is not child|group|all";
	/* Elsewhere kill(-1) would reach all processes of the user. */
	if (word == FORWARD_ALL && p->self != 1)
		return "is possible only if hale is PID 1; choose child or "
		       "group";
	p->options->forward = (enum options_forward)word;
	return NULL;
}

/* A signal that hale can receive and forward, or -1. */
static int
forwardable_signal(const char *name)
{
	int n = signals_number(name);

	return n > 0 && signals_forwardable(n) ? n : -1;
}

/* The signal behind the colon of --rewrite, or -1. */
static int
replacing_signal(const char *name)
{
	if (strcmp(name, "0") == 0 || strcmp(name, "none") == 0)
		return SIGNALS_NONE;
	return signals_number(name);
}

static const char *
set_rewrite(struct parser *p, const char *value)
{
	struct target_pool *pool = &p->options->pool;
	size_t length = strcspn(value, ":");
	const char *name = target_pool_copy(pool, value, length);
	int from, to;

	if (pool->left == 0)
		return "is too long";
	from = forwardable_signal(name);
	to = value[length] == ':' ? replacing_signal(value + length + 1) : -1;
	if (from < 0 || to < 0)
		return "is not FROM:TO, two signals; TO may be 0 or none";
	p->options->rewrite[from] = (unsigned char)to;
	p->rewritten[from] = true;
	return NULL;
}

static const char *
set_wait_for(struct parser *p, const char *value)
{
	return targets_add(p, value, TARGETS_WAIT);
}

static const char *
set_wait_timeout(struct parser *p, const char *value)
{
	return parser_duration(value, &p->options->wait_timeout_ms);
}

static const char *
set_remap_exit(struct parser *p, const char *value)
{
	int code = text_to_number(value, 255);

	if (code < 0)
		return "is not an exit code, 0 to 255";
	p->options->remap_exit[code] = true;
	return NULL;
}

/* A relative path would lead elsewhere later: hale moves to /. */
static const char *
set_exit_report(struct parser *p, const char *value)
{
	p->options->exit_report = value;
	return value[0] != '/' ? "is not a path that begins with /" : NULL;
}

static const char *
set_log_level(struct parser *p, const char *value)
{
	static const char words[][WORD_SIZE] = {
	    [LOG_ERROR] = "error",
	    [LOG_WARN] = "warn",
	    [LOG_INFO] = "info",
	    [LOG_DEBUG] = "debug",
	};
	int level = find_word(words, 4, value);

	if (strcmp(value, "warning") == 0)
		level = LOG_WARN;
	if (level < 0)
		return "is not error|warn|info|debug";
	p->options->log_level = (enum log_level)level;
	return NULL;
}

static const char *
set_log_format(struct parser *p, const char *value)
{
	p->options->log_json = strcmp(value, "json") == 0;
	if (!p->options->log_json && strcmp(value, "text") != 0)
		return "is not text|json";
	return NULL;
}

static const char *
set_verbose(struct parser *p, const char *value)
{
	(void)value;
	p->verbose++;
	return NULL;
}

/* ------ Stopping ------ */

/* "none" empties the list, TERM and INT included; other values are added. */
static const char *
set_stop_signal(struct parser *p, const char *value)
{
	struct options *o = p->options;
	int n;

	if (strcmp(value, "none") == 0) {
		memset(o->stop_signals, 0, sizeof(o->stop_signals));
		o->health_stop_signal = 0;
		return NULL;
	}
	n = forwardable_signal(value);
	if (n < 0)
		return "is not a signal that can be caught: a name like TERM, "
		       "or 1 to 64";
	o->stop_signals[n] = true;
	if (o->health_stop_signal == 0)
		o->health_stop_signal = n;
	return NULL;
}

static const char *
set_drain(struct parser *p, const char *value)
{
	return parser_duration(value, &p->options->drain_ms);
}

static const char *
set_grace(struct parser *p, const char *value)
{
	return parser_duration(value, &p->options->grace_ms);
}

/* ------ Health ------ */

static const char *
set_health(struct parser *p, const char *value)
{
	return targets_add(p, value, TARGETS_HEALTH);
}

static const char *
set_ready(struct parser *p, const char *value)
{
	return targets_add(p, value, TARGETS_READY);
}

static const char *
set_health_listen(struct parser *p, const char *value)
{
	p->options->listen_text = value;
	return target_listen(&p->options->listen, value);
}

/* ------ Checking and tools ------ */

static const char *
set_live(struct parser *p, const char *value)
{
	(void)value;
	p->options->live = true;
	return NULL;
}

static const char *
set_started(struct parser *p, const char *value)
{
	(void)value;
	p->options->started = true;
	return NULL;
}

static const char *
set_wait(struct parser *p, const char *value)
{
	return parser_duration(value, &p->options->check_wait_ms);
}

static const char *
set_status(struct parser *p, const char *value)
{
	if (value == NULL)
		return NULL;
	if (strcmp(value, "json") != 0)
		return "is not json";
	p->options->action = OPTIONS_STATUS_JSON;
	return NULL;
}

static const char *
set_sleep(struct parser *p, const char *value)
{
	return parser_duration(value, &p->options->sleep_ms);
}

static const char *
set_install(struct parser *p, const char *value)
{
	p->options->install_path = value;
	return value[0] == '\0' ? "is not a path for the copy" : NULL;
}

/* ------ Compatibility ------ */

static const char *
set_group(struct parser *p, const char *value)
{
	(void)value;
	p->options->forward = FORWARD_GROUP;
	/* It overrules HALE_FORWARD, as --forward does. */
	p->sources[table_find("forward") - table_rows] = PARSER_COMMAND_LINE;
	return NULL;
}

static const char *
set_parent_death_signal(struct parser *p, const char *value)
{
	int n = signals_number(value);

	p->options->parent_death_signal = n;
	return n < 0 ? "is not a signal: a name like TERM, or 1 to 64" : NULL;
}

static const char *
set_warn_reaped(struct parser *p, const char *value)
{
	(void)value;
	p->options->warn_reaped = true;
	return NULL;
}

/* On the command line it has no value. */
static const char *
set_single_child(struct parser *p, const char *value)
{
	static const char words[][WORD_SIZE] = {"1", "true",  "yes", "",
	                                        "0", "false", "no"};
	int word = value != NULL ? find_word(words, 7, value) : 0;

	if (word < 0)
		return "is not 1, true or yes, or 0, false, no or empty";
	p->single_child = word < 3;
	return NULL;
}

/* ------ The options, in the order of --help ------ */

const struct table_row table_rows[TABLE_ROWS] = {
    {.name = "forward",
     .metavar = "WHOM",
     .help = "signals go to: child (the default), group or all",
     .group = TABLE_RUNNING,
     .variable = true,
     .set = set_forward},
    {.name = "rewrite",
     .letter = "r",
     .metavar = "FROM:TO",
     .help = "forward signal TO when FROM arrives; none drops it",
     .group = TABLE_RUNNING,
     .variable = true,
     .separator = ',',
     .set = set_rewrite},
    {.name = "wait-for",
     .metavar = "TARGET",
     .help = "start PROGRAM only when TARGET answers; up to 8",
     .group = TABLE_RUNNING,
     .variable = true,
     .separator = '\n',
     .set = set_wait_for},
    {.name = "wait-timeout",
     .metavar = "DURATION",
     .help = "give up waiting after this (default: 60s; 0: never)",
     .group = TABLE_RUNNING,
     .variable = true,
     .set = set_wait_timeout},
    {.name = "remap-exit",
     .letter = "e",
     .metavar = "CODE",
     .help = "exit with 0 when PROGRAM exits with CODE",
     .group = TABLE_RUNNING,
     .variable = true,
     .separator = ',',
     .set = set_remap_exit},
    {.name = "exit-report",
     .metavar = "PATH",
     .help = "on exit write a line of JSON to PATH that says why",
     .group = TABLE_RUNNING,
     .variable = true,
     .set = set_exit_report},
    {.name = "log-level",
     .metavar = "LEVEL",
     .help = "error, warn (the default), info or debug",
     .group = TABLE_RUNNING,
     .variable = true,
     .set = set_log_level},
    {.name = "log-format",
     .metavar = "text|json",
     .help = "json: one object a line (default: text)",
     .group = TABLE_RUNNING,
     .variable = true,
     .set = set_log_format},
    {.name = "verbose",
     .letter = "v",
     .help = "one log level more, each time it is given",
     .group = TABLE_RUNNING,
     .set = set_verbose},
    {.name = "stop-signal",
     .metavar = "SIGNAL",
     .help = "SIGNAL begins a stop too; none: not even TERM, INT",
     .group = TABLE_STOPPING,
     .variable = true,
     .separator = ',',
     .set = set_stop_signal},
    {.name = "drain",
     .metavar = "DURATION",
     .help = "wait this long before forwarding the stop signal",
     .group = TABLE_STOPPING,
     .variable = true,
     .set = set_drain},
    {.name = "grace",
     .metavar = "DURATION",
     .help = "time from forwarding it to SIGKILL, for everybody",
     .group = TABLE_STOPPING,
     .variable = true,
     .set = set_grace},
    {.name = "health",
     .metavar = "TARGET",
     .help = "check TARGET while PROGRAM runs; up to 8",
     .group = TABLE_HEALTH,
     .variable = true,
     .separator = '\n',
     .set = set_health},
    {.name = "ready",
     .metavar = "TARGET",
     .help = "like --health, but a failure means only not ready",
     .group = TABLE_HEALTH,
     .variable = true,
     .separator = '\n',
     .set = set_ready},
    {.name = "health-interval",
     .metavar = "DURATION",
     .help = "time from one check to the next (default: 10s)",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_INTERVAL},
    {.name = "health-timeout",
     .metavar = "DURATION",
     .help = "time that one check may take (default: 3s)",
     .group = TABLE_HEALTH,
     .variable = true,
     .fits_check = true,
     .setting = SETTINGS_TIMEOUT},
    {.name = "health-retries",
     .metavar = "N",
     .help = "unhealthy after N failures in a row (default: 3)",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_RETRIES},
    {.name = "health-successes",
     .metavar = "N",
     .help = "healthy after N successes in a row (default: 1)",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_SUCCESSES},
    {.name = "health-start-period",
     .metavar = "DURATION",
     .help = "failures do not count for this long (default: 30s)",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_START_PERIOD},
    {.name = "health-start-interval",
     .metavar = "DURATION",
     .help = "interval during the start period (default: 1s)",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_START_INTERVAL},
    {.name = "health-status",
     .metavar = "LIST",
     .help = "HTTP statuses that are healthy (default: 200-399)",
     .group = TABLE_HEALTH,
     .variable = true,
     .fits_check = true,
     .setting = SETTINGS_STATUS},
    {.name = "health-header",
     .metavar = "NAME: VALUE",
     .help = "add this to each HTTP and gRPC request; up to 8",
     .group = TABLE_HEALTH,
     .variable = true,
     .separator = '\n',
     .fits_check = true,
     .setting = SETTINGS_HEADER},
    {.name = "on-unhealthy",
     .metavar = "ACTION",
     .help = "report (default), stop (exit code 124), signal:NAME",
     .group = TABLE_HEALTH,
     .variable = true,
     .setting = SETTINGS_ON_UNHEALTHY},
    {.name = "health-listen",
     .metavar = "[HOST:]PORT",
     .help = "answer /livez, /readyz, /startupz, /metrics there",
     .group = TABLE_HEALTH,
     .variable = true,
     .set = set_health_listen},
    {.name = "check",
     .help = "exit with 0 if this container or TARGET is healthy",
     .group = TABLE_CHECKING,
     .action = OPTIONS_CHECK},
    {.name = "live",
     .help = "with --check: exit with 0 unless it is unhealthy",
     .group = TABLE_CHECKING,
     .set = set_live},
    {.name = "started",
     .help = "with --check: 0 if started and not unhealthy",
     .group = TABLE_CHECKING,
     .set = set_started},
    {.name = "wait",
     .metavar = "DURATION",
     .help = "with --check: keep trying for this long",
     .group = TABLE_CHECKING,
     .set = set_wait},
    {.name = "status",
     .metavar = "[json]",
     .help = "print all that is known about this container",
     .group = TABLE_CHECKING,
     .optional_value = true,
     .action = OPTIONS_STATUS,
     .set = set_status},
    {.name = "sleep",
     .metavar = "DURATION",
     .help = "sleep, in images that have no sleep(1)",
     .group = TABLE_TOOLS,
     .action = OPTIONS_SLEEP,
     .set = set_sleep},
    {.name = "install",
     .metavar = "PATH",
     .help = "copy hale to PATH, for another container to use",
     .group = TABLE_TOOLS,
     .action = OPTIONS_INSTALL,
     .set = set_install},
    {.name = "help",
     .letter = "h",
     .help = "print this text",
     .group = TABLE_TOOLS,
     .action = OPTIONS_HELP},
    {.name = "version",
     .letter = "V",
     .help = "print the version",
     .group = TABLE_TOOLS,
     .action = OPTIONS_VERSION},
    {.name = "license",
     .letter = "lL",
     .help = "print the license (also -L)",
     .group = TABLE_TOOLS,
     .action = OPTIONS_LICENSE},
    {.letter = "g",
     .help = "the same as --forward group (tini)",
     .group = TABLE_COMPATIBILITY,
     .set = set_group},
    {.letter = "p",
     .metavar = "SIGNAL",
     .help = "send hale SIGNAL when its own parent dies (tini)",
     .group = TABLE_COMPATIBILITY,
     .set = set_parent_death_signal},
    {.letter = "s",
     .help = "accepted; hale adopts orphans anyway (tini)",
     .group = TABLE_COMPATIBILITY},
    {.letter = "w",
     .help = "warn about each orphan that is reaped (tini)",
     .group = TABLE_COMPATIBILITY,
     .set = set_warn_reaped},
    {.name = "single-child",
     .letter = "c",
     .help = "no new session, signals to PROGRAM (dumb-init)",
     .group = TABLE_COMPATIBILITY,
     .variable = true,
     .set = set_single_child},
    {.letter = "P",
     .help = "run no PROGRAM, reap until TERM or INT (catatonit)",
     .group = TABLE_COMPATIBILITY,
     .action = OPTIONS_REAP_ONLY},
};

_Static_assert(sizeof(table_rows) / sizeof(table_rows[0]) <= PARSER_ROWS_MAX,
               "the parser has no place for so many options");

/* ------ Looking for an option ------ */

const struct table_row *
table_find(const char *name)
{
	const struct table_row *row = table_rows;

	while (strcmp(row->name, name) != 0)
		row++;
	return row;
}

const struct table_row *
table_find_letter(char letter)
{
	const struct table_row *row;

	for (row = table_rows; row < table_rows + TABLE_ROWS; row++)
		if (strchr(row->letter, letter) != NULL)
			return row;
	return NULL;
}

void
table_name(const struct table_row *row, enum parser_source source,
           char name[PARSER_NAME_SIZE])
{
	if (source != PARSER_VARIABLE) {
		memcpy(name, "--", 2);
		memcpy(name + 2, row->name, sizeof(row->name));
		return;
	}
	memcpy(name, "HALE_", 5);
	memcpy(name + 5, row->name, sizeof(row->name));
	for (name += 5; *name != '\0'; name++)
		*name = *name == '-' ? '_' : (char)(*name - 'a' + 'A');
}

/* A name is near if fewer than half of its letters differ. */
const struct table_row *
table_nearest(enum parser_source source, const char *typed, size_t n,
              int *distance)
{
	const struct table_row *row, *nearest = NULL;
	char name[PARSER_NAME_SIZE];

	*distance = SUGGEST_DISTANCE_MAX + 1;
	for (row = table_rows; row < table_rows + TABLE_ROWS; row++) {
		int differing;

		if (source == PARSER_VARIABLE && !row->variable)
			continue;
		table_name(row, source, name);
		differing = suggest_distance(typed, n, name);
		if (differing < *distance &&
		    2 * (size_t)differing < strlen(row->name)) {
			*distance = differing;
			nearest = row;
		}
	}
	return nearest;
}

enum parser_source
table_source(const struct parser *p, const char *name)
{
	return p->sources[table_find(name) - table_rows];
}
