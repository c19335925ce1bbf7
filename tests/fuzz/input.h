/* SPDX-License-Identifier: MIT */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_PIECES = 256 }; /* that one input is cut into at the most */

/* What is left of an input: words, each ended by a NUL, and bytes. */
struct input {
	const char *at;
	size_t left;
	void *pieces[INPUT_PIECES];
	int count;
};

/* The next word, or "" at the end.  What these three return lies in memory of
 * its own, just as long as it is, so that no read behind it goes unseen. */
char *input_word(struct input *in);

/* All that is left; how many bytes that are, into *n. */
char *input_rest(struct input *in, size_t *n);

/* The next words, most of them at the most, and NULL at the end. */
char **input_words(struct input *in, size_t most);

/* n bytes that hold nothing yet. */
void *input_room(struct input *in, size_t n);

/* The next word as a decimal number, 0 if it is none; what is too large wraps
 * around. */
long long input_number(struct input *in);

/* The same, within 0 to most. */
int input_choice(struct input *in, int most);

/* Are these bytes UTF-8 as RFC 3629 has it, without a control character? */
bool input_shown(const char *s, size_t n);

/* Say what is wrong and where, and abort. */
void input_blame(const char *what, const char *file, int line);

/* What has to hold of any input. */
#define demand(what) ((what) ? (void)0 : input_blame(#what, __FILE__, __LINE__))

/* A target has this one function: it hands the input to hale, and demands. */
void fuzz(struct input *in);

/* What libFuzzer calls, and replay.c in its place. */
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n);

#endif
