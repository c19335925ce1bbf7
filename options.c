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

struct parser {
	struct options *options;
	struct options_error *error;
	char **words; /* the rest of the command line */
	char **envp;
	pid_t self;
	unsigned seen;  /* rows that have spoken, a bit each */
	int tini_level; /* as TINI_VERBOSITY set it, or -1 */
	int more;       /* how often -v came */
};

/* The session decides: whom signals go to, and what job control becomes. */
enum { UNSAID = -1, UNSAID_SIGNAL = 0xff };

enum kind {
	FLAG,    /* takes no value; its variable is 1 or 0 */
	VALUE,   /* takes a value */
	LIST,    /* takes a value, may be repeated; commas in its variable */
	ACTION,  /* takes no value, and is all that is asked; no variable */
	COMMAND, /* the same, with a value */
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
};

struct row {
	char name[13]; /* long option, and HALE_NAME; or "" */
	char letter;   /* short option, or 0 */
	unsigned char kind, type, constant;
	unsigned short field; /* its place in struct options */
	const char *metavar;  /* how help calls the value, or NULL */
	const char *help;     /* NULL: a second spelling */
};

#define FIELD(name) offsetof(struct options, name)

/* Of rows with one field the first that has a variable wins: --forward, then
 * -g. */
static const struct row rows[] = {
    {"forward", 0, VALUE, CHOICE, 0, FIELD(forward), "child|group|all",
     "whom signals go to (default child; all takes a\n"
     "hale that is PID 1)"},
    {"", 'g', FLAG, CONSTANT, FORWARD_GROUP, FIELD(forward), NULL,
     "the same as --forward group"},
    {"rewrite", 'r', LIST, REWRITE, 0, FIELD(rewrite), "FROM:TO",
     "send TO when FROM arrives; 0 or none drops it"},
    {"stop-signal", 0, LIST, STOP_SIGNAL, 0, FIELD(stops), "SIGNAL",
     "begins the stop (default TERM, INT)"},
    {"drain", 0, VALUE, DURATION, 0, FIELD(drain), "DURATION",
     "hold the first stop signal back this long"},
    {"grace", 0, VALUE, DURATION, 0, FIELD(grace), "DURATION",
     "KILL what outlives the stop by it"},
    {"exit-report", 0, VALUE, ABSOLUTE_PATH, 0, FIELD(exit_report), "PATH",
     "leave a line of JSON there about the end"},
    {"remap-exit", 'e', LIST, EXIT_CODE, 0, FIELD(remap_exit), "CODE",
     "exit with 0 instead of CODE"},
    {"", 'p', VALUE, SIGNAL, 0, FIELD(parent_death_signal), "SIGNAL",
     "get SIGNAL when hale's own parent dies"},
    {"", 's', FLAG, CONSTANT, 1, FIELD(subreaper), NULL,
     "nothing: hale is a subreaper anyway"},
    {"single-child", 'c', FLAG, SINGLE_CHILD, false, FIELD(session), NULL,
     "none of what the name dumb-init adds"},
    {"", 'w', FLAG, CONSTANT, 1, FIELD(warn_reaped), NULL,
     "a warning for each adopted process reaped"},
    {"log-format", 0, VALUE, CHOICE, 0, FIELD(log_json), "text|json",
     "how to say things (default text)"},
    {"log-level", 0, VALUE, CHOICE, 0, FIELD(log_level),
     "error|warn|info|debug", "how much to say (default warn)"},
    {"verbose", 'v', FLAG, VERBOSE, 0, FIELD(log_level), NULL,
     "one log level more"},
    {"", 'P', FLAG, CONSTANT, OPTIONS_PAUSE, FIELD(action), NULL,
     "run no PROGRAM: only reap, until TERM or INT"},
    {"sleep", 0, COMMAND, DURATION, OPTIONS_SLEEP, FIELD(sleep), "DURATION",
     "sleep that long and exit, as sleep(1) does"},
    {"install", 0, COMMAND, NEW_PATH, OPTIONS_INSTALL, FIELD(path), "PATH",
     "copy this binary to PATH"},
    {"help", 'h', ACTION, CONSTANT, OPTIONS_HELP, FIELD(action), NULL,
     "print this"},
    {"license", 'l', ACTION, CONSTANT, OPTIONS_LICENSE, FIELD(action), NULL,
     "print the licence; also -L"},
    {"", 'L', ACTION, CONSTANT, OPTIONS_LICENSE, FIELD(action), NULL, NULL},
    {"version", 'V', ACTION, CONSTANT, OPTIONS_VERSION, FIELD(action), NULL,
     "print the version"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

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
	if (first)
		memset(options->stops, 0, sizeof(options->stops));
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

/* Put the value where the row wants it; false if it is none of its kind. */
static bool
set(struct parser *p, const struct row *row, bool first, const char *value)
{
	void *field = (char *)p->options + row->field;

	switch (row->type) {
	case CHOICE:
		*(int *)field = choice(row->metavar, value);
		return *(int *)field >= 0;
	case DURATION:
		*(long long *)field = duration_parse(value);
		return *(long long *)field >= 0;
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
	return row->type == CHOICE ? row->metavar : wanted[row->type];
}

static unsigned
bit(const struct row *row)
{
	return 1U << (row - rows);
}

/* Make the setting of a row, by whatever way it was asked for. */
static int
apply(struct parser *p, const struct row *row, const char *option,
      const char *value)
{
	bool first = (p->seen & bit(row)) == 0;

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
	return row->kind == VALUE || row->kind == LIST || row->kind == COMMAND;
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

	for (row = rows; row < rows + ROWS; row++)
		if (length > 0 && strlen(row->name) == length &&
		    memcmp(row->name, name, length) == 0)
			return obey(p, row, call_it(p, "--", row->name),
			            name[length] == '=' ? name + length + 1
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
	       p->options->action != OPTIONS_PAUSE;
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

/* The items of a list stand between commas. */
static int
apply_items(struct parser *p, const struct row *row, const char *variable,
            const char *value)
{
	char *item = p->error->item;
	const char *at = value;

	while (*value != '\0') {
		size_t length = strcspn(at, ",");

		if (length >= sizeof(p->error->item))
			return fail(p, variable, value, "is not ",
			            wanted_by(row));
		memcpy(item, at, length);
		item[length] = '\0';
		if (apply(p, row, variable, item) < 0)
			return -1;
		if (at[length] == '\0')
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
	return row->name[0] != '\0' && row->kind != ACTION &&
	       row->kind != COMMAND && row->type != VERBOSE;
}

static int
parse_variable(struct parser *p, const struct row *row)
{
	const char *variable = variable_name(p, row->name);
	const char *value = lookup(p->envp, variable);

	if (value == NULL)
		return 0;
	return row->kind == LIST ? apply_items(p, row, variable, value)
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
		    parse_variable(p, row) < 0)
			return -1;
	return parse_tini_variables(p);
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

	memset(options, 0, sizeof(*options));
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

/* Is there just the PROGRAM that the action needs? */
static int
check_program(struct parser *p)
{
	const char *word = p->words[0];

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
	size_t from = t->length;
	const char *c;

	text_string(t, row->letter != 0 ? "  " : "      ");
	text_string(t, row->letter != 0 ? letter : "");
	text_string(t, row->letter != 0 && row->name[0] != '\0' ? ", " : "");
	text_string(t, row->name[0] != '\0' ? "--" : "");
	text_string(t, row->name);
	text_string(t, row->metavar != NULL ? " " : "");
	text_string(t, row->metavar != NULL ? row->metavar : "");
	pad(t, from, HELP_COLUMN);
	for (c = row->help; *c != '\0'; c++) {
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
		if (row->help != NULL)
			help_row(t, row);
	text_string(t, "\nSIGNAL is like TERM, SIGTERM, 15, RTMIN+1; DURATION "
	               "like 500ms, 10s, 1m30s.\nHALE_LOG_LEVEL stands for "
	               "--log-level, and so on.  See hale(8).\n");
}
