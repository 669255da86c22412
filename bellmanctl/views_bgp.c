/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/views_bgp.h"

#include "base/mem.h"
#include "bellmanctl/fields.h"

#include <string.h>

/* Text of a peer: no control bytes reach the terminal. */
static void add_clean(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		strbuf_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static double field_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_int_t prefixes_of(const json_t *peer)
{
	json_int_t count = 0;
	const json_t *family;
	size_t i;

	json_array_foreach(json_object_get(peer, "families"), i, family)
		count += field_int(family, "prefixes");
	return count;
}

static const char *address_of(const json_t *peer)
{
	const char *address = field_text(peer, "address");

	return address[0] != '\0' ? address : field_text(peer, "interface");
}

/* What an operator has to know of the peer beyond its state. */
static char *note_of(const json_t *peer)
{
	const json_t *end = json_object_get(peer, "last_end");
	bool is_up = strcmp(field_text(peer, "state"), "Established") == 0;

	if (strcmp(field_text(peer, "reason"), "passed") != 0)
		return xasprintf("%s: %s", field_text(peer, "reason"), field_text(peer, "detail"));
	if (is_true(peer, "shut"))
		return xstrdup("shut down by the user");
	if (is_true(peer, "draining"))
		return xstrdup("draining");
	if (is_true(peer, "waits_for_bfd"))
		return xstrdup("waits for BFD, as the agent has restarted");
	if (!is_up && end)
		return xstrdup(field_text(end, "text"));
	if (is_true(peer, "change_pending"))
		return xstrdup("a change waits for the next session");
	return xstrdup(field_text(peer, "detail"));
}

static void add_collector(const json_t *bmp, struct strbuf *out)
{
	const char *error = field_text(bmp, "error");

	if (!bmp)
		return;
	strbuf_addf(out, "BMP collector %s: %s for %.0f s, %" JSON_INTEGER_FORMAT " messages%s%s\n",
		field_text(bmp, "collector"),
		is_true(bmp, "connected") ? "connected" : "not connected",
		field_real(bmp, "seconds"), field_int(bmp, "messages"),
		error[0] != '\0' ? ", last error: " : "", error);
}

void view_bgp(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "PEER", "ADDRESS", "AS", "STATE", "SINCE", "PREFIXES",
		"BFD", "NOTE" };
	const char *withheld = field_text(data, "withheld");
	const json_t *peer;
	struct table table;
	size_t i;

	strbuf_addf(out, "router id %s, %" JSON_INTEGER_FORMAT " prefixes to announce%s%s%s\n",
		field_text(data, "router_id"), field_int(data, "prefixes"),
		is_true(data, "drained") ? ", drained" : "",
		withheld[0] != '\0' ? ", withheld: " : "", withheld);
	add_collector(json_object_get(data, "bmp"), out);
	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(json_object_get(data, "peers"), i, peer)
	{
		auto_(freep) char *note = note_of(peer);
		json_int_t as = field_int(peer, "peer_as_seen");

		table_add(&table, field_text(peer, "name"));
		table_add(&table, address_of(peer));
		table_add_int(&table, as != 0 ? as : field_int(peer, "peer_as"));
		table_add(&table, field_text(peer, "state"));
		table_add_age(&table, field_real(peer, "state_seconds"));
		table_add_int(&table, prefixes_of(peer));
		table_add(&table, field_text(json_object_get(peer, "bfd"), "state"));
		table_add(&table, note);
	}
	table_finish(&table, color, out);
}

static void add_words(struct strbuf *out, const char *label, const json_t *words)
{
	const json_t *word;
	size_t i;

	strbuf_addf(out, "  %-18s", label);
	json_array_foreach(words, i, word)
		strbuf_addf(out, "%s%s", i > 0 ? ", " : "", json_string_value(word));
	strbuf_add(out, json_array_size(words) > 0 ? "\n" : "-\n");
}

static void add_messages(struct strbuf *out, const char *label, const json_t *counts)
{
	static const char *const kinds[] = { "open", "update", "notification", "keepalive",
		"route_refresh", "octets" };

	strbuf_addf(out, "  %-18s", label);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		strbuf_addf(out, "%s%s %" JSON_INTEGER_FORMAT, i > 0 ? ", " : "", kinds[i],
			field_int(counts, kinds[i]));
	strbuf_add_char(out, '\n');
}

