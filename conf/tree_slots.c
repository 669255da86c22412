/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Slots: one for each object that some file defines, with its definitions in the order of paths. The
 * first that is good, or was good before a bad edit, is its winner.
 */

#include "base/mem.h"
#include "conf/tree_parts.h"
#include "conf/validate.h"

#include <string.h>

static int compare_slots(const struct slot *a, const struct slot *b)
{
	return object_id_compare(&a->id, &b->id);
}

TREE_GENERATE(slots, slot, entry, compare_slots)

int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == '/' || *b == '/')
		return *a == *b ? 0 : (*a == '/' && *b) || !*a ? -1 : 1;
	return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

struct slot *slot_find(struct tree *tree, const struct object_id *id)
{
	struct slot key = { .id = *id };

	return RB_FIND(slots, &tree->slots, &key);
}

struct slot *slot_get(struct tree *tree, const struct object_id *id)
{
	struct slot *slot = slot_find(tree, id);

	if (slot)
		return slot;
	slot = xnew(struct slot);
	slot->id = *id;
	slot->id.ns = xstrdup(id->ns);
	slot->id.name = xstrdup(id->name);
	RB_INSERT(slots, &tree->slots, slot);
	return slot;
}

static void slot_free(struct tree *tree, struct slot *slot)
{
	RB_REMOVE(slots, &tree->slots, slot);
	object_free(slot->candidate);
	object_free(slot->good);
	free((char *)(uintptr_t)slot->id.ns);
	free((char *)(uintptr_t)slot->id.name);
	free(slot);
}

struct definition *slot_elect(const struct slot *slot)
{
	struct definition *d = slot->definitions;

	while (d && d->state == DEFINITION_BAD)
		d = d->next;
	return d;
}

void slot_enter_model(struct tree *tree, struct slot *slot)
{
	tree->object_count += !slot->is_in_model;
	slot->is_in_model = true;
}

void slot_leave_model(struct tree *tree, struct slot *slot)
{
	if (!slot->is_in_model)
		return;
	if (model_remove(tree->model, &slot->id))
		tree->has_changed = true;
	tree->object_count--;
	slot->is_in_model = false;
}

/* Nobody defines it any more. */
static void slot_drop(struct tree *tree, struct slot *slot)
{
	slot_leave_model(tree, slot);
	if (slot_is_status(slot))
		status_drop(tree, slot);
	else if (slot->candidate)
		tree->must_settle = true;
	if (!slot->definitions) {
		slot_free(tree, slot);
		return;
	}
	slot->candidate = object_free(slot->candidate);
	slot->good = object_free(slot->good);
	slot->winner = NULL;
}

void slot_find_winner(struct tree *tree, struct slot *slot)
{
	struct definition *winner = slot_elect(slot);

	if (!winner) {
		slot_drop(tree, slot);
		return;
	}
	winner->file->must_read = true;
	tree->has_unread = true;
}

void slot_put(struct tree *tree, struct slot *slot, struct object *object)
{
	if (validate_is_configuration(slot->id.kind)) {
		object_free(slot->candidate);
		slot->candidate = object;
		tree->must_settle = true;
		return;
	}
	if (slot_is_status(slot)) {
		status_put(tree, slot, object);
		return;
	}
	if (object->kind == MODEL_SERVICE)
		status_apply(tree, (struct service *)object);
	if (model_put(tree->model, object))
		tree->has_changed = true;
	slot_enter_model(tree, slot);
}

/* Keeps the list of contested slots right after a change of definitions of @slot. */
static void note_contest(struct tree *tree, struct slot *slot)
{
	bool is_contested = slot->definitions && slot->definitions->next;
	size_t i = 0;

	while (i < tree->contested_count && tree->contested[i] != slot)
		i++;
	if (is_contested && i == tree->contested_count)
		*array_add(tree->contested, tree->contested_count, tree->contested_capacity) = slot;
	else if (!is_contested && i < tree->contested_count)
		tree->contested[i] = tree->contested[--tree->contested_count];
}

void slot_insert(struct tree *tree, struct slot *slot, struct definition *definition)
{
	struct definition **at = &slot->definitions;

	while (*at && compare_paths((*at)->file->path, definition->file->path) <= 0)
		at = &(*at)->next;
	definition->next = *at;
	*at = definition;
	if (slot->definitions->next)
		note_contest(tree, slot);
}

void definition_free(struct tree *tree, struct definition *definition)
{
	struct slot *slot = definition->slot;
	struct definition **at = &slot->definitions;
	bool was_contested = (*at)->next;

	while (*at != definition)
		at = &(*at)->next;
	*at = definition->next;
	if (was_contested)
		note_contest(tree, slot);
	if (slot->winner == definition)
		slot->winner = NULL;
	if (!slot->winner)
		slot_find_winner(tree, slot);
	free(definition);
}

struct slot *slots_first(struct tree *tree)
{
	return RB_MIN(slots, &tree->slots);
}

struct slot *slots_first_configuration(struct tree *tree)
{
	struct slot key = { .id = { MODEL_POOL, "", "", "" } };

	return RB_NFIND(slots, &tree->slots, &key);
}

struct slot *slots_next(struct slot *slot)
{
	return RB_NEXT(slots, NULL, slot);
}
