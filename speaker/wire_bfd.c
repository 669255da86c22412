/* SPDX-License-Identifier: Apache-2.0 */

#include "speaker/wire_bfd.h"

#include "base/mem.h"

#include <string.h>

static void run_put(struct wire_side *side, void *arg)
{
	const struct bfd_session_conf *conf = arg;
	int r = bfd_engine_put(side->bfd, conf);

	if (r < 0)
		log_error("BFD session refused", kv_ip("peer", &conf->key.peer), kv_errno(r));
}

/* It may carry keys. */
static void free_conf(void *arg)
{
	explicit_bzero(arg, sizeof(struct bfd_session_conf));
	free(arg);
}

void wire_bfd_put(struct wire *wire, const struct bfd_session_conf *conf)
{
	wire_post(wire, run_put, xmemdup(conf, sizeof(*conf)), free_conf);
}

static void run_drop(struct wire_side *side, void *arg)
{
	(void)bfd_engine_drop(side->bfd, arg);
}

void wire_bfd_drop(struct wire *wire, const struct bfd_key *key)
{
	wire_post(wire, run_drop, xmemdup(key, sizeof(*key)), free);
}

struct admin {
	struct bfd_key key;
	bool is_so; /* ready, or down */
	enum bfd_diag diag;
};

static void run_set_admin(struct wire_side *side, void *arg)
{
	const struct admin *admin = arg;

	(void)bfd_engine_set_admin(side->bfd, &admin->key, admin->is_so, admin->diag);
}

void wire_bfd_set_admin(
	struct wire *wire, const struct bfd_key *key, bool is_down, enum bfd_diag diag)
{
	const struct admin admin = { .key = *key, .is_so = is_down, .diag = diag };

	wire_post(wire, run_set_admin, xmemdup(&admin, sizeof(admin)), free);
}

/* Main brings the room, so that the wire thread only copies. */
struct session_list {
	struct session_copy {
		struct bfd_session_view view;
		struct bfd_session session;
	} * at;
	size_t capacity;
	size_t count; /* also of those that found no room */
};

static void copy_session(void *user, const struct bfd_session_view *view)
{
	struct session_list *list = user;

	if (list->count < list->capacity) {
		struct session_copy *copy = &list->at[list->count];

		copy->view = *view;
		copy->session = *view->session;
		explicit_bzero(copy->session.auth.conf.keys, sizeof(copy->session.auth.conf.keys));
		copy->view.session = &copy->session;
	}
	list->count++;
}

static void run_visit(struct wire_side *side, void *arg)
{
	bfd_engine_visit(side->bfd, copy_session, arg);
}

void wire_bfd_visit(struct wire *wire, bfd_session_view_fn *visit, void *user)
{
	struct session_list list = { .capacity = 16 };

	for (;;) {
		list.at = xreallocarray(list.at, list.capacity, sizeof(list.at[0]));
		list.count = 0;
		wire_call(wire, run_visit, &list);
		if (list.count <= list.capacity)
			break;
		list.capacity = list.count + list.count / 8;
	}
	for (size_t i = 0; i < list.count; i++)
		visit(user, &list.at[i].view);
	free(list.at);
}

static void run_view(struct wire_side *side, void *arg)
{
	bfd_engine_view(side->bfd, arg);
}

void wire_bfd_view(struct wire *wire, struct bfd_engine_view *ret_view)
{
	wire_call(wire, run_view, ret_view);
}
