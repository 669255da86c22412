/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was found wrong in what people wrote: for each finding where it is, what is wrong and what to
 * write instead. Printed, one line each, as
 *
 *     FILE:LINE: KIND NS/NAME: FIELD: WHAT IS WRONG; WHAT TO WRITE INSTEAD
 *
 * and as JSON. A report is bounded: past REPORT_MAX findings it only counts.
 */

#include "base/own.h"
#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum severity {
	SEVERITY_ERROR,   /* the object, or the file, is not in force */
	SEVERITY_WARNING, /* in force, but surely not as meant */
	SEVERITY_NOTE,    /* worth a look */
	SEVERITY_COUNT_,
};

enum {
	REPORT_MAX = 10000,
	REPORT_TEXT_MAX = 1024, /* longer text is cut */
};

/* Where a finding is. Whatever is not known is NULL or 0. Borrowed for the call. */
struct place {
	const char *file;
	unsigned line;
	const char *kind;
	const char *ns;
	const char *name;
	const char *field; /* "spec.addresses[1]" */
};

struct diagnostic {
	enum severity severity;
	char *file; /* this and the rest: owned, NULL if not known */
	unsigned line;
	char *kind;
	char *ns;
	char *name;
	char *field;
	char *text;
	char *advice;
};

/* Zero-initialise. */
struct report {
	struct diagnostic *at;
	size_t count;
	size_t capacity;
	size_t found[SEVERITY_COUNT_]; /* also what is beyond REPORT_MAX */
};

void report_fini(struct report *report);

/* For auto_(). */
static inline void report_finip(struct report *report)
{
	report_fini(report);
}

/* Adds a finding. @advice, what to write instead, may be NULL; both texts are copied. */
void report_add(struct report *report, enum severity severity, const struct place *place,
	const char *text, const char *advice);

/* The same for an error, with a text to be formatted. */
void report_error(struct report *report, const struct place *place, const char *advice,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void report_note(struct report *report, const struct place *place, const char *advice,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds all of @from; @from stays as it is. */
void report_append(struct report *report, const struct report *from);

/* Orders by file, line and field; findings of one place stay in their order. */
void report_sort(struct report *report);

static inline bool report_has_errors(const struct report *report)
{
	return report->found[SEVERITY_ERROR] > 0;
}

/* "error", "warning" or "note". */
const char *severity_name(enum severity severity);

/* Appends the line of @diagnostic, without a newline; control bytes are escaped. */
void diagnostic_print(const struct diagnostic *diagnostic, struct strbuf *out);

/* Appends every line, "error: " and so on before the text if @with_severity, each with a newline. */
void report_print(const struct report *report, bool with_severity, struct strbuf *out);

/*
 * {"errors": n, "warnings": n, "notes": n, "findings": [{"severity", "file", "line", "kind",
 * "namespace", "name", "field", "text", "advice"}]}, members not known left out. The caller owns it.
 */
json_t *report_json(const struct report *report);
