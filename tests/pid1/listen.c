/* SPDX-License-Identifier: MIT */
/* listen: who asks over HTTP is answered, and who does not holds nobody up. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"
#include "refuse.h"
#include "server.h"
#include "state.h"

enum {
	SILENT = 200,  /* clients, more than many a listener lets wait */
	TIMES = 50,    /* that would show a leak */
	ANSWER = 4096, /* bytes that are kept of one */
	CODE = 7,      /* PROGRAM's */
};

static char port[8], place[32]; /* of this test: digits, [HOST:]PORT */

/* Below those that the kernel chooses, so that nobody takes it meanwhile. */
static void
choose_port(void)
{
	int i, fd = -1, number = 0;

	helper_make_directory();
	for (i = 0; fd < 0 && i < 1000; i++) {
		number = 10000 + (getpid() * 31 + i * 101) % 20000;
		fd = server_bind_port("127.0.0.1", number);
	}
	cr_assert_geq(fd, 0);
	close(fd);
	snprintf(port, sizeof(port), "%d", number);
	strcpy(place, port);
}

TestSuite(listen, .init = choose_port, .fini = helper_remove_directory);

static char *
file_target(void)
{
	return checks_text("file:%s", helper_path("up"));
}

/* ------ Clients ------ */

/* Nothing that a client waits for may take longer. */
static int
dial(int family)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct timeval limit = {.tv_sec = patience_scaled(NS_DEADLINE) / 1000};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -1;
	in.sin_port = in6.sin6_port = htons((unsigned short)atoi(port));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	result = family == AF_INET
	             ? connect(fd, (struct sockaddr *)&in, sizeof(in))
	             : connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	if (result == 0)
		return fd;
	close(fd);
	return -1;
}

/* All that comes until the end of the connection, which is an orderly one. */
static const char *
hear(int fd)
{
	static char text[ANSWER];
	size_t length = 0;
	ssize_t n;

	while ((n = recv(fd, text + length, ANSWER - 1 - length, 0)) > 0)
		length += (size_t)n;
	cr_assert_eq(n, 0, "%s", strerror(errno));
	text[length] = '\0';
	close(fd);
	return text;
}

static const char *
ask_over(int family, const char *request)
{
	int fd = dial(family);

	cr_assert_geq(fd, 0, "%s", strerror(errno));
	cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
	             (ssize_t)strlen(request));
	return hear(fd);
}

