// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* say.c: the lines of one body or field: its numbers, strings, bytes and elements with their
 * meaning. */
#include "say.h"

void devfd_say(struct devfd_walk_state *w, const struct devfd_step *step)
{
	if (w->rc)
		return;
	w->rc = w->fn(w->context, step);
}

/* A step with everything of a body but what its kind adds. */
struct devfd_step devfd_body_step(const struct devfd_walk_state *w,
				  const struct devfd_body_row *row, uint32_t at, uint32_t size,
				  uint32_t depth, int32_t nth)
{
	struct devfd_step step;

	memset(&step, 0, sizeof(step));
	step.body = row;
	step.line.at = at;
	step.line.size = size;
	step.line.depth = depth;
	step.line.name = row ? row->name : "unknown";
	step.line.doc = row ? row->doc : "Not listed in this version of the spec.";
	step.line.nth = nth;
	step.fields = at + (row ? row->head : 0);
	step.end = at + size;
	step.version = w->version;
	step.big = w->big;
	return step;
}

/* What is left from `at` on, which cannot be followed. */
void devfd_say_rest(struct devfd_walk_state *w, uint32_t at, uint32_t end, uint32_t depth)
{
	struct devfd_step step = devfd_body_step(w, NULL, at, end - at, depth, WALK_NO_NTH);
	struct devfd_text t;

	if (at >= end)
		return;
	step.line.name = "rest";
	step.line.doc = "Bytes that cannot be followed.";
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_hex(&t, w->p + at, end - at);
	devfd_say(w, &step);
}

static struct devfd_step field_step(const struct devfd_place *b, const struct devfd_field_row *f,
				    uint32_t at, uint32_t size)
{
	struct devfd_step step;

	memset(&step, 0, sizeof(step));
	step.body = b->row;
	step.field = f;
	step.line.at = at;
	step.line.size = size;
	step.line.depth = b->depth;
	step.line.name = b->name;
	step.line.field = f->name;
	step.line.doc = f->doc;
	step.line.nth = WALK_NO_NTH;
	step.line.width = f->width;
	step.version = b->version;
	step.big = b->big;
	return step;
}

/* A number. meant: what it names, where only the caller knows. */
void devfd_say_number(struct devfd_walk_state *w, const struct devfd_place *b,
		      const struct devfd_field_row *f, uint32_t at, const char *meant)
{
	struct devfd_step step = field_step(b, f, at, f->width);
	struct devfd_text t;

	step.line.numeric = 1;
	step.line.value = devfd_load(w->p + at, f->width, b->big);
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	if (f->values)
		meant = devfd_member_name(f->values, step.line.value);
	if (meant)
		devfd_text_add(&t, meant);
	if (f->bits)
		devfd_text_flags(&t, &devfd_flags_rows[f->bits], step.line.value);
	devfd_say(w, &step);
}

static void say_elements(struct devfd_walk_state *w, const struct devfd_place *b,
			 const struct devfd_field_row *f, uint32_t at, uint32_t count)
{
	uint32_t i, j;

	for (i = 0; i < count && !w->rc; i++, at += f->width) {
		struct devfd_step step = field_step(b, f, at, f->width);
		struct devfd_text t;

		step.line.nth = (int32_t)i;
		devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
		for (j = 0; j < f->element_count; j++) {
			const struct devfd_field_row *part = &f->element[j];

			devfd_text_add(&t, j ? ", " : "");
			devfd_text_add(&t, part->name);
			devfd_text_add(&t, " ");
			devfd_text_number(
				&t, devfd_load(w->p + at + part->offset, part->width, b->big));
		}
		devfd_say(w, &step);
	}
}

/* Text up to its NUL; the line has the padding too. */
static void say_string(struct devfd_walk_state *w, const struct devfd_place *b,
		       const struct devfd_field_row *f, uint32_t at)
{
	struct devfd_step step = field_step(b, f, at, b->end - at);
	struct devfd_text t;
	uint32_t nul = at;

	while (nul < b->end && w->p[nul])
		nul++;
	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_escaped(&t, w->p + at, nul - at);
	devfd_say(w, &step);
}

static void say_bytes(struct devfd_walk_state *w, const struct devfd_place *b,
		      const struct devfd_field_row *f, uint32_t at, uint32_t size)
{
	struct devfd_step step = field_step(b, f, at, size);
	struct devfd_text t;

	devfd_text_start(&t, step.line.meaning, sizeof(step.line.meaning));
	devfd_text_hex(&t, w->p + at, size);
	devfd_say(w, &step);
}

static void say_variable(struct devfd_walk_state *w, const struct devfd_place *b,
			 const struct devfd_field_row *f, uint32_t at)
{
	uint32_t left = b->end - at, most = left / f->width;
	uint64_t counted = most;

	if (f->counter) {
		const struct devfd_field_row *counter = &b->row->fields[f->counter - 1];

		counted = devfd_load(w->p + b->at + counter->offset, counter->width, b->big);
	}
	if (counted < most)
		most = (uint32_t)counted;
	if (f->kind == DEVFD_KIND_STRING)
		say_string(w, b, f, at);
	else if (f->kind == DEVFD_KIND_BYTES)
		say_bytes(w, b, f, at, most);
	else
		say_elements(w, b, f, at, most);
}

/* The fields that the version has, as far as the room has them. Returns where the fixed part ends.
 */
uint32_t devfd_say_fields(struct devfd_walk_state *w, const struct devfd_place *b)
{
	uint32_t end = b->at, i;

	for (i = 0; i < b->row->field_count; i++) {
		const struct devfd_field_row *f = &b->row->fields[i];

		if (f->since > b->version)
			continue;
		if (f->kind >= DEVFD_KIND_BYTES) {
			say_variable(w, b, f, end);
			break;
		}
		if (!devfd_fits((uint64_t)b->at + f->offset, f->width, b->end))
			break;
		devfd_say_number(w, b, f, b->at + f->offset, NULL);
		end = b->at + f->offset + f->width;
	}
	return end;
}

/* Bytes of a body that the spec does not list. */
void devfd_say_data(struct devfd_walk_state *w, const char *name, uint32_t at, uint32_t end,
		    uint32_t depth)
{
	static const struct devfd_field_row data = {.name = "data",
						    .doc = "bytes of unknown meaning",
						    .kind = DEVFD_KIND_BYTES,
						    .width = 1};
	struct devfd_place b = {NULL, name, at, end, depth, w->version, w->big};

	if (at < end)
		say_bytes(w, &b, &data, at, end - at);
}
