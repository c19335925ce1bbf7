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
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "announce.h"
#include "init.h"
#include "report/cgroup.h"
#include "cli/check.h"
#include "lib/clock.h"
#include "cli/license.h"
#include "lib/log.h"
#include "cli/options.h"
#include "reaper.h"
#include "report/report.h"
#include "report/serve.h"
#include "signals.h"
#include "spawn.h"
#include "stop.h"
#include "sweep.h"
#include "lib/text.h"
#include "cli/tools.h"
#include "cli/version.h"
#include "watch.h"

extern char **environ;

enum {
	EXIT_UNHEALTHY = 124, /* hale has stopped PROGRAM */
	EXIT_FAILED = 125,    /* hale itself, before PROGRAM ran */

	/* A burst of zombies or of real-time signals may hold up the other
	 * for no longer than these many take: some ten microseconds. */
	REAP_BATCH = 32,
	SIGNAL_BATCH = 64,
	FAIR_ROUND = 8, /* SIGCHLDs between looks at the signals above it */

	REAP_PAUSE = 100, /* ms between looks, where wait(2) fails */

	GRACE = 10000, /* ms, of a stop for ill health that has no other */

	MESSAGE_SIZE = 1024, /* bytes of the report's message */
	FORMAT_SIZE = 192,   /* bytes of a format that is put together */
};

/* In the order in which they are opened, and so ascend. */
enum { LISTENER, NOTIFIED, OWN = SPAWN_KEPT };

struct init {
	/* What is small comes first, so that it is reached by short code. */
	struct log log;
	struct stop stop;
	pid_t self;
	pid_t program;
	int status;        /* of PROGRAM, as wait(2) has it */
	int hurries;       /* rounds in a row that SIGCHLD has cut short */
	int descriptor;    /* signalfd(2), to wait for with others; or -1 */
	int own[OWN];      /* descriptors from before PROGRAM, each or 0 */
	bool ended;        /* PROGRAM has */
	bool left;         /* there is nothing more to wait for */
	bool killed;       /* what was left when the grace was over */
	bool watching;     /* there is a target */
	bool unhealthy;    /* that is why PROGRAM is stopped */
	long long now;     /* ms, when hale woke up last */
	long long started; /* PROGRAM was, ms */
	struct cgroup_start memory;
	struct spawn spawn;
	struct report report;
	struct signals signals;
	struct announce announce;
	siginfo_t held; /* the stop signal that came last, or is held back */
	struct options options;
	/* Of these hardly ever more is touched than where they begin: without
	 * health all that hale uses is the first page. */
	char scratch[PATH_SIZE + 1]; /* for one thing at a time */
	struct watch watch;
	char strings[OPTIONS_POOL]; /* of targets, and of lists */
	struct status details;      /* where they cannot be published */
};

static void
add_version(struct text *t, enum names_kind kind)
{
	static const char *const forms[] = {
	    [NAMES_HALE] = "hale ",
	    [NAMES_TINI] = "tini version ", /* Docker's daemon reads this */
	    [NAMES_CATATONIT] = "tini version ",
	    [NAMES_DUMB_INIT] = "dumb-init v",
	};

	text_string(t, forms[kind]);
	text_string(t, HALE_VERSION "\n");
}

static int
print(struct init *in)
{
	const struct names_row *name = in->options.name;
	int fd = name->texts_on_stderr ? STDERR_FILENO : STDOUT_FILENO;
	struct text t;

	text_init(&t, in->scratch, sizeof(in->scratch));
	if (in->options.action == OPTIONS_HELP)
		options_help(&t);
	else if (in->options.action == OPTIONS_LICENSE)
		text_string(&t, LICENSE_TEXT);
	else
		add_version(&t, name->kind);
	if (write(fd, in->scratch, t.length) == (ssize_t)t.length)
		return 0;
	log_say(&in->log, LOG_ERROR,
	        "cannot write to standard output: {error:e}");
	return EXIT_FAILED;
}

/* The exit code of a failure, which --check and --status always say as 1. */
static int
failed(const struct init *in, int code)
{
	return in->options.action >= OPTIONS_STATUS ? 1 : code;
}

