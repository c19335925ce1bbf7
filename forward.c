/* SPDX-License-Identifier: MIT */
/*
 * forward: sends PROGRAM the signals that are meant for it.
 *
 * A forward that fails is a warning and never the end of hale: PROGRAM may have
 * changed its user, or may just have died.
 */
#include "init.h"

/* Whom signals go to, as kill(2) takes it. */
pid_t
forward_target(const struct supervisor *s)
{
	switch (s->options.forward) {
	case FORWARD_ALL:
		return -1;
	case FORWARD_GROUP:
		/* Before it is executed PROGRAM is alone, and may not lead its
		 * session yet. */
		return s->starting ? s->program : -s->program;
	default:
		return s->program;
	}
}

void
forward_to(struct supervisor *s, pid_t target, int n, const siginfo_t *info)
{
	char name[SIGNALS_NAME_SIZE];

	if (signals_send(target, n, info) == 0) {
		s->status->signals_forwarded++;
		log_say(&s->log, LOG_DEBUG,
		        "forwarded {signal:s} to process {pid:d}",
		        signals_name(n, name), (long long)s->program);
		return;
	}
	log_say(&s->log, LOG_WARN,
	        "cannot forward {signal:s} to process {pid:d}: {error:e} (it "
	        "did not get the signal)",
	        signals_name(n, name), (long long)s->program);
}

/* Many base images stop their program by QUIT; without --stop-signal QUIT such
 * a stop has neither drain nor grace period. */
static void
warn_of_quit(struct supervisor *s, int n)
{
	bool stop_is_configured =
	    s->options.grace_ms > 0 || s->options.drain_ms > 0;

	if (n != SIGQUIT || !stop_is_configured || s->warned_of_quit)
		return;
	s->warned_of_quit = true;
	log_say(&s->log, LOG_WARN,
	        "QUIT was forwarded without --drain and --grace: if QUIT is "
	        "this container's STOPSIGNAL, set --stop-signal QUIT");
}

void
forward_signal(struct supervisor *s, const siginfo_t *info)
{
	int n = signals_translate(info, s->self, s->options.rewrite);

	if (n == SIGNALS_NONE)
		return;
	warn_of_quit(s, info->si_signo);
	forward_to(s, forward_target(s), n, info);
}
