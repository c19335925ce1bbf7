/* SPDX-License-Identifier: MIT */
/*
 * soak: hale as PID 1 with everything at once, for a long time.
 *
 * Orphans without end, all kinds of signals, targets with all bad manners, and
 * a log whose reader stalls.  Every few seconds the kernel is asked what hale
 * takes; nothing of it may grow, and at the end nothing may be missing.  What
 * must hold stands in judge() and judge_end(), with its bounds.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board.h"
#include "hale.h"
#include "json.h"
#include "look.h"
#include "targets.h"

enum {
	EVERY = 5000, /* ms between two rows */
	ROUND = 100,  /* ms between two bursts of signals */
	BURST = 24,   /* queued signals in each */
	LATE = 10000, /* ms after which a signal is lost, or hale stuck */
	GRACE = 2000, /* ms, as hale is told */
	READING = 3000,
	STALL = 1500, /* ms, of the log's reader */
	WARM = 2,     /* rows that are not compared with the others */
	TURN = 10000, /* ms in which the targets turn at least once; see
	                 targets.c */
	HALF = 2,
	PERCENT = 100,
	ROWS = 20000,
};

/* Those that are queued, the first and the last one among them; and those that
 * are not, and so may become one. */
static const int queued[] = {BOARD_QUEUED, BOARD_QUEUED + 6, 64};
static const int plain[] = {SIGHUP, SIGUSR1, SIGUSR2};

enum { QUEUED = sizeof(queued) / sizeof(queued[0]) };

struct soak {
	pid_t hale, reader;
	struct board *board;
	char directory[64], report[80];
	long sent[BOARD_SIGNALS];
	long slowest; /* ms, a burst's way through hale */
	struct look last;
	int rows;
	bool broken;
};

/* What one row says; in KiB, events a second, and tenths of a per cent. */
static struct row {
	long rss, switches, cpu, descriptors, zombies;
} rows[ROWS];

static volatile sig_atomic_t interrupted;

static void
interrupt(int n)
{
	(void)n;
	interrupted = 1;
}

/* ------ The log. ------ */

static void
read_line(struct board *board, const char *line)
{
	char text[JSON_TEXT];

	board->lines++;
	board->bad_lines += !json_valid(line);
	if (json_get(line, "dropped", text))
		board->dropped += atol(text);
}

/* A reader that now and then does not read for a while. */
static _Noreturn void
read_log(struct board *board, int fd)
{
	FILE *log = fdopen(fd, "r");
	long long next = look_now() + READING;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, log) > 0) {
		read_line(board, line);
		if (look_now() < next)
			continue;
		(void)poll(NULL, 0, STALL);
		board->stalls++;
		next = look_now() + READING;
	}
	_exit(0);
}

static pid_t
start_reader(struct board *board, int ends[2])
{
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		read_log(board, ends[0]);
	}
	close(ends[0]);
	return pid;
}

/* ------ Signals. ------ */

/* Has everything come that was queued? */
static bool
all_came(const struct soak *s)
{
	int i;

	for (i = 0; i < QUEUED; i++)
		if (s->board->came[queued[i]] < s->sent[queued[i]])
			return false;
	return true;
}

/* Never so many that the kernel's limit on queued signals matters: the next
 * burst comes when this one is through. */
static void
send_burst(struct soak *s)
{
	long long began = look_now();
	int i;

	for (i = 0; i < BURST; i++) {
		int n = queued[i % QUEUED];
		union sigval value = {.sival_int = (int)s->sent[n] + 1};

		s->sent[n] += sigqueue(s->hale, n, value) == 0;
	}
	for (i = 0; i < (int)(sizeof(plain) / sizeof(plain[0])); i++)
		s->sent[plain[i]] += kill(s->hale, plain[i]) == 0;
	while (!all_came(s) && look_now() < began + LATE && !interrupted)
		(void)poll(NULL, 0, 1);
	if (look_now() - began > s->slowest)
		s->slowest = (long)(look_now() - began);
}

/* ------ What it looks like. ------ */

static void
add_row(struct soak *s)
{
	struct row *r = &rows[s->rows++];
	struct look now;
	long ms;

	look_at(s->hale, &now);
	ms = (long)(now.at - s->last.at);
	r->rss = now.rss;
	r->switches = (now.switches - s->last.switches) * 1000 / ms;
	r->cpu = (long)((now.running - s->last.running) / 1000 / ms);
	r->descriptors = now.descriptors;
	r->zombies = now.zombies;
	s->broken |= now.threads != 1;
	s->last = now;
	printf("%4d  %8ld %9ld %11ld %7ld %10ld %5ld.%ld %9ld %8ld %7ld\n",
	       s->rows * EVERY / 1000, now.zombies, now.processes,
	       now.descriptors, now.rss, r->switches, r->cpu / 10, r->cpu % 10,
	       (long)s->board->orphans, (long)s->board->lines,
	       (long)s->board->served);
	fflush(stdout);
}

