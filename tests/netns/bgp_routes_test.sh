#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the manifests ask for is what FRR has in its table: communities, large communities, MED,
# prepend, local preference, aggregates; and it goes when nothing can serve any more. A change of one
# peer touches its session alone. Topology: lib.sh, with a router (.254) that node-a peers with.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
make_router
{
	frr_head 65000 "neighbor 192.0.2.1 remote-as 65001" "neighbor 192.0.2.1 password s3cret" \
		"neighbor 2001:db8::1 remote-as 65000"
	frr_family ipv4 192.0.2.1
	frr_family ipv6 2001:db8::1
} | start_frr router

dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" external "peerAddress: 192.0.2.254, passwordSecret: {name: key}"
as=65000 put_peer "$dir" internal 'peerAddress: "2001:db8::254", sourceAddress: "2001:db8::1"'
put_peer "$dir" elsewhere "peerAddress: 192.0.2.253, nodeSelectors: [{matchLabels: {rack: b}}]"
put_advertisement "$dir" hosts 'localPref: 250, communities: ["65001:1", "large:65001:2:3", named]'
put_advertisement "$dir" aggregate \
	"aggregationLength: 24, aggregationLengthV6: 120, asPathPrepend: 2, peers: [external]"
put "$dir/names.yaml" <<'YAML'
apiVersion: metallb.io/v1beta1
kind: Community
metadata: {name: names, namespace: metallb-system}
spec: {communities: [{name: named, value: "65001:7"}]}
YAML
put_service "$dir" web 7
put_service "$dir" noted 8 ', bellman.dev/bgp-med: "30", bellman.dev/bgp-communities: "no-export", bellman.dev/bgp-as-path-prepend: "1"'
put_six "$dir" node-b
start_bellmand node-a "$dir"

# The Secret is not there: the peer stays down and says why; the other one works.
wait_for 15 "the internal session" is_established node-a internal || fail "internal session"
peer_is node-a external '.reason == "peer_secret_missing" and .state != "Established"' || fail "a missing secret is not named"
ctl node-a -o json bgp | jq -e '[.peers[].name] == ["external", "internal"]' >/dev/null || fail "peers of the node"
put "$dir/secret.yaml" <<'YAML'
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: metallb-system}
type: kubernetes.io/basic-auth
stringData: {password: s3cret}
YAML
wait_for 15 "the external session, with its password" is_established node-a external || fail "external session"

route() { frr_path router ipv4 "$1"; }
has_route() { has_path router ipv4 "$1"; }
lacks_route() { ! has_route "$1"; }
route_is() { path_is router ipv4 "$1" "$2"; }
wait_for 10 "the route" has_route 198.51.100.7/32 || fail "no route"
route_is 198.51.100.7/32 '.aspath.string == "65001" and .nexthops[0].ip == "192.0.2.1" and .origin == "IGP"' || fail "path: $(route 198.51.100.7/32)"
route_is 198.51.100.7/32 '.community.list == ["65001:1", "65001:7"]' || fail "communities: $(route 198.51.100.7/32)"
route_is 198.51.100.7/32 '.largeCommunity.list == ["65001:2:3"]' || fail "large communities"
route_is 198.51.100.7/32 '.locPrf == null and .metric == null' || fail "attributes that were not asked for"
wait_for 5 "the annotated route" has_route 198.51.100.8/32 || fail "annotated route"
route_is 198.51.100.8/32 '.metric == 30 and .aspath.string == "65001 65001" and (.community.list | index("noExport") != null)' ||
	fail "annotations: $(route 198.51.100.8/32)"
wait_for 5 "the aggregate" has_route 198.51.100.0/24 || fail "aggregate"
route_is 198.51.100.0/24 '.aspath.string == "65001 65001 65001" and .community == null' || fail "aggregate: $(route 198.51.100.0/24)"

# The internal peer: IPv6 alone, a local preference, no AS, not the aggregate.
six() { has_path router ipv6 "$1"; }
wait_for 5 "the route of IPv6" six 2001:db8:100::6/128 || fail "no route of IPv6"
path_is router ipv6 2001:db8:100::6/128 \
	'.locPrf == 250 and .aspath.string == "Local" and ([.nexthops[].ip] | index("2001:db8::1") != null)' ||
	fail "internal: $(frr_path router ipv6 2001:db8:100::6/128)"
six 2001:db8:100::/120 && fail "the aggregate went to a peer that it does not name"

# Seen from the agent.
ctl node-a bgp routes --peer external | grep -q '198.51.100.7/32.*default/web (hosts)' || fail "bgp routes: $(ctl node-a bgp routes)"
ctl node-a bgp routes --peer internal | grep -q '2001:db8:100::6/128.*default/six (hosts)' || fail "bgp routes of IPv6: $(ctl node-a bgp routes)"
ctl node-a explain default/web | grep -q 'announced here' || fail "explain: $(ctl node-a explain default/web)"
ctl node-a bgp external | grep -q 'MD5' || fail "bgp external: $(ctl node-a bgp external)"

# A peer that is edited gets a new session; the other's stays.
before=$(peer_field node-a external .established_count)
sed -i 's/sourceAddress/holdTime: 9s, ebgpMultiHop: false, routerID: 10.9.9.9, sourceAddress/' "$dir/BGPPeer-internal.yaml"
again() { peer_is node-a internal '.state == "Established" and .established_count == 2'; }
wait_for 15 "the edited peer is up anew" again || fail "edited peer: $(ctl node-a bgp)"
[ "$(peer_field node-a external .established_count)" = "$before" ] || fail "the other session was touched"

# No endpoints: the route goes. The aggregate stays while a Service needs it.
put_service "$dir" web 7 '' -
wait_for 5 "the route is withdrawn" lacks_route 198.51.100.7/32 || fail "not withdrawn"
has_route 198.51.100.0/24 || fail "the aggregate went too early"
ctl node-a explain default/web | grep -q no_endpoints || fail "not explained"
rm "$dir/noted.yaml"
wait_for 5 "the aggregate is withdrawn" lacks_route 198.51.100.0/24 || fail "the aggregate stayed"

# SIGTERM says goodbye within its bound.
kill -TERM "$pid_node_a"
wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "does not end"
told() { frr router "show bgp neighbors 192.0.2.1 json" | grep -q 'Administratively Shutdown\|Cease'; }
wait_for 5 "the router was told" told || fail "no Cease: $(frr router "show bgp neighbors 192.0.2.1 json" | grep -i reset)"
echo "good"
