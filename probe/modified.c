/* SPDX-License-Identifier: MIT */
/*
 * modified: judges the file of a file: target, which a program touches to show
 * that it is still at work.
 *
 * The file is not opened, so that neither a FIFO nor a lease can make hale
 * wait. A modification time in the future counts as now: the clock was set
 * back.
 */
#include "probe/modified.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/errors.h"

bool
modified_check(const char *path, long long max_age_ms, long long today,
               struct text *reason)
{
	struct stat file;
	long long age_ms;

	if (stat(path, &file) < 0) {
		text_string(reason, errors_text(errno));
		return false;
	}
	age_ms = today - (long long)file.st_mtim.tv_sec * 1000 -
	         file.st_mtim.tv_nsec / 1000000;
	if (max_age_ms < 0 || age_ms <= max_age_ms)
		return true;
	text_format(reason, "modified {age:d}s ago", age_ms / 1000);
	return false;
}
