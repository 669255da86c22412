/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/conn.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum {
	LARGE_HOLD_SECONDS = 240,    /* RFC 4271 section 8.2.2 */
	SEND_HOLD_SECONDS_MIN = 480, /* RFC 9687 section 5 */
	KEEPALIVE_SECONDS_MIN = 1,   /* RFC 4271 section 4.4 */
	RESERVE = 1024,              /* of the buffer for a last NOTIFICATION */
};

static uint64_t after(uint64_t now_ns, uint64_t seconds)
{
	return now_ns + seconds * NS_PER_S;
}

/* xorshift32: jitter needs no better one. */
static uint32_t chance(struct bgp_conn *conn)
{
	conn->random ^= conn->random << 13;
	conn->random ^= conn->random >> 17;
	conn->random ^= conn->random << 5;
	return conn->random;
}

/* 0.75 to 1 of @seconds (RFC 4271 section 10). */
static uint64_t jittered(struct bgp_conn *conn, uint64_t seconds)
{
	uint64_t ns = seconds * NS_PER_S;

	return ns - ns / 1024 * (chance(conn) % 257);
}

static struct wire_writer out_writer(struct bgp_conn *conn, size_t reserve)
{
	if (!conn->out_buf)
		conn->out_buf = xcalloc(1, BGP_CONN_OUT_SIZE);
	if (conn->out_at == conn->out_end)
		conn->out_at = conn->out_end = 0;
	return wire_writer(
		conn->out_buf + conn->out_end, BGP_CONN_OUT_SIZE - conn->out_end - reserve);
}

/* RFC 9687 section 5. */
static void arm_send_hold(struct bgp_conn *conn, uint64_t now_ns)
{
	unsigned seconds = conn->conf.send_hold_seconds;

	if (seconds == 0)
		seconds = 2 * conn->hold_seconds;
	if (conn->conf.send_hold_seconds == 0 && seconds < SEND_HOLD_SECONDS_MIN)
		seconds = SEND_HOLD_SECONDS_MIN;
	conn->send_hold_at_ns = after(now_ns, seconds);
}

/* Queues what was written, if all of it had room. */
static void out_done(struct bgp_conn *conn, const struct wire_writer *w, enum bgp_message_type type,
	uint64_t now_ns)
{
	if (!wire_writer_ok(w) || wire_written(w) == 0)
		return;
	if (conn->out_at == conn->out_end)
		arm_send_hold(conn, now_ns);
	conn->out_end += wire_written(w);
	conn->out->messages[type]++;
	conn->out->octets += wire_written(w);
}

/*
 * The peer shall read why, not first what is of no use any more: messages of which nothing was
 * given to the kernel are dropped. One that is half sent is finished, or it would read garbage; and
 * an OPEN must come before all. Without the KEEPALIVE behind it the peer does not take a connection
 * for Established that lost a collision (RFC 4271 section 6.8).
 */
static void drop_unsent(struct bgp_conn *conn)
{
	size_t at = 0;

	while (at < conn->out_end &&
		(at < conn->out_at || conn->out_buf[at + BGP_HEADER_LEN - 1] == BGP_MSG_OPEN))
		at += bgp_message_len(conn->out_buf + at);
	if (at < conn->out_end)
		conn->out_end = at;
}

static void notify(struct bgp_conn *conn, const struct bgp_refusal *why, uint64_t now_ns)
{
	struct wire_writer w;

	drop_unsent(conn);
	w = out_writer(conn, 0);
	bgp_notification_build(&w, why);
	out_done(conn, &w, BGP_MSG_NOTIFICATION, now_ns);
}

static void keep_bytes(struct bgp_open_bytes *open, const uint8_t *message, size_t len)
{
	free(open->bytes);
	open->bytes = xmemdup(message, len);
	open->len = len;
}

static void drop_bytes(struct bgp_open_bytes *open)
{
	free(open->bytes);
	*open = (struct bgp_open_bytes){ 0 };
}