static void add_families(struct strbuf *out, const json_t *peer)
{
	const json_t *family;
	size_t i;

	json_array_foreach(json_object_get(peer, "families"), i, family) strbuf_addf(out,
		"  %-18s%" JSON_INTEGER_FORMAT " prefixes, %" JSON_INTEGER_FORMAT
		" announced, %" JSON_INTEGER_FORMAT " withdrawn%s%s\n",
		field_text(family, "family"), field_int(family, "prefixes"),
		field_int(family, "announced"), field_int(family, "withdrawn"),
		is_true(family, "end_of_rib_sent") ? ", End-of-RIB sent" : "",
		is_true(family, "no_next_hop") ? ", no usable next hop" : "");
}

static void add_bfd(struct strbuf *out, const json_t *bfd)
{
	if (!bfd)
		return;
	strbuf_addf(out, "  %-18s%s, detection %.0f ms, %" JSON_INTEGER_FORMAT " flaps\n", "bfd",
		field_text(bfd, "state"), field_real(bfd, "detection_ms"), field_int(bfd, "flaps"));
}

static void add_end(struct strbuf *out, const json_t *peer)
{
	const json_t *end = json_object_get(peer, "last_end");

	if (!end)
		return;
	strbuf_addf(out, "  %-18s%.0f s ago: ", "last end", field_real(end, "seconds_ago"));
	add_clean(out, field_text(end, "text"));
	strbuf_add_char(out, '\n');
}

void view_bgp_peer(const json_t *peer, struct strbuf *out)
{
	auto_(freep) char *note = note_of(peer);

	strbuf_addf(out, "%s: %s for %.0f s, established %" JSON_INTEGER_FORMAT " times\n",
		field_text(peer, "name"), field_text(peer, "state"),
		field_real(peer, "state_seconds"), field_int(peer, "established_count"));
	if (note[0] != '\0') {
		strbuf_addf(out, "  %-18s", "note");
		add_clean(out, note);
		strbuf_add_char(out, '\n');
	}
	strbuf_addf(out,
		"  %-18s%s:%" JSON_INTEGER_FORMAT " to %s:%" JSON_INTEGER_FORMAT "%s%s%s%s%s\n",
		"connection", field_text(peer, "local"), field_int(peer, "local_port"),
		field_text(peer, "remote"), field_int(peer, "remote_port"),
		is_true(peer, "md5") ? ", MD5" : "", is_true(peer, "multihop") ? ", multihop" : "",
		field_text(peer, "vrf")[0] != '\0' ? ", VRF " : "", field_text(peer, "vrf"),
		is_true(peer, "dialled") ? ", dialled by us" : "");
	strbuf_addf(out, "  %-18s%" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT ", %s\n", "AS",
		field_int(peer, "local_as"), field_int(peer, "peer_as_seen"),
		is_true(peer, "internal") ? "internal" : "external");
	strbuf_addf(out, "  %-18s%s%s%s\n", "peer's identifier", field_text(peer, "peer_router_id"),
		field_text(peer, "peer_host")[0] != '\0' ? ", host " : "",
		field_text(peer, "peer_host"));
	strbuf_addf(out,
		"  %-18shold %" JSON_INTEGER_FORMAT " s (%.0f s left), keepalive "
		"%" JSON_INTEGER_FORMAT " s\n",
		"timers", field_int(peer, "hold_seconds"), field_real(peer, "hold_left_seconds"),
		field_int(peer, "keepalive_seconds"));
	if (field_real(peer, "next_try_seconds") > 0)
		strbuf_addf(out, "  %-18sin %.1f s, %" JSON_INTEGER_FORMAT " failed in a row\n",
			"next try", field_real(peer, "next_try_seconds"),
			field_int(peer, "failures"));
	add_words(out, "we offered", json_object_get(peer, "capabilities_sent"));
	add_words(out, "the peer offered", json_object_get(peer, "capabilities_received"));
	add_families(out, peer);
	add_messages(out, "sent", json_object_get(peer, "messages_out"));
	add_messages(out, "received", json_object_get(peer, "messages_in"));
	add_bfd(out, json_object_get(peer, "bfd"));
	add_end(out, peer);
}

