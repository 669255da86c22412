/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mem.h"
#include "speaker/message.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

static struct keyring keyring_of(const char *text)
{
	struct keyring keyring = { 0 };

	assert_int_equal(keyring_parse(text, &keyring), 0);
	return keyring;
}

static struct message give(void)
{
	struct message message = {
		.type = MESSAGE_GIVE,
		.flags = MESSAGE_IS_READY,
		.instance = 11,
		.challenge = 22,
		.echo = 33,
		.sequence = 1,
		.from = "node-a",
		.to = "node-b",
		.ip_count = MESSAGE_IPS_MAX,
	};

	for (size_t i = 0; i < MESSAGE_IPS_MAX; i++)
		message.ips[i] = i % 2 == 0 ?
			ip_from_bytes(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)i }) :
			ip_from_bytes(AF_INET6, (uint8_t[16]){ 0x20, 1, [15] = (uint8_t)i });
	return message;
}

static void what_is_built_is_read_back(void **state)
{
	struct keyring keyring = keyring_of("0123456789abcdef\n");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];
	size_t len = message_build(&message, &keyring, bytes);

	(void)state;
	assert_int_equal(message_parse(bytes, len, &keyring, &back), 0);
	assert_memory_equal(&back, &message, sizeof(back));
}

static void questions_and_words_carry_addresses(void **state)
{
	static const enum message_type types[] = { MESSAGE_VERIFY, MESSAGE_OWNS, MESSAGE_OWNS_NOT };
	struct keyring keyring = keyring_of("0123456789abcdef\n");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		size_t len;

		message.type = types[i];
		len = message_build(&message, &keyring, bytes);
		assert_int_equal(message_parse(bytes, len, &keyring, &back), 0);
		assert_memory_equal(&back, &message, sizeof(back));
	}
}

static void a_request_to_move_names_its_target(void **state)
{
	struct keyring keyring = keyring_of("0123456789abcdef\n");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];

	(void)state;
	message.type = MESSAGE_MOVE;
	memcpy(message.target, "node-c", sizeof("node-c"));
	assert_int_equal(
		message_parse(bytes, message_build(&message, &keyring, bytes), &keyring, &back), 0);
	assert_memory_equal(&back, &message, sizeof(back));
}

static void the_longest_message_fits(void **state)
{
	struct keyring keyring = keyring_of("0123456789abcdef\n");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < MESSAGE_IPS_MAX; i++)
		message.ips[i] = ip_from_bytes(
			AF_INET6, (uint8_t[16]){ 0x20, 1, [15] = (uint8_t)i });
	memset(message.from, 'a', MESSAGE_NAME_MAX);
	memset(message.to, 'b', MESSAGE_NAME_MAX);
	memset(message.target, 'c', MESSAGE_NAME_MAX);
	message.type = MESSAGE_MOVE;
	assert_int_equal(
		message_parse(bytes, message_build(&message, &keyring, bytes), &keyring, &back), 0);
	assert_int_equal(back.ip_count, MESSAGE_IPS_MAX);
}

static void any_changed_byte_is_refused(void **state)
{
	struct keyring keyring = keyring_of("0123456789abcdef\n");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];
	size_t len = message_build(&message, &keyring, bytes);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		assert_int_equal(message_parse(bytes, len, &keyring, &back), -EBADMSG);
		bytes[i] ^= 1;
		assert_int_equal(message_parse(bytes, i, &keyring, &back), -EBADMSG);
	}
}

static void a_second_key_is_accepted_while_keys_change(void **state)
{
	struct keyring old = keyring_of("0123456789abcdef\n");
	struct keyring both = keyring_of("# now\nfedcba9876543210\n\n0123456789abcdef\r\n");
	struct keyring new = keyring_of("fedcba9876543210");
	struct message message = give();
	struct message back;
	uint8_t bytes[MESSAGE_MAX];

	(void)state;
	assert_int_equal(
		message_parse(bytes, message_build(&message, &old, bytes), &both, &back), 0);
	assert_int_equal(
		message_parse(bytes, message_build(&message, &both, bytes), &new, &back), 0);
	assert_int_equal(
		message_parse(bytes, message_build(&message, &both, bytes), &old, &back), -EBADMSG);
}

static void a_file_without_a_good_key_is_refused(void **state)
{
	static const char *const bad[] = { "", "\n# only words\n", "too short\n",
		"0123456789abcdef\n0123456789abcdef\n",
		"0123456789abcdef\nfedcba9876543210\n0123456789ABCDEF\n",
		"0123456789012345678901234567890123456789012345678901234567890123456789\n" };
	struct keyring keyring;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(keyring_parse(bad[i], &keyring), -EINVAL);
}

