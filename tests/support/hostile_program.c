/* SPDX-License-Identifier: MIT */
/*
 * hostile_program: a PROGRAM that attacks hale; each command is one attack.
 *
 * Each tries something on hale, its parent, and then counts on it: it says
 * "done" and tells of COUNT signals that hale has to bring, and exits with
 * CODE.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"

enum {
	SIGNALS = 65,
	QUEUED = 34,   /* the first signal that is queued, RTMIN */
	WINDOW = 1000, /* queued signals on their way; far below the limit */
	PATIENCE = 50, /* looks, 200 ms each, for what is on its way */
};

static int run_command(char **words);

static void
block_all(void)
{
	unsigned long all = ~0UL;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

/* Take the next signal but CHLD, and IO, which belongs to a lease; 0 if none
 * comes for 200 ms. */
static int
take(siginfo_t *info)
{
	const struct timespec limit = {0, 200000000};
	unsigned long asked = ~(1UL << (SIGCHLD - 1) | 1UL << (SIGIO - 1));

	info->si_signo = 0;
	(void)syscall(SYS_rt_sigtimedwait, &asked, info, &limit, sizeof(asked));
	return info->si_signo;
}

static void
sleep_a_moment(void)
{
	const struct timespec moment = {0, 1000000};

	nanosleep(&moment, NULL);
}

/* count COUNT CODE */
static int
do_count(char **words)
{
	int left = atoi(words[0]);
	siginfo_t info;

	block_all();
	printf("done\n");
	while (left > 0)
		if (take(&info) > 0) {
			printf("%d\n", info.si_signo);
			left--;
		}
	return atoi(words[1]);
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

/* ------ Signals. ------ */

/* What the two of a storm share. */
struct storm {
	atomic_int queued; /* sent, and in all */
	atomic_int came;
	atomic_bool over;
};

/* Half of them are queued, each with the number of its kind so far; the others
 * may become one.  TERM is somewhere amid them. */
static _Noreturn void
send_storm(struct storm *s, pid_t hale, int count)
{
	static const int plain[] = {SIGHUP,  SIGUSR1, SIGCHLD, SIGCONT,
	                            SIGPIPE, SIGXFSZ, SIGSEGV, SIGWINCH};
	int sent[SIGNALS] = {0}, i;

	for (i = 0; i < count / 2; i++) {
		int n = QUEUED + i % (SIGNALS - QUEUED);

		while (s->queued - s->came >= WINDOW)
			sched_yield();
		if (sigqueue(hale, n, (union sigval){.sival_int = ++sent[n]}) <
		    0)
			_exit(100);
		s->queued++;
		kill(hale, i == count / 4 ? SIGTERM : plain[i % 8]);
	}
	s->over = true;
	_exit(0);
}

/* storm SENT CODE: tell what is missing of so many signals */
static int
do_storm(char **words)
{
	struct storm *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int came[SIGNALS] = {0}, disorder = 0, patience = PATIENCE;
	pid_t hale = getppid();
	siginfo_t info;

	block_all();
	if (fork() == 0)
		send_storm(s, hale, atoi(words[0]));
	while (patience > 0 &&
	       (!s->over || s->came < s->queued || came[SIGTERM] == 0)) {
		int n = take(&info);

		patience -= n == 0;
		came[n]++;
		if (n >= QUEUED) {
			disorder += info.si_value.sival_int != came[n];
			s->came++;
		}
	}
	printf("lost %d, disorder %d, TERM %d, some HUP %d\n",
	       s->queued - s->came, disorder, came[SIGTERM], came[SIGHUP] > 0);
	return atoi(words[1]);
}

/* kill-hale COUNT CODE: send hale what would end or stop any other process */
static int
do_kill_hale(char **words)
{
	pid_t hale = getppid();

	kill(hale, SIGSTOP);
	kill(hale, SIGKILL);
	/* Of a descriptor that hale shares, as if the kernel had sent it. */
	fcntl(STDOUT_FILENO, F_SETOWN, hale);
	fcntl(STDOUT_FILENO, F_SETSIG, SIGKILL);
	fcntl(STDOUT_FILENO, F_SETFL, O_ASYNC | O_NONBLOCK);
	return do_count(words);
}

/* full COUNT CODE: a process that no signal can be queued for */
static int
do_full(char **words)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_SIGPENDING, &none);
	return do_count(words);
}

