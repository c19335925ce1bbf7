/* SPDX-License-Identifier: MIT */
/*
 * init: the loop, and every decision between modules.
 *
 * signals, reaper, stop and monitor take values and return values; what they
 * say is done here.  Before PROGRAM runs, what goes wrong is one line and an
 * exit code.  From then on nothing may end hale but PROGRAM's end, since a dead
 * PID 1 takes the container with it: failures are messages, no call waits for
 * anything that a process could withhold, and each piece of work between two
 * looks at the signals is bounded.
 */
#include "init.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "reaper.h"
#include "remaining.h"
#include "report/serve.h"

enum {
	/* A burst of zombies or of real-time signals holds up the other for no
	 * longer than so many take: some ten microseconds, or a millisecond
	 * where thousands of processes die, since then wait(2) looks at all of
	 * them under a lock that they need, too. */
	REAP_BATCH = 8,
	SIGNAL_BATCH = 64,

	LOOK_AGAIN_MS =
	    100, /* where the kernel cannot tell hale of something */
	DEFAULT_GRACE_MS = 10000, /* of a stop for ill health without --grace */
};

/* ------ Stopping ------ */

/* During a drain, stop_info remembers the signal that started it. */
static void
forward_stop(struct supervisor *s)
{
	int n = signals_translate(&s->stop_info, s->self, s->options.rewrite);

	if (n == SIGNALS_NONE)
		return;
	forward_to(s, forward_target(s), n, &s->stop_info);
	s->forwarded_stop = n;
	if (n == SIGTERM && s->options.forward != FORWARD_CHILD)
		s->group_had_term = true;
	/* A stopped process does not see TERM before it is continued; with a
	 * grace period KILL would otherwise be all that it sees. */
	if (s->stop.grace_ms > 0 && reaper_is_stopped(s->program))
		(void)kill(forward_target(s), SIGCONT);
}

/* TERM for the processes that PROGRAM has left behind.  Those to which TERM has
 * been forwarded already get no second one: some programs take that for an
 * order to hurry. */
static void
terminate_remaining(struct supervisor *s)
{
	bool is_pid1 = s->self == 1;

	if (!s->group_had_term)
		(void)remaining_signal(is_pid1, s->program, SIGTERM);
	else if (s->options.forward == FORWARD_GROUP)
		(void)remaining_signal_others(is_pid1, s->program, SIGTERM);
	(void)remaining_signal(is_pid1, s->program, SIGCONT);
}

/* KILL for all that are left, repeated until nobody is.  Those whom hale cannot
 * reach belong to another user, and hale does not wait for them. */
static void
kill_remaining(struct supervisor *s)
{
	/* PROGRAM's pid, and so its group's, may be another's by now. */
	pid_t group = s->program_ended ? 0 : s->program;
	bool reached = remaining_signal(s->self == 1, group, SIGKILL);
	bool first = !s->kill_announced;

	if (s->starting) /* it may not lead a group yet */
		(void)kill(s->program, SIGKILL);
	if (first)
		log_say(
		    &s->log, LOG_INFO,
		    "grace period expired; killing the remaining processes");
	s->kill_announced = true;
	/* To PID 1 the kernel does not say whether anybody was reached.  But it
	 * kills all when PID 1 exits, so that the second time is the last. */
	if (s->self == 1 && !first)
		reached = false;
	if (s->program_ended && !reached)
		s->outcome = OUTCOME_ENDED;
}

static void
apply_stop_action(struct supervisor *s, enum stop_action action)
{
	switch (action) {
	case STOP_NOTHING:
		break;
	case STOP_DRAIN:
		log_say(&s->log, LOG_INFO,
		        "stopping: draining for {drain_ms:u} first",
		        s->options.drain_ms);
		break;
	case STOP_FORWARD:
		forward_stop(s);
		break;
	case STOP_TERMINATE:
		terminate_remaining(s);
		break;
	case STOP_KILL:
		kill_remaining(s);
		break;
	case STOP_LEAVE:
		s->outcome = OUTCOME_ENDED;
		break;
	}
}

