/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/as_path.h"

static bool is_confed(uint8_t type)
{
	return type >= BGP_SEGMENT_CONFED_SEQUENCE;
}

uint32_t bgp_as_take(struct bgp_as_segment *segment)
{
	return segment->octets == 4 ? wire_u32(&segment->numbers) : wire_u16(&segment->numbers);
}

static struct bgp_as_segment take_segment(struct wire_reader *value, unsigned octets)
{
	struct bgp_as_segment segment = { .octets = (uint8_t)octets };
	uint8_t count;

	segment.type = wire_u8(value);
	count = wire_u8(value);
	segment.numbers = wire_sub(value, (size_t)count * octets);
	return segment;
}

/* What a segment counts when paths are compared (RFC 4271 9.1.2.2, RFC 5065 5.3). */
static unsigned hops_of(const struct bgp_as_segment *segment)
{
	if (is_confed(segment->type))
		return 0;
	if (segment->type == BGP_SEGMENT_SET)
		return 1;
	return (unsigned)(wire_left(&segment->numbers) / segment->octets);
}

static unsigned count_hops(struct wire_reader value, unsigned octets)
{
	unsigned hops = 0;

	while (wire_left(&value) > 0) {
		struct bgp_as_segment segment = take_segment(&value, octets);

		hops += hops_of(&segment);
	}
	return hops;
}

bool bgp_as_path_is_sound(struct wire_reader value, unsigned octets, bool has_confed)
{
	while (wire_left(&value) > 0) {
		struct bgp_as_segment segment = take_segment(&value, octets);

		if (!wire_ok(&value) || wire_left(&segment.numbers) == 0 || segment.type == 0 ||
			segment.type > BGP_SEGMENT_CONFED_SET)
			return false;
		if (is_confed(segment.type) && !has_confed)
			return false;
		while (wire_left(&segment.numbers) > 0) {
			if (bgp_as_take(&segment) == 0)
				return false;
		}
	}
	return true;
}

struct bgp_as_path bgp_as_path(struct wire_reader value, unsigned octets)
{
	return (struct bgp_as_path){ .front = value, .front_octets = (uint8_t)octets };
}

struct bgp_as_path bgp_as_path_merge(struct wire_reader path, struct wire_reader as4_path)
{
	struct bgp_as_path merged = bgp_as_path(path, 2);
	unsigned hops = count_hops(path, 2);
	unsigned as4_hops = count_hops(as4_path, 4);

	if (hops < as4_hops)
		return merged;
	merged.back = as4_path;
	merged.front_hops = hops - as4_hops;
	merged.is_merged = true;
	return merged;
}

/*
 * A segment of a confederation goes along if it leads the path or touches what was taken. Of a
 * sequence perhaps only the head is taken; then what follows touches nothing.
 */
static bool next_of_front(struct bgp_as_path *path, struct bgp_as_segment *ret_segment)
{
	struct wire_reader rest = path->front;
	struct bgp_as_segment segment;
	unsigned hops;

	if (wire_left(&rest) == 0)
		return false;
	segment = take_segment(&rest, path->front_octets);
	hops = hops_of(&segment);
	if (path->is_merged && hops > path->front_hops) {
		segment.numbers = wire_sub(
			&segment.numbers, (size_t)path->front_hops * path->front_octets);
		path->front_hops = 0;
		path->front.at = path->front.end;
		*ret_segment = segment;
		return wire_left(&segment.numbers) > 0;
	}
	path->front_hops -= path->is_merged ? hops : 0;
	path->front = rest;
	*ret_segment = segment;
	return true;
}

bool bgp_as_path_next(struct bgp_as_path *path, struct bgp_as_segment *ret_segment)
{
	if (next_of_front(path, ret_segment))
		return true;
	while (wire_left(&path->back) > 0) {
		*ret_segment = take_segment(&path->back, 4);
		if (!is_confed(ret_segment->type)) /* RFC 6793 section 6 */
			return true;
	}
	return false;
}
