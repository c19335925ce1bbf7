/* SPDX-License-Identifier: MIT */
/* check: hale --check TARGET says in one line how a target is, and exits with 0
 * or 1 and nothing else. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "patience.h"
#include "server.h"

TestSuite(check, .init = helper_make_directory,
          .fini = helper_remove_directory);

/* A server that any connection will do for. */
#define FINE SERVER_PLAY(SAY("HTTP/1.1 200 OK\r\n\r\n"))

/* ------ tcp: ------ */

Test(check, finds_an_open_port_healthy)
{
	struct server server;
	struct server_visit visit;
	int port, fd = server_bind("127.0.0.1", &port);

	server_start(&server, fd, FINE);
	checks_healthy(NS_WORDS(checks_text("tcp://127.0.0.1:%d", port)));
	server_visited(&server, &visit);
	cr_expect_str_empty(visit.request);
	server_stop(&server, fd);
}

/* Bound, so that nobody else takes the port, and not listening. */
Test(check, says_that_a_port_is_closed)
{
	int port, fd = server_bind("127.0.0.1", &port);

	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("tcp://127.0.0.1:%d", port)));
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("http://127.0.0.1:%d/", port)));
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("grpc://127.0.0.1:%d", port)));
	close(fd);
}

/* This takes as long as it was given, and no longer than it must. */
static void
check_timeout(const char *reason, char **words)
{
	long long before = helper_now_ms(), took;

	checks_unhealthy(reason, words);
	took = helper_now_ms() - before;
	cr_expect_geq(took, 300);
	cr_expect_lt(took, patience_scaled(NS_DEADLINE / 2));
}

Test(check, gives_up_on_a_port_that_has_no_room)
{
	int port, fd = server_bind("127.0.0.1", &port);
	char *timeout = "--health-timeout=300ms";

	server_fill(fd);
	check_timeout(
	    "timed out after 300ms while connecting",
	    NS_WORDS(timeout, checks_text("tcp://127.0.0.1:%d", port)));
	check_timeout(
	    "timed out after 300ms while connecting",
	    NS_WORDS(timeout, checks_text("http://127.0.0.1:%d/", port)));
	close(fd);
}

Test(check, connects_to_ipv6)
{
	struct server server;
	int port, fd = server_bind("::1", &port);

	if (fd < 0)
		cr_skip_test("there is no IPv6 here");
	server_start(&server, fd, FINE);
	checks_healthy(NS_WORDS(checks_text("tcp://[::1]:%d", port)));
	server_stop(&server, fd);
	fd = server_bind("::1", &port);
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("tcp://[::1]:%d", port)));
	close(fd);
}

/* What listens on one family alone is what localhost is. */
static void
check_localhost(const char *address)
{
	struct server server;
	int port, fd = server_bind(address, &port);

	if (fd < 0)
		return;
	server_start(&server, fd, FINE);
	checks_healthy(NS_WORDS(checks_text("tcp://localhost:%d", port)));
	checks_healthy(NS_WORDS(checks_text("http://localhost:%d/", port)));
	server_stop(&server, fd);
	fd = server_bind(address, &port);
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("tcp://localhost:%d", port)));
	close(fd);
}

Test(check, finds_localhost_on_either_family)
{
	check_localhost("127.0.0.1");
	check_localhost("::1");
}

/* The one that drops all packets must not cost the other its time. */
Test(check, finds_localhost_where_the_first_does_not_answer)
{
	struct server server;
	int port, other, four = server_bind("127.0.0.1", &port);
	int six = server_bind("::1", &other);

	if (six < 0)
		cr_skip_test("there is no IPv6 here");
	close(six);
	six = server_bind_port("::1", port);
	if (six < 0)
		cr_skip_test("another has the port");
	server_start(&server, six, FINE);
	server_fill(four);
	checks_healthy(NS_WORDS("--health-timeout=2s",
	                        checks_text("tcp://localhost:%d", port)));
	checks_healthy(NS_WORDS("--health-timeout=2s",
	                        checks_text("http://localhost:%d/", port)));
	server_stop(&server, six);
	close(four);
}

/* A network of its own with a single port for those who connect: if that is
 * closed, they find themselves there. */
static void
enter_tiny_network(void *argument)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	(void)argument;
	if (unshare(CLONE_NEWNET) < 0)
		_exit(99);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		_exit(98);
	close(fd);
	fd = open("/proc/sys/net/ipv4/ip_local_port_range",
	          O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "40000 40000", 11) != 11)
		_exit(97);
	close(fd);
}

