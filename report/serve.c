/* SPDX-License-Identifier: MIT */
/*
 * serve: tells whoever asks over HTTP how PROGRAM is.
 *
 * For the probes of the kubelet and for Prometheus, which connect, ask in one
 * piece and go.  Nothing is kept of anybody: the kernel hands a connection over
 * only when something has been said on it, or a second is over (tcp(7),
 * TCP_DEFER_ACCEPT).  What is there then is read, answered and closed in one
 * go, and never waited for.  So those who stall cost hale no descriptor and no
 * deadline, and hold up nobody who asks.
 */
#include "report/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/options.h"
#include "probe/probe.h"
#include "lib/text.h"
#include "report/verdict.h"

enum {
	LOWEST = 4,     /* of descriptors: others look for the status in 3 */
	BACKLOG = 4096, /* who waits in the kernel, if it lets so many */
	PAUSE = 100,    /* ms between looks, where nobody can be accepted */
};

/* ------ The answer ------ */

/* Append form, where \1 stands for name, \2 for word and \3 for n. */
static void
put(struct text *t, const char *form, const char *name, const char *word,
    long long n)
{
	for (; *form != '\0'; form++) {
		char c[] = {*form, '\0'};

		if (*c == 3) {
			text_number(t, n);
		} else if (*c == 1) {
			text_string(t, name);
		} else {
			t->quoting = *c == 2;
			text_string(t, t->quoting ? word : c);
			t->quoting = false;
		}
	}
}

/* In the order of the names; from PROBES on there is one for each target. */
enum { LIVE, READY, ORPHANS, PROBES, HEALTHY, DURATION, METRICS };

/* As Prometheus' text format 0.0.4 has it. */
static void
add_metrics(struct text *t, const struct status *s, unsigned long orphans)
{
	static const char names[] = "live\0"
	                                  "ready\0"
	                                  "orphans_reaped_total\0"
	                                  "probes_total\0"
	                                  "target_healthy\0"
	                                  "probe_duration_seconds";
	int kind, i;

	for (kind = LIVE; kind < METRICS; kind++) {
		const char *name = text_behind(names, kind), *type = "gauge",
			   *form = "hale_\1{target=\"\2\"} \3\n";
		int count = s->health.count;

		if (kind == ORPHANS || kind == PROBES)
			type = "counter";
		if (kind == DURATION) /* it is in ms */
			form = "hale_\1{target=\"\2\"} \3e-3\n";
		if (kind < PROBES) {
			form = "hale_\1 \3\n";
			count = 1;
		}
		put(t, "# HELP hale_\1 see hale(8)\n# TYPE hale_\1 \2\n", name,
		    type, 0);
		for (i = 0; i < count; i++) {
			const struct health_watch *w = &s->health.watch[i];
			const long long values[] = {
			    s->health.state != HEALTH_UNHEALTHY,
			    s->health.state == HEALTH_HEALTHY,
			    (long long)orphans,
			    w->attempts,
			    w->state == HEALTH_HEALTHY,
			    s->target[i].took,
			};

			put(t, form, name, s->target[i].text, values[kind]);
		}
	}
}

/* Cut the word off that s begins with; what is behind it. */
static char *
cut(char *s, const char *ends)
{
	s += strcspn(s, ends);
	if (*s != '\0')
		*s++ = '\0';
	return s;
}

/* In the order of the phrases. */
enum { UNAVAILABLE, GOOD, NOT_FOUND, NOT_ALLOWED, MALFORMED, TOO_LARGE };

size_t
serve_answer(char buffer[SERVE_SIZE], size_t n, const struct status *s,
             unsigned long orphans)
{
	static const char phrases[] = "503 Service Unavailable\0"
	                                    "200 OK\0"
	                                    "404 Not Found\0"
	                                    "405 Method Not Allowed\0"
	                                    "400 Bad Request\0"
	                                    "431 Too Large";
	enum { PAGE_METRICS, PAGE_LIVEZ };
	int state = s->health.state, phrase = state == HEALTH_HEALTHY, page,
	    method;
	char *path, *version;
	struct text t;

	buffer[n] = '\0';
	path = cut(buffer, " ");
	version = cut(path, " ");
	(void)cut(path, "?");
	page = options_choice("/metrics|/livez|/readyz|/healthz", path);
	method = options_choice("GET|HEAD", buffer);
	if (page == PAGE_METRICS ||
	    (page == PAGE_LIVEZ && state != HEALTH_UNHEALTHY))
		phrase = GOOD;
	if (page < 0)
		phrase = NOT_FOUND;
	if (method < 0)
		phrase = NOT_ALLOWED;
	if (strncmp(version, "HTTP/1.", 7) != 0)
		phrase = MALFORMED;
	if (n > SERVE_REQUEST)
		phrase = TOO_LARGE;
	text_init(&t, buffer, SERVE_SIZE); /* all of it has been read */
	put(&t,
	    "HTTP/1.1 \1\r\nConnection: close\r\nAllow: GET, HEAD\r\n"
	    "Content-Type: text/plain; version=0.0.4\r\n\r\n",
	    text_behind(phrases, phrase), NULL, 0);
	if (phrase > GOOD || method > 0)
		return t.length;
	if (page == PAGE_METRICS)
		add_metrics(&t, s, orphans);
	else
		verdict_line(&t, state, NULL, verdict_culprit(s, state));
	return t.length;
}

/* ------ The connections ------ */

/* Not in line: that saves a word at each of three calls. */
static void
set(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

int
serve_open(const struct address *at)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	union probe_name name;
	int fd;

	for (;; at++) {
		fd = (int)syscall(SYS_socket, at->family, type, 0);
		if (fd >= 0)
			break;
		if (at->family != AF_INET6)
			return -1;
	}
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
	/* Over IPv4 as well, whatever the system's default is. */
	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (bind(fd, &name.any, probe_name(at, &name)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -1;
	/* The other goes with all that was inherited. */
	return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LOWEST);
}

void
serve_next(int fd, const struct status *s, unsigned long orphans)
{
	char buffer[SERVE_SIZE];
	ssize_t n;

	fd = (int)syscall(SYS_accept4, fd, NULL, NULL,
	                  SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EAGAIN) /* it would be told again at once */
			(void)poll(NULL, 0, PAUSE);
		return;
	}
	n = recv(fd, buffer, sizeof(buffer) - 1, 0);
	if (n > 0) /* it fits into what a new connection has room for */
		(void)send(fd, buffer,
		           serve_answer(buffer, (size_t)n, s, orphans),
		           MSG_NOSIGNAL);
	(void)close(fd);
}
