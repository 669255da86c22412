/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The generator's own settings, in libconfig syntax (conf/keys.h). Every key has a default, written
 * beside it.
 */

#include "base/log.h"
#include "conf/report.h"
#include "model/schema.h"

#include <stdint.h>

enum gen_source {
	GEN_SOURCE_DIRECTORY, /* "directory" */
};

enum gen_on_edit {
	GEN_EDIT_REPAIR, /* "repair": write it anew and reload */
	GEN_EDIT_LEAVE,  /* "leave": say so, and touch nothing */
};

enum gen_check {
	GEN_CHECK_HTTP, /* "http": GET of nodes.check_path answers 200 */
	GEN_CHECK_TCP,  /* "tcp": the port accepts */
	GEN_CHECK_NONE, /* "none": nodes are taken for alive */
};

enum gen_allocator {
	GEN_ALLOCATE_FOLLOW,    /* "follow": what the status of the Services says */
	GEN_ALLOCATE_MANIFESTS, /* "manifests": out of the pools, a function of the manifests */
	GEN_ALLOCATE_SELF,      /* "self": out of the pools, and what was given stays given */
};

/* All text is owned. */
struct gen_settings {
	struct {
		enum gen_source type; /* source.type: "directory" */
		char *path;           /* source.path: "/etc/bellman/manifests" */
	} source;

	struct {
		char *file;               /* output.file: "/etc/haproxy/haproxy.cfg" */
		unsigned mode;            /* output.mode: "0644" */
		char *include;            /* output.include: "" (nothing of the VM's own) */
		char *udp;                /* output.udp: "" (no nftables file for UDP) */
		enum gen_on_edit on_edit; /* output.on_edit: "repair" */
	} output;

	char *state; /* state: "/var/lib/haproxy-gen" */

	struct {
		char *binary;         /* haproxy.binary: "/usr/sbin/haproxy" */
		char *admin_socket;   /* haproxy.admin_socket: "/run/haproxy/admin.sock" */
		char *master_socket;  /* haproxy.master_socket: "/run/haproxy-master.sock" */
		char *user;           /* haproxy.user: "haproxy"; "" stays who it is */
		char *group;          /* haproxy.group: "haproxy" */
		char *chroot;         /* haproxy.chroot: "" */
		char *log;            /* haproxy.log: "" (nothing is logged by HAProxy) */
		uint32_t maxconn;     /* haproxy.maxconn: 0 (what the limit of files allows) */
		uint32_t hard_stop_s; /* haproxy.hard_stop_after_seconds: 0 (never) */
		uint32_t reload_s;    /* haproxy.reload_seconds: 60, to wait for a reload */
	} haproxy;

	struct {
		bool drain;           /* nodes.drain: true (NotReady and cordoned nodes) */
		enum gen_check check; /* nodes.check: "http" */
		char *check_path;     /* nodes.check_path: "/healthz" */
		uint32_t check_port;  /* nodes.check_port: 10256 */
		uint32_t interval_ms; /* nodes.check_interval_ms: 2000 */
		uint32_t local_ms;    /* nodes.local_check_interval_ms: 5000 */
		uint32_t fall;        /* nodes.check_fall: 2 */
		uint32_t rise;        /* nodes.check_rise: 2 */
		uint32_t spare;       /* nodes.spare: 8, to come without a reload */
		uint32_t subset;      /* nodes.subset: 0 (all nodes serve every Service) */
	} nodes;

	struct {
		bool transparent;                   /* frontends.transparent: true */
		struct strings addresses;           /* frontends.addresses: [ ] (any) */
		struct strings node_port_addresses; /* frontends.node_port_addresses: [ ] */
	} frontends;

	struct {
		uint32_t connect_ms; /* timeouts.connect_ms: 500 */
		uint32_t client_s;   /* timeouts.client_seconds: 3600 */
		uint32_t server_s;   /* timeouts.server_seconds: 3600 */
		uint32_t retries;    /* timeouts.retries: 3 */
	} timeouts;

	struct {
		uint32_t table_size; /* affinity.table_size: 100000 clients of a listener */
		char *local;         /* affinity.local: "local", this VM's name among the peers */
		char *listen;        /* affinity.listen: "127.0.0.1:10024", to hand tables over */
		struct strings members; /* affinity.members: [ ]; "NAME ADDRESS:PORT" each */
	} affinity;

	struct {
		char *folder; /* tls.folder: "" (no certificates) */
	} tls;

	struct {
		char *listen; /* stats.listen: "" (off) */
	} stats;

	struct {
		char *listen; /* prometheus.listen: "" (off) */
	} prometheus;

	struct {
		uint32_t quiet_ms;     /* reload.quiet_ms: 250 */
		uint32_t max_delay_ms; /* reload.max_delay_ms: 3000 */
		uint32_t verify_s;     /* reload.verify_seconds: 30; 0 never */
	} reload;

	struct {
		enum log_level level;   /* log.level: "info" */
		enum log_format format; /* log.format: "logfmt" */
	} log;

	char *load_balancer_class;    /* load_balancer_class: "" (Services without a class) */
	enum gen_allocator allocator; /* allocator: "follow" */
	char *publish;                /* publish: "" (nowhere), the addresses that are given here */
};

/* Settings with every default. The caller owns them. */
struct gen_settings *gen_settings_new(void);
struct gen_settings *gen_settings_free(struct gen_settings *settings);
DEFINE_FREEP(struct gen_settings, gen_settings);

/**
 * gen_settings_load() - read the file at @path
 * @report:       gets every error, with file and line
 * @ret_settings: owned by the caller; set only on 0
 *
 * Return: 0; -EBADMSG: something in it is wrong, @report says what; another -errno: it can not be
 * read, which is in @report too.
 */
must_check int gen_settings_load(
	const char *path, struct gen_settings **ret_settings, struct report *report);

/* The same for @text, which ends with a NUL; @file is its name in messages. */
must_check int gen_settings_parse(const char *text, const char *file,
	struct gen_settings **ret_settings, struct report *report);

/* The two words of a member of affinity.members; true if @text is one. Caller frees @ret_name. */
bool gen_member_parse(const char *text, char **ret_name, const char **ret_listen);