/* Two speakers that say hello to one another. */
struct side {
	struct message_peer peer;
	uint64_t instance;
	uint64_t chance;
	uint64_t sent;
};

static struct message hello_of(struct side *side)
{
	return (struct message){
		.type = MESSAGE_HELLO,
		.instance = side->instance,
		.challenge = side->peer.challenge,
		.echo = side->peer.echo,
		.sequence = ++side->sent,
	};
}

/* To something unproven. */
static struct message answer_of(struct side *side)
{
	struct message message = hello_of(side);

	message.echo = side->peer.offered;
	return message;
}

static enum message_verdict hear(struct side *side, const struct message *message)
{
	return message_judge(&side->peer, message, ++side->chance);
}

static void three_hellos_make_two_speakers_trust_one_another(void **state)
{
	struct side a = { { .challenge = 100 }, 1, 1000, 0 };
	struct side b = { { .challenge = 200 }, 2, 2000, 0 };
	struct message message = hello_of(&a);

	(void)state;
	assert_int_equal(hear(&b, &message), MESSAGE_UNPROVEN);
	message = answer_of(&b);
	assert_int_equal(hear(&a, &message), MESSAGE_FRESH);
	message = hello_of(&a);
	assert_int_equal(hear(&b, &message), MESSAGE_FRESH);
	assert_int_equal(hear(&b, &message), MESSAGE_REPLAYED);
}

static void nothing_of_an_earlier_process_can_be_played_again(void **state)
{
	struct side a = { { .challenge = 100 }, 1, 1000, 0 };
	struct side b = { { .challenge = 200, .echo = 100 }, 2, 2000, 0 };
	struct side again = { { .challenge = 300 }, 3, 3000, 0 };
	struct message old;
	struct message message;

	(void)state;
	a.peer.echo = 200;
	old = hello_of(&a);
	assert_int_equal(hear(&b, &old), MESSAGE_FRESH);
	old = hello_of(&a); /* caught on its way */
	message = hello_of(&b);
	assert_int_equal(hear(&again, &message), MESSAGE_UNPROVEN);
	message = answer_of(&again);
	assert_int_equal(hear(&b, &message), MESSAGE_NEW_PROCESS);
	assert_int_equal(hear(&b, &old), MESSAGE_UNPROVEN);
	assert_int_equal(b.peer.instance, 3);
	/* And the two go on. */
	message = hello_of(&b);
	(void)hear(&again, &message);
	message = hello_of(&again);
	(void)hear(&b, &message);
	message = hello_of(&b);
	(void)hear(&again, &message);
	message = hello_of(&again);
	assert_int_equal(hear(&b, &message), MESSAGE_FRESH);
}

static void an_old_message_does_not_spoil_what_was_agreed(void **state)
{
	struct side a = { { .challenge = 100, .echo = 199 }, 1, 1000, 0 };
	struct side b = { { .challenge = 199, .echo = 100 }, 2, 2000, 0 };
	struct message old = hello_of(&a);
	struct message message;

	(void)state;
	assert_int_equal(hear(&b, &old), MESSAGE_FRESH);
	b.peer.instance = 9; /* b knows a by a later process, a has another challenge now */
	b.peer.challenge = 200;
	a.peer.echo = 200;
	a.peer.challenge = 101;
	a.instance = 9;
	message = hello_of(&a);
	assert_int_equal(hear(&b, &message), MESSAGE_FRESH);
	assert_int_equal(hear(&b, &old), MESSAGE_UNPROVEN);
	message = hello_of(&b);
	assert_int_equal(hear(&a, &message), MESSAGE_FRESH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(questions_and_words_carry_addresses),
		cmocka_unit_test(a_request_to_move_names_its_target),
		cmocka_unit_test(the_longest_message_fits),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(a_second_key_is_accepted_while_keys_change),
		cmocka_unit_test(a_file_without_a_good_key_is_refused),
		cmocka_unit_test(three_hellos_make_two_speakers_trust_one_another),
		cmocka_unit_test(an_old_message_does_not_spoil_what_was_agreed),
		cmocka_unit_test(nothing_of_an_earlier_process_can_be_played_again),
	};

	return cmocka_run_group_tests_name("speaker_message", tests, NULL, NULL);
}
