#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An agent that is killed and back before the router's BFD has noticed. When the router's old BFD session
# goes down it ends the session of BGP that it finds. With graceful restart that would take a route
# away that was kept until then: so BGP is dialled when BFD is Up again, the router sees one end, and
# no packet is lost. A node that drops dead is left all the same. Without graceful restart the route is
# gone already: BGP is dialled at once, and once more when BFD has noticed.
# Topology: bgp_traffic.sh.
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
# The detection time is 3 s: whoever is killed and started anew is back before.
{
	write_frr_router "timers connect 2" "bfd profile slow"
	printf 'bfd\n profile slow\n  transmit-interval 500\n  receive-interval 500\n  detect-multiplier 6\n'
} | start_frr router
dir=$work/manifests
write_cluster "$dir"

put_advertisement "$dir" all
put_resource "$dir" v1beta1 BFDProfile slow "receiveInterval: 500, transmitInterval: 500, detectMultiplier: 6"
# restart_is true|false: graceful restart is asked for, or not
restart_is() { put_peer "$dir" router "peerAddress: 192.0.2.254, bfdProfile: slow, enableGracefulRestart: $1"; }
restart_is true
put_service "$dir" web 7
start_bellmand node-a "$dir"

neighbour() { frr router "show bgp neighbors 192.0.2.1 json" | jq -r ".\"192.0.2.1\" | $1"; }
frr_bfd_up() { frr router "show bfd peers json" | jq -e '.[] | select(.peer == "192.0.2.1").status == "up"' >/dev/null; }
is_settled() {
	is_established node-a router && frr_bfd_up && next_hops_are 192.0.2.1 &&
		peer_is node-a router '.bfd.state == "Up"'
}
wait_for 30 "session, BFD and route" is_settled || fail "start: $(ctl node-a bgp router)"
in_ns router ip monitor route >"$work/routes" 2>/dev/null &
pids+=($!)
deleted() { grep -q '^Deleted.*198\.51\.100\.7' "$work/routes"; }

# come_back WHAT: killed and started at once; $ends is how many ends of a session the router counts
come_back() {
	local before

	before=$(neighbour .connectionsDropped)
	kill -KILL "$pid_node_a"
	wait "$pid_node_a" 2>/dev/null
	frr_bfd_up || fail "$1: BFD has noticed already"
	start_bellmand node-a "$dir"
	wait_for 30 "$1: session, BFD and route" is_settled || fail "$1: $(ctl node-a bgp router)"
	ends=$(($(neighbour .connectionsDropped) - before))
}

for i in 1 2; do
	start_asking
	come_back "time $i"
	stop_asking
	echo "killed and back, time $i: $result"
	[ "$ends" = 1 ] || fail "$ends ends: $(grep BGP "$work/node-a.log")"
	peer_is node-a router '.established_count == 1' || fail "more than one session"
	[ "$(jq .lost <<<"$result")" = 0 ] || fail "lost: $result"
	deleted && fail "the route was deleted in between: $(cat "$work/routes")"
done

# What keeps the route over a restart does not keep it when the node drops dead: BFD wins.
ip -n "$run-switch" link set node-a down
wait_for 20 "a dead node is left" next_hops_are "" || fail "kept: $(next_hops)"
ip -n "$run-switch" link set node-a up
wait_for 40 "it is back" is_settled || fail "not back: $(ctl node-a bgp router)"

agreed() { peer_is node-a router ".state == \"Established\" and .graceful_restart_agreed == $1"; }
restart_is false
wait_for 20 "a session without it" agreed false || fail "still agreed: $(ctl node-a bgp router)"
wait_for 20 "all of it" is_settled || fail "not settled: $(ctl node-a bgp router)"
come_back "no graceful restart"
[ "$ends" -ge 1 ] && [ "$ends" -le 2 ] || fail "$ends ends without graceful restart: $(grep BGP "$work/node-a.log")"

# A router that has no BFD is not waited for without end.
restart_is true
wait_for 20 "graceful restart again" agreed true || fail "not agreed: $(ctl node-a bgp router)"
frr router "configure terminal" "router bgp 65000" "no neighbor 192.0.2.1 bfd profile slow" "no neighbor 192.0.2.1 bfd" >/dev/null
kill -KILL "$pid_node_a"
wait "$pid_node_a" 2>/dev/null
start_bellmand node-a "$dir"
wait_for 30 "a session without BFD" is_established node-a router || fail "waits for ever: $(ctl node-a bgp router)"
peer_is node-a router '.bfd.state == "Down"' || fail "BFD: $(ctl node-a bgp router)"
echo "good"