static void
soak(struct soak *s, long seconds)
{
	long long next, end = look_now() + seconds * 1000;

	puts("   s   zombies processes descriptors VmRSS_K switches/s  CPU_% "
	     "  orphans    lines  served");
	look_at(s->hale, &s->last);
	while (look_now() < end && s->rows < ROWS && !interrupted) {
		next = look_now() + EVERY;
		while (look_now() < next && !interrupted) {
			send_burst(s);
			(void)poll(NULL, 0, ROUND);
		}
		add_row(s);
	}
}

/* ------ The verdict. ------ */

static void
expect(struct soak *s, const char *what, long value, long low, long high)
{
	bool good = value >= low && value <= high;

	if (high == LONG_MAX)
		printf("%-46s %9ld   %6ld or more%s\n", what, value, low,
		       good ? "" : "   BROKEN");
	else
		printf("%-46s %9ld   %6ld to %ld%s\n", what, value, low, high,
		       good ? "" : "   BROKEN");
	s->broken |= !good;
}

/* The offset in struct row says which figure. */
static long
figure(int row, size_t which)
{
	return ((const long *)(const void *)&rows[row])[which];
}

static long
worst(int from, int to, size_t which)
{
	long most = 0;

	for (; from < to; from++)
		if (figure(from, which) > most)
			most = figure(from, which);
	return most;
}

static long
mean(int from, int to, size_t which)
{
	long sum = 0;
	int i;

	for (i = from; i < to; i++)
		sum += figure(i, which);
	return to > from ? sum / (to - from) : 0;
}

enum { RSS, SWITCHES, CPU, DESCRIPTORS, ZOMBIES };

/* Later rows beside the earlier ones: nothing grows. */
static void
judge_growth(struct soak *s)
{
	int half = WARM + (s->rows - WARM) / HALF;

	if (s->rows < 2 * WARM + 2)
		return;
	expect(s, "growth of memory, second half (KiB)",
	       worst(half, s->rows, RSS) - worst(WARM, half, RSS), -PERCENT, 8);
	expect(s, "switches in the second half (% of the first)",
	       mean(half, s->rows, SWITCHES) * PERCENT /
	           (mean(WARM, half, SWITCHES) + 1),
	       0, 150);
	expect(s, "CPU in the second half (% of the first)",
	       mean(half, s->rows, CPU) * PERCENT / (mean(WARM, half, CPU) + 1),
	       0, 150);
}

/* Three streams, the details, signalfd(2), and one for each target. */
static void
judge(struct soak *s)
{
	puts("\nwhat                                               "
	     "worst   bound");
	expect(s, "zombies that stay", worst(0, s->rows, ZOMBIES), 0, 8);
	expect(s, "descriptors", worst(0, s->rows, DESCRIPTORS), 5, 13);
	/* All of hale's code is in use here, and the pages of eight targets. */
	expect(s, "memory, VmRSS (KiB)", worst(0, s->rows, RSS), 1, 256);
	expect(s, "switches (a second)", worst(0, s->rows, SWITCHES), 1, 4000);
	expect(s, "CPU (tenths of a per cent of a processor)",
	       worst(0, s->rows, CPU), 0, 250);
	expect(s, "a burst's way through hale (ms)", s->slowest, 0, 5000);
	judge_growth(s);
}

static void
judge_signals(struct soak *s)
{
	const struct board *b = s->board;
	long lost = 0, sent = 0;
	size_t i;

	for (i = 0; i < QUEUED; i++) {
		lost += s->sent[queued[i]] - b->came[queued[i]];
		sent += s->sent[queued[i]];
	}
	expect(s, "queued signals sent", sent, 1, LONG_MAX);
	expect(s, "queued signals lost", lost, 0, 0);
	expect(s, "queued signals out of order or with another value",
	       b->disorder, 0, 0);
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		expect(s, "a standard signal came", b->came[plain[i]], 1,
		       s->sent[plain[i]]);
	expect(s, "turns to unhealthy, by their signal", b->came[SIGWINCH],
	       1 + s->rows * EVERY / TURN, LONG_MAX);
}