/* ------ Processes. ------ */

/* Two of each, and again; who cannot ends, and leaves orphans to hale. */
static _Noreturn void
fork_for_ever(void)
{
	setsid();
	for (;;) {
		pid_t pid = fork();

		if (pid < 0 && getpid() % 3 == 0)
			_exit(1);
		if (pid < 0)
			sleep_a_moment();
	}
}

/* fork-bomb COUNT CODE: as many processes as there may be */
static int
do_fork_bomb(char **words)
{
	if (fork() == 0) {
		setpriority(PRIO_PROCESS, 0, 19);
		fork_for_ever();
	}
	return do_count(words);
}

/* ------ Descriptors. ------ */

/* Do what can be done with a file of hale's that somebody else can open. */
static void
misuse_file(int fd)
{
	char bytes[64] = "spoilt\n";
	struct flock lock = {.l_type = F_WRLCK};
	void *at;

	(void)!write(fd, bytes, 7);
	(void)!pwrite(fd, bytes, 7, 0);
	(void)!pwrite(fd, bytes, 7, 40000);
	(void)!ftruncate(fd, 0);
	(void)!ftruncate(fd, 1L << 30);
	fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20);
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	fcntl(fd, F_SETLK, &lock);
	fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	flock(fd, LOCK_EX | LOCK_NB);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED) {
		if (mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0)
			memset(at, 'x', 4096);
		madvise(at, 4096, MADV_REMOVE);
	}
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		memset(at, 'x', 4096);
	(void)!read(fd, bytes, sizeof(bytes));
	fchmod(fd, 0600); /* as it is; and then nobody's but the owner's */
}

static int
open_all(const char *path)
{
	static const int ways[] = {O_RDONLY, O_WRONLY, O_RDWR,
	                           O_RDWR | O_TRUNC};
	int i, opened = 0;

	for (i = 0; i < 4; i++) {
		int fd = open(path, ways[i] | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0)
			continue;
		opened++;
		misuse_file(fd);
		close(fd);
	}
	return opened;
}

/* Whatever hale has open now; -1 if nobody may see that. */
static int
misuse_all_files(void)
{
	DIR *directory = opendir("/proc/1/fd");
	struct dirent *entry;
	char path[300];
	int opened = 0;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		snprintf(path, sizeof(path), "/proc/1/fd/%s", entry->d_name);
		if (entry->d_name[0] != '.')
			opened += open_all(path);
	}
	closedir(directory);
	return opened;
}

/* misuse-files COUNT CODE: again and again, since probes come and go */
static int
do_misuse_files(char **words)
{
	int i, opened = 0;

	signal(SIGPIPE, SIG_IGN); /* a probe's pipe may end any time */
	for (i = 0; i < 300; i++) {
		opened |= misuse_all_files();
		sleep_a_moment();
	}
	printf("\n%s\n", opened == -1 ? "closed" : "opened");
	return do_count(words);
}

/* ------ What the same user may do. ------ */

/* Stop hale until standard input ends. */
static _Noreturn void
trace_hale(pid_t hale, int ready)
{
	char byte;

	if (ptrace(PTRACE_SEIZE, hale, 0, 0) < 0 ||
	    ptrace(PTRACE_INTERRUPT, hale, 0, 0) < 0) {
		printf(errno == EPERM ? "refused\n" : "failed\n");
		_exit(0);
	}
	(void)waitpid(hale, NULL, __WALL);
	printf("held\n");
	close(ready);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	_exit(0);
}

/* trace-hale COUNT CODE: trace hale from the first byte of standard input to
 * its end
 */
static int
do_trace_hale(char **words)
{
	pid_t hale = getppid();
	int ends[2];
	char byte;

	block_all();
	if (pipe2(ends, O_CLOEXEC) < 0 || read(STDIN_FILENO, &byte, 1) != 1)
		return 100;
	if (fork() == 0)
		trace_hale(hale, ends[1]);
	close(ends[1]);
	(void)!read(ends[0], &byte, 1); /* the end of it */
	return do_count(words);
}

