/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A node with peers and a Service that it announces by BGP; each test spoils or adds one thing.
 */

#include "plan/plan.h"
#include "tests/unit/model_build.h"

struct bgp_world {
	struct model *model;
	struct service *service;
	struct object *node;
	struct bgp_advertisement *ad;
	struct endpoint_slice *slice;
	struct plan_bgp_peers *peers;
	struct plan_input input;
	struct plan_assigned assigned;
};

static inline void world_tell_assigned(
	void *user, const struct service *service, struct plan_assigned *ret)
{
	const struct bgp_world *world = user;

	(void)service;
	*ret = world->assigned;
}

static inline struct opt_int world_int(int64_t value)
{
	return (struct opt_int){ true, value };
}

static inline struct bgp_peer_spec *world_peer(const char *name, const char *address)
{
	struct bgp_peer_spec *peer = build_object(MODEL_BGP_PEER, "BGPPeer", "m", name);

	peer->my_asn = world_int(65001);
	peer->peer_asn = world_int(65000);
	peer->peer_address = xstrdup(address);
	return peer;
}

static inline struct bgp_advertisement *world_ad(const char *name)
{
	return build_object(MODEL_BGP_ADVERTISEMENT, "BGPAdvertisement", "m", name);
}

static inline struct endpoint_slice *world_slice(const char *service, const char *node)
{
	struct endpoint_slice *slice = build_object(
		MODEL_ENDPOINT_SLICE, "EndpointSlice", "a", service);

	build_label(&slice->object.meta.labels, "kubernetes.io/service-name", service);
	slice->endpoints.at = xnew(struct slice_endpoint);
	slice->endpoints.count = 1;
	build_string(&slice->endpoints.at[0].addresses, "10.0.0.1");
	slice->endpoints.at[0].node_name = xstrdup(node);
	return slice;
}

/* Node node-a, peers tor-a and tor-b, Service a/web with an endpoint on node-a. */
static inline void world_open(struct bgp_world *world)
{
	*world = (struct bgp_world){ .model = model_new(), .peers = plan_bgp_peers_new() };
	world->service = build_object(MODEL_SERVICE, "Service", "a", "web");
	world->service->type = SERVICE_LOAD_BALANCER;
	world->node = build_object(MODEL_NODE, "Node", NULL, "node-a");
	world->ad = world_ad("ad");
	world->slice = world_slice("web", "node-a");
	world->assigned = (struct plan_assigned){
		.pools = { "p", "p" }, .count = 1, .outcome = ""
	};
	(void)!ip_parse("198.51.100.7", &world->assigned.ips[0]);
	world->input = (struct plan_input){
		.model = world->model,
		.self = "node-a",
		.assigned = world_tell_assigned,
		.bgp.peers = world->peers,
		.user = world,
	};
	model_put(world->model, &world_peer("tor-a", "192.0.2.1")->object);
	model_put(world->model, &world_peer("tor-b", "192.0.2.2")->object);
}

/* Puts the rest into the model and plans; the caller frees the plan, then closes. */
static inline struct service_plan *world_plan(struct bgp_world *world)
{
	model_put(world->model, world->node);
	model_put(world->model, &world->slice->object);
	model_put(world->model, &world->ad->object);
	model_put(world->model, &world->service->object);
	plan_bgp_peers_update(world->peers, world->model, world->input.self, NULL, NULL);
	return service_plan_new(&world->input, world->service);
}

static inline void world_close(struct bgp_world *world)
{
	plan_bgp_peers_free(world->peers);
	model_free(world->model);
}
