/* SPDX-License-Identifier: MIT */
/*
 * fault: follows many runs of hale at a time, system call by system call, and
 * lets one kind of call of each fail, or delays it.
 *
 * The kernel is not asked at all, as with a filter of seccomp(2), but the
 * answer can be chosen for the first call, the second, or all.
 */
#include "fault.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "patience.h"

enum {
	BATCH = 24,  /* runs at a time */
	STRAYS = 64, /* children that nobody has told of yet */
};

/* Of the test, which runs one batch only. */
static pid_t strays[STRAYS];

static long long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* ------ The one thing that depends on the machine. ------ */

static void
skip_call(pid_t pid)
{
#if defined(__x86_64__)
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L);
#else /* aarch64 */
	int none = -1;
	struct iovec piece = {&none, sizeof(none)};

	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &piece);
#endif
}

static void
answer_call(pid_t pid, int error)
{
#if defined(__x86_64__)
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax),
	       (long)-error);
#else
	struct user_regs_struct registers;
	struct iovec piece = {&registers, sizeof(registers)};

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &piece);
	registers.regs[0] = (unsigned long long)-error;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &piece);
#endif
}

/* ------ One hale. ------ */

static void
wait_at_gate(void *argument)
{
	const struct fault_run *run = argument;
	char byte;

	if (read(run->gate, &byte, 1) != 1)
		_exit(99);
	if (run->setup->prepare != NULL)
		run->setup->prepare(run->setup->argument);
}

static void
begin(struct fault_run *run)
{
	struct ns_setup gated = *run->setup;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	run->gate = ends[0];
	gated.prepare = wait_at_gate;
	gated.argument = run;
	run->ns = ns_start(&gated);
	fcntl(run->ns.out, F_SETFL, O_NONBLOCK);
	fcntl(run->ns.err, F_SETFL, O_NONBLOCK);
	cr_assert_eq(ptrace(PTRACE_SEIZE, run->ns.hale, 0,
	                    PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
	                        PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORK |
	                        PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE),
	             0, "cannot trace: %s", strerror(errno));
	cr_assert_eq(write(ends[1], "", 1), 1);
	close(ends[0]);
	close(ends[1]);
	run->gate = -1;
	run->began = now();
}

