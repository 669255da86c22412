/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/unit/arp_fake.h"

static const char *const families[] = { "192.0.2.10", "2001:db8::10" };

static void a_new_address_is_asked_for_twice_before_it_is_announced(void **state)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);

		forget();
		put(*state, &ip, ARP_CLAIM);
		pass(*state, 39);
		assert_int_equal(fake.sent_count, 2);
		assert_int_equal(count_announcements(&ip), 0);
		assert_int_equal(fake.sent[1].at_ns - fake.sent[0].at_ns, 20 * NS_PER_MS);
		pass(*state, 1);
		assert_true(count_announcements(&ip) > 0);
		assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
	}
}

static void an_address_that_answers_is_not_announced_and_asked_for_again(void **state)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);

		forget();
		put(*state, &ip, ARP_CLAIM);
		pass(*state, 5);
		receive_claim(1, &ip, &other_mac);
		pass(*state, 9990);
		assert_int_equal(count_announcements(&ip), 0);
		assert_int_equal(count_events(ARP_EV_PROBE_CONFLICT), 1);
		pass(*state, 2600);
		assert_true(count_announcements(&ip) > 0);
	}
}

static void two_that_ask_at_the_same_time_have_a_conflict(void **state)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);

		forget();
		put(*state, &ip, ARP_CLAIM);
		pass(*state, 5);
		receive_probe(1, &ip, &other_mac);
		pass(*state, 1000);
		assert_int_equal(count_announcements(&ip), 0);
		assert_int_equal(count_events(ARP_EV_PROBE_CONFLICT), 1);
		assert_int_equal(count_events(ARP_EV_RIVAL), 1);
	}
}

static void own_probes_on_another_link_of_the_segment_are_no_conflict(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct ip ip = ip_of("192.0.2.10");

	arp_engine_set_links(*state, links, 2);
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 5);
	receive_probe(1, &ip, &links[1].mac);
	pass(*state, 100);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 2);
}

static void a_link_that_comes_later_is_asked_on_before_it_is_announced_on(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_CLAIM);
	pass(*state, 1000);
	forget();
	arp_engine_set_links(*state, links, 2);
	pass(*state, 30);
	receive_claim(2, &ip, &other_mac);
	pass(*state, 5000);
	for (size_t i = 0; i < fake.sent_count; i++)
		assert_true(fake.sent[i].ifindex == 1 || !ip_is_set(&fake.sent[i].frame.source) ||
			ip_to_uint(&fake.sent[i].frame.source) == 0);
	assert_int_equal(count_events(ARP_EV_PROBE_CONFLICT), 1);
}

static void without_a_link_nothing_is_announced_until_one_was_asked_on(void **state)
{
	struct arp_link_conf link = link_of(1);
	struct ip ip = ip_of("192.0.2.10");

	arp_engine_set_links(*state, NULL, 0);
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 1000);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 0);
	arp_engine_set_links(*state, &link, 1);
	pass(*state, 10);
	assert_int_equal(fake.sent_count, 1);
	assert_int_equal(count_announcements(&ip), 0);
	pass(*state, 50);
	assert_true(count_announcements(&ip) > 0);
}

static void probes_that_did_not_leave_do_not_count(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	fake.send_error = -ENOBUFS;
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 500);
	fake.send_error = 0;
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 0);
	assert_int_equal(count_events(ARP_EV_SEND_FAILED), 1);
	pass(*state, 2000);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
}

static void take_counters(void *user, const struct arp_address_view *view)
{
	*(struct arp_counters *)user = view->counters;
}

static void frames_that_did_not_leave_are_not_counted_as_sent(void **state)
{
	struct ip ip = ip_of("192.0.2.10");
	struct arp_counters before;
	struct arp_counters after;

	put(*state, &ip, ARP_CLAIM);
	pass(*state, 50);
	arp_engine_visit_addresses(*state, take_counters, &before);
	assert_int_equal(before.gratuitous, 2);
	fake.send_error = -ENOBUFS;
	pass(*state, 200);
	receive_probe(1, &ip, &other_mac);
	arp_engine_visit_addresses(*state, take_counters, &after);
	assert_int_equal(after.gratuitous, 2);
	assert_int_equal(after.requests, 1);
	assert_int_equal(after.answers, 0);
}

