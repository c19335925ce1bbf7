/* SPDX-License-Identifier: MIT */
/*
 * demo: shows what hale does as the first process of a container.
 *
 * A program is started twice in a small container of its own: once as the
 * container's only init, and once under hale.  It leaves orphans behind, waits
 * for TERM, and exits with a code.  What it sees it reports through a pipe, and
 * nothing is printed that was not seen: what fails is one line and status 1.
 * Every wait has an end, so the demo has one too.
 *
 * Usage: demo HALE.  The program is this file too, started as "demo alone FD"
 * or "demo under-hale FD".
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ORPHANS = 5,
	EXIT_CODE = 42,    /* of the program, for hale to pass on */
	PATIENCE_MS = 5000 /* for whatever should happen at once */
};

/* What the program and its orphans tell, and the number that goes with it. */
enum event {
	STARTED, /* its process id */
	ADOPTED, /* an orphan: the process that it belongs to now */
	COUNTED, /* the zombies that it sees, once all orphans have ended */
	ASKED    /* TERM has come: the process that sent it */
};

struct report {
	enum event event;
	int number;
};

/* One container: its first process, and the end of the pipe it reports to. */
struct container {
	pid_t init;
	int reports;
};

struct demo {
	char *hale;          /* its path */
	char self[PATH_MAX]; /* ours */
	int way;             /* what the containers are made of */
};

/* What containers can be made of; 0 is none, for where that is refused. */
static const int ways[] = {
    CLONE_NEWPID | CLONE_NEWNS,
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER,
    0,
};

/* Let a millisecond pass; false when *waited has come to the end. */
static bool
wait_more(int *waited)
{
	static const struct timespec millisecond = {.tv_nsec = 1000000};

	(void)nanosleep(&millisecond, NULL);
	return ++*waited < PATIENCE_MS;
}

/* ------ The program ------ */

static void
tell(int reports, enum event event, int number)
{
	struct report report = {event, number};

	if (write(reports, &report, sizeof(report)) != sizeof(report))
		_exit(EXIT_FAILURE);
}

/* An orphan's life: wait until the pipe is closed, say who its parent is. */
static _Noreturn void
live_as_orphan(int reports, const int gate[2])
{
	char nothing;

	(void)close(gate[1]);
	if (read(gate[0], &nothing, 1) != 0)
		_exit(EXIT_FAILURE);
	tell(reports, ADOPTED, (int)getppid());
	_exit(EXIT_SUCCESS);
}

/* Start a child that has children and does not wait for them. */
static void
leave_orphans(int reports)
{
	int gate[2], i;
	pid_t parent;

	if (pipe(gate) < 0)
		_exit(EXIT_FAILURE);
	parent = fork();
	if (parent == 0) {
		for (i = 0; i < ORPHANS; i++)
			if (fork() == 0)
				live_as_orphan(reports, gate);
		_exit(EXIT_SUCCESS);
	}
	/* Once the parent is gone they are orphans; now they may end. */
	(void)waitpid(parent, NULL, 0);
	(void)close(gate[0]);
	(void)close(gate[1]);
}

/* The state of a process, as ps(1) shows it, if it is a child of parent. */
static char
state_of(const char *pid, pid_t parent)
{
	char path[64], line[512], *at;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return '\0';
	/* PID (NAME) STATE PPID ..., and NAME may have any character. */
	at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	(void)fclose(file);
	if (at == NULL || strlen(at) < 4)
		return '\0';
	return strtol(at + 4, NULL, 10) == parent ? at[2] : '\0';
}

/* Count the children of a process: those that live, and the zombies. */
static void
count_children(pid_t of, int *alive, int *zombies)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	*alive = 0;
	*zombies = 0;
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    strtol(entry->d_name, NULL, 10) == getpid())
			continue;
		switch (state_of(entry->d_name, of)) {
		case '\0':
			break;
		case 'Z':
			++*zombies;
			break;
		default:
			++*alive;
		}
	}
	if (proc != NULL)
		(void)closedir(proc);
}

