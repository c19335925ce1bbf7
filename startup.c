/* SPDX-License-Identifier: MIT */
/*
 * startup: everything that happens once, before the loop watches PROGRAM.
 *
 * Until PROGRAM runs, whoever started hale is still there to read why it
 * failed: an error is one line and an exit code.  What only makes hale less
 * useful is a warning, since the container is worth more.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init.h"
#include "lib/clock.h"
#include "probe/notify_socket.h"
#include "report/serve.h"

extern char **environ;

/* ------ Preparations ------ */

/* The engine has a patience of its own, after which it kills the container: a
 * drain and a grace period that are longer never come to their end. */
static void
log_stop_time(struct supervisor *s)
{
	long long longest_ms = s->options.drain_ms + s->options.grace_ms;

	if (longest_ms == 0 || s->options.action != OPTIONS_RUN)
		return;
	log_say(
	    &s->log, LOG_INFO,
	    "a stop may take {longest_ms:u}: the engine's own limit (docker "
	    "stop -t, stop_grace_period, terminationGracePeriodSeconds) "
	    "must be longer",
	    longest_ms);
}

static void
check_report(struct supervisor *s)
{
	const char *path = s->options.exit_report;

	if (path != NULL && exit_report_check(path) < 0)
		log_say(&s->log, LOG_WARN,
		        "cannot write the exit report '{path:q}': {error:e} "
		        "(it will be tried again at the end)",
		        path);
}