static char *joined(const json_t *words)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		strbuf_addf(&text, "%s%s", i > 0 ? " " : "", json_string_value(word));
	return strbuf_take(&text);
}

static char *attributes_of(const json_t *route)
{
	auto_(strbuf_finip) struct strbuf text = { 0 };

	if (json_object_get(route, "local_pref"))
		strbuf_addf(&text, "local-pref %" JSON_INTEGER_FORMAT " ",
			field_int(route, "local_pref"));
	if (json_object_get(route, "med"))
		strbuf_addf(&text, "med %" JSON_INTEGER_FORMAT " ", field_int(route, "med"));
	if (field_int(route, "prepend") > 0)
		strbuf_addf(
			&text, "prepend %" JSON_INTEGER_FORMAT " ", field_int(route, "prepend"));
	if (field_int(route, "weight") > 0)
		strbuf_addf(&text, "weight %" JSON_INTEGER_FORMAT " ", field_int(route, "weight"));
	if (is_true(route, "too_many_communities"))
		strbuf_add(&text, "NOT ANNOUNCED: too many communities ");
	return strbuf_take(&text);
}

/* "default/web (ad), default/db (ad)"; of many the first three. */
static char *reasons_of(const json_t *route)
{
	enum {
		SHOWN = 3
	};
	auto_(strbuf_finip) struct strbuf text = { 0 };
	const json_t *because = json_object_get(route, "because");
	const json_t *one;
	size_t i;

	json_array_foreach(because, i, one)
	{
		if (i == SHOWN) {
			strbuf_addf(&text, " and %zu more", json_array_size(because) - i);
			break;
		}
		strbuf_addf(&text, "%s%s/%s (%s)", i > 0 ? ", " : "", field_text(one, "namespace"),
			field_text(one, "name"), field_text(one, "advertisement"));
	}
	return strbuf_take(&text);
}

void view_bgp_routes(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "PREFIX", "PEERS", "COMMUNITIES", "ATTRIBUTES",
		"BECAUSE OF" };
	const json_t *route;
	struct table table;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, route)
	{
		auto_(freep) char *peers = joined(json_object_get(route, "peers"));
		auto_(freep) char *communities = joined(json_object_get(route, "communities"));
		auto_(freep) char *attributes = attributes_of(route);
		auto_(freep) char *because = reasons_of(route);

		table_add(&table, field_text(route, "prefix"));
		table_add(&table, peers);
		table_add(&table, communities);
		table_add(&table, attributes);
		table_add(&table, because);
	}
	table_finish(&table, color, out);
}

void view_bgp_received(const json_t *data, bool color, struct strbuf *out)
{
	static const char *const heads[] = { "PEER", "PREFIX", "NEXT HOP", "FIRST AS", "ORIGIN AS",
		"PATH", "LOOP" };
	const json_t *peer;
	struct table table;
	size_t i;

	table_init(&table, heads, COUNT_OF(heads));
	json_array_foreach(data, i, peer)
	{
		const json_t *route;
		size_t k;

		json_array_foreach(json_object_get(peer, "routes"), k, route)
		{
			table_add(&table, field_text(peer, "peer"));
			table_add(&table, field_text(route, "prefix"));
			table_add(&table, field_text(route, "next_hop"));
			table_add_int(&table, field_int(route, "first_as"));
			table_add_int(&table, field_int(route, "origin_as"));
			table_add_int(&table, field_int(route, "path_length"));
			table_add(&table, is_true(route, "loop") ? "yes" : "no");
		}
	}
	table_finish(&table, color, out);
	json_array_foreach(data, i, peer) strbuf_addf(out,
		"%s: %" JSON_INTEGER_FORMAT " updates, %" JSON_INTEGER_FORMAT
		" prefixes announced, %" JSON_INTEGER_FORMAT " withdrawn, %" JSON_INTEGER_FORMAT
		" treated as withdrawn; none is used\n",
		field_text(peer, "peer"), field_int(peer, "updates"), field_int(peer, "announced"),
		field_int(peer, "withdrawn"), field_int(peer, "treated_as_withdraw"));
}
