/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libyaml's events to a tree of jansson's values.
 *
 * Documents are cut out of the text first, at lines of `---` and `...`, and each gets a parser of its
 * own. A value is attached to its parent as soon as it begins, so the tree always has one owner; an
 * anchor is known only when its value has ended, so no value can hold itself. Positions are one
 * entry for every member, found again by a search: only messages ask for them.
 */

#include "conf/document.h"

#include "base/mem.h"
#include "conf/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum {
	ALIASED_MAX = 100000, /* values that aliases and merges may add to a document */
	ANCHORS_MAX = 1000,
};

struct position {
	const json_t *container;
	unsigned ordinal; /* of the member, in the order of insertion */
	unsigned line;
};

struct document {
	json_t *root; /* owned */
	unsigned line;
	struct position *positions;
	size_t position_count;
	size_t position_capacity;
	size_t *cursor; /* owned; where the last search for an item ended: the next is near */
};

struct anchor {
	char *name;
	json_t *value; /* a reference */
	size_t nodes;  /* in it, expanded */
};

/* A mapping or sequence that has begun. */
struct frame {
	json_t *container; /* borrowed: its parent or the document has it */
	char *anchor;      /* owned; NULL: none */
	char *key;         /* owned; of the value that comes next; NULL: a key comes next */
	json_t *merge;     /* owned; what `<<` names */
	bool is_merge;     /* the next value is that of `<<` */
	unsigned merge_line;
	size_t nodes_before;
};

struct builder {
	yaml_parser_t parser;
	struct document *document;
	struct frame frames[DOCUMENT_DEPTH_MAX];
	size_t depth;
	struct anchor *anchors;
	size_t anchor_count;
	size_t anchor_capacity;
	size_t nodes;
	size_t aliased;
	unsigned line; /* of the event at hand */
	unsigned first_line;
	struct document_problem *problem;
};

static int refuse(struct builder *b, const char *text)
{
	b->problem->line = b->line;
	(void)snprintf(b->problem->text, sizeof(b->problem->text), "%s", text);
	return -EBADMSG;
}

static int refuse_named(struct builder *b, const char *text, const char *name)
{
	b->problem->line = b->line;
	(void)snprintf(b->problem->text, sizeof(b->problem->text), "%s \"%.64s\"", text, name);
	return -EBADMSG;
}

static struct frame *top(struct builder *b)
{
	return b->depth > 0 ? &b->frames[b->depth - 1] : NULL;
}

static void remember(struct builder *b, const json_t *container, size_t ordinal, unsigned line)
{
	struct document *d = b->document;
	struct position *position = array_add(
		d->positions, d->position_count, d->position_capacity);

	*position = (struct position){ container, (unsigned)ordinal, line };
}

/* Gives @value to whatever it stands in. */
static void attach(struct builder *b, json_t *value)
{
	struct frame *frame = top(b);

	if (!frame) {
		b->document->root = value;
		b->document->line = b->line;
	} else if (frame->is_merge) {
		frame->merge = value;
		frame->merge_line = b->line;
		frame->is_merge = false;
	} else if (json_is_array(frame->container)) {
		remember(b, frame->container, json_array_size(frame->container), b->line);
		(void)json_array_append_new(frame->container, value);
	} else {
		remember(b, frame->container, json_object_size(frame->container), b->line);
		(void)json_object_set_new_nocheck(frame->container, frame->key, value);
		free(frame->key);
		frame->key = NULL;
	}
}

static int count_node(struct builder *b)
{
	if (++b->nodes > DOCUMENT_NODES_MAX)
		return refuse(b, "the document has too many values");
	return 0;
}

static bool wants_key(struct builder *b)
{
	struct frame *frame = top(b);

	return frame && json_is_object(frame->container) && !frame->key && !frame->is_merge;
}

