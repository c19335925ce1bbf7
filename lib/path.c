/* SPDX-License-Identifier: MIT */
/*
 * path: which files execvp(3) would try for a program's name, in which order.
 *
 * libc's own execvp is not used, since it says neither which file it was that
 * could not be run nor, in musl, runs a script that has no interpreter line.
 */
#include "lib/path.h"

#include <string.h>

/* For an environment without PATH; musl's choice, which includes glibc's. */
static const char default_list[] = "/usr/local/bin:/bin:/usr/bin";

void
path_begin(struct path *p, char *program, const char *list,
           char buffer[PATH_SIZE])
{
	p->joined = buffer;
	p->program = program;
	p->rest = list != NULL ? list : default_list;
	p->file = program;
}

bool
path_searched(const struct path *p)
{
	return p->program[strcspn(p->program, "/")] == '\0';
}

static bool
join(char *file, const char *directory, size_t n, const char *program)
{
	size_t length = strlen(program);

	/* An empty item of PATH is the current directory. */
	if (n == 0) {
		directory = ".";
		n = 1;
	}
	if (n + 1 + length >= PATH_SIZE)
		return false;
	memcpy(file, directory, n);
	file[n] = '/';
	memcpy(file + n + 1, program, length + 1);
	return true;
}

bool
path_next(struct path *p)
{
	const char *directory;
	size_t n;

	if (!path_searched(p)) {
		directory = p->rest;
		p->rest = NULL;
		return directory != NULL;
	}
	while (p->rest != NULL) {
		directory = p->rest;
		n = strcspn(directory, ":");
		p->rest = directory[n] == ':' ? directory + n + 1 : NULL;
		if (join(p->joined, directory, n, p->program)) {
			p->file = p->joined;
			return true;
		}
	}
	return false;
}
