/* SPDX-License-Identifier: MIT */
/*
 * probe: makes one attempt at one target, in steps that never wait.
 *
 * This is the driver: it knows which protocol takes which step in which phase,
 * and what the reason of a failure is.  The caller owns the deadline, one for
 * the whole attempt, so that a server that sends a byte now and then gains
 * nothing.  Each step reads a bounded chunk, so that a server or a command that
 * sends a flood does not delay a signal.
 */
#include "probe/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "health.h"
#include "lib/clock.h"
#include "lib/errors.h"
#include "lib/text.h"
#include "probe/exec.h"
#include "probe/modified.h"
#include "probe/notify_socket.h"

enum {
	CHUNK_SIZE = 4096,   /* bytes that are read in a step */
	REQUEST_SIZE = 4096, /* bytes of a request */
	CLOSING_CHUNKS = 16, /* that are read before a connection is closed */
	CLOSING_MS = 100,    /* for a server to end its answer */
	DYING_MS = 1000,     /* for a command to be gone after KILL */
	LISTENING_PAUSE_MS = 100, /* after an error of the notify socket */
	FIRST_LINE_MAX = 120,     /* bytes of a command's output in a reason */
};

static const char waiting[] = "while waiting for the answer";

/* ------ Reasons and descriptors ------ */

/* Begin the reason of a failure anew; what follows appends to p->why. */
static struct text *
begin_reason(struct probe *p)
{
	text_init(&p->why, p->reason, sizeof(p->reason));
	return &p->why;
}

static enum probe_result
fail_probe(struct probe *p, const char *reason)
{
	text_string(begin_reason(p), reason);
	return PROBE_FAILED;
}

static void
close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd); /* without SO_LINGER, this does not wait */
	*fd = -1;
}

/* Close what the attempt has opened, and be idle. */
static void
end_attempt(struct probe *p)
{
	if (p->phase == PROBE_RESOLVING)
		resolver_end(&p->resolver);
	if (p->phase == PROBE_CONNECTING)
		connect_end(&p->connect);
	close_descriptor(&p->fd);
	p->phase = PROBE_IDLE;
	p->wake_at = HEALTH_NEVER;
}

/* With a result, the attempt is over, unless the server may still finish. */
static enum probe_result
finish_step(struct probe *p, enum probe_result result)
{
	if (result != PROBE_PENDING && p->phase != PROBE_CLOSING)
		end_attempt(p);
	return result;
}

void
probe_init(struct probe *p, const struct probe_setup *setup, char *output)
{
	memset(p, 0, sizeof(*p));
	p->setup = *setup;
	p->output = output;
	p->fd = -1;
	p->wake_at = HEALTH_NEVER;
}

/* ------ Servers: the end of a conversation ------ */

/* Are bytes of the user's sent and expected, and no protocol spoken? */
static bool
is_exchange(const struct target *target)
{
	return target->kind == TARGET_TCP || target->kind == TARGET_UNIX;
}

/* Is it enough that a connection opens? */
static bool
only_connects(const struct target *target)
{
	return is_exchange(target) && target->exchange.send == NULL &&
	       target->exchange.expect == NULL;
}

/* The result is known, but close(2) with unread data resets the connection, and
 * servers complain about that.  So the server gets a moment to finish.  That of
 * tcp: or unix: would most often wait for the next command, so it is told that
 * there is none. */
static void
close_later(struct probe *p, long long now)
{
	if (is_exchange(p->setup.target))
		(void)shutdown(p->fd, SHUT_WR);
	p->phase = PROBE_CLOSING;
	p->wake_at = now + CLOSING_MS;
}

void
probe_close(struct probe *p, bool wait)
{
	struct pollfd readable = {.fd = p->fd, .events = POLLIN};
	char unwanted[CHUNK_SIZE];
	ssize_t n = 1;
	int i;

	if (p->phase != PROBE_CLOSING)
		return;
	for (i = 0; i < CLOSING_CHUNKS && n > 0; i++) {
		if (wait)
			(void)poll(&readable, 1,
			           clock_until(p->wake_at, clock_now()));
		n = recv(p->fd, unwanted, sizeof(unwanted), 0);
	}
	end_attempt(p);
}

/* ------ Servers: the answer ------ */

