/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a client of addresses sees: `l2_client LINK ADDRESS... [-- ADDRESS...]`. Sends an echo request
 * to each address every 2 ms as an ordinary program does, through the kernel and its neighbour table,
 * and asks for each by ARP or NS on its own every 10 ms. For addresses behind `--` it asks every 200 ms,
 * and no more: for whoever watches the wire (l2_owners). On SIGTERM writes one object of JSON:
 *
 *   sent, lost        echo requests, and those that were not answered
 *   gap_ms            the longest time between two answers of one address
 *   silence_ms        the longest time in which no question for one address was answered
 *   two_owners_ms     the longest time in which two MACs answered for one address by turns
 *   changes           of the MAC that answers, all addresses together
 *   strange           answers of another MAC than the first one that answered for the address
 *   first_ms, last_ms since the start: when the first and the last address changed its MAC
 */

#include "arp/frame.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ECHO_NS    (2 * NS_PER_MS)
#define ASK_NS     (10 * NS_PER_MS)
#define SWEEP_NS   (200 * NS_PER_MS)
#define LATE_NS    (200 * NS_PER_MS) /* an answer that is later is a lost one */
#define TWO_GAP_NS (25 * NS_PER_MS)  /* answers of two MACs so close are of two owners */

enum {
	ECHO_REQUEST = 8, /* of ICMP; its header has another struct ip */
	TARGETS_MAX = 512,
	WINDOW = 256, /* requests under way; at 2 ms each more than LATE_NS */
};

struct target {
	struct ip ip;
	uint16_t sequence;
	uint64_t sent_ns[WINDOW]; /* 0: answered */
	uint64_t answered_ns;
	struct mac first_mac; /* that answered */
	struct mac mac;       /* that answers now */
	uint64_t mac_ns;
	struct mac other;
	uint64_t other_ns;
	uint64_t two_since_ns; /* 0: one owner */
};

static struct {
	struct target targets[TARGETS_MAX];
	size_t count;
	struct ip swept[TARGETS_MAX];
	size_t swept_count;
	int echo4;
	int echo6;
	int wire;
	unsigned ifindex;
	struct mac mac;
	struct ip ip4;
	struct ip ip6;
	uint64_t start_ns;
	uint64_t sent;
	uint64_t lost;
	uint64_t gap_ns;
	uint64_t silence_ns;
	uint64_t two_ns;
	uint64_t changes;
	uint64_t strange;
	uint64_t first_ns;
	uint64_t last_ns;
	bool is_ready;
} c;

