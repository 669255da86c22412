/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/bgp_resolve.h"

#include "base/mem.h"
#include "model/select.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

enum {
	PORT = 179,
	HOLD_SECONDS = 90, /* RFC 4271 section 10 */
	KEEPALIVES_PER_HOLD = 3,
	PASSWORD_MAX = 80, /* of the kernel, TCP_MD5SIG_MAXKEYLEN */
	BFD_INTERVAL_MS = 300,
	BFD_MULTIPLIER = 3,
	BFD_MINIMUM_TTL = 254,
	HOPS_MAX = 254,
};

static const int64_t second_ns = 1000000000;

void plan_bgp_peer_fini(struct plan_bgp_peer *peer)
{
	if (peer->password)
		explicit_bzero(peer->password, strlen(peer->password));
	free(peer->password);
	free(peer->detail);
	free(peer->name);
	*peer = (struct plan_bgp_peer){ 0 };
}

void plan_bgp_peer_refuse(struct plan_bgp_peer *peer, enum plan_reason reason, char *detail)
{
	if (peer->reason != PLAN_PASSED) {
		free(detail);
		return;
	}
	free(peer->detail);
	peer->reason = reason;
	peer->detail = detail;
}

static bool has(const char *text)
{
	return text && text[0] != '\0';
}

static int64_t value_or(const struct opt_int *value, int64_t otherwise)
{
	return value->is_set ? value->value : otherwise;
}

static void read_ip(struct plan_bgp_peer *peer, const char *field, const char *text, struct ip *ret)
{
	if (has(text) && ip_parse(text, ret) < 0)
		plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
			xasprintf("%s: \"%.64s\" is no address", field, text));
}

static void read_name(
	struct plan_bgp_peer *peer, const char *field, const char *text, char ret[IF_NAMESIZE])
{
	if (!has(text))
		return;
	if (strlen(text) >= IF_NAMESIZE) {
		plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
			xasprintf("%s: \"%.64s\" is too long for an interface", field, text));
		return;
	}
	memcpy(ret, text, strlen(text) + 1);
}

static void read_addresses(struct plan_bgp_peer *peer, const struct bgp_peer_spec *spec)
{
	struct ip router_id = { 0 };

	read_ip(peer, "peerAddress", spec->peer_address, &peer->address);
	read_ip(peer, "sourceAddress", spec->source_address, &peer->source);
	read_ip(peer, "routerID", spec->router_id, &router_id);
	read_name(peer, "interface", spec->interface, peer->interface);
	read_name(peer, "vrf", spec->vrf, peer->vrf);
	if (router_id.family == AF_INET6)
		plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
			xstrdup("routerID: must have the form of an IPv4 address"));
	memcpy(&peer->router_id, router_id.bytes, sizeof(peer->router_id));
	peer->router_id = ntohl(peer->router_id);
	if (ip_is_set(&peer->source) && ip_is_set(&peer->address) &&
		peer->source.family != peer->address.family)
		plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
			xstrdup("sourceAddress: not of the family of peerAddress"));
	if (!ip_is_set(&peer->address) && peer->interface[0] == '\0')
		plan_bgp_peer_refuse(
			peer, PLAN_PEER_NOT_USABLE, xstrdup("neither peerAddress nor interface"));
	peer->has_v4 = peer->address.family != AF_INET6 || spec->dual_stack_address_family;
	peer->has_v6 = peer->address.family != AF_INET || spec->dual_stack_address_family;
}

