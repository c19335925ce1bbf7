/* SPDX-License-Identifier: MIT */
#include "lib/errors.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

Test(errors, are_worded_as_strerror_does_or_numbered)
{
	char buffer[ERRORS_SIZE], number[32];
	int error, worded = 0;

	for (error = 0; error < 4096; error++) {
		const char *text = errors_text(error, buffer);

		snprintf(number, sizeof(number), "error %d", error);
		if (strcmp(text, number) == 0)
			continue;
		/* In the middle of a probe's reason there is no capital. */
		if (error >= EPROTOTYPE)
			cr_expect_eq(strcasecmp(text, strerror(error)), 0, "%s",
			             text);
		else
			cr_expect_str_eq(text, strerror(error));
		worded++;
	}
	cr_expect_gt(worded, 30);
}

/* What a user meets: a wrong path, no permission, a full or read-only disk. */
Test(errors, of_daily_life_have_words)
{
	static const int daily[] = {
	    EPERM,   ENOENT,  ESRCH,  ENXIO,       EBADF,  EAGAIN, ENOMEM,
	    EACCES,  EBUSY,   EEXIST, ENOTDIR,     EISDIR, EINVAL, EMFILE,
	    ENOTTY,  ETXTBSY, ENOSPC, EROFS,       EPIPE,  ENOSYS, ELOOP,
	    ENOEXEC, E2BIG,   EIO,    ENAMETOOLONG};
	char buffer[ERRORS_SIZE];
	size_t i;

	for (i = 0; i < sizeof(daily) / sizeof(daily[0]); i++)
		cr_expect_str_eq(errors_text(daily[i], buffer),
		                 strerror(daily[i]));
}

Test(errors, fit_their_buffer_whatever_the_number)
{
	char buffer[ERRORS_SIZE];

	cr_expect_str_eq(errors_text(INT_MAX, buffer), "error 2147483647");
	cr_expect_str_eq(errors_text(INT_MIN, buffer), "error -2147483648");
	cr_expect_str_eq(errors_text(256 + EPERM, buffer), "error 257");
}
