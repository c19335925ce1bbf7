/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char *environment[] = {
    (char *)"XA=wrong",  (char *)"AA=wrong",
    (char *)"A=one",     (char *)"A=two",
    (char *)"EMPTY=",    (char *)"_b9=x",
    (char *)"AB=long",   (char *)"QUOTED='a b\" $A\\",
    (char *)"PORT=8080", (char *)"CRLF=\r\nX: y",
    (char *)"A-B=bad",   (char *)"9=bad",
    (char *)"=bad",      (char *)"BRACE={}",
    (char *)"PATHS=/p",  NULL,
};

static char memory[8192];
static struct target t;

static const char *
parse(const char *text)
{
	struct target_pool pool = {memory, sizeof(memory)};
	const char *error;

	memset(memory, 'x', sizeof(memory));
	memset(&t, 0x5a, sizeof(t));
	error = target_parse(&t, text, environment, &pool);
	cr_expect_eq(pool.at + pool.left, memory + sizeof(memory));
	return error;
}

static const struct {
	const char *text, *host, *path;
	unsigned short port;
} https[] = {
    {"http://127.0.0.1", "127.0.0.1", "/", 80},
    {"http://127.0.0.1/", "127.0.0.1", "/", 80},
    {"HtTp://127.0.0.1/", "127.0.0.1", "/", 80},
    {"http://127.0.0.1:80/a", "127.0.0.1", "/a", 80},
    {"http://127.0.0.1:81", "127.0.0.1:81", "/", 81},
    {"http://127.0.0.1:1/a/b?c=d/e", "127.0.0.1:1", "/a/b?c=d/e", 1},
    {"http://127.0.0.1:65535/", "127.0.0.1:65535", "/", 65535},
    {"http://127.0.0.1?a", "127.0.0.1", "/?a", 80},
    {"http://127.0.0.1:8080?", "127.0.0.1:8080", "/?", 8080},
    {"http://127.0.0.1#a", "127.0.0.1", "/", 80},
    {"http://127.0.0.1/a#b?c", "127.0.0.1", "/a", 80},
    {"http://127.0.0.1?a#b", "127.0.0.1", "/?a", 80},
    {"http://127.0.0.1/a?b#", "127.0.0.1", "/a?b", 80},
    {"http://127.0.0.1/a@b", "127.0.0.1", "/a@b", 80},
    {"http://127.0.0.1/%20\xc3\xa4", "127.0.0.1", "/%20\xc3\xa4", 80},
    {"http://127.0.0.1:${PORT}/${A}", "127.0.0.1:8080", "/one", 8080},
    {"http://${H:-127.0.0.1}${PATHS}", "127.0.0.1", "/p", 80},
    {"http://127.0.0.1/'\"\\$", "127.0.0.1", "/'\"\\$", 80},
};

Test(target, http_is_understood_in_every_form)
{
	size_t i;

	for (i = 0; i < sizeof(https) / sizeof(https[0]); i++) {
		const char *error = parse(https[i].text);

		cr_assert_null(error, "%s: %s", https[i].text, error);
		cr_expect_eq(t.kind, TARGET_HTTP);
		cr_expect_str_eq(t.text, https[i].text);
		cr_expect_str_eq(t.host, https[i].host);
		cr_expect_str_eq(t.path, https[i].path);
		cr_expect_eq(t.addresses, 1);
		cr_expect_eq(t.address[0].family, AF_INET);
		cr_expect_eq(t.address[0].port, https[i].port);
		cr_expect_arr_eq(t.address[0].bytes, "\x7f\0\0\1", 4);
		cr_expect_null(t.socket);
		cr_expect_eq(t.max_age, -1);
	}
}

