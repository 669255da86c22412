/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What bellmanctl says of the manifests in tests/golden/bellmanctl/old and new, byte for byte. With
 * GOLDEN_UPDATE in the environment the .txt files are written instead, to be looked at.
 */

#include "base/mem.h"
#include "bellmanctl/offline.h"
#include "bellmanctl/views.h"
#include "bellmanctl/views_bgp.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The text of a view, or the JSON if there is none; gives @data away. */
static void assert_shown(
	const char *path, json_t *data, void (*view)(const json_t *, bool, struct strbuf *))
{
	auto_(strbuf_finip) struct strbuf out = { 0 };
	auto_(freep) char *text = NULL;

	if (view) {
		view(data, false, &out);
	} else {
		text = json_dumps(data, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		strbuf_addf(&out, "%s\n", text);
	}
	json_decref(data);
	assert_golden(path, strbuf_text(&out));
}

static json_t *plan_of(const char *path)
{
	json_t *plan = NULL;

	assert_int_equal(offline_plan(path, &plan), 0);
	return plan;
}

static json_t *lint_of(const char *path)
{
	json_t *findings = NULL;

	assert_int_equal(offline_lint(path, &findings), 0);
	return findings;
}

static void a_plan_is_shown_node_by_node(void **state)
{
	(void)state;
	assert_shown("plan.txt", plan_of("old"), view_plan);
}

static void a_plan_as_json_says_the_same(void **state)
{
	(void)state;
	assert_shown("plan.json", plan_of("old"), NULL);
}

static void a_change_is_shown_service_by_service(void **state)
{
	json_t *before = plan_of("old");
	json_t *after = plan_of("new");

	(void)state;
	assert_shown("changes.txt", offline_diff(before, after), view_changes);
	json_decref(before);
	json_decref(after);
}

static void no_change_is_said_to_be_none(void **state)
{
	json_t *plan = plan_of("old");
	json_t *changes = offline_diff(plan, plan);
	auto_(strbuf_finip) struct strbuf out = { 0 };

	(void)state;
	view_changes(changes, false, &out);
	assert_string_equal(strbuf_text(&out), "Nothing changes.\n");
	json_decref(changes);
	json_decref(plan);
}

static void findings_are_shown_with_their_places(void **state)
{
	(void)state;
	assert_shown("lint.txt", lint_of("new"), view_config);
}

static void findings_as_json_say_the_same(void **state)
{
	(void)state;
	assert_shown("lint.json", lint_of("new"), NULL);
}

/* What an agent answered, by the request: a member of bgp.json. */
static json_t *answer_of(const char *request)
{
	json_t *all = json_load_file("bgp.json", JSON_REJECT_DUPLICATES, NULL);
	json_t *answer = json_incref(json_object_get(all, request));

	assert_non_null(answer);
	json_decref(all);
	return answer;
}

static void view_first_peer(const json_t *data, bool color, struct strbuf *out)
{
	(void)color;
	view_bgp_peer(json_array_get(json_object_get(data, "peers"), 0), out);
}

static void bgp_peers_are_shown_with_what_ails_them(void **state)
{
	(void)state;
	assert_shown("bgp.txt", answer_of("bgp"), view_bgp);
}

static void all_about_a_bgp_peer_is_shown(void **state)
{
	(void)state;
	assert_shown("bgp_peer.txt", answer_of("bgp"), view_first_peer);
}

static void bgp_routes_are_shown_with_what_they_are_for(void **state)
{
	(void)state;
	assert_shown("bgp_routes.txt", answer_of("routes"), view_bgp_routes);
}

static void received_routes_are_shown_as_unused(void **state)
{
	(void)state;
	assert_shown("bgp_received.txt", answer_of("received"), view_bgp_received);
}

/* Messages name files as they were given: from the folder that is short. */
static int enter(void **state)
{
	(void)state;
	return chdir(BELLMANCTL_GOLDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bgp_peers_are_shown_with_what_ails_them),
		cmocka_unit_test(all_about_a_bgp_peer_is_shown),
		cmocka_unit_test(bgp_routes_are_shown_with_what_they_are_for),
		cmocka_unit_test(received_routes_are_shown_as_unused),
		cmocka_unit_test(a_plan_is_shown_node_by_node),
		cmocka_unit_test(a_plan_as_json_says_the_same),
		cmocka_unit_test(a_change_is_shown_service_by_service),
		cmocka_unit_test(no_change_is_said_to_be_none),
		cmocka_unit_test(findings_are_shown_with_their_places),
		cmocka_unit_test(findings_as_json_say_the_same),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
