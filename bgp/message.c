/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/message.h"

#include "bgp/notification.h"

#include <errno.h>

enum {
	MARKER_LEN = 16,
	REFRESH_BODY_LEN = 4,
};

/* RFC 4271 section 4: the least a message of each type can be. */
static const uint16_t min_len[BGP_MSG_TYPE_COUNT_] = {
	[BGP_MSG_OPEN] = 29,
	[BGP_MSG_UPDATE] = 23,
	[BGP_MSG_NOTIFICATION] = 21,
	[BGP_MSG_KEEPALIVE] = BGP_HEADER_LEN,
	[BGP_MSG_ROUTE_REFRESH] = BGP_HEADER_LEN,
};

int bgp_refuse(
	struct bgp_refusal *ret_why, uint8_t code, uint8_t subcode, const void *data, size_t len)
{
	struct bgp_refusal why = { .code = code, .subcode = subcode };

	if (len > sizeof(why.data))
		len = sizeof(why.data);
	if (len > 0)
		memcpy(why.data, data, len);
	why.data_len = (uint16_t)len;
	*ret_why = why;
	return -EPROTO;
}

/* The longest a message of @type can be; RFC 8654 section 4 keeps two types short. */
static size_t max_len(enum bgp_message_type type, size_t max)
{
	if (type == BGP_MSG_KEEPALIVE)
		return BGP_HEADER_LEN;
	if (type == BGP_MSG_OPEN)
		return BGP_MESSAGE_MAX;
	return max;
}

int bgp_header_parse(const uint8_t header[BGP_HEADER_LEN], size_t max,
	struct bgp_header *ret_header, struct bgp_refusal *ret_why)
{
	static const uint8_t marker[MARKER_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct wire_reader r = wire_reader(header, BGP_HEADER_LEN);
	const uint8_t *seen = wire_bytes(&r, MARKER_LEN);
	uint16_t len = wire_u16(&r);
	uint8_t type = wire_u8(&r);
	const uint8_t *len_field = header + MARKER_LEN;

	if (memcmp(seen, marker, MARKER_LEN) != 0)
		return bgp_refuse(ret_why, BGP_ERR_HEADER, BGP_HEADER_NOT_SYNCHRONIZED, NULL, 0);
	if (len < BGP_HEADER_LEN || len > max)
		return bgp_refuse(ret_why, BGP_ERR_HEADER, BGP_HEADER_BAD_LENGTH, len_field, 2);
	if (type == 0 || type >= BGP_MSG_TYPE_COUNT_)
		return bgp_refuse(ret_why, BGP_ERR_HEADER, BGP_HEADER_BAD_TYPE, &type, 1);
	if (len < min_len[type] || len > max_len(type, max))
		return bgp_refuse(ret_why, BGP_ERR_HEADER, BGP_HEADER_BAD_LENGTH, len_field, 2);

	*ret_header = (struct bgp_header){ .type = type, .len = len };
	return 0;
}

size_t bgp_message_begin(struct wire_writer *w, enum bgp_message_type type)
{
	size_t begin = wire_mark(w);

	wire_put_fill(w, 0xff, MARKER_LEN);
	wire_put_u16(w, 0);
	wire_put_u8(w, (uint8_t)type);
	return begin;
}

void bgp_message_end(struct wire_writer *w, size_t begin)
{
	wire_patch_u16(w, begin + MARKER_LEN, (uint16_t)(wire_written(w) - begin));
}

void bgp_keepalive_build(struct wire_writer *w)
{
	bgp_message_end(w, bgp_message_begin(w, BGP_MSG_KEEPALIVE));
}

void bgp_refresh_build(struct wire_writer *w, enum bgp_family family, uint8_t subtype)
{
	size_t begin = bgp_message_begin(w, BGP_MSG_ROUTE_REFRESH);

	wire_put_u16(w, bgp_family_afi(family));
	wire_put_u8(w, subtype);
	wire_put_u8(w, BGP_SAFI_UNICAST);
	bgp_message_end(w, begin);
}

int bgp_refresh_parse(struct wire_reader *body, struct bgp_refresh *ret_refresh)
{
	struct bgp_refresh refresh;

	if (wire_left(body) != REFRESH_BODY_LEN)
		return -EPROTO;
	refresh.afi = wire_u16(body);
	refresh.subtype = wire_u8(body);
	refresh.safi = wire_u8(body);
	*ret_refresh = refresh;
	return 0;
}
