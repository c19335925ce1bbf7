/* SPDX-License-Identifier: MIT */
/*
 * siege_program: what hale runs in the siege.
 *
 *	siege_program HOSTILE DIRECTORY PORT UID
 *
 * PROGRAM notes when each TERM comes, and ends with INT.  While the board says
 * so it attacks hale with everything at once: it stops all other processes and
 * continues them, and its children are the rest of the attacks.  Most are
 * commands of HOSTILE, tests/support/hostile_program.c.  They are niced, since
 * what counts is how long hale takes, and not how many want the processors.
 *
 * Left out are a tracer of hale and limits for hale, which cannot be held
 * against its own user; see SECURITY.md.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "siege.h"

enum {
	MOMENT_US = 1000,
	ROUND_US = 2000000, /* for which the attackers live */
	PAIRS = 20,         /* of stops and continues in a moment */
	NICE = 10,
	CLIENTS = 32, /* that say nothing, at a time */
	RUNNING = 16,
};

static struct siege_board *board;
static volatile sig_atomic_t ended;
static const char *hostile, *directory;
static int port;
static pid_t running[RUNNING];
static int running_count;

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
note_term(int n)
{
	(void)n;
	board->came_at = now_us();
	board->came++;
}

static void
note_end(int n)
{
	(void)n;
	ended = 1;
}

/* ------ Attacks of its own. ------ */

/* Signals for hale, without end; PROGRAM ignores them. */
static _Noreturn void
flood_with_signals(void)
{
	for (;;) {
		(void)kill(1, SIGUSR2);
		(void)sigqueue(1, SIGRTMIN + 1, (union sigval){.sival_int = 1});
		(void)kill(1, SIGCHLD);
		(void)kill(1, SIGKILL); /* which does nothing to PID 1 */
		(void)kill(1, SIGSTOP);
	}
}

/* Notifications without sense, without end; PROGRAM's own are among them. */
static _Noreturn void
flood_with_notifications(void)
{
	static const char *const messages[] = {
	    "READY=1", "WATCHDOG=1", "=\n\n=", "FDSTORE=1\nBARRIER=1", "x"};
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int i, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size;

	if (name == NULL || strlen(name) >= sizeof(to.sun_path))
		_exit(1);
	memcpy(to.sun_path, name, strlen(name));
	size = (socklen_t)(sizeof(sa_family_t) + strlen(name));
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	for (i = 0;; i++)
		(void)sendto(fd, messages[i % 5], strlen(messages[i % 5]), 0,
		             (struct sockaddr *)&to, size);
}

/* Clients of --health-listen that say nothing, or half. */
static _Noreturn void
bother_listener(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((in_port_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int i, fds[CLIENTS] = {0};

	for (i = 0;; i = (i + 1) % CLIENTS) {
		if (fds[i] > 0)
			close(fds[i]);
		fds[i] = socket(AF_INET,
		                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fds[i], (struct sockaddr *)&to, sizeof(to));
		usleep(MOMENT_US);
		if (i % 2 == 0)
			(void)send(fds[i], "GET /me", 7, MSG_NOSIGNAL);
	}
}

/* ------ All of them. ------ */

/* A path in the directory; some are kept. */
static char *
path_of(const char *name)
{
	static char paths[8][128];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

/* As they were before the last round's FIFOs. */
static void
restore_files(void)
{
	static const char *const names[] = {"etc/hosts", "etc/resolv.conf",
	                                    "report"};
	static const char text[] = "127.0.0.1 siege.test\n";
	int i, fd;

	for (i = 0; i < 3; i++) {
		(void)unlink(path_of(names[i]));
		fd = open(path_of(names[i]), O_WRONLY | O_CREAT | O_CLOEXEC,
		          0644);
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

static void
begin(char **words, void (*attack)(void))
{
	pid_t pid = running_count < RUNNING ? fork() : -1;

	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)setpriority(PRIO_PROCESS, 0, NICE);
		(void)signal(SIGTERM, SIG_IGN);
		if (attack != NULL)
			attack();
		execv(hostile, words);
		_exit(127);
	}
	if (pid > 0)
		running[running_count++] = pid;
}

#define COMMAND(...)                                                           \
	begin((char *[]){"hostile_program", __VA_ARGS__, "1", "0", NULL}, NULL)

static void
begin_attacks(void)
{
	char fifos[400];

	restore_files();
	snprintf(fifos, sizeof(fifos), "%s:%s:%s", path_of("etc/hosts"),
	         path_of("etc/resolv.conf"), path_of("report"));
	if (board->rounds++ % 2 == 0)
		COMMAND("fifos", fifos);
	else
		COMMAND("leases", fifos);
	COMMAND("leases", path_of("probe"));
	COMMAND("misuse-files");
	COMMAND("close-pipes");
	COMMAND("orphans-traced");
	COMMAND("reuse-pids");
	begin(NULL, flood_with_signals);
	begin(NULL, flood_with_notifications);
	begin(NULL, bother_listener);
	board->attacked = true;
}

static void
end_attacks(void)
{
	int i;

	for (i = 0; i < running_count; i++) {
		(void)kill(-running[i], SIGKILL);
		(void)kill(running[i], SIGKILL);
		while (waitpid(running[i], NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	running_count = 0;
	board->attacked = false;
}

static void
storm(void)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		(void)kill(-1, SIGSTOP);
		(void)kill(-1, SIGCONT);
	}
}

/* Until INT comes; then the attackers are left to hale. */
static void
live(void)
{
	long long round_ends = 0;

	while (!ended) {
		if (running_count > 0 &&
		    (!board->attack || now_us() > round_ends))
			end_attacks();
		if (running_count == 0 && board->attack) {
			begin_attacks();
			round_ends = now_us() + ROUND_US;
		}
		if (board->attack)
			storm();
		usleep(MOMENT_US);
	}
}

static void
arrange_signals(void)
{
	int n;

	for (n = 1; n <= 64; n++)
		(void)signal(n,
		             n == SIGCHLD || n == SIGCONT ? SIG_DFL : SIG_IGN);
	(void)signal(SIGTERM, note_term);
	(void)signal(SIGINT, note_end);
}

int
main(int argc, char **argv)
{
	uid_t uid = argc == 5 ? (uid_t)atoi(argv[4]) : 0;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
	             SIEGE_FD, 0);
	if (argc != 5 || board == MAP_FAILED)
		return 100;
	if (uid != 0 && (setgroups(0, NULL) < 0 || setuid(uid) < 0))
		return 100;
	(void)prctl(PR_SET_DUMPABLE, 1);
	hostile = argv[1];
	directory = argv[2];
	port = atoi(argv[3]);
	arrange_signals();
	board->ready = true;
	live();
	return SIEGE_EXIT;
}
