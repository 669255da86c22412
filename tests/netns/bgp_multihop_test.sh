#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An external peer behind a router, AS numbers of 4 octets on both sides: without ebgpMultiHop our packets
# end at the router; with it there is a session and a route. With GTSM (RFC 5082) for two hops it is let
# in, with GTSM for one it is too far away. Topology: bgp_traffic.sh, with BIRD outside.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"
# shellcheck source=tests/netns/bgp_traffic.sh
. "$(dirname "$0")/bgp_traffic.sh"

make_segment
make_router
make_traffic
# outside_conf LINE: of its session with node-a
outside_conf() {
	cat <<-CONF
		router id 203.0.113.9;
		protocol device {}
		protocol bgp node {
			local 203.0.113.9 as 4200000000;
			neighbor 192.0.2.1 as 4200000001;
			multihop 2;
			passive on;
			error wait time 1, 1;
			$1;
			ipv4 { import all; export none; };
		}
	CONF
}
outside_conf "ttl security off" | start_bird outside
dir=$work/manifests
write_cluster "$dir"
put_advertisement "$dir" all
put_service "$dir" web 7
as=4200000001 peer_as=4200000000 put_peer "$dir" outside "peerAddress: 203.0.113.9, connectTime: 1s"
start_bellmand node-a "$dir"

failures() { [ "$(peer_field node-a outside .failures)" -ge "$1" ]; }
wait_for 40 "tries that come to nothing" failures 2 || fail "no tries: $(ctl node-a -o json bgp outside)"
peer_is node-a outside '.established_count == 0' || fail "a session over a hop that was not allowed"

as=4200000001 peer_as=4200000000 put_peer "$dir" outside "peerAddress: 203.0.113.9, ebgpMultiHop: true, connectTime: 1s"
wait_for 30 "the session" is_established node-a outside || fail "no session: $(ctl node-a bgp outside)"
route() { bird_say outside show route all 198.51.100.7/32; }
has_route() { route | grep -q 'BGP.as_path: 4200000001$'; }
wait_for 10 "the route" has_route || fail "no route: $(route)"
route | grep -q 'BGP.next_hop: 192.0.2.1$' || fail "next hop: $(route)"

# put_guarded HOPS: the peer with GTSM
put_guarded() {
	put "$dir/BGPPeer-outside.yaml" <<-YAML
		apiVersion: metallb.io/v1beta2
		kind: BGPPeer
		metadata: {name: outside, namespace: metallb-system, annotations: {bellman.dev/bgp-ttl-security: "$1"}}
		spec: {myASN: 4200000001, peerASN: 4200000000, peerAddress: 203.0.113.9, ebgpMultiHop: true, connectTime: 1s}
	YAML
}
outside_conf "ttl security on" >"$work/outside.bird.conf"
bird_say outside configure >/dev/null
put_guarded 2
guarded() { peer_is node-a outside '.state == "Established" and .established_count >= 2' && has_route; }
wait_for 30 "a session within two hops" guarded || fail "GTSM: $(ctl node-a bgp outside)"
count=$(peer_field node-a outside .established_count)
put_guarded 1
wait_for 40 "one that is too far away is not heard" failures 1 || fail "GTSM of one hop: $(ctl node-a bgp outside)"
peer_is node-a outside ".state != \"Established\" and .established_count == $count" || fail "let in: $(ctl node-a bgp outside)"
echo "good"