static void a_conflict_ends_half_a_minute_after_the_last_claim(void **state)
{
	struct arp_engine_conf conf = usual_conf;
	struct ip ip = ip_of("192.0.2.10");

	conf.schedule.refresh_seconds = 0; /* no later round must be needed for it */
	arp_engine_set_conf(*state, &conf);
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 10000);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 20000);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 29000);
	assert_int_equal(count_events(ARP_EV_CONFLICT), 1);
	assert_int_equal(count_events(ARP_EV_CONFLICT_OVER), 0);
	pass(*state, 1001);
	assert_int_equal(count_events(ARP_EV_CONFLICT_OVER), 1);
}

static void an_address_is_defended_once_a_second(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_CLAIM);
	pass(*state, 10000);
	forget();
	for (int i = 0; i < 300; i++) {
		receive_claim(1, &ip, &other_mac);
		pass(*state, 10);
	}
	assert_int_equal(count_announcements(&ip), 3 * 2);
}

static struct ip numbered(unsigned number)
{
	return (struct ip){ .family = AF_INET,
		.bytes = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number } };
}

static void repeats_of_many_addresses_keep_the_pace_and_wake_once_each(void **state)
{
	enum {
		COUNT = 10000
	};

	for (unsigned i = 0; i < COUNT; i++) {
		struct ip ip = numbered(i);

		put(*state, &ip, ARP_ANNOUNCE);
	}
	pass(*state, 1000);
	forget();
	pass(*state, 10000);
	assert_in_range(fake.sent_count, 9 * 500, 11 * 500);
	/* Two frames a turn: no more turns than frames. */
	assert_true(fake.wakes <= fake.sent_count);
}

static void defences_are_held_to_the_storm_limit(void **state)
{
	enum {
		COUNT = 3000
	};

	for (unsigned i = 0; i < COUNT; i++) {
		struct ip ip = numbered(i);

		put(*state, &ip, ARP_CLAIM);
	}
	pass(*state, 150000);
	forget();
	for (unsigned second = 0; second < 4; second++) {
		for (unsigned i = 0; i < COUNT; i++) {
			struct ip ip = numbered(i);

			receive_claim(1, &ip, &other_mac);
		}
		pass(*state, 1000);
	}
	assert_in_range(fake.sent_count, 1, 500 + 4 * 500 + 10);
}

static void three_frames_a_round_are_paid_for_with_a_gateway(void **state)
{
	struct arp_link_conf link = link_of(1);
	struct ip gateway = ip_of("192.0.2.1");
	struct ip ip = ip_of("192.0.2.10");
	const struct neigh_frame *frame;

	link.gateway = gateway;
	arp_engine_set_links(*state, &link, 1);
	put(*state, &ip, ARP_ANNOUNCE);
	pass(*state, 10);
	assert_int_equal(fake.sent_count, 3);
	frame = &fake.sent[2].frame;
	assert_int_equal(frame->kind, NEIGH_ARP_REQUEST);
	assert_true(ip_equal(&frame->source, &ip));
	assert_true(ip_equal(&frame->target, &gateway));
	assert_true(mac_equal(&frame->eth_dst, &mac_broadcast));

	for (unsigned i = 0; i < 1000; i++) {
		struct ip more = numbered(i);

		put(*state, &more, ARP_ANNOUNCE);
	}
	pass(*state, 2000);
	forget();
	pass(*state, 1000);
	assert_in_range(fake.sent_count, 490, 510);
}

static void a_thousand_first_rounds_leave_within_100_ms(void **state)
{
	for (unsigned i = 0; i < 1000; i++) {
		struct ip ip = numbered(i);

		put(*state, &ip, ARP_CLAIM);
	}
	pass(*state, 139);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1000);
	for (size_t i = 0; i < fake.sent_count; i++) {
		if (ip_to_uint(&fake.sent[i].frame.source) == 0)
			continue;
		assert_true(fake.now_ns - fake.sent[i].at_ns <= 100 * NS_PER_MS);
		break;
	}
}

static void an_address_that_was_put_again_goes_on_as_it_was(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_CLAIM);
	pass(*state, 10000);
	forget();
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 1000);
	assert_int_equal(fake.sent_count, 0);
	arp_engine_drop(*state, &ip);
	receive_probe(1, &ip, &other_mac);
	pass(*state, 100000);
	assert_int_equal(fake.sent_count, 0);
}

