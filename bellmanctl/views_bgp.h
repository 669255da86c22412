/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How the agent's answers about BGP look to people.
 */

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>

/* Each appends text for @data, the answer to the request of its name. @color: escapes allowed. */
void view_bgp(const json_t *data, bool color, struct strbuf *out);
void view_bgp_routes(const json_t *data, bool color, struct strbuf *out);
void view_bgp_received(const json_t *data, bool color, struct strbuf *out);

/* All about one peer, a member of "peers" of the answer to "bgp". */
void view_bgp_peer(const json_t *peer, struct strbuf *out);
