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
#include "options.h"

#include <stddef.h>
#include <string.h>

#include "duration.h"
#include "http.h"

struct parser {
	struct options *options;
	struct options_error *error;
	char **words; /* the rest of the command line */
	char **envp;
	pid_t self;
	unsigned long long seen; /* rows that have spoken for all, a bit each */
	int target;              /* whose rules are set; 0 is all */
	int tini_level;          /* as TINI_VERBOSITY set it, or -1 */
	int more;                /* how often -v came */
};

/* The session decides: whom signals go to, and what job control becomes. */
enum { UNSAID = -1, UNSAID_SIGNAL = 0xff };

enum kind {
	FLAG,  /* takes no value; its variable is 1 or 0 */
	VALUE, /* takes a value */
	LIST,  /* takes a value, may be repeated; commas in its variable */
	LINES, /* the same, but its variable has an item a line */

	/* Those below have no variable. */
	ACTION,  /* takes no value, and is all that is asked */
	COMMAND, /* the same, with a value */
	MODE,    /* takes no value, and more may follow */
	DETAIL,  /* the same, with a value */
};

/* What a value is, and so what is done with it. */
enum type {
	CONSTANT, /* no value: the field gets the row's constant */
	CHOICE,   /* one of the words of metavar: the field gets its place */
	DURATION,
	SIGNAL,
	STOP_SIGNAL,
	REWRITE,
	EXIT_CODE,
	ABSOLUTE_PATH, /* hale moves to /, so another would lead elsewhere */
	NEW_PATH,
	VERBOSE,
	SINGLE_CHILD,
	TARGET,
	TIME, /* a duration, and not 0 */
	COUNT,
	STATUSES,
	HEADER,
	UNHEALTHY,
};

static const char *const wanted[] = {
    [CONSTANT] = "",
    [DURATION] = "a duration like 500ms, 10s, 1m30s or 2h",
    [SIGNAL] = "a signal: a name like TERM, or 1 to 64",
    [STOP_SIGNAL] = "a signal that can be caught: a name like TERM, or 1 to 64",
    [REWRITE] = "FROM:TO, two signals; TO may be 0 or none",
    [EXIT_CODE] = "an exit code, 0 to 255",
    [ABSOLUTE_PATH] = "a path that begins with /",
    [NEW_PATH] = "a path for the copy",
    [VERBOSE] = "a number from 0 (error) to 3 (debug)",
    [SINGLE_CHILD] = "1, true or yes, or 0, false, no or empty",
    [TARGET] = "a target",
    [TIME] = "a duration above 0, like 500ms, 10s or 1m30s",
    [COUNT] = "a number from 1 to 999",
    [STATUSES] = "a list of statuses from 100 to 599, like 200,300-399",
    [HEADER] = "a header like 'Name: value'",
    [UNHEALTHY] = "report, stop or signal:SIGNAL",
};

struct row {
	const char *name; /* long option, and HALE_NAME; or "".  Behind its NUL
	                     is the metavar, and behind that one's the help; ""
	                     for none, and for a second spelling. */
	char letter;      /* short option, or 0 */
	unsigned char kind, type, constant;
	unsigned short field; /* its place in struct options */
};

#define FIELD(name)              offsetof(struct options, name)
#define RULE(name)               FIELD(rules[0].value[name])
#define ROW(name, metavar, help) name "\0" metavar "\0" help

/* Of rows with one field the first that has a variable wins: --forward, then
 * -g. */
