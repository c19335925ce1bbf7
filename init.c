/* SPDX-License-Identifier: MIT */
/*
 * init: the order of things, and the loop.
 *
 * The only file that decides between modules: they take values and return
 * values, and hale acts here.  Before PROGRAM runs, what goes wrong is one line
 * and exit 125.  From then on nothing may end hale but PROGRAM's end, since a
 * dead PID 1 takes the container with it: failures are messages, and every
 * piece of work between two looks at the signals is bounded.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "license.h"
#include "log.h"
#include "options.h"
#include "reaper.h"
#include "signals.h"
#include "spawn.h"
#include "text.h"
#include "version.h"

extern char **environ;

enum {
	EXIT_FAILED = 125,    /* hale itself, before PROGRAM ran */
	EXIT_NOT_RUN = 126,   /* PROGRAM was found and could not be run */
	EXIT_NOT_FOUND = 127, /* PROGRAM was not found */

	/* A burst of zombies or of real-time signals may hold up the other
	 * for no longer than these many take: some ten microseconds. */
	REAP_BATCH = 32,
	SIGNAL_BATCH = 64,

	PAGE_SIZE = 4096, /* bytes for --help, --license and the like */
};

struct init {
	struct options options;
	struct signals signals;
	struct log log;
	pid_t self;
	pid_t program;
	int status;         /* of PROGRAM, as wait(2) has it */
	bool ended;         /* PROGRAM has */
	struct spawn spawn; /* last, since its end is hardly ever touched */
};

static int
print(struct init *in, enum options_action action)
{
	char page[PAGE_SIZE];
	struct text t;

	text_init(&t, page, sizeof(page));
	if (action == OPTIONS_HELP)
		options_help(&t);
	else if (action == OPTIONS_LICENSE)
		text_string(&t, LICENSE_TEXT);
	else
		text_string(&t, "hale " HALE_VERSION "\n");
	if (write(STDOUT_FILENO, page, t.length) == (ssize_t)t.length)
		return 0;
	log_say(&in->log, LOG_ERROR,
	        "cannot write to standard output: {error:e}", errno);
	return EXIT_FAILED;
}

static int
complain(struct init *in, const struct options_error *e)
{
	if (e->value != NULL)
		log_say(&in->log, LOG_ERROR,
		        "{option:q}: '{value:q}' {problem:s}{wanted:s}",
		        e->option, e->value, e->problem, e->wanted);
	else
		log_say(&in->log, LOG_ERROR, "{option:q}{problem:s}{wanted:s}",
		        e->option, e->problem, e->wanted);
	return EXIT_FAILED;
}

/* Neither is worth a container that does not start. */
static void
relate(struct init *in)
{
	int death = in->options.parent_death_signal;

	if (in->self != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot become a subreaper: {error:e} "
		        "(orphans go to the system's init)",
		        errno);
	if (death != SIGNALS_NONE && prctl(PR_SET_PDEATHSIG, death) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot ask for a signal at the parent's death: "
		        "{error:e} (there will be none)",
		        errno);
}

/* Say why PROGRAM does not run; the exit code that goes with it. */
static int
not_started(struct init *in, const struct spawn *spawn)
{
	const char *file = spawn->path.file;

	switch (spawn->step) {
	case SPAWN_NOT_FOUND:
		log_say(&in->log, LOG_ERROR,
		        "cannot run '{program:q}': {why:s}", file,
		        path_searched(&spawn->path)
		            ? "not found in any directory of PATH"
		            : "no such file");
		return EXIT_NOT_FOUND;
	case SPAWN_NO_LOADER:
		log_say(&in->log, LOG_ERROR,
		        "cannot run '{program:q}': the interpreter or loader "
		        "it names is missing",
		        file);
		return EXIT_NOT_RUN;
	case SPAWN_NOT_RUN:
		log_say(&in->log, LOG_ERROR,
		        "cannot run '{program:q}': {error:e}", file,
		        spawn->error);
		return EXIT_NOT_RUN;
	default:
		log_say(&in->log, LOG_ERROR,
		        "cannot create a process for PROGRAM: {error:e}",
		        spawn->error);
		return EXIT_FAILED;
	}
}

