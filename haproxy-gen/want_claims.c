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
	const struct service *service; /* NULL: the VM's own */
};

struct claims {
	struct claim *at; /* in the order of claims_add() */
	size_t count;
	size_t capacity;
	uint32_t *table;         /* place + 1 in it, by open addressing; 0: free */
	size_t size;             /* of the table: a power of two */
	struct claim *wildcards; /* of the VM's own, which have every address */
	size_t wildcard_count;
	size_t wildcard_capacity;
};

struct claims *claims_new(size_t expected)
{
	struct claims *claims = xnew(struct claims);

	for (claims->size = 64; claims->size < 2 * expected; claims->size *= 2)
		;
	claims->table = xnew_array(uint32_t, claims->size);
	claims->capacity = expected + 1;
	claims->at = xnew_array(struct claim, claims->capacity);
	return claims;
}

struct claims *claims_free(struct claims *claims)
{
	if (!claims)
		return NULL;

	free(claims->at);
	free(claims->table);
	free(claims->wildcards);
	free(claims);
	return NULL;
}

static bool is_same(const struct claim *a, const struct claim *b)
{
	return a->port == b->port && a->is_udp == b->is_udp && ip_equal(&a->ip, &b->ip);
}

/* The place in the table that has @wanted, or the free one where it belongs. */
static uint32_t *find(const struct claims *claims, const struct claim *wanted)
{
	size_t i = ip_hash(&wanted->ip) * 31 + wanted->port * UINT32_C(2654435761) + wanted->is_udp;

	for (;; i++) {
		uint32_t *place = &claims->table[i & (claims->size - 1)];

		if (*place == 0 || is_same(&claims->at[*place - 1], wanted))
			return place;
	}
}

static void grow(struct claims *claims)
{
	free(claims->table);
	claims->size *= 2;
	claims->table = xnew_array(uint32_t, claims->size);
	for (size_t i = 0; i < claims->count; i++)
		*find(claims, &claims->at[i]) = (uint32_t)i + 1;
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

uint32_t claims_add(struct claims *claims, const struct ip *ip, uint16_t port, bool is_udp,
	const struct service *service)
{
	const struct claim new = { *ip, port, is_udp, service };
	uint32_t *place = find(claims, &new);

	if (!service && is_any(ip))
		*array_add(
			claims->wildcards, claims->wildcard_count, claims->wildcard_capacity) = new;
	if (*place != 0) {
		struct claim *claim = &claims->at[*place - 1];

		if (claim->service && (!service || is_older(service, claim->service)))
			claim->service = service;
		return *place - 1;
	}
	*array_add(claims->at, claims->count, claims->capacity) = new;
	*place = (uint32_t)claims->count;
	if (claims->count * 4 > claims->size * 3)
		grow(claims);
	return (uint32_t)claims->count - 1;
}

const struct service *claims_owner(const struct claims *claims, uint32_t number)
{
	const struct claim *claim = &claims->at[number];

	for (size_t i = 0; i < claims->wildcard_count; i++) {
		const struct claim *wildcard = &claims->wildcards[i];

		/* [::] takes IPv4 as well unless told otherwise. */
		if (wildcard->port == claim->port && wildcard->is_udp == claim->is_udp &&
			(wildcard->ip.family == claim->ip.family ||
				wildcard->ip.family == AF_INET6))
			return NULL;
	}
	return claim->service;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT" or "", which was judged when it was read. */
static void claim_own(struct claims *claims, const char *listen)
{
	const char *colon = strrchr(listen, ':');
	auto_(freep) char *host = NULL;
	struct ip ip;

	if (!colon)
		return;
	host = listen[0] == '[' ? xstrndup(listen + 1, (size_t)(colon - listen) - 2) :
				  xstrndup(listen, (size_t)(colon - listen));
	if (ip_parse(host, &ip) == 0)
		(void)claims_add(claims, &ip, (uint16_t)strtoul(colon + 1, NULL, 10), false, NULL);
}

void claims_add_own(struct claims *claims, const struct gen_settings *settings)
{
	claim_own(claims, settings->stats.listen);
	claim_own(claims, settings->prometheus.listen);
	if (settings->affinity.members.count == 0)
		claim_own(claims, settings->affinity.listen);
	for (size_t i = 0; i < settings->affinity.members.count; i++) {
		auto_(freep) char *name = NULL;
		const char *listen;

		if (gen_member_parse(settings->affinity.members.at[i], &name, &listen) &&
			strcmp(name, settings->affinity.local) == 0)
			claim_own(claims, listen);
	}
}
