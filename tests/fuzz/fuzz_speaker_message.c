/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is signed first, as if a speaker were malicious; what is good must be so again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char context[] = "bellman speaker";
	uint8_t bytes[sizeof(context) + MESSAGE_MAX];
	uint8_t back_bytes[MESSAGE_MAX];
	struct keyring keyring;
	struct message message;
	struct message back;

	if (keyring_parse("0123456789abcdef", &keyring) < 0)
		abort();
	if (message_parse(data, size, &keyring, &message) == 0)
		abort(); /* nobody without the key can have signed it */
	if (size > MESSAGE_MAX - KEYRING_MAC_SIZE)
		return 0;
	memcpy(bytes, context, sizeof(context));
	if (size > 0)
		memcpy(bytes + sizeof(context), data, size);
	keyring_sign(
		&keyring.keys[0], bytes, sizeof(context) + size, bytes + sizeof(context) + size);
	if (message_parse(bytes + sizeof(context), size + KEYRING_MAC_SIZE, &keyring, &message) < 0)
		return 0;
	size = message_build(&message, &keyring, back_bytes);
	if (message_parse(back_bytes, size, &keyring, &back) < 0 ||
		memcmp(&message, &back, sizeof(message)) != 0)
		abort();
	return 0;
}
