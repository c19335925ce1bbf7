/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's files say is found within them, or not at all.
 *
 * Input: the bytes that a path may have, a key, a file.
 */
#include "report/cgroup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

static void
find_path(struct input *in, const char *file, size_t size)
{
	char *path = input_room(in, size);

	memset(path, 'x', size);
	(void)cgroup_path(file, path, size);
	demand(memchr(path, '\0', size) != NULL);
	demand(strstr(file, path) != NULL && strchr(path, '\n') == NULL);
	demand(strncmp(path, "/..", 3) != 0 && strlen(path) != 1);
}

/* Does a line say so?  What is too large is the largest number. */
static bool
says(const char *line, const char *key, long long n)
{
	long long said;

	if (strncmp(line, key, strlen(key)) != 0)
		return false;
	line += strlen(key);
	if (*line < '0' || *line > '9')
		return false;
	said = strtoll(line, NULL, 10);
	return said == n || (n == LLONG_MAX && said > LLONG_MAX - 10);
}

static void
find_number(const char *file, const char *key)
{
	long long n = cgroup_number(file, key);
	bool said = false;

	demand(n >= CGROUP_UNKNOWN);
	for (; file != NULL && !said; file = strchr(file, '\n')) {
		file += *file == '\n';
		said = says(file, key, n);
	}
	demand(said == (n != CGROUP_UNKNOWN));
}

void
fuzz(struct input *in)
{
	size_t size = (size_t)input_choice(in, 300) + 1;
	char *key = input_word(in);
	const char *file = input_word(in);

	key[strcspn(key, "\n")] = '\0';
	find_path(in, file, size);
	find_number(file, key);
	find_number(file, "");
	find_number(file, "oom_kill ");
}
