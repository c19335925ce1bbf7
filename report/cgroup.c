/* SPDX-License-Identifier: MIT */
/*
 * cgroup: asks the kernel whether memory ran out.
 *
 * A PROGRAM that was killed by KILL may have met the OOM killer or somebody
 * else; 137 is the same for both, and only the counter of its cgroup knows.
 */
#include "report/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

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

/* The next line, or the end of the text. */
static const char *
next_line(const char *s)
{
	s += strcspn(s, "\n");
	return *s != '\0' ? s + 1 : s;
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

/* A line is NUMBER:CONTROLLER,...:PATH; version 2 has the number 0. */
bool
cgroup_path(const char *text, char *path, size_t size)
{
	bool memory = false;

	path[0] = '\0';
	for (; *text != '\0' && !memory; text = next_line(text)) {
		const char *at = text + strcspn(text, ":\n");

		if (*at != ':')
			continue;
		do {
			size_t n = strcspn(++at, ",:\n");

			if (n == 6 && strncmp(at, "memory", 6) == 0)
				memory = true;
			at += n;
		} while (*at == ',');
		if (memory || *text == '0')
			copy_path(*at == ':' ? at + 1 : at, path, size);
	}
	return memory;
}

long long
cgroup_number(const char *text, const char *key)
{
	size_t length = strlen(key);
	long long n = CGROUP_UNKNOWN;

	for (; *text != '\0' && n < 0; text = next_line(text)) {
		if (strncmp(text, key, length) != 0)
			continue;
		for (text += length; *text >= '0' && *text <= '9'; text++) {
			if (n < 0)
				n = 0;
			n = n < LLONG_MAX / 10 ? n * 10 + (*text - '0')
			                       : LLONG_MAX;
		}
	}
	return n;
}

/* Where hale is, whichever version has the memory there. */
struct place {
	size_t version;
	const char *path;   /* "": at the mount point */
	char *buffer, *end; /* to read into */
	long long count;
};

/* What a file at the place says; "" if it cannot be read. */
static const char *
read_at(const struct place *p, const char *root, const char *name)
{
	struct text t;
	ssize_t n = 0;
	int fd;

	text_init(&t, p->buffer, (size_t)(p->end - p->buffer));
	text_string(&t, root);
	text_string(&t, p->path);
	text_string(&t, name);
	fd = open(t.buffer, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, t.buffer, t.size - 1);
		close(fd);
	}
	t.buffer[n > 0 ? n : 0] = '\0';
	return t.buffer;
}

/* Are OOM kills counted at path, by this version? */
static bool
counted(struct place *p, size_t version, const char *path)
{
	p->version = version;
	p->path = path;
	p->count = cgroup_number(
	    read_at(p, versions[version].root, versions[version].events),
	    "oom_kill ");
	return p->count >= 0;
}

/* One thing behind the other, so that the end of the buffer stays untouched. */
static void
find(struct place *p, char *buffer, size_t size)
{
	char *path;
	size_t version;

	p->path = "";
	p->buffer = buffer;
	p->end = buffer + size / 2;
	path = buffer + strlen(read_at(p, "/proc/self/cgroup", "")) + 1;
	version = cgroup_path(buffer, path, size / 4) ? V1 : V2;
	p->buffer = path + strlen(path) + 1;
	p->end = buffer + size;
	/* The list of version 1 may be too long, and memory at its end. */
	if (!counted(p, version, path) && !counted(p, version, ""))
		(void)counted(p, V1 + V2 - version, "");
}

void
cgroup_begin(struct cgroup_start *start, bool exact, char *buffer, size_t size)
{
	struct place p;

	p.buffer = buffer;
	p.end = buffer + size;
	if (exact || (!counted(&p, V1, "") && !counted(&p, V2, "")))
		find(&p, buffer, size);
	start->oom_kills = p.count;
	start->at_root = *p.path == '\0';
}

void
cgroup_end(const struct cgroup_start *start, struct cgroup_memory *m,
           char *buffer, size_t size)
{
	struct place p;

	find(&p, buffer, size);
	m->oom_kills = p.count;
	m->so_far = p.count > 0 && (start->oom_kills < 0 ||
	                            start->at_root != (*p.path == '\0'));
	if (p.count > 0 && !m->so_far)
		m->oom_kills -= start->oom_kills;
	m->limit = cgroup_number(
	    read_at(&p, versions[p.version].root, versions[p.version].limit),
	    "");
	if (m->limit > NO_LIMIT)
		m->limit = CGROUP_UNKNOWN;
}
