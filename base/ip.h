/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses, prefixes and ranges of both families, MAC addresses, and their text forms.
 *
 * Values, not objects: copied, compared, never freed. Bytes are in network order. Text is read as
 * strictly as Go's net/netip reads it (no leading zeros, no zone), since users bring manifests that
 * Kubernetes has accepted; IPv6 is written as RFC 5952 says.
 */

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ip {
	uint8_t family;    /* AF_INET, AF_INET6, or 0: no address */
	uint8_t bytes[16]; /* IPv4 in the first four, the rest zero */
};

struct ip_prefix {
	struct ip ip; /* bits behind len are zero */
	uint8_t len;
};

/* All addresses from first to last, both inside; one family. */
struct ip_range {
	struct ip first;
	struct ip last;
};

struct mac {
	uint8_t bytes[6];
};

enum {
	IP_TEXT_SIZE = 46,
	IP_PREFIX_TEXT_SIZE = 50,
	MAC_TEXT_SIZE = 18,
};

__extension__ typedef unsigned __int128 ip_uint; /* an address as a number: a unit */

static inline bool ip_is_set(const struct ip *ip)
{
	return ip->family != 0;
}

/* Bits of an address of @family: 32 or 128. */
static inline unsigned ip_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

static inline size_t ip_len(const struct ip *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

/* From @bytes in network order: 4 of them for AF_INET, 16 for AF_INET6. */
struct ip ip_from_bytes(uint8_t family, const void *bytes);

/**
 * ip_parse() - read "192.0.2.1" or "2001:db8::1"
 *
 * An IPv4-mapped IPv6 address (::ffff:1.2.3.4) becomes the IPv4 address, as in Go's net.ParseIP.
 *
 * Return: 0, or -EINVAL and @ret_ip untouched.
 */
must_check int ip_parse(const char *text, struct ip *ret_ip);

/* Writes the canonical text and returns @text; "" for no address. */
const char *ip_format(const struct ip *ip, char text[IP_TEXT_SIZE]);

/* Orders by family (IPv4 first), then by value. Like memcmp(). */
int ip_compare(const struct ip *a, const struct ip *b);

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_compare(a, b) == 0;
}

uint32_t ip_hash(const struct ip *ip);

/* IPv6 scope, by prefix fe80::/10. */
bool ip_is_link_local(const struct ip *ip);
bool ip_is_multicast(const struct ip *ip);

ip_uint ip_to_uint(const struct ip *ip);
struct ip ip_from_uint(uint8_t family, ip_uint value);

/**
 * ip_prefix_parse() - read "192.0.2.0/24"; bits behind the length are cleared
 *
 * Return: 0, or -EINVAL and @ret_prefix untouched.
 */
must_check int ip_prefix_parse(const char *text, struct ip_prefix *ret_prefix);

/* @ip with all bits behind @len cleared; @len is clamped to the family's. */
struct ip_prefix ip_prefix_of(const struct ip *ip, unsigned len);

const char *ip_prefix_format(const struct ip_prefix *prefix, char text[IP_PREFIX_TEXT_SIZE]);

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip *ip);
int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b);

struct ip_range ip_prefix_range(const struct ip_prefix *prefix);
bool ip_range_contains(const struct ip_range *range, const struct ip *ip);

/* True if an address lies in both. */
bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b);

/* Addresses in @range, saturated at UINT64_MAX. */
uint64_t ip_range_size(const struct ip_range *range);

/**
 * ip_range_split() - the first of the minimal prefixes that make up @range
 * @range:      what is left to split; its first address moves on; must not be empty
 * @ret_prefix: the prefix cut off
 *
 * Return: true if something is left in @range.
 */
bool ip_range_split(struct ip_range *range, struct ip_prefix *ret_prefix);

static inline bool mac_is_group(const struct mac *mac)
{
	return mac->bytes[0] & 1;
}

bool mac_equal(const struct mac *a, const struct mac *b);
bool mac_is_zero(const struct mac *mac);
const char *mac_format(const struct mac *mac, char text[MAC_TEXT_SIZE]);