/* take-limits COUNT CODE: leave hale nothing of what has a limit */
static int
do_take_limits(char **words)
{
	struct rlimit none = {0, 0};
	int i, refused = 0;

	for (i = 0; i < RLIM_NLIMITS; i++)
		if (i != RLIMIT_CPU)
			refused |= prlimit(getppid(), i, &none, NULL) < 0;
	printf("%s\n", refused ? "refused" : "starved");
	return do_count(words);
}

/* ------ What could make hale wait. ------ */

/* stop-storm COUNT CODE: stop all but hale and itself, without end, until COUNT
 * signals have come */
static int
do_stop_storm(char **words)
{
	const struct timespec now = {0, 0};
	unsigned long asked = ~(1UL << (SIGCHLD - 1));
	int left = atoi(words[0]), n;

	block_all();
	printf("done\n");
	while (left > 0) {
		kill(-1, SIGSTOP);
		n = (int)syscall(SYS_rt_sigtimedwait, &asked, NULL, &now,
		                 sizeof(asked));
		if (n > 0) {
			printf("%d\n", n);
			left--;
		}
	}
	return atoi(words[1]);
}

/* Take a lease on a file as soon as nobody else has it open; keep it when the
 * kernel asks for it. */
static int
take_lease(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int tries;

	signal(SIGIO, SIG_IGN);
	for (tries = 0; fd >= 0 && tries < 5000; tries++) {
		if (fcntl(fd, F_SETLEASE, how) == 0)
			return fd;
		sleep_a_moment();
	}
	return -1;
}

/* lease PATH COUNT CODE: nobody else shall open or execute the file */
static int
do_lease(char **words)
{
	if (take_lease(words[0], F_WRLCK) < 0) {
		printf("no lease: %s\n", strerror(errno));
		return 100;
	}
	return do_count(words + 1);
}

/* leave-lease PATH CODE: end, and leave a child that has a lease which lets
 * others only read the file */
static int
do_leave_lease(char **words)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		return 100;
	if (fork() == 0) {
		close(ends[0]);
		if (take_lease(words[0], F_RDLCK) < 0)
			_exit(100);
		close(ends[1]);
		for (;;)
			pause();
	}
	close(ends[1]);
	(void)!read(ends[0], &byte, 1);
	printf("done\n");
	return atoi(words[1]);
}

/* Does a signal that hale is sent come back within two seconds? */
static bool
comes_back(int n)
{
	const struct timespec limit = {2, 0};
	unsigned long asked = 1UL << (n - 1);

	kill(getppid(), n);
	return syscall(SYS_rt_sigtimedwait, &asked, NULL, &limit,
	               sizeof(asked)) == n;
}

/* stop-terminal ROUNDS COUNT CODE: keep others from opening the terminal that
 * is standard error, and stop its output at any moment, so often */
static int
do_stop_terminal(char **words)
{
	int left = atoi(words[0]);

	block_all();
	if (ioctl(STDERR_FILENO, TIOCEXCL) < 0)
		return 100;
	for (; left > 0; left--) {
		kill(getppid(), SIGUSR2); /* hale says something */
		usleep((useconds_t)(rand() % 200));
		tcflow(STDERR_FILENO, TCOOFF);
		if (!comes_back(SIGUSR1)) {
			printf("hale waits for the terminal\n");
			return 100;
		}
		tcflow(STDERR_FILENO, TCOON);
	}
	return do_count(words + 1);
}

/* be-traced COUNT CODE: have hale as its tracer, and stop */
static int
do_be_traced(char **words)
{
	signal(SIGUSR2, SIG_IGN);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		return 100;
	raise(SIGUSR2);
	return do_count(words);
}

static const struct command commands[] = {
    {"stop-storm", 2, do_stop_storm},   {"lease", 3, do_lease},
    {"leave-lease", 2, do_leave_lease}, {"stop-terminal", 3, do_stop_terminal},
    {"be-traced", 2, do_be_traced},     {"count", 2, do_count},
    {"become", 2, do_become},           {"storm", 2, do_storm},
    {"kill-hale", 2, do_kill_hale},     {"full", 2, do_full},
    {"fork-bomb", 2, do_fork_bomb},     {"misuse-files", 2, do_misuse_files},
    {"trace-hale", 2, do_trace_hale},   {"take-limits", 2, do_take_limits},
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
