/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The Prometheus text exposition format, version 0.0.4. Nothing is registered and nothing is kept:
 * who is asked for metrics writes what it knows at that moment, one family after the other, so a
 * series can not outlive what it tells of.
 */

#include "base/strbuf.h"

#include <stdint.h>

struct metric_label {
	const char *name;
	const char *value; /* any bytes; escaped here */
};

/* Begins a family: its HELP and TYPE lines. @type is "gauge", "counter" or "histogram". */
void metrics_family(struct strbuf *out, const char *name, const char *type, const char *help);

/* One sample of a family; @labels has @count items and may be NULL if there is none. */
void metrics_sample(struct strbuf *out, const char *name, const struct metric_label *labels,
	size_t count, uint64_t value);

/* The same for a value that is no count, in seconds or as a ratio. */
void metrics_sample_real(struct strbuf *out, const char *name, const struct metric_label *labels,
	size_t count, double value);