static const struct row rows[] = {
    {ROW("forward", "child|group|all",
         "whom signals go to (default child; all takes a\n"
         "hale that is PID 1)"),
     0, VALUE, CHOICE, 0, FIELD(forward)},
    {ROW("", "", "the same as --forward group"), 'g', FLAG, CONSTANT,
     FORWARD_GROUP, FIELD(forward)},
    {ROW("rewrite", "FROM:TO", "send TO when FROM arrives; 0 or none drops it"),
     'r', LIST, REWRITE, 0, FIELD(rewrite)},
    {ROW("stop-signal", "SIGNAL", "begins the stop (default TERM, INT)"), 0,
     LIST, STOP_SIGNAL, 0, FIELD(stops)},
    {ROW("drain", "DURATION", "hold the first stop signal back this long"), 0,
     VALUE, DURATION, 0, FIELD(drain)},
    {ROW("grace", "DURATION", "KILL what outlives the stop by it"), 0, VALUE,
     DURATION, 0, FIELD(grace)},
    {ROW("exit-report", "PATH", "leave a line of JSON there about the end"), 0,
     VALUE, ABSOLUTE_PATH, 0, FIELD(exit_report)},
    {ROW("remap-exit", "CODE", "exit with 0 instead of CODE"), 'e', LIST,
     EXIT_CODE, 0, FIELD(remap_exit)},
    {ROW("", "SIGNAL", "get SIGNAL when hale's own parent dies"), 'p', VALUE,
     SIGNAL, 0, FIELD(parent_death_signal)},
    {ROW("", "", "nothing: hale is a subreaper anyway"), 's', FLAG, CONSTANT, 1,
     FIELD(subreaper)},
    {ROW("single-child", "", "none of what the name dumb-init adds"), 'c', FLAG,
     SINGLE_CHILD, false, FIELD(session)},
    {ROW("", "", "a warning for each adopted process reaped"), 'w', FLAG,
     CONSTANT, 1, FIELD(warn_reaped)},
    {ROW("log-format", "text|json", "how to say things (default text)"), 0,
     VALUE, CHOICE, 0, FIELD(log_json)},
    {ROW("log-level", "error|warn|info|debug",
         "how much to say (default warn)"),
     0, VALUE, CHOICE, 0, FIELD(log_level)},
    {ROW("verbose", "", "one log level more"), 'v', FLAG, VERBOSE, 0,
     FIELD(log_level)},
    {ROW("", "", "run no PROGRAM: only reap, until TERM or INT"), 'P', FLAG,
     CONSTANT, OPTIONS_PAUSE, FIELD(action)},
    {ROW("health", "TARGET", "watch it; up to 8, and all must be healthy"), 0,
     LINES, TARGET, 0, FIELD(targets)},
    {ROW("health-interval", "DURATION", "from start to start (default 10s)"), 0,
     VALUE, TIME, 0, RULE(HEALTH_INTERVAL)},
    {ROW("health-timeout", "DURATION", "of one attempt (default 3s)"), 0, VALUE,
     TIME, 0, RULE(HEALTH_TIMEOUT)},
    {ROW("health-retries", "N", "failures until unhealthy (default 3)"), 0,
     VALUE, COUNT, 0, RULE(HEALTH_RETRIES)},
    {ROW("health-successes", "N", "until healthy again (default 1)"), 0, VALUE,
     COUNT, 0, RULE(HEALTH_SUCCESSES)},
    {ROW("health-start-period", "DURATION", "no failure counts until then"), 0,
     VALUE, DURATION, 0, RULE(HEALTH_START_PERIOD)},
    {ROW("health-start-interval", "DURATION", "interval until then (1s)"), 0,
     VALUE, TIME, 0, RULE(HEALTH_START_INTERVAL)},
    {ROW("health-status", "LIST", "good ones (default 200-399)"), 0, VALUE,
     STATUSES, 0, FIELD(statuses)},
    {ROW("health-header", "'NAME: VALUE'", "add it to requests; up to 8"), 0,
     LINES, HEADER, 0, FIELD(header)},
    {ROW("on-unhealthy", "report|stop|signal:SIGNAL", "(default report)"), 0,
     VALUE, UNHEALTHY, 0, RULE(HEALTH_ACTION)},
    {ROW("check", "", "probe TARGETs, or ask this container's hale"), 0, MODE,
     CONSTANT, OPTIONS_CHECK, FIELD(action)},
    {ROW("live", "", "check: good unless unhealthy"), 0, MODE, CONSTANT, 1,
     FIELD(live)},
    {ROW("wait", "DURATION", "check: try again until then"), 0, DETAIL,
     DURATION, 0, FIELD(wait)},
    {ROW("status=json", "", "--status as JSON"), 0, ACTION, CONSTANT,
     OPTIONS_STATUS_JSON, FIELD(action)},
    {ROW("status", "", "what the hale here knows"), 0, ACTION, CONSTANT,
     OPTIONS_STATUS, FIELD(action)},
    {ROW("sleep", "DURATION", "sleep that long and exit, as sleep(1) does"), 0,
     COMMAND, DURATION, OPTIONS_SLEEP, FIELD(sleep)},
    {ROW("install", "PATH", "copy this binary to PATH"), 0, COMMAND, NEW_PATH,
     OPTIONS_INSTALL, FIELD(path)},
    {ROW("help", "", "print this"), 'h', ACTION, CONSTANT, OPTIONS_HELP,
     FIELD(action)},
    {ROW("license", "", "print the licence; also -L"), 'l', ACTION, CONSTANT,
     OPTIONS_LICENSE, FIELD(action)},
    {ROW("", "", ""), 'L', ACTION, CONSTANT, OPTIONS_LICENSE, FIELD(action)},
    {ROW("version", "", "print the version"), 'V', ACTION, CONSTANT,
     OPTIONS_VERSION, FIELD(action)},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *
behind(const char *s)
{
	return s + strlen(s) + 1;
}

static const char *
metavar(const struct row *row)
{
	return behind(row->name);
}

static const char *
help(const struct row *row)
{
	return behind(metavar(row));
}

/* tini's variables, and whose they are; present is on. */
static const struct {
	const char *name;
	char letter;
} tini_variables[] = {
    {"TINI_KILL_PROCESS_GROUP", 'g'},
    {"TINI_SUBREAPER", 's'},
    {"TINI_VERBOSITY", 'v'},
};

/* A number of one to three digits up to max, or -1. */
static int
number(const char *s, int max)
{
	int n = 0;
	size_t i;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 3; i++)
		n = n * 10 + (s[i] - '0');
	return i > 0 && s[i] == '\0' && n <= max ? n : -1;
}