static void
begin_stop(struct supervisor *s, const siginfo_t *info)
{
	if (s->monitoring && s->stop.state == STOP_RUNNING)
		monitor_stop(&s->monitor, s->now);
	if (s->stop.state != STOP_DRAINING)
		s->stop_info = *info;
	apply_stop_action(s, stop_signal(&s->stop, s->now));
}

/* ------ What the loop looks at ------ */

/* dumb-init stops itself by these, whatever becomes of them for PROGRAM; PID 1
 * is not stopped by it. */
static void
stop_itself(const struct supervisor *s, int n)
{
	if (s->options.name->session &&
	    (n == SIGTSTP || n == SIGTTIN || n == SIGTTOU))
		(void)kill(s->self, SIGSTOP);
}

/* A signal before PROGRAM runs, or without one (-P). */
static void
handle_early_signal(struct supervisor *s, int n)
{
	if (!s->options.stop_signals[n])
		return;
	s->stop_by = n;
	s->outcome = OUTCOME_STOPPED;
}

static void
handle_signal(struct supervisor *s, const siginfo_t *info)
{
	int n = info->si_signo;

	if (s->program_ended)
		return;
	if (signals_translate(info, s->self, s->options.rewrite) ==
	    SIGNALS_NONE)
		; /* it is dropped, and begins no stop either */
	else if (s->program == 0)
		handle_early_signal(s, n);
	else if (s->options.stop_signals[n])
		begin_stop(s, info);
	else
		forward_signal(s, info);
	stop_itself(s, n);
}

/* At most a batch, so that a storm of signals does not keep zombies waiting. */
static void
handle_signals(struct supervisor *s)
{
	siginfo_t info;
	int i;

	signals_round(&s->signals);
	for (i = 0; i < SIGNAL_BATCH && s->outcome == OUTCOME_NONE; i++) {
		if (signals_take(&s->signals, 0, &info) < 0)
			return;
		handle_signal(s, &info);
	}
}

static void
program_has_ended(struct supervisor *s, int status)
{
	s->program_ended = true;
	s->program_status = status;
	s->report.duration_ms = s->now - s->started_at;
	if (s->starting) { /* it never ran: there is nothing to stop */
		s->outcome = OUTCOME_ENDED;
		return;
	}
	if (s->monitoring && s->stop.state == STOP_RUNNING)
		monitor_stop(&s->monitor, s->now);
	apply_stop_action(s, stop_ended(&s->stop, s->now));
}

static void
count_orphan(struct supervisor *s, const struct reaped *child)
{
	enum log_level level = s->options.warn_reaped ? LOG_WARN : LOG_DEBUG;
	const char *format = "reaped adopted process {pid:d}, exit code "
			     "{code:d}";

	if (s->options.name->kind == COMPAT_TINI)
		format = "Reaped zombie process with pid={pid:d}";
	s->status->orphans_reaped++;
	log_say(&s->log, level, format, (long long)child->pid,
	        (long long)reaper_exit_code(child->status));
}

static void
handle_child(struct supervisor *s, const struct reaped *child)
{
	if (s->program != 0 && child->pid == s->program)
		program_has_ended(s, child->status);
	else if (!s->monitoring || !monitor_child_ended(&s->monitor, child->pid,
	                                                child->status, s->now))
		count_orphan(s, child);
}

/* SIGCHLD coalesces and says only that somebody may have ended: it wakes hale,
 * and who it was is always asked of wait(2). */