/* What is under way, to follow "timed out after 3s" or an error; idle if the
 * answer has not begun. */
static const char *
describe_reading(const struct probe *p, const char *idle)
{
	const char *place = NULL;

	if (p->setup.target->kind == TARGET_HTTP)
		place = http_place(&p->http);
	return place != NULL ? place : idle;
}

static enum probe_result
judge_http(struct probe *p, const char *bytes, size_t n)
{
	enum http_result result = http_feed(&p->http, bytes, n);

	if (result == HTTP_MORE)
		return PROBE_PENDING;
	if (result == HTTP_FAILED)
		return fail_probe(p, p->http.reason);
	if (http_status_listed(p->setup.statuses, p->http.status) > 0)
		return PROBE_PASSED;
	text_format(begin_reason(p), "status {status:d}",
	            (long long)p->http.status);
	return PROBE_FAILED;
}

static enum probe_result
judge_grpc(struct probe *p, const char *bytes, size_t n)
{
	struct grpc_replies replies;
	enum grpc_result result;

	replies.length = 0;
	result = grpc_feed(&p->grpc, bytes, n, &replies);
	if (result == GRPC_SERVING)
		return PROBE_PASSED;
	if (result == GRPC_FAILED) {
		grpc_reason(&p->grpc, begin_reason(p));
		return PROBE_FAILED;
	}
	/* A reply that cannot be sent at once is dropped: few servers wait for
	 * it. */
	if (replies.length > 0)
		(void)send(p->fd, replies.bytes, replies.length, MSG_NOSIGNAL);
	return PROBE_PENDING;
}

static enum probe_result
judge_expect(struct probe *p, const char *bytes, size_t n)
{
	enum expect_result result = expect_feed(&p->expect, bytes, n);

	if (result == EXPECT_MORE)
		return PROBE_PENDING;
	if (result == EXPECT_FOUND)
		return PROBE_PASSED;
	expect_reason(&p->expect, begin_reason(p), false);
	return PROBE_FAILED;
}

static enum probe_result
judge_answer(struct probe *p, const char *bytes, size_t n, long long now)
{
	enum probe_result result;

	if (p->setup.target->kind == TARGET_GRPC)
		return judge_grpc(p, bytes, n);
	if (p->setup.target->kind == TARGET_HTTP)
		result = judge_http(p, bytes, n);
	else
		result = judge_expect(p, bytes, n);
	if (result != PROBE_PENDING)
		close_later(p, now);
	return result;
}

/* The server has closed the connection before there was a result; error is 0 if
 * it did so in good order. */
static enum probe_result
judge_end(struct probe *p, int error)
{
	struct text *t = begin_reason(p);

	if (error != 0)
		text_format(t, "{error:s} {phase:s}", errors_text(error),
		            describe_reading(p, waiting));
	else if (is_exchange(p->setup.target))
		expect_reason(&p->expect, t, true);
	else if (p->answered)
		text_format(t, "closed {phase:s}",
		            describe_reading(p, "without an answer"));
	else /* Many TLS servers hang up on what is not encrypted. */
		text_string(t, "closed without an answer (does this port speak "
		               "TLS?)");
	return PROBE_FAILED;
}

static enum probe_result
read_answer(struct probe *p, long long now)
{
	char chunk[CHUNK_SIZE];
	ssize_t n = recv(p->fd, chunk, sizeof(chunk), 0);

	if (n < 0 && errno == EAGAIN)
		return PROBE_PENDING;
	if (n <= 0)
		return judge_end(p, n < 0 ? errno : 0);
	p->answered = true;
	return judge_answer(p, chunk, (size_t)n, now);
}

/* ------ Servers: the request ------ */

/* Build a request in t.  It is the same each time, so that only p->sent has to
 * be remembered. */
static void
build_request(const struct probe *p, struct text *t)
{
	const struct target *target = p->setup.target;

	if (target->kind == TARGET_GRPC)
		grpc_request(t, target->path, p->setup.headers);
	if (target->kind == TARGET_HTTP)
		http_request(t, target->host_header, target->path,
		             p->setup.headers);
}

