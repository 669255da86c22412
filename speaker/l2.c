/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/l2.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "speaker/l2_addresses.h"
#include "speaker/state.h"

#include <errno.h>
#include <string.h>

enum {
	STALL_MS = 1000, /* without liveness nobody takes over sooner */
	STOP_MS = MEMBERSHIP_LEAVE_MS + 300,
};

struct l2 {
	struct membership *membership;
	struct l2_addresses *addresses;
	struct keyring keyring;
	struct event *stopping;
	void (*on_done)(void *user);
	void *user;
};

static int load_key(const struct speaker *speaker, struct keyring *ret_keyring)
{
	const char *path = speaker->settings->liveness.key_file;
	int r = keyring_load(path, ret_keyring);

	if (r < 0)
		log_error("the cluster's key can not be used", kv_str("file", path), kv_errno(r),
			kv_str("advice",
				"write one key of 16 to 64 characters a line, two at most"));
	return r;
}

int l2_open(struct speaker *speaker)
{
	struct l2 *l2;
	int r;

	if (speaker->settings->liveness.key_file[0] == '\0') {
		log_info("no failover between nodes: liveness.key_file is not set",
			kv_str("node", speaker->settings->node));
		return 0;
	}
	l2 = xnew(struct l2);
	l2->addresses = l2_addresses_new();
	speaker->l2 = l2;
	r = load_key(speaker, &l2->keyring);
	if (r < 0)
		return r;
	r = membership_open((uint16_t)speaker->settings->liveness.port, &l2->membership);
	if (r < 0) {
		log_error("no socket for messages between nodes",
			kv_uint("port", speaker->settings->liveness.port), kv_errno(r));
		return r;
	}
	speaker->membership = l2->membership;
	return 0;
}

void l2_close(struct speaker *speaker)
{
	struct l2 *l2 = speaker->l2;

	if (!l2)
		return;
	membership_free(l2->membership);
	l2_addresses_free(l2->addresses);
	if (l2->stopping)
		event_free(l2->stopping);
	explicit_bzero(&l2->keyring, sizeof(l2->keyring));
	free(l2);
	speaker->l2 = NULL;
	speaker->membership = NULL;
}

void l2_plan(struct speaker *speaker, const struct service_plan *before,
	const struct service_plan *after)
{
	if (speaker->l2)
		l2_addresses_change(speaker->l2->addresses, before, after);
}

struct ownership_address l2_address(const struct speaker *speaker, const struct ip *ip)
{
	return l2_addresses_find(speaker->l2->addresses, ip);
}

/* Only what is another goes over; that nothing is tells the wire thread how late main is. */
void l2_turn(struct speaker *speaker)
{
	const struct membership_snapshot *shown;
	struct membership_snapshot *snapshot;
	struct membership_changes changes;
	bool is_whole;

	if (!speaker->membership || !speaker->members_changed)
		return;
	speaker->members_changed = false;
	snapshot = l2_snapshot_new(speaker, &speaker->l2->keyring);
	shown = membership_snapshot(speaker->membership);
	is_whole = !shown || !l2_snapshot_same_members(shown, snapshot);
	changes = l2_addresses_take(
		speaker->l2->addresses, snapshot, is_whole, speaker->settings->ownership.spread);
	if (!is_whole && l2_snapshot_same_self(shown, snapshot))
		snapshot = membership_snapshot_free(snapshot);
	membership_set(speaker->membership, speaker->wire, snapshot, &changes);
}

void l2_reload(struct speaker *speaker)
{
	struct keyring keyring;

	speaker->members_changed = true;
	wire_set_stall(speaker->wire, l2_stall_ns(speaker));
	if (speaker->membership && load_key(speaker, &keyring) == 0)
		speaker->l2->keyring = keyring;
}

uint64_t l2_stall_ns(const struct speaker *speaker)
{
	const struct settings *settings = speaker->settings;
	unsigned intervals = settings->liveness.multiplier;

	if (!speaker->membership)
		return STALL_MS * NS_PER_MS;
	/*
	 * Others may have taken over by then: they count from our last packet, which was sent up to an
	 * interval before we fell asleep; where there is room for it, one more may have been lost.
	 */
	intervals -= intervals > 3 ? 2 : 1;
	return settings->liveness.interval_ms * intervals * NS_PER_MS;
}

