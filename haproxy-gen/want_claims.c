/* SPDX-License-Identifier: Apache-2.0 */

/*
 * HAProxy starts with two listeners on one address and port, and the kernel then shares the
 * connections among them: so that somebody else has it must be found here.
 */

#include "base/mem.h"
#include "haproxy-gen/want_parts.h"

#include <string.h>

struct claim {
	struct ip ip;
	uint16_t port;
	bool is_udp;
	bool is_taken;                 /* the place in the table */
	const struct service *service; /* NULL: the VM's own */
};

struct claims {
	struct claim *at; /* open addressing */
	size_t size;      /* a power of two */
	size_t count;
	struct claim *wildcards; /* of the VM's own, which have every address */
	size_t wildcard_count;
	size_t wildcard_capacity;
};

struct claims *claims_new(size_t expected)
{
	struct claims *claims = xnew(struct claims);

	for (claims->size = 64; claims->size < 2 * expected; claims->size *= 2)
		;
	claims->at = xnew_array(struct claim, claims->size);
	return claims;
}

struct claims *claims_free(struct claims *claims)
{
	if (!claims)
		return NULL;

	free(claims->at);
	free(claims->wildcards);
	free(claims);
	return NULL;
}

static struct claim *find(
	const struct claims *claims, const struct ip *ip, uint16_t port, bool is_udp)
{
	size_t i = ip_hash(ip) * 31 + port * UINT32_C(2654435761) + is_udp;

	for (;; i++) {
		struct claim *claim = &claims->at[i & (claims->size - 1)];

		if (!claim->is_taken ||
			(claim->port == port && claim->is_udp == is_udp &&
				ip_equal(&claim->ip, ip)))
			return claim;
	}
}

static void grow(struct claims *claims)
{
	struct claim *old = claims->at;
	size_t old_size = claims->size;

	claims->size *= 2;
	claims->at = xnew_array(struct claim, claims->size);
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].is_taken)
			*find(claims, &old[i].ip, old[i].port, old[i].is_udp) = old[i];
	}
	free(old);
}

/* creationTimestamp, one that is not given last; then namespace and name. */
static bool is_older(const struct service *a, const struct service *b)
{
	const struct object_meta *left = &a->object.meta;
	const struct object_meta *right = &b->object.meta;
	int order;

	if (left->created_seconds != right->created_seconds) {
		if (left->created_seconds == 0 || right->created_seconds == 0)
			return left->created_seconds != 0;
		return left->created_seconds < right->created_seconds;
	}
	order = strcmp(object_ns(&a->object), object_ns(&b->object));
	return order != 0 ? order < 0 : strcmp(left->name, right->name) < 0;
}

static bool is_any(const struct ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->bytes, zero, ip_len(ip)) == 0;
}

void claims_add(struct claims *claims, const struct ip *ip, uint16_t port, bool is_udp,
	const struct service *service)
{
	const struct claim new = { *ip, port, is_udp, true, service };
	struct claim *claim = find(claims, ip, port, is_udp);

	if (!service && is_any(ip))
		*array_add(
			claims->wildcards, claims->wildcard_count, claims->wildcard_capacity) = new;
	if (claim->is_taken) {
		if (claim->service && (!service || is_older(service, claim->service)))
			claim->service = service;
		return;
	}
	*claim = new;
	if (++claims->count * 4 > claims->size * 3)
		grow(claims);
}

const struct service *claims_owner(
	const struct claims *claims, const struct ip *ip, uint16_t port, bool is_udp)
{
	for (size_t i = 0; i < claims->wildcard_count; i++) {
		const struct claim *wildcard = &claims->wildcards[i];

		/* [::] takes IPv4 as well unless told otherwise. */
		if (wildcard->port == port && wildcard->is_udp == is_udp &&
			(wildcard->ip.family == ip->family || wildcard->ip.family == AF_INET6))
			return NULL;
	}
	return find(claims, ip, port, is_udp)->service;
}