Test(target, hosts_may_be_ipv6_in_brackets)
{
	cr_assert_null(parse("http://[::1]/x"));
	cr_expect_str_eq(t.host, "[::1]");
	cr_expect_eq(t.address[0].family, AF_INET6);
	cr_expect_eq(t.address[0].port, 80);
	cr_assert_null(parse("http://[fe80::1.2.3.4]:81?x"));
	cr_expect_str_eq(t.host, "[fe80::1.2.3.4]:81");
	cr_expect_str_eq(t.path, "/?x");
	cr_expect_eq(t.addresses, 1);
	cr_assert_null(parse("http://[::1]:80"));
	cr_expect_str_eq(t.host, "[::1]");
	cr_assert_null(parse("tcp://[::1]:5432"));
	cr_expect_eq(t.address[0].family, AF_INET6);
	cr_expect_eq(t.address[0].port, 5432);
}

Test(target, localhost_is_ipv4_and_ipv6)
{
	cr_assert_null(parse("tcp://LOCALhost:7"));
	cr_expect_eq(t.kind, TARGET_TCP);
	cr_expect_eq(t.addresses, 2);
	cr_expect_eq(t.address[0].family, AF_INET);
	cr_expect_eq(t.address[0].port, 7);
	cr_expect_eq(t.address[1].family, AF_INET6);
	cr_expect_eq(t.address[1].port, 7);
	cr_assert_null(parse("http://localhost:8080/"));
	cr_expect_str_eq(t.host, "localhost:8080");
	cr_expect_eq(t.addresses, 2);
}

static const struct {
	const char *text, *socket, *path;
} sockets[] = {
    {"http://unix:/s", "/s", "/"},
    {"http://UNIX:/run/a.sock", "/run/a.sock", "/"},
    {"http://unix:/run/a.sock:/", "/run/a.sock", "/"},
    {"http://unix:/run/a.sock:/b?c", "/run/a.sock", "/b?c"},
    {"http://unix:/run/a.sock:/b#c", "/run/a.sock", "/b"},
    {"http://unix:/a:b:/c:/d", "/a:b", "/c:/d"},
    {"http://unix:/a:", "/a:", "/"},
    {"http://unix:/a?b#c@d", "/a?b#c@d", "/"},
    {"unix:/s", "/s", NULL},
    {"unix:/run/${A}", "/run/one", NULL},
    {"Unix:/a:/b", "/a:/b", NULL},
};

Test(target, sockets_are_understood_in_every_form)
{
	size_t i;

	for (i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const char *error = parse(sockets[i].text);

		cr_assert_null(error, "%s: %s", sockets[i].text, error);
		cr_expect_str_eq(t.socket, sockets[i].socket);
		cr_expect_eq(t.addresses, 0);
		if (sockets[i].path == NULL) {
			cr_expect_eq(t.kind, TARGET_UNIX);
			continue;
		}
		cr_expect_eq(t.kind, TARGET_HTTP);
		cr_expect_str_eq(t.host, "localhost");
		cr_expect_str_eq(t.path, sockets[i].path);
	}
}

Test(target, sockets_have_107_bytes_at_the_most)
{
	char text[256];
	int n;

	for (n = 1; n < 130; n++) {
		snprintf(text, sizeof(text), "unix:/%0*d", n - 1, 0);
		if (n == 1)
			text[6] = '\0';
		cr_expect_eq(parse(text) == NULL, n > 1 && n <= 107, "%d", n);
		snprintf(text, sizeof(text), "http://unix:/%0*d:/x", n, 0);
		cr_expect_eq(parse(text) == NULL, n <= 106, "%d", n);
	}
}

static const struct {
	const char *text, *service;
	unsigned short port;
	int addresses;
} grpcs[] = {
    {"grpc://127.0.0.1:50051", "", 50051, 1},
    {"GRPC://127.0.0.1:50051/", "", 50051, 1},
    {"grpc://[::1]:1/a.b.C", "a.b.C", 1, 1},
    {"grpc://localhost:${PORT}/${A}", "one", 8080, 2},
    {"grpc://localhost:80/a/b?c#d@e", "a/b?c#d@e", 80, 2},
};

Test(target, grpc_may_have_a_service)
{
	size_t i;

	for (i = 0; i < sizeof(grpcs) / sizeof(grpcs[0]); i++) {
		const char *error = parse(grpcs[i].text);

		cr_assert_null(error, "%s: %s", grpcs[i].text, error);
		cr_expect_eq(t.kind, TARGET_GRPC);
		cr_expect_str_eq(t.path, grpcs[i].service);
		cr_expect_eq(t.address[0].port, grpcs[i].port);
		cr_expect_eq(t.addresses, grpcs[i].addresses);
	}
}