/* 0 when PROGRAM runs, else the exit code. */
static int
start(struct init *in)
{
	in->program =
	    spawn_program(in->options.program, &in->signals, &in->spawn);
	if (in->program < 0)
		return not_started(in, &in->spawn);
	if (in->spawn.terminal_error != 0)
		log_say(&in->log, LOG_WARN,
		        "cannot give PROGRAM the terminal: {error:e} "
		        "(it runs in the background)",
		        in->spawn.terminal_error);
	log_say(&in->log, LOG_INFO, "started '{program:q}' as process {pid:d}",
	        in->options.program[0], (int)in->program);
	return 0;
}
/* ------ From here on PROGRAM runs, and nothing below may end hale. ------ */

/* Let go of what PROGRAM may want to see closed, unmounted or removed. */
static void
let_go(struct init *in)
{
	spawn_close_inherited();
	if (chdir("/") < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot move to /: {error:e} (the directory stays in "
		        "use)",
		        errno);
}

static pid_t
target(const struct init *in)
{
	switch (in->options.forward) {
	case FORWARD_ALL:
		return -1;
	case FORWARD_GROUP:
		return -in->program;
	default:
		return in->program;
	}
}

static void
forward(struct init *in, const siginfo_t *info)
{
	char name[SIGNALS_NAME_SIZE];
	int n = signals_verdict(info, in->self, in->options.rewrite);

	if (n == SIGNALS_NONE)
		return;
	if (signals_send(target(in), n, info) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot forward {signal:s} to process {pid:d}: "
		        "{error:e} (it did not get the signal)",
		        signals_name(n, name), (int)in->program, errno);
	else
		log_say(&in->log, LOG_DEBUG,
		        "forwarded {signal:s} to process {pid:d}",
		        signals_name(n, name), (int)in->program);
}

/* Forward what is pending; if wait, sleep until something is. */
static void
forward_pending(struct init *in, bool wait)
{
	siginfo_t info;
	int i;

	signals_round(&in->signals);
	for (i = 0; i < SIGNAL_BATCH; i++) {
		if (signals_take(&in->signals, wait, &info) < 0)
			return;
		forward(in, &info);
		wait = false;
	}
}

static void
account(struct init *in, const struct reaped *child)
{
	if (child->pid == in->program) {
		in->ended = true;
		in->status = child->status;
		return;
	}
	log_say(&in->log, in->options.warn_reaped ? LOG_WARN : LOG_DEBUG,
	        "reaped adopted process {pid:d}, exit code {code:d}",
	        (int)child->pid, reaper_exit_code(child->status));
}

/* Reap a batch. False when there is certainly none left. */
static bool
reap(struct init *in)
{
	struct reaped child;
	int i;

	for (i = 0; i < REAP_BATCH; i++) {
		if (reaper_next(&child) == 0)
			return false;
		account(in, &child);
	}
	return true;
}

/* SIGCHLD coalesces and says only that somebody may have ended: it wakes hale,
 * and who it was is always asked of wait(2). */
static void
loop(struct init *in)
{
	bool more = true;

	while (!in->ended) {
		forward_pending(in, !more);
		more = reap(in);
	}
}

static int
leave(struct init *in)
{
	int code = reaper_exit_code(in->status);

	log_say(&in->log, LOG_INFO, "PROGRAM ended, exit code {code:d}", code);
	return code;
}

static int
run(struct init *in)
{
	int code;

	relate(in);
	code = start(in);
	if (code == 0) {
		let_go(in);
		loop(in);
		code = leave(in);
	}
	if (code != EXIT_FAILED || in->ended)
		code = options_remapped(&in->options, code) ? 0 : code;
	return code;
}

int
main(int argc, char **argv)
{
	/* Not on the stack: untouched pages of it cost no memory this way. */
	static struct init in;
	struct options_error error;

	(void)argc;
	in.log.level = LOG_WARN;
	if (signals_block(&in.signals) < 0) {
		log_say(&in.log, LOG_ERROR, "cannot block signals: {error:e}",
		        errno);
		return EXIT_FAILED;
	}
	in.self = getpid();
	if (options_parse(&in.options, &error, argv, environ, in.self) < 0)
		return complain(&in, &error);
	if (in.options.action != OPTIONS_RUN)
		return print(&in, in.options.action);
	in.log.level = in.options.log_level;
	return run(&in);
}
