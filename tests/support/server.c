/* SPDX-License-Identifier: MIT */
/*
 * server: what hale has to probe in the tests, and what no server should do.
 *
 * A process that listens, and one for each connection, which reads the request
 * and then plays its steps one by one.  Each ends with the test.
 */
#include "server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ns.h"

enum {
	LISTEN_QUEUE = 64,
	TICK = 50,       /* ms between two bytes of a trickle, and of a pause */
	FAREWELL = 5000, /* ms that a client is given to close its end */
	DESCRIPTORS = 1024,
	MANY_CONNECTIONS =
	    64, /* connections that fill any queue of no length */
};

/* ------ In the server's processes: no assertion may be made here. ------ */

/* With the test's, whenever that comes: also before this call. */
static void
end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/* All that is not the server's, as the pipes of an instance of hale that is
 * there. */
static void
close_others(const struct server *server, int fd)
{
	int i;

	for (i = STDERR_FILENO + 1; i < DESCRIPTORS; i++)
		if (i != fd && i != server->visits)
			close(i);
}

static bool
is_whole(const char *request)
{
	return strstr(request, "\r\n\r\n") != NULL;
}

/* Take the request, or what there is of it when the client goes. */
static void
take_request(int fd, struct server_visit *visit)
{
	size_t length = 0;
	ssize_t n = 1;

	while (n > 0 && length < SERVER_REQUEST - 1 &&
	       !is_whole(visit->request)) {
		n = recv(fd, visit->request + length,
		         SERVER_REQUEST - 1 - length, 0);
		length += n > 0 ? (size_t)n : 0;
	}
	visit->reset |= n < 0 && errno == ECONNRESET;
}

static void
await_end(int fd, int ms, struct server_visit *visit)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && poll(&p, 1, ms) > 0)
		n = recv(fd, bytes, sizeof(bytes), 0);
	visit->reset |= n < 0 && errno == ECONNRESET;
}

static bool
say(int fd, const char *text, size_t length, struct server_visit *visit)
{
	ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

	visit->reset |= n < 0 && errno == ECONNRESET;
	return n == (ssize_t)length;
}

/* Is this what comes next? */
static bool
hear(int fd, const char *text, size_t length, struct server_visit *visit)
{
	char heard[256] = {0};
	ssize_t n = 0;

	if (length > 0 && length <= sizeof(heard))
		n = recv(fd, heard, length, MSG_WAITALL);
	visit->reset |= n < 0 && errno == ECONNRESET;
	return n == (ssize_t)length && memcmp(heard, text, length) == 0;
}

static void
trickle(int fd, const struct server_step *step, struct server_visit *visit)
{
	size_t i;

	for (i = 0; say(fd, step->text + i % step->length, 1, visit); i++)
		(void)poll(NULL, 0, TICK);
}

static void
flood(int fd, const struct server_step *step, struct server_visit *visit)
{
	char block[16384];
	size_t n;

	for (n = 0; n + step->length <= sizeof(block); n += step->length)
		memcpy(block + n, step->text, step->length);
	while (say(fd, block, n, visit))
		continue;
}

/* Every other time it begins as an answer does. */
static void
noise(int fd, struct server_visit *visit)
{
	static const char *const heads[] = {"HTTP/1.1 ", "HTTP/1.1 200 OK\r\n",
	                                    "HTTP/1.1 100 Continue\r\n\r\n",
	                                    "HTTP/1.1 503 No\r\nA:"};
	unsigned char block[4096];
	int left;

	if (getrandom(block, sizeof(block), 0) < 0)
		return;
	if (block[0] % 2 == 0)
		say(fd, heads[block[1] % 4], strlen(heads[block[1] % 4]),
		    visit);
	for (left = block[2] % 32; left > 0; left--)
		say(fd, (char *)block, sizeof(block) - block[3], visit);
}

static void
reset(int fd)
{
	struct linger none = {.l_onoff = 1};

	(void)poll(NULL, 0, TICK); /* what was said is to be read first */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

/* False when there is no more to do. */
static bool
play(int fd, const struct server_step *step, struct server_visit *visit)
{
	switch (step->act) {
	case SERVER_SAY:
		return say(fd, step->text, step->length, visit);
	case SERVER_HEAR:
		return hear(fd, step->text, step->length, visit);
	case SERVER_TRICKLE:
		trickle(fd, step, visit);
		return false;
	case SERVER_FLOOD:
		flood(fd, step, visit);
		return false;
	case SERVER_PAUSE:
		(void)poll(NULL, 0, TICK);
		return true;
	case SERVER_HANG:
		await_end(fd, -1, visit);
		return false;
	case SERVER_NOISE:
		noise(fd, visit);
		return false;
	case SERVER_RESET:
		reset(fd);
		return false;
	default:
		shutdown(fd, SHUT_WR);
		await_end(fd, FAREWELL, visit);
		return false;
	}
}

static _Noreturn void
attend(const struct server *server, int fd, const struct server_step *step)
{
	static struct server_visit visit;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	take_request(fd, &visit);
	while (play(fd, step, &visit))
		step++;
	close(fd);
	/* If there is no room, nobody has asked for them. */
	(void)send(server->visits, &visit, sizeof(visit), MSG_DONTWAIT);
	_exit(0);
}

/* Where the steps of the next one begin: the last ones are played again. */
static const struct server_step *
next(const struct server_step *step)
{
	const struct server_step *s;

	for (s = step; s->act != SERVER_END; s++)
		if (s->act == SERVER_NEXT)
			return s + 1;
	return step;
}

static _Noreturn void
serve(const struct server *server, int fd, const struct server_step *steps)
{
	pid_t self = getpid();
	int one;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (one < 0)
			continue;
		*server->came += 1;
		if (fork() == 0) {
			end_with(self);
			close(fd);
			attend(server, one, steps);
		}
		close(one);
		steps = next(steps);
	}
}

