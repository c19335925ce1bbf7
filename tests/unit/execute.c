/* SPDX-License-Identifier: MIT */
#include "lib/execute.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temporary.h"

/* ------ Which files are tried ------ */

static const struct {
	const char *list;
	const char *files[4];
} searches[] = {
    {"/bin:/usr/bin", {"/bin/ls", "/usr/bin/ls"}},
    {"/bin", {"/bin/ls"}},
    {"", {"./ls"}},
    {":/bin", {"./ls", "/bin/ls"}},
    {"/bin:", {"/bin/ls", "./ls"}},
    {"/a::/b", {"/a/ls", "./ls", "/b/ls"}},
};

Test(execute, tries_the_files_that_execvp_tries)
{
	char file[EXECUTE_PATH_MAX];
	size_t i, k;

	for (i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		const char *list = searches[i].list;

		for (k = 0; searches[i].files[k] != NULL; k++) {
			cr_assert(execute_next_file(&list, "ls", file),
			          "search %zu, file %zu", i, k);
			cr_expect_str_eq(file, searches[i].files[k]);
		}
		cr_expect_not(execute_next_file(&list, "ls", file),
		              "search %zu ends", i);
		cr_expect_not(execute_next_file(&list, "ls", file),
		              "search %zu stays ended", i);
	}
}

Test(execute, passes_over_a_directory_that_is_too_long)
{
	static char long_list[EXECUTE_PATH_MAX + 8];
	const char *list = long_list;
	char file[EXECUTE_PATH_MAX];

	memset(long_list, 'x', EXECUTE_PATH_MAX - 3);
	strcpy(long_list + EXECUTE_PATH_MAX - 3, ":/bin");
	cr_assert(execute_next_file(&list, "ls", file));
	cr_assert_str_eq(file, "/bin/ls");
}

Test(execute, takes_the_longest_directory_that_fits)
{
	static char long_list[EXECUTE_PATH_MAX];
	const char *list = long_list;
	char file[EXECUTE_PATH_MAX];

	memset(long_list, 'x', EXECUTE_PATH_MAX - 4);
	cr_assert(execute_next_file(&list, "ls", file));
	cr_assert_eq(strlen(file), EXECUTE_PATH_MAX - 1);
}

/* ------ What becomes of them ------ */

static char directory[TEMPORARY_SIZE];
static struct execute_error error;

