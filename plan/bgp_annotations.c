/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_annotations.h"

#include "base/mem.h"
#include "model/community.h"
#include "model/select.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	PREPEND_MAX = 10,    /* as asPathPrepend of a BGPAdvertisement */
	COMMUNITIES_MAX = 63 /* as communities of a BGPAdvertisement */
};

static void add_value(struct plan_bgp_attrs *attrs, const struct community_value *value)
{
	if (value->is_large)
		plan_bgp_add_large(attrs, value->large);
	else
		plan_bgp_add_community(attrs, value->standard);
}

static const char *find_alias(const struct model *model, const char *name)
{
	model_each(model, MODEL_COMMUNITY, object)
	{
		const struct community *community = (const struct community *)object;

		for (size_t i = 0; i < community->communities.count; i++) {
			if (strcmp(community->communities.at[i].name, name) == 0)
				return community->communities.at[i].value;
		}
	}
	return NULL;
}

int plan_bgp_add_named(const struct model *model, const char *text, struct plan_bgp_attrs *attrs)
{
	struct community_value value;
	const char *alias;

	if (community_parse(text, &value) < 0) {
		alias = find_alias(model, text);
		if (alias ? community_parse(alias, &value) < 0 :
			    community_by_name(text, &value) < 0)
			return -ENOENT;
	}
	add_value(attrs, &value);
	return 0;
}

/* The next word of a comma-separated list, trimmed; NULL at the end. Moves @rest on. */
static char *next_word(const char **rest)
{
	size_t len;
	char *word;

	if (!*rest)
		return NULL;
	*rest += strspn(*rest, " \t");
	len = strcspn(*rest, ",");
	word = xstrndup(*rest, len);
	*rest = (*rest)[len] == ',' ? *rest + len + 1 : NULL;
	for (len = strlen(word); len > 0 && isspace((unsigned char)word[len - 1]); len--)
		word[len - 1] = '\0';
	return word;
}

static char *read_communities(
	const struct model *model, const char *text, struct plan_bgp_attrs *attrs)
{
	const char *rest = text;
	size_t count = 0;
	char *word;

	while ((word = next_word(&rest))) {
		int r = plan_bgp_add_named(model, word, attrs);
		char *why = NULL;

		if (r < 0)
			why = xasprintf("bgp-communities: \"%.64s\" is no community", word);
		else if (++count > COMMUNITIES_MAX)
			why = xasprintf("bgp-communities: more than %d", COMMUNITIES_MAX);
		free(word);
		if (why)
			return why;
	}
	return NULL;
}

static char *read_number(const char *key, const char *text, uint64_t max, uint32_t *ret)
{
	uint64_t value = 0;
	size_t len = strspn(text, "0123456789");

	for (size_t i = 0; i < len && value <= max; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (len == 0 || text[len] != '\0' || value > max)
		return xasprintf("%s: \"%.64s\" is not a number from 0 to %llu", key, text,
			(unsigned long long)max);
	*ret = (uint32_t)value;
	return NULL;
}

char *plan_bgp_wishes_read(const struct model *model, const struct service *service,
	struct plan_bgp_wishes *ret_wishes)
{
	const char *communities = object_annotation(&service->object, "bgp-communities");
	const char *prepend = object_annotation(&service->object, "bgp-as-path-prepend");
	const char *med = object_annotation(&service->object, "bgp-med");
	struct plan_bgp_wishes wishes = { .has_prepend = prepend };
	uint32_t times = 0;
	char *why = NULL;

	wishes.attrs.has_med = med;
	if (communities)
		why = read_communities(model, communities, &wishes.attrs);
	if (!why && prepend)
		why = read_number("bgp-as-path-prepend", prepend, PREPEND_MAX, &times);
	if (!why && med)
		why = read_number("bgp-med", med, UINT32_MAX, &wishes.attrs.med);
	if (why) {
		plan_bgp_attrs_fini(&wishes.attrs);
		return why;
	}
	wishes.attrs.prepend = (uint8_t)times;
	*ret_wishes = wishes;
	return NULL;
}