static int add_anchor(struct builder *b, const char *name, json_t *value, size_t nodes)
{
	struct anchor *anchor;

	if (!name)
		return 0;
	for (size_t i = 0; i < b->anchor_count; i++) {
		if (strcmp(b->anchors[i].name, name) == 0) {
			json_decref(b->anchors[i].value);
			b->anchors[i].value = json_incref(value);
			b->anchors[i].nodes = nodes;
			return 0;
		}
	}
	if (b->anchor_count >= ANCHORS_MAX)
		return refuse(b, "the document has too many anchors");
	anchor = array_add(b->anchors, b->anchor_count, b->anchor_capacity);
	*anchor = (struct anchor){ xstrdup(name), json_incref(value), nodes };
	return 0;
}

static int set_key(struct builder *b, const json_t *value, bool is_plain)
{
	struct frame *frame = top(b);
	auto_(freep) char *key = scalar_key(value);

	if (!key)
		return refuse(b, "null is no key: write the key in quotes");
	if (is_plain && strcmp(key, "<<") == 0) {
		if (frame->merge)
			return refuse(b, "duplicate key \"<<\"");
		frame->is_merge = true;
		return 0;
	}
	if (json_object_get(frame->container, key))
		return refuse_named(b, "duplicate key", key);
	frame->key = take(key);
	return 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *event)
{
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	json_t *value = scalar_resolve((const char *)event->data.scalar.value,
		event->data.scalar.length, is_plain, (const char *)event->data.scalar.tag);
	int r;

	if (!value)
		return refuse(b, "the value can not be written as JSON; write it in quotes");
	r = add_anchor(b, (const char *)event->data.scalar.anchor, value, 1);
	if (r == 0 && wants_key(b)) {
		r = set_key(b, value, is_plain);
		json_decref(value);
		return r;
	}
	attach(b, value);
	return r;
}

static int on_begin(struct builder *b, json_t *container, const yaml_char_t *anchor)
{
	if (wants_key(b) || b->depth == DOCUMENT_DEPTH_MAX) {
		json_decref(container);
		return refuse(b,
			b->depth == DOCUMENT_DEPTH_MAX ?
				"values are nested too deeply" :
				"a mapping or sequence is no key; write text");
	}
	attach(b, container);
	b->frames[b->depth++] = (struct frame){ .container = container,
		.anchor = anchor ? xstrdup((const char *)anchor) : NULL,
		.nodes_before = b->nodes - 1 };
	return 0;
}

static int count_aliased(struct builder *b, size_t nodes)
{
	b->aliased += nodes;
	if (b->aliased > ALIASED_MAX)
		return refuse(b, "aliases make the document too large");
	b->nodes += nodes;
	return 0;
}

/* YAML 1.1 merge: keys that are there win, and earlier sources win over later ones. */
static int merge_one(struct builder *b, struct frame *frame, json_t *source)
{
	const char *key;
	json_t *value;

	if (!json_is_object(source))
		return refuse(b, "`<<` takes a mapping or a sequence of mappings");
	json_object_foreach(source, key, value)
	{
		if (json_object_get(frame->container, key))
			continue;
		if (count_aliased(b, 1) < 0)
			return -EBADMSG;
		remember(
			b, frame->container, json_object_size(frame->container), frame->merge_line);
		(void)json_object_set_nocheck(frame->container, key, value);
	}
	return 0;
}

static int merge(struct builder *b, struct frame *frame)
{
	size_t i;
	json_t *source;

	if (!json_is_array(frame->merge))
		return merge_one(b, frame, frame->merge);
	json_array_foreach(frame->merge, i, source)
	{
		if (merge_one(b, frame, source) < 0)
			return -EBADMSG;
	}
	return 0;
}

static void frame_fini(struct frame *frame)
{
	free(frame->anchor);
	free(frame->key);
	json_decref(frame->merge);
}

static int on_end(struct builder *b)
{
	struct frame *frame = top(b);
	int r = frame->merge ? merge(b, frame) : 0;

	if (r == 0)
		r = add_anchor(b, frame->anchor, frame->container, b->nodes - frame->nodes_before);
	frame_fini(frame);
	b->depth--;
	return r;
}

