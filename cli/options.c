/* SPDX-License-Identifier: MIT */
/*
 * options: what the command line and the environment ask for.
 *
 * The command line is read first and wins; then come the HALE_ variables, then
 * tini's and dumb-init's.  A variable that is overruled is not looked at.  What
 * the targets are held to is put together at the end, so that an option applies
 * to all of them wherever it stands.
 */
#include "cli/options.h"

#include <signal.h>
#include <string.h>

#include "cli/parser.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "cli/targets.h"
#include "cli/warnings.h"

enum {
	WAIT_TIMEOUT_MS = 60 * 1000,
	CHECK_INTERVAL_MS = 250, /* between the tries of --check --wait */
};

/* ------ The command line ------ */

/* Obey an option or variable, whose name p->name is. */
static void
apply(struct parser *p, const struct table_row *row, enum parser_source source,
      const char *value)
{
	const char *problem = NULL;

	p->sources[row - table_rows] = source;
	if (row->action != OPTIONS_RUN)
		p->options->action = row->action;
	if (row->setting != SETTINGS_NONE)
		problem = settings_set(p, row->setting, value);
	else if (row->set != NULL)
		problem = row->set(p, value);
	if (problem != NULL)
		parser_refuse(p, p->name, value, problem);
}

/* Obey an option of the command line.  Its value is what stood behind it in the
 * same word, or else the next word. */
static void
apply_option(struct parser *p, const struct table_row *row, const char *value)
{
	bool takes_value = row->metavar[0] != '\0';

	if (!takes_value && value != NULL) {
		parser_fail(p,
		            "{option:q} takes no value, but was given "
		            "'{value:q}'",
		            p->name, value);
		value = NULL;
	}
	if (takes_value && value == NULL && *p->words != NULL &&
	    (!row->optional_value || (*p->words)[0] != '-'))
		value = *p->words++;
	if (takes_value && value == NULL && !row->optional_value)
		parser_fail(p, "{option:q} needs a value: {wanted:s}", p->name,
		            row->metavar);
	else
		apply(p, row, PARSER_COMMAND_LINE, value);
}

static void
fail_unknown(struct parser *p, const char *option)
{
	parser_fail(p, "unknown option '{option:q}'; see --help", option);
}

/* --NAME, --NAME=VALUE or --NAME VALUE */
static void
read_long_option(struct parser *p, const char *word)
{
	const char *end = word + strcspn(word, "=");
	const struct table_row *row;
	int distance;

	row = table_nearest(PARSER_COMMAND_LINE, word, (size_t)(end - word),
	                    &distance);
	if (row == NULL) {
		fail_unknown(p, word);
		return;
	}
	table_name(row, PARSER_COMMAND_LINE, p->name);
	if (distance > 0)
		parser_fail(p,
		            "unknown option '{option:q}'; did you mean "
		            "'{suggestion:s}'?",
		            word, p->name);
	else
		apply_option(p, row, *end == '=' ? end + 1 : NULL);
}

/* Has something been asked for that takes no more options? */
static bool
is_complete(const struct options *o)
{
	switch (o->action) {
	case OPTIONS_RUN:
	case OPTIONS_REAP_ONLY:
	case OPTIONS_CHECK:
		return false;
	default:
		return true;
	}
}

/* -abc, -pVALUE or -p VALUE */
static void
read_short_options(struct parser *p, const char *word)
{
	const char *at;

	for (at = word + 1; *at != '\0' && !is_complete(p->options); at++) {
		const struct table_row *row = table_find_letter(*at);
		bool takes_value;

		p->name[0] = '-';
		p->name[1] = *at;
		p->name[2] = '\0';
		if (row == NULL) {
			fail_unknown(p, p->name);
			return;
		}
		takes_value = row->metavar[0] != '\0';
		apply_option(p, row,
		             takes_value && at[1] != '\0' ? at + 1 : NULL);
		if (takes_value)
			return; /* it was the rest of the word, or the next */
	}
}

static void
add_check_target(struct parser *p, const char *text)
{
	const char *problem;

	memcpy(p->name, "--check", sizeof("--check"));
	problem = targets_add(p, text, TARGETS_HEALTH);
	if (problem != NULL)
		parser_refuse(p, p->name, text, problem);
}

/* Read words up to PROGRAM.  Behind --check there is none: what is no option
 * there is a target. */
