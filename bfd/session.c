/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/session.h"

#include "base/clock.h"

#include <string.h>

enum {
	SLOTS_OF_INTERVAL = 16,   /* a slot of the grid is at most this part of the interval */
	REMOTE_RX_UNKNOWN_US = 1, /* initial bfd.RemoteMinRxInterval, section 6.8.1 */
};

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool bfd_timing_is_valid(const struct bfd_timing *timing)
{
	return timing->tx_us >= BFD_INTERVAL_MIN_US && timing->rx_us >= BFD_INTERVAL_MIN_US &&
		timing->multiplier > 0;
}

uint32_t bfd_session_told_tx_us(const struct bfd_session *session)
{
	if (session->state == BFD_UP)
		return session->conf.tx_us;
	return larger(session->conf.tx_us, BFD_SLOW_US);
}

/* Section 6.8.7, from "A system MUST NOT periodically transmit". */
static bool may_send(const struct bfd_session *session)
{
	if (session->conf.is_passive && session->remote_discriminator == 0)
		return false;
	if (session->remote_rx_us == 0)
		return false;
	return !(session->is_remote_demanding && session->state == BFD_UP &&
		session->remote_state == BFD_UP && !session->is_polling && !session->will_poll);
}

static uint32_t pace_of(const struct bfd_session *session)
{
	uint32_t own_us = session->tx_us;

	if (!may_send(session))
		return 0;
	if (session->state != BFD_UP && session->farewells == 0)
		own_us = larger(own_us, BFD_SLOW_US);
	return larger(own_us, session->remote_rx_us);
}

/* Brings the next transmission in line after what decides the pace may have changed. */
static void replan(struct bfd_session *session)
{
	uint32_t pace_us = pace_of(session);

	if (pace_us == session->pace_us)
		return;
	session->pace_us = pace_us;
	/* Seven eighths: inside the jitter, whatever the multiplier. */
	session->next_tx_ns = pace_us > 0 ? session->sent_ns + pace_us * NS_PER_US / 8 * 7 :
					    BFD_NEVER;
}

/*
 * Section 6.8.7 wants a random part of up to 25 % taken off. It is up to 20 % here, for the sake of
 * fewer packets; 10 to 25 % if one lost packet is a failure. In there it is a multiple of the largest
 * power of two nanoseconds that leaves some choice.
 */
static uint64_t jitter(uint64_t from_ns, uint64_t interval_ns, bool is_single, uint32_t chance)
{
	uint64_t least_ns = from_ns + interval_ns / 100 * (is_single ? 75 : 80);
	uint64_t most_ns = from_ns + interval_ns / 100 * (is_single ? 90 : 100);
	uint64_t at_ns = least_ns + chance % (most_ns - least_ns);
	uint64_t slot_ns = 1;

	while (slot_ns * 2 <= interval_ns / SLOTS_OF_INTERVAL)
		slot_ns *= 2;
	at_ns = (at_ns + slot_ns - 1) & ~(slot_ns - 1);
	return at_ns <= most_ns ? at_ns : at_ns - slot_ns;
}

static void plan_next(struct bfd_session *session, uint64_t now_ns, uint32_t chance)
{
	session->sent_ns = now_ns;
	session->pace_us = pace_of(session);
	session->next_tx_ns = BFD_NEVER;
	if (session->pace_us > 0)
		session->next_tx_ns = jitter(now_ns, session->pace_us * NS_PER_US,
			session->conf.multiplier == 1, chance);
}

/* Section 6.8.4, asynchronous mode. */
static void plan_detection(struct bfd_session *session)
{
	uint8_t multiplier = session->remote_multiplier;

	if (multiplier < session->conf.patience)
		multiplier = session->conf.patience;
	session->detect_ns = multiplier *
		(larger(session->rx_us, session->remote_tx_us) * NS_PER_US);
	session->silent_ns = session->heard_ns + session->detect_ns;
}

static void end_poll(struct bfd_session *session)
{
	session->is_polling = false;
	session->must_poll_again = false;
	session->will_poll = false;
	session->tx_us = session->conf.tx_us;
	session->rx_us = session->conf.rx_us;
}

