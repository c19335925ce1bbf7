/* SPDX-License-Identifier: MIT */
/* The probe against real sockets on 127.0.0.1 and real commands.  A server is a
 * process of its own that ends with the test. */
#include "probe/probe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "health.h"
#include "lib/clock.h"
#include "patience.h"
#include "probe/notify_socket.h"
#include "temporary.h"

extern char **environ;

enum {
	PATIENCE = 20000, /* ms until a test gives up on a quiet machine */
	ANSWER_PIECES = 4,
};

static struct signals signals;
static struct probe_context context;
static char output[PROBE_OUTPUT_SIZE];
static int child_ended; /* a descriptor that is ready then */

static void
begin(void)
{
	sigset_t set;

	cr_assert_eq(signals_block(&signals), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	child_ended = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	context = (struct probe_context){.signals = &signals,
	                                 .environment = environ,
	                                 .program = getpgrp(),
	                                 .notify_socket = -1};
}

TestSuite(probe, .init = begin);

static struct probe
probe_of(const struct target *target)
{
	struct probe_setup setup = {.target = target, .timeout_ms = PATIENCE};
	struct probe p;

	probe_init(&p, &setup, output);
	return p;
}

static int
count_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* ------ The caller's part, as the monitor does it ------ */

/* Sleep until the probe or its command has something to say. */
static void
await_event(const struct probe *p)
{
	struct pollfd fds[] = {probe_events(p),
	                       {.fd = child_ended, .events = POLLIN}};
	long long now = clock_now();
	long long until = now + patience_scaled(PATIENCE);

	if (p->wake_at < until)
		until = p->wake_at;
	cr_assert(poll(fds, 2, clock_until(until, now)) > 0 ||
	              p->wake_at < HEALTH_NEVER,
	          "nothing happened in phase %d", (int)p->phase);
}

static enum probe_result
step(struct probe *p)
{
	struct signalfd_siginfo info;
	int status;

	await_event(p);
	while (read(child_ended, &info, sizeof(info)) > 0)
		continue;
	if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
		return probe_ended(p, status);
	return probe_step(p, &context, clock_now());
}

static enum probe_result
finish(struct probe *p, enum probe_result result)
{
	while (result == PROBE_PENDING)
		result = step(p);
	return result;
}

static enum probe_result
attempt(struct probe *p)
{
	return finish(p, probe_begin(p, &context, clock_now()));
}

static void
expect_passed(struct probe *p)
{
	cr_expect_eq(attempt(p), PROBE_PASSED, "%s", p->reason);
	probe_close(p, false);
}

static void
expect_failed(struct probe *p, const char *reason)
{
	cr_expect_eq(attempt(p), PROBE_FAILED);
	cr_expect_str_eq(p->reason, reason);
	probe_close(p, false);
}

/* ------ Servers ------ */

struct answer {
	bool after_request; /* wait for a request first */
	bool keep_open;     /* until the client closes its end */
	const char *pieces[ANSWER_PIECES + 1];
};

static struct target
tcp_target(unsigned short port)
{
	return (struct target){
	    .kind = TARGET_TCP,
	    .text = "tcp://127.0.0.1",
	    .server = {
		.port = port,
		.address_count = 1,
		.addresses = {{.family = AF_INET, .bytes = {127, 0, 0, 1}}}}};
}

static int
listen_on(unsigned short *port)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&name, length), 0);
	cr_assert_eq(listen(fd, 5), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&name, &length), 0);
	*port = ntohs(name.sin_port);
	return fd;
}

/* In the server: read until the client has closed its end. */
static size_t
read_all(int fd)
{
	char bytes[4096];
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		length += (size_t)n;
	return length;
}

static _Noreturn void
serve(int listener, const struct answer *answer)
{
	char request[4096];
	const char *const *piece;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = accept(listener, NULL, NULL);
	close(listener);
	if (answer->after_request)
		(void)!read(fd, request, sizeof(request));
	for (piece = answer->pieces; *piece != NULL; piece++)
		(void)!write(fd, *piece, strlen(*piece));
	if (answer->keep_open)
		(void)read_all(fd);
	_exit(0);
}

/* Start a server for one connection; returns its port. */
static unsigned short
start_server(const struct answer *answer)
{
	unsigned short port;
	int listener = listen_on(&port);
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		serve(listener, answer);
	close(listener);
	return port;
}