static void
read_words(struct parser *p)
{
	struct options *o = p->options;
	bool ended = false; /* by -- */

	while (*p->words != NULL && !is_complete(o)) {
		const char *word = *p->words;
		bool option = !ended && word[0] == '-' && word[1] != '\0';

		if (!option && o->action != OPTIONS_CHECK)
			break;
		p->words++;
		if (!option)
			add_check_target(p, word);
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			read_long_option(p, word);
		else
			read_short_options(p, word);
	}
	o->program = p->words;
}

/* ------ The environment ------ */

/* The row that an entry of the environment, "HALE_NAME=VALUE", sets, or almost
 * sets if *distance is not 0.  NULL, or *length is that of the entry's name. */
static const struct table_row *
find_setting(const char *entry, size_t *length, int *distance)
{
	if (strncmp(entry, "HALE_", 5) != 0)
		return NULL;
	*length = strcspn(entry, "=");
	if (entry[*length] != '=')
		return NULL;
	return table_nearest(PARSER_VARIABLE, entry, *length, distance);
}

bool
options_is_setting(const char *entry)
{
	size_t length;
	int distance;

	return find_setting(entry, &length, &distance) != NULL && distance == 0;
}

/* Obey each item of a list.  An empty line is no item, but between commas
 * something is missing then. */
static void
apply_list(struct parser *p, const struct table_row *row, const char *list)
{
	struct target_pool *pool = &p->options->pool;
	const char *at = list;

	while (*list != '\0') {
		size_t n = strcspn(at, row->separator == ',' ? "," : "\n");
		const char *item = target_pool_copy(pool, at, n);

		if (pool->left == 0) {
			parser_fail(p, "{option:q} is too long", p->name);
			return;
		}
		if (n > 0 || row->separator == ',')
			apply(p, row, PARSER_VARIABLE, item);
		if (at[n] == '\0')
			return;
		at += n + 1;
	}
}

/* Is this variable to be obeyed?  A check takes only what fits it, and nothing
 * if it has no targets of its own. */
static bool
is_wanted(const struct parser *p, const struct table_row *row)
{
	if (p->options->action == OPTIONS_CHECK &&
	    (!row->fits_check || p->options->target_count == 0))
		return false;
	/* Of two variables of one name the first counts, as in getenv(3). */
	return p->sources[row - table_rows] == PARSER_NOWHERE;
}

/* Obey "HALE_NAME=VALUE", or warn if there is no such setting but one like it.
 */
static void
read_variable(struct parser *p, const char *entry)
{
	size_t length;
	int distance;
	const struct table_row *row = find_setting(entry, &length, &distance);

	if (row == NULL)
		return;
	if (distance > 0) {
		if (p->options->action != OPTIONS_CHECK)
			warnings_near_miss(p, entry, length, row);
		return;
	}
	if (!is_wanted(p, row))
		return;
	table_name(row, PARSER_VARIABLE, p->name);
	if (row->separator != '\0')
		apply_list(p, row, entry + length + 1);
	else
		apply(p, row, PARSER_VARIABLE, entry + length + 1);
}

static void
read_environment(struct parser *p)
{
	char **entry;

	for (entry = p->environment; *entry != NULL; entry++)
		read_variable(p, *entry);
}

static const char *
lookup(const struct parser *p, const char *name)
{
	return target_variable(p->environment, name, strlen(name));
}

static bool
variable_is(const struct parser *p, const char *name, const char *value)
{
	const char *found = lookup(p, name);

	return found != NULL && strcmp(found, value) == 0;
}

/* ------ What holds in the end ------ */

/* dumb-init's name means a session of its own for PROGRAM, and that signals go
 * to its process group. */
static void
finish_session(struct parser *p)
{
	struct options *o = p->options;

	if (o->name->session)
		o->session = !p->single_child &&
		             !variable_is(p, "DUMB_INIT_SETSID", "0");
	if (table_source(p, "forward") != PARSER_NOWHERE)
		return;
	if (o->session || lookup(p, "TINI_KILL_PROCESS_GROUP") != NULL)
		o->forward = FORWARD_GROUP;
}

/* Nobody stops by these in a session of its own, since its process group is an
 * orphaned one; STOP does it, as under dumb-init. */
static void
finish_rewriting(struct parser *p)
{
	static const unsigned char signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	size_t i;

	for (i = 0; i < sizeof(signals); i++)
		if (p->options->session && !p->rewritten[signals[i]])
			p->options->rewrite[signals[i]] = SIGSTOP;
}

/* The level that -v adds to, and how much it adds.  TINI_VERBOSITY overrules
 * -v, as it does in tini. */
