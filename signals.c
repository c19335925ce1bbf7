/* SPDX-License-Identifier: MIT */
/*
 * signals: names, the mask, and which arriving signal becomes which.
 *
 * hale installs no handler.  All signals stay blocked and wait in the kernel,
 * where none is lost, until hale takes them one by one.  The kernel keeps a
 * blocked signal even for PID 1 and even if it is ignored, and no disposition
 * has to be changed, so PROGRAM can be given exactly what hale was given.
 *
 * Some calls are made as raw system calls, since both musl and glibc leave the
 * first real-time signals, which they use for their threads, out of every set.
 * hale has no threads and forwards these signals like all others.
 */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/text.h"

enum {
	QUEUED = 32, /* the kernel's first real-time signal: from here on
	                signals are queued */
	RTMIN = 34,  /* the first that both Docker and glibc call RTMIN */
	RTMAX = SIGNALS_MAX,
	LONGEST_WAIT_MS = 1000000000, /* then hale looks again */
	REFUSED_PAUSE_MS = 100, /* between looks where taking is refused */
};

/* The first name of a number is the one that is shown. */
static const struct signal_name {
	char name[7];
	unsigned char number;
} signal_names[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},       {"QUIT", SIGQUIT},
    {"ILL", SIGILL},       {"TRAP", SIGTRAP},     {"ABRT", SIGABRT},
    {"IOT", SIGABRT},      {"BUS", SIGBUS},       {"FPE", SIGFPE},
    {"KILL", SIGKILL},     {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2},     {"PIPE", SIGPIPE},     {"ALRM", SIGALRM},
    {"TERM", SIGTERM},     {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},
    {"CLD", SIGCHLD},      {"CONT", SIGCONT},     {"STOP", SIGSTOP},
    {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU},
    {"URG", SIGURG},       {"XCPU", SIGXCPU},     {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},     {"WINCH", SIGWINCH},
    {"IO", SIGIO},         {"POLL", SIGIO},       {"PWR", SIGPWR},
    {"SYS", SIGSYS},       {"RTMIN", RTMIN},      {"RTMAX", RTMAX},
};

enum { NAME_COUNT = sizeof(signal_names) / sizeof(signal_names[0]) };

/* RTMIN+n or RTMAX-n, or -1. */
static int
real_time_number(const char *s)
{
	bool from_max = strncasecmp(s, "RTMAX-", 6) == 0;
	int n;

	if (!from_max && strncasecmp(s, "RTMIN+", 6) != 0)
		return -1;
	n = text_to_number(s + 6, RTMAX - RTMIN);
	if (n < 0)
		return -1;
	return from_max ? RTMAX - n : RTMIN + n;
}

int
signals_number(const char *s)
{
	int n = text_to_number(s, SIGNALS_MAX);
	int i;

	if (n >= 0)
		return n > 0 ? n : -1;
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (i = 0; i < NAME_COUNT; i++)
		if (strcasecmp(s, signal_names[i].name) == 0)
			return signal_names[i].number;
	return real_time_number(s);
}

const char *
signals_name(int n, char buffer[SIGNALS_NAME_SIZE])
{
	struct text t;
	int i;

	for (i = 0; i < NAME_COUNT; i++)
		if (signal_names[i].number == n)
			return signal_names[i].name;
	text_init(&t, buffer, SIGNALS_NAME_SIZE);
	if (n > RTMIN)
		text_format(&t, "RTMIN+{n:d}", (long long)n - RTMIN);
	else
		text_number(&t, n);
	return buffer;
}

bool
signals_forwardable(int n)
{
	return n != SIGKILL && n != SIGSTOP && n != SIGCHLD;
}

/* ------ Sets of signals ------ */

enum { WORD_BITS = 8 * sizeof(unsigned long) };

static void
set_fill(struct signals_set *set)
{
	memset(set, 0xff, sizeof(*set));
}

static void
set_add(struct signals_set *set, int n)
{
	set->words[(n - 1) / WORD_BITS] |= 1UL << (n - 1) % WORD_BITS;
}

static void
set_remove(struct signals_set *set, int n)
{
	set->words[(n - 1) / WORD_BITS] &= ~(1UL << (n - 1) % WORD_BITS);
}

static bool
set_has(const struct signals_set *set, int n)
{
	return (set->words[(n - 1) / WORD_BITS] >> (n - 1) % WORD_BITS & 1) !=
	       0;
}

/* ------ The mask ------ */

