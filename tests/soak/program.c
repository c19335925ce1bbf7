/* SPDX-License-Identifier: MIT */
/*
 * program: what hale runs in the soak.
 *
 * PROGRAM counts the signals that it gets, and ends with TERM.  Beside it are
 * processes that leave orphans without end, one that ignores TERM, and one that
 * asks hale how it is.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

enum { MS = 1000000, LITTERERS = 3, LITTER = 8 };

static struct board *board;

static void
rest(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * MS};

	nanosleep(&t, NULL);
}

static void
act_on(int n, void (*how)(int))
{
	struct sigaction act = {.sa_handler = how};

	sigaction(n, &act, NULL);
}

/* A helper: all signals as they were before PROGRAM blocked them. */
static pid_t
begin_helper(void)
{
	unsigned long none[2] = {0};
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, 8);
	return pid;
}

/* An orphan: it lives for a while, so that it is hale's when it ends. */
static _Noreturn void
be_orphan(int i)
{
	rest(i % 3 * 5);
	if (i % 5 == 4)
		raise(SIGKILL);
	_exit(i);
}

/* Leave some behind at once, in sessions of their own. */
static void
litter(void)
{
	pid_t parent = fork();
	int i;

	if (parent != 0) {
		waitpid(parent, NULL, 0);
		return;
	}
	setsid();
	for (i = 0; i < LITTER; i++) {
		pid_t pid = fork();

		if (pid == 0)
			be_orphan(i);
		board->orphans += pid > 0;
	}
	_exit(0);
}

/* The last one of them ignores TERM, so that hale has to use its KILL. */
static void
begin_litterers(void)
{
	int i;

	for (i = 0; i < LITTERERS; i++) {
		if (begin_helper() != 0)
			continue;
		if (i == LITTERERS - 1)
			act_on(SIGTERM, SIG_IGN);
		for (;;) {
			litter();
			rest(40 + 30 * i);
		}
	}
}

/* Be the hale of this container under another name, and ask. */
static _Noreturn void
ask(const char *what)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	execl("/proc/1/exe", "hale", what, NULL);
	_exit(127);
}

static void
begin_asker(void)
{
	static const char *const ways[] = {"--check", "--status",
	                                   "--status=json"};
	int i, status;

	if (begin_helper() != 0)
		return;
	for (i = 0;; i++) {
		pid_t pid = fork();

		if (pid == 0)
			ask(ways[i % 3]);
		if (waitpid(pid, &status, 0) == pid) {
			board->asked++;
			board->bad_answers +=
			    !WIFEXITED(status) || WEXITSTATUS(status) > 1;
		}
		rest(500);
	}
}

static void
note(const siginfo_t *info)
{
	int n = info->si_signo;

	if (info->si_code == SI_QUEUE) {
		board->disorder +=
		    info->si_value.sival_int != board->value[n] + 1;
		board->value[n] = info->si_value.sival_int;
	}
	board->came[n]++;
}

/* Signals with the system calls themselves: libc hides some. */
static void
take_all(void)
{
	unsigned long all[2] = {~0UL, ~0UL};
	siginfo_t info = {0};

	while (info.si_signo != SIGTERM)
		if (syscall(SYS_rt_sigtimedwait, all, &info, NULL, 8) > 0 &&
		    info.si_signo != SIGCHLD)
			note(&info);
}

/* probe MS CODE FILE: a command that hale runs, with a child that would outlive
 * it; where there is no FILE, it takes so long and says CODE. */
static int
probe(char **words)
{
	if (fork() == 0) {
		rest(60000);
		_exit(0);
	}
	printf("a command with %s ms to live\n", words[0]);
	fflush(stdout);
	if (access(words[2], F_OK) == 0)
		return 0;
	rest(atoi(words[0]));
	return atoi(words[1]);
}

int
main(int argc, char **argv)
{
	unsigned long all[2] = {~0UL, ~0UL};

	if (argc > 4 && strcmp(argv[1], "probe") == 0)
		return probe(argv + 2);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
	             BOARD_FD, 0);
	if (board == MAP_FAILED)
		return 100;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, NULL, 8);
	begin_litterers();
	begin_asker();
	take_all();
	return BOARD_EXIT;
}
