/* SPDX-License-Identifier: MIT */
/*
 * pack: makes hale's words short, while hale is built.
 *
 * A fifth of hale would be words: messages, help, the licence.  So in them a
 * byte that no text has stands for two others, which may do so again, see
 * text_words().  Which for which is found out here: time and again the two that
 * stand side by side most often.  It halves them.
 *
 * It takes what the preprocessor has made of the modules and writes the same
 * with the words packed: the strings in WORDS() and in the calls of functions
 * that take words.  The sources have them as they are, and are as good a hale
 * without it, but for the size.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static const char *const callers[] = {
    "WORDS", "fail", "fail_wanting", "log_fields", "log_say", "text_words",
};

enum {
	CALLERS = sizeof(callers) / sizeof(callers[0]),
	BYTES = 256,
	FEWEST = 3, /* times that two are worth a byte of their own */
	FILE_MAX = 1 << 23,
};

static struct {
	unsigned char *text;
	size_t length;
} strings[FILE_MAX];

static size_t count, next; /* of strings: in all, to be written */

static unsigned char room[FILE_MAX]; /* for their texts */
static size_t used;

static char source[FILE_MAX]; /* the file at hand */
static FILE *out;             /* or NULL, while strings are collected */

static unsigned char pairs[BYTES][2]; /* what a byte stands for */
static int depth[BYTES]; /* of the bytes that stand for two; else 0 */
static bool odd;         /* there is a byte that no text should have */

/* ------ Finding the pairs ------ */

/* May it be a part of a pair?  text_words() has room for TEXT_DEPTH bytes, and
 * the last one of them is no pair. */
static bool
joins(int c)
{
	return c != '\0' && depth[c] < TEXT_DEPTH - 1;
}

/* The two that stand side by side most often; how often. */
static int
most_frequent(unsigned char pair[2])
{
	static int times[BYTES][BYTES];
	const unsigned char *s;
	int most = 0;
	size_t i, k;

	memset(times, 0, sizeof(times));
	for (i = 0; i < count; i++)
		for (k = 1; k < strings[i].length; k++) {
			s = strings[i].text + k - 1;
			if (joins(s[0]) && joins(s[1]) &&
			    ++times[s[0]][s[1]] > most) {
				most = times[s[0]][s[1]];
				memcpy(pair, s, 2);
			}
		}
	return most;
}

static void
join(unsigned char *text, size_t *length, int code)
{
	size_t from, to = 0;

	for (from = 0; from < *length; to++) {
		bool both = from + 1 < *length &&
		            memcmp(text + from, pairs[code], 2) == 0;

		text[to] = both ? (unsigned char)code : text[from];
		from += both ? 2 : 1;
	}
	*length = to;
}

static int
deeper(const unsigned char *pair)
{
	int first = depth[pair[0]], second = depth[pair[1]];

	return first > second ? first : second;
}

static void
find_pairs(void)
{
	int code;
	size_t i;

	for (code = TEXT_PAIR_FIRST; code <= TEXT_PAIR_LAST; code++) {
		unsigned char *pair = pairs[code & 255];

		if (code == '\0' || code == '\n')
			continue;
		if (most_frequent(pair) < FEWEST)
			return;
		depth[code & 255] = 1 + deeper(pair);
		for (i = 0; i < count; i++)
			join(strings[i].text, &strings[i].length, code & 255);
	}
}

/* ------ Reading and writing C ------ */

/* The byte that *s, within a string, stands for; *s is moved behind it. */
static int
byte(const char **s)
{
	const char *escape;
	int n = 0, digits = 0;

	if (**s != '\\')
		return *(*s)++;
	for (++*s; digits < 3 && **s >= '0' && **s <= '7'; digits++)
		n = n * 8 + *(*s)++ - '0';
	if (digits > 0)
		return n;
	escape = strchr("n\n\"\"\\\\''", *(*s)++);
	return escape != NULL ? escape[1] : '\a';
}

