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
    (char *)"PATHS=/p",  (char *)"SEMICOLON=;",
    (char *)"PIPE=|",    NULL,
};

static char memory[16384];
static struct target t;

static const char *
parse(const char *text)
{
	struct target_pool pool = {memory, sizeof(memory)};
	const char *error;

	memset(memory, 'x', sizeof(memory));
	memset(&t, 0x5a, sizeof(t));
	error = target_parse(&t, text, environment, &pool);
	cr_expect_eq(pool.next + pool.left, memory + sizeof(memory));
	return error;
}

static const struct {
	const char *text, *host, *path;
	unsigned short port;
} https[] = {
    {"http://127.0.0.1", "127.0.0.1", "/", 80},
    {"http://127.0.0.1/", "127.0.0.1", "/", 80},
    {"HtTp://127.0.0.1/", "127.0.0.1", "/", 80},
    {"http://127.0.0.1:80/a", "127.0.0.1:80", "/a", 80},
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
    {"http://127.0.0.1/'\"\\\\$", "127.0.0.1", "/'\"\\$", 80},
};

Test(target, http_is_understood_in_every_form)
{
	size_t i;

	for (i = 0; i < sizeof(https) / sizeof(https[0]); i++) {
		const char *error = parse(https[i].text);

		cr_assert_null(error, "%s: %s", https[i].text, error);
		cr_expect_eq(t.kind, TARGET_HTTP);
		cr_expect_str_eq(t.text, https[i].text);
		cr_expect_str_eq(t.host_header, https[i].host);
		cr_expect_str_eq(t.path, https[i].path);
		cr_expect_eq(t.server.address_count, 1);
		cr_expect_eq(t.server.addresses[0].family, AF_INET);
		cr_expect_eq(t.server.port, https[i].port);
		cr_expect_arr_eq(t.server.addresses[0].bytes, "\x7f\0\0\1", 4);
		cr_expect_null(t.server.socket);
		cr_expect_eq(t.max_age_ms, -1);
	}
}

Test(target, hosts_may_be_ipv6_in_brackets)
{
	cr_assert_null(parse("http://[::1]/x"));
	cr_expect_str_eq(t.host_header, "[::1]");
	cr_expect_eq(t.server.addresses[0].family, AF_INET6);
	cr_expect_eq(t.server.port, 80);
	cr_assert_null(parse("http://[fe80::1.2.3.4]:81?x"));
	cr_expect_str_eq(t.host_header, "[fe80::1.2.3.4]:81");
	cr_expect_str_eq(t.path, "/?x");
	cr_expect_eq(t.server.address_count, 1);
	cr_assert_null(parse("http://[::1]:80"));
	cr_expect_str_eq(t.host_header, "[::1]:80");
	cr_assert_null(parse("tcp://[::1]:5432"));
	cr_expect_eq(t.server.addresses[0].family, AF_INET6);
	cr_expect_eq(t.server.port, 5432);
}

