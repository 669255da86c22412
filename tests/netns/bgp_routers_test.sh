#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# BIRD and GoBGP as peers of one agent, both families on one session each: attributes as they see
# them, the marks of a drain, shutdown with a message, reset, refresh, health of the node.
# Topology: lib.sh, with the routers bird (.250) and gobgp (.251).
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
add_host bird 250
add_host gobgp 251
bird_router "ipv4 { import all; export none; }" "ipv6 { import all; export none; }" | start_bird bird
start_gobgp gobgp <<'CONF'
[global.config]
as = 65000
router-id = "192.0.2.251"
local-address-list = ["192.0.2.251"]
[[neighbors]]
[neighbors.config]
neighbor-address = "192.0.2.1"
peer-as = 65001
[neighbors.transport.config]
passive-mode = true
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-unicast"
CONF

# What kube-proxy would answer, for the node's health.
mkdir -p "$work/health"
: >"$work/health/healthz"
ip netns exec "$run-node-a" python3 -m http.server --bind 127.0.0.1 --directory "$work/health" 10256 \
	>"$work/health.log" 2>&1 &
pids+=($!)
wait_for 10 "the health server" listens node-a 10256 || fail "no health server"

dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" bird "peerAddress: 192.0.2.250, dualStackAddressFamily: true"
api=v1beta1 put_peer "$dir" gobgp "peerAddress: 192.0.2.251"
put_advertisement "$dir" all 'communities: ["65001:1", "large:65001:2:3"], asPathPrepend: 1'
put_advertisement "$dir" more 'communities: ["65001:2"], asPathPrepend: 1, peers: [bird]'
policy=Local put_service "$dir" web 7 '' node-a node-a node-b
put_six "$dir" node-b
start_bellmand node-a "$dir" \
	"bgp = { drain_seconds = 2; weights = true; health = \"http://127.0.0.1:10256/healthz\"; };"
wait_for 20 "the session with BIRD" is_established node-a bird || fail "BIRD: $(ctl node-a bgp)"
wait_for 20 "the session with GoBGP" is_established node-a gobgp || fail "GoBGP: $(ctl node-a bgp)"

at_bird() { bird_say bird show route all "$1" | grep -q "$2"; }
lacks_bird() { ! at_bird "$1" unicast; }
wait_for 10 "the route at BIRD" at_bird 198.51.100.7/32 'BGP.as_path: 65001 65001' || fail "BIRD: $(bird_say bird show route all)"
at_bird 198.51.100.7/32 'BGP.community: (65001,1) (65001,2)' || fail "communities at BIRD: $(bird_say bird show route all)"
at_bird 198.51.100.7/32 'BGP.large_community: (65001, 2, 3)' || fail "large communities at BIRD"
# Link bandwidth: two endpoints here, 250,000,000 octets a second as an IEEE single.
at_bird 198.51.100.7/32 'BGP.ext_community.*0x4004' || fail "link bandwidth at BIRD: $(bird_say bird show route all)"
wait_for 10 "the route of IPv6 at BIRD" at_bird 2001:db8:100::6/128 'BGP.next_hop: 2001:db8::1' ||
	fail "IPv6 at BIRD: $(bird_say bird show route all)"

[ "$(ctl node-a -o json bgp routes | jq '[.[] | select(.prefix == "198.51.100.7/32").weight] | unique == [2]')" = true ] ||
	fail "weights: $(ctl node-a -o json bgp routes)"

at_gobgp() { gobgp_say gobgp global rib -a ipv4 -j | jq -e ".\"198.51.100.7/32\"[0].attrs | $1" >/dev/null; }
wait_for 10 "the route at GoBGP" at_gobgp 'length > 0' || fail "GoBGP: $(gobgp_say gobgp global rib -j)"
at_gobgp 'map(select(.type == 8))[0].communities == [4259905537]' || fail "communities at GoBGP: $(gobgp_say gobgp global rib -j)"
at_gobgp 'map(select(.type == 32))[0].value[0] == {"ASN": 65001, "LocalData1": 2, "LocalData2": 3}' ||
	fail "large communities at GoBGP: $(gobgp_say gobgp global rib -j)"
