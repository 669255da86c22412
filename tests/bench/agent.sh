#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent by numbers: first plan and memory of a large tree, and one changed file to the frame on
# the wire. Usage: tests/bench/agent.sh BUILD-DIR (a release build). Topology: tests/netns/lib.sh.
set -u
build=${1:?usage: $0 BUILD-DIR}
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

make_segment
start_ns() { date +%s%N; }
memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$pid_node_a/status"; }

for count in 0 1000 10000; do
	rm -rf "$work/manifests" "$work/node-a.state"
	mkdir "$work/manifests"
	python3 "$(dirname "$0")/make_tree.py" "$work/manifests" "$count"
	begin=$(start_ns)
	start_bellmand node-a "$work/manifests" 'metrics = { listen = ""; };'
	echo "services=$count files=$(find "$work/manifests" -type f | wc -l)" \
		"first_plan_ms=$((($(start_ns) - begin) / 1000000))" \
		"resident_kb=$(memory VmRSS) peak_kb=$(memory VmHWM)"
	if [ "$count" -lt 10000 ]; then
		kill "$pid_node_a"
		wait "$pid_node_a" 2>/dev/null
	fi
done
in_ns client python3 "$(dirname "$0")/file_to_wire.py" "$work/manifests" 100
