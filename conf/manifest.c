/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/manifest.h"

#include "base/mem.h"
#include "conf/decode.h"
#include "conf/validate.h"

#include <errno.h>
#include <string.h>

#define METALLB "metallb.io/"

enum {
	LIST_DEPTH_MAX = 4,
	KINDS_MAX = 32, /* of ours; more are not suggested */
};

const char manifest_status_kind[] = "Service status";

struct manifest {
	const struct manifest_sink *sink;
	struct decode_source source;
	bool is_complete;
};

static bool is_status(enum model_kind kind, const json_t *value)
{
	return kind == MODEL_SERVICE && !json_object_get(value, "spec") &&
		json_object_get(value, "status");
}

static struct place place_of(const struct manifest *m, const json_t *value)
{
	struct decode_head head = decode_head(value);

	return (struct place){ .file = m->source.file,
		.line = document_line_at(m->source.document, value, ""),
		.kind = json_string_value(json_object_get(value, "kind")),
		.ns = head.ns[0] ? json_string_value(json_object_get(
					   json_object_get(value, "metadata"), "namespace")) :
				   NULL,
		.name = head.name };
}

/* The version in which we know @kind_name, if @api_version names its group or none at all. */
static const char *known_version(const char *api_version, const char *kind_name)
{
	static const char *const versions[] = { "v1", "apps/v1", "batch/v1", "discovery.k8s.io/v1",
		"metallb.io/v1beta2", "metallb.io/v1beta1" };
	const char *slash = strchr(api_version, '/');
	size_t group_len = slash ? (size_t)(slash - api_version) + 1 : 0;

	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		bool is_near = !api_version[0] ||
			(slash && strncmp(api_version, versions[i], group_len) == 0) ||
			(!slash && strcmp(kind_name, "Service") != 0);

		if (is_near && model_kind_schema(versions[i], kind_name))
			return versions[i];
	}
	return NULL;
}

/* The kind that was meant by @kind_name, or NULL. What is of others may well be called nearly so. */
static const char *near_kind(const char *api_version, const char *kind_name)
{
	const char *names[KINDS_MAX];
	size_t count;

	if (api_version[0] && strncmp(api_version, METALLB, strlen(METALLB)) != 0)
		return NULL;
	count = model_kind_names(api_version[0] ? METALLB : "", names, COUNT_OF(names));
	return decode_nearest(kind_name, names, count);
}

static void tell_near_kind(struct manifest *m, const struct place *place, const char *kind)
{
	auto_(freep) char *advice = xasprintf("did you mean %s?", kind);

	report_add(m->sink->report, SEVERITY_WARNING, place, "bellman does not know this kind",
		advice);
}

static void read_unknown(struct manifest *m, const json_t *value)
{
	struct decode_head head = decode_head(value);
	const struct place place = place_of(m, value);
	const char *version = known_version(head.api_version, head.kind_name);
	const char *near = near_kind(head.api_version, head.kind_name);
	auto_(freep) char *kind = xasprintf(
		"%.100s%s%.100s", head.api_version, head.api_version[0] ? " " : "", head.kind_name);
	auto_(freep) char *advice = NULL;

	if (!head.kind_name[0]) {
		report_error(m->sink->report, &place, "write apiVersion, kind and metadata",
			"there is no kind: this is no manifest");
		return;
	}
	if (version) {
		advice = xasprintf("write apiVersion: %s", version);
		report_error(m->sink->report, &place, advice,
			"bellman does not know this kind as apiVersion \"%.100s\"",
			head.api_version);
	} else if (near) {
		tell_near_kind(m, &place, near);
	}
	m->sink->on_unknown(m->sink->user, kind);
}

static void read_bad(struct manifest *m, const json_t *value)
{
	struct decode_head head = decode_head(value);
	const struct place place = place_of(m, value);
	struct object_id id = { .ns = "", .name = head.name };

	if (model_kind_find(head.api_version, head.kind_name, &id.kind, &id.kind_name) < 0 ||
		!head.name[0])
		return;
	if (is_status(id.kind, value))
		id.kind_name = manifest_status_kind;
	if (model_kind_is_namespaced(id.kind))
		id.ns = head.ns[0] ? head.ns : "default";
	if (m->sink->on_bad(m->sink->user, &id, place.line))
		report_note(m->sink->report, &place, NULL,
			"what was good before this edit stays in force");
}

static void read_object(struct manifest *m, const json_t *value)
{
	auto_(object_freep) struct object *object = NULL;
	int r = decode_object(value, &m->source, m->sink->report, &object);

	if (r == -ENOENT) {
		read_unknown(m, value);
		return;
	}
	if (r == 0 && is_status(object->kind, value)) {
		object->kind_name = manifest_status_kind;
		r = validate_status(object, value, &m->source, m->sink->report);
	} else if (r == 0) {
		r = validate_object(object, value, &m->source, m->sink->report);
	}
	if (r == 0)
		m->sink->on_good(m->sink->user, take(object));
	else
		read_bad(m, value);
}

/* "List", or the list of one kind as the API server writes it: "ServiceList". */
static bool is_list(const json_t *value)
{
	const char *kind = decode_head(value).kind_name;
	size_t len = strlen(kind);

	return len >= 4 && strcmp(kind + len - 4, "List") == 0 &&
		json_is_array(json_object_get(value, "items"));
}

/* The items of the list of one kind do not say what they are. */
static void fill_head(const json_t *list, json_t *item)
{
	struct decode_head head = decode_head(list);
	size_t len = strlen(head.kind_name) - 4;

	if (len == 0 || !json_is_object(item))
		return;
	if (!json_object_get(item, "kind"))
		(void)json_object_set_new(item, "kind", json_stringn(head.kind_name, len));
	if (!json_object_get(item, "apiVersion"))
		(void)json_object_set_new(item, "apiVersion", json_string(head.api_version));
}

static void read_value(struct manifest *m, const json_t *value, unsigned depth)
{
	const struct place place = { .file = m->source.file,
		.line = document_line_at(m->source.document, value, "") };
	json_t *items;
	json_t *item;
	size_t i;

	if (!json_is_object(value)) {
		report_error(m->sink->report, &place, "write apiVersion, kind and metadata",
			"is no mapping: this is no manifest");
		return;
	}
	if (!is_list(value) || depth >= LIST_DEPTH_MAX) {
		read_object(m, value);
		return;
	}
	items = json_object_get(value, "items");
	json_array_foreach(items, i, item)
	{
		fill_head(value, item);
		read_value(m, item, depth + 1);
	}
}

bool manifest_read(const char *text, size_t len, const char *file, const struct manifest_sink *sink)
{
	struct document_reader reader = document_reader(text, len);
	bool is_complete = true;
	int r = 0;

	while (r != -ENOENT) {
		auto_(document_freep) struct document *document = NULL;
		struct document_problem problem;
		struct manifest m = { .sink = sink, .source = { .file = file } };

		r = document_next(&reader, &document, &problem);
		if (r == 0) {
			m.source.document = document;
			read_value(&m, document_root(document), 0);
		} else if (r != -ENOENT) {
			report_error(sink->report,
				&(struct place){ .file = file, .line = problem.line }, NULL, "%s",
				problem.text);
			is_complete = false;
		}
	}
	return is_complete;
}
