/* SPDX-License-Identifier: MIT */
/*
 * serve: tells whoever asks over HTTP how PROGRAM is.
 *
 * It is made for the probes of the kubelet and for Prometheus, which connect,
 * send one small request and read the answer.  No state is kept of any client:
 * the kernel hands a connection over only when a request has arrived on it, or
 * after a second (tcp(7), TCP_DEFER_ACCEPT).  What has arrived by then is read,
 * answered and closed in one go, without waiting.  So a slow client costs hale
 * no descriptor and no deadline, and holds up nobody else.
 */
#include "report/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text.h"
#include "probe/address.h"
#include "report/summary.h"

enum {
	LOWEST_DESCRIPTOR = 10, /* of the listener */
	BACKLOG = 4096,         /* clients that the kernel may queue */
	DEFER_SECONDS = 1,      /* how long a client may say nothing */
};

/* ------ The answer ------ */

/* The first line of a request, cut up. */
struct request {
	char *method;
	char *path; /* without the query */
	char *version;
};

static const struct page {
	char path[12];
	bool metrics; /* or else the answer to a question */
	enum summary_question question;
} pages[] = {
    {.path = "/livez", .question = SUMMARY_LIVE},
    {.path = "/readyz", .question = SUMMARY_READY},
    {.path = "/healthz", .question = SUMMARY_READY},
    {.path = "/startupz", .question = SUMMARY_STARTED},
    {.path = "/metrics", .metrics = true},
};

/* End the string s before the first of these characters; returns what follows
 * it, or the end of s. */
static char *
cut_at(char *s, const char *characters)
{
	s += strcspn(s, characters);
	if (*s != '\0')
		*s++ = '\0';
	return s;
}

static void
split_request(struct request *r, char *text)
{
	r->method = text;
	r->path = cut_at(r->method, " ");
	r->version = cut_at(r->path, " ");
	(void)cut_at(r->path, "?");
}

/* The page of that path, or NULL. */
static const struct page *
find_page(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0)
			return &pages[i];
	return NULL;
}

/* The status line of the answer to a request of n bytes for page, or NULL. */
static const char *
find_status_line(const struct request *r, size_t n, const struct page *page,
                 const struct status *s)
{
	if (n > SERVE_REQUEST)
		return "431 Request Header Fields Too Large";
	if (strncmp(r->version, "HTTP/1.", 7) != 0)
		return "400 Bad Request";
	if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
		return "405 Method Not Allowed";
	if (page == NULL)
		return "404 Not Found";
	if (page->metrics || summary_answer(s, page->question))
		return "200 OK";
	return "503 Service Unavailable";
}

static void
add_body(struct text *t, const struct page *page, const struct status *s)
{
	if (page->metrics)
		metrics_page(t, s);
	else
		summary_line(t, s->state, s, NULL);
}

size_t
serve_answer(char buffer[SERVE_SIZE], size_t n, const struct status *s)
{
	const char *status_line;
	const struct page *page;
	struct request request;
	struct text t;
	bool has_body;

	buffer[n] = '\0';
	split_request(&request, buffer);
	page = find_page(request.path);
	status_line = find_status_line(&request, n, page, s);
	has_body =
	    page != NULL && status_line[0] != '4' && request.method[0] == 'G';
	text_init(&t, buffer, SERVE_SIZE); /* the request is not needed now */
	text_format(&t,
	            "HTTP/1.1 {status:s}\r\n"
	            "Connection: close\r\n"
	            "Allow: GET, HEAD\r\n"
	            "Content-Type: text/plain; version=0.0.4\r\n"
	            "\r\n",
	            status_line);
	if (has_body)
		add_body(&t, page, s);
	return t.length;
}

/* ------ The connections ------ */

static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
	    {SOL_SOCKET, SO_REUSEADDR, 1},
	    /* Connections inherit it: one send takes the longest answer. */
	    {SOL_SOCKET, SO_SNDBUF, 2 * SERVE_SIZE},
	    {IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_SECONDS},
	    /* The IPv6 wildcard takes IPv4 too, whatever the system's
	     * default. */
	    {IPPROTO_IPV6, IPV6_V6ONLY, 0},
	};
	size_t i;

	/* Each option is an improvement; none is needed. */
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		                 &options[i].value, sizeof(options[i].value));
}

static int
listen_at(const struct address *address, unsigned short port)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int low = socket(address->family, type, 0), fd;
	union address_name name;
	socklen_t length = address_name(address, port, &name);

	if (low < 0)
		return -1;
	/* Out of the way of those that PROGRAM may inherit, if there are so
	 * many descriptors. */
	fd = fcntl(low, F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR);
	if (fd < 0)
		fd = low;
	else
		file_close(low);
	set_options(fd);
	if (bind(fd, &name.any, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	file_close(fd);
	return -1;
}

/* Does this machine lack the address, so that the next may be tried? */
static bool
is_address_missing(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

int
serve_open(const struct target_server *server)
{
	int fd = -1, i;

	errno = EADDRNOTAVAIL;
	for (i = 0; i < server->address_count; i++) {
		fd = listen_at(&server->addresses[i], server->port);
		if (fd >= 0 || !is_address_missing(errno))
			break;
	}
	return fd;
}

bool
serve_next(int fd, const struct status *s)
{
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char buffer[SERVE_SIZE];
	ssize_t n;

	if (client < 0)
		return errno == EAGAIN;
	n = recv(client, buffer, sizeof(buffer) - 1, 0);
	if (n > 0)
		(void)send(client, buffer, serve_answer(buffer, (size_t)n, s),
		           MSG_NOSIGNAL);
	close(client);
	return true;
}