static int
complain(struct init *in)
{
	const struct options_error *e = &in->options.error;

	if (e->value != NULL)
		log_say(&in->log, LOG_ERROR,
		        "{option:q}: '{value:q}' {problem:w}{wanted:w}",
		        e->option, e->value, e->problem, e->wanted);
	else
		log_say(&in->log, LOG_ERROR, "{option:q}{problem:w}{wanted:w}",
		        e->option, e->problem, e->wanted);
	return failed(in, in->options.name->usage);
}

/* What a watch needs of hale's. */
static void
lend(struct init *in)
{
	struct watch *w = &in->watch;

	w->log = &in->log;
	w->status = &in->details;
	w->tools.scratch = in->scratch;
	w->tools.signals = &in->signals;
	w->tools.program = in->program;
	w->tools.socket = in->own[NOTIFIED];
	w->listener = in->own[LISTENER];
}

static int
install(struct init *in)
{
	const char *what;

	if (tools_install(in->options.path, &what) == 0)
		return 0;
	log_say(&in->log, LOG_ERROR, "cannot {what:w} '{path:q}': {error:e}",
	        what, in->options.path);
	return in->options.name->usage;
}

/* None of this is worth a container that does not start. */
static void
prepare(struct init *in)
{
	const char *path = in->options.exit_report;
	unsigned long death = (unsigned long)in->options.parent_death_signal;

	if (in->self != 1 &&
	    syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1UL) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot become a subreaper: {error:e} "
		        "(orphans go to the system's init)");
	if (death != SIGNALS_NONE &&
	    syscall(SYS_prctl, PR_SET_PDEATHSIG, death) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot ask for a signal at the parent's death: "
		        "{error:e} (there will be none)");
	if (path != NULL && report_check(path) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot write the exit report '{path:q}': {error:e} "
		        "(it will be tried again at the end)",
		        path);
}

/* Write the exit report, if one is asked for. */
static void
leave_report(struct init *in, const char *reason, int code, const char *message)
{
	const char *path = in->options.exit_report;
	struct report *r = &in->report;
	char buffer[REPORT_SIZE];
	struct rusage usage;
	struct text t;

	if (path == NULL)
		return;
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0) /* else 0 */
		r->max_rss_kib = usage.ru_maxrss;
	r->reason = reason;
	r->exit_code = code;
	r->message = message;
	text_init(&t, buffer, sizeof(buffer));
	report_line(&t, r);
	if (report_write(path, &t) < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot write the exit report '{path:q}': {error:e} "
		        "(there is none)",
		        path);
}

/* hale's exit code for what stands for PROGRAM's end. */
static int
exit_code(const struct init *in, int code)
{
	return in->options.remap_exit[code] ? 0 : code;
}

/* PROGRAM does not run: say why, in the words of format, whose argument is
 * what.  The exit code. */
static int
give_up(struct init *in, const char *format, const char *what, int code)
{
	char message[MESSAGE_SIZE];
	struct text t;

	text_init(&t, message, sizeof(message));
	in->log.kept = &t;
	log_say(&in->log, LOG_ERROR, format, what);
	leave_report(in, "not-started", code, message);
	return code;
}

/* Say why PROGRAM does not run; the exit code that goes with it. */
static int
not_started(struct init *in)
{
	static const char *const why[] = {
	    [SPAWN_NO_PROCESS] =
		"cannot create a process for '{program:q}': {error:e}",
	    [SPAWN_NOT_ALONE] =
		"cannot give '{program:q}' a process group and "
	              "signals of its own: {error:e}",
	    [SPAWN_NOT_FOUND] = "cannot run '{program:q}': {error:e}",
	    [SPAWN_NOT_RUN] = "cannot run '{program:q}': {error:e}",
	    [SPAWN_NO_LOADER] =
		"cannot run '{program:q}': the interpreter or "
	              "loader it names is missing",
	};
	const struct spawn *spawn = &in->spawn;
	const char *format = why[spawn->step];
	int code = EXIT_FAILED;

	if (spawn->step == SPAWN_NOT_FOUND && path_searched(&spawn->path))
		format = 
		    "cannot run '{program:q}': not found in any directory "
		    "of PATH";
	if (spawn->step == SPAWN_NOT_FOUND)
		code = exit_code(in, in->options.name->not_found);
	else if (spawn->step >= SPAWN_NOT_RUN)
		code = exit_code(in, in->options.name->not_run);
	errno = spawn->error;
	return give_up(in, format, spawn->file, code);
}