static void
check_self(char *target)
{
	struct ns_output output;

	checks_run(&(struct ns_setup){.words = NS_WORDS("--health-timeout",
	                                                CHECKS_LONG, target),
	                              .prepare = enter_tiny_network},
	           &output);
	checks_judge(&output, "unhealthy", "connection refused");
}

Test(check, does_not_take_itself_for_the_server)
{
	int port, six = server_bind("::1", &port);

	check_self("tcp://127.0.0.1:40000");
	check_self("tcp://localhost:40000");
	check_self("http://127.0.0.1:40000/");
	check_self("http://localhost:40000/");
	if (six < 0)
		return; /* there is no IPv6 here */
	check_self("tcp://[::1]:40000");
	check_self("http://[::1]:40000/");
	close(six);
}

/* ------ Names. ------ */

static void
mount_hosts(void *path)
{
	if (mount(path, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		_exit(99);
}

/* With these lines as /etc/hosts. */
static void
check_hosts(const char *hosts, const char *name, int port, const char *state,
            const char *text)
{
	char *target = checks_text("tcp://%s:%d", name, port);
	struct ns_output output;

	helper_write_file(helper_path("hosts"), hosts);
	checks_run(&(struct ns_setup){.words = NS_WORDS(target),
	                              .prepare = mount_hosts,
	                              .argument = helper_path("hosts")},
	           &output);
	checks_judge(&output, state, text);
}

Test(check, looks_names_up_in_the_hosts_file)
{
	static const char hosts[] = "# 127.0.0.1 none\n"
				    "10.255.255.1\tother\n\n"
				    "127.0.0.1\t alpha Beta # gamma\n"
				    "::1 delta\n"
				    "127.0.0.1 last.example";
	struct server server;
	int port, fd = server_bind("127.0.0.1", &port);

	server_start(&server, fd, FINE);
	check_hosts(hosts, "alpha", port, "healthy", "");
	check_hosts(hosts, "BETA", port, "healthy", "");
	check_hosts(hosts, "last.example", port, "healthy", "");
	check_hosts(hosts, "delta", port, "unhealthy", "refused");
	check_hosts("", "localhost", port, "healthy", "");
	server_stop(&server, fd);
}

/* ------ What is replaced in a target. ------ */

Test(check, fills_in_variables)
{
	struct server server;
	struct ns_output output;
	int port, fd = server_bind("127.0.0.1", &port);
	char *variable = checks_text("P=%d", port);

	server_start(&server, fd, FINE);
	checks_run(&(struct ns_setup){.words = NS_WORDS("tcp://127.0.0.1:${P}"),
	                              .env = NS_WORDS(variable)},
	           &output);
	checks_judge(&output, "healthy", "");
	checks_run(&(struct ns_setup){.words = NS_WORDS(
					  "tcp://${HOST:-127.0.0.1}:${P:-1}"),
	                              .env = NS_WORDS(variable, "HOST=")},
	           &output);
	checks_judge(&output, "healthy", "");
	checks_refused("NO_SUCH", NS_WORDS("tcp://127.0.0.1:${NO_SUCH}"));
	server_stop(&server, fd);
}

/* ------ send and expect ------ */

/* The server says this when it has heard PING. */
static void
check_exchange(const struct server_step *steps, const char *reason)
{
	struct server server;
	struct server_visit visit;
	int port, fd = server_bind("127.0.0.1", &port);
	char *target = checks_text("tcp://127.0.0.1:%d?send=PING%%0d%%0a%%0d"
	                           "%%0a&expect=%%2BPONG",
	                           port);

	server_start(&server, fd, steps);
	if (reason == NULL)
		checks_healthy(
		    NS_WORDS("--health-timeout", CHECKS_LONG, target));
	else
		checks_unhealthy(reason,
		                 NS_WORDS("--health-timeout=300ms", target));
	server_visited(&server, &visit);
	cr_expect_str_eq(visit.request, "PING\r\n\r\n");
	server_stop(&server, fd);
}

Test(check, sends_a_text_and_expects_one)
{
	check_exchange(SERVER_PLAY(SAY("+PONG\r\n")), NULL);
	check_exchange(SERVER_PLAY(SAY("+PONG\r\n"), HANG), NULL);
	check_exchange(
	    SERVER_PLAY(SAY("hello\0+P"), PAUSE, SAY("O"), PAUSE, SAY("NG")),
	    NULL);
	check_exchange(SERVER_PLAY(SAY("+PONG"), FLOOD("x")), NULL);
	check_exchange(SERVER_PLAY(SAY("-LOADING \033[2J\r\nmore\r\n")),
	               "-LOADING \\x1b[2J");
	check_exchange(SERVER_PLAY(SAY("-LOADING"), HANG), "-LOADING");
	check_exchange(SERVER_PLAY(FLOOD("never")), "never");
	check_exchange(SERVER_PLAY(TRICKLE("never")), "timed out after 300ms");
	check_exchange(SERVER_PLAY(HANG), "timed out after 300ms");
}

/* ------ unix: ------ */

/* The namespace of a check that has just ended may hold the server's socket for
 * another moment. */
static bool
nobody_listens(void *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected;

	strcpy(to.sun_path, path);
	connected = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return !connected;
}

Test(check, finds_a_socket_healthy_that_can_be_connected_to)
{
	struct server server;
	char *path = helper_path("socket");
	int fd = server_bind_path(path);

	server_start(&server, fd, FINE);
	checks_healthy(NS_WORDS(checks_text("unix:%s", path)));
	server_stop(&server, fd);
	ns_wait_until(nobody_listens, path);
	/* The file is there, and nobody has it open. */
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("unix:%s", path)));
	checks_unhealthy("connection refused",
	                 NS_WORDS(checks_text("http://unix:%s:/", path)));
}