static struct probe
exchange_with(struct target *target, const char *send, const char *expect,
              const struct answer *answer)
{
	*target = tcp_target(start_server(answer));
	target->exchange.send = send;
	target->exchange.send_length = send != NULL ? strlen(send) : 0;
	target->exchange.expect = expect;
	target->exchange.expect_length = expect != NULL ? strlen(expect) : 0;
	return probe_of(target);
}

static struct probe
http_with(struct target *target, const struct answer *answer)
{
	*target = tcp_target(start_server(answer));
	target->kind = TARGET_HTTP;
	target->host_header = "127.0.0.1";
	target->path = "/";
	return probe_of(target);
}

/* ------ tcp: and unix: ------ */

Test(probe, passes_when_a_connection_opens)
{
	unsigned short port;
	int listener = listen_on(&port);
	struct target target = tcp_target(port);
	struct probe p = probe_of(&target);

	expect_passed(&p);
	cr_expect_eq(p.phase, PROBE_IDLE);
	close(listener);
	expect_failed(&p, "connection refused");
}

/* The kernel drops what arrives at a full backlog. */
Test(probe, gives_up_a_connection_that_does_not_open)
{
	enum { FILLERS = 8 };
	unsigned short port;
	int listener = listen_on(&port), before, i;
	struct target target = tcp_target(port);
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_port = htons(port),
	                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct probe p = probe_of(&target);

	cr_assert_eq(listen(listener, 0), 0);
	for (i = 0; i < FILLERS; i++)
		(void)connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
		              (struct sockaddr *)&name, sizeof(name));
	before = count_descriptors();
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	cr_expect_eq(p.phase, PROBE_CONNECTING);
	probe_expire(&p, clock_now());
	cr_expect_str_eq(p.reason, "timed out after 20s while connecting");
	cr_expect_eq(p.phase, PROBE_IDLE);
	cr_expect_eq(count_descriptors(), before);
}

Test(probe, resolves_a_name_anew_for_each_attempt)
{
	unsigned short port;
	int listener = listen_on(&port);
	struct target target = tcp_target(port);
	struct probe p = probe_of(&target);

	target.server.address_count = 0;
	target.server.name = "localhost"; /* in every /etc/hosts */
	expect_passed(&p);
	expect_passed(&p);
	close(listener);
	expect_failed(&p, "connection refused");
}

Test(probe, finds_the_expected_text_across_two_pieces)
{
	unsigned short port;
	int listener = listen_on(&port), server;
	struct target target = tcp_target(port);
	struct probe p = probe_of(&target);

	target.exchange = (struct target_exchange){.send = "PING",
	                                           .send_length = 4,
	                                           .expect = "+PONG",
	                                           .expect_length = 5};
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	server = accept(listener, NULL, NULL);
	cr_assert_eq(write(server, "+PO", 3), 3);
	while (p.phase != PROBE_READING || p.expect.seen < 3)
		cr_assert_eq(step(&p), PROBE_PENDING);
	cr_assert_eq(write(server, "NG\r\n", 4), 4);
	cr_expect_eq(finish(&p, PROBE_PENDING), PROBE_PASSED, "%s", p.reason);
	cr_expect_eq(p.phase, PROBE_CLOSING);
	probe_close(&p, false);
	close(server);
	close(listener);
}

Test(probe, needs_nothing_to_send_when_the_server_speaks_first)
{
	struct answer answer = {.keep_open = true,
	                        .pieces = {"220 mail ready\r\n"}};
	struct target target;
	struct probe p = exchange_with(&target, NULL, "220 ", &answer);

	expect_passed(&p);
}

Test(probe, needs_no_answer_when_only_sending_is_asked)
{
	struct answer answer = {.keep_open = true};
	struct target target;
	struct probe p = exchange_with(&target, "hello", NULL, &answer);

	expect_passed(&p);
	cr_expect_eq(p.phase, PROBE_IDLE);
}

Test(probe, shows_another_answer_when_the_server_closes)
{
	struct answer answer = {.after_request = true,
	                        .pieces = {"-NOAUTH first\r\nsecond"}};
	struct target target;
	struct probe p = exchange_with(&target, "PING\r\n", "+PONG", &answer);

	cr_expect_eq(attempt(&p), PROBE_FAILED);
	cr_expect_not_null(strstr(p.reason, "'+PONG'"), "%s", p.reason);
	cr_expect_not_null(strstr(p.reason, "-NOAUTH first"), "%s", p.reason);
	cr_expect_null(strstr(p.reason, "second"), "%s", p.reason);
}

