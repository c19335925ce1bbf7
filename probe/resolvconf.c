/* SPDX-License-Identifier: MIT */
/*
 * resolvconf: understands /etc/resolv.conf and its search list.
 *
 * The container engine writes this file, but PROGRAM may replace it, so that
 * anything may stand in it.  A line that is not understood is ignored, as every
 * resolver does: one strange option must not make every name unknown.
 */
#include "probe/resolvconf.h"

#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text.h"

/* The defaults of resolv.conf(5), and what glibc limits them to. */
enum {
	NDOTS = 1,
	NDOTS_MAX = 15,
	TIMEOUT_SECONDS = 5,
	TIMEOUT_SECONDS_MAX = 30,
	ATTEMPTS = 2,
	ATTEMPTS_MAX = 5,
};

static const char blanks[] = " \t\r";

/* If the word is NAME and a number within the limits, put that into *value. */
static void
read_number_option(const char *word, const char *name, int low, int high,
                   int *value)
{
	size_t length = strlen(name);
	int number;

	if (strncmp(word, name, length) != 0)
		return;
	number = text_to_number(word + length, high);
	if (number >= low)
		*value = number;
}

static void
read_resolver_option(struct resolvconf *conf, const char *word)
{
	read_number_option(word, "ndots:", 0, NDOTS_MAX, &conf->ndots);
	read_number_option(word, "timeout:", 1, TIMEOUT_SECONDS_MAX,
	                   &conf->timeout_seconds);
	read_number_option(word, "attempts:", 1, ATTEMPTS_MAX, &conf->attempts);
}

static void
add_name_server(struct resolvconf *conf, const char *word)
{
	struct resolvconf_server *server = &conf->servers[conf->server_count];

	if (conf->server_count == RESOLVCONF_SERVERS_MAX ||
	    !address_parse(&server->address, word, strlen(word)))
		return;
	server->port = RESOLVCONF_PORT;
	memcpy(server->text, word, strlen(word) + 1);
	conf->server_count++;
}

/* A domain that does not fit any more is left out as a whole.  The root, ".",
 * needs no care: with it a name has two dots at its end, and is not asked for.
 */
static void
add_search_domain(struct resolvconf *conf, const char *word)
{
	size_t used = strlen(conf->search), n = strlen(word);

	if (used + n + 2 > sizeof(conf->search))
		return;
	memcpy(conf->search + used, word, n);
	conf->search[used + n] = ' ';
	conf->search[used + n + 1] = '\0';
	conf->domain_count++;
}

static void
read_resolvconf_line(struct resolvconf *conf, char *line)
{
	char *rest, *word, *keyword = strtok_r(line, blanks, &rest);
	bool search;

	if (keyword == NULL)
		return;
	search =
	    strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0;
	if (search) { /* it replaces what an earlier line gave */
		conf->search[0] = '\0';
		conf->domain_count = 0;
	}
	while ((word = strtok_r(NULL, blanks, &rest)) != NULL) {
		if (search)
			add_search_domain(conf, word);
		else if (strcmp(keyword, "nameserver") == 0)
			add_name_server(conf, word);
		else if (strcmp(keyword, "options") == 0)
			read_resolver_option(conf, word);
	}
}

void
resolvconf_parse(struct resolvconf *conf, char *text)
{
	char *rest, *line;

	memset(conf, 0, sizeof(*conf));
	conf->ndots = NDOTS;
	conf->timeout_seconds = TIMEOUT_SECONDS;
	conf->attempts = ATTEMPTS;
	for (; (line = strtok_r(text, "\n", &rest)) != NULL; text = NULL)
		read_resolvconf_line(conf, line);
	if (conf->server_count == 0)
		add_name_server(conf, "127.0.0.1");
}

void
resolvconf_read(struct resolvconf *conf)
{
	char text[RESOLVCONF_FILE_MAX + 1];
	ssize_t n = 0;
	int fd = file_open("/etc/resolv.conf");

	if (fd != -1) {
		/* A regular file gives all that it has at once. */
		n = read(fd, text, RESOLVCONF_FILE_MAX);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	resolvconf_parse(conf, text);
}

bool
resolvconf_candidate(const struct resolvconf *conf, const char *name, int index,
                     char candidate[RESOLVCONF_NAME_SIZE])
{
	const char *domain = conf->search, *c;
	int domains = conf->domain_count, dots = 0;
	struct text t;

	for (c = name; *c != '\0'; c++)
		if (*c == '.')
			dots++;
	if (dots > 0 && c[-1] == '.')
		domains = 0; /* the name is absolute */
	if (index > domains)
		return false;
	text_init(&t, candidate, RESOLVCONF_NAME_SIZE);
	text_string(&t, name);
	/* The name as it is comes first or last. */
	if (dots >= conf->ndots)
		index--;
	if (index >= 0 && index < domains) {
		for (; index > 0; index--)
			domain += strcspn(domain, " ") + 1;
		text_string(&t, ".");
		text_bytes(&t, domain, strcspn(domain, " "));
	}
	if (t.cut)
		*candidate = '\0';
	return true;
}
