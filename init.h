/* SPDX-License-Identifier: MIT */
#ifndef HALE_INIT_H
#define HALE_INIT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/options.h"
#include "environment.h"
#include "lib/log.h"
#include "monitor.h"
#include "report/exit_report.h"
#include "report/oom.h"
#include "report/status.h"
#include "signals.h"
#include "spawn.h"
#include "stop.h"

/* hale's own exit codes; those of a usage error and of a PROGRAM that cannot be
 * run depend on the name that hale is started under, see cli/compat.h. */
enum {
	EXIT_UNHEALTHY = 124, /* hale has stopped PROGRAM for its ill health */
	EXIT_FAILED = 125,    /* hale itself failed before PROGRAM ran */
};

/* Why run_loop returned. */
enum outcome {
	OUTCOME_NONE,      /* it goes on */
	OUTCOME_ENDED,     /* PROGRAM has ended, and nothing is left to do */
	OUTCOME_ALL_READY, /* every --wait-for target has answered */
	OUTCOME_TIMED_OUT, /* ... or not, and --wait-timeout is over */
	OUTCOME_STOPPED,   /* a stop signal ended the waiting, or -P */
};

/* Everything that the running hale knows.  The large parts come last, so that
 * what is always in use shares a page or two of memory. */
struct supervisor {
	struct log log;
	struct signals signals;

	pid_t self;    /* hale's pid */
	pid_t program; /* PROGRAM's, or 0 before it runs */
	bool starting; /* it has been forked, and not executed yet */
	bool program_ended;
	int program_status;   /* then: as wait(2) has it */
	long long started_at; /* when PROGRAM was started, ms, as clock_now */

	/* The loop */
	enum outcome outcome;
	long long now; /* ms, when hale woke up last */
	long long
	    wait_ends;      /* ms, the end of --wait-timeout, or HEALTH_NEVER */
	bool more_children; /* the last batch of zombies was full */
	bool ask_again;     /* wait(2) fails: ask again after a while */
	siginfo_t stop_info; /* the stop signal that came last, or that started
	                        the drain under way */
	int stop_by;         /* the signal that ended the waiting for targets */

	/* The stop */
	struct stop stop;
	bool unhealthy;      /* ... is one for ill health */
	bool kill_announced; /* it was said that the grace period has expired */
	bool warned_of_quit; /* it was said that QUIT is no stop signal */
	int forwarded_stop;  /* the signal that PROGRAM was last stopped with */
	bool group_had_term; /* TERM was forwarded to the group or to all */

	/* Health */
	bool monitoring;           /* there are targets */
	int signal_fd;             /* from signals_descriptor, or -1 */
	int status_fd;             /* of the status page, or -1 */
	int listener;              /* of --health-listen, or -1 */
	int notify_fd;             /* on which PROGRAM notifies hale, or -1 */
	long long listen_again_at; /* ms: until then the listener rests, since
	                              accept(2) fails */
	struct status *status;     /* the page, or own_status */

	/* The account of the end */
	struct oom_start oom;
	struct exit_report report;
	struct text message; /* the report's, in message_buffer */
	char message_buffer[EXIT_REPORT_MESSAGE_MAX];

	struct spawn spawn;
	struct environment environment;
	struct options options;
	struct monitor monitor;
	struct status own_status; /* where the page cannot be published */
	char *environment_copy[ENVIRONMENT_SLOTS];
};

/* ------ init.c ------ */

/* Run PROGRAM, or only reap (-P); the caller has parsed the options and blocked
 * all signals.  Returns hale's exit code. */
int init_run(struct supervisor *s);

/* ------ forward.c ------ */

/* Whom signals are forwarded to, as kill(2) takes it. */
pid_t forward_target(const struct supervisor *s);

/* Send signal n to target with the value that info brought, and say so. */
void forward_to(struct supervisor *s, pid_t target, int n,
                const siginfo_t *info);

/* Forward the signal that has arrived, after rewriting. */
void forward_signal(struct supervisor *s, const siginfo_t *info);

/* ------ startup.c: until PROGRAM runs, errors are fatal ------ */

/* Become a subreaper, ask for the parent-death signal, look at the exit
 * report's path, and write down the warnings about options. */
void startup_prepare(struct supervisor *s);

/* Open what has to exist before PROGRAM.  0, or the exit code. */
int startup_open(struct supervisor *s);

/* Begin to watch the --wait-for targets. */
void startup_begin_waiting(struct supervisor *s);

/* --wait-timeout is over: say which targets are missing, and return the exit
 * code. */
int startup_give_up_waiting(struct supervisor *s);

/* A stop signal has arrived meanwhile: say so, and return the exit code. */
int startup_stop_waiting(struct supervisor *s);

/* Start PROGRAM.  If it does not run, s->program stays 0; returns the exit
 * code. */
int startup_program(struct supervisor *s);

/* If PROGRAM had not been executed yet: has it been now?  Then all signals are
 * forwarded. */
void startup_look(struct supervisor *s);

/* PROGRAM could not be started, and s->spawn says why: say so, and return the
 * exit code. */
int startup_fail_spawn(struct supervisor *s);

/* Let go of what PROGRAM may want to see closed, unmounted or removed, and
 * begin to watch its health. */
void startup_finish(struct supervisor *s);

/* ------ ending.c ------ */

/* PROGRAM has ended: give back the terminal, say why it ended, leave the exit
 * report.  Returns hale's exit code. */
int ending_account(struct supervisor *s);

/* From now on what hale says is the message of the exit report, too, if there
 * is to be one. */
void ending_begin_message(struct supervisor *s);

/* Write the exit report, if one is asked for, with the message so far. */
void ending_report(struct supervisor *s, const char *reason, int code);

/* The exit code for code after --remap-exit. */
int ending_remap(const struct supervisor *s, int code);

#endif
