/* SPDX-License-Identifier: MIT */
/*
 * state: what others see of an instance of hale that watches PROGRAM's health.
 */
#include "state.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"

struct ns
state_start(bool plain, char **words)
{
	struct ns ns =
	    ns_start(&(struct ns_setup){.words = words, .plain = plain});

	ns_expect_line(&ns, "ready");
	return ns;
}

char *
state_open_server(struct server *server, const struct server_step *steps)
{
	int port, fd = server_bind("127.0.0.1", &port);

	cr_assert_geq(fd, 0);
	server_start(server, fd, steps);
	close(fd);
	return checks_text("http://127.0.0.1:%d/", port);
}

void
state_terminate(struct ns *ns, int code)
{
	ns_send(ns, SIGTERM);
	cr_expect_eq(ns_wait(ns), code);
}

/* Read a file of /proc, of a process as the test sees it. */
static void
read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

bool
state_is_named(const struct ns *ns, const char *name)
{
	char comm[32];

	read_proc(ns->hale, "comm", comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

/* Whose name is to be what. */
struct wanted {
	const struct ns *ns;
	const char *name;
};

static bool
is_called(void *argument)
{
	const struct wanted *w = argument;

	return state_is_named(w->ns, w->name);
}

void
state_await_name(const struct ns *ns, const char *name)
{
	ns_wait_until(is_called, &(struct wanted){ns, name});
}

void
state_await_message(const struct ns *ns, const char *text)
{
	struct patience patience = patience_start(NS_DEADLINE);
	char line[NS_LINE];

	do {
		cr_assert_gt(patience_left_ms(&patience), 0, "'%s' is not said",
		             text);
		cr_assert(ns_read_line(ns->err, line), "'%s' is not said",
		          text);
	} while (strcasestr(line, text) == NULL);
}

void
state_messages(const struct ns *ns, char *text, size_t size)
{
	struct pollfd p = {.fd = ns->err, .events = POLLIN};
	size_t length = 0;
	ssize_t n = 1;

	while (n > 0 && length < size - 1 && poll(&p, 1, 0) > 0) {
		n = read(ns->err, text + length, size - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	}
	text[length] = '\0';
}

int
state_descriptors(const struct ns *ns, bool sockets)
{
	char path[64], link[64];
	struct dirent *entry;
	DIR *directory;
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", ns->hale);
	directory = opendir(path);
	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, link,
		                       sizeof(link) - 1);

		if (n > 0 && (!sockets || strncmp(link, "socket:", 7) == 0))
			count++;
	}
	closedir(directory);
	return count;
}

static char
process_state(pid_t pid)
{
	char text[512];
	const char *after;

	read_proc(pid, "stat", text, sizeof(text));
	after = strrchr(text, ')');
	return after != NULL ? after[2] : 'X';
}

static bool
is_stopped(void *pid)
{
	return strchr("TXZ", process_state(*(pid_t *)pid)) != NULL;
}

/* All that it has now. */
static int
list_children(pid_t pid, pid_t *children, int size)
{
	char name[32], text[4096], *at = text, *end;
	int count = 0;

	snprintf(name, sizeof(name), "task/%d/children", pid);
	read_proc(pid, name, text, sizeof(text));
	for (; count < size; count++, at = end) {
		children[count] = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
	}
	return count;
}

/* Who came before whom: a parent that stands still has no more children. */
static void
signal_all(const struct ns *ns, int signal)
{
	pid_t pids[256] = {ns->hale};
	int i, count = 1;

	for (i = 0; i < count; i++) {
		if (kill(pids[i], signal) < 0) {
			cr_assert_eq(errno, ESRCH);
			continue;
		}
		if (signal == SIGSTOP)
			ns_wait_until(is_stopped, &pids[i]);
		count += list_children(pids[i], pids + count, 256 - count);
	}
}

void
state_freeze(const struct ns *ns)
{
	signal_all(ns, SIGSTOP);
}

void
state_thaw(const struct ns *ns)
{
	signal_all(ns, SIGCONT);
}

void
state_let_pass(int ms)
{
	struct itimerspec soon = {
	    .it_value = {ms / 1000, ms % 1000 * 1000000L}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(timerfd_settime(fd, 0, &soon, NULL), 0);
	cr_assert(ns_await_input(fd));
	close(fd);
}