static void set_state(struct bfd_session *session, enum bfd_state state, uint8_t diag,
	enum bfd_cause cause, uint64_t now_ns)
{
	session->flaps += session->state == BFD_UP;
	session->state = state;
	session->diag = diag;
	session->cause = cause;
	session->changed_ns = now_ns;
	session->has_news = true;
	session->owes_packet = true;
	session->farewells = 0;
	end_poll(session);
	if (state != BFD_UP)
		return;
	/* The intervals told so far were the slow ones: section 6.8.3 wants a poll sequence. */
	session->is_polling = true;
	session->arrivals = (struct bfd_arrivals){ 0 };
}

/* The peer said F. */
static void on_final(struct bfd_session *session)
{
	bool is_stale = session->must_poll_again;

	if (!session->is_polling)
		return;
	session->is_polling = false;
	session->must_poll_again = false;
	/* It may have answered the values before the last change: ask once more, section 6.5. */
	session->will_poll = is_stale;
	if (!is_stale)
		end_poll(session);
}

void bfd_session_init(struct bfd_session *session, const struct bfd_timing *timing,
	const struct bfd_auth_conf *auth, uint32_t discriminator, uint32_t sequence,
	uint64_t now_ns)
{
	*session = (struct bfd_session){
		.conf = *timing,
		.auth = { .conf = *auth, .sent_sequence = sequence },
		.discriminator = discriminator,
		.state = BFD_DOWN,
		.changed_ns = now_ns,
		.remote_state = BFD_DOWN,
		.remote_rx_us = REMOTE_RX_UNKNOWN_US,
		.tx_us = timing->tx_us,
		.rx_us = timing->rx_us,
		.owes_packet = true,
		.sent_ns = now_ns,
		.next_tx_ns = BFD_NEVER,
		.silent_ns = BFD_NEVER,
	};
	replan(session);
}

void bfd_session_set_timing(
	struct bfd_session *session, const struct bfd_timing *timing, uint64_t now_ns)
{
	struct bfd_timing old = session->conf;

	session->conf = *timing;
	if (session->state == BFD_UP &&
		(old.tx_us != timing->tx_us || old.rx_us != timing->rx_us)) {
		/* Until the peer knows: we send as often as either wants, and wait as long. */
		session->tx_us = smaller(session->tx_us, timing->tx_us);
		session->rx_us = larger(session->rx_us, timing->rx_us);
		session->must_poll_again = session->is_polling;
		session->is_polling = session->is_polling || !session->will_poll;
		session->owes_packet = true;
	} else if (session->state != BFD_UP) {
		session->tx_us = timing->tx_us;
		session->rx_us = timing->rx_us;
	}
	if (session->silent_ns != BFD_NEVER) {
		plan_detection(session);
		/* What was not late a moment ago is not late by a change of ours. */
		if (session->silent_ns < now_ns)
			session->silent_ns = now_ns;
	}
	replan(session);
}

void bfd_session_set_auth(struct bfd_session *session, const struct bfd_auth_conf *auth)
{
	if (session->auth.conf.type != auth->type)
		session->auth.has_seen = false;
	session->auth.conf = *auth;
}

void bfd_session_set_admin(
	struct bfd_session *session, bool is_down, enum bfd_diag diag, uint64_t now_ns)
{
	if (is_down == (session->state == BFD_ADMIN_DOWN))
		return;
	if (is_down) {
		set_state(session, BFD_ADMIN_DOWN, (uint8_t)diag, BFD_CAUSE_ADMIN, now_ns);
		session->farewells = session->conf.multiplier;
	} else {
		set_state(session, BFD_DOWN, BFD_DIAG_NONE, BFD_CAUSE_ADMIN, now_ns);
	}
	replan(session);
}

static void note_arrival(
	struct bfd_session *session, const struct bfd_packet *packet, uint64_t now_ns)
{
	struct bfd_arrivals *arrivals = &session->arrivals;
	uint64_t gap_ns = now_ns - session->heard_ns;

	/* Answers and changes of state come out of turn. */
	if (packet->is_final || session->state != BFD_UP || session->remote_state != BFD_UP)
		return;
	if (arrivals->count == 0 || gap_ns < arrivals->min_ns)
		arrivals->min_ns = gap_ns;
	if (gap_ns > arrivals->max_ns)
		arrivals->max_ns = gap_ns;
	arrivals->sum_ns += gap_ns;
	arrivals->count++;
}

