/* SPDX-License-Identifier: MIT */
/*
 * demo: shows what hale does as the first process of a container.
 *
 * The demo starts a program twice, each time in a small container: once as the
 * init of the container, and once under hale.  The program leaves orphans,
 * waits for TERM, and exits with a code.  It reports what it observes through a
 * pipe, and the demo prints only what was observed.  A failure is one message
 * and exit status 1.  Every wait has a timeout.
 *
 * Usage: demo HALE.  The program is in this file as well: "demo alone FD" or
 * "demo under-hale FD".
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
	EXIT_CODE = 42,   /* of the program; hale passes it on */
	TIMEOUT_MS = 5000 /* for anything that should happen at once */
};

/* What the program and its orphans report, and the number in that report. */
enum event {
	STARTED,   /* the program's process id */
	ADOPTED,   /* the parent of an orphan */
	COUNTED,   /* the number of zombies after all orphans have ended */
	TERMINATED /* the process that TERM came from */
};

struct report {
	enum event event;
	int number;
};

/* A container: its first process, and the pipe from which reports are read. */
struct container {
	pid_t init;
	int reports;
};

struct demo {
	char *hale;          /* path of hale */
	char self[PATH_MAX]; /* path of this program */
	int namespaces;      /* flags for clone(2), or 0 */
};

/* The namespaces to try, in this order.  0 is for systems that refuse them. */
static const int namespace_choices[] = {
    CLONE_NEWPID | CLONE_NEWNS,
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER,
    0,
};

/* Sleep for a millisecond and count it.  False after TIMEOUT_MS of them. */
static bool
wait_more(int *waited)
{
	static const struct timespec millisecond = {.tv_nsec = 1000000};

	(void)nanosleep(&millisecond, NULL);
	return ++*waited < TIMEOUT_MS;
}

/* ------ The program ------ */

static void
send_report(int reports, enum event event, int number)
{
	struct report report = {event, number};

	if (write(reports, &report, sizeof(report)) != sizeof(report))
		_exit(EXIT_FAILURE);
}

/* As an orphan: wait until the pipe is closed, then report the parent. */
static _Noreturn void
run_orphan(int reports, const int gate[2])
{
	char nothing;

	(void)close(gate[1]);
	if (read(gate[0], &nothing, 1) != 0)
		_exit(EXIT_FAILURE);
	send_report(reports, ADOPTED, (int)getppid());
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
				run_orphan(reports, gate);
		_exit(EXIT_SUCCESS);
	}
	/* The parent has exited, so they are orphans.  Let them end. */
	(void)waitpid(parent, NULL, 0);
	(void)close(gate[0]);
	(void)close(gate[1]);
}

/* The state of a process as in ps(1), or NUL if it is no child of parent. */
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

/* Count the children of a process: those that run, and the zombies. */
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

/* Wait until all orphans have ended and the expected number are zombies. */
static int
wait_for_zombies(pid_t adopter, int expected)
{
	int alive, zombies, waited = 0;

	do
		count_children(adopter, &alive, &zombies);
	while ((alive > 0 || zombies != expected) && wait_more(&waited));
	return zombies;
}

/* The program.  Without hale it adopts its own orphans, and like most programs
 * it does not wait for children that it has not started itself. */
static int
program(bool alone, int reports)
{
	struct timespec timeout = {.tv_sec = TIMEOUT_MS / 1000};
	siginfo_t info;
	sigset_t term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	if (alone)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	send_report(reports, STARTED, (int)getpid());
	leave_orphans(reports);
	send_report(reports, COUNTED,
	            alone ? wait_for_zombies(getpid(), ORPHANS)
	                  : wait_for_zombies(getppid(), 0));
	if (alone)
		return EXIT_SUCCESS;
	if (sigtimedwait(&term, &info, &timeout) != SIGTERM)
		return EXIT_FAILURE;
	send_report(reports, TERMINATED, (int)info.si_pid);
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

/* Map our user and group into the new user namespace. */
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

/* Fork into a new container.  Returns 0 inside of it, and the process id
 * outside.  If the container cannot be set up, its first process exits with the
 * error number. */
static pid_t
fork_container(int namespaces)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t pid = (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL,
	                           NULL, NULL);

	if (pid != 0)
		return pid;
	if ((namespaces & CLONE_NEWUSER) != 0 && keep_identity(uid, gid) < 0)
		_exit(errno);
	/* /proc shows the processes of the namespace that it was mounted in. */
	if ((namespaces & CLONE_NEWNS) != 0 &&
	    (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	     mount("proc", "/proc", "proc", 0, NULL) < 0))
		_exit(errno);
	return 0;
}