int
signals_block(struct signals *s)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	struct signals_set all;

	set_fill(&all);
	s->enabled = all;
	s->has_waited = false;
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &s->inherited,
	            sizeof(all)) < 0)
		return -1;
	/* If SIGCHLD were inherited as ignored, which exec keeps, the kernel
	 * would throw away the status of every child. */
	return sigaction(SIGCHLD, &standard, &s->inherited_sigchld);
}

int
signals_restore(const struct signals *s)
{
	if (sigaction(SIGCHLD, &s->inherited_sigchld, NULL) < 0)
		return -1;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s->inherited,
	                    NULL, sizeof(s->inherited));
}

void
signals_enable(struct signals *s, const bool marked[SIGNALS_MAX + 1])
{
	int n;

	set_fill(&s->enabled);
	for (n = 1; marked != NULL && n <= SIGNALS_MAX; n++)
		if (!marked[n] && n != SIGCHLD)
			set_remove(&s->enabled, n);
}

bool
signals_pending(int n)
{
	struct signals_set set = {{0}};

	return syscall(SYS_rt_sigpending, &set, sizeof(set)) == 0 &&
	       set_has(&set, n);
}

/* ------ Taking a signal ------ */

/* rt_sigtimedwait(2) for the signals of *set. */
static int
take_from(const struct signals_set *set, long long wait_ms, siginfo_t *info)
{
	int ms = wait_ms < LONGEST_WAIT_MS ? (int)wait_ms : LONGEST_WAIT_MS;
	/* The old form of timespec, two longs: on 32-bit machines old seccomp
	 * profiles refuse the call that takes the new one. */
	long limit[2] = {ms / 1000, ms % 1000 * 1000000L};

	return (int)syscall(SYS_rt_sigtimedwait, set, info,
	                    wait_ms < 0 ? NULL : limit, sizeof(*set));
}

void
signals_discard(int n)
{
	struct signals_set one = {{0}};
	siginfo_t info;

	set_add(&one, n);
	(void)take_from(&one, 0, &info); /* there may be none */
}

void
signals_round(struct signals *s)
{
	s->round = s->enabled;
	/* The signal that ended the wait belongs to this round. */
	if (s->has_waited && s->waited.si_signo < QUEUED)
		set_remove(&s->round, s->waited.si_signo);
}

int
signals_take(struct signals *s, long long wait_ms, siginfo_t *info)
{
	int n;

	if (s->has_waited) {
		s->has_waited = false;
		*info = s->waited;
		return info->si_signo;
	}
	n = take_from(&s->round, wait_ms, info);
	/* The kernel hands out the lowest number first.  Without this, a
	 * process that sends one signal in a loop would keep all higher ones
	 * waiting.  Real-time signals have an order of their own that has to be
	 * kept, and come after the standard ones anyway. */
	if (n > 0 && n < QUEUED)
		set_remove(&s->round, n);
	/* If seccomp refuses rt_sigtimedwait, sleep instead of spinning. */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		(void)poll(NULL, 0, REFUSED_PAUSE_MS);
	return n;
}

void
signals_wait(struct signals *s, long long wait_ms)
{
	siginfo_t info;

	if (s->has_waited)
		return;
	signals_round(s);
	if (signals_take(s, wait_ms, &info) < 0)
		return;
	s->waited = info;
	s->has_waited = true;
}

int
signals_descriptor(const struct signals *s, int fd)
{
	sigset_t set;

	memset(&set, 0, sizeof(set));
	memcpy(&set, &s->enabled, sizeof(s->enabled));
	return signalfd(fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ------ Sending one ------ */

int
signals_translate(const siginfo_t *info, pid_t self,
                  const unsigned char rewrite[SIGNALS_MAX + 1])
{
	int n = info->si_signo;

	/* A message into a closed pipe, or past the size limit of a log file,
	 * raises these in hale itself and is no concern of PROGRAM's. */
	if ((n == SIGPIPE || n == SIGXFSZ) && info->si_pid == self)
		return SIGNALS_NONE;
	return signals_forwardable(n) ? rewrite[n] : SIGNALS_NONE;
}

int
signals_send(pid_t target, int n, const siginfo_t *info)
{
	siginfo_t copy = *info;

	if (info->si_code != SI_QUEUE || target <= 0)
		return kill(target, n);
	copy.si_signo = n;
	if (syscall(SYS_rt_sigqueueinfo, target, n, &copy) == 0)
		return 0;
	/* With a full queue, the signal without its value is better than
	 * none. */
	return errno == EAGAIN ? kill(target, n) : -1;
}
