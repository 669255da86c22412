/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two plans side by side: both are in the order of Services, so one walk does.
 */

#include "base/mem.h"
#include "base/strbuf.h"
#include "bellmanctl/fields.h"
#include "bellmanctl/offline.h"

#include <string.h>

/* "192.0.2.1 on node-a, 2001:db8::1 on node-a", or the reason why there is none. */
static char *summary(const json_t *service)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	const json_t *address;
	size_t i;

	if (!service)
		return xstrdup("-");
	json_array_foreach(json_object_get(service, "addresses"), i, address)
	{
		const char *owner = field_text(address, "owner");

		strbuf_addf(&text, "%s%s on %s", i > 0 ? ", " : "", field_text(address, "ip"),
			owner[0] != '\0' ? owner : "no node");
	}
	if (strcmp(field_text(service, "reason"), "passed") != 0)
		strbuf_addf(&text, "%s%s", text.len > 0 ? ": " : "", field_text(service, "reason"));
	return strbuf_take(&text);
}

/* True if the addresses of both have the same @key, "ip" or "owner". */
static bool same(const json_t *before, const json_t *after, const char *key)
{
	const json_t *a = json_object_get(before, "addresses");
	const json_t *b = json_object_get(after, "addresses");
	bool equal = json_array_size(a) == json_array_size(b);

	for (size_t i = 0; equal && i < json_array_size(a); i++)
		equal = strcmp(field_text(json_array_get(a, i), key),
				field_text(json_array_get(b, i), key)) == 0;
	return equal;
}

static const char *change_of(const json_t *before, const json_t *after)
{
	if (!before)
		return "new";
	if (!after)
		return "gone";
	if (!same(before, after, "ip"))
		return "address";
	return same(before, after, "owner") ? "reason" : "node";
}

static void add_difference(json_t *changes, const json_t *before, const json_t *after)
{
	const json_t *named = before ? before : after;
	auto_(freep) char *was = summary(before);
	auto_(freep) char *is = summary(after);
	auto_(freep) char *name = xasprintf(
		"%s/%s", field_text(named, "namespace"), field_text(named, "name"));

	if (strcmp(was, is) != 0)
		(void)json_array_append_new(changes,
			json_pack("{s:s, s:s, s:s, s:s}", "service", name, "change",
				change_of(before, after), "before", was, "after", is));
}

/* The order of Services; one that is not there is behind all others. */
static int compare(const json_t *a, const json_t *b)
{
	int order;

	if (!a || !b)
		return (a == NULL) - (b == NULL);
	order = strcmp(field_text(a, "namespace"), field_text(b, "namespace"));
	return order != 0 ? order : strcmp(field_text(a, "name"), field_text(b, "name"));
}

json_t *offline_diff(const json_t *before, const json_t *after)
{
	const json_t *olds = json_object_get(before, "services");
	const json_t *news = json_object_get(after, "services");
	json_t *changes = json_array();
	size_t i = 0;
	size_t k = 0;

	while (i < json_array_size(olds) || k < json_array_size(news)) {
		const json_t *old = json_array_get(olds, i);
		const json_t *new = json_array_get(news, k);
		int order = compare(old, new);

		add_difference(changes, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	return changes;
}