Test(target, localhost_is_ipv4_and_ipv6)
{
	cr_assert_null(parse("tcp://LOCALhost:7"));
	cr_expect_eq(t.kind, TARGET_TCP);
	cr_expect_eq(t.server.address_count, 2);
	cr_expect_eq(t.server.addresses[0].family, AF_INET);
	cr_expect_eq(t.server.port, 7);
	cr_expect_eq(t.server.addresses[1].family, AF_INET6);
	cr_expect_eq(t.server.port, 7);
	cr_assert_null(parse("http://localhost:8080/"));
	cr_expect_str_eq(t.host_header, "localhost:8080");
	cr_expect_eq(t.server.address_count, 2);
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
    {"http://unix:/a?b#c@d", "/a?b", "/"},
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
		cr_expect_str_eq(t.server.socket, sockets[i].socket);
		cr_expect_eq(t.server.address_count, 0);
		if (sockets[i].path == NULL) {
			cr_expect_eq(t.kind, TARGET_UNIX);
			continue;
		}
		cr_expect_eq(t.kind, TARGET_HTTP);
		cr_expect_str_eq(t.host_header, "localhost");
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
		cr_expect_eq(t.server.port, grpcs[i].port);
		cr_expect_eq(t.server.address_count, grpcs[i].addresses);
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
	cr_expect_eq(t.max_age_ms, -1);
	cr_assert_null(parse("FILE:/a?max-age=1m30s"));
	cr_expect_str_eq(t.path, "/a");
	cr_expect_eq(t.max_age_ms, 90000);
	cr_assert_null(parse("file:/a?max-age=2ms"));
	cr_expect_eq(t.max_age_ms, 2);
	cr_assert_null(parse("file:/a/b?max-age=7"));
	cr_expect_str_eq(t.path, "/a/b");
	cr_expect_eq(t.max_age_ms, 7000);
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
    {"exec:\\$A $ \\${A} a$", "$A|$|${A}|a$|"},
    {"exec:'$A' \"\\$A\" $1 $", "$A|$A|$1|$|"},
    {"exec:curl http://x?a=1&b=2 a|b a;b", "curl|http://x?a=1&b=2|a|b|a;b|"},
    {"exec:a '|' \\; \";\" b';' \\< '>'c 1>", "a|||;|;|b;|<|>c|1>|"},
    {"exec:a ${SEMICOLON} ${PIPE}", "a|;|||"},
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
		const char *error = parse(commands[i].text);
		char words[256] = "";

		cr_assert_null(error, "%s: %s", commands[i].text, error);
		cr_expect_eq(t.kind, TARGET_EXEC);
		for (k = 1; t.words[k] != NULL; k++) {
			n = strlen(words);
			snprintf(words + n, sizeof(words) - n, "%s|",
			         t.words[k]);
		}
		cr_expect_null(t.words[0], "it is left free");
		cr_expect_str_eq(words, commands[i].words, "%s",
		                 commands[i].text);
	}
}

Test(target, of_programs_own_word_may_have_an_age)
{
	cr_assert_null(parse("notify:"));
	cr_expect_eq(t.kind, TARGET_NOTIFY);
	cr_expect_eq(t.max_age_ms, -1);
	cr_assert_null(parse("notify:?max-age=1m30s"));
	cr_expect_eq(t.kind, TARGET_NOTIFY);
	cr_expect_eq(t.max_age_ms, 90000);
	cr_assert_null(parse("NOTIFY:?max-age=7"));
	cr_expect_eq(t.max_age_ms, 7000);
	cr_assert_null(parse("notify:?max-age=${AGE:-500ms}"));
	cr_expect_eq(t.max_age_ms, 500);
}

