/* SPDX-License-Identifier: MIT */
/*
 * options: what the command line and the environment ask for.
 *
 * One table has all of it: parsing, the environment and --help come from its
 * rows, so that none of them can fall behind.  The command line is read first
 * and wins; then HALE_NAME, then tini's variable.  A variable that is overruled
 * is not looked at, and other HALE_ names are left alone: Kubernetes makes
 * HALE_PORT and the like of a service called hale.
 */
#include "cli/options.h"

#include <stddef.h>
#include <string.h>

#include "lib/duration.h"
#include "probe/http.h"

/* Nobody has said; what that means is settled at the end. */
enum { UNSAID = -1, UNSAID_SIGNAL = 0xff };

enum kind {
	FLAG = 0,
	ABOVE_0 = 1, /* the least value that is taken */
	TAKES_VALUE = 2,
	HAS_VARIABLE = 4,
	TARGETS_OWN = 8, /* one that is named after a target is for it alone */
	FITS_CHECK = 16, /* a check takes its variable too */
	ACTS = 32,       /* is all that is asked: the constant is the action */

	SWITCH = HAS_VARIABLE,
	DETAIL = TAKES_VALUE,
	SETTING = TAKES_VALUE | HAS_VARIABLE,
	RULE = SETTING | TARGETS_OWN,
	CHECKED = RULE | FITS_CHECK,
	RULE_ABOVE_0 = RULE | ABOVE_0,
	CHECKED_ABOVE_0 = CHECKED | ABOVE_0,
	COMMAND = TAKES_VALUE | ACTS,
};

/* What a value is, in the order of where it goes. */
enum type {
	CONSTANT, /* no value: the field gets the row's constant */
	MORE,     /* no value: the field is counted up */
	YES_OR_NO,
	CHOICE, /* one of the words of metavar: the field gets its place */
	SIGNAL,
	LAST_INT = SIGNAL,
	DURATION,
	TIME, /* a duration, and not 0 */
	COUNT,
	UNHEALTHY,
	LAST_NUMBER = UNHEALTHY,
	EXIT_CODE, /* a byte of the field is marked */
	STOP_SIGNAL,
	LAST_MARK = STOP_SIGNAL,
	ABSOLUTE_PATH, /* hale moves to /, so another would lead elsewhere */
	NEW_PATH,
	STATUSES,
	LAST_STRING = STATUSES,
	REWRITE,
	HEADER,
	TARGET,
	LISTEN,
};

/* One behind the other, in the order of the types. */
static const char wanted[] =
    "\0\0" /* CONSTANT, MORE */
          "1, true or yes, or 0, false, no or empty\0"
          "\0" /* CHOICE: the words */
          "a signal: a name like TERM, or 1 to 64\0"
          "a duration like 500ms, 10s, 1m30s or 2h\0"
          "a duration above 0, like 500ms, 10s or 1m30s\0"
          "a number from 1 to 999\0"
          "report, stop or signal:SIGNAL\0"
          "an exit code, 0 to 255\0"
          "a signal that can be caught: a name like TERM, or 1 to 64\0"
          "a path that begins with /\0"
          "a path for the copy\0"
          "a list of statuses from 100 to 599, like 200,300-399\0"
          "FROM:TO, two signals; TO may be 0 or none\0"
          "a header like 'Name: value'; 8 are the most\0"
          "a target\0"
          "[HOST:]PORT";

#define FIELD(name) offsetof(struct options, name)
#define VALUE(name) FIELD(rules[0].value[name])

/*
 * Short option or 0, kind, type, constant, field; long option, which is the
 * HALE_NAME too, metavar, help, of which "" is none.  The constant of what may
 * be repeated is what parts the items in its variable.  Rows with one field
 * overrule each other's variable.
 */