Test(target, a_service_has_127_bytes_at_the_most)
{
	char text[256];
	const char *error;
	int n;

	for (n = 1; n < 200; n++) {
		snprintf(text, sizeof(text), "grpc://[::1]:1/%0*d", n, 0);
		error = parse(text);
		cr_expect_eq(error == NULL, n <= 127, "%d", n);
		if (error != NULL)
			cr_expect_str_eq(error, "is too long");
	}
}

Test(target, files_may_have_an_age)
{
	cr_assert_null(parse("file:/a/b"));
	cr_expect_eq(t.kind, TARGET_FILE);
	cr_expect_str_eq(t.path, "/a/b");
	cr_expect_eq(t.max_age, -1);
	cr_assert_null(parse("FILE:/a?max-age=1m30s"));
	cr_expect_str_eq(t.path, "/a");
	cr_expect_eq(t.max_age, 90000);
	cr_assert_null(parse("file:/a?max-age=1s?max-age=2ms"));
	cr_expect_str_eq(t.path, "/a?max-age=1s");
	cr_expect_eq(t.max_age, 2);
	cr_assert_null(parse("file:/a?b?max-age=7"));
	cr_expect_str_eq(t.path, "/a?b");
	cr_expect_eq(t.max_age, 7000);
}

/* Words as they are compared: each ended by a bar. */
static const struct {
	const char *text, *words;
} commands[] = {
    {"exec:a", "a|"},
    {"EXEC: a  b\tc\nd ", "a|b|c|d|"},
    {"exec:\n a \\\n", "a|\n|"},
    {"exec:'a b' \"c d\"", "a b|c d|"},
    {"exec:a'b 'c\" d\"e", "ab c de|"},
    {"exec:a ''", "a||"},
    {"exec:a '' \"\" b", "a|||b|"},
    {"exec:a\\ b \\' \\\\ \\x", "a b|'|\\|x|"},
    {"exec:a\\", "a\\|"},
    {"exec:'a\\' '\\n\\\\'", "a\\|\\n\\\\|"},
    {"exec:\"a\\\"b\\\\c\\$d\\e\\'\"", "a\"b\\c$d\\e\\'|"},
    {"exec:\"it's\" 'a\"b'", "it's|a\"b|"},
    {"exec:$A $ \\${A} a$", "$A|$|${A}|a$|"},
    {"exec:${A}${AB}x", "onelongx|"},
    {"exec:a ${QUOTED} b", "a|'a b\" $A\\|b|"},
    {"exec:a \"${QUOTED}\"x", "a|'a b\" $A\\x|"},
    {"exec:a '${A}' \"\\${A}\"", "a|${A}|${A}|"},
    {"exec:a ${EMPTY} b", "a||b|"},
    {"exec:a ${EMPTY:-x y} b", "a|x y|b|"},
    {"exec:a ${NONE:-\"x y\"} ${NONE:-}", "a|\"x y\"||"},
    {"exec:${A:-x} ${_b9} ${NONE:-:-}", "one|x|:-|"},
    {"exec:a ${CRLF}", "a|\r\nX: y|"},
    {"exec:a ${BRACE} {} }", "a|{}|{}|}|"},
    {"exec:a \x7f\xff", "a|\x7f\xff|"},
};

Test(target, commands_are_split_as_a_shell_splits)
{
	size_t i, n;
	int k;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *error = parse(commands[i].text), *word;
		char words[256] = "";

		cr_assert_null(error, "%s: %s", commands[i].text, error);
		cr_expect_eq(t.kind, TARGET_EXEC);
		word = t.words;
		for (k = 0; k < t.count; k++) {
			n = strlen(words);
			snprintf(words + n, sizeof(words) - n, "%s|", word);
			word += strlen(word) + 1;
		}
		cr_expect_str_eq(words, commands[i].words, "%s",
		                 commands[i].text);
	}
}

