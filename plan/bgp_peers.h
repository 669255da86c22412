/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The BGPPeers that concern this node, each resolved: Secret, BFDProfile, annotations, defaults. A
 * peer that can not be used as written stays down with a named reason; the others work. Pure.
 *
 *   bellman.dev/bgp-ttl-security: "1"    GTSM: hops it may be away, 1 to 254
 *   bellman.dev/bgp-passive: "true"      wait for the peer to dial
 *   bellman.dev/bgp-role: "customer"     ours: provider, rs, rs-client, customer, peer
 */

#include "base/ip.h"
#include "model/model.h"
#include "plan/bgp.h"
#include "plan/reason.h"

#include <net/if.h>

enum plan_bgp_as {
	PLAN_BGP_AS_FIXED,    /* peer_as counts */
	PLAN_BGP_AS_INTERNAL, /* ours */
	PLAN_BGP_AS_EXTERNAL, /* any but ours */
};

enum plan_bgp_role {
	PLAN_BGP_ROLE_NONE,
	PLAN_BGP_ROLE_PROVIDER,
	PLAN_BGP_ROLE_RS,
	PLAN_BGP_ROLE_RS_CLIENT,
	PLAN_BGP_ROLE_CUSTOMER,
	PLAN_BGP_ROLE_PEER,
	PLAN_BGP_ROLE_COUNT_,
};

/* What the BFDProfile of a peer says (RFC 5880). */
struct plan_bfd {
	bool is_wanted;
	uint32_t receive_ms;
	uint32_t transmit_ms;
	uint8_t detect_multiplier;
	bool is_passive;
	uint8_t minimum_ttl; /* counts for multihop alone (RFC 5883) */
};

struct plan_bgp_peer {
	char *name;              /* of the BGPPeer */
	unsigned slot;           /* its bit in plan_bgp_path.peers, as long as it is there */
	enum plan_reason reason; /* PLAN_PASSED, or why it stays down */
	char *detail;            /* owned; which field, which object; "" if nothing is to be said */

	uint32_t local_as; /* myASN */
	uint32_t sent_as;  /* localASN: shown to the peer instead of myASN; 0: myASN is */
	uint32_t peer_as;
	enum plan_bgp_as as_kind;

	struct ip address;           /* none: unnumbered, over interface */
	char interface[IF_NAMESIZE]; /* "" if address counts */
	struct ip source;            /* none: the kernel's choice */
	char vrf[IF_NAMESIZE];       /* "": the main one */
	uint16_t port;
	uint32_t router_id; /* host byte order; 0: the agent's */

	uint16_t hold_seconds; /* 0: none */
	uint16_t keepalive_seconds;
	uint16_t connect_seconds; /* 0: the agent's */

	char *password; /* owned; NULL: none */
	struct plan_bfd bfd;
	bool has_graceful_restart;
	bool is_multihop;
	bool is_passive;         /* never dials */
	uint8_t gtsm_hops;       /* RFC 5082: how far it may be; 0: not looked at */
	enum plan_bgp_role role; /* ours; RFC 9234 */
	bool has_v4;             /* families offered */
	bool has_v6;
};

bool plan_bgp_peer_equal(const struct plan_bgp_peer *a, const struct plan_bgp_peer *b);

struct plan_bgp_peers;

struct plan_bgp_peers *plan_bgp_peers_new(void);
struct plan_bgp_peers *plan_bgp_peers_free(struct plan_bgp_peers *peers);
DEFINE_FREEP(struct plan_bgp_peers, plan_bgp_peers);

/* @before or @after is NULL if the peer came or went. Both are borrowed for the call. */
typedef void plan_bgp_peer_fn(
	void *user, const struct plan_bgp_peer *before, const struct plan_bgp_peer *after);

/**
 * plan_bgp_peers_update() - bring the table in line with @model, as node @self
 *
 * A peer that stays keeps its slot. @on_change, which may be NULL, hears of what differs, of peers
 * that went first.
 *
 * Return: true if something differs.
 */
bool plan_bgp_peers_update(struct plan_bgp_peers *peers, const struct model *model,
	const char *self, plan_bgp_peer_fn *on_change, void *user);

/* In the order of their names. */
size_t plan_bgp_peers_count(const struct plan_bgp_peers *peers);
const struct plan_bgp_peer *plan_bgp_peers_at(const struct plan_bgp_peers *peers, size_t i);

const struct plan_bgp_peer *plan_bgp_peers_find(
	const struct plan_bgp_peers *peers, const char *name);

/*
 * The slots of the peers that carry routes of @family, AF_INET or AF_INET6, and that @names names; it
 * names all if it is empty.
 */
uint64_t plan_bgp_peers_slots(
	const struct plan_bgp_peers *peers, const struct strings *names, uint8_t family);
