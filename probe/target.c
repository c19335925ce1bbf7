/* SPDX-License-Identifier: MIT */
/*
 * target: understands what is to be probed, before PROGRAM runs.
 *
 * A target that cannot be meant is refused here, with the way out: a probe that
 * can only fail would be found much later, and by somebody else.  Whether a
 * host's name exists is not known here; resolver.c finds out at each attempt.
 */
#include "probe/target.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/duration.h"
#include "lib/text.h"
#include "probe/expect.h"

enum {
	HTTP_PORT = 80,
	PORT_MAX = 65535,
	SUGGESTION_MEMORY = 1024, /* bytes of a target of TEXT_SHOWN_MAX */
};

static const char *const no_port = "has no port from 1 to 65535";
static const char *const no_path =
    "needs a path from / (a socket: 107 bytes at most)";
static const char *const needs_age = "needs ?max-age= with a duration above 0";

/* ------ HOST:PORT ------ */

/* Are these n bytes a name?  One that ends with a number would be an address
 * that was mistyped, 127.0.0.256. */
static bool
is_host_name(const char *s, size_t n)
{
	size_t label = 0, i; /* bytes since the last dot */
	bool number = true;  /* ... and they are all digits */

	if (n > 0 && s[n - 1] == '.')
		n--;
	for (i = 0; i < n; i++) {
		if (s[i] == '.' && label > 0) {
			label = 0;
			number = true;
			continue;
		}
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return false;
		if (!isdigit((unsigned char)s[i]))
			number = false;
		if (++label > TARGET_LABEL_MAX)
			return false;
	}
	return !number && n <= TARGET_NAME_MAX;
}

/* How many of the n bytes of HOST[:PORT] are HOST, its brackets included. */
static size_t
host_length(const char *s, size_t n)
{
	const char *end = memchr(s, *s == '[' ? ']' : ':', n);

	if (end == NULL)
		return n;
	return (size_t)(end - s) + (*s == '[' ? 1 : 0);
}

/* Understand a host that needs no lookup.  False if it is none. */
static bool
parse_literal_host(struct target_server *server, const char *s, size_t n)
{
	struct address *first = &server->addresses[0];

	server->address_count = 1;
	if (n >= 2 && s[0] == '[' && s[n - 1] == ']')
		return address_parse(first, s + 1, n - 2) &&
		       first->family == AF_INET6;
	if (address_parse(first, s, n))
		return first->family == AF_INET;
	if (n != 9 || strncasecmp(s, "localhost", n) != 0)
		return false;
	/* Never looked up: many images have no /etc/hosts, or lack ::1 there,
	 * and many servers listen on one of the two alone. */
	server->address_count = 2;
	return address_parse(first, "127.0.0.1", 9) &&
	       address_parse(&server->addresses[1], "::1", 3);
}

/* Understand the n bytes of HOST[:PORT]; a default port of 0 is none. */
static const char *
parse_server(struct target_server *server, const char *s, size_t n,
             int default_port, struct target_pool *pool)
{
	const char *end = s + n, *at = s + host_length(s, n);
	long long port = default_port;

	if (!parse_literal_host(server, s, (size_t)(at - s))) {
		server->address_count = 0;
		if (!is_host_name(s, (size_t)(at - s)))
			return "needs a host: a name, or an address (IPv6 in "
			       "brackets)";
		server->name = target_pool_copy(pool, s, (size_t)(at - s));
	}
	if (at < end)
		port = *at++ == ':' ? text_digits(&at) : 0;
	if (at != end || port <= 0 || port > PORT_MAX)
		return no_port;
	server->port = (unsigned short)port;
	return NULL;
}

const char *
target_listen(struct target_server *server, const char *text)
{
	struct target_pool no_names = {0};
	int port = text_to_number(text, PORT_MAX);
	const char *error;

	memset(server, 0, sizeof(*server));
	if (port > 0) {
		server->port = (unsigned short)port;
		server->address_count = 2;
		server->addresses[0].family = AF_INET6;
		server->addresses[1].family = AF_INET;
		return NULL;
	}
	if (strchr(text, ':') == NULL)
		return no_port;
	error = parse_server(server, text, strlen(text), 0, &no_names);
	if (server->address_count == 0)
		error = "needs an address to listen on: IPv4, [IPv6] or "
			"localhost";
	return error;
}

