/* SPDX-License-Identifier: Apache-2.0 */

#include "base/metrics.h"

#include <inttypes.h>

static void add_escaped(struct strbuf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			strbuf_add(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *value);
	}
}

static void add_name(
	struct strbuf *out, const char *name, const struct metric_label *labels, size_t count)
{
	strbuf_add(out, name);
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
		add_escaped(out, labels[i].value);
		strbuf_add_char(out, '"');
	}
	if (count > 0)
		strbuf_add_char(out, '}');
}

void metrics_family(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_sample(struct strbuf *out, const char *name, const struct metric_label *labels,
	size_t count, uint64_t value)
{
	add_name(out, name, labels, count);
	strbuf_addf(out, " %" PRIu64 "\n", value);
}

void metrics_sample_real(struct strbuf *out, const char *name, const struct metric_label *labels,
	size_t count, double value)
{
	add_name(out, name, labels, count);
	strbuf_addf(out, " %.9g\n", value);
}