static void an_index_that_comes_back_as_another_link_starts_anew(void **state)
{
	struct arp_link_conf link = link_of(1);
	struct ip ip = ip_of("2001:db8::10");
	const unsigned one = 1;
	const struct arp_address_conf conf = { .ip = ip, .ifindexes = &one, .ifindex_count = 1 };

	arp_engine_put(*state, &conf);
	pass(*state, 1000);
	assert_int_equal(fake.joins, 1);
	arp_engine_set_links(*state, NULL, 0);
	pass(*state, 10);
	forget();
	fake.joins = 0; /* they went with the link */
	(void)snprintf(link.name, sizeof(link.name), "other");
	arp_engine_set_links(*state, &link, 1);
	pass(*state, 100);
	assert_int_equal(fake.joins, 1);
	assert_int_equal(fake.sent[0].frame.kind, NEIGH_SOLICITATION);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
}

static void memory_of_an_address_goes_in_and_comes_back(void **state)
{
	struct ip ip = ip_of("192.0.2.10");
	const unsigned links[] = { 1, 2, 3, 4 };
	const struct arp_address_conf few = { .ip = ip, .ifindexes = links, .ifindex_count = 1 };
	const struct arp_address_conf more = { .ip = ip, .ifindexes = links, .ifindex_count = 4 };
	struct arp_address *first = arp_address_new(&few);
	struct arp_address *second = arp_address_new(&more);

	assert_null(arp_engine_put_made(*state, first, ARP_CLAIM));
	pass(*state, 1000);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
	/* It is known: only what is to be done about it is taken over. */
	assert_ptr_equal(arp_engine_put_made(*state, second, ARP_CLAIM), second);
	arp_address_free(second);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
	assert_ptr_equal(arp_engine_take_out(*state, &ip), first);
	assert_null(arp_engine_take_out(*state, &ip));
	arp_address_free(first);
	forget();
	pass(*state, 1000);
	assert_int_equal(fake.sent_count, 0);
}

static void a_group_that_could_not_be_joined_is_tried_again(void **state)
{
	struct ip ip = ip_of("2001:db8::10");

	fake.join_error = -ENOBUFS;
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 12000);
	assert_int_equal(fake.joins, 0);
	assert_int_equal(count_events(ARP_EV_JOIN_FAILED), 1);
	fake.join_error = 0;
	pass(*state, 5000);
	assert_int_equal(fake.joins, 1);
	forget();
	pass(*state, 50000);
	assert_int_equal(fake.joins, 1);
	assert_int_equal(count_events(ARP_EV_JOIN_FAILED), 0);
}

static void a_link_that_does_not_open_is_tried_again(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };

	fake.open_error = -EPERM;
	arp_engine_set_links(*state, links, 2);
	pass(*state, 12000);
	assert_int_equal(count_events(ARP_EV_LINK_FAILED), 1);
	fake.open_error = 0;
	pass(*state, 5000);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 1);
}

static void a_link_that_failed_is_opened_at_once_when_it_is_back(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };

	fake.open_error = -ENETDOWN;
	arp_engine_set_links(*state, links, 2);
	pass(*state, 1000);
	fake.open_error = 0;
	arp_engine_retry_link(*state, 3);
	pass(*state, 10);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 0);
	arp_engine_retry_link(*state, 2);
	arp_engine_retry_link(*state, 1); /* is open */
	pass(*state, 10000);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 1);
}

/* It went and came back between two looks: nothing else says that it is back. */
static void a_link_that_failed_is_tried_soon_and_then_seldom(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };

	arp_engine_set_links(*state, links, 2);
	pass(*state, 10);
	forget();
	fake.links[2]->handlers.on_failed(fake.links[2]->handlers.user, -ENETDOWN);
	pass(*state, 200);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 1);
	fake.open_error = -ENETDOWN;
	fake.links[2]->handlers.on_failed(fake.links[2]->handlers.user, -ENETDOWN);
	pass(*state, 200);
	fake.open_error = 0;
	pass(*state, 4000);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 1);
	pass(*state, 1000);
	assert_int_equal(count_events(ARP_EV_LINK_UP), 2);
}

struct carried {
	unsigned opened; /* sums of indexes */
	unsigned closed;
};

static void note_open(void *user, const char *name, unsigned ifindex)
{
	struct carried *carried = user;

	assert_non_null(name);
	carried->opened += ifindex;
}

static void note_close(void *user, struct arp_link *link)
{
	struct carried *carried = user;

	carried->closed += link->ifindex;
	arp_link_free(link);
}

