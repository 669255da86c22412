/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The secret of the cluster: one key or two, so that it can be changed node by node. The first
 * signs, both are accepted.
 */

#include "base/hmac.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KEYRING_KEYS_MAX = 2,
	KEYRING_KEY_MIN = 16, /* bytes */
	KEYRING_KEY_MAX = HMAC_KEY_MAX,
	KEYRING_MAC_SIZE = HMAC_SIZE,
};

struct keyring {
	struct keyring_key {
		uint8_t id; /* of the key: made of its digest, the same on every node */
		uint8_t len;
		uint8_t bytes[KEYRING_KEY_MAX];
	} keys[KEYRING_KEYS_MAX];
	size_t count;
};

/**
 * keyring_parse() - read keys, one a line; empty lines and those that begin with # do not count
 * @text: ends with a NUL
 *
 * Return: 0; -EINVAL: no key, more than two, the same twice, or one that is too short or too long.
 */
must_check int keyring_parse(const char *text, struct keyring *ret_keyring);

/* The same for a file. Return: also another negative errno: it can not be read. */
must_check int keyring_load(const char *path, struct keyring *ret_keyring);

bool keyring_equal(const struct keyring *a, const struct keyring *b);

/* HMAC-SHA256 (RFC 2104) of @len bytes with a key. */
void keyring_sign(const struct keyring_key *key, const void *bytes, size_t len,
	uint8_t ret_mac[KEYRING_MAC_SIZE]);

/* True if @mac is what any of the keys signs with. Takes the same time whatever differs. */
bool keyring_verify(const struct keyring *keyring, const void *bytes, size_t len,
	const uint8_t mac[KEYRING_MAC_SIZE]);