static void remember(struct bfd_session *session, const struct bfd_packet *packet, uint64_t now_ns)
{
	session->remote_discriminator = packet->my_discriminator;
	session->remote_state = packet->state;
	session->remote_diag = packet->diag;
	session->remote_multiplier = packet->multiplier;
	session->is_remote_demanding = packet->is_demand;
	session->is_remote_independent = packet->is_independent;
	session->remote_tx_us = packet->desired_tx_us;
	session->remote_rx_us = packet->required_rx_us;
	session->heard_ns = now_ns;
}

enum bfd_drop bfd_session_receive(struct bfd_session *session, const uint8_t *bytes,
	const struct bfd_packet *packet, uint64_t now_ns)
{
	struct bfd_verdict verdict;
	enum bfd_drop drop;

	if (packet->my_discriminator == session->discriminator)
		return BFD_DROP_MY_DISCRIMINATOR; /* a reflection */
	/*
	 * Section 6.8.1, bfd.AuthSeqKnown: a peer that was away may have begun anew. Not before its
	 * silence was noticed, since from then on recorded packets do not name us any more.
	 */
	if (session->silent_ns == BFD_NEVER && now_ns - session->heard_ns >= 2 * session->detect_ns)
		session->auth.has_seen = false;
	drop = bfd_auth_verify(&session->auth, bytes, packet, 3 * (uint32_t)packet->multiplier);
	if (drop != BFD_GOOD)
		return drop;

	note_arrival(session, packet, now_ns);
	remember(session, packet, now_ns);
	if (packet->is_final)
		on_final(session);
	plan_detection(session);
	if (session->state == BFD_ADMIN_DOWN) {
		replan(session);
		return BFD_DROP_ADMIN_DOWN;
	}
	verdict = bfd_on_packet(session->state, packet->state);
	if (verdict.state != session->state)
		set_state(session, verdict.state, (uint8_t)verdict.diag, BFD_CAUSE_PACKET, now_ns);
	if (packet->is_poll)
		session->owes_final = true;
	replan(session);
	return BFD_GOOD;
}

bool bfd_session_is_silent(const struct bfd_session *session, uint64_t now_ns)
{
	return now_ns >= session->silent_ns;
}

void bfd_session_expire(struct bfd_session *session, uint64_t now_ns)
{
	struct bfd_verdict verdict;

	if (!bfd_session_is_silent(session, now_ns))
		return;
	session->silent_ns = BFD_NEVER;
	session->remote_discriminator = 0;
	session->remote_state = BFD_DOWN;
	session->is_remote_demanding = false;
	session->remote_rx_us = REMOTE_RX_UNKNOWN_US;
	session->wants_discriminator = session->auth.conf.type != BFD_AUTH_NONE;
	verdict = bfd_on_silence(session->state);
	if (verdict.state != session->state)
		set_state(session, verdict.state, (uint8_t)verdict.diag, BFD_CAUSE_SILENCE, now_ns);
	replan(session);
}

void bfd_session_rename(struct bfd_session *session, uint32_t discriminator)
{
	session->discriminator = discriminator;
	session->wants_discriminator = false;
}

bool bfd_session_next_packet(struct bfd_session *session, uint64_t now_ns, uint32_t chance,
	struct bfd_packet *ret_packet)
{
	bool is_due = session->owes_packet || now_ns >= session->next_tx_ns;

	if (!session->owes_final && !(is_due && may_send(session)))
		return false;
	*ret_packet = (struct bfd_packet){
		.diag = session->diag,
		.state = session->state,
		.is_poll = session->is_polling && !session->owes_final,
		.is_final = session->owes_final,
		.multiplier = session->conf.multiplier,
		.my_discriminator = session->discriminator,
		.your_discriminator = session->remote_discriminator,
		.desired_tx_us = bfd_session_told_tx_us(session),
		.required_rx_us = session->conf.rx_us,
	};
	if (session->will_poll) {
		session->is_polling = true;
		session->will_poll = false;
	}
	session->owes_final = false;
	session->owes_packet = false;
	if (session->farewells > 0)
		session->farewells--;
	plan_next(session, now_ns, chance);
	return true;
}

bool bfd_session_take_news(struct bfd_session *session)
{
	bool has_news = session->has_news;

	session->has_news = false;
	return has_news;
}

uint64_t bfd_session_deadline(const struct bfd_session *session)
{
	return session->next_tx_ns < session->silent_ns ? session->next_tx_ns : session->silent_ns;
}

const char *bfd_cause_name(enum bfd_cause cause)
{
	static const char *const names[BFD_CAUSE_COUNT_] = { "created", "packet", "silence",
		"admin" };

	return names[cause];
}
