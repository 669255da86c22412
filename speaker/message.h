/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Messages between speakers, beside their BFD sessions: who am I, with which MACs, do I live, am I
 * drained; "please take these addresses", and what people ask an owner for. One UDP datagram each,
 * signed with the cluster's secret. Pure.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *     |  version 1    |     type      |     flags     |   0, unused   |
 *     +---------------+---------------+---------------+---------------+
 *     |  instance of the sender's process (8)                         |
 *     |  challenge to the receiver (8)                                |
 *     |  echo of the receiver's challenge (8)                         |
 *     |  sequence number (8)                                          |
 *     +---------------------------------------------------------------+
 *     |  names of the Nodes that send and receive: length (1), text
 *     |  hello: count (1), count x MAC (6)
 *     |  give, verify, owns, owns not:
 *     |         count (1), count x (family 4 or 6 (1), address (4, 16))
 *     |  move:  the same, then the name of the Node that is to own them
 *     |  rebalance: nothing
 *     +---------------------------------------------------------------+
 *     |  HMAC-SHA256 over "bellman speaker" and all of the above (32) |
 *     +---------------------------------------------------------------+
 *
 * A message is fresh if it echoes the challenge that the receiver holds against the sender, and its
 * sequence number is higher than the last. When the sender turns out to be another process, the
 * challenge is made anew: so nothing of an earlier process can be played again.
 */

#include "base/ip.h"
#include "speaker/keyring.h"

enum {
	MESSAGE_MAX = 1400, /* bytes: fits in any Ethernet frame */
	MESSAGE_NAME_MAX = 253,
	MESSAGE_MACS_MAX = 8,
	MESSAGE_IPS_MAX = 32,
};

enum message_type {
	MESSAGE_HELLO = 1,
	MESSAGE_GIVE = 2,      /* of the owner: take these; answered as verify is */
	MESSAGE_MOVE = 3,      /* to the owner: give these to target */
	MESSAGE_REBALANCE = 4, /* to an owner: give all to the first of their order */
	MESSAGE_VERIFY = 5,    /* do you answer for these */
	MESSAGE_OWNS = 6,      /* I answer for these */
	MESSAGE_OWNS_NOT = 7,  /* and not for these */
};

enum message_flag {
	MESSAGE_IS_READY = 1,    /* answers for addresses */
	MESSAGE_IS_DRAINING = 2, /* gives everything away */
	MESSAGE_ASKS = 4,        /* wants a hello back at once */
	MESSAGE_IS_NEW = 8,      /* became ready less than its hold-down ago */
};

struct message {
	enum message_type type;
	uint8_t flags;
	uint64_t instance;
	uint64_t challenge;
	uint64_t echo;
	uint64_t sequence;
	char from[MESSAGE_NAME_MAX + 1];
	char to[MESSAGE_NAME_MAX + 1];
	struct mac macs[MESSAGE_MACS_MAX];
	size_t mac_count;
	struct ip ips[MESSAGE_IPS_MAX];
	size_t ip_count;
	char target[MESSAGE_NAME_MAX + 1];
};

/* Return: the number of bytes. */
size_t message_build(
	const struct message *message, const struct keyring *keyring, uint8_t bytes[MESSAGE_MAX]);

/**
 * message_parse() - check the signature, then read
 *
 * Return: 0; -EBADMSG: not signed with any of our keys; -EPROTO: signed, but makes no sense (a
 * later version's); @ret_message is untouched then.
 */
must_check int message_parse(const uint8_t *bytes, size_t len, const struct keyring *keyring,
	struct message *ret_message);

/* What is remembered of one other speaker. Zero-initialise, with a random challenge. */
struct message_peer {
	uint64_t challenge; /* ours to it */
	uint64_t echo;      /* its challenge, to be given back */
	uint64_t
		offered; /* the challenge of what is unproven: only the answer to it gives it back */
	uint64_t instance; /* 0: none yet */
	uint64_t sequence; /* the last of it */
};

enum message_verdict {
	MESSAGE_FRESH,
	MESSAGE_NEW_PROCESS, /* fresh, and of another process than before */
	MESSAGE_UNPROVEN, /* does not echo our challenge: may be old; to be answered, not believed */
	MESSAGE_REPLAYED,
};

/**
 * message_judge() - is a signed message fresh
 * @chance: random, for a new challenge
 *
 * Takes over what must be echoed from now on. Of a message that is unproven that is kept apart, for
 * the answer to it: whoever plays an old one again must not spoil what was agreed.
 */
enum message_verdict message_judge(
	struct message_peer *peer, const struct message *message, uint64_t chance);