Test(target, of_programs_own_word_may_have_an_age)
{
	cr_assert_null(parse("notify:"));
	cr_expect_eq(t.kind, TARGET_NOTIFY);
	cr_expect_eq(t.max_age, -1);
	cr_assert_null(parse("notify:?max-age=1m30s"));
	cr_expect_eq(t.kind, TARGET_NOTIFY);
	cr_expect_eq(t.max_age, 90000);
	cr_assert_null(parse("NOTIFY:?max-age=7"));
	cr_expect_eq(t.max_age, 7000);
	cr_assert_null(parse("notify:?max-age=${AGE:-500ms}"));
	cr_expect_eq(t.max_age, 500);
}

Test(target, commands_have_32_words_at_the_most)
{
	char text[256] = "exec:";
	int n;

	for (n = 1; n < 40; n++) {
		strcat(text, "a ");
		cr_expect_eq(parse(text) == NULL, n <= 32, "%d", n);
		if (n <= 32)
			cr_expect_eq(t.count, n);
	}
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"", "is no target"},
    {"http", "is no target"},
    {"http:/127.0.0.1", "is no target"},
    {"127.0.0.1:80", "is no target"},
    {"/bin/true", "is no target"},
    {" http://127.0.0.1", "is no target"},
    {"tcp:127.0.0.1:80", "is no target"},
    {"ftp://127.0.0.1", "is no target"},
    {"https://127.0.0.1", "needs TLS"},
    {"HTTPS:", "needs TLS"},
    {"grpc:127.0.0.1:1", "is no target of"},
    {"notify", "is no target of"},
    {"notify:/", "needs ?max-age="},
    {"notify:x", "needs ?max-age="},
    {"notify:30s", "needs ?max-age="},
    {"notify:max-age=30s", "needs ?max-age="},
    {"notify:/run/socket?max-age=30s", "needs ?max-age="},
    {"notify:?", "needs ?max-age="},
    {"notify:?max-age", "needs ?max-age="},
    {"notify:?max-age=", "needs ?max-age="},
    {"notify:?max-age=0", "needs ?max-age="},
    {"notify:?max-age=-1s", "needs ?max-age="},
    {"notify:?max-age=soon", "needs ?max-age="},
    {"notify:?max-age=1s&x", "needs ?max-age="},
    {"notify:?max-age=1s?max-age=1s", "needs ?max-age="},
    {"notify:?max-age=1 s", "has a blank"},
    {"http://", "needs a host"},
    {"http:///x", "needs a host"},
    {"http://:80", "needs a host"},
    {"http://?x", "needs a host"},
    {"http://no-such.invalid", "needs a host"},
    {"http://1.2.3.256", "needs a host"},
    {"http://::1", "needs a host"},
    {"http://[]", "needs a host"},
    {"http://[", "needs a host"},
    {"http://[::1", "needs a host"},
    {"http://[::1/x]", "needs a host"},
    {"http://[127.0.0.1]", "needs a host"},
    {"http://[localhost]", "needs a host"},
    {"http://[::1%lo]", "needs a host"},
    {"http://unix:", "needs a host"},
    {"tcp://", "needs a host"},
    {"tcp://a@localhost:1", "needs a host"},
    {"http://localhost:", "has no port"},
    {"http://localhost:0", "has no port"},
    {"http://localhost:65536", "has no port"},
    {"http://localhost:4294967376", "has no port"},
    {"http://localhost:8a", "has no port"},
    {"http://localhost:-1", "has no port"},
    {"http://localhost:+1", "has no port"},
    {"http://localhost:80:80", "has no port"},
    {"http://[::1]x", "has no port"},
    {"http://[::1]80", "has no port"},
    {"http://[::1]x80", "has no port"},
    {"http://[::1]:", "has no port"},
    {"tcp://localhost", "has no port"},
    {"tcp://[::1]", "has no port"},
    {"tcp://localhost:", "has no port"},
    {"tcp://localhost:80/", "has no port"},
    {"tcp://localhost:80?", "has no port"},
    {"grpc://", "needs a host"},
    {"grpc:///x", "needs a host"},
    {"grpc://no-such.invalid:1/x", "needs a host"},
    {"grpc://localhost", "has no port"},
    {"grpc://localhost/x", "has no port"},
    {"grpc://localhost:0/x", "has no port"},
    {"grpc://localhost:1?x", "has no port"},
    {"grpc://localhost:1/a b", "has a blank"},
    {"http://a@localhost", "has a user"},
    {"http://a:b@localhost:80/", "has a user"},
    {"http://@localhost", "has a user"},
    {"http://localhost/a b", "has a blank"},
    {"http://localhost/\x7f", "has a blank"},
    {"http://localhost/ ", "has a blank"},
    {"http://localhost/\x01", "has a blank"},
    {"http://localhost/${CRLF}", "has a blank"},
    {"http://localhost/#${CRLF}", "has a blank"},
    {"http://local host", "has a blank"},
    {"tcp://localhost:80\n", "has a blank"},
    {"unix:/a b", "has a blank"},
    {"file:/a\tb", "has a blank"},
    {"unix:", "needs a path"},
    {"unix:a", "needs a path"},
    {"unix:/", "needs a path"},
    {"unix:${EMPTY}", "needs a path"},
    {"http://unix:/", "needs a path"},
    {"http://unix:/:/x", "needs a path"},
    {"file:", "needs a path"},
    {"file:a", "needs a path"},
    {"file:?max-age=1s", "needs a path"},
    {"file:/a?", "needs ?max-age="},
    {"file:/a?b", "needs ?max-age="},
    {"file:/a?max-age", "needs ?max-age="},
    {"file:/a?max-age=", "needs ?max-age="},
    {"file:/a?max-age=0", "needs ?max-age="},
    {"file:/a?max-age=0s", "needs ?max-age="},
    {"file:/a?max-age=-1s", "needs ?max-age="},
    {"file:/a?max-age=1x", "needs ?max-age="},
    {"file:/a?max-age=1s&b", "needs ?max-age="},
    {"file:/a?max-age=1s?max-age=0", "needs ?max-age="},
    {"exec:", "needs a command"},
    {"exec: \n", "needs a command"},
    {"exec:''", "needs a command"},
    {"exec:'' a", "needs a command"},
    {"exec:${EMPTY}", "needs a command"},
    {"exec:'a", "has a quote"},
    {"exec:\"a", "has a quote"},
    {"exec:a \"", "has a quote"},
    {"exec:'a\\'b'", "has a quote"},
    {"exec:\"a\\\"", "has a quote"},
    {"exec:${NONE}", "has a variable"},
    {"exec:${a}", "has a variable"},
    {"exec:${PORT9}", "has a variable"},
    {"http://localhost/${NONE}", "has a variable"},
    {"exec:${", "has a ${"},
    {"exec:${}", "has a ${"},
    {"exec:${A", "has a ${"},
    {"exec:${A:", "has a ${"},
    {"exec:${A:}", "has a ${"},
    {"exec:${A:-", "has a ${"},
    {"exec:${A:-x", "has a ${"},
    {"exec:${A:=x}", "has a ${"},
    {"exec:${A-x}", "has a ${"},
    {"exec:${A-B}", "has a ${"},
    {"exec:${9}", "has a ${"},
    {"exec:${9:-x}", "has a ${"},
    {"exec:${:-x}", "has a ${"},
    {"exec:${ A}", "has a ${"},
    {"exec:${A }", "has a ${"},
    {"exec:${A:-${AB}}", "has a ${"},
    {"exec:${\x01:-x}", "has a ${"},
    {"exec:${@:-x}", "has a ${"},
    {"exec:${`:-x}", "has a ${"},
    {"exec:${[:-x}", "has a ${"},
    {"exec:\"${A\"", "has a ${"},
};