static void give(struct arp_engine *engine, unsigned ifindex)
{
	struct arp_link_conf conf = link_of(ifindex);
	struct arp_link *link = NULL;
	int r = arp_link_open(conf.name, ifindex, &link);

	arp_engine_give_link(engine, conf.name, ifindex, link, r);
	settle(engine);
}

static void links_are_opened_and_closed_by_the_porter(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct carried carried = { 0 };
	const struct arp_porter porter = { note_open, note_close, &carried };

	arp_engine_set_porter(*state, &porter);
	arp_engine_set_links(*state, links, 2);
	assert_int_equal(carried.opened, 2);
	pass(*state, 20000);
	assert_null(fake.links[2]); /* nor is it asked for twice */
	assert_int_equal(carried.opened, 2);
	give(*state, 2);
	assert_non_null(fake.links[2]);
	assert_int_equal(fake.flushed, 1);
	fake.links[2]->handlers.on_failed(fake.links[2]->handlers.user, -ENETDOWN);
	assert_int_equal(carried.closed, 2);
	pass(*state, 6000);
	assert_int_equal(carried.opened, 4);
	fake.open_error = -ENODEV;
	give(*state, 2);
	pass(*state, 6000);
	assert_int_equal(carried.opened, 6);
}

static void a_link_that_went_while_it_was_opened_is_closed(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct carried carried = { 0 };
	const struct arp_porter porter = { note_open, note_close, &carried };

	arp_engine_set_porter(*state, &porter);
	arp_engine_set_links(*state, links, 2);
	arp_engine_set_links(*state, links, 1);
	give(*state, 2);
	assert_null(fake.links[2]);
	assert_int_equal(carried.closed, 2);
	give(*state, 1); /* nobody asked for it */
	assert_int_equal(carried.closed, 3);
	assert_non_null(fake.links[1]);
}

static void standby_is_silent_and_hears(void **state)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);

		forget();
		put(*state, &ip, ARP_STANDBY);
		pass(*state, 100);
		receive_claim(1, &ip, &other_mac);
		receive_probe(1, &ip, &other_mac);
		pass(*state, 100000);
		assert_int_equal(fake.sent_count, 0);
		assert_int_equal(count_events(ARP_EV_HEARD), 1);
		assert_true(mac_equal(&fake.events[0].mac, &other_mac));
		assert_string_equal(fake.events[0].link, "eth1");
	}
}

/* As a kernel answers. */
static void an_answer_is_no_announcement(void **state)
{
	const struct mac link_mac = { { 2, 0, 0, 0, 1, 1 } };
	struct ip ip = ip_of("192.0.2.10");
	const struct neigh_frame answer = {
		.kind = NEIGH_ARP_REPLY,
		.eth_dst = link_mac,
		.eth_src = other_mac,
		.sender = other_mac,
		.source = ip,
		.target_mac = link_mac,
		.target = ip_of("192.0.2.1"),
	};

	put(*state, &ip, ARP_STANDBY);
	forget();
	receive(1, &answer);
	pass(*state, 1000);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1000);
	assert_int_equal(fake.event_count, 2);
	assert_false(fake.events[0].is_announcement);
	assert_true(fake.events[1].is_announcement);
}

static void made_up_claimants_are_not_an_event_each(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	for (unsigned i = 0; i < 1000; i++) {
		struct mac mac = { { 2, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		receive_claim(1, &ip, &mac);
		pass(*state, 1);
	}
	assert_in_range(count_events(ARP_EV_HEARD), 10, 110);
}

static void a_question_on_standby_has_one_result(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	arp_engine_probe(*state, &ip);
	arp_engine_probe(*state, &ip);
	pass(*state, 39);
	assert_int_equal(fake.sent_count, 2);
	assert_int_equal(count_events(ARP_EV_PROBE_SILENT), 0);
	pass(*state, 1);
	assert_int_equal(count_events(ARP_EV_PROBE_SILENT), 1);
	assert_int_equal(count_announcements(&ip), 0);

	forget();
	arp_engine_probe(*state, &ip);
	pass(*state, 10);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1000);
	assert_int_equal(count_events(ARP_EV_PROBE_ANSWERED), 1);
	assert_int_equal(count_events(ARP_EV_PROBE_SILENT), 0);

	forget();
	arp_engine_set_links(*state, NULL, 0);
	arp_engine_probe(*state, &ip);
	pass(*state, 100);
	assert_int_equal(count_events(ARP_EV_PROBE_BLIND), 1);
}

static void a_question_whose_link_goes_away_has_a_result_too(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	fake.send_error = -ENETDOWN;
	arp_engine_probe(*state, &ip);
	pass(*state, 10);
	arp_engine_set_links(*state, NULL, 0);
	pass(*state, 100);
	assert_int_equal(count_events(ARP_EV_PROBE_BLIND), 1);
}

static void a_single_question_is_one_frame_and_its_answer_is_heard(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	receive_claim(1, &ip, &other_mac);
	arp_engine_ask(*state, &ip);
	pass(*state, 1);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1000);
	assert_int_equal(fake.sent_count, 1);
	assert_int_equal(count_events(ARP_EV_HEARD), 2);
}

