/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bfd/auth.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum {
	WINDOW = 9
};

static unsigned allocations;

static void *count_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return malloc(size);
}

static void *count_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(old, size);
}

static void count_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

static const struct bfd_packet plain = {
	.state = BFD_UP,
	.multiplier = 3,
	.my_discriminator = 0x01020304,
	.your_discriminator = 0x0a0b0c0d,
	.desired_tx_us = 100000,
	.required_rx_us = 100000,
};

static struct bfd_auth with(enum bfd_auth_type type, uint8_t id, const char *key)
{
	struct bfd_auth auth = { .conf = { .type = type } };

	if (type == BFD_AUTH_NONE)
		return auth;
	auth.conf.key_count = 1;
	auth.conf.keys[0].id = id;
	auth.conf.keys[0].len = (uint8_t)strlen(key);
	memcpy(auth.conf.keys[0].bytes, key, strlen(key));
	return auth;
}

/* Signs the packet with @from and lets @to judge it. */
static enum bfd_drop pass(struct bfd_auth *from, struct bfd_auth *to)
{
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len = bfd_auth_sign(from, bytes, bfd_packet_build(&plain, bytes));
	struct bfd_packet packet;

	assert_int_equal(bfd_packet_parse(bytes, len, &packet), BFD_GOOD);
	assert_int_equal(packet.len, len);
	return bfd_auth_verify(to, bytes, &packet, WINDOW);
}

static enum bfd_auth_type types[] = {
	BFD_AUTH_NONE,
	BFD_AUTH_SIMPLE,
	BFD_AUTH_KEYED_MD5,
	BFD_AUTH_METICULOUS_MD5,
	BFD_AUTH_KEYED_SHA1,
	BFD_AUTH_METICULOUS_SHA1,
	BFD_AUTH_HMAC_SHA256,
};

/* Made with another implementation (Python's hashlib): key "secret", ID 7, sequence number 1. */
struct answer {
	const char *name;
	enum bfd_auth_type type;
	const char *digest;
};

/* clang-format off */
static struct answer answers[] = {
	{ "keyed_md5_is_as_computed_elsewhere", BFD_AUTH_KEYED_MD5,
		"bc2c87d978fcd7f57b715001ee65cd87" },
	{ "meticulous_md5_is_as_computed_elsewhere", BFD_AUTH_METICULOUS_MD5,
		"692f9006c59fa67a3c484092fdef9eae" },
	{ "keyed_sha1_is_as_computed_elsewhere", BFD_AUTH_KEYED_SHA1,
		"81272ca7ae71003f1d9f41c9836c558a42410392" },
	{ "meticulous_sha1_is_as_computed_elsewhere", BFD_AUTH_METICULOUS_SHA1,
		"a8777ea63361dc4b09ddc0418e5ba486b73ec5ad" },
	{ "hmac_sha256_is_as_computed_elsewhere", BFD_AUTH_HMAC_SHA256,
		"6ad378348ae6b73b3be2bcbe66d77f719e5694af03d9c45a1cad5cab6e441b39" },
};
/* clang-format on */

static void answer_holds(void **state)
{
	const struct answer *answer = *state;
	struct bfd_packet packet = plain;
	struct bfd_auth auth = with(answer->type, 7, "secret");
	uint8_t bytes[BFD_PACKET_MAX];
	char text[2 * BFD_PACKET_MAX + 1] = "";
	size_t len;

	packet.state = BFD_UP;
	len = bfd_packet_build(&packet, bytes);
	len = bfd_auth_sign(&auth, bytes, len);
	for (size_t i = BFD_PACKET_MIN + 8; i < len; i++)
		(void)snprintf(text + 2 * (i - BFD_PACKET_MIN - 8), 3, "%02x", bytes[i]);
	assert_string_equal(text, answer->digest);
}

