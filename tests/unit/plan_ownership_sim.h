/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A segment of speakers in virtual time: BFD sessions, ARP and messages with delay and loss, kills,
 * hangs, partitions. All chance comes from one seed. A client looks every 2 ms who answers.
 */

#include "plan/ownership.h"
#include "plan/ownership_view.h"

enum {
	SIM_NODES_MAX = 8,
	SIM_ADDRESSES_MAX = 16,
};

struct sim_conf {
	unsigned nodes;
	unsigned addresses;
	unsigned loss; /* per thousand, of each frame at each receiver */
	uint64_t seed;
	bool preempt;
	bool withdraw_alone;
	bool is_mute;  /* speakers do not know questions for their word, as of an earlier version */
	bool has_icmp; /* a dead process is told of by its kernel */
};

/* Longest times in ns of one address in one connected part of the segment. */
struct sim_worst {
	uint64_t nobody;  /* answered, though somebody could */
	uint64_t two;     /* answered at once */
	unsigned changes; /* of the one who answers, all addresses together */
};

struct sim;

struct sim *sim_new(const struct sim_conf *conf);
struct sim *sim_free(struct sim *sim);
DEFINE_FREEP(struct sim, sim);

void sim_run(struct sim *sim, uint64_t ms);

/* Forgets the worst of before; what lasts now counts from now. */
void sim_forget(struct sim *sim);
struct sim_worst sim_worst(const struct sim *sim);

void sim_start(struct sim *sim, unsigned node);
void sim_kill(struct sim *sim, unsigned node);
void sim_hang(struct sim *sim, unsigned node, bool is_hung);
void sim_link(struct sim *sim, unsigned node, bool has_link); /* carrier, seen by itself */
void sim_part(struct sim *sim, unsigned node, unsigned part); /* which part it hears */
void sim_leave(struct sim *sim, unsigned node);
void sim_drain(struct sim *sim, unsigned node, bool is_draining);

/* Frames in the name of @node claim the address, each @gap_ms at every other node, for @ms. */
void sim_forge(struct sim *sim, unsigned address, unsigned node, uint64_t gap_ms, uint64_t ms);
void sim_set_loss(struct sim *sim, unsigned per_thousand);
int sim_move(struct sim *sim, unsigned address, unsigned node);
bool sim_lives(const struct sim *sim, unsigned node);

/* Who answers for it in part @part: a node; -1 nobody; -2 more than one. */
int sim_owner(const struct sim *sim, unsigned address, unsigned part);

/* The node at @rank in the order of @address. */
unsigned sim_candidate(const struct sim *sim, unsigned address, unsigned rank);

/* Events of that type told by all nodes. */
unsigned sim_told(const struct sim *sim, enum ownership_event event);

uint64_t sim_random(struct sim *sim, uint64_t below);
