/* SPDX-License-Identifier: Apache-2.0 */

#include "bfd/state.h"

#include "base/clock.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	SOCKET_RETRY_S = 1,
	BATCHES_A_TURN = 16,   /* of one socket, before others have their turn */
	BATCHES_A_DRAIN = 512, /* more than a receive buffer holds */
};

static int compare_due(const struct entry *a, const struct entry *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns ? -1 : 1;
	if (a->discriminator != b->discriminator)
		return a->discriminator < b->discriminator ? -1 : 1;
	return 0;
}

TREE_GENERATE(agenda, entry, due, compare_due)

/* Marsaglia's xorshift: for jitter alone, and without a system call. */
static uint32_t next_chance(struct bfd_engine *engine)
{
	uint32_t x = engine->chance;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	engine->chance = x;
	return x;
}

void bfd_report(struct entry *entry, enum bfd_event_type type, int error, uint64_t now_ns)
{
	const struct bfd_session *session = &entry->session;
	struct bfd_event event = {
		.type = type,
		.key = entry->conf.key,
		.tag = entry->conf.tag,
		.at_ns = now_ns,
		.old_state = type == BFD_EV_STATE ? entry->told_state : session->state,
		.state = session->state,
		.remote_state = session->remote_state,
		.cause = session->cause,
		.diag = session->diag,
		.remote_diag = session->remote_diag,
		.is_remote_independent = session->is_remote_independent,
		.detect_ns = session->detect_ns,
		.silence_ns = session->heard_ns > 0 ? now_ns - session->heard_ns : 0,
		.error = error,
	};

	if (type == BFD_EV_STATE)
		entry->told_state = session->state;
	entry->engine->on_event(entry->engine->user, &event);
}

/* Sending failed, or works again: told when it changes. */
static void set_error(struct entry *entry, int error, uint64_t now_ns)
{
	if (entry->error == error)
		return;
	entry->error = error;
	if (error < 0)
		bfd_report(entry, BFD_EV_SOCKET, error, now_ns);
}

void bfd_close_socket(struct entry *entry)
{
	if (entry->on_error)
		event_free(entry->on_error);
	entry->on_error = NULL;
	if (entry->fd >= 0)
		(void)close(entry->fd);
	entry->fd = -1;
}

static void on_session_socket(evutil_socket_t fd, short events, void *arg)
{
	struct entry *entry = arg;
	unsigned refusals = bfd_socket_refusals(fd);

	(void)events;
	entry->refusals += refusals;
	if (refusals == 0 || entry->is_refused)
		return;
	entry->is_refused = true;
	bfd_report(entry, BFD_EV_PEER_GONE, 0, clock_now_ns());
}

static int open_socket(struct entry *entry)
{
	const struct bfd_key *key = &entry->conf.key;
	struct event_base *base = entry->engine->base;
	int r = bfd_socket_connect(&key->peer, &key->local, key->ifindex,
		key->is_multihop ? BFD_PORT_MULTIHOP : BFD_PORT_SINGLE_HOP, arc4random(),
		&entry->fd, &entry->source_port);

	if (r < 0)
		return r;
	entry->on_error = event_new(
		base, entry->fd, EV_READ | EV_PERSIST, on_session_socket, entry);
	if (!entry->on_error || event_add(entry->on_error, NULL) < 0)
		abort(); /* only memory can be missing */
	return 0;
}

/* True if something that failed at @tried_ns may be tried now; notes that it is. */
static bool may_try(uint64_t *tried_ns, uint64_t now_ns)
{
	if (*tried_ns > 0 && now_ns - *tried_ns < SOCKET_RETRY_S * NS_PER_S)
		return false;
	*tried_ns = now_ns;
	return true;
}

