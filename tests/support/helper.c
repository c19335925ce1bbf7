/* SPDX-License-Identifier: MIT */
/*
 * extra: what the tests of the stop, the report and the tools share.
 */
#include "helper.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "patience.h"
#include "temporary.h"

char *
helper_stop_program(void)
{
	static char path[PATH_MAX];

	if (path[0] == '\0') {
		strcpy(path, ns_program());
		strcpy(strrchr(path, '/') + 1, "stop_program");
	}
	return path;
}

long long
helper_now_ms(void)
{
	return patience_now_ms();
}

void
helper_await_end(const struct ns *ns)
{
	int fd = (int)syscall(SYS_pidfd_open, ns->hale, 0);

	cr_assert_geq(fd, 0);
	cr_assert(ns_await_input(fd), "hale does not end");
	close(fd);
}

int
helper_count_living(const struct ns *ns)
{
	return ns_count(ns, 0) - ns_count(ns, 'Z');
}

/* How many, and where. */
struct stopped {
	struct ns *ns;
	int count;
};

static bool
are_stopped(void *argument)
{
	struct stopped *s = argument;

	return ns_count(s->ns, 'T') == s->count;
}

void
helper_await_stopped(struct ns *ns, int count)
{
	ns_wait_until(are_stopped, &(struct stopped){ns, count});
}

void
helper_exec_as(void *argv)
{
	extern char **environ;

	execve(ns_hale(), argv, environ);
	_exit(99);
}

/* A descriptor to read text from. */
static int
text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	size_t length = strlen(text);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, length), (ssize_t)length);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

bool
helper_jq(char *filter, const char *text, char *out, size_t size)
{
	int in = text_file(text), ends[2], status;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(in, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		execlp("jq", "jq", "-rc", filter, NULL);
		_exit(127);
	}
	close(in);
	close(ends[1]);
	ns_read_to_end(ends[0], out, size);
	close(ends[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_neq(status, 127 << 8, "there is no jq");
	return status == 0;
}

static char directory[TEMPORARY_SIZE];

void
helper_make_directory(void)
{
	temporary_path(directory, "hale-pid1-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
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

void
helper_remove_directory(void)
{
	cr_expect_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

char *
helper_path(const char *name)
{
	static char paths[8][PATH_MAX];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

void
helper_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void
helper_read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	n = read(fd, text, size - 1);
	close(fd);
	cr_assert_geq(n, 0);
	text[n] = '\0';
}
