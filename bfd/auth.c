/* SPDX-License-Identifier: Apache-2.0 */

/* MD5_Init() and its like are deprecated, and the only ones whose state lies on the stack. */
#define OPENSSL_API_COMPAT 10101

#include "bfd/auth.h"

#include "base/clock.h"
#include "base/hmac.h"
#include "base/mem.h"
#include "base/wire.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

enum {
	SIMPLE_HEADER = 3, /* type, length, key ID */
	DIGEST_HEADER = 8, /* and a reserved byte and the sequence number */
	DIGEST_AT = BFD_PACKET_MIN + DIGEST_HEADER,
	DIGEST_MAX = 32,
	SEQUENCE_TICKS = 256, /* a second; more than packets are sent */
};

/* What is different from type to type. */
struct method {
	const char *name;
	uint8_t key_max;
	uint8_t digest_len; /* 0: the key itself is sent */
	bool is_meticulous; /* every packet has a new sequence number */
};

static const struct method *method_of(unsigned type)
{
	static const struct method none = { .name = "none" };
	static const struct method methods[] = {
		[BFD_AUTH_NONE] = { "none", 0, 0, false },
		[BFD_AUTH_SIMPLE] = { "simple", 16, 0, false },
		[BFD_AUTH_KEYED_MD5] = { "keyed-md5", 16, 16, false },
		[BFD_AUTH_METICULOUS_MD5] = { "meticulous-md5", 16, 16, true },
		[BFD_AUTH_KEYED_SHA1] = { "keyed-sha1", 20, 20, false },
		[BFD_AUTH_METICULOUS_SHA1] = { "meticulous-sha1", 20, 20, true },
	};
	static const struct method hmac = { "hmac-sha256", BFD_KEY_MAX, 32, true };

	if (type == BFD_AUTH_HMAC_SHA256)
		return &hmac;
	return type < COUNT_OF(methods) ? &methods[type] : &none;
}

int bfd_auth_check_conf(const struct bfd_auth_conf *conf)
{
	const struct method *method = method_of(conf->type);

	if (conf->type == BFD_AUTH_NONE)
		return conf->key_count == 0 ? 0 : -EINVAL;
	if (method->key_max == 0 || conf->key_count == 0 || conf->key_count > BFD_KEYS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < conf->key_count; i++) {
		if (conf->keys[i].len == 0 || conf->keys[i].len > method->key_max)
			return -EINVAL;
		if (i > 0 && conf->keys[i].id == conf->keys[0].id)
			return -EINVAL;
	}
	return 0;
}

static void md5(const uint8_t *bytes, size_t len, uint8_t digest[DIGEST_MAX])
{
	MD5_CTX state;

	(void)MD5_Init(&state);
	(void)MD5_Update(&state, bytes, len);
	(void)MD5_Final(digest, &state);
}

static void sha1(const uint8_t *bytes, size_t len, uint8_t digest[DIGEST_MAX])
{
	SHA_CTX state;

	(void)SHA1_Init(&state);
	(void)SHA1_Update(&state, bytes, len);
	(void)SHA1_Final(digest, &state);
}

/*
 * What must stand at DIGEST_AT of @bytes. The place itself counts as the key, padded with zeros
 * (RFC 5880 sections 6.7.3 and 6.7.4); as zeros in our own type.
 */
static void compute(enum bfd_auth_type type, const struct bfd_secret *secret, const uint8_t *bytes,
	size_t len, uint8_t digest[DIGEST_MAX])
{
	uint8_t copy[BFD_LENGTH_MAX];

	memcpy(copy, bytes, len);
	memset(copy + DIGEST_AT, 0, method_of(type)->digest_len);
	if (type == BFD_AUTH_HMAC_SHA256) {
		hmac_sha256(secret->bytes, secret->len, copy, len, digest);
		return;
	}
	memcpy(copy + DIGEST_AT, secret->bytes, secret->len);
	if (type == BFD_AUTH_KEYED_MD5 || type == BFD_AUTH_METICULOUS_MD5)
		md5(copy, len, digest);
	else
		sha1(copy, len, digest);
	OPENSSL_cleanse(copy, sizeof(copy));
}

uint32_t bfd_auth_first_sequence(enum bfd_auth_type type, uint64_t wall_ns, uint32_t chance)
{
	if (type != BFD_AUTH_HMAC_SHA256)
		return chance;
	return (uint32_t)(wall_ns / (NS_PER_S / SEQUENCE_TICKS));
}

