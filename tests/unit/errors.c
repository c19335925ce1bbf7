/* SPDX-License-Identifier: MIT */
#include "lib/errors.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

/* In the middle of a probe's reason there is no capital. */
Test(errors, of_a_connection_are_in_lower_case)
{
	static const int network[] = {EADDRINUSE,   EADDRNOTAVAIL, EAFNOSUPPORT,
	                              ECONNREFUSED, ECONNRESET,    EHOSTUNREACH,
	                              ENETUNREACH,  EPROTOTYPE,    ETIMEDOUT};
	size_t i;

	for (i = 0; i < sizeof(network) / sizeof(network[0]); i++) {
		const char *text = errors_text(network[i]);

		cr_expect(islower((unsigned char)text[0]), "%s", text);
		/* glibc words them as every engineer knows them. */
		cr_expect_eq(strcasecmp(text, strerror(network[i])), 0, "%s",
		             text);
	}
}

Test(errors, of_probes_are_worded_as_the_manual_has_them)
{
	cr_expect_str_eq(errors_text(ECONNREFUSED), "connection refused");
	cr_expect_str_eq(errors_text(ETIMEDOUT), "connection timed out");
	cr_expect_str_eq(errors_text(ECONNRESET), "connection reset by peer");
	cr_expect_str_eq(errors_text(EHOSTUNREACH), "no route to host");
	cr_expect_str_eq(errors_text(ENETUNREACH), "network is unreachable");
}

Test(errors, of_other_kinds_are_worded_by_strerror)
{
	static const int others[] = {0,      EPERM,  ENOENT, EACCES,
	                             EINVAL, ENOSPC, EROFS,  ELOOP};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_str_eq(errors_text(others[i]), strerror(others[i]));
}