Test(check, says_what_is_wrong_with_a_socket)
{
	char *path = helper_path("socket");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	checks_unhealthy("no such file",
	                 NS_WORDS(checks_text("unix:%s", helper_path("no"))));
	checks_unhealthy("refused",
	                 NS_WORDS(checks_text("unix:%s", helper_path(""))));
	helper_write_file(helper_path("file"), "");
	checks_unhealthy("refused",
	                 NS_WORDS(checks_text("unix:%s", helper_path("file"))));
	strcpy(to.sun_path, path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	checks_unhealthy("wrong type", NS_WORDS(checks_text("unix:%s", path)));
	close(fd);
}

Test(check, gives_up_on_a_socket_that_has_no_room)
{
	char *path = helper_path("socket");
	int fd = server_bind_path(path);
	char *timeout = "--health-timeout=300ms";

	server_fill(fd);
	check_timeout("timed out after 300ms while connecting",
	              NS_WORDS(timeout, checks_text("unix:%s", path)));
	check_timeout("timed out after 300ms while connecting",
	              NS_WORDS(timeout, checks_text("http://unix:%s:/", path)));
	close(fd);
}

Test(check, waits_for_room_at_a_socket)
{
	char *path = helper_path("socket");
	int fd = server_bind_path(path);
	struct ns_output output;
	struct ns ns;
	char *target = checks_text("unix:%s", path);

	server_fill(fd);
	ns = checks_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-timeout", CHECKS_LONG, target)});
	/* It has tried before it sleeps; and it would for a whole second. */
	ns_await_sleep(&ns);
	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (accept4(fd, NULL, NULL, SOCK_CLOEXEC) >= 0)
		continue;
	ns_collect(&ns, &output);
	checks_judge(&output, "healthy", "");
	close(fd);
}

/* ------ file: ------ */

/* Change the time of the last change. */
static void
age(const char *path, long long seconds)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

Test(check, looks_for_a_file)
{
	char *path = helper_path("file");
	char *target = checks_text("file:%s", path);

	checks_unhealthy("no such file", NS_WORDS(target));
	helper_write_file(path, "");
	checks_healthy(NS_WORDS(target));
	age(path, 1000000);
	checks_healthy(NS_WORDS(target));
	checks_healthy(NS_WORDS(checks_text("file:%s", helper_path(""))));
}

Test(check, looks_how_old_a_file_is)
{
	char *path = helper_path("file");
	char *target = checks_text("file:%s?max-age=1m", path);

	checks_unhealthy("no such file", NS_WORDS(target));
	helper_write_file(path, "");
	checks_healthy(NS_WORDS(target));
	age(path, 30);
	checks_healthy(NS_WORDS(target));
	age(path, 90);
	checks_unhealthy("1m", NS_WORDS(target));
	age(path, -30); /* clocks are set, and it was written not long ago */
	checks_healthy(NS_WORDS(target));
}

/* ------ More than one. ------ */

Test(check, finds_eight_healthy_if_all_are)
{
	char *words[9] = {0};
	struct ns_output output;
	int i;

	for (i = 0; i < 8; i++) {
		words[i] = checks_text("file:%s", helper_path("file"));
		helper_write_file(helper_path("file"), "");
	}
	words[7] = checks_text("file:%s", helper_path("eighth"));
	helper_write_file(helper_path("eighth"), "");
	checks_run(&(struct ns_setup){.words = words}, &output);
	checks_judge(&output, "healthy", "");
	unlink(helper_path("eighth"));
	checks_run(&(struct ns_setup){.words = words}, &output);
	checks_judge(&output, "unhealthy", words[7]);
	checks_judge(&output, "unhealthy", "no such file");
}

/* The time is that of each, not of all one after the other. */
Test(check, looks_at_all_of_them_at_once)
{
	char *target = checks_text("file:%s", helper_path("file"));
	char *words[10] = {"--health-timeout=1s"};
	struct ns_output output;
	long long before;
	int i, port, fd = server_bind("127.0.0.1", &port);

	server_fill(fd);
	helper_write_file(helper_path("file"), "");
	for (i = 1; i < 9; i++)
		words[i] = checks_text("tcp://127.0.0.1:%d", port);
	words[3] = target;
	words[9] = NULL;
	before = helper_now_ms();
	checks_run(&(struct ns_setup){.words = words}, &output);
	cr_expect_lt(helper_now_ms() - before, patience_scaled(5000));
	checks_judge(&output, "unhealthy", "timed out after 1s");
	close(fd);
}

Test(check, has_a_line_that_is_never_too_long)
{
	char name[256] = "", *words[9] = {0};
	struct ns_output output;
	int i;

	memset(name, 'x', sizeof(name) - 10);
	for (i = 0; i < 8; i++)
		words[i] = checks_text("file:/%d/%s", i, name);
	checks_run(&(struct ns_setup){.words = words}, &output);
	checks_judge(&output, "unhealthy", "file:/0/xx");
}

/* ------ --wait ------ */

static struct ns
start_waiting(char *wait, char *target, char line[NS_LINE])
{
	struct ns ns = checks_start(
	    &(struct ns_setup){.words = NS_WORDS("--wait", wait, target)});

	cr_assert(ns_read_line(ns.err, line));
	cr_expect_not_null(strstr(line, target), "%s", line);
	cr_expect_not_null(strstr(line, "refused"), "%s", line);
	return ns;
}

Test(check, waits_for_a_target_that_comes)
{
	int port, fd = server_bind("127.0.0.1", &port);
	char *target = checks_text("tcp://127.0.0.1:%d", port);
	char line[NS_LINE];
	struct ns_output output;
	struct ns ns = start_waiting("10m", target, line);

	cr_assert_eq(listen(fd, 8), 0);
	ns_collect(&ns, &output);
	checks_judge(&output, "healthy", "");
	close(fd);
}

Test(check, waits_no_longer_than_it_was_told)
{
	int port, fd = server_bind("127.0.0.1", &port);
	char *target = checks_text("tcp://127.0.0.1:%d", port);
	char line[NS_LINE];
	struct ns_output output;
	long long before = helper_now_ms();
	struct ns ns = start_waiting("700ms", target, line);

	cr_expect(ns_read_line(ns.err, line));
	cr_expect_not_null(strstr(line, "timed out after 700ms waiting for"),
	                   "%s", line);
	ns_collect(&ns, &output);
	checks_judge(&output, "unhealthy", "connection refused");
	cr_expect_geq(helper_now_ms() - before, 700);
	cr_expect_lt(helper_now_ms() - before,
	             patience_scaled(NS_DEADLINE / 2));
	close(fd);
}

Test(check, says_nothing_of_waiting_where_it_need_not)
{
	struct ns_output output;
	char *target = checks_text("file:%s", helper_path("file"));

	helper_write_file(helper_path("file"), "");
	checks_run(&(struct ns_setup){.words = NS_WORDS("--wait=10m", target)},
	           &output);
	checks_judge(&output, "healthy", "");
}

/* ------ Mistakes. ------ */

Test(check, refuses_what_is_no_target)
{
	char *target;
	int i;

	for (i = 0; (target = checks_no_target(i)) != NULL; i++)
		checks_refused("", NS_WORDS(target));
	checks_refused("https", NS_WORDS("https://127.0.0.1/"));
}

Test(check, refuses_more_targets_than_eight)
{
	checks_refused("file:/9", NS_WORDS("file:/1", "file:/2", "file:/3",
	                                   "file:/4", "file:/5", "file:/6",
	                                   "file:/7", "file:/8", "file:/9"));
}

Test(check, refuses_options_that_cannot_be_meant)
{
	char *option;
	int i;

	for (i = 0; (option = checks_no_option(i)) != NULL; i++)
		checks_refused("", NS_WORDS(option, "file:/"));
	checks_refused("--wait", NS_WORDS("--wait=soon", "file:/"));
	checks_refused("--wait", NS_WORDS("--wait"));
	checks_refused("--no-such", NS_WORDS("--no-such"));
}