Test(target, is_refused_with_what_is_wrong)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *error = parse(bad[i].text);

		cr_assert_not_null(error, "%s", bad[i].text);
		cr_expect_eq(strncmp(error, bad[i].error, strlen(bad[i].error)),
		             0, "%s: %s", bad[i].text, error);
	}
}

/* In a pool and a text that end where their memory ends. */
static const char *
parse_exactly(const char *text, size_t n, size_t size)
{
	char *copy = strndup(text, n), *bytes = malloc(size > 0 ? size : 1);
	struct target_pool pool = {bytes, size};
	const char *error = target_parse(&t, copy, environment, &pool);

	cr_expect_eq(pool.at + pool.left, bytes + size);
	free(copy);
	free(bytes);
	return error;
}

static const char *const any[] = {
    "http://127.0.0.1:8080/a?b#c",
    "http://[::1]:${PORT}?x",
    "http://unix:/run/a.sock:/b?c#d",
    "tcp://[fe80::1.2.3.4]:5432",
    "unix:/run/${A:-x}",
    "exec:'a b' \"c\\\"${QUOTED}\" \\d ${NONE:-e f}",
    "file:/a/b?max-age=1m30s",
};

static const struct {
	const char *text;
	unsigned short first, second, port;
	unsigned char last; /* byte of the first address */
} listeners[] = {
    {"1", AF_INET6, AF_INET, 1, 0},
    {"65535", AF_INET6, AF_INET, 65535, 0},
    {"127.0.0.1:80", AF_INET, 0, 80, 0},
    {"0.0.0.0:8080", AF_INET, 0, 8080, 0},
    {"localhost:9", AF_INET, AF_INET6, 9, 0},
    {"[::1]:10", AF_INET6, 0, 10, 1},
    {"[::]:80", AF_INET6, 0, 80, 0},
};