/* Wait for the orphans to end, and for as many zombies as there should be. */
static int
settle(pid_t adopter, int expected)
{
	int alive, zombies, waited = 0;

	do
		count_children(adopter, &alive, &zombies);
	while ((alive > 0 || zombies != expected) && wait_more(&waited));
	return zombies;
}

/* The program.  Alone it inherits its own orphans, and does what programs do:
 * it does not wait for children that it knows nothing of. */
static int
program(bool alone, int reports)
{
	struct timespec patience = {.tv_sec = PATIENCE_MS / 1000};
	siginfo_t info;
	sigset_t term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	if (alone)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	tell(reports, STARTED, (int)getpid());
	leave_orphans(reports);
	tell(reports, COUNTED,
	     alone ? settle(getpid(), ORPHANS) : settle(getppid(), 0));
	if (alone)
		return EXIT_SUCCESS;
	if (sigtimedwait(&term, &info, &patience) != SIGTERM)
		return EXIT_FAILURE;
	tell(reports, ASKED, (int)info.si_pid);
	return EXIT_CODE;
}

/* ------ The containers ------ */

static int
write_file(const char *path, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, (size_t)n) == n;

	if (fd >= 0)
		(void)close(fd);
	return good ? 0 : -1;
}

/* In a user namespace, stay who we were outside of it. */
static int
keep_identity(uid_t uid, gid_t gid)
{
	char users[64], groups[64];

	(void)snprintf(users, sizeof(users), "%u %u 1", uid, uid);
	(void)snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
	if (write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/uid_map", users) < 0)
		return -1;
	return write_file("/proc/self/gid_map", groups);
}

/* Fork into a container: 0 in it, ready to go, and its process id outside.
 * What the container refuses becomes its first process's exit code. */
static pid_t
fork_container(int way)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t pid =
	    (pid_t)syscall(SYS_clone, way | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid != 0)
		return pid;
	if ((way & CLONE_NEWUSER) != 0 && keep_identity(uid, gid) < 0)
		_exit(errno);
	/* /proc shows the processes of the namespace that it was mounted in. */
	if ((way & CLONE_NEWNS) != 0 &&
	    (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	     mount("proc", "/proc", "proc", 0, NULL) < 0))
		_exit(errno);
	return 0;
}

/* The first way that works here; *error is why the one before did not. */
static int
choose_way(int *error)
{
	const int *way = ways;
	int status = 0;
	pid_t pid;

	for (; *way != 0; way++) {
		pid = fork_container(*way);
		if (pid == 0)
			_exit(EXIT_SUCCESS);
		if (pid < 0)
			*error = errno;
		else if (waitpid(pid, &status, 0) == pid && status == 0)
			break;
		else
			*error = WEXITSTATUS(status);
	}
	return *way;
}

/* Start the program in a container, under hale unless that is NULL. */
static int
start(struct container *c, struct demo *demo, char *hale)
{
	char number[16];
	char *words[] = {hale,       "--",
	                 demo->self, hale ? "under-hale" : "alone",
	                 number,     NULL};
	char **command = hale ? words : words + 2;
	int ends[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || pipe(ends) < 0)
		return -1;
	(void)snprintf(number, sizeof(number), "%d", ends[1]);
	c->reports = ends[0];
	c->init = fork_container(demo->way);
	if (c->init == 0) {
		/* Else hale would give the program our terminal. */
		(void)dup2(null, STDIN_FILENO);
		execv(command[0], command);
		_exit(127);
	}
	(void)close(null);
	(void)close(ends[1]);
	return c->init < 0 ? -1 : 0;
}

/* The number of the next report, or -1 if it does not come. */
static int
hear(const struct container *c, enum event event)
{
	struct pollfd ready = {.fd = c->reports, .events = POLLIN};
	struct report report;

	if (poll(&ready, 1, PATIENCE_MS) != 1 ||
	    read(c->reports, &report, sizeof(report)) != sizeof(report))
		return -1;
	return report.event == event ? report.number : -1;
}

static bool
hear_adopted(const struct container *c, int by)
{
	int i;

	for (i = 0; i < ORPHANS; i++)
		if (hear(c, ADOPTED) != by)
			return false;
	return true;
}