Test(target, commands_have_32_words_at_the_most)
{
	char text[256] = "exec:";
	int n;

	for (n = 1; n < 40; n++) {
		strcat(text, "a ");
		cr_expect_eq(parse(text) == NULL, n <= 32, "%d", n);
		if (n <= 32)
			cr_expect(t.words[n] != NULL && t.words[n + 1] == NULL);
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
    {"grpc:127.0.0.1:1", "is no target"},
    {"notify", "is no target"},
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
    {"http://1.2.3.256", "needs a host"},
    {"http://::1", "needs a host"},
    {"http://[]", "needs a host"},
    {"http://[", "needs a host"},
    {"http://[::1", "needs a host"},
    {"http://[::1/x]", "needs a host"},
    {"http://[127.0.0.1]", "needs a host"},
    {"http://[localhost]", "needs a host"},
    {"http://[::1%lo]", "needs a host"},
    {"http://unix:", "has no port"},
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
    {"tcp://localhost:80?", "needs send="},
    {"grpc://", "needs a host"},
    {"grpc:///x", "needs a host"},
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
    {"file:/a?b?max-age=1s", "needs ?max-age="},
    {"file:/a?max-age=1s?max-age=1s", "needs ?max-age="},
    {"http://127.0.0.256/", "needs a host"},
    {"http://a b", "has a blank"},
    {"http://a/b $ c", "has a blank"},
    {"tcp://a..b:1", "needs a host"},
    {"tcp://.a:1", "needs a host"},
    {"tcp://a..:1", "needs a host"},
    {"tcp://.:1", "needs a host"},
    {"tcp://a,b:1", "needs a host"},
    {"tcp://d\xc3\xa4:1", "needs a host"},
    {"tcp://8080:1", "needs a host"},
    {"tcp://db", "has no port"},
    {"grpc://unix:/socket", "has no port"},
    {"http://$HOST/", "has a $NAME"},
    {"http://a/'$A'", "has a $NAME"},
    {"exec:a $A", "has a $NAME"},
    {"exec:a \"$A\"", "has a $NAME"},
    {"exec:a 'b'$A", "has a $NAME"},
    {"exec:curl -f x || exit 1", "has a shell's operator"},
    {"exec:a | b", "has a shell's operator"},
    {"exec:a & b", "has a shell's operator"},
    {"exec:a &&", "has a shell's operator"},
    {"exec:a ; b", "has a shell's operator"},
    {"exec:a; b", "has a shell's operator"},
    {"exec:'a'; b", "has a shell's operator"},
    {"exec:a >/dev/null", "has a shell's operator"},
    {"exec:a > b", "has a shell's operator"},
    {"exec:a <b", "has a shell's operator"},
    {"exec:a 2>&1", "has a shell's operator"},
    {"exec:|", "has a shell's operator"},
    {"tcp://a:1?x=1", "needs send="},
    {"tcp://a:1?send", "needs send="},
    {"tcp://a:1?SEND=x", "needs send="},
    {"tcp://a:1?send=a&", "needs send="},
    {"tcp://a:1?&send=a", "needs send="},
    {"tcp://a:1?send=a&timeout=1", "needs send="},
    {"unix:/a?b", "needs send="},
    {"tcp://a:1?send=a&send=b", "needs send="},
    {"tcp://a:1?expect=a&send=b&expect=c", "needs send="},
    {"tcp://a:1?send=", "needs send="},
    {"tcp://a:1?send=&expect=a", "needs send="},
    {"unix:/a?expect=", "needs send="},
    {"tcp://a:1?send=%", "needs send="},
    {"tcp://a:1?send=%0", "needs send="},
    {"tcp://a:1?send=%0&expect=1", "needs send="},
    {"tcp://a:1?send=a%zz", "needs send="},
    {"tcp://a:1?send=%g0", "needs send="},
    {"tcp://a:1?expect=%0x1", "needs send="},
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

	cr_expect_eq(pool.next + pool.left, bytes + size);
	free(copy);
	free(bytes);
	return error;
}

static const char *const any[] = {
    "tcp://db.example:5432?send=a%00b&expect=%2BPONG",
    "unix:/run/a.sock?expect=c",
    "grpc://db:1/a.b",
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
	struct target_server server;
	size_t i;

	for (i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		const char *text = listeners[i].text;

		memset(&server, 0x5a, sizeof(server));
		cr_expect_null(target_listen(&server, text), "%s", text);
		cr_expect_eq(server.address_count,
		             listeners[i].second != 0 ? 2 : 1);
		cr_expect_eq(server.addresses[0].family, listeners[i].first,
		             "%s", text);
		cr_expect_eq(server.addresses[1].family, listeners[i].second,
		             "%s", text);
		cr_expect_eq(server.port, listeners[i].port);
		cr_expect_eq(server.addresses[0].bytes[15], listeners[i].last);
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
	    "db:80",
	    "[127.0.0.1]:80",
	    "http://1.2.3.4:80",
	};
	struct target_server server;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_not_null(target_listen(&server, wrong[i]), "%s",
		                   wrong[i]);
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

		for (size = 0; size < 200 && error != NULL; size++) {
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
	cr_expect_str_eq(first.server.socket, "/a");
	cr_expect_str_eq(second.words[1], "b");
	cr_expect_geq(second.words[1], first.server.socket + 3);
	cr_expect_leq(second.words[2] + 1, pool.next);
}

static const struct {
	const char *text, *name;
	unsigned short port;
} names[] = {
    {"tcp://db:5432", "db", 5432},
    {"http://Api-1.my_app.svc.cluster.local/x",
     "Api-1.my_app.svc.cluster.local", 80},
    {"grpc://db.:1", "db.", 1},
    {"http://1a.2b:81", "1a.2b", 81},
    {"tcp://localhost.:1", "localhost.", 1},
    {"tcp://${A}:${PORT}", "one", 8080},
};

Test(target, hosts_may_be_names_which_are_resolved_later)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *error = parse(names[i].text);

		cr_assert_null(error, "%s: %s", names[i].text, error);
		cr_expect_str_eq(t.server.name, names[i].name);
		cr_expect_eq(t.server.port, names[i].port);
		cr_expect_eq(t.server.address_count, 0);
	}
	cr_assert_null(parse("tcp://127.0.0.1:1"));
	cr_expect_null(t.server.name, "an address needs no lookup");
	cr_assert_null(parse("tcp://localhost:1"));
	cr_expect_null(t.server.name, "nor does localhost");
	cr_assert_null(parse("http://db/x"));
	cr_expect_str_eq(t.host_header, "db");
}