/* The place of value among words that | parts, or -1. */
static int
choice(const char *words, const char *value)
{
	size_t length = strlen(value), n;
	int i;

	for (i = 0; *words != '\0'; i++) {
		n = strcspn(words, "|");
		if (n == length && memcmp(words, value, n) == 0)
			return i;
		words += words[n] == '|' ? n + 1 : n;
	}
	return -1;
}

static bool
set_rewrite(struct options *options, const char *value)
{
	char name[SIGNALS_NAME_SIZE];
	size_t length = strcspn(value, ":");
	int from, to;

	if (value[length] == '\0' || length >= sizeof(name))
		return false;
	memcpy(name, value, length);
	name[length] = '\0';
	value += length + 1;
	from = signals_number(name);
	to =
	    choice("0|none", value) >= 0 ? SIGNALS_NONE : signals_number(value);
	if (from < 0 || to < 0 || !signals_forwardable(from))
		return false;
	options->rewrite[from] = (unsigned char)to;
	return true;
}

/* The first one overrules the default. */
static bool
set_stop_signal(struct options *options, bool first, const char *value)
{
	int n = signals_number(value);

	if (n < 0 || !signals_forwardable(n))
		return false;
	if (first) {
		memset(options->stops, 0, sizeof(options->stops));
		options->stop_signal = n;
	}
	options->stops[n] = 1;
	return true;
}

static bool
set_exit_code(struct options *options, const char *value)
{
	int code = number(value, 255);

	if (code >= 0)
		options->remap_exit[code / 8] |= (unsigned char)(1 << code % 8);
	return code >= 0;
}

/* -c undoes what the name dumb-init does; its variable may also say no. */
static bool
set_single_child(struct options *options, const char *value)
{
	int word = choice("1|true|yes|0|false|no", value);

	if (word >= 0 && word <= 2)
		options->session = 0;
	return word >= 0 || *value == '\0';
}

/* What a row means without a value. */
static void
set_flag(struct parser *p, const struct row *row)
{
	void *field = (char *)p->options + row->field;

	if (row->type == VERBOSE)
		p->more++;
	else
		*(int *)field = row->constant;
}

/* What options_header's text begins with is checked, and who it is for noted.
 */
static bool
set_header(struct parser *p, const char *value)
{
	struct options *options = p->options;
	struct options_header *header = &options->header[options->headers];

	if (options->headers == OPTIONS_HEADERS || !http_header_valid(value))
		return false;
	header->text = value;
	header->target = p->target;
	options->headers++;
	return true;
}

/* report, stop or signal:SIGNAL as the number that stands for it, or -1. */
static int
unhealthy_action(const char *value)
{
	if (strncmp(value, "signal:", 7) == 0)
		return signals_number(value + 7);
	switch (choice("report|stop", value)) {
	case 0:
		return OPTIONS_REPORT;
	case 1:
		return OPTIONS_STOP;
	default:
		return -1;
	}
}