static void copy_view(void *user, const struct arp_link_view *view)
{
	*(struct arp_link_view *)user = *view;
}

/* Who has an address says so from its own MAC: a frame that names another one is made up. */
static void a_claim_for_another_mac_than_the_frames_is_not_believed(void **state)
{
	const struct mac third = { { 2, 0, 0, 0, 0, 7 } };

	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);
		struct arp_link_view view = { 0 };

		put(*state, &ip, ARP_STANDBY);
		forget();
		receive_claim_from(1, &ip, &other_mac, &third);
		pass(*state, 100);
		assert_int_equal(count_events(ARP_EV_HEARD), 0);
		arp_engine_visit_links(*state, copy_view, &view);
		assert_int_equal(view.mismatched, i + 1);
		receive_claim(1, &ip, &other_mac);
		pass(*state, 100);
		assert_int_equal(count_events(ARP_EV_HEARD), 1);
	}
}

static void another_host_that_asks_too_is_told_of_shortly_after_a_question(void **state)
{
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct ip ip = ip_of(families[i]);

		put(*state, &ip, ARP_STANDBY);
		forget();
		receive_probe(1, &ip, &other_mac);
		pass(*state, 10);
		assert_int_equal(count_events(ARP_EV_RIVAL), 0);
		arp_engine_ask(*state, &ip);
		pass(*state, 10);
		receive_probe(1, &ip, &other_mac);
		pass(*state, 10);
		assert_int_equal(count_events(ARP_EV_RIVAL), 1);
		pass(*state, 1000);
		receive_probe(1, &ip, &other_mac);
		pass(*state, 10);
		assert_int_equal(count_events(ARP_EV_RIVAL), 1);
	}
}

static void a_question_that_no_link_takes_is_told_of(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct ip ip = ip_of("192.0.2.10");

	arp_engine_set_links(*state, links, 2);
	put(*state, &ip, ARP_STANDBY);
	arp_engine_ask(*state, &ip);
	pass(*state, 10);
	assert_int_equal(count_events(ARP_EV_UNASKED), 0);
	fake.send_error = -ENETDOWN;
	arp_engine_ask(*state, &ip);
	pass(*state, 10);
	assert_int_equal(count_events(ARP_EV_UNASKED), 1);
	fake.send_error = 0;
	arp_engine_set_links(*state, NULL, 0);
	arp_engine_ask(*state, &ip);
	pass(*state, 10);
	assert_int_equal(count_events(ARP_EV_UNASKED), 2);
}

static void all_who_answer_a_question_are_heard_however_fast(void **state)
{
	const struct mac third = { { 2, 0, 0, 0, 0, 7 } };
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	for (unsigned i = 0; i < 2; i++) {
		forget();
		arp_engine_ask(*state, &ip);
		pass(*state, 1);
		receive_claim(1, &ip, &other_mac);
		receive_claim(1, &ip, &third);
		receive_claim(1, &ip, &other_mac);
		pass(*state, 5);
		assert_int_equal(count_events(ARP_EV_HEARD), 2);
		assert_true(mac_equal(&fake.events[1].mac, &third));
	}
}