/* clang-format off */
#define TABLE(ROW) \
	ROW(0, SETTING, CHOICE, 0, FIELD(forward), \
	    "forward", "child|group|all", \
	    "whom signals reach (default child; all: PID 1)") \
	ROW('g', FLAG, CONSTANT, FORWARD_GROUP, FIELD(forward), \
	    "", "", "the same as --forward group") \
	ROW('r', SETTING, REWRITE, ',', FIELD(rewrite), \
	    "rewrite", "FROM:TO", \
	    "send TO when FROM arrives; 0 or none drops it") \
	ROW(0, SETTING, STOP_SIGNAL, ',', FIELD(stops), \
	    "stop-signal", "SIGNAL", "begins the stop (default TERM, INT)") \
	ROW(0, SETTING, DURATION, 0, FIELD(drain), \
	    "drain", "DURATION", "hold the first stop signal back this long") \
	ROW(0, SETTING, DURATION, 0, FIELD(grace), \
	    "grace", "DURATION", "KILL what outlives the stop by it") \
	ROW(0, SETTING, ABSOLUTE_PATH, 0, FIELD(exit_report), \
	    "exit-report", "PATH", "leave a line of JSON there about the end") \
	ROW('e', SETTING, EXIT_CODE, ',', FIELD(remap_exit), \
	    "remap-exit", "CODE", "exit with 0 instead of CODE") \
	ROW('p', DETAIL, SIGNAL, 0, FIELD(parent_death_signal), \
	    "", "SIGNAL", "get SIGNAL when hale's own parent dies") \
	ROW('s', FLAG, CONSTANT, 1, FIELD(subreaper), \
	    "", "", "nothing: hale is a subreaper anyway") \
	ROW('c', SWITCH, YES_OR_NO, 0, FIELD(single_child), \
	    "single-child", "", "none of what the name dumb-init adds") \
	ROW('w', FLAG, CONSTANT, 1, FIELD(warn_reaped), \
	    "", "", "a warning for each adopted process reaped") \
	ROW(0, SETTING, CHOICE, 0, FIELD(log_json), \
	    "log-format", "text|json", "how to say things (default text)") \
	ROW(0, SETTING, CHOICE, 0, FIELD(log_level), \
	    "log-level", "error|warn|info|debug", \
	    "how much to say (default warn)") \
	ROW('v', FLAG, MORE, 0, FIELD(more), \
	    "verbose", "", "one log level more") \
	ROW('P', FLAG, CONSTANT, OPTIONS_PAUSE, FIELD(action), \
	    "", "", "run no PROGRAM: only reap, until TERM or INT") \
	ROW(0, SETTING, TARGET, '\n', FIELD(count), \
	    "health", "TARGET", "watch it; up to 8, and all must be healthy") \
	ROW(0, RULE_ABOVE_0, TIME, 0, VALUE(HEALTH_INTERVAL), \
	    "health-interval", "DURATION", \
	    "from start to start (default 10s)") \
	ROW(0, CHECKED_ABOVE_0, TIME, 0, VALUE(HEALTH_TIMEOUT), \
	    "health-timeout", "DURATION", "of one attempt (default 3s)") \
	ROW(0, RULE_ABOVE_0, COUNT, 0, VALUE(HEALTH_RETRIES), \
	    "health-retries", "N", "failures until unhealthy (default 3)") \
	ROW(0, RULE_ABOVE_0, COUNT, 0, VALUE(HEALTH_SUCCESSES), \
	    "health-successes", "N", "until healthy again (default 1)") \
	ROW(0, RULE, DURATION, 0, VALUE(HEALTH_START_PERIOD), \
	    "health-start-period", "DURATION", "no failure counts until then") \
	ROW(0, RULE_ABOVE_0, TIME, 0, VALUE(HEALTH_START_INTERVAL), \
	    "health-start-interval", "DURATION", "interval until then (1s)") \
	ROW(0, CHECKED, STATUSES, 0, FIELD(statuses), \
	    "health-status", "LIST", "good ones (default 200-399)") \
	ROW(0, CHECKED, HEADER, '\n', FIELD(header), \
	    "health-header", "'NAME: VALUE'", "add it to requests; up to 8") \
	ROW(0, RULE, UNHEALTHY, 0, VALUE(HEALTH_ACTION), \
	    "on-unhealthy", "report|stop|signal:SIGNAL", "(default report)") \
	ROW(0, SETTING, LISTEN, 0, FIELD(listen.text), \
	    "health-listen", "[HOST:]PORT", \
	    "tell it by HTTP") \
	ROW(0, FLAG, CONSTANT, OPTIONS_CHECK, FIELD(action), \
	    "check", "", "probe TARGETs, or ask this container's hale") \
	ROW(0, FLAG, CONSTANT, 1, FIELD(live), \
	    "live", "", "check: good unless unhealthy") \
	ROW(0, DETAIL, DURATION, 0, FIELD(wait), \
	    "wait", "DURATION", "check: try again until then") \
	ROW(0, FLAG, CONSTANT, OPTIONS_STATUS_JSON, FIELD(action), \
	    "status=json", "", "--status as JSON") \
	ROW(0, FLAG, CONSTANT, OPTIONS_STATUS, FIELD(action), \
	    "status", "", "what the hale here knows") \
	ROW(0, COMMAND, DURATION, OPTIONS_SLEEP, FIELD(sleep), \
	    "sleep", "DURATION", "sleep that long and exit, as sleep(1) does") \
	ROW(0, COMMAND, NEW_PATH, OPTIONS_INSTALL, FIELD(path), \
	    "install", "PATH", "copy this binary to PATH") \
	ROW('h', FLAG, CONSTANT, OPTIONS_HELP, FIELD(action), \
	    "help", "", "print this") \
	ROW('l', FLAG, CONSTANT, OPTIONS_LICENSE, FIELD(action), \
	    "license", "", "print the licence") \
	ROW('L', FLAG, CONSTANT, OPTIONS_LICENSE, FIELD(action), \
	    "", "", "the same") \
	ROW('V', FLAG, CONSTANT, OPTIONS_VERSION, FIELD(action), \
	    "version", "", "print the version")
