/* SPDX-License-Identifier: MIT */
/*
 * stop_program: what hale has to stop in the tests; a program of commands to be
 * combined.
 *
 * Most commands change something and then run the command that follows; the
 * last says "ready" and does something.  A `+` ends the command of a child,
 * which says that it is ready to its parent alone.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"

static int parent = -1; /* whom to tell of being ready, or -1 */

static int run_command(char **words);

static void
ready(void)
{
	if (parent < 0)
		printf("ready\n");
	else if (write(parent, "", 1) != 1)
		_exit(100);
	if (parent >= 0)
		close(parent);
	parent = -1;
}

static _Noreturn void
stay(void)
{
	for (;;)
		pause();
}

static sigset_t
block(int signal)
{
	sigset_t set;

	if (signal == 0) {
		sigfillset(&set);
	} else {
		sigemptyset(&set);
		sigaddset(&set, signal);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigdelset(&set, SIGCHLD);
	return set;
}

/* beside COMMAND... + COMMAND...: a child is the first; then be the other */
static int
do_beside(char **words)
{
	char **rest, byte;
	int ends[2];

	for (rest = words; *rest != NULL && strcmp(*rest, "+") != 0; rest++)
		continue;
	if (*rest == NULL || pipe(ends) < 0)
		return 100;
	*rest = NULL;
	if (fork() == 0) {
		close(ends[0]);
		parent = ends[1];
		_exit(run_command(words));
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		return 100;
	close(ends[0]);
	return run_command(rest + 1);
}

/* chain COUNT COMMAND...: the last of so many generations, a session each */
static int
do_chain(char **words)
{
	int left = atoi(words[0]);

	for (; left > 0; left--) {
		if (fork() != 0)
			stay();
		setsid();
	}
	return run_command(words + 1);
}

/* under COMMAND...: the child of a process that only waits */
static int
do_under(char **words)
{
	if (fork() != 0)
		stay();
	return run_command(words);
}

/* session COMMAND...: in a session of its own */
static int
do_session(char **words)
{
	setsid();
	return run_command(words);
}

/* ignore-term COMMAND...: TERM is ignored */
static int
do_ignore_term(char **words)
{
	signal(SIGTERM, SIG_IGN);
	return run_command(words);
}

/* become UID COMMAND...: change the user */
static int
do_become(char **words)
{
	uid_t uid = (uid_t)atoi(words[0]);

	if (setgroups(0, NULL) < 0 || setuid(uid) < 0)
		return 100;
	return run_command(words + 1);
}

/* named NAME COMMAND...: as ps(1) will show it */
static int
do_named(char **words)
{
	prctl(PR_SET_NAME, words[0]);
	return run_command(words + 1);
}

/* say TEXT COMMAND...: a line on standard output */
static int
do_say(char **words)
{
	printf("%s\n", words[0]);
	return run_command(words + 1);
}

/* say-on-stderr TEXT COMMAND...: a line on standard error */
static int
do_say_on_stderr(char **words)
{
	dprintf(STDERR_FILENO, "%s\n", words[0]);
	return run_command(words + 1);
}

/* write COUNT COMMAND...: so many bytes on standard output, in long lines */
static int
do_write(char **words)
{
	int left;

	for (left = atoi(words[0]); left > 0; left--)
		putchar(left % 8192 == 0 ? '\n' : 'x');
	fflush(stdout);
	return run_command(words + 1);
}

/* rendezvous HERE LEASH COMMAND...: write a byte to the pipe HERE, and wait
 * until the pipe LEASH is closed */
static int
do_rendezvous(char **words)
{
	int here = open(words[0], O_WRONLY | O_CLOEXEC);
	int leash = open(words[1], O_RDONLY | O_CLOEXEC);
	char byte = 0;

	if (here < 0 || leash < 0 || write(here, &byte, 1) != 1)
		return 100;
	while (read(leash, &byte, 1) > 0)
		continue;
	return run_command(words + 2);
}

/* idle: until it is killed */
static int
do_idle(char **words)
{
	(void)words;
	ready();
	stay();
}

/* stopped: stop; another signal may kill it */
static int
do_stopped(char **words)
{
	(void)words;
	ready();
	raise(SIGSTOP);
	stay();
}

/* stop-and-report: stop, and tell of the TERM that comes behind CONT */
static int
do_stop_and_report(char **words)
{
	sigset_t term = block(SIGTERM);

	(void)words;
	ready();
	raise(SIGSTOP);
	printf("woken by %d\n", sigwaitinfo(&term, NULL));
	return 0;
}

/* exit-after-term MS CODE: exit with CODE so many milliseconds after TERM */
static int
do_exit_after_term(char **words)
{
	sigset_t term = block(SIGTERM);
	int ms = atoi(words[0]);
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	ready();
	while (sigwaitinfo(&term, NULL) != SIGTERM)
		continue;
	nanosleep(&t, NULL);
	return atoi(words[1]);
}

/* keep-forking: be another process all the time, in another session */
static int
do_keep_forking(char **words)
{
	(void)words;
	ready();
	for (;;) {
		if (fork() > 0)
			_exit(0);
		setsid();
	}
}

/* report-signals COUNT CODE: of COUNT signals, then exit with CODE */
static int
do_report_signals(char **words)
{
	sigset_t all = block(0);
	int left;

	ready();
	for (left = atoi(words[0]); left > 0; left--)
		printf("%d\n", sigwaitinfo(&all, NULL));
	return atoi(words[1]);
}

/* exit CODE */
static int
do_exit(char **words)
{
	return atoi(words[0]);
}

/* listen CODE: exit with CODE at the end of standard input */
static int
do_listen(char **words)
{
	char byte;

	ready();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return atoi(words[0]);
}

/* die SIGNAL: by the signal's default action, and without a core */
static int
do_die(char **words)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	kill(getpid(), atoi(words[0]));
	stay();
}

/* use-memory MIB: use so much memory, then wait */
static int
do_use_memory(char **words)
{
	size_t size = (size_t)atoi(words[0]) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 100;
	memset(memory, 1, size);
	ready();
	stay();
}

static const struct command commands[] = {
    {"beside", 3, do_beside},
    {"chain", 2, do_chain},
    {"session", 1, do_session},
    {"ignore-term", 1, do_ignore_term},
    {"become", 2, do_become},
    {"idle", 0, do_idle},
    {"stopped", 0, do_stopped},
    {"stop-and-report", 0, do_stop_and_report},
    {"exit-after-term", 2, do_exit_after_term},
    {"keep-forking", 0, do_keep_forking},
    {"report-signals", 2, do_report_signals},
    {"exit", 1, do_exit},
    {"listen", 1, do_listen},
    {"die", 1, do_die},
    {"use-memory", 1, do_use_memory},
    {"under", 1, do_under},
    {"named", 2, do_named},
    {"say", 2, do_say},
    {"say-on-stderr", 2, do_say_on_stderr},
    {"write", 2, do_write},
    {"rendezvous", 3, do_rendezvous},
};

static int
run_command(char **words)
{
	return commands_run(commands, sizeof(commands) / sizeof(commands[0]),
	                    words);
}

int
main(int argc, char **argv)
{
	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	return run_command(argv + 1);
}
