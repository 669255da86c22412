/* SPDX-License-Identifier: Apache-2.0 */

/* SHA256_Init() and its like are deprecated, and the only ones whose state lies on the stack. */
#define OPENSSL_API_COMPAT 10101

#include "base/hmac.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

static void hash(const uint8_t pad[HMAC_KEY_MAX], const void *bytes, size_t len,
	uint8_t ret_digest[HMAC_SIZE])
{
	SHA256_CTX state;

	(void)SHA256_Init(&state);
	(void)SHA256_Update(&state, pad, HMAC_KEY_MAX);
	(void)SHA256_Update(&state, bytes, len);
	(void)SHA256_Final(ret_digest, &state);
	OPENSSL_cleanse(&state, sizeof(state));
}

void hmac_sha256(const uint8_t *key, size_t key_len, const void *bytes, size_t len,
	uint8_t ret_mac[HMAC_SIZE])
{
	uint8_t pad[HMAC_KEY_MAX];
	uint8_t inner[HMAC_SIZE];

	assert(key_len <= sizeof(pad));
	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < key_len; i++)
		pad[i] ^= key[i];
	hash(pad, bytes, len, inner);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash(pad, inner, sizeof(inner), ret_mac);
	OPENSSL_cleanse(pad, sizeof(pad));
}