static void
collect(const char *s)
{
	unsigned char *text = room + used;

	for (s++; *s != '"'; used++) {
		int c = byte(&s);

		room[used] = (unsigned char)c;
		odd = odd || ((c < ' ' || c > '~') && c != '\n' && c != '\0');
	}
	strings[count].text = text;
	strings[count++].length = (size_t)(room + used - text);
}

static void
write_string(const unsigned char *s, size_t n)
{
	(void)fputc('"', out);
	for (; n > 0; n--)
		(void)fprintf(out, "\\%03o", *s++);
	(void)fputc('"', out);
}

/* In the order of text.c's table. */
static void
write_pairs(void)
{
	int c;

	for (c = TEXT_PAIR_FIRST; c <= TEXT_PAIR_LAST; c++)
		write_string(pairs[c & 255], sizeof(pairs[0]));
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* How many bytes are a name, a string, a character, a line of the
 * preprocessor's, or something else of one byte. */
static size_t
token(const char *s)
{
	size_t n = 0;

	while (is_name(s[n]))
		n++;
	if (*s == '#')
		return strcspn(s, "\n");
	if (*s == '"' || *s == '\'') {
		for (n = 1; s[n] != *s; n++)
			n += s[n] == '\\';
		return n + 1;
	}
	return n > 0 ? n : 1;
}

static bool
is(const char *s, size_t n, const char *name)
{
	return strlen(name) == n && strncmp(name, s, n) == 0;
}

static bool
is_caller(const char *s, size_t n)
{
	int i;

	for (i = 0; i < CALLERS; i++)
		if (is(s, n, callers[i]))
			return s[n] == '(';
	return false;
}

static void
put(const char *s, size_t n)
{
	if (out != NULL)
		(void)fwrite(s, 1, n, out);
}

static void
take_string(const char *s)
{
	if (out == NULL)
		collect(s);
	else
		write_string(strings[next].text, strings[next].length);
	next += out != NULL;
}

/* Go through a file.  A call's words end with the comma behind them; of WORDS()
 * only what it holds is written. */
static void
walk(const char *s)
{
	int open = 0; /* parentheses, a caller's included */
	bool bare = false, any = false;
	size_t n;

	for (; *s != '\0'; s += n) {
		n = token(s);
		if (open == 0 && is_caller(s, n)) {
			bare = *s == 'W';
			any = false;
			open = 1;
			put(s, bare ? 0 : n + 1);
			n++;
			continue;
		}
		if (open > 0)
			open += (*s == '(') - (*s == ')');
		if (open == 1 && *s == ',' && any && !bare)
			open = 0;
		if (open > 0 && *s == '"') {
			take_string(s);
			any = true;
		} else if (out != NULL && is(s, n, "TEXT_PAIRS")) {
			write_pairs();
		} else if (open > 0 || !bare) {
			put(s, n);
		}
		bare = bare && open > 0;
	}
}

static int
complain(const char *what, const char *name)
{
	(void)fprintf(stderr, "pack: %s: %s\n", name, what);
	return -1;
}

static int
read_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	size_t n;

	if (file == NULL)
		return complain("cannot be read", name);
	n = fread(source, 1, sizeof(source) - 1, file);
	source[n] = '\0';
	(void)fclose(file); /* was only read */
	return n < sizeof(source) - 1 ? 0 : complain("is too long", name);
}

/* Write what was read to a file of the same name below directory. */
static int
write_file(const char *directory, const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", directory,
	               slash != NULL ? slash + 1 : name);
	out = fopen(path, "wb");
	if (out == NULL)
		return complain("cannot be written", path);
	walk(source);
	return fclose(out) == 0 ? 0 : complain("cannot be written", path);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		return complain("usage: pack DIRECTORY FILE...", argv[0]);
	for (i = 2; i < argc; i++) {
		if (read_file(argv[i]) < 0)
			return 1;
		walk(source);
	}
	if (odd)
		return complain("a string that is no ASCII", "words");
	find_pairs();
	for (i = 2; i < argc; i++)
		if (read_file(argv[i]) < 0 || write_file(argv[1], argv[i]) < 0)
			return 1;
	return 0;
}
