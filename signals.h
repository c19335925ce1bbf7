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

/* The kernel's own set: libc's hides the signals that it keeps to itself. */
struct signals_set {
	unsigned long words[SIGNALS_MAX / (8 * sizeof(unsigned long))];
};

struct signals {
	struct signals_set inherited; /* the mask as hale found it */
	unsigned long child[8]; /* SIGCHLD's action, in the kernel's own form */
	struct signals_set open; /* still to be asked for in this round */
};

/* The number (1-64) that s names as in "TERM", "sigterm", "15", "RTMIN+3"; or
 * -1.  RTMIN is 34 whatever the libc, as Docker and systemd count. */
int signals_number(const char *s);

/* The name of signal n (1-64), without SIG; buffer is used if it has none. */
const char *signals_name(int n, char buffer[SIGNALS_NAME_SIZE]);

/* Can a process be told of signal n, and would hale forward it? */
bool signals_forwardable(int n);

/* Block all signals, so that they wait in the kernel until hale asks; remember
 * what was.  0, or -1 and errno of sigprocmask(2) or sigaction(2). */
int signals_block(struct signals *s);

/* In the child: put back what signals_block found. As above. */
int signals_restore(const struct signals *s);

/* Is signal n waiting to be taken? */
bool signals_pending(int n);

/* Forget signal n, if it is waiting. */
void signals_forget(int n);

/* Begin a round: each standard signal can be taken once before the next. */
void signals_round(struct signals *s);

/* Do not take signal n any more in this round. */
void signals_leave_out(struct signals *s, int n);

/* Take the next pending signal, or sleep until there is one, for wait
 * milliseconds at most (-1: for ever).  Its number, or -1: EAGAIN none came,
 * and errno of sigtimedwait(2). */
int signals_take(struct signals *s, long long wait, siginfo_t *info);

/* A descriptor that poll(2) says can be read while a signal is pending, see
 * signalfd(2); signals are still taken by signals_take.  -1 and errno. */
int signals_descriptor(void);

/* What to send for the signal in info, by the table rewrite[]: a signal or
 * SIGNALS_NONE.  Self is hale's own pid. */
int signals_verdict(const siginfo_t *info, pid_t self,
                    const unsigned char rewrite[SIGNALS_MAX + 1]);

/* Send n to target, a pid as kill(2) takes it, with the value that info brought
 * if it has one and target is one process.  0, or -1 and errno of kill(2). */
int signals_send(pid_t target, int n, const siginfo_t *info);

#endif
