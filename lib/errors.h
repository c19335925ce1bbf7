/* SPDX-License-Identifier: MIT */
#ifndef HALE_ERRORS_H
#define HALE_ERRORS_H

/* An errno value in words, worded so that it can stand in the middle of a
 * probe's reason: "connection refused".  Modelled on strerror(3). */
const char *errors_text(int error);

#endif
