#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent stops beside a BIRD that has no graceful restart, though the BGPPeer asks for it: traffic
# is drawn away first, and what changes meanwhile is told. Topology: lib.sh, with the router bird (.250).
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/bgp.sh
. "$(dirname "$0")/bgp.sh"

make_segment
add_host bird 250
bird_router "graceful restart off" "ipv4 { import all; export none; }" | start_bird bird
dir=$work/manifests
write_cluster "$dir"
put_peer "$dir" bird "peerAddress: 192.0.2.250, enableGracefulRestart: true"
put_advertisement "$dir" all
put_service "$dir" web 7
put_service "$dir" old 8
start_bellmand node-a "$dir" "bgp = { drain_seconds = 15; };"

route() { bird_say bird show route "198.51.100.$1/32" all; }
has_route() { route "$1" | grep -q BGP.next_hop; }
has_no_route() { ! has_route "$1"; }
is_marked() { route "$1" | grep -q 'BGP.community:.*(65535,0)'; }
wait_for 20 "the routes" has_route 7 || fail "no route: $(ctl node-a bgp bird)"
wait_for 10 "both routes" has_route 8 || fail "no second route"
is_marked 7 && fail "marked from the start"

kill -TERM "$pid_node_a"
wait_for 10 "the mark" is_marked 7 || fail "not drawn away: $(route 7)"
put_service "$dir" new 9
wait_for 5 "a route made while it stops" is_marked 9 || fail "not told: $(route 9)"
put_service "$dir" old 8 '' -
wait_for 5 "a route gone while it stops" has_no_route 8 || fail "kept: $(route 8)"
has_route 7 || fail "the session ended before its time"
wait_for 25 "the end" has_no_route 7 || fail "the route stays"
wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "the agent does not end"
bird_say bird show protocols all node | grep -q 'Administrative shutdown' ||
	fail "last words: $(bird_say bird show protocols all node)"
echo "good"
