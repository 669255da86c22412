/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Does HAProxy run what the file says? Somebody may have used the admin socket as well, or we were
 * stopped between a command and the file. Pure.
 */

#include "base/strbuf.h"
#include "haproxy-gen/change.h"

/**
 * verify_running() - the file as it would be if it said what runs
 * @file:  a text of render()
 * @state: the answer to `show servers state`
 * @ret:   gets the text, without its first line, if that is another one
 *
 * Addresses, weights, check ports and maintenance are compared, and which servers there are; of
 * proxies that the file does not have nothing is said. Servers that are in maintenance and not in
 * the file wait for their last connection: they are as they should be.
 *
 * Return: the number of servers that are not as the file says; 0: @ret is untouched.
 */
size_t verify_running(struct change_text file, const char *state, struct strbuf *ret);
