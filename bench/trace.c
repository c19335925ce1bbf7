/* SPDX-License-Identifier: MIT */
/*
 * trace: what only a tracer sees of a process.
 *
 * wait4(2)'s ru_maxrss is of no use for a small program: what the process had
 * before its exec, which is the harness's, counts too.  So its memory is read
 * as it is about to end, when it has not been taken down yet.  What is then
 * resident, from smaps_rollup, is exact, and so is the peak of a program that
 * gives nothing back; VmHWM knows of those that do, but is kept per processor
 * before Linux 6.16 and may be off.  The larger one is taken.
 */
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lab.h"
#include "proc.h"

/* What PTRACE_O_TRACESYSGOOD makes of the stop before and after a call. */
enum { CALL_STOP = SIGTRAP | 0x80 };

/* Go on until the next stop.  Signals are passed on. */
static int
next_stop(pid_t pid, int signal)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal) < 0 ||
	    waitpid(pid, &status, __WALL) != pid)
		lab_fail("ptrace");
	return status;
}

/* What is to be delivered after such a stop. */
static int
signal_of(int status)
{
	int signal = WSTOPSIG(status);

	return signal == CALL_STOP || status >> 16 != 0 ? 0 : signal;
}

/* The number of the call that pid is entering, or -1. */
static long
entered(pid_t pid, int status)
{
	struct __ptrace_syscall_info info;

	if (WSTOPSIG(status) != CALL_STOP)
		return -1;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		lab_fail("ptrace");
	return info.op == PTRACE_SYSCALL_INFO_ENTRY ? (long)info.entry.nr : -1;
}

static long
peak(pid_t pid)
{
	long now = proc_field(pid, "smaps_rollup", "Rss");
	long most = proc_field(pid, "status", "VmHWM");

	return most > now ? most : now;
}

void
trace_run(char **argv, struct trace *trace)
{
	pid_t pid = lab_start(argv, LAB_TRACED, NULL);
	long options =
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
	int status, signal = 0;

	*trace = (struct trace){0};
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		lab_fail(argv[0]);
	for (;;) {
		status = next_stop(pid, signal);
		if (!WIFSTOPPED(status))
			break;
		signal = signal_of(status);
		trace->calls += entered(pid, status) >= 0;
		if (status >> 16 == PTRACE_EVENT_EXIT)
			trace->peak = peak(pid);
	}
	errno = ECHILD;
	if (status != 0)
		lab_fail(argv[0]);
}

static void
seize(pid_t pid)
{
	long options = PTRACE_O_TRACESYSGOOD;

	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
	    waitpid(pid, NULL, __WALL) != pid)
		lab_fail("ptrace");
}

void
trace_rounds(pid_t pid, int calls[], int count)
{
	int status, signal = 0, round = -1, since = 0;
	long call;

	seize(pid);
	while (round < count) {
		status = next_stop(pid, signal);
		if (!WIFSTOPPED(status))
			lab_fail("it ended while traced");
		signal = signal_of(status);
		call = entered(pid, status);
		if (call == SYS_socket) {
			if (round >= 0)
				calls[round] = since;
			round++;
			since = 0;
		}
		since += call >= 0;
	}
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		lab_fail("ptrace");
}