static void made_up_claimants_do_not_hide_one_that_is_known(void **state)
{
	struct ip ip = ip_of("192.0.2.10");
	size_t heard = 0;

	put(*state, &ip, ARP_STANDBY);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 60000);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 60000);
	for (unsigned i = 0; i < 1000; i++) {
		struct mac mac = { { 2, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		receive_claim(1, &ip, &mac);
		if (i % 20 == 0)
			receive_claim(1, &ip, &other_mac);
		pass(*state, 1);
	}
	for (size_t i = 0; i < fake.event_count; i++)
		heard += mac_equal(&fake.events[i].mac, &other_mac);
	assert_in_range(heard, 40, 60);
}

static void whoever_was_told_to_announce_leaves_defence_to_the_teller(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_ANNOUNCE);
	pass(*state, 10000);
	forget();
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1000);
	assert_int_equal(fake.sent_count, 0);
	assert_int_equal(count_events(ARP_EV_CONFLICT), 0);
	assert_int_equal(count_events(ARP_EV_HEARD), 1);
}

static void from_standby_it_is_taken_without_asking_and_given_up_at_once(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_STANDBY);
	pass(*state, 10);
	arp_engine_set_mode(*state, &ip, ARP_ANNOUNCE);
	settle(*state);
	assert_int_equal(count_announcements(&ip), 2);
	forget();
	receive_probe(1, &ip, &other_mac);
	assert_int_equal(fake.sent_count, 1);
	arp_engine_set_mode(*state, &ip, ARP_STANDBY);
	receive_probe(1, &ip, &other_mac);
	pass(*state, 100000);
	assert_int_equal(fake.sent_count, 1);
}

static void it_is_announced_again_when_told_so(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_ANNOUNCE);
	pass(*state, 10000);
	forget();
	arp_engine_announce(*state, &ip);
	pass(*state, 150);
	assert_int_equal(count_announcements(&ip), 4); /* the rounds at 0 and 100 ms */
}

static void a_link_s_neighbours_are_told_again_when_told_so(void **state)
{
	struct arp_link_conf links[] = { link_of(1), link_of(2) };
	struct ip ip = ip_of("192.0.2.10");
	struct ip standby = ip_of("192.0.2.11");

	arp_engine_set_links(*state, links, 2);
	put(*state, &ip, ARP_ANNOUNCE);
	put(*state, &standby, ARP_STANDBY);
	pass(*state, 10000);
	forget();
	arp_engine_announce_link(*state, 2);
	arp_engine_announce_link(*state, 3);
	pass(*state, 150);
	assert_int_equal(fake.sent_count, 4); /* the rounds at 0 and 100 ms */
	for (size_t i = 0; i < fake.sent_count; i++)
		assert_int_equal(fake.sent[i].ifindex, 2);
	assert_int_equal(count_announcements(&ip), 4);
}

static void in_doubt_it_is_not_answered_for_until_nobody_else_did(void **state)
{
	struct ip ip = ip_of("192.0.2.10");

	put(*state, &ip, ARP_ANNOUNCE);
	pass(*state, 10000);
	forget();
	arp_engine_flush(*state);
	arp_engine_doubt(*state);
	receive_probe(1, &ip, &other_mac);
	pass(*state, 100);
	assert_int_equal(count_announcements(&ip), 0); /* the prober has a conflict with us */
	assert_int_equal(fake.flushed, 1);
	pass(*state, 13000);
	assert_true(count_announcements(&ip) > 0);
}

static bool say_so(void *user)
{
	return *(const bool *)user;
}

static void frames_that_may_be_old_are_neither_answered_nor_heard(void **state)
{
	struct ip ip = ip_of("192.0.2.10");
	bool is_old = true;

	put(*state, &ip, ARP_ANNOUNCE);
	pass(*state, 10000);
	forget();
	arp_engine_set_stale(*state, say_so, &is_old);
	receive_probe(1, &ip, &other_mac);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1);
	assert_int_equal(fake.sent_count + fake.event_count, 0);
	is_old = false;
	receive_probe(1, &ip, &other_mac);
	receive_claim(1, &ip, &other_mac);
	pass(*state, 1);
	assert_int_equal(fake.sent_count, 1);
	assert_int_equal(count_events(ARP_EV_HEARD), 1);
}

static void answers_of_one_address_are_limited(void **state)
{
	struct arp_engine_conf conf = usual_conf;
	struct ip ip = ip_of("192.0.2.10");

	conf.answers_per_second = 5;
	arp_engine_set_conf(*state, &conf);
	put(*state, &ip, ARP_CLAIM);
	pass(*state, 10000);
	forget();
	for (int i = 0; i < 50; i++)
		receive_probe(1, &ip, &other_mac);
	assert_int_equal(fake.sent_count, 5);
}