size_t bfd_auth_sign(struct bfd_auth *auth, uint8_t bytes[BFD_PACKET_MAX], size_t len)
{
	const struct method *method = method_of(auth->conf.type);
	const struct bfd_secret *secret = &auth->conf.keys[0];
	struct wire_writer w = wire_writer(bytes + len, BFD_PACKET_MAX - len);
	uint8_t digest[DIGEST_MAX];

	if (auth->conf.type == BFD_AUTH_NONE)
		return len;
	bytes[1] |= 0x04; /* the A bit */
	wire_put_u8(&w, (uint8_t)auth->conf.type);
	if (method->digest_len == 0) {
		wire_put_u8(&w, (uint8_t)(SIMPLE_HEADER + secret->len));
		wire_put_u8(&w, secret->id);
		wire_put_bytes(&w, secret->bytes, secret->len);
		len += wire_written(&w);
		bytes[3] = (uint8_t)len;
		return len;
	}
	wire_put_u8(&w, (uint8_t)(DIGEST_HEADER + method->digest_len));
	wire_put_u8(&w, secret->id);
	wire_put_u8(&w, 0);
	wire_put_u32(&w, ++auth->sent_sequence);
	wire_put_fill(&w, 0, method->digest_len);
	len += wire_written(&w);
	bytes[3] = (uint8_t)len;
	compute(auth->conf.type, secret, bytes, len, digest);
	memcpy(bytes + DIGEST_AT, digest, method->digest_len);
	return len;
}

static const struct bfd_secret *find_secret(const struct bfd_auth_conf *conf, uint8_t id)
{
	for (unsigned i = 0; i < conf->key_count; i++) {
		if (conf->keys[i].id == id)
			return &conf->keys[i];
	}
	return NULL;
}

static bool is_password(const struct bfd_secret *secret, struct wire_reader *section)
{
	size_t len = wire_left(section);

	return len == secret->len &&
		CRYPTO_memcmp(wire_bytes(section, len), secret->bytes, len) == 0;
}

/* RFC 5880 sections 6.7.3 and 6.7.4; circular, 32 bits. */
static bool is_in_window(const struct bfd_auth *auth, uint32_t sequence, uint32_t window)
{
	uint32_t ahead = sequence - auth->seen_sequence;

	if (!auth->has_seen)
		return true;
	if (auth->conf.type == BFD_AUTH_HMAC_SHA256)
		return ahead > 0 && ahead <= INT32_MAX;
	return ahead <= window && (ahead > 0 || !method_of(auth->conf.type)->is_meticulous);
}

enum bfd_drop bfd_auth_verify(struct bfd_auth *auth, const uint8_t *bytes,
	const struct bfd_packet *packet, uint32_t window)
{
	const struct method *method = method_of(auth->conf.type);
	struct wire_reader section;
	const struct bfd_secret *secret;
	uint8_t digest[DIGEST_MAX];
	uint32_t sequence;

	if (packet->auth.type != auth->conf.type)
		return BFD_DROP_AUTH_TYPE;
	if (packet->auth.type == BFD_AUTH_NONE)
		return BFD_GOOD;
	secret = find_secret(&auth->conf, packet->auth.key_id);
	if (!secret)
		return BFD_DROP_AUTH_KEY;
	section = wire_reader(bytes + BFD_PACKET_MIN, packet->auth.len);
	wire_skip(&section, SIMPLE_HEADER);
	if (method->digest_len == 0)
		return is_password(secret, &section) ? BFD_GOOD : BFD_DROP_AUTH_DIGEST;
	wire_skip(&section, 1);
	sequence = wire_u32(&section);
	if (!wire_ok(&section) || wire_left(&section) != method->digest_len)
		return BFD_DROP_AUTH_DIGEST;
	/* Before the digest: a replay costs no hashing. */
	if (!is_in_window(auth, sequence, window))
		return BFD_DROP_AUTH_SEQUENCE;
	compute(auth->conf.type, secret, bytes, packet->len, digest);
	if (CRYPTO_memcmp(digest, bytes + DIGEST_AT, method->digest_len) != 0)
		return BFD_DROP_AUTH_DIGEST;
	auth->seen_sequence = sequence;
	auth->has_seen = true;
	return BFD_GOOD;
}

const char *bfd_auth_type_name(enum bfd_auth_type type)
{
	return method_of(type)->name;
}
