/* SPDX-License-Identifier: Apache-2.0 */

#include "bellmanctl/capture.h"

#include "arp/frame.h"
#include "base/mem.h"
#include "bellmanctl/capture_private.h"
#include "bfd/packet.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	PORT_BGP = 179,
	PORT_BFD = 3784,          /* RFC 5881 */
	PORT_BFD_MULTIHOP = 4784, /* RFC 5883 */
	TIME_SIZE = 40,
};

struct capture *capture_new(capture_record_fn *record, void *user)
{
	struct capture *capture = xnew(struct capture);

	capture->record = record;
	capture->user = user;
	capture_bgp_init(capture);
	return capture;
}

struct capture *capture_free(struct capture *capture)
{
	if (!capture)
		return NULL;

	stream_table_fini(&capture->streams);
	free(capture);
	return NULL;
}

void record_set_text(json_t *record, const char *key, const char *text)
{
	(void)json_object_set_new(record, key, json_string(text));
}

void record_set_int(json_t *record, const char *key, json_int_t value)
{
	(void)json_object_set_new(record, key, json_integer(value));
}

void record_set_ip(json_t *record, const char *key, const struct ip *ip)
{
	char text[IP_TEXT_SIZE];

	record_set_text(record, key, ip_format(ip, text));
}

static void set_mac(json_t *record, const char *key, const struct mac *mac)
{
	char text[MAC_TEXT_SIZE];

	record_set_text(record, key, mac_format(mac, text));
}

json_t *record_new(const struct capture *capture, const char *protocol, const char *from,
	const char *to, const char *event)
{
	json_t *record = json_object();
	time_t seconds = (time_t)(capture->time_us / 1000000);
	char text[TIME_SIZE];
	struct tm tm;
	size_t len = 0;

	if (gmtime_r(&seconds, &tm))
		len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(
		text + len, sizeof(text) - len, ".%06uZ", (unsigned)(capture->time_us % 1000000));
	record_set_text(record, "time", text);
	record_set_text(record, "protocol", protocol);
	record_set_text(record, "from", from);
	record_set_text(record, "to", to);
	record_set_text(record, "event", event);
	return record;
}

json_t *record_between(const struct capture *capture, const char *protocol, const struct ip *from,
	const struct ip *to, const char *event)
{
	char from_text[IP_TEXT_SIZE];
	char to_text[IP_TEXT_SIZE];

	return record_new(
		capture, protocol, ip_format(from, from_text), ip_format(to, to_text), event);
}

void record_emit(const struct capture *capture, json_t *record)
{
	capture->record(capture->user, record);
	json_decref(record);
}

/* What a frame does; NULL: it is an ordinary question. */
static const char *neigh_event(const struct neigh_frame *frame)
{
	bool is_from_nobody = ip_to_uint(&frame->source) == 0;

	switch (frame->kind) {
	case NEIGH_ARP_REQUEST:
		if (is_from_nobody)
			return "probe";
		return ip_equal(&frame->source, &frame->target) ? "announce" : NULL;
	case NEIGH_ARP_REPLY:
		return ip_equal(&frame->source, &frame->target) ? "announce" : "answer";
	case NEIGH_SOLICITATION:
		return is_from_nobody ? "probe" : NULL;
	case NEIGH_ADVERTISEMENT:
		break;
	}
	return (frame->flags & NA_SOLICITED) ? "answer" : "announce";
}

static void take_neigh(const struct capture *capture, const struct neigh_frame *frame)
{
	const bool is_arp = frame->kind == NEIGH_ARP_REQUEST || frame->kind == NEIGH_ARP_REPLY;
	const char *event = neigh_event(frame);
	char from[MAC_TEXT_SIZE];
	char to[MAC_TEXT_SIZE];
	json_t *record;

	if (!event)
		return;
	record = record_new(capture, is_arp ? "arp" : "ndp", mac_format(&frame->eth_src, from),
		mac_format(&frame->eth_dst, to), event);
	/* The address that is claimed: an ARP reply claims its sender's, a probe asks for another. */
	record_set_ip(record, "address",
		frame->kind == NEIGH_ARP_REPLY ? &frame->source : &frame->target);
	if (strcmp(event, "probe") != 0)
		set_mac(record, "mac", frame->has_sender ? &frame->sender : &frame->eth_src);
	record_emit(capture, record);
}

/* The place of a BFD session; one that is new says something else than before in any case. */
static struct bfd_known *bfd_find(
	struct capture *capture, const struct capture_segment *segment, uint32_t discriminator)
{
	struct bfd_known *known;

	for (size_t i = 0; i < capture->bfd_count; i++) {
		known = &capture->bfd[i];
		if (known->discriminator == discriminator &&
			ip_equal(&known->from, &segment->from) &&
			ip_equal(&known->to, &segment->to))
			return known;
	}
	if (capture->bfd_count < BFD_KNOWN_MAX) {
		known = &capture->bfd[capture->bfd_count++];
	} else {
		known = &capture->bfd[capture->bfd_next];
		capture->bfd_next = (capture->bfd_next + 1) % BFD_KNOWN_MAX;
	}
	*known = (struct bfd_known){
		.from = segment->from,
		.to = segment->to,
		.discriminator = discriminator,
		.state = BFD_STATE_COUNT_,
	};
	return known;
}

static const char *const bfd_events[BFD_STATE_COUNT_] = {
	[BFD_ADMIN_DOWN] = "admin-down",
	[BFD_DOWN] = "down",
	[BFD_INIT] = "init",
	[BFD_UP] = "up",
};

static void take_bfd(struct capture *capture, const struct capture_segment *segment)
{
	struct bfd_packet packet;
	struct bfd_known *known;
	json_t *record;

	if (bfd_packet_parse(segment->payload, segment->len, &packet) != BFD_GOOD)
		return;
	known = bfd_find(capture, segment, packet.my_discriminator);
	if (known->state == packet.state && known->diag == packet.diag)
		return;
	known->state = packet.state;
	known->diag = packet.diag;

	record = record_between(
		capture, "bfd", &segment->from, &segment->to, bfd_events[packet.state]);
	record_set_text(record, "diagnostic", bfd_diag_name(packet.diag));
	record_set_int(record, "discriminator", packet.my_discriminator);
	record_set_int(record, "interval_us", packet.desired_tx_us);
	record_set_int(record, "multiplier", packet.multiplier);
	record_emit(capture, record);
}

void capture_frame(struct capture *capture, int64_t time_us, enum capture_link link,
	const uint8_t *bytes, size_t len)
{
	struct capture_segment segment;
	struct capture_neigh neigh;
	struct neigh_frame frame;

	capture->time_us = time_us;
	if (capture_to_segment(link, bytes, len, &segment)) {
		if (segment.protocol == CAPTURE_UDP &&
			(segment.to_port == PORT_BFD || segment.to_port == PORT_BFD_MULTIHOP))
			take_bfd(capture, &segment);
		else if (segment.protocol == CAPTURE_TCP &&
			(segment.to_port == PORT_BGP || segment.from_port == PORT_BGP))
			stream_table_add(&capture->streams, &segment);
	} else if (capture_to_neigh(link, bytes, len, &neigh) &&
		neigh_parse(neigh.bytes, neigh.len, &frame) == FRAME_GOOD) {
		take_neigh(capture, &frame);
	}
}
