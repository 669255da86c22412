/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is not served, or not as written, for people and for machines.
 */

#include "base/strbuf.h"
#include "conf/report.h"
#include "haproxy-gen/want.h"

#include <jansson.h>

/* A warning if it is served, a note if that is as it should be, else an error. */
enum severity refusal_severity(const struct want_refusal *refusal);

/*
 * Appends one line each: "error: Service default/web port 53: udp: SENTENCE (DETAIL)", Control bytes are escaped.
 */
void refusals_print(const struct want *want, struct strbuf *out);

/* [{"kind", "namespace", "name", "port", "reason", "text", "detail", "served"}]; caller owns it. */
json_t *refusals_json(const struct want *want);