static void read_as_numbers(struct plan_bgp_peer *peer, const struct bgp_peer_spec *spec)
{
	peer->local_as = (uint32_t)spec->my_asn.value;
	peer->peer_as = (uint32_t)value_or(&spec->peer_asn, 0);
	peer->sent_as = (uint32_t)value_or(&spec->local_asn, 0);
	if (has(spec->dynamic_asn))
		peer->as_kind = strcmp(spec->dynamic_asn, "internal") == 0 ? PLAN_BGP_AS_INTERNAL :
									     PLAN_BGP_AS_EXTERNAL;
	else if (peer->peer_as == 0)
		plan_bgp_peer_refuse(
			peer, PLAN_PEER_NOT_USABLE, xstrdup("neither peerASN nor dynamicASN"));
	if (peer->sent_as != 0 &&
		(peer->as_kind == PLAN_BGP_AS_INTERNAL || peer->peer_as == peer->local_as))
		plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
			xstrdup("localASN: has no meaning within one AS"));
	/* The session would be an internal one to the peer, and an external one to myASN. */
	if (peer->sent_as != 0 && peer->sent_as == peer->peer_as)
		plan_bgp_peer_refuse(
			peer, PLAN_PEER_NOT_USABLE, xstrdup("localASN: is the peer's own"));
}

/* The hold time alone makes the keepalive time a third of it, and the other way round. */
static void read_times(struct plan_bgp_peer *peer, const struct bgp_peer_spec *spec)
{
	int64_t keepalive = spec->keepalive_ns.value / second_ns;
	int64_t hold = spec->hold_ns.value / second_ns;

	if (!spec->hold_ns.is_set)
		hold = spec->keepalive_ns.is_set ? keepalive * KEEPALIVES_PER_HOLD : HOLD_SECONDS;
	if (hold > UINT16_MAX)
		hold = UINT16_MAX;
	if (!spec->keepalive_ns.is_set || keepalive == 0)
		keepalive = hold / KEEPALIVES_PER_HOLD;
	peer->hold_seconds = (uint16_t)hold;
	peer->keepalive_seconds = (uint16_t)keepalive;
	peer->connect_seconds = (uint16_t)(value_or(&spec->connect_ns, 0) / second_ns);
}

static void read_secret(
	struct plan_bgp_peer *peer, const struct model *model, const struct bgp_peer_spec *spec)
{
	const char *ns = has(spec->password_secret_ns) ? spec->password_secret_ns :
							 object_ns(&spec->object);
	const char *name = spec->password_secret_name;
	const struct secret *secret = (const struct secret *)model_find(
		model, MODEL_SECRET, ns, name);
	const char *password = NULL;

	if (!secret) {
		plan_bgp_peer_refuse(peer, PLAN_PEER_SECRET_MISSING,
			xasprintf("there is no Secret %s/%s", ns, name));
		return;
	}
	password = labels_get(&secret->string_data, "password");
	if (!password)
		password = labels_get(&secret->data, "password");
	if (!secret->type || strcmp(secret->type, "kubernetes.io/basic-auth") != 0)
		plan_bgp_peer_refuse(peer, PLAN_PEER_SECRET_NOT_USABLE,
			xasprintf("Secret %s/%s: type must be kubernetes.io/basic-auth", ns, name));
	else if (!has(password))
		plan_bgp_peer_refuse(peer, PLAN_PEER_SECRET_NOT_USABLE,
			xasprintf("Secret %s/%s: the key password is missing", ns, name));
	else
		peer->password = xstrdup(password);
}

static void read_password(
	struct plan_bgp_peer *peer, const struct model *model, const struct bgp_peer_spec *spec)
{
	if (has(spec->password_secret_name))
		read_secret(peer, model, spec);
	else if (has(spec->password))
		peer->password = xstrdup(spec->password);
	if (peer->password && strlen(peer->password) > PASSWORD_MAX)
		plan_bgp_peer_refuse(peer, PLAN_PEER_SECRET_NOT_USABLE,
			xasprintf("the password is longer than %d octets", PASSWORD_MAX));
}

static const struct bfd_profile *find_profile(const struct model *model, const char *name)
{
	model_each(model, MODEL_BFD_PROFILE, object)
	{
		if (strcmp(object->meta.name, name) == 0)
			return (const struct bfd_profile *)object;
	}
	return NULL;
}

static void read_bfd(
	struct plan_bgp_peer *peer, const struct model *model, const struct bgp_peer_spec *spec)
{
	const struct bfd_profile *profile;

