/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Structured logging: a constant sentence and typed facts, never a format string.
 *
 *     log_info("session up", kv_ip("peer", &peer), kv_uint("hold_s", 90));
 *
 * prints to standard error, by setting as logfmt or as JSON:
 *
 *     level=info src=bgp/session.c:88 msg="session up" peer=192.0.2.1 hold_s=90
 *
 * Values may come from outside: control bytes, quotes and bytes that are not UTF-8 are escaped, and
 * a value longer than LOG_VALUE_MAX is cut. A line that a packet can cause goes through
 * log_limited(). The level and format are the one piece of state here; main() sets it.
 */

#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_L_ERROR, /* someone must act */
	LOG_L_WARN,  /* we cope, someone should know */
	LOG_L_INFO,  /* a session, an address or an election changed */
	LOG_L_DEBUG, /* the rest */
	LOG_L_COUNT_,
};

enum log_format {
	LOG_LOGFMT,
	LOG_JSON,
};

enum {
	LOG_VALUE_MAX = 512
};

struct log_kv {
	const char *key;
	enum {
		KV_STR,
		KV_UINT,
		KV_ERRNO,
		KV_IP,
		KV_MAC,
	} type;
	union {
		const char *str; /* borrowed for the call; NULL prints "" */
		uint64_t uint;
		int err;
		const struct ip *ip;
		const struct mac *mac;
	};
};

static inline struct log_kv kv_str(const char *key, const char *str)
{
	return (struct log_kv){ .key = key, .type = KV_STR, .str = str };
}

static inline struct log_kv kv_uint(const char *key, uint64_t uint)
{
	return (struct log_kv){ .key = key, .type = KV_UINT, .uint = uint };
}

static inline struct log_kv kv_errno(int negative_errno)
{
	return (struct log_kv){ .key = "error", .type = KV_ERRNO, .err = -negative_errno };
}

static inline struct log_kv kv_ip(const char *key, const struct ip *ip)
{
	return (struct log_kv){ .key = key, .type = KV_IP, .ip = ip };
}

static inline struct log_kv kv_mac(const char *key, const struct mac *mac)
{
	return (struct log_kv){ .key = key, .type = KV_MAC, .mac = mac };
}

/* Lets through at most @burst lines per second; counts what it kept back. Zero-initialise. */
struct log_limit {
	uint64_t window_ns;
	unsigned used;
	unsigned kept_back;
};

/* What is logged from now on, and how. Before the first call: info, logfmt. */
void log_setup(enum log_level level, enum log_format format);

bool log_enabled(enum log_level level);

/* Gets a line with its facts; @where and @msg live for ever, the rest is borrowed for the call. */
typedef void log_sink_fn(void *user, enum log_level level, const char *where, const char *msg,
	size_t n, const struct log_kv kv[]);

/* From now on lines of this thread go to @sink, for a thread that must not wait; NULL: as before. */
void log_set_sink(log_sink_fn *sink, void *user);

void log_event(enum log_level level, const char *where, const char *msg, size_t n,
	const struct log_kv kv[]);

/* True if a line may be written now; if lines were kept back, says how many first. */
bool log_limit_pass(struct log_limit *limit, const char *where, unsigned burst);

#define LOG_STR_(x) #x
#define LOG_STR(x)  LOG_STR_(x)
#define LOG_WHERE   __FILE__ ":" LOG_STR(__LINE__)

#define log_at(level, msg, ...)                                                   \
	log_event(level, LOG_WHERE, msg,                                          \
		sizeof((struct log_kv[]){ __VA_ARGS__ }) / sizeof(struct log_kv), \
		(struct log_kv[]){ __VA_ARGS__ })
#define log_error(msg, ...) log_at(LOG_L_ERROR, msg, __VA_ARGS__)
#define log_warn(msg, ...)  log_at(LOG_L_WARN, msg, __VA_ARGS__)
#define log_info(msg, ...)  log_at(LOG_L_INFO, msg, __VA_ARGS__)
#define log_debug(msg, ...) log_at(LOG_L_DEBUG, msg, __VA_ARGS__)

/* For a line that a packet can cause: at most five a second from this place. */
#define log_limited(level, msg, ...)                                             \
	do {                                                                     \
		static struct log_limit limit_;                                  \
		if (log_enabled(level) && log_limit_pass(&limit_, LOG_WHERE, 5)) \
			log_at(level, msg, __VA_ARGS__);                         \
	} while (0)
