/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/reason.h"

static const struct {
	const char *name;
	const char *text;
} reasons[WANT_REASON_COUNT_] = {
	[WANT_OTHER_CLASS] = { "other_class", "its loadBalancerClass is not ours" },
	[WANT_BEING_DELETED] = { "being_deleted", "it is being deleted" },
	[WANT_HEADLESS] = { "headless", "it has no cluster address, so no node port leads to it" },
	[WANT_NO_ADDRESS] = { "no_address", "it has no external address yet" },
	[WANT_NO_NODE_PORT] = { "no_node_port", "it has no node port, so no node leads to it" },
	[WANT_UDP] = { "udp", "HAProxy does not forward UDP" },
	[WANT_SCTP] = { "sctp", "HAProxy does not forward SCTP" },
	[WANT_CONFLICT] = { "conflict", "the address and port belong to somebody else" },
	[WANT_CANNOT_BIND] = { "cannot_bind",
		"HAProxy can not have the address and port on this machine" },
	[WANT_BAD_NAME] = { "bad_name", "its name can not stand in haproxy.cfg" },
	[WANT_BAD_ADDRESS] = { "bad_address", "not an address that a listener can have" },
	[WANT_ADDRESS_NOT_ALLOWED] = { "address_not_allowed",
		"frontends.addresses does not contain the address" },
	[WANT_BAD_SOURCE_RANGE] = { "bad_source_range",
		"a source range can not be read, so nobody is let in" },
	[WANT_UNKNOWN_ANNOTATION] = { "unknown_annotation", "there is no such annotation" },
	[WANT_BAD_ANNOTATION] = { "bad_annotation", "the value of an annotation is not valid" },
	[WANT_NO_CERTIFICATE] = { "no_certificate", "there is no good certificate of that name" },
	[WANT_NO_NODE] = { "no_node", "no node can serve it: connections are closed" },
	[WANT_NO_ENDPOINT] = { "no_endpoint",
		"no usable node has a ready endpoint of it: connections are closed" },
	[WANT_NODE_WITHOUT_ADDRESS] = { "node_without_address", "the Node has no InternalIP" },
};

const char *want_reason_name(enum want_reason reason)
{
	return reasons[reason].name;
}

const char *want_reason_text(enum want_reason reason)
{
	return reasons[reason].text;
}

bool want_reason_is_normal(enum want_reason reason)
{
	return reason == WANT_OTHER_CLASS || reason == WANT_BEING_DELETED ||
		reason == WANT_NO_ADDRESS || reason == WANT_UDP || reason == WANT_SCTP;
}
