/* SPDX-License-Identifier: MIT */
#ifndef ALONE_REDIRECT_H
#define ALONE_REDIRECT_H
#endif
