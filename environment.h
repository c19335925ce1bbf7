/* SPDX-License-Identifier: MIT */
#ifndef HALE_ENVIRONMENT_H
#define HALE_ENVIRONMENT_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	ENVIRONMENT_MAX = 32768, /* variables */
	ENVIRONMENT_ADDED = 2,   /* that hale adds at the most */
	ENVIRONMENT_SLOTS = ENVIRONMENT_MAX + ENVIRONMENT_ADDED + 1,
	ENVIRONMENT_ENTRY_SIZE = 64,
};

/* The environment that PROGRAM gets. */
struct environment {
	char **entries; /* ends with NULL: hale's own, or the copy */
	char **copy;    /* the caller's room for ENVIRONMENT_SLOTS entries */
	int inherited;  /* how many of the copy hale was given */
	char notify_socket[ENVIRONMENT_ENTRY_SIZE]; /* NOTIFY_SOCKET=... */
	char watchdog_usec[ENVIRONMENT_ENTRY_SIZE]; /* WATCHDOG_USEC=... */
	char listen_pid[ENVIRONMENT_ENTRY_SIZE];    /* LISTEN_PID=... */
};

/* Take over envp, which ends with NULL, but for hale's own settings; copy is
 * where the entries go if something has to be left out.  0, or -1 with errno
 * E2BIG: then there are more than ENVIRONMENT_MAX. */
int environment_inherit(struct environment *e, char **envp,
                        char *copy[ENVIRONMENT_SLOTS]);

/* Tell PROGRAM to notify hale on the socket of this name, as often as
 * max_age_ms says if it is above 0, see sd_notify(3) and
 * sd_watchdog_enabled(3).  What hale itself was told to do so is left out. */
int environment_add_notify(struct environment *e, const char *socket,
                           long long max_age_ms);

/* Leave out again what environment_add_notify has added: a probe's command must
 * not notify in PROGRAM's name. */
void environment_remove_notify(struct environment *e);

/* If LISTEN_PID names the process from, let it name the process to, see
 * sd_listen_fds(3).  May be called in the child of vfork(2). */
void environment_move_listen_pid(struct environment *e, pid_t from, pid_t to);

/* The value of the variable, or NULL. */
const char *environment_value(const struct environment *e, const char *name);

#endif
