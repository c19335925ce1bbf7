/* SPDX-License-Identifier: MIT */
/*
 * probe: one attempt at one target, in steps that never wait.
 *
 * Who calls has the deadline: one for the whole attempt, so that a server that
 * drips gains nothing.  Each step reads a bounded piece, so that one that
 * floods delays no signal.  A command runs in a group of its own, which is
 * killed at the deadline and after its end: nothing of it stays.
 */
#include "probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/duration.h"
#include "lib/errors.h"
#include "lib/path.h"
#include "spawn.h"
#include "lib/text.h"

enum {
	PIECE = PATH_SIZE, /* bytes that are read in a step */
	PIECES = 16,       /* of a body, before the connection is cut */
	AGAIN = 50,        /* ms until a full backlog is tried again */
	FINISH = 100,      /* ms that a server has to end its answer */
	DYING = 1000,      /* ms that a command has to be gone after KILL */
	PAUSE = 100,       /* ms between looks, where none can be taken */
	LINE = 120,        /* bytes of a command's output in a reason */

	UNREACHABLE = -1, /* not yet a result: there may be another address */
};

/* Begin the reason of a failure. */
static enum probe_result
fail(struct probe *p, struct text *t, const char *reason)
{
	text_init(t, p->reason, sizeof(p->reason));
	text_string(t, reason);
	return PROBE_FAILED;
}

static enum probe_result
fail_error(struct probe *p, struct text *t, int error)
{
	char buffer[ERRORS_SIZE];

	return fail(p, t, errors_text(error, buffer));
}

static void
close_fd(struct probe *p)
{
	if (p->fd >= 0)
		close(p->fd); /* no SO_LINGER: it does not wait */
	p->fd = -1;
}

static void
finish(struct probe *p)
{
	close_fd(p);
	p->phase = PROBE_IDLE;
	p->wake = HEALTH_NEVER;
}

static enum probe_result
verdict(struct probe *p, enum probe_result result)
{
	if (result != PROBE_PENDING && p->phase != PROBE_CLOSING)
		finish(p);
	return result;
}

/* ------ Servers ------ */

socklen_t
probe_name(const struct address *a, union probe_name *n)
{
	memset(n, 0, sizeof(*n));
	n->any.sa_family = a->family;
	n->in.sin_port = htons(a->port); /* at the same place in both */
	if (a->family == AF_INET) {
		memcpy(&n->in.sin_addr, a->bytes, sizeof(n->in.sin_addr));
		return sizeof(n->in);
	}
	memcpy(&n->in6.sin6_addr, a->bytes, sizeof(n->in6.sin6_addr));
	return sizeof(n->in6);
}

/* The name of the socket that is tried; its length. */
static socklen_t
name_it(const struct probe *p, union probe_name *n)
{
	const char *path = p->target->socket;

	if (path == NULL)
		return probe_name(&p->target->address[p->address], n);
	memset(n, 0, sizeof(*n));
	n->any.sa_family = AF_UNIX;
	memcpy(n->un.sun_path, path, strlen(path));
	return sizeof(n->un);
}

/* A port that nobody listens on may be the one that connect(2) chose for this
 * end, which then talks to itself. */
static bool
to_itself(const struct probe *p)
{
	union probe_name peer, own;
	socklen_t length = name_it(p, &peer), size = sizeof(own);

	return getsockname(p->fd, &own.any, &size) == 0 && size == length &&
	       memcmp(&own, &peer, length) == 0;
}

static bool
is_grpc(const struct probe *p)
{
	return p->target->kind == TARGET_GRPC;
}

/* The request goes in one piece, or there is something wrong with the other
 * side: its buffer is empty.  A result, or UNREACHABLE and errno. */
