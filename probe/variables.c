/* SPDX-License-Identifier: MIT */
/*
 * variables: replaces ${NAME} and ${NAME:-default} by values of the
 * environment.
 *
 * Images have no shell that would do it, and $NAME without braces would change
 * the meaning of texts that only happen to have a dollar in them.  So it is an
 * error, which says what to write.
 */
#include "probe/variables.h"

#include <ctype.h>
#include <string.h>

void
target_pool_add(struct target_pool *pool, char c)
{
	if (pool->left == 0)
		return;
	pool->left--;
	*pool->next++ = c;
}

static void
add_bytes(struct target_pool *pool, const char *s, size_t n)
{
	for (; n > 0; n--)
		target_pool_add(pool, *s++);
}

const char *
target_pool_copy(struct target_pool *pool, const char *s, size_t n)
{
	const char *copy = pool->next;

	add_bytes(pool, s, n);
	target_pool_add(pool, '\0');
	return copy;
}

/* How many bytes of s are a variable's name. */
static size_t
variable_name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (s[n] == '_' || isalnum((unsigned char)s[n]))
		n++;
	return n;
}

const char *
target_variable(char **envp, const char *name, size_t n)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* Append the value for NAME} or NAME:-default}, at *s, and move *s behind. */
static const char *
replace_braced(const char **s, char **envp, struct target_pool *pool)
{
	const char *name = *s;
	size_t name_length = variable_name_length(name);
	const char *value = target_variable(envp, name, name_length);
	size_t value_length = value != NULL ? strlen(value) : 0;
	const char *end = name + name_length; /* the closing brace */

	if (strncmp(end, ":-", 2) == 0) {
		const char *standby = end + 2;

		end = standby + strcspn(standby, "{}");
		if (value_length == 0) {
			value = standby;
			value_length = (size_t)(end - standby);
		}
	}
	if (name_length == 0 || *end != '}')
		return "has a ${ without NAME} or NAME:-default}";
	if (value == NULL)
		return "has a variable that is not set: ${NAME:-default}";
	add_bytes(pool, value, value_length);
	*s = end + 1;
	return NULL;
}

const char *
variables_replace(const char **s, char **envp, struct target_pool *pool)
{
	++*s;
	if (**s == '{') {
		++*s;
		return replace_braced(s, envp, pool);
	}
	if (variable_name_length(*s) > 0)
		return "has a $NAME without braces: write ${NAME}, or \\$ "
		       "(in a URL %24) for a dollar";
	target_pool_add(pool, '$');
	return NULL;
}

const char *
target_expand(const char *text, char **envp, struct target_pool *pool,
              const char **copy)
{
	const char *error;

	*copy = pool->next;
	while (*text != '\0') {
		if (*text == '$') {
			error = variables_replace(&text, envp, pool);
			if (error != NULL)
				return error;
			continue;
		}
		if (text[0] == '\\' && text[1] == '$')
			text++;
		target_pool_add(pool, *text++);
	}
	target_pool_add(pool, '\0');
	return pool->left == 0 ? "is too long" : NULL;
}
