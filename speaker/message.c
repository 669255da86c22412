/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/message.h"

#include "base/wire.h"

#include <errno.h>
#include <string.h>

enum {
	VERSION = 1,
};

static const char context[] = "bellman speaker"; /* the secret serves BFD too */

/* The signature covers the context, so that no message of another protocol can stand for ours. */
struct signing {
	uint8_t bytes[sizeof(context) + MESSAGE_MAX];
	size_t len;
};

static void signing_fill(struct signing *signing, const uint8_t *bytes, size_t len)
{
	memcpy(signing->bytes, context, sizeof(context));
	memcpy(signing->bytes + sizeof(context), bytes, len);
	signing->len = sizeof(context) + len;
}

static void put_text(struct wire_writer *w, const char *text)
{
	size_t len = strlen(text);

	wire_put_u8(w, (uint8_t)len);
	wire_put_bytes(w, text, len);
}

static void put_body(struct wire_writer *w, const struct message *message)
{
	if (message->type == MESSAGE_HELLO) {
		wire_put_u8(w, (uint8_t)message->mac_count);
		for (size_t i = 0; i < message->mac_count; i++)
			wire_put_bytes(w, message->macs[i].bytes, sizeof(message->macs[i].bytes));
		return;
	}
	if (message->type == MESSAGE_REBALANCE)
		return;
	wire_put_u8(w, (uint8_t)message->ip_count);
	for (size_t i = 0; i < message->ip_count; i++) {
		wire_put_u8(w, message->ips[i].family == AF_INET ? 4 : 6);
		wire_put_bytes(w, message->ips[i].bytes, ip_len(&message->ips[i]));
	}
	if (message->type == MESSAGE_MOVE)
		put_text(w, message->target);
}

size_t message_build(
	const struct message *message, const struct keyring *keyring, uint8_t bytes[MESSAGE_MAX])
{
	struct wire_writer w = wire_writer(bytes, MESSAGE_MAX - KEYRING_MAC_SIZE);
	struct signing signing;
	size_t len;

	wire_put_u8(&w, VERSION);
	wire_put_u8(&w, (uint8_t)message->type);
	wire_put_u8(&w, message->flags);
	wire_put_u8(&w, 0);
	wire_put_u64(&w, message->instance);
	wire_put_u64(&w, message->challenge);
	wire_put_u64(&w, message->echo);
	wire_put_u64(&w, message->sequence);
	put_text(&w, message->from);
	put_text(&w, message->to);
	put_body(&w, message);
	len = wire_written(&w);
	signing_fill(&signing, bytes, len);
	keyring_sign(&keyring->keys[0], signing.bytes, signing.len, bytes + len);
	return len + KEYRING_MAC_SIZE;
}

/* A name without a NUL inside, not empty; else the reader turns bad. */
static void read_name(struct wire_reader *r, char text[MESSAGE_NAME_MAX + 1])
{
	uint8_t len = wire_u8(r);

	if (len == 0 || len > MESSAGE_NAME_MAX) {
		r->bad = true;
		len = 0;
	}
	wire_copy(r, text, len);
	text[len] = '\0';
	if (strlen(text) != len)
		r->bad = true;
}

static void read_macs(struct wire_reader *r, struct message *message)
{
	message->mac_count = wire_u8(r);
	if (message->mac_count > MESSAGE_MACS_MAX) {
		r->bad = true;
		message->mac_count = 0;
	}
	for (size_t i = 0; i < message->mac_count; i++) {
		wire_copy(r, message->macs[i].bytes, sizeof(message->macs[i].bytes));
		if (mac_is_group(&message->macs[i]) || mac_is_zero(&message->macs[i]))
			r->bad = true;
	}
}

static void read_ips(struct wire_reader *r, struct message *message)
{
	message->ip_count = wire_u8(r);
	if (message->ip_count > MESSAGE_IPS_MAX) {
		r->bad = true;
		message->ip_count = 0;
	}
	for (size_t i = 0; i < message->ip_count; i++) {
		uint8_t family = wire_u8(r);
		uint8_t bytes[16];

		if (family != 4 && family != 6)
			r->bad = true;
		wire_copy(r, bytes, family == 4 ? 4 : 16);
		message->ips[i] = ip_from_bytes(family == 4 ? AF_INET : AF_INET6, bytes);
	}
}

static void read_body(struct wire_reader *r, struct message *message)
{
	switch (message->type) {
	case MESSAGE_HELLO:
		read_macs(r, message);
		return;
	case MESSAGE_GIVE:
	case MESSAGE_VERIFY:
	case MESSAGE_OWNS:
	case MESSAGE_OWNS_NOT:
		read_ips(r, message);
		return;
	case MESSAGE_MOVE:
		read_ips(r, message);
		read_name(r, message->target);
		return;
	case MESSAGE_REBALANCE:
		return;
	}
	r->bad = true; /* of a later version */
}

int message_parse(const uint8_t *bytes, size_t len, const struct keyring *keyring,
	struct message *ret_message)
{
	struct message message = { 0 };
	struct signing signing;
	struct wire_reader r;
	uint8_t version;
	uint8_t type;

	if (len <= KEYRING_MAC_SIZE || len > MESSAGE_MAX)
		return -EBADMSG;
	len -= KEYRING_MAC_SIZE;
	signing_fill(&signing, bytes, len);
	if (!keyring_verify(keyring, signing.bytes, signing.len, bytes + len))
		return -EBADMSG;
	r = wire_reader(bytes, len);
	version = wire_u8(&r);
	type = wire_u8(&r);
	message.flags = wire_u8(&r);
	wire_skip(&r, 1);
	message.instance = wire_u64(&r);
	message.challenge = wire_u64(&r);
	message.echo = wire_u64(&r);
	message.sequence = wire_u64(&r);
	read_name(&r, message.from);
	read_name(&r, message.to);
	message.type = (enum message_type)type;
	read_body(&r, &message);
	if (!wire_ok(&r) || wire_left(&r) > 0 || version != VERSION || message.instance == 0)
		return -EPROTO;
	*ret_message = message;
	return 0;
}

enum message_verdict message_judge(
	struct message_peer *peer, const struct message *message, uint64_t chance)
{
	if (message->instance == peer->instance && message->sequence <= peer->sequence)
		return MESSAGE_REPLAYED;
	if (message->echo != peer->challenge) {
		peer->offered = message->challenge;
		return MESSAGE_UNPROVEN;
	}
	if (message->instance == peer->instance) {
		peer->sequence = message->sequence;
		peer->echo = message->challenge;
		return MESSAGE_FRESH;
	}
	peer->echo = message->challenge;
	peer->sequence = message->sequence;
	if (peer->instance == 0) {
		peer->instance = message->instance;
		return MESSAGE_FRESH;
	}
	peer->instance = message->instance;
	peer->challenge = chance;
	return MESSAGE_NEW_PROCESS;
}
