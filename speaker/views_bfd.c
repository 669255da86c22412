/* SPDX-License-Identifier: Apache-2.0 */

/*
 * BFD sessions as JSON.
 */

#include "base/clock.h"
#include "base/mem.h"
#include "speaker/state.h"
#include "speaker/wire_bfd.h"

#include <net/if.h>
#include <string.h>

/* What is asked for, and what was found. */
struct bfd_question {
	struct ip peer; /* family 0: all */
	uint64_t now_ns;
	json_t *sessions;
};

static double ms(uint64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

static double us_to_ms(uint32_t us)
{
	return (double)us / 1000;
}

static double seconds_since(const struct bfd_question *question, uint64_t then_ns)
{
	return (double)(question->now_ns - then_ns) / (double)NS_PER_S;
}

static json_t *drops_json(const uint64_t drops[BFD_DROP_COUNT_])
{
	json_t *object = json_object();

	for (unsigned i = 0; i < BFD_DROP_COUNT_; i++) {
		if (drops[i] > 0)
			(void)json_object_set_new(
				object, bfd_drop_name(i), json_integer((json_int_t)drops[i]));
	}
	return object;
}

static json_t *local_json(const struct bfd_session_view *view, const char *state)
{
	const struct bfd_session *session = view->session;

	return json_pack("{s:s, s:I, s:s, s:f, s:f, s:i, s:b, s:b, s:s}", "state", state,
		"discriminator", (json_int_t)session->discriminator, "diagnostic",
		bfd_diag_name(session->diag), "tx_ms", us_to_ms(session->tx_us), "rx_ms",
		us_to_ms(session->conf.rx_us), "multiplier", (int)session->conf.multiplier,
		"passive", session->conf.is_passive, "admin_down", view->is_admin_down,
		"authentication", bfd_auth_type_name(session->auth.conf.type));
}

static json_t *remote_json(const struct bfd_session *session)
{
	return json_pack("{s:s, s:I, s:s, s:f, s:f, s:i, s:b, s:b}", "state",
		bfd_state_name(session->remote_state), "discriminator",
		(json_int_t)session->remote_discriminator, "diagnostic",
		bfd_diag_name(session->remote_diag), "tx_ms", us_to_ms(session->remote_tx_us),
		"rx_ms", us_to_ms(session->remote_rx_us), "multiplier",
		(int)session->remote_multiplier, "demand", session->is_remote_demanding,
		"control_plane_independent", session->is_remote_independent);
}

static json_t *gap_json(const struct bfd_arrivals *arrivals)
{
	uint64_t count = arrivals->count;

	return json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)count, "min_ms",
		ms(arrivals->min_ns), "mean_ms", count > 0 ? ms(arrivals->sum_ns / count) : 0.0,
		"max_ms", ms(arrivals->max_ns));
}

static void add_session(void *user, const struct bfd_session_view *view)
{
	struct bfd_question *question = user;
	const struct bfd_session *session = view->session;
	char peer[IP_TEXT_SIZE];
	char local[IP_TEXT_SIZE];
	char link[IF_NAMESIZE] = "";

	if (ip_is_set(&question->peer) && !ip_equal(&question->peer, &view->key.peer))
		return;
	if (view->key.ifindex > 0)
		(void)if_indextoname(view->key.ifindex, link);
	(void)json_array_append_new(question->sessions,
		json_pack("{s:s, s:s, s:s, s:b, s:i, s:s, s:s, s:f, s:I, s:o, s:o, s:f, s:f, s:b, "
			  "s:f, s:I, s:I, s:I, s:I, s:o, s:o}",
			"peer", ip_format(&view->key.peer, peer), "local",
			ip_format(&view->key.local, local), "link", link, "multihop",
			view->key.is_multihop, "source_port", (int)view->source_port, "error",
			view->error < 0 ? strerror(-view->error) : "", "because",
			bfd_cause_name(session->cause), "since_seconds",
			seconds_since(question, session->changed_ns), "flaps",
			(json_int_t)session->flaps, "ours",
			local_json(view, bfd_state_name(session->state)), "theirs",
			remote_json(session), "send_every_ms", us_to_ms(session->pace_us),
			"detection_ms", ms(session->detect_ns), "polling", session->is_polling,
			"heard_seconds_ago",
			session->heard_ns > 0 ? seconds_since(question, session->heard_ns) : -1.0,
			"packets_in", (json_int_t)view->packets_in, "packets_out",
			(json_int_t)view->packets_out, "send_errors", (json_int_t)view->send_errors,
			"refusals", (json_int_t)view->refusals, "gaps",
			gap_json(&session->arrivals), "drops", drops_json(view->drops)));
}

void view_bfd(
	const struct speaker *speaker, const json_t *args, json_t **ret_data, char **ret_error)
{
	const char *peer = json_string_value(json_object_get(args, "peer"));
	struct bfd_question question = { .now_ns = clock_now_ns() };
	struct bfd_engine_view engine;

	if (peer && ip_parse(peer, &question.peer) < 0) {
		*ret_error = xasprintf("not an address: %s", peer);
		return;
	}
	question.sessions = json_array();
	wire_bfd_visit(speaker->wire, add_session, &question);
	if (peer && json_array_size(question.sessions) == 0) {
		json_decref(question.sessions);
		*ret_error = xasprintf("there is no BFD session with %s", peer);
		return;
	}
	wire_bfd_view(speaker->wire, &engine);
	*ret_data = json_pack("{s:o, s:b, s:o}", "sessions", question.sessions, "ready",
		engine.is_ready, "drops", drops_json(engine.drops));
}
