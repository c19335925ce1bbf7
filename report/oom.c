/* SPDX-License-Identifier: MIT */
/*
 * oom: asks the kernel whether memory ran out.
 *
 * A PROGRAM that was killed by KILL may have met the OOM killer or somebody
 * else.  The exit status 137 is the same for both, and only the counter of its
 * cgroup tells them apart.
 */
#include "report/oom.h"

#include <string.h>

#include "lib/file.h"
#include "lib/text.h"

enum {
	CGROUP_SIZE = 4096, /* bytes of /proc/self/cgroup that are looked at */
	COUNTER_SIZE = 256, /* ... of a cgroup's file: the count stands within
	                       the first 130, however long the numbers are */
	PATH_SIZE = 1024,   /* bytes of a cgroup's path and its NUL */
};

/* Where each version of cgroups has its files.  The name of one is root, the
 * path of the cgroup, and events or limit. */
struct version {
	char root[24], events[24], limit[24];
};

static const struct version version_1 = {
    .root = "/sys/fs/cgroup/memory",
    .events = "/memory.oom_control",
    .limit = "/memory.limit_in_bytes",
};

static const struct version version_2 = {
    .root = "/sys/fs/cgroup",
    .events = "/memory.events",
    .limit = "/memory.max",
};

/* The events of the cgroup at the root, which has no path. */
static const char root_events_1[] = "/sys/fs/cgroup/memory/memory.oom_control";
static const char root_events_2[] = "/sys/fs/cgroup/memory.events";

/* In events, the line of the count. */
static const char kills_key[] = "oom_kill ";

/* ------ What the kernel's files say ------ */

/* The next line, or the end of the text. */
static const char *
next_line(const char *s)
{
	s += strcspn(s, "\n");
	return *s != '\0' ? s + 1 : s;
}

/* Copy the path that a line ends with.  A cgroup outside of the namespace's
 * root cannot be seen, and neither can one whose path does not fit: a path that
 * was cut short would name another cgroup. */
static void
copy_path(const char *from, char *path, size_t size)
{
	size_t n = strcspn(from, "\n");
	bool outside = strncmp(from, "/..", 3) == 0;
	bool root = n == 1;

	if (outside || root || n >= size)
		n = 0;
	memcpy(path, from, n);
	path[n] = '\0';
}

/* Is memory in a list of controllers, which a colon ends? */
static bool
has_memory(const char *list)
{
	for (;;) {
		size_t n = strcspn(list, ",:\n");

		if (n == 6 && strncmp(list, "memory", 6) == 0)
			return true;
		if (list[n] != ',')
			return false;
		list += n + 1;
	}
}

/* A line is NUMBER:CONTROLLERS:PATH; version 2 has the number 0 and no
 * controllers.  If version 1 has the memory controller, its line decides. */
bool
oom_cgroup_path(const char *text, char *path, size_t size)
{
	path[0] = '\0';
	for (; *text != '\0'; text = next_line(text)) {
		const char *list = text + strcspn(text, ":\n");

		if (strncmp(text, "0::", 3) == 0)
			copy_path(text + 3, path, size);
		if (*list != ':' || !has_memory(++list))
			continue;
		list += strcspn(list, ":\n");
		copy_path(*list == ':' ? list + 1 : list, path, size);
		return true;
	}
	return false;
}

long long
oom_number(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (; *text != '\0'; text = next_line(text)) {
		const char *number = text + length;

		if (strncmp(text, key, length) == 0)
			return text_digits(&number);
	}
	return OOM_UNKNOWN;
}

/* ------ The files ------ */

/* Where OOM kills are counted, and how many there were. */
struct counter {
	const struct version *version;
	char path[PATH_SIZE]; /* below the version's root; "" is the root */
	long long kills;      /* or OOM_UNKNOWN */
};

/* The number behind key in the file; OOM_UNKNOWN if it cannot be read. */
static long long
read_number(const char *name, const char *key)
{
	char buffer[COUNTER_SIZE];

	if (file_read(name, buffer, sizeof(buffer)) < 0)
		return OOM_UNKNOWN;
	return oom_number(buffer, key);
}

/* ... in a file of the cgroup. */
static long long
read_number_in(const struct counter *c, const char *file, const char *key)
{
	char name[sizeof(*c->version) + PATH_SIZE];
	struct text t;

	text_init(&t, name, sizeof(name));
	text_format(&t, "{root:s}{path:s}{file:s}", c->version->root, c->path,
	            file);
	return read_number(name, key);
}

/* Does this version count OOM kills at the counter's path? */
static bool
count_by(struct counter *c, const struct version *version)
{
	c->version = version;
	c->kills = read_number_in(c, version->events, kills_key);
	return c->kills != OOM_UNKNOWN;
}

/* Find where hale's own cgroup is counted. */
static void
count_exactly(struct counter *c)
{
	char text[CGROUP_SIZE];
	bool first;

	(void)file_read("/proc/self/cgroup", text, sizeof(text));
	first = oom_cgroup_path(text, c->path, sizeof(c->path));
	if (count_by(c, first ? &version_1 : &version_2))
		return;
	c->path[0] = '\0';
	if (!count_by(c, &version_1))
		(void)count_by(c, &version_2);
}

/* What is counted at the mount point, by either version. */
static long long
count_at_root(void)
{
	long long kills = read_number(root_events_1, kills_key);

	return kills != OOM_UNKNOWN ? kills
	                            : read_number(root_events_2, kills_key);
}

static void
begin_exactly(struct oom_start *start)
{
	struct counter c;

	count_exactly(&c);
	start->kills = c.kills;
	start->at_mount_root = c.path[0] == '\0';
}

void
oom_begin(struct oom_start *start, bool exact)
{
	start->kills = exact ? OOM_UNKNOWN : count_at_root();
	start->at_mount_root = true;
	if (start->kills == OOM_UNKNOWN)
		begin_exactly(start);
}

void
oom_end(const struct oom_start *start, struct oom_account *account)
{
	struct counter c;
	bool comparable;

	count_exactly(&c);
	comparable = start->kills != OOM_UNKNOWN &&
	             start->at_mount_root == (c.path[0] == '\0');
	account->kills = c.kills;
	account->so_far = c.kills > 0 && !comparable;
	if (c.kills > 0 && comparable)
		account->kills -= start->kills;
	/* The file has the number alone, or "max". */
	account->limit_bytes = read_number_in(&c, c.version->limit, "");
}