/* The exit code of the container's first process, or -1: it does not end. */
static int
wait_end(const struct container *c)
{
	int status, waited = 0;

	while (waitpid(c->init, &status, WNOHANG) != c->init)
		if (!wait_more(&waited))
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
fail(const struct container *c, const char *what)
{
	(void)fprintf(stderr, "demo: %s\n", what);
	if (c->init > 0)
		(void)kill(c->init, SIGKILL);
	return false;
}

/* ------ What is shown ------ */

static bool
show_alone(struct demo *demo)
{
	struct container c = {0};
	int pid;

	if (start(&c, demo, NULL) < 0)
		return fail(&c, "cannot start the program");
	pid = hear(&c, STARTED);
	printf("\n1. A program as its own init: it is process %d.\n", pid);
	if (pid < 0 || !hear_adopted(&c, pid))
		return fail(&c, "its orphans did not come to the program");
	printf("   It left %d orphans.  They came to it, and ended.\n",
	       ORPHANS);
	if (hear(&c, COUNTED) != ORPHANS)
		return fail(&c, "the orphans did not become zombies");
	printf("   %d zombies: nobody waits for them, and none goes away.\n",
	       ORPHANS);
	if (wait_end(&c) != EXIT_SUCCESS)
		return fail(&c, "the program did not end well");
	return true;
}

/* Send TERM to hale, and see it arrive, and both of them end. */
static bool
show_stop(const struct container *c, int hale)
{
	if (kill(c->init, SIGTERM) < 0)
		return fail(c, "cannot send TERM to hale");
	if (hear(c, ASKED) != hale)
		return fail(c, "the program did not get TERM from hale");
	printf("   TERM was sent to hale, and the program got it, from process "
	       "%d.\n",
	       hale);
	if (wait_end(c) != EXIT_CODE)
		return fail(c, "hale did not exit with the program's code");
	printf("   The program then exited with %d, and hale with %d.\n",
	       EXIT_CODE, EXIT_CODE);
	return true;
}

static bool
show_hale(struct demo *demo)
{
	struct container c = {0};
	int pid, hale;

	if (start(&c, demo, demo->hale) < 0)
		return fail(&c, "cannot start hale");
	hale = demo->way != 0 ? 1 : (int)c.init;
	pid = hear(&c, STARTED);
	if (pid < 0)
		return fail(&c, "hale did not start the program");
	printf("\n2. The same program under hale: hale is process %d, "
	       "the program process %d.\n",
	       hale, pid);
	if (!hear_adopted(&c, hale))
		return fail(&c, "the orphans did not come to hale");
	printf("   It left %d orphans.  They came to hale, and ended.\n",
	       ORPHANS);
	if (hear(&c, COUNTED) != 0)
		return fail(&c, "hale left zombies");
	printf("   0 zombies: hale has waited for each.\n");
	return show_stop(&c, hale);
}

static void
show_way(int way, int error)
{
	if (way == 0)
		printf("Namespaces are refused here (%s), so hale is not\n"
		       "process 1 but a subreaper: orphans come to it all the "
		       "same.\n",
		       strerror(error));
	else
		printf("What an init does for a container: two new PID "
		       "namespaces%s.\n",
		       way & CLONE_NEWUSER ? ", without being root" : "");
}

int
main(int argc, char **argv)
{
	struct demo demo = {0};
	int error = 0;

	if (argc == 3)
		return program(strcmp(argv[1], "alone") == 0,
		               (int)strtol(argv[2], NULL, 10));
	if (argc != 2) {
		(void)fprintf(stderr, "usage: demo HALE\n");
		return EXIT_FAILURE;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	demo.hale = argv[1];
	if (readlink("/proc/self/exe", demo.self, sizeof(demo.self) - 1) < 0) {
		perror("demo: cannot read /proc/self/exe");
		return EXIT_FAILURE;
	}
	demo.way = choose_way(&error);
	show_way(demo.way, error);
	if (!show_alone(&demo) || !show_hale(&demo))
		return EXIT_FAILURE;
	printf("\nAll of this has just been observed.\n");
	return EXIT_SUCCESS;
}
