/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/quick.h"

#include "base/mem.h"

#include <string.h>

#define LISTEN "listen "
#define NODES  "backend nodes"
#define SERVER "\tserver "

struct finding {
	struct quick *quick;
	struct sections sections; /* of the changed Services */
	struct quick_step *step;
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
	sections_index(&quick->sections); /* now, and not when a change waits for it */
	slots_read(&quick->slots, text, len);
}

void quick_step_fini(struct quick_step *step)
{
	change_fini(&step->change);
	strbuf_fini(&step->text);
	free(step->swaps);
	*step = (struct quick_step){ 0 };
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

/* How many sections around the one at @place begin with @prefix. */
static size_t count_around(const struct sections *sections, size_t place, const char *prefix)
{
	size_t len = strlen(prefix);
	size_t first = place, end = place;

	while (first > 0 && begins(&sections->at[first - 1].key, prefix, len))
		first--;
	while (end < sections->count && begins(&sections->at[end].key, prefix, len))
		end++;
	return end - first;
}

static size_t find_prefix(const struct sections *sections, const char *prefix)
{
	size_t len = strlen(prefix);
	size_t i = 0;

	while (i < sections->count && !begins(&sections->at[i].key, prefix, len))
		i++;
	return i;
}

/*
 * The Service must have as many listeners as before; that they are the same ones, the rest says. In
 * the text they stand together.
 */
static bool has_same_listens(struct finding *f, const struct service_key *service)
{
	struct sections *old = &f->quick->sections;
	auto_(freep) char *prefix = xasprintf(LISTEN "%s.%s.", service->ns, service->name);
	size_t place = find_prefix(&f->sections, prefix);
	const struct section *first;
	size_t hint = 0;

	if (place == f->sections.count)
		return find_prefix(old, prefix) == old->count;
	first = sections_find(old, &f->sections.at[place].key, &hint);
	return first &&
		count_around(old, (size_t)(first - old->at), prefix) ==
		count_around(&f->sections, place, prefix);
}

static void add_swap(struct quick_step *step, size_t place, const struct section *new)
{
	struct quick_swap *swap = array_add(step->swaps, step->count, step->capacity);

	swap->place = place;
	swap->text = new->text;
}

static bool compare_sections(struct finding *f)
{
	const struct section *all = f->quick->sections.at;
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
		if (text_is(&new->key, NODES) ||
			!differs_in_servers_alone(old, new, &f->step->servers))
			return false;
		add_swap(f->step, (size_t)(old - all), new);
	}
	return true;
}

static void add_text(struct strbuf *out, const struct change_text *text)
{
	strbuf_add_len(out, text->at, text->len);
}

/* The commands; of the rest of both files only what servers track is needed. */
static bool find_commands(struct finding *f)
{
	const struct change_text key = { NODES, strlen(NODES) };
	auto_(strbuf_finip) struct strbuf old = { 0 };
	auto_(strbuf_finip) struct strbuf new = { 0 };
	struct quick_step *step = f->step;
	size_t hint = 0;
	const struct section *nodes = sections_find(&f->quick->sections, &key, &hint);

	if (!nodes)
		return false;
	add_text(&old, &nodes->text);
	add_text(&new, &nodes->text);
	for (size_t i = 0; i < step->count; i++) {
		add_text(&old, &f->quick->sections.at[step->swaps[i].place].text);
		add_text(&new, &step->swaps[i].text);
	}
	change_find((struct change_text){ old.text, old.len },
		(struct change_text){ new.text, new.len }, &step->change);
	return step->change.reason_count == 0;
}

static int by_place(const void *a, const void *b)
{
	const struct quick_swap *left = a;
	const struct quick_swap *right = b;

	return (left->place > right->place) - (left->place < right->place);
}

static bool is_refused(const struct want *want)
{
	for (size_t i = 0; i < want->refusal_count; i++) {
		if (strcmp(want->refusals[i].kind, "Service") == 0)
			return true;
	}
	return false;
}

static bool find(struct finding *f, const struct model_dirty *services)
{
	struct quick_step *step = f->step;

	for (size_t i = 0; i < services->count; i++) {
		if (!has_same_listens(f, &services->at[i]))
			return false;
	}
	if (!compare_sections(f))
		return false;
	if (step->count == 0)
		return true;
	qsort(step->swaps, step->count, sizeof(step->swaps[0]), by_place);
	return find_commands(f);
}

bool quick_find(struct quick *quick, const struct render_input *render_input,
	const struct want_input *input, const struct model_dirty *services,
	struct quick_step *ret_step)
{
	auto_(want_freep) struct want *want = NULL;
	struct quick_step step = { 0 };
	struct finding f = { .quick = quick, .step = &step };
	struct want_input part = *input;
	struct render_input rendering = *render_input;
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
	render(&rendering, &step.text);
	sections_read(&f.sections, (struct change_text){ step.text.text, step.text.len });
	is_found = find(&f, services);
	sections_fini(&f.sections);
	if (is_found)
		*ret_step = step;
	else
		quick_step_fini(&step);
	return is_found;
}

/* Return: where to go on. */
static char *copy(char *out, const char *from, const char *to)
{
	memcpy(out, from, (size_t)(to - from));
	return out + (to - from);
}

void quick_take(struct quick *quick, const struct quick_step *step)
{
	const struct quick_swap *swap = step->swaps;
	const struct quick_swap *end = step->swaps + step->count;
	const char *copied = quick->text;
	size_t len = quick->len;
	char *text, *out;

	for (size_t i = 0; i < step->count; i++)
		len += step->swaps[i].text.len - quick->sections.at[step->swaps[i].place].text.len;
	text = xreallocarray(NULL, len + 1, 1);
	out = text;
	for (size_t i = 0; i < quick->sections.count; i++) {
		struct section *section = &quick->sections.at[i];
		const struct change_text old = section->text;

		section->key.at = out + (old.at - copied);
		section->text.at = section->key.at;
		if (swap == end || swap->place != i)
			continue;
		out = copy(out, copied, old.at);
		out = copy(out, swap->text.at, swap->text.at + swap->text.len);
		copied = old.at + old.len;
		section->text.len = swap->text.len;
		swap++;
	}
	out = copy(out, copied, quick->text + quick->len);
	*out = '\0';
	render_renew_head(text, len);
	free(quick->text);
	quick->text = text;
	quick->len = len;
}
