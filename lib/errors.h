/* SPDX-License-Identifier: MIT */
#ifndef HALE_ERRORS_H
#define HALE_ERRORS_H

enum { ERRORS_SIZE = 24 }; /* bytes of "error 123" and its NUL, with room */

/* What strerror(3) says of an errno value, for those that hale can meet; buffer
 * is used for the others. */
const char *errors_text(int error, char buffer[ERRORS_SIZE]);

#endif