static void what_one_signs_the_other_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct bfd_auth from = with(types[i], 1, "0123456789abcdef");
		struct bfd_auth to = from;

		for (int n = 0; n < 5; n++)
			assert_int_equal(pass(&from, &to), BFD_GOOD);
	}
}

static void another_type_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		for (size_t k = 0; k < COUNT_OF(types); k++) {
			struct bfd_auth from = with(types[i], 1, "key");
			struct bfd_auth to = with(types[k], 1, "key");

			assert_int_equal(pass(&from, &to), i == k ? BFD_GOOD : BFD_DROP_AUTH_TYPE);
		}
	}
}

static void another_key_id_or_key_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT_OF(types); i++) {
		struct bfd_auth from = with(types[i], 1, "key");
		struct bfd_auth other_id = with(types[i], 2, "key");
		struct bfd_auth other_key = with(types[i], 1, "kez");

		assert_int_equal(pass(&from, &other_id), BFD_DROP_AUTH_KEY);
		assert_int_equal(pass(&from, &other_key), BFD_DROP_AUTH_DIGEST);
		assert_false(other_key.has_seen);
	}
}

static void both_keys_are_taken_while_they_change(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT_OF(types); i++) {
		struct bfd_auth old = with(types[i], 1, "old");
		struct bfd_auth new = with(types[i], 2, "new");
		struct bfd_auth both = with(types[i], 2, "new");

		both.conf.keys[1] = old.conf.keys[0];
		both.conf.key_count = 2;
		new.sent_sequence = 1;
		assert_int_equal(pass(&old, &both), BFD_GOOD);
		assert_int_equal(pass(&new, &both), BFD_GOOD);
		assert_int_equal(pass(&both, &new), BFD_GOOD);
	}
}

static void one_bit_changed_anywhere_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 2; i < COUNT_OF(types); i++) {
		struct bfd_auth from = with(types[i], 1, "key");
		struct bfd_auth to = from;
		uint8_t bytes[BFD_PACKET_MAX];
		size_t len = bfd_auth_sign(&from, bytes, bfd_packet_build(&plain, bytes));
		struct bfd_packet packet;

		for (size_t bit = 0; bit < 8 * len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (bfd_packet_parse(bytes, len, &packet) == BFD_GOOD)
				assert_int_not_equal(
					bfd_auth_verify(&to, bytes, &packet, WINDOW), BFD_GOOD);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_int_equal(bfd_packet_parse(bytes, len, &packet), BFD_GOOD);
		assert_int_equal(bfd_auth_verify(&to, bytes, &packet, WINDOW), BFD_GOOD);
	}
}

/* What comes @ahead of the last number seen. */
struct step {
	const char *name;
	enum bfd_auth_type type;
	int ahead;
	enum bfd_drop drop;
};

/* clang-format off */
static struct step steps[] = {
	{ "keyed_takes_the_same_number_again", BFD_AUTH_KEYED_SHA1, 0, BFD_GOOD },
	{ "keyed_takes_the_window_s_end", BFD_AUTH_KEYED_SHA1, WINDOW, BFD_GOOD },
	{ "keyed_drops_beyond_the_window", BFD_AUTH_KEYED_SHA1, WINDOW + 1, BFD_DROP_AUTH_SEQUENCE },
	{ "keyed_drops_an_old_number", BFD_AUTH_KEYED_SHA1, -1, BFD_DROP_AUTH_SEQUENCE },
	{ "meticulous_drops_the_same_number", BFD_AUTH_METICULOUS_SHA1, 0, BFD_DROP_AUTH_SEQUENCE },
	{ "meticulous_takes_the_next_number", BFD_AUTH_METICULOUS_SHA1, 1, BFD_GOOD },
	{ "meticulous_takes_the_window_s_end", BFD_AUTH_METICULOUS_SHA1, WINDOW, BFD_GOOD },
	{ "meticulous_drops_beyond_the_window", BFD_AUTH_METICULOUS_SHA1, WINDOW + 1,
		BFD_DROP_AUTH_SEQUENCE },
	{ "hmac_drops_a_replay", BFD_AUTH_HMAC_SHA256, 0, BFD_DROP_AUTH_SEQUENCE },
	{ "hmac_takes_any_number_ahead", BFD_AUTH_HMAC_SHA256, INT32_MAX, BFD_GOOD },
	{ "hmac_drops_an_old_number", BFD_AUTH_HMAC_SHA256, -2, BFD_DROP_AUTH_SEQUENCE },
};
/* clang-format on */

