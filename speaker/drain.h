/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Taking the node out of service by command. It stays out over restarts of the agent, until it is
 * taken back in.
 */

#include "base/own.h"

#include <stdbool.h>

struct speaker;

/* True if the node was drained when the agent stopped. @state: the agent's folder. */
bool drain_is_remembered(const char *state);

/**
 * speaker_stop() - say goodbye, then call @on_done, once, from the event loop
 *
 * To be called once. Bounded by bgp.drain_seconds and 2.5 s; speaker_free() ends it at any time.
 */
void speaker_stop(struct speaker *speaker, void (*on_done)(void *user), void *user);

/* Drains the node, or takes it back; twice is once. */
void speaker_drain(struct speaker *speaker, bool is_drained);
