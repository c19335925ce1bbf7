/* SPDX-License-Identifier: MIT */
#ifndef HALE_BORDER_H
#define HALE_BORDER_H

/* Give back the memory of what was needed to start and is not needed while
 * PROGRAM runs, see madvise(2), MADV_DONTNEED; what is needed after all is read
 * again from the file.  It cannot fail: at worst the pages stay. */
void border_forget(void);

#endif
