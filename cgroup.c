/* SPDX-License-Identifier: MIT */
/*
 * cgroup: asks the kernel whether memory ran out.
 *
 * A PROGRAM that was killed by KILL may have met the OOM killer or somebody
 * else; 137 is the same for both, and only the counter of its cgroup knows.
 */
#include "cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* Two versions of one thing. */
static const struct {
	const char *root, *events, *limit;
} versions[] = {
    {"/sys/fs/cgroup", "/memory.events", "/memory.max"},
    {"/sys/fs/cgroup/memory", "/memory.oom_control", "/memory.limit_in_bytes"},
};

/* Version 1 says "no limit" with the largest page-aligned number. */
#define NO_LIMIT (LLONG_MAX / 2)

static const char *
next_line(const char *s)
{
	s = strchr(s, '\n');
	return s != NULL && s[1] != '\0' ? s + 1 : NULL;
}

/* Is memory among the controllers, which commas part and a colon ends? */
static bool
has_memory(const char *s)
{
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, ",:\n");
		if (n == 6 && memcmp(s, "memory", 6) == 0)
			return true;
		if (s[n] != ',')
			return false;
	}
}

static void
copy_path(const char *from, char *path, size_t size)
{
	size_t n = strcspn(from, "\n");

	/* A cgroup outside of the namespace's root is not there for us. */
	if (n >= size || strncmp(from, "/..", 3) == 0 || n == 1)
		n = 0;
	memcpy(path, from, n);
	path[n] = '\0';
}

bool
cgroup_path(const char *text, char *path, size_t size)
{
	const char *line, *colon;

	path[0] = '\0';
	for (line = text; line != NULL; line = next_line(line)) {
		colon = strchr(line, ':');
		if (colon == NULL)
			break;
		if (strncmp(line, "0::", 3) == 0)
			copy_path(line + 3, path, size);
		if (!has_memory(colon + 1))
			continue;
		colon = strchr(colon + 1, ':');
		copy_path(colon != NULL ? colon + 1 : "", path, size);
		return true;
	}
	return false;
}

long long
cgroup_number(const char *text, const char *key)
{
	size_t length = strlen(key);
	long long n = 0;

	for (; text != NULL; text = next_line(text)) {
		const char *at = text + length;

		if (strncmp(text, key, length) != 0 ||
		    (length > 0 && *at++ != ' ') || *at < '0' || *at > '9')
			continue;
		for (; *at >= '0' && *at <= '9'; at++)
			n = n < LLONG_MAX / 10 - 1 ? n * 10 + (*at - '0') : n;
		return n;
	}
	return CGROUP_UNKNOWN;
}

/* What the file says that is named in three parts, or NULL. */
static char *
read_file(const char *root, const char *path, const char *name, char *buffer,
          size_t size)
{
	struct text t;
	ssize_t n;
	int fd;

	text_init(&t, buffer, size);
	text_string(&t, root);
	text_string(&t, path);
	text_string(&t, name);
	fd = open(buffer, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, buffer, size - 1);
	close(fd);
	buffer[n > 0 ? n : 0] = '\0';
	return n > 0 ? buffer : NULL;
}

void
cgroup_read(struct cgroup_memory *m, char *buffer, size_t size)
{
	const char *text =
	    read_file("/proc/self/cgroup", "", "", buffer, size / 2);
	/* One behind the other, so that the end stays untouched. */
	char *path = buffer + strlen(buffer) + 1, *rest;
	size_t v = cgroup_path(buffer, path, size / 4) && text != NULL ? 1 : 0;

	rest = path + strlen(path) + 1;
	size -= (size_t)(rest - buffer);
	m->oom_kills = m->limit = CGROUP_UNKNOWN;
	text =
	    read_file(versions[v].root, path, versions[v].events, rest, size);
	if (text == NULL) {
		*path = '\0';
		text = read_file(versions[v].root, path, versions[v].events,
		                 rest, size);
	}
	if (text == NULL)
		return;
	m->oom_kills = cgroup_number(text, "oom_kill");
	text = read_file(versions[v].root, path, versions[v].limit, rest, size);
	m->limit = cgroup_number(text, "");
	if (m->limit > NO_LIMIT)
		m->limit = CGROUP_UNKNOWN;
}
