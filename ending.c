/* SPDX-License-Identifier: MIT */
/*
 * ending: the account of PROGRAM's end: exit code, message, exit report.
 *
 * A PROGRAM that was killed by KILL may have met the OOM killer or somebody
 * else; 137 is the same for both, and only the counter of its cgroup knows.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "init.h"
#include "reaper.h"

int
ending_remap(const struct supervisor *s, int code)
{
	return s->options.remap_exit[code] ? 0 : code;
}

void
ending_begin_message(struct supervisor *s)
{
	text_init(&s->message, s->message_buffer, sizeof(s->message_buffer));
	if (s->options.exit_report != NULL)
		s->log.copy = &s->message;
}

void
ending_report(struct supervisor *s, const char *reason, int code)
{
	const char *path = s->options.exit_report;
	struct rusage usage;

	s->log.copy = NULL;
	if (path == NULL)
		return;
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0)
		s->report.max_rss_kib = usage.ru_maxrss;
	s->report.reason = reason;
	s->report.exit_code = code;
	s->report.message = s->message_buffer;
	s->report.orphans_reaped = s->status->orphans_reaped;
	if (exit_report_write(path, &s->report) < 0)
		log_say(&s->log, LOG_WARN,
		        "cannot write the exit report '{path:q}': {error:e} "
		        "(what is there is empty or old)",
		        path);
}

/* What the kernel knows about memory, to follow "...; ". */
static void
add_memory(struct text *format, const struct oom_account *oom)
{
	if (oom->kills < 0) {
		text_string(format, "nothing here counts OOM kills");
		return;
	}
	text_string(format, "OOM kills in its cgroup ");
	text_string(format, oom->so_far ? "so far" : "meanwhile");
	text_string(format, ": {oom_kills:d}");
	if (oom->limit_bytes >= 0)
		text_string(format, " (memory limit {memory_limit:d} bytes)");
}

/* A program without a handler dies of the stop signal that hale forwards: an
 * ordinary stop, of which nobody needs to be warned. */
static void
log_killed(struct supervisor *s, const struct oom_account *oom)
{
	int n = WTERMSIG(s->program_status);
	char name[SIGNALS_NAME_SIZE], format[256];
	struct text t;

	text_init(&t, format, sizeof(format));
	text_string(&t, "'{program:q}' was killed by {signal:s} after "
	                "{duration_ms:t}; ");
	add_memory(&t, oom);
	log_say(&s->log, n == s->forwarded_stop ? LOG_INFO : LOG_WARN, format,
	        s->options.program[0], signals_name(n, name),
	        s->report.duration_ms, oom->kills, oom->limit_bytes);
	s->report.signal = n;
}

/* Begin the report's message with the target that PROGRAM was stopped for. */
static void
add_cause(struct supervisor *s)
{
	const struct probe *cause = &s->monitor.probes[s->monitor.cause];

	text_format(&s->message, "{target:q}: {reason:s}; ",
	            cause->setup.target->text, cause->reason);
}

/* Say why PROGRAM ended, and leave it in the exit report. */
static void
explain_end(struct supervisor *s, int code)
{
	bool killed = WIFSIGNALED(s->program_status);
	bool report = s->options.exit_report != NULL;
	const char *reason = killed ? "signaled" : "exited";
	struct oom_account oom;

	ending_begin_message(s);
	if (s->unhealthy) {
		add_cause(s);
		reason = "unhealthy";
	}
	if (killed || report) {
		oom_end(&s->oom, &oom);
		s->report.oom_kills = oom.so_far ? OOM_UNKNOWN : oom.kills;
	}
	if (killed)
		log_killed(s, &oom);
	else
		log_say(&s->log, LOG_INFO,
		        "'{program:q}' exited with {code:d} after "
		        "{duration_ms:t}",
		        s->options.program[0],
		        (long long)reaper_exit_code(s->program_status),
		        s->report.duration_ms);
	ending_report(s, reason, code);
}

int
ending_account(struct supervisor *s)
{
	int code = ending_remap(s, reaper_exit_code(s->program_status));
	int term = s->options.rewrite[SIGTERM];

	if (s->unhealthy)
		code = EXIT_UNHEALTHY;
	if (s->spawn.foreground)
		spawn_give_back_terminal(s->program);
	if (s->starting)
		spawn_hear(&s->spawn);
	if (s->spawn.step != SPAWN_STARTED)
		return startup_fail_spawn(s);
	/* As dumb-init does: its session does not outlive PROGRAM. */
	if (s->options.session && term != SIGNALS_NONE)
		(void)kill(-s->program, term); /* there may be nobody left */
	explain_end(s, code);
	return code;
}