/* Send what is left of the request, or of the user's bytes. */
static enum probe_result
send_request(struct probe *p, long long now)
{
	const struct target_exchange *exchange = &p->setup.target->exchange;
	const char *bytes = exchange->send;
	size_t length = exchange->send_length;
	char buffer[REQUEST_SIZE];
	struct text request;
	ssize_t n = 0;

	if (!is_exchange(p->setup.target)) {
		text_init(&request, buffer, sizeof(buffer));
		build_request(p, &request);
		if (request.cut)
			return fail_probe(p,
			                  "the request is longer than 4 KiB");
		bytes = buffer;
		length = request.length;
	}
	if (p->sent < length)
		n = send(p->fd, bytes + p->sent, length - p->sent,
		         MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		return fail_probe(p, errors_text(errno));
	if (n > 0)
		p->sent += (size_t)n;
	if (p->sent < length)
		return PROBE_PENDING;
	p->phase = PROBE_READING;
	if (!is_exchange(p->setup.target) || exchange->expect != NULL)
		return PROBE_PENDING;
	close_later(p, now);
	return PROBE_PASSED;
}

/* Connected: begin the conversation. */
static enum probe_result
begin_conversation(struct probe *p, long long now)
{
	const struct target *target = p->setup.target;

	p->fd = p->connect.fd;
	p->phase = PROBE_SENDING;
	p->sent = 0;
	p->answered = false;
	p->wake_at = HEALTH_NEVER;
	if (only_connects(target))
		return PROBE_PASSED;
	if (target->kind == TARGET_HTTP)
		http_init(&p->http);
	else if (target->kind == TARGET_GRPC)
		grpc_init(&p->grpc);
	else
		expect_init(&p->expect, target->exchange.expect,
		            target->exchange.expect_length);
	return send_request(p, now);
}

/* ------ Servers: the connection ------ */

static enum probe_result
handle_connect(struct probe *p, enum connect_result result, long long now)
{
	if (result == CONNECT_OPEN)
		return begin_conversation(p, now);
	if (result == CONNECT_FAILED)
		return fail_probe(p, errors_text(p->connect.first_error));
	p->wake_at = connect_wake_at(&p->connect);
	return PROBE_PENDING;
}

static long long
deadline_of(const struct probe *p)
{
	return p->began_at + p->setup.timeout_ms;
}

/* Connect to one of the addresses in p->connect. */
static enum probe_result
begin_connecting(struct probe *p, long long now)
{
	const struct target *target = p->setup.target;
	struct connect *c = &p->connect;

	p->phase = PROBE_CONNECTING;
	c->socket = target->server.socket;
	c->port = target->server.port;
	c->deadline_at = deadline_of(p);
	c->reset_is_open = only_connects(target);
	return handle_connect(p, connect_begin(c, now), now);
}

/* The resolver has ended by the time its addresses are tried, but its struct
 * stays as it is until a connection is open. */
static enum probe_result
handle_resolve(struct probe *p, enum resolver_result result, long long now)
{
	if (result == RESOLVER_PENDING) {
		p->wake_at = p->resolver.wake_at;
		return PROBE_PENDING;
	}
	if (result == RESOLVER_FAILED) {
		resolver_reason(&p->resolver, p->reason);
		return PROBE_FAILED;
	}
	resolver_end(&p->resolver);
	p->connect.addresses = p->resolver.addresses;
	p->connect.address_count = p->resolver.count;
	return begin_connecting(p, now);
}

static enum probe_result
begin_server(struct probe *p, long long now)
{
	const struct target_server *server = &p->setup.target->server;

	if (server->socket == NULL && server->name != NULL) {
		p->phase = PROBE_RESOLVING;
		return handle_resolve(p,
		                      resolver_begin(&p->resolver, server->name,
		                                     now, deadline_of(p)),
		                      now);
	}
	p->connect.addresses = server->addresses;
	p->connect.address_count = server->address_count;
	return begin_connecting(p, now);
}

/* ------ Commands ------ */

static enum probe_result
begin_command(struct probe *p, const struct probe_context *c)
{
	char *words[TARGET_WORDS_MAX + 2];
	pid_t pid;

	/* The first word is a free slot, as exec_start wants it. */
	memcpy(words, p->setup.target->words, sizeof(words));
	pid = exec_start(words + 1, c->environment, c->signals, &p->fd);
	if (pid < 0) {
		text_format(begin_reason(p), "cannot run {file:q}: {error:e}",
		            words[1]);
		return PROBE_FAILED;
	}
	p->pid = pid;
	p->output_length = 0;
	p->phase = PROBE_RUNNING;
	return PROBE_PENDING;
}

static void
read_output(struct probe *p)
{
	if (!exec_read(p->fd, p->output, &p->output_length, PROBE_OUTPUT_SIZE))
		close_descriptor(&p->fd);
}

/* Append the first line of the output. */
static void
append_first_line(struct probe *p)
{
	int n = 0;

	while (n < p->output_length && n < FIRST_LINE_MAX &&
	       p->output[n] != '\n')
		n++;
	if (n > 0)
		text_format(&p->why, ": {line:b}", p->output, (size_t)n);
}

/* Is the output not the command's, but why it could not be executed? */
static bool
is_refusal(const struct probe *p)
{
	size_t n = strlen(exec_cannot_run);

	return (size_t)p->output_length > n &&
	       memcmp(p->output, exec_cannot_run, n) == 0;
}

static enum probe_result
judge_status(struct probe *p, int status)
{
	struct text *t = begin_reason(p);
	char name[SIGNALS_NAME_SIZE];

	if (status == 0)
		return PROBE_PASSED;
	if (WIFSIGNALED(status)) {
		text_format(t, "killed by {signal:s}",
		            signals_name(WTERMSIG(status), name));
	} else if (WEXITSTATUS(status) == EXEC_CANNOT_RUN && is_refusal(p)) {
		text_escaped(t, p->output, (size_t)p->output_length);
		return PROBE_FAILED;
	} else {
		text_format(t, "exit {code:d}", (long long)WEXITSTATUS(status));
	}
	append_first_line(p);
	return PROBE_FAILED;
}

enum probe_result
probe_ended(struct probe *p, int status)
{
	enum probe_result result = PROBE_PENDING;

	exec_kill_group(p->pid);
	p->pid = 0;
	if (p->phase == PROBE_RUNNING) {
		/* One read has all that is left and kept.  Its end is not
		 * waited for: what the command has left behind may hold the
		 * other end of the pipe open. */
		read_output(p);
		result = judge_status(p, status);
	}
	end_attempt(p);
	return result;
}

/* ------ Files ------ */

static enum probe_result
check_file(struct probe *p)
{
	const struct target *target = p->setup.target;

	return modified_check(target->path, target->max_age_ms, clock_today(),
	                      begin_reason(p))
	           ? PROBE_PASSED
	           : PROBE_FAILED;
}

/* ------ PROGRAM ------ */

/* An attempt only asks what PROGRAM has said; hale listens from the first one
 * on. */
static enum probe_result
ask_program(struct probe *p, const struct probe_context *c)
{
	if (p->phase == PROBE_IDLE) {
		p->phase = PROBE_LISTENING;
		p->fd = c->notify_socket;
		p->paused = false;
		notify_init(&p->notify, p->setup.ready_by);
	}
	if (p->notify.reason == NULL)
		return PROBE_PASSED;
	return fail_probe(p, p->notify.reason);
}

/* Take in a message, which is cut into lines by that. */
static void
hear_message(struct probe *p, const struct probe_context *c, char *message,
             size_t length, long long now)
{
	const char *status;

	if (c->relay_to != NULL)
		notify_socket_relay(p->fd, c->relay_to, message, length);
	status = notify_hear(&p->notify, message, length, now);
	if (status == NULL)
		return;
	p->output_length = (int)strnlen(status, PROBE_OUTPUT_SIZE);
	memcpy(p->output, status, (size_t)p->output_length);
}

/* Take one message, if there is any, and see whether one is missing. */
static enum probe_result
listen_to_program(struct probe *p, const struct probe_context *c, long long now)
{
	const char *reason = p->notify.reason;
	bool stopping = p->notify.stopping;
	char message[NOTIFY_MAX + 1];
	ssize_t length = notify_socket_receive(p->fd, c->program, message);

	/* After an unexpected error the socket may stay ready: do not spin. */
	p->paused = length < 0 && errno != EAGAIN;
	if (length > 0)
		hear_message(p, c, message, (size_t)length, now);
	p->wake_at = notify_tick(&p->notify, p->setup.target->max_age_ms, now);
	if (p->paused && p->wake_at > now + LISTENING_PAUSE_MS)
		p->wake_at = now + LISTENING_PAUSE_MS;
	return p->notify.reason != reason || p->notify.stopping != stopping
	           ? PROBE_CHANGED
	           : PROBE_PENDING;
}

/* ------ All targets ------ */

enum probe_result
probe_begin(struct probe *p, const struct probe_context *c, long long now)
{
	enum probe_result result;

	p->began_at = now;
	if (p->setup.target->kind == TARGET_NOTIFY)
		return ask_program(p, c);
	probe_close(p, false);
	if (p->phase == PROBE_DYING)
		return fail_probe(p, "still there after KILL");
	p->fd = -1;
	p->wake_at = HEALTH_NEVER;
	if (p->setup.target->kind == TARGET_EXEC)
		result = begin_command(p, c);
	else if (p->setup.target->kind == TARGET_FILE)
		result = check_file(p);
	else
		result = begin_server(p, now);
	return finish_step(p, result);
}

enum probe_result
probe_step(struct probe *p, const struct probe_context *c, long long now)
{
	enum probe_result result = PROBE_PENDING;

	switch (p->phase) {
	case PROBE_RESOLVING:
		result =
		    handle_resolve(p, resolver_step(&p->resolver, now), now);
		break;
	case PROBE_CONNECTING:
		result = handle_connect(p, connect_step(&p->connect, now), now);
		break;
	case PROBE_SENDING:
		result = send_request(p, now);
		break;
	case PROBE_READING:
		result = read_answer(p, now);
		break;
	case PROBE_CLOSING:
		probe_close(p, false);
		break;
	case PROBE_RUNNING:
		read_output(p);
		break;
	case PROBE_LISTENING:
		return listen_to_program(p, c, now);
	case PROBE_DYING: /* KILL takes its time; probe_ended comes later */
	case PROBE_IDLE:
		p->wake_at = HEALTH_NEVER;
		break;
	}
	return finish_step(p, result);
}

void
probe_drop(struct probe *p, long long now)
{
	bool command = p->phase == PROBE_RUNNING || p->phase == PROBE_DYING;

	/* Those who send messages must not wait for a reader. */
	if (p->phase == PROBE_LISTENING)
		return;
	end_attempt(p);
	if (!command)
		return;
	exec_kill(p->pid);
	p->phase = PROBE_DYING;
	p->wake_at = now + DYING_MS;
}

/* Did tcp: or unix: get another answer than the expected one?  Many servers
 * keep the connection open then. */
static bool
has_answer_to_show(const struct probe *p)
{
	return is_exchange(p->setup.target) && p->answered;
}

/* Append what the attempt was doing when its time was over. */
static void
append_doing(struct probe *p)
{
	struct text *t = &p->why;

	if (p->phase == PROBE_CONNECTING)
		text_string(t, " while connecting");
	if (p->phase == PROBE_SENDING)
		text_string(t, " while sending the request");
	if (p->phase == PROBE_READING && has_answer_to_show(p)) {
		text_string(t, ": ");
		expect_reason(&p->expect, t, false);
	} else if (p->phase == PROBE_READING) {
		text_format(t, " {phase:s}", describe_reading(p, waiting));
	}
	if (p->phase == PROBE_RUNNING)
		append_first_line(p);
}

void
probe_expire(struct probe *p, long long now)
{
	if (p->phase == PROBE_RESOLVING) {
		resolver_reason(&p->resolver, p->reason);
	} else {
		text_format(begin_reason(p), "timed out after {timeout:u}",
		            p->setup.timeout_ms);
		append_doing(p);
	}
	probe_drop(p, now);
}

struct pollfd
probe_events(const struct probe *p)
{
	struct pollfd events = {.fd = p->fd, .events = POLLIN};

	if (p->phase == PROBE_RESOLVING)
		events.fd = p->resolver.fd;
	if (p->phase == PROBE_CONNECTING)
		return connect_events(&p->connect);
	if (p->phase == PROBE_SENDING)
		events.events = POLLOUT;
	if (p->phase == PROBE_CLOSING || p->paused)
		events.fd = -1; /* until wake_at */
	return events;
}