static void
reap_children(struct supervisor *s)
{
	enum reaper_result result = REAPER_TOOK;
	struct reaped child;
	int i;

	for (i = 0; i < REAP_BATCH; i++) {
		result = reaper_next(&child);
		if (result == REAPER_TOOK)
			handle_child(s, &child);
		else if (result != REAPER_RELEASED)
			break;
	}
	if (result == REAPER_NO_CHILD && s->program_ended)
		s->outcome = OUTCOME_ENDED;
	s->more_children = i == REAP_BATCH;
	s->ask_again = result == REAPER_FAILED;
}

/* Do what targets that have become unhealthy ask for. */
static void
apply_health_action(struct supervisor *s)
{
	struct health_action action;
	siginfo_t info = {0};

	while (s->stop.state == STOP_RUNNING &&
	       monitor_take_action(&s->monitor, &action)) {
		if (action.kind == HEALTH_SIGNAL) {
			info.si_signo = action.signal;
			forward_to(s, s->program, action.signal, &info);
		}
		if (action.kind != HEALTH_STOP)
			continue;
		log_say(&s->log, LOG_WARN,
		        "stopping PROGRAM because it is unhealthy");
		s->unhealthy = true;
		if (s->stop.grace_ms == 0)
			s->stop.grace_ms = DEFAULT_GRACE_MS;
		info.si_signo = s->options.health_stop_signal;
		begin_stop(s, &info);
	}
}

/* Has the waiting for --wait-for targets come to an end? */
static void
look_at_waiting(struct supervisor *s)
{
	if (s->program != 0 || s->outcome != OUTCOME_NONE)
		return;
	if (monitor_all_passed(&s->monitor))
		s->outcome = OUTCOME_ALL_READY;
	else if (s->now >= s->wait_ends)
		s->outcome = OUTCOME_TIMED_OUT;
}

/* ------ The loop ------ */

/* When something is due without a signal or a descriptor, or HEALTH_NEVER. */
static long long
next_deadline(const struct supervisor *s)
{
	long long next = s->stop.deadline;

	if (next == STOP_NEVER)
		next = HEALTH_NEVER;
	if (s->wait_ends < next)
		next = s->wait_ends;
	if (s->monitoring && monitor_next(&s->monitor) < next)
		next = monitor_next(&s->monitor);
	if (s->listen_again_at > s->now && s->listen_again_at < next)
		next = s->listen_again_at;
	return next;
}

/* The kernel does not say when PROGRAM has been executed: look soon at first,
 * and then less often. */
static int
look_at_start_ms(const struct supervisor *s)
{
	long long ms = 1 + (s->now - s->started_at) / 4;

	return ms < LOOK_AGAIN_MS ? (int)ms : LOOK_AGAIN_MS;
}

/* Milliseconds to sleep, or -1 for as long as there is no signal. */
static int
time_to_sleep(const struct supervisor *s)
{
	long long next = next_deadline(s);
	int ms = next == HEALTH_NEVER ? -1 : clock_until(next, s->now);

	if (s->more_children)
		return 0;
	if (s->ask_again && (ms < 0 || ms > LOOK_AGAIN_MS))
		ms = LOOK_AGAIN_MS;
	if (s->starting && (ms < 0 || ms > look_at_start_ms(s)))
		ms = look_at_start_ms(s);
	return ms;
}

/* Descriptors that the loop waits for: one a target, then one for signals, then
 * the listener. */
struct events {
	struct pollfd fds[HEALTH_TARGETS_MAX + 2];
	int count;
};

