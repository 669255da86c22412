/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "bfd/auth.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum bfd_auth_type types[] = { BFD_AUTH_NONE, BFD_AUTH_SIMPLE, BFD_AUTH_KEYED_MD5,
	BFD_AUTH_METICULOUS_MD5, BFD_AUTH_KEYED_SHA1, BFD_AUTH_METICULOUS_SHA1,
	BFD_AUTH_HMAC_SHA256 };

/* A good packet is written back the same, but for its authentication; nothing proves a key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bfd_packet packet;
	uint8_t bytes[BFD_PACKET_MAX];

	if (bfd_packet_parse(data, size, &packet) != BFD_GOOD)
		return 0;
	if (bfd_packet_build(&packet, bytes) != BFD_PACKET_MIN)
		abort();
	bytes[1] |= data[1] & 0x04;
	bytes[3] = data[3];
	if (memcmp(bytes, data, BFD_PACKET_MIN) != 0)
		abort();
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct bfd_auth auth = { .conf = { .type = types[i], .key_count = i > 0 } };

		auth.conf.keys[0] = (struct bfd_secret){ .id = 1, .len = 6 };
		memcpy(auth.conf.keys[0].bytes, "secret", 6);
		(void)bfd_auth_verify(&auth, data, &packet, 9);
	}
	return 0;
}
