/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One BFD session, RFC 5880 section 6: pure. A packet that came and a timer that fired are calls,
 * time and chance are arguments, packets to send are asked for. Asynchronous mode; a peer may use
 * demand mode, we do not. No echo function: Required Min Echo RX Interval is sent as 0.
 *
 * After every call that changes a session ask bfd_session_next_packet() until it says no, then wake
 * up at bfd_session_deadline().
 *
 * Transmission is aligned, inside the jitter that the RFC wants, to a grid that all sessions of one
 * process share, so that sessions that are due together are sent in one turn.
 */

#include "bfd/auth.h"

#define BFD_NEVER UINT64_MAX

enum {
	BFD_INTERVAL_MIN_US = 1000, /* shorter is refused: no host keeps it */
	BFD_SLOW_US = 1000000,      /* least Desired Min TX Interval while not Up, section 6.8.3 */
};

/* What is wished. */
struct bfd_timing {
	uint32_t tx_us;     /* Desired Min TX Interval while Up */
	uint32_t rx_us;     /* Required Min RX Interval */
	uint8_t multiplier; /* Detect Mult; not 0 */
	uint8_t patience;   /* judge silence by at least this multiplier, whatever the peer's is */
	bool is_passive;    /* say nothing until the peer does */
};

/* Why a session is in its state. */
enum bfd_cause {
	BFD_CAUSE_CREATED,
	BFD_CAUSE_PACKET,  /* what the peer said */
	BFD_CAUSE_SILENCE, /* the detection time passed */
	BFD_CAUSE_ADMIN,   /* bfd_session_set_admin() */
	BFD_CAUSE_COUNT_,
};

/* Time between periodic packets from the peer since the session last came Up. */
struct bfd_arrivals {
	uint64_t count;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t sum_ns;
};

/* Read it as you like; only the functions below change it. */
struct bfd_session {
	struct bfd_timing conf;
	struct bfd_auth auth;

	uint32_t discriminator;
	bool wants_discriminator; /* another one: bfd_session_rename() */
	enum bfd_state state;
	uint8_t diag;
	enum bfd_cause cause;
	uint64_t changed_ns;
	uint32_t flaps; /* times it left Up */

	uint32_t remote_discriminator; /* 0: not known */
	enum bfd_state remote_state;
	uint8_t remote_diag;
	uint8_t remote_multiplier;
	bool is_remote_demanding;
	bool is_remote_independent; /* the C bit */
	uint32_t remote_tx_us;
	uint32_t remote_rx_us;

	uint32_t tx_us; /* in force, while a poll sequence tells the peer of what is wished */
	uint32_t rx_us;
	bool is_polling;
	bool must_poll_again; /* something changed during the poll sequence */
	bool will_poll;       /* after the next packet, to part two poll sequences */

	bool owes_final;
	bool owes_packet;  /* news that must not wait for the next slot */
	bool has_news;     /* the state changed; bfd_session_take_news() */
	uint8_t farewells; /* packets of AdminDown still to be sent at the pace of Up */
	uint32_t pace_us;  /* of transmission; 0: nothing is sent by itself */
	uint64_t sent_ns;
	uint64_t next_tx_ns;

	uint64_t heard_ns;  /* last good packet */
	uint64_t detect_ns; /* detection time: how long silence may be; 0 before the first packet */
	uint64_t silent_ns; /* when it is over; BFD_NEVER: not waiting */
	struct bfd_arrivals arrivals;
};

/* True if @timing can be served. */
bool bfd_timing_is_valid(const struct bfd_timing *timing);

/**
 * bfd_session_init() - a session in state Down
 * @auth:          checked by bfd_auth_check_conf()
 * @discriminator: unique on this host, not zero
 * @sequence:      bfd_auth_first_sequence(); the first packet has the next one
 */
void bfd_session_init(struct bfd_session *session, const struct bfd_timing *timing,
	const struct bfd_auth_conf *auth, uint32_t discriminator, uint32_t sequence,
	uint64_t now_ns);

/* Other intervals: by a poll sequence while Up, sections 6.5 and 6.8.3; else at once. */
void bfd_session_set_timing(
	struct bfd_session *session, const struct bfd_timing *timing, uint64_t now_ns);

/* Other keys or another type; a session that is Up stays so if the peer agrees. */
void bfd_session_set_auth(struct bfd_session *session, const struct bfd_auth_conf *auth);

/**
 * bfd_session_set_admin() - AdminDown, or out of it
 * @diag: told to the peer: BFD_DIAG_ADMIN_DOWN, or another that says why
 *
 * The first packets of AdminDown keep the pace of Up, as many as Detect Mult, so that one lost
 * packet does not make a polite leave look like a death. The RFC wants a second between packets that
 * are not Up, but also that the peer be told for a detection time (sections 6.8.3 and 6.8.16).
 */
void bfd_session_set_admin(
	struct bfd_session *session, bool is_down, enum bfd_diag diag, uint64_t now_ns);

/**
 * bfd_session_receive() - a packet for this session came, section 6.8.6
 * @bytes:  the packet, @packet->len of them
 * @packet: what bfd_packet_parse() made of it
 *
 * Return: BFD_GOOD, or why it changed nothing; BFD_DROP_ADMIN_DOWN if we do not want to talk.
 */
enum bfd_drop bfd_session_receive(struct bfd_session *session, const uint8_t *bytes,
	const struct bfd_packet *packet, uint64_t now_ns);

/* True if the detection time has passed at @now_ns: look whether a packet waits unread first. */
bool bfd_session_is_silent(const struct bfd_session *session, uint64_t now_ns);

/* The detection time has passed, section 6.8.4; does nothing if it has not. */
void bfd_session_expire(struct bfd_session *session, uint64_t now_ns);

/*
 * Gives it another discriminator, unique as the first. With authentication it is a challenge: after
 * silence the peer's sequence number is forgotten, and packets that somebody recorded would be
 * believed if they named us still. Section 6.3 lets a system change it at any time.
 */
void bfd_session_rename(struct bfd_session *session, uint32_t discriminator);

/**
 * bfd_session_next_packet() - is there a packet to send now?
 * @chance:     random, for the jitter
 * @ret_packet: to be built, signed and sent; set only if true
 */
bool bfd_session_next_packet(struct bfd_session *session, uint64_t now_ns, uint32_t chance,
	struct bfd_packet *ret_packet);

/* True, once, if the state changed since it was asked for last. */
bool bfd_session_take_news(struct bfd_session *session);

/* When to call bfd_session_expire() and bfd_session_next_packet() next; BFD_NEVER: not by time. */
uint64_t bfd_session_deadline(const struct bfd_session *session);

/* Desired Min TX Interval as it is told to the peer now. */
uint32_t bfd_session_told_tx_us(const struct bfd_session *session);

/* "created", "packet", "silence" or "admin". */
const char *bfd_cause_name(enum bfd_cause cause);