static int on_alias(struct builder *b, const char *name)
{
	for (size_t i = 0; i < b->anchor_count; i++) {
		const struct anchor *anchor = &b->anchors[i];

		if (strcmp(anchor->name, name) != 0)
			continue;
		if (count_aliased(b, anchor->nodes) < 0)
			return -EBADMSG;
		if (wants_key(b))
			return set_key(b, anchor->value, false);
		attach(b, json_incref(anchor->value));
		return 0;
	}
	return refuse_named(b, "no anchor before this is called", name);
}

/* Return: 1: the document has ended. */
static int on_event(struct builder *b, const yaml_event_t *event)
{
	b->line = b->first_line + (unsigned)event->start_mark.line;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return count_node(b) < 0 ? -EBADMSG : on_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, (const char *)event->data.alias.anchor);
	case YAML_MAPPING_START_EVENT:
		if (count_node(b) < 0)
			return -EBADMSG;
		return on_begin(b, json_object(), event->data.mapping_start.anchor);
	case YAML_SEQUENCE_START_EVENT:
		if (count_node(b) < 0)
			return -EBADMSG;
		return on_begin(b, json_array(), event->data.sequence_start.anchor);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return on_end(b);
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		return b->document->root ? refuse(b, "a new document needs a line of ---") : 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

static int refuse_syntax(struct builder *b)
{
	const yaml_parser_t *parser = &b->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	/* A tab is what people do not see, and libyaml does not name it. */
	if (strcmp(problem, "found character that cannot start any token") == 0)
		problem = "found a character that can not start a value (a tab? indent with "
			  "spaces; a @ or ` needs quotes)";
	b->line = b->first_line + (unsigned)parser->problem_mark.line;
	return refuse(b, problem);
}

static int build(struct builder *b)
{
	int r = 0;

	while (r == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(&b->parser, &event))
			return refuse_syntax(b);
		r = on_event(b, &event);
		yaml_event_delete(&event);
	}
	return r < 0 ? r : 0;
}

static void builder_fini(struct builder *b)
{
	yaml_parser_delete(&b->parser);
	for (size_t i = 0; i < b->depth; i++)
		frame_fini(&b->frames[i]);
	for (size_t i = 0; i < b->anchor_count; i++) {
		free(b->anchors[i].name);
		json_decref(b->anchors[i].value);
	}
	free(b->anchors);
}

/* JSON that YAML has not: surrogate pairs, keys of more than 1024 bytes. It comes without lines. */
static int read_json(const char *text, size_t len, struct document *document)
{
	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	if (len == 0 || *text != '{')
		return -EBADMSG;
	json_decref(document->root);
	document->position_count = 0;
	document->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	return document->root ? 0 : -EBADMSG;
}

static int read_document(const char *text, size_t len, unsigned line, struct document *document,
	struct document_problem *problem)
{
	struct builder b = { .document = document, .first_line = line, .problem = problem };
	int r;

	document->line = line;
	if (!yaml_parser_initialize(&b.parser))
		abort(); /* only without memory */
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	r = build(&b);
	builder_fini(&b);
	if (r < 0 && read_json(text, len, document) == 0)
		return 0;
	return r;
}

/* A line of @marker alone, or with something behind a blank. */
static bool is_marker(const char *line, const char *end, const char *marker)
{
	size_t len = strlen(marker);

	if ((size_t)(end - line) < len || memcmp(line, marker, len) != 0)
		return false;
	return line + len == end || isspace((unsigned char)line[len]);
}

static const char *next_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline + 1 : end;
}

/* Nothing but blank lines, comments, directives and markers. */
static bool is_blank(const char *at, const char *end)
{
	for (; at < end; at = next_line(at, end)) {
		const char *c = at;

		if (*c == '%' || is_marker(c, end, "..."))
			continue;
		if (is_marker(c, end, "---"))
			c += 3;
		while (c < end && (*c == ' ' || *c == '\t' || *c == '\r'))
			c++;
		if (c < end && *c != '\n' && *c != '#')
			return false;
	}
	return true;
}

