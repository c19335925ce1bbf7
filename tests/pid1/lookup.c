/* SPDX-License-Identifier: MIT */
/* lookup: which file is run, and what is said when none can be. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ns.h"

static void
make(const char *name, mode_t mode, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0)
		_exit(99);
}

/* What the scratch directory has. */
static void
furnish(void *argument)
{
	(void)argument;
	umask(0);
	mkdir("one", 0755);
	mkdir("two", 0755);
	mkdir("one/directory", 0755);
	make("one/refused", 0644, "#!/bin/sh\necho one\n");
	make("two/refused", 0755, "#!/bin/sh\necho two\n");
	make("one/plain", 0755, "echo plain $0 \"$@\"\nexit 3\n");
	make("one/orphan", 0755, "#!/no/such/interpreter\n");
	make("one/unready", 0644, "#!/bin/sh\n");
	make("one/empty", 0755, "");
	make("one/garbled", 0755, "\177ELF\1\2\3\4\5\6");
	if (symlink("loop", "one/loop") < 0)
		_exit(99);
}

/* Run words with this PATH, or that of all tests. */
static void
run(char *list, char **words, struct ns_output *output)
{
	char entry[256];

	snprintf(entry, sizeof(entry), "PATH=%s", list);
	ns_run(&(struct ns_setup){.words = words,
	                          .env = NS_WORDS(entry),
	                          .scratch = true,
	                          .prepare = furnish},
	       output);
}

static void
check_output(char *list, char **words, const char *out, int code)
{
	struct ns_output output;

	run(list, words, &output);
	cr_expect_str_eq(output.out, out);
	cr_expect_str_empty(output.err);
	cr_expect_eq(output.code, code);
}

Test(lookup, runs_a_file_without_an_interpreter_line_by_the_shell)
{
	check_output("/bin", NS_WORDS("./one/plain", "a b", "-c"),
	             "plain ./one/plain a b -c\n", 3);
	check_output("/bin", NS_WORDS("--", "one/plain"), "plain one/plain\n",
	             3);
	check_output("/bin:one", NS_WORDS("plain", "x"), "plain one/plain x\n",
	             3);
	check_output("/bin", NS_WORDS("-g", "--log-level=warn", "one/empty"),
	             "", 0);
}

Test(lookup, goes_on_to_the_next_directory)
{
	check_output("one:two", NS_WORDS("refused"), "two\n", 0);
	check_output("/no/such:one/plain:one:two", NS_WORDS("refused"), "two\n",
	             0);
}

/* One line that says which file and why. */
static void
check_refusal(char *list, char *name, int code, const char *file,
              const char *why)
{
	struct ns_output output;
	char start[256];

	run(list, NS_WORDS(name), &output);
	snprintf(start, sizeof(start), "hale: error: cannot run '%s': ", file);
	cr_expect(strncmp(output.err, start, strlen(start)) == 0, "%s",
	          output.err);
	cr_expect_not_null(strstr(output.err, why), "%s: %s", why, output.err);
	cr_expect_eq(strcspn(output.err, "\n"), strlen(output.err) - 1);
	cr_expect_eq(output.code, code, "%s", output.err);
}

Test(lookup, ends_with_127_when_there_is_no_such_file)
{
	check_refusal("one:two", "nowhere", 127, "nowhere", "not found");
	check_refusal("one", "./nowhere", 127, "./nowhere", "o such file");
	check_refusal("one", "one/plain/x", 127, "one/plain/x", "o such file");
	check_refusal("", "nowhere", 127, "nowhere", "not found");
}

Test(lookup, ends_with_126_when_the_file_cannot_be_run)
{
	check_refusal("one", "./one", 126, "./one", "ermission denied");
	check_refusal("one", "/", 126, "/", "ermission denied");
	check_refusal("two:one", "directory", 126, "one/directory",
	              "ermission denied");
	check_refusal("two:one", "unready", 126, "one/unready",
	              "ermission denied");
	check_refusal("one", "one/unready", 126, "one/unready",
	              "ermission denied");
	check_refusal("one", "one/loop", 126, "one/loop", "ymbolic");
	/* The first of two is the one to complain of. */
	check_refusal("./one:one", "unready", 126, "./one/unready",
	              "ermission denied");
}

Test(lookup, says_that_the_interpreter_is_missing)
{
	check_refusal("one", "one/orphan", 126, "one/orphan", "interpreter");
	check_refusal("two:one", "orphan", 126, "one/orphan", "interpreter");
}
