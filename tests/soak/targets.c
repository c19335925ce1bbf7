/* SPDX-License-Identifier: MIT */
/*
 * targets: what hale probes in the soak, and what no server should do.
 *
 * Each server is a process that takes one connection after the other.  All are
 * fine at the same times, or hale would be unhealthy once and for good; in
 * between, their mood is another every few connections.  hale never probes a
 * target twice at the same time, so that one is enough.
 */
#include "targets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "look.h"

enum {
	TRICKLE = 20, /* ms between two bytes */
	PATIENCE = 2, /* connections of one mood */
	GOOD = 2000,  /* ms that all is well, and then is not */
	BAD = 1500,
	TICK = 20, /* ms between looks at the time */
	BEAT = 200,
};

enum mood { FINE, BUSY, SILENT, SLOW, LOUD, RUDE, CURT, STRANGE, MOODS };

static bool
is_good(void)
{
	return look_now() % (GOOD + BAD) < GOOD;
}

static enum mood
mood_of(unsigned visit)
{
	return is_good() ? FINE : (enum mood)(visit / PATIENCE % MOODS);
}

static void
rest(int ms)
{
	(void)poll(NULL, 0, ms);
}

static void
await(bool good)
{
	while (is_good() != good)
		rest(TICK);
}

static bool
say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;
}

static void
await_end(int fd)
{
	char bytes[4096];

	shutdown(fd, SHUT_WR);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		continue;
}

static void
trickle(int fd)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: ";
	size_t i = 0;

	while (send(fd, i < sizeof(text) - 1 ? &text[i] : "x", 1,
	            MSG_NOSIGNAL) == 1) {
		rest(TRICKLE);
		i++;
	}
}

static void
flood(int fd)
{
	int i;

	say(fd, "HTTP/1.1 200 OK\r\n");
	for (i = 0; i < 100000 && say(fd, "Header: of very many, too many\r\n");
	     i++)
		continue;
}

static void
reset(int fd)
{
	struct linger none = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

static void
answer(int fd, enum mood mood)
{
	char bytes[1];

	switch (mood) {
	case FINE:
		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		await_end(fd);
		break;
	case BUSY:
		say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\nno");
		await_end(fd);
		break;
	case SILENT:
		while (recv(fd, bytes, 1, 0) > 0)
			continue;
		break;
	case SLOW:
		trickle(fd);
		break;
	case LOUD:
		flood(fd);
		break;
	case RUDE:
		reset(fd);
		break;
	case STRANGE:
		say(fd, "SSH-2.0-not_a_web_server\r\n");
		await_end(fd);
		break;
	default:
		break;
	}
	close(fd);
}

static _Noreturn void
serve(struct board *board, int fd)
{
	unsigned i;

	for (i = 0;; i++) {
		int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (one < 0)
			continue;
		board->served++;
		answer(one, mood_of(i));
	}
}

/* Take nobody in bad times: the queue is full until they are over, and hale has
 * to come back. */
static _Noreturn void
neglect(struct board *board, int fd)
{
	int one;

	for (;;) {
		await(true);
		one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		board->served += one >= 0;
		if (one >= 0)
			close(one);
	}
}

/* A free port, or this one, which others may hold as long as they do not
 * listen. */
static int
bind_port(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((unsigned short)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("soak: bind");
		exit(2);
	}
	return fd;
}

static int
port_of(int fd)
{
	struct sockaddr_in own = {0};
	socklen_t size = sizeof(own);

	getsockname(fd, (struct sockaddr *)&own, &size);
	return ntohs(own.sin_port);
}

static int
listen_path(const char *directory, const char *name, int queue)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", directory, name);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    listen(fd, queue) < 0) {
		perror("soak: listen");
		exit(2);
	}
	return fd;
}

/* There is somebody in good times.  The first socket keeps the port meanwhile;
 * one that has been shut down is never listened to again. */
static _Noreturn void
flap_port(struct board *board, int port)
{
	for (;;) {
		int fd;

		await(true);
		fd = bind_port(port);
		listen(fd, 16);
		await(false);
		board->served++;
		close(fd);
	}
}

static _Noreturn void
flap_file(const char *path)
{
	for (;;) {
		while (is_good()) {
			int fd =
			    open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

			futimens(fd, NULL);
			close(fd);
			rest(BEAT);
		}
		unlink(path);
		await(true);
	}
}

/* True in the child, which ends with this process. */
static bool
begin(void)
{
	pid_t self = getpid();

	if (fork() != 0)
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self)
		_exit(0);
	return true;
}

static char texts[8][TARGETS_TEXT];

#define TELL(i, ...) snprintf(texts[i], TARGETS_TEXT, __VA_ARGS__)

static void
begin_servers(struct board *board, const char *directory)
{
	int web = bind_port(0), port = port_of(bind_port(0));
	int local = listen_path(directory, "web", 16);
	int full = listen_path(directory, "full", 1);
	static char path[TARGETS_TEXT / 2];

	listen(web, 16);
	snprintf(path, sizeof(path), "%s/beat", directory);
	TELL(0, "http://127.0.0.1:%d/health", port_of(web));
	TELL(1, "http://unix:%s/web:/health", directory);
	TELL(2, "tcp://127.0.0.1:%d", port);
	TELL(3, "unix:%s/full", directory);
	TELL(4, "file:%s?max-age=1s", path);
	if (begin())
		serve(board, web);
	if (begin())
		serve(board, local);
	if (begin())
		flap_port(board, port);
	if (begin())
		neglect(board, full);
	if (begin())
		flap_file(path);
}

char **
targets_start(struct board *board, const char *directory, const char *program)
{
	static char *words[17];
	int i;

	begin_servers(board, directory);
	TELL(5, "exec:%s probe 10 0 %s/beat", program, directory);
	TELL(6, "exec:%s probe 30 3 %s/beat", program, directory);
	TELL(7, "exec:%s probe 60000 0 %s/beat", program, directory);
	for (i = 0; i < 8; i++) {
		words[2 * i] = "--health";
		words[2 * i + 1] = texts[i];
	}
	return words;
}