/* A number that the row wants, or -1. */
static long long
scalar(const struct row *row, const char *value)
{
	long long n;

	switch (row->type) {
	case DURATION:
		return duration_parse(value);
	case TIME:
		n = duration_parse(value);
		return n > 0 ? n : -1;
	case COUNT:
		n = number(value, 999);
		return n > 0 ? n : -1;
	default:
		return unhealthy_action(value);
	}
}

/* The rules of the target that was named last, if it is one of those. */
static void *
field_of(const struct parser *p, const struct row *row)
{
	size_t stride = 0;

	if (row->field >= RULE(0) && row->field < RULE(HEALTH_VALUES))
		stride = sizeof(struct health_rule);
	if (row->field == FIELD(statuses))
		stride = sizeof(const char *);
	return (char *)p->options + row->field + stride * (size_t)p->target;
}

/* Put the value where the row wants it; false if it is none of its kind. */
static bool
set(struct parser *p, const struct row *row, bool first, const char *value)
{
	void *field = field_of(p, row);

	switch (row->type) {
	case CHOICE:
		*(int *)field = choice(metavar(row), value);
		return *(int *)field >= 0;
	case DURATION:
	case TIME:
	case COUNT:
	case UNHEALTHY:
		*(long long *)field = scalar(row, value);
		return *(long long *)field >= 0;
	case STATUSES:
		*(const char **)field = value;
		return http_statuses_valid(value);
	case HEADER:
		return set_header(p, value);
	case SIGNAL:
		*(int *)field = signals_number(value);
		return *(int *)field >= 0;
	case STOP_SIGNAL:
		return set_stop_signal(p->options, first, value);
	case REWRITE:
		return set_rewrite(p->options, value);
	case EXIT_CODE:
		return set_exit_code(p->options, value);
	case VERBOSE:
		p->tini_level = number(value, 999);
		return p->tini_level >= 0;
	case SINGLE_CHILD:
		return set_single_child(p->options, value);
	default:
		*(const char **)field = value;
		return value[0] == '/' ||
		       (row->type == NEW_PATH && value[0] != '\0');
	}
}

static int
fail(struct parser *p, const char *option, const char *value,
     const char *problem, const char *way_out)
{
	p->error->option = option;
	p->error->value = value;
	p->error->problem = problem;
	p->error->wanted = way_out;
	return -1;
}

static const char *
wanted_by(const struct row *row)
{
	return row->type == CHOICE ? metavar(row) : wanted[row->type];
}

static unsigned long long
bit(const struct row *row)
{
	return 1ULL << (row - rows);
}

/* One target more, which takes what has been said for all. */
static int
add_target(struct parser *p, const char *option, const char *text)
{
	struct options *options = p->options;
	const char *problem;

	if (options->count == TARGETS_MAX)
		return fail(p, option, text,
		            "is one too many: ", "8 targets at the most");
	problem = target_parse(&options->targets[options->count], text, p->envp,
	                       &options->pool);
	if (problem != NULL)
		return fail(p, option, text, problem, "");
	options->count++;
	return 0;
}

/* Make the setting of a row, by whatever way it was asked for. */
static int
apply(struct parser *p, const struct row *row, const char *option,
      const char *value)
{
	bool first = (p->seen & bit(row)) == 0;

	if (row->type == TARGET) {
		p->target++;
		p->seen |= bit(row);
		return add_target(p, option, value);
	}
	if (p->target == 0)
		p->seen |= bit(row);
	if (row->kind == COMMAND)
		p->options->action = row->constant;
	if (value == NULL)
		set_flag(p, row);
	else if (!set(p, row, first, value))
		return fail(p, option, value, "is not ", wanted_by(row));
	/* Elsewhere kill(-1) would reach all processes of the user. */
	if (p->options->forward == FORWARD_ALL && p->self != 1)
		return fail(p, option, value, "needs a hale that is PID 1; ",
		            "else it is child or group");
	return 0;
}

static bool
takes_value(const struct row *row)
{
	return row->kind != FLAG && row->kind != ACTION && row->kind != MODE;
}

/* Put together an option's name for messages. */
static const char *
call_it(struct parser *p, const char *prefix, const char *name)
{
	struct text t;

	text_init(&t, p->error->name, sizeof(p->error->name));
	text_string(&t, prefix);
	text_string(&t, name);
	return p->error->name;
}

