/* SPDX-License-Identifier: Apache-2.0 */

/* What there is to be seen of BGP; nothing is changed here. */

#include "base/mem.h"
#include "speaker/bgp_state.h"
#include "speaker/wire_bfd.h"

/* Copies of the BFD sessions that there are, of the wire thread. */
struct bfd_list {
	struct {
		struct bfd_session_view view;
		struct bfd_session session;
	} * at; /* owned */
	size_t count;
	size_t capacity;
};

static void keep_bfd(void *user, const struct bfd_session_view *view)
{
	struct bfd_list *list = user;
	__typeof__(list->at) kept = array_add(list->at, list->count, list->capacity);

	kept->view = *view;
	kept->session = *view->session;
}

static const struct bfd_session_view *find_bfd(struct bfd_list *list, const struct bfd_key *key)
{
	for (size_t i = 0; i < list->count; i++) {
		list->at[i].view.session = &list->at[i].session;
		if (bfd_key_equal(&list->at[i].view.key, key))
			return &list->at[i].view;
	}
	return NULL;
}

static void add_out(const struct peer_link *link, struct speaker_bgp_peer_view *view)
{
	view->out = bgp_out_view(link->out);
	for (enum bgp_family family = 0; family < BGP_FAMILY_COUNT_; family++) {
		if (view->out.family[family].is_agreed)
			view->wished += bgp_rib_count(link->group->rib, family);
	}
}

static void visit_peer(const struct speaker_bgp *bgp, const struct plan_bgp_peer *peer,
	struct bfd_list *list, speaker_bgp_view_fn *visit, void *user)
{
	const struct bgp_session *session = bgp_engine_find(bgp->engine, peer->name);
	const struct peer_link *link = peer_link_find(bgp, peer->name);
	struct speaker_bgp_peer_view view = { .peer = peer, .is_bfd_wanted = peer->bfd.is_wanted };
	struct bgp_session_view session_view;

	if (session) {
		session_view = bgp_session_view(session);
		view.session = &session_view;
	}
	if (link && link->out)
		add_out(link, &view);
	if (link && link->has_bfd)
		view.bfd = find_bfd(list, &link->bfd_key);
	visit(user, &view);
}

void speaker_bgp_visit(const struct speaker_bgp *bgp, speaker_bgp_view_fn *visit, void *user)
{
	struct bfd_list list = { 0 };
	bool has_bfd = false;

	for (size_t i = 0; i < bgp->link_count; i++)
		has_bfd |= bgp->links[i]->has_bfd;
	if (has_bfd)
		wire_bfd_visit(bgp->wire, keep_bfd, &list);
	for (size_t i = 0; i < plan_bgp_peers_count(bgp->peers); i++)
		visit_peer(bgp, plan_bgp_peers_at(bgp->peers, i), &list, visit, user);
	free(list.at);
}

struct speaker_bgp_view speaker_bgp_view(const struct speaker_bgp *bgp)
{
	return (struct speaker_bgp_view){
		.router_id = bgp->conf.router_id,
		.is_drained = bgp->is_drained,
		.is_withdrawn = bgp->is_withdrawn,
		.withheld = speaker_bgp_input(bgp).withheld,
		.prefixes = plan_bgp_routes_count(bgp->routes),
		.too_many = plan_bgp_routes_too_many(bgp->routes),
		.listen = bgp_engine_listen_view(bgp->engine),
	};
}

const struct plan_bgp_routes *speaker_bgp_routes(const struct speaker_bgp *bgp)
{
	return bgp->routes;
}

const struct plan_bgp_peers *speaker_bgp_table(const struct speaker_bgp *bgp)
{
	return bgp->peers;
}

struct bgp_session *speaker_bgp_session(struct speaker_bgp *bgp, const char *name)
{
	return bgp_engine_find(bgp->engine, name);
}
