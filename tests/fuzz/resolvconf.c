/* SPDX-License-Identifier: MIT */
/*
 * Whatever stands in resolv.conf, there is a server to ask, within the limits,
 * and the name as it is stands among the candidates once.
 *
 * Input: the name; a text like /etc/resolv.conf.
 */
#include "probe/resolvconf.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"

static void
judge_servers(const struct resolvconf *conf)
{
	int i;

	demand(conf->server_count >= 1);
	demand(conf->server_count <= RESOLVCONF_SERVERS_MAX);
	for (i = 0; i < conf->server_count; i++) {
		const struct resolvconf_server *server = &conf->servers[i];
		struct address a;

		demand(server->port == RESOLVCONF_PORT);
		demand(address_parse(&a, server->text, strlen(server->text)));
		demand(address_equal(&a, &server->address));
	}
}

static void
judge_candidates(const struct resolvconf *conf, const char *name)
{
	char candidate[RESOLVCONF_NAME_SIZE];
	int same = 0, i;

	for (i = 0; resolvconf_candidate(conf, name, i, candidate); i++) {
		demand(i <= RESOLVCONF_SEARCH_SIZE);
		if (candidate[0] == '\0') {
			same += strlen(name) >= sizeof(candidate) && i == 0;
			continue;
		}
		demand(strncmp(candidate, name, strlen(name)) == 0);
		same += strcmp(candidate, name) == 0;
	}
	demand(i >= 1);
	demand(name[0] == '\0' || same == 1);
}

void
fuzz(struct input *in)
{
	const char *name = input_word(in), *rest;
	struct resolvconf conf;
	char *text;
	size_t n;

	memset(&conf, 0x5a, sizeof(conf));
	rest = input_rest(in, &n);
	text = strndup(rest, n);
	resolvconf_parse(&conf, text);
	free(text);
	judge_servers(&conf);
	demand(memchr(conf.search, '\0', sizeof(conf.search)) != NULL);
	demand(conf.ndots >= 0 && conf.ndots <= 15);
	demand(conf.timeout_seconds >= 1 && conf.timeout_seconds <= 30);
	demand(conf.attempts >= 1 && conf.attempts <= 5);
	judge_candidates(&conf, name);
}