/* The answer to this request has this first line, and this somewhere. */
static void
expect_answer(const char *request, const char *first, const char *text)
{
	const char *answer = ask_over(AF_INET, request);
	const char *begin = checks_text("HTTP/1.1 %s\r\n", first);

	cr_expect_eq(strncmp(answer, begin, strlen(begin)), 0, "'%s': %s",
	             request, answer);
	cr_expect_not_null(strstr(answer, text), "not '%s': %s", text, answer);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: pod\r\n\r\n"

#define OK          "200 OK"
#define UNAVAILABLE "503 Service Unavailable"

static void
expect_state(const char *live, const char *ready, const char *text)
{
	expect_answer(GET("/livez"), live, text);
	expect_answer(GET("/readyz"), ready, text);
	expect_answer(GET("/healthz"), ready, text);
}

/* ------ Hale ------ */

static struct ns
start_with(void (*prepare)(void *), void *argument, char **words)
{
	struct ns_setup setup = {.prepare = prepare, .argument = argument};
	char *all[32] = {"--health-listen", place, "--health", file_target(),
	                 "--health-interval=20ms"};
	struct ns ns;
	int i;

	for (i = 5; *words != NULL; i++)
		all[i] = *words++;
	setup.words = all;
	ns = ns_start(&setup);
	ns_expect_line(&ns, "ready");
	return ns;
}

#define start(...) start_with(NULL, NULL, NS_WORDS(__VA_ARGS__))

static void
go_up(void)
{
	helper_write_file(helper_path("up"), "");
}

/* An instance of hale that is healthy. */
static struct ns
start_well(void (*prepare)(void *), void *argument)
{
	struct ns ns;

	go_up();
	ns = start_with(prepare, argument,
	                NS_WORDS(ns_program(), "catch", "2", "7"));
	state_await_name(&ns, "hale:healthy");
	return ns;
}

static void
finish(struct ns *ns)
{
	ns_send(ns, SIGUSR1);
	ns_expect_line(ns, "10");
	ns_send(ns, SIGTERM);
	ns_expect_line(ns, "15");
	cr_expect_eq(ns_wait(ns), CODE);
}

/* ------ What is served ------ */

Test(listen, tells_the_state)
{
	struct ns ns = start("--health-start-period", CHECKS_LONG,
	                     "--health-start-interval=20ms", ns_program(),
	                     "catch", "2", "7");

	expect_state(OK, UNAVAILABLE, "\r\n\r\nstarting");
	go_up();
	state_await_name(&ns, "hale:healthy");
	expect_state(OK, OK, "\r\n\r\nhealthy\n");
	cr_assert_eq(unlink(helper_path("up")), 0);
	state_await_name(&ns, "hale:unhealthy");
	expect_state(
	    UNAVAILABLE, UNAVAILABLE,
	    checks_text("\r\n\r\nunhealthy: %s: No such file", file_target()));
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	expect_state(OK, UNAVAILABLE, "\r\n\r\nstopping\n");
	ns_send(&ns, SIGTERM);
	cr_expect_eq(ns_wait(&ns), CODE);
}

Test(listen, tells_of_the_stop_before_program_knows)
{
	struct ns ns;

	go_up();
	ns = start("--drain", CHECKS_LONG, ns_program(), "catch", "1", "7");
	state_await_name(&ns, "hale:healthy");
	ns_send(&ns, SIGTERM);
	state_await_name(&ns, "hale:stopping");
	expect_state(OK, UNAVAILABLE, "\r\n\r\nstopping\n");
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	cr_expect_eq(ns_wait(&ns), CODE);
}

/* Somebody is left who ignores TERM. */
Test(listen, goes_on_until_hale_leaves)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-listen", port, "--health=file:/", "--grace",
	                 CHECKS_LONG, helper_stop_program(), "beside",
	                 "ignore-term", "idle", "+", "exit", "7")});

	state_await_name(&ns, "hale:stopping");
	expect_state(OK, UNAVAILABLE, "\r\n\r\nstopping\n");
	ns_kill(&ns);
}

Test(listen, refuses_what_is_no_question)
{
	struct ns ns = start_well(NULL, NULL);
	char large[1100];

	expect_answer("HEAD /livez HTTP/1.1\r\n\r\n", OK, "\r\n\r\n");
	expect_answer(GET("/"), "404 Not Found", "");
	expect_answer("POST /livez HTTP/1.1\r\n\r\n", "405 Method Not Allowed",
	              "\r\nAllow: GET, HEAD\r\n");
	expect_answer("GET /livez\r\n\r\n", "400 Bad Request", "");
	expect_answer("\x16\x03\x01", "400 Bad Request", "");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	memcpy(large, "GET /livez HTTP/1.1\r\nA: ", 24);
	expect_answer(large, "431 Request Header Fields Too Large", "");
	finish(&ns);
}

Test(listen, has_metrics)
{
	struct ns ns = start_well(NULL, NULL);

	expect_answer(GET("/metrics"), OK, "\nhale_ready 1\n");
	expect_answer(GET("/metrics"), OK,
	              checks_text("\nhale_target_healthy{target=\"%s\"} 1\n",
	                          file_target()));
	expect_answer(GET("/metrics"), OK, "\nhale_orphans_reaped_total 0\n");
	finish(&ns);
}

static bool
has_started(void *argument)
{
	(void)argument;
	return strncmp(ask_over(AF_INET, GET("/startupz")), "HTTP/1.1 200",
	               12) == 0;
}

static bool
are_counted(void *argument)
{
	(void)argument;
	return strstr(ask_over(AF_INET, GET("/metrics")),
	              "\nhale_orphans_reaped_total 3\n") != NULL;
}

