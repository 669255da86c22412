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
		"no matching L2Advertisement selects the Node",
		"check nodeSelectors of the L2Advertisements and the labels of the Node" },
	[PLAN_NODE_NOT_ALIVE] = { "node_not_alive", "the Node's speaker does not answer",
		"check bellmand on that Node" },
	[PLAN_NO_LOCAL_ENDPOINT] = { "no_local_endpoint",
		"externalTrafficPolicy is Local and no endpoint on the Node can serve",
		"run a Pod of the Service there, or use externalTrafficPolicy: Cluster" },
	[PLAN_NOT_ELECTED] = { "not_elected", "another Node announces the address", "" },
	[PLAN_NO_INTERFACE] = { "no_interface", "no interface of the Node can carry it",
		"see `bellmanctl links`; check interfaces of the L2Advertisement" },
};

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
