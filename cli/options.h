/* SPDX-License-Identifier: MIT */
#ifndef HALE_OPTIONS_H
#define HALE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/compat.h"
#include "cli/settings.h"
#include "health.h"
#include "lib/log.h"
#include "probe/target.h"
#include "signals.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_REAP_ONLY, /* -P: run no program */
	OPTIONS_HELP,
	OPTIONS_LICENSE,
	OPTIONS_VERSION,
	OPTIONS_SLEEP,
	OPTIONS_INSTALL,
	OPTIONS_CHECK,
	OPTIONS_STATUS,
	OPTIONS_STATUS_JSON,
};

enum {
	OPTIONS_POOL_SIZE = 16384,  /* bytes of all strings that are made */
	OPTIONS_WARNINGS_MAX = 16,  /* about settings; more are dropped */
	OPTIONS_MESSAGE_SIZE = 400, /* bytes of a usage error or warning */
};

/* Whom signals are forwarded to. */
enum options_forward { FORWARD_CHILD, FORWARD_GROUP, FORWARD_ALL };

/* A target with everything that was set for it and for all. */
struct options_target {
	struct target target;
	struct settings own; /* given in front of it; targets_resolve puts
	                        them into what follows */

	/* What holds for it, from its own settings and those for all. */
	struct health_rule rule;
	const char *statuses; /* as http_status_listed takes them */
	const char *headers[SETTINGS_HEADERS_MAX + 1]; /* NULL ends them */
};

struct options {
	enum options_action action;
	const struct compat_name *name; /* that hale was started under */
	char **program; /* PROGRAM and its arguments, NULL at the end; slot -1
	                   exists and may be overwritten */

	/* Running */
	const char *exit_report; /* a path, or NULL */
	enum options_forward forward;
	unsigned char rewrite[SIGNALS_MAX + 1]; /* what to send for each */
	bool remap_exit[256];                   /* this exit code becomes 0 */
	bool session;     /* PROGRAM gets a session (dumb-init) */
	bool warn_reaped; /* -w */
	bool log_json;
	enum log_level log_level;
	int parent_death_signal; /* -p, or SIGNALS_NONE */

	/* Stopping */
	bool stop_signals[SIGNALS_MAX + 1]; /* these begin a stop */
	int health_stop_signal; /* that a stop for ill health begins with */
	long long drain_ms, grace_ms;

	/* Health: --health and --ready in the order given (rule.readiness tells
	 * them apart); --check TARGETs too. */
	int target_count, wait_count; /* of targets and waits, below */
	const struct target *notify;  /* the one that is notify:, or NULL */
	long long wait_timeout_ms;    /* 0 is for ever */
	struct target_server listen;  /* --health-listen */
	const char *listen_text;      /* as given, or NULL */

	/* Checking and tools */
	bool live, started;          /* --live, --started */
	long long check_wait_ms;     /* --wait */
	long long check_interval_ms; /* between tries of --wait */
	long long sleep_ms;
	const char *install_path;

	int warning_count;       /* of warnings, below */
	struct target_pool pool; /* cuts from strings, below */

	/* The large parts come last, see init.h. */
	struct options_target targets[HEALTH_TARGETS_MAX];
	struct options_target waits[HEALTH_TARGETS_MAX]; /* --wait-for */
	/* A usage error, complete: "unknown option '--gracee'; did you mean
	 * '--grace'?".  Escaped. */
	char error[OPTIONS_MESSAGE_SIZE];
	/* What is no error, but has no effect or is probably mistyped. */
	char warnings[OPTIONS_WARNINGS_MAX][OPTIONS_MESSAGE_SIZE];
	char strings[OPTIONS_POOL_SIZE];
};

/* Read the command line and the environment envp, both ended by NULL, into
 * *options, which is all zeros; self is hale's pid, since --forward all is
 * PID 1's alone.  0, or -1 and options->error; action, name, log_level and
 * log_json are set in either case, as far as they were understood.  Modelled on
 * getopt(3) as tini uses it: the first word that is no option ends them. */
int options_parse(struct options *options, char **argv, char **envp,
                  pid_t self);

/* Does the environment entry "NAME=VALUE" set a run option (HALE_GRACE=...)?
 * Such entries are not passed on to PROGRAM. */
bool options_is_setting(const char *entry);

#endif
