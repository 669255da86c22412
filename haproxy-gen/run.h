/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `haproxy-gen run`: watch and keep applied, until a signal.
 *
 * Commands are given at once. A reload waits until nothing that needs one has come for
 * reload.quiet_ms, but at most reload.max_delay_ms: so a hundred new Services are one reload. Every
 * reload.verify_seconds all is compared again, with the file, with certificates, and with what HAProxy
 * says of its servers.
 */

#include "base/own.h"
#include "haproxy-gen/settings.h"

/* Return: the exit status. */
must_check int run_until_stopped(const struct gen_settings *settings);
