/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who may connect. The lists stand in haproxy.cfg itself, in lines of bounded length, each with an
 * id of its own by which it can be changed while HAProxy runs.
 */

#include "base/mem.h"
#include "haproxy-gen/want_parts.h"

#include <string.h>

enum {
	ACL_ID_MIN = 1000, /* below are the ids that HAProxy gives by itself */
};

static bool is_new(struct acl_ids *ids, uint32_t id)
{
	size_t i = id * UINT32_C(2654435761);

	for (;; i++) {
		uint32_t *at = &ids->at[i & (ids->size - 1)];

		if (*at == id)
			return false;
		if (*at == 0) {
			*at = id;
			ids->count++;
			return true;
		}
	}
}

static void grow(struct acl_ids *ids)
{
	uint32_t *old = ids->at;
	size_t old_size = ids->size;

	ids->size = old_size > 0 ? 2 * old_size : 64;
	ids->at = xnew_array(uint32_t, ids->size);
	ids->count = 0;
	for (size_t i = 0; i < old_size; i++) {
		if (old[i] != 0)
			(void)is_new(ids, old[i]);
	}
	free(old);
}

/* Ids come from the name, so that they stay what they are while other Services come and go. */
static uint32_t new_id(struct acl_ids *ids, const char *name, size_t line)
{
	uint32_t id = (want_hash(name) + (uint32_t)line * UINT32_C(2654435761)) >> 1;

	if (2 * ids->count >= ids->size)
		grow(ids);
	for (;; id++) {
		id &= INT32_MAX;
		if (id >= ACL_ID_MIN && is_new(ids, id))
			return id;
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	return ip_prefix_compare(a, b);
}

/* Spaces around it are nothing, as in the Kubernetes API. */
static bool read_range(const char *text, struct ip_prefix *ret)
{
	char copy[IP_PREFIX_TEXT_SIZE];
	size_t len;

	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return ip_prefix_parse(copy, ret) == 0;
}

/*
 * A range that can not be read closes the port: whoever wrote it wanted fewer clients, not all. The
 * ranges of the other family let nobody in here.
 */
struct want_ranges want_ranges_of(struct want *want, struct acl_ids *ids,
	const struct service *service, unsigned f, const char *name)
{
	const struct strings *texts = &service->source_ranges;
	struct ip_prefix *at;
	uint32_t *line_ids;
	size_t count = 0, kept = 0, lines;

	if (texts->count == 0)
		return (struct want_ranges){ .is_all = true };
	at = arena_new_array(&want->arena, struct ip_prefix, texts->count);
	for (size_t i = 0; i < texts->count; i++) {
		struct ip_prefix prefix;

		if (!read_range(texts->at[i], &prefix)) {
			count = 0;
			break;
		}
		if ((prefix.ip.family == AF_INET) == (f == WANT_V4))
			at[count++] = prefix;
	}
	qsort(at, count, sizeof(at[0]), compare_prefixes);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || ip_prefix_compare(&at[kept - 1], &at[i]) != 0)
			at[kept++] = at[i];
	}
	lines = kept == 0 ? 1 : (kept + WANT_RANGES_A_LINE - 1) / WANT_RANGES_A_LINE;
	line_ids = arena_new_array(&want->arena, uint32_t, lines);
	for (size_t i = 0; i < lines; i++)
		line_ids[i] = new_id(ids, name, i);
	return (struct want_ranges){ .at = at, .count = kept, .acl_ids = line_ids };
}

void want_bad_ranges(struct want *want, const struct service *service)
{
	for (size_t i = 0; i < service->source_ranges.count; i++) {
		const char *text = service->source_ranges.at[i];
		struct ip_prefix prefix;

		if (!read_range(text, &prefix))
			want_refuse(want, &service->object, 0, WANT_BAD_SOURCE_RANGE, "\"%.64s\"",
				text);
	}
}

void acl_ids_fini(struct acl_ids *ids)
{
	free(ids->at);
	*ids = (struct acl_ids){ 0 };
}