static void
finish_log_level(struct parser *p, bool use_environment)
{
	struct options *o = p->options;
	const char *tini = use_environment ? lookup(p, "TINI_VERBOSITY") : NULL;
	int level = (int)o->log_level, more = p->verbose;

	if (use_environment && o->name->session &&
	    variable_is(p, "DUMB_INIT_DEBUG", "1"))
		more = LOG_DEBUG;
	if (tini != NULL && table_source(p, "log-level") == PARSER_NOWHERE) {
		level = text_to_number(tini, 999);
		more = 0;
		if (level < 0) {
			parser_refuse(p, "TINI_VERBOSITY", tini,
			              "is not a number from 0 (error) to 3 "
			              "(debug)");
			level = LOG_WARN;
		}
	}
	level += more;
	o->log_level = level < LOG_DEBUG ? (enum log_level)level : LOG_DEBUG;
}

static void
finish_run(struct parser *p)
{
	struct options *o = p->options;

	finish_session(p);
	finish_rewriting(p);
	if (o->health_stop_signal == 0)
		o->health_stop_signal = SIGTERM;
	if (o->listen_text != NULL && o->target_count == 0)
		parser_fail(p, "--health-listen needs --health or --ready");
}

static void
finish_check(struct parser *p)
{
	struct options *o = p->options;

	if (o->notify != NULL)
		parser_refuse(p, "--check", o->notify->text,
		              "cannot be checked from here: PROGRAM notifies "
		              "its own hale only");
	if (p->all.values[SETTINGS_INTERVAL] != NULL)
		(void)parser_duration(p->all.values[SETTINGS_INTERVAL],
		                      &o->check_interval_ms);
}

/* Options that make sense for --check alone. */
static void
refuse_check_options(struct parser *p)
{
	static const char names[][8] = {"live", "started", "wait"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (table_source(p, names[i]) != PARSER_NOWHERE)
			parser_fail(p, "--{option:s} needs --check", names[i]);
}

/* Is there the PROGRAM that the action needs, and no other? */
static void
check_program(struct parser *p)
{
	const struct options *o = p->options;
	const char *program = o->program[0];

	if (o->action == OPTIONS_CHECK)
		return;
	refuse_check_options(p);
	if (o->action == OPTIONS_RUN && program == NULL)
		parser_fail(p, "PROGRAM is missing; usage: hale [OPTION...] "
		               "[--] PROGRAM [ARG...]");
	else if (o->action == OPTIONS_RUN && *program == '\0')
		parser_refuse(p, "PROGRAM", program,
		              "is empty; is a variable unset?");
	else if (o->action != OPTIONS_RUN && program != NULL)
		parser_refuse(p, "PROGRAM", program,
		              "is not run here; leave it out");
}

static void
set_defaults(struct options *o)
{
	int n;

	o->action = OPTIONS_RUN;
	o->forward = FORWARD_CHILD;
	o->log_level = LOG_WARN;
	o->parent_death_signal = SIGNALS_NONE;
	for (n = 0; n <= SIGNALS_MAX; n++)
		o->rewrite[n] = (unsigned char)n;
	o->stop_signals[SIGTERM] = true;
	o->stop_signals[SIGINT] = true;
	o->wait_timeout_ms = WAIT_TIMEOUT_MS;
	o->check_interval_ms = CHECK_INTERVAL_MS;
	o->pool.next = o->strings;
	o->pool.left = sizeof(o->strings);
}

static bool
prints_a_text(const struct options *o)
{
	return o->action == OPTIONS_HELP || o->action == OPTIONS_LICENSE ||
	       o->action == OPTIONS_VERSION;
}

/* Read all that the action may depend on. */
static void
read_all(struct parser *p)
{
	struct options *o = p->options;
	bool runs;

	read_words(p);
	runs = o->action == OPTIONS_RUN || o->action == OPTIONS_REAP_ONLY;
	if (!prints_a_text(o))
		check_program(p);
	if (runs || o->action == OPTIONS_CHECK) {
		read_environment(p);
		targets_resolve(p);
	}
	if (runs)
		finish_run(p);
	else if (o->action == OPTIONS_CHECK)
		finish_check(p);
	finish_log_level(p, runs);
	if (!p->failed && (runs || o->action == OPTIONS_CHECK))
		warnings_no_effect(p);
}

int
options_parse(struct options *o, char **argv, char **envp, pid_t self)
{
	struct parser p = {
	    .options = o,
	    .environment = envp,
	    .self = self,
	    .words = argv[0] != NULL ? argv + 1 : argv,
	};

	o->name = compat_find(argv[0]);
	set_defaults(o);
	read_all(&p);
	return p.failed ? -1 : 0;
}
