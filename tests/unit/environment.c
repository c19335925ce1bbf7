/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct environment environment;
static char *copy[ENVIRONMENT_SLOTS];

/* What is left of a list of entries, each followed by a comma. */
static const char *
inherit(char **envp)
{
	static char joined[4096];
	int i;

	cr_assert_eq(environment_inherit(&environment, envp, copy), 0);
	joined[0] = '\0';
	for (i = 0; environment.entries[i] != NULL; i++) {
		strcat(joined, environment.entries[i]);
		strcat(joined, ",");
	}
	return joined;
}

#define LIST(...) ((char *[]){__VA_ARGS__, NULL})

Test(environment, is_what_hale_was_given)
{
	cr_expect_str_eq(inherit(LIST("A=1", "odd", "", "B=")), "A=1,odd,,B=,");
}

Test(environment, has_no_settings_of_hale)
{
	cr_expect_str_eq(inherit(LIST("HALE_GRACE=1s", "A=1", "HALE_DRAIN=2s",
	                              "HALE_HEALTH_LISTEN=80")),
	                 "A=1,");
}

Test(environment, keeps_other_variables_that_begin_like_a_setting)
{
	cr_expect_str_eq(inherit(LIST("HALE_PORT=80", "HALE_GRACEFUL=1",
	                              "TINI_SUBREAPER=", "HALE_GRACE")),
	                 "HALE_PORT=80,HALE_GRACEFUL=1,TINI_SUBREAPER=,"
	                 "HALE_GRACE,");
}

Test(environment, names_the_socket_of_notify_in_place_of_the_outer_one)
{
	(void)inherit(LIST("NOTIFY_SOCKET=/outer", "A=1", "WATCHDOG_PID=7",
	                   "WATCHDOG_USEC=1", "NOTIFY_SOCKETS=2"));
	environment_add_notify(&environment, "@hale", 2500);
	cr_expect_str_eq(environment.entries[0], "A=1");
	cr_expect_str_eq(environment.entries[1], "NOTIFY_SOCKETS=2");
	cr_expect_str_eq(environment.entries[2], "NOTIFY_SOCKET=@hale");
	cr_expect_str_eq(environment.entries[3], "WATCHDOG_USEC=2500000");
	cr_expect_null(environment.entries[4]);
	environment_remove_notify(&environment);
	cr_expect_null(environment.entries[2]);
}

Test(environment, says_no_interval_where_none_is_asked_for)
{
	(void)inherit(LIST("A=1"));
	environment_add_notify(&environment, "@hale", -1);
	cr_expect_str_eq(environment.entries[1], "NOTIFY_SOCKET=@hale");
	cr_expect_null(environment.entries[2]);
}

Test(environment, moves_listen_pid_only_from_hale_to_program)
{
	(void)inherit(LIST("LISTEN_PID=12", "LISTEN_PIDS=12"));
	environment_move_listen_pid(&environment, 13, 99);
	cr_expect_str_eq(environment.entries[0], "LISTEN_PID=12");
	environment_move_listen_pid(&environment, 12, 99);
	cr_expect_str_eq(environment.entries[0], "LISTEN_PID=99");
	cr_expect_str_eq(environment.entries[1], "LISTEN_PIDS=12");
}

Test(environment, finds_a_value_by_its_whole_name)
{
	(void)inherit(LIST("PATHS=no", "PATH=yes=1", "EMPTY="));
	cr_expect_str_eq(environment_value(&environment, "PATH"), "yes=1");
	cr_expect_str_eq(environment_value(&environment, "EMPTY"), "");
	cr_expect_null(environment_value(&environment, "PAT"));
}

Test(environment, refuses_more_variables_than_it_can_copy)
{
	static char *many[ENVIRONMENT_MAX + 3];
	static char entry[] = "A=1";
	static char setting[] = "HALE_GRACE=1s";
	int i;

	for (i = 0; i < ENVIRONMENT_MAX; i++)
		many[i] = entry;
	many[0] = setting;
	cr_expect_eq(environment_inherit(&environment, many, copy), 0);
	many[0] = entry;
	many[ENVIRONMENT_MAX] = setting;
	cr_expect_eq(environment_inherit(&environment, many, copy), 0);
	many[0] = setting;
	many[ENVIRONMENT_MAX] = entry;
	cr_expect_eq(environment_inherit(&environment, many, copy), 0);
	many[ENVIRONMENT_MAX + 1] = entry;
	cr_expect_eq(environment_inherit(&environment, many, copy), -1);
	cr_expect_eq(errno, E2BIG);
}

Test(environment, is_no_copy_where_nothing_is_left_out)
{
	char **envp = LIST("A=1", "LISTEN_PID=12");

	cr_assert_eq(environment_inherit(&environment, envp, copy), 0);
	cr_expect_eq(environment.entries, envp);
	environment_remove_notify(&environment);
	cr_expect_str_eq(environment.entries[0], "A=1");
}
