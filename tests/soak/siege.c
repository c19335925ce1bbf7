/* SPDX-License-Identifier: MIT */
/*
 * siege: hale as PID 1 under all attacks at once, for a long time.
 *
 *	siege SECONDS HALE PROGRAM HOSTILE
 *
 * Half of the time PROGRAM is hale's own user, and half of the time another
 * one.  hale watches targets of five kinds every 200 ms, and gets a TERM for
 * PROGRAM every 100 ms.  First nobody attacks, to see how long a TERM takes on
 * this machine.  Then siege_program.c attacks with everything that it has; what
 * hale takes is read before and after.  At last hale is stopped amid the
 * attacks.  What must hold stands in judge().
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hale.h"
#include "look.h"
#include "patience.h"
#include "siege.h"

enum {
	TERM_MS = 100, /* between two TERMs */
	QUIET_MS = 5000,
	LOST_MS = 10000, /* after which a TERM is lost, or hale stuck */
	SETTLE_MS = 1500,
	LOOKS = 10,
	WARM_UP = 5, /* a fifth of the time is attacked before the first look */
	TERMS = 20000,
	PROBE_SIZE = 1 << 26, /* bytes, more than any true(1) has */
	/* The bounds, of a quiet machine. */
	LATER_MS = 50, /* 99 in 100 TERMs, than without attackers */
	LATEST_MS = 1000,
	STOP_MS = 1500, /* with a grace period of 1000 */
};

struct siege {
	struct siege_board *board;
	char directory[64], hosts[80];
	char *hale, *program, *hostile;
	int board_fd, port, listen_port;
	pid_t server;
	bool broken;
};

/* One run of hale, and what came of it. */
struct turn {
	const char *who;
	uid_t uid;
	pid_t hale;
	unsigned long namespace;
	int log[2]; /* that nobody reads */
	struct look before, after;
	long quiet, attacked; /* 99 in 100 TERMs take no longer; microseconds */
	long latest;          /* of those amid attacks */
	long terms, lost, code, stop_ms, left;
};

static FILE *report; /* what was standard output */
static volatile sig_atomic_t interrupted;

static void
interrupt(int n)
{
	(void)n;
	interrupted = 1;
}

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
let_pass(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* Wait for something that the board says. */
static bool
await(const atomic_bool *what, bool value)
{
	long long end = look_now() + LOST_MS;

	while (*what != value && look_now() < end)
		let_pass(1);
	return *what == value;
}

/* ------ What hale checks. ------ */

static int
bind_any(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

static _Noreturn void
serve(struct siege_board *board, int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n";
	char request[1024];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		struct pollfd p = {.fd = client, .events = POLLIN};

		if (client < 0)
			continue;
		if (poll(&p, 1, TERM_MS) > 0 &&
		    recv(client, request, sizeof(request), 0) > 0)
			(void)send(client, answer, strlen(answer),
			           MSG_NOSIGNAL);
		board->served++;
		close(client);
	}
}

/* A new file each time, since the last one may have a lease on it. */
static bool
copy_probe(const struct siege *s, uid_t uid)
{
	int from = open("/bin/true", O_RDONLY | O_CLOEXEC), to;
	char path[96];
	bool good;

	snprintf(path, sizeof(path), "%s/probe", s->directory);
	(void)unlink(path);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	good = sendfile(to, from, NULL, PROBE_SIZE) > 0 &&
	       fchown(to, uid, uid) == 0;
	close(from);
	close(to);
	return good;
}

/* Its own /etc, in which everybody may write, hides the machine's: attackers
 * shall change nothing that others need. */
static bool
replace_etc(struct siege *s)
{
	snprintf(s->hosts, sizeof(s->hosts), "%s/etc", s->directory);
	return mkdir(s->hosts, 0777) == 0 && chmod(s->hosts, 0777) == 0 &&
	       chmod(s->directory, 0777) == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(s->hosts, "/etc", NULL, MS_BIND, NULL) == 0;
}

/* Attackers may misuse whatever hale shares with them: only this process has
 * the descriptor of the report. */
static bool
keep_report(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, SIEGE_FD + 1);

	report = fd < 0 ? NULL : fdopen(fd, "w");
	return report != NULL && dup2(null, STDIN_FILENO) == STDIN_FILENO &&
	       dup2(null, STDOUT_FILENO) == STDOUT_FILENO;
}

