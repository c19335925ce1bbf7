/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's files say is found within them, or not at all.
 *
 * Input: the bytes that a path may have, a key, a file.
 */
#include "report/oom.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

static void
find_path(struct input *in, const char *file, size_t size)
{
	char *path = input_room(in, size);

	memset(path, 'x', size);
	(void)oom_cgroup_path(file, path, size);
	demand(memchr(path, '\0', size) != NULL);
	demand(strstr(file, path) != NULL && strchr(path, '\n') == NULL);
	demand(strncmp(path, "/..", 3) != 0 && strlen(path) != 1);
}

/* The first line that has the key decides; what is too large is no number. */
static void
find_number(const char *file, const char *key)
{
	long long n = oom_number(file, key), said;
	size_t length = strlen(key);

	while (*file != '\0' && strncmp(file, key, length) != 0) {
		file += strcspn(file, "\n");
		file += *file == '\n';
	}
	said = -1;
	if (*file != '\0' && isdigit((unsigned char)file[length]))
		said = strtoll(file + length, NULL, 10);
	demand(n == (said > 4000000000000 ? OOM_UNKNOWN : said));
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
