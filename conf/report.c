/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Findings: kept, ordered and printed. All text may come from a file that anybody wrote, so it is
 * cut and escaped here, once.
 */

#include "conf/report.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTE] = "note",
};

const char *severity_name(enum severity severity)
{
	return names[severity];
}

static char *copy_or_null(const char *text)
{
	return text && text[0] ? xstrndup(text, REPORT_TEXT_MAX) : NULL;
}

static void diagnostic_fini(struct diagnostic *d)
{
	free(d->file);
	free(d->kind);
	free(d->ns);
	free(d->name);
	free(d->field);
	free(d->text);
	free(d->advice);
}

void report_fini(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		diagnostic_fini(&report->at[i]);
	free(report->at);
	*report = (struct report){ 0 };
}

void report_add(struct report *report, enum severity severity, const struct place *place,
	const char *text, const char *advice)
{
	struct diagnostic *d;

	report->found[severity]++;
	if (report->count >= REPORT_MAX)
		return;
	d = array_add(report->at, report->count, report->capacity);
	d->severity = severity;
	d->file = copy_or_null(place->file);
	d->line = place->line;
	d->kind = copy_or_null(place->kind);
	d->ns = copy_or_null(place->ns);
	d->name = copy_or_null(place->name);
	d->field = copy_or_null(place->field);
	d->text = copy_or_null(text);
	d->advice = copy_or_null(advice);
}

/* Formats into a bounded buffer: a value of a manifest may be megabytes long. */
#define ADD_FORMATTED(severity)                                       \
	do {                                                          \
		char text_[REPORT_TEXT_MAX];                          \
		va_list args_;                                        \
                                                                      \
		va_start(args_, format);                              \
		(void)vsnprintf(text_, sizeof(text_), format, args_); \
		va_end(args_);                                        \
		report_add(report, severity, place, text_, advice);   \
	} while (0)

void report_error(struct report *report, const struct place *place, const char *advice,
	const char *format, ...)
{
	ADD_FORMATTED(SEVERITY_ERROR);
}

void report_note(struct report *report, const struct place *place, const char *advice,
	const char *format, ...)
{
	ADD_FORMATTED(SEVERITY_NOTE);
}

void report_append(struct report *report, const struct report *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct diagnostic *d = &from->at[i];
		const struct place place = { d->file, d->line, d->kind, d->ns, d->name, d->field };

		report_add(report, d->severity, &place, d->text, d->advice);
	}
	for (size_t i = 0; i < from->count; i++)
		report->found[from->at[i].severity]--;
	for (size_t i = 0; i < SEVERITY_COUNT_; i++)
		report->found[i] += from->found[i];
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_place(const void *left, const void *right)
{
	const struct diagnostic *a = left;
	const struct diagnostic *b = right;
	int r = compare_text(a->file, b->file);

	if (r == 0)
		r = (a->line > b->line) - (a->line < b->line);
	if (r == 0)
		r = compare_text(a->kind, b->kind);
	if (r == 0)
		r = compare_text(a->ns, b->ns);
	if (r == 0)
		r = compare_text(a->name, b->name);
	if (r == 0)
		r = compare_text(a->field, b->field);
	if (r == 0)
		r = (a->severity > b->severity) - (a->severity < b->severity);
	return r != 0 ? r : compare_text(a->text, b->text);
}

void report_sort(struct report *report)
{
	if (report->count > 1)
		qsort(report->at, report->count, sizeof(report->at[0]), compare_place);
}

static void add_escaped(struct strbuf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			strbuf_addf(out, "\\x%02x", (unsigned char)*c);
		else
			strbuf_add_char(out, *c);
	}
}

static void add_part(struct strbuf *out, const char *text)
{
	if (!text)
		return;
	add_escaped(out, text);
	strbuf_add(out, ": ");
}

static void add_object(struct strbuf *out, const struct diagnostic *d)
{
	if (!d->kind && !d->name)
		return;
	if (d->kind)
		add_escaped(out, d->kind);
	if (d->kind && d->name)
		strbuf_add_char(out, ' ');
	if (d->ns && d->name) {
		add_escaped(out, d->ns);
		strbuf_add_char(out, '/');
	}
	if (d->name)
		add_escaped(out, d->name);
	strbuf_add(out, ": ");
}

static void print(const struct diagnostic *d, bool with_severity, struct strbuf *out)
{
	if (d->file) {
		add_escaped(out, d->file);
		if (d->line > 0)
			strbuf_addf(out, ":%u", d->line);
		strbuf_add(out, ": ");
	}
	if (with_severity)
		add_part(out, names[d->severity]);
	add_object(out, d);
	add_part(out, d->field);
	add_escaped(out, d->text ? d->text : "");
	if (d->advice) {
		strbuf_add(out, "; ");
		add_escaped(out, d->advice);
	}
}

void diagnostic_print(const struct diagnostic *diagnostic, struct strbuf *out)
{
	print(diagnostic, false, out);
}

void report_print(const struct report *report, bool with_severity, struct strbuf *out)
{
	for (size_t i = 0; i < report->count; i++) {
		print(&report->at[i], with_severity, out);
		strbuf_add_char(out, '\n');
	}
}

/* Text that was cut in the middle of a character, or is not UTF-8 at all, is shown by its ASCII. */
static json_t *json_text(const char *text)
{
	auto_(freep) char *ascii = NULL;
	json_t *value = json_string(text);

	if (value)
		return value;
	ascii = xstrdup(text);
	for (char *c = ascii; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	return json_string(ascii);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		(void)json_object_set_new(object, key, json_text(text));
}

static json_t *diagnostic_json(const struct diagnostic *d)
{
	json_t *object = json_object();

	set_text(object, "severity", names[d->severity]);
	set_text(object, "file", d->file);
	if (d->line > 0)
		(void)json_object_set_new(object, "line", json_integer(d->line));
	set_text(object, "kind", d->kind);
	set_text(object, "namespace", d->ns);
	set_text(object, "name", d->name);
	set_text(object, "field", d->field);
	set_text(object, "text", d->text);
	set_text(object, "advice", d->advice);
	return object;
}

json_t *report_json(const struct report *report)
{
	json_t *object = json_object();
	json_t *findings = json_array();

	for (size_t i = 0; i < report->count; i++)
		(void)json_array_append_new(findings, diagnostic_json(&report->at[i]));
	for (size_t i = 0; i < SEVERITY_COUNT_; i++) {
		auto_(freep) char *key = xasprintf("%ss", names[i]);

		(void)json_object_set_new(object, key, json_integer((json_int_t)report->found[i]));
	}
	(void)json_object_set_new(object, "findings", findings);
	return object;
}
