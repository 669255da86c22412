/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asks a URL of the node once a second whether it is well: kube-proxy's /healthz says 200 while it
 * forwards. Two answers in a row that are not 200, or none within a second, and it is not; one good
 * answer, and it is again.
 */

#include "base/own.h"

#include <event2/event.h>
#include <stdbool.h>

struct health;

/**
 * health_open() - begin to ask
 * @url:       "http://127.0.0.1:10256/healthz"
 * @on_change: what is known changed; also when the first answer came, or none did
 *
 * Return: 0; -EINVAL: @url can not be asked.
 */
must_check int health_open(struct event_base *base, const char *url, void (*on_change)(void *user),
	void *user, struct health **ret_health);

struct health *health_free(struct health *health);
DEFINE_FREEP(struct health, health);

/* False until the first answer, or its absence. */
bool health_is_known(const struct health *health);
bool health_is_good(const struct health *health);

/* The last answer in words: "200", "503", "no answer". */
const char *health_text(const struct health *health);