/* Append what is there by now. */
static void
drain(int fd, char *text, size_t size)
{
	size_t length = strlen(text);
	ssize_t n;

	while (length + 1 < size &&
	       (n = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
}

static void
listen_to(struct fault_run *run)
{
	drain(run->ns.out, run->out, sizeof(run->out));
	drain(run->ns.err, run->err, sizeof(run->err));
}

static void
finish(struct fault_run *run, int status, const struct rusage *usage)
{
	run->ms = now() - run->began;
	run->cpu =
	    (int)((usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
	          (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000);
	run->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	listen_to(run);
	run->ns.hale = 0;
	ns_kill(&run->ns);
}

/* hale's first own act is to block all signals.  What comes before it is the
 * start of libc, which differs from one to the other: glibc's begins with
 * brk(2). */
static bool
is_own(struct fault_run *run, enum fault_who who, int call)
{
	if (who != FAULT_HALE || run->own)
		return true;
	run->glibc |= call == SYS_brk;
	run->own = call == SYS_rt_sigprocmask;
	return run->own;
}

static void
delay(struct fault_run *run, pid_t pid)
{
	run->delayed = pid;
	run->delayed_until = now() + run->fault.delay_ms;
	run->hits++;
}

static void
enter(struct fault_run *run, enum fault_who who, pid_t pid, int call)
{
	const struct fault *fault = &run->fault;
	int count;

	if (call < 0 || call >= FAULT_CALLS || !is_own(run, who, call))
		return;
	if (who == FAULT_HALE)
		run->calls++;
	count = ++run->counts[who][call];
	if (who != fault->who || call != fault->call ||
	    (fault->when != FAULT_ALWAYS && fault->when != count))
		return;
	if (fault->delay_ms > 0) {
		if (run->delayed == 0)
			delay(run, pid);
		return;
	}
	run->depth |= 1 << who;
	run->hits++;
	if (!fault->done)
		skip_call(pid);
}

static void
note_call(struct fault_run *run, pid_t pid)
{
	enum fault_who who = pid == run->ns.hale ? FAULT_HALE : FAULT_CHILD;
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		enter(run, who, pid, (int)info.entry.nr);
	} else if (run->depth & 1 << who) {
		run->depth &= ~(1 << who);
		answer_call(pid, run->fault.error);
		run->loose = run->fault.loose;
	}
}

static void
forget_calls(struct fault_run *run)
{
	memset(run->counts, 0, sizeof(run->counts));
	run->calls = run->hits = 0;
	run->own = run->glibc = false;
	run->began = now();
}

/* Put a child where there was that one, or none. */
static bool
replace(struct fault_run *run, pid_t old, pid_t new)
{
	int i;

	for (i = 0; i < FAULT_CHILDREN; i++)
		if (run->children[i] == old) {
			run->children[i] = new;
			return true;
		}
	return false;
}

/* hale's child has come, and may stand still already. */
static void
adopt(struct fault_run *run, pid_t pid)
{
	int i;

	cr_assert(replace(run, 0, pid));
	for (i = 0; i < STRAYS; i++)
		if (strays[i] == pid) {
			strays[i] = 0;
			(void)ptrace(PTRACE_SYSCALL, pid, 0, 0);
		}
}

static void
keep_stray(pid_t pid)
{
	int i = 0;

	while (strays[i] != 0)
		cr_assert_lt(++i, STRAYS);
	strays[i] = pid;
}

/* A stop of hale, or of its child until it is another program. */
static void
go_on(struct fault_run *run, pid_t pid, int status)
{
	int event = status >> 16, signal = 0;
	unsigned long child;

	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		note_call(run, pid);
	else if (event == PTRACE_EVENT_EXEC && pid == run->ns.hale)
		forget_calls(run);
	else if (event == PTRACE_EVENT_EXEC) {
		run->started = true;
		(void)replace(run, pid, 0);
		(void)ptrace(PTRACE_DETACH, pid, 0, 0);
		return;
	} else if (event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_FORK ||
	           event == PTRACE_EVENT_CLONE) {
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0)
			adopt(run, (pid_t)child);
	} else if (event == 0)
		signal = WSTOPSIG(status);
	if (run->delayed == pid)
		return;
	(void)ptrace(run->loose ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0, signal);
}

/* ------ All of them. ------ */

struct batch {
	struct fault_run *run[BATCH];
	int size;
};

static struct fault_run *
whose(const struct batch *batch, pid_t pid)
{
	int i;

	for (i = 0; i < BATCH; i++)
		if (batch->run[i] != NULL && (batch->run[i]->ns.hale == pid ||
		                              replace(batch->run[i], pid, pid)))
			return batch->run[i];
	return NULL;
}

static void
remove_run(struct batch *batch, const struct fault_run *run)
{
	int i;

	for (i = 0; i < BATCH; i++)
		if (batch->run[i] == run)
			batch->run[i] = NULL;
	batch->size--;
}

static void
take(struct batch *batch, pid_t pid, int status, const struct rusage *usage)
{
	struct fault_run *run = whose(batch, pid);

	if (WIFSTOPPED(status)) {
		if (run != NULL)
			go_on(run, pid, status);
		else
			keep_stray(pid);
	} else if (run != NULL && run->ns.hale == pid) {
		finish(run, status, usage);
		remove_run(batch, run);
	} else if (run != NULL) {
		(void)replace(run, pid, 0);
	}
}

/* Whoever makes calls without end, or none and does not end, is stopped. */
static void
kill_those_that_hang(const struct batch *batch)
{
	long long time = now();
	int i;

	for (i = 0; i < BATCH; i++) {
		struct fault_run *run = batch->run[i];

		if (run == NULL)
			continue;
		listen_to(run);
		if (run->endless ||
		    time - run->began < patience_scaled(NS_DEADLINE) ||
		    patience_left_ms(
			&(struct patience){run->began, NS_DEADLINE}) > 0)
			continue;
		run->endless = true;
		kill(run->ns.hale, SIGKILL);
	}
}

/* Let those go on whose delay is over. */
static void
end_delays(const struct batch *batch)
{
	long long time = now();
	int i;

	for (i = 0; i < BATCH; i++) {
		struct fault_run *run = batch->run[i];

		if (run == NULL || run->delayed == 0 ||
		    time < run->delayed_until)
			continue;
		(void)ptrace(PTRACE_SYSCALL, run->delayed, 0, 0);
		run->delayed = 0;
	}
}

static void
fill(struct batch *batch, struct fault_run **next, const struct fault_run *end,
     int at_once)
{
	int i;

	for (i = 0; i < at_once && *next < end; i++)
		if (batch->run[i] == NULL) {
			begin(*next);
			batch->run[i] = (*next)++;
			batch->size++;
		}
}

static void
await_child(void)
{
	const struct timespec tick = {0, 5000000};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	(void)sigtimedwait(&child, NULL, &tick);
}

void
fault_run(struct fault_run *runs, int count)
{
	fault_run_few(runs, count, BATCH);
}

void
fault_run_few(struct fault_run *runs, int count, int at_once)
{
	struct fault_run *next = runs;
	struct batch batch = {.size = 0};
	long long looked = 0;
	struct rusage usage;
	sigset_t child;
	int status;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (;;) {
		fill(&batch, &next, runs + count, at_once);
		if (batch.size == 0)
			return;
		pid = wait4(-1, &status, __WALL | WNOHANG, &usage);
		if (pid > 0)
			take(&batch, pid, status, &usage);
		else
			await_child();
		end_delays(&batch);
		if (now() - looked >= 50) {
			looked = now();
			kill_those_that_hang(&batch);
		}
	}
}

int
fault_error(const int *errors, int i)
{
	static const int filter[] = {EPERM, ENOSYS, 0};
	int n = 0;

	while (errors[n] != 0)
		n++;
	return i < n ? errors[i] : filter[i - n];
}
