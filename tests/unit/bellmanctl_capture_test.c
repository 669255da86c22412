/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A capture is made here, frame by frame, written by libpcap, read back, and told line by line as
 * tests/golden/bellmanctl/capture.txt and .json want it (GOLDEN_UPDATE writes them instead).
 */

#include "arp/frame.h"
#include "base/mem.h"
#include "bellmanctl/capture.h"
#include "bellmanctl/capture_stream.h"
#include "bfd/packet.h"
#include "bgp/message.h"
#include "bgp/notification.h"
#include "bgp/open.h"
#include "bgp/update_build.h"
#include "cmocka_all.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PORT_US = 40000,
	PORT_BGP = 179,
	PORT_BFD = 3784,
	FRAME_SIZE = 4400,
	SYN = 2,
	FIN = 1,
	RST = 4,
	ACK = 16,
};

static const struct ip us = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
static const struct ip router = { .family = AF_INET, .bytes = { 192, 0, 2, 254 } };
static const struct mac our_mac = { { 2, 0, 0, 0, 0, 1 } };

/* What a test has written: frames with their times, each 1 ms after the one before. */
struct recording {
	pcap_dumper_t *dumper; /* NULL: the frames go to the decoder at once */
	struct capture *capture;
	int64_t time_us;
	bool is_tagged; /* frames get VLAN tag 7 */
};

static void record_bytes(struct recording *recording, const uint8_t *bytes, size_t len)
{
	struct pcap_pkthdr head = {
		.ts = { .tv_sec = recording->time_us / 1000000,
			.tv_usec = recording->time_us % 1000000 },
		.caplen = (bpf_u_int32)len,
		.len = (bpf_u_int32)len,
	};

	if (recording->dumper)
		pcap_dump((u_char *)recording->dumper, &head, bytes);
	else
		capture_frame(recording->capture, recording->time_us, CAPTURE_ETHERNET, bytes, len);
	recording->time_us += 1000;
}

/* An IPv4 packet whose payload is @head and then @payload. */
static void record_ipv4(struct recording *recording, bool is_from_us, uint8_t protocol,
	const struct wire_writer *head, const uint8_t *payload, size_t len)
{
	uint8_t frame[FRAME_SIZE];
	struct wire_writer w = wire_writer(frame, sizeof(frame));
	const size_t head_len = wire_written(head);

	wire_put_fill(&w, 2, 12);
	if (recording->is_tagged)
		wire_put_u32(&w, 0x81000007);
	wire_put_u16(&w, 0x0800);
	wire_put_u16(&w, 0x4500);
	wire_put_u16(&w, (uint16_t)(20 + head_len + len));
	wire_put_u32(&w, 0x00004000); /* do not fragment */
	wire_put_u8(&w, 255);
	wire_put_u8(&w, protocol);
	wire_put_u16(&w, 0);
	wire_put_bytes(&w, is_from_us ? us.bytes : router.bytes, 4);
	wire_put_bytes(&w, is_from_us ? router.bytes : us.bytes, 4);
	wire_put_bytes(&w, head->start, head_len);
	if (len > 0)
		wire_put_bytes(&w, payload, len);
	assert_true(wire_writer_ok(&w));
	record_bytes(recording, frame, wire_written(&w));
}

static void record_tcp(struct recording *recording, bool is_from_us, uint32_t sequence,
	uint8_t flags, const uint8_t *payload, size_t len)
{
	uint8_t bytes[32];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));

	wire_put_u16(&w, is_from_us ? PORT_US : PORT_BGP);
	wire_put_u16(&w, is_from_us ? PORT_BGP : PORT_US);
	wire_put_u32(&w, sequence);
	wire_put_u32(&w, 0);
	wire_put_u8(&w, 0x60); /* 24 octets: an option to step over */
	wire_put_u8(&w, flags);
	wire_put_fill(&w, 0, 6);
	wire_put_fill(&w, 1, 4);
	record_ipv4(recording, is_from_us, 6, &w, payload, len);
}

static void record_bfd(struct recording *recording, enum bfd_state state, uint8_t diag)
{
	const struct bfd_packet packet = { .state = state,
		.diag = diag,
		.multiplier = 3,
		.my_discriminator = 77,
		.your_discriminator = 5,
		.desired_tx_us = 300000,
		.required_rx_us = 300000 };
	uint8_t head[8];
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len = bfd_packet_build(&packet, bytes);
	struct wire_writer w = wire_writer(head, sizeof(head));

	wire_put_u16(&w, 50000);
	wire_put_u16(&w, PORT_BFD);
	wire_put_u16(&w, (uint16_t)(sizeof(head) + len));
	wire_put_u16(&w, 0);
	record_ipv4(recording, true, 17, &w, bytes, len);
}

