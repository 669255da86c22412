/* SPDX-License-Identifier: Apache-2.0 */

#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

struct ip ip_from_bytes(uint8_t family, const void *bytes)
{
	struct ip ip = { .family = family };

	memcpy(ip.bytes, bytes, family == AF_INET ? 4 : 16);
	return ip;
}

int ip_parse(const char *text, struct ip *ret_ip)
{
	uint8_t bytes[16];

	/* glibc's inet_pton() takes neither leading zeros, nor hexadecimal, nor a zone. */
	if (inet_pton(AF_INET, text, bytes) == 1) {
		*ret_ip = ip_from_bytes(AF_INET, bytes);
		return 0;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return -EINVAL;
	if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		*ret_ip = ip_from_bytes(AF_INET, bytes + sizeof(mapped_prefix));
	else
		*ret_ip = ip_from_bytes(AF_INET6, bytes);
	return 0;
}

/* inet_ntop() goes by printf(), ten times slower: texts of ten thousand addresses are made at once. */
static const char *format_v4(const uint8_t bytes[4], char *text)
{
	char *at = text;

	for (size_t i = 0; i < 4; i++) {
		uint8_t byte = bytes[i];

		if (byte >= 100)
			*at++ = (char)('0' + byte / 100);
		if (byte >= 10)
			*at++ = (char)('0' + byte / 10 % 10);
		*at++ = (char)('0' + byte % 10);
		*at++ = i < 3 ? '.' : '\0';
	}
	return text;
}

const char *ip_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
	if (ip->family == AF_INET)
		return format_v4(ip->bytes, text);
	if (!ip_is_set(ip) || !inet_ntop(ip->family, ip->bytes, text, IP_TEXT_SIZE))
		text[0] = '\0';
	return text;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

uint32_t ip_hash(const struct ip *ip)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ ip->family; /* FNV-1a, 64 bits */

	for (size_t i = 0; i < ip_len(ip); i++)
		hash = (hash ^ ip->bytes[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(hash ^ hash >> 32);
}

bool ip_is_link_local(const struct ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

bool ip_is_multicast(const struct ip *ip)
{
	if (ip->family == AF_INET6)
		return ip->bytes[0] == 0xff;
	return ip->family == AF_INET && (ip->bytes[0] & 0xf0) == 0xe0;
}

ip_uint ip_to_uint(const struct ip *ip)
{
	ip_uint value = 0;

	for (size_t i = 0; i < ip_len(ip); i++)
		value = value << 8 | ip->bytes[i];
	return value;
}

struct ip ip_from_uint(uint8_t family, ip_uint value)
{
	struct ip ip = { .family = family };

	for (size_t i = ip_len(&ip); i > 0; i--) {
		ip.bytes[i - 1] = (uint8_t)value;
		value >>= 8;
	}
	return ip;
}

/* A decimal number without sign or leading zero, at most @max; or -EINVAL. */
static int parse_len(const char *text, unsigned max)
{
	unsigned value = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return -EINVAL;
	}
	return (int)value;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	char address[IP_TEXT_SIZE];
	struct ip ip;
	int len;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (ip_parse(address, &ip) < 0)
		return -EINVAL;
	len = parse_len(slash + 1, ip_bits(ip.family));
	if (len < 0)
		return len;
	*ret_prefix = ip_prefix_of(&ip, (unsigned)len);
	return 0;
}

/* A number whose lowest @count bits are set; @count is at most 128. */
static ip_uint low_bits(unsigned count)
{
	return count == 128 ? ~(ip_uint)0 : ((ip_uint)1 << count) - 1;
}

struct ip_prefix ip_prefix_of(const struct ip *ip, unsigned len)
{
	unsigned bits = ip_bits(ip->family);

	if (len > bits)
		len = bits;
	return (struct ip_prefix){
		.ip = ip_from_uint(ip->family, ip_to_uint(ip) & ~low_bits(bits - len)),
		.len = (uint8_t)len,
	};
}

const char *ip_prefix_format(const struct ip_prefix *prefix, char text[IP_PREFIX_TEXT_SIZE])
{
	char address[IP_TEXT_SIZE];

	(void)snprintf(
		text, IP_PREFIX_TEXT_SIZE, "%s/%u", ip_format(&prefix->ip, address), prefix->len);
	return text;
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip *ip)
{
	struct ip_prefix masked = ip_prefix_of(ip, prefix->len);

	return ip_equal(&masked.ip, &prefix->ip);
}

int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int order = ip_compare(&a->ip, &b->ip);

	return order != 0 ? order : (int)a->len - (int)b->len;
}

struct ip_range ip_prefix_range(const struct ip_prefix *prefix)
{
	uint8_t family = prefix->ip.family;
	ip_uint host_bits = low_bits(ip_bits(family) - prefix->len);

	return (struct ip_range){
		.first = prefix->ip,
		.last = ip_from_uint(family, ip_to_uint(&prefix->ip) | host_bits),
	};
}

bool ip_range_contains(const struct ip_range *range, const struct ip *ip)
{
	return ip->family == range->first.family && ip_compare(ip, &range->first) >= 0 &&
		ip_compare(ip, &range->last) <= 0;
}

bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b)
{
	return a->first.family == b->first.family && ip_compare(&a->first, &b->last) <= 0 &&
		ip_compare(&b->first, &a->last) <= 0;
}

uint64_t ip_range_size(const struct ip_range *range)
{
	ip_uint distance = ip_to_uint(&range->last) - ip_to_uint(&range->first);

	return distance >= UINT64_MAX ? UINT64_MAX : (uint64_t)distance + 1;
}

bool ip_range_split(struct ip_range *range, struct ip_prefix *ret_prefix)
{
	uint8_t family = range->first.family;
	ip_uint first = ip_to_uint(&range->first);
	ip_uint last = ip_to_uint(&range->last);
	unsigned bits = ip_bits(family);
	unsigned free_bits = 0;

	/* Grow the block while it stays aligned and inside. */
	while (free_bits < bits && (first & low_bits(free_bits + 1)) == 0 &&
		last - first >= low_bits(free_bits + 1))
		free_bits++;

	*ret_prefix = (struct ip_prefix){ .ip = range->first, .len = (uint8_t)(bits - free_bits) };
	if (last - first == low_bits(free_bits))
		return false;
	range->first = ip_from_uint(family, first + low_bits(free_bits) + 1);
	return true;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool mac_is_zero(const struct mac *mac)
{
	static const struct mac zero;

	return mac_equal(mac, &zero);
}

const char *mac_format(const struct mac *mac, char text[MAC_TEXT_SIZE])
{
	const uint8_t *b = mac->bytes;

	(void)snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
		b[4], b[5]);
	return text;
}
