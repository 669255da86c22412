/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BGP messages of a capture as records. What a session agreed on (octets of an AS number, path
 * identifiers) is known if both OPENs were captured; else the usual is taken to hold.
 */

#include "bellmanctl/capture_private.h"
#include "bgp/attrs.h"
#include "bgp/notification.h"
#include "bgp/open.h"
#include "bgp/update_parse.h"

#include <inttypes.h>

static json_t *record_of(
	const struct capture *capture, const struct stream_flow *flow, const char *event)
{
	return record_between(capture, "bgp", &flow->from, &flow->to, event);
}

static void set_families(json_t *record, uint8_t families)
{
	json_t *list = json_array();

	for (enum bgp_family i = 0; i < BGP_FAMILY_COUNT_; i++) {
		if (families & BGP_FAMILY_BIT(i))
			(void)json_array_append_new(list, json_string(bgp_family_name(i)));
	}
	(void)json_object_set_new(record, "families", list);
}

static void take_open(
	const struct capture *capture, struct stream_flow *flow, struct wire_reader body)
{
	json_t *record = record_of(capture, flow, "open");
	struct bgp_refusal why;
	struct bgp_open open;

	if (bgp_open_parse(&body, &open, &why) < 0) {
		record_set_text(record, "fault", bgp_suberror_name(why.code, why.subcode));
		record_emit(capture, record);
		return;
	}
	flow->has_open = true;
	flow->has_as4 = open.caps.has_as4;
	flow->add_path_send = open.caps.add_path_send;
	flow->add_path_receive = open.caps.add_path_receive;
	flow->as = open.as;
	record_set_int(record, "as", open.as);
	record_set_int(record, "hold_seconds", open.hold_seconds);
	set_families(record, open.caps.families);
	if (open.caps.host[0])
		record_set_text(record, "host", open.caps.host);
	record_emit(capture, record);
}

static void take_notification(
	const struct capture *capture, struct stream_flow *flow, struct wire_reader body)
{
	json_t *record = record_of(capture, flow, "notification");
	struct bgp_notification notification;

	if (bgp_notification_parse(&body, &notification) < 0) {
		record_set_text(record, "fault", "too short");
	} else {
		record_set_text(record, "error", bgp_error_name(notification.code));
		if (bgp_suberror_name(notification.code, notification.subcode)[0])
			record_set_text(record, "reason",
				bgp_suberror_name(notification.code, notification.subcode));
		if (notification.text[0])
			record_set_text(record, "text", notification.text);
	}
	record_emit(capture, record);
}

static void take_refresh(
	const struct capture *capture, struct stream_flow *flow, struct wire_reader body)
{
	static const char *const events[] = {
		[BGP_REFRESH_REQUEST] = "refresh",
		[BGP_REFRESH_BEGIN] = "refresh-begin",
		[BGP_REFRESH_END] = "refresh-end",
	};
	struct bgp_refresh refresh;
	enum bgp_family family;
	json_t *record;

	if (bgp_refresh_parse(&body, &refresh) < 0 || refresh.subtype > BGP_REFRESH_END)
		return;
	record = record_of(capture, flow, events[refresh.subtype]);
	if (bgp_family_from_wire(refresh.afi, refresh.safi, &family) == 0)
		record_set_text(record, "family", bgp_family_name(family));
	record_emit(capture, record);
}

/* The path as text; sets in braces, what belongs to a confederation in parentheses. */
static void set_path(json_t *record, const struct bgp_update *update)
{
	static const char *const begins[] = { "", "{", "", "(", "({" };
	static const char *const ends[] = { "", "}", "", ")", "})" };
	struct bgp_as_path path = update->as_path;
	struct bgp_as_segment segment;
	auto_(strbuf_finip) struct strbuf text = { 0 };

	while (bgp_as_path_next(&path, &segment)) {
		const char *gap = begins[segment.type];

		strbuf_add(&text, text.len > 0 ? " " : "");
		for (; wire_left(&segment.numbers) > 0; gap = " ")
			strbuf_addf(&text, "%s%" PRIu32, gap, bgp_as_take(&segment));
		strbuf_add(&text, ends[segment.type]);
	}
	record_set_text(record, "path", strbuf_text(&text));
}

static void set_aggregator(json_t *record, const struct bgp_update *update)
{
	char text[IP_TEXT_SIZE];

	(void)json_object_set_new(record, "aggregator",
		json_sprintf("%" PRIu32 " %s", update->aggregator_as,
			ip_format(&update->aggregator, text)));
}

static void add_community(json_t *list, const struct bgp_community *community)
{
	char text[BGP_COMMUNITY_TEXT_SIZE];

	(void)json_array_append_new(list, json_string(bgp_community_format(community, text)));
}

