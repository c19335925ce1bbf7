/* SPDX-License-Identifier: MIT */
/*
 * A target that is understood can be probed: all that it says is within the
 * pool, and fits where it goes.
 *
 * Input: the bytes of the pool, the target; the environment.
 */
#include "probe/target.h"

#include <string.h>
#include <sys/socket.h>

#include "input.h"
#include "probe/dns.h"

enum { POOL = 8191, VARIABLES = 64 };

/* Which bytes are the pool's, and how many of them are used. */
static const char *first, *behind;

/* A string within what is used of the pool, or one of hale's own. */
static void
judge_string(const char *s)
{
	if (s >= first && s < behind)
		demand(memchr(s, '\0', (size_t)(behind - s)) != NULL);
	else
		demand(strcmp(s, "/") == 0 || strcmp(s, "localhost") == 0 ||
		       strcmp(s, "") == 0);
}

/* Is there no byte that ends a word or a line of a request? */
static bool
is_word(const char *s)
{
	while ((unsigned char)*s > ' ' && *s != 0x7f)
		s++;
	return *s == '\0';
}

/* Is it a name that can be asked for: of labels, and at most 253 bytes? */
static void
judge_name(const char *name)
{
	struct dns_query query;

	judge_string(name);
	demand(is_word(name));
	demand(dns_build_query(&query, 1, DNS_A, name));
}

static void
judge_server(const struct target_server *server)
{
	int i;

	demand(server->port > 0);
	demand(server->socket == NULL);
	if (server->name != NULL) {
		judge_name(server->name);
		demand(server->address_count == 0);
		return;
	}
	demand(server->address_count >= 1);
	demand(server->address_count <= TARGET_ADDRESSES);
	for (i = 0; i < server->address_count; i++)
		demand(server->addresses[i].family == AF_INET ||
		       server->addresses[i].family == AF_INET6);
}

static void
judge_socket(const struct target_server *server)
{
	judge_string(server->socket);
	demand(server->socket[0] == '/');
	demand(strlen(server->socket) <= TARGET_SOCKET_MAX);
	demand(server->name == NULL && server->address_count == 0);
}

static void
judge_http(const struct target *t)
{
	judge_string(t->host_header);
	judge_string(t->path);
	demand(*t->host_header != '\0' && is_word(t->host_header));
	demand(*t->path == '/' && is_word(t->path));
	demand(strchr(t->path, '#') == NULL);
	if (t->server.socket != NULL)
		judge_socket(&t->server);
	else
		judge_server(&t->server);
}

static void
judge_bytes(const char *bytes, size_t length)
{
	if (bytes == NULL)
		return;
	demand(length > 0);
	demand(bytes >= first && bytes + length <= behind);
}

static void
judge_exchange(const struct target_exchange *e)
{
	judge_bytes(e->send, e->send_length);
	judge_bytes(e->expect, e->expect_length);
}

static void
judge_words(const struct target *t)
{
	int i;

	demand(t->words[0] == NULL);
	demand(t->words[1] != NULL && *t->words[1] != '\0');
	for (i = 1; t->words[i] != NULL; i++) {
		demand(i <= TARGET_WORDS_MAX);
		judge_string(t->words[i]);
	}
}

static void
judge(const struct target *t)
{
	switch (t->kind) {
	case TARGET_HTTP:
		judge_http(t);
		break;
	case TARGET_GRPC:
		judge_server(&t->server);
		judge_string(t->path);
		demand(strlen(t->path) <= TARGET_SERVICE_MAX);
		break;
	case TARGET_TCP:
		judge_server(&t->server);
		judge_exchange(&t->exchange);
		break;
	case TARGET_UNIX:
		judge_socket(&t->server);
		judge_exchange(&t->exchange);
		break;
	case TARGET_EXEC:
		judge_words(t);
		break;
	default:
		demand(t->kind == TARGET_FILE || t->kind == TARGET_NOTIFY);
		judge_string(t->path);
		demand(t->path[0] == (t->kind == TARGET_FILE ? '/' : '\0'));
		demand(t->max_age_ms == -1 || t->max_age_ms > 0);
	}
}

void
fuzz(struct input *in)
{
	size_t size = (size_t)input_choice(in, POOL) + 1;
	struct target_pool pool = {.next = input_room(in, size), .left = size};
	const char *text = input_word(in), *error;
	char suggestion[100];
	struct target t;

	memset(&t, 0x5a, sizeof(t));
	memset(pool.next, 'x', size);
	first = pool.next;
	error = target_parse(&t, text, input_words(in, VARIABLES), &pool);
	behind = pool.next;
	demand(behind >= first && pool.left == size - (size_t)(behind - first));
	demand(error == NULL || *error != '\0');
	demand(error != NULL || pool.left > 0);
	if (error == NULL)
		judge(&t);
	if (target_suggest(text, suggestion, sizeof(suggestion)))
		demand(error != NULL && is_word(suggestion));
}
