/* SPDX-License-Identifier: MIT */
/*
 * main: reads the command line, and does what it asks for.
 */
#include <errno.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/help.h"
#include "cli/tools.h"
#include "init.h"

extern char **environ;

/* --check and --status never exit with another code than 0 or 1. */
static int
failure_code(const struct options *o, int code)
{
	switch (o->action) {
	case OPTIONS_CHECK:
	case OPTIONS_STATUS:
	case OPTIONS_STATUS_JSON:
		return 1;
	default:
		return code;
	}
}

/* Print what --help, --version or --license asks for. */
static int
print_text(struct supervisor *s)
{
	const struct compat_name *name = s->options.name;
	int fd = name->texts_on_stderr ? STDERR_FILENO : STDOUT_FILENO;
	char buffer[HELP_SIZE];
	struct text t;

	text_init(&t, buffer, sizeof(buffer));
	if (s->options.action == OPTIONS_HELP)
		help_options(&t);
	else if (s->options.action == OPTIONS_LICENSE)
		help_license(&t);
	else
		help_version(&t, name->kind);
	if (write(fd, buffer, t.length) == (ssize_t)t.length)
		return 0;
	log_say(&s->log, LOG_ERROR,
	        "cannot write to standard output: {error:e}");
	return EXIT_FAILED;
}

static int
install(struct supervisor *s)
{
	const char *what;

	if (tools_install(s->options.install_path, &what) == 0)
		return 0;
	log_say(&s->log, LOG_ERROR, "cannot {what:s} '{path:q}': {error:e}",
	        what, s->options.install_path);
	return s->options.name->usage_code;
}

static int
do_action(struct supervisor *s)
{
	switch (s->options.action) {
	case OPTIONS_HELP:
	case OPTIONS_LICENSE:
	case OPTIONS_VERSION:
		return print_text(s);
	case OPTIONS_INSTALL:
		return install(s);
	case OPTIONS_SLEEP:
		return tools_sleep(&s->signals, s->options.sleep_ms);
	case OPTIONS_CHECK:
	case OPTIONS_STATUS:
	case OPTIONS_STATUS_JSON:
		return check(&(struct check){.options = &s->options,
		                             .log = &s->log,
		                             .signals = &s->signals,
		                             .monitor = &s->monitor,
		                             .page = &s->own_status});
	default:
		return init_run(s);
	}
}

int
main(int argc, char **argv)
{
	/* Not on the stack: pages that nobody touches cost no memory here. */
	static struct supervisor s;
	int parsed, error;

	(void)argc;
	s.log.level = LOG_WARN;
	/* First of all, so that no signal that arrives from now on is lost. */
	error = signals_block(&s.signals) < 0 ? errno : 0;
	s.self = getpid();
	parsed = options_parse(&s.options, argv, environ, s.self);
	s.log.json = s.options.log_json;
	if (parsed < 0) {
		log_say(&s.log, LOG_ERROR, "{error:s}", s.options.error);
		return failure_code(&s.options, s.options.name->usage_code);
	}
	if (error != 0) {
		errno = error;
		log_say(&s.log, LOG_ERROR, "cannot block signals: {error:e}");
		return failure_code(&s.options, EXIT_FAILED);
	}
	s.log.level = s.options.log_level;
	return do_action(&s);
}
