/* SPDX-License-Identifier: MIT */
/*
 * ns: starts the real hale in a PID namespace of its own, for one test.
 *
 * All that a test starts lives in that namespace and ends with its PID 1, and
 * the kernel kills PID 1 when the test's process ends, however that happens.
 * Mounts are private to it too.  So nothing is ever left behind.  Whatever a
 * test waits for has a deadline.
 */
#include "ns.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "patience.h"

enum { NOT_PREPARED = 99, LOOK_AGAIN = 5 /* ms */ };

/* What is known before the namespace is entered. */
struct plan {
	const struct ns_setup *setup;
	int streams[3]; /* hale's ends */
	const char *hale, *scratch;
	char directory[PATH_MAX];
	uid_t uid;
	gid_t gid;
	int ready; /* a keeper has to say that it is */
};

/* Wait for events on fd, for as long as one event may take. */
static bool
await(int fd, short events, const struct patience *patience)
{
	struct pollfd p = {.fd = fd, .events = events};
	int left;

	while ((left = patience_left_ms(patience)) > 0)
		if (poll(&p, 1, left) > 0)
			return true;
	return false;
}

static bool
await_one(int fd, short events)
{
	struct patience patience = patience_start(NS_DEADLINE);

	return await(fd, events, &patience);
}

static void
locate(const char *variable, const char *otherwise, char path[PATH_MAX])
{
	const char *name = getenv(variable);

	if (name == NULL)
		name = otherwise;
	cr_assert_not_null(realpath(name, path), "cannot find %s: %s", name,
	                   strerror(errno));
}

char *
ns_hale(void)
{
	static char path[PATH_MAX];

	if (path[0] == '\0')
		locate("HALE_BIN", "hale", path);
	return path;
}

char *
ns_program(void)
{
	static char path[PATH_MAX];

	if (path[0] == '\0')
		locate("PROGRAM_BIN", "build/pid1/program", path);
	return path;
}

char *
ns_scratch(void)
{
	static char path[PATH_MAX + sizeof("scratch")];

	if (path[0] == '\0') {
		strcpy(path, ns_program());
		strcpy(strrchr(path, '/') + 1, "scratch");
	}
	return path;
}

/* ------ In the child, until it is hale: no assertion may be made here. ------
 */

static _Noreturn void
give_up(const char *what)
{
	dprintf(STDERR_FILENO, "test: cannot %s: %s\n", what, strerror(errno));
	_exit(NOT_PREPARED);
}

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		give_up(file);
	close(fd);
}

/* Be root in a user namespace of our own, as one's own user outside. */
static void
map_user(const struct plan *plan)
{
	char map[64];

	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", plan->uid);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", plan->gid);
	put("/proc/self/gid_map", map);
}

/* Make the namespace one that has its own view of processes. */
static void
furnish(const struct plan *plan)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up("ask for a signal at the test's end");
	if (plan->uid != 0)
		map_user(plan);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV, NULL) < 0)
		give_up("mount /proc");
	if (plan->setup->scratch &&
	    mount("scratch", plan->scratch, "tmpfs", 0, NULL) < 0)
		give_up("mount a scratch directory");
}

static void
arrange_streams(const struct plan *plan)
{
	int i;

	for (i = 0; i < 3; i++)
		if (plan->streams[i] < 0)
			close(i);
		else if (dup2(plan->streams[i], i) < 0)
			give_up("arrange the standard streams");
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		give_up("close descriptors");
}

static bool
watches_health(char **words)
{
	for (; *words != NULL; words++)
		if (strncmp(*words, "--health", 8) == 0 ||
		    strncmp(*words, "--ready", 7) == 0)
			return true;
	return false;
}

/* In a test a failing probe counts at once: no test has the 30 s that the start
 * period takes unless it is set.  Words and a variable of the test's own win.
 */
static void
arrange_environment(const struct plan *plan)
{
	char **entry;

	clearenv();
	putenv("PATH=/usr/local/bin:/usr/bin:/bin");
	if (watches_health(plan->setup->words))
		putenv("HALE_HEALTH_START_PERIOD=0");
	for (entry = plan->setup->env; entry != NULL && *entry != NULL; entry++)
		putenv(*entry);
}

