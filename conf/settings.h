/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * bellmand's own settings, in libconfig syntax. Every key has a default, written beside it. An
 * unknown key, a wrong type or a value out of range is an error with file and line. `@include` is
 * refused: the settings are one file.
 */

#include "base/log.h"
#include "conf/report.h"
#include "model/schema.h"

#include <stdint.h>

enum settings_source {
	SETTINGS_SOURCE_DIRECTORY, /* "directory" */
};

enum settings_allocator {
	SETTINGS_ALLOCATE_MANIFESTS, /* "manifests": a function of the manifests alone */
	SETTINGS_ALLOCATE_SELF,      /* "self": this node decides, and keeps what it gave */
	SETTINGS_ALLOCATE_FOLLOW,    /* "follow": only what the status of the Services says */
};

/* What to say to peers with graceful restart when the agent stops; the others hear a farewell. */
enum settings_on_stop {
	SETTINGS_STOP_RESTART, /* "restart": nothing, they go on forwarding until it is back */
	SETTINGS_STOP_LEAVE,   /* "leave": a farewell too */
};

enum settings_isolated {
	SETTINGS_ISOLATED_ANNOUNCE, /* "announce": who hears no other node serves its side */
	SETTINGS_ISOLATED_WITHDRAW, /* "withdraw": it owns nothing */
};

enum {
	SETTINGS_SCHEDULE_MAX = 32,
	SETTINGS_BGP_LISTEN_MAX = 8,
};

/* All text is owned. */
struct settings {
	char *node; /* node: name of this Node; the host's name */

	struct {
		enum settings_source type; /* source.type: "directory" */
		char *path;                /* source.path: "/etc/bellman/manifests" */
	} source;

	char *state; /* state: "/var/lib/bellman" */
	char *user;  /* user: to run as after start; "" (stay who we are) */

	struct {
		struct strings include; /* interfaces.include: regexes; [ ] (all) */
		struct strings exclude; /* interfaces.exclude: regexes; MetalLB's default list */
	} interfaces;

	struct {
		char *socket;  /* control.socket: "/run/bellman/control.sock" */
		char *group;   /* control.group: "" (that of the process) */
		unsigned mode; /* control.mode: "0660" */
	} control;

	struct {
		char *listen; /* metrics.listen: "127.0.0.1:7472"; "" is off */
	} metrics;

	struct {
		enum log_level level;   /* log.level: "info" */
		enum log_format format; /* log.format: "logfmt" */
	} log;

	char *load_balancer_class; /* load_balancer_class: "" (Services without a class) */
	bool ignore_exclude_label; /* ignore_exclude_label: false */

	enum settings_allocator allocator; /* allocator: "manifests" */
	char *publish; /* publish: file for others to follow; "" (none); for "self" only */

	struct {
		uint32_t schedule_ms[SETTINGS_SCHEDULE_MAX]; /* announce.schedule_ms: */
		size_t schedule_count;                       /* [ 0, 100, 1100, 2200, 5000 ] */
		uint32_t refresh_seconds;    /* announce.refresh_seconds: 60; 0 is off, to 86400 */
		bool ask_gateways;           /* announce.ask_gateways: false */
		uint32_t frames_per_second;  /* announce.frames_per_second: 500; 1 to 100000 */
		uint32_t answers_per_second; /* announce.answers_per_second: 10000 of an address */
	} announce;

	struct {
		bool realtime;     /* wire.realtime: true: SCHED_FIFO where it is allowed */
		uint32_t priority; /* wire.priority: 10; 1 to 99 */
	} wire;

	struct {
		uint32_t interval_ms; /* liveness.interval_ms: 100; 10 to 10000 */
		uint32_t multiplier;  /* liveness.multiplier: 3; 2 to 50 */
		uint32_t port;        /* liveness.port: 7473, of messages between speakers */
		char *key_file;       /* liveness.key_file: "" (nodes do not watch one another) */
	} liveness;

	struct {
		bool preempt;                    /* ownership.preempt: false */
		uint32_t hold_down_seconds;      /* ownership.hold_down_seconds: 5; to 3600 */
		bool spread;                     /* ownership.spread: false */
		enum settings_isolated isolated; /* ownership.isolated: "announce" */
	} ownership;

	struct {
		struct strings listen;         /* bgp.listen: addresses; [ ] (nowhere) */
		uint32_t port;                 /* bgp.port: 179, to listen on */
		char *router_id;               /* bgp.router_id: "" (an IPv4 address of the node) */
		uint32_t restart_seconds;      /* bgp.restart_seconds: 30; 1 to 4095 (RFC 4724) */
		uint32_t long_lived_seconds;   /* bgp.long_lived_seconds: 0; RFC 9494 */
		uint32_t drain_seconds;        /* bgp.drain_seconds: 2; 0 to 3600 */
		enum settings_on_stop on_stop; /* bgp.on_stop: "restart" */
		bool weights;                  /* bgp.weights: false */
		bool discard_aggregates;       /* bgp.discard_aggregates: false */
		char *health;                  /* bgp.health: "" (not asked), or a URL */
	} bgp;
	struct {
		char *collector;             /* bmp.collector: "" (none), or "192.0.2.9:11019" */
		uint32_t statistics_seconds; /* bmp.statistics_seconds: 60; 0: never */
	} bmp;
};

/* Settings with every default. The caller owns them. */
struct settings *settings_new(void);
struct settings *settings_free(struct settings *settings);
DEFINE_FREEP(struct settings, settings);

/**
 * settings_load() - read the file at @path
 * @report:       gets every error, with file and line
 * @ret_settings: owned by the caller; set only on 0
 *
 * Return: 0; -EBADMSG: something in it is wrong, @report says what; another -errno: it can not be
 * read, which is in @report too.
 */
must_check int settings_load(
	const char *path, struct settings **ret_settings, struct report *report);

/* The same for @text, which ends with a NUL; @file is its name in messages. */
must_check int settings_parse(
	const char *text, const char *file, struct settings **ret_settings, struct report *report);