Test(target, may_be_a_place_to_listen_at)
{
	size_t i;

	for (i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		const char *text = listeners[i].text;

		memset(&t, 0x5a, sizeof(t));
		cr_expect_null(target_listen(&t, text), "%s", text);
		cr_expect_eq(t.text, text);
		cr_expect_eq(t.address[0].family, listeners[i].first, "%s",
		             text);
		cr_expect_eq(t.address[1].family, listeners[i].second, "%s",
		             text);
		cr_expect_eq(t.address[0].port, listeners[i].port);
		cr_expect_eq(t.address[1].port, listeners[i].port);
		cr_expect_eq(t.address[0].bytes[15], listeners[i].last);
	}
}

Test(target, is_no_place_to_listen_at)
{
	static const char *const wrong[] = {
	    "",
	    "0",
	    "65536",
	    "-1",
	    "80x",
	    "localhost",
	    "127.0.0.1",
	    "[::1]",
	    "1.2.3.4:",
	    "1.2.3.4:0",
	    "[::1]:",
	    "[::1]:65536",
	    "::1:80",
	    "[::1:80",
	    ":80",
	    "a.invalid:80",
	    "http://1.2.3.4:80",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_not_null(target_listen(&t, wrong[i]), "%s", wrong[i]);
}

Test(target, may_be_cut_anywhere)
{
	size_t i, n;

	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		for (n = 0; n <= strlen(any[i]); n++)
			parse_exactly(any[i], n, 100);
}

Test(target, is_too_long_for_a_pool_that_is_too_small)
{
	size_t i, size;

	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		const char *error = "";

		for (size = 0; size < 100 && error != NULL; size++) {
			error = parse_exactly(any[i], 200, size);
			if (error != NULL)
				cr_expect_str_eq(error, "is too long");
		}
		cr_expect_null(error, "%s", any[i]);
		cr_expect_gt(size, 8);
	}
}

Test(target, one_stands_behind_the_other_in_the_pool)
{
	struct target_pool pool = {memory, sizeof(memory)};
	struct target first, second;

	cr_assert_null(target_parse(&first, "unix:/a", environment, &pool));
	cr_assert_not_null(
	    target_parse(&second, "unix:bbbbbbbb", environment, &pool));
	cr_assert_null(target_parse(&second, "exec:b ''", environment, &pool));
	cr_expect_str_eq(first.socket, "/a");
	cr_expect_str_eq(second.words, "b");
	cr_expect_geq(second.words, first.socket + 3);
	cr_expect_leq(second.words + 3, pool.at);
}