static void tell(struct speaker *speaker, enum log_level level, const char *what,
	const struct wire_ownership *event)
{
	const char *why = ownership_why_name(event->why);
	char text[IP_TEXT_SIZE];
	char mac[MAC_TEXT_SIZE];
	json_t *facts = json_object();

	if (ip_is_set(&event->ip))
		(void)json_object_set_new(facts, "ip", json_string(ip_format(&event->ip, text)));
	if (event->member[0] != '\0')
		(void)json_object_set_new(facts, "node", json_string(event->member));
	if (!mac_is_zero(&event->mac))
		(void)json_object_set_new(facts, "mac", json_string(mac_format(&event->mac, mac)));
	(void)json_object_set_new(facts, "reason", json_string(why));
	if (event->event == OWNERSHIP_EV_DAMPED)
		log_at(level, what, kv_str("node", event->member),
			kv_uint("factor_tenths", event->value));
	else if (event->event == OWNERSHIP_EV_CONFLICT)
		log_at(level, what, kv_ip("ip", &event->ip), kv_mac("mac", &event->mac));
	else if (ip_is_set(&event->ip))
		log_at(level, what, kv_ip("ip", &event->ip), kv_str("reason", why),
			kv_str("node", event->member));
	else
		log_at(level, what, kv_str("node", speaker->settings->node));
	events_publish(speaker, what, facts);
}

void l2_event(struct speaker *speaker, const struct wire_ownership *event)
{
	static const struct {
		enum log_level level;
		const char *what;
	} words[] = {
		[OWNERSHIP_EV_TOOK] = { LOG_L_INFO, "address taken" },
		[OWNERSHIP_EV_LOST] = { LOG_L_INFO, "address given up" },
		[OWNERSHIP_EV_CANCELLED] = { LOG_L_DEBUG, "address not taken: its owner answers" },
		[OWNERSHIP_EV_TWO_OWNERS] = { LOG_L_WARN, "two nodes owned an address" },
		[OWNERSHIP_EV_CONFLICT] = { LOG_L_WARN, "another host claims an address of ours" },
		[OWNERSHIP_EV_FORGED] = { LOG_L_WARN,
			"frames name a node as the owner of an address, which itself denies it" },
		[OWNERSHIP_EV_NO_SUCCESSOR] = { LOG_L_WARN, "no other node takes the address" },
		[OWNERSHIP_EV_DAMPED] = { LOG_L_WARN,
			"owners change too often: a node is suspected later from now on" },
		[OWNERSHIP_EV_ALONE] = { LOG_L_WARN, "no other node is heard" },
		[OWNERSHIP_EV_JOINED] = { LOG_L_INFO, "another node is heard again" },
	};
	enum log_level level = words[event->event].level;

	if (event->event == OWNERSHIP_EV_CONFLICT)
		speaker->conflicts++;
	if (level == LOG_L_DEBUG && !log_enabled(LOG_L_DEBUG))
		return;
	tell(speaker, level, words[event->event].what, event);
}

void l2_drain(struct speaker *speaker)
{
	if (!speaker->l2)
		return;
	speaker->members_changed = true;
	l2_turn(speaker);
}

static void finish(struct l2 *l2)
{
	void (*on_done)(void *user) = l2->on_done;

	l2->on_done = NULL;
	if (on_done)
		on_done(l2->user);
}

static void on_stop_timeout(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	log_warn("stopped before every address had a new owner", kv_uint("waited_ms", STOP_MS));
	finish(arg);
}

void l2_stop(struct speaker *speaker, void (*on_done)(void *user), void *user)
{
	const struct timeval bound = { .tv_usec = STOP_MS * 1000 };
	struct l2 *l2 = speaker->l2;

	if (!l2) {
		on_done(user);
		return;
	}
	l2->on_done = on_done;
	l2->user = user;
	l2->stopping = evtimer_new(speaker->base, on_stop_timeout, l2);
	if (!l2->stopping || evtimer_add(l2->stopping, &bound) < 0)
		abort(); /* only memory can be missing */
	membership_leave(speaker->membership, speaker->wire);
}

void l2_left(struct speaker *speaker)
{
	if (!speaker->l2 || !speaker->l2->stopping)
		return;
	(void)evtimer_del(speaker->l2->stopping);
	finish(speaker->l2);
}