static bool
prepare(struct siege *s)
{
	int fd;

	s->board_fd = memfd_create("board", 0);
	strcpy(s->directory, "/tmp/hale-siege-XXXXXX");
	if (!keep_report() || s->board_fd < 0 ||
	    ftruncate(s->board_fd, sizeof(*s->board)) < 0 ||
	    mkdtemp(s->directory) == NULL || !replace_etc(s))
		return false;
	s->board = mmap(NULL, sizeof(*s->board), PROT_READ | PROT_WRITE,
	                MAP_SHARED, s->board_fd, 0);
	fd = bind_any(&s->listen_port);
	close(fd);
	fd = bind_any(&s->port);
	if (s->board == MAP_FAILED || fd < 0)
		return false;
	s->server = fork();
	if (s->server == 0)
		serve(s->board, fd);
	close(fd);
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	return true;
}

static int
remove_one(const char *path, const struct stat *status, int type,
           struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

static void
clean(const struct siege *s)
{
	(void)umount("/etc");
	(void)kill(s->server, SIGKILL);
	if (nftw(s->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		fprintf(stderr, "siege: cannot remove %s\n", s->directory);
}

/* ------ One run of hale. ------ */

static bool
start(struct siege *s, struct turn *t)
{
	char listen[32], http[64], tcp[64], exec[96], file[96], port[16];
	char uid[16], account[96];
	char *argv[] = {s->hale,
	                "--stop-signal",
	                "none",
	                "--stop-signal",
	                "INT",
	                "--grace",
	                "1s",
	                "-vvv",
	                "--exit-report",
	                account,
	                "--health-listen",
	                listen,
	                "--health-interval",
	                "200ms",
	                "--health-timeout",
	                "150ms",
	                "--health",
	                http,
	                "--health",
	                tcp,
	                "--health",
	                exec,
	                "--health",
	                file,
	                "--health",
	                "notify:?max-age=2s",
	                "--",
	                s->program,
	                s->hostile,
	                s->directory,
	                port,
	                uid,
	                NULL};

	snprintf(listen, sizeof(listen), "127.0.0.1:%d", s->listen_port);
	snprintf(http, sizeof(http), "http://siege.test:%d/", s->port);
	snprintf(tcp, sizeof(tcp), "tcp://127.0.0.1:%d", s->port);
	snprintf(exec, sizeof(exec), "exec:%s/probe", s->directory);
	snprintf(file, sizeof(file), "file:%s/report", s->directory);
	snprintf(account, sizeof(account), "%s/report", s->directory);
	snprintf(port, sizeof(port), "%d", s->listen_port);
	snprintf(uid, sizeof(uid), "%d", (int)t->uid);
	(void)unlink(account);
	if (!copy_probe(s, t->uid) || pipe2(t->log, O_CLOEXEC) < 0)
		return false;
	s->board->rounds = s->board->served = 0;
	s->board->ready = s->board->attack = s->board->attacked = false;
	t->hale = hale_start(argv, t->log[1], s->board_fd);
	close(t->log[1]);
	t->namespace = look_namespace(t->hale);
	return t->hale > 0 && await(&s->board->ready, true);
}

/* The least that is there in some looks: probes come and go. */
static void
look_settled(const struct turn *t, struct look *least)
{
	struct look now;
	int i;

	let_pass(SETTLE_MS);
	look_at(t->hale, least);
	for (i = 0; i < LOOKS; i++) {
		look_at(t->hale, &now);
		if (now.descriptors < least->descriptors)
			least->descriptors = now.descriptors;
		if (now.zombies < least->zombies)
			least->zombies = now.zombies;
		least->rss = now.rss;
		let_pass(TERM_MS / 3);
	}
}

/* ------ TERMs. ------ */

static long latencies[TERMS];

/* Microseconds from kill(2) to PROGRAM's handler. */
static long
send_term(const struct siege *s, struct turn *t)
{
	long long began = now_us();
	long before = s->board->came;

	kill(t->hale, SIGTERM);
	while (s->board->came == before && now_us() < began + LOST_MS * 1000LL)
		let_pass(1);
	if (s->board->came == before) {
		t->lost++;
		return LOST_MS * 1000L;
	}
	return (long)(s->board->came_at - began);
}

static int
compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* Send TERMs for so long.  Returns what 99 in 100 do not exceed. */
static long
send_terms(const struct siege *s, struct turn *t, long ms)
{
	long long end = look_now() + ms;
	int count = 0;

	t->latest = 0;
	while (look_now() < end && count < TERMS && !interrupted) {
		long us = send_term(s, t);

		latencies[count++] = us;
		if (us > t->latest)
			t->latest = us;
		if (us < TERM_MS * 1000)
			let_pass(TERM_MS - (int)(us / 1000));
	}
	t->terms += count;
	qsort(latencies, (size_t)count, sizeof(long), compare);
	return count > 0 ? latencies[(count - 1) * 99 / 100] : 0;
}

static void
begin_attack(const struct siege *s)
{
	s->board->attack = true;
	(void)await(&s->board->attacked, true);
}

static void
end_attack(const struct siege *s)
{
	s->board->attack = false;
	(void)await(&s->board->attacked, false);
}

static void
stop(struct turn *t)
{
	long long began = look_now();
	int status;

	kill(t->hale, SIGINT);
	while (waitpid(t->hale, &status, WNOHANG | __WALL) == 0) {
		if (look_now() > began + LOST_MS)
			kill(t->hale, SIGKILL);
		let_pass(1);
	}
	t->stop_ms = (long)(look_now() - began);
	t->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	t->left = look_left(t->namespace);
	close(t->log[0]);
}

/* ------ The verdict. ------ */

static void
expect(struct siege *s, const char *what, double value, double most)
{
	bool good = value <= most;

	fprintf(report, "  %-46s %9.1f   at most %.1f%s\n", what, value, most,
	        good ? "" : "   BROKEN");
	s->broken |= !good;
}

static void
judge(struct siege *s, const struct turn *t)
{
	double times = patience_factor();

	fprintf(report,
	        "\nPROGRAM as %s: %ld TERMs, %ld rounds of attacks, %ld "
	        "connections; bounds in time times %.1f\n",
	        t->who, t->terms, (long)s->board->rounds,
	        (long)s->board->served, times);
	fprintf(report, "  %-46s %9.1f\n",
	        "99 in 100 TERMs without attacks (ms)",
	        (double)t->quiet / 1000);
	expect(s, "99 in 100 TERMs amid attacks (ms)",
	       (double)t->attacked / 1000,
	       (double)t->quiet / 1000 + LATER_MS * times);
	expect(s, "the latest TERM (ms)", (double)t->latest / 1000,
	       LATEST_MS * times);
	expect(s, "TERMs lost", (double)t->lost, 0);
	expect(s, "zombies at the end", (double)t->after.zombies, 0);
	expect(s, "descriptors more at the end",
	       (double)(t->after.descriptors - t->before.descriptors), 0);
	expect(s, "memory more at the end (KiB)",
	       (double)(t->after.rss - t->before.rss), 0);
	expect(s, "threads", (double)t->after.threads, 1);
	expect(s, "the stop, with its grace period (ms)", (double)t->stop_ms,
	       STOP_MS * times);
	expect(s, "exit code, how far from PROGRAM's",
	       (double)labs(t->code - SIEGE_EXIT), 0);
	expect(s, "processes left", (double)t->left, 0);
	fflush(report);
}

static void
run_turn(struct siege *s, struct turn *t, long ms)
{
	(void)patience_measure();
	if (!start(s, t)) {
		fputs("siege: hale does not start\n", stderr);
		s->broken = true;
		return;
	}
	t->quiet = send_terms(s, t, QUIET_MS);
	begin_attack(s);
	(void)send_terms(s, t, ms / WARM_UP);
	end_attack(s);
	look_settled(t, &t->before);
	begin_attack(s);
	t->attacked = send_terms(s, t, ms - ms / WARM_UP);
	end_attack(s);
	look_settled(t, &t->after);
	(void)patience_measure();
	begin_attack(s);
	stop(t);
	judge(s, t);
}

int
main(int argc, char **argv)
{
	static struct siege s;
	struct turn turns[] = {
	    {.who = "hale's user"},
	    {.who = "another user", .uid = SIEGE_NOBODY},
	};
	int i;

	if (argc != 5 || geteuid() != 0) {
		fputs("usage, as root: siege SECONDS HALE PROGRAM HOSTILE\n",
		      stderr);
		return 2;
	}
	s.hale = argv[2];
	s.program = argv[3];
	s.hostile = argv[4];
	if (!prepare(&s)) {
		perror("siege");
		return 2;
	}
	for (i = 0; i < 2 && !interrupted; i++)
		run_turn(&s, &turns[i], atol(argv[1]) * 1000 / 2);
	clean(&s);
	fputs(s.broken ? "\nsiege: BROKEN\n" : "\nsiege: all bounds hold\n",
	      report);
	return s.broken;
}