/* clang-format on */

#define SETTINGS(letter, kind, type, constant, field, name, metavar, help)     \
	{letter, kind, type, constant, field},
#define TEXTS(letter, kind, type, constant, field, name, metavar, help)        \
	name "\0" metavar "\0" help "\0"

static const struct row {
	char letter; /* short option, or 0 */
	unsigned char kind, type, constant;
	unsigned short field; /* its place in struct options */
} rows[] = {TABLE(SETTINGS)};

/* Each row's name, metavar and help, one behind the other. */
static const char texts[] = TABLE(TEXTS);

enum { ROWS = sizeof(rows) / sizeof(rows[0]), TEXTS_OF_ROW = 3 };

/* A byte of it is for each int of what stands before it. */
_Static_assert(FIELD(said) <= OPTIONS_FIELDS * sizeof(int), "too many fields");

static const char usage[] =
    "usage: hale [OPTION...] [--] PROGRAM [ARG...]";

static const char *
metavar(const char *name)
{
	return text_behind(name, 1);
}

/* Nothing is wrong where the problem is NULL. */
static int
fail(struct options *o, const char *problem)
{
	o->error.problem = problem;
	return problem == NULL ? 0 : -1;
}

static int
fail_wanting(struct options *o, const struct row *row, const char *problem)
{
	o->error.wanted = row->type == CHOICE ? metavar(o->option)
	                                      : text_behind(wanted, row->type);
	return fail(o, problem);
}

int
options_choice(const char *words, const char *value)
{
	int i;

	for (i = 0;; i++) {
		size_t n = strcspn(words, "|");

		if (strncmp(words, value, n) == 0 && value[n] == '\0')
			return i;
		if (words[n] == '\0')
			return -1;
		words += n + 1;
	}
}

/* A signal that hale can forward, or -1. */
static int
catchable(const char *name)
{
	int n = signals_number(name);

	return signals_forwardable(n) ? n : -1;
}

static int
add_rewriting(struct options *o, const char *value)
{
	char name[SIGNALS_NAME_SIZE];
	size_t length = strcspn(value, ":");
	int from, to;

	if (value[length] == '\0' || length >= sizeof(name))
		return -1;
	memcpy(name, value, length);
	name[length] = '\0';
	value += length + 1;
	from = catchable(name);
	to = options_choice("0|none", value) >= 0 ? SIGNALS_NONE
	                                          : signals_number(value);
	if (from < 0 || to < 0)
		return -1;
	o->rewrite[from] = (unsigned char)to;
	return 0;
}