/* Begins shortly before the number runs over, so that the window lies across zero. */
static void step_holds(void **state)
{
	const struct step *step = *state;
	struct bfd_auth from = with(step->type, 1, "key");
	struct bfd_auth to = from;

	from.sent_sequence = UINT32_MAX - 3;
	assert_int_equal(pass(&from, &to), BFD_GOOD);
	from.sent_sequence += (uint32_t)(step->ahead - 1);
	assert_int_equal(pass(&from, &to), step->drop);
}

static void keys_must_fit_their_type(void **state)
{
	struct bfd_auth_conf conf = with(BFD_AUTH_KEYED_MD5, 1, "0123456789abcdef").conf;

	(void)state;
	assert_int_equal(bfd_auth_check_conf(&conf), 0);
	conf.keys[0].len = 17;
	assert_int_equal(bfd_auth_check_conf(&conf), -EINVAL);
	conf.type = BFD_AUTH_KEYED_SHA1;
	assert_int_equal(bfd_auth_check_conf(&conf), 0);
	conf.keys[0].len = 0;
	assert_int_equal(bfd_auth_check_conf(&conf), -EINVAL);
	conf.keys[0].len = 64;
	conf.type = BFD_AUTH_HMAC_SHA256;
	assert_int_equal(bfd_auth_check_conf(&conf), 0);
	conf.key_count = 2;
	conf.keys[1] = conf.keys[0];
	assert_int_equal(bfd_auth_check_conf(&conf), -EINVAL);
	conf.keys[1].id++;
	assert_int_equal(bfd_auth_check_conf(&conf), 0);
	conf.type = BFD_AUTH_NONE;
	assert_int_equal(bfd_auth_check_conf(&conf), -EINVAL);
	conf.type = 77;
	assert_int_equal(bfd_auth_check_conf(&conf), -EINVAL);
}

/* What others do with OpenSSL is seen; what a packet takes is nothing. */
static void a_packet_takes_no_memory(void **state)
{
	uint8_t digest[32];
	unsigned before;

	(void)state;
	assert_int_equal(EVP_Digest("", 0, digest, NULL, EVP_sha256(), NULL), 1);
	assert_true(allocations > 0);
	before = allocations;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct bfd_auth from = with(types[i], 1, "key");
		struct bfd_auth to = from;

		for (unsigned n = 0; n < 100; n++)
			assert_int_equal(pass(&from, &to), BFD_GOOD);
	}
	assert_int_equal(allocations, before);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(answers) + COUNT_OF(steps) + 7] = {
		cmocka_unit_test(what_one_signs_the_other_takes),
		cmocka_unit_test(another_type_is_dropped),
		cmocka_unit_test(another_key_id_or_key_is_dropped),
		cmocka_unit_test(both_keys_are_taken_while_they_change),
		cmocka_unit_test(one_bit_changed_anywhere_is_noticed),
		cmocka_unit_test(keys_must_fit_their_type),
		cmocka_unit_test(a_packet_takes_no_memory),
	};
	size_t n = 7;

	if (!CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free))
		return 1;
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		tests[n++] = (struct CMUnitTest){ .name = answers[i].name,
			.test_func = answer_holds,
			.initial_state = &answers[i] };
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		tests[n++] = (struct CMUnitTest){
			.name = steps[i].name, .test_func = step_holds, .initial_state = &steps[i]
		};
	return cmocka_run_group_tests_name("bfd_auth", tests, NULL, NULL);
}
