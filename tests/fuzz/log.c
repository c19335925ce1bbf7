/* SPDX-License-Identifier: MIT */
/*
 * A line of the log is one line whatever its arguments say, as text and as
 * JSON, and the latter has all that the former has.
 *
 * Input: the message, its level, the time, how many were dropped; a number, a
 * time span, an errno value; two strings that somebody supplied.
 */
#include "lib/log.h"

#include <errno.h>
#include <string.h>

#include "input.h"
#include "json.h"

/* The ends of all numbers that the year 9999 has. */
enum { DAYS = 2932896, DAY = 86400000 };

/* Messages like those of hale that have most of what somebody supplied: as it
 * is, or escaped before in a buffer of ROOM bytes. */
enum { ROOM = 200 };

static const char *const formats[] = {
    "{option:q}: '{value:q}' {problem:s} ({number:d}, {ms:t}): {why:e} (so)",
    "{option:s}: {value:s} {problem:s} ({number:d}, {ms:t}): {why:e} (so)",
};

struct said {
	struct log log;
	enum log_level level;
	long long today;
	const char *format;
};

/* The line, in a buffer of its own. */
static const char *
line(struct input *in, const struct said *said, ...)
{
	char *buffer = input_room(in, LOG_LINE_MAX);
	va_list arguments;
	struct text t;

	text_init(&t, buffer, LOG_LINE_MAX);
	va_start(arguments, said);
	log_line(&t, &said->log, said->level, said->today, said->format,
	         arguments);
	va_end(arguments);
	demand(!t.cut);
	demand(input_shown(buffer, t.length));
	return buffer;
}

static const char *
field(struct input *in, const char *object, const char *name)
{
	char *value = input_room(in, JSON_TEXT);

	demand(json_get(object, name, value));
	return value;
}

/* Escaped, as far as it fits. */
static const char *
shown(struct input *in, const char *s)
{
	char *buffer = input_room(in, ROOM);
	struct text t;

	text_init(&t, buffer, ROOM);
	text_escaped(&t, s, strlen(s));
	return buffer;
}

/* The member has what somebody supplied, as far as there is room. */
static void
judge_shown(struct input *in, const char *json, const char *name, const char *s)
{
	char wanted[TEXT_SHOWN_MAX + 4];
	struct text t;

	text_init(&t, wanted, TEXT_SHOWN_MAX + 1);
	text_escaped(&t, s, strlen(s));
	if (t.cut)
		strcpy(wanted + t.length, "...");
	demand(strcmp(field(in, json, name), wanted) == 0);
}

static void
judge(struct input *in, const char *text, const char *json)
{
	const char *message = field(in, json, "msg");

	demand(json_valid(json));
	demand(strlen(field(in, json, "time")) == 24);
	demand(strlen(field(in, json, "level")) >= 4);
	demand(strcmp(field(in, json, "logger"), "hale") == 0);
	text = strstr(strstr(text, ": ") + 2, ": ") + 2;
	demand(strncmp(text, message, strlen(message)) == 0);
}

void
fuzz(struct input *in)
{
	int before = input_choice(in, 1), error;
	struct said said = {.format = formats[before]};
	const char *option, *value, *text, *json;
	long long number, ms;

	said.level = (enum log_level)input_choice(in, LOG_DEBUG);
	said.today = (long long)input_choice(in, DAYS) * DAY;
	said.today += input_choice(in, DAY - 1);
	said.log.dropped = (unsigned long)input_choice(in, 99999);
	number = input_number(in);
	ms = input_choice(in, 1 << 30);
	error = input_choice(in, 999);
	option = input_word(in);
	value = input_word(in);
	if (before) {
		option = shown(in, option);
		value = shown(in, value);
	}
	errno = error;
	text = line(in, &said, option, value, "is not so", number, ms);
	said.log.json = true;
	errno = error;
	json = line(in, &said, option, value, "is not so", number, ms);
	judge(in, text, json);
	judge_shown(in, json, "option", option);
	judge_shown(in, json, "value", value);
}