/* report, stop or signal:SIGNAL as the number that stands for it, or -1. */
static int
unhealthy_action(const char *value)
{
	int n;

	if (strncmp(value, "signal:", 7) == 0)
		return signals_number(value + 7);
	n = options_choice("report|stop", value);
	return n > 0 ? OPTIONS_STOP : n;
}

static int
yes_or_no(const char *value)
{
	int n = options_choice("no|false|0||yes|true|1", value);

	return n < 0 ? n : n / 4;
}

static int
add_header(struct options *o, const char *value)
{
	struct options_header *header = &o->header[o->headers];

	if (o->headers == OPTIONS_HEADERS || !http_header_valid(value))
		return -1;
	header->text = value;
	header->target = o->target;
	return o->headers++;
}

/* What a value of the row stands for, or -1 if it stands for nothing. */
static long long
understand(struct options *o, const struct row *row, const char *value)
{
	switch (row->type) {
	case CONSTANT:
		return row->constant;
	case MORE:
		return o->more + 1;
	case YES_OR_NO:
		return value == NULL ? 1 : yes_or_no(value);
	case CHOICE:
		return options_choice(metavar(o->option), value);
	case SIGNAL:
		return signals_number(value);
	case STOP_SIGNAL:
		return catchable(value);
	case DURATION:
	case TIME:
		return duration_parse(value);
	case COUNT:
		return text_to_number(value, 999);
	case EXIT_CODE:
		return text_to_number(value, 255);
	case UNHEALTHY:
		return unhealthy_action(value);
	case ABSOLUTE_PATH:
		return value[0] == '/' ? 0 : -1;
	case NEW_PATH:
		return value[0] != '\0' ? 0 : -1;
	case STATUSES:
		return http_status_listed(value, 0);
	case REWRITE:
		return add_rewriting(o, value);
	default:
		return add_header(o, value);
	}
}

/* Put what was understood where the row wants it. */
static void
put(const struct row *row, void *field, long long n, const char *value)
{
	if (row->type <= LAST_INT)
		*(int *)field = (int)n;
	else if (row->type <= LAST_NUMBER)
		*(long long *)field = n;
	else if (row->type <= LAST_MARK)
		((unsigned char *)field)[n] = 1;
	else if (row->type <= LAST_STRING)
		*(const char **)field = value;
}

/* One target more, which takes what has been said for all. */
static int
add_target(struct options *o, const char *text)
{
	const char *problem = "is one too many: 8 targets at the most";
	struct target *t = &o->targets[o->count];

	o->error.value = text;
	if (o->count < TARGETS_MAX) {
		o->count++;
		problem = target_parse(t, text, o->environment, &o->pool);
		if (t->kind == TARGET_NOTIFY) {
			if (o->notify != NULL)
				problem = "needs a PROGRAM of its own";
			o->notify = t;
		}
	}
	o->target = o->count;
	return fail(o, problem);
}

/* The field of a row is of this target: its rule, or one of its strings. */
static size_t
place_of(const struct options *o, const struct row *row)
{
	size_t step = 0;

	if ((row->kind & TARGETS_OWN) != 0)
		step = row->type <= LAST_NUMBER ? sizeof(o->rules[0])
		                                : sizeof(o->statuses[0]);
	return row->field + step * (size_t)o->target;
}