static void record_neigh(struct recording *recording, const struct neigh_frame *frame)
{
	uint8_t bytes[FRAME_MAX];

	record_bytes(recording, bytes, neigh_build(frame, bytes));
}

static struct ip address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void record_arp(
	struct recording *recording, enum neigh_kind kind, const char *source, const char *target)
{
	record_neigh(recording,
		&(struct neigh_frame){ .kind = kind,
			.eth_dst = mac_broadcast,
			.eth_src = our_mac,
			.source = address(source),
			.target = address(target),
			.sender = our_mac,
			.has_sender = true });
}

static void record_ndp(
	struct recording *recording, enum neigh_kind kind, const char *source, uint8_t flags)
{
	const struct ip target = address("2001:db8::10");
	const struct ip group = kind == NEIGH_SOLICITATION ? solicited_node_group(&target) :
							     ip_all_nodes;

	record_neigh(recording,
		&(struct neigh_frame){ .kind = kind,
			.eth_dst = group_mac(&group),
			.eth_src = our_mac,
			.source = address(source),
			.target = address("2001:db8::10"),
			.ip_dst = group,
			.sender = our_mac,
			.has_sender = kind == NEIGH_ADVERTISEMENT,
			.flags = flags });
}

/* What goes over the session: messages of one direction, one behind the other. */
struct stream {
	uint8_t bytes[2048];
	struct wire_writer w;
};

static void add_open(struct stream *stream, uint32_t as, uint32_t id)
{
	struct bgp_open open = {
		.as = as, .hold_seconds = 90, .id = id, .caps = bgp_capabilities_none()
	};

	open.caps.has_multiprotocol = true;
	open.caps.families = BGP_FAMILIES_ALL;
	open.caps.has_as4 = true;
	open.caps.as4 = as;
	(void)bgp_open_build(&stream->w, &open, &(struct bgp_open_limits){ 0 });
}

static const struct bgp_export ex = {
	.local_as = 65001,
	.message_max = BGP_MESSAGE_MAX,
	.has_as4 = true,
	.families = BGP_FAMILIES_ALL,
	.next_hop_v4 = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
	.next_hop_v6 = { .family = AF_INET6, .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
};

static void add_prefixes(
	struct stream *stream, struct bgp_update_build *build, const char *const at[])
{
	size_t len;

	for (; *at; at++) {
		struct ip_prefix prefix;

		assert_int_equal(ip_prefix_parse(*at, &prefix), 0);
		assert_true(bgp_update_add(build, prefix.ip.bytes, prefix.len));
	}
	len = bgp_update_end(build);
	assert_true(len > 0);
	stream->w.at += len;
}

static struct wire_writer rest_of(struct stream *stream)
{
	return wire_writer(stream->w.at, wire_room(&stream->w));
}

static void add_update(struct stream *stream)
{
	auto_(bgp_attrs_finip) struct bgp_attrs attrs = { .has_med = true, .med = 7, .prepend = 1 };
	static const char *const communities[] = { "65000:100", "no-export", "large:65001:1:2",
		"link-bandwidth:65001:1250000" };
	struct bgp_update_build build;

	for (size_t i = 0; i < COUNT_OF(communities); i++) {
		struct bgp_community community;

		assert_int_equal(bgp_community_parse(communities[i], &community), 0);
		assert_int_equal(bgp_attrs_add(&attrs, &community), 0);
	}
	bgp_update_begin(&build, rest_of(stream), &ex, BGP_IPV4_UNICAST, &attrs, false);
	add_prefixes(
		stream, &build, (const char *const[]){ "198.51.100.7/32", "203.0.113.0/24", NULL });
}

static void add_update_v6(struct stream *stream)
{
	const struct bgp_attrs attrs = { 0 };
	struct bgp_update_build build;

	bgp_update_begin(&build, rest_of(stream), &ex, BGP_IPV6_UNICAST, &attrs, false);
	add_prefixes(stream, &build, (const char *const[]){ "2001:db8:7::7/128", NULL });
}

static void add_withdrawal(struct stream *stream)
{
	struct bgp_update_build build;

	bgp_withdraw_begin(&build, rest_of(stream), &ex, BGP_IPV4_UNICAST);
	add_prefixes(stream, &build, (const char *const[]){ "203.0.113.0/24", NULL });
}

/* A whole life of our side of a session; @ret_open_len: octets of its OPEN. */
static void make_stream(struct stream *stream, size_t *ret_open_len)
{
	const struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, "going home", false);

	stream->w = wire_writer(stream->bytes, sizeof(stream->bytes));
	add_open(stream, 65001, 0x0a000001);
	*ret_open_len = wire_written(&stream->w);
	bgp_keepalive_build(&stream->w);
	add_update(stream);
	add_update_v6(stream);
	bgp_end_of_rib_build(&stream->w, BGP_IPV4_UNICAST);
	bgp_end_of_rib_build(&stream->w, BGP_IPV6_UNICAST);
	add_withdrawal(stream);
	bgp_refresh_build(&stream->w, BGP_IPV4_UNICAST, BGP_REFRESH_REQUEST);
	bgp_notification_build(&stream->w, &why);
	assert_true(wire_writer_ok(&stream->w));
}

