/* SPDX-License-Identifier: Apache-2.0 */

#include "base/hmac.h"
#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

/* RFC 4231, sections 4.2 to 4.4; and a key that fills the block, with no text. */
struct vector {
	const char *name;
	const char *key;
	const char *text;
	const char *mac;
};

/* clang-format off */
static struct vector vectors[] = {
	{ "a_key_of_20_bytes_signs_as_the_rfc_says",
		"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "a_key_of_4_bytes_signs_as_the_rfc_says",
		"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "a_text_of_50_bytes_is_signed_as_the_rfc_says",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"dddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddd",
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "a_key_as_long_as_the_block_signs_nothing_as_computed_elsewhere",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f", "",
		"3499f163f48604c0b15ac89e4e7c66f314fb3b203b8ac2f564828e62f6be9d9d" },
};
/* clang-format on */

static void vector_holds(void **state)
{
	const struct vector *vector = *state;
	struct hex key = hex(vector->key);
	struct hex text = hex(vector->text);
	struct hex wanted = hex(vector->mac);
	uint8_t mac[HMAC_SIZE];

	hmac_sha256(key.bytes, key.len, text.bytes, text.len, mac);
	assert_int_equal(wanted.len, sizeof(mac));
	assert_memory_equal(mac, wanted.bytes, sizeof(mac));
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(vectors)];

	for (size_t i = 0; i < COUNT_OF(vectors); i++)
		tests[i] = (struct CMUnitTest){
			.name = vectors[i].name,
			.test_func = vector_holds,
			.initial_state = &vectors[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
