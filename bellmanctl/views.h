/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How the agent's answers look to people: JSON in, text out.
 */

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>

/* Each appends text for @data, the answer to the request of its name. @color: escapes allowed. */
void view_status(const json_t *data, bool color, struct strbuf *out);
void view_services(const json_t *data, bool color, struct strbuf *out);
void view_pools(const json_t *data, bool color, struct strbuf *out);
void view_announcements(const json_t *data, bool color, struct strbuf *out);
void view_links(const json_t *data, bool color, struct strbuf *out);
void view_wire(const json_t *data, bool color, struct strbuf *out);
void view_explain(const json_t *data, bool color, struct strbuf *out);
void view_config(const json_t *data, bool color, struct strbuf *out);
void view_reload(const json_t *data, bool color, struct strbuf *out);
void view_bfd(const json_t *data, bool color, struct strbuf *out);
void view_event(const json_t *data, bool color, struct strbuf *out);

/* The answer to "bfd" about one peer: everything, where view_bfd() has a line. */
void view_bfd_peer(const json_t *data, bool color, struct strbuf *out);

/* Of offline_plan() and offline_diff(). */
void view_plan(const json_t *data, bool color, struct strbuf *out);
void view_changes(const json_t *data, bool color, struct strbuf *out);
