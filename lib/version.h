/* SPDX-License-Identifier: MIT */
/* The version, said once: --version, the manual and packages take it here. */
#ifndef HALE_VERSION
#define HALE_VERSION "0.2.0"
#endif