/* Obey a row that the command line names; its value may be the next word. */
static int
obey(struct parser *p, const struct row *row, const char *option,
     const char *value)
{
	if (!takes_value(row) && value != NULL)
		return fail(p, option, value, "is too much: it takes no value",
		            "");
	if (takes_value(row) && value == NULL) {
		value = *p->words;
		if (value == NULL)
			return fail(p, option, NULL,
			            " needs a value: ", wanted_by(row));
		p->words++;
	}
	return apply(p, row, option, value);
}

static int
unknown(struct parser *p, const char *option)
{
	return fail(p, option, NULL, " is no option of hale's; see --help", "");
}

/* --NAME, --NAME=VALUE or --NAME VALUE */
static int
parse_long(struct parser *p)
{
	const char *word = *p->words++, *name = word + 2;
	size_t length = strcspn(name, "=");
	const struct row *row;

	for (row = rows; row < rows + ROWS && length > 0; row++)
		if (strcmp(row->name, name) == 0 || /* --status=json */
		    (strlen(row->name) == length &&
		     memcmp(row->name, name, length) == 0))
			return obey(p, row, call_it(p, "--", row->name),
			            name[length] == '=' &&
			                    row->name[length] == '\0'
			                ? name + length + 1
			                : NULL);
	return unknown(p, word);
}

static const struct row *
find_letter(char letter)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

/* Has something been asked for that needs no more options? */
static bool
answered(const struct parser *p)
{
	return p->options->action != OPTIONS_RUN &&
	       p->options->action != OPTIONS_PAUSE &&
	       p->options->action != OPTIONS_CHECK;
}

/* -abc, -pVALUE or -p VALUE */
static int
parse_short(struct parser *p)
{
	const char *at = *p->words++ + 1;

	while (*at != '\0' && !answered(p)) {
		const struct row *row = find_letter(*at);
		const char *option, *value = NULL;
		char letter[2] = {*at++, '\0'};

		option = call_it(p, "-", letter);
		if (row == NULL)
			return unknown(p, option);
		if (takes_value(row) && *at != '\0') {
			value = at;
			at = "";
		}
		if (obey(p, row, option, value) < 0)
			return -1;
	}
	return 0;
}

static int
parse_words(struct parser *p)
{
	while (*p->words != NULL && !answered(p)) {
		const char *word = *p->words;

		if (word[0] != '-' || word[1] == '\0')
			break;
		if (strcmp(word, "--") == 0) {
			p->words++;
			break;
		}
		if ((word[1] == '-' ? parse_long(p) : parse_short(p)) < 0)
			return -1;
	}
	return 0;
}

static const char *
lookup(char **envp, const char *name)
{
	size_t length = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
			return *envp + length + 1;
	return NULL;
}

/* HALE_LOG_LEVEL for log-level */
static const char *
variable_name(struct parser *p, const char *name)
{
	char *at = p->error->name + sizeof("HALE_") - 1;

	(void)call_it(p, "HALE_", name);
	for (; *at != '\0'; at++)
		*at = *at == '-' ? '_' : (char)(*at & ~0x20);
	return p->error->name;
}

/* A copy of s that stays, or NULL. */
static char *
keep(struct target_pool *pool, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = pool->at;

	if (size > pool->left)
		return NULL;
	memcpy(copy, s, size);
	pool->at += size;
	pool->left -= size;
	return copy;
}

/* The items of a list stand between commas, or in lines of their own. */
static int
apply_items(struct parser *p, const struct row *row, const char *variable,
            const char *value)
{
	const char *separator = row->kind == LINES ? "\n" : ",";
	char *at = keep(&p->options->pool, value);

	if (at == NULL)
		return fail(p, variable, value, "is too long", "");
	while (*value != '\0') {
		size_t length = strcspn(at, separator);
		bool last = at[length] == '\0';

		at[length] = '\0';
		if ((length > 0 || row->kind != LINES) &&
		    apply(p, row, variable, at) < 0)
			return -1;
		if (last)
			break;
		at += length + 1;
	}
	return 0;
}

/* Has the field of this row been set by any? */
static bool
settled(const struct parser *p, const struct row *row)
{
	const struct row *other;

	for (other = rows; other < rows + ROWS; other++)
		if (other->field == row->field && other->type != VERBOSE &&
		    (p->seen & bit(other)) != 0)
			return true;
	return false;
}