Test(listen, counts_orphans)
{
	struct ns ns;

	go_up();
	ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health-listen", port, "--health", file_target(),
	                 ns_program(), "orphans", "3", "0")});
	ns_expect_line(&ns, "ready");
	ns_wait_until(are_counted, NULL);
	ns_kill(&ns);
}

/* ------ Started, ready, waiting ------ */

/* What a startupProbe asks: a database that is down is not its concern. */
Test(listen, tells_that_program_has_started)
{
	struct ns ns = start("--health-start-period", CHECKS_LONG,
	                     "--health-start-interval=20ms", "--ready",
	                     checks_text("file:%s", helper_path("database")),
	                     ns_program(), "catch", "2", "7");

	expect_answer(GET("/startupz"), UNAVAILABLE, "starting");
	go_up();
	ns_wait_until(has_started, NULL);
	expect_answer(GET("/livez"), OK, "starting");
	expect_answer(GET("/readyz"), UNAVAILABLE, "database");
	finish(&ns);
}

Test(listen, tells_that_program_is_unready)
{
	struct ns ns;

	go_up();
	ns = start("--health-retries=1", "--ready",
	           checks_text("file:%s", helper_path("database")),
	           ns_program(), "catch", "2", "7");
	state_await_name(&ns, "hale:unready");
	expect_answer(GET("/livez"), OK, "unready");
	expect_answer(GET("/startupz"), OK, "unready");
	expect_answer(GET("/readyz"), UNAVAILABLE, "database");
	expect_answer(GET("/metrics"), OK,
	              "\nhale_state{state=\"unready\"} 1\n");
	expect_answer(GET("/metrics"), OK, "\nhale_ready 0\n");
	expect_answer(GET("/metrics"), OK, "\nhale_live 1\n");
	finish(&ns);
}

Test(listen, answers_while_hale_waits_for_targets)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-listen", place, "--health=file:/",
	                      "--wait-for",
	                      checks_text("interval=20ms %s", file_target()),
	                      ns_program(), "catch", "2", "7")});

	state_await_message(&ns, "waiting for ");
	expect_answer(GET("/livez"), OK, "starting");
	expect_answer(GET("/readyz"), UNAVAILABLE, file_target());
	expect_answer(GET("/startupz"), UNAVAILABLE, "starting");
	go_up();
	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	expect_state(OK, OK, "healthy");
	finish(&ns);
}

/* ------ Where ------ */

Test(listen, is_on_all_addresses)
{
	struct ns ns = start_well(NULL, NULL);

	expect_state(OK, OK, "");
	if (dial(AF_INET6) < 0)
		cr_skip_test("there is no IPv6 here");
	cr_expect_not_null(
	    strstr(ask_over(AF_INET6, GET("/readyz")), "healthy"));
	finish(&ns);
}

Test(listen, is_on_one_address_alone_if_asked_to)
{
	struct ns ns;

	go_up();
	snprintf(place, sizeof(place), "127.0.0.1:%s", port);
	ns = start_well(NULL, NULL);
	expect_state(OK, OK, "");
	cr_expect_lt(dial(AF_INET6), 0);
	finish(&ns);
}

Test(listen, does_without_ipv6)
{
	int family = AF_INET6;
	struct ns ns = start_well(refuse_family, &family);

	expect_state(OK, OK, "");
	cr_expect_lt(dial(AF_INET6), 0);
	finish(&ns);
}

Test(listen, does_not_start_where_the_port_is_taken)
{
	int taken = server_bind_port("127.0.0.1", atoi(port));
	struct ns_output output;

	cr_assert_eq(listen(taken, 1), 0);
	ns_run(
	    &(struct ns_setup){.words = NS_WORDS("--health-listen", port,
	                                         "--health=file:/",
	                                         ns_program(), "say", "ran")},
	    &output);
	cr_expect_eq(output.code, 125);
	cr_expect_str_empty(output.out);
	cr_expect_str_eq(output.err,
	                 checks_text("hale: error: --health-listen: cannot "
	                             "listen on '%s': address already in "
	                             "use\n",
	                             port));
	close(taken);
}

