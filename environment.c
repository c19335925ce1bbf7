/* SPDX-License-Identifier: MIT */
/*
 * environment: what PROGRAM finds in its environment.
 *
 * It is what hale was given, less hale's own settings, so that one hale inside
 * another does not drain twice or listen on the same port; and with the socket
 * of notify:.  setenv(3) would allocate, so hale keeps a list of its own.
 */
#include "environment.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cli/options.h"
#include "lib/text.h"

/* What service managers tell a program about notifying them.  What hale was
 * told concerns hale alone. */
static const char notify_variables[][16] = {
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
};

/* Does the entry "NAME=VALUE" set the variable? */
static bool
sets(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool
is_about_notifying(const char *entry)
{
	size_t i;

	for (i = 0; i < sizeof(notify_variables) / sizeof(notify_variables[0]);
	     i++)
		if (sets(entry, notify_variables[i]))
			return true;
	return false;
}

/* Copy the entries but for those that are to be left out. */
static int
copy_without(struct environment *e, bool (*is_left_out)(const char *entry))
{
	char **entry;
	int count = 0;

	for (entry = e->entries; *entry != NULL; entry++) {
		if (is_left_out(*entry))
			continue;
		if (count == ENVIRONMENT_MAX) {
			errno = E2BIG;
			return -1;
		}
		e->copy[count++] = *entry;
	}
	e->copy[count] = NULL;
	e->inherited = count;
	e->entries = e->copy;
	return 0;
}

int
environment_inherit(struct environment *e, char **envp,
                    char *copy[ENVIRONMENT_SLOTS])
{
	e->entries = envp;
	e->copy = copy;
	for (; *envp != NULL; envp++)
		if (options_is_setting(*envp))
			return copy_without(e, options_is_setting);
	return 0;
}

int
environment_add_notify(struct environment *e, const char *socket,
                       long long max_age_ms)
{
	int count;
	struct text t;

	if (copy_without(e, is_about_notifying) < 0)
		return -1;
	count = e->inherited;
	text_init(&t, e->notify_socket, sizeof(e->notify_socket));
	text_format(&t, "NOTIFY_SOCKET={socket:s}", socket);
	e->entries[count++] = e->notify_socket;
	if (max_age_ms > 0) {
		text_init(&t, e->watchdog_usec, sizeof(e->watchdog_usec));
		text_format(&t, "WATCHDOG_USEC={usec:d}", max_age_ms * 1000);
		e->entries[count++] = e->watchdog_usec;
	}
	e->entries[count] = NULL;
	return 0;
}

void
environment_remove_notify(struct environment *e)
{
	if (e->entries == e->copy)
		e->entries[e->inherited] = NULL;
}

void
environment_move_listen_pid(struct environment *e, pid_t from, pid_t to)
{
	const size_t value = sizeof("LISTEN_PID=") - 1;
	struct text t;
	int i;

	for (i = 0; e->entries[i] != NULL; i++) {
		if (!sets(e->entries[i], "LISTEN_PID") ||
		    text_to_number(e->entries[i] + value, INT_MAX) != from)
			continue;
		text_init(&t, e->listen_pid, sizeof(e->listen_pid));
		text_format(&t, "LISTEN_PID={pid:d}", (long long)to);
		e->entries[i] = e->listen_pid;
	}
}

const char *
environment_value(const struct environment *e, const char *name)
{
	int i;

	for (i = 0; e->entries[i] != NULL; i++)
		if (sets(e->entries[i], name))
			return e->entries[i] + strlen(name) + 1;
	return NULL;
}