static bool
has_variable(const struct row *row)
{
	return row->name[0] != '\0' && row->kind <= LINES &&
	       row->type != VERBOSE;
}

/* What a check of other targets than hale's own takes from its environment. */
static bool
fits_check(const struct row *row)
{
	return row->type == STATUSES || row->type == HEADER ||
	       row->field == RULE(HEALTH_TIMEOUT);
}

static int
parse_variable(struct parser *p, const struct row *row)
{
	const char *variable = variable_name(p, row->name);
	const char *value = lookup(p->envp, variable);

	p->target = 0;
	if (value == NULL)
		return 0;
	return row->kind == LIST || row->kind == LINES
	           ? apply_items(p, row, variable, value)
	           : apply(p, row, variable, value);
}

static int
parse_tini_variables(struct parser *p)
{
	size_t i;

	for (i = 0; i < sizeof(tini_variables) / sizeof(tini_variables[0]);
	     i++) {
		const char *name = tini_variables[i].name;
		const char *value = lookup(p->envp, name);
		const struct row *row = find_letter(tini_variables[i].letter);

		if (value == NULL || settled(p, row))
			continue;
		if (apply(p, row, name, row->type == VERBOSE ? value : NULL) <
		    0)
			return -1;
	}
	return 0;
}

static int
parse_environment(struct parser *p)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++)
		if (has_variable(row) && !settled(p, row) &&
		    (p->options->action != OPTIONS_CHECK || fits_check(row)) &&
		    parse_variable(p, row) < 0)
			return -1;
	return p->options->action == OPTIONS_CHECK ? 0
	                                           : parse_tini_variables(p);
}

/* tini's variable overrules -v, as it does in tini. */
static int
choose_level(const struct parser *p)
{
	int level = p->tini_level >= 0 ? p->tini_level
	                               : p->options->log_level + p->more;

	return level > LOG_DEBUG ? LOG_DEBUG : level;
}

/* In a session of its own nobody stops by these: its group is an orphan. */
static const unsigned char job_control[] = {SIGTSTP, SIGTTIN, SIGTTOU};

static void
set_defaults(struct options *options, const struct names_row *name)
{
	size_t i;
	int n;

	/* Nothing behind it is touched until there is a target. */
	memset(options, 0, offsetof(struct options, targets));
	memset(options->rules, 0xff, sizeof(options->rules)); /* UNSAID */
	options->pool.at = options->strings;
	options->pool.left = sizeof(options->strings);
	options->stop_signal = SIGTERM;
	options->name = name;
	options->session = name->session;
	options->forward = UNSAID;
	options->log_level = LOG_WARN;
	options->stops[SIGTERM] = options->stops[SIGINT] = 1;
	for (n = 0; n <= SIGNALS_MAX; n++)
		options->rewrite[n] = (unsigned char)n;
	for (i = 0; i < sizeof(job_control) && name->session; i++)
		options->rewrite[job_control[i]] = UNSAID_SIGNAL;
}

/* What the name dumb-init means, where nothing else has been said. */
static void
obey_dumb_init(struct parser *p)
{
	struct options *options = p->options;
	const char *session = lookup(p->envp, "DUMB_INIT_SETSID");
	const char *debug = lookup(p->envp, "DUMB_INIT_DEBUG");
	size_t i;

	if (session != NULL && strcmp(session, "0") == 0)
		options->session = 0;
	if (debug != NULL && strcmp(debug, "1") == 0)
		p->more = LOG_DEBUG;
	for (i = 0; i < sizeof(job_control); i++)
		if (options->rewrite[job_control[i]] == UNSAID_SIGNAL)
			options->rewrite[job_control[i]] =
			    options->session ? SIGSTOP : job_control[i];
}

static const long long defaults[HEALTH_VALUES] = {
    [HEALTH_INTERVAL] = 10000,      [HEALTH_TIMEOUT] = 3000,
    [HEALTH_RETRIES] = 3,           [HEALTH_SUCCESSES] = 1,
    [HEALTH_START_INTERVAL] = 1000,
};

