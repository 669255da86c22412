/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The receiver of the BGP benches: takes one session after the other, counts IPv4 prefixes and says
 * when they came. It shares no code with what it measures.
 *
 *     bgp_sink ADDRESS AS
 *
 * On standard output, with nanoseconds of CLOCK_MONOTONIC: "listening NS", "established NS",
 * "routes NS ANNOUNCED WITHDRAWN MESSAGES OCTETS" after each read that had an UPDATE (sums of this
 * session), "end-of-rib NS", "closed NS"; written when nothing came for 5 ms, so that who reads them
 * takes no processor from what is measured. On standard input: "reset" closes the connection by RST.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BGP_PORT = 179,
	HEADER_LEN = 19,
	OPEN_LEN = 53,
	BUFFER_SIZE = 1 << 20,
	KEEPALIVE_MS = 20000,
	QUIET_MS = 5,
	OPEN = 1,
	UPDATE = 2,
	KEEPALIVE = 4,
};

struct sink {
	uint32_t as;
	int listener;
	int fd; /* -1: no connection */
	bool is_established;
	uint64_t announced, withdrawn, messages, octets;
	size_t buffered;
	uint8_t buffer[BUFFER_SIZE];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static void say(const char *what)
{
	(void)printf("%s %" PRIu64 "\n", what, now_ns());
}

static unsigned u16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void send_all(const struct sink *sink, const uint8_t *bytes, size_t len)
{
	if (write(sink->fd, bytes, len) != (ssize_t)len)
		perror("bgp_sink: write");
}

static void send_keepalive(const struct sink *sink)
{
	uint8_t message[HEADER_LEN];

	memset(message, 0xff, 16);
	message[16] = 0;
	message[17] = HEADER_LEN;
	message[18] = KEEPALIVE;
	send_all(sink, message, sizeof(message));
}

/* We have no routes: who waits for them need not. */
static void send_end_of_rib(const struct sink *sink)
{
	uint8_t message[HEADER_LEN + 4] = { 0 };

	memset(message, 0xff, 16);
	message[17] = sizeof(message);
	message[18] = UPDATE;
	send_all(sink, message, sizeof(message));
}

/* IPv4 unicast, 4-octet AS, route refresh, and graceful restart as a helper: FRR sends no
 * End-of-RIB to others. Hold time 180 s. */
static void send_open(const struct sink *sink)
{
	const uint8_t as[] = { (uint8_t)(sink->as >> 24), (uint8_t)(sink->as >> 16),
		(uint8_t)(sink->as >> 8), (uint8_t)sink->as };
	const uint8_t body[] = { 4, as[2], as[3], 0, 180, 10, 255, 255, 254, 24, 2, 6, 1, 4, 0, 1,
		0, 1, 2, 6, 65, 4, as[0], as[1], as[2], as[3], 2, 6, 2, 0, 64, 2, 0, 0 };
	uint8_t message[OPEN_LEN];

	memset(message, 0xff, 16);
	message[16] = 0;
	message[17] = OPEN_LEN;
	message[18] = OPEN;
	memcpy(message + HEADER_LEN, body, sizeof(body));
	send_all(sink, message, sizeof(message));
}

static uint64_t count_prefixes(const uint8_t *at, const uint8_t *end)
{
	uint64_t count = 0;

	for (; at < end; at += 1 + (at[0] + 7) / 8)
		count++;
	return count;
}

static void take_update(struct sink *sink, const uint8_t *message, size_t len)
{
	const uint8_t *withdrawn = message + HEADER_LEN + 2;
	const uint8_t *attrs = withdrawn + u16(withdrawn - 2) + 2;
	const uint8_t *nlri = attrs + u16(attrs - 2);

	sink->messages++;
	sink->octets += len;
	if (len == HEADER_LEN + 4)
		say("end-of-rib");
	if (nlri > message + len) {
		(void)fprintf(stderr, "bgp_sink: a malformed UPDATE\n");
		exit(1);
	}
	sink->withdrawn += count_prefixes(withdrawn, attrs - 2);
	sink->announced += count_prefixes(nlri, message + len);
}

static void take_message(struct sink *sink, const uint8_t *message, size_t len)
{
	if (message[18] == OPEN) {
		send_open(sink);
		send_keepalive(sink);
	} else if (message[18] == UPDATE && len >= HEADER_LEN + 4) {
		take_update(sink, message, len);
	} else if (message[18] == KEEPALIVE && !sink->is_established) {
		sink->is_established = true;
		send_end_of_rib(sink);
		say("established");
	}
}

static void close_connection(struct sink *sink)
{
	(void)close(sink->fd);
	sink->fd = -1;
	say("closed");
}

static void reset_connection(struct sink *sink)
{
	const struct linger linger = { .l_onoff = 1 };

	if (sink->fd < 0)
		return;
	(void)setsockopt(sink->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close_connection(sink);
}

static void accept_connection(struct sink *sink)
{
	const int one = 1;
	int fd = accept(sink->listener, NULL, NULL);

	if (fd < 0)
		return;
	if (sink->fd >= 0) { /* one session at a time */
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	sink->fd = fd;
	sink->is_established = false;
	sink->announced = sink->withdrawn = sink->messages = sink->octets = 0;
	sink->buffered = 0;
}

static void read_connection(struct sink *sink)
{
	const uint64_t messages = sink->messages;
	ssize_t len = read(sink->fd, sink->buffer + sink->buffered, BUFFER_SIZE - sink->buffered);
	size_t at = 0;

	if (len <= 0) {
		close_connection(sink);
		return;
	}
	sink->buffered += (size_t)len;
	while (sink->buffered - at >= HEADER_LEN) {
		size_t message_len = u16(sink->buffer + at + 16);

		if (message_len < HEADER_LEN) {
			(void)fprintf(stderr, "bgp_sink: no BGP\n");
			exit(1);
		}
		if (sink->buffered - at < message_len)
			break;
		take_message(sink, sink->buffer + at, message_len);
		at += message_len;
	}
	sink->buffered -= at;
	memmove(sink->buffer, sink->buffer + at, sink->buffered);
	if (sink->messages == messages)
		return;
	(void)printf("routes %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		now_ns(), sink->announced, sink->withdrawn, sink->messages, sink->octets);
}

static int open_listener(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(BGP_PORT) };
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || listen(fd, 8) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Waits for something to do; says what is to be said as soon as there is nothing. */
static int wait_for_work(struct pollfd *fds, nfds_t count)
{
	int ready = poll(fds, count, QUIET_MS);

	if (ready != 0)
		return ready;
	(void)fflush(stdout);
	return poll(fds, count, KEEPALIVE_MS);
}

static int run(struct sink *sink)
{
	say("listening");
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = sink->listener, .events = POLLIN },
			{ .fd = sink->fd, .events = POLLIN },
		};
		int ready = wait_for_work(fds, 3);
		char order[32];

		if (ready < 0 && errno != EINTR)
			return 1;
		if (ready == 0 && sink->is_established && sink->fd >= 0)
			send_keepalive(sink);
		if (fds[2].revents)
			read_connection(sink);
		if (fds[0].revents) {
			if (read(STDIN_FILENO, order, sizeof(order)) <= 0)
				return 0;
			reset_connection(sink);
		}
		if (fds[1].revents)
			accept_connection(sink);
	}
}

int main(int argc, char **argv)
{
	static struct sink sink;
	static char lines[BUFFER_SIZE];

	if (argc != 3) {
		(void)fprintf(stderr, "usage: %s ADDRESS AS\n", argv[0]);
		return 2;
	}
	(void)setvbuf(stdout, lines, _IOFBF, sizeof(lines));
	sink.fd = -1;
	sink.as = (uint32_t)strtoul(argv[2], NULL, 10);
	sink.listener = open_listener(argv[1]);
	if (sink.listener < 0) {
		perror("bgp_sink: listen");
		return 1;
	}
	return run(&sink);
}