static void raise_to(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void die(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

static void expire(struct target *t, uint64_t now, uint64_t age_ns)
{
	for (size_t i = 0; i < WINDOW; i++) {
		if (t->sent_ns[i] == 0 || now - t->sent_ns[i] < age_ns)
			continue;
		c.lost += c.is_ready;
		t->sent_ns[i] = 0;
	}
}

static void send_echo(struct target *t, uint64_t now)
{
	uint8_t bytes[16] = { 0 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	bool is_v4 = t->ip.family == AF_INET;
	const struct sockaddr *to = is_v4 ? (const struct sockaddr *)&to4 :
					    (const struct sockaddr *)&to6;

	t->sequence++;
	bytes[0] = is_v4 ? 8 /* ICMP_ECHO */ : ICMP6_ECHO_REQUEST;
	bytes[6] = (uint8_t)(t->sequence >> 8);
	bytes[7] = (uint8_t)t->sequence;
	bytes[8] = (uint8_t)((t - c.targets) >> 8);
	bytes[9] = (uint8_t)(t - c.targets);
	memcpy(&to4.sin_addr, t->ip.bytes, 4);
	memcpy(&to6.sin6_addr, t->ip.bytes, 16);
	t->sent_ns[t->sequence % WINDOW] = now;
	c.sent += c.is_ready;
	/* A neighbour that does not answer is an error of the host's: a lost request. */
	(void)sendto(is_v4 ? c.echo4 : c.echo6, bytes, sizeof(bytes), 0, to,
		is_v4 ? sizeof(to4) : sizeof(to6));
}

static void read_echo(int fd)
{
	uint8_t bytes[64];
	uint64_t now = clock_now_ns();
	ssize_t len;

	while ((len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0 || errno != EAGAIN) {
		size_t index = len >= 16 ? (size_t)bytes[8] << 8 | bytes[9] : c.count;
		uint16_t sequence = (uint16_t)(bytes[6] << 8 | bytes[7]);
		struct target *t = &c.targets[index];

		if (len < 16 || index >= c.count || t->sent_ns[sequence % WINDOW] == 0)
			continue;
		t->sent_ns[sequence % WINDOW] = 0;
		if (c.is_ready)
			raise_to(&c.gap_ns, now - t->answered_ns);
		t->answered_ns = now;
	}
}

static void send_question(const struct ip *ip)
{
	bool is_v4 = ip->family == AF_INET;
	struct ip group = solicited_node_group(ip);
	struct neigh_frame frame = {
		.kind = is_v4 ? NEIGH_ARP_REQUEST : NEIGH_SOLICITATION,
		.eth_dst = is_v4 ? mac_broadcast : group_mac(&group),
		.eth_src = c.mac,
		.sender = c.mac,
		.has_sender = true,
		.source = is_v4 ? c.ip4 : c.ip6,
		.target = *ip,
		.ip_dst = group,
	};
	uint8_t bytes[FRAME_MAX];
	size_t len = neigh_build(&frame, bytes);

	if (send(c.wire, bytes, len, 0) < 0 && errno != ENOBUFS && errno != ENETDOWN)
		die("send");
}

static struct target *find(const struct ip *ip)
{
	for (size_t i = 0; i < c.count; i++) {
		if (ip_equal(&c.targets[i].ip, ip))
			return &c.targets[i];
	}
	return NULL;
}

/* An answer to one of our questions: @mac has the address. */
static void on_answer(struct target *t, const struct mac *mac, uint64_t now)
{
	uint64_t both_ns;

	if (t->mac_ns == 0)
		t->first_mac = *mac;
	c.strange += c.is_ready && !mac_equal(mac, &t->first_mac);
	if (t->mac_ns > 0 && c.is_ready)
		raise_to(&c.silence_ns, now - (t->mac_ns > t->other_ns ? t->mac_ns : t->other_ns));
	if (t->mac_ns > 0 && mac_equal(mac, &t->mac)) {
		if (t->two_since_ns > 0 && now - t->other_ns > TWO_GAP_NS)
			t->two_since_ns = 0;
		t->mac_ns = now;
	} else if (t->mac_ns > 0 && now - t->mac_ns <= TWO_GAP_NS) {
		if (t->two_since_ns == 0)
			t->two_since_ns = now;
		t->other = *mac;
		t->other_ns = now;
	} else {
		if (t->mac_ns > 0 && c.is_ready) {
			c.changes++;
			c.last_ns = now;
			c.first_ns = c.first_ns > 0 ? c.first_ns : now;
		}
		t->mac = *mac;
		t->mac_ns = now;
		t->two_since_ns = 0;
	}
	/* Until the last answer of the one that ends: a hand-over at a stroke is none of two owners. */
	both_ns = t->mac_ns < t->other_ns ? t->mac_ns : t->other_ns;
	if (t->two_since_ns > 0 && both_ns > t->two_since_ns && c.is_ready)
		raise_to(&c.two_ns, both_ns - t->two_since_ns);
}

static void read_wire(void)
{
	uint8_t bytes[2048];
	uint64_t now = clock_now_ns();
	ssize_t len;

	while ((len = recv(c.wire, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		struct neigh_frame frame;
		struct target *t;

		if (neigh_parse(bytes, (size_t)len, &frame) != FRAME_GOOD ||
			!mac_equal(&frame.eth_dst, &c.mac))
			continue;
		if (frame.kind == NEIGH_ARP_REPLY)
			t = find(&frame.source);
		else if (frame.kind == NEIGH_ADVERTISEMENT)
			t = find(&frame.target);
		else
			continue;
		if (t)
			on_answer(t, &frame.sender, now);
	}
}

static void check_ready(uint64_t now)
{
	if (c.is_ready)
		return;
	for (size_t i = 0; i < c.count; i++) {
		if (c.targets[i].answered_ns == 0 || c.targets[i].mac_ns == 0)
			return;
	}
	c.is_ready = true;
	c.start_ns = now;
	(void)fprintf(stderr, "ready\n");
}

/* What has not ended when we stop counts too. */
static void report(void)
{
	uint64_t now = clock_now_ns();

	for (size_t i = 0; i < c.count; i++) {
		struct target *t = &c.targets[i];

		expire(t, now, LATE_NS);
		raise_to(&c.gap_ns, now - t->answered_ns);
		raise_to(&c.silence_ns, now - (t->mac_ns > t->other_ns ? t->mac_ns : t->other_ns));
	}
	(void)printf("{ \"sent\": %lu, \"lost\": %lu, \"gap_ms\": %.1f, \"silence_ms\": %.1f, "
		     "\"two_owners_ms\": %.1f, \"changes\": %lu, \"strange\": %lu, "
		     "\"first_ms\": %.1f, \"last_ms\": %.1f }\n",
		c.sent, c.lost, (double)c.gap_ns / 1e6, (double)c.silence_ns / 1e6,
		(double)c.two_ns / 1e6, c.changes, c.strange,
		c.first_ns > 0 ? (double)(c.first_ns - c.start_ns) / 1e6 : 0,
		c.last_ns > 0 ? (double)(c.last_ns - c.start_ns) / 1e6 : 0);
}

static void open_wire(const char *link)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	struct ifaddrs *list = NULL;

	c.ifindex = if_nametoindex(link);
	address.sll_ifindex = (int)c.ifindex;
	c.wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (c.wire < 0 || c.ifindex == 0 ||
		bind(c.wire, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		getifaddrs(&list) < 0)
		die(link);
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (strcmp(at->ifa_name, link) != 0 || !at->ifa_addr)
			continue;
		if (at->ifa_addr->sa_family == AF_PACKET)
			memcpy(c.mac.bytes, ((const struct sockaddr_ll *)at->ifa_addr)->sll_addr,
				6);
		else if (at->ifa_addr->sa_family == AF_INET)
			c.ip4 = ip_from_bytes(
				AF_INET, &((const struct sockaddr_in *)at->ifa_addr)->sin_addr);
		else if (at->ifa_addr->sa_family == AF_INET6)
			c.ip6 = ip_from_bytes(
				AF_INET6, &((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr);
	}
	freeifaddrs(list);
}

static int open_echo(int family, int protocol)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		die("ICMP socket (net.ipv4.ping_group_range)");
	return fd;
}

static int open_timer(void)
{
	const struct itimerspec each = {
		.it_interval.tv_nsec = ECHO_NS,
		.it_value.tv_nsec = ECHO_NS,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &each, NULL) < 0)
		die("timer");
	return fd;
}

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Those whose turn it is in this tick. */
static void sweep(uint64_t tick)
{
	for (size_t i = tick % (SWEEP_NS / ECHO_NS); i < c.swept_count; i += SWEEP_NS / ECHO_NS)
		send_question(&c.swept[i]);
}

static void on_tick(int timer)
{
	static uint64_t ticks;
	uint64_t passed = 0;
	uint64_t now = clock_now_ns();

	if (read(timer, &passed, sizeof(passed)) < 0)
		return;
	for (size_t i = 0; i < c.count; i++) {
		expire(&c.targets[i], now, LATE_NS);
		send_echo(&c.targets[i], now);
		if (ticks % (ASK_NS / ECHO_NS) == i % (ASK_NS / ECHO_NS))
			send_question(&c.targets[i].ip);
	}
	sweep(ticks);
	ticks++;
	check_ready(now);
}

static void read_address(const char *text, bool is_swept)
{
	struct ip *ip = is_swept ? &c.swept[c.swept_count++] : &c.targets[c.count++].ip;

	if (ip_parse(text, ip) == 0)
		return;
	(void)fprintf(stderr, "no address: %s\n", text);
	_exit(2);
}

int main(int argc, char **argv)
{
	struct pollfd fds[5] = { 0 };
	bool is_swept = false;

	if (argc < 3 || argc - 2 > TARGETS_MAX) {
		(void)fputs("usage: l2_client LINK ADDRESS... [-- ADDRESS...]\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			is_swept = true;
		else
			read_address(argv[i], is_swept);
	}
	open_wire(argv[1]);
	c.echo4 = open_echo(AF_INET, IPPROTO_ICMP);
	c.echo6 = open_echo(AF_INET6, IPPROTO_ICMPV6);
	fds[0] = (struct pollfd){ .fd = open_signals(), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = c.wire, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = c.echo4, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = c.echo6, .events = POLLIN };
	fds[4] = (struct pollfd){ .fd = open_timer(), .events = POLLIN };
	while (!(fds[0].revents & POLLIN)) {
		if (poll(fds, COUNT_OF(fds), -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[1].revents)
			read_wire();
		if (fds[2].revents)
			read_echo(c.echo4);
		if (fds[3].revents)
			read_echo(c.echo6);
		if (fds[4].revents)
			on_tick(fds[4].fd);
	}
	report();
	return 0;
}
