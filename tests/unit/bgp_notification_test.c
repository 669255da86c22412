/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/notification.h"

#include "base/mem.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/hex.h"

#include <errno.h>

struct parse_case {
	const char *name;
	const char *body;
	uint8_t code, subcode;
	bool is_hard;
	unsigned data_len;
	const char *text;
};

/* clang-format off */
static struct parse_case bodies[] = {
	{ "hold_timer_expired",                     "0400", 4, 0, false, 0, "" },
	{ "data_is_kept",                           "02010004", 2, 1, false, 2, "" },
	{ "shutdown_text_is_read",                  "0602 03 627965", 6, 2, false, 4, "bye" },
	{ "reset_text_is_read",                     "0604 03 627965", 6, 4, false, 4, "bye" },
	{ "no_text_after_other_subcodes",           "0603 03 627965", 6, 3, false, 4, "" },
	{ "text_of_utf8_is_kept",                   "0602 04 c3a4e282", 6, 2, false, 5, "\xc3\xa4??" },
	{ "terminal_codes_become_question_marks",   "0602 04 1b5b326a", 6, 2, false, 5, "?[2j" },
	{ "c1_controls_become_question_marks",      "0602 02 c29b", 6, 2, false, 3, "??" },
	{ "overlong_utf8_becomes_question_marks",   "0602 02 c0af", 6, 2, false, 3, "??" },
	{ "surrogates_become_question_marks",       "0602 03 eda080", 6, 2, false, 4, "???" },
	{ "text_longer_than_message_is_ignored",    "0602 09 627965", 6, 2, false, 4, "" },
	{ "hard_reset_shows_what_is_inside",        "0609 0602 03 627965", 6, 2, true, 4, "bye" },
	{ "hard_reset_without_inside_is_hard",      "0609", 6, 9, true, 0, "" },
	{ "hard_reset_with_half_inside_is_hard",    "0609 06", 6, 9, true, 1, "" },
};
/* clang-format on */

static void is_parsed(void **state)
{
	const struct parse_case *c = *state;
	struct hex bytes = hex(c->body);
	struct wire_reader body = wire_reader(bytes.bytes, bytes.len);
	struct bgp_notification n;

	assert_int_equal(bgp_notification_parse(&body, &n), 0);
	assert_int_equal(n.code, c->code);
	assert_int_equal(n.subcode, c->subcode);
	assert_int_equal(n.is_hard, c->is_hard);
	assert_int_equal(n.data_len, c->data_len);
	assert_string_equal(n.text, c->text);
}

static void too_short_a_body_is_told(void **state)
{
	static const uint8_t bytes[] = { 6 };
	struct wire_reader body = wire_reader(bytes, sizeof(bytes));
	struct bgp_notification n;

	(void)state;
	assert_int_equal(bgp_notification_parse(&body, &n), -EPROTO);
}

static void long_data_is_cut(void **state)
{
	uint8_t bytes[1000] = { 3, 5 };
	struct wire_reader body = wire_reader(bytes, sizeof(bytes));
	struct bgp_notification n;

	(void)state;
	assert_int_equal(bgp_notification_parse(&body, &n), 0);
	assert_int_equal(n.data_len, 998);
}

static struct bgp_notification there_and_back(const struct bgp_refusal *why)
{
	uint8_t bytes[BGP_MESSAGE_MAX];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	struct wire_reader body;
	struct bgp_notification n;

	bgp_notification_build(&w, why);
	assert_true(wire_writer_ok(&w));
	assert_int_equal(bytes[17] | bytes[16] << 8, wire_written(&w));
	assert_int_equal(bytes[18], BGP_MSG_NOTIFICATION);
	body = wire_reader(bytes + BGP_HEADER_LEN, wire_written(&w) - BGP_HEADER_LEN);
	assert_int_equal(bgp_notification_parse(&body, &n), 0);
	return n;
}

static void cease_with_text_arrives(void **state)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, "upgrade", false);
	struct bgp_notification n = there_and_back(&why);

	(void)state;
	assert_int_equal(n.code, BGP_ERR_CEASE);
	assert_int_equal(n.subcode, BGP_CEASE_ADMIN_SHUTDOWN);
	assert_false(n.is_hard);
	assert_string_equal(n.text, "upgrade");
}

static void hard_cease_with_text_arrives(void **state)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, "gone", true);
	struct bgp_notification n = there_and_back(&why);

	(void)state;
	assert_int_equal(why.subcode, BGP_CEASE_HARD_RESET);
	assert_true(n.is_hard);
	assert_int_equal(n.subcode, BGP_CEASE_ADMIN_SHUTDOWN);
	assert_string_equal(n.text, "gone");
}

static void text_is_cut_between_characters(void **state)
{
	char text[400];
	struct bgp_refusal why;
	struct bgp_notification n;

	(void)state;
	memset(text, 'x', 254);
	strcpy(text + 254, "\xc3\xa4 and more");
	why = bgp_cease(BGP_CEASE_ADMIN_RESET, text, false);
	n = there_and_back(&why);
	assert_int_equal(strlen(n.text), 254);
}

static void a_full_text_fits_into_a_hard_reset(void **state)
{
	char text[BGP_SHUTDOWN_TEXT_SIZE];
	struct bgp_refusal why;
	struct bgp_notification n;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	why = bgp_cease(BGP_CEASE_ADMIN_SHUTDOWN, text, true);
	n = there_and_back(&why);
	assert_string_equal(n.text, text);
}

static void no_text_goes_with_other_subcodes(void **state)
{
	struct bgp_refusal why = bgp_cease(BGP_CEASE_DECONFIGURED, "text", false);

	(void)state;
	assert_int_equal(why.data_len, 0);
}

static void codes_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(bgp_error_name(4), "Hold Timer Expired");
	assert_string_equal(bgp_error_name(0), "unknown error");
	assert_string_equal(bgp_error_name(99), "unknown error");
	assert_string_equal(bgp_suberror_name(6, 7), "Connection Collision Resolution");
	assert_string_equal(bgp_suberror_name(2, 11), "Role Mismatch");
	assert_string_equal(bgp_suberror_name(2, 12), "");
	assert_string_equal(bgp_suberror_name(200, 200), "");
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(too_short_a_body_is_told),
		cmocka_unit_test(long_data_is_cut),
		cmocka_unit_test(cease_with_text_arrives),
		cmocka_unit_test(hard_cease_with_text_arrives),
		cmocka_unit_test(text_is_cut_between_characters),
		cmocka_unit_test(a_full_text_fits_into_a_hard_reset),
		cmocka_unit_test(no_text_goes_with_other_subcodes),
		cmocka_unit_test(codes_have_their_words),
	};
	struct CMUnitTest tests[COUNT_OF(bodies) + COUNT_OF(others)];

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		tests[i] = (struct CMUnitTest){
			.name = bodies[i].name,
			.test_func = is_parsed,
			.initial_state = &bodies[i],
		};
	memcpy(tests + COUNT_OF(bodies), others, sizeof(others));
	return cmocka_run_group_tests_name("bgp_notification", tests, NULL, NULL);
}