/* PID 1's connections end with hale, and are remembered for a minute. */
Test(listen, may_be_at_once_where_it_was)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct ns ns = start_well(NULL, NULL);

		expect_state(OK, OK, "");
		finish(&ns);
	}
}

static void
make_read_only(void *argument)
{
	(void)argument;
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		_exit(99);
}

Test(listen, needs_no_place_to_write)
{
	struct ns ns = start_well(make_read_only, NULL);

	expect_state(OK, OK, "");
	finish(&ns);
}

/* ------ Descriptors ------ */

static void
hand_on(void *argument)
{
	(void)argument;
	if (dup2(STDERR_FILENO, 3) < 0 || dup2(STDERR_FILENO, 6) < 0)
		_exit(99);
}

Test(listen, is_nothing_that_program_gets)
{
	struct ns ns;

	go_up();
	ns = start_with(NULL, NULL, NS_WORDS(ns_program(), "descriptors", "6"));
	ns_kill(&ns);
	/* The others stay where they are. */
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-listen", port, "--health",
	                      file_target(), ns_program(), "descriptors", "6"),
	    .prepare = hand_on});
	ns_expect_line(&ns, "3");
	ns_expect_line(&ns, "6");
	ns_expect_line(&ns, "ready");
	state_await_name(&ns, "hale:healthy");
	cr_expect_eq(state_descriptors(&ns, true), 1);
	expect_state(OK, OK, "");
	ns_kill(&ns);
}

/* Whichever are free: others look for the status at descriptor 3. */
Test(listen, does_not_take_the_place_of_the_status)
{
	int closed;

	go_up();
	for (closed = 0; closed < 4; closed++) {
		struct ns_output output;
		struct ns one,
		    ns = ns_start(&(struct ns_setup){
			.words = NS_WORDS("--health-listen", port, "--health",
		                          file_target(), ns_program(), "wait"),
			.in = (closed & 1) != 0 ? NS_CLOSED : NS_PIPE,
			.out = (closed & 2) != 0 ? NS_CLOSED : NS_PIPE});

		state_await_name(&ns, "hale:healthy");
		expect_state(OK, OK, "");
		one = ns_start_beside(
		    &ns, &(struct ns_setup){.words = NS_WORDS("--status")});
		ns_collect(&one, &output);
		cr_expect_not_null(strstr(output.out, file_target()), "%s",
		                   output.out);
		ns_kill(&ns);
	}
}

Test(listen, leaves_no_descriptor_behind)
{
	struct ns ns = start_well(NULL, NULL);
	int i, count;

	expect_state(OK, OK, "");
	ns_await_sleep(&ns);
	count = state_descriptors(&ns, false);
	for (i = 0; i < TIMES; i++) {
		int fd = dial(AF_INET);

		expect_answer(GET("/metrics"), OK, "hale_live");
		expect_answer(GET("/"), "404 Not Found", "");
		close(fd);
	}
	ns_await_sleep(&ns);
	cr_expect_eq(state_descriptors(&ns, false), count);
	finish(&ns);
}

static void
limit_descriptors(void *count)
{
	struct rlimit limit = {*(rlim_t *)count, *(rlim_t *)count};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(99);
}

Test(listen, says_what_it_lacks)
{
	struct ns_output output;
	rlim_t count = 3;

	ns_run(&(struct ns_setup){.words = NS_WORDS("--health-listen", port,
	                                            "--health=file:/",
	                                            ns_program(), "say", "ran"),
	                          .prepare = limit_descriptors,
	                          .argument = &count},
	       &output);
	cr_expect_eq(output.code, 125);
	cr_expect_not_null(strstr(output.err, "--health-listen: cannot listen"),
	                   "%s", output.err);
	cr_expect_str_empty(output.out);
}