static void record_session(struct recording *recording)
{
	const uint32_t start = UINT32_MAX - 100; /* sequence numbers wrap on the way */
	struct stream ours, theirs;
	size_t open_len, len, third;

	make_stream(&ours, &open_len);
	theirs.w = wire_writer(theirs.bytes, sizeof(theirs.bytes));
	add_open(&theirs, 65100, 0x0a0000fe);
	record_tcp(recording, true, start - 1, SYN, NULL, 0);
	record_tcp(recording, false, 999, SYN | ACK, NULL, 0);
	record_tcp(recording, true, start, ACK, ours.bytes, open_len);
	record_tcp(recording, false, 1000, ACK, theirs.bytes, wire_written(&theirs.w));

	/* The rest in three parts: the last one first, the second twice. */
	len = wire_written(&ours.w) - open_len;
	third = len / 3;
	record_tcp(recording, true, start + (uint32_t)(open_len + 2 * third), ACK,
		ours.bytes + open_len + 2 * third, len - 2 * third);
	record_tcp(recording, true, start + (uint32_t)(open_len + third), ACK,
		ours.bytes + open_len + third, third);
	record_tcp(recording, true, start + (uint32_t)open_len, ACK, ours.bytes + open_len, third);
	record_tcp(recording, true, start + (uint32_t)(open_len + third), ACK,
		ours.bytes + open_len + third, third);
	record_tcp(recording, true, start + (uint32_t)(open_len + len), FIN | ACK, NULL, 0);
	record_tcp(recording, false, 1000 + (uint32_t)wire_written(&theirs.w), RST, NULL, 0);
}

static void record_all(struct recording *recording)
{
	record_arp(recording, NEIGH_ARP_REQUEST, "0.0.0.0", "192.0.2.10");       /* probe */
	record_arp(recording, NEIGH_ARP_REQUEST, "192.0.2.10", "192.0.2.10");    /* announce */
	record_arp(recording, NEIGH_ARP_REPLY, "192.0.2.10", "192.0.2.10");      /* announce */
	record_arp(recording, NEIGH_ARP_REQUEST, "192.0.2.9", "192.0.2.10");     /* a question */
	record_arp(recording, NEIGH_ARP_REPLY, "192.0.2.10", "192.0.2.9");       /* answer */
	record_ndp(recording, NEIGH_SOLICITATION, "::", 0);                      /* probe */
	record_ndp(recording, NEIGH_ADVERTISEMENT, "2001:db8::10", NA_OVERRIDE); /* announce */
	record_bfd(recording, BFD_DOWN, 0);
	record_bfd(recording, BFD_DOWN, 0); /* says nothing new */
	record_bfd(recording, BFD_UP, 0);
	record_session(recording);
	recording->is_tagged = true;
	record_bfd(recording, BFD_DOWN, BFD_DIAG_DETECT_EXPIRED);
}

struct shown {
	struct strbuf text;
	struct strbuf json;
};

static void show(void *user, json_t *record)
{
	struct shown *shown = user;
	auto_(freep) char *json = json_dumps(record, JSON_COMPACT);

	capture_format(record, &shown->text);
	strbuf_addf(&shown->json, "%s\n", json);
}

static void shown_fini(struct shown *shown)
{
	strbuf_fini(&shown->text);
	strbuf_fini(&shown->json);
}

static void assert_golden(const char *path, const char *found)
{
	auto_(strbuf_finip) struct strbuf wanted = { 0 };
	char buffer[4096];
	FILE *file;
	size_t len;

	if (getenv("GOLDEN_UPDATE")) {
		file = fopen(path, "we");
		assert_non_null(file);
		assert_true(fputs(found, file) >= 0);
		(void)fclose(file);
	}
	file = fopen(path, "re");
	assert_non_null(file);
	while ((len = fread(buffer, 1, sizeof(buffer), file)) > 0)
		strbuf_add_len(&wanted, buffer, len);
	(void)fclose(file);
	assert_string_equal(found, strbuf_text(&wanted));
}

