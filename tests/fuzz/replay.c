/* SPDX-License-Identifier: MIT */
/*
 * replay FILE...: hands the inputs in the files to a target, once each, where
 * there is no libFuzzer.  Each is named before, so that a sanitizer's complaint
 * is about the last.
 */
#include "input.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1 << 20 }; /* bytes of an input */

static void
replay(const char *name, unsigned char *bytes)
{
	FILE *file = fopen(name, "rb");
	size_t n;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	n = fread(bytes, 1, MOST, file);
	if (ferror(file) || n == MOST)
		input_blame("the input can be read", name, 0);
	(void)fclose(file);
	(void)fprintf(stderr, "%s\n", name);
	(void)LLVMFuzzerTestOneInput(bytes, n);
}

int
main(int argc, char **argv)
{
	unsigned char *bytes = malloc(MOST);
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i], bytes);
	free(bytes);
	return 0;
}
