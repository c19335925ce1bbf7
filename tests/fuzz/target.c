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
		demand(strcmp(s, "/") == 0 || strcmp(s, "localhost") == 0);
}

/* Is there no byte that ends a word or a line of a request? */
static bool
is_word(const char *s)
{
	while ((unsigned char)*s > ' ' && *s != 0x7f)
		s++;
	return *s == '\0';
}

static void
judge_addresses(const struct target *t)
{
	int i;

	demand(t->addresses >= 1 && t->addresses <= TARGET_ADDRESSES);
	for (i = 0; i < t->addresses; i++) {
		demand(t->address[i].port > 0);
		demand(t->address[i].family == AF_INET ||
		       t->address[i].family == AF_INET6);
	}
}

static void
judge_socket(const struct target *t)
{
	judge_string(t->socket);
	demand(t->socket[0] == '/');
	demand(strlen(t->socket) <= TARGET_SOCKET_MAX);
}

static void
judge_http(const struct target *t)
{
	judge_string(t->host);
	judge_string(t->path);
	demand(*t->host != '\0' && is_word(t->host));
	demand(*t->path == '/' && is_word(t->path));
	demand(strchr(t->path, '#') == NULL);
	if (t->socket != NULL)
		judge_socket(t);
	else
		judge_addresses(t);
	demand((t->socket != NULL) == (t->addresses == 0));
}

/* The words fill what is used of the pool, but for the blanks at its end. */
static void
judge_words(const struct target *t)
{
	const char *s = t->words;
	int i;

	demand(t->count >= 1 && t->count <= TARGET_WORDS_MAX);
	demand(*s != '\0');
	for (i = 0; i < t->count; i++) {
		judge_string(s);
		s += strlen(s) + 1;
	}
	demand(s == behind || (s + 1 == behind && *s == '\0'));
}

static void
judge(const struct target *t)
{
	switch (t->kind) {
	case TARGET_HTTP:
		judge_http(t);
		break;
	case TARGET_GRPC:
		judge_addresses(t);
		judge_string(t->path);
		demand(strlen(t->path) <= TARGET_SERVICE_MAX);
		break;
	case TARGET_TCP:
		judge_addresses(t);
		break;
	case TARGET_UNIX:
		judge_socket(t);
		break;
	case TARGET_EXEC:
		judge_words(t);
		break;
	default:
		demand(t->kind == TARGET_FILE || t->kind == TARGET_NOTIFY);
		judge_string(t->path);
		demand(t->path[0] == (t->kind == TARGET_FILE ? '/' : '\0'));
		demand(t->max_age == -1 || t->max_age > 0);
	}
}

void
fuzz(struct input *in)
{
	size_t size = (size_t)input_choice(in, POOL) + 1;
	struct target_pool pool = {.at = input_room(in, size), .left = size};
	const char *text = input_word(in), *error;
	struct target t;

	memset(&t, 0x5a, sizeof(t));
	memset(pool.at, 'x', size);
	first = pool.at;
	error = target_parse(&t, text, input_words(in, VARIABLES), &pool);
	behind = pool.at;
	demand(behind >= first && pool.left == size - (size_t)(behind - first));
	demand(error == NULL || *error != '\0');
	demand(error != NULL || pool.left > 0);
	if (error == NULL)
		judge(&t);
}
