/* SPDX-License-Identifier: MIT */
/* status: what hale publishes, who can read it, and who can write it. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "checks.h"
#include "helper.h"
#include "json.h"
#include "state.h"

TestSuite(status, .init = helper_make_directory,
          .fini = helper_remove_directory);

enum { SEAL_FUTURE_WRITE = 0x10 }; /* Linux 5.1, and not in every libc */

static char *
file_target(void)
{
	return checks_text("file:%s", helper_path("up"));
}

static void
go_up(void)
{
	helper_write_file(helper_path("up"), "");
}

/* An instance of hale that watches a file, the other options being the usual
 * ones. */
static struct ns
start(bool plain)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words =
		NS_WORDS("--health", file_target(), "--health-interval=20ms",
	                 ns_program(), "catch", "2", "7"),
	    .plain = plain});

	ns_expect_line(&ns, "ready");
	return ns;
}

/* Run hale with these words beside the other. */
static void
beside(const struct ns *ns, void (*prepare)(void *), char **words,
       struct ns_output *output)
{
	struct ns one = ns_start_beside(
	    ns, &(struct ns_setup){.words = words, .prepare = prepare});

	ns_collect(&one, output);
}

static void
expect_check(const struct ns *ns, void (*prepare)(void *), const char *state,
             const char *text)
{
	struct ns_output output;

	beside(ns, prepare, NS_WORDS("--check"), &output);
	checks_judge(&output, state, text);
}

/* The code of --check --live. */
static int
live(const struct ns *ns)
{
	struct ns_output output;

	beside(ns, NULL, NS_WORDS("--check", "--live"), &output);
	cr_expect_eq(strcspn(output.out, "\n") + 1, strlen(output.out), "%s",
	             output.out);
	cr_expect_str_empty(output.err);
	return output.code;
}

/* ------ --check ------ */

static void
check_states(bool plain)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health", file_target(),
	                      "--health-interval=20ms", "--health-start-period",
	                      CHECKS_LONG, "--health-start-interval=20ms",
	                      ns_program(), "catch", "2", "7"),
	    .plain = plain});

	ns_expect_line(&ns, "ready");
	ns_await_sleep(&ns); /* its page comes after PROGRAM */
	expect_check(&ns, NULL, "starting", "");
	cr_expect_eq(live(&ns), 0);
	go_up();
	state_await_name(&ns, "hale:healthy");
	expect_check(&ns, NULL, "healthy", "");
	cr_expect_eq(live(&ns), 0);
	cr_assert_eq(unlink(helper_path("up")), 0);
	state_await_name(&ns, "hale:unhealthy");
	expect_check(&ns, NULL, "unhealthy", file_target());
	expect_check(&ns, NULL, "unhealthy", "no such file");
	cr_expect_eq(live(&ns), 1);
	ns_send(&ns, SIGTERM);
	ns_expect_line(&ns, "15");
	expect_check(&ns, NULL, "stopping", "");
	cr_expect_eq(live(&ns), 0);
	/* Nobody has been sent anything by all that. */
	ns_send(&ns, SIGUSR1);
	ns_expect_line(&ns, "10");
	cr_expect_eq(ns_wait(&ns), 7);
}

Test(status, is_what_check_says)
{
	check_states(false);
	check_states(true);
}

/* The variables of a container are there for its checks, too. */
Test(status, is_asked_for_whatever_the_environment_has)
{
	struct ns ns, one;
	struct ns_output output;
	char **env = NS_WORDS(checks_text("HALE_HEALTH=%s", file_target()),
	                      "HALE_HEALTH_INTERVAL=10m", "HALE_GRACE=x");

	go_up();
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--grace=0", ns_program(), "wait"), .env = env});
	state_await_name(&ns, "hale:healthy");
	cr_assert_eq(unlink(helper_path("up")), 0);
	one = ns_start_beside(
	    &ns, &(struct ns_setup){.words = NS_WORDS("--check"), .env = env});
	ns_collect(&one, &output);
	checks_judge(&output, "healthy", "");
	ns_kill(&ns);
}

