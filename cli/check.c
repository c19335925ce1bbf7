/* SPDX-License-Identifier: MIT */
/*
 * check: asks the hale process of this container, or targets of its own, how
 * PROGRAM is.
 *
 * It is made for the HEALTHCHECK of images that have neither a shell nor curl:
 * it prints one line and exits with 0 or 1, and nothing else, since Docker
 * reserves 2.  It signals nobody.  With --wait it asks again until the answer
 * is yes or the time is over, and says on standard error what it waits for.
 */
#include "cli/check.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cli/find.h"
#include "cli/show.h"
#include "cli/tools.h"
#include "lib/clock.h"
#include "lib/duration.h"
#include "lib/text.h"
#include "reaper.h"
#include "report/summary.h"

enum {
	CHECK_YES = 0,
	CHECK_NO = 1,
	LINE_SIZE = 4096,    /* bytes that --check prints at the most */
	POLL_PAUSE_MS = 100, /* between looks for signals at the most */
	FDS_MAX = HEALTH_TARGETS_MAX + 1, /* one a target, and the signals */
};

/* Write all of it on standard output.  False if that failed. */
static bool
print(const struct text *t)
{
	size_t done = 0;
	ssize_t n;

	for (; done < t->length; done += (size_t)n) {
		n = write(STDOUT_FILENO, t->buffer + done, t->length - done);
		if (n <= 0)
			return false;
	}
	return true;
}

/* Print the line of --check; returns the exit code. */
static int
print_answer(bool yes, int state, const struct status *s, const char *problem)
{
	char buffer[LINE_SIZE];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	summary_line(&t, state, s, problem);
	return print(&t) && yes ? CHECK_YES : CHECK_NO;
}

/* ------ The hale process of this container ------ */

static enum summary_question
choose_question(const struct options *o)
{
	if (o->live)
		return SUMMARY_LIVE;
	return o->started ? SUMMARY_STARTED : SUMMARY_READY;
}

static int
check_hale(const struct check *c)
{
	const struct options *o = c->options;
	enum summary_question question = choose_question(o);
	long long end = clock_now() + o->check_wait_ms;
	bool yes, first = true;
	struct found found;

	for (;;) {
		find_state(&found, c->page, false);
		yes = summary_answer(c->page, question);
		if (yes || clock_now() >= end)
			break;
		if (first)
			log_say(c->log, LOG_WARN,
			        "waiting up to {wait_ms:u} for hale",
			        o->check_wait_ms);
		first = false;
		if (tools_sleep(c->signals, o->check_interval_ms) != 0)
			break;
	}
	return print_answer(yes, c->page->state, c->page, found.problem);
}

static int
print_status(struct status *page, bool json)
{
	char buffer[SHOW_SIZE];
	struct found found;
	struct text t;

	find_state(&found, page, true);
	text_init(&t, buffer, sizeof(buffer));
	show_status(&t, &found, page, json, clock_now());
	return print(&t) && found.pid != 0 ? CHECK_YES : CHECK_NO;
}

/* ------ Targets ------ */

/* An attempt to check the targets. */
struct attempt {
	const struct check *check;
	struct log monitor_log; /* says less than the user's */
	int signal_fd;          /* or -1 */
	long long end_at;       /* the time is over, or HEALTH_NEVER */
	bool interrupted;       /* a signal came that ends a check */
	bool waiting_said;      /* the user was told what is waited for */
};

/* Without --wait the first attempt decides.  With it, a target that fails stays
 * in its start period, where failures do not count, until the time is over; one
 * that has passed is not asked again. */
static void
set_rules(struct options *o)
{
	int i;

	for (i = 0; i < o->target_count; i++) {
		struct health_rule *rule = &o->targets[i].rule;

		rule->interval_ms = DURATION_MAX;
		rule->retries = 1;
		rule->successes = 1;
		rule->start_period_ms = o->check_wait_ms;
		rule->start_interval_ms = o->check_interval_ms;
		rule->readiness = false;
		rule->action.kind = HEALTH_REPORT;
		if (o->check_wait_ms > 0 && rule->timeout_ms > o->check_wait_ms)
			rule->timeout_ms = o->check_wait_ms;
	}
}

/* The monitor's messages are for an instance of hale that runs a program: what
 * --check has to say is in its line, unless the user wants to know more. */
static struct log
quiet_log(const struct log *log)
{
	struct log quiet = *log;

	if (quiet.level <= LOG_WARN)
		quiet.level = LOG_ERROR;
	return quiet;
}

/* Does signal n end a check?  These are for others, or for nobody. */
static bool
ends_check(int n)
{
	return n != SIGCHLD && n != SIGCONT && n != SIGWINCH;
}

/* Take the signals that are there, or wait for one; reap the commands of
 * probes. */