static void transmit(struct entry *entry, const struct bfd_packet *packet, uint64_t now_ns)
{
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len;
	int r = 0;

	if (entry->fd < 0) {
		if (!may_try(&entry->tried_ns, now_ns))
			return;
		r = open_socket(entry);
	}
	if (r == 0) {
		len = bfd_packet_build(packet, bytes);
		len = bfd_auth_sign(&entry->session.auth, bytes, len);
		r = bfd_socket_send(entry->fd, bytes, len);
	}
	if (r == 0)
		entry->packets_out++;
	else
		entry->send_errors++;
	if (r == -EAGAIN || r == -ENOBUFS)
		return; /* a full queue is no news */
	set_error(entry, r, now_ns);
	/* The source address or the interface may have gone for good: begin anew. */
	if (r < 0 && entry->session.state != BFD_UP)
		bfd_close_socket(entry);
}

void bfd_unqueue(struct entry *entry)
{
	if (entry->due_ns != BFD_NEVER)
		RB_REMOVE(agenda, &entry->engine->agenda, entry);
	entry->due_ns = BFD_NEVER;
}

static void requeue(struct entry *entry)
{
	uint64_t due_ns = bfd_session_deadline(&entry->session);

	if (due_ns == entry->due_ns)
		return;
	bfd_unqueue(entry);
	entry->due_ns = due_ns;
	if (due_ns != BFD_NEVER)
		RB_INSERT(agenda, &entry->engine->agenda, entry);
}

void bfd_flush(struct entry *entry, uint64_t now_ns)
{
	struct bfd_packet packet;

	while (bfd_session_next_packet(
		&entry->session, now_ns, next_chance(entry->engine), &packet))
		transmit(entry, &packet, now_ns);
}

void bfd_settle(struct entry *entry, uint64_t now_ns)
{
	bfd_flush(entry, now_ns);
	if (bfd_session_take_news(&entry->session))
		bfd_report(entry, BFD_EV_STATE, 0, now_ns);
	requeue(entry);
}

