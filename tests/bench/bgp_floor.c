/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The floor of the BGP benches: an announcer that opens a session and then only packs and writes.
 *
 *     bgp_floor ADDRESS PEER-AS LOCAL-AS ROUTES
 *
 * Announces ROUTES hosts from 10.0.0.0 on, then End-of-RIB, and waits for the end of its input.
 */

#include "tests/bench/bgp_floor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BGP_PORT = 179,
	HEADER_LEN = 19,
	OPEN = 1,
	KEEPALIVE = 4,
	BUFFER_SIZE = 65536,
	TRIES = 200, /* to connect, 50 ms apart */
};

static bool read_all(int fd, uint8_t *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, to + at, len - at);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const uint8_t *from, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, from + at, len - at);

		if (n < 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool send_message(int fd, uint8_t type, const uint8_t *body, size_t len)
{
	uint8_t message[128];

	memset(message, 0xff, 16);
	message[16] = 0;
	message[17] = (uint8_t)(HEADER_LEN + len);
	message[18] = type;
	memcpy(message + HEADER_LEN, body, len);
	return write_all(fd, message, HEADER_LEN + len);
}

/* Reads messages up to one of @type. */
static bool await_message(int fd, uint8_t type)
{
	uint8_t message[FLOOR_MESSAGE_MAX];

	do {
		size_t len;

		if (!read_all(fd, message, HEADER_LEN))
			return false;
		len = (size_t)message[16] << 8 | message[17];
		if (len < HEADER_LEN || len > sizeof(message) ||
			!read_all(fd, message + HEADER_LEN, len - HEADER_LEN))
			return false;
	} while (message[18] != type);
	return true;
}

/* IPv4 unicast and 4-octet AS numbers; hold time 180 s. */
static bool open_session(int fd, uint32_t as)
{
	const uint8_t a[] = { (uint8_t)(as >> 24), (uint8_t)(as >> 16), (uint8_t)(as >> 8),
		(uint8_t)as };
	const uint8_t open[] = { 4, a[2], a[3], 0, 180, 192, 0, 2, 1, 16, 2, 6, 1, 4, 0, 1, 0, 1, 2,
		6, 65, 4, a[0], a[1], a[2], a[3] };

	return send_message(fd, OPEN, open, sizeof(open)) && await_message(fd, OPEN) &&
		send_message(fd, KEEPALIVE, NULL, 0) && await_message(fd, KEEPALIVE);
}

static bool announce(int fd, const uint32_t *addresses, uint32_t count)
{
	static uint8_t buffer[BUFFER_SIZE];
	size_t len = 0;

	for (uint32_t n = 0; n < count;) {
		len += floor_pack(addresses, count, &n, buffer + len);
		if (n < count && len + FLOOR_MESSAGE_MAX <= sizeof(buffer))
			continue;
		if (!write_all(fd, buffer, len))
			return false;
		len = 0;
	}
	return send_message(fd, 2, (const uint8_t[]){ 0, 0, 0, 0 }, 4); /* End-of-RIB */
}

static int dial(const char *address)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(BGP_PORT) };
	const int one = 1;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return -1;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		(void)close(fd);
		(void)nanosleep(&pause, NULL);
	}
	return -1;
}

int main(int argc, char **argv)
{
	uint32_t count = argc == 5 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	uint32_t *addresses = calloc(count + 1U, sizeof(*addresses));
	char byte;
	int fd;

	if (argc != 5 || !addresses) {
		(void)fprintf(stderr, "usage: %s ADDRESS PEER-AS LOCAL-AS ROUTES\n", argv[0]);
		return 2;
	}
	for (uint32_t i = 0; i < count; i++)
		addresses[i] = UINT32_C(0x0a000000) | i;
	fd = dial(argv[1]);
	if (fd < 0 || !open_session(fd, (uint32_t)strtoul(argv[3], NULL, 10)) ||
		!announce(fd, addresses, count)) {
		perror("bgp_floor");
		return 1;
	}
	while (read(STDIN_FILENO, &byte, 1) > 0) {
	}
	(void)close(fd);
	free(addresses);
	return 0;
}
