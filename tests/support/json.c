/* SPDX-License-Identifier: MIT */
/*
 * json: a strict judge of the lines that hale writes for machines.
 *
 * What it does not know is invalid, so it knows just what hale may write.
 */
#include "json.h"

#include <stddef.h>
#include <string.h>

/* Text that is read on one side and written on the other. */
struct reader {
	const char *at;
	char *out;
	size_t room;
};

static bool
emit(struct reader *r, char c)
{
	if (r->room < 2)
		return false;
	*r->out++ = c;
	*r->out = '\0';
	r->room--;
	return true;
}

static bool
take(struct reader *r, char c)
{
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* One of the escapes of two characters; hale has no use for \u. */
static bool
escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = *r->at != '\0' ? strchr(from, *r->at) : NULL;

	r->at++;
	return found != NULL && emit(r, to[found - from]);
}

/* How many bytes follow a lead byte, or -1. */
static int
followers(unsigned char lead)
{
	if (lead < 0x80)
		return 0;
	if (lead >= 0xc2 && lead < 0xe0)
		return 1;
	if (lead >= 0xe0 && lead < 0xf0)
		return 2;
	return lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
}

/* The smallest number that takes so many followers. */
static const unsigned long smallest[] = {0, 0x80, 0x800, 0x10000};

static bool
character(struct reader *r)
{
	unsigned char lead = (unsigned char)*r->at;
	int n = followers(lead), i;
	unsigned long code = n <= 0 ? lead : lead & (0x3fU >> n);

	if (n < 0 || lead < 0x20)
		return false;
	for (i = 0; i <= n; i++, r->at++) {
		if (i > 0 && (*r->at & 0xc0) != 0x80)
			return false;
		if (i > 0)
			code = code << 6 | ((unsigned char)*r->at & 0x3fU);
		if (!emit(r, *r->at))
			return false;
	}
	return code >= smallest[n] && code <= 0x10ffff &&
	       (code < 0xd800 || code > 0xdfff);
}

static bool
string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (*r->at != '"')
		if (take(r, '\\') ? !escape(r) : !character(r))
			return false;
	return take(r, '"');
}

static bool
number(struct reader *r)
{
	if (*r->at == '-' && !emit(r, *r->at++))
		return false;
	if (*r->at < '0' || *r->at > '9' ||
	    (*r->at == '0' && r->at[1] >= '0' && r->at[1] <= '9'))
		return false;
	while (*r->at >= '0' && *r->at <= '9')
		if (!emit(r, *r->at++))
			return false;
	return true;
}

/* The next "NAME":VALUE, without blanks, as hale writes it. */
static bool
member(const char **at, char name[JSON_TEXT], char value[JSON_TEXT])
{
	struct reader r = {*at, name, JSON_TEXT};
	bool good;

	name[0] = value[0] = '\0';
	good = string(&r) && take(&r, ':');
	r.out = value;
	r.room = JSON_TEXT;
	good = good && (*r.at == '"' ? string(&r) : number(&r));
	*at = r.at;
	return good;
}

/* How many members have the name, or -1 if the line is none; the value of the
 * last of them. */
static int
look(const char *line, const char *name, char text[JSON_TEXT])
{
	static char key[JSON_TEXT], value[JSON_TEXT];
	int found = 0;

	if (*line != '{')
		return -1;
	do {
		line++;
		if (!member(&line, key, value))
			return -1;
		if (strcmp(key, name) != 0)
			continue;
		found++;
		strcpy(text, value);
	} while (*line == ',');
	if (*line++ != '}')
		return -1;
	return *line == '\0' || strcmp(line, "\n") == 0 ? found : -1;
}

bool
json_valid(const char *line)
{
	char text[JSON_TEXT];

	return look(line, "", text) == 0;
}

bool
json_get(const char *line, const char *name, char text[JSON_TEXT])
{
	return look(line, name, text) == 1;
}