/* Moves the reader behind the text of one document; returns where that ends. */
static const char *cut(struct document_reader *reader)
{
	const char *at = reader->at;

	while (at < reader->end) {
		const char *next = next_line(at, reader->end);

		if (at > reader->at && is_marker(at, reader->end, "---"))
			break;
		reader->line++;
		if (is_marker(at, reader->end, "...")) {
			at = next;
			break;
		}
		at = next;
	}
	reader->at = at;
	return at;
}

struct document_reader document_reader(const char *text, size_t len)
{
	return (struct document_reader){ .at = text, .end = text + len, .line = 1 };
}

int document_next(struct document_reader *reader, struct document **ret_document,
	struct document_problem *ret_problem)
{
	if ((size_t)(reader->end - reader->at) > DOCUMENT_TEXT_MAX) {
		reader->at = reader->end;
		*ret_problem = (struct document_problem){ reader->line, "the file is too large" };
		return -EBADMSG;
	}
	while (reader->at < reader->end) {
		auto_(document_freep) struct document *document = NULL;
		const char *start = reader->at;
		unsigned line = reader->line;
		const char *end = cut(reader);
		int r;

		if (is_blank(start, end))
			continue;
		document = xnew(struct document);
		document->cursor = xnew(size_t);
		r = read_document(start, (size_t)(end - start), line, document, ret_problem);
		if (r < 0)
			return r;
		if (!document->root || json_is_null(document->root))
			continue;
		*ret_document = take(document);
		return 0;
	}
	return -ENOENT;
}

struct document *document_free(struct document *document)
{
	if (!document)
		return NULL;

	json_decref(document->root);
	free(document->positions);
	free(document->cursor);
	free(document);
	return NULL;
}

json_t *document_root(const struct document *document)
{
	return document->root;
}

/* The member @name of @from, or its item "[n]"; its place to @ret_ordinal. */
static const json_t *member(const json_t *from, const char *name, size_t len, size_t *ret_ordinal)
{
	const char *key;
	json_t *value;
	size_t ordinal = 0;

	if (name[0] == '[') {
		ordinal = strtoul(name + 1, NULL, 10);
		*ret_ordinal = ordinal;
		return json_array_get(from, ordinal);
	}
	json_object_foreach((json_t *)(uintptr_t)from, key, value)
	{
		if (strncmp(key, name, len) == 0 && !key[len]) {
			*ret_ordinal = ordinal;
			return value;
		}
		ordinal++;
	}
	return NULL;
}

static unsigned position_find(
	const struct document *document, const json_t *container, size_t ordinal)
{
	for (size_t i = 0; i < document->position_count; i++) {
		const struct position *p = &document->positions[i];

		if (p->container == container && p->ordinal == ordinal)
			return p->line;
	}
	return 0;
}

static unsigned line_of(const struct document *document, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (value == document->root)
		return document->line;
	for (i = 0; i < document->position_count; i++) {
		const struct position *p = &document->positions[i];

		item = json_is_array(p->container) ? json_array_get(p->container, p->ordinal) :
						     NULL;
		if (item == value)
			return p->line;
	}
	return document->line;
}

unsigned document_line_at(const struct document *document, const json_t *from, const char *path)
{
	unsigned line = line_of(document, from);

	while (*path && from) {
		size_t len = path[0] == '[' ? strcspn(path, "]") + 1 : strcspn(path, ".[");
		size_t ordinal = 0;
		const json_t *value = member(from, path, len, &ordinal);
		unsigned found = value ? position_find(document, from, ordinal) : 0;

		if (found > 0)
			line = found;
		from = value;
		path += strnlen(path, len);
		path += *path == '.';
	}
	return line;
}