/* The first choice of namespaces that works here.  *error is the reason why the
 * one before it does not. */
static int
choose_namespaces(int *error)
{
	const int *choice = namespace_choices;
	int status = 0;
	pid_t pid;

	for (; *choice != 0; choice++) {
		pid = fork_container(*choice);
		if (pid == 0)
			_exit(EXIT_SUCCESS);
		if (pid < 0)
			*error = errno;
		else if (waitpid(pid, &status, 0) == pid && status == 0)
			break;
		else
			*error = WEXITSTATUS(status);
	}
	return *choice;
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
	c->init = fork_container(demo->namespaces);
	if (c->init == 0) {
		/* Otherwise hale would give the program our terminal. */
		(void)dup2(null, STDIN_FILENO);
		execv(command[0], command);
		_exit(127);
	}
	(void)close(null);
	(void)close(ends[1]);
	return c->init < 0 ? -1 : 0;
}

/* The number in the next report, or -1 if it is missing or another event. */
static int
await_report(const struct container *c, enum event event)
{
	struct pollfd ready = {.fd = c->reports, .events = POLLIN};
	struct report report;

	if (poll(&ready, 1, TIMEOUT_MS) != 1 ||
	    read(c->reports, &report, sizeof(report)) != sizeof(report))
		return -1;
	return report.event == event ? report.number : -1;
}

static bool
await_adoptions(const struct container *c, int by)
{
	int i;

	for (i = 0; i < ORPHANS; i++)
		if (await_report(c, ADOPTED) != by)
			return false;
	return true;
}

/* The exit code of the container's first process, or -1 after the timeout. */
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

/* ------ The two demonstrations ------ */

static bool
show_alone(struct demo *demo)
{
	struct container c = {0};
	int pid;

	if (start(&c, demo, NULL) < 0)
		return fail(&c, "cannot start the program");
	pid = await_report(&c, STARTED);
	printf("\n1. A program as its own init: it is process %d.\n", pid);
	if (pid < 0 || !await_adoptions(&c, pid))
		return fail(&c, "the program did not adopt its orphans");
	printf("   It left %d orphans, adopted them, and they ended.\n",
	       ORPHANS);
	if (await_report(&c, COUNTED) != ORPHANS)
		return fail(&c, "the orphans did not become zombies");
	printf("   %d zombies remain, because nobody waits for them.\n",
	       ORPHANS);
	if (wait_end(&c) != EXIT_SUCCESS)
		return fail(&c, "the program failed");
	return true;
}

/* Send TERM to hale.  The program must get it, and both must exit. */
static bool
show_stop(const struct container *c, int hale)
{
	if (kill(c->init, SIGTERM) < 0)
		return fail(c, "cannot send TERM to hale");
	if (await_report(c, TERMINATED) != hale)
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
	hale = demo->namespaces != 0 ? 1 : (int)c.init;
	pid = await_report(&c, STARTED);
	if (pid < 0)
		return fail(&c, "hale did not start the program");
	printf("\n2. The same program under hale: hale is process %d, "
	       "the program process %d.\n",
	       hale, pid);
	if (!await_adoptions(&c, hale))
		return fail(&c, "hale did not adopt the orphans");
	printf("   It left %d orphans, hale adopted them, and they ended.\n",
	       ORPHANS);
	if (await_report(&c, COUNTED) != 0)
		return fail(&c, "hale left zombies");
	printf("   0 zombies remain, because hale has reaped each of them.\n");
	return show_stop(&c, hale);
}

static void
show_namespaces(int namespaces, int error)
{
	if (namespaces == 0)
		printf("Namespaces are refused here (%s), so hale is not\n"
		       "process 1 but a subreaper: it still "
		       "adopts orphans.\n",
		       strerror(error));
	else
		printf("What an init does for a container: two new PID "
		       "namespaces%s.\n",
		       namespaces & CLONE_NEWUSER ? ", without being root"
		                                  : "");
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
	demo.namespaces = choose_namespaces(&error);
	show_namespaces(demo.namespaces, error);
	if (!show_alone(&demo) || !show_hale(&demo))
		return EXIT_FAILURE;
	printf("\nAll of this has just been observed.\n");
	return EXIT_SUCCESS;
}
