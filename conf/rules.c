/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/rules.h"

#include "base/mem.h"
#include "model/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void check_add(struct checking *c, enum severity severity, const char *field,
	const char *text, const char *advice)
{
	const struct object *object = c->object;
	struct place place = { .file = object->file,
		.line = object->line,
		.kind = object->kind_name,
		.ns = object_ns(object),
		.name = object->meta.name,
		.field = field };

	if (c->value && c->source && c->source->document)
		place.line = document_line_at(c->source->document, c->value, field);
	report_add(c->report, severity, &place, text, advice);
	c->is_bad |= severity == SEVERITY_ERROR;
}

void check_error(struct checking *c, const char *field, const char *advice, const char *format, ...)
{
	char text[REPORT_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check_add(c, SEVERITY_ERROR, field, text, advice);
}

void check_warning(
	struct checking *c, const char *field, const char *advice, const char *format, ...)
{
	char text[REPORT_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check_add(c, SEVERITY_WARNING, field, text, advice);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* @texts joined by @separator in their order of bytes; frees each of them. */
static char *join_sorted(char **texts, size_t count, char separator)
{
	struct strbuf out = { 0 };

	if (count > 1)
		qsort(texts, count, sizeof(texts[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		strbuf_add(&out, texts[i]);
		strbuf_add_char(&out, separator);
		free(texts[i]);
	}
	return strbuf_take(&out);
}

static char *expression_text(const struct selector_expression *e)
{
	auto_(freep) char **values = xnew_array(char *, e->values.count + 1);
	auto_(freep) char *joined = NULL;

	for (size_t i = 0; i < e->values.count; i++)
		values[i] = xstrdup(e->values.at[i]);
	joined = join_sorted(values, e->values.count, ',');
	return xasprintf("%s %u (%s)", e->key ? e->key : "", e->op, joined);
}

char *selector_text(const struct selector *selector)
{
	size_t count = selector->expressions.count;
	auto_(freep) char **texts = xnew_array(char *, count + 1);
	auto_(freep) char *labels = labels_text(&selector->match_labels);
	auto_(freep) char *joined = NULL;

	for (size_t i = 0; i < count; i++)
		texts[i] = expression_text(&selector->expressions.at[i]);
	joined = join_sorted(texts, count, ';');
	return xasprintf("%s;%s", labels, joined);
}

char *selectors_text(const struct selectors *selectors)
{
	auto_(freep) char **texts = xnew_array(char *, selectors->count + 1);

	for (size_t i = 0; i < selectors->count; i++)
		texts[i] = selector_text(&selectors->at[i]);
	return join_sorted(texts, selectors->count, '|');
}

void check_unique(struct checking *c, const struct strings *strings, const char *field)
{
	for (size_t i = 1; i < strings->count; i++) {
		const struct strings before = { strings->at, i };
		auto_(freep) char *path = xasprintf("%s[%zu]", field, i);

		if (strings_contain(&before, strings->at[i]))
			check_error(c, path, "take it out", "duplicate definition of \"%s\"",
				strings->at[i]);
	}
}

static void check_expression(
	struct checking *c, const struct selector_expression *e, const char *field)
{
	bool needs_values = e->op == SELECTOR_IN || e->op == SELECTOR_NOT_IN;
	auto_(freep) char *values = xasprintf("%s.values", field);

	if (needs_values && e->values.count == 0)
		check_error(c, field, "list at least one value, or use Exists or DoesNotExist",
			"In and NotIn need values");
	if (!needs_values && e->values.count > 0)
		check_error(c, values, "take them out, or use In or NotIn",
			"Exists and DoesNotExist take no values");
	check_unique(c, &e->values, values);
}

void check_selector(struct checking *c, const struct selector *selector, const char *field)
{
	size_t count = selector->expressions.count;
	auto_(freep) char **texts = xnew_array(char *, count + 1);
	auto_(freep) char *match_labels = xasprintf("%s.matchLabels", field);

	check_labels(c, &selector->match_labels, match_labels);
	for (size_t i = 0; i < count; i++) {
		const struct strings before = { texts, i };
		auto_(freep) char *path = xasprintf("%s.matchExpressions[%zu]", field, i);

		texts[i] = expression_text(&selector->expressions.at[i]);
		check_expression(c, &selector->expressions.at[i], path);
		if (strings_contain(&before, texts[i]))
			check_error(
				c, path, "take it out", "duplicate definition of an expression");
	}
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
}

void check_selectors(struct checking *c, const struct selectors *selectors, const char *field)
{
	auto_(freep) char **texts = xnew_array(char *, selectors->count + 1);

	for (size_t i = 0; i < selectors->count; i++) {
		const struct strings before = { texts, i };
		auto_(freep) char *path = xasprintf("%s[%zu]", field, i);

		texts[i] = selector_text(&selectors->at[i]);
		check_selector(c, &selectors->at[i], path);
		if (strings_contain(&before, texts[i]))
			check_error(c, path, "take it out", "duplicate definition of a selector");
	}
	for (size_t i = 0; i < selectors->count; i++)
		free(texts[i]);
}