/* Make the setting of a row, by whatever way it was asked for. */
static int
apply(struct options *o, const struct row *row, const char *value)
{
	size_t place = place_of(o, row);
	long long n;

	o->error.value = value;
	o->said[place / sizeof(int)] = true;
	if (row->type == TARGET)
		return add_target(o, value);
	if (row->type == LISTEN)
		return fail(o, target_listen(&o->listen, value));
	n = understand(o, row, value);
	if (n < (row->kind & ABOVE_0))
		return fail_wanting(o, row, "is not ");
	put(row, (char *)o + place, n, value);
	if ((row->kind & ACTS) != 0)
		o->action = row->constant;
	if (row->type == STOP_SIGNAL && o->stop_signal == 0)
		o->stop_signal = (int)n;
	/* Elsewhere kill(-1) would reach all processes of the user. */
	if (o->forward == FORWARD_ALL && o->self != 1)
		return fail(o,
		            "needs a hale that is PID 1; else it is child or "
		            "group");
	return 0;
}

/* Obey a row that the command line names; its value may be the next word. */
static int
obey(struct options *o, const struct row *row, const char *value)
{
	o->error.value = value;
	if ((row->kind & TAKES_VALUE) == 0) {
		if (value != NULL) {
			(void)apply(o, row, NULL); /* --check exits with 1 */
			o->error.value = value;
			return fail(o, "is too much: it takes no value");
		}
	} else if (value == NULL) {
		value = *o->program;
		if (value == NULL)
			return fail_wanting(o, row, " needs a value: ");
		o->program++;
	}
	return apply(o, row, value);
}

/* How many bytes at s, behind a dash, name the row; 0 if they do not. */
static size_t
named(const struct options *o, const struct row *row, const char *s)
{
	size_t n = strlen(o->option);

	if (*s != '-')
		return *s == row->letter;
	s++;
	return n > 0 && strncmp(o->option, s, n) == 0 &&
	               (s[n] == '=' || s[n] == '\0')
	           ? n + 1
	           : 0;
}

/* No row has the name. */
static int
unknown(struct options *o, const char *s)
{
	o->error.value = NULL;
	if (*s == '-')
		o->error.option = s - 1;
	else
		o->spelled[1] = *s;
	return fail(o, " is no option of hale's; see --help");
}

/* Obey -NAME or the letter at *at, which is moved to the next letter: --NAME,
 * --NAME=VALUE, --NAME VALUE, -abc, -pVALUE or -p VALUE */
static int
parse_option(struct options *o, const char **at)
{
	const char *s = *at, *value = NULL;
	const struct row *row = rows;
	bool word = *s == '-';
	size_t n;

	memset(o->spelled, 0, sizeof(o->spelled));
	o->spelled[0] = '-';
	o->option = texts;
	while ((n = named(o, row, s)) == 0) {
		if (++row == rows + ROWS)
			return unknown(o, s);
		o->option = text_behind(o->option, TEXTS_OF_ROW);
	}
	memcpy(o->spelled + 1, s, n);
	*at = s + n;
	if (s[n] != '\0' && (word || (row->kind & TAKES_VALUE) != 0)) {
		value = s + n + word;
		*at = "";
	}
	return obey(o, row, value);
}

/* Has something been asked for that needs no more options? */
static bool
answered(const struct options *o)
{
	return o->action > OPTIONS_PAUSE && o->action < OPTIONS_CHECK;
}

static int
parse_words(struct options *o)
{
	while (*o->program != NULL && !answered(o)) {
		const char *at = *o->program;

		if (at[0] != '-' || at[1] == '\0')
			break;
		o->program++;
		if (strcmp(++at, "-") == 0)
			break;
		while (*at != '\0' && !answered(o))
			if (parse_option(o, &at) < 0)
				return -1;
	}
	return 0;
}

static const char *
lookup(const struct options *o, const char *name)
{
	return target_variable(o->environment, name, strlen(name));
}

/* HALE_LOG_LEVEL for log-level */
static const char *
variable_name(struct options *o)
{
	const char *from = o->option;
	char *at = o->spelled + sizeof("HALE_") - 1;

	memcpy(o->spelled, "HALE_", sizeof("HALE_") - 1);
	do
		*at++ = *from == '-' ? '_' : (char)(*from & ~0x20);
	while (*from++ != '\0');
	return o->spelled;
}

