/* SPDX-License-Identifier: Apache-2.0 */

#include "model/bgp_annotations.h"

#include "base/mem.h"
#include "model/select.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	PREPEND_MAX = 10 /* as asPathPrepend of a BGPAdvertisement */
};

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

int bgp_community_find(
	const struct model *model, const char *text, struct community_value *ret_value)
{
	const char *alias;

	if (community_parse(text, ret_value) == 0)
		return 0;
	alias = find_alias(model, text);
	if (alias)
		return community_parse(alias, ret_value) < 0 ? -ENOENT : 0;
	return community_by_name(text, ret_value);
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
	const struct model *model, const char *text, struct bgp_annotations *annotations)
{
	const char *rest = text;
	char *word;

	while ((word = next_word(&rest))) {
		struct community_value value;
		char *why = NULL;

		if (bgp_community_find(model, word, &value) < 0)
			why = xasprintf("bgp-communities: \"%.64s\" is no community", word);
		else if (annotations->community_count == BGP_ANNOTATION_COMMUNITIES_MAX)
			why = xasprintf(
				"bgp-communities: more than %d", BGP_ANNOTATION_COMMUNITIES_MAX);
		free(word);
		if (why)
			return why;
		annotations->communities[annotations->community_count++] = value;
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

char *bgp_annotations_read(const struct model *model, const struct service *service,
	struct bgp_annotations *ret_annotations)
{
	const char *communities = object_annotation(&service->object, "bgp-communities");
	const char *prepend = object_annotation(&service->object, "bgp-as-path-prepend");
	const char *med = object_annotation(&service->object, "bgp-med");
	struct bgp_annotations annotations = { .has_prepend = prepend, .has_med = med };
	uint32_t times = 0;
	char *why = NULL;

	if (communities)
		why = read_communities(model, communities, &annotations);
	if (!why && prepend)
		why = read_number("bgp-as-path-prepend", prepend, PREPEND_MAX, &times);
	if (!why && med)
		why = read_number("bgp-med", med, UINT32_MAX, &annotations.med);
	if (why)
		return why;
	annotations.prepend = (uint8_t)times;
	*ret_annotations = annotations;
	return NULL;
}