/* poll(2) refuses more entries than there may be descriptors. */
Test(listen, goes_on_with_few_descriptors)
{
	rlim_t count = 8;
	struct ns ns =
	    start_with(limit_descriptors, &count,
	               NS_WORDS("--health-start-period=10m", "--health=file:/",
	                        "--health=file:/proc", "--health=file:/dev",
	                        "--health=file:/etc", "--health=file:/bin",
	                        "--health=file:/sys", "--health=file:/tmp",
	                        ns_program(), "catch", "2", "7"));

	expect_answer(GET("/livez"), OK, "starting");
	finish(&ns);
}

/* ------ Those who do not ask ------ */

static void
open_silent(int fds[SILENT])
{
	int i;

	for (i = 0; i < SILENT; i++) {
		fds[i] = dial(AF_INET);
		cr_assert_geq(fds[i], 0);
	}
}

Test(listen, is_not_held_up_by_those_who_say_nothing)
{
	struct ns ns = start_well(NULL, NULL);
	int fds[SILENT], i;

	open_silent(fds);
	expect_state(OK, OK, "");
	finish(&ns);
	for (i = 0; i < SILENT; i++)
		close(fds[i]);
}

Test(listen, lets_go_of_those_who_say_nothing)
{
	struct ns ns = start_well(NULL, NULL);
	long long began = helper_now_ms();
	int fds[SILENT], i;

	open_silent(fds);
	for (i = 0; i < SILENT; i++)
		cr_expect_str_empty(hear(fds[i]));
	cr_expect_geq(helper_now_ms() - began, 500);
	cr_expect_lt(helper_now_ms() - began, patience_scaled(NS_DEADLINE));
	expect_state(OK, OK, "");
	finish(&ns);
}

Test(listen, waits_for_nobody_who_says_half)
{
	struct ns ns = start_well(NULL, NULL);
	int fd = dial(AF_INET);

	expect_answer("GET /li", "400 Bad Request", "");
	cr_assert_eq(send(fd, "GET /livez HTTP/1.1\r\nHost", 25, 0), 25);
	cr_expect_not_null(strstr(hear(fd), "healthy"));
	finish(&ns);
}

Test(listen, does_not_mind_those_who_go)
{
	struct linger now = {.l_onoff = 1};
	struct ns ns = start_well(NULL, NULL);
	int i;

	for (i = 0; i < TIMES; i++) {
		int fd = dial(AF_INET);

		if (i % 2 == 0)
			cr_assert_eq(send(fd, GET("/metrics"), 35, 0), 35);
		if (i % 3 == 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now,
			           sizeof(now));
		close(fd);
	}
	expect_state(OK, OK, "");
	finish(&ns);
}

Test(listen, answers_after_a_pause)
{
	struct ns ns = start_well(NULL, NULL);
	int fd;

	state_freeze(&ns);
	fd = dial(AF_INET);
	cr_assert_eq(send(fd, GET("/livez"), 33, 0), 33);
	state_let_pass(2000);
	state_thaw(&ns);
	cr_expect_not_null(strstr(hear(fd), OK));
	ns_kill(&ns);
}

/* Nobody can be accepted, and somebody waits. */
Test(listen, does_not_spin_where_nobody_can_be_accepted)
{
	struct refusal r = {SYS_accept4, EMFILE, REFUSE_ANY};
	struct ns ns = start_well(refuse_call, &r);
	unsigned long long before;
	int fd = dial(AF_INET);

	cr_assert_eq(send(fd, GET("/livez"), 33, 0), 33);
	before = ns_status(&ns, 1, "voluntary_ctxt_switches", 10) +
	         ns_status(&ns, 1, "nonvoluntary_ctxt_switches", 10);
	state_let_pass(1000);
	/* One for each attempt at the file is 50. */
	cr_expect_lt(ns_status(&ns, 1, "voluntary_ctxt_switches", 10) +
	                 ns_status(&ns, 1, "nonvoluntary_ctxt_switches", 10),
	             before + 200);
	close(fd);
	finish(&ns);
}