/* Most servers wait for another command after a refusal. */
Test(probe, shows_another_answer_at_the_deadline)
{
	struct answer answer = {.after_request = true,
	                        .keep_open = true,
	                        .pieces = {"-LOADING\r\n"}};
	struct target target;
	struct probe p = exchange_with(&target, "PING\r\n", "+PONG", &answer);
	enum probe_result result = probe_begin(&p, &context, clock_now());

	while (result == PROBE_PENDING && p.expect.seen == 0)
		result = step(&p);
	cr_expect_eq(result, PROBE_PENDING);
	probe_expire(&p, clock_now());
	cr_expect_not_null(strstr(p.reason, "timed out after 20s: "), "%s",
	                   p.reason);
	cr_expect_not_null(strstr(p.reason, "-LOADING"), "%s", p.reason);
	cr_expect_eq(p.phase, PROBE_IDLE);
}

Test(probe, sends_a_text_that_is_longer_than_the_socket_takes_at_once)
{
	enum { LENGTH = 8 * 1024 * 1024 };
	static char text[LENGTH];
	unsigned short port;
	int listener = listen_on(&port), status;
	struct target target = tcp_target(port);
	struct probe p = probe_of(&target);
	int ends[2];
	pid_t server;

	cr_assert_eq(pipe(ends), 0);
	server = fork();
	if (server == 0) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(ends[0], &byte, 1) != 1)
			_exit(1);
		_exit(read_all(accept(listener, NULL, NULL)) != LENGTH);
	}
	target.exchange.send = text;
	target.exchange.send_length = LENGTH;
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	cr_expect_eq(p.phase, PROBE_SENDING);
	cr_expect_eq(probe_events(&p).events, POLLOUT);
	cr_assert_eq(write(ends[1], "", 1), 1); /* now the server reads */
	cr_expect_eq(finish(&p, PROBE_PENDING), PROBE_PASSED, "%s", p.reason);
	probe_close(&p, true);
	cr_expect_eq(waitpid(server, &status, 0), server);
	close(ends[0]);
	close(ends[1]);
	cr_expect_eq(status, 0, "not all was sent");
	close(listener);
}

/* ------ http: and grpc: ------ */

Test(probe, judges_the_status_of_an_http_answer)
{
	struct answer good = {.after_request = true,
	                      .pieces = {"HTTP/1.1 2", "00 OK\r\n", "\r\n"}};
	struct answer bad = {.after_request = true,
	                     .pieces = {"HTTP/1.1 503 No\r\n\r\n"}};
	struct target target;
	struct probe p = http_with(&target, &good);

	expect_passed(&p);
	p = http_with(&target, &bad);
	expect_failed(&p, "status 503");
	p = http_with(&target, &bad);
	p.setup.statuses = "503";
	expect_passed(&p);
}

Test(probe, keeps_an_answered_connection_open_for_a_moment)
{
	struct answer answer = {.after_request = true,
	                        .keep_open = true,
	                        .pieces = {"HTTP/1.1 200 OK\r\n\r\n"}};
	struct target target;
	struct probe p = http_with(&target, &answer);
	long long now;

	cr_expect_eq(attempt(&p), PROBE_PASSED);
	now = clock_now();
	cr_expect_eq(p.phase, PROBE_CLOSING);
	cr_expect_leq(p.wake_at, now + 100);
	cr_expect_eq(probe_events(&p).fd, -1);
	cr_expect_eq(probe_step(&p, &context, p.wake_at), PROBE_PENDING);
	cr_expect_eq(p.phase, PROBE_IDLE);
	cr_expect_eq(p.wake_at, HEALTH_NEVER);
}

Test(probe, says_where_a_server_closed_or_stalled)
{
	struct answer cut = {.after_request = true, .pieces = {"HTTP/1.1 20"}};
	struct answer stalled = {.keep_open = true};
	struct target target;
	struct probe p = http_with(&target, &cut);

	expect_failed(&p, "closed in the status line");
	p = http_with(&target, &stalled);
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	while (p.phase != PROBE_READING)
		cr_assert_eq(step(&p), PROBE_PENDING);
	probe_expire(&p, clock_now());
	cr_expect_str_eq(p.reason, "timed out after 20s while waiting for the "
	                           "answer");
}

