/* SPDX-License-Identifier: MIT */
/*
 * signals: names, the mask, and which arriving signal becomes which.
 *
 * hale installs no handler.  All signals stay blocked and wait in the kernel,
 * where none is lost; hale takes them one by one.  A blocked signal is kept
 * even by a PID 1 and even if it is ignored, and no disposition has to be
 * changed, so PROGRAM can be given exactly what hale was given.
 *
 * The system calls are made directly, since both musl and glibc leave out the
 * first real-time signals, which they use themselves: hale has no threads and
 * forwards them like all others.
 */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/text.h"

enum {
	QUEUED =
	    32, /* the kernel's first real-time signal: from here they queue */
	RTMIN = 34, /* the first that both Docker and glibc call RTMIN */
	RTMAX = SIGNALS_MAX,
	LONGEST = 1000000000, /* ms that hale sleeps before it looks again */
	PAUSE = 100, /* ms between looks, where signals cannot be taken */
};

/* The first name of a number is the one that is shown. */
static const struct {
	char name[7];
	unsigned char number;
} names[] = {
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

static int
real_time_number(const char *s)
{
	bool down = strncasecmp(s, "RTMAX-", 6) == 0;
	int n;

	if (!down && strncasecmp(s, "RTMIN+", 6) != 0)
		return -1;
	n = text_to_number(s + 6, RTMAX - RTMIN);
	if (n >= 0)
		n = down ? RTMAX - n : RTMIN + n;
	return n;
}

int
signals_number(const char *s)
{
	int n = text_to_number(s, SIGNALS_MAX);
	size_t i;

	if (n >= 0)
		return n > 0 ? n : -1;
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncasecmp(s, names[i].name, sizeof(names[i].name)) == 0)
			return names[i].number;
	return real_time_number(s);
}

const char *
signals_name(int n, char buffer[SIGNALS_NAME_SIZE])
{
	char *at = buffer;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == n)
			return names[i].name;
	if (n > RTMIN) {
		memcpy(at, "RTMIN+", 6);
		at += 6;
		n -= RTMIN;
	}
	if (n >= 10)
		*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	*at = '\0';
	return buffer;
}

bool
signals_forwardable(int n)
{
	return n != SIGKILL && n != SIGSTOP && n != SIGCHLD;
}

/* sigaction(2) for SIGCHLD, in whichever form the kernel has here: zeros are
 * SIG_DFL in all of them. */
static int
child_action(const unsigned long *new, unsigned long *old)
{
	return (int)syscall(SYS_rt_sigaction, SIGCHLD, new, old,
	                    sizeof(struct signals_set));
}

int
signals_block(struct signals *s)
{
	static const unsigned long standard[sizeof(s->child) / sizeof(long)];
	struct signals_set all;

	memset(&all, 0xff, sizeof(all));
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &s->inherited,
	            sizeof(all)) < 0)
		return -1;
	/* An ignored SIGCHLD, which exec keeps, would lose every status. */
	return child_action(standard, s->child);
}

int
signals_restore(const struct signals *s)
{
	if (child_action(s->child, NULL) < 0)
		return -1;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s->inherited,
	                    NULL, sizeof(s->inherited));
}

enum { WORD = 8 * sizeof(unsigned long) }; /* bits of a word of a set */

static unsigned long *
word(struct signals_set *set, int n)
{
	return &set->words[(n - 1) / WORD];
}

static unsigned long
bit(int n)
{
	return 1UL << (n - 1) % WORD;
}

bool
signals_pending(int n)
{
	struct signals_set set = {{0}};

	return syscall(SYS_rt_sigpending, &set, sizeof(set)) == 0 &&
	       (*word(&set, n) & bit(n)) != 0;
}

void
signals_forget(int n)
{
	struct signals one = {0};
	siginfo_t info;

	*word(&one.open, n) = bit(n);
	(void)signals_take(&one, 0, &info); /* it may have been none */
}

void
signals_round(struct signals *s)
{
	memset(&s->open, 0xff, sizeof(s->open));
}

void
signals_leave_out(struct signals *s, int n)
{
	*word(&s->open, n) &= ~bit(n);
}

int
signals_take(struct signals *s, long long wait, siginfo_t *info)
{
	/* The old timespec, of two longs: profiles of seccomp know it, and
	 * refuse the call with the new one on 32-bit machines. */
	int n, ms = wait < LONGEST ? (int)wait : LONGEST;
	long limit[2] = {ms / 1000, ms % 1000 * 1000000L};

	n = (int)syscall(SYS_rt_sigtimedwait, &s->open, info,
	                 wait < 0 ? NULL : limit, sizeof(s->open));
	/* The kernel hands out the lowest number first: without this, a storm
	 * of one signal would keep all above it waiting.  Real-time signals
	 * have to keep their order, and are above the others anyway. */
	if (n > 0 && n < QUEUED)
		signals_leave_out(s, n);
	/* Without the call hale is deaf, but not mad. */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		(void)poll(NULL, 0, PAUSE);
	return n;
}

int
signals_descriptor(void)
{
	struct signals_set all;

	memset(&all, 0xff, sizeof(all));
	return (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), O_CLOEXEC);
}

int
signals_verdict(const siginfo_t *info, pid_t self,
                const unsigned char rewrite[SIGNALS_MAX + 1])
{
	int n = info->si_signo;

	/* A message into a closed pipe, or past the size limit of a log file,
	 * raises these in hale itself; PROGRAM has nothing to do with it. */
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
	return (int)syscall(SYS_rt_sigqueueinfo, target, n, &copy);
}
