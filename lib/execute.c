/* SPDX-License-Identifier: MIT */
/*
 * execute: becomes another program, or says exactly why it cannot.
 *
 * libc's own execvp(3) is not used, since it does not say which file could not
 * be run, and musl's does not run a script that has no interpreter line.
 */
#include "lib/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/file.h"

/* For an environment without PATH.  It is musl's list, which has all of
 * glibc's. */
static const char default_list[] = "/usr/local/bin:/bin:/usr/bin";

/* ------ Which files to try ------ */

/* The list of directories in envp, or the default. */
static const char *
find_list(char **envp)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	return default_list;
}

bool
execute_next_file(const char **list, const char *program,
                  char file[EXECUTE_PATH_MAX])
{
	struct text t;

	while (*list != NULL) {
		const char *directory = *list;
		size_t length = strcspn(directory, ":");

		*list =
		    directory[length] == ':' ? directory + length + 1 : NULL;
		text_init(&t, file, EXECUTE_PATH_MAX);
		text_bytes(&t, directory, length);
		text_string(&t, length == 0 ? "./" : "/");
		text_string(&t, program);
		if (!t.cut)
			return true;
	}
	return false;
}

/* Does execvp(3) go on to the next directory after this error? */
static bool
search_goes_on(int error)
{
	return error == EACCES || error == ENOENT || error == ENOTDIR ||
	       error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

/* ------ Why a file could not be run ------ */

/* Copy the interpreter that the script names, without its argument.  False if
 * file is no script, or cannot be read. */
static bool
read_interpreter(const char *file, char interpreter[EXECUTE_SHOWN])
{
	char *name = interpreter + strlen("#!");
	size_t length;

	/* It is as much as the kernel looks at. */
	if (file_read(file, interpreter, EXECUTE_SHOWN) < 0 ||
	    strncmp(interpreter, "#!", 2) != 0)
		return false;
	name += strspn(name, " \t");
	length = strcspn(name, " \t\n");
	memmove(interpreter, name, length);
	interpreter[length] = '\0';
	return length > 0;
}

/* Name the file, or the beginning of its path. */
static void
name_file(struct execute_error *error, const char *file)
{
	size_t length = strnlen(file, sizeof(error->file) - 1);

	memcpy(error->file, file, length);
	error->file[length] = '\0';
}

/* Record that file was refused.  The kernel says ENOENT of a file that is there
 * if what it needs is not: the interpreter of a script, or the dynamic loader
 * of a program. */
static void
record_refusal(struct execute_error *error, const char *file, int number)
{
	name_file(error, file);
	error->error = number;
	error->failure = EXECUTE_NOT_RUN;
	if (number != ENOENT)
		return;
	error->failure = EXECUTE_NO_LOADER;
	if (read_interpreter(file, error->interpreter) &&
	    access(error->interpreter, F_OK) < 0)
		error->failure = EXECUTE_NO_INTERPRETER;
}

void
execute_reason(struct text *t, const struct execute_error *error)
{
	switch (error->failure) {
	case EXECUTE_NOT_IN_PATH:
		text_string(t, "not found in any directory of PATH");
		break;
	case EXECUTE_NO_INTERPRETER:
		text_format(t,
		            "the interpreter '{interpreter:q}' that it names "
		            "is missing",
		            error->interpreter);
		break;
	case EXECUTE_NO_LOADER:
		text_string(t, "the loader that it names is missing");
		break;
	case EXECUTE_NOT_FOUND:
	case EXECUTE_NOT_RUN:
		text_string(t, errors_text(error->error));
		break;
	}
}

/* ------ Running them ------ */

/* glibc has _Fork(2) from 2.34 on, musl from 1.2.2 on. */
#if defined(__GLIBC__) && __GLIBC_MINOR__ < 34
#define _Fork fork
#endif

pid_t
execute_fork(int *fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	pid = _Fork();
	if (pid == 0) {
		*fd = ends[1];
		return 0;
	}
	file_close(ends[1]);
	*fd = ends[0];
	if (pid < 0) {
		file_close(ends[0]);
		*fd = -1;
	}
	return pid;
}

/* Run file, by /bin/sh if it is a script without an interpreter line.  Returns
 * errno. */
static int
run_file(char *file, char **argv, char **envp)
{
	static char shell[] = "/bin/sh";
	char *program = argv[0];

	(void)execve(file, argv, envp);
	if (errno != ENOEXEC)
		return errno;
	argv[-1] = shell;
	argv[0] = file;
	(void)execve(shell, argv - 1, envp);
	argv[-1] = NULL;
	argv[0] = program;
	return ENOEXEC;
}

static void
run_path(char **argv, char **envp, struct execute_error *error)
{
	int number = run_file(argv[0], argv, envp);

	/* ENOENT may be about the file or about what the file needs. */
	if ((number != ENOENT && number != ENOTDIR) ||
	    access(argv[0], F_OK) == 0)
		record_refusal(error, argv[0], number);
}

static void
run_from_list(char **argv, char **envp, struct execute_error *error)
{
	char file[EXECUTE_PATH_MAX];
	const char *list = find_list(envp);
	int number;

	error->failure = EXECUTE_NOT_IN_PATH;
	while (execute_next_file(&list, argv[0], file)) {
		number = run_file(file, argv, envp);
		/* A directory that may not be searched says nothing. */
		if (error->failure == EXECUTE_NOT_IN_PATH &&
		    access(file, F_OK) == 0)
			record_refusal(error, file, number);
		if (!search_goes_on(number))
			break;
	}
}

void
execute_program(char **argv, char **envp, struct execute_error *error)
{
	memset(error, 0, sizeof(*error));
	error->failure = EXECUTE_NOT_FOUND;
	error->error = ENOENT;
	name_file(error, argv[0]);
	if (argv[0][0] == '\0' || strchr(argv[0], '/') != NULL)
		run_path(argv, envp, error);
	else
		run_from_list(argv, envp, error);
}