Test(probe, refuses_a_request_that_is_too_long)
{
	static char header[5000] = "X: ";
	struct answer answer = {.keep_open = true};
	struct target target;
	struct probe p = http_with(&target, &answer);

	memset(header + 3, 'x', sizeof(header) - 4);
	p.setup.headers[0] = header;
	expect_failed(&p, "the request is longer than 4 KiB");
	p = http_with(&target, &answer);
	target.kind = TARGET_GRPC;
	target.path = "";
	p.setup.headers[0] = header;
	expect_failed(&p, "the request is longer than 4 KiB");
}

/* ------ exec: ------ */

/* The target's words; the first is kept free for the probe. */
static struct target
command_target(const char *script)
{
	static char shell[] = "/bin/sh", option[] = "-c", copy[512];

	snprintf(copy, sizeof(copy), "%s", script);
	return (struct target){.kind = TARGET_EXEC,
	                       .text = "exec:",
	                       .words = {NULL, shell, option, copy}};
}

static void
expect_command(const char *script, const char *reason)
{
	struct target target = command_target(script);
	struct probe p = probe_of(&target);
	enum probe_result result = attempt(&p);

	if (reason == NULL) {
		cr_expect_eq(result, PROBE_PASSED, "%s: %s", script, p.reason);
		return;
	}
	cr_expect_eq(result, PROBE_FAILED, "%s", script);
	cr_expect_str_eq(p.reason, reason);
}

Test(probe, judges_a_command_by_its_end)
{
	expect_command("exit 0", NULL);
	expect_command("exit 3", "exit 3");
	expect_command("exit 127", "exit 127");
	expect_command("echo cannot; exit 127", "exit 127: cannot");
	expect_command("echo cannot run x; exit 1", "exit 1: cannot run x");
	expect_command("kill -9 $$", "killed by KILL");
	expect_command("echo first; echo second >&2; exit 1", "exit 1: first");
	expect_command("printf 'a\\033b'; exit 1", "exit 1: a\\x1bb");
	expect_command("read line", "exit 1");
}

Test(probe, gives_a_command_a_process_group_of_its_own)
{
	expect_command("test $(cut -d' ' -f5 /proc/$$/stat) = $$", NULL);
}

/* Without a shell, which may change the mask by itself. */
Test(probe, gives_a_command_the_signals_that_hale_found)
{
	static char grep[] = "grep", quiet[] = "-q";
	static char pattern[] = "SigBlk:.0000000000000000";
	static char file[] = "/proc/self/status";
	struct target target = {.kind = TARGET_EXEC,
	                        .words = {NULL, grep, quiet, pattern, file}};
	struct probe p = probe_of(&target);

	expect_passed(&p);
}

/* A pipe holds 64 KiB; a command that gets EAGAIN beyond them would fail. */
Test(probe, lets_a_command_wait_until_its_output_is_read)
{
	expect_command("dd if=/dev/zero bs=200000 count=2 2>/dev/null", NULL);
}

Test(probe, keeps_the_beginning_of_the_output)
{
	struct target target =
	    command_target("i=0; while [ $i -lt 3000 ]; do echo 0123456789; "
	                   "i=$((i+1)); done");
	struct probe p = probe_of(&target);

	expect_passed(&p);
	cr_expect_eq(p.output_length, PROBE_OUTPUT_SIZE);
	cr_expect_eq(memcmp(p.output, "0123456789\n01", 13), 0);
}

Test(probe, says_why_a_command_cannot_be_run)
{
	static char missing[] = "/no/such/program", denied[] = "/dev/null";
	struct target target = {.kind = TARGET_EXEC, .words = {NULL, missing}};
	struct probe p = probe_of(&target);

	expect_failed(&p, "cannot run /no/such/program: "
	                  "No such file or directory");
	target.words[1] = denied;
	expect_failed(&p, "cannot run /dev/null: Permission denied");
}

Test(probe, kills_a_command_that_has_stopped_itself)
{
	struct target target = command_target("echo out; kill -STOP $$");
	struct probe p = probe_of(&target);
	siginfo_t info;

	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	cr_assert_eq(waitid(P_PID, (id_t)p.pid, &info, WSTOPPED | WNOWAIT), 0);
	cr_expect_eq(probe_step(&p, &context, clock_now()), PROBE_PENDING);
	probe_expire(&p, clock_now());
	cr_expect_str_eq(p.reason, "timed out after 20s: out");
	cr_expect_eq(p.phase, PROBE_DYING);
	while (p.phase == PROBE_DYING)
		cr_assert_eq(step(&p), PROBE_PENDING);
	cr_expect_eq(p.pid, 0);
	cr_expect_eq(p.phase, PROBE_IDLE);
}