static void
take_signals(struct attempt *a, int wait_ms, long long now)
{
	struct reaped child;
	siginfo_t info;
	int n;

	signals_round(a->check->signals);
	while ((n = signals_take(a->check->signals, wait_ms, &info)) > 0) {
		if (ends_check(n))
			a->interrupted = true;
		wait_ms = 0;
	}
	while (reaper_next(&child) == REAPER_TOOK)
		(void)monitor_child_ended(a->check->monitor, child.pid,
		                          child.status, now);
}

/* Sleep until something can be done, but not for long: signals might not be
 * seen, if there is no descriptor for them. */
static void
wait_for_events(struct attempt *a, struct pollfd fds[FDS_MAX], long long now)
{
	long long next = monitor_next(a->check->monitor);
	int count = monitor_events(a->check->monitor, fds), wait_ms, i;

	fds[count].fd = a->signal_fd;
	fds[count].events = POLLIN;
	wait_ms = clock_until(next < a->end_at ? next : a->end_at, now);
	if (wait_ms > POLL_PAUSE_MS)
		wait_ms = POLL_PAUSE_MS;
	if (poll(fds, (nfds_t)count + 1, wait_ms) >= 0) {
		take_signals(a, 0, clock_now());
		return;
	}
	/* RLIMIT_NOFILE is below the number of entries, or a filter refuses the
	 * call: take everything for ready now and then. */
	for (i = 0; i < count; i++)
		fds[i].revents = POLLIN;
	take_signals(a, POLL_PAUSE_MS, clock_now());
}

/* Say once what is waited for, when it is known. */
static void
say_waiting(struct attempt *a)
{
	const struct status_target *target =
	    summary_target(a->check->page, HEALTH_STARTING);

	if (a->waiting_said || a->check->options->check_wait_ms == 0 ||
	    target == NULL || target->reason[0] == '\0')
		return;
	a->waiting_said = true;
	log_say(a->check->log, LOG_WARN,
	        "waiting up to {wait_ms:u} for {target:q}: {reason:q}",
	        a->check->options->check_wait_ms, target->text, target->reason);
}

/* Say that target has not passed, unless nobody knows what was waited for. */
static void
say_missing(struct attempt *a, const struct status_target *target)
{
	if (a->waiting_said && !a->interrupted)
		log_say(a->check->log, LOG_WARN,
		        "timed out after {wait_ms:u} waiting for {target:q}: "
		        "{reason:q}",
		        a->check->options->check_wait_ms, target->text,
		        summary_reason(target));
}

/* The time is over, or a signal came: what has not passed by now has failed. */
static void
fail_missing(struct attempt *a)
{
	struct status *page = a->check->page;
	int i;

	for (i = 0; i < page->count; i++) {
		if (page->targets[i].state != HEALTH_STARTING)
			continue;
		page->targets[i].state = HEALTH_UNHEALTHY;
		say_missing(a, &page->targets[i]);
	}
}

/* Let servers that have answered finish, so that they do not log a reset. */
static void
end_probes(struct attempt *a)
{
	int i;

	for (i = 0; i < a->check->options->target_count; i++)
		if (a->check->monitor->probes[i].phase == PROBE_CLOSING)
			probe_close(&a->check->monitor->probes[i], true);
	monitor_drop(a->check->monitor, clock_now());
}

static void
begin_attempt(struct attempt *a, long long now)
{
	struct monitor *m = a->check->monitor;

	a->monitor_log = quiet_log(a->check->log);
	a->signal_fd = signals_descriptor(a->check->signals, -1);
	a->end_at = HEALTH_NEVER;
	if (a->check->options->check_wait_ms > 0)
		a->end_at = now + a->check->options->check_wait_ms;
	m->context.signals = a->check->signals;
	m->context.environment = environ;
	m->context.notify_socket = -1;
	m->log = &a->monitor_log;
	m->status = a->check->page;
	monitor_begin(m, a->check->options->targets,
	              a->check->options->target_count, false, now);
}

static int
check_targets(const struct check *c)
{
	const struct health *health = &c->monitor->health;
	struct attempt a = {.check = c};
	long long now = clock_now();
	struct pollfd fds[FDS_MAX];
	bool yes;

	set_rules(c->options);
	begin_attempt(&a, now);
	while (health->state == HEALTH_STARTING && now < a.end_at &&
	       !a.interrupted) {
		wait_for_events(&a, fds, now);
		now = clock_now();
		monitor_step(c->monitor, fds, now);
		say_waiting(&a);
	}
	yes = health->state == HEALTH_HEALTHY;
	end_probes(&a);
	if (health->state == HEALTH_STARTING)
		fail_missing(&a);
	return print_answer(yes, yes ? HEALTH_HEALTHY : HEALTH_UNHEALTHY,
	                    c->page, NULL);
}

int
check(const struct check *c)
{
	const struct options *o = c->options;

	if (o->action != OPTIONS_CHECK)
		return print_status(c->page, o->action == OPTIONS_STATUS_JSON);
	return o->target_count > 0 ? check_targets(c) : check_hale(c);
}