/* What has not been said of a target is what was said of all, or is usual. */
static void
fill_rules(struct options *options)
{
	int i, k;

	if (options->statuses[0] == NULL)
		options->statuses[0] = "200-399";
	for (i = 0; i <= options->count; i++) {
		const long long *from = defaults;
		long long *value = options->rules[i].value;

		if (i > 0)
			from = options->rules[0].value;
		for (k = 0; k < HEALTH_VALUES; k++)
			if (value[k] == UNSAID)
				value[k] = from[k];
		if (options->statuses[i] == NULL)
			options->statuses[i] = options->statuses[0];
	}
}

/* Is there just the PROGRAM that the action needs? */
static int
check_program(struct parser *p)
{
	const char *word = p->words[0];

	if (p->options->action == OPTIONS_CHECK) {
		for (; *p->words != NULL; p->words++)
			if (add_target(p, "--check", *p->words) < 0)
				return -1;
		return 0;
	}
	if (p->options->live || p->options->wait > 0)
		return fail(p, "--live and --wait", NULL, " need --check", "");
	if (p->options->action != OPTIONS_RUN)
		return word == NULL ? 0
		                    : fail(p, "PROGRAM", word,
		                           "is not run here; ", "leave it out");
	if (word == NULL)
		return fail(p, "PROGRAM", NULL, " is missing; ",
		            "usage: hale [OPTION...] [--] PROGRAM [ARG...]");
	if (word[0] == '\0')
		return fail(p, "PROGRAM", word,
		            "is empty; is a variable unset?", "");
	return 0;
}

static bool
is_text(int action)
{
	return action == OPTIONS_HELP || action == OPTIONS_LICENSE ||
	       action == OPTIONS_VERSION;
}

int
options_parse(struct options *options, struct options_error *error, char **argv,
              char **envp, pid_t self)
{
	struct parser p = {.options = options,
	                   .error = error,
	                   .words = argv[0] != NULL ? argv + 1 : argv,
	                   .envp = envp,
	                   .self = self,
	                   .tini_level = -1};

	set_defaults(options, names_find(argv[0]));
	if (parse_words(&p) < 0)
		return -1;
	options->program = p.words;
	if (is_text(options->action))
		return 0;
	if (check_program(&p) < 0)
		return -1;
	if (answered(&p))
		return 0;
	if (parse_environment(&p) < 0)
		return -1;
	fill_rules(options);
	if (options->name->kind == NAMES_DUMB_INIT)
		obey_dumb_init(&p);
	if (options->forward == UNSAID)
		options->forward =
		    options->session ? FORWARD_GROUP : FORWARD_CHILD;
	options->log_level = choose_level(&p);
	return 0;
}

bool
options_remapped(const struct options *options, int code)
{
	return (options->remap_exit[code / 8] >> code % 8 & 1) != 0;
}

enum { HELP_COLUMN = 34 };

static void
pad(struct text *t, size_t from, size_t column)
{
	if (t->length - from >= column) {
		text_string(t, "\n");
		from = t->length;
	}
	while (t->length - from < column && !t->cut)
		text_string(t, " ");
}

static void
help_row(struct text *t, const struct row *row)
{
	char letter[3] = {'-', row->letter, '\0'};
	const char *value = metavar(row);
	size_t from = t->length;
	const char *c;

	text_string(t, row->letter != 0 ? "  " : "      ");
	text_string(t, row->letter != 0 ? letter : "");
	text_string(t, row->letter != 0 && row->name[0] != '\0' ? ", " : "");
	text_string(t, row->name[0] != '\0' ? "--" : "");
	text_string(t, row->name);
	text_string(t, *value != '\0' ? " " : "");
	text_string(t, value);
	pad(t, from, HELP_COLUMN);
	for (c = help(row); *c != '\0'; c++) {
		char one[2] = {*c, '\0'};

		from = t->length + 1;
		text_string(t, one);
		if (*c == '\n')
			pad(t, from, HELP_COLUMN);
	}
	text_string(t, "\n");
}

void
options_help(struct text *t)
{
	const struct row *row;

	text_string(t, "usage: hale [OPTION...] [--] PROGRAM [ARG...]\n"
	               "Run PROGRAM, forward signals, reap, exit as it "
	               "does.\n\n");
	for (row = rows; row < rows + ROWS; row++)
		if (*help(row) != '\0')
			help_row(t, row);
	text_string(t, "\nSIGNAL is like TERM, SIGTERM, 15, RTMIN+1; DURATION "
	               "like 500ms, 10s, 1m30s.\nHALE_LOG_LEVEL stands for "
	               "--log-level, and so on.  See hale(8).\n");
}
