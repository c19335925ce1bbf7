/* SPDX-License-Identifier: MIT */
#ifndef HALE_SIGNALS_H
#define HALE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	SIGNALS_MAX = 64,       /* the kernel's highest, see signal(7) */
	SIGNALS_NAME_SIZE = 12, /* bytes of the longest name and its NUL */
	SIGNALS_NONE = 0,       /* "send nothing", as kill(2)'s signal 0 */
};

/* The kernel's own set of signals: libc's functions on sigset_t leave out those
 * that libc keeps for its threads. */
struct signals_set {
	unsigned long words[SIGNALS_MAX / (8 * sizeof(unsigned long))];
};

struct signals {
	struct signals_set inherited;       /* the mask as hale found it */
	struct sigaction inherited_sigchld; /* SIGCHLD's action, likewise */
	struct signals_set enabled; /* those that are taken at all; the others
	                               stay pending in the kernel */
	struct signals_set round;   /* those still to be asked for */
	siginfo_t waited; /* what signals_wait was woken by, if has_waited */
	bool has_waited;
};

/* The number (1-64) that s names as in "TERM", "sigterm", "15" or "RTMIN+3"; or
 * -1.  RTMIN is 34 whatever the libc, as Docker and systemd count. */
int signals_number(const char *s);

/* The name of signal n (1-64) without SIG; buffer is used for a signal that has
 * only a number. */
const char *signals_name(int n, char buffer[SIGNALS_NAME_SIZE]);

/* Would hale forward signal n?  Not KILL and STOP, which cannot be caught, nor
 * CHLD, which is about hale's own children. */
bool signals_forwardable(int n);

/* Block all signals, so that they wait in the kernel until hale takes them; set
 * SIGCHLD to its default, and remember what was there.  All signals are
 * enabled.  0, or -1 and errno of sigprocmask(2) or sigaction(2). */
int signals_block(struct signals *s);

/* In a child: restore what signals_block has found.  As above. */
int signals_restore(const struct signals *s);

/* Enable only the signals that are marked, and SIGCHLD; NULL: all.  The others
 * stay pending until they are enabled. */
void signals_enable(struct signals *s, const bool marked[SIGNALS_MAX + 1]);

/* Is signal n pending? */
bool signals_pending(int n);

/* Discard signal n if it is pending. */
void signals_discard(int n);

/* Begin a round, in which each standard signal is taken once at most. */
void signals_round(struct signals *s);

/* Take the next pending signal, or sleep until there is one, for wait_ms
 * milliseconds at most (0: do not wait; -1: for ever).  Its number, or -1:
 * EAGAIN none came, and errno of sigtimedwait(2). */
int signals_take(struct signals *s, long long wait_ms, siginfo_t *info);

/* Sleep until a signal is pending, for wait_ms milliseconds at most (-1: for
 * ever).  The next signals_take returns it. */
void signals_wait(struct signals *s, long long wait_ms);

/* A descriptor, for poll(2), that is readable while an enabled signal is
 * pending, see signalfd(2); fd is the one that is to be changed, or -1. Signals
 * are still taken by signals_take.  -1 and errno of signalfd(2). */
int signals_descriptor(const struct signals *s, int fd);

/* What to send PROGRAM for the signal in info, by the table rewrite: a signal
 * or SIGNALS_NONE.  self is hale's own pid. */
int signals_translate(const siginfo_t *info, pid_t self,
                      const unsigned char rewrite[SIGNALS_MAX + 1]);

/* Send n to target, a pid as kill(2) takes it, with the value that info brought
 * if it has one and target is one process.  0, or -1 and errno of kill(2). */
int signals_send(pid_t target, int n, const siginfo_t *info);

#endif
