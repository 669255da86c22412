/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/keyring.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum {
	FILE_MAX = 4096
};

/* Says which key it is without saying what it is. */
static uint8_t id_of(const char *key, size_t len)
{
	uint8_t digest[KEYRING_MAC_SIZE];

	if (EVP_Digest(key, len, digest, NULL, EVP_sha256(), NULL) != 1)
		abort(); /* only memory can be missing */
	return digest[0];
}

static int add_key(struct keyring *keyring, const char *text, size_t len)
{
	struct keyring_key *key = &keyring->keys[keyring->count];

	if (keyring->count == KEYRING_KEYS_MAX || len < KEYRING_KEY_MIN || len > KEYRING_KEY_MAX)
		return -EINVAL;
	key->id = id_of(text, len);
	key->len = (uint8_t)len;
	memcpy(key->bytes, text, len);
	/* A chance of 1 in 256 that another key must be chosen; better than a key by position. */
	if (keyring->count > 0 && key->id == keyring->keys[0].id)
		return -EINVAL;
	keyring->count++;
	return 0;
}

int keyring_parse(const char *text, struct keyring *ret_keyring)
{
	struct keyring keyring = { 0 };

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t used = len;

		while (used > 0 && strchr(" \t\r", text[used - 1]))
			used--;
		if (used > 0 && text[0] != '#' && add_key(&keyring, text, used) < 0)
			return -EINVAL;
		text += len + (text[len] == '\n');
	}
	if (keyring.count == 0)
		return -EINVAL;
	*ret_keyring = keyring;
	return 0;
}

int keyring_load(const char *path, struct keyring *ret_keyring)
{
	char text[FILE_MAX + 1] = { 0 };
	FILE *file = fopen(path, "re");
	size_t len;
	int r;

	if (!file)
		return -errno;
	errno = 0;
	len = fread(text, 1, sizeof(text), file);
	r = ferror(file) ? -errno : 0;
	(void)fclose(file);
	if (r == 0)
		r = len > FILE_MAX || memchr(text, '\0', len) ? -EINVAL : 0;
	if (r == 0)
		r = keyring_parse(text, ret_keyring);
	OPENSSL_cleanse(text, sizeof(text));
	return r;
}

bool keyring_equal(const struct keyring *a, const struct keyring *b)
{
	return a->count == b->count && memcmp(a->keys, b->keys, sizeof(a->keys)) == 0;
}

void keyring_sign(const struct keyring_key *key, const void *bytes, size_t len,
	uint8_t ret_mac[KEYRING_MAC_SIZE])
{
	hmac_sha256(key->bytes, key->len, bytes, len, ret_mac);
}

bool keyring_verify(const struct keyring *keyring, const void *bytes, size_t len,
	const uint8_t mac[KEYRING_MAC_SIZE])
{
	uint8_t wanted[KEYRING_MAC_SIZE];
	bool is_good = false;

	for (size_t i = 0; i < keyring->count; i++) {
		keyring_sign(&keyring->keys[i], bytes, len, wanted);
		is_good |= CRYPTO_memcmp(wanted, mac, KEYRING_MAC_SIZE) == 0;
	}
	return is_good;
}
