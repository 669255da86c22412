/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A few memberships on one segment, in memory: the clock is turned by hand; the functions of the wire
 * thread, of both engines and of the socket for messages are these, so that the linker leaves the
 * real ones out. Frames and messages arrive 1 ms later, unless they are lost. A BFD session is Up
 * when both ends have it, are ready and hear each other; silence is noticed by the detection time.
 */

#include "plan/ownership.h"
#include "speaker/membership.h"

enum {
	FAKE_NODES = 4,
	FAKE_ADDRESSES = 4,
};

struct fake;

/* @count nodes, not yet running, node-a first; each is a candidate for all addresses, in that order. */
struct fake *fake_new(unsigned count, uint64_t seed);
struct fake *fake_free(struct fake *fake);

/* A new process, which has read @key as its key file. */
void fake_start(struct fake *fake, unsigned node, const char *key);
void fake_kill(struct fake *fake, unsigned node);
bool fake_runs(const struct fake *fake, unsigned node);

void fake_pass(struct fake *fake, uint64_t ms);

/* As after the key file, or the MAC of the interface, has changed. */
void fake_set_key(struct fake *fake, unsigned node, const char *key);
void fake_set_mac(struct fake *fake, unsigned node, const struct mac *mac);
void fake_drain(struct fake *fake, unsigned node, bool is_draining);

struct mac fake_mac(const struct fake *fake, unsigned node);
struct ip fake_address(unsigned address);

/* Lost in thousand, of messages and of frames. */
void fake_set_loss(struct fake *fake, unsigned messages, unsigned frames);
/* Nothing comes to it nor from it. */
void fake_isolate(struct fake *fake, unsigned node, bool is_isolated);
/* Messages to one address are not delivered: a switch that was taught a wrong port. */
void fake_misdirect(struct fake *fake, unsigned node, bool is_misdirected);

/* The packet socket of its only link is closed with an error, or open again. */
void fake_set_link(struct fake *fake, unsigned node, bool is_open);
/* Its link came back this moment: main has said so, its socket is not open yet. It has another one. */
void fake_open_slowly(struct fake *fake, unsigned node);
/* The link takes no frames just now, though it is open. */
void fake_block(struct fake *fake, unsigned node, bool is_blocked);

/* All other nodes hear a frame in the name of @named that claims the address. */
void fake_forge(struct fake *fake, unsigned address, const struct mac *named);
/* @node hears that a host with @mac asks for the address too. */
void fake_ask_too(struct fake *fake, unsigned node, unsigned address, const struct mac *mac);

/* Keeps what goes to @node from now on; plays it again. */
void fake_record(struct fake *fake, unsigned node);
size_t fake_replay(struct fake *fake);

void fake_leave(struct fake *fake, unsigned node);
bool fake_has_left(const struct fake *fake, unsigned node);
int fake_move(struct fake *fake, unsigned at, unsigned address, unsigned to);
size_t fake_rebalance(struct fake *fake, unsigned at);

/* Who answers for it: a node; -1: nobody; -2: more than one. */
int fake_owner(const struct fake *fake, unsigned address);
/* The longest times so far in ms, of one address, in which nobody, or more than one, did. */
uint64_t fake_nobody_ms(const struct fake *fake);
uint64_t fake_two_ms(const struct fake *fake);
void fake_forget(struct fake *fake);

/* The view of @node; the caller ends it. */
struct membership_view fake_view(struct fake *fake, unsigned node);
unsigned fake_told(const struct fake *fake, unsigned node, enum ownership_event event);
/* Messages sent by all since fake_forget(). */
unsigned fake_messages(const struct fake *fake);
