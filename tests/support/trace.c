/* SPDX-License-Identifier: MIT */
/*
 * trace: follows hale system call by system call, so that a test can do
 * something at any one point of its course, or look at all that it asked for.
 */
#include "trace.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct gate {
	int fd;
	const struct ns_setup *setup;
};

/* In the process that will be hale: wait until it is followed. */
static void
wait_at_gate(void *argument)
{
	const struct gate *gate = argument;
	char byte;

	if (read(gate->fd, &byte, 1) != 1)
		_exit(99);
	if (gate->setup->prepare != NULL)
		gate->setup->prepare(gate->setup->argument);
}

static void
note_call(struct trace *t)
{
	struct __ptrace_syscall_info info;

	cr_assert_gt(
	    ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info), 0);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		t->at = TRACE_ENTRY;
		t->call = (long)info.entry.nr;
		memcpy(t->arguments, info.entry.args, sizeof(t->arguments));
	} else {
		t->at = TRACE_EXIT;
		t->blocked |=
		    t->pid == t->ns.hale && t->call == SYS_rt_sigprocmask;
	}
}

static void
note(struct trace *t, int status)
{
	int event = status >> 16;

	t->at = TRACE_ELSE;
	t->signal = 0;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		note_call(t);
	else if (event == PTRACE_EVENT_EXEC)
		t->at = TRACE_EXEC;
	else if (event == 0)
		t->signal = WSTOPSIG(status);
	if (t->at == TRACE_EXEC && t->pid != t->ns.hale) {
		t->started = true;
		cr_assert_eq(ptrace(PTRACE_DETACH, t->pid, 0, 0), 0);
		t->pid = 0;
	}
}

/* Let the process that stands still go on, and wait for the next stop. */
static bool
proceed(struct trace *t, int how)
{
	int status;

	if (t->pid != 0)
		(void)ptrace(how, t->pid, 0, t->signal); /* it may be dead */
	while ((t->pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			note(t, status);
			return true;
		}
		if (t->pid == t->ns.hale) {
			t->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
			t->ns.hale = 0;
			ns_kill(&t->ns);
			return false;
		}
	}
	cr_assert_fail("there is nobody to follow: %s", strerror(errno));
	return false;
}

bool
trace_next(struct trace *t)
{
	return proceed(t, PTRACE_SYSCALL);
}

void
trace_start(struct trace *t, const struct ns_setup *setup)
{
	struct ns_setup gated = *setup;
	struct gate gate = {.setup = setup};
	int ends[2];

	memset(t, 0, sizeof(*t));
	cr_assert_eq(pipe(ends), 0);
	gate.fd = ends[0];
	gated.prepare = wait_at_gate;
	gated.argument = &gate;
	t->ns = ns_start(&gated);
	cr_assert_eq(ptrace(PTRACE_SEIZE, t->ns.hale, 0,
	                    PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
	                        PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORK |
	                        PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE),
	             0, "cannot trace: %s", strerror(errno));
	cr_assert_eq(ptrace(PTRACE_INTERRUPT, t->ns.hale, 0, 0), 0);
	cr_assert_eq(write(ends[1], "", 1), 1);
	close(ends[0]);
	close(ends[1]);
	do
		cr_assert(trace_next(t));
	while (t->at != TRACE_EXEC);
	t->blocked = false;
}

/* The address of a new program's argc, which argv, the environment and the
 * auxiliary vector follow: field 28 of /proc/PID/stat, and 25 follow the name.
 */
static uintptr_t
find_arguments(pid_t pid)
{
	char path[64], text[1024];
	const char *at;
	FILE *file;
	size_t n;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	(void)fclose(file);
	at = strrchr(text, ')');
	for (i = 0; i < 26 && at != NULL; i++)
		at = strchr(at + 1, ' ');
	cr_assert_not_null(at);
	return strtoul(at, NULL, 10);
}

void
trace_hide_vdso(const struct trace *t)
{
	static uintptr_t words[4096];
	struct iovec here = {words, sizeof(words)};
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	struct iovec there = {(void *)find_arguments(t->pid), sizeof(words)};
	ssize_t n = process_vm_readv(t->pid, &here, 1, &there, 1, 0);
	size_t i, count;

	cr_assert_gt(n, 0, "%s", strerror(errno));
	count = (size_t)n / sizeof(words[0]);
	for (i = words[0] + 2; i < count && words[i] != 0; i++)
		continue; /* the environment */
	for (i++; i + 1 < count && words[i] != AT_NULL; i += 2)
		if (words[i] == AT_SYSINFO_EHDR)
			words[i] = AT_IGNORE;
	here.iov_len = there.iov_len = (i + 2) * sizeof(words[0]);
	cr_assert_gt(process_vm_writev(t->pid, &here, 1, &there, 1, 0), 0);
}

void
trace_await_program(struct trace *t)
{
	struct trace hale = *t;
	int status;

	while (!t->started) {
		t->pid = waitpid(-1, &status, __WALL);
		cr_assert(t->pid > 0 && t->pid != hale.pid &&
		          WIFSTOPPED(status));
		note(t, status);
	}
	hale.started = true;
	*t = hale;
}

int
trace_end(struct trace *t)
{
	while (proceed(t, PTRACE_CONT))
		continue;
	return t->code;
}
