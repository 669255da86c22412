/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/quick.h"

#include "base/mem.h"

#include <string.h>

#define LISTEN "listen "
#define NODES  "backend nodes"
#define SERVER "\tserver "

/* A section that has other servers now. */
struct swap {
	const struct section *old; /* of quick->sections */
	const struct section *new;
};

struct finding {
	struct quick *quick;
	struct sections sections; /* of the changed Services */
	struct swap *swaps;
	size_t count;
	size_t capacity;
};

void quick_fini(struct quick *quick)
{
	sections_fini(&quick->sections);
	slots_fini(&quick->slots);
	free(quick->text);
	*quick = (struct quick){ 0 };
}

void quick_set(struct quick *quick, char *text, size_t len)
{
	quick_fini(quick);
	quick->text = text;
	quick->len = len;
	sections_read(&quick->sections, (struct change_text){ text, len });
	slots_read(&quick->slots, text, len);
}

void quick_step_fini(struct quick_step *step)
{
	change_fini(&step->change);
	strbuf_fini(&step->text);
}

static bool is_server(const struct change_text *line)
{
	return line->len > strlen(SERVER) && memcmp(line->at, SERVER, strlen(SERVER)) == 0;
}

/* The next line that is no server's; counts those that are. */
static bool other_line(struct change_text *text, struct change_text *ret_line, long *servers)
{
	while (text_line(text, ret_line)) {
		if (!is_server(ret_line))
			return true;
		(*servers)++;
	}
	return false;
}

static bool differs_in_servers_alone(
	const struct section *old, const struct section *new, long *more)
{
	struct change_text left = old->text, right = new->text;
	struct change_text a, b;
	long before = 0, after = 0;
	bool has_a, has_b;

	do {
		has_a = other_line(&left, &a, &before);
		has_b = other_line(&right, &b, &after);
		if (has_a != has_b || (has_a && !text_equal(&a, &b)))
			return false;
	} while (has_a);
	*more += after - before;
	return true;
}

static bool begins(const struct change_text *key, const char *prefix, size_t len)
{
	return key->len >= len && memcmp(key->at, prefix, len) == 0;
}

static size_t count_sections(const struct sections *sections, const char *prefix)
{
	size_t len = strlen(prefix);
	size_t count = 0;

	for (size_t i = 0; i < sections->count; i++)
		count += begins(&sections->at[i].key, prefix, len);
	return count;
}

/* Each Service must have as many listeners as before; that they are the same ones, the rest says. */
static bool has_same_listens(const struct finding *f, const struct model_dirty *services)
{
	for (size_t i = 0; i < services->count; i++) {
		auto_(freep) char *prefix = xasprintf(
			LISTEN "%s.%s.", services->at[i].ns, services->at[i].name);

		if (count_sections(&f->quick->sections, prefix) !=
			count_sections(&f->sections, prefix))
			return false;
	}
	return true;
}

static bool compare_sections(struct finding *f, long *more)
{
	size_t hint = 0;

	for (size_t i = 0; i < f->sections.count; i++) {
		const struct section *new = &f->sections.at[i];
		const struct section *old = NULL;

		/* What all share depends on all Services, which were not looked at; nodes do not. */
		if (!begins(&new->key, LISTEN, strlen(LISTEN)) && !text_is(&new->key, NODES))
			continue;
		old = sections_find(&f->quick->sections, &new->key, &hint);
		if (!old)
			return false;
		if (text_equal(&old->text, &new->text))
			continue;
		if (text_is(&new->key, NODES) || !differs_in_servers_alone(old, new, more))
			return false;
		*array_add(f->swaps, f->count, f->capacity) = (struct swap){ old, new };
	}
	return true;
}

static void add_text(struct strbuf *out, const struct section *section)
{
	strbuf_add_len(out, section->text.at, section->text.len);
}

/* The commands; of the rest of both files only what servers track is needed. */
static bool find_commands(struct finding *f, struct change *change)
{
	const struct change_text key = { NODES, strlen(NODES) };
	auto_(strbuf_finip) struct strbuf old = { 0 };
	auto_(strbuf_finip) struct strbuf new = { 0 };
	size_t hint = 0;
	const struct section *nodes = sections_find(&f->quick->sections, &key, &hint);

	if (!nodes)
		return false;
	add_text(&old, nodes);
	add_text(&new, nodes);
	for (size_t i = 0; i < f->count; i++) {
		add_text(&old, f->swaps[i].old);
		add_text(&new, f->swaps[i].new);
	}
	change_find((struct change_text){ old.text, old.len },
		(struct change_text){ new.text, new.len }, change);
	return change->reason_count == 0;
}

static int by_place(const void *a, const void *b)
{
	const struct swap *left = a;
	const struct swap *right = b;

	return (left->old > right->old) - (left->old < right->old);
}

static void make_text(struct finding *f, struct strbuf *out)
{
	auto_(strbuf_finip) struct strbuf body = { 0 };
	const char *at = memchr(f->quick->text, '\n', f->quick->len);
	const char *end = f->quick->text + f->quick->len;

	qsort(f->swaps, f->count, sizeof(f->swaps[0]), by_place);
	at = at ? at + 1 : end;
	for (size_t i = 0; i < f->count; i++) {
		const struct change_text *old = &f->swaps[i].old->text;

		strbuf_add_len(&body, at, (size_t)(old->at - at));
		add_text(&body, f->swaps[i].new);
		at = old->at + old->len;
	}
	strbuf_add_len(&body, at, (size_t)(end - at));
	render_head(out, strbuf_text(&body), body.len);
	strbuf_add_len(out, strbuf_text(&body), body.len);
}

static bool is_refused(const struct want *want)
{
	for (size_t i = 0; i < want->refusal_count; i++) {
		if (strcmp(want->refusals[i].kind, "Service") == 0)
			return true;
	}
	return false;
}

static bool find(struct finding *f, const struct model_dirty *services, struct quick_step *step)
{
	if (!has_same_listens(f, services) || !compare_sections(f, &step->servers))
		return false;
	if (f->count == 0)
		return true;
	if (!find_commands(f, &step->change))
		return false;
	make_text(f, &step->text);
	return true;
}

bool quick_find(struct quick *quick, const struct render_input *render_input,
	const struct want_input *input, const struct model_dirty *services,
	struct quick_step *ret_step)
{
	auto_(want_freep) struct want *want = NULL;
	auto_(strbuf_finip) struct strbuf text = { 0 };
	struct finding f = { .quick = quick };
	struct want_input part = *input;
	struct render_input rendering = *render_input;
	struct quick_step step = { 0 };
	bool is_found;

	if (!quick->text || services->is_all || services->count > QUICK_SERVICES_MAX)
		return false;
	part.only = services;
	part.slots = &quick->slots;
	want = want_new(&part);
	if (is_refused(want))
		return false;
	rendering.want = want;
	rendering.include = NULL;
	render(&rendering, &text);
	sections_read(&f.sections, (struct change_text){ text.text, text.len });
	is_found = find(&f, services, &step);
	sections_fini(&f.sections);
	free(f.swaps);
	if (is_found)
		*ret_step = step;
	else
		quick_step_fini(&step);
	return is_found;
}