static void take_frame(u_char *user, const struct pcap_pkthdr *head, const u_char *bytes)
{
	capture_frame((struct capture *)user,
		(int64_t)head->ts.tv_sec * INT64_C(1000000) + head->ts.tv_usec, CAPTURE_ETHERNET,
		bytes, head->caplen);
}

static void a_pcap_file_is_told_as_wanted(void **state)
{
	char path[] = "/tmp/bellman-capture.XXXXXX";
	char error[PCAP_ERRBUF_SIZE];
	struct shown shown = { 0 };
	auto_(capture_freep) struct capture *capture = capture_new(show, &shown);
	struct recording recording = { .time_us = INT64_C(1767225600000000) };
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	recording.dumper = pcap_dump_fopen(pcap, fdopen(fd, "wb"));
	assert_non_null(recording.dumper);
	record_all(&recording);
	pcap_dump_close(recording.dumper);
	pcap_close(pcap);

	pcap = pcap_open_offline(path, error);
	assert_non_null(pcap);
	assert_int_equal(pcap_loop(pcap, -1, take_frame, (u_char *)capture), 0);
	pcap_close(pcap);
	(void)unlink(path);
	assert_golden(BELLMANCTL_GOLDEN "/capture.txt", strbuf_text(&shown.text));
	assert_golden(BELLMANCTL_GOLDEN "/capture.json", strbuf_text(&shown.json));
	shown_fini(&shown);
}

/* Counts what comes out of streams. */
struct counts {
	unsigned messages;
	unsigned gaps;
	unsigned ends;
	uint8_t types[16];
};

static void count_message(void *user, struct stream_flow *flow, const uint8_t *bytes, size_t len)
{
	struct counts *counts = user;

	(void)flow;
	assert_int_equal(bytes[16] << 8 | bytes[17], len);
	assert_true(counts->messages < sizeof(counts->types));
	counts->types[counts->messages++] = bytes[18];
}

static void count_gap(void *user, struct stream_flow *flow)
{
	struct counts *counts = user;

	(void)flow;
	counts->gaps++;
}

static void count_end(void *user, struct stream_flow *flow, enum stream_end how)
{
	struct counts *counts = user;

	(void)flow;
	(void)how;
	counts->ends++;
}

static void table_init(struct stream_table *table, struct counts *counts)
{
	*counts = (struct counts){ 0 };
	stream_table_init(table,
		&(struct stream_events){ .message = count_message,
			.gap = count_gap,
			.end = count_end,
			.user = counts });
}

static struct capture_segment segment_of(
	uint32_t sequence, uint8_t flags, const uint8_t *payload, size_t len)
{
	return (struct capture_segment){ .protocol = CAPTURE_TCP,
		.from = us,
		.to = router,
		.from_port = PORT_US,
		.to_port = PORT_BGP,
		.sequence = sequence,
		.flags = flags,
		.payload = payload,
		.len = len };
}

static void add(struct stream_table *table, uint32_t sequence, uint8_t flags,
	const uint8_t *payload, size_t len)
{
	const struct capture_segment segment = segment_of(sequence, flags, payload, len);

	stream_table_add(table, &segment);
}

enum {
	STREAM_MESSAGES = 9,
};

static void a_stream_cut_anywhere_gives_the_same_messages(void **state)
{
	struct stream stream;
	size_t open_len, len;

	(void)state;
	make_stream(&stream, &open_len);
	len = wire_written(&stream.w);
	for (size_t cut = 1; cut < len; cut++) {
		struct stream_table table;
		struct counts counts;

		table_init(&table, &counts);
		add(&table, 7, SYN, NULL, 0);
		add(&table, 8 + (uint32_t)cut, 0, stream.bytes + cut, len - cut);
		assert_int_equal(counts.messages, 0);
		add(&table, 8, 0, stream.bytes, cut);
		add(&table, 8, 0, stream.bytes, cut); /* sent again */
		assert_int_equal(counts.messages, STREAM_MESSAGES);
		assert_int_equal(counts.gaps, 0);
		stream_table_fini(&table);
	}
}

static void octets_one_by_one_give_the_same_messages(void **state)
{
	struct stream_table table;
	struct counts counts;
	struct stream stream;
	size_t open_len;

	(void)state;
	make_stream(&stream, &open_len);
	table_init(&table, &counts);
	add(&table, 7, SYN, NULL, 0);
	for (size_t i = 0; i < wire_written(&stream.w); i++)
		add(&table, 8 + (uint32_t)i, 0, stream.bytes + i, 1);
	assert_int_equal(counts.messages, STREAM_MESSAGES);
	stream_table_fini(&table);
}

