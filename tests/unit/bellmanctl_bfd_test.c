/* SPDX-License-Identifier: Apache-2.0 */

#include "base/own.h"
#include "bellmanctl/views.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

/* As the agent answers "bfd". */
static const char answer[] =
	"{\"sessions\": [{\"peer\": \"192.0.2.2\", \"local\": \"192.0.2.1\", \"link\": \"eth0\","
	" \"multihop\": false, \"source_port\": 50123, \"error\": \"\", \"because\": \"packet\","
	" \"since_seconds\": 200.0, \"flaps\": 2, \"ours\": {\"state\": \"Up\","
	" \"discriminator\": 17, \"diagnostic\": \"none\", \"tx_ms\": 100.0, \"rx_ms\": 50.0,"
	" \"multiplier\": 3, \"authentication\": \"none\"}, \"theirs\": {\"state\": \"Up\","
	" \"discriminator\": 4000000000, \"diagnostic\": \"control detection time expired\","
	" \"tx_ms\": 60.0, \"rx_ms\": 60.0, \"multiplier\": 5}, \"send_every_ms\": 100.0,"
	" \"detection_ms\": 300.0, \"polling\": false, \"packets_in\": 1234,"
	" \"packets_out\": 1200, \"gaps\": {\"count\": 9, \"min_ms\": 45.25, \"mean_ms\": 52.5,"
	" \"max_ms\": 60.125}, \"drops\": {\"ttl\": 4}}], \"ready\": true,"
	" \"drops\": {\"no_session\": 7}}";

static void a_session_has_one_line(void **state)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	json_t *data = json_loads(answer, 0, NULL);

	(void)state;
	view_bfd(data, false, &out);
	json_decref(data);
	assert_string_equal(strbuf_text(&out),
		"PEER       HOPS  STATE  SINCE  BECAUSE  SEND   DETECT  IN    OUT   GAP     FLAPS\n"
		"192.0.2.2  one   Up     3m20s  packet   100ms  300ms   1234  1200  52.5ms  2\n"
		"dropped, of no session: no_session 7\n");
}

static void of_one_peer_everything_is_said(void **state)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	json_t *data = json_loads(answer, 0, NULL);

	(void)state;
	view_bfd_peer(data, false, &out);
	json_decref(data);
	assert_string_equal(strbuf_text(&out),
		"peer          192.0.2.2, one hop, from 192.0.2.1 port 50123, link eth0,"
		" authentication none\n"
		"ours          Up, discriminator 17, diagnostic: none\n"
		"              interval 100 ms to send, 50 ms to receive, multiplier 3\n"
		"theirs        Up, discriminator 4000000000, diagnostic: control detection time"
		" expired\n"
		"              interval 60 ms to send, 60 ms to receive, multiplier 5\n"
		"changed       200.0 s ago, by packet; left Up 2 times\n"
		"timing        sent every 100 ms, detection after 300 ms\n"
		"packets       1234 in, 1200 out; between them 45.25 to 60.12 ms, 52.5 on average\n"
		"dropped       ttl 4\n");
}

static void an_answer_without_sessions_is_a_head_alone(void **state)
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	json_t *data = json_loads("{\"sessions\": []}", 0, NULL);

	(void)state;
	view_bfd(data, false, &out);
	json_decref(data);
	assert_int_equal(strncmp(strbuf_text(&out), "PEER", 4), 0);
	assert_null(strstr(strbuf_text(&out), "dropped"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_has_one_line),
		cmocka_unit_test(of_one_peer_everything_is_said),
		cmocka_unit_test(an_answer_without_sessions_is_a_head_alone),
	};

	return cmocka_run_group_tests_name("bellmanctl_bfd", tests, NULL, NULL);
}