/* A write lease on the command's file keeps execve(2) waiting for as long as
 * /proc/sys/fs/lease-break-time says; only the start must not wait for it. */
Test(probe, is_not_held_up_by_a_lease_on_the_command)
{
	char path[TEMPORARY_SIZE], name[32];
	struct target target = {.kind = TARGET_EXEC, .words = {NULL, path}};
	struct probe p = probe_of(&target);
	struct timespec patience = {.tv_sec = patience_scaled(PATIENCE) / 1000};
	sigset_t lease_broken;
	long long before;
	int fd;

	snprintf(name, sizeof(name), "hale-lease.%d", (int)getpid());
	temporary_path(path, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	cr_assert_eq(write(fd, "#!/bin/sh\n", 10), 10);
	cr_assert_eq(fchmod(fd, 0755), 0);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		cr_skip_test("this file system knows no leases");
	before = clock_now();
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	sigemptyset(&lease_broken);
	sigaddset(&lease_broken, SIGIO);
	cr_assert_eq(sigtimedwait(&lease_broken, NULL, &patience), SIGIO);
	probe_expire(&p, clock_now());
	cr_expect_str_eq(p.reason, "timed out after 20s");
	while (p.phase == PROBE_DYING)
		cr_assert_eq(step(&p), PROBE_PENDING);
	/* The kernel takes an unanswered lease away after 45 seconds. */
	cr_expect_lt(clock_now() - before, PATIENCE);
	unlink(path);
	close(fd);
}

/* The command has printed the pid of a process that became the test's child,
 * and that must have been killed. */
static void
expect_killed_child(const struct probe *p)
{
	struct pollfd ended = {.fd = child_ended, .events = POLLIN};
	char printed[32] = "";
	int status, pid = 0;

	memcpy(printed, p->output,
	       p->output_length < 31 ? p->output_length : 31);
	cr_assert_eq(sscanf(printed, "%d", &pid), 1);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		struct signalfd_siginfo info;

		cr_assert_eq(poll(&ended, 1, patience_scaled(PATIENCE)), 1,
		             "it still runs");
		(void)!read(child_ended, &info, sizeof(info));
	}
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

Test(probe, kills_what_a_command_leaves_behind)
{
	struct target target = command_target("sleep 1000 & echo $!");
	struct probe p = probe_of(&target);

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	expect_passed(&p); /* although the pipe is still open */
	expect_killed_child(&p);
}

Test(probe, kills_the_group_of_a_command_at_the_deadline)
{
	struct target target = command_target("sleep 1000 & echo $!; wait");
	struct probe p = probe_of(&target);

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	cr_expect_eq(probe_begin(&p, &context, clock_now()), PROBE_PENDING);
	while (p.output_length == 0)
		cr_assert_eq(step(&p), PROBE_PENDING);
	probe_expire(&p, clock_now());
	while (p.phase == PROBE_DYING)
		cr_assert_eq(step(&p), PROBE_PENDING);
	expect_killed_child(&p);
}

Test(probe, begins_nothing_while_a_killed_command_is_still_there)
{
	struct target target = command_target("sleep 1000");
	struct probe p = probe_of(&target);
	long long now = clock_now();

	cr_expect_eq(probe_begin(&p, &context, now), PROBE_PENDING);
	probe_drop(&p, now);
	cr_expect_eq(p.wake_at, now + 1000);
	cr_expect_eq(probe_step(&p, &context, now + 1000), PROBE_PENDING);
	cr_expect_eq(p.wake_at, HEALTH_NEVER);
	expect_failed(&p, "still there after KILL");
	cr_expect_eq(p.phase, PROBE_DYING);
	while (p.phase == PROBE_DYING)
		cr_assert_eq(step(&p), PROBE_PENDING);
}

/* ------ file: ------ */

Test(probe, judges_a_file_by_its_age)
{
	char path[TEMPORARY_SIZE], name[32];
	struct target target = {
	    .kind = TARGET_FILE, .path = path, .max_age_ms = 60000};
	struct timespec times[2] = {{.tv_sec = clock_today() / 1000 - 90},
	                            {.tv_sec = clock_today() / 1000 - 90}};
	struct probe p = probe_of(&target);

	snprintf(name, sizeof(name), "hale-file.%d", (int)getpid());
	temporary_path(path, name);
	unlink(path);
	expect_failed(&p, "No such file or directory");
	cr_assert_eq(mkfifo(path, 0600), 0); /* it is not opened */
	expect_passed(&p);
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	cr_expect_eq(attempt(&p), PROBE_FAILED);
	cr_expect_eq(strncmp(p.reason, "modified ", 9), 0, "%s", p.reason);
	cr_expect_not_null(strstr(p.reason, " ago"), "%s", p.reason);
	target.max_age_ms = -1;
	expect_passed(&p);
	unlink(path);
}

/* ------ notify: ------ */

static void
notify(const char *name, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, length);
	address.sun_path[0] = '\0';
	cr_assert_eq(
	    sendto(
		fd, text, strlen(text), 0, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
	    (ssize_t)strlen(text));
	close(fd);
}

Test(probe, says_what_program_has_said)
{
	char name[NOTIFY_SOCKET_NAME_SIZE], outer[NOTIFY_SOCKET_NAME_SIZE];
	char message[NOTIFY_MAX + 1];
	struct target target = {.kind = TARGET_NOTIFY, .max_age_ms = -1};
	struct probe p = probe_of(&target);
	int outer_fd = notify_socket_open(outer);

	context.notify_socket = notify_socket_open(name);
	context.relay_to = outer;
	expect_failed(&p, "no READY=1 yet");
	cr_expect_eq(p.phase, PROBE_LISTENING);
	notify(name, "READY=1\nSTATUS=up and running");
	cr_expect_eq(step(&p), PROBE_CHANGED);
	cr_expect_eq(p.output_length, 14);
	cr_expect_eq(memcmp(p.output, "up and running", 14), 0);
	cr_expect_eq(notify_socket_receive(outer_fd, getpgrp(), message), 29);
	expect_passed(&p);
	notify(name, "STOPPING=1");
	cr_expect_eq(step(&p), PROBE_CHANGED);
	cr_expect(p.notify.stopping);
	cr_expect_eq(probe_step(&p, &context, clock_now()), PROBE_PENDING);
	probe_drop(&p, clock_now());
	cr_expect_eq(p.phase, PROBE_LISTENING, "who sends must find a reader");
}

/* An error of the socket must neither make the loop spin nor end it. */
Test(probe, pauses_when_the_notify_socket_fails)
{
	struct target target = {.kind = TARGET_NOTIFY, .max_age_ms = -1};
	struct probe p = probe_of(&target);

	context.notify_socket = open("/dev/null", O_RDWR | O_CLOEXEC);
	expect_failed(&p, "no READY=1 yet");
	cr_expect_eq(probe_events(&p).fd, context.notify_socket);
	cr_expect_eq(probe_step(&p, &context, 5000), PROBE_PENDING);
	cr_expect_eq(probe_events(&p).fd, -1);
	cr_expect_eq(p.wake_at, 5100);
}

/* ------ All ------ */

Test(probe, leaves_no_descriptor_open_and_no_zombie)
{
	struct answer good = {.after_request = true,
	                      .pieces = {"HTTP/1.1 200 OK\r\n\r\n"}};
	struct answer silent = {.keep_open = true};
	static char missing[] = "/no/such/program";
	struct target target;
	struct probe p;
	int before = count_descriptors(), i;

	for (i = 0; i < 3; i++) {
		p = http_with(&target, &good);
		expect_passed(&p);
		p = http_with(&target, &silent);
		(void)probe_begin(&p, &context, clock_now());
		probe_expire(&p, clock_now());
		p = exchange_with(&target, NULL, "x", &silent);
		(void)probe_begin(&p, &context, clock_now());
		probe_drop(&p, clock_now());
		expect_command("exit 1", "exit 1");
		target = command_target("sleep 1000");
		p = probe_of(&target);
		(void)probe_begin(&p, &context, clock_now());
		probe_drop(&p, clock_now());
		while (p.phase == PROBE_DYING)
			cr_assert_eq(step(&p), PROBE_PENDING);
		target.words[1] = missing;
		cr_expect_eq(attempt(&p), PROBE_FAILED);
	}
	cr_expect_eq(count_descriptors(), before);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue; /* servers */
	cr_expect_eq(p.pid, 0);
}

Test(probe, has_nothing_to_wait_for_before_the_first_attempt)
{
	struct target target = tcp_target(1);
	struct probe p = probe_of(&target);

	cr_expect_eq(probe_events(&p).fd, -1);
	cr_expect_eq(p.wake_at, HEALTH_NEVER);
	probe_drop(&p, clock_now());
	cr_expect_eq(probe_step(&p, &context, clock_now()), PROBE_PENDING);
	cr_expect_eq(p.phase, PROBE_IDLE);
}
