/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is configured about a peer, and what a change of it costs. Plain values: copied and
 * compared, never freed. Pure.
 */

#include "base/ip.h"
#include "bgp/capability.h"
#include "bgp/notification.h"
#include "bgp/open.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	BGP_PEER_NAME_SIZE = 256,
	BGP_PASSWORD_MAX = 80, /* octets of a TCP-MD5 key (RFC 2385; the kernel's limit) */
	BGP_PORT = 179,
	BGP_HELD_SIZE = 128,
};

/* Zero-initialise before setting members, so that padding compares equal. */
struct bgp_peer_conf {
	char name[BGP_PEER_NAME_SIZE]; /* key; unique in a set */
	/* Whom to talk to. Without an address: whoever is found on the interface (unnumbered). */
	struct ip address;
	char interface[IF_NAMESIZE]; /* of an unnumbered or link-local peer; or bound to; or "" */
	char vrf[IF_NAMESIZE];       /* device to bind to, or "" */
	struct ip source;            /* our address, or family 0: the kernel chooses */
	uint16_t port;               /* 0: 179 */
	bool is_passive;             /* never dial; needs a listening engine */
	/* Who we are and who they are. */
	uint32_t local_as; /* as OPEN and AS_PATH show it: the local AS if one is set */
	enum bgp_peer_type type;
	uint32_t peer_as;   /* of BGP_PEER_AS */
	uint32_t router_id; /* host byte order; 0: the engine's */
	/* Transport. */
	uint8_t password[BGP_PASSWORD_MAX];
	uint8_t password_len; /* 0: no TCP-MD5 */
	uint8_t ttl;          /* to send with: 0: 1 towards an external peer, else 255 */
	uint8_t gtsm_hops;    /* RFC 5082: accept from so many hops at most; 0: off */
	/* Timers. */
	uint16_t hold_seconds;      /* 0: no keepalives; else >= 3 */
	uint16_t keepalive_seconds; /* 0: a third of the hold time agreed */
	uint16_t connect_seconds;   /* longest wait between two tries; 0: 30 */
	uint16_t send_hold_seconds; /* RFC 9687; 0: max(480, 2 x hold) */
	/* Offer. */
	uint8_t families;           /* BGP_FAMILY_BIT(); never 0 */
	bool has_extended_next_hop; /* RFC 8950: IPv4 routes with an IPv6 next hop */
	bool has_graceful_restart;
	uint16_t restart_seconds;
	uint32_t llgr_seconds; /* RFC 9494; 0: not offered; needs graceful restart */
	uint8_t add_path_send; /* families; RFC 7911 */
	uint8_t role;          /* enum bgp_role; BGP_ROLE_NONE: no role */
	bool needs_role;       /* strict mode */
	uint32_t leave_out;    /* mask of bgp_capability_bit() that are not to be offered */
	/* Why the session must stay down ("the Secret x/y is missing"), or "". */
	char held[BGP_HELD_SIZE];
	/* How long the first dial after a restart waits for bgp_session_bfd_up(); 0: not at all. */
	uint32_t bfd_wait_ms;
	/* Hold down by the user's will; the text goes to the peer (RFC 9003). */
	bool is_shut;
	char shutdown_text[BGP_SHUTDOWN_TEXT_SIZE];
};

/* What it takes to bring a change of configuration into force. */
enum bgp_peer_change {
	BGP_CHANGE_NONE,
	BGP_CHANGE_IN_PLACE,     /* nobody notices */
	BGP_CHANGE_NEXT_SESSION, /* the session in force goes on as it was agreed */
	BGP_CHANGE_RESTART,      /* only a new session can have it */
};

enum bgp_peer_change bgp_peer_compare(
	const struct bgp_peer_conf *old, const struct bgp_peer_conf *new);

/*
 * True if the router that knows us as @old will not see us again as that: what it keeps for our
 * restart would draw traffic for nothing.
 */
bool bgp_peer_is_left(const struct bgp_peer_conf *old, const struct bgp_peer_conf *new);

/* True if the AS in an OPEN makes it an internal peer; before there was one, by configuration. */
bool bgp_peer_is_internal(const struct bgp_peer_conf *conf, uint32_t open_as);

/* The TTL to send with. */
uint8_t bgp_peer_ttl(const struct bgp_peer_conf *conf);

/**
 * bgp_peer_offer() - the OPEN that we send to this peer
 * @router_id:     of the engine, for a peer that has none of its own
 * @hostname:      or NULL
 * @is_restarting: R bit: we came back from a restart and were known to this peer
 * @forwarding:    families whose forwarding state survived (F bit)
 */
struct bgp_open bgp_peer_offer(const struct bgp_peer_conf *conf, uint32_t router_id,
	const char *hostname, bool is_restarting, uint8_t forwarding);
