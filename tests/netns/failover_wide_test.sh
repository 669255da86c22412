#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 18 nodes, which is more than watch one another in pairs: only an owner and the first two heirs of its
# addresses do. 36 addresses have one owner each, owners die one after the other, and no node sends
# more than 1,000 packets a second. Topology: cluster.sh, with more nodes.
set -u
build=$1
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/cluster.sh
. "$(dirname "$0")/cluster.sh"
# shellcheck source=tests/netns/failover_lib.sh
. "$(dirname "$0")/failover_lib.sh"

mapfile -t nodes < <(printf 'node-%s\n' {a..r})
make_addresses 18
for node in "${nodes[@]}"; do
	start_node "$node"
done
# Each address is where its order says, with sessions to the first two that come after.
balanced() {
	local node files=()

	for node in "${nodes[@]}"; do
		ctl "$node" -o json l2 >"$work/$node.l2" || return 1
		files+=("$work/$node.l2")
	done
	jq -s -e 'all(.[]; .node as $self | [.nodes[] | select(.state == "up") | .node] as $up |
		all(.addresses[] | select(.candidates[0] == $self);
			.state == "owner" and ([.candidates[1:3][] | IN($up[])] | all)))' "${files[@]}"
}
wait_for 60 "one owner each" agreed 0 "${nodes[@]}" || fail "owners at the start"
# What is to go to a node that is not known to live yet stays: asked for again, once a second.
rebalanced() {
	local node

	balanced && return
	for node in "${nodes[@]}"; do
		ctl "$node" l2 rebalance >/dev/null || fail "rebalance of $node"
	done
	sleep 1
	return 1
}
wait_for 60 "each address is at the first of its order, and its heirs watch it" rebalanced || fail "not balanced"

begin "18 nodes, nothing happens" 2000 300
sleep 5
finish
watched_at_most changes 8
watched_at_most hellos_per_s 1000
watched_at_most rounds_per_s 1000

for i in 1 2 3; do
	owner=$(owner_of "$first")
	moves=$(owned "$owner" | wc -l)
	begin "18 nodes, kill -9 of $owner, which owns $moves" 2000 300
	stop_node "$owner" KILL
	taken_over "$owner"
	finish
	# A first heir that is late finds that the second has it, and takes what is its own.
	watched_at_most changes "$((3 * moves))"
	watched_at_most hellos_per_s 1000
	at_most lost 50 "$what"
	start_node "$owner"
	wait_for 30 "one owner each" agreed 0 "${nodes[@]}" || fail "$what: owners when it is back"
	[ -z "$(owned "$owner")" ] || fail "$what: it took something back"
done
echo "good"
