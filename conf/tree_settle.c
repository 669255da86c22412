/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which of the objects that may exclude one another are in force: the newest version of each, or the
 * last that was good, or none.
 */

#include "base/mem.h"
#include "conf/tree_parts.h"
#include "conf/validate.h"

/* What stands for a slot while the objects are judged together. */
struct choice {
	struct slot *slot;
	const struct object *object; /* NULL: nothing of it is in force */
};

/* The slots of metallb.io that have something to say. */
static struct choice *choices_of(struct tree *tree, size_t *ret_count)
{
	struct choice *choices = NULL;
	size_t capacity = 0;

	*ret_count = 0;
	for (struct slot *slot = slots_first_configuration(tree); slot; slot = slots_next(slot)) {
		if (slot->candidate)
			*array_add(choices, *ret_count, capacity) = (struct choice){ slot,
				slot->candidate };
	}
	return choices;
}

/* One round of judging. Return: true if an earlier version now stands for a newer one. */
static bool judge(struct choice *choices, size_t count, struct report *report)
{
	auto_(freep) struct validate_candidate *candidates = count > 0 ?
		xnew_array(struct validate_candidate, count) :
		NULL;
	auto_(freep) size_t *back = count > 0 ? xnew_array(size_t, count) : NULL;
	bool has_fallen_back = false;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!choices[i].object)
			continue;
		candidates[n].object = choices[i].object;
		back[n++] = i;
	}
	validate_together(candidates, n, report);
	for (size_t i = 0; i < n; i++) {
		struct choice *choice = &choices[back[i]];
		const struct object *good = choice->slot->good;
		bool was_candidate = choice->object == choice->slot->candidate;

		if (!candidates[i].is_inert)
			continue;
		choice->object = NULL;
		if (was_candidate && good && !object_equal(good, choice->slot->candidate)) {
			choice->object = good;
			has_fallen_back = true;
		}
	}
	return has_fallen_back;
}

static void keep_errors(struct report *report, const struct report *round)
{
	for (size_t i = 0; i < round->count; i++) {
		const struct diagnostic *d = &round->at[i];
		const struct place place = { d->file, d->line, d->kind, d->ns, d->name, d->field };

		if (d->severity == SEVERITY_ERROR)
			report_add(report, SEVERITY_ERROR, &place, d->text, d->advice);
	}
}

static void note_fallback(struct tree *tree, const struct choice *choice)
{
	const struct object *object = choice->slot->candidate;
	const struct place place = { .file = object->file,
		.line = object->line,
		.kind = object->kind_name,
		.ns = object_ns(object),
		.name = object->meta.name };

	if (choice->object == choice->slot->good && choice->object)
		report_note(&tree->together, &place, NULL,
			"what was good before this edit stays in force");
}

static void choice_apply(struct tree *tree, const struct choice *choice)
{
	struct slot *slot = choice->slot;
	struct object *copy;

	if (!choice->object) {
		slot_leave_model(tree, slot);
		return;
	}
	if (choice->object == slot->candidate) {
		copy = decode_clone(slot->candidate);
		object_free(slot->good);
		slot->good = copy;
	}
	if (model_put(tree->model, decode_clone(slot->good)))
		tree->has_changed = true;
	slot_enter_model(tree, slot);
}

/*
 * What loses against another falls back to what was good before, which may lose too or win against
 * others: each round takes at least one version out of the game, so it ends.
 */
void tree_settle_together(struct tree *tree)
{
	size_t count;
	auto_(freep) struct choice *choices = choices_of(tree, &count);
	bool again = true;

	report_fini(&tree->together);
	while (again) {
		auto_(report_finip) struct report round = { 0 };

		again = judge(choices, count, &round);
		if (again)
			keep_errors(&tree->together, &round);
		else
			report_append(&tree->together, &round);
	}
	for (size_t i = 0; i < count; i++) {
		note_fallback(tree, &choices[i]);
		choice_apply(tree, &choices[i]);
	}
	tree->must_settle = false;
	tree->is_report_old = true;
	tree->has_changed = true;
}