/* By the system calls themselves: whoever started the tests may ignore one of
 * the signals that libc keeps to itself, as glibc's posix_spawn(3) makes all.
 */
static void
arrange_signals(void)
{
	static const unsigned long none[8]; /* no mask; the default action */
	int n;

	for (n = 1; n <= 64; n++)
		syscall(SYS_rt_sigaction, n, none, NULL, 8);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, 8);
}

static _Noreturn void
become_hale(struct plan *plan)
{
	extern char **environ;
	char *argv[64] = {"hale"};
	size_t i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up("ask for a signal at the test's end");
	for (i = 0; i < 62 && plan->setup->words[i] != NULL; i++)
		argv[i + 1] = plan->setup->words[i];
	if (chdir(plan->setup->scratch ? plan->scratch : plan->directory) < 0)
		give_up("change the directory");
	arrange_signals();
	arrange_environment(plan);
	arrange_streams(plan);
	if (plan->setup->prepare != NULL)
		plan->setup->prepare(plan->setup->argument);
	execve(plan->hale, argv, environ);
	give_up("run hale");
}

/* Stand in as PID 1 for an instance of hale that is to be something else. */
static _Noreturn void
keep(const struct plan *plan)
{
	signal(SIGCHLD, SIG_IGN);
	if (write(plan->ready, "", 1) != 1)
		give_up("report");
	(void)syscall(SYS_close_range, 0U, ~0U, 0U);
	for (;;)
		pause();
}

/* ------ In the test. ------ */

static int
namespaces(const struct plan *plan)
{
	return CLONE_NEWPID | CLONE_NEWNS |
	       (plan->uid != 0 ? CLONE_NEWUSER : 0);
}

static pid_t
fork_with(int flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, NULL, NULL, 0);
}

static pid_t
start_first(struct plan *plan)
{
	pid_t pid = fork_with(namespaces(plan));

	if (pid == 0) {
		furnish(plan);
		become_hale(plan);
	}
	cr_assert_gt(pid, 0, "cannot create a PID namespace: %s",
	             strerror(errno));
	return pid;
}

