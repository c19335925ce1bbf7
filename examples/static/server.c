/* SPDX-License-Identifier: MIT */
/*
 * server: answers each HTTP request on port 8080 with a greeting, one at a
 * time.
 *
 * TERM ends it as soon as the request under way is finished.  It is as small as
 * a server can be, to show an image from scratch.
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	PORT = 8080,
	BACKLOG = 64,
	CLIENT_SECONDS = 2 /* that a client may take to send its request */
};

static const char answer[] = "HTTP/1.1 200 OK\r\n"
			     "Content-Type: text/plain\r\n"
			     "Connection: close\r\n"
			     "Content-Length: 46\r\n"
			     "\r\n"
			     "Hello from a container that hale looks after.\n";

static volatile sig_atomic_t stopping;

static void
stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Block TERM, except while the server waits, so that none is missed in between.
 * signals becomes the mask with which to wait. */
static void
catch_term(sigset_t *signals)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &term, signals) == -1 ||
	    sigaction(SIGTERM, &action, NULL) == -1)
		fail("server: cannot catch TERM");
	sigdelset(signals, SIGTERM);
}

static int
listen_on(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons((in_port_t)port)};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		fail("server: cannot listen");
	return fd;
}

/* Read until the blank line that ends the request; false if it does not come.
 */
static bool
read_request(int client)
{
	char request[4096];
	size_t length = 0;

	while (length < sizeof(request) - 1) {
		ssize_t got = recv(client, request + length,
		                   sizeof(request) - 1 - length, 0);

		if (got <= 0)
			return false;
		length += (size_t)got;
		request[length] = '\0';
		if (strstr(request, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void
serve(int client)
{
	struct timeval patience = {.tv_sec = CLIENT_SECONDS};

	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience,
	           sizeof(patience));
	if (read_request(client))
		send(client, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	close(client);
}

int
main(void)
{
	sigset_t signals;
	struct pollfd listener = {.events = POLLIN};

	catch_term(&signals);
	listener.fd = listen_on(PORT);
	while (!stopping) {
		int client = -1;

		if (ppoll(&listener, 1, NULL, &signals) == 1)
			client = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC);
		if (client != -1)
			serve(client);
	}
	return 0;
}
