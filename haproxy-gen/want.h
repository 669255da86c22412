/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What HAProxy shall do: the listeners, their servers and options, and what is not done and why, out
 * of Services, Nodes and endpoints. Pure: the same input gives the same result. It owns all its
 * memory, so the model may change after it was made.
 *
 * Servers are a node's address and the Service's node port. Services with externalTrafficPolicy
 * Cluster share their servers; their health is that of the node (`track`), checked once.
 */

#include "haproxy-gen/arena.h"
#include "haproxy-gen/reason.h"
#include "haproxy-gen/settings.h"
#include "haproxy-gen/slots.h"
#include "ipam/ipam.h"
#include "model/model.h"

enum {
	WANT_V4,
	WANT_V6,
	WANT_FAMILIES,
};

struct want_node {
	const char *name;
	const char *slot;             /* its server in `backend nodes` */
	struct ip ips[WANT_FAMILIES]; /* family 0: none */
	uint32_t id;                  /* unique and stable: what a consistent hash goes by */
	bool is_leaving;              /* NotReady or cordoned: no new connections if others can */
	bool is_drained;              /* in maintenance for all Services at once */
};

struct want_slot {
	const char *name;
	const struct want_node *node; /* NULL: free */
};

struct want_server {
	const struct want_node *node;
	uint16_t weight;  /* 1 to 256 */
	bool is_disabled; /* in maintenance: it leaves, and another one is there */
};

struct want_servers {
	const struct want_server *at; /* by the name of the node */
	size_t count;
};

enum want_balance {
	WANT_ROUNDROBIN,
	WANT_LEASTCONN,
	WANT_RANDOM,
	WANT_FIRST,
	WANT_SOURCE, /* by a consistent hash */
};

enum want_check {
	WANT_CHECK_NODE, /* track the server of `backend nodes` */
	WANT_CHECK_PORT, /* GET check_path of check_port, 200 is good */
	WANT_CHECK_SELF, /* GET check_path of the node port, 2xx and 3xx are good */
	WANT_CHECK_TCP,  /* the check_port accepts */
	WANT_CHECK_NONE, /* taken for alive */
};

/* What a Service says about all its listeners. */
struct want_options {
	enum want_balance balance;
	enum want_check check;
	bool is_http;
	uint8_t proxy_protocol; /* 0 none, 1, 2 */
	uint16_t check_port;
	const char *check_path;
	const char *certificate; /* name of the file; NULL: no TLS */
	uint32_t maxconn;        /* 0: that of HAProxy */
	uint32_t affinity_s;     /* 0: none */
	uint32_t client_ms;      /* 0: the default, as all here */
	uint32_t server_ms;
	uint32_t connect_ms;
	uint32_t interval_ms;
};

enum {
	WANT_RANGES_A_LINE = 50, /* HAProxy takes at most 64 words a line */
};

/* Who may connect; on_all: everybody. Without a prefix nobody. */
struct want_ranges {
	bool is_all;
	const struct ip_prefix *at; /* sorted, each once */
	size_t count;
	const uint32_t *acl_ids; /* one for every WANT_RANGES_A_LINE */
};

struct want_listen {
	const char *name; /* "default.web.80", "default.web.80.v6" */
	uint8_t family;   /* WANT_V4 or WANT_V6 */
	uint16_t port;
	uint16_t node_port;
	const struct ip *binds;
	size_t bind_count;
	struct want_servers servers;
	struct want_ranges ranges;
	const struct want_options *options;
};

/* A UDP port: for a file of nftables rules, never a listener of HAProxy. */
struct want_udp {
	const char *name;
	uint8_t family;
	uint16_t port;
	uint16_t node_port;
	const struct ip *binds;
	size_t bind_count;
	struct want_servers servers;
	struct want_ranges ranges;
	uint32_t affinity_s;
};

struct want_refusal {
	enum want_reason reason;
	const char *kind; /* "Service" or "Node" */
	const char *ns;   /* "" for a Node */
	const char *name;
	uint16_t port;      /* 0: all of it */
	bool is_served;     /* it works nevertheless, but not quite as written */
	const char *detail; /* NULL: there is no more to say */
};

struct want {
	struct arena arena;
	struct want_node *nodes; /* by name */
	size_t node_count;
	struct want_slot *slots;
	size_t slot_count;
	struct want_listen *listens; /* by namespace, name, port and family of their Services */
	size_t listen_count;
	size_t listen_capacity;
	struct want_udp *udp;
	size_t udp_count;
	size_t udp_capacity;
	struct want_refusal *refusals;
	size_t refusal_count;
	size_t refusal_capacity;
	size_t service_count; /* that have a listener */
	bool has_affinity;    /* some listener needs a stick table */
};

struct want_input {
	const struct model *model;
	const struct gen_settings *settings;
	const struct model_dirty *only; /* these Services, as if there were no other; NULL: all */
	const struct ipam *ipam;        /* who gives addresses; NULL: the status of the Services */
	const struct slots *slots;      /* what runs; NULL: nothing that needs to be kept */
	/* True if tls.folder has a certificate with its key called @name; NULL: it has none. */
	bool (*has_certificate)(void *user, const char *name);
	/* Why HAProxy can not have @ip and @port: a positive errno; 0: it can. NULL: it always can. */
	int (*bind_error)(void *user, const struct ip *ip, uint16_t port);
	void *user;
};

/* The caller owns it. */
struct want *want_new(const struct want_input *input);
struct want *want_free(struct want *want);
DEFINE_FREEP(struct want, want);