/* ------ What follows the scheme, which is cut into pieces in place ------ */

static const char *
parse_socket(struct target *t, const char *path)
{
	size_t n = strlen(path);

	if (n < 2 || n > TARGET_SOCKET_MAX || *path != '/')
		return no_path;
	t->server.socket = path;
	return NULL;
}

/* /SOCKET[:/PATH] */
static const char *
parse_http_unix(struct target *t, char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && (s[n] != ':' || s[n + 1] != '/'))
		n++;
	t->host_header = "localhost";
	t->path = s[n] == ':' ? s + n + 1 : "/";
	s[n] = '\0';
	return parse_socket(t, s);
}

/* unix:/SOCKET[:/PATH] or HOST[:PORT][/PATH] */
static const char *
parse_http_target(struct target *t, char *s, struct target_pool *pool)
{
	const char *error;
	size_t n;

	s[strcspn(s, "#")] = '\0'; /* a fragment is not sent to the server */
	if (strncasecmp(s, "unix:/", 6) == 0)
		return parse_http_unix(t, s + 5);
	n = strcspn(s, "/?");
	if (memchr(s, '@', n) != NULL)
		return "has a user or password: use --health-header";
	error = parse_server(&t->server, s, n, HTTP_PORT, pool);
	if (error != NULL)
		return error;
	t->path = pool->next;
	if (s[n] != '/')
		target_pool_add(pool, '/');
	(void)target_pool_copy(pool, s + n, strlen(s + n));
	t->host_header = target_pool_copy(pool, s, n);
	return NULL;
}

/* HOST:PORT[/SERVICE] */
static const char *
parse_grpc_target(struct target *t, const char *s, struct target_pool *pool)
{
	size_t n = strcspn(s, "/");

	t->path = s[n] == '/' ? s + n + 1 : "";
	if (strlen(t->path) > TARGET_SERVICE_MAX)
		return "is too long";
	return parse_server(&t->server, s, n, 0, pool);
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = strchr(digits, tolower((unsigned char)c));

	return found == NULL || c == '\0' ? -1 : (int)(found - digits);
}

/* Decode the text at s, in which %XX is any byte.  Returns what follows, an &
 * or the end, or NULL if the text is malformed, empty or the second. */
static char *
decode_text(char *s, const char **decoded, size_t *length)
{
	char *to = s;

	if (*decoded != NULL)
		return NULL;
	*decoded = s;
	for (; *s != '&' && *s != '\0'; s++) {
		char c = *s;

		if (c == '%') {
			int high = hex_digit(s[1]);
			int low = high == -1 ? -1 : hex_digit(s[2]);

			if (low == -1)
				return NULL;
			c = (char)(high << 4 | low);
			s += 2;
		}
		*to++ = c;
	}
	*length = (size_t)(to - *decoded);
	return *length > 0 ? s : NULL;
}

/* [?ITEM[&ITEM]] with the items send=TEXT and expect=TEXT */
static const char *
parse_exchange(struct target_exchange *e, char *s)
{
	while (s != NULL && *s != '\0') {
		s++; /* behind the ? or & */
		if (strncmp(s, "send=", 5) == 0)
			s = decode_text(s + 5, &e->send, &e->send_length);
		else if (strncmp(s, "expect=", 7) == 0)
			s = decode_text(s + 7, &e->expect, &e->expect_length);
		else
			s = NULL;
	}
	if (s == NULL)
		return "needs send=TEXT or expect=TEXT after its ?, each once "
		       "(%XX is any byte)";
	return e->expect_length > EXPECT_ANSWER_MAX ? "is too long" : NULL;
}

/* HOST:PORT[?...] or /SOCKET[?...] */
static const char *
parse_stream_target(struct target *t, char *s, struct target_pool *pool)
{
	size_t n = strcspn(s, "?");
	const char *error = parse_exchange(&t->exchange, s + n);

	if (error != NULL)
		return error;
	s[n] = '\0';
	if (t->kind == TARGET_UNIX)
		return parse_socket(t, s);
	return parse_server(&t->server, s, n, 0, pool);
}

