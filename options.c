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

#include <string.h>

struct parser {
	struct options *options;
	struct options_error *error;
	char **words; /* the rest of the command line */
	char **envp;
	pid_t self;
	unsigned long seen; /* settings that have been made, a bit each */
	int level;          /* as --log-level set it, or -1 */
	int tini_level;     /* as TINI_VERBOSITY set it, or -1 */
	int more;           /* how often -v came */
};

enum kind {
	FLAG,     /* takes no value; its variable is 1 or 0 */
	PRESENCE, /* takes no value; its variable, tini's, only has to be */
	COUNT,    /* takes no value; its variable, tini's, overrules it */
	VALUE,    /* takes a value */
	LIST,     /* takes a value, may be repeated; commas in its variable */
	ACTION,   /* takes no value and ends the command line; no variable */
};

/* One setting may be made by several rows. */
enum setting { LEVEL, VERBOSITY, FORWARD, REAPED, DEATH, REWRITE, REMAP, NONE };

enum verdict { GOOD, MALFORMED, NOT_FIRST };

struct row {
	const char *name; /* long option, and HALE_NAME; or NULL */
	char letter;      /* short option, or 0 */
	enum kind kind;
	enum setting setting;
	int constant;     /* for apply */
	const char *tini; /* the variable that tini reads, or NULL */
	enum verdict (*apply)(struct parser *, int constant, const char *value);
	const char *metavar; /* how help calls the value, or NULL */
	const char *wanted;  /* what a value has to be */
	const char *help;
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

/* The place of value in a list of names that ends with NULL, or -1. */
static int
choice(const char *const *names, const char *value)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	return -1;
}

static enum verdict
set_nothing(struct parser *p, int constant, const char *value)
{
	(void)p, (void)constant, (void)value;
	return GOOD;
}

static enum verdict
set_action(struct parser *p, int constant, const char *value)
{
	(void)value;
	p->options->action = (enum options_action)constant;
	return GOOD;
}

static enum verdict
set_parent_death(struct parser *p, int constant, const char *value)
{
	(void)constant;
	p->options->parent_death_signal = signals_number(value);
	return p->options->parent_death_signal > 0 ? GOOD : MALFORMED;
}

/* Without a value it is -v, with one it is TINI_VERBOSITY. */
static enum verdict
set_verbosity(struct parser *p, int constant, const char *value)
{
	if (value == NULL) {
		p->more += constant;
		return GOOD;
	}
	p->tini_level = number(value, 999);
	return p->tini_level >= 0 ? GOOD : MALFORMED;
}

static enum verdict
set_warn_reaped(struct parser *p, int constant, const char *value)
{
	(void)value;
	p->options->warn_reaped = constant;
	return GOOD;
}

/* Without a value it is -g. */
static enum verdict
set_forward(struct parser *p, int constant, const char *value)
{
	static const char *const names[] = {
	    [FORWARD_CHILD] = "child",
	    [FORWARD_GROUP] = "group",
	    [FORWARD_ALL] = "all",
	    NULL,
	};
	int forward = value == NULL ? constant : choice(names, value);

	if (forward < 0)
		return MALFORMED;
	/* Elsewhere kill(-1) would reach all processes of the user. */
	if (forward == FORWARD_ALL && p->self != 1)
		return NOT_FIRST;
	p->options->forward = (enum options_forward)forward;
	return GOOD;
}

static enum verdict
set_rewrite(struct parser *p, int constant, const char *value)
{
	static const char *const none[] = {"0", "none", NULL};
	char name[SIGNALS_NAME_SIZE];
	size_t length = strcspn(value, ":");
	int from, to;

	(void)constant;
	if (value[length] == '\0' || length >= sizeof(name))
		return MALFORMED;
	memcpy(name, value, length);
	name[length] = '\0';
	value += length + 1;
	from = signals_number(name);
	to = choice(none, value) >= 0 ? SIGNALS_NONE : signals_number(value);
	if (from < 0 || to < 0 || !signals_forwardable(from))
		return MALFORMED;
	p->options->rewrite[from] = (unsigned char)to;
	return GOOD;
}

static enum verdict
set_remap_exit(struct parser *p, int constant, const char *value)
{
	int code = number(value, 255);

	(void)constant;
	if (code < 0)
		return MALFORMED;
	p->options->remap_exit[code / 8] |= (unsigned char)(1 << code % 8);
	return GOOD;
}

static enum verdict
set_log_level(struct parser *p, int constant, const char *value)
{
	static const char *const names[] = {
	    [LOG_ERROR] = "error",
	    [LOG_WARN] = "warn",
	    [LOG_INFO] = "info",
	    [LOG_DEBUG] = "debug",
	    NULL,
	};

	(void)constant;
	p->level = choice(names, value);
	return p->level >= 0 ? GOOD : MALFORMED;
}