static void drop_it(void *user, const struct arp_event *event)
{
	note_event(NULL, event);
	arp_engine_drop(*(struct arp_engine **)user, &event->ip);
}

static void whoever_is_told_may_change_the_engine(void **state)
{
	struct arp_engine *engine = *state;
	struct ip ip = ip_of("192.0.2.10");

	engine->on_event = drop_it;
	engine->user = &engine;
	put(engine, &ip, ARP_CLAIM);
	pass(engine, 100);
	assert_int_equal(count_events(ARP_EV_ANNOUNCED), 1);
	forget();
	receive_probe(1, &ip, &other_mac);
	assert_int_equal(fake.sent_count, 0);
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_TEST(a_new_address_is_asked_for_twice_before_it_is_announced),
		ENGINE_TEST(an_address_that_answers_is_not_announced_and_asked_for_again),
		ENGINE_TEST(two_that_ask_at_the_same_time_have_a_conflict),
		ENGINE_TEST(own_probes_on_another_link_of_the_segment_are_no_conflict),
		ENGINE_TEST(a_link_that_comes_later_is_asked_on_before_it_is_announced_on),
		ENGINE_TEST(without_a_link_nothing_is_announced_until_one_was_asked_on),
		ENGINE_TEST(probes_that_did_not_leave_do_not_count),
		ENGINE_TEST(frames_that_did_not_leave_are_not_counted_as_sent),
		ENGINE_TEST(a_conflict_ends_half_a_minute_after_the_last_claim),
		ENGINE_TEST(an_address_is_defended_once_a_second),
		ENGINE_TEST(repeats_of_many_addresses_keep_the_pace_and_wake_once_each),
		ENGINE_TEST(defences_are_held_to_the_storm_limit),
		ENGINE_TEST(three_frames_a_round_are_paid_for_with_a_gateway),
		ENGINE_TEST(a_thousand_first_rounds_leave_within_100_ms),
		ENGINE_TEST(an_address_that_was_put_again_goes_on_as_it_was),
		ENGINE_TEST(an_index_that_comes_back_as_another_link_starts_anew),
		ENGINE_TEST(memory_of_an_address_goes_in_and_comes_back),
		ENGINE_TEST(a_group_that_could_not_be_joined_is_tried_again),
		ENGINE_TEST(a_link_that_does_not_open_is_tried_again),
		ENGINE_TEST(a_link_that_failed_is_opened_at_once_when_it_is_back),
		ENGINE_TEST(a_link_that_failed_is_tried_soon_and_then_seldom),
		ENGINE_TEST(links_are_opened_and_closed_by_the_porter),
		ENGINE_TEST(a_link_that_went_while_it_was_opened_is_closed),
		ENGINE_TEST(standby_is_silent_and_hears),
		ENGINE_TEST(an_answer_is_no_announcement),
		ENGINE_TEST(made_up_claimants_are_not_an_event_each),
		ENGINE_TEST(a_question_on_standby_has_one_result),
		ENGINE_TEST(a_question_whose_link_goes_away_has_a_result_too),
		ENGINE_TEST(a_claim_for_another_mac_than_the_frames_is_not_believed),
		ENGINE_TEST(another_host_that_asks_too_is_told_of_shortly_after_a_question),
		ENGINE_TEST(a_question_that_no_link_takes_is_told_of),
		ENGINE_TEST(a_single_question_is_one_frame_and_its_answer_is_heard),
		ENGINE_TEST(all_who_answer_a_question_are_heard_however_fast),
		ENGINE_TEST(made_up_claimants_do_not_hide_one_that_is_known),
		ENGINE_TEST(whoever_was_told_to_announce_leaves_defence_to_the_teller),
		ENGINE_TEST(from_standby_it_is_taken_without_asking_and_given_up_at_once),
		ENGINE_TEST(it_is_announced_again_when_told_so),
		ENGINE_TEST(a_link_s_neighbours_are_told_again_when_told_so),
		ENGINE_TEST(in_doubt_it_is_not_answered_for_until_nobody_else_did),
		ENGINE_TEST(frames_that_may_be_old_are_neither_answered_nor_heard),
		ENGINE_TEST(answers_of_one_address_are_limited),
		ENGINE_TEST(whoever_is_told_may_change_the_engine),
	};

	return cmocka_run_group_tests_name("arp_engine", tests, NULL, NULL);
}
