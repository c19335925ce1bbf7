/* SPDX-License-Identifier: MIT */
/*
 * group: a control group of the test's own, of either version.
 */
#include "group.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ns.h"

static char group[128], file[192];
static int members; /* to join by: the path may be out of reach then */
static bool first;  /* version 1 */

static bool
make_below(const char *root, const char *controller, const char *name)
{
	snprintf(group, sizeof(group), "%s/%s/hale-test-%d", root, controller,
	         (int)getpid());
	if (mkdir(group, 0755) < 0)
		return false;
	snprintf(file, sizeof(file), "%s/%s", group, name);
	if (access(file, W_OK) == 0)
		return true;
	rmdir(group);
	return false;
}

void
group_make(const char *controller, const char *old, const char *new)
{
	char path[192];

	first = make_below("/sys/fs/cgroup", controller, old);
	if (!first && !make_below("/sys/fs/cgroup", "", new)) {
		group[0] = '\0';
		cr_skip_test("nobody may limit %s here", controller);
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	members = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(members, 0, "%s", strerror(errno));
}

void
group_try(const char *name, const char *text)
{
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)!write(fd, text, strlen(text));
	close(fd);
}

void
group_set(const char *old, const char *new)
{
	const char *text = first ? old : new;
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) > 0, "%s: %s", file,
	          strerror(errno));
	close(fd);
}

void
group_join(void *nothing)
{
	(void)nothing;
	if (write(members, "0", 1) != 1)
		_exit(99);
}

/* Whoever has ended may be counted for a moment. */
static bool
is_removed(void *nothing)
{
	(void)nothing;
	return rmdir(group) == 0;
}

void
group_remove(void)
{
	if (group[0] != '\0')
		ns_wait_until(is_removed, NULL);
}

struct ns *
group_hale(void)
{
	static struct ns hale;

	return &hale;
}

void
group_clear(void)
{
	if (group_hale()->hale > 0)
		ns_kill(group_hale());
	group_remove();
}
