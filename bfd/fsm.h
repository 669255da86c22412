/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The BFD session state machine, RFC 5880 section 6.2: a pure function of what we are and what the
 * peer says it is. Timers, discriminators and packets are bfd/session.h.
 */

#include <stdbool.h>
#include <stdint.h>

/* Values are those on the wire (RFC 5880 section 4.1). */
enum bfd_state {
	BFD_ADMIN_DOWN,
	BFD_DOWN,
	BFD_INIT,
	BFD_UP,
	BFD_STATE_COUNT_,
};

/* Why a session left Up, as it is told to the peer; values are those on the wire. */
enum bfd_diag {
	BFD_DIAG_NONE,
	BFD_DIAG_DETECT_EXPIRED,
	BFD_DIAG_ECHO_FAILED,
	BFD_DIAG_NEIGHBOR_DOWN,
	BFD_DIAG_FORWARDING_RESET,
	BFD_DIAG_PATH_DOWN,
	BFD_DIAG_CONCATENATED_PATH_DOWN,
	BFD_DIAG_ADMIN_DOWN,
	BFD_DIAG_REVERSE_PATH_DOWN,
	BFD_DIAG_COUNT_,
};

struct bfd_verdict {
	enum bfd_state state;
	enum bfd_diag diag; /* meaningful when state fell to BFD_DOWN */
};

/**
 * bfd_on_packet() - the state after a control packet
 * @local:  our state
 * @remote: the state the peer reports
 *
 * RFC 5880 section 6.8.6, from "If the received state is AdminDown".
 */
struct bfd_verdict bfd_on_packet(enum bfd_state local, enum bfd_state remote);

/**
 * bfd_on_silence() - the state after the detection time has passed without a packet
 *
 * RFC 5880 section 6.8.4.
 */
struct bfd_verdict bfd_on_silence(enum bfd_state local);

/* "AdminDown", "Down", "Init" or "Up", as the RFC writes them. */
const char *bfd_state_name(enum bfd_state state);

/* "none", "control detection time expired", ...; a value of the wire that has no name: "unknown". */
const char *bfd_diag_name(uint8_t diag);
