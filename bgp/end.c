/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/end.h"

#include <stdio.h>
#include <string.h>

bool bgp_end_equal(const struct bgp_end *a, const struct bgp_end *b)
{
	return a->by == b->by && a->error == b->error && a->what == b->what &&
		a->was_established == b->was_established &&
		a->notification.code == b->notification.code &&
		a->notification.subcode == b->notification.subcode &&
		strcmp(a->notification.text, b->notification.text) == 0;
}

const char *bgp_ended_by_name(enum bgp_ended_by by)
{
	static const char *const names[] = {
		[BGP_BY_NOBODY] = "",
		[BGP_BY_US] = "us",
		[BGP_BY_PEER] = "peer",
		[BGP_BY_NETWORK] = "network",
		[BGP_BY_USER] = "user",
		[BGP_BY_BFD] = "bfd",
	};

	return names[by];
}

static const char *subject(const struct bgp_end *end)
{
	static const char *const subjects[] = {
		[BGP_BY_NOBODY] = "",
		[BGP_BY_US] = "we said ",
		[BGP_BY_PEER] = "the peer said ",
		[BGP_BY_NETWORK] = "",
		[BGP_BY_USER] = "ended here: ",
		[BGP_BY_BFD] = "BFD is down: ",
	};

	return subjects[end->by];
}

const char *bgp_end_format(const struct bgp_end *end, char text[BGP_END_TEXT_SIZE])
{
	const struct bgp_notification *n = &end->notification;
	const char *sub = bgp_suberror_name(n->code, n->subcode);
	char said[BGP_END_TEXT_SIZE / 4] = "";

	if (n->code != 0)
		(void)snprintf(said, sizeof(said), "%s%s%s (%u/%u%s)", bgp_error_name(n->code),
			sub[0] ? ": " : "", sub, n->code, n->subcode,
			n->is_hard ? ", hard reset" : "");
	(void)snprintf(text, BGP_END_TEXT_SIZE, "%s%s%s%s%s%s%s%s", n->code ? subject(end) : "",
		said, n->text[0] ? ": \"" : "", n->text, n->text[0] ? "\"" : "",
		end->what && n->code ? "; " : "", end->what ? end->what : "",
		end->error ? ": " : "");
	if (end->error) {
		size_t len = strlen(text);

		if (!end->what && !n->code)
			len = 0;
		(void)snprintf(text + len, BGP_END_TEXT_SIZE - len, "%s", strerror(-end->error));
	}
	return text;
}
