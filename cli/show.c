/* SPDX-License-Identifier: MIT */
/*
 * show: writes out what hale knows, for people and for programs.
 *
 * Both forms come from the same formats: as text a format is a line for each
 * value, and in JSON its arguments become the members of an object.  So neither
 * form can lack what the other one has.
 */
#include "cli/show.h"

/* Append what only JSON needs. */
static void
add_punctuation(struct text *t, const char *s)
{
	if (t->members)
		text_string(t, s);
}

static void
show_target(struct text *t, const struct status_target *target,
            const char *output)
{
	text_format(t,
	            "target: {target:q}\n"
	            "kind: {kind:s}\n"
	            "state: {state:s}\n"
	            "reason: {reason:q}\n"
	            "attempts: {attempts:d}\n"
	            "failures: {failures:d}\n"
	            "successes: {successes:d}\n"
	            "took_ms: {took_ms:d}\n"
	            "output: {output:b}\n",
	            target->text, status_kind_word(target->kind),
	            status_word(target->state), target->reason,
	            target->passed + target->failed,
	            (long long)target->failures, (long long)target->successes,
	            target->took_ms, output, (size_t)target->output_length);
}

static void
show_targets(struct text *t, const struct status *s)
{
	int i;

	add_punctuation(t, ",\"targets\":[");
	for (i = 0; i < s->count; i++) {
		add_punctuation(t, i > 0 ? ",{" : "{");
		show_target(t, &s->targets[i], s->output[i]);
		add_punctuation(t, "}");
	}
	add_punctuation(t, "]");
}

void
show_status(struct text *t, const struct found *f, const struct status *s,
            bool json, long long now)
{
	t->members = json;
	add_punctuation(t, "{");
	text_format(t, "state: {state:s}\n", status_word(s->state));
	if (f->problem != NULL)
		text_format(t, "reason: {reason:s}\n", f->problem);
	text_format(t, "hale: {hale:d}\n", (long long)f->pid);
	if (s->count > 0) {
		text_format(t,
		            "for_ms: {for_ms:d}\n"
		            "program: {program:d}\n",
		            now - s->since, (long long)s->program);
		show_targets(t, s);
	}
	add_punctuation(t, "}\n");
	t->members = false;
}