	if (!has(spec->bfd_profile))
		return;
	profile = find_profile(model, spec->bfd_profile);
	if (!profile) {
		plan_bgp_peer_refuse(peer, PLAN_PEER_PROFILE_MISSING,
			xasprintf("there is no BFDProfile %s in force", spec->bfd_profile));
		return;
	}
	peer->bfd = (struct plan_bfd){
		.is_wanted = true,
		.receive_ms = (uint32_t)value_or(&profile->receive_ms, BFD_INTERVAL_MS),
		.transmit_ms = (uint32_t)value_or(&profile->transmit_ms, BFD_INTERVAL_MS),
		.detect_multiplier = (uint8_t)value_or(&profile->detect_multiplier, BFD_MULTIPLIER),
		.is_passive = profile->passive_mode,
		.minimum_ttl = (uint8_t)value_or(&profile->minimum_ttl, BFD_MINIMUM_TTL),
	};
}

static void refuse_annotation(struct plan_bgp_peer *peer, const char *key, const char *value)
{
	plan_bgp_peer_refuse(peer, PLAN_PEER_NOT_USABLE,
		xasprintf("annotation bellman.dev/%s: \"%.64s\" has no meaning", key, value));
}

static void read_hops(struct plan_bgp_peer *peer, const struct object *object)
{
	static const char key[] = "bgp-ttl-security";
	const char *text = object_annotation(object, key);
	size_t len = text ? strspn(text, "0123456789") : 0;
	unsigned hops = 0;

	if (!text)
		return;
	for (size_t i = 0; i < len && hops <= HOPS_MAX; i++)
		hops = hops * 10 + (unsigned)(text[i] - '0');
	if (hops == 0 || hops > HOPS_MAX || text[len] != '\0')
		refuse_annotation(peer, key, text);
	else
		peer->gtsm_hops = (uint8_t)hops;
}

static void read_passive(struct plan_bgp_peer *peer, const struct object *object)
{
	static const char key[] = "bgp-passive";
	const char *text = object_annotation(object, key);

	if (!text)
		return;
	peer->is_passive = strcmp(text, "true") == 0;
	if (!peer->is_passive && strcmp(text, "false") != 0)
		refuse_annotation(peer, key, text);
}

static void read_role(struct plan_bgp_peer *peer, const struct object *object)
{
	static const char key[] = "bgp-role";
	static const char *const names[PLAN_BGP_ROLE_COUNT_] = {
		[PLAN_BGP_ROLE_PROVIDER] = "provider",
		[PLAN_BGP_ROLE_RS] = "rs",
		[PLAN_BGP_ROLE_RS_CLIENT] = "rs-client",
		[PLAN_BGP_ROLE_CUSTOMER] = "customer",
		[PLAN_BGP_ROLE_PEER] = "peer",
	};
	const char *text = object_annotation(object, key);

	if (!text)
		return;
	for (enum plan_bgp_role role = PLAN_BGP_ROLE_PROVIDER; role < PLAN_BGP_ROLE_COUNT_;
		role++) {
		if (strcmp(text, names[role]) == 0)
			peer->role = role;
	}
	if (peer->role == PLAN_BGP_ROLE_NONE)
		refuse_annotation(peer, key, text);
}

void plan_bgp_peer_resolve(
	const struct model *model, const struct bgp_peer_spec *spec, struct plan_bgp_peer *ret_peer)
{
	struct plan_bgp_peer peer = {
		.name = xstrdup(spec->object.meta.name),
		.slot = ret_peer->slot,
		.detail = xstrdup(""),
		.port = (uint16_t)value_or(&spec->peer_port, PORT),
		.has_graceful_restart = spec->graceful_restart,
		.is_multihop = spec->ebgp_multihop,
	};

	if (peer.port == 0)
		peer.port = PORT; /* v1beta1 lets it be 0 */
	read_addresses(&peer, spec);
	read_as_numbers(&peer, spec);
	read_times(&peer, spec);
	read_password(&peer, model, spec);
	read_bfd(&peer, model, spec);
	read_hops(&peer, &spec->object);
	read_passive(&peer, &spec->object);
	read_role(&peer, &spec->object);
	*ret_peer = peer;
}
