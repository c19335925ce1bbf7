/* SPDX-License-Identifier: MIT */
/*
 * web: an HTTP server for health checks, and what it sees of them.
 *
 * It takes one visitor after the other, as there is hardly ever a second, and
 * treats it as the path says: /ok and /slow are answered, /hang is not,
 * /trickle is at a byte a millisecond, and /flood with headers without end.
 *
 * /flip is answered well and ill in turn, so that with each answer the visitor
 * changes the name of its process.  That is when it has come to its verdict,
 * and seen at once by who does nothing but look.
 */
#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab.h"

enum {
	BACKLOG = 128,
	REQUEST_SIZE = 4096,
	SLOW_NS = 20000000,
	TRICKLE_NS = 1000000,
	LOOK_NS = 200000,
	FLIP_NS = 100000000,
	NAME_SIZE = 32,
	STUCK_S = 10, /* longer than any visitor stays away */
	NS_PER_S = 1000000000,
};

static const char here[] = "127.0.0.1:";
static const char nowhere[] = "00000"; /* as wide as a port of ours is */

#define FIELDS                                                                 \
	"Content-Type: text/plain\r\nContent-Length: 3\r\n"                    \
	"Connection: close\r\n\r\n"

static const char good[] = "HTTP/1.1 200 OK\r\n" FIELDS "ok\n";
static const char bad[] = "HTTP/1.1 503 Service Unavailable\r\n" FIELDS "no\n";
static const char start[] = "HTTP/1.1 200 OK\r\nX-Endless: ";

static bool
say(int fd, const char *text, size_t size)
{
	return send(fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void
trickle(int fd)
{
	int yes = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)say(fd, start, strlen(start));
	while (say(fd, "x", 1))
		lab_sleep_until(lab_now() + TRICKLE_NS);
}

static void
flood(int fd)
{
	static const char line[] = "X-Endless: and on and on\r\n";
	static char lines[16384];
	size_t i;

	for (i = 0; i < sizeof(lines); i++)
		lines[i] = line[i % strlen(line)];
	(void)say(fd, start, strlen(start));
	while (say(fd, lines, sizeof(lines)))
		continue;
}

static void
answer(int fd, const char *text)
{
	(void)say(fd, text, strlen(text));
}

/* The name of process pid, and the end of line. */
static void
read_name(int fd, char name[NAME_SIZE])
{
	ssize_t size = pread(fd, name, NAME_SIZE - 1, 0);

	name[size > 0 ? size : 0] = '\0';
}

static void
flip(int fd, struct web_log *log, int64_t begin)
{
	char path[64], before[NAME_SIZE], now[NAME_SIZE];
	uint32_t count = atomic_load(&log->flips);
	int64_t deadline = begin + FLIP_NS;
	int comm;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm",
	               atomic_load(&log->pid));
	comm = open(path, O_RDONLY | O_CLOEXEC);
	read_name(comm, before);
	answer(fd, strstr(before, ":healthy") == NULL ? good : bad);
	do
		read_name(comm, now);
	while (strcmp(before, now) == 0 && lab_now() < deadline);
	log->took[count % WEB_FLIPS] = lab_now() - begin;
	atomic_store(&log->flips, count + 1);
	(void)close(comm);
}

/* Until the visitor has gone. */
static void
keep(int fd)
{
	char byte;

	(void)recv(fd, &byte, 1, 0);
}

/* A visitor that only knocks leaves request empty. */
static void
treat(int fd, const char *request, struct web_log *log, int64_t begin)
{
	static const char get[] = "GET /";

	if (strncmp(request, get, strlen(get)) != 0)
		return;
	switch (request[strlen(get)]) {
	case 'd':
		trickle(fd);
		break;
	case 'f':
		if (request[strlen(get) + 2] == 'i')
			flip(fd, log, begin);
		else
			flood(fd);
		break;
	case 'h':
		keep(fd);
		break;
	case 's':
		lab_sleep_until(lab_now() + SLOW_NS);
		/* fallthrough */
	default:
		answer(fd, good);
	}
}

static _Noreturn void
serve(int listener, struct web_log *log)
{
	char request[REQUEST_SIZE];
	int64_t begin;
	ssize_t size;
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		begin = lab_now();
		size = recv(fd, request, sizeof(request) - 1, 0);
		request[size > 0 ? size : 0] = '\0';
		treat(fd, request, log, begin);
		(void)close(fd);
		atomic_fetch_add(&log->count, 1);
	}
}

static int
listen_on(uint16_t port, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*address);

	*address = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)address, size) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0)
		lab_fail("cannot serve");
	return fd;
}

static struct web_log *
make_log(void)
{
	struct web_log *log = mmap(NULL, sizeof(*log), PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (log == MAP_FAILED)
		lab_fail("mmap");
	return log;
}

_Noreturn void
web_serve(uint16_t port)
{
	struct sockaddr_in address;
	int listener = listen_on(port, &address);

	serve(listener, make_log());
}

/* The next place in text for a port, or NULL. */
static char *
find_port(char *text)
{
	while ((text = strstr(text, here)) != NULL) {
		text += strlen(here);
		if (strncmp(text, nowhere, strlen(nowhere)) == 0)
			return text;
	}
	return NULL;
}

/* The same number of digits, so that no word has to move. */
static void
put_port(char **words, uint16_t port)
{
	char digits[8], *at;

	(void)snprintf(digits, sizeof(digits), "%05u", port);
	for (; *words != NULL; words++)
		while ((at = find_port(*words)) != NULL)
			memcpy(at, digits, strlen(nowhere));
}

static bool
is_wanted(char **words)
{
	while (*words != NULL && find_port(*words) == NULL)
		words++;
	return *words != NULL;
}

struct web_log *
web_start(char **words)
{
	struct sockaddr_in address;
	struct web_log *log;
	int listener;
	pid_t pid;

	if (!is_wanted(words))
		return NULL;
	log = make_log();
	listener = listen_on(0, &address);
	put_port(words, ntohs(address.sin_port));
	pid = fork();
	if (pid < 0)
		lab_fail("fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, log);
	}
	(void)close(listener);
	return log;
}

void
web_wait(struct web_log *log, uint32_t count)
{
	int64_t deadline = lab_now() + STUCK_S * (int64_t)NS_PER_S;

	while (atomic_load(&log->count) < count) {
		if (lab_now() > deadline) {
			errno = ETIMEDOUT;
			lab_fail("nobody visits the server");
		}
		lab_sleep_until(lab_now() + LOOK_NS);
	}
}