/* ------ In the test. ------ */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Make it out of words and a port; its size. */
static socklen_t
resolve(const char *words, int port, union address *to)
{
	memset(to, 0, sizeof(*to));
	to->in.sin_port =
	    htons((unsigned short)port); /* in6 has it there too */
	if (inet_pton(AF_INET, words, &to->in.sin_addr) == 1) {
		to->any.sa_family = AF_INET;
		return sizeof(to->in);
	}
	cr_assert_eq(inet_pton(AF_INET6, words, &to->in6.sin6_addr), 1,
	             "'%s' is no address", words);
	to->any.sa_family = AF_INET6;
	return sizeof(to->in6);
}

int
server_bind_port(const char *address, int port)
{
	union address to;
	socklen_t size = resolve(address, port, &to);
	int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, &to.any, size) == 0)
		return fd;
	close(fd);
	return -1;
}

int
server_bind(const char *address, int *port)
{
	union address own = {0};
	socklen_t size = sizeof(own);
	int fd = server_bind_port(address, 0);

	if (fd < 0)
		return -1;
	cr_assert_eq(getsockname(fd, &own.any, &size), 0);
	*port = ntohs(own.in.sin_port);
	return fd;
}

static void
name_path(const char *path, struct sockaddr_un *to)
{
	to->sun_family = AF_UNIX;
	cr_assert_lt(strlen(path), sizeof(to->sun_path));
	strcpy(to->sun_path, path);
}

int
server_bind_path(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {0};

	name_path(path, &to);
	cr_assert_eq(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0, "%s: %s",
	             path, strerror(errno));
	return fd;
}

void
server_start(struct server *server, int fd, const struct server_step *steps)
{
	pid_t self = getpid();
	int ends[2];

	cr_assert_eq(listen(fd, LISTEN_QUEUE), 0);
	cr_assert_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	server->came = mmap(NULL, sizeof(*server->came), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq((void *)server->came, MAP_FAILED);
	server->visits = ends[1];
	server->pid = fork();
	if (server->pid == 0) {
		end_with(self);
		close_others(server, fd);
		serve(server, fd, steps);
	}
	cr_assert_gt(server->pid, 0);
	close(ends[1]);
	server->visits = ends[0];
}

void
server_stop(struct server *server, int fd)
{
	kill(server->pid, SIGKILL);
	cr_assert_eq(waitpid(server->pid, NULL, 0), server->pid);
	close(server->visits);
	close(fd);
}

/* How many, and where. */
struct expected {
	const struct server *server;
	int count;
};

static bool
have_come(void *argument)
{
	const struct expected *c = argument;

	return *c->server->came >= c->count;
}

void
server_await(const struct server *server, int count)
{
	ns_wait_until(have_come, &(struct expected){server, count});
}

void
server_visited(const struct server *server, struct server_visit *visit)
{
	cr_assert(ns_await_input(server->visits), "no connection ends");
	cr_assert_eq(recv(server->visits, visit, sizeof(*visit), 0),
	             (ssize_t)sizeof(*visit));
}

/* Open one connection more.  False when there is no room for it. */
static bool
open_one_more(const struct sockaddr *to, socklen_t size)
{
	int fd = socket(to->sa_family,
	                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	cr_assert_geq(fd, 0);
	if (connect(fd, to, size) == 0)
		return true;
	if (errno == EAGAIN)
		return false;
	cr_assert_eq(errno, EINPROGRESS, "%s", strerror(errno));
	return poll(&p, 1, 2 * TICK) > 0;
}

void
server_fill(int fd)
{
	struct sockaddr_storage to = {0};
	socklen_t size = sizeof(to);
	int i;

	cr_assert_eq(listen(fd, 0), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&to, &size), 0);
	for (i = 0; i < MANY_CONNECTIONS; i++)
		if (!open_one_more((struct sockaddr *)&to, size))
			return;
	cr_assert_fail("the queue never is full");
}