static long
reported(const char *path, const char *name)
{
	char line[4096] = "", text[JSON_TEXT];
	FILE *file = fopen(path, "re");

	if (file != NULL && fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	if (file != NULL)
		fclose(file);
	return json_get(line, name, text) ? atol(text) : -1;
}

static void
judge_end(struct soak *s, long code, long took, long left)
{
	const struct board *b = s->board;

	judge_signals(s);
	expect(s, "orphans that hale reaped",
	       reported(s->report, "orphans_reaped"), b->orphans, LONG_MAX);
	expect(s, "answers of --check and --status", b->asked, 1, LONG_MAX);
	expect(s, "answers that were neither 0 nor 1", b->bad_answers, 0, 0);
	expect(s, "lines of the log", b->lines, 1, LONG_MAX);
	expect(s, "lines that are no JSON", b->bad_lines, 0, 0);
	expect(s, "lines dropped while the reader stalled", b->dropped, 0,
	       LONG_MAX);
	expect(s, "exit code", code, BOARD_EXIT, BOARD_EXIT);
	expect(s, "the stop, with its grace of 2000 (ms)", took, 0,
	       GRACE + LATE / 2);
	expect(s, "processes left", left, 0, 0);
}

/* ------ The order of things. ------ */

static void
add_words(char **argv, int *n, char **words)
{
	for (; *words != NULL; words++)
		argv[(*n)++] = *words;
}

static void
start(struct soak *s, char *hale, char *program, int fd)
{
	char *first[] = {hale,
	                 "--grace",
	                 "2s",
	                 "--log-level",
	                 "debug",
	                 "--log-format",
	                 "json",
	                 "--exit-report",
	                 s->report,
	                 "--on-unhealthy",
	                 "signal:WINCH",
	                 "--health-interval",
	                 "200ms",
	                 "--health-timeout",
	                 "300ms",
	                 "--health-retries",
	                 "2",
	                 NULL};
	char *last[] = {"--", program, NULL};
	char *argv[64] = {0};
	int n = 0, ends[2];

	add_words(argv, &n, first);
	add_words(argv, &n, targets_start(s->board, s->directory, program));
	add_words(argv, &n, last);
	s->reader = start_reader(s->board, ends);
	s->hale = hale_start(argv, ends[1], fd);
	close(ends[1]);
}

static bool
prepare(struct soak *s, int *fd)
{
	*fd = memfd_create("board", 0);
	strcpy(s->directory, "/tmp/hale-soak-XXXXXX");
	if (*fd < 0 || ftruncate(*fd, sizeof(*s->board)) < 0 ||
	    mkdtemp(s->directory) == NULL)
		return false;
	snprintf(s->report, sizeof(s->report), "%s/report", s->directory);
	s->board = mmap(NULL, sizeof(*s->board), PROT_READ | PROT_WRITE,
	                MAP_SHARED, *fd, 0);
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	return s->board != MAP_FAILED;
}

/* Stop hale, which takes so long; its exit code, or -1. */
static long
stop(const struct soak *s, long *took)
{
	long long began = look_now(), end = began + GRACE + 2 * LATE;
	int status;

	kill(s->hale, SIGTERM);
	while (waitpid(s->hale, &status, WNOHANG | __WALL) == 0) {
		if (look_now() > end)
			kill(s->hale, SIGKILL);
		(void)poll(NULL, 0, 1);
	}
	*took = (long)(look_now() - began);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
clean(const struct soak *s)
{
	static const char *const names[] = {"report", "web", "full", "beat"};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->directory, names[i]);
		unlink(path);
	}
	rmdir(s->directory);
}

static bool
runs(const struct soak *s)
{
	long long end = look_now() + LATE;

	while (s->board->asked == 0 && look_now() < end)
		(void)poll(NULL, 0, 1);
	return s->board->asked > 0;
}

int
main(int argc, char **argv)
{
	static struct soak s;
	unsigned long namespace;
	long code, took;
	int fd;

	if (argc != 4 || !prepare(&s, &fd)) {
		fputs("usage: soak SECONDS HALE PROGRAM\n", stderr);
		return 2;
	}
	start(&s, argv[2], argv[3], fd);
	if (!runs(&s)) {
		fputs("soak: hale does not start\n", stderr);
		return 2;
	}
	namespace = look_namespace(s.hale);
	soak(&s, atol(argv[1]));
	code = stop(&s, &took);
	waitpid(s.reader, NULL, 0);
	judge(&s);
	judge_end(&s, code, took, look_left(namespace));
	clean(&s);
	puts(s.broken ? "\nsoak: BROKEN" : "\nsoak: all bounds hold");
	return s.broken;
}
