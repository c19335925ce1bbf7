/* SPDX-License-Identifier: MIT */
/*
 * command: splits the command of an exec: target into words.
 *
 * No shell runs, since many images have none.  So what only a shell can do, an
 * operator or a redirection that was pasted from a HEALTHCHECK, is refused
 * instead of being handed to the command as an argument: `curl URL || exit 1`
 * would give a wrong result at every attempt.
 */
#include "probe/command.h"

#include <stdbool.h>
#include <string.h>

static const char *const needs_shell =
    "has a shell's operator, but no shell runs: write exec:sh -c '...'";

static bool
is_word_byte(char c)
{
	return (unsigned char)c > ' ';
}

/* Is the word at s an operator or a redirection of the shell?  Quotes make an
 * ordinary word of it, and then it does not begin with these bytes. */
static bool
is_operator(const char *s)
{
	size_t n = strspn(s, "|&;");

	return *s == '<' || *s == '>' || strncmp(s, "2>", 2) == 0 ||
	       (n > 0 && !is_word_byte(s[n]));
}

/* Does the backslash at s take the next byte as it stands?  Inside double
 * quotes only before ", \ and $, as in a shell. */
static bool
escapes_next(const char *s, char quote)
{
	if (s[0] != '\\' || s[1] == '\0' || quote == '\'')
		return false;
	return quote == '\0' || strchr("\"\\$", s[1]) != NULL;
}

/* Copy the word at *s, and move *s behind it. */
static const char *
copy_word(const char **s, char **envp, struct target_pool *pool)
{
	char quote = '\0';      /* the one that is open, or none */
	bool separator = false; /* the last byte is an unquoted semicolon */

	while (is_word_byte(**s) || (quote != '\0' && **s != '\0')) {
		char c = **s;

		separator = c == ';' && quote == '\0';
		if (c == '$' && quote != '\'') {
			const char *error = variables_replace(s, envp, pool);

			if (error != NULL)
				return error;
			continue;
		}
		if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else {
			if (escapes_next(*s, quote))
				++*s;
			target_pool_add(pool, **s);
		}
		++*s;
	}
	target_pool_add(pool, '\0');
	if (quote != '\0')
		return "has a quote that is not closed";
	return separator ? needs_shell : NULL;
}

const char *
command_split(const char *text, char **envp, struct target_pool *pool,
              char **words)
{
	int count = 0;

	for (;;) {
		const char *error;

		while (*text != '\0' && !is_word_byte(*text))
			text++;
		if (*text == '\0' || count == COMMAND_WORDS_MAX)
			break;
		if (is_operator(text))
			return needs_shell;
		words[count++] = pool->next;
		error = copy_word(&text, envp, pool);
		if (error != NULL)
			return error;
	}
	if (pool->left == 0)
		return "is too long";
	if (*text != '\0' || count == 0 || *words[0] == '\0')
		return "needs a command of 1 to 32 words";
	return NULL;
}