/* "tcp://" and a name of labels of the given length, as many as go into n
 * bytes, and ":1". */
static const char *
text_with_name(size_t n, size_t label, const char *behind)
{
	static char text[600];
	size_t i;

	strcpy(text, "tcp://");
	for (i = 0; i < n; i++)
		strcat(text, i % (label + 1) == label ? "." : "a");
	strcat(text, behind);
	return text;
}

Test(target, names_have_253_bytes_and_labels_63_at_the_most)
{
	static const char too_long[] = "needs a host";
	const char *error;

	cr_expect_null(parse(text_with_name(63, 63, ":1")));
	error = parse(text_with_name(64, 64, ":1"));
	cr_assert_not_null(error);
	cr_expect_eq(strncmp(error, too_long, strlen(too_long)), 0);
	cr_expect_null(parse(text_with_name(253, 50, ":1")));
	cr_expect_null(parse(text_with_name(253, 50, ".:1")));
	error = parse(text_with_name(254, 60, ":1"));
	cr_assert_not_null(error);
	cr_expect_eq(strncmp(error, too_long, strlen(too_long)), 0);
}

static const struct {
	const char *text, *send, *expect;
	size_t send_length, expect_length;
} exchanges[] = {
    {"tcp://a:1", NULL, NULL, 0, 0},
    {"tcp://redis:6379?send=PING%0d%0A&expect=%2BPONG", "PING\r\n", "+PONG", 6,
     5},
    {"tcp://a:1?expect=+OK", NULL, "+OK", 0, 3},
    {"tcp://[::1]:1?send=a%26b=c?d", "a&b=c?d", NULL, 7, 0},
    {"tcp://a:1?send=%00%00%00%08%04%d2%16%2f&expect=S",
     "\0\0\0\x08\x04\xd2\x16/", "S", 8, 1},
    {"unix:/s?send=%25&expect=%ff", "%", "\xff", 1, 1},
    {"unix:/s?expect=${A}", NULL, "one", 0, 3},
    {"tcp://a:1?expect=%24", NULL, "$", 0, 1},
};