static void
collect_events(struct supervisor *s, struct events *e)
{
	bool rests = s->listen_again_at > s->now;

	e->count = monitor_events(&s->monitor, e->fds);
	e->fds[e->count++] =
	    (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
	e->fds[e->count++] =
	    (struct pollfd){.fd = rests ? -1 : s->listener, .events = POLLIN};
}

/* poll(2) refuses more descriptors than RLIMIT_NOFILE allows, and a seccomp
 * filter may refuse it.  No step waits for anything, so look at all of them now
 * and then. */
static void
wait_without_poll(struct supervisor *s, struct events *e, int timeout_ms)
{
	int i;

	if (timeout_ms < 0 || timeout_ms > LOOK_AGAIN_MS)
		timeout_ms = LOOK_AGAIN_MS;
	signals_wait(&s->signals, timeout_ms);
	for (i = 0; i < e->count; i++)
		e->fds[i].revents = e->fds[i].fd >= 0 ? POLLIN : 0;
}

/* The one place that sleeps: until a signal, a descriptor or a deadline. */
static void
wait_for_events(struct supervisor *s, struct events *e)
{
	int timeout_ms = time_to_sleep(s);

	if (!s->monitoring) {
		signals_wait(&s->signals, timeout_ms);
	} else {
		collect_events(s, e);
		/* Without a signalfd(2) no signal ends poll(2). */
		if (s->signal_fd < 0 &&
		    (timeout_ms < 0 || timeout_ms > LOOK_AGAIN_MS))
			timeout_ms = LOOK_AGAIN_MS;
		if (poll(e->fds, (nfds_t)e->count, timeout_ms) < 0)
			wait_without_poll(s, e, timeout_ms);
	}
	s->now = clock_now();
}

static void
answer_client(struct supervisor *s, const struct events *e)
{
	if (e->fds[e->count - 1].revents == 0)
		return;
	if (!serve_next(s->listener, s->status))
		s->listen_again_at = s->now + SERVE_PAUSE_MS;
}

static void
watch_health(struct supervisor *s, const struct events *e)
{
	if (e->count == 0) /* without targets there is nothing to poll */
		return;
	monitor_step(&s->monitor, e->fds, s->now);
	answer_client(s, e);
	look_at_waiting(s);
	apply_health_action(s);
}

static enum outcome
run_loop(struct supervisor *s)
{
	struct events events = {.count = 0};

	s->outcome = OUTCOME_NONE;
	s->now = clock_now();
	while (s->outcome == OUTCOME_NONE) {
		wait_for_events(s, &events);
		startup_look(s);
		handle_signals(s);
		reap_children(s);
		watch_health(s, &events);
		apply_stop_action(s, stop_tick(&s->stop, s->now));
	}
	return s->outcome;
}

/* ------ The order of things ------ */

/* Wait for the --wait-for targets.  Only stop signals are taken; the others
 * stay pending in the kernel until PROGRAM runs.  0, or the exit code. */
static int
wait_for_targets(struct supervisor *s)
{
	enum outcome outcome;

	startup_begin_waiting(s);
	outcome = run_loop(s);
	monitor_drop(&s->monitor, s->now);
	s->wait_ends = HEALTH_NEVER;
	s->monitoring = false;
	if (outcome == OUTCOME_TIMED_OUT)
		return startup_give_up_waiting(s);
	if (outcome == OUTCOME_STOPPED)
		return startup_stop_waiting(s);
	log_say(&s->log, LOG_INFO, "every --wait-for target has answered");
	return 0;
}

static int
reap_only(struct supervisor *s)
{
	startup_finish(s);
	(void)run_loop(s);
	return 0;
}

int
init_run(struct supervisor *s)
{
	int code;

	s->wait_ends = HEALTH_NEVER;
	s->status = &s->own_status;
	s->signal_fd = s->status_fd = s->listener = s->notify_fd = -1;
	s->spawn.report_fd = -1;
	stop_init(&s->stop, s->options.drain_ms, s->options.grace_ms);
	startup_prepare(s);
	if (s->options.action == OPTIONS_REAP_ONLY)
		return reap_only(s);
	code = startup_open(s);
	if (code == 0 && s->options.wait_count > 0)
		code = wait_for_targets(s);
	if (code == 0)
		code = startup_program(s);
	if (s->program == 0) /* the code may be 0 by --remap-exit */
		return code;

	/* ------ From here on PROGRAM runs, and nothing may end hale. ------ */

	startup_finish(s);
	(void)run_loop(s);
	return ending_account(s);
}
