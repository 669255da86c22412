/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/reason.h"

struct words {
	const char *name;
	const char *text;
	const char *advice;
};

static const struct words words[PLAN_REASON_COUNT_] = {
	[PLAN_PASSED] = { "passed", "passed", "" },
	[PLAN_NOT_LOAD_BALANCER] = { "not_load_balancer", "the Service is not of type LoadBalancer",
		"set spec.type: LoadBalancer" },
	[PLAN_OTHER_CLASS] = { "other_load_balancer_class",
		"its loadBalancerClass is another one's",
		"set load_balancer_class in bellmand.conf to the class of the Service" },
	[PLAN_NO_ADDRESS] = { "no_address", "it has no external address",
		"see the allocator's reason; add an IPAddressPool or widen one" },
	[PLAN_NO_ENDPOINTS] = { "no_endpoints", "no endpoint of it can serve",
		"check the selector of the Service and the readiness of its Pods" },
	[PLAN_NO_MATCHING_ADVERTISEMENT] = { "no_matching_advertisement",
		"no L2Advertisement covers its pool and its labels",
		"add an L2Advertisement for the pool" },
	[PLAN_SHARED_IP_WITH_SERVICE_SELECTOR] = { "shared_ip_with_service_selector",
		"it shares its address, and an L2Advertisement selects Services by label",
		"remove serviceSelectors from the L2Advertisement, or allow-shared-ip" },
	[PLAN_NODE_UNKNOWN] = { "node_unknown", "there is no Node of this name",
		"add the Node, or set `node` in bellmand.conf to its name" },
	[PLAN_NODE_EXCLUDED] = { "node_excluded",
		"the Node is labelled node.kubernetes.io/exclude-from-external-load-balancers",
		"remove the label, or set ignore_exclude_label" },
	[PLAN_NODE_NETWORK_UNAVAILABLE] = { "node_network_unavailable",
		"the Node's network is unavailable", "see the Node's conditions" },
	[PLAN_NODE_NOT_SELECTED] = { "node_not_selected",
		"no matching advertisement selects the Node",
		"check nodeSelectors of the advertisements and the labels of the Node" },
	[PLAN_NODE_NOT_ALIVE] = { "node_not_alive", "the Node's speaker does not answer",
		"check bellmand on that Node" },
	[PLAN_NO_LOCAL_ENDPOINT] = { "no_local_endpoint",
		"externalTrafficPolicy is Local and no endpoint on the Node can serve",
		"run a Pod of the Service there, or use externalTrafficPolicy: Cluster" },
	[PLAN_NOT_ELECTED] = { "not_elected", "another Node announces the address", "" },
	[PLAN_NO_INTERFACE] = { "no_interface", "no interface of the Node can carry it",
		"see `bellmanctl links`; check interfaces of the L2Advertisement" },
	[PLAN_NODE_DRAINED] = { "node_drained", "the Node is drained", "bellmanctl undrain" },
	[PLAN_NODE_UNHEALTHY] = { "node_unhealthy",
		"the health check of kube-proxy on the Node does not answer well",
		"check kube-proxy there; see bgp.health in bellmand.conf" },
	[PLAN_NO_BGP_ADVERTISEMENT] = { "no_bgp_advertisement",
		"no BGPAdvertisement covers its pool and its labels",
		"add a BGPAdvertisement for the pool" },
	[PLAN_NO_BGP_PEER] = { "no_bgp_peer",
		"no BGPPeer of the Node carries its family and is meant by a BGPAdvertisement",
		"check nodeSelectors and dualStackAddressFamily of the BGPPeers, and peers of the "
		"BGPAdvertisements" },
	[PLAN_BAD_ANNOTATION] = { "bad_annotation", "an annotation for BGP can not be read",
		"correct it; the Service is not announced with half of what was asked for" },
	[PLAN_UNKNOWN_COMMUNITY] = { "unknown_community",
		"a BGPAdvertisement names a community that is not defined",
		"define it in a Community, or write 65000:100" },
	[PLAN_CONFLICTING_ADVERTISEMENTS] = { "conflicting_advertisements",
		"two BGPAdvertisements ask for different attributes of one route",
		"write the same localPref and asPathPrepend in both, or part their peers" },
	[PLAN_PEER_NOT_USABLE] = { "peer_not_usable", "a field of the BGPPeer can not be used",
		"correct the BGPPeer" },
	[PLAN_PEER_SECRET_MISSING] = { "peer_secret_missing", "the peer's Secret is not there",
		"create the Secret that passwordSecret names" },
	[PLAN_PEER_SECRET_NOT_USABLE] = { "peer_secret_not_usable",
		"the peer's password can not be used",
		"type kubernetes.io/basic-auth, key password, up to 80 octets" },
	[PLAN_PEER_PROFILE_MISSING] = { "peer_profile_missing",
		"the peer's BFDProfile is not there, or not valid",
		"create or correct the BFDProfile that bfdProfile names" },
	[PLAN_PEER_DUPLICATE] = { "peer_duplicate",
		"another BGPPeer has the same address on the Node",
		"give them different nodes, or take one out" },
	[PLAN_PEER_TOO_MANY] = { "peer_too_many", "the Node has more peers than can be served",
		"select fewer BGPPeers by nodeSelectors" },
	[PLAN_PEER_DOWN] = { "peer_down", "no session to a peer of it is established",
		"see `bellmanctl bgp`" },
};

bool plan_reason_is_of_node(enum plan_reason reason)
{
	return reason == PLAN_PASSED || reason >= PLAN_NODE_UNKNOWN;
}

const char *plan_reason_name(enum plan_reason reason)
{
	return words[reason].name;
}

const char *plan_reason_text(enum plan_reason reason)
{
	return words[reason].text;
}

const char *plan_reason_advice(enum plan_reason reason)
{
	return words[reason].advice;
}
