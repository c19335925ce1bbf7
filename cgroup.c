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
enum { V2, V1 };

static const struct {
	const char *root, *events, *limit;
} versions[] = {
    [V2] = {"/sys/fs/cgroup", "/memory.events", "/memory.max"},
    {"/sys/fs/cgroup/memory", "/memory.oom_control", "/memory.limit_in_bytes"},
};

/* Version 1 says "no limit" with the largest page-aligned number. */
#define NO_LIMIT (LLONG_MAX / 2)

static const char *
next_line(const char *s)
{
	s += strcspn(s, "\n");
	return s[0] != '\0' && s[1] != '\0' ? s + 1 : NULL;
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
			n = n < LLONG_MAX / 10 ? n * 10 + (*at - '0')
			                       : LLONG_MAX;
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

/* The OOM kills that version v counts at path, or CGROUP_UNKNOWN. */
static long long
count_at(size_t v, const char *path, char *buffer, size_t size)
{
	const char *text =
	    read_file(versions[v].root, path, versions[v].events, buffer, size);

	return text != NULL ? cgroup_number(text, "oom_kill") : CGROUP_UNKNOWN;
}

/* Where hale is, whichever version has the memory there. */
struct place {
	size_t version;
	char *path;   /* "": at the mount point */
	char *buffer; /* what is left of it */
	size_t size;
	long long count;
};

/* One thing behind the other, so that the end of the buffer stays untouched. */
static void
find(struct place *p, char *buffer, size_t size)
{
	const char *text =
	    read_file("/proc/self/cgroup", "", "", buffer, size / 2);
	bool first;

	p->path = buffer + strlen(buffer) + 1;
	first = cgroup_path(text != NULL ? text : "", p->path, size / 4);
	p->version = first ? V1 : V2;
	p->buffer = p->path + strlen(p->path) + 1;
	p->size = size - (size_t)(p->buffer - buffer);
	p->count = count_at(p->version, p->path, p->buffer, p->size);
	if (p->count < 0) {
		*p->path = '\0';
		p->count = count_at(p->version, "", p->buffer, p->size);
	}
	/* The list of version 1 may be too long, and memory at its end. */
	if (p->count < 0) {
		p->version = V1 + V2 - p->version;
		p->count = count_at(p->version, "", p->buffer, p->size);
	}
}

void
cgroup_begin(struct cgroup_start *start, bool exact, char *buffer, size_t size)
{
	struct place p;

	start->at_root = true;
	start->oom_kills = CGROUP_UNKNOWN;
	if (!exact)
		start->oom_kills = count_at(V1, "", buffer, size);
	if (!exact && start->oom_kills < 0)
		start->oom_kills = count_at(V2, "", buffer, size);
	if (start->oom_kills >= 0)
		return;
	find(&p, buffer, size);
	start->oom_kills = p.count;
	start->at_root = *p.path == '\0';
}

void
cgroup_end(const struct cgroup_start *start, struct cgroup_memory *m,
           char *buffer, size_t size)
{
	const char *text;
	struct place p;

	find(&p, buffer, size);
	m->oom_kills = p.count;
	m->so_far = p.count > 0 && (start->oom_kills < 0 ||
	                            start->at_root != (*p.path == '\0'));
	if (p.count > 0 && !m->so_far)
		m->oom_kills -= start->oom_kills;
	text = read_file(versions[p.version].root, p.path,
	                 versions[p.version].limit, p.buffer, p.size);
	m->limit = text != NULL ? cgroup_number(text, "") : CGROUP_UNKNOWN;
	if (m->limit > NO_LIMIT)
		m->limit = CGROUP_UNKNOWN;
}