/* Each item, if the row may be repeated, is a value of its own. */
static int
parse_variable(struct options *o, const struct row *row)
{
	const char *value = lookup(o, variable_name(o));
	char *item = o->pool.at, separator = (char)row->constant, c;

	o->target = 0;
	if (value == NULL || (separator != '\0' && *value == '\0'))
		return 0;
	do {
		c = *value++;
		target_put(&o->pool, c == separator ? '\0' : c);
		if (c != '\0' && c != separator)
			continue;
		o->error.value = NULL;
		if (o->pool.left == 0)
			return fail(o, " is too long");
		if ((*item != '\0' || separator != '\n') &&
		    apply(o, row, item) < 0)
			return -1;
		item = o->pool.at;
	} while (c != '\0');
	return 0;
}

static bool
is_any_ours(const struct options *o)
{
	char **entry = o->environment;

	while (*entry != NULL && strncmp(*entry, "HALE_", 5) != 0)
		entry++;
	return *entry != NULL;
}

/* A check of other targets than hale's own takes only what fits it. */
static int
parse_environment(struct options *o)
{
	int kind = o->action == OPTIONS_CHECK ? FITS_CHECK : HAS_VARIABLE;
	const struct row *row;

	if (!is_any_ours(o))
		return 0; /* which is the rule, and saves half of the work */
	o->option = texts;
	o->error.option = o->spelled;
	for (row = rows; row < rows + ROWS; row++) {
		if ((row->kind & kind) != 0 &&
		    !o->said[row->field / sizeof(int)] &&
		    parse_variable(o, row) < 0)
			return -1;
		o->option = text_behind(o->option, TEXTS_OF_ROW);
	}
	return 0;
}

/* tini's variable overrules -v, as it does in tini. */
static int
settle_level(struct options *o)
{
	const char *tini = lookup(o, "TINI_VERBOSITY");

	if (o->log_level == UNSAID && tini != NULL) {
		o->error.option = "TINI_VERBOSITY";
		o->error.value = tini;
		o->more = 0;
		o->log_level = text_to_number(tini, 999);
		if (o->log_level < 0)
			return fail(o, "is not a number from 0 (error) to 3 "
			               "(debug)");
	}
	if (o->log_level == UNSAID)
		o->log_level = LOG_WARN;
	o->log_level += o->more;
	if (o->log_level > LOG_DEBUG)
		o->log_level = LOG_DEBUG;
	return 0;
}

static bool
is_variable(const struct options *o, const char *name, const char *value)
{
	const char *found = lookup(o, name);

	return found != NULL && strcmp(found, value) == 0;
}

/* What the name means, where nothing else has been said. */
static int
settle(struct options *o)
{
	int n;

	if (o->name->session) {
		o->session = !o->single_child &&
		             !is_variable(o, "DUMB_INIT_SETSID", "0");
		if (is_variable(o, "DUMB_INIT_DEBUG", "1"))
			o->more = LOG_DEBUG;
	}
	if (o->forward == UNSAID)
		o->forward =
		    o->session || lookup(o, "TINI_KILL_PROCESS_GROUP") != NULL
			? FORWARD_GROUP
			: FORWARD_CHILD;
	/* In a session of its own nobody stops by these: its group is an
	 * orphan. */
	for (n = 0; n <= SIGNALS_MAX; n++)
		if (o->rewrite[n] == UNSAID_SIGNAL)
			o->rewrite[n] =
			    o->session && (n == SIGTSTP || n == SIGTTIN ||
			                   n == SIGTTOU)
				? SIGSTOP
				: (unsigned char)n;
	if (o->stop_signal == 0) {
		o->stop_signal = SIGTERM;
		o->stops[SIGTERM] = o->stops[SIGINT] = 1;
	}
	o->error.option = "--health-listen";
	o->error.value = NULL;
	if (o->listen.text != NULL && o->count == 0)
		return fail(o, " needs --health");
	return settle_level(o);
}

static void
set_defaults(struct options *o)
{
	memset((char *)o + FIELD(forward), 0xff,
	       FIELD(statuses) - FIELD(forward)); /* UNSAID, all of it */
	o->error.option = o->spelled;
	o->error.wanted = "";
}

