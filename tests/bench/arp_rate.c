/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Asks for COUNT addresses from FIRST on, one after the other, by ARP requests at RATE a second (0: as
 * fast as answers come, WINDOW of them on the way), for SECONDS, and says how many were answered and
 * how late. An answer belongs to the oldest question for its address that has none. Times of arrival
 * are the kernel's.
 *
 *     arp_rate INTERFACE SENDER-IP FIRST COUNT RATE SECONDS
 */

#include "arp/frame.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 64,
	WINDOW = 128,
	FLAT_OUT_MAX = 400000, /* a second, for the room of the times */
	TICK_NS = 200000,
	LINGER_NS = 500000000, /* for the last answers */
	BUFFER_BYTES = 8 << 20,
	FRAME_ROOM = 128,
};

struct run {
	int fd;
	struct mac mac;
	struct ip sender;
	struct ip first;
	uint64_t count;
	uint64_t rate;
	uint64_t seconds;

	uint64_t asked;
	uint64_t answered;
	uint64_t *asked_ns;   /* by number of the question */
	uint32_t *answers_of; /* by address */
	uint32_t *late_us;    /* of each answer */
	uint64_t room;
};

static int open_link(struct run *run, const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	struct ifreq request = { 0 };
	const int on = 1;
	const int bytes = BUFFER_BYTES;

	run->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP));
	if (run->fd < 0)
		return -errno;
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(run->fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	memcpy(run->mac.bytes, request.ifr_hwaddr.sa_data, sizeof(run->mac.bytes));
	at.sll_ifindex = (int)if_nametoindex(name);
	(void)setsockopt(run->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	(void)setsockopt(run->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (setsockopt(run->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		bind(run->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return 0;
}

static void ask(struct run *run, uint64_t count)
{
	static uint8_t bytes[BATCH][FRAME_MAX];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	struct neigh_frame frame = {
		.kind = NEIGH_ARP_REQUEST,
		.eth_dst = mac_broadcast,
		.eth_src = run->mac,
		.sender = run->mac,
		.source = run->sender,
	};
	ip_uint first = ip_to_uint(&run->first);
	uint64_t now_ns;
	int sent;

	for (uint64_t i = 0; i < count; i++) {
		frame.target = ip_from_uint(AF_INET, first + (run->asked + i) % run->count);
		parts[i] = (struct iovec){ bytes[i], neigh_build(&frame, bytes[i]) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	now_ns = clock_wall_ns();
	sent = sendmmsg(run->fd, messages, (unsigned)count, 0);
	for (int i = 0; i < sent; i++)
		run->asked_ns[run->asked++] = now_ns;
}

static uint64_t arrival_ns(struct msghdr *message)
{
	struct cmsghdr *at;
	struct timespec time;

	for (at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&time, CMSG_DATA(at), sizeof(time));
		return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
	}
	return clock_wall_ns();
}

static void take_answer(struct run *run, const uint8_t *bytes, size_t len, uint64_t at_ns)
{
	struct neigh_frame frame;
	uint64_t address;
	uint64_t question;

	if (neigh_parse(bytes, len, &frame) != FRAME_GOOD || frame.kind != NEIGH_ARP_REPLY ||
		!mac_equal(&frame.eth_dst, &run->mac))
		return;
	address = (uint64_t)(ip_to_uint(&frame.source) - ip_to_uint(&run->first));
	if (address >= run->count)
		return;
	question = run->answers_of[address]++ * run->count + address;
	if (question >= run->asked)
		return;
	run->late_us[run->answered++] = at_ns > run->asked_ns[question] ?
		(uint32_t)((at_ns - run->asked_ns[question]) / NS_PER_US) :
		0;
}

static void take_answers(struct run *run)
{
	static uint8_t bytes[BATCH][FRAME_ROOM];
	static uint8_t control[BATCH][64];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	int count = BATCH;

	while (count == BATCH) {
		for (size_t i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ bytes[i], FRAME_ROOM };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
				.msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof(control[i]) };
		}
		count = recvmmsg(run->fd, messages, BATCH, 0, NULL);
		for (int i = 0; i < count; i++)
			take_answer(run, bytes[i], messages[i].msg_len,
				arrival_ns(&messages[i].msg_hdr));
	}
}

static uint64_t due(const struct run *run, uint64_t since_ns)
{
	uint64_t wanted = run->rate == 0 ? run->answered + WINDOW : since_ns * run->rate / NS_PER_S;
	uint64_t more = wanted > run->asked ? wanted - run->asked : 0;

	if (run->asked + more > run->room)
		more = run->room - run->asked;
	return more > BATCH ? BATCH : more;
}

static void ask_all(struct run *run)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	uint64_t begin_ns = clock_now_ns();
	uint64_t end_ns = begin_ns + run->seconds * NS_PER_S;
	uint64_t stall_answered = 0;
	uint64_t stall_ns = begin_ns;

	for (uint64_t now_ns = begin_ns; now_ns < end_ns + LINGER_NS; now_ns = clock_now_ns()) {
		struct pollfd waits = { .fd = run->fd, .events = POLLIN };
		uint64_t more = now_ns < end_ns ? due(run, now_ns - begin_ns) : 0;

		if (more > 0)
			ask(run, more);
		take_answers(run);
		/* A window that got lost must not end the run. */
		if (run->answered != stall_answered) {
			stall_answered = run->answered;
			stall_ns = now_ns;
		} else if (run->rate == 0 && now_ns < end_ns && now_ns - stall_ns > NS_PER_S / 10) {
			ask(run, 1);
			stall_ns = now_ns;
		}
		if (run->answered == run->asked && now_ns >= end_ns)
			break;
		if (due(run, clock_now_ns() - begin_ns) == 0 || now_ns >= end_ns)
			(void)ppoll(&waits, 1, &tick, NULL);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void print_result(struct run *run)
{
	uint64_t n = run->answered;

	qsort(run->late_us, n, sizeof(run->late_us[0]), compare);
	(void)printf("asked=%" PRIu64 " answered=%.2f%% per_second=%" PRIu64
		     " p50_us=%u p99_us=%u max_us=%u\n",
		run->asked, run->asked > 0 ? 100.0 * (double)n / (double)run->asked : 0.0,
		n / run->seconds, n > 0 ? run->late_us[n / 2] : 0,
		n > 0 ? run->late_us[n * 99 / 100] : 0, n > 0 ? run->late_us[n - 1] : 0);
}

static bool read_arguments(struct run *run, char **argv)
{
	if (ip_parse(argv[2], &run->sender) < 0 || ip_parse(argv[3], &run->first) < 0)
		return false;
	run->count = strtoull(argv[4], NULL, 10);
	run->rate = strtoull(argv[5], NULL, 10);
	run->seconds = strtoull(argv[6], NULL, 10);
	return run->count > 0 && run->seconds > 0;
}

int main(int argc, char **argv)
{
	const struct sched_param param = { .sched_priority = 20 };
	struct run run = { .fd = -1 };
	int r;

	if (argc != 7 || !read_arguments(&run, argv)) {
		(void)fputs(
			"usage: arp_rate INTERFACE SENDER-IP FIRST COUNT RATE SECONDS\n", stderr);
		return 2;
	}
	r = open_link(&run, argv[1]);
	if (r < 0) {
		(void)fprintf(stderr, "arp_rate: %s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	run.room = (run.rate > 0 ? run.rate : FLAT_OUT_MAX) * run.seconds + 1;
	run.asked_ns = xnew_array(uint64_t, run.room);
	run.late_us = xnew_array(uint32_t, run.room);
	run.answers_of = xnew_array(uint32_t, run.count);
	/* So that it is the other side that is measured. */
	(void)sched_setscheduler(0, SCHED_FIFO, &param);
	ask_all(&run);
	print_result(&run);
	(void)close(run.fd);
	free(run.asked_ns);
	free(run.late_us);
	free(run.answers_of);
	return 0;
}
