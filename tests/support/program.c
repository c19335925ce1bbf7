/* SPDX-License-Identifier: MIT */
/*
 * program: what hale runs in the tests; one program of many small commands.
 *
 * It tells of itself on standard output, a line at a time.  Signals are blocked
 * and taken with the system calls themselves, since libc hides the first
 * real-time signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"

enum { DESCRIPTORS = 2048 };

static void
block_all(void)
{
	unsigned long all = ~0UL;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

/* Take the next signal; SIGCHLD is not one that the tests ask for. */
static siginfo_t
take(void)
{
	unsigned long asked = ~(1UL << (SIGCHLD - 1));
	siginfo_t info;

	while (syscall(SYS_rt_sigtimedwait, &asked, &info, NULL,
	               sizeof(asked)) < 0)
		continue;
	return info;
}

static int run_command(char **words);

static _Noreturn void
stay(void)
{
	for (;;)
		pause();
}

/* Wait until all writers of the pipe have closed it. */
static void
await_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) != 0)
		continue;
}

/* exit CODE */
static int
do_exit(char **words)
{
	return atoi(words[0]);
}

/* die SIGNAL: by the signal's default action */
static int
do_die(char **words)
{
	struct rlimit none = {0, 0};
	int n = atoi(words[0]);

	setrlimit(RLIMIT_CORE, &none);
	kill(getpid(), n);
	stay();
}

/* catch COUNT CODE: tell of COUNT signals, then exit with CODE */
static int
do_catch(char **words)
{
	int left = atoi(words[0]);

	block_all();
	printf("ready\n");
	while (left-- > 0) {
		siginfo_t info = take();

		if (info.si_code == SI_QUEUE)
			printf("%d %d\n", info.si_signo,
			       info.si_value.sival_int);
		else
			printf("%d\n", info.si_signo);
	}
	return atoi(words[1]);
}

/* echo: send hale each signal there is and wait for it to come back */
static int
do_echo(char **words)
{
	int n;

	(void)words;
	block_all();
	for (n = 1; n <= 64; n++) {
		if (n == SIGKILL || n == SIGSTOP || n == SIGCHLD)
			continue;
		if (kill(getppid(), n) < 0 || take().si_signo != n)
			return n;
	}
	printf("all\n");
	return 0;
}

/* wait: for the signal that kills it */
static int
do_wait(char **words)
{
	(void)words;
	printf("ready\n");
	stay();
}

/* say WORD...: a line each */
static int
do_say(char **words)
{
	for (; *words != NULL; words++)
		printf("%s\n", *words);
	return 0;
}

/* say-on-stderr COUNT: a line on standard error for each of COUNT signals */
static int
do_say_on_stderr(char **words)
{
	int i, count = atoi(words[0]);

	block_all();
	printf("ready\n");
	for (i = 0; i < count; i++) {
		int n = take().si_signo;

		dprintf(STDERR_FILENO, "program: signal %d\n", n);
		printf("%d\n", n);
	}
	return 0;
}

/* variable NAME: its value and the own pid */
static int
do_variable(char **words)
{
	const char *value = getenv(words[0]);

	printf("%s %d\n", value != NULL ? value : "unset", (int)getpid());
	return 0;
}

/* mask: blocked and ignored signals */
static int
do_mask(char **words)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");

	(void)words;
	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, "SigBlk", 6) == 0 ||
		    strncmp(line, "SigIgn", 6) == 0)
			fputs(line, stdout);
	return 0;
}

/* streams: which of the first three descriptors are open, a bit each */
static int
do_streams(char **words)
{
	int fd, open = 0;

	(void)words;
	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			open |= 1 << fd;
	return open;
}

/* descriptors CODE: those above 2; close them and wait for a signal */
static int
do_descriptors(char **words)
{
	int fd;

	block_all();
	for (fd = 3; fd < DESCRIPTORS; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			printf("%d\n", fd);
			close(fd);
		}
	printf("ready\n");
	(void)take();
	return atoi(words[0]);
}

/* foreground: whose the terminal on standard input is */
static int
do_foreground(char **words)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	(void)words;
	if (group < 0)
		printf("no terminal\n");
	else if (group == getpgrp())
		printf("mine\n");
	else
		printf("of %d\n", (int)group);
	printf("%s\n", getpgrp() == getpid() ? "leader" : "member");
	return 0;
}