/* The first attempt comes at once; the next one is not due in this test. */
Test(status, stays_valid_until_the_next_attempt)
{
	struct ns ns;

	go_up();
	ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health", file_target(), "--health-interval",
	                      CHECKS_LONG, ns_program(), "wait")});
	state_await_name(&ns, "hale:healthy");
	state_let_pass(3000);
	expect_check(&ns, NULL, "healthy", "");
	ns_kill(&ns);
}

Test(status, can_be_waited_for)
{
	struct ns ns = start(false), one;
	struct ns_output output;
	char line[NS_LINE];

	one = ns_start_beside(
	    &ns,
	    &(struct ns_setup){.words = NS_WORDS("--check", "--wait=10m")});
	cr_expect(ns_read_line(one.err, line));
	go_up();
	ns_collect(&one, &output);
	cr_expect_eq(output.code, 0, "%s", output.out);
	cr_expect_eq(strncmp(output.out, "healthy", 7), 0, "%s", output.out);
	beside(&ns, NULL, NS_WORDS("--check", "--wait=10m"), &output);
	checks_judge(&output, "healthy", "");
	ns_kill(&ns);
}

/* Has a check found out, within some time, that hale stands still? */
static bool
is_found_out(void *ns)
{
	struct ns_output output;

	beside(ns, NULL, NS_WORDS("--check"), &output);
	return output.code == 1;
}

static bool
is_good_again(void *ns)
{
	return !is_found_out(ns);
}

static void
check_halted(bool plain)
{
	struct ns ns;

	go_up();
	ns = start(plain);
	state_await_name(&ns, "hale:healthy");
	ns_suspend(&ns);
	ns_wait_until(is_found_out, &ns);
	expect_check(&ns, NULL, "unhealthy", "stopped updating");
	cr_expect_eq(live(&ns), 1);
	ns_send(&ns, SIGCONT);
	ns_wait_until(is_good_again, &ns);
	ns_kill(&ns);
}

Test(status, of_a_hale_that_stands_still_is_bad)
{
	check_halted(true);
	check_halted(false);
}

/* ------ Nobody else is believed. ------ */

/* A program, in a place with no other hale or under one that watches nothing.
 */
static void
check_nobody(const char *text, const struct ns_setup *setup)
{
	struct ns ns = ns_start(setup);
	struct ns_output output;

	ns_expect_line(&ns, "ready");
	expect_check(&ns, NULL, "unhealthy", text);
	cr_expect_eq(live(&ns), 1);
	beside(&ns, NULL, NS_WORDS("--status"), &output);
	cr_expect_eq(output.code, 1);
	beside(&ns, NULL, NS_WORDS("--status=json"), &output);
	cr_expect_eq(output.code, 1);
	cr_expect(json_valid(output.out), "%s", output.out);
	ns_kill(&ns);
}

Test(status, is_bad_where_no_hale_watches)
{
	int plain;

	for (plain = 0; plain < 2; plain++)
		check_nobody(
		    "hale",
		    &(struct ns_setup){.words = NS_WORDS(ns_program(), "wait"),
		                       .plain = plain != 0});
}

Test(status, is_not_taken_from_who_calls_itself_so)
{
	int plain;

	for (plain = 0; plain < 2; plain++)
		check_nobody("hale", &(struct ns_setup){
					 .words = NS_WORDS(
					     helper_stop_program(), "named",
					     "hale:healthy", "idle"),
					 .plain = plain != 0});
}

/* It has a lower number than hale has. */
Test(status, is_not_hidden_by_who_calls_itself_so)
{
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"/bin/sh", "-c",
		checks_text("%s --health %s --health-interval=20ms "
	                    "--health-start-period=0 %s idle & "
	                    "exec %s named hale:healthy idle",
	                    ns_hale(), file_target(), helper_stop_program(),
	                    helper_stop_program())),
	    .plain = true});
	int i;

	for (i = 0; i < 2; i++)
		ns_expect_line(&ns, "ready");
	state_await_message(&ns, "unhealthy");
	expect_check(&ns, NULL, "unhealthy", "no such file");
	ns_kill(&ns);
}

