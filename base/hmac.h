/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * HMAC-SHA256 (RFC 2104) that takes neither memory nor a lock, for the wire thread: OpenSSL's HMAC()
 * and EVP take both for every message.
 */

#include <stddef.h>
#include <stdint.h>

enum {
	HMAC_SIZE = 32,
	HMAC_KEY_MAX = 64, /* bytes, the block of SHA-256: what is longer would be hashed first */
};

/* @key_len is at most HMAC_KEY_MAX. */
void hmac_sha256(const uint8_t *key, size_t key_len, const void *bytes, size_t len,
	uint8_t ret_mac[HMAC_SIZE]);