/* [/PATH][?max-age=DURATION]: file: needs the path, notify: has none */
static const char *
parse_aged_target(struct target *t, char *s)
{
	static const char key[] = "?max-age=";
	size_t n = strcspn(s, "?");

	if (t->kind == TARGET_FILE && *s != '/')
		return no_path;
	t->path = s;
	if (strncmp(s + n, key, strlen(key)) == 0)
		t->max_age_ms = duration_parse(s + n + strlen(key));
	if ((t->kind == TARGET_NOTIFY && n > 0) ||
	    (s[n] == '?' && t->max_age_ms <= 0))
		return needs_age;
	s[n] = '\0';
	return NULL;
}

/* ------ Targets ------ */

static const char schemes[][8] = {
    [TARGET_HTTP] = "http://",   [TARGET_GRPC] = "grpc://",
    [TARGET_TCP] = "tcp://",     [TARGET_UNIX] = "unix:",
    [TARGET_EXEC] = "exec:",     [TARGET_FILE] = "file:",
    [TARGET_NOTIFY] = "notify:",
};

enum { NO_SCHEME = sizeof(schemes) / sizeof(schemes[0]) };

static unsigned
find_scheme(const char *text)
{
	unsigned kind = 0;

	while (kind < NO_SCHEME &&
	       strncasecmp(text, schemes[kind], strlen(schemes[kind])) != 0)
		kind++;
	return kind;
}

/* Is there no byte that would end a word or a line of a request? */
static bool
is_one_word(const char *s)
{
	while ((unsigned char)*s > ' ' && *s != 0x7f)
		s++;
	return *s == '\0';
}

/* Understand what follows the scheme, with its variables replaced. */
static const char *
parse_expanded(struct target *t, char *s, struct target_pool *pool)
{
	switch (t->kind) {
	case TARGET_HTTP:
		return parse_http_target(t, s, pool);
	case TARGET_GRPC:
		return parse_grpc_target(t, s, pool);
	case TARGET_TCP:
	case TARGET_UNIX:
		return parse_stream_target(t, s, pool);
	default:
		return parse_aged_target(t, s);
	}
}

const char *
target_parse(struct target *t, const char *text, char **envp,
             struct target_pool *pool)
{
	unsigned kind = find_scheme(text);
	const char *rest, *expanded, *error;
	char *start = pool->next;

	memset(t, 0, sizeof(*t));
	t->text = text;
	t->max_age_ms = -1;
	if (strncasecmp(text, "https:", 6) == 0)
		return "needs TLS: use http:// or exec: with a client";
	if (kind == NO_SCHEME)
		return "is no target: http://, grpc://, tcp://, unix:/, exec:, "
		       "file:/, notify:";
	t->kind = (enum target_kind)kind;
	rest = text + strlen(schemes[kind]);
	if (t->kind == TARGET_EXEC)
		return command_split(rest, envp, pool, t->words + 1);
	error = target_expand(rest, envp, pool, &expanded);
	if (error != NULL)
		return error;
	if (!is_one_word(expanded))
		return "has a blank or control byte: write %20";
	error = parse_expanded(t, start, pool);
	if (error == NULL && pool->left == 0)
		error = "is too long";
	return error;
}

/* ------ What may have been meant ------ */

bool
target_suggest(const char *text, char *buffer, size_t size)
{
	const char *scheme = schemes[TARGET_HTTP];
	char memory[SUGGESTION_MEMORY], *no_variables[] = {NULL};
	struct target_pool pool = {memory, sizeof(memory)};
	struct target target;
	bool damaged = false; /* the scheme, as in http:/x, http//x, grpc:x */
	unsigned kind;
	struct text t;

	if (find_scheme(text) != NO_SCHEME)
		return false;
	for (kind = TARGET_HTTP; kind <= TARGET_TCP && !damaged; kind++) {
		size_t n = strcspn(schemes[kind], ":");

		damaged = strncasecmp(text, schemes[kind], n) == 0 &&
		          strspn(text + n, ":/") > 0;
		if (damaged) {
			scheme = schemes[kind];
			text += n;
		}
	}
	text += strspn(text, ":/");
	text_init(&t, buffer, size);
	text_format(&t, "{scheme:s}{localhost:s}{text:s}", scheme,
	            text_to_number(text, PORT_MAX) > 0 ? "localhost:" : "",
	            text);
	if (t.cut || target_parse(&target, buffer, no_variables, &pool) != NULL)
		return false;
	/* A name alone is more likely a command. */
	return damaged || target.server.name == NULL ||
	       strchr(text, ':') != NULL;
}