static pid_t
start_keeper(struct plan *plan)
{
	int ends[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	plan->ready = ends[1];
	pid = fork_with(namespaces(plan));
	if (pid == 0) {
		furnish(plan);
		keep(plan);
	}
	close(ends[1]);
	cr_assert_gt(pid, 0, "cannot create a PID namespace: %s",
	             strerror(errno));
	cr_assert(await_one(ends[0], POLLIN));
	cr_assert_eq(read(ends[0], &byte, 1), 1, "the keeper has ended");
	close(ends[0]);
	return pid;
}

/* Enter the namespaces of first, its PID 1, and there make a child of the
 * test's own. */
static _Noreturn void
join(struct plan *plan, pid_t first)
{
	int pidfd = (int)syscall(SYS_pidfd_open, first, 0);
	pid_t pid;

	if (setns(pidfd, namespaces(plan)) < 0)
		give_up("enter the namespace");
	pid = fork_with(CLONE_PARENT);
	if (pid == 0)
		become_hale(plan);
	if (write(plan->ready, &pid, sizeof(pid)) != sizeof(pid))
		give_up("report");
	_exit(0);
}

static pid_t
start_beside(struct plan *plan, pid_t first)
{
	pid_t pid, guide;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	plan->ready = ends[1];
	guide = fork_with(0);
	if (guide == 0)
		join(plan, first);
	close(ends[1]);
	cr_assert(await_one(ends[0], POLLIN));
	cr_assert_eq(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	close(ends[0]);
	cr_assert_eq(waitpid(guide, NULL, 0), guide);
	return pid;
}

/* Give hale one end and return the other. */
static int
open_stream(int wanted, bool input, int *given)
{
	int ends[2];

	*given = wanted;
	if (wanted != NS_PIPE)
		return -1;
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	*given = input ? ends[0] : ends[1];
	return input ? ends[1] : ends[0];
}

static void
close_given(const struct plan *plan)
{
	if (plan->setup->in == NS_PIPE)
		close(plan->streams[0]);
	if (plan->setup->out == NS_PIPE)
		close(plan->streams[1]);
	if (plan->setup->err == NS_PIPE)
		close(plan->streams[2]);
}

static void
make_plan(struct plan *plan, const struct ns_setup *setup)
{
	plan->setup = setup;
	plan->uid = geteuid();
	plan->gid = getegid();
	plan->hale = ns_hale();
	plan->scratch = ns_scratch();
	cr_assert_not_null(getcwd(plan->directory, sizeof(plan->directory)));
	if (setup->scratch)
		cr_assert(mkdir(plan->scratch, 0755) == 0 || errno == EEXIST);
}

/* Start hale in the namespaces of the process first, or in some of its own. */
static struct ns
start(const struct ns_setup *setup, pid_t first)
{
	struct plan plan;
	struct ns ns = {.keeper = 0};

	make_plan(&plan, setup);
	ns.in = open_stream(setup->in, true, &plan.streams[0]);
	ns.out = open_stream(setup->out, false, &plan.streams[1]);
	ns.err = open_stream(setup->err, false, &plan.streams[2]);
	if (first > 0) {
		ns.hale = start_beside(&plan, first);
	} else if (setup->plain) {
		ns.keeper = start_keeper(&plan);
		ns.hale = start_beside(&plan, ns.keeper);
	} else {
		ns.hale = start_first(&plan);
	}
	close_given(&plan);
	return ns;
}

struct ns
ns_start(const struct ns_setup *setup)
{
	patience_guard();
	return start(setup, 0);
}

struct ns
ns_start_beside(const struct ns *ns, const struct ns_setup *setup)
{
	return start(setup, ns->keeper > 0 ? ns->keeper : ns->hale);
}

void
ns_send(const struct ns *ns, int signal)
{
	cr_assert_eq(kill(ns->hale, signal), 0);
}

void
ns_queue(const struct ns *ns, int signal, int value)
{
	cr_assert_eq(
	    sigqueue(ns->hale, signal, (union sigval){.sival_int = value}), 0);
}

void
ns_suspend(const struct ns *ns)
{
	int status;

	ns_send(ns, SIGSTOP);
	cr_assert_eq(waitpid(ns->hale, &status, WUNTRACED | __WALL), ns->hale);
	cr_assert(WIFSTOPPED(status));
}

static void
close_own(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
ns_kill(struct ns *ns)
{
	if (ns->keeper > 0)
		kill(ns->keeper, SIGKILL);
	if (ns->hale > 0) {
		kill(ns->hale, SIGKILL);
		waitpid(ns->hale, NULL, __WALL);
	}
	/* The keeper is not gone before all others are, zombies included. */
	if (ns->keeper > 0)
		waitpid(ns->keeper, NULL, __WALL);
	ns->keeper = ns->hale = 0;
	close_own(&ns->in);
	close_own(&ns->out);
	close_own(&ns->err);
}

int
ns_wait(struct ns *ns)
{
	int pidfd = (int)syscall(SYS_pidfd_open, ns->hale, 0);
	int status;

	cr_assert_geq(pidfd, 0);
	cr_assert(await_one(pidfd, POLLIN), "hale does not end");
	close(pidfd);
	cr_assert_eq(waitpid(ns->hale, &status, __WALL), ns->hale);
	ns->hale = 0;
	ns_kill(ns);
	cr_assert(WIFEXITED(status), "signal %d killed hale", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* Append what is there to text, which has room for size bytes. */
static bool
drain(int fd, char *text, size_t size)
{
	size_t length = strlen(text);
	ssize_t n;

	cr_assert_lt(length + 1, size, "too much output");
	n = read(fd, text + length, size - 1 - length);
	if (n <= 0)
		return false;
	text[length + (size_t)n] = '\0';
	return true;
}

static void
collect(struct pollfd streams[2], char *const texts[2])
{
	struct patience patience = patience_start(NS_DEADLINE);
	int i;

	while (streams[0].fd >= 0 || streams[1].fd >= 0) {
		int left = patience_left_ms(&patience);

		cr_assert(left > 0 && poll(streams, 2, left) > 0,
		          "hale does not end: %s%s", texts[0], texts[1]);
		for (i = 0; i < 2; i++)
			if (streams[i].revents != 0 &&
			    !drain(streams[i].fd, texts[i], NS_TEXT))
				streams[i].fd = -1;
	}
}

void
ns_collect(struct ns *ns, struct ns_output *output)
{
	struct pollfd streams[2] = {{.fd = ns->out, .events = POLLIN},
	                            {.fd = ns->err, .events = POLLIN}};

	close_own(&ns->in);
	output->out[0] = output->err[0] = '\0';
	collect(streams, (char *const[]){output->out, output->err});
	output->code = ns_wait(ns);
}

void
ns_run(const struct ns_setup *setup, struct ns_output *output)
{
	struct ns ns = ns_start(setup);

	ns_collect(&ns, output);
}

bool
ns_read_line(int fd, char line[NS_LINE])
{
	struct patience patience = patience_start(NS_DEADLINE);
	size_t n;

	for (n = 0; n < NS_LINE - 1; n++) {
		line[n] = '\0';
		cr_assert(await(fd, POLLIN, &patience), "no line comes: '%s'",
		          line);
		if (read(fd, line + n, 1) != 1)
			return false;
		if (line[n] == '\n')
			break;
	}
	line[n] = '\0';
	return true;
}

void
ns_expect_line(const struct ns *ns, const char *expected)
{
	char line[NS_LINE], why[NS_TEXT] = "";

	if (ns_read_line(ns->out, line)) {
		cr_assert_str_eq(line, expected);
		return;
	}
	if (ns->err >= 0)
		ns_read_to_end(ns->err, why, sizeof(why));
	cr_assert_fail("the end came instead of '%s': %s", expected, why);
}

void
ns_read_to_end(int fd, char *text, size_t size)
{
	struct patience patience = patience_start(NS_DEADLINE);

	text[0] = '\0';
	do
		cr_assert(await(fd, POLLIN, &patience), "no end comes");
	while (drain(fd, text, size));
}

bool
ns_await_input(int fd)
{
	return await_one(fd, POLLIN);
}

void
ns_await_close(int fd)
{
	cr_assert(await_one(fd, 0), "it stays open");
}

void
ns_wait_until(bool (*check)(void *), void *argument)
{
	struct patience patience = patience_start(NS_DEADLINE);

	while (!check(argument)) {
		cr_assert_gt(patience_left_ms(&patience), 0,
		             "it does not come to that");
		(void)poll(NULL, 0, LOOK_AGAIN);
	}
}

/* hale sleeps only when it waits for a signal; else it runs, or waits for its
 * child's start, which /proc tells apart. */
static bool
is_asleep(void *argument)
{
	const struct ns *ns = argument;
	char path[64], text[512];
	const char *after;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", ns->hale);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	cr_assert_gt(n, 0);
	text[n] = '\0';
	after = strrchr(text, ')');
	return after != NULL && after[2] == 'S';
}

void
ns_await_sleep(const struct ns *ns)
{
	struct ns copy = *ns;

	ns_wait_until(is_asleep, &copy);
}

void
ns_proc(const struct ns *ns, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root/proc/%s",
	         ns->keeper > 0 ? ns->keeper : ns->hale, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

unsigned long long
ns_status(const struct ns *ns, int pid, const char *field, int base)
{
	char name[64], text[4096], key[64];
	const char *at;

	snprintf(name, sizeof(name), "%d/status", pid);
	snprintf(key, sizeof(key), "\n%s:", field);
	ns_proc(ns, name, text, sizeof(text));
	at = strstr(text, key);
	cr_assert_not_null(at, "process %d has no %s", pid, field);
	return strtoull(at + strlen(key), NULL, base);
}

int
ns_count(const struct ns *ns, char state)
{
	char path[64], name[300], text[512];
	struct dirent *entry;
	const char *after;
	int count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/root/proc",
	         ns->keeper > 0 ? ns->keeper : ns->hale);
	directory = opendir(path);
	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(name, sizeof(name), "%s/stat", entry->d_name);
		ns_proc(ns, name, text, sizeof(text));
		after = strrchr(text, ')');
		if (after != NULL && (state == 0 || after[2] == state))
			count++;
	}
	closedir(directory);
	return count;
}