static int
send_request(struct probe *p, const struct probe_tools *tools)
{
	struct text t;
	ssize_t n;

	text_init(&t, tools->scratch, PIECE);
	if (is_grpc(p)) {
		t.length = grpc_request(&p->grpc, t.buffer, p->target->path);
	} else {
		http_init(&p->http);
		http_request(&t, p->target->host, p->target->path, p->headers);
	}
	if (t.cut)
		return (int)fail(p, &t, "the request is longer than 4 KiB");
	n = send(p->fd, t.buffer, t.length, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? PROBE_PENDING : UNREACHABLE;
	p->phase = PROBE_READING;
	p->wake = HEALTH_NEVER;
	return PROBE_PENDING;
}

/* Ask the kernel to connect, or whether it has.  As above. */
static int
connect_on(struct probe *p, const struct probe_tools *tools, long long now)
{
	bool asks = p->target->kind <= TARGET_GRPC;
	bool known = asks && p->opened; /* send(2) knows as much */
	union probe_name n;

	p->opened = true;
	if (!known && connect(p->fd, &n.any, name_it(p, &n)) < 0) {
		int error = errno;

		if (error == EAGAIN) { /* a full backlog wakes nobody later */
			p->opened = false;
			p->wake = now + AGAIN;
			return PROBE_PENDING;
		}
		if (error == ECONNRESET && !asks)
			return PROBE_PASSED; /* it was open, as by a proxy */
		if (error != EINPROGRESS && error != EALREADY)
			return UNREACHABLE;
		if (!asks)
			return PROBE_PENDING;
	}
	if (asks)
		return send_request(p, tools);
	errno = ECONNREFUSED;
	return to_itself(p) ? UNREACHABLE : PROBE_PASSED;
}

static bool
is_last(const struct probe *p)
{
	return p->address + 1 >= p->target->addresses;
}

/* 0, or UNREACHABLE and errno. */
static int
open_socket(struct probe *p, long long now)
{
	const struct target *target = p->target;
	int family = target->socket != NULL
	                 ? AF_UNIX
	                 : target->address[p->address].family;

	p->opened = false;
	/* One that drops what it gets must not cost the other its time. */
	p->wake = is_last(p) ? HEALTH_NEVER : now + p->timeout / 2;
	p->fd = (int)syscall(SYS_socket, family,
	                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return p->fd < 0 ? UNREACHABLE : 0;
}

/* Connect to the first address that can be; what the first one says counts,
 * unless another gets further. */
static enum probe_result
reach(struct probe *p, const struct probe_tools *tools, long long now)
{
	struct text t;
	int result;

	for (;; p->address++) {
		result = p->fd >= 0 ? 0 : open_socket(p, now);
		if (result == 0)
			result = connect_on(p, tools, now);
		if (result != UNREACHABLE)
			return (enum probe_result)result;
		if (p->address == 0)
			(void)fail_error(p, &t, errno);
		close_fd(p);
		if (is_last(p))
			return PROBE_FAILED;
	}
}

/* Half of the time is over, and there is another address. */
static void
give_up_address(struct probe *p)
{
	struct text t;

	(void)fail_error(p, &t, ETIMEDOUT);
	close_fd(p);
	p->address++;
}

/* What is known of an answer of HTTP/1, or NULL. */
static const struct http *
http_of(const struct probe *p)
{
	return is_grpc(p) ? NULL : &p->http;
}

/* The server has closed the connection, in order or not. */
static enum probe_result
cut_off(struct probe *p, ssize_t n)
{
	int error = errno;
	struct text t;

	if (n == 0)
		return fail(p, &t, http_closed(http_of(p)));
	(void)fail_error(p, &t, error);
	text_string(&t, " ");
	text_string(&t, http_doing(http_of(p)));
	return PROBE_FAILED;
}

/* The verdict is out.  A close(2) with unread data would be a reset, of which
 * the server complains: so it gets a moment to end. */
static enum probe_result
answered(struct probe *p, long long now)
{
	struct text t;

	p->phase = PROBE_CLOSING;
	p->wake = now + FINISH;
	if (http_status_listed(p->statuses, p->http.status) > 0)
		return PROBE_PASSED;
	(void)fail(p, &t, "status ");
	text_number(&t, p->http.status);
	return PROBE_FAILED;
}

/* A reply that cannot be sent at once is dropped: few servers wait for it. */
static const char *
read_grpc(struct probe *p, const char *bytes, size_t n, char *replies)
{
	char *end = replies;
	const char *reason = grpc_feed(&p->grpc, bytes, n, &end);

	if (reason == NULL && end > replies)
		(void)send(p->fd, replies, (size_t)(end - replies),
		           MSG_NOSIGNAL);
	return reason;
}

static enum probe_result
read_answer(struct probe *p, const struct probe_tools *tools, long long now)
{
	char *bytes = tools->scratch + GRPC_AHEAD;
	ssize_t n = recv(p->fd, bytes, PIECE - GRPC_AHEAD, 0);
	const char *reason;
	struct text t;

	if (n < 0 && errno == EAGAIN)
		return PROBE_PENDING;
	if (n <= 0)
		return cut_off(p, n);
	if (is_grpc(p)) {
		reason = read_grpc(p, bytes, (size_t)n, tools->scratch);
	} else {
		if (http_feed(&p->http, bytes, (size_t)n) == HTTP_ANSWERED)
			return answered(p, now);
		reason = p->http.reason;
	}
	if (reason == NULL)
		return PROBE_PENDING;
	if (*reason == '\0')
		return PROBE_PASSED;
	if (to_itself(p))
		return fail_error(p, &t, ECONNREFUSED);
	(void)fail(p, &t, reason);
	if (t.buffer[t.length - 1] == ' ')
		text_number(&t, p->grpc.number);
	return PROBE_FAILED;
}

void
probe_close(struct probe *p, const struct probe_tools *tools, bool wait)
{
	struct pollfd one = {.fd = p->fd, .events = POLLIN};
	ssize_t n = PIECE;
	int i;

	if (p->phase != PROBE_CLOSING)
		return;
	/* What is not a whole piece is all that there is by now. */
	for (i = 0; i < PIECES && (wait ? n > 0 : n == PIECE); i++) {
		if (wait)
			(void)poll(&one, 1, clock_until(p->wake, clock_now()));
		n = recv(p->fd, tools->scratch, PIECE, 0);
	}
	finish(p);
}

/* ------ Commands ------ */

/* The words as execve(2) wants them; the slot before the first is spawn's. */
static void
list_words(const struct target *target, char *argv[TARGET_WORDS_MAX + 1])
{
	char *word = target->words;
	int i;

	for (i = 0; i < target->count; i++) {
		argv[i] = word;
		word += strlen(word) + 1;
	}
	argv[i] = NULL;
}

static enum probe_result
not_run(struct probe *p, const struct spawn *spawn)
{
	char buffer[ERRORS_SIZE];
	struct text t;

	(void)fail(p, &t, "cannot run ");
	text_escaped(&t, spawn->file, strlen(spawn->file));
	text_string(&t, ": ");
	text_string(&t, spawn->step == SPAWN_NO_LOADER
	                   ? "the interpreter or loader it names is missing"
	                   : errors_text(spawn->error, buffer));
	return PROBE_FAILED;
}

static enum probe_result
run(struct probe *p, const struct probe_tools *tools)
{
	char *words[TARGET_WORDS_MAX + 2];
	struct spawn spawn;
	int ends[2];
	struct text t;

	if (syscall(SYS_pipe2, ends, O_CLOEXEC) < 0)
		return fail_error(p, &t, errno);
	list_words(p->target, words + 1);
	spawn.buffer = tools->scratch;
	spawn.output = ends[1];
	p->pid = spawn_program(words + 1, tools->signals, SPAWN_PROBE, &spawn);
	close(ends[1]);
	p->fd = ends[0];
	/* The command can read from its pipe, too: never wait for it. */
	(void)syscall(SYS_fcntl, p->fd, F_SETFL, O_NONBLOCK);
	p->length = 0;
	if (p->pid < 0) {
		close_fd(p);
		return not_run(p, &spawn);
	}
	p->phase = PROBE_RUNNING;
	return PROBE_PENDING;
}

/* Keep the beginning, and let the rest go by. */
static void
read_output(struct probe *p, const struct probe_tools *tools)
{
	ssize_t n = read(p->fd, tools->scratch, PIECE);
	size_t room = (size_t)(STATUS_OUTPUT_SIZE - p->length);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			close_fd(p);
		return;
	}
	if (room > (size_t)n)
		room = (size_t)n;
	memcpy(p->output + p->length, tools->scratch, room);
	p->length += (int)room;
}

/* What is left in the pipe, whose other end somebody may hold for ever. */
static void
read_rest(struct probe *p, const struct probe_tools *tools)
{
	int before;

	do {
		before = p->length;
		read_output(p, tools);
	} while (p->length > before);
}

/* ": FIRST LINE" */
static void
add_first_line(const struct probe *p, struct text *t)
{
	int n = 0;

	while (n < p->length && n < LINE && p->output[n] != '\n')
		n++;
	text_string(t, n > 0 ? ": " : "");
	text_escaped(t, p->output, (size_t)n);
}

enum probe_result
probe_ended(struct probe *p, const struct probe_tools *tools, int status)
{
	bool running = p->phase == PROBE_RUNNING;
	char name[SIGNALS_NAME_SIZE];
	struct text t;

	(void)kill(-p->pid, SIGKILL); /* there may be nobody left */
	read_rest(p, tools);
	finish(p);
	p->pid = 0;
	if (!running)
		return PROBE_PENDING;
	if (status == 0)
		return PROBE_PASSED;
	if (WIFSIGNALED(status)) {
		(void)fail(p, &t, "killed by ");
		text_string(&t, signals_name(WTERMSIG(status), name));
	} else {
		(void)fail(p, &t, "exit ");
		text_number(&t, WEXITSTATUS(status));
	}
	add_first_line(p, &t);
	return PROBE_FAILED;
}

/* ------ Files ------ */

static enum probe_result
look_at(struct probe *p)
{
	/* STATX_MTIME, and where statx(2) puts it: seconds, then nanoseconds;
	 * not every libc knows the call. */
	enum { MODIFIED = 0x40, SECONDS = 14, NANOSECONDS = 15 };
	const struct target *target = p->target;
	int64_t file[32];
	uint32_t nanoseconds;
	long long age;
	struct text t;

	if (syscall(SYS_statx, AT_FDCWD, target->path, 0, MODIFIED, file) < 0)
		return fail_error(p, &t, errno);
	memcpy(&nanoseconds, &file[NANOSECONDS], sizeof(nanoseconds));
	age = clock_today() - file[SECONDS] * 1000 - nanoseconds / 1000000;
	if (target->max_age < 0 || age <= target->max_age)
		return PROBE_PASSED;
	(void)fail(p, &t, "modified ");
	duration_text(&t, age / 1000 * 1000);
	text_string(&t, " ago");
	return PROBE_FAILED;
}

/* ------ PROGRAM ------ */

static enum probe_result
ask_program(struct probe *p, int socket)
{
	struct notify *n = &p->notify;
	struct text t;

	if (p->phase == PROBE_IDLE) {
		p->phase = PROBE_LISTENING;
		p->fd = socket;
		n->reason = "no READY=1 yet";
	}
	return n->reason == NULL ? PROBE_PASSED : fail(p, &t, n->reason);
}

/* Take one message, if there is any: who waits until his has been taken, sees
 * what has come of those before.  Not in line: its state is large. */
static enum probe_result
hear_program(struct probe *p, const struct probe_tools *tools, long long now)
{
	/* The kernel puts the sender first, since SO_PASSCRED is set, and
	 * closes the descriptors, for which there is no room. */
	struct {
		struct msghdr message;
		struct iovec part;
		char control[CMSG_SPACE(sizeof(struct ucred))];
	} m = {.message = {.msg_iov = &m.part,
	                   .msg_iovlen = 1,
	                   .msg_control = m.control,
	                   .msg_controllen = sizeof(m.control)},
	       .part = {.iov_base = tools->scratch, .iov_len = NOTIFY_MAX}};
	struct notify *n = &p->notify;
	const char *before = n->reason, *status;
	ssize_t length =
	    syscall(SYS_recvmsg, p->fd, &m, MSG_DONTWAIT | MSG_TRUNC);
	pid_t sender;

	if (length < 0 && errno != EAGAIN)
		(void)poll(NULL, 0, PAUSE); /* it stays ready */
	memcpy(&sender, m.control + CMSG_LEN(0), sizeof(sender));
	/* All in the namespace of PID 1 come of PROGRAM; 0 is outside. */
	if (sender > 0 && length <= NOTIFY_MAX &&
	    (getpid() == 1 || getpgid(sender) == tools->program)) {
		status = notify_hear(n, tools->scratch, (size_t)length, now);
		if (status != NULL) {
			p->length = (int)strlen(status);
			memcpy(p->output, status, (size_t)p->length);
		}
	}
	p->wake = notify_tick(n, p->target->max_age, now);
	return n->reason != before ? PROBE_NEWS : PROBE_PENDING;
}

/* ------ All ------ */

enum probe_result
probe_begin(struct probe *p, const struct probe_tools *tools, long long now)
{
	struct text t;

	if (p->target->kind == TARGET_NOTIFY)
		return ask_program(p, tools->socket);
	probe_close(p, tools, false);
	if (p->phase == PROBE_DYING)
		return fail(p, &t, "still there after KILL");
	p->fd = -1;
	p->address = 0;
	p->wake = HEALTH_NEVER;
	if (p->target->kind == TARGET_EXEC)
		return run(p, tools);
	if (p->target->kind == TARGET_FILE)
		return look_at(p);
	p->phase = PROBE_CONNECTING;
	return probe_step(p, tools, now);
}

enum probe_result
probe_step(struct probe *p, const struct probe_tools *tools, long long now)
{
	enum probe_result result = PROBE_PENDING;

	switch (p->phase) {
	case PROBE_LISTENING:
		return hear_program(p, tools, now);
	case PROBE_CONNECTING:
		if (p->opened && !is_last(p) && now >= p->wake)
			give_up_address(p);
		result = reach(p, tools, now);
		break;
	case PROBE_READING:
		result = read_answer(p, tools, now);
		break;
	case PROBE_CLOSING:
		probe_close(p, tools, false);
		break;
	case PROBE_RUNNING:
		read_output(p, tools);
		break;
	default:
		p->wake = HEALTH_NEVER;
	}
	return verdict(p, result);
}

void
probe_drop(struct probe *p, long long now)
{
	bool command = p->phase == PROBE_RUNNING || p->phase == PROBE_DYING;

	if (p->phase == PROBE_LISTENING)
		return; /* those who write must not wait for a reader */
	finish(p);
	if (!command)
		return;
	(void)kill(-p->pid, SIGKILL);
	(void)kill(p->pid, SIGKILL); /* it may have left its group */
	p->phase = PROBE_DYING;
	p->wake = now + DYING;
}

void
probe_expire(struct probe *p, long long now)
{
	struct text t;

	(void)fail(p, &t, "timed out after ");
	duration_text(&t, p->timeout);
	if (p->phase == PROBE_CONNECTING)
		text_string(&t, " while connecting");
	if (p->phase == PROBE_READING) {
		text_string(&t, " ");
		text_string(&t, http_doing(http_of(p)));
	}
	if (p->phase == PROBE_RUNNING)
		add_first_line(p, &t);
	probe_drop(p, now);
}

struct pollfd
probe_events(const struct probe *p)
{
	struct pollfd one = {.fd = p->fd, .events = POLLIN};

	if (p->phase == PROBE_CONNECTING)
		one.events = POLLOUT;
	/* A socket that is not on its way would be ready for ever. */
	if (p->phase == PROBE_CLOSING ||
	    (p->phase == PROBE_CONNECTING && !p->opened))
		one.fd = -1;
	return one;
}