Test(target, tcp_and_unix_may_send_and_expect_any_bytes)
{
	size_t i;

	for (i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		const char *error = parse(exchanges[i].text);

		cr_assert_null(error, "%s: %s", exchanges[i].text, error);
		cr_expect_eq(t.exchange.send_length, exchanges[i].send_length);
		cr_expect_eq(t.exchange.expect_length,
		             exchanges[i].expect_length);
		cr_expect_eq(t.exchange.send == NULL,
		             exchanges[i].send == NULL);
		cr_expect_eq(t.exchange.expect == NULL,
		             exchanges[i].expect == NULL);
		if (t.exchange.send != NULL && exchanges[i].send != NULL)
			cr_expect_arr_eq(t.exchange.send, exchanges[i].send,
			                 exchanges[i].send_length);
		if (t.exchange.expect != NULL && exchanges[i].expect != NULL)
			cr_expect_arr_eq(t.exchange.expect, exchanges[i].expect,
			                 exchanges[i].expect_length);
	}
}

Test(target, expects_no_more_than_the_4096_bytes_that_are_searched)
{
	char text[8000] = "tcp://a:1?expect=";
	size_t n = strlen(text);

	memset(text + n, 'a', 4096);
	cr_expect_null(parse(text));
	text[n + 4096] = 'a';
	cr_expect_not_null(parse(text));
}

static const char *
expand(const char *text, const char **copy)
{
	struct target_pool pool = {memory, sizeof(memory)};

	return target_expand(text, environment, &pool, copy);
}

Test(target, header_values_have_their_variables_replaced)
{
	static const struct {
		const char *text, *copy;
	} good[] = {
	    {"Authorization: Basic ${A}", "Authorization: Basic one"},
	    {"X: ${NONE:-a b}$", "X: a b$"},
	    {"X: \\$A \\${A} \\ 'b\"", "X: $A ${A} \\ 'b\""},
	    {"", ""},
	};
	const char *copy, *error;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_expect_null(expand(good[i].text, &copy));
		cr_expect_str_eq(copy, good[i].copy);
	}
	error = expand("X: $A", &copy);
	cr_assert_not_null(error);
	cr_expect_not_null(strstr(error, "${NAME}"));
	cr_expect_not_null(expand("X: ${NONE}", &copy));
}

static const struct {
	const char *text, *suggestion;
} suggestions[] = {
    {"localhost:8080", "http://localhost:8080"},
    {"localhost", "http://localhost"},
    {"localhost/health", "http://localhost/health"},
    {"8080", "http://localhost:8080"},
    {":8080", "http://localhost:8080"},
    {"127.0.0.1:80/x?y", "http://127.0.0.1:80/x?y"},
    {"[::1]:80", "http://[::1]:80"},
    {"db:5432", "http://db:5432"},
    {"http//x/", "http://x/"},
    {"http:/x", "http://x"},
    {"http:x/y", "http://x/y"},
    {"HTTP:8080", "http://localhost:8080"},
    {"tcp:127.0.0.1:80", "tcp://127.0.0.1:80"},
    {"grpc//db:1", "grpc://db:1"},
    {"", NULL},
    {"0", NULL},
    {"65536", NULL},
    {":", NULL},
    {":abc", NULL},
    {":8080x", NULL},
    {"/bin/true", NULL},
    {"/run/a.sock", NULL},
    {"ftp://127.0.0.1", NULL},
    {"db", NULL},
    {"curl -f http://x", NULL},
    {"http", NULL},
    {"http:", NULL},
    {"http://", NULL},
    {"tcp://localhost", NULL},
    {"exec:", NULL},
    {"localhost:80 b", NULL},
};

Test(target, that_is_damaged_is_answered_with_what_it_may_have_been)
{
	char buffer[64];
	size_t i;

	for (i = 0; i < sizeof(suggestions) / sizeof(suggestions[0]); i++) {
		const char *wanted = suggestions[i].suggestion;
		bool found =
		    target_suggest(suggestions[i].text, buffer, sizeof(buffer));

		cr_expect_eq(found, wanted != NULL, "%s", suggestions[i].text);
		if (found && wanted != NULL)
			cr_expect_str_eq(buffer, wanted);
	}
	cr_expect_not(target_suggest("localhost:8080", buffer, 21));
	cr_expect(target_suggest("localhost:8080", buffer, 22));
}
