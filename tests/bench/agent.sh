#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent by numbers: first plan and memory of a large tree, and one changed file to the frame on
# the wire, alone and with failover between three agents.
# Usage: tests/bench/agent.sh BUILD-DIR (a release build). Topology: tests/netns/lib.sh.
set -u
build=${1:?usage: $0 BUILD-DIR}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

make_segment
add_host node-c 3
start_ns() { date +%s%N; }
memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid_node_a/status"; }
quiet='metrics = { listen = ""; };'

# make_tree COUNT: so many Services
make_tree() {
	rm -rf "$work/manifests" "$work"/node-?.state
	mkdir "$work/manifests"
	python3 "$(dirname "$0")/make_tree.py" "$work/manifests" "$1"
}

stop_agents() {
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=()
}

# measure MODE: 100 Services more, one at a time
measure() {
	echo "mode=$1 $(in_ns client python3 "$(dirname "$0")/file_to_wire.py" "$work/manifests" 100)"
}

for count in 0 1000 10000; do
	make_tree "$count"
	begin=$(start_ns)
	start_bellmand node-a "$work/manifests" "$quiet"
	echo "mode=alone services=$count files=$(find "$work/manifests" -type f | wc -l)" \
		"first_plan_ms=$((($(start_ns) - begin) / 1000000))" \
		"resident_kb=$(memory VmRSS) peak_kb=$(memory VmHWM)"
	[ "$count" -lt 10000 ] || measure alone
	stop_agents
done

# Every address has its owner, and what was announced at first is over.
settled() {
	local node sum=0

	for node in node-a node-b node-c; do
		sum=$((sum + $(ctl "$node" -o json l2 | jq '[.addresses[] | select(.state == "owner")] | length')))
	done
	[ "$sum" = "$1" ]
}

echo "the secret of the cluster" >"$work/key"
for count in 1000 10000; do
	make_tree "$count"
	for node in a b c; do
		printf 'apiVersion: v1\nkind: Node\nmetadata: { name: node-%s }\nstatus: { addresses: [ { type: InternalIP, address: 192.0.2.%d } ] }\n---\n' \
			"$node" $(($(printf '%d' "'$node") - 96))
	done >"$work/manifests/nodes.yaml"
	for node in node-a node-b node-c; do
		start_bellmand "$node" "$work/manifests" "$quiet" "liveness = { key_file = \"$work/key\"; };"
	done
	wait_for 60 "every address has one owner" settled "$count" || fail "owners"
	echo "mode=failover services=$count resident_kb=$(memory VmRSS) peak_kb=$(memory VmHWM)"
	sleep 10 # the schedule of announcements of as many addresses
	measure failover
	stop_agents
done