static void send_open(struct bgp_conn *conn, uint64_t now_ns)
{
	struct wire_writer w = out_writer(conn, RESERVE);

	conn->sent = bgp_open_build(&w, &conn->conf.offer, &conn->conf.limits);
	keep_bytes(&conn->open_sent, w.start, wire_written(&w));
	out_done(conn, &w, BGP_MSG_OPEN, now_ns);
}

/* Behind one that waits another one tells nothing new. */
static bool keepalive_waits(const struct bgp_conn *conn)
{
	size_t at = 0;
	uint8_t last = 0;

	while (at < conn->out_end && conn->out_at < conn->out_end) {
		last = conn->out_buf[at + BGP_HEADER_LEN - 1];
		at += bgp_message_len(conn->out_buf + at);
	}
	return last == BGP_MSG_KEEPALIVE;
}

static void send_keepalive(struct bgp_conn *conn, uint64_t now_ns)
{
	struct wire_writer w;

	if (keepalive_waits(conn))
		return;
	w = out_writer(conn, RESERVE);
	bgp_keepalive_build(&w);
	out_done(conn, &w, BGP_MSG_KEEPALIVE, now_ns);
}

/* What we tell the peer, as a notification like one that was received. */
static struct bgp_notification as_notification(const struct bgp_refusal *why)
{
	struct bgp_notification n = { .code = why->code, .subcode = why->subcode };
	uint8_t bytes[2 + BGP_REFUSAL_DATA_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct wire_reader body;

	wire_put_u8(&w, why->code);
	wire_put_u8(&w, why->subcode);
	wire_put_bytes(&w, why->data, why->data_len);
	body = wire_reader(bytes, wire_written(&w));
	if (bgp_notification_parse(&body, &n) < 0)
		n.data_len = 0;
	return n;
}

/* The refusal that goes with the effects of a step; code 0: none. */
static struct bgp_refusal refusal_of(
	const struct bgp_conn *conn, unsigned effects, const struct bgp_refusal *given)
{
	static const uint8_t fsm_subcodes[BGP_STATE_COUNT_] = {
		[BGP_OPEN_SENT] = BGP_FSM_IN_OPEN_SENT,
		[BGP_OPEN_CONFIRM] = BGP_FSM_IN_OPEN_CONFIRM,
		[BGP_ESTABLISHED] = BGP_FSM_IN_ESTABLISHED,
	};
	struct bgp_refusal why = { 0 };

	if (effects & BGP_DO_NOTIFY && given)
		return *given;
	if (effects & BGP_DO_NOTIFY_HOLD)
		why.code = BGP_ERR_HOLD_EXPIRED;
	if (effects & BGP_DO_NOTIFY_SEND_HOLD)
		why.code = BGP_ERR_SEND_HOLD_EXPIRED;
	if (effects & BGP_DO_NOTIFY_FSM)
		(void)bgp_refuse(&why, BGP_ERR_FSM, fsm_subcodes[conn->state], &conn->last_type,
			conn->last_type ? 1 : 0);
	return why;
}

static void agree_hold(struct bgp_conn *conn)
{
	unsigned ours = conn->conf.offer.hold_seconds;
	unsigned theirs = conn->theirs.hold_seconds;
	unsigned third;

	conn->hold_seconds = ours < theirs ? ours : theirs;
	third = conn->hold_seconds / 3;
	if (third < KEEPALIVE_SECONDS_MIN)
		third = KEEPALIVE_SECONDS_MIN;
	conn->keepalive_seconds = conn->conf.keepalive_seconds;
	if (conn->keepalive_seconds == 0 || conn->keepalive_seconds > third)
		conn->keepalive_seconds = third;
}

static void arm(struct bgp_conn *conn, unsigned effects, uint64_t now_ns)
{
	if (effects & BGP_DO_ARM_LARGE_HOLD)
		conn->hold_at_ns = after(now_ns, LARGE_HOLD_SECONDS);
	if (effects & BGP_DO_ARM_HOLD)
		conn->hold_at_ns = conn->hold_seconds ? after(now_ns, conn->hold_seconds) : 0;
	if (effects & BGP_DO_ARM_KEEPALIVE)
		conn->keepalive_at_ns = conn->hold_seconds ?
			now_ns + jittered(conn, conn->keepalive_seconds) :
			0;
}

static void ended(
	struct bgp_conn *conn, enum bgp_ended_by by, const struct bgp_refusal *why, uint64_t now_ns)
{
	if (conn->end.by == BGP_BY_NOBODY)
		conn->end.by = by;
	if (why->code != 0)
		conn->end.notification = as_notification(why);
	conn->end.at_ns = now_ns;
	conn->end.was_established = conn->state == BGP_ESTABLISHED;
	conn->hold_at_ns = conn->keepalive_at_ns = conn->send_hold_at_ns = 0;
	conn->todo |= BGP_CONN_CLOSE;
}

/* Nothing of the last connection counts for the next one. */
static void forget(struct bgp_conn *conn)
{
	conn->in_at = conn->in_end = conn->out_at = conn->out_end = 0;
	conn->has_open = false;
	drop_bytes(&conn->open_sent);
	drop_bytes(&conn->open_received);
	conn->end = (struct bgp_end){ 0 };
}

/* The one place that carries out what the table says, in the order of the effects. */
static void step(struct bgp_conn *conn, enum bgp_fsm_event event, const struct bgp_refusal *given,
	enum bgp_ended_by by, uint64_t now_ns)
{
	struct bgp_step s = bgp_fsm_step(conn->state, event);
	struct bgp_refusal why = refusal_of(conn, s.effects, given);

