#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes announce one address to one router, which shares traffic between them (ECMP). A client
# counts what it loses: nothing while a node is drained, taken back or its agent stops or is killed; at
# most about the detection time of BFD when a node drops dead. Topology: bgp_traffic.sh.
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
{
	write_frr_router "bfd profile fast"
	frr_profile
} | start_frr router
dir=$work/manifests
write_cluster "$dir"
put_router "$dir" "bfdProfile: fast"
put_service "$dir" web 7
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
start_bellmand node-b "$dir" "bgp = { drain_seconds = 1; };"

both="192.0.2.1 192.0.2.2"
wait_for 20 "two next hops" next_hops_are "$both" || fail "no ECMP: $(next_hops)"
bfd_up() {
	[ "$(peer_field node-a router .bfd.state)" = Up ] && [ "$(peer_field node-b router .bfd.state)" = Up ]
}
wait_for 15 "BFD" bfd_up || fail "BFD: $(ctl node-a bgp)"

# expect_lossless WHAT: ends the counting
expect_lossless() {
	stop_asking
	[ "$(jq .lost <<<"$result")" = 0 ] || fail "$1: $result"
	echo "$1: $result"
}

start_asking
ctl node-a drain >/dev/null || fail "drain"
wait_for 10 "the drained node has gone" next_hops_are 192.0.2.2 || fail "drain: $(next_hops)"
drain_explained() { ctl node-a explain default/web | grep -q node_drained; }
wait_for 5 "the drain is explained" drain_explained || fail "drain is not explained: $(ctl node-a explain default/web)"
expect_lossless "drained"

start_asking
ctl node-a undrain >/dev/null || fail "undrain"
wait_for 10 "it is back" next_hops_are "$both" || fail "undrain: $(next_hops)"
expect_lossless "taken back"
peer_is node-a router '.established_count == 1' || fail "drain cost the session"

start_asking
kill -TERM "$pid_node_a"
wait_for 10 "the stopped node has gone" next_hops_are 192.0.2.2 || fail "stop: $(next_hops)"
wait_for 8 "the agent ends" has_ended "$pid_node_a" || fail "the agent does not end"
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
wait_for 20 "it is back" next_hops_are "$both" || fail "start: $(next_hops)"
expect_lossless "stopped and started"
wait_for 15 "BFD is back" bfd_up || fail "BFD after the start"

# An agent that is killed: the kernel ends its connection, and the node itself goes on serving.
start_asking
kill -KILL "$pid_node_a"
wait_for 10 "the killed node has gone" next_hops_are 192.0.2.2 || fail "kill: $(next_hops)"
start_bellmand node-a "$dir" "bgp = { drain_seconds = 1; };"
wait_for 20 "it is back" next_hops_are "$both" || fail "start after kill: $(next_hops)"
expect_lossless "killed and started"
wait_for 15 "BFD is back" bfd_up || fail "BFD after the kill"

# Behind a bridge the router sees no carrier loss: BFD alone tells it, in 1 s; the hold time is 90 s.
start_asking
ip -n "$run-switch" link set node-b down
wait_for 10 "the dead node has gone" next_hops_are 192.0.2.1 || fail "dead node: $(next_hops)"
stop_asking
[ "$(jq .longest_ms <<<"$result")" -lt 6000 ] || fail "dead node: $result"
[ "$(jq '.by["node-a"]' <<<"$result")" -gt 0 ] || fail "nobody answered: $result"
echo "dropped dead: $result"
wait_for 15 "the dead node knows" \
	sh -c "! '$build/bellmanctl/bellmanctl' -s '$work/node-b.sock' bgp | grep -q Established" ||
	fail "node-b: $(ctl node-b bgp)"
ctl node-b bgp | grep -qi 'bfd' || fail "BFD is not named: $(ctl node-b bgp)"
echo "good"