Test(status, is_hales_and_not_that_of_a_name_beside_it)
{
	int plain;

	for (plain = 0; plain < 2; plain++) {
		struct ns ns = ns_start(&(struct ns_setup){
		    .words = NS_WORDS("--health", file_target(),
		                      "--health-interval=20ms",
		                      helper_stop_program(), "beside", "named",
		                      "hale:healthy", "idle", "+", "named",
		                      "hale:healthy", "idle"),
		    .plain = plain != 0});

		ns_expect_line(&ns, "ready");
		state_await_name(&ns, "hale:unhealthy");
		expect_check(&ns, NULL, "unhealthy", "no such file");
		ns_kill(&ns);
	}
}

static void
hide_proc(void *argument)
{
	(void)argument;
	if (mount("nothing", "/proc", "tmpfs", MS_RDONLY, NULL) < 0)
		_exit(99);
}

Test(status, is_bad_where_there_is_no_proc)
{
	struct ns_output output;

	checks_run(
	    &(struct ns_setup){.words = NS_WORDS(NULL), .prepare = hide_proc},
	    &output);
	checks_judge(&output, "unhealthy", "");
}

/* ------ Another user. ------ */

static void
become_nobody(void *argument)
{
	(void)argument;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(99);
}

Test(status, can_be_seen_by_any_user)
{
	struct ns_output output;
	struct ns ns;

	if (geteuid() != 0)
		cr_skip_test("it takes root to have a second user");
	ns = start(false);
	state_await_name(&ns, "hale:unhealthy");
	expect_check(&ns, become_nobody, "unhealthy", "");
	go_up();
	state_await_name(&ns, "hale:healthy");
	expect_check(&ns, become_nobody, "healthy", "");
	beside(&ns, become_nobody, NS_WORDS("--status"), &output);
	cr_expect_not_null(strstr(output.out, "healthy"), "%s", output.out);
	cr_expect_null(strstr(output.out, "file:"), "%s", output.out);
	beside(&ns, become_nobody, NS_WORDS("--status=json"), &output);
	cr_expect(json_valid(output.out), "%s", output.out);
	ns_kill(&ns);
}

/* ------ --status ------ */

static void
expect_fact(const struct ns_output *output, char *filter, const char *expected)
{
	char facts[NS_TEXT];

	cr_assert(helper_jq(filter, output->out, facts, sizeof(facts)), "%s",
	          output->out);
	cr_expect_str_eq(facts, expected, "%s: %s", filter, facts);
}

/* Has the first target been seen to fail three times, and the second once? */
static bool
have_failed(void *ns)
{
	struct ns_output output;
	char facts[NS_TEXT];

	beside(ns, NULL, NS_WORDS("--status=json"), &output);
	return helper_jq(".targets[0].failures>=3 and .targets[1].failures>=1",
	                 output.out, facts, sizeof(facts)) &&
	       strcmp(facts, "true\n") == 0;
}

Test(status, has_all_in_json)
{
	struct ns_output output;
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS(
		"--health", checks_text("interval=20ms %s", file_target()),
		"--health",
		checks_text("exec:%s say 'out of \"order\"' say two exit 3",
	                    helper_stop_program()),
		"--health=file:/", ns_program(), "wait")});

	ns_expect_line(&ns, "ready");
	ns_wait_until(have_failed, &ns);
	beside(&ns, NULL, NS_WORDS("--status=json"), &output);
	cr_expect_eq(output.code, 0);
	cr_expect_str_empty(output.err);
	cr_expect_eq(strcspn(output.out, "\n") + 1, strlen(output.out), "%s",
	             output.out);
	expect_fact(&output, ".state,.hale,.program,(.targets|length)",
	            "unhealthy\n1\n2\n3\n");
	expect_fact(&output, ".targets[]|.state",
	            "unhealthy\nstarting\nhealthy\n");
	expect_fact(&output, ".targets[0].reason|test(\"no such file\";\"i\")",
	            "true\n");
	expect_fact(&output, ".targets[1].reason,.targets[1].output",
	            "exit 3: out of \"order\"\n"
	            "out of \"order\"\\x0atwo\\x0a\n");
	expect_fact(&output, ".targets[2].target,.targets[2].successes",
	            "file:/\n1\n");
	ns_kill(&ns);
}