/* Make the descriptors that have to be there before PROGRAM.  0, or the exit
 * code. */
static int
open_own(struct init *in)
{
	const struct target *at = &in->options.listen;
	const struct target *notify = in->options.notify;

	if (at->text != NULL) {
		in->own[LISTENER] = serve_open(at->address);
		if (in->own[LISTENER] < 0)
			return give_up(
			    in,
			    "--health-listen: cannot listen on "
			          "'{address:q}': {error:e}",
			    at->text, EXIT_FAILED);
	}
	if (notify != NULL) {
		in->own[NOTIFIED] =
		    announce_begin(&in->announce, notify->max_age);
		if (in->own[NOTIFIED] < 0)
			return give_up(
			    in, "cannot make NOTIFY_SOCKET: {error:e}",
			    NULL, EXIT_FAILED);
	}
	return 0;
}

/* 0 when PROGRAM runs, else the exit code. */
static int
start(struct init *in)
{
	int code = open_own(in);

	if (code != 0)
		return code;
	in->spawn.buffer = in->scratch;
	in->started = clock_now(); /* hale's next turn may be late */
	in->program = spawn_program(
	    in->options.program, &in->signals,
	    in->options.session ? SPAWN_SESSION : SPAWN_GROUP, &in->spawn);
	if (in->options.notify != NULL)
		*in->announce.end = NULL; /* it is nobody else's */
	if (in->program < 0)
		return not_started(in);
	errno = in->spawn.terminal_error;
	if (errno != 0)
		log_say(&in->log, LOG_WARN,
		        "cannot give PROGRAM the terminal: {error:e} "
		        "(it runs in the background)");
	log_say(&in->log, LOG_INFO, "started '{program:q}' as process {pid:d}",
	        in->options.program[0], (long long)in->program);
	return 0;
}

/* ------ From here on PROGRAM runs, and nothing below may end hale. ------ */

/* The first descriptors that are hale's own, so that they have the lowest
 * numbers. */
static void
begin_watch(struct init *in)
{
	struct watch *w = &in->watch;

	lend(in);
	w->publish = true;
	in->now = clock_now();
	watch_begin(w, &in->options, in->now);
	w->status->program = in->program;
	in->descriptor = signals_descriptor();
}

