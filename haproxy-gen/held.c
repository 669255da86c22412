/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/held.h"

#include "base/mem.h"
#include "haproxy-gen/section.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BIND      "\tbind "
#define COMPLAINT "cannot bind socket"

enum {
	ENDPOINT_SIZE = IP_TEXT_SIZE + 8, /* "[ADDRESS]:65535" */
};

/* The addresses and ports of a file, sorted. */
struct binds {
	struct change_text *at;
	size_t count;
	size_t capacity;
};

void held_fini(struct held *held)
{
	free(held->at);
	*held = (struct held){ 0 };
}

static struct held_entry *find(struct held *held, const struct ip *ip, uint16_t port)
{
	for (size_t i = 0; i < held->count; i++) {
		if (held->at[i].port == port && ip_equal(&held->at[i].ip, ip))
			return &held->at[i];
	}
	return NULL;
}

int held_error(struct held *held, const struct ip *ip, uint16_t port)
{
	struct held_entry *entry = find(held, ip, port);

	if (!entry)
		return 0;
	entry->is_asked = true;
	return entry->error;
}

static void add(struct held *held, const struct ip *ip, uint16_t port, int error, uint64_t until_ns)
{
	*array_add(held->at, held->count, held->capacity) = (struct held_entry){
		.ip = *ip,
		.port = port,
		.error = error,
		.until_ns = until_ns,
		.is_asked = true,
	};
}

static int try_address(int fd, const struct ip *ip, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (ip->family == AF_INET) {
		memcpy(&v4.sin_addr, ip->bytes, sizeof(v4.sin_addr));
		return bind(fd, (const struct sockaddr *)&v4, sizeof(v4)) < 0 ? errno : 0;
	}
	memcpy(&v6.sin6_addr, ip->bytes, sizeof(v6.sin6_addr));
	return bind(fd, (const struct sockaddr *)&v6, sizeof(v6)) < 0 ? errno : 0;
}

/*
 * With the options that HAProxy sets, so that the kernel judges alike. The socket never listens:
 * nobody's connection can come to it.
 *
 * Return: a positive errno that HAProxy would get too; 0: none, or that can not be told.
 */
static int try_bind(const struct ip *ip, uint16_t port, bool is_transparent)
{
	const int on = 1;
	int fd = socket(ip->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return 0;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (ip->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	/* To be transparent takes a right; to bind what is not there yet does not. */
	if (is_transparent && ip->family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (is_transparent && ip->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	error = try_address(fd, ip, port);
	(void)close(fd);
	return error == EADDRINUSE || error == EADDRNOTAVAIL ? error : 0;
}

static int by_text(const void *a, const void *b)
{
	const struct change_text *left = a;
	const struct change_text *right = b;
	size_t len = left->len < right->len ? left->len : right->len;
	int order = memcmp(left->at, right->at, len);

	return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

static void read_binds(struct binds *binds, struct change_text text)
{
	struct change_text line;

	while (text_line(&text, &line)) {
		if (line.len <= strlen(BIND) || memcmp(line.at, BIND, strlen(BIND)) != 0)
			continue;
		line.at += strlen(BIND);
		line.len -= strlen(BIND);
		*array_add(binds->at, binds->count, binds->capacity) = text_word(&line);
	}
	if (binds->count > 0)
		qsort(binds->at, binds->count, sizeof(binds->at[0]), by_text);
}

static bool has_bind(const struct binds *binds, const struct ip *ip, uint16_t port)
{
	char address[IP_TEXT_SIZE];
	char text[ENDPOINT_SIZE];
	int len = snprintf(text, sizeof(text), ip->family == AF_INET ? "%s:%u" : "[%s]:%u",
		ip_format(ip, address), port);
	const struct change_text key = { text, (size_t)len };

	return binds->count > 0 &&
		bsearch(&key, binds->at, binds->count, sizeof(binds->at[0]), by_text);
}

size_t held_try(struct held *held, const struct want *want, struct change_text installed,
	bool is_transparent)
{
	struct binds binds = { 0 };
	size_t before = held->count;

	read_binds(&binds, installed);
	for (size_t i = 0; i < want->listen_count; i++) {
		const struct want_listen *listen = &want->listens[i];

		for (size_t k = 0; k < listen->bind_count; k++) {
			const struct ip *ip = &listen->binds[k];
			int error = has_bind(&binds, ip, listen->port) ?
				0 :
				try_bind(ip, listen->port, is_transparent);

			if (error != 0)
				add(held, ip, listen->port, error, 0);
		}
	}
	free(binds.at);
	return held->count - before;
}

/* "ADDRESS:PORT", IPv6 without brackets, as HAProxy writes it. */
static bool read_endpoint(struct change_text text, struct ip *ret_ip, uint16_t *ret_port)
{
	char copy[ENDPOINT_SIZE];
	char *colon, *end;
	unsigned long port;

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	colon = strrchr(copy, ':');
	if (!colon)
		return false;
	*colon = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (*end || end == colon + 1 || port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return ip_parse(copy, ret_ip) == 0;
}

/* Where it ends the next complaint begins, which has brackets of its own. */
static size_t complaint_len(const char *text)
{
	const char *next = strstr(text + strlen(COMPLAINT), COMPLAINT);

	return next ? (size_t)(next - text) : strlen(text);
}

size_t held_learn(struct held *held, const char *complaint, uint64_t until_ns)
{
	size_t before = held->count;

	for (const char *at = strstr(complaint, COMPLAINT); at;
		at = strstr(at + strlen(COMPLAINT), COMPLAINT)) {
		size_t len = complaint_len(at);
		const char *open = memchr(at, '[', len);
		const char *close = open ? memchr(open, ']', (size_t)(at + len - open)) : NULL;
		bool is_missing = memmem(
			at, len, strerror(EADDRNOTAVAIL), strlen(strerror(EADDRNOTAVAIL)));
		struct ip ip;
		uint16_t port;

		if (!close ||
			!read_endpoint((struct change_text){ open + 1, (size_t)(close - open) - 1 },
				&ip, &port))
			continue;
		if (!find(held, &ip, port))
			add(held, &ip, port, is_missing ? EADDRNOTAVAIL : EADDRINUSE, until_ns);
	}
	return held->count - before;
}

void held_doubt(struct held *held)
{
	for (size_t i = 0; i < held->count; i++)
		held->at[i].until_ns = 0;
}

void held_refresh(struct held *held, uint64_t now_ns, bool is_transparent)
{
	size_t kept = 0;

	for (size_t i = 0; i < held->count; i++) {
		struct held_entry *entry = &held->at[i];
		bool is_believed = now_ns < entry->until_ns ||
			try_bind(&entry->ip, entry->port, is_transparent) != 0;

		if (!entry->is_asked || !is_believed)
			continue;
		entry->is_asked = false;
		held->at[kept++] = *entry;
	}
	held->count = kept;
}
