/* SPDX-License-Identifier: MIT */
/*
 * target: understands what is to be probed, before PROGRAM runs.
 *
 * What cannot be probed is refused here, with the way out: a probe that can
 * only fail would be found much later, and by somebody else.
 */
#include "probe/target.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/duration.h"
#include "probe/hosts.h"
#include "lib/text.h"

/* In place of a kind: why there is none. */
enum { NEEDS_TLS = TARGET_NOTIFY + 1, NO_TARGET };

static const struct scheme {
	char prefix[8];
	unsigned char kind;
} schemes[] = {
    {"http://", TARGET_HTTP}, {"grpc://", TARGET_GRPC},
    {"tcp://", TARGET_TCP},   {"unix:", TARGET_UNIX},
    {"exec:", TARGET_EXEC},   {"file:", TARGET_FILE},
    {"https:", NEEDS_TLS},    {"notify:", TARGET_NOTIFY},
    {"", NO_TARGET},
};

void
target_put(struct target_pool *p, char c)
{
	if (p->left > 0) {
		p->left--;
		*p->at++ = c;
	}
}

/* How many bytes of s a variable's name has. */
static size_t
name_length(const char *s)
{
	size_t n;

	for (n = 0;; n++) {
		unsigned char c = (unsigned char)s[n];

		if (c != '_' && (unsigned)(c | 0x20) - 'a' >= 26 &&
		    (n == 0 || (unsigned)c - '0' >= 10))
			return n;
	}
}

const char *
target_variable(char **envp, const char *name, size_t n)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* Put the value of the variable whose name is at *at, and move *at to its }. */
static const char *
expand(const char **at, char **envp, struct target_pool *p)
{
	size_t n = name_length(*at);
	const char *value = target_variable(envp, *at, n), *end = *at + n;

	if (end[0] == ':' && end[1] == '-') {
		end += 2;
		if (value == NULL || *value == '\0')
			value = end;
		end += strcspn(end, "{}");
	}
	if (n == 0 || *end != '}')
		return "has a ${ without NAME} or NAME:-default}";
	if (value == NULL)
		return 
		    "has a variable that is not set: ${NAME:-default}";
	for (; *value != '\0' && value != end; value++)
		target_put(p, *value);
	*at = end;
	return NULL;
}

/* No shell's quoting: no byte is one that opens or closes. */
enum { PLAIN = -1 };

static const char no_path[] =
    "needs a path from / (a socket: 107 bytes at most)";

/* Does the backslash at s take the next byte as it is? */
static bool
is_escape(const char *s, int quote)
{
	if (s[0] != '\\' || s[1] == '\0')
		return false;
	return quote == 0 || (quote == '"' && strchr("\"\\$", s[1]) != NULL);
}

/* Put the target from s on: of exec: its words, of all others the whole, with
 * two bytes before it that are still to be used. */