/* A setting's first row that has a variable wins: --forward before -g. */
static const struct row rows[] = {
    {"forward", 0, VALUE, FORWARD, 0, NULL, set_forward, "child|group|all",
     "child, group or all",
     "whom signals go to: PROGRAM (default), its\n"
     "process group, or every process (PID 1 only)"},
    {NULL, 'g', PRESENCE, FORWARD, FORWARD_GROUP, "TINI_KILL_PROCESS_GROUP",
     set_forward, NULL, "", "the same as --forward group"},
    {"rewrite", 'r', LIST, REWRITE, 0, NULL, set_rewrite, "FROM:TO",
     "FROM:TO, where FROM is a signal that can be caught and TO is a signal, "
     "0 or none",
     "send TO when FROM arrives; 0 or none drops it;\n"
     "may be repeated"},
    {"remap-exit", 'e', LIST, REMAP, 0, NULL, set_remap_exit, "CODE",
     "an exit code, 0 to 255", "exit with 0 instead of CODE; may be repeated"},
    {NULL, 'p', VALUE, DEATH, 0, NULL, set_parent_death, "SIGNAL",
     "a signal: a name like TERM, or 1 to 64",
     "get SIGNAL when hale's own parent dies"},
    {NULL, 's', PRESENCE, NONE, 0, "TINI_SUBREAPER", set_nothing, NULL, "",
     "for tini's users: hale is a subreaper anyway\n"
     "whenever it is not PID 1"},
    {NULL, 'w', FLAG, REAPED, 1, NULL, set_warn_reaped, NULL, "",
     "a warning for each adopted process reaped"},
    {"log-level", 0, VALUE, LEVEL, 0, NULL, set_log_level,
     "error|warn|info|debug", "error, warn, info or debug",
     "how much to say on stderr (default warn)"},
    {NULL, 'v', COUNT, VERBOSITY, 1, "TINI_VERBOSITY", set_verbosity, NULL,
     "a number from 0 (error) to 3 (debug)",
     "one log level more; may be repeated"},
    {"help", 'h', ACTION, NONE, OPTIONS_HELP, NULL, set_action, NULL, "",
     "print this and exit"},
    {"license", 'l', ACTION, NONE, OPTIONS_LICENSE, NULL, set_action, NULL, "",
     "print the licence and exit"},
    {"version", 0, ACTION, NONE, OPTIONS_VERSION, NULL, set_action, NULL, "",
     "print the version and exit"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int
fail(struct parser *p, const char *option, const char *value,
     const char *problem, const char *wanted)
{
	p->error->option = option;
	p->error->value = value;
	p->error->problem = problem;
	p->error->wanted = wanted;
	return -1;
}

/* Make the setting of a row, by whatever way it was asked for. */
static int
apply(struct parser *p, const struct row *row, const char *option,
      const char *value)
{
	p->seen |= 1UL << row->setting;
	switch (row->apply(p, row->constant, value)) {
	case MALFORMED:
		return fail(p, option, value, "is not ", row->wanted);
	case NOT_FIRST:
		return fail(p, option, value,
		            "takes a hale that is PID 1; else ",
		            "it is child or group");
	case GOOD:
		break;
	}
	return 0;
}

static bool
takes_value(const struct row *row)
{
	return row->kind == VALUE || row->kind == LIST;
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
			            " needs a value: ", row->wanted);
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
		if (row->name != NULL && strlen(row->name) == length &&
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

/* -abc, -pVALUE or -p VALUE */
static int
parse_short(struct parser *p)
{
	const char *at = *p->words++ + 1;

	while (*at != '\0' && p->options->action == OPTIONS_RUN) {
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
	while (*p->words != NULL && p->options->action == OPTIONS_RUN) {
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
			return fail(p, variable, value, "is not ", row->wanted);
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

/* What the variables of one row say; the command line has spoken already. */
static int
parse_variables(struct parser *p, const struct row *row)
{
	const char *value = NULL, *variable;

	if (row->name != NULL && row->kind != ACTION) {
		variable = variable_name(p, row->name);
		value = lookup(p->envp, variable);
		if (value != NULL)
			return row->kind == LIST
			           ? apply_items(p, row, variable, value)
			           : apply(p, row, variable, value);
	}
	if (row->tini != NULL) {
		value = lookup(p->envp, row->tini);
		if (value != NULL)
			return apply(p, row, row->tini,
			             row->kind == COUNT ? value : NULL);
	}
	return 0;
}

static int
parse_environment(struct parser *p)
{
	const struct row *row;

	for (row = rows; row < rows + ROWS; row++) {
		/* tini's verbosity overrules -v, as it does in tini */
		if ((p->seen & 1UL << row->setting) != 0 && row->kind != COUNT)
			continue;
		if (parse_variables(p, row) < 0)
			return -1;
	}
	return 0;
}

static enum log_level
choose_level(const struct parser *p)
{
	int level = p->level;

	if (level < 0)
		level = p->tini_level >= 0 ? p->tini_level : LOG_WARN;
	if (p->tini_level < 0)
		level += p->more;
	return level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level;
}

static void
set_defaults(struct options *options)
{
	int n;

	memset(options, 0, sizeof(*options));
	for (n = 0; n <= SIGNALS_MAX; n++)
		options->rewrite[n] = (unsigned char)n;
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
	                   .level = -1,
	                   .tini_level = -1};

	set_defaults(options);
	if (parse_words(&p) < 0)
		return -1;
	options->program = p.words;
	if (options->action != OPTIONS_RUN)
		return 0;
	if (parse_environment(&p) < 0)
		return -1;
	options->log_level = choose_level(&p);
	if (p.words[0] == NULL)
		return fail(&p, "PROGRAM", NULL, " is missing; ",
		            "usage: hale [OPTION...] [--] PROGRAM [ARG...]");
	if (p.words[0][0] == '\0')
		return fail(&p, "PROGRAM", "", "is empty; is a variable unset?",
		            "");
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
	while (t->length - from < column && t->length + 1 < t->size)
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
	text_string(t, row->letter != 0 && row->name != NULL ? ", " : "");
	text_string(t, row->name != NULL ? "--" : "");
	text_string(t, row->name != NULL ? row->name : "");
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
	               "Start PROGRAM, forward signals to it, reap every "
	               "zombie,\nand exit with its status.\n\n");
	for (row = rows; row < rows + ROWS; row++)
		help_row(t, row);
	text_string(t, "\nSIGNAL is a name like TERM or SIGTERM, a number from "
	               "1 to 64, RTMIN+n or\nRTMAX-n.  The environment sets "
	               "what has a long name and is not on the\ncommand line: "
	               "HALE_LOG_LEVEL for --log-level.  See hale(8).\n");
}