static void a_capture_that_starts_in_a_message_finds_the_next(void **state)
{
	struct stream_table table;
	struct counts counts;
	struct stream stream;
	size_t open_len;

	(void)state;
	make_stream(&stream, &open_len);
	table_init(&table, &counts);
	add(&table, 8, 0, stream.bytes + 20, wire_written(&stream.w) - 20);
	assert_int_equal(counts.messages, STREAM_MESSAGES - 1);
	assert_int_equal(counts.types[0], BGP_MSG_KEEPALIVE);
	assert_int_equal(counts.gaps, 0);
	stream_table_fini(&table);
}

/* A hole that is never filled: enough behind it, and it is given up. */
static void lost_octets_are_a_gap_and_not_the_end(void **state)
{
	auto_(freep) uint8_t *noise = xcalloc(1, STREAM_LATE_MAX);
	struct stream_table table;
	struct counts counts;
	struct stream stream;
	size_t open_len, len;

	(void)state;
	make_stream(&stream, &open_len);
	len = wire_written(&stream.w);
	table_init(&table, &counts);
	add(&table, 7, SYN, NULL, 0);
	add(&table, 8, 0, stream.bytes, open_len + 5);
	add(&table, 8 + (uint32_t)open_len + 10, 0, stream.bytes + open_len + 10,
		len - open_len - 10);
	assert_int_equal(counts.messages, 1);
	assert_int_equal(counts.gaps, 0);
	add(&table, 8 + (uint32_t)len + 1, 0, noise, STREAM_LATE_MAX);
	assert_int_equal(counts.gaps, 1);
	assert_int_equal(counts.messages, STREAM_MESSAGES - 1); /* without the KEEPALIVE */
	stream_table_fini(&table);
}

static void an_end_tells_what_still_waited(void **state)
{
	struct stream_table table;
	struct counts counts;
	struct stream stream;
	size_t open_len, len;

	(void)state;
	make_stream(&stream, &open_len);
	len = wire_written(&stream.w);
	table_init(&table, &counts);
	add(&table, 7, SYN, NULL, 0);
	add(&table, 8 + (uint32_t)open_len, 0, stream.bytes + open_len, len - open_len);
	add(&table, 8 + (uint32_t)len, FIN, NULL, 0);
	assert_int_equal(counts.gaps, 1);
	assert_int_equal(counts.messages, STREAM_MESSAGES - 1);
	assert_int_equal(counts.ends, 1);
	assert_int_equal(table.count, 0);
	stream_table_fini(&table);
}

static void no_more_than_64_streams_are_kept(void **state)
{
	struct stream_table table;
	struct counts counts;

	(void)state;
	table_init(&table, &counts);
	for (uint16_t port = 1; port < 1000; port++) {
		struct capture_segment segment = segment_of(1, 0, (const uint8_t *)"x", 1);

		segment.from_port = port;
		stream_table_add(&table, &segment);
		assert_true(table.count <= STREAM_FLOWS_MAX);
	}
	assert_int_equal(table.count, STREAM_FLOWS_MAX);
	stream_table_fini(&table);
}

/* Frames cut at every length, which a short snapshot length gives. */
static void cut_frames_are_told_or_left_out(void **state)
{
	struct shown shown = { 0 };
	auto_(capture_freep) struct capture *capture = capture_new(show, &shown);
	const struct neigh_frame frame = { .kind = NEIGH_ARP_REPLY,
		.eth_dst = mac_broadcast,
		.eth_src = our_mac,
		.source = us,
		.target = us,
		.sender = our_mac,
		.has_sender = true };
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(&frame, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		auto_(freep) uint8_t *exact = xmemdup(bytes, cut ? cut : 1);

		for (enum capture_link link = CAPTURE_ETHERNET; link <= CAPTURE_RAW_IP; link++)
			capture_frame(capture, 0, link, exact, cut);
	}
	assert_non_null(strstr(strbuf_text(&shown.text), "announce address 192.0.2.1 mac"));
	shown_fini(&shown);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pcap_file_is_told_as_wanted),
		cmocka_unit_test(a_stream_cut_anywhere_gives_the_same_messages),
		cmocka_unit_test(octets_one_by_one_give_the_same_messages),
		cmocka_unit_test(a_capture_that_starts_in_a_message_finds_the_next),
		cmocka_unit_test(lost_octets_are_a_gap_and_not_the_end),
		cmocka_unit_test(an_end_tells_what_still_waited),
		cmocka_unit_test(no_more_than_64_streams_are_kept),
		cmocka_unit_test(cut_frames_are_told_or_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