static const char *
copy(struct target *t, const char *s, char **envp, struct target_pool *p)
{
	bool within = false;
	int quote = 0;

	if (t->kind != TARGET_EXEC) {
		quote = PLAIN;
		s -= 2;
	}
	for (; *s != '\0'; s++) {
		int c = (unsigned char)*s;

		if (c == quote) {
			quote = 0;
			continue;
		}
		if (quote == 0 && c <= ' ') {
			if (within)
				target_put(p, '\0');
			within = false;
			continue;
		}
		t->count += !within;
		within = true;
		if (quote == 0 && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (c == '$' && s[1] == '{' && quote != '\'') {
			const char *error;

			s += 2;
			error = expand(&s, envp, p);
			if (error != NULL)
				return error;
			continue;
		}
		if (is_escape(s, quote))
			s++;
		target_put(p, *s);
	}
	target_put(p, '\0');
	if (p->left == 0)
		return "is too long";
	return quote > 0 ? "has a quote that is not closed" : NULL;
}

static const char *
set_port(struct target *t, int port)
{
	t->address[0].port = t->address[1].port = (unsigned short)port;
	return port <= 0 ? "has no port from 1 to 65535" : NULL;
}

/* HOST[:PORT], where 0 is no port; HOST is the first t->count bytes. */
static const char *
parse_authority(struct target *t, const char *host, int port)
{
	size_t n;

	t->host = host;
	if (*host != '[') {
		n = strcspn(host, ":");
		t->addresses = address_parse(t->address, host, n);
		if (t->addresses == 0)
			t->addresses = hosts_find(host, n, t->address);
	} else {
		n = strcspn(++host, "]");
		if (address_parse(t->address, host, n) && host[n] == ']')
			t->addresses = t->address[0].family == AF_INET6;
		n++;
	}
	if (t->addresses == 0)
		return 
		    "needs a host's address, or its name in /etc/hosts";
	host += n;
	if (*host != '\0')
		port = *host == ':' ? text_to_number(host + 1, 65535) : 0;
	t->count = (int)(host - t->host);
	return set_port(t, port);
}

const char *
target_listen(struct target *t, const char *text)
{
	*t = (struct target){.text = text};
	if (strchr(text, ':') != NULL)
		return parse_authority(t, text, 0);
	t->address[0].family = AF_INET6;
	t->address[1].family = AF_INET;
	return set_port(t, text_to_number(text, 65535));
}

static const char *
parse_socket(struct target *t, char *path)
{
	t->socket = path;
	return *path != '/' || strlen(path) - 2 > TARGET_SOCKET_MAX - 2
	           ? no_path
	           : NULL;
}

static const char *
parse_http(struct target *t, char *s)
{
	const char *error;
	char *host = s - 2;

	if (strncasecmp(s, "unix:/", 6) == 0) {
		t->host = "localhost";
		t->path = "/";
		host = s + 5;
		for (s = host; *s != '\0'; s++)
			if (s[0] == ':' && s[1] == '/') {
				*s = '\0';
				t->path = s + 1;
				t->path[strcspn(t->path, "#")] = '\0';
				break;
			}
		return parse_socket(t, host);
	}
	while (*s != '\0' && *s != '/' && *s != '?' && *s != '#') {
		s[-2] = *s;
		s++;
	}
	s[-2] = '\0';
	if (*s != '/')
		*--s = '/';
	t->path = s;
	s[strcspn(s, "#")] = '\0';
	if (strchr(host, '@') != NULL)
		return "has a user or password: use --health-header";
	error = parse_authority(t, host, 80);
	if (t->address[0].port == 80)
		host[t->count] = '\0'; /* it goes without saying */
	return error;
}

static const char *
parse_grpc(struct target *t, char *s)
{
	t->path = s + strcspn(s, "/");
	if (*t->path != '\0')
		*t->path++ = '\0';
	if (strlen(t->path) > TARGET_SERVICE_MAX)
		return "is too long";
	return parse_authority(t, s, 0);
}

/* A path, or none for notify:, and what may follow it. */
static const char *
parse_file(struct target *t, char *s)
{
	static const char age[] =
	    "needs ?max-age= with a duration above 0";
	char *query = strrchr(s, '?');

	t->path = s;
	if (query != NULL) {
		*query = '\0';
		t->max_age = -1;
		if (strncmp(query + 1, "max-age=", 8) == 0)
			t->max_age = duration_parse(query + 9);
		if (t->max_age <= 0)
			return age;
	}
	if (t->kind == TARGET_NOTIFY)
		return *s != '\0' ? age : NULL;
	return *s != '/' ? no_path : NULL;
}

/* Is there nothing that would end a line or a word of a request? */
static bool
is_printable(const char *s)
{
	while ((unsigned char)*s > ' ')
		if (*s++ == 0x7f)
			return false;
	return *s == '\0';
}

const char *
target_parse(struct target *t, const char *text, char **envp,
             struct target_pool *pool)
{
	const struct scheme *row;
	const char *error;
	char *s = pool->at;
	size_t n;

	for (row = schemes;; row++) {
		n = strlen(row->prefix);
		if (strncasecmp(row->prefix, text, n) == 0)
			break;
	}
	*t = (struct target){.text = text, .kind = row->kind, .max_age = -1};
	if (t->kind == NO_TARGET)
		return "is no target of this version: http://, "
		             "grpc://, tcp://, unix:/, exec:, file:/, notify:";
	if (t->kind == NEEDS_TLS)
		return "needs TLS: use http:// or exec: with a client";
	error = copy(t, text + n, envp, pool);
	if (error != NULL)
		return error;
	if (t->kind == TARGET_EXEC) {
		t->words = s;
		return *s != '\0' && t->count <= TARGET_WORDS_MAX
		           ? NULL
		           : "needs a command of 1 to 32 words";
	}
	if (!is_printable(s))
		return "has a blank or control byte: write %20";
	s += 2;
	if (t->kind == TARGET_HTTP)
		return parse_http(t, s);
	if (t->kind == TARGET_GRPC)
		return parse_grpc(t, s);
	if (t->kind == TARGET_TCP)
		return parse_authority(t, s, 0);
	if (t->kind == TARGET_UNIX)
		return parse_socket(t, s);
	return parse_file(t, s);
}
