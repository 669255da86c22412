/* SPDX-License-Identifier: Apache-2.0 */

#include "base/wire.h"
#include "bellmanctl/capture.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void format(void *user, json_t *record)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };

	(void)user;
	capture_format(record, &out);
}

/* Frames: link layer (one octet), length (two), octets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(capture_freep) struct capture *capture = capture_new(format, NULL);
	struct wire_reader r = wire_reader(data, size);

	while (wire_left(&r) > 3) {
		enum capture_link link = wire_u8(&r) % (CAPTURE_RAW_IP + 1U);
		uint16_t len = wire_u16(&r);
		struct wire_reader frame = wire_sub(&r, len < wire_left(&r) ? len : wire_left(&r));

		capture_frame(capture, 0, link, frame.at, wire_left(&frame));
	}
	return 0;
}