static const unsigned short usual[HEALTH_VALUES] = {
    [HEALTH_INTERVAL] = 10000,      [HEALTH_TIMEOUT] = 3000,
    [HEALTH_RETRIES] = 3,           [HEALTH_SUCCESSES] = 1,
    [HEALTH_START_INTERVAL] = 1000,
};

/* What has not been said of a target is what was said of all, or is usual. */
static void
fill_rules(struct options *o)
{
	int i, k;

	for (i = 0; i <= o->count; i++) {
		long long *value = o->rules[i].value;

		for (k = 0; k < HEALTH_VALUES; k++)
			if (value[k] == UNSAID)
				value[k] =
				    i == 0 ? usual[k] : o->rules[0].value[k];
		if (o->statuses[i] == NULL)
			o->statuses[i] = o->statuses[0];
	}
}

static int
add_targets(struct options *o)
{
	char **word;

	o->error.option = "--check";
	for (word = o->program; *word != NULL; word++)
		if (add_target(o, *word) < 0)
			return -1;
	if (o->notify == NULL)
		return 0;
	o->error.value = o->notify->text;
	return fail(o, "needs a PROGRAM of its own");
}

/* Is there just the PROGRAM that the action needs? */
static int
check_program(struct options *o)
{
	const char *word = o->program[0];

	if (o->action == OPTIONS_CHECK)
		return add_targets(o);
	o->error.value = NULL;
	if (o->live || o->wait > 0) {
		o->error.option = "--live and --wait";
		return fail(o, " need --check");
	}
	o->error.option = "PROGRAM";
	o->error.value = word;
	if (o->action != OPTIONS_RUN)
		return word == NULL ? 0
		                    : fail(o, "is not run here; leave it out");
	if (word == NULL) {
		o->error.wanted = usage;
		return fail(o, " is missing; ");
	}
	return *word == '\0' ? fail(o, "is empty; is a variable unset?") : 0;
}

static bool
is_text(int action)
{
	return action >= OPTIONS_HELP && action <= OPTIONS_VERSION;
}

int
options_parse(struct options *o, char **argv, char **envp, pid_t self)
{
	o->name = names_find(argv[0]);
	o->program = argv[0] != NULL ? argv + 1 : argv;
	o->environment = envp;
	o->self = self;
	set_defaults(o);
	if (parse_words(o) < 0)
		return -1;
	if (is_text(o->action))
		return 0;
	if (check_program(o) < 0)
		return -1;
	if (answered(o))
		return 0;
	if (parse_environment(o) < 0)
		return -1;
	fill_rules(o);
	return o->action == OPTIONS_CHECK ? 0 : settle(o);
}

enum { HELP_COLUMN = 34 };

static void
pad(struct text *t, size_t from)
{
	if (t->length - from >= HELP_COLUMN) {
		text_string(t, "\n");
		from = t->length;
	}
	while (t->length - from < HELP_COLUMN && !t->cut)
		text_string(t, " ");
}

/* Returns the name of the next row. */
static const char *
help_row(struct text *t, const struct row *row, const char *name)
{
	char letter[] = "\n      --";
	size_t from = t->length + 1;

	if (row->letter != 0) {
		letter[3] = '-';
		letter[4] = row->letter;
		letter[5] = *name != '\0' ? ',' : '\0';
	}
	text_string(t, letter);
	text_string(t, name);
	text_string(t, " ");
	name = text_behind(name, 1);
	text_string(t, name);
	pad(t, from);
	name = text_behind(name, 1);
	text_string(t, name);
	return text_behind(name, 1);
}

void
options_help(struct text *t)
{
	const struct row *row = rows;
	const char *name = texts;

	text_string(t, usage);
	text_string(t, "\nRun PROGRAM, forward signals, reap, exit as it "
	              "does.\n");
	for (; row < rows + ROWS; row++)
		name = help_row(t, row, name);
	text_string(t, "\n\nSIGNAL is like TERM, SIGTERM, 15, RTMIN+1; DURATION "
	              "like 500ms, 10s, 1m30s.\nHALE_LOG_LEVEL stands for "
	              "--log-level, and so on.  See hale(8).\n");
}