/* Let go of what PROGRAM may want to see closed, unmounted or removed. */
static void
let_go(struct init *in)
{
	spawn_close_inherited(in->own);
	if (chdir("/") < 0)
		log_say(&in->log, LOG_WARN,
		        "cannot move to /: {error:e} (the directory stays in "
		        "use)");
	if (in->watching)
		begin_watch(in);
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
pass_on(struct init *in, pid_t to, int n, const siginfo_t *info)
{
	char name[SIGNALS_NAME_SIZE];
	bool sent = signals_send(to, n, info) == 0;

	log_say(&in->log, sent ? LOG_DEBUG : LOG_WARN,
	        sent ? "forwarded {signal:s} to process {pid:d}"
	             : "cannot forward {signal:s} to process {pid:d}: "
	               "{error:e} (it did not get the signal)",
	        signals_name(n, name), (long long)in->program);
}

static void
forward(struct init *in, const siginfo_t *info)
{
	int n = signals_verdict(info, in->self, in->options.rewrite);

	if (n != SIGNALS_NONE)
		pass_on(in, target(in), n, info);
}

/* Nobody who is stopped sees TERM before CONT. */
static void
forward_stop(struct init *in)
{
	forward(in, &in->held);
	if (in->stop.grace > 0 && reaper_is_stopped(in->program))
		(void)kill(target(in), SIGCONT); /* KILL is still to come */
}

/* Who is left and cannot be reached is no concern of PROGRAM's init.  To PID 1
 * the kernel does not say whether it is so; but it kills all when PID 1 leaves,
 * so that a second time settles it. */
static void
kill_rest(struct init *in)
{
	pid_t group = in->ended ? 0 : in->program;
	bool reached = sweep_send(in->self == 1, group, SIGKILL);

	if (!in->killed)
		log_say(&in->log, LOG_INFO,
		        "the grace is over: killing what is left");
	else if (in->self == 1)
		reached = false;
	in->killed = true;
	in->left = in->ended && !reached;
}

static void
term_rest(struct init *in)
{
	(void)sweep_send(in->self == 1, in->program, SIGTERM);
	(void)sweep_send(in->self == 1, in->program, SIGCONT);
}

static void
act(struct init *in, enum stop_action action)
{
	switch (action) {
	case STOP_NOTHING:
		break;
	case STOP_HOLD:
		log_say(&in->log, LOG_INFO,
		        "stopping: draining for {drain:t} first",
		        in->options.drain);
		break;
	case STOP_FORWARD:
		forward_stop(in);
		break;
	case STOP_TERM:
		term_rest(in);
		break;
	case STOP_KILL:
		kill_rest(in);
		break;
	case STOP_LEAVE:
		in->left = true;
		break;
	}
}

static void
stop_watching(struct init *in)
{
	if (in->watching && in->stop.state == STOP_RUNNING)
		watch_stop(&in->watch, clock_now());
}

static void
begin_stop(struct init *in, const siginfo_t *info)
{
	stop_watching(in);
	/* The first is the one that a drain holds back for later. */
	if (in->stop.state != STOP_DRAINING)
		in->held = *info;
	act(in, stop_signal(&in->stop, clock_now()));
}

/* dumb-init stops by these, whatever becomes of them for PROGRAM. */
static bool
stops_itself(const struct init *in, int n)
{
	return (n == SIGTSTP || n == SIGTTIN || n == SIGTTOU) &&
	       in->options.name->session;
}

static void
obey_signal(struct init *in, const siginfo_t *info)
{
	bool stop = in->options.stops[info->si_signo];

	if (in->options.action == OPTIONS_PAUSE)
		in->left = in->left || stop;
	else if (stop)
		begin_stop(in, info);
	else
		forward(in, info);
}

static void
arrive(struct init *in, const siginfo_t *info)
{
	if (in->ended)
		return;
	if (signals_verdict(info, in->self, in->options.rewrite) !=
	    SIGNALS_NONE)
		obey_signal(in, info);
	if (stops_itself(in, info->si_signo))
		(void)kill(in->self, SIGSTOP); /* which PID 1 shrugs off */
}

/* Do what the turn to unhealthy asks for, if there was one. */
static void
obey_health(struct init *in)
{
	int action = watch_asked(&in->watch);
	siginfo_t info = {.si_signo = action};

	if (action == OPTIONS_REPORT || in->stop.state != STOP_RUNNING)
		return;
	if (action != OPTIONS_STOP) {
		pass_on(in, in->program, action, &info);
		return;
	}
	log_say(&in->log, LOG_WARN, "stopping PROGRAM, which is unhealthy");
	in->unhealthy = true;
	if (in->stop.grace == 0)
		in->stop.grace = GRACE;
	info.si_signo = in->options.stop_signal;
	begin_stop(in, &info);
}

/* Take what is pending; sleep for wait milliseconds (-1: for ever) at most
 * until something is. */
static void
take_signals(struct init *in, long long wait)
{
	siginfo_t info;
	int i;

	signals_round(&in->signals);
	for (i = 0; i < SIGNAL_BATCH && !in->left; i++) {
		if (signals_take(&in->signals, wait, &info) < 0)
			return;
		/* All that is pending now has a higher number: it can wait for
		 * the reaper, but not for the end of a storm of orphans. */
		if (info.si_signo == SIGCHLD && ++in->hurries < FAIR_ROUND)
			return;
		in->hurries = 0;
		arrive(in, &info);
		wait = 0;
	}
}

static void
account(struct init *in, const struct reaped *child)
{
	const char *format = "reaped adopted process {pid:d}, exit code "
	                           "{code:d}";
	enum log_level level = in->options.warn_reaped ? LOG_WARN : LOG_DEBUG;

	if (child->pid == in->program) {
		in->ended = true;
		in->status = child->status;
		in->report.duration_ms = clock_now() - in->started;
		stop_watching(in);
		act(in, stop_ended(&in->stop, clock_now()));
		return;
	}
	if (in->watching &&
	    watch_ended(&in->watch, child->pid, child->status, clock_now()))
		return;
	in->report.orphans_reaped++;
	if (in->options.name->kind == NAMES_TINI)
		format = "Reaped zombie process with pid={pid:d}";
	log_say(&in->log, level, format, (long long)child->pid,
	        (long long)reaper_exit_code(child->status));
}

/* Reap a batch. False when there is certainly no zombie left. */
static bool
reap(struct init *in)
{
	enum reaper_result result = REAPER_TOOK;
	struct reaped child;
	int i;

	for (i = 0; i < REAP_BATCH && result == REAPER_TOOK; i++) {
		result = reaper_next(&child);
		if (result == REAPER_TOOK)
			account(in, &child);
	}
	if (result == REAPER_NO_CHILD && in->ended)
		in->left = true;
	/* Who has ended is not told a second time: ask again. */
	if (result == REAPER_FAILED)
		(void)poll(NULL, 0, REAP_PAUSE);
	return result == REAPER_TOOK || result == REAPER_FAILED;
}

/* Milliseconds until something is due, or -1.  A target that never is makes
 * hale look again after some days. */
static int
time_left(const struct init *in)
{
	long long next = in->stop.deadline, probe;

	if (in->watching) {
		probe = watch_next(&in->watch);
		if (next == STOP_NEVER || probe < next)
			next = probe;
		return clock_until(next, in->now); /* it has just been asked */
	}
	return next == STOP_NEVER ? -1 : clock_until(next, clock_now());
}

/* Sleep for *wait milliseconds (-1: for ever) at most, until a signal or a
 * target needs hale; see to the targets.  False if there is no signal; *wait is
 * what is still to be waited for one. */
static bool
wait_watching(struct init *in, int *wait)
{
	struct pollfd fds[WATCH_ENTRIES];
	struct watch *w = &in->watch;

	*wait = watch_wait(w, fds, in->descriptor, *wait);
	in->now = clock_now();
	watch_step(w, fds, in->now);
	while (w->asked != 0)
		obey_health(in);
	if (fds[w->health.count + 1].revents != 0)
		serve_next(w->listener, w->status, in->report.orphans_reaped);
	return in->descriptor < 0 || fds[w->health.count].revents != 0;
}

/* SIGCHLD coalesces and says only that somebody may have ended: it wakes hale,
 * and who it was is always asked of wait(2). */
static void
loop(struct init *in)
{
	bool more = true, signal = true;

	while (!in->left) {
		int wait = more ? 0 : time_left(in);

		if (in->watching)
			signal = wait_watching(in, &wait);
		if (signal)
			take_signals(in, wait);
		if (signal || more)
			more = reap(in);
		if (!in->left && in->stop.deadline != STOP_NEVER)
			act(in, stop_tick(&in->stop, clock_now()));
	}
}

/* The words for a kill, whose arguments are signal, duration, OOM kills and
 * limit; what is not known is left out. */
static void
killed_format(struct text *t, const struct cgroup_memory *m)
{
	text_string(t, "PROGRAM was killed by {signal:s} after "
	                     "{duration_ms:t}; ");
	if (m->oom_kills < 0) {
		text_string(t, "nothing here counts OOM kills");
		return;
	}
	text_string(t, "OOM kills in its cgroup ");
	text_string(t, m->so_far ? "so far" : "meanwhile");
	text_string(t, ": {oom_kills:d}");
	if (m->limit >= 0)
		text_string(t, " (memory limit {memory_limit:d} bytes)");
}

/* The message of the report names the target that PROGRAM was stopped for. */
static void
begin_message(struct init *in, struct text *t, char message[MESSAGE_SIZE])
{
	const struct probe *cause;

	text_init(t, message, MESSAGE_SIZE);
	in->log.kept = t;
	if (!in->unhealthy)
		return;
	cause = &in->watch.probes[in->watch.cause];
	text_string(t, cause->target->text);
	text_string(t, ": ");
	text_string(t, cause->reason);
	text_string(t, "; ");
}

static void
say_killed(struct init *in, const struct cgroup_memory *m)
{
	char name[SIGNALS_NAME_SIZE], format[FORMAT_SIZE];
	int n = WTERMSIG(in->status);
	struct text t;

	text_init(&t, format, sizeof(format));
	killed_format(&t, m);
	log_say(&in->log, LOG_WARN, format, signals_name(n, name),
	        in->report.duration_ms, m->oom_kills, m->limit);
	in->report.signal = n;
}

static void
explain(struct init *in, int code)
{
	bool killed = WIFSIGNALED(in->status);
	const char *reason = killed ? "signaled" : "exited";
	bool report = in->options.exit_report != NULL;
	char message[MESSAGE_SIZE];
	struct cgroup_memory m;
	struct text t;

	if (!killed && !report && in->log.level < LOG_INFO)
		return; /* nobody is told */
	begin_message(in, &t, message);
	if (killed || report) {
		cgroup_end(&in->memory, &m, in->scratch, sizeof(in->scratch));
		in->report.oom_kills = m.so_far ? CGROUP_UNKNOWN : m.oom_kills;
	}
	if (killed)
		say_killed(in, &m);
	else
		log_say(&in->log, LOG_INFO,
		        "PROGRAM exited with {code:d} after {duration_ms:t}",
		        (long long)reaper_exit_code(in->status),
		        in->report.duration_ms);
	leave_report(in, in->unhealthy ? "unhealthy" : reason, code, message);
}

/* PROGRAM has ended; hale's exit code. */
static int
leave(struct init *in)
{
	int code = exit_code(in, reaper_exit_code(in->status));
	int term = in->options.rewrite[SIGTERM];

	if (in->unhealthy)
		code = EXIT_UNHEALTHY;
	if (in->spawn.foreground)
		spawn_give_back(in->program);
	/* As dumb-init does: its session does not outlive PROGRAM. */
	if (in->options.session && term != SIGNALS_NONE)
		(void)kill(-in->program, term); /* there may be nobody left */
	explain(in, code);
	return code;
}

static int
run(struct init *in)
{
	bool exact = in->options.exit_report != NULL;
	int code;

	prepare(in);
	stop_init(&in->stop, in->options.drain, in->options.grace);
	in->watching =
	    in->options.count > 0 && in->options.action == OPTIONS_RUN;
	if (in->watching)
		status_publish(HEALTH_STARTING);
	if (in->options.action == OPTIONS_PAUSE) {
		let_go(in);
		loop(in);
		return 0;
	}
	/* Before PROGRAM, which may be killed before hale's next turn; and in
	 * a container or for a report alone, since it costs as much as all the
	 * rest of the start. */
	in->memory.oom_kills = CGROUP_UNKNOWN;
	if (in->self == 1 || exact)
		cgroup_begin(&in->memory, exact, in->scratch,
		             sizeof(in->scratch));
	code = start(in);
	if (in->program <= 0)
		return code;
	let_go(in);
	loop(in);
	return leave(in);
}

static int
obey(struct init *in)
{
	switch (in->options.action) {
	case OPTIONS_HELP:
	case OPTIONS_LICENSE:
	case OPTIONS_VERSION:
		return print(in);
	case OPTIONS_INSTALL:
		return install(in);
	case OPTIONS_SLEEP:
		return tools_sleep(&in->signals, in->options.sleep);
	case OPTIONS_CHECK:
	case OPTIONS_STATUS:
	case OPTIONS_STATUS_JSON:
		lend(in);
		return check(&in->watch, &in->options, &in->signals);
	default:
		in->log.level = (enum log_level)in->options.log_level;
		return run(in);
	}
}

int
init_hale(char **argv)
{
	/* Not on the stack: pages of it that nobody touches cost no memory. */
	static struct init state, *in = &state;
	bool understood;
	int error;

	in->log.level = LOG_WARN;
	in->options.pool.at = in->strings;
	in->options.pool.left = sizeof(in->strings);
	error = signals_block(&in->signals) < 0 ? errno : 0;
	in->self = getpid();
	understood = options_parse(&in->options, argv, environ, in->self) == 0;
	in->log.json = in->options.log_json;
	if (!understood)
		return complain(in);
	if (error == 0)
		return obey(in);
	errno = error;
	log_say(&in->log, LOG_ERROR, "cannot block signals: {error:e}");
	return failed(in, EXIT_FAILED);
}
