/* SPDX-License-Identifier: MIT */
/*
 * lab: starts inits, each as PID 1 of a new PID namespace or as a plain
 * process, and ends them.
 *
 * Whatever becomes of the harness, nothing stays behind: an init is killed when
 * the harness dies (PR_SET_PDEATHSIG), and its namespace with it.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

enum {
	STACK_SIZE = 64 * 1024,
	MIN_ROUNDS = 3,    /* fewer give no spread */
	ROOM_SPARE = 2000, /* processes for the rest of the machine */
	PROCESS_KIB = 64,  /* kernel memory of the smallest process */
	NS_PER_S = 1000000000,
};

extern char **environ;

struct child {
	char **argv;
	enum lab_place place;
	const int *links;
};

/* The mounts of the container that was entered. */
static int entered = -1;

int64_t
lab_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

void
lab_sleep_until(int64_t then)
{
	struct timespec t = {.tv_sec = then / NS_PER_S,
	                     .tv_nsec = then % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
		continue;
}

_Noreturn void
lab_fail(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void
lab_init_read(struct lab_init *init, char *text)
{
	char *word, *rest;

	init->name = strtok_r(text, "=", &rest);
	init->count = 0;
	while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
		if (init->count == LAB_WORDS - 4) {
			errno = E2BIG;
			lab_fail(init->name);
		}
		init->words[init->count++] = word;
	}
}

bool
lab_more(const struct lab *lab, int done)
{
	return done < lab->rounds &&
	       (done < MIN_ROUNDS || lab_now() < lab->deadline);
}

long
lab_number(const char *text)
{
	return strtol(text, NULL, 10);
}

/* xorshift: the order of measurements need not be a secret. */
int64_t
lab_random(int64_t end)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (int64_t)(state % (uint64_t)end);
}

void
lab_shuffle(const struct lab *lab, int order[LAB_INITS])
{
	int i, j, n;

	for (i = 0; i < lab->count; i++)
		order[i] = i;
	for (i = lab->count - 1; i > 0; i--) {
		j = (int)lab_random(i + 1);
		n = order[i];
		order[i] = order[j];
		order[j] = n;
	}
}

void
lab_command(const struct lab_init *init, char *const *program,
            char *argv[LAB_WORDS])
{
	int i, n = 0;

	for (i = 0; i < init->count; i++)
		argv[n++] = init->words[i];
	for (i = 0; program[i] != NULL && n < LAB_WORDS - 1; i++)
		argv[n++] = program[i];
	argv[n] = NULL;
}

static bool
be_quiet(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return null >= 0 && dup2(null, STDOUT_FILENO) >= 0;
}

static bool
take_place(enum lab_place place)
{
	switch (place) {
	case LAB_CONTAINER:
		return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ==
		           0 &&
		       mount("proc", "/proc", "proc", 0, NULL) == 0;
	case LAB_TRACED:
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			return false;
		/* fallthrough */
	case LAB_QUIET:
		return (entered < 0 || setns(entered, CLONE_NEWNS) == 0) &&
		       be_quiet();
	default:
		return true;
	}
}

/* Runs in the harness's memory, as after vfork(2). */
static int
become(void *argument)
{
	const struct child *child = argument;
	int i;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!take_place(child->place))
		_exit(127);
	for (i = 0; child->links != NULL && i < LAB_LINKS; i++)
		if (dup2(child->links[i], BOARD_ORDERS + i) < 0)
			_exit(127);
	(void)execve(child->argv[0], child->argv, environ);
	_exit(127);
}

pid_t
lab_start(char **argv, enum lab_place place, const int *links)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	struct child child = {.argv = argv, .place = place, .links = links};
	int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	pid_t pid;

	if (place == LAB_NAMESPACE || place == LAB_CONTAINER)
		flags |= CLONE_NEWPID | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
	if (place == LAB_CONTAINER)
		flags |= CLONE_NEWNS;
	pid = clone(become, stack + sizeof(stack), flags, &child);
	if (pid < 0)
		lab_fail("cannot start a process (in a new PID namespace)");
	return pid;
}

static int
open_namespace(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		lab_fail(path);
	return fd;
}

/* The harness keeps its own mounts, since it reads of its children by the pids
 * that it knows them by. */
void
lab_enter(pid_t pid)
{
	int users = geteuid() == 0 ? -1 : open_namespace(pid, "user");

	entered = open_namespace(pid, "mnt");
	if ((users >= 0 && setns(users, CLONE_NEWUSER) < 0) ||
	    setns(open_namespace(pid, "pid"), CLONE_NEWPID) < 0)
		lab_fail("setns");
}

void
lab_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static int64_t
nanoseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + (int64_t)t->tv_usec * 1000;
}

void
lab_time(char **argv, enum lab_place place, struct lab_cost *cost)
{
	struct rusage use;
	int status;
	int64_t begin = lab_now();
	pid_t pid = lab_start(argv, place, NULL);

	if (wait4(pid, &status, 0, &use) != pid)
		lab_fail("wait4");
	cost->wall = lab_now() - begin;
	cost->user = nanoseconds(&use.ru_utime);
	cost->system = nanoseconds(&use.ru_stime);
	if (status == 0)
		return;
	errno = ECHILD;
	lab_fail(argv[0]);
}

void
lab_row(const char *name, const char *metric, double value)
{
	printf("%s\t%s\t%.9g\n", name, metric, value);
}

/* The first number in a file, or none if it cannot be read. */
static long
read_limit(const char *path, long none)
{
	FILE *f = fopen(path, "re");
	char text[32];
	long n = none;

	if (f == NULL)
		return none;
	if (fgets(text, sizeof(text), f) != NULL && text[0] >= '0' &&
	    text[0] <= '9')
		n = lab_number(text);
	(void)fclose(f);
	return n;
}

bool
lab_room_for(int processes)
{
	long need = (long)processes + ROOM_SPARE;
	struct rlimit limit;
	struct sysinfo info;

	if (getrlimit(RLIMIT_NPROC, &limit) == 0 &&
	    limit.rlim_cur < (rlim_t)need)
		return false;
	if (sysinfo(&info) == 0 &&
	    info.freeram / 1024 * info.mem_unit / PROCESS_KIB <
	        (unsigned long)need)
		return false;
	return read_limit("/proc/sys/kernel/pid_max", need) >= need &&
	       read_limit("/proc/sys/kernel/threads-max", need) >= need &&
	       read_limit("/sys/fs/cgroup/pids.max", need) >= need;
}