static void
make_directory(void)
{
	temporary_path(directory, "hale-execute-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
	cr_assert_eq(mkdir("one", 0755), 0);
	cr_assert_eq(mkdir("two", 0755), 0);
}

static void
remove_directory(void)
{
	static const char *const names[] = {"one/x", "two/x", "one", "two"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (unlink(names[i]) < 0)
			(void)rmdir(names[i]);
	cr_expect_eq(rmdir(directory), 0, "something is left");
}

TestSuite(execute_program, .init = make_directory, .fini = remove_directory);

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Execute the program in a child, which shares the memory; the exit code, or
 * -1 if it could not be executed. */
static int
run(char *program, char *path)
{
	char argument[] = "7";
	char *argv[] = {NULL, program, argument, NULL};
	char *envp[] = {path, NULL};
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execute_program(argv + 1, envp, &error);
		_exit(argv[1] == program ? 255 : 254);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static void
expect_refused(char *program, char *path, enum execute_failure failure,
               const char *file, const char *reason)
{
	char buffer[512];
	struct text t;

	cr_expect_eq(run(program, path), -1);
	cr_expect_eq(error.failure, failure, "%s: %d", program, error.failure);
	cr_expect_str_eq(error.file, file);
	text_init(&t, buffer, sizeof(buffer));
	execute_reason(&t, &error);
	cr_expect_str_eq(buffer, reason);
}

Test(execute_program, runs_a_program_of_the_list)
{
	char name[] = "x", path[] = "PATH=/none:one:two";

	write_file("one/x", "#!/bin/sh\nexit 3\n", 0600);
	write_file("two/x", "#!/bin/sh\nexit $1\n", 0700);
	cr_expect_eq(run(name, path), 7,
	             "the file that may not be executed "
	             "is passed over");
}

Test(execute_program, runs_a_file_without_an_interpreter_line_by_the_shell)
{
	char name[] = "x", file[] = "./one/x", path[] = "PATH=one";

	write_file("one/x", "exit $1\n", 0700);
	cr_expect_eq(run(name, path), 7);
	cr_expect_eq(run(file, path), 7);
}

Test(execute_program, says_that_there_is_no_such_file)
{
	char file[] = "./x", below[] = "one/x/y", empty[] = "",
	     path[] = "PATH=";

	write_file("one/x", "", 0600);
	expect_refused(file, path, EXECUTE_NOT_FOUND, file,
	               "No such file or directory");
	expect_refused(below, path, EXECUTE_NOT_FOUND, below,
	               "No such file or directory");
	expect_refused(empty, path, EXECUTE_NOT_FOUND, "",
	               "No such file or directory");
}

Test(execute_program, says_that_no_directory_of_the_list_has_it)
{
	char name[] = "hale-no-such-program", path[] = "PATH=one:two:/none";
	char other[] = "HOME=/";

	expect_refused(name, path, EXECUTE_NOT_IN_PATH, name,
	               "not found in any directory of PATH");
	expect_refused(name, other, EXECUTE_NOT_IN_PATH, name,
	               "not found in any directory of PATH");
}

Test(execute_program, names_the_first_of_the_files_that_were_refused)
{
	char name[] = "x", path[] = "PATH=/none:one:two", file[] = "./one";

	write_file("one/x", "exit 3\n", 0600);
	write_file("two/x", "exit 3\n", 0600);
	expect_refused(name, path, EXECUTE_NOT_RUN, "one/x",
	               "Permission denied");
	expect_refused(file, path, EXECUTE_NOT_RUN, "./one",
	               "Permission denied");
}

/* Nobody can say whether there is a file. */
Test(execute_program, says_why_a_path_leads_nowhere)
{
	char file[] = "one/x", path[] = "PATH=";

	cr_assert_eq(symlink("x", file), 0);
	expect_refused(file, path, EXECUTE_NOT_RUN, file,
	               "Too many levels of symbolic links");
}

Test(execute_program, names_an_interpreter_that_is_missing)
{
	static const struct {
		const char *line, *shown;
	} scripts[] = {
	    {"#!/no/bash\r\n", "/no/bash\\x0d"},
	    {"#!/no/bash -e\n", "/no/bash"},
	    {"#! \t/no/bash\t-e\n", "/no/bash"},
	    {"#!/no/bash", "/no/bash"},
	    {"#!no\n", "no"},
	};
	char file[] = "one/x", path[] = "PATH=", reason[128];
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		write_file(file, scripts[i].line, 0700);
		snprintf(reason, sizeof(reason),
		         "the interpreter '%s' that it names is missing",
		         scripts[i].shown);
		expect_refused(file, path, EXECUTE_NO_INTERPRETER, file,
		               reason);
		unlink(file);
	}
}

/* Write an ELF program of this machine whose loader does not exist. */
static void
write_program_without_loader(const char *path)
{
	static const char loader[] = "/no/loader.so";
	struct {
		ElfW(Ehdr) head;
		ElfW(Phdr) interpreter;
		char loader[sizeof(loader)];
	} elf;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	cr_assert_eq(read(fd, &elf.head, sizeof(elf.head)),
	             (ssize_t)sizeof(elf.head));
	close(fd);
	elf.head.e_phoff = sizeof(elf.head);
	elf.head.e_phnum = 1;
	memset(&elf.interpreter, 0, sizeof(elf.interpreter));
	elf.interpreter.p_type = PT_INTERP;
	elf.interpreter.p_offset = offsetof(__typeof__(elf), loader);
	elf.interpreter.p_filesz = sizeof(loader);
	memcpy(elf.loader, loader, sizeof(loader));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	cr_assert_eq(write(fd, &elf, sizeof(elf)), (ssize_t)sizeof(elf));
	close(fd);
}

Test(execute_program, says_that_a_loader_is_missing)
{
	char name[] = "x", path[] = "PATH=one";

	write_program_without_loader("one/x");
	expect_refused(name, path, EXECUTE_NO_LOADER, "one/x",
	               "the loader that it names is missing");
}

/* The interpreter is there, but what the interpreter itself needs is not. */
Test(execute_program, does_not_blame_an_interpreter_that_is_there)
{
	char file[] = "two/x", path[] = "PATH=";

	write_program_without_loader("one/x");
	write_file(file, "#!one/x\n", 0700);
	expect_refused(file, path, EXECUTE_NO_LOADER, file,
	               "the loader that it names is missing");
}

Test(execute_program, keeps_the_beginning_of_a_long_name)
{
	char name[400], path[] = "PATH=one";

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(run(name, path), -1);
	cr_expect_eq(strlen(error.file), EXECUTE_SHOWN - 1);
}