	if (why.code != 0)
		notify(conn, &why, now_ns);
	if (s.effects & BGP_DO_CLOSE)
		ended(conn, by, &why, now_ns);
	conn->state = s.next;
	if (s.effects & BGP_DO_DIAL) {
		forget(conn);
		conn->todo |= BGP_CONN_DIAL;
	}
	if (s.effects & BGP_DO_ARM_RETRY)
		conn->todo |= BGP_CONN_ARM_RETRY;
	if (s.effects & BGP_DO_SEND_OPEN)
		send_open(conn, now_ns);
	if (s.effects & BGP_DO_SEND_KEEPALIVE)
		send_keepalive(conn, now_ns);
	arm(conn, s.effects, now_ns);
	if (s.effects & BGP_DO_ESTABLISH) {
		conn->up_ns = now_ns;
		conn->todo |= BGP_CONN_UP;
	}
}

void bgp_conn_init(struct bgp_conn *conn, const struct bgp_conn_conf *conf,
	struct bgp_received *received, struct bgp_message_counts *in,
	struct bgp_message_counts *out)
{
	*conn = (struct bgp_conn){
		.conf = *conf,
		.received = received,
		.in = in,
		.out = out,
		.random = conf->seed ? conf->seed : 1,
	};
}

void bgp_conn_fini(struct bgp_conn *conn)
{
	free(conn->in_buf);
	free(conn->out_buf);
	drop_bytes(&conn->open_sent);
	drop_bytes(&conn->open_received);
	conn->in_buf = conn->out_buf = NULL;
	conn->in_at = conn->in_end = conn->out_at = conn->out_end = 0;
}

void bgp_conn_event(struct bgp_conn *conn, enum bgp_fsm_event event, uint64_t now_ns)
{
	step(conn, event, NULL, BGP_BY_NETWORK, now_ns);
}

void bgp_conn_tcp_down(struct bgp_conn *conn, int error, uint64_t now_ns)
{
	bool was_dialling = conn->state == BGP_CONNECT;

	if (conn->state == BGP_IDLE)
		return;
	conn->end.error = error;
	conn->end.what = was_dialling ? "no connection" :
		error == 0            ? "the peer closed the connection without a word" :
					"the connection broke";
	step(conn, BGP_EV_TCP_DOWN, NULL, BGP_BY_NETWORK, now_ns);
}

void bgp_conn_stop(struct bgp_conn *conn, enum bgp_fsm_event event, enum bgp_ended_by by,
	const struct bgp_refusal *why, uint64_t now_ns)
{
	if (conn->state == BGP_IDLE)
		return;
	step(conn, event, why, by, now_ns);
	if (conn->end.notification.code == 0)
		conn->end.notification = as_notification(why);
}

uint8_t *bgp_conn_room(struct bgp_conn *conn, size_t *ret_len)
{
	if (!conn->in_buf)
		conn->in_buf = xcalloc(1, BGP_CONN_IN_SIZE);
	if (conn->in_at > 0) {
		memmove(conn->in_buf, conn->in_buf + conn->in_at, conn->in_end - conn->in_at);
		conn->in_end -= conn->in_at;
		conn->in_at = 0;
	}
	*ret_len = BGP_CONN_IN_SIZE - conn->in_end;
	return conn->in_buf + conn->in_end;
}

void bgp_conn_got(struct bgp_conn *conn, size_t len, uint64_t now_ns)
{
	conn->in_end += len;
	conn->in->octets += len;
	conn->last_read_ns = now_ns;
}

static void take_open(struct bgp_conn *conn, const uint8_t *message, size_t len, uint64_t now_ns)
{
	struct wire_reader body = wire_reader(message + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	struct bgp_refusal why;
	struct bgp_open open;

	if (conn->state != BGP_OPEN_SENT) {
		step(conn, BGP_EV_OPEN, NULL, BGP_BY_US, now_ns);
		return;
	}
	if (bgp_open_parse(&body, &open, &why) < 0) {
		step(conn, BGP_EV_OPEN_BAD, &why, BGP_BY_US, now_ns);
		return;
	}
	conn->theirs = open;
	conn->has_open = true;
	keep_bytes(&conn->open_received, message, len);
	if (bgp_open_judge(&open, &conn->conf.expect, &why) < 0) {
		step(conn, BGP_EV_OPEN_BAD, &why, BGP_BY_US, now_ns);
		return;
	}
	conn->agreed = bgp_agree(&conn->sent, &open.caps);
	agree_hold(conn);
	step(conn, BGP_EV_OPEN, NULL, BGP_BY_US, now_ns);
	conn->todo |= BGP_CONN_OPENED;
}

static void take_notification(struct bgp_conn *conn, struct wire_reader body, uint64_t now_ns)
{
	struct bgp_notification n = { 0 };
	bool is_version;

	if (bgp_notification_parse(&body, &n) < 0)
		conn->end.what = "a NOTIFICATION too short to say why";
	conn->end.notification = n;
	is_version = n.code == BGP_ERR_OPEN && n.subcode == BGP_OPEN_BAD_VERSION;
	step(conn, is_version ? BGP_EV_NOTIFICATION_VERSION : BGP_EV_NOTIFICATION, NULL,
		BGP_BY_PEER, now_ns);
}

static void take_update(struct bgp_conn *conn, const uint8_t *message, size_t len, uint64_t now_ns)
{
	struct wire_reader body = wire_reader(message + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	struct bgp_update_context context = {
		.has_as4 = conn->agreed.as4,
		.is_internal = conn->theirs.as == conn->conf.expect.local_as,
		.local_as = conn->conf.expect.local_as,
		.families = conn->agreed.families,
		.extended_next_hop = conn->agreed.extended_next_hop,
		.add_path = conn->theirs.caps.add_path_send & conn->sent.add_path_receive,
	};
	struct bgp_update update;

	if (conn->state != BGP_ESTABLISHED) {
		step(conn, BGP_EV_UPDATE, NULL, BGP_BY_US, now_ns);
		return;
	}
	if (bgp_update_parse(body, &context, &update) == BGP_UPDATE_RESET) {
		step(conn, BGP_EV_UPDATE_BAD, &update.why, BGP_BY_US, now_ns);
		return;
	}
	bgp_received_add(conn->received, &update);
	if (conn->on_update)
		conn->on_update(conn->update_user, message, len, &update);
	step(conn, BGP_EV_UPDATE, NULL, BGP_BY_US, now_ns);
}

/* RFC 7313 section 5: only the subtypes it brought are so strict. */
static bool is_bad_refresh(const struct bgp_conn *conn, struct wire_reader body)
{
	uint8_t subtype;

	if (!conn->agreed.enhanced_refresh || wire_left(&body) == 4)
		return false;
	wire_skip(&body, 2);
	subtype = wire_u8(&body);
	return !wire_ok(&body) || subtype == BGP_REFRESH_BEGIN || subtype == BGP_REFRESH_END;
}

static void take_refresh(struct bgp_conn *conn, const uint8_t *message, size_t len, uint64_t now_ns)
{
	struct wire_reader body = wire_reader(message + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	struct bgp_refresh refresh;
	struct bgp_refusal why;
	enum bgp_family family;

	if (conn->state == BGP_ESTABLISHED && is_bad_refresh(conn, body)) {
		(void)bgp_refuse(&why, BGP_ERR_REFRESH, BGP_REFRESH_BAD_LENGTH, message, len);
		step(conn, BGP_EV_REFRESH_BAD, &why, BGP_BY_US, now_ns);
		return;
	}
	if (conn->state == BGP_ESTABLISHED && bgp_refresh_parse(&body, &refresh) == 0 &&
		refresh.subtype == BGP_REFRESH_REQUEST && conn->sent.has_route_refresh &&
		bgp_family_from_wire(refresh.afi, refresh.safi, &family) == 0 &&
		(conn->agreed.families & BGP_FAMILY_BIT(family))) {
		conn->refresh_families |= (uint8_t)BGP_FAMILY_BIT(family);
		conn->todo |= BGP_CONN_REFRESH;
	}
	step(conn, BGP_EV_REFRESH, NULL, BGP_BY_US, now_ns);
}

static void take_message(struct bgp_conn *conn, const uint8_t *message,
	const struct bgp_header *header, uint64_t now_ns)
{
	struct wire_reader body = wire_reader(
		message + BGP_HEADER_LEN, header->len - BGP_HEADER_LEN);

	conn->in->messages[header->type]++;
	conn->last_type = (uint8_t)header->type;
	switch (header->type) {
	case BGP_MSG_OPEN:
		take_open(conn, message, header->len, now_ns);
		break;
	case BGP_MSG_UPDATE:
		take_update(conn, message, header->len, now_ns);
		break;
	case BGP_MSG_NOTIFICATION:
		take_notification(conn, body, now_ns);
		break;
	case BGP_MSG_KEEPALIVE:
		step(conn, BGP_EV_KEEPALIVE, NULL, BGP_BY_US, now_ns);
		break;
	case BGP_MSG_ROUTE_REFRESH:
		take_refresh(conn, message, header->len, now_ns);
		break;
	case BGP_MSG_TYPE_COUNT_:
		break;
	}
	conn->last_type = 0;
}

bool bgp_conn_process(struct bgp_conn *conn, uint64_t now_ns)
{
	size_t left = conn->in_end - conn->in_at;
	const uint8_t *message;
	size_t max = conn->sent.has_extended_message ? BGP_MESSAGE_MAX_EXTENDED : BGP_MESSAGE_MAX;
	struct bgp_refusal why;
	struct bgp_header header;

	if (conn->state < BGP_OPEN_SENT || left < BGP_HEADER_LEN)
		return false;
	message = conn->in_buf + conn->in_at;
	if (bgp_header_parse(message, max, &header, &why) < 0) {
		step(conn, BGP_EV_HEADER_BAD, &why, BGP_BY_US, now_ns);
		return false;
	}
	if (left < header.len)
		return false;
	conn->in_at += header.len;
	take_message(conn, message, &header, now_ns);
	return true;
}

static bool is_due(uint64_t at_ns, uint64_t now_ns)
{
	return at_ns != 0 && at_ns <= now_ns;
}

void bgp_conn_tick(struct bgp_conn *conn, uint64_t now_ns)
{
	if (is_due(conn->hold_at_ns, now_ns))
		step(conn, BGP_EV_HOLD_EXPIRED, NULL, BGP_BY_US, now_ns);
	if (is_due(conn->send_hold_at_ns, now_ns))
		step(conn, BGP_EV_SEND_HOLD_EXPIRED, NULL, BGP_BY_US, now_ns);
	if (is_due(conn->keepalive_at_ns, now_ns))
		step(conn, BGP_EV_KEEPALIVE_EXPIRED, NULL, BGP_BY_US, now_ns);
}

uint64_t bgp_conn_next_ns(const struct bgp_conn *conn)
{
	const uint64_t all[] = { conn->hold_at_ns, conn->keepalive_at_ns, conn->send_hold_at_ns };
	uint64_t next = 0;

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (all[i] != 0 && (next == 0 || all[i] < next))
			next = all[i];
	}
	return next;
}

void bgp_conn_hurry(struct bgp_conn *conn, unsigned seconds, uint64_t now_ns)
{
	uint64_t at_ns = after(now_ns, seconds);

	if (conn->state == BGP_OPEN_SENT && conn->hold_at_ns > at_ns)
		conn->hold_at_ns = at_ns;
}

const uint8_t *bgp_conn_unsent(const struct bgp_conn *conn, size_t *ret_len)
{
	*ret_len = conn->out_end - conn->out_at;
	return *ret_len > 0 ? conn->out_buf + conn->out_at : NULL;
}

void bgp_conn_sent(struct bgp_conn *conn, size_t len, uint64_t now_ns)
{
	conn->out_at += len;
	conn->last_write_ns = now_ns;
	if (conn->out_at == conn->out_end) {
		conn->out_at = conn->out_end = 0;
		conn->send_hold_at_ns = 0;
	} else if (len > 0 && conn->send_hold_at_ns != 0) {
		arm_send_hold(conn, now_ns);
	}
}

uint8_t *bgp_conn_fill_room(struct bgp_conn *conn)
{
	struct wire_writer w;

	if (conn->state != BGP_ESTABLISHED || conn->out_at != conn->out_end)
		return NULL;
	w = out_writer(conn, RESERVE);
	return w.at;
}

void bgp_conn_filled(struct bgp_conn *conn, size_t len, uint64_t now_ns)
{
	struct wire_writer w = out_writer(conn, 0);
	size_t at = 0;

	assert(len <= BGP_CONN_FILL_SIZE);
	w.at += len;
	out_done(conn, &w, BGP_MSG_UPDATE, now_ns);
	conn->out->messages[BGP_MSG_UPDATE]--;
	while (at < len) {
		conn->out->messages[conn->out_buf[at + BGP_HEADER_LEN - 1]]++;
		at += bgp_message_len(conn->out_buf + at);
	}
}

void bgp_conn_probe(struct bgp_conn *conn, uint64_t now_ns)
{
	if (conn->state == BGP_ESTABLISHED)
		send_keepalive(conn, now_ns);
}

void bgp_conn_request_refresh(struct bgp_conn *conn, enum bgp_family family, uint64_t now_ns)
{
	struct wire_writer w = out_writer(conn, RESERVE);

	bgp_refresh_build(&w, family, BGP_REFRESH_REQUEST);
	out_done(conn, &w, BGP_MSG_ROUTE_REFRESH, now_ns);
}
