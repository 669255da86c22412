/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Authentication of control packets, RFC 5880 sections 4.2 to 4.4 and 6.7: simple password, keyed
 * and meticulous keyed MD5 and SHA1, and a type of our own. Two keys can be in force at one time:
 * the first signs, both are accepted, so a key is changed without a session falling.
 *
 * Our own type, 254, is for sessions between our own speakers. Its section has the layout of SHA1's
 * with 32 bytes of digest: type, length 40, key ID, reserved 0, sequence number, digest. The digest
 * is HMAC-SHA256 (RFC 2104) with the key over the whole packet with the digest's bytes zero. Every
 * packet has a new sequence number; any that is ahead of the last one (by less than 2^31) is taken. It
 * begins at the time of day in units of 1/256 s, so that a speaker that begins anew is ahead of what
 * it was and is believed at once, not after twice the detection time. Where that fails (a clock set
 * back, half a year Up) bfd.AuthSeqKnown is forgotten as in the other types.
 */

#include "base/own.h"
#include "bfd/packet.h"

enum {
	BFD_KEY_MAX = 64, /* bytes; of HMAC-SHA256, the others take less: bfd_auth_check_conf() */
	BFD_KEYS_MAX = 2,
};

struct bfd_secret {
	uint8_t id; /* Auth Key ID */
	uint8_t len;
	uint8_t bytes[BFD_KEY_MAX];
};

struct bfd_auth_conf {
	enum bfd_auth_type type;
	uint8_t key_count; /* 0 if and only if the type is BFD_AUTH_NONE */
	struct bfd_secret keys[BFD_KEYS_MAX];
};

/* What a session remembers; part of struct bfd_session. */
struct bfd_auth {
	struct bfd_auth_conf conf;
	uint32_t sent_sequence;
	uint32_t seen_sequence;
	bool has_seen; /* bfd.AuthSeqKnown */
};

/* 0, or -EINVAL: a type that there is not, a key that is empty or too long, two with one ID. */
must_check int bfd_auth_check_conf(const struct bfd_auth_conf *conf);

/* The number to begin with: of our own type from @wall_ns, of the others @chance. */
uint32_t bfd_auth_first_sequence(enum bfd_auth_type type, uint64_t wall_ns, uint32_t chance);

/**
 * bfd_auth_sign() - append the authentication section to a packet that bfd_packet_build() wrote
 * @len: of @bytes so far
 *
 * Return: the new length. Moves the sequence number on.
 */
size_t bfd_auth_sign(struct bfd_auth *auth, uint8_t bytes[BFD_PACKET_MAX], size_t len);

/**
 * bfd_auth_verify() - judge the authentication section of a packet, RFC 5880 section 6.7
 * @bytes:  the packet; at least @packet->len bytes
 * @packet: what bfd_packet_parse() made of it
 * @window: how far a sequence number may be ahead: three times the detection multiplier; not looked at
 *          with our own type
 *
 * A type that is right, but with a key or digest that is not, is told apart from a replay.
 *
 * Return: BFD_GOOD, and the sequence number is remembered; or BFD_DROP_AUTH_*.
 */
enum bfd_drop bfd_auth_verify(struct bfd_auth *auth, const uint8_t *bytes,
	const struct bfd_packet *packet, uint32_t window);

/* "none", "simple", "keyed-md5", "meticulous-md5", "keyed-sha1", "meticulous-sha1", "hmac-sha256" */
const char *bfd_auth_type_name(enum bfd_auth_type type);