void
startup_prepare(struct supervisor *s)
{
	int death = s->options.parent_death_signal;
	int i;

	for (i = 0; i < s->options.warning_count; i++)
		log_say(&s->log, LOG_WARN, "{warning:s}",
		        s->options.warnings[i]);
	if (s->self != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
		log_say(&s->log, LOG_WARN,
		        "cannot become a subreaper: {error:e} "
		        "(orphans go to the system's init)");
	if (death != SIGNALS_NONE && prctl(PR_SET_PDEATHSIG, (long)death) < 0)
		log_say(&s->log, LOG_WARN,
		        "cannot ask for a signal at the parent's death: "
		        "{error:e} (there will be none)");
	check_report(s);
	log_stop_time(s);
}

/* ------ Failures before PROGRAM runs ------ */

/* Say why PROGRAM does not run, by a format with up to two arguments, and leave
 * it in the exit report.  Returns the exit code. */
static int
give_up(struct supervisor *s, const char *format, const char *first,
        const char *second, int code)
{
	ending_begin_message(s);
	log_say(&s->log, LOG_ERROR, format, first, second);
	ending_report(s, "not-started", code);
	return code;
}

static int
fail_start(struct supervisor *s, const char *format, const char *argument)
{
	return give_up(s, format, argument, NULL, EXIT_FAILED);
}

static int
fail_execute(struct supervisor *s)
{
	const struct execute_error *error = &s->spawn.execute;
	const struct compat_name *name = s->options.name;
	char **program = s->options.program;
	bool not_found = error->failure == EXECUTE_NOT_FOUND ||
	                 error->failure == EXECUTE_NOT_IN_PATH;
	int code = not_found ? name->not_found_code : name->not_run_code;
	char reason[EXIT_REPORT_MESSAGE_MAX];
	struct text t;

	text_init(&t, reason, sizeof(reason));
	execute_reason(&t, error);
	if (error->failure == EXECUTE_NOT_IN_PATH && program[1] == NULL &&
	    strchr(program[0], ' ') != NULL)
		text_string(&t, " (pass the program and its arguments as "
		                "separate words)");
	return give_up(s, "cannot run '{program:q}': {reason:s}", error->file,
	               reason, ending_remap(s, code));
}

int
startup_fail_spawn(struct supervisor *s)
{
	s->report.duration_ms = 0;
	if (s->spawn.step == SPAWN_NOT_EXECUTED)
		return fail_execute(s);
	errno = s->spawn.error;
	return fail_start(s,
	                  s->spawn.step == SPAWN_NO_PROCESS
	                      ? "cannot create a process for '{program:q}': "
	                        "{error:e}"
	                      : "cannot prepare the process for "
	                        "'{program:q}': {error:e}",
	                  s->options.program[0]);
}

/* ------ What has to exist before PROGRAM ------ */

static int
open_notify_socket(struct supervisor *s)
{
	char name[NOTIFY_SOCKET_NAME_SIZE];

	s->notify_fd = notify_socket_open(name);
	s->monitor.context.relay_to =
	    environment_value(&s->environment, "NOTIFY_SOCKET");
	if (s->notify_fd < 0 ||
	    environment_add_notify(&s->environment, name,
	                           s->options.notify->max_age_ms) < 0)
		return fail_start(s, "cannot make NOTIFY_SOCKET: {error:e}",
		                  NULL);
	return 0;
}

int
startup_open(struct supervisor *s)
{
	if (environment_inherit(&s->environment, environ, s->environment_copy) <
	    0)
		return fail_start(s,
		                  "cannot pass on the environment: {error:e} "
		                  "(32768 variables at the most)",
		                  NULL);
	if (s->options.listen_text != NULL) {
		s->listener = serve_open(&s->options.listen);
		if (s->listener < 0)
			return fail_start(s,
			                  "--health-listen: cannot listen on "
			                  "'{address:q}': {error:e}",
			                  s->options.listen_text);
	}
	return s->options.notify != NULL ? open_notify_socket(s) : 0;
}

/* ------ The monitor ------ */

/* Descriptors 0 to 2 may have been closed when hale was started.  What is
 * opened for a probe must not take their numbers, or messages would go there.
 */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Publish the status page, where that is possible. */
static void
open_status(struct supervisor *s)
{
	struct status *page;

	if (s->status != &s->own_status)
		return;
	page = status_open(&s->status_fd);
	if (page == NULL) {
		log_say(&s->log, LOG_WARN,
		        "cannot publish the details of health: {error:e} "
		        "(only the state can be seen)");
		return;
	}
	page->signals_forwarded = s->status->signals_forwarded;
	page->orphans_reaped = s->status->orphans_reaped;
	s->status = page;
}

/* Give the monitor the resources that it shares with the supervisor. */
static void
prepare_monitor(struct supervisor *s)
{
	struct monitor *m = &s->monitor;

	fill_standard_descriptors();
	open_status(s);
	m->log = &s->log;
	m->status = s->status;
	m->published = true;
	m->context.signals = &s->signals;
	m->context.environment = s->environment.entries;
	m->context.program = s->program;
	m->context.notify_socket = s->notify_fd;
	s->signal_fd = signals_descriptor(&s->signals, s->signal_fd);
	s->monitoring = true;
}

void
startup_begin_waiting(struct supervisor *s)
{
	signals_enable(&s->signals, s->options.stop_signals);
	prepare_monitor(s);
	status_publish(HEALTH_STARTING);
	s->now = clock_now();
	if (s->options.wait_timeout_ms > 0)
		s->wait_ends = s->now + s->options.wait_timeout_ms;
	monitor_begin(&s->monitor, s->options.waits, s->options.wait_count,
	              true, s->now);
}

int
startup_give_up_waiting(struct supervisor *s)
{
	const struct monitor *m = &s->monitor;
	int code = s->options.name->usage_code, i;

	ending_begin_message(s);
	for (i = 0; i < m->health.count; i++) {
		if (m->health.targets[i].state == HEALTH_HEALTHY)
			continue;
		if (s->message.length > 0)
			text_string(&s->message, "; ");
		log_say(
		    &s->log, LOG_ERROR,
		    "timed out after {timeout_ms:u} waiting for {target:q}: "
		    "{reason:s}",
		    s->options.wait_timeout_ms, m->probes[i].setup.target->text,
		    m->probes[i].reason[0] != '\0' ? m->probes[i].reason
						   : "no answer yet");
	}
	ending_report(s, "not-started", code);
	return code;
}

int
startup_stop_waiting(struct supervisor *s)
{
	int code = 128 + s->stop_by;
	char name[SIGNALS_NAME_SIZE];

	ending_begin_message(s);
	log_say(&s->log, LOG_INFO,
	        "stopped by {signal:s} while waiting for --wait-for targets",
	        signals_name(s->stop_by, name));
	ending_report(s, "not-started", code);
	return code;
}

/* ------ PROGRAM ------ */

static void
log_started(struct supervisor *s)
{
	errno = s->spawn.terminal_error;
	if (errno != 0)
		log_say(&s->log, LOG_WARN,
		        "cannot give PROGRAM the terminal: {error:e} "
		        "(it runs in the background)");
	log_say(&s->log, LOG_INFO, "started '{program:q}' as process {pid:d}",
	        s->options.program[0], (long long)s->program);
}

void
startup_look(struct supervisor *s)
{
	if (!s->starting || !spawn_has_executed(s->program, s->options.session))
		return;
	s->starting = false;
	close(s->spawn.report_fd);
	s->spawn.report_fd = -1;
	/* Those that were kept for PROGRAM are pending. */
	signals_enable(&s->signals, NULL);
	if (s->monitoring)
		s->signal_fd = signals_descriptor(&s->signals, s->signal_fd);
	log_started(s);
}

/* May a command of --wait-for have left a process behind? */
static bool
may_be_held_up(const struct supervisor *s)
{
	int i;

	for (i = 0; i < s->options.wait_count; i++)
		if (s->options.waits[i].target.kind == TARGET_EXEC)
			return true;
	return false;
}

int
startup_program(struct supervisor *s)
{
	const struct spawn_request request = {
	    .argv = s->options.program,
	    .environment = &s->environment,
	    .signals = &s->signals,
	    .session = s->options.session,
	    .by_fork = may_be_held_up(s),
	};
	bool exact = s->options.exit_report != NULL;
	pid_t program;

	if (s->options.target_count > 0)
		status_publish(HEALTH_STARTING);
	/* The count of OOM kills is read before PROGRAM runs, since PROGRAM may
	 * be killed before hale has its next turn; and only in a container or
	 * for a report, since PROGRAM has to wait for it.
	 */
	if (s->self == 1 || exact)
		oom_begin(&s->oom, exact);
	else
		s->oom.kills = OOM_UNKNOWN;
	s->started_at = clock_now();
	program = spawn_program(&request, &s->spawn);
	if (program < 0)
		return startup_fail_spawn(s);
	s->program = program;
	environment_remove_notify(&s->environment);
	s->starting = request.by_fork;
	if (!s->starting) {
		signals_enable(&s->signals, NULL);
		log_started(s);
	}
	return 0;
}

/* The waiting is over, and there is nothing to publish any more. */
static void
close_status(struct supervisor *s)
{
	if (s->status == &s->own_status)
		return;
	s->own_status.signals_forwarded = s->status->signals_forwarded;
	s->own_status.orphans_reaped = s->status->orphans_reaped;
	s->status = &s->own_status;
	/* spawn_close_inherited will close the page and the signalfd, since
	 * they are no longer kept; the mapping does no harm. */
	s->status_fd = -1;
	s->signal_fd = -1;
	status_unpublish();
}

void
startup_finish(struct supervisor *s)
{
	bool watched = s->options.target_count > 0 && s->program != 0;

	if (!watched)
		close_status(s);
	spawn_close_inherited((const int[]){s->status_fd, s->signal_fd,
	                                    s->listener, s->notify_fd,
	                                    s->spawn.report_fd},
	                      5);
	if (chdir("/") < 0)
		log_say(&s->log, LOG_WARN,
		        "cannot move to /: {error:e} (the directory stays in "
		        "use)");
	if (!watched)
		return;
	if (s->status_fd >= 0) /* readers look at descriptor 3 first */
		status_move(&s->status_fd);
	prepare_monitor(s);
	s->now = clock_now();
	s->status->started = clock_today();
	monitor_begin(&s->monitor, s->options.targets, s->options.target_count,
	              false, s->now);
}
