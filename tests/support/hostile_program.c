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
	NEW_PIDS = 8,  /* of the processes that may be started next */
	FORGED = 16,   /* descriptors of hale's, of which some may be pipes */
};

static int run_command(char **words);

static void
block_all(void)
{
	unsigned long all = ~0UL;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

/* Signals that nobody counts: the end of a child, and what a lease brings. */
static unsigned long uncounted = 1UL << (SIGCHLD - 1) | 1UL << (SIGIO - 1);

/* Take the next signal that counts; 0 if none comes for 200 ms. */
static int
take(siginfo_t *info)
{
	const struct timespec limit = {0, 200000000};
	unsigned long asked = ~uncounted;

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

/* count COUNT CODE: a CODE above 128 is a death by a signal */
static int
do_count(char **words)
{
	int left = atoi(words[0]), code = atoi(words[1]);
	siginfo_t info;

	block_all();
	printf("done\n");
	while (left > 0)
		if (take(&info) > 0) {
			printf("%d\n", info.si_signo);
			left--;
		}
	if (code > 128)
		kill(getpid(), code - 128);
	return code;
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
	struct stat file;
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
	/* As it is, or nobody's but the owner's.  But a device, such as hale's
	 * standard input, belongs to the whole machine. */
	if (fstat(fd, &file) == 0 && !S_ISCHR(file.st_mode))
		fchmod(fd, 0600);
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

/* storm-after COUNT CODE: leave a child that stops all others, without end, as
 * soon as PROGRAM has ended */
static int
do_storm_after(char **words)
{
	pid_t program = getpid();

	block_all();
	if (fork() == 0) {
		while (getppid() == program)
			sleep_a_moment();
		for (;;)
			kill(-1, SIGSTOP);
	}
	return do_count(words);
}

/* leave-storm: leave a process that stops each new one, without end, and end */
static int
do_leave_storm(char **words)
{
	int ready[2], i;
	char byte;

	(void)words;
	if (pipe(ready) < 0)
		return 1;
	if (fork() == 0) {
		setsid(); /* or it would end with the command's group */
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			for (i = 1; i < NEW_PIDS; i++)
				kill(getpid() + i, SIGSTOP);
	}
	close(ready[1]);
	return (int)read(ready[0], &byte, 1); /* 0: the storm has begun */
}

/* leave-forger: leave a process that opens each pipe of hale's, fills it with
 * what hale did not write, and keeps it open; and end */
static int
do_leave_forger(char **words)
{
	char path[64], byte = 2;
	struct stat file;
	int fd, i;

	(void)words;
	if (fork() > 0)
		return 0;
	setsid();
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	for (;;)
		for (i = 3; i < FORGED; i++) {
			snprintf(path, sizeof(path), "/proc/1/fd/%d", i);
			if (stat(path, &file) < 0 || !S_ISFIFO(file.st_mode))
				continue;
			fd = open(path, O_WRONLY | O_NONBLOCK);
			(void)!write(fd, &byte, 1);
		}
}

/* pair-storm COUNT CODE: a child stops all others and lets them go on, without
 * end; so does an orphan, which hale hears of */
static int
do_pair_storm(char **words)
{
	uncounted |= 1UL << (SIGCONT - 1);
	block_all();
	if (fork() == 0) {
		if (fork() == 0)
			for (;;)
				pause(); /* to be stopped, as hale's child */
		if (fork() == 0)
			for (;;) {
				kill(-1, SIGSTOP);
				kill(-1, SIGCONT);
			}
		_exit(0);
	}
	return do_count(words);
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

/* leases PATH:... COUNT CODE: nobody else shall open or execute these files */
static int
do_leases(char **words)
{
	char *path, *rest = words[0];

	while ((path = strsep(&rest, ":")) != NULL)
		if (take_lease(path, F_WRLCK) < 0) {
			printf("no lease on %s: %s\n", path, strerror(errno));
			return 100;
		}
	return do_count(words + 1);
}

static void
make_directories(char *path)
{
	char *at = path;

	while ((at = strchr(at + 1, '/')) != NULL) {
		*at = '\0';
		(void)mkdir(path, 0777);
		*at = '/';
	}
}

/* Write numbers into a FIFO without end, for whoever takes it for a list. */
static _Noreturn void
feed(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	while (write(fd, "100000000 ", 10) == 10)
		continue;
	_exit(1);
}

/* fifos PATH:... COUNT CODE: put a FIFO in the place of each, with somebody who
 * writes into every second one */
static int
do_fifos(char **words)
{
	char *path, *rest = words[0];
	int i = 0;

	umask(0); /* other users come after this one */
	block_all();
	while ((path = strsep(&rest, ":")) != NULL) {
		make_directories(path);
		(void)unlink(path);
		if (mkfifo(path, 0666) < 0) {
			printf("no FIFO %s: %s\n", path, strerror(errno));
			return 100;
		}
		if (i++ % 2 == 1 && fork() == 0)
			feed(path);
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

/* Does hale forward this signal within two seconds? */
static bool
arrives(int n)
{
	const struct timespec limit = {2, 0};
	unsigned long asked = 1UL << (n - 1);

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
		kill(getppid(), SIGUSR2);              /* hale says something */
		usleep((useconds_t)(left * 37 % 200)); /* another moment each */
		tcflow(STDERR_FILENO, TCOOFF);
		kill(getppid(), SIGUSR1);
		if (!arrives(SIGUSR1) || !arrives(SIGUSR2)) {
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

/* Have this process's parent as its tracer, stop as the tracee, and execute
 * something, which stops it again. */
static _Noreturn void
be_traced_and_execute(void)
{
	signal(SIGUSR2, SIG_IGN);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(100);
	kill(getpid(), SIGUSR2);
	execl("/bin/true", "true", NULL);
	_exit(100);
}

/* traced-command: what a probe runs, with hale as its tracer */
static int
do_traced_command(char **words)
{
	(void)words;
	be_traced_and_execute();
}

/* An orphan that hale traces has to get on; it holds a pipe as long as it
 * lives. */
static void
leave_traced_orphan(void)
{
	int ends[2];
	char byte;
	pid_t parent;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	parent = fork();
	if (parent == 0) {
		pid_t middle = getpid();

		if (fork() != 0)
			_exit(0);
		while (getppid() == middle)
			sleep_a_moment();
		be_traced_and_execute();
	}
	(void)waitpid(parent, NULL, 0);
	close(ends[1]);
	(void)!read(ends[0], &byte, 1);
	close(ends[0]);
}

/* orphans-traced COUNT CODE: some of them, one after the other */
static int
do_orphans_traced(char **words)
{
	int i;

	for (i = 0; i < 20; i++)
		leave_traced_orphan();
	return do_count(words);
}

/* trace-program COUNT CODE: a child traces PROGRAM and never waits for it */
static int
do_trace_program(char **words)
{
	pid_t program = getpid();
	int ends[2];
	char byte = 'n';

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 100;
	block_all();
	prctl(PR_SET_DUMPABLE,
	      1); /* as a program that it has executed would be */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (fork() == 0) {
		if (ptrace(PTRACE_SEIZE, program, 0, 0) == 0)
			byte = 'y';
		(void)!write(ends[1], &byte, 1);
		for (;;)
			pause();
	}
	(void)!read(ends[0], &byte, 1);
	printf(byte == 'y' ? "traced\n" : "refused\n");
	return do_count(words);
}

/* ------ Numbers that are used again, and what is closed. ------ */

/* Have the kernel give the same pids again, where it lets us. */
static void
rewind_pids(void)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "20", 2);
	close(fd);
}

/* A child that leads a group and ends soon.  Nobody has a reason to kill it:
 * who does meant somebody who had the number before. */
static void
use_pid(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setpgid(0, 0);
		sleep_a_moment();
		_exit(0);
	}
	if (pid < 0)
		sleep_a_moment();
	else if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
		printf("a stranger was killed\n");
}

/* reuse-pids COUNT CODE: use the same pids again and again, for children and
 * for orphans */
static int
do_reuse_pids(char **words)
{
	pid_t program = getpid();

	block_all();
	if (fork() == 0)
		while (getppid() == program) {
			rewind_pids();
			use_pid();
			if (fork() == 0) {
				if (fork() == 0)
					sleep_a_moment();
				_exit(0);
			}
			(void)waitpid(-1, NULL, 0);
		}
	return do_count(words);
}

/* close-output MS: what a probe runs; it closes its output, and ends later */
static int
do_close_output(char **words)
{
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	usleep((useconds_t)atoi(words[0]) * 1000);
	return 0;
}

/* Empty each pipe of hale's that can be opened, and then fill it. */
static void
spoil_pipes(void)
{
	char path[64], bytes[4096] = "";
	int i, fd;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/proc/1/fd/%d", i);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		while (fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0)
			continue;
		while (fd >= 0 && i > 2 && write(fd, bytes, 4096) > 0)
			continue;
		if (fd >= 0)
			close(fd);
	}
}

/* close-pipes COUNT CODE: close standard error, and do what can be done with
 * hale's pipes, 300 times */
static int
do_close_pipes(char **words)
{
	int i;

	uncounted |= 1UL << (SIGWINCH - 1);
	block_all();
	close(STDERR_FILENO);
	for (i = 0; i < 300; i++) {
		kill(1, SIGWINCH); /* hale says something */
		spoil_pipes();
		sleep_a_moment();
	}
	return do_count(words);
}

static const struct command commands[] = {
    {"stop-storm", 2, do_stop_storm},
    {"leases", 3, do_leases},
    {"leave-lease", 2, do_leave_lease},
    {"stop-terminal", 3, do_stop_terminal},
    {"be-traced", 2, do_be_traced},
    {"count", 2, do_count},
    {"become", 2, do_become},
    {"storm", 2, do_storm},
    {"kill-hale", 2, do_kill_hale},
    {"full", 2, do_full},
    {"fork-bomb", 2, do_fork_bomb},
    {"misuse-files", 2, do_misuse_files},
    {"trace-hale", 2, do_trace_hale},
    {"take-limits", 2, do_take_limits},
    {"fifos", 3, do_fifos},
    {"storm-after", 2, do_storm_after},
    {"leave-storm", 0, do_leave_storm},
    {"leave-forger", 0, do_leave_forger},
    {"pair-storm", 2, do_pair_storm},
    {"traced-command", 0, do_traced_command},
    {"reuse-pids", 2, do_reuse_pids},
    {"orphans-traced", 2, do_orphans_traced},
    {"close-pipes", 2, do_close_pipes},
    {"trace-program", 2, do_trace_program},
    {"close-output", 1, do_close_output},
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
