/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state of a membership, for its own files alone: membership.c holds engines and ownership
 * together, membership_talk.c says and hears messages, membership_socket.c carries them,
 * membership_main.c is the side of main. Everything that is not said to be main's is the wire
 * thread's.
 */

#include "arp/room.h"
#include "plan/sessions.h"
#include "speaker/membership.h"

#define MEMBERSHIP_TAG UINT64_C(0x6d656d62657273) /* of our BFD sessions */

/* Addresses of one message. */
struct ip_list {
	struct ip at[MESSAGE_IPS_MAX];
	size_t count;
};

/* One for each node of the snapshot; self's is not used. */
struct peer {
	struct bfd_key key;
	bool has_session;
	bool is_up;      /* as BFD says */
	bool is_doubted; /* its host says that nobody listens, which anybody can say */
	bool is_renewed; /* another session than before, by the snapshot that comes in force */
	bool must_put;   /* the session's parameters changed */
	unsigned factor; /* of damping, in tenths */
	uint64_t gone_ns;
	uint64_t doubted_ns; /* the last time in this session; 0: never */
	uint64_t since_ns;   /* of is_up */
	struct message_peer words;
	uint64_t heard_ns; /* the last fresh message; 0: none */
	uint64_t next_hello_ns;
	uint64_t answered_ns; /* when something unproven was answered */
	struct ip_list gives;
	struct ip_list verifies;
	bool is_deaf; /* it does not answer what only it can hear */
};

struct membership {
	int fd;
	int family; /* of fd: AF_INET if the kernel has no IPv6 */
	uint16_t port;
	struct membership_snapshot *shown; /* main's copy of the last one; owned */
	size_t told;                       /* addresses that the wire thread has; main's */
	size_t room;                       /* for actions about so many addresses; main's */
	struct wire_side *side;
	struct ownership *ownership;
	struct membership_snapshot *snapshot; /* in force; NULL: none yet; owned */
	struct peer *peers;                   /* owned */
	size_t peer_count;
	bool *wanted; /* with which peers there is to be a session; owned */
	uint64_t chosen_ns;
	uint32_t interval_ms;            /* in force, by the number of sessions */
	unsigned down[ARP_LINKS_MAX];    /* links that are served, without carrier, by ifindex */
	uint64_t down_ns[ARP_LINKS_MAX]; /* since when */
	size_t down_count;
	unsigned open[ARP_LINKS_MAX]; /* links whose socket is open */
	size_t open_count;
	uint64_t instance;
	uint64_t
		sequence; /* of the last message, to whomever: peers come and go, the instance stays */
	uint64_t ready_ns; /* 0: not yet */
	bool is_leaving;
	bool has_left;
	struct event *readable;
	struct event *beat;
	struct event *timer;
	struct event *sync;   /* BFD sessions that must be put */
	struct event *verify; /* questions were gathered */
	bool has_gives;
	uint64_t messages_in;
	uint64_t messages_out;
	uint64_t messages_refused;
	uint64_t refused_told_ns; /* when the log said so last; 0: never */
};

/*
 * What main hands over, with all the memory that it takes to bring it in force. What it replaces
 * lies in its place then, and main frees it.
 */
struct membership_update {
	struct membership *membership;
	struct membership_snapshot *snapshot; /* owned; NULL: as it was */
	bool is_whole;                        /* other members, all addresses are put or dropped */
	struct membership_put {
		struct claim *claim;         /* owned; to drop an address: NULL */
		struct arp_address *watched; /* the same for the engine; owned; NULL: no links */
		struct ip ip;
	} * puts; /* owned */
	size_t put_count;
	struct ownership_action *actions; /* more room; owned; NULL: there is enough */
	size_t action_capacity;
	uint64_t made_ns; /* when main knew this */
};

/* membership.c */

/* wire_job_fn; @arg is a struct membership_update. */
void membership_apply(struct wire_side *side, void *arg);

/* membership_sessions.c */

/* Sessions with those that matter, as owners are known now; all parameters are put if @is_anew. */
void membership_choose(struct membership *m, bool is_anew);

/* More sessions, for the addresses that were put. */
void membership_choose_more(struct membership *m, const struct membership_update *update);

/* In large clusters, once in a while: are these still the sessions that matter? */
void membership_review(struct membership *m);

/* Does what the ownership decided. To be called after every input to it. */
void membership_act(struct membership *m);

/* Callbacks: of the event that puts sessions, and of the BFD engine. */
void sessions_sync(evutil_socket_t fd, short events, void *arg);
bool sessions_on_bfd(void *user, const struct bfd_event *event);

/* BFD of that peer came Up, or a message proved that a doubted one lives. */
void membership_peer_up(struct membership *m, uint16_t peer);

/* membership_socket.c: for messages; the only place that knows how they travel */
must_check int socket_open(uint16_t port, int *ret_fd, int *ret_family);
void socket_start(struct membership *m);
void socket_stop(struct membership *m);
void socket_send(struct membership *m, const struct ip *to, const uint8_t *bytes, size_t len);
void socket_send_to_all(struct membership *m, const uint8_t *bytes, size_t len);

/* What came while self did not run is not true any more; who means it says it again. */
void socket_throw_away(struct membership *m);

/* membership_talk.c */
/* To be called some 40 times a second: hellos. */
void talk_beat(struct membership *m);
/* A datagram came. Return: 0, or as message_parse() if it is refused. */
int talk_receive(struct membership *m, const uint8_t *bytes, size_t len);
void talk_hello(struct membership *m, uint16_t peer, bool asks);
void talk_hello_all(struct membership *m, bool asks);
void talk_give(struct membership *m, uint16_t peer, const struct ip *ip);

/* Sends the gives that were gathered. */
void talk_flush(struct membership *m);
/* Asks whether it answers for @ip, perhaps again; talk_flush_verifies() sends that, soon. */
void talk_verify(struct membership *m, uint16_t peer, const struct ip *ip, bool is_again);
void talk_flush_verifies(struct membership *m);
void talk_move(struct membership *m, uint16_t owner, const struct ip *ip, const char *target);
void talk_rebalance(struct membership *m, uint16_t owner);
