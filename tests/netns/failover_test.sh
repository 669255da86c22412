#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three nodes, eight addresses of both families, a client that measures. The owner of most dies in
# every way; each time another takes over, and nothing moves when it comes back. Topology: cluster.sh.
#
# Bounds are for a machine that is busy with other things; tests/bench/failover.sh gives figures.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"

make_cluster 4
# shellcheck disable=SC2119 # no settings besides
start_cluster

first=192.0.2.16
watched=("$first" 2001:db8::1:0)

# others NODE: the nodes but that one
others() { printf '%s\n' "${nodes[@]}" | grep -vxF "$1"; }
moved() { [ "$(owner_of "$first")" != "$1" ]; }

# after_fault NODE: the others own everything
after_fault() {
	local left
	mapfile -t left < <(others "$1")
	wait_for 5 "the others own all that $1 had" all_owned "${left[@]}" || fail "$what: not taken over"
}

# settled: all are up, all is owned, and nothing moved since $before
settled() {
	wait_for 10 "$what: all see all" all_up || fail "$what: sessions do not come back"
	wait_for 5 "$what: one owner each" all_owned || fail "$what: owners"
	[ "$(owner_of "$first")" = "$before" ] || fail "$what: the address moved back"
}

what="kill -9"
owner=$(owner_of $first) || fail "nobody owns $first"
start_client "${watched[@]}"
stop_node "$owner" KILL
after_fault "$owner"
before=$(owner_of $first)
start_node "$owner"
settled
stop_client
at_most lost 50 "$what" # the node goes on forwarding; busy machines answer late
at_most silence_ms 2000 "$what"
at_most two_owners_ms 200 "$what"

what="stopped and continued"
owner=$(owner_of $first)
start_client "${watched[@]}"
kill -STOP "$(pid_of "$owner")"
after_fault "$owner"
before=$(owner_of $first)
kill -CONT "$(pid_of "$owner")"
settled
stop_client
at_most lost 50 "$what"
at_most silence_ms 2000 "$what"
at_most two_owners_ms 300 "$what"
[ "$(ctl "$owner" -o json l2 | jq '.counters.stalls')" -gt 0 ] || fail "$what: it did not notice"

what="link down at the node"
owner=$(owner_of $first)
start_client "${watched[@]}"
in_ns "$owner" ip link set eth0 down
after_fault "$owner"
before=$(owner_of $first)
wait_for 5 "$what: it gives up itself" moved "$owner"
[ -z "$(owned "$owner")" ] || fail "$what: it thinks that it owns something"
in_ns "$owner" ip link set eth0 up
in_ns "$owner" ip addr add "2001:db8::$(in_ns "$owner" ip -4 -o addr show eth0 | grep -oP '192\.0\.2\.\K\d+')/64" dev eth0 nodad
settled
stop_client
at_most gap_ms 2500 "$what"
at_most two_owners_ms 300 "$what"

what="port taken off the switch, and put back"
owner=$(owner_of $first)
start_client "${watched[@]}"
ip -n "$run-switch" link set "$owner" nomaster
after_fault "$owner"
owned "$owner" | grep -qxF "$first" || fail "$what: an isolated node does not serve its side"
ip -n "$run-switch" link set "$owner" master switch
wait_for 10 "$what: all see all" all_up || fail "$what: sessions do not come back"
wait_for 5 "$what: one owner each" all_owned || fail "$what: owners"
stop_client
at_most gap_ms 2500 "$what"
at_most two_owners_ms 500 "$what"

what="all restarted"
start_client "${watched[@]}"
for node in "${nodes[@]}"; do kill -KILL "$(pid_of "$node")"; done
for node in "${nodes[@]}"; do wait "$(pid_of "$node")" 2>/dev/null; rm -f "$work/$node.sock"; done
for node in "${nodes[@]}"; do start_node "$node"; done
wait_for 10 "$what: all see all" all_up || fail "$what: sessions"
wait_for 5 "$what: one owner each" all_owned || fail "$what: owners"
stop_client
at_most lost 50 "$what"
echo "good"
