/* SPDX-License-Identifier: MIT */
/*
 * errors: errno values in words.
 *
 * strerror(3) brings all of libc's messages along, which is a twelfth of hale;
 * these are the ones that the system calls it makes are known to return.
 */
#include "errors.h"

#include <errno.h>
#include <stddef.h>

#include "text.h"

static const struct {
	unsigned char number;
	char words[34];
} texts[] = {
    {EPERM, "Operation not permitted"},
    {ENOENT, "No such file or directory"},
    {ESRCH, "No such process"},
    {EIO, "Input/output error"},
    {ENXIO, "No such device or address"},
    {E2BIG, "Argument list too long"},
    {ENOEXEC, "Exec format error"},
    {EBADF, "Bad file descriptor"},
    {EAGAIN, "Resource temporarily unavailable"},
    {ENOMEM, "Cannot allocate memory"},
    {EACCES, "Permission denied"},
    {EBUSY, "Device or resource busy"},
    {EEXIST, "File exists"},
    {ENODEV, "No such device"},
    {ENOTDIR, "Not a directory"},
    {EISDIR, "Is a directory"},
    {EINVAL, "Invalid argument"},
    {EMFILE, "Too many open files"},
    {ENOTTY, "Inappropriate ioctl for device"},
    {ETXTBSY, "Text file busy"},
    {EFBIG, "File too large"},
    {ENOSPC, "No space left on device"},
    {EROFS, "Read-only file system"},
    {EPIPE, "Broken pipe"},
    {ENAMETOOLONG, "File name too long"},
    {ENOSYS, "Function not implemented"},
    {ELOOP, "Too many levels of symbolic links"},
};

const char *
errors_text(int error, char buffer[ERRORS_SIZE])
{
	struct text t;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].number == error)
			return texts[i].words;
	text_init(&t, buffer, ERRORS_SIZE);
	text_string(&t, "error ");
	text_number(&t, error);
	return buffer;
}