Test(status, has_all_in_words)
{
	struct ns_output output;
	struct ns ns = start(true);

	state_await_name(&ns, "hale:unhealthy");
	beside(&ns, NULL, NS_WORDS("--status"), &output);
	cr_expect_eq(output.code, 0);
	cr_expect_str_empty(output.err);
	cr_expect_not_null(strstr(output.out, "unhealthy"), "%s", output.out);
	cr_expect_not_null(strstr(output.out, file_target()), "%s", output.out);
	cr_expect_not_null(strcasestr(output.out, "no such file"), "%s",
	                   output.out);
	ns_kill(&ns);
}

Test(status, keeps_the_first_4096_bytes_of_a_commands_output)
{
	struct ns_output output;
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health",
	                      checks_text("exec:%s say first write 20000 exit "
	                                  "1",
	                                  helper_stop_program()),
	                      ns_program(), "wait")});

	state_await_name(&ns, "hale:unhealthy");
	beside(&ns, NULL, NS_WORDS("--status=json"), &output);
	expect_fact(&output,
	            ".targets[0].output|gsub(\"\\\\\\\\x0a\";\"|\")|"
	            ".[0:8],length",
	            "first|xx\n4096\n");
	ns_kill(&ns);
}

/* Whatever a command has written, neither a terminal nor a parser is misled. */
Test(status, escapes_what_a_command_wrote)
{
	struct ns_output output;
	size_t i;
	struct ns ns = ns_start(&(struct ns_setup){
	    .words = NS_WORDS("--health-retries=1", "--health",
	                      "exec:/bin/sh -c 'printf \"a\\033[2J\\377\\001"
	                      "\\303\\244\\302\\205b\"; exit 3'",
	                      ns_program(), "wait")});

	state_await_name(&ns, "hale:unhealthy");
	beside(&ns, NULL, NS_WORDS("--status"), &output);
	for (i = 0; output.out[i] != '\0'; i++)
		cr_expect((unsigned char)output.out[i] >= ' ' ||
		              output.out[i] == '\n',
		          "%s", output.out);
	cr_expect_null(strstr(output.out, "\xff"));
	cr_expect_null(strstr(output.out, "\xc2\x85"));
	beside(&ns, NULL, NS_WORDS("--status=json"), &output);
	expect_fact(&output, ".targets[0].output|startswith(\"a\")", "true\n");
	ns_kill(&ns);
}

/* ------ The memory file. ------ */

/* The descriptor of hale's that is one. */
static char *
memory_file(const struct ns *ns)
{
	char path[64], link[64];
	struct dirent *entry;
	char *found = NULL;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", ns->hale);
	directory = opendir(path);
	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, link,
		                       sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		if (strncmp(link, "/memfd:", 7) == 0)
			found = checks_text("%s/%s", path, entry->d_name);
	}
	closedir(directory);
	cr_assert_not_null(found, "there is no memory file");
	return found;
}

/* Does this kernel know the seal? */
static bool
has_future_write(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	bool has = fcntl(fd, F_ADD_SEALS, SEAL_FUTURE_WRITE) == 0;

	close(fd);
	return has;
}

Test(status, is_sealed)
{
	struct ns ns = start(false);
	int seals, wanted = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
	int fd;

	state_await_name(&ns, "hale:unhealthy");
	fd = open(memory_file(&ns), O_RDWR | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", strerror(errno));
	seals = fcntl(fd, F_GET_SEALS);
	if (has_future_write())
		wanted |= SEAL_FUTURE_WRITE;
	cr_expect_eq(seals, wanted, "%x", (unsigned)seals);
	cr_expect_eq(ftruncate(fd, 0), -1);
	cr_expect_eq(ftruncate(fd, 1 << 20), -1);
	if (has_future_write()) {
		cr_expect_eq(write(fd, "x", 1), -1);
		cr_expect_eq(errno, EPERM);
		cr_expect_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0),
		             MAP_FAILED);
	}
	close(fd);
	ns_kill(&ns);
}

Test(status, has_a_file_only_where_health_is_watched)
{
	struct ns ns = ns_start(
	    &(struct ns_setup){.words = NS_WORDS(ns_program(), "wait")});

	ns_expect_line(&ns, "ready");
	ns_await_sleep(&ns);
	cr_expect_eq(state_descriptors(&ns, false), 3);
	ns_kill(&ns);
}