at_gobgp 'map(select(.type == 16))[0].value[0].bandwidth == 250000000' || fail "link bandwidth: $(gobgp_say gobgp global rib -j)"

# GoBGP's session has one family: the Service of IPv6 is not for it.
ctl node-a bgp routes --peer gobgp | grep -q 2001:db8 && fail "IPv6 to a peer that does not carry it"

# Drain: marked first, withdrawn later; and back.
ctl node-a drain >/dev/null || fail "drain"
wait_for 5 "the mark" at_bird 198.51.100.7/32 '(65535,0)' || fail "not marked: $(bird_say bird show route all)"
wait_for 10 "withdrawn" lacks_bird 198.51.100.7/32 || fail "not withdrawn"
is_established node-a bird || fail "a drain ended the session"
ctl node-a undrain >/dev/null || fail "undrain"
wait_for 10 "back" at_bird 198.51.100.7/32 'BGP.community: (65001,1) (65001,2)' || fail "not back"
at_bird 198.51.100.7/32 '(65535,0)' && fail "the mark stayed"

# Health: two bad answers in a row, and nothing is announced; one good one, and it is.
mv "$work/health/healthz" "$work/health/away"
wait_for 10 "withdrawn while the node is not well" lacks_bird 198.51.100.7/32 || fail "health"
ctl node-a explain default/web | grep -q node_unhealthy || fail "health is not explained"
mv "$work/health/away" "$work/health/healthz"
wait_for 10 "back when it is well" at_bird 198.51.100.7/32 unicast || fail "health back"

# Acts of the user.
ctl node-a bgp shutdown gobgp --message "maintenance of rack 7" || fail "shutdown"
shut() { [ "$(bgp_state node-a gobgp)" = Idle ]; }
wait_for 5 "shut" shut || fail "not shut: $(ctl node-a bgp)"
wait_for 5 "GoBGP was told" grep -q "maintenance of rack 7" "$work/gobgp.gobgp.log" || fail "no message: $(cat "$work/gobgp.gobgp.log")"
is_established node-a bird || fail "a shutdown ended another session"
ctl node-a bgp enable gobgp || fail "enable"
wait_for 30 "enabled" is_established node-a gobgp || fail "not enabled: $(ctl node-a bgp)"
ctl node-a bgp reset bird || fail "reset"
again() { peer_is node-a bird '.state == "Established" and .established_count == 2'; }
wait_for 20 "up again" again || fail "reset: $(ctl node-a bgp)"
wait_for 10 "the route again" at_bird 198.51.100.7/32 unicast || fail "no route after a reset"
ctl node-a bgp refresh bird || fail "refresh"
ctl node-a bgp reset nobody 2>/dev/null && fail "a reset of nobody"
refreshed() { peer_is node-a bird '([.families[].refreshes] | add) >= 2'; }
wait_for 5 "refreshed" refreshed || fail "refresh: $(ctl node-a -o json bgp)"
ctl node-a bgp received | grep -q 'none is used' || fail "received"
in_ns node-a curl -s http://127.0.0.1:7472/metrics >"$work/metrics" || fail "metrics"
grep -q 'metallb_bgp_session_up{peer="192.0.2.250:179",vrf=""} 1' "$work/metrics" || fail "metrics: $(grep bgp "$work/metrics")"
grep -q 'metallb_bgp_announced_prefixes_total{peer="192.0.2.250:179",vrf=""} 2' "$work/metrics" || fail "prefixes: $(grep bgp "$work/metrics")"
grep -q 'metallb_speaker_announced{service="default/web",protocol="bgp"' "$work/metrics" || fail "announced"
for family in allocator_services_allocated_total k8s_client_updates_total; do
	grep -q "^metallb_${family}[{ ]" "$work/metrics" || fail "no metric metallb_$family"
done
echo "good"