void bfd_arm(struct bfd_engine *engine)
{
	struct entry *first = RB_MIN(agenda, &engine->agenda);
	uint64_t due_ns = first ? first->due_ns : BFD_NEVER;
	struct itimerspec when = { 0 };

	if (due_ns == engine->armed_ns)
		return;
	engine->armed_ns = due_ns;
	if (due_ns != BFD_NEVER) {
		when.it_value.tv_sec = (time_t)(due_ns / NS_PER_S);
		when.it_value.tv_nsec = (long)(due_ns % NS_PER_S);
	}
	/* Fails for invalid arguments alone. */
	(void)timerfd_settime(engine->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static bool key_takes(const struct bfd_key *key, const struct bfd_datagram *datagram)
{
	return ip_equal(&key->peer, &datagram->source) &&
		(key->ifindex == 0 || key->ifindex == datagram->ifindex) &&
		(!ip_is_set(&key->local) || ip_equal(&key->local, &datagram->local));
}

/* RFC 5880 section 6.3; without a discriminator RFC 5881 section 3 and RFC 5883 section 4. */
static struct entry *find_entry(struct bfd_engine *engine, const struct bfd_datagram *datagram,
	uint32_t discriminator, bool is_multihop)
{
	struct entry *entry = NULL;
	struct peer *peer;

	if (discriminator != 0) {
		HASH_FIND(hh, engine->entries, &discriminator, sizeof(discriminator), entry);
		return entry;
	}
	HASH_FIND(hh, engine->peers, &datagram->source, sizeof(datagram->source), peer);
	for (entry = peer ? peer->first : NULL; entry; entry = entry->next) {
		if (entry->conf.key.is_multihop == is_multihop &&
			key_takes(&entry->conf.key, datagram))
			return entry;
	}
	return NULL;
}

static enum bfd_drop receive(struct entry *entry, const struct bfd_datagram *datagram,
	const struct bfd_packet *packet, bool is_multihop)
{
	struct bfd_engine *engine = entry->engine;
	uint8_t min_ttl = is_multihop ? entry->conf.min_ttl : BFD_TTL;

	if (entry->conf.key.is_multihop != is_multihop || !key_takes(&entry->conf.key, datagram))
		return BFD_DROP_SOURCE;
	/* RFC 5881 section 5 lets authenticated packets pass with less; no peer needs that. */
	if (datagram->ttl < min_ttl)
		return BFD_DROP_TTL;
	return bfd_session_receive(&entry->session, datagram->bytes, packet, engine->arrived_ns);
}

static void on_datagram(void *user, const struct bfd_datagram *datagram)
{
	struct listener *listener = user;
	struct bfd_engine *engine = listener->engine;
	struct bfd_packet packet;
	struct entry *entry;
	enum bfd_drop drop = bfd_packet_parse(datagram->bytes, datagram->len, &packet);

	if (drop != BFD_GOOD) {
		engine->drops[drop]++;
		return;
	}
	entry = find_entry(engine, datagram, packet.your_discriminator, listener->is_multihop);
	if (!entry) {
		engine->drops[BFD_DROP_NO_SESSION]++;
		return;
	}
	drop = receive(entry, datagram, &packet, listener->is_multihop);
	if (drop == BFD_GOOD) {
		entry->packets_in++;
		entry->is_refused = false;
	} else {
		entry->drops[drop]++;
	}
	bfd_settle(entry, engine->arrived_ns);
}

static void read_listener(struct listener *listener, unsigned batches, uint64_t now_ns)
{
	struct bfd_engine *engine = listener->engine;

	engine->arrived_ns = now_ns;
	while (batches-- > 0 &&
		bfd_batch_receive(engine->batch, listener->fd, on_datagram, listener))
		;
}

/* The timer should have run long ago: whichever socket wakes us first tells. */
static void note_stall(struct bfd_engine *engine, uint64_t now_ns)
{
	struct bfd_event event = { .type = BFD_EV_STALL, .at_ns = now_ns };

	if (engine->conf.stall_ns == 0 || engine->armed_ns == 0 || engine->armed_ns == BFD_NEVER ||
		now_ns < engine->armed_ns + engine->conf.stall_ns)
		return;
	event.stall_ns = now_ns - engine->armed_ns;
	engine->armed_ns = 0;
	engine->stalls++;
	engine->on_event(engine->user, &event);
}

void bfd_on_readable(evutil_socket_t fd, short events, void *arg)
{
	struct listener *listener = arg;
	uint64_t now_ns = clock_now_ns();

	(void)fd;
	(void)events;
	note_stall(listener->engine, now_ns);
	read_listener(listener, BATCHES_A_TURN, now_ns);
	bfd_arm(listener->engine);
}

static void drain(struct bfd_engine *engine, uint64_t now_ns)
{
	for (size_t i = 0; i < LISTENERS; i++) {
		if (engine->listeners[i].fd >= 0)
			read_listener(&engine->listeners[i], BATCHES_A_DRAIN, now_ns);
	}
}

static void rename_entry(struct entry *entry)
{
	struct bfd_engine *engine = entry->engine;

	/* It is the key of the one, and sorts the other. */
	bfd_unqueue(entry);
	HASH_DEL(engine->entries, entry);
	entry->discriminator = bfd_new_discriminator(engine);
	HASH_ADD(hh, engine->entries, discriminator, sizeof(entry->discriminator), entry);
	bfd_session_rename(&entry->session, entry->discriminator);
}

/* Does all that is due. Nobody is taken for dead before the sockets were read empty. */
static void run_agenda(struct bfd_engine *engine, uint64_t now_ns, bool is_drained)
{
	struct entry *entry;

	while ((entry = RB_MIN(agenda, &engine->agenda)) && entry->due_ns <= now_ns) {
		if (!is_drained && bfd_session_is_silent(&entry->session, now_ns)) {
			drain(engine, now_ns);
			is_drained = true;
			continue;
		}
		bfd_session_expire(&entry->session, now_ns);
		if (entry->session.wants_discriminator)
			rename_entry(entry);
		bfd_settle(entry, now_ns);
	}
	bfd_arm(engine);
}

void bfd_on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct bfd_engine *engine = arg;
	uint64_t now_ns = clock_now_ns();

	(void)fd;
	(void)events;
	note_stall(engine, now_ns);
	/* Set anew in any case: that is what makes the timer's fd unreadable again. */
	engine->armed_ns = 0;
	run_agenda(engine, now_ns, false);
}

void bfd_engine_resume(struct bfd_engine *engine)
{
	uint64_t now_ns = clock_now_ns();

	drain(engine, now_ns);
	run_agenda(engine, now_ns, true);
}
