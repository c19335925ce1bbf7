/* SPDX-License-Identifier: MIT */
#include "report/oom.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* What /proc/self/cgroup may say, and what it means. */
static const struct {
	const char *text, *path;
	bool first; /* version 1 */
} layouts[] = {
    /* version 2: a container's own namespace; the host's; systemd's */
    {"0::/\n", "", false},
    {"0::/docker/0123\n", "/docker/0123", false},
    {"0::/system.slice/docker-01.scope\n", "/system.slice/docker-01.scope",
     false},
    /* version 1 */
    {"3:cpu:/a\n2:memory:/docker/0123\n1:name=systemd:/b\n", "/docker/0123",
     true},
    {"12:memory:/\n", "", true},
    /* both: memory decides, wherever it stands */
    {"2:memory:/one\n1:name=systemd:/s\n0::/two\n", "/one", true},
    {"0::/two\n2:memory:/one\n", "/one", true},
    {"5:cpu,cpuacct:/c\n1:name=systemd:/s\n0::/two\n", "/two", false},
    /* what only looks like it */
    {"3:name=memory:/x\n0::/y\n", "/y", false},
    {"4:memory,hugetlb:/x\n", "/x", true},
    {"4:cpu,memory,cpuacct:/x\n", "/x", true},
    {"3:memoryx:/x\n", "", false},
    {"3:xmemory,mem:/x\n", "", false},
    {"3:cpu:/memory:/x\n", "", false},
    {"3:cpu:memory:/x\n", "", false},
    {"10::/x\n", "", false},
    /* paths */
    {"0::/a:b:c\n", "/a:b:c", false},
    {"2:memory:/a:memory:b\n", "/a:memory:b", true},
    {"0::/a b/\xff\n", "/a b/\xff", false},
    {"0::/no newline", "/no newline", false},
    {"2:memory:/no newline", "/no newline", true},
    /* outside of the namespace */
    {"0::/..\n", "", false},
    {"0::/../other\n", "", false},
    {"2:memory:/../../other\n", "", true},
    {"0::/a/../b\n", "/a/../b", false},
    /* nothing, and nonsense */
    {"", "", false},
    {"\n", "", false},
    {"\n\n\n", "", false},
    {"0:\n", "", false},
    {"0::\n", "", false},
    {"0::", "", false},
    {"2:memory:\n", "", true},
    {"garbage", "", false},
    {"garbage\n0::/x\n", "/x", false},
    {"::::\n", "", false},
};

Test(oom, cgroup_is_found_in_every_layout)
{
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		bool first =
		    oom_cgroup_path(layouts[i].text, path, sizeof(path));

		cr_expect_str_eq(path, layouts[i].path, "%s", layouts[i].text);
		cr_expect_eq(first, layouts[i].first, "%s", layouts[i].text);
	}
}

/* A path that was cut short would lead to another cgroup. */
Test(oom, cgroup_is_the_root_when_its_path_does_not_fit)
{
	char text[64] = "0::/", path[32];
	size_t length;

	for (length = 1; length < 50; length++) {
		memset(text + 4, 'a', length);
		text[4 + length] = '\0';
		memset(path, 'x', sizeof(path));
		oom_cgroup_path(text, path, 20);
		if (length + 1 < 20)
			cr_expect_str_eq(path, text + 3);
		else
			cr_expect_str_eq(path, "");
		cr_expect_eq(path[20], 'x');
	}
}

static const char events[] = "low 0\nhigh 12\nmax 345\noom 7\noom_kill 6\n"
			     "oom_group_kill 5\n";
static const char control[] = "oom_kill_disable 0\nunder_oom 1\noom_kill 3\n";

Test(oom, numbers_are_found_by_their_key)
{
	cr_expect_eq(oom_number(events, "oom_kill "), 6);
	cr_expect_eq(oom_number(events, "low "), 0);
	cr_expect_eq(oom_number(events, "max "), 345);
	cr_expect_eq(oom_number(events, "oom "), 7);
	cr_expect_eq(oom_number(events, "oom_group_kill "), 5);
	cr_expect_eq(oom_number(control, "oom_kill "), 3);
	cr_expect_eq(oom_number("oom_kill 9", "oom_kill "), 9);
	cr_expect_eq(oom_number(events, "oo "), OOM_UNKNOWN);
	cr_expect_eq(oom_number(events, "kill "), OOM_UNKNOWN);
}

Test(oom, numbers_may_stand_alone)
{
	cr_expect_eq(oom_number("0\n", ""), 0);
	cr_expect_eq(oom_number("16777216\n", ""), 16777216);
	cr_expect_eq(oom_number("16777216", ""), 16777216);
	cr_expect_eq(oom_number("4000000000000\n", ""), 4000000000000);
}

Test(oom, numbers_that_are_none_are_unknown)
{
	static const char *const none[] = {"",
	                                   "\n",
	                                   "max\n",
	                                   "-1\n",
	                                   "+1\n",
	                                   " 1\n",
	                                   "x1\n",
	                                   "oom_kill\n",
	                                   "oom_kill \n",
	                                   "oom_kill  1\n",
	                                   "oom_kill x\n",
	                                   "oom_kill -1\n",
	                                   "oom_kill\t1\n",
	                                   "oom_killx 1\n",
	                                   " oom_kill 1\n"};
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		cr_expect_eq(oom_number(none[i], "oom_kill "), OOM_UNKNOWN,
		             "%s", none[i]);
		cr_expect_eq(oom_number(none[i], ""), OOM_UNKNOWN, "%s",
		             none[i]);
	}
}

/* The kernel has written "no limit" in more than one way. */
Test(oom, numbers_that_are_too_large_are_unknown)
{
	static const char *const huge[] = {
	    "9223372036854771712",  "9223372036854710272",
	    "9223372036854775807",  "9223372036854775808",
	    "18446744073709551615", "99999999999999999999999999"};
	size_t i;

	for (i = 0; i < sizeof(huge) / sizeof(huge[0]); i++)
		cr_expect_eq(oom_number(huge[i], ""), OOM_UNKNOWN, "%s",
		             huge[i]);
}

/* Whatever this machine has, it is one of the two. */
Test(oom, kills_are_counted_or_unknown)
{
	struct oom_start start = {-5, false};
	struct oom_account account = {-5, false, -5};

	oom_begin(&start, false);
	cr_expect_geq(start.kills, OOM_UNKNOWN);
	oom_begin(&start, true);
	cr_expect_geq(start.kills, OOM_UNKNOWN);
	oom_end(&start, &account);
	cr_expect_geq(account.kills, OOM_UNKNOWN);
	cr_expect_geq(account.limit_bytes, OOM_UNKNOWN);
	if (start.kills >= 0)
		cr_expect_not(account.so_far);
}