static void set_communities(json_t *record, const struct bgp_update *update)
{
	struct wire_reader standard = update->communities;
	struct wire_reader large = update->large;
	struct wire_reader extended = update->extended;
	struct bgp_community community = { .kind = BGP_COMMUNITY_STANDARD };
	json_t *list = json_array();

	while (wire_left(&standard) > 0) {
		community.standard = wire_u32(&standard);
		add_community(list, &community);
	}
	community.kind = BGP_COMMUNITY_LARGE;
	while (wire_left(&large) > 0) {
		community.large.global = wire_u32(&large);
		community.large.local1 = wire_u32(&large);
		community.large.local2 = wire_u32(&large);
		add_community(list, &community);
	}
	community.kind = BGP_COMMUNITY_EXTENDED;
	while (wire_left(&extended) > 0) {
		community.extended = wire_u64(&extended);
		add_community(list, &community);
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(record, "communities", list);
	json_decref(list);
}

static bool has_attr(const struct bgp_update *update, unsigned type)
{
	return update->present >> type & 1;
}

static void set_attrs(json_t *record, const struct bgp_update *update, const struct ip *next_hop)
{
	static const char *const origins[] = { "igp", "egp", "incomplete" };

	if (ip_is_set(next_hop))
		record_set_ip(record, "next_hop", next_hop);
	if (has_attr(update, BGP_ATTR_AS_PATH))
		set_path(record, update);
	if (has_attr(update, BGP_ATTR_ORIGIN) && update->origin <= BGP_ORIGIN_INCOMPLETE)
		record_set_text(record, "origin", origins[update->origin]);
	if (has_attr(update, BGP_ATTR_MED))
		record_set_int(record, "med", update->med);
	if (has_attr(update, BGP_ATTR_LOCAL_PREF))
		record_set_int(record, "local_pref", update->local_pref);
	if (has_attr(update, BGP_ATTR_AGGREGATOR))
		set_aggregator(record, update);
	set_communities(record, update);
}

/* Adds the prefixes to @record; false if there are none. */
static bool set_prefixes(json_t *record, struct bgp_prefixes prefixes)
{
	json_t *list = json_array();
	struct ip_prefix prefix;
	char text[IP_PREFIX_TEXT_SIZE];

	while (bgp_prefixes_next(&prefixes, &prefix, NULL))
		(void)json_array_append_new(list, json_string(ip_prefix_format(&prefix, text)));
	(void)json_object_set(record, "prefixes", list);
	json_decref(list);
	return json_array_size(json_object_get(record, "prefixes")) > 0;
}

static void take_prefixes(const struct capture *capture, const struct stream_flow *flow,
	const struct bgp_update *update, size_t which, bool is_withdraw)
{
	json_t *record = record_of(capture, flow, is_withdraw ? "withdraw" : "announce");

	if (!set_prefixes(
		    record, is_withdraw ? update->withdrawn[which] : update->announced[which])) {
		json_decref(record);
		return;
	}
	if (!is_withdraw)
		set_attrs(record, update, which == 0 ? &update->next_hop : &update->mp_next_hop);
	if (!is_withdraw && update->verdict == BGP_UPDATE_WITHDRAW)
		record_set_text(
			record, "fault", bgp_suberror_name(update->why.code, update->why.subcode));
	record_emit(capture, record);
}

/* What the two OPENs agreed on, as far as they were captured. */
static struct bgp_update_context context_of(struct capture *capture, const struct stream_flow *flow)
{
	const struct stream_flow *reverse = stream_table_reverse(&capture->streams, flow);
	const bool knows_both = flow->has_open && reverse && reverse->has_open;

	return (struct bgp_update_context){
		.has_as4 = (!flow->has_open || flow->has_as4) &&
			(!reverse || !reverse->has_open || reverse->has_as4),
		.is_internal = !knows_both || flow->as == reverse->as,
		.families = BGP_FAMILIES_ALL,
		.extended_next_hop = BGP_FAMILIES_ALL,
		.add_path = knows_both ? flow->add_path_send & reverse->add_path_receive : 0,
	};
}

static void take_update(struct capture *capture, struct stream_flow *flow, struct wire_reader body)
{
	const struct bgp_update_context context = context_of(capture, flow);
	struct bgp_update update;
	json_t *record;

	if (bgp_update_parse(body, &context, &update) == BGP_UPDATE_RESET) {
		record = record_of(capture, flow, "malformed");
		record_set_text(
			record, "fault", bgp_suberror_name(update.why.code, update.why.subcode));
		record_emit(capture, record);
		return;
	}
	if (update.is_end_of_rib) {
		record = record_of(capture, flow, "end-of-rib");
		record_set_text(record, "family", bgp_family_name(update.end_of_rib));
		record_emit(capture, record);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		take_prefixes(capture, flow, &update, i, true);
	for (size_t i = 0; i < 2; i++)
		take_prefixes(capture, flow, &update, i, false);
}

static void on_message(void *user, struct stream_flow *flow, const uint8_t *bytes, size_t len)
{
	struct capture *capture = user;
	struct wire_reader body = wire_reader(bytes + BGP_HEADER_LEN, len - BGP_HEADER_LEN);

	switch ((enum bgp_message_type)bytes[BGP_HEADER_LEN - 1]) {
	case BGP_MSG_OPEN:
		take_open(capture, flow, body);
		break;
	case BGP_MSG_UPDATE:
		take_update(capture, flow, body);
		break;
	case BGP_MSG_NOTIFICATION:
		take_notification(capture, flow, body);
		break;
	case BGP_MSG_ROUTE_REFRESH:
		take_refresh(capture, flow, body);
		break;
	case BGP_MSG_KEEPALIVE:
	case BGP_MSG_TYPE_COUNT_:
		break;
	}
}

static void on_gap(void *user, struct stream_flow *flow)
{
	const struct capture *capture = user;

	record_emit(capture, record_of(capture, flow, "gap"));
}

static void on_end(void *user, struct stream_flow *flow, enum stream_end how)
{
	const struct capture *capture = user;

	record_emit(capture, record_of(capture, flow, how == STREAM_RESET ? "reset" : "close"));
}

void capture_bgp_init(struct capture *capture)
{
	stream_table_init(&capture->streams,
		&(struct stream_events){
			.message = on_message,
			.gap = on_gap,
			.end = on_end,
			.user = capture,
		});
}