/* Make count children that wait until the pipe is closed, and leave them to
 * hale. */
static void
leave_orphans(int count, int fd, int code)
{
	pid_t parent = fork();
	int i;

	if (parent != 0) {
		waitpid(parent, NULL, 0);
		return;
	}
	for (i = 0; i < count; i++) {
		if (fork() != 0)
			continue;
		if (fd >= 0)
			await_end(fd);
		_exit(code);
	}
	_exit(0);
}

/* orphans COUNT CODE: they exit with CODE at once; end with a signal */
static int
do_orphans(char **words)
{
	block_all();
	leave_orphans(atoi(words[0]), -1, atoi(words[1]));
	printf("ready\n");
	(void)take();
	return 0;
}

/* The end to read from; the other is only ours. */
static int
open_leash(int *held)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		exit(100);
	*held = ends[1];
	return ends[0];
}

/* A family of orphans that end when this process closes *held. */
static void
leash_orphans(int count, int *held)
{
	int fd = open_leash(held);
	pid_t parent = fork();

	if (parent == 0) {
		close(*held);
		leave_orphans(count, fd, 77);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
	close(fd);
}

/* exit-with-orphans COUNT CODE: end, and in the same instant so do COUNT
 * orphans */
static int
do_exit_with_orphans(char **words)
{
	int held;

	leash_orphans(atoi(words[0]), &held);
	return atoi(words[1]);
}

/* end-orphans COUNT: the first signal ends COUNT orphans, then tell of two more
 */
static int
do_end_orphans(char **words)
{
	int held;

	block_all();
	leash_orphans(atoi(words[0]), &held);
	printf("ready\n");
	(void)take();
	close(held);
	printf("%d\n", take().si_signo);
	(void)take();
	return 5;
}

/* group-and-session: a child in the group and one in a session of its own,
 * whose pids it tells; then of the signals it gets, until QUIT */
static int
do_group_and_session(char **words)
{
	pid_t child, stranger;
	int n;

	(void)words;
	block_all();
	child = fork();
	if (child == 0)
		stay();
	stranger = vfork();
	if (stranger == 0) {
		setsid();
		execl("/proc/self/exe", "program", "idle", NULL);
		_exit(100);
	}
	printf("%d %d\n", (int)child, (int)stranger);
	do
		printf("%d\n", n = take().si_signo);
	while (n != SIGQUIT);
	return 0;
}

/* Wait until there is a signal of this number, for 50 ms at the most. */
static bool
comes(int n)
{
	const struct timespec limit = {0, 50000000};
	unsigned long asked = 1UL << (n - 1);

	return syscall(SYS_rt_sigtimedwait, &asked, NULL, &limit,
	               sizeof(asked)) == n;
}

/* An orphan of hale's that ends at once. */
static pid_t
make_orphan(void)
{
	int ends[2];
	pid_t pid = 0, parent;

	if (pipe(ends) < 0)
		exit(100);
	parent = fork();
	if (parent == 0) {
		pid = fork();
		if (pid > 0 && write(ends[1], &pid, sizeof(pid)) < 0)
			_exit(100);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
	if (read(ends[0], &pid, sizeof(pid)) != sizeof(pid))
		exit(100);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

/* Ask hale for a signal again and again, until it comes or the time is over.
 * Each is a moment to look for the orphan, too. */
static void
prove_signal(int n, int tries, const char *word)
{
	while (tries-- > 0) {
		if (word[0] == 'q')
			sigqueue(getppid(), n, (union sigval){.sival_int = 7});
		else
			kill(getppid(), n);
		if (comes(n)) {
			printf("%s\n", word);
			return;
		}
	}
}

/* Whatever else hale cannot do, it reaps. */
static void
prove_orphan(pid_t pid)
{
	int tries = 200;

	while (tries-- > 0) {
		if (kill(pid, 0) < 0) {
			printf("orphan\n");
			return;
		}
		comes(SIGALRM);
	}
}

/* Where hale wants to know it, see sd_notify(3). */
static void
be_ready(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const char *at = getenv("NOTIFY_SOCKET");
	int fd;

	if (at == NULL || at[0] != '@')
		return;
	strncpy(name.sun_path + 1, at + 1, sizeof(name.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)sendto(
	    fd, "READY=1", 7, 0, (struct sockaddr *)&name,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(at)));
	close(fd);
}

/* exercise CODE TRIES: that hale forwards what it is sent, and reaps; let some
 * time go by; ask for the stop, and leave somebody behind that ignores it */
static int
do_exercise(char **words)
{
	int tries = atoi(words[1]);
	pid_t orphan;

	block_all();
	be_ready();
	prove_signal(SIGUSR1, tries, "signal");
	prove_signal(SIGUSR2, tries, "queued signal");
	orphan = make_orphan();
	prove_orphan(orphan);
	for (int i = 0; i < 6; i++)
		comes(SIGALRM);
	if (fork() == 0) {
		setsid();
		stay();
	}
	prove_signal(SIGTERM, tries, "stop");
	return atoi(words[0]);
}

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Send hale a signal and wait until it comes back; how long that took, in
 * microseconds, or -1 if it did not come within ten seconds. */
static long long
time_signal(void)
{
	const struct timespec limit = {10, 0};
	unsigned long asked = 1UL << (SIGUSR1 - 1);
	long long began = now_us();

	kill(getppid(), SIGUSR1);
	if (syscall(SYS_rt_sigtimedwait, &asked, NULL, &limit, sizeof(asked)) !=
	    SIGUSR1)
		return -1;
	return now_us() - began;
}

/* time-signals CODE MS: for so long send hale signals that come back, one at a
 * time, and say how long the slowest took, in milliseconds; then exit with CODE
 */
static int
do_time_signals(char **words)
{
	long long until = now_us() + atoi(words[1]) * 1000LL, slowest = 0;

	block_all();
	be_ready();
	while (now_us() < until) {
		long long took = time_signal();

		if (took < 0) {
			printf("lost\n");
			return 100;
		}
		slowest = took > slowest ? took : slowest;
		comes(SIGALRM);
	}
	printf("slowest %lld\n", slowest / 1000);
	return atoi(words[0]);
}

/* idle: do nothing, whatever comes and is not blocked */
static int
do_idle(char **words)
{
	(void)words;
	stay();
}

/* Send hale two signals without end; write to fd when there were many. */
static _Noreturn void
storm(pid_t hale, int a, int b, int fd)
{
	int i;

	for (i = 0;; i++) {
		kill(hale, a);
		kill(hale, b);
		if (i == 1000 && write(fd, "", 1) != 1)
			_exit(100);
	}
}

/* storm SIGNAL SIGNAL COMMAND...: ignore both and be COMMAND, in a storm of
 * them */
static int
do_storm(char **words)
{
	int a = atoi(words[0]), b = atoi(words[1]), held;
	int fd = open_leash(&held);
	pid_t hale = getppid();
	char byte;

	signal(a, SIG_IGN);
	signal(b, SIG_IGN);
	if (fork() == 0)
		storm(hale, a, b, held);
	if (read(fd, &byte, 1) != 1)
		return 100;
	return run_command(words + 2);
}

/* listen CODE: wait for the end of standard input, then exit with CODE */
static int
do_listen(char **words)
{
	printf("ready\n");
	await_end(STDIN_FILENO);
	printf("done\n");
	return atoi(words[0]);
}

/* become UID COMMAND...: change the user, then be COMMAND */
static int
do_become(char **words)
{
	uid_t uid = (uid_t)atoi(words[0]);

	if (setgroups(0, NULL) < 0 || setuid(uid) < 0)
		return 100;
	return run_command(words + 1);
}

static const struct command commands[] = {
    {"exit", 1, do_exit},
    {"die", 1, do_die},
    {"catch", 2, do_catch},
    {"echo", 0, do_echo},
    {"wait", 0, do_wait},
    {"say", 0, do_say},
    {"say-on-stderr", 1, do_say_on_stderr},
    {"variable", 1, do_variable},
    {"mask", 0, do_mask},
    {"streams", 0, do_streams},
    {"descriptors", 1, do_descriptors},
    {"foreground", 0, do_foreground},
    {"orphans", 2, do_orphans},
    {"exit-with-orphans", 2, do_exit_with_orphans},
    {"end-orphans", 1, do_end_orphans},
    {"group-and-session", 0, do_group_and_session},
    {"idle", 0, do_idle},
    {"storm", 3, do_storm},
    {"listen", 1, do_listen},
    {"become", 2, do_become},
    {"exercise", 2, do_exercise},
    {"time-signals", 2, do_time_signals},
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
